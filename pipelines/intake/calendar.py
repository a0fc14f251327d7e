"""Reads and checks the list of editions: which period each collection has in each edition, and the date that it states.

Which editions are built, and what lies in their folders, is not decided here.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.figures import Collection, Edition, Period
from pipelines.intake.files import read_plain_file
from pipelines.intake.findings import Findings

EDITION_NAME = re.compile(r"[0-9]{4}\Z")
"""An edition is named after the year in which it is published."""

COLUMNS = ("edition", "collection", "period_start", "period_end", "as_at")
"""The header of a list of editions; its columns may stand in any order."""
_COLLECTIONS: tuple[Collection, ...] = ("missing", "education")
_DATE = re.compile(r"(?:199|20[0-9])[0-9]-[0-9]{2}-[0-9]{2}\Z")


def read_calendar(extracts: Path | None) -> dict[str, Edition]:
    """Every edition by its name, in order. `editions.csv` in the extracts folder is used instead of the project's own.

    Raises DataFault, naming file and line, when the list breaks a rule of the calendar.
    """
    own = extracts / "editions.csv" if extracts is not None else None
    source = own if own is not None and (own.exists() or own.is_symlink()) else paths.EDITIONS_SEED
    records = _read_records(source)
    rows: dict[str, dict[Collection, tuple[int, Period]]] = {}
    for line, record in records:
        name, collection, period = _read_row(source, line, record)
        periods = rows.setdefault(name, {})
        if collection in periods:
            raise _fault(source, line, "the edition has this collection already", "Keep one row for each collection.")
        periods[collection] = (line, period)
    for periods in rows.values():
        for collection in _COLLECTIONS:
            if collection not in periods:
                line = next(iter(periods.values()))[0]
                raise _fault(
                    source, line, f"the edition has no row for {collection}", "Add it: each edition has two rows."
                )
    return {
        name: Edition(name, {collection: rows[name][collection][1] for collection in _COLLECTIONS})
        for name in sorted(rows)
    }


def _fault(source: Path, line: int, what: str, mend: str) -> DataFault:
    return DataFault(f"{source.name}, line {line}: {what}. {mend}")


def _read_records(source: Path) -> list[tuple[int, dict[str, str]]]:
    findings = Findings()
    file = read_plain_file(source, "editions", findings)
    if file is None:
        raise DataFault(f"{source.name}: {findings.all()[0].message} {findings.all()[0].fix}")
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _fault(source, 1, "the file is not valid UTF-8", "Save it as CSV UTF-8.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, dict[str, str]]] = []
    header: list[str] = []
    blank = 0
    start = 1
    try:
        for record in reader:
            line, start = start, reader.line_num + 1
            if not header:
                header = record
                if sorted(header) != sorted(COLUMNS):
                    raise _fault(
                        source, 1, "the header is not that of a list of editions", f"It has {', '.join(COLUMNS)}."
                    )
                continue
            if not record:
                blank = blank or line
                continue
            if blank:
                raise _fault(source, blank, "there is a blank line between rows", "Take it out.")
            if len(record) != len(header):
                raise _fault(source, line, "the row has not five cells", "Fill in all five columns.")
            records.append((line, dict(zip(header, record, strict=True))))
    except csv.Error:
        raise _fault(source, start, "the quotation marks do not match", "Close them, or take them out.") from None
    if not header:
        raise _fault(source, 1, "the file is empty", f"It has the columns {', '.join(COLUMNS)}.")
    return records


def _read_row(source: Path, line: int, record: dict[str, str]) -> tuple[str, Collection, Period]:
    if not EDITION_NAME.match(record["edition"]):
        raise _fault(source, line, "edition is not a year", "Write the year of publication in four digits, e.g. 2016.")
    collection = next((known for known in _COLLECTIONS if known == record["collection"]), None)
    if collection is None:
        raise _fault(
            source, line, "collection is neither missing nor education", "Write one of the two, in lower case."
        )
    dates = [_read_date(source, line, column, record[column]) for column in COLUMNS[2:]]
    start, end, as_at = dates
    if start > end:
        raise _fault(source, line, "period_start is after period_end", "Correct one of them.")
    if end > as_at:
        raise _fault(
            source, line, "period_end is after as_at", "An edition cannot cover days after the date that it states."
        )
    if collection == "education" and end != as_at:
        raise _fault(source, line, "as_at of education is not its period_end", "Make the two the same date.")
    return record["edition"], collection, Period(start, end, as_at)


def _read_date(source: Path, line: int, column: str, text: str) -> date:
    try:
        if not _DATE.match(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _fault(
            source, line, f"{column} is not a date between 1990 and 2099", "Write dates as YYYY-MM-DD."
        ) from None
