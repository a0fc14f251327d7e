"""Turns the bytes of one extract into a sheet: encoding, RFC 4180 text, line numbers.

The shape of the text is checked here, because a file that breaks it has no rows to check; what cells may hold is not.
Workbooks and Parquet files have modules of their own.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipelines.faults import UsageFault
from pipelines.intake.files import PlainFile
from pipelines.intake.findings import Findings
from pipelines.intake.schemas import ExtractSchema
from pipelines.intake.sheets import ColumnBuilder, Sheet, Texts
from pipelines.intake.side_by_side import side_by_side

if TYPE_CHECKING:
    import pyarrow as pa

MOST_COLUMNS = 100
MOST_ROWS = 2_000_000
"""Of a file whose records must be read one by one; of others as many as memory allows."""
LONGEST_CELL = 10_000
_BATCH = 50_000
_LARGE = 1_000_000
"""Bytes from which Arrow is worth its start."""
_BLOCK = 8 << 20
_REPLACED = "\ufffd".encode()
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check_encoding(declared: str) -> str:
    """The declared encoding by its own name: `utf-8` or `cp1252`. Raises UsageFault for any other."""
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        name = ""
    if name in ("utf-8", "utf-8-sig"):
        return "utf-8"
    if name == "cp1252":
        return "cp1252"
    raise UsageFault("The encoding must be utf-8 or cp1252.")


def read_sheet(file: PlainFile, schema: ExtractSchema, encoding: str, findings: Findings) -> Sheet | None:
    """The rows of one extract, or None with findings when it has no readable shape."""
    if file.name.endswith(".xlsx"):
        from pipelines.intake.workbook import read_workbook

        return read_workbook(file.content, schema, findings)
    if file.name.endswith(".parquet"):
        from pipelines.intake.parquet import read_parquet

        return read_parquet(file.content, schema, findings)
    if len(file.content) > _LARGE and (sheet := read_plain_text(file, encoding)) is not None:
        return sheet
    text = decode(file.content, schema.name, encoding, findings)
    return None if text is None else _read_csv(text, schema.name, findings)


def decode(content: bytes, extract: str, encoding: str, findings: Findings) -> str | None:
    """The text of a file in the declared encoding, without its mark; or None with a finding."""
    if content.startswith(_WIDE_MARKS):
        findings.add("utf_16", extract)
        return None
    if (nul := content.find(b"\0")) >= 0:
        if _alternates(content[:200]):
            findings.add("utf_16", extract)
        else:
            findings.add("nul_character", extract, row=_line(content, nul))
        return None
    marked = content.startswith(codecs.BOM_UTF8)
    body = content[len(codecs.BOM_UTF8) :] if marked else content
    if encoding == "cp1252" and not marked:
        try:
            return body.decode("cp1252")
        except UnicodeDecodeError as fault:
            findings.add("not_cp1252", extract, row=_line(body, fault.start))
            return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        findings.add("not_utf_8", extract, row=_line(body, fault.start))
        return None
    if (damage := text.find("\ufffd")) >= 0:
        findings.add("damaged_text", extract, row=text.count("\n", 0, damage) + 1)
        return None
    return text


def _alternates(start: bytes) -> bool:
    """Whether the NULs stand as in UTF-16 without a mark: every other byte, and most of those."""
    even, odd = start[::2].count(b"\0"), start[1::2].count(b"\0")
    return min(even, odd) == 0 and max(even, odd) * 2 > len(start) // 2


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _read_csv(text: str, extract: str, findings: Findings) -> Sheet | None:
    records = _records(text)
    try:
        _, header = next(records, (1, []))
        if not header:
            findings.add("header_absent", extract, row=1)
            return None
        if len(header) > MOST_COLUMNS:
            findings.add("too_many_columns", extract, limit=MOST_COLUMNS)
            return None
        return collect_rows(header, records, extract, findings)
    except _BrokenRecord as fault:
        findings.add(fault.rule, extract, row=fault.line, limit=f"{LONGEST_CELL:,}")
        return None


def read_plain_text(file: PlainFile, encoding: str = "utf-8") -> Sheet | None:
    """The rows of a text that can be read in one way only: no quotation mark, every line with as many commas.

    Arrow splits it, some megabytes at a time, which is many times quicker and needs no second copy of the text. The file
    forgets its bytes when all have been split. None where anything is out of the ordinary: the records are then read one
    by one, and what is wrong with them is said.
    """
    header, start, end = _find_plain_text(file.content, encoding) or ([], 0, 0)
    cells = _split_by_arrow(header, file.content, start, end) if header else None
    if cells is None:
        return None
    file.forget()
    from pipelines.intake.parquet import gather

    rows = len(cells[0])
    columns = tuple(side_by_side(gather, (cells.pop(0) for _ in header), rows=rows))
    return Sheet(tuple(header), columns, np.arange(2, rows + 2, dtype=np.int64))


def _find_plain_text(content: bytes, encoding: str) -> tuple[list[str], int, int] | None:
    """The header of a plain text, and where its rows begin and end."""
    marked = content.startswith(codecs.BOM_UTF8)
    start, end = len(codecs.BOM_UTF8) if marked else 0, len(content)
    while end > start and content[end - 1] in b"\r\n":
        end -= 1
    head = content.find(b"\n", start, end)
    if (
        head < 0
        or b'"' in content
        or b"\0" in content
        or content.count(b"\r", 0, end) != content.count(b"\r\n", 0, end)
    ):
        return None
    if not content.isascii() and ((encoding != "utf-8" and not marked) or _REPLACED in content):
        return None
    try:
        header = content[start:head].decode("utf-8").rstrip("\r").split(",")
    except UnicodeDecodeError:
        return None
    if not 1 < len(header) <= MOST_COLUMNS or max(map(len, header)) > LONGEST_CELL:
        return None
    return header, head + 1, end


def _split_by_arrow(header: list[str], content: bytes, start: int, end: int) -> list[pa.ChunkedArray] | None:
    """The cells of each column. None where Arrow cannot split them, or a row or a cell is none that we take."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow

    from pipelines.intake.parquet import most_rows

    names = [str(position) for position in range(len(header))]
    cells: list[list[pa.Array]] = [[] for _ in names]
    try:
        reader = arrow.open_csv(
            pa.BufferReader(pa.py_buffer(content).slice(start, end - start)),
            read_options=arrow.ReadOptions(use_threads=False, column_names=names, block_size=_BLOCK),
            parse_options=arrow.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string()))
            ),
        )
        rows = 0
        for batch in reader:
            rows += batch.num_rows
            if rows > most_rows():
                return None
            is_blank = np.ones(batch.num_rows, dtype=bool)
            for chunks, column in zip(cells, batch.columns, strict=True):
                chunks.append(column)
                blank = pc.index(column.dictionary, "").as_py()
                is_blank &= column.indices.to_numpy(zero_copy_only=False) == blank
                if (pc.max(pc.utf8_length(column.dictionary)).as_py() or 0) > LONGEST_CELL:
                    return None
            if is_blank.any():
                return None
    except (pa.ArrowException, OSError, ValueError):
        return None
    return [pa.chunked_array(chunks) for chunks in cells]


