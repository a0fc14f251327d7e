"""The same validated rows counted by any of the engines, and every relation of the warehouse as rows that can be compared."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
from dbt.artifacts.schemas.run import RunExecutionResult

from pipelines import paths
from pipelines.defs.checking import AUTHORITY
from pipelines.defs.engines.carrying import build_in
from pipelines.defs.manifest import run_dbt
from pipelines.defs.runs import EditionRun
from pipelines.disclosure.policy import read_policy
from pipelines.figures import Edition, Period
from pipelines.intake.admission import admit
from pipelines.intake.calendar import read_calendar
from pipelines.intake.gate import examine
from tests.engines.conftest import Open

Relations = dict[str, list[tuple[str | None, ...]]]
"""Each relation by name: its rows as text, in order."""

MODELS = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure")
MODELS_ALONE = (*MODELS, "--exclude-resource-type", "test")


def open_run(folder: Path, name: str) -> EditionRun:
    """A run whose work is under a folder; what it reads is put there by whoever asked."""
    day = Period(date(2017, 1, 12), date(2017, 1, 12), date(2017, 1, 12))
    run = EditionRun(
        edition=Edition(name, {"missing": day, "education": day}),
        extracts=folder,
        output=paths.Output(folder / "output"),
        batch=folder,
        encoding="utf-8",
        authority=AUTHORITY,
        policy=read_policy(paths.POLICY.read_text("utf-8")),
    )
    run.work.mkdir(parents=True)
    return run


def admit_sample(name: str, admitted: Path) -> None:
    """An edition of the sample through the gate."""
    edition = read_calendar(paths.SAMPLE_EXTRACTS)[name]
    examination = examine(paths.SAMPLE_EXTRACTS / name, edition, encoding="utf-8", authority=AUTHORITY)
    admit(examination, edition, admitted)


def count_on_duckdb(run: EditionRun) -> Relations:
    done = run_dbt(MODELS_ALONE, admitted=run.admitted, warehouse=run.warehouse, artifacts=run.dbt_artifacts)
    assert done.success
    return read_relations(run)


def count_elsewhere(run: EditionRun, there: Open, words: tuple[str, ...] = MODELS_ALONE) -> Relations:
    done = build_in(there.session, there.engine, run, words)
    assert isinstance(done.result, RunExecutionResult)
    wrong = [each.node.name for each in done.result.results if each.status not in ("success", "pass")]
    assert not wrong, wrong
    return read_relations(run)


def read_relations(run: EditionRun) -> Relations:
    """Every table of the run's warehouse. A value is compared as its text, so that 3.0 is not 3."""
    with duckdb.connect(str(run.warehouse), read_only=True) as warehouse:
        names = [name for (name,) in warehouse.execute("select table_name from duckdb_tables()").fetchall()]
        return {
            name: warehouse.execute(f'select columns(*)::varchar from "{name}" order by all').fetchall()
            for name in sorted(names)
        }
