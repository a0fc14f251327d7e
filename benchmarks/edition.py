"""Measures the command against the script that a good analyst would write instead (`baseline/`, never changed).

    python benchmarks/edition.py [--repeats 5] [--only "cold build" ...]

Script and command run in turn, each in a process of its own. CPU seconds and peak memory are those of the process and its
children. The command works in a copy of the project, so that words and rows can be edited. What installing does is done first:
bytecode is compiled, and what follows from the code alone is made.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
BASELINE = HERE / "baseline"
EDITION = "2016"
COPIED = ("pipelines", "dbt_project", "docs", "schemas", "requirements", "tests/sample_extracts")
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "target", "logs")
PAGE = "docs/missing/index.md"
PLACE = "The police may know of others."


@dataclass(frozen=True)
class Cost:
    """What one process and its children took: CPU seconds, seconds on the clock, MB at most."""

    cpu: float
    clock: float
    memory: float


def measure(words: Sequence[str], *, folder: Path, expected: int = 0) -> Cost:
    """Run one command. Stops where its exit status is not the expected one."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "DO_NOT_TRACK": "1", "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as said:
        clock = time.perf_counter()
        child = subprocess.Popen(words, cwd=folder, env=environment, stdout=said, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        clock = time.perf_counter() - clock
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != expected:
            said.seek(0)
            raise SystemExit(f"{' '.join(words)} gave {child.returncode}:\n{said.read().decode('utf-8', 'replace')}")
    return Cost(used.ru_utime + used.ru_stime, clock, used.ru_maxrss / 1024)


class Bench:
    """A copy of the project with its sample, and one output folder that is built upon."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        for name in COPIED:
            shutil.copytree(PROJECT / name, self.project / name, ignore=LEFT_BEHIND)
        for file in (*PROJECT.glob("*.yml"), *PROJECT.glob("*.yaml"), PROJECT / "pyproject.toml"):
            shutil.copy(file, self.project)
        compileall.compile_dir(self.project / "pipelines", quiet=1)
        measure([sys.executable, "-m", "pipelines.setting_up"], folder=self.project)
        self.extracts = self.project / "tests" / "sample_extracts"
        self.output = folder / "built" / "output"
        self.fresh = folder / "fresh"
        self.scratch = folder / "scratch"
        self.data = folder / "data"
        subprocess.run([sys.executable, str(BASELINE / "gen.py"), str(self.data)], check=True, capture_output=True)

    def run_baseline(self) -> Cost:
        out = self.scratch / "baseline"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        return measure(
            [sys.executable, str(BASELINE / "story.py"), str(self.data), str(out / "site")], folder=self.project
        )

    def run(self, *words: object, expected: int = 0) -> Cost:
        return measure([sys.executable, "-m", "pipelines", *map(str, words)], folder=self.project, expected=expected)

    def build(self, output: Path, *editions: str, expected: int = 0) -> Cost:
        named = [word for edition in editions for word in ("--edition", edition)]
        return self.run("build", *named, "--extracts", self.extracts, "--output", output, expected=expected)

    def ready(self) -> None:
        """One edition built once, for what is measured on top of it."""
        if not self.output.exists():
            self.build(self.output, EDITION)

    def edit_page(self, words: str) -> None:
        """One sentence of a page says something else."""
        page = (PROJECT / PAGE).read_text("utf-8")
        if PLACE not in page:
            raise SystemExit(f"{PAGE} no longer has the sentence that is edited: {PLACE}")
        (self.project / PAGE).write_text(page.replace(PLACE, words), "utf-8")

    def correct_row(self, number: int) -> None:
        """One cell of one row is another: the age of one child at one episode."""
        name = f"{EDITION}/missing_episodes.csv"
        with (PROJECT / "tests/sample_extracts" / name).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        row = rows[number]
        row[header.index("age")] = str(int(row[header.index("age")] or 12) % 17 + 1)
        with (self.extracts / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])

    # Each of these measures once; `number` makes one edit differ from the last.

    def help(self, _: int) -> Cost:
        return self.run("--help")

    def check(self, _: int) -> Cost:
        return self.run("check", "--extracts", self.extracts)

    def sample(self, _: int) -> Cost:
        shutil.rmtree(self.scratch / "sample", ignore_errors=True)
        return self.run("sample", "--edition", EDITION, "--out", self.scratch / "sample")

    def cold(self, _: int) -> Cost:
        """As after installing: nothing was ever built here, there is no output and no history."""
        shutil.rmtree(self.fresh, ignore_errors=True)
        return self.build(self.fresh / "output", EDITION)

    def cold_and_not_set_up(self, number: int) -> Cost:
        """The same where installing made nothing of what follows from the code."""
        shutil.rmtree(self.project / "dbt_project" / "target", ignore_errors=True)
        return self.cold(number)

    def unchanged(self, _: int) -> Cost:
        self.ready()
        return self.build(self.output, EDITION)

    def sentence(self, number: int) -> Cost:
        self.ready()
        self.edit_page(f"The police may know of others{', and so may neighbours' * (number % 2 + 1)}.")
        return self.build(self.output, EDITION)

    def row(self, number: int) -> Cost:
        self.ready()
        self.correct_row(40 + 3 * number)
        return self.build(self.output, EDITION)

    def unknown_figure(self, _: int) -> Cost:
        return self._refused('{{ figure("episodes_reprted") }}')

    def typed_number(self, _: int) -> Cost:
        return self._refused("The police know of 17 others.")

    def audit(self, _: int) -> Cost:
        """The protection and its audit alone, on the exact figures of a built edition; imports are not counted."""
        self.ready()
        words = [sys.executable, str(HERE / "edition.py"), "--audit", str(self.output / "editions" / EDITION)]
        done = subprocess.run(
            words,
            cwd=self.project,
            env={**os.environ, "PYTHONPATH": str(self.project)},
            capture_output=True,
            check=True,
        )
        return Cost(**json.loads(done.stdout))

    def _refused(self, words: str) -> Cost:
        self.ready()
        self.edit_page(words)
        try:
            return self.build(self.output, EDITION, expected=1)
        finally:
            self.edit_page(PLACE)


@dataclass(frozen=True)
class Case:
    """One line of the table. `limit` and `aim` are multiples of the script, seconds where `is_seconds`."""

    name: str
    take: Callable[[Bench, int], Cost]
    limit: float | None = None
    aim: float | None = None
    is_seconds: bool = False


CASES = (
    Case("--help", Bench.help, 0.1),
    Case("check, three editions", Bench.check, 0.6),
    Case("cold build, one edition", Bench.cold, 8, 5),
    Case("cold build, not set up", Bench.cold_and_not_set_up),
    Case("protection and audit alone", Bench.audit),
    Case("nothing changed", Bench.unchanged, 0.15),
    Case("one sentence edited", Bench.sentence, 1, 0.5),
    Case("one row corrected", Bench.row, 5, 3),
    Case("refused: unknown figure", Bench.unknown_figure, 1, is_seconds=True),
    Case("refused: typed number", Bench.typed_number, 1, is_seconds=True),
    Case("sample", Bench.sample),
)


def compare(bench: Bench, case: Case, repeats: int) -> str:
    """Script and command in turn, and the line of the table."""
    pairs = [(bench.run_baseline(), case.take(bench, number)) for number in range(repeats)]
    ours = [own for _, own in pairs]
    ratio = statistics.median(own.cpu / script.cpu for script, own in pairs)
    unit = " s" if case.is_seconds else "x"
    stated = " / ".join("-" if bound is None else f"{bound:g}{unit}" for bound in (case.limit, case.aim))
    cells = [
        case.name,
        f"{statistics.median(own.cpu for own in ours):.2f}",
        f"{min(own.cpu for own in ours):.2f}-{max(own.cpu for own in ours):.2f}",
        f"{statistics.median(script.cpu for script, _ in pairs):.2f}",
        f"{ratio:.2f}x",
        stated,
        f"{statistics.median(own.clock for own in ours):.1f}",
        f"{max(own.memory for own in ours):,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def audit_alone(folder: Path) -> Mapping[str, float]:
    """The CPU seconds that protection and its audit take for the exact figures of a sealed edition."""
    import resource

    from pipelines import paths, register
    from pipelines.disclosure.policy import read_policy
    from pipelines.disclosure.relations import read_relations
    from pipelines.disclosure.release import protect_release
    from pipelines.publishing.downloads import read_restricted_figures

    metrics, categories = register.read_metrics(), register.read_categories()
    figures = read_restricted_figures(folder / "restricted", metrics)
    policy = read_policy(paths.POLICY.read_text("utf-8"))
    relations = read_relations(paths.RELATIONS.read_text("utf-8"), metrics, categories)
    cpu, clock = time.process_time(), time.perf_counter()
    protect_release(figures, metrics, categories, policy, relations)
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    return {"cpu": cpu, "clock": clock, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """Print one table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--repeats", type=int, default=5)
    words.add_argument("--only", nargs="+", metavar="TEXT", help="Only the lines whose name has one of these texts.")
    words.add_argument("--audit", type=Path, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.audit:
        print(json.dumps(audit_alone(asked.audit)))
        return
    cases = [case for case in CASES if not asked.only or any(text in case.name for text in asked.only)]
    if not cases:
        raise SystemExit(f"No line has that name. There are: {', '.join(case.name for case in CASES)}.")
    print(
        f"{date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}, {asked.repeats} times in turn\n"
    )
    print("| what | CPU s, median | range | the script, CPU s | ratio | limit / aim | clock s | MB at most |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="storyboard-bench-") as folder:
        bench = Bench(Path(folder))
        bench.run_baseline()
        for case in cases:
            print(compare(bench, case, asked.repeats), flush=True)


if __name__ == "__main__":
    main()
