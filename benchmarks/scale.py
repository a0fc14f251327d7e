"""Measures how each stage grows with the rows: invented extracts of many councils, from a file to figures, release and pages.

    make bench-scale                                        10^4 to 10^6 rows
    python benchmarks/scale.py --rows 10000000 --authorities 153 --stages gate figures --formats parquet

Every stage runs in a process of its own; CPU seconds are those of the process, its threads and its children.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import paths
from pipelines.figures import Edition

if TYPE_CHECKING:
    import duckdb

    from pipelines.intake.sample.country import Form

EDITION = "2016"
EPISODES_AT_ONCE = 530
"""Episodes of a sample at scale 1."""
STAGES = ("sample", "gate", "figures", "disclosure", "pages", "comparisons")
LEFT_BEHIND = shutil.ignore_patterns(
    "__pycache__", ".git", ".venv", "target", "output", "data", ".*cache", "node_modules"
)
CUTS = (
    "episode_type", "looked_after_status", "sex", "age_band", "ethnicity", "month", "weekday", "time_of_day",
    "reported_by", "risk_level", "exploitation_concern", "quarter",
)  # fmt: skip
"""Breakdowns of episodes_reported by one dimension, for the comparisons."""


class Place:
    """The folders of one size: its extracts in both formats, what was admitted, the warehouse, and the finished site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.admitted = folder / "admitted"
        self.warehouse = folder / "dbt" / "warehouse.duckdb"
        self.project = folder / "project"

    def extracts(self, form: str) -> Path:
        return self.folder / form


def find_edition() -> Edition:
    from pipelines.intake.calendar import read_calendar

    return read_calendar(None)[EDITION]


def write_sample(place: Place, form: Form, scale: int, authorities: int, years: int) -> None:
    """Write the extracts of all councils."""
    from pipelines.intake.sample import generate

    generate(find_edition(), place.extracts(form), scale=scale, authorities=authorities, years=years, form=form)


def pass_gate(place: Place, form: str) -> None:
    """The whole gate, and the Parquet that dbt reads."""
    from pipelines.intake.admission import admit
    from pipelines.intake.gate import examine

    shutil.rmtree(place.admitted, ignore_errors=True)
    examination = examine(place.extracts(form) / EDITION, find_edition())
    if not examination.ok:
        raise SystemExit(f"The invented rows must be sound: {[f.rule for f in examination.findings][:5]}")
    admit(examination, find_edition(), place.admitted)


def make_figures(place: Place) -> None:
    """Every model of the dbt project and every test of its data."""
    from pipelines.defs.manifest import run_dbt

    shutil.rmtree(place.warehouse.parent, ignore_errors=True)
    place.warehouse.parent.mkdir(mode=0o700)
    result = run_dbt(
        ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"],
        admitted=place.admitted,
        warehouse=place.warehouse,
        artifacts=place.warehouse.parent,
    )
    if not result.success:
        raise SystemExit("The models must be made and their tests pass.")


def protect(place: Place) -> None:
    """The protection of all councils and of all of them together, and the attack on it."""
    from pipelines import register
    from pipelines.defs.release import read_figures
    from pipelines.disclosure.authorities import protect_authorities
    from pipelines.disclosure.policy import read_policy
    from pipelines.disclosure.relations import read_relations

    figures = read_figures(place.warehouse, place.admitted)
    metrics, categories = register.read_metrics(), register.read_categories()
    release = protect_authorities(
        figures,
        metrics,
        categories,
        read_policy(paths.POLICY.read_text("utf-8")),
        read_relations(paths.RELATIONS.read_text("utf-8"), metrics, categories),
    )
    if not release.audit.ok:
        raise SystemExit("Nothing that is hidden may be worked out.")


def build_whole(place: Place, form: str) -> None:
    """`storyboard build` with pages and papers for all councils together and for one of them."""
    shutil.rmtree(place.project, ignore_errors=True)
    shutil.copytree(paths.PROJECT, place.project, ignore=LEFT_BEHIND)
    register = place.project / paths.AUTHORITIES.relative_to(paths.PROJECT)
    register.write_text(register.read_text("utf-8").replace("pages_for: all", "pages_for: [E06000014]"), "utf-8")
    words = [
        "build",
        "--edition",
        EDITION,
        "--extracts",
        str(place.extracts(form)),
        "--output",
        str(place.project / "o"),
    ]
    subprocess.run(
        [sys.executable, "-m", "pipelines", *words], cwd=place.project, check=True, stdout=sys.stderr,
        env=os.environ | {"PYTHONPATH": str(place.project)},
    )  # fmt: skip


def count_by_pandas(place: Place) -> None:
    """One metric by pandas: episodes and their children by each breakdown, for each council and for all."""
    import pandas as pd

    with _connect(place) as connection:
        episodes = _episodes(connection).df()
    for of_all in (False, True):
        for cut in CUTS:
            by = [cut] if of_all else ["authority", cut]
            pd.DataFrame(episodes.groupby(by, observed=True).agg({"episode_id": "count", "child_id": "nunique"}))


def count_by_model(place: Place) -> None:
    """The same metric by its model, as dbt compiled it."""
    model = "compiled/storyboard/models/metrics/episodes_reported.sql"
    with _connect(place) as connection:
        connection.execute((place.warehouse.parent / model).read_text("utf-8")).fetchall()


