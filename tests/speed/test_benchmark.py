"""The benchmark of the command runs by one command, against the script as it was given."""

import hashlib
import subprocess
import sys

from pipelines import paths

SCRIPT = paths.PROJECT / "benchmarks" / "baseline" / "story.py"


def test_the_command_is_measured_in_turn_with_the_script() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/edition.py", "--repeats", "1", "--only", "help"],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("| --help")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    ours, script, ratio = float(cells[1]), float(cells[3]), float(cells[4].rstrip("x"))
    assert ours > 0
    assert abs(ratio - ours / script) < 0.05


def test_the_script_that_speed_is_compared_with_is_not_changed() -> None:
    assert (
        hashlib.sha256(SCRIPT.read_bytes()).hexdigest()
        == "25a99225158c30cb095e48942b8f7be3ade20b0b655f3e5533915504307e40cc"
    )