def longest_of(values: Sequence[str]) -> int:
    """The most characters that one of the values has."""
    if not isinstance(values, Texts):
        return max(map(len, values), default=0)
    import pyarrow.compute as pc

    return int(pc.max(pc.utf8_length(values.array)).as_py())


class _BrokenRecord(Exception):
    def __init__(self, rule: str, line: int) -> None:
        super().__init__(rule)
        self.rule, self.line = rule, line


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it starts; a blank line is an empty record."""
    reader = csv.reader(io.StringIO(text, newline=""), dialect="excel", strict=True)
    start = 1
    try:
        for record in reader:
            yield start, record
            start = reader.line_num + 1
    except csv.Error as fault:
        # The module's text is looked at, never passed on: it is the only way to tell its three complaints apart.
        complaint = str(fault)
        if "field limit" in complaint:
            rule = "cell_too_long"
        else:
            rule = "unclosed_quote" if "unexpected end" in complaint else "broken_quoting"
        raise _BrokenRecord(rule, start) from None


def collect_rows(
    header: list[str], records: Iterator[tuple[int, list[str]]], extract: str, findings: Findings
) -> Sheet | None:
    """Gather records of strings into columns. Ragged and blank rows become findings and are left out."""
    width = len(header)
    builders = [ColumnBuilder() for _ in header]
    lines: list[int] = []
    batch: list[list[str]] = []
    blank_lines: list[int] = []
    blanks_between: list[int] = []
    blank_rows: list[int] = []

    def flush() -> None:
        for builder, cells in zip(builders, zip(*batch, strict=True), strict=bool(batch)):
            builder.extend(cells)
        batch.clear()

    for line, record in records:
        if len(lines) + len(blank_lines) >= MOST_ROWS:
            findings.add("too_many_rows", extract, limit=f"{MOST_ROWS:,}")
            return None
        if not record:
            blank_lines.append(line)
            continue
        if blank_lines:
            blanks_between += blank_lines
            blank_lines.clear()
        if len(record) != width:
            findings.add("ragged_row", extract, row=line, cells=len(record), columns=width)
            continue
        if not any(record):
            blank_rows.append(line)
            continue
        if max(map(len, record)) > LONGEST_CELL:
            findings.add("cell_too_long", extract, row=line, limit=f"{LONGEST_CELL:,}")
            continue
        batch.append(record)
        lines.append(line)
        if len(batch) == _BATCH:
            flush()
    flush()
    findings.add_rows("blank_line", extract, None, blanks_between)
    findings.add_rows("blank_row", extract, None, blank_rows)
    return Sheet(tuple(header), tuple(builder.build() for builder in builders), np.array(lines, dtype=np.int64))
