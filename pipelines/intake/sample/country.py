"""The invented extracts of many authorities and years: how large each authority is, and writing without holding a table.

What a row says is in `country_rows`; one council of one year is told by the modules beside it, to the document's figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipelines import paths
from pipelines.faults import UsageFault
from pipelines.figures import Edition
from pipelines.intake.plain_yaml import read_plain_yaml
from pipelines.intake.sample import country_rows
from pipelines.intake.sample.draws import Draws, Texts
from pipelines.intake.sample.reference import YORK, population_of_york
from pipelines.intake.sample.sql_draws import MACROS
from pipelines.intake.sample.story import CHILDREN
from pipelines.intake.schemas import read_schema

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Form = Literal["csv", "parquet"]

MOST_AUTHORITIES = 153
"""The councils in England that look after children."""
MOST_YEARS = 20
_NO_LONGER = {
    "E06000028", "E06000029", "E06000048", "E08000016", "E08000019", "E08000020", "E10000002", "E10000006",
    "E10000009", "E10000021", "E10000023", "E10000027",
}  # fmt: skip
"""Codes of the register that others have taken the place of."""
_CODE = re.compile(r"E\d{8}\Z")

# Department for Education, SFR34/2015: incidents of looked-after children missing from placement in the year, of the
# smallest council, of those at 5, 25, 50, 75 and 95 per cent, and of the largest. Which council is how large is invented.
_SIZES = ((0.0, 6.0), (0.05, 18.0), (0.25, 59.0), (0.5, 124.0), (0.75, 244.0), (0.95, 659.0), (1.0, 1438.0))
_MOST_AT_ONCE = 100_000
"""Children who are invented at a time: what bounds the memory."""
_MEMORY = "1GB"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for: about `scale` times the rows of one council, over all authorities and years together."""

    edition: Edition
    authorities: int
    years: int
    scale: int
    seed: int


def check_plan(plan: Plan) -> None:
    """Raises UsageFault for more authorities or years than there are, or fewer than one."""
    if not 1 <= plan.authorities <= MOST_AUTHORITIES:
        raise UsageFault(f"A sample has from 1 to {MOST_AUTHORITIES} authorities.")
    if not 1 <= plan.years <= MOST_YEARS:
        raise UsageFault(f"A sample has from 1 to {MOST_YEARS} years.")


def write_country(plan: Plan, folder: Path, form: Form) -> None:
    """Write every extract of a plan into a folder, as a stream: memory does not grow with the rows. Raises OSError."""
    import duckdb

    sizes = share_out(plan)
    with duckdb.connect(":memory:", config={"memory_limit": _MEMORY, "temp_directory": str(folder)}) as connection:
        for step in (*MACROS, *country_rows.prepare(plan.edition, plan.years, plan.seed, sizes)):
            connection.execute(step)
        for extract, statement in country_rows.statements(plan.edition).items():
            write_batches(_batches(connection, statement, sum(sizes.values())), folder / f"{extract}.{form}", form)
    write_batches(iter([_population(plan, sizes)]), folder / f"population.{form}", form)


def share_out(plan: Plan) -> dict[str, int]:
    """How many children each authority has, by its code: as unlike in size as councils are. York comes first."""
    codes = _codes()[: plan.authorities]
    ranks = (np.argsort(np.argsort(Draws(plan.seed, "sizes").uniform(len(codes)))) + 0.5) / len(codes)
    shares, incidents = zip(*_SIZES, strict=True)
    sizes = np.interp(ranks, shares, incidents)
    children = plan.scale * CHILDREN / country_rows.years_seen(plan.years)
    return {code: max(1, round(children * size)) for code, size in zip(codes, sizes / sizes.sum(), strict=True)}


def _codes() -> list[str]:
    register, _ = read_plain_yaml(paths.AUTHORITIES)
    named = [code for code in register["names"] if _CODE.match(code) and code not in _NO_LONGER]
    return sorted(named, key=lambda code: (code != YORK, code))


def _batches(connection: duckdb.DuckDBPyConnection, statement: str, children: int) -> Iterator[pa.RecordBatch]:
    """The rows of one extract: those of some children after others, each time in order. One batch at least, if empty."""
    import pyarrow as pa

    for first in range(0, children, _MOST_AT_ONCE):
        chosen = {"first": first, "stop": min(first + _MOST_AT_ONCE, children)}
        reader = connection.sql(statement, params=chosen).to_arrow_reader()
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        yield from reader


def write_batches(batches: Iterator[pa.RecordBatch], path: Path, form: Form) -> None:
    """Write batches of text, NULL for blank, as they come. No value of a sample needs a quotation mark. Raises OSError."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    head = next(batches)
    writer: csv.CSVWriter | parquet.ParquetWriter
    if form == "csv":
        path.write_text(",".join(head.schema.names) + "\n", encoding="utf-8", newline="")
        options = csv.WriteOptions(include_header=False, quoting_style="none")
        sink = pa.OSFile(str(path), "ab")
        writer = csv.CSVWriter(sink, head.schema, write_options=options)
    else:
        sink = pa.OSFile(str(path), "wb")
        writer = parquet.ParquetWriter(sink, head.schema, compression="zstd")
    with sink, writer:
        waiting, rows = [head], head.num_rows
        for batch in batches:
            # Batches of one authority may be small, and a row group of each would be slow to read.
            if rows >= _MOST_AT_ONCE:
                writer.write_table(pa.Table.from_batches(waiting).combine_chunks())
                waiting, rows = [], 0
            waiting.append(batch)
            rows += batch.num_rows
        writer.write_table(pa.Table.from_batches(waiting).combine_chunks())


def _population(plan: Plan, sizes: Mapping[str, int]) -> pa.RecordBatch:
    """York's population, as many times as an authority's children are those of York's document; invented, save York's shape."""
    import pyarrow as pa

    # Millions of rows for a few councils make them larger than any country is; the gate would refuse them.
    most = int(read_schema("population").fields["population"].bounds[1])
    once = CHILDREN / country_rows.years_seen(plan.years) * plan.years
    factors = 0.7 + 0.6 * Draws(plan.seed, "population").uniform(len(sizes))
    end = plan.edition.periods["missing"].end
    rows = [
        (code, group, day.isoformat(), str(min(max(1, round(count * children / once * factor)), most)))
        for (code, children), factor in zip(sizes.items(), factors.tolist(), strict=True)
        for year in range(end.year - plan.years, end.year + 1)
        for group, day, count in population_of_york(date(year, end.month, end.day))
    ]
    columns = zip(*sorted(rows), strict=True)
    return pa.record_batch(
        [pa.array(column) for column in columns], ["authority", "group", "year_ending", "population"]
    )


def as_batch(table: Mapping[str, Texts]) -> pa.RecordBatch:
    """A table of text in memory as a batch to write; the empty text is a blank."""
    import pyarrow as pa

    columns = [pa.array([text or None for text in column.tolist()], pa.string()) for column in table.values()]
    return pa.record_batch(columns, list(table))
