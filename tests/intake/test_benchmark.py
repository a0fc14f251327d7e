"""The benchmark of the gate runs by one command and measures every way; how quick they are is not tested."""

from __future__ import annotations

import subprocess
import sys

from pipelines import paths


def test_the_benchmark_runs_by_one_command_and_measures_every_way() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/gate.py", "--rows", "60"],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    ways = [line.split(" | ")[:2] for line in done.stdout.splitlines()[4:]]
    assert ways == [["| gate", "60"], ["| Frictionless alone", "60"], ["| bare DuckDB scan", "60"]]
