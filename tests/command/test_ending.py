"""The process ends at once with the command's status, and loses nothing that was said or that others do at the end."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import paths

BEGINNING = """
import atexit, sys
from pipelines import __main__, cli
def command():
    atexit.register(lambda: print("done at the end"))
    print("said", end=" ")
    sys.exit({status})
__main__.main = command
__main__.run()
"""


@pytest.mark.parametrize("status", [0, 1, 2, 3])
def test_the_status_and_all_that_was_said_come_out(status: int) -> None:
    done = run(BEGINNING.format(status=status))
    assert (done.returncode, done.stdout, done.stderr) == (status, "said done at the end\n", "")


def test_what_is_not_a_status_ends_as_python_ends_it() -> None:
    done = run(BEGINNING.format(status="'a sentence'"))
    assert (done.returncode, done.stderr.strip()) == (1, "a sentence")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no full device")
def test_what_could_not_be_written_is_not_a_success() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", BEGINNING.format(status=0)], cwd=paths.PROJECT, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode != 0


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=paths.PROJECT, capture_output=True, text=True)
