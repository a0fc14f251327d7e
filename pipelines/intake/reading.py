"""Turns the bytes of one extract into a sheet: encoding, RFC 4180 text, line numbers.

The shape of the text is checked here, because a file that breaks it has no rows to check; what cells may hold is not.
Workbooks and Parquet files have modules of their own.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

import numpy as np

from pipelines.faults import UsageFault
from pipelines.intake.files import PlainFile
from pipelines.intake.findings import Findings
from pipelines.intake.schemas import ExtractSchema
from pipelines.intake.sheets import ColumnBuilder, Sheet

MOST_COLUMNS = 100
MOST_ROWS = 2_000_000
LONGEST_CELL = 10_000
_BATCH = 50_000
_LARGE = 1_000_000
"""Characters from which Arrow is worth its start."""
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
    if len(text) > _LARGE and (sheet := read_plain_text(text)) is not None:
        return sheet
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


def read_plain_text(text: str) -> Sheet | None:
    """The rows of a text that can be read in one way only: no quotation mark, every line with as many commas.

    Arrow splits it, which is many times quicker. None where anything is out of the ordinary: the records are then read
    one by one, and what is wrong with them is said.
    """
    body = text.rstrip("\r\n")
    if '"' in body or body.count("\r") != body.count("\r\n") or "\n" not in body:
        return None
    header = body[: body.index("\n")].rstrip("\r").split(",")
    if not 1 < len(header) <= MOST_COLUMNS:
        return None
    import pyarrow as pa
    from pyarrow import csv as arrow

    from pipelines.intake.parquet import gather

    names = [str(position) for position in range(len(header))]
    try:
        table = arrow.read_csv(
            io.BytesIO(body.encode()),
            read_options=arrow.ReadOptions(use_threads=False, skip_rows=1, column_names=names),
            parse_options=arrow.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string()))
            ),
        )
    except (pa.ArrowException, OSError, ValueError):
        return None
    columns = tuple(gather(column) for column in table.columns)
    is_blank = np.logical_and.reduce([~column.is_filled for column in columns])
    longest = max((len(value) for column in columns for value in column.values), default=0)
    if table.num_rows > MOST_ROWS or is_blank.any() or longest > LONGEST_CELL or max(map(len, header)) > LONGEST_CELL:
        return None
    return Sheet(tuple(header), columns, np.arange(2, table.num_rows + 2, dtype=np.int64))


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
