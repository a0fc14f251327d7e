"""Reads a Parquet file as a sheet: its types become the ISO text that a CSV file would hold.

Limits come before the rows are unpacked. What the cells may hold is not judged here.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake.findings import Findings
from pipelines.intake.reading import LONGEST_CELL, MOST_COLUMNS, longest_of
from pipelines.intake.schemas import ExtractSchema
from pipelines.intake.sheets import Column, Sheet, build_column
from pipelines.intake.side_by_side import side_by_side
from pipelines.memory import read_memory

MOST_ROWS = 1_000_000_000
MOST_BYTES = 1 << 40
"""Unpacked, as the file's own footer states it."""
BYTES_OF_A_ROW = 270
"""What a row takes while it is checked, its text and the numbers worked out from it: measured at 10 million episodes."""


def most_rows() -> int:
    """How many rows of an extract the memory of a build is enough for."""
    return min(MOST_ROWS, read_memory() // BYTES_OF_A_ROW)


def read_parquet(content: bytes, schema: ExtractSchema, findings: Findings) -> Sheet | None:
    """The rows of a Parquet file, or None with findings. Row n of the file stands on line n + 1, under a header."""
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        metadata = file.metadata
        sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
        if metadata.num_columns > MOST_COLUMNS:
            findings.add("too_many_columns", schema.name, limit=MOST_COLUMNS)
            return None
        if metadata.num_rows > most_rows() or sum(sizes) > min(MOST_BYTES, read_memory()):
            findings.add("parquet_too_large", schema.name)
            return None
        names = file.schema_arrow.names
        texts = [name for name, kind in zip(names, file.schema_arrow.types, strict=True) if _is_text(kind)]

        def read(position: int) -> tuple[Column | None, Findings]:
            """One column: the whole table never stands beside what is made of it."""
            name, found = names[position], Findings()
            part = pq.read_table(
                pa.BufferReader(content),
                columns=[name] if names.count(name) == 1 else None,
                read_dictionary=texts,
                use_threads=False,
            )
            cells = part.column(0 if names.count(name) == 1 else position)
            del part
            return _read_column(cells, name, schema, found), found

        columns = []
        for column, found in side_by_side(read, range(len(names)), rows=metadata.num_rows):
            columns.append(column)
            findings.take(found)
    except (pa.ArrowException, OSError, ValueError):
        findings.add("parquet_unreadable", schema.name)
        return None
    if None in columns:
        return None
    lines = np.arange(2, metadata.num_rows + 2, dtype=np.int64)
    return Sheet(tuple(names), tuple(column for column in columns if column is not None), lines)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _read_column(cells: pa.ChunkedArray, name: str, schema: ExtractSchema, findings: Findings) -> Column | None:
    named = name if name in schema.fields else None
    is_date = named is not None and schema.fields[name].form == "date"
    try:
        column = gather(_as_text(cells, is_date))
    except (pa.ArrowException, TypeError):
        findings.add("parquet_type", schema.name, named)
        return None
    if longest_of(column.values) > LONGEST_CELL:
        findings.add("cell_too_long", schema.name, named, limit=f"{LONGEST_CELL:,}")
        return None
    return column


def gather(cells: pa.ChunkedArray) -> Column:
    """The column of text cells; a null is a blank."""
    # What is encoded at once shares one dictionary already; to unify that again would take the square of its chunks.
    is_encoded = pa.types.is_dictionary(cells.type)
    encoded = cells.unify_dictionaries() if is_encoded else cells.dictionary_encode()
    if not encoded.num_chunks:
        return build_column([], np.empty(0, dtype=np.int32))
    codes = np.empty(len(encoded), dtype=np.int32)
    start = 0
    for chunk in encoded.chunks:
        codes[start : start + len(chunk)] = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        start += len(chunk)
    return build_column(encoded.chunk(0).dictionary, codes)


def _as_text(cells: pa.ChunkedArray, is_date: bool) -> pa.ChunkedArray:
    kind = cells.type
    if pa.types.is_dictionary(kind):
        if not _is_text(kind.value_type):
            return _as_text(cells.cast(kind.value_type), is_date)
        return cells.cast(pa.string())
    if pa.types.is_timestamp(kind):
        seconds = cells.cast(pa.timestamp("s", kind.tz)).cast(pa.timestamp("s"))
        text = pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%S" + ("Z" if kind.tz else ""))
        return pc.replace_substring_regex(text, "T00:00:00$", "") if is_date else text
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return cells.cast(pa.int64()).cast(pa.string())
    if pa.types.is_date(kind):
        return pc.strftime(cells.cast(pa.timestamp("s")), format="%Y-%m-%d")
    if _is_text(kind) or pa.types.is_string_view(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return cells.cast(pa.string())
    if pa.types.is_null(kind):
        return cells.cast(pa.string())
    raise TypeError(str(kind))
