"""Measures the gate: rows per second of one extract, against Frictionless alone and a bare DuckDB scan.

    python benchmarks/gate.py [--rows 10000 100000 1000000] [--frictionless-up-to 10000] [--profile]

CPU seconds of this process and all its threads. Each measurement runs in a process of its own, imports counted apart.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import json
import os
import platform
import pstats
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines import paths
from pipelines.figures import Edition, Period

EDITION = Edition(
    "2016",
    {
        "missing": Period(date(2014, 4, 1), date(2015, 3, 31), date(2016, 1, 12)),
        "education": Period(date(2015, 9, 1), date(2016, 1, 12), date(2016, 1, 12)),
    },
)
COLUMNS = re.split(
    ",",
    "episode_id,child_id,authority,episode_type,started_at,ended_at,end_reason,sex,age,ethnicity,looked_after,"
    "placement_type,placement_location,risk_level,exploitation_concern,reported_by",
)


def write_episodes(path: Path, rows: int) -> None:
    """Invented episodes of about three for each child, that do not overlap; every cell is sound."""
    pick = random.Random(2016)
    start = datetime(2014, 4, 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            child = number // 3
            began = start + timedelta(days=110 * (number % 3), minutes=pick.randrange(90 * 1440))
            ended = began + timedelta(minutes=pick.randrange(20, 4000))
            cared_for = child % 4 == 0
            writer.writerow(
                [
                    f"e{number:08}",
                    f"{child * 2654435761 % 2**32:08x}",
                    "",
                    pick.choice(("missing", "missing", "absent")),
                    began.isoformat(timespec="minutes"),
                    ended.isoformat(timespec="minutes"),
                    "returned",
                    ("female", "male")[child % 2],
                    12 + child % 5,
                    pick.choice(("white", "mixed", "asian", "")),
                    str(cared_for).lower(),
                    "foster" if cared_for else "",
                    "in_area" if cared_for else "",
                    pick.choice(("low", "medium", "high", "")),
                    "none",
                    pick.choice(("family", "carer", "police")),
                ]
            )


def check_by_gate(folder: Path) -> int:
    """The whole gate. Gives the rows that it read."""
    from pipelines.intake.gate import examine

    examination = examine(folder, EDITION)
    if not examination.ok:
        raise SystemExit(f"The invented rows must be sound: {[f.rule for f in examination.findings][:5]}")
    return examination.extracts["missing_episodes"].rows


def check_by_frictionless(folder: Path) -> int:
    """Frictionless alone: the Table Schema, the primary key, every row."""
    from frictionless import Resource, Schema, validate

    schema = Schema.from_descriptor(json.loads((paths.SCHEMAS / "missing_episodes.json").read_text("utf-8")))
    report = validate(Resource(path="missing_episodes.csv", basepath=str(folder), schema=schema))
    return int(report.tasks[0].stats["rows"])


def scan_by_duckdb(folder: Path) -> int:
    """A bare scan: every cell read as text, nothing checked."""
    import duckdb

    columns = ", ".join(f"count({name})" for name in COLUMNS)
    path = str(folder / "missing_episodes.csv")
    counted = duckdb.execute(f"select count(*), {columns} from read_csv(?, all_varchar = true)", [path]).fetchone()
    assert counted is not None
    return int(counted[0])


WAYS = {"gate": check_by_gate, "Frictionless alone": check_by_frictionless, "bare DuckDB scan": scan_by_duckdb}


def measure(way: str, folder: Path, profile: bool) -> None:
    """Run one way on a folder and print its CPU seconds, its seconds and the most memory that it had."""
    # What is imported on first use is not what grows with the rows.
    with tempfile.TemporaryDirectory() as small:
        write_episodes(Path(small) / "missing_episodes.csv", 10)
        WAYS[way](Path(small))
    profiler = cProfile.Profile()
    cpu, clock = time.process_time(), time.perf_counter()
    if profile:
        profiler.enable()
    rows = WAYS[way](folder)
    profiler.disable()
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {way} | {rows:,} | {cpu:.2f} | {clock:.2f} | {rows / cpu:,.0f} | {memory:,.0f} |", flush=True)
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(25)


def main() -> None:
    """Print a table of every way at every number of rows."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    words.add_argument("--frictionless-up-to", type=int, default=100_000)
    words.add_argument("--profile", action="store_true")
    words.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    words.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.way:
        measure(asked.way, asked.folder, asked.profile)
        return
    print(f"{date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| way | rows | CPU seconds | seconds | rows per CPU second | MB at most |")
    print("|---|---|---|---|---|---|", flush=True)
    for rows in asked.rows:
        with tempfile.TemporaryDirectory() as folder:
            write_episodes(Path(folder) / "missing_episodes.csv", rows)
            for way in WAYS:
                if way != "Frictionless alone" or rows <= asked.frictionless_up_to:
                    call = [sys.executable, __file__, "--way", way, "--folder", folder]
                    subprocess.run([*call, *(["--profile"] if asked.profile else [])], check=True)


if __name__ == "__main__":
    main()
