"""The whole command is killed while it builds: what readers see stays whole, and the next command clears up after it."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.editions.publication import Act, publish
from pipelines.editions.state import list_editions
from pipelines.editions.switch import work_in
from pipelines.editions.verify import verify
from pipelines.publishing.index import index_page
from tests.build.conftest import SampleBuild, storyboard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="how much a process has worked is read from /proc")

KILLS, KILLS_THOROUGH = 5, 50
CHANGED = "2018"
"""The edition whose extract changes, so that it is built anew."""
TICK = 1 / os.sysconf("SC_CLK_TCK")


class Desk:
    """A copy of the sample's output in which people have worked, and extracts of which one has changed since."""

    def __init__(self, built: SampleBuild, folder: Path) -> None:
        self.folder = folder
        self.output = paths.Output(folder / "output")
        self.extracts = folder / "extracts"
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        shutil.copytree(built.output, self.output.folder)
        shutil.copytree(paths.SAMPLE_EXTRACTS, self.extracts)
        referrals = self.extracts / CHANGED / "cme_referrals.csv"
        head, *rows = referrals.read_bytes().splitlines(keepends=True)
        referrals.write_bytes(b"".join([head, *(row for number, row in enumerate(rows) if number % 4)]))
        with work_in(self.output):
            publish(self.output, "2016", Act("an analyst", datetime(2018, 2, 1, tzinfo=UTC)), index_page)
        written = self.output.working / CHANGED / "dmt-report.docx"
        written.write_bytes(written.read_bytes() + b"what an officer wrote")
        review = self.output.papers / "2016-08-15"
        review.mkdir(parents=True)
        (review / "register-review.xlsx").write_bytes(b"what an officer filled in")

    def words(self) -> tuple[object, ...]:
        return "build", "--edition", CHANGED, "--extracts", self.extracts, "--output", self.output.folder

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return storyboard(*words, cwd=self.folder, TMPDIR=str(self.temporary))

    @contextmanager
    def building(self) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", *map(str, self.words())],
            cwd=self.folder,
            env={
                "PYTHONPATH": str(paths.PROJECT),
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "TMPDIR": str(self.temporary),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def is_at_work(self) -> bool:
        return self.output.work.is_dir() and any(self.output.work.iterdir())


def seconds_worked(process: subprocess.Popen[bytes]) -> float:
    """Seconds on the processor, so that a busy machine does not move the moment at which it is killed."""
    try:
        told = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return float("inf")
    return (int(told[11]) + int(told[12])) * TICK


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            found.update(f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def read_people_s(output: paths.Output) -> dict[Path, bytes]:
    return {file: file.read_bytes() for place in (output.working, output.papers) for file in place.rglob("*.*")}


def require_whole_copies(output: paths.Output, before: dict[Path, bytes]) -> None:
    """Nothing that people have was touched, and nothing half written came beside it, even before the next command."""
    now = read_people_s(output)
    assert {file: now.get(file) for file in before} == before
    for file in now.keys() - before.keys():
        if file.suffix in (".docx", ".xlsx"):
            with zipfile.ZipFile(file) as packed:
                assert packed.testzip() is None
        else:
            assert file.name.endswith("what changed.txt"), "nothing but copies and their lists is ever seen"


def require_clean(desk: Desk) -> None:
    """What a killed run left - rows of children among it - is gone, and every edition is whole."""
    output = desk.output
    assert not output.incoming.exists()
    assert not desk.is_at_work()
    assert list(desk.temporary.iterdir()) == []
    assert list(output.beside.rglob("*.new")) == []
    assert all(verify(output.editions / state.name).ok for state in list_editions(output))


def test_a_build_that_is_killed_at_any_moment_leaves_what_was_there_and_the_next_command_clears_up(
    built: SampleBuild, tmp_path: Path, thorough: bool
) -> None:
    desk = Desk(built, tmp_path / "a desk with späces")
    output = desk.output
    kept = {name: digest(output.editions / name) for name in ("2016", "2017")}
    people_s = read_people_s(output)
    before = digest(output.site)
    seen: list[str] = []
    killed: list[float] = []
    kills = KILLS_THOROUGH if thorough else KILLS
    dice = random.Random() if thorough else random.Random(7)
    seconds = 1.25 * built.seconds_each  # one alone also has to start
    told_so = None
    for number in range(kills):
        # One in each part of the build; the later a kill comes, the dearer it is: only `make faults` makes the parts equal.
        share = ((number + dice.random()) / kills) ** (1 if thorough else 3)
        with desk.building() as process:
            while process.poll() is None and seconds_worked(process) < share * seconds:
                if told_so is None and desk.is_at_work():
                    told_so = desk.run(*desk.words())
                time.sleep(0.02)
        assert process.returncode in (0, -signal.SIGKILL)
        if process.returncode:
            killed.append(share)
        seen.append(digest(output.site))
        require_whole_copies(output, people_s)
        assert desk.run("verify", "--output", output.folder).returncode == 0
        seen.append(digest(output.site))
        require_clean(desk)
        require_whole_copies(output, people_s)
    assert told_so is not None
    assert told_so.returncode == 3
    assert "Another run is working in this folder" in told_so.stderr
    done = desk.run(*desk.words())
    assert done.returncode == 0, done.stderr
    after = digest(output.site)
    assert after != before
    assert set(seen) <= {before, after}
    require_clean(desk)
    require_whole_copies(output, people_s)
    assert (output.working / CHANGED / "dmt-report (2).docx").is_file()
    assert {name: digest(output.editions / name) for name in kept} == kept
    assert find_runs_under_way(output) == []
    assert len(killed) > kills / 2
    print(
        f"{kills} builds: {len(killed)} killed at {', '.join(f'{share:.2f}' for share in sorted(killed))} of their work"
    )


def find_runs_under_way(output: paths.Output) -> list[str]:
    from dagster import DagsterInstance, RunsFilter
    from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES

    with DagsterInstance.from_config(str(output.history)) as instance:
        runs = instance.get_runs(RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES))
        return [run.run_id for run in runs]
