"""Reads an .xlsx workbook as a sheet: one sheet, values only, typed cells as the ISO text that a CSV file would hold.

What a workbook may be is checked on the zip archive before anything is opened; what cells may hold is not judged.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

from pipelines.intake.findings import Findings
from pipelines.intake.privacy import holds_identifier
from pipelines.intake.reading import MOST_COLUMNS, collect_rows
from pipelines.intake.schemas import ExtractSchema
from pipelines.intake.sheets import Sheet

MOST_ENTRIES = 200
MOST_BYTES = 500_000_000
MOST_SHARED_BYTES = 200_000_000
LARGEST_RATIO = 200
_SMALL = 1_000_000
"""Below this many unpacked bytes the ratio says nothing."""
_DIGITS_KEPT = 10**15

_STAFF = ("creator", "lastModifiedBy", "Manager", "Company")

_FORBIDDEN = (
    ("vbaproject", "macros"),
    ("externallink", "links to other workbooks"),
    ("comments", "comments"),
    ("threadedcomment", "comments"),
    ("embeddings/", "embedded files"),
    ("media/", "pictures"),
    ("drawings/", "drawings"),
    ("connections.xml", "connections to other data"),
)


def read_workbook(content: bytes, schema: ExtractSchema, findings: Findings) -> Sheet | None:
    """The rows of a workbook's only sheet, or None with findings. The line of a row is its number in the sheet."""
    if not is_safe(content, schema.name, findings):
        return None
    from openpyxl import load_workbook

    try:
        _check_texts_beside(content, schema.name, findings)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        if len(book.sheetnames) != 1 or len(book.worksheets) != 1:
            findings.add("workbook_sheets", schema.name, sheets=len(book.sheetnames))
            return None
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        return _read_rows(sheet.iter_rows(), schema, findings)
    except _Unreadable:
        return None
    except Exception:
        # A hostile workbook can make the library fail in any way; whatever it says may quote a cell.
        findings.add("workbook_unreadable", schema.name)
        return None


class _Unreadable(Exception):
    pass


def is_safe(content: bytes, extract: str, findings: Findings) -> bool:
    """Whether the archive is small and holds nothing but a sheet, judged without trusting what its directory states."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = [entry.filename.lower() for entry in entries]
            if len(entries) > MOST_ENTRIES:
                findings.add("workbook_too_large", extract, what="too many parts")
                return False
            if "[content_types].xml" not in names or len(set(names)) != len(names):
                findings.add("workbook_unreadable", extract)
                return False
            for part, what in _FORBIDDEN:
                if any(part in name for name in names):
                    findings.add("workbook_contents", extract, what=what)
                    return False
            unpacked = 0
            for entry in entries:
                size = _unpacked_size(archive, entry, MOST_BYTES - unpacked)
                unpacked += size
                is_shared = "sharedstrings" in entry.filename.lower()
                if unpacked >= MOST_BYTES or (is_shared and size > MOST_SHARED_BYTES):
                    findings.add("workbook_too_large", extract, what="too many bytes")
                    return False
                if size > _SMALL and size > LARGEST_RATIO * max(entry.compress_size, 1):
                    findings.add("workbook_too_large", extract, what="a part packed too tightly")
                    return False
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
        findings.add("workbook_unreadable", extract)
        return False
    except Exception:  # zlib.error and the like
        findings.add("workbook_unreadable", extract)
        return False
    return True


def _unpacked_size(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> int:
    """How many bytes a part really unpacks to, counted up to `room`. Raises ValueError where it declares entities."""
    size, start = 0, b""
    with archive.open(entry) as part:
        while chunk := part.read(1 << 20):
            start = start or chunk[:2000]
            size += len(chunk)
            if size > _SMALL and size > LARGEST_RATIO * max(entry.compress_size, 1):
                return size
            if size >= room:
                return size
    if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
        raise ValueError
    return size


def _check_texts_beside(content: bytes, extract: str, findings: Findings) -> None:
    """Look for personal data in what a workbook says beside its cells: properties, defined names, the sheet's name.

    The name of the author is that of the analyst, and goes no further. Raises _Unreadable where a part is immense.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            name = entry.filename.lower()
            if not name.startswith("docprops/") and name != "xl/workbook.xml":
                continue
            if entry.file_size > _SMALL:
                findings.add("workbook_too_large", extract, what="a part that should be small")
                raise _Unreadable
            if not name.endswith(".xml"):
                continue
            for what, text, is_staff in _texts(ElementTree.fromstring(archive.read(entry))):
                if holds_identifier(text, or_name=not is_staff):
                    findings.add("workbook_properties", extract, what=what)
                    break


