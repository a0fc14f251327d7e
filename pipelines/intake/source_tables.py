"""Tables in other people's layouts (a return, an export, the department's releases) as rows of text with line numbers.

Only the reading: plain file, size, encoding, header, shape. What the columns mean belongs to the module that asks.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.faults import DataFault
from pipelines.intake.files import PlainFile, read_plain_file
from pipelines.intake.findings import Findings
from pipelines.intake.reading import check_encoding, decode


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One file: its name, its columns in lower case, and its rows. Cells are without spaces at either end."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Each with the line of the file where it starts (the header is 1)."""

    def column(self, *names: str) -> int | None:
        """The position of the first of these columns that is there, whatever its case."""
        return next((self.columns.index(name.lower()) for name in names if name.lower() in self.columns), None)

    def records(self, *names: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Each row's line and its cells of these columns; a column that is not there is blank."""
        places = [self.column(name) for name in names]
        for line, cells in self.rows:
            yield line, tuple("" if place is None else cells[place] for place in places)


def read_source_table(path: Path, *, encoding: str = "utf-8", delimiter: str = ",") -> SourceTable:
    """Read one CSV file, or the only sheet of a workbook. Raises DataFault with a sentence when it is no plain,
    readable table, and MachineFault when it may not be opened."""
    encoding = check_encoding(encoding)
    findings = Findings()
    file = read_plain_file(path, path.name, findings)
    if file is not None and path.suffix.lower() == ".xlsx":
        header, rows = _read_workbook(file, findings)
    else:
        text = None if file is None else decode(file.content, path.name, encoding, findings)
        if text is None:
            raise _first_fault(path.name, findings)
        header, rows = _read_text(path.name, text, delimiter)
    if not header or not any(header):
        raise DataFault(f"{path.name} has no header line. Export it again with its column names.")
    named = [name for name in header if name]
    if len(set(named)) < len(named):
        raise DataFault(f"{path.name} has the same column twice. Export it again, each column once.")
    _check_widths(path.name, header, rows)
    return SourceTable(path.name, header, tuple(rows))


def _first_fault(name: str, findings: Findings) -> DataFault:
    finding = findings.all()[0]
    where = name if finding.row is None else f"{name}, line {finding.row}"
    return DataFault(f"{where}: {finding.message} {finding.fix}")


Rows = list[tuple[int, tuple[str, ...]]]


def _read_text(name: str, text: str, delimiter: str) -> tuple[tuple[str, ...], Rows]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: Rows = []
    header: tuple[str, ...] | None = None
    line = 1
    try:
        for record in reader:
            cells = tuple(cell.strip() for cell in record)
            if header is None:
                header = tuple(cell.lower() for cell in cells)
            elif any(cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error:
        raise DataFault(f"{name}, line {line}: the quotation marks do not match. Export the file again.") from None
    return header or (), rows


def _read_workbook(file: PlainFile, findings: Findings) -> tuple[tuple[str, ...], Rows]:
    from pipelines.intake.schemas import ExtractSchema
    from pipelines.intake.workbook import read_workbook

    sheet = read_workbook(file.content, ExtractSchema(file.name, "", "", {}, (), {}, {}), findings)
    faults = [finding for finding in findings.all() if finding.severity == "error"]
    if sheet is None or faults:
        raise _first_fault(file.name, findings)
    texts = [[column.text(row).strip() for row in range(sheet.rows)] for column in sheet.columns]
    cells = zip(*texts, strict=True) if sheet.rows else iter(())
    rows = [(int(line), tuple(row)) for line, row in zip(sheet.lines, cells, strict=True)]
    return tuple(name.strip().lower() for name in sheet.header), rows


def _check_widths(name: str, header: Sequence[str], rows: Sequence[tuple[int, tuple[str, ...]]]) -> None:
    for line, cells in rows:
        if len(cells) != len(header):
            raise DataFault(
                f"{name}, line {line}: the row has {len(cells)} cells, the header {len(header)}. Export the file again."
            )


def list_rows(rows: Sequence[int], most: int = 20) -> str:
    """`row 4` or `rows 4, 17 and 29`; beyond `most` the rest are counted."""
    shown = [str(row) for row in rows[:most]]
    if len(rows) > most:
        return f"rows {', '.join(shown)} and {len(rows) - most} more"
    if len(rows) == 1:
        return f"row {shown[0]}"
    return f"rows {', '.join(shown[:-1])} and {shown[-1]}"


def make_slug(text: str) -> str:
    """Words as a name: lower case, everything but letters and digits an underscore."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
