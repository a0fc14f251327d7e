"""The benchmark of the gate runs by one command and measures every way; how quick they are is not tested."""

from __future__ import annotations

import os
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


def test_the_benchmark_of_scale_measures_every_stage_that_is_asked_for() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/scale.py", "--rows", "1060", "--authorities", "2", "--formats", "parquet",
         "--stages", "sample", "gate", "figures", "comparisons"],
        cwd=paths.PROJECT,
        env=os.environ | {"PYTHONPATH": str(paths.PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    lines = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[4:]]
    assert [line[0] for line in lines] == [
        "sample, parquet",
        "gate, from parquet",
        "figures",
        "episodes_reported by its model",
        "episodes_reported by pandas",
        "bare DuckDB scan",
    ]
    assert all(line[1] == "1,060" and float(line[2]) > 0 and float(line[5].replace(",", "")) > 0 for line in lines)