def _texts(part: ElementTree.Element) -> Iterator[tuple[str, str, bool]]:
    """What each text of a part belongs to, the text, and whether it names a member of staff."""
    for element in part.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "sheet":
            yield "sheet names", element.get("name", ""), False
        elif tag == "definedName":
            if not element.get("name", "").startswith("_xlnm."):
                yield "defined names", f"{element.get('name', '')} {element.text or ''}".replace("_", " "), False
        elif part.tag.endswith("roperties"):
            yield "properties", element.text or "", tag in _STAFF


def _read_rows(rows: Any, schema: ExtractSchema, findings: Findings) -> Sheet | None:
    numbered = enumerate(rows, start=1)
    _, first = next(numbered, (1, ()))
    header = [_header_text(cell) for cell in first]
    while header and not header[-1]:
        header.pop()
    if not header:
        findings.add("header_absent", schema.name, row=1)
        return None
    if len(header) > MOST_COLUMNS:
        findings.add("too_many_columns", schema.name, limit=MOST_COLUMNS)
        return None
    dates = [name in schema.fields and schema.fields[name].form == "date" for name in header]

    def records() -> Iterator[tuple[int, list[str]]]:
        faults: dict[str, list[int]] = {}
        for line, cells in numbered:
            if len(cells) > MOST_COLUMNS:
                findings.add("too_many_columns", schema.name, row=line, limit=MOST_COLUMNS)
                raise _Unreadable
            record = []
            for position, cell in enumerate(cells):
                text, fault = _cell_text(cell, position < len(dates) and dates[position])
                if fault:
                    faults.setdefault(fault, []).append(line)
                record.append(text)
            while len(record) > len(header) and not record[-1]:
                record.pop()
            if not any(record):
                yield line, []
                continue
            record += [""] * (len(header) - len(record))
            yield line, record
        for fault, lines in faults.items():
            findings.add_rows(fault, schema.name, None, lines)

    return collect_rows(header, records(), schema.name, findings)


def _header_text(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value)


def _cell_text(cell: Any, is_date: bool) -> tuple[str, str | None]:
    """The ISO text of a typed cell, and the rule that it breaks by being what it is."""
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f" or (isinstance(value, str) and cell.data_type != "e" and value.startswith("=")):
        return "", "workbook_formula"
    if cell.data_type == "e":
        return "", "workbook_error_value"
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, datetime):
        return _moment_text(value, cell.number_format, is_date), None
    if isinstance(value, int | float):
        if value == int(value):
            return str(int(value)), "workbook_long_number" if abs(value) >= _DIGITS_KEPT else None
        return repr(value), None
    if isinstance(value, date | time):
        return value.isoformat(), None
    if isinstance(value, timedelta):
        return str(value), None
    return str(value), None


def _moment_text(value: datetime, number_format: str, is_date: bool) -> str:
    """A date where the column or the cell's own format says so and no time is lost; else a date and time."""
    from openpyxl.styles.numbers import is_datetime

    moment = (value + timedelta(milliseconds=500)).replace(microsecond=0)
    at_midnight = moment.time() == time()
    if at_midnight and (is_date or is_datetime(number_format) == "date"):
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
