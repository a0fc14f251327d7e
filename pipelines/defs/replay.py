"""Runs sealed SQL on archived rows again: to tell apart why a figure changed, and to show the rows behind one.

Rows stay in a folder of the run's own, which is removed. What the figures then mean is said in `editions.comparison`.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import paths
from pipelines.defs.archive import find_missing, read_ingredients, restore_extracts
from pipelines.editions.comparison import Cause, Key, Stage, Value, number_of
from pipelines.editions.manifest import read_manifest
from pipelines.editions.switch import work_in
from pipelines.editions.tracing import AUDIT, Question, read_audit
from pipelines.faults import DataFault
from pipelines.intake.admission import admit
from pipelines.intake.calendar import read_calendar
from pipelines.intake.gate import examine
from pipelines.lockdown import connect_in_memory

_SPILLED = "spilled"
"""Beside the rows that are run again, where memory has no room for them; with them it goes."""
_TABLES = ("marts", "figures")
_EXTRACTS = (
    "missing_episodes",
    "return_interviews",
    "cme_referrals",
    "school_census",
    "education_risk",
    "population",
)


@dataclass(frozen=True)
class Recipe:
    """A sealed edition, ready to be run again: its SQL, and its rows as they were admitted."""

    folder: Path
    admitted: Path


def why_not(folders: Sequence[Path], output: paths.Output) -> str:
    """Why editions cannot be run again; blank where they can."""
    for folder in folders:
        try:
            missing = find_missing(read_ingredients(folder), output)
        except DataFault as fault:
            return str(fault)
        if missing is not None:
            return f"the extracts of edition {folder.name} cannot be had, {missing.text}"
    return ""


def tell_engine(folders: Sequence[Path]) -> str:
    """That rows are run by DuckDB, of editions that another engine counted; blank where none did."""
    engines = {folder.name: read_manifest(folder).facts.further.get("engine", "duckdb") for folder in folders}
    counted = [f"{name} was counted by {engine}" for name, engine in engines.items() if engine != "duckdb"]
    if not counted:
        return ""
    return f"Edition {' and edition '.join(counted)}. Its rows are run again by DuckDB, of which the sealed SQL is."


@contextmanager
def restored(folders: Sequence[Path], output: paths.Output) -> Iterator[tuple[list[Recipe], Path]]:
    """The editions with their archived rows admitted again, and a folder for more rows; all of it goes when the block ends."""
    with work_in(output):
        work = output.work / f"replay-{uuid.uuid4().hex}"
        work.mkdir(mode=0o700, parents=True)
        try:
            yield [_restore(folder, output, work / str(number)) for number, folder in enumerate(folders)], work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def list_stages(one: Recipe, other: Recipe, work: Path) -> list[Stage]:
    """The figures of both, and between them what they are after one more thing was changed: definition, period, rows.

    Between editions of different years, all that is not the definition is the period: other events were counted.
    """
    stages = [Stage(None, _figures(one.folder, one.admitted))]
    if _sql_of(one.folder) != _sql_of(other.folder):
        stages.append(Stage("definition", _figures(other.folder, one.admitted)))
    if read_ingredients(one.folder).edition != read_ingredients(other.folder).edition:
        return [*stages, Stage("period", _figures(other.folder, other.admitted))]
    rows = one.admitted
    if _bytes(one, "edition_periods") != _bytes(other, "edition_periods"):
        rows = _mix(work / "period", one, other, "period")
        stages.append(Stage("period", _figures(other.folder, rows)))
    causes: tuple[Cause, ...] = ("removed rows", "corrected rows", "late rows")
    for cause in causes:
        changed = _mix(work / cause, one, other, cause)
        stages.append(Stage(cause, _figures(other.folder, changed)))
    return stages


def list_rows(recipe: Recipe, question: Question) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The pseudonymised rows that were counted in the figures asked for: column names, and rows in the order of their ids."""
    sql = read_audit(recipe.folder, "steps.json")["models"][question.metric]["rows_sql"]
    if not sql:
        raise DataFault("This metric is no count of rows: ask for the rows of the metrics that it is worked out from.")
    wanted = {
        "cut_authority": question.authority,
        "cut_breakdown": question.breakdown or ("total" if question.category in (None, "all") else None),
        "cut_category": question.category,
    }
    asked = {name: value for name, value in wanted.items() if value is not None}
    where = " and ".join(f"{name} = ${name}" for name in asked) or "true"
    with _warehouse(recipe.folder, recipe.admitted) as connection:
        found = connection.execute(f"select * from ({sql}) where {where} order by all", asked)
        return [column[0] for column in found.description], found.fetchall()


