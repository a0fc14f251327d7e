"""One build of the sample, by the command, for all tests of what comes out."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import paths


def storyboard(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process and folder of its own, with as little of this environment as it needs."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, words)],
        cwd=cwd,
        env={"PYTHONPATH": str(paths.PROJECT), "PATH": os.environ["PATH"], "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class SampleBuild:
    output: Path
    done: subprocess.CompletedProcess[str]
    seconds_each: float
    """On the processor, for each of its editions."""

    def edition(self, name: str) -> Path:
        return self.output / "editions" / name


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> SampleBuild:
    folder = tmp_path_factory.mktemp("a folder with späces")
    output = folder / "output"
    before = os.times()
    done = storyboard("build", "--extracts", paths.SAMPLE_EXTRACTS, "--output", output, cwd=folder)
    after = os.times()
    assert done.returncode == 0, done.stderr
    worked = after.children_user - before.children_user + after.children_system - before.children_system
    return SampleBuild(output, done, worked / len(list((output / "editions").iterdir())))
