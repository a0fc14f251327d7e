"""Tables in other people's layouts (a return, the department's releases) as rows of text with their line numbers.

Only the reading: plain file, size, encoding, header, shape. What the columns mean belongs to the module that asks.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.faults import DataFault
from pipelines.intake.files import read_plain_file
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


def read_source_table(path: Path, *, encoding: str = "utf-8") -> SourceTable:
    """Read one CSV file. Raises DataFault with a sentence when it is no plain, readable table, and MachineFault when
    it may not be opened."""
    encoding = check_encoding(encoding)
    findings = Findings()
    file = read_plain_file(path, path.name, findings)
    text = None if file is None else decode(file.content, path.name, encoding, findings)
    if text is None:
        finding = findings.all()[0]
        where = path.name if finding.row is None else f"{path.name}, line {finding.row}"
        raise DataFault(f"{where}: {finding.message} {finding.fix}")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
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
        raise DataFault(f"{path.name}, line {line}: the quotation marks do not match. Export the file again.") from None
    if not header or not any(header):
        raise DataFault(f"{path.name} has no header line. Export it again with its column names.")
    named = [name for name in header if name]
    if len(set(named)) < len(named):
        raise DataFault(f"{path.name} has the same column twice. Export it again, each column once.")
    _check_widths(path.name, header, rows)
    return SourceTable(path.name, header, tuple(rows))


def _check_widths(name: str, header: Sequence[str], rows: Sequence[tuple[int, tuple[str, ...]]]) -> None:
    for line, cells in rows:
        if len(cells) != len(header):
            raise DataFault(
                f"{name}, line {line}: the row has {len(cells)} cells, the header {len(header)}. Export the file again."
            )


def find_source_file(folder: Path, name: str) -> Path | None:
    """The file of that name in a folder, whatever its case. Raises DataFault where there are two."""
    found = sorted(path for path in folder.iterdir() if path.name.lower() == name)
    if len(found) > 1:
        raise DataFault(f"{folder} holds {name} more than once, in different cases. Keep one of them.")
    return found[0] if found else None


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