def _restore(folder: Path, output: paths.Output, work: Path) -> Recipe:
    ingredients = read_ingredients(folder)
    restore_extracts(ingredients, output, work / "extracts")
    edition = read_calendar(work / "extracts")[ingredients.edition]
    examination = examine(
        work / "extracts" / edition.name, edition, encoding=ingredients.encoding, authority=ingredients.authority
    )
    if not examination.ok:
        raise DataFault(f"The gate of today refuses the extracts of edition {folder.name}: they cannot be run again.")
    admit(examination, edition, work / "admitted")
    return Recipe(folder, work / "admitted")


_SEEDS = {"categories": "*", "census_days": "cast(day as date) as day, source"}


@contextmanager
def _warehouse(folder: Path, admitted: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory, made by the sealed SQL of an edition from rows that were admitted."""
    models = read_audit(folder, "steps.json")["models"]
    seeds = [folder / AUDIT / f"{seed}.csv" for seed in _SEEDS]
    with connect_in_memory(reach=admitted, files=seeds, spill=admitted.parent / _SPILLED) as connection:
        connection.execute("set variable admitted = $folder", {"folder": str(admitted)})
        for seed, columns in _SEEDS.items():
            if (
                folder / AUDIT / f"{seed}.csv"
            ).exists():  # editions sealed before there was such a seed did not need it
                connection.execute(
                    f"create table warehouse.main.{seed} as select {columns}"
                    " from read_csv($file, header = true, all_varchar = true)",
                    {"file": str(folder / AUDIT / f"{seed}.csv")},
                )
        for name, model in models.items():
            kind = "table" if model["layer"] in _TABLES else "view"
            sql = (folder / AUDIT / "sql" / f"{name}.sql").read_text("utf-8")
            connection.execute(f'create {kind} warehouse.main."{name}" as {sql}')
        yield connection


def _figures(folder: Path, admitted: Path) -> dict[Key, Value]:
    kinds = {metric: entry["kind"] for metric, entry in read_audit(folder, "metrics.json").items()}
    with _warehouse(folder, admitted) as connection:
        rows = connection.execute(
            "select authority, metric_id, breakdown, category, value, status from warehouse.main.figures"
        ).fetchall()
    figures: dict[Key, Value] = {}
    for authority, metric, breakdown, category, value, status in rows:
        if value is None:
            text = ""
        elif kinds[metric] in ("count", "maximum"):
            text = f"{value:.0f}"
        else:
            text = f"{value:.1f}"
        figures[authority, metric, breakdown, category] = number_of(text, status)
    return figures


def _mix(folder: Path, one: Recipe, other: Recipe, cause: Cause) -> Path:
    """Rows on the way from one edition's to the other's: the second's period; then without those that are gone; then as they
    are now where both have them; then all."""
    if cause == "late rows":
        return other.admitted
    folder.mkdir(mode=0o700)
    with connect_in_memory(reach=folder, spill=folder.parent / _SPILLED) as connection:
        for name in _EXTRACTS:
            key = ", ".join(f'"{column}"' for column in _key_of(name))
            tables = {
                "a": pq.read_table(one.admitted / f"{name}.parquet"),
                "b": pq.read_table(other.admitted / f"{name}.parquet"),
            }
            for alias, table in tables.items():
                connection.register(alias, table)
            if cause == "period":
                mixed = tables["a"]
            else:
                kept, by = ("a", "b") if cause == "removed rows" else ("b", "a")
                mixed = connection.sql(f"select * from {kept} semi join {by} using ({key})").to_arrow_table()
            pq.write_table(mixed.cast(tables["a"].schema), folder / f"{name}.parquet")
    shutil.copyfile(other.admitted / "edition_periods.parquet", folder / "edition_periods.parquet")
    pq.write_table(_shared_inventory(one, other, cause), folder / "inventory.parquet")
    return folder


def _shared_inventory(one: Recipe, other: Recipe, cause: Cause) -> pa.Table:
    """An extract counts as there while its rows are: one that came or went does so with them."""
    mine, theirs = (pq.read_table(recipe.admitted / "inventory.parquet") for recipe in (one, other))
    if cause == "period":
        return mine
    there = {row["extract"]: row["is_present"] for row in theirs.to_pylist()}
    rows = [{**row, "is_present": row["is_present"] and there[row["extract"]]} for row in mine.to_pylist()]
    return pa.Table.from_pylist(rows, mine.schema)


def _key_of(extract: str) -> list[str]:
    schema = json.loads((paths.SCHEMAS / f"{extract}.json").read_text("utf-8"))
    key = schema["primaryKey"]
    return [key] if isinstance(key, str) else list(key)


def _sql_of(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in sorted((folder / AUDIT / "sql").iterdir())}


def _bytes(recipe: Recipe, name: str) -> Any:
    return pq.read_table(recipe.admitted / f"{name}.parquet").to_pylist()
