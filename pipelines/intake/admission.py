"""Writes what has passed the gate as Parquet: the only thing that dbt can read.

Nothing is cast or counted here beyond what the interface fixes; a refused examination is never written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.figures import Edition
from pipelines.intake.cells import Extract
from pipelines.intake.gate import Examination
from pipelines.intake.schemas import EXTRACTS, ExtractSchema, read_schema
from pipelines.intake.sheets import Texts
from pipelines.intake.side_by_side import ahead
from pipelines.reviews import date_last_review

_ROWS_AT_ONCE = 1 << 18

_INTEGERS = {"age": pa.int32(), "population": pa.int64()}
"""The columns that are not kept as the text of the file."""
_INVENTORY = pa.schema(
    [("extract", pa.string()), ("is_present", pa.bool_()), ("rows", pa.int64()), ("sha256", pa.string())]
)
_PERIODS = pa.schema(
    [
        ("edition", pa.string()),
        ("collection", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("as_at", pa.date32()),
        ("last_review_on", pa.date32()),
    ]
)


def list_columns() -> dict[str, list[str]]:
    """The columns of everything that dbt reads, by the name of its file."""
    extracts = {name: table_schema(read_schema(name)).names for name in EXTRACTS}
    return {**extracts, "inventory": _INVENTORY.names, "edition_periods": _PERIODS.names}


def table_schema(schema: ExtractSchema) -> pa.Schema:
    """The Arrow schema of an admitted extract: text, NULL for blank, save the integers; and the line of the file."""
    columns = [(name, _INTEGERS.get(name, pa.string())) for name in schema.fields]
    return pa.schema([*columns, ("source_row", pa.int64())])


def build_table(extract: Extract, authority: str) -> pa.Table:
    """The rows of one extract; a blank authority is filled with the configured one."""
    return pa.concat_tables(build_parts(extract, authority))


def build_parts(extract: Extract, authority: str) -> Iterator[pa.Table]:
    """The same, some rows at a time: what is written is never there as a whole. One part at least, if it is empty."""
    texts = {name: _as_arrow(column.values) for name, column in extract.columns.items()}
    schema = table_schema(extract.schema)
    for start in range(0, max(extract.rows, 1), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        arrays = []
        for name, column in extract.columns.items():
            codes = column.codes[part]
            cells = pa.DictionaryArray.from_arrays(
                pa.array(np.where(codes < 0, 0, codes), pa.int32(), mask=codes < 0), texts[name]
            ).cast(pa.string())
            arrays.append(
                cells.fill_null(authority) if name == "authority" else cells.cast(_INTEGERS.get(name, pa.string()))
            )
        arrays.append(pa.array(extract.lines[part], pa.int64()))
        yield pa.Table.from_arrays(arrays, schema=schema)


def _as_arrow(values: Sequence[str]) -> pa.StringArray:
    """The distinct values, one at least so that a blank has something to stand on."""
    if isinstance(values, Texts):
        return values.array
    return pa.array([*values, ""], pa.string())


def admit(examination: Examination, edition: Edition, folder: Path, *, last_review_on: date | None = None) -> None:
    """Write the six extracts (empty where absent), what was there, and the edition's periods, as Parquet into a folder.

    `last_review_on` is the day whose position the last review of the register looked at, where its answers say so; else
    it is the one that the calendar of reviews has.
    Raises ValueError for an examination that is not ok: its rows may go nowhere.
    """
    if not examination.ok:
        raise ValueError("a refused edition is not admitted")
    folder.mkdir(parents=True, exist_ok=True)
    for name in EXTRACTS:
        schema = table_schema(read_schema(name))
        with pq.ParquetWriter(folder / f"{name}.parquet", schema) as writer:
            checked = examination.checked.get(name)
            parts = build_parts(checked, examination.authority) if checked else (schema.empty_table(),)
            for part in ahead(parts, rows=checked.rows if checked else 0):
                writer.write_table(part)
    pq.write_table(_inventory(examination), folder / "inventory.parquet")
    pq.write_table(_periods(edition, last_review_on), folder / "edition_periods.parquet")
    pq.write_table(_statistics(examination), folder / "published_statistics.parquet")


def _inventory(examination: Examination) -> pa.Table:
    summaries = [examination.extracts.get(name) for name in EXTRACTS]
    return pa.table(
        {
            "extract": EXTRACTS,
            "is_present": [summary is not None for summary in summaries],
            "rows": [summary.rows if summary else 0 for summary in summaries],
            "sha256": [summary.sha256 if summary else None for summary in summaries],
        },
        schema=_INVENTORY,
    )


def _periods(edition: Edition, last_review_on: date | None) -> pa.Table:
    periods = sorted(edition.periods.items())
    reviewed = last_review_on or date_last_review(edition.periods["education"].as_at)
    return pa.table(
        {
            "edition": [edition.name for _ in periods],
            "collection": [collection for collection, _ in periods],
            "period_start": [period.start for _, period in periods],
            "period_end": [period.end for _, period in periods],
            "as_at": [period.as_at for _, period in periods],
            "last_review_on": [reviewed for _ in periods],
        },
        schema=_PERIODS,
    )


def _statistics(examination: Examination) -> pa.Table:
    statistics = examination.statistics
    values = [None if each.value is None else float(each.value) for each in statistics]
    return pa.table(
        {
            "authority": pa.array([each.authority for each in statistics], pa.string()),
            "area_name": pa.array([each.area_name for each in statistics], pa.string()),
            "year_ending": pa.array([each.year_ending for each in statistics], pa.date32()),
            "measure": pa.array([each.measure for each in statistics], pa.string()),
            "value": pa.array(values, pa.float64()),
            "symbol": pa.array([each.symbol for each in statistics], pa.string()),
            "release": pa.array([each.release for each in statistics], pa.string()),
        }
    )