def scan(place: Place) -> None:
    """The limit: DuckDB reads every column of the admitted episodes once and works out nothing."""
    import duckdb

    file = str(place.admitted / "missing_episodes.parquet")
    columns = [row[0] for row in duckdb.execute("describe from read_parquet(?)", [file]).fetchall()]
    duckdb.execute(
        f"select {', '.join(f'count({name}), max({name})' for name in columns)} from read_parquet(?)", [file]
    )


def _connect(place: Place) -> duckdb.DuckDBPyConnection:
    from pipelines.lockdown import connect

    return connect(place.warehouse, reach=place.admitted, read_only=True)


def _episodes(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return connection.sql(f"select authority, child_id, episode_id, {', '.join(CUTS)} from episodes")


def measure(stage: str, place: Place, words: argparse.Namespace) -> None:
    """Run one stage in this process and print what it took, as JSON."""
    ways: dict[str, Callable[[], None]] = {
        "sample": lambda: write_sample(place, words.form, words.scale, words.authorities, words.years),
        "gate": lambda: pass_gate(place, words.form),
        "figures": lambda: make_figures(place),
        "disclosure": lambda: protect(place),
        "build": lambda: build_whole(place, words.form),
        "pandas": lambda: count_by_pandas(place),
        "model": lambda: count_by_model(place),
        "scan": lambda: scan(place),
    }
    clock = time.perf_counter()
    ways[stage]()
    clock = time.perf_counter() - clock
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    print(json.dumps({"cpu": cpu, "seconds": clock, "mb": max(each.ru_maxrss for each in used) / 1024}))


class Bench:
    """Runs the stages of one size one after another and prints a line for each."""

    def __init__(self, rows: int, folder: Path, words: argparse.Namespace) -> None:
        self._rows, self._folder, self._words = rows, folder, words
        self._spent: dict[str, float] = {}

    def line(self, label: str, stage: str, form: str = "parquet") -> None:
        """Measure one stage in a process of its own."""
        scale = max(1, round(self._rows / EPISODES_AT_ONCE))
        call = [sys.executable, __file__, "--stage", stage, "--folder", str(self._folder), "--form", form]
        call += [
            "--scale",
            str(scale),
            "--authorities",
            str(self._words.authorities),
            "--years",
            str(self._words.years),
        ]
        done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True, env=_environment())
        cost = json.loads(done.stdout.splitlines()[-1])
        self._spent[stage] = cost["cpu"]
        self._print(label, cost["cpu"], f"{cost['seconds']:.1f}", f"{cost['mb']:,.0f}")

    def run(self) -> None:
        stages, forms = self._words.stages, self._words.formats
        if "sample" in stages:
            for form in forms:
                self.line(f"sample, {form}", "sample", form)
        for form in forms if "gate" in stages else ():
            self.line(f"gate, from {form}", "gate", form)
        if "figures" in stages:
            self.line("figures", "figures")
        if "disclosure" in stages:
            self.line("disclosure", "disclosure")
        if "pages" in stages:
            self.line("whole build", "build", forms[-1])
            before = ("gate", "figures", "disclosure")
            if all(each in self._spent for each in before):
                rest = self._spent["build"] - sum(self._spent[each] for each in before)
                self._print("of it pages, papers and proof", rest, "", "")
        if "comparisons" in stages:
            self.line("episodes_reported by its model", "model")
            if self._rows <= self._words.pandas_up_to:
                self.line("episodes_reported by pandas", "pandas")
            self.line("bare DuckDB scan", "scan")

    def _print(self, label: str, cpu: float, seconds: str, memory: str) -> None:
        load = f"{os.getloadavg()[0]:.1f}"
        print(
            f"| {label} | {self._rows:,} | {cpu:.1f} | {seconds} | {self._rows / cpu:,.0f} | {memory} | {load} |",
            flush=True,
        )


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(paths.PROJECT)}


def main() -> None:
    """Print a table of every stage at every number of rows."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="episodes, about")
    words.add_argument("--authorities", type=int, default=15, help="councils that share the rows")
    words.add_argument("--years", type=int, default=1, help="years that share the rows; figures count the last")
    words.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    words.add_argument("--formats", nargs="+", choices=("csv", "parquet"), default=("csv", "parquet"))
    words.add_argument("--pandas-up-to", type=int, default=1_000_000)
    words.add_argument(
        "--work", type=Path, help="folder to work in; kept, and used again by stages that need no new rows"
    )
    words.add_argument("--stage", help=argparse.SUPPRESS)
    words.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    words.add_argument("--form", help=argparse.SUPPRESS)
    words.add_argument("--scale", type=int, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.stage:
        measure(asked.stage, Place(asked.folder), asked)
        return
    from pipelines.defs.manifest import ensure_manifest

    ensure_manifest()
    load = os.getloadavg()[0]
    print(f"{date.today()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}, ", end="")
    print(f"{asked.authorities} authorities, {asked.years} years\n")
    print("| stage | rows | CPU seconds | seconds | rows per CPU second | MB at most | load |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for rows in asked.rows:
        with tempfile.TemporaryDirectory(dir=asked.work) as folder:
            place = asked.work / str(rows) if asked.work else Path(folder)
            place.mkdir(parents=True, exist_ok=True)
            Bench(rows, place, asked).run()


if __name__ == "__main__":
    main()
