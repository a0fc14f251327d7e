"""The looked-after children return (SSDA903) as an extract of ours: its missing module becomes missing_episodes.

What the return's codes mean stands here; what an extract may contain is in the schemas, and the gate checks it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.faults import DataFault, MachineFault, UsageFault
from pipelines.figures import Edition, Period
from pipelines.intake.files import FORMATS
from pipelines.intake.pseudonyms import Pseudonyms, read_or_make_key
from pipelines.intake.source_tables import SourceTable, find_source_file, list_rows, read_source_table
from pipelines.paths import PSEUDONYM_KEY, SAMPLE_MARKER

EXTRACT = "missing_episodes"
CALENDAR = "editions.csv"
_CALENDAR_COLUMNS = ("edition", "collection", "period_start", "period_end", "as_at")
_COLUMNS = (
    "episode_id", "child_id", "episode_type", "started_at", "ended_at", "end_reason", "sex", "age", "ethnicity",
    "looked_after", "placement_type", "placement_location",
)  # fmt: skip

# Codes: the department's guide to the return. Sex changed from 1 and 2 to letters with the return of 2025.
EPISODE_TYPES = {"M": "missing", "A": "away"}
SEXES = {"1": "male", "2": "female", "M": "male", "F": "female", "U": "not_known"}
ETHNICITIES = {
    **dict.fromkeys(("WBRI", "WIRI", "WOTH"), "white"),
    **dict.fromkeys(("WIRT", "WROM"), "gypsy_roma_traveller"),
    **dict.fromkeys(("MWBC", "MWBA", "MWAS", "MOTH"), "mixed"),
    **dict.fromkeys(("AIND", "APKN", "ABAN", "AOTH", "CHNE"), "asian"),
    **dict.fromkeys(("BCRB", "BAFR", "BOTH"), "black"),
    "OOTH": "other",
    **dict.fromkeys(("REFU", "NOBT"), "not_known"),
}
# Placements are grouped as in the department's tables on missing children: independent living with semi-independent.
PLACEMENTS = {
    **dict.fromkeys(("U1", "U2", "U3", "U4", "U5", "U6"), "foster"),
    "K1": "secure",
    "K2": "childrens_home",
    **dict.fromkeys(("H5", "K3", "P2"), "semi_independent"),
    "P1": "with_parents",
    **dict.fromkeys(
        ("A3", "A4", "A5", "A6", "P3", "R1", "R2", "R3", "R5", "S1", "T0", "T1", "T2", "T3", "T4",
         "Z1", "Z11", "Z12", "Z13", "Z14"),
        "other",
    ),
}  # fmt: skip

_EDITION = re.compile(r"(19[9]\d|20\d\d)")
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_FIRST_YEAR, _FIRST_YEAR_OF_BIRTH, _LAST_YEAR = 1990, 1900, 2099


@dataclass(frozen=True, slots=True)
class Preparation:
    """What came of preparing a return. `notes` are sentences with row numbers, never with values."""

    edition: str
    folder: Path
    calendar: Path
    key: Path
    rows_read: int
    rows_written: int
    rows_left_out: int
    children: int
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}


def prepare(source: Path, edition: str, out: Path, *, key: Path | None = None) -> Preparation:
    """Turn the folder of a return into `<out>/<edition>/missing_episodes.csv` and an `<out>/editions.csv` to match.

    `edition` is a year; the return is that of the financial year before last (2019: 1 April 2017 to 31 March 2018).
    Children's numbers become keyed pseudonyms, dates of birth become ages and are dropped. Rows that no extract may
    hold are left out and named in the notes. `key` is the file of the pseudonyms' key, made where it is absent.

    Raises UsageFault for a name that is no edition or a folder in which nothing may be written, DataFault for a return
    that cannot be read, MachineFault when the disk refuses.
    """
    periods = infer_calendar(edition)
    key = PSEUDONYM_KEY if key is None else key
    folder = out / edition
    _check_places(source, folder, out, key)
    header, episodes, missing = (_read(source, name, columns) for name, columns in _FILES.items())
    notes = _Notes()
    children = _read_children(header, notes)
    placements = _read_placements(episodes, notes)
    calendar_text = _merge_calendar(out / CALENDAR, periods)
    secret, is_new = read_or_make_key(key)
    rows = _turn(missing, children, placements, periods.periods["missing"], Pseudonyms(secret), notes)
    if missing.rows and not rows:
        raise DataFault(f"No row of {missing.name} can be used. {' '.join(notes.sentences())}")
    sentences = notes.sentences()
    if is_new:
        sentences += (
            f"A new key for pseudonyms was made: {key}. Keep it, and nobody else: with another key no child of this "
            "edition is recognised in the next.",
        )
    _write(folder / f"{EXTRACT}.csv", _as_csv(_COLUMNS, rows))
    _write(out / CALENDAR, calendar_text)
    return Preparation(
        edition=edition,
        folder=folder,
        calendar=out / CALENDAR,
        key=key,
        rows_read=len(missing.rows),
        rows_written=len(rows),
        rows_left_out=len(missing.rows) - len(rows),
        children=len({row["child_id"] for row in rows}),
        notes=sentences,
    )


def infer_calendar(edition: str) -> Edition:
    """The two periods of an edition named after its year, by the rule that all editions follow."""
    if not _EDITION.fullmatch(edition):
        raise UsageFault("An edition is named after the year in which it is published, for example 2019.")
    year = int(edition)
    as_at = date(year, 1, 12)
    return Edition(
        edition,
        {
            "missing": Period(date(year - 2, 4, 1), date(year - 1, 3, 31), as_at),
            "education": Period(date(year - 1, 9, 1), as_at, as_at),
        },
    )


_FILES = {
    "header.csv": ("CHILD", "SEX", "DOB", "ETHNIC"),
    "episodes.csv": ("CHILD", "DECOM", "PLACE", "DEC"),
    "missing.csv": ("CHILD", "MISSING", "MIS_START", "MIS_END"),
}


def _check_places(source: Path, folder: Path, out: Path, key: Path) -> None:
    if not source.is_dir():
        raise UsageFault(
            f"There is no folder {source}. Name the folder that holds header.csv, episodes.csv and missing.csv."
        )
    if key.absolute().is_relative_to(out.absolute()) or key.resolve().is_relative_to(out.resolve()):
        raise UsageFault("The key of the pseudonyms may not lie among the extracts. Name another place with --key.")
    if (folder / SAMPLE_MARKER).exists():
        raise UsageFault(f"{folder} holds a sample, whose rows are invented. Name another folder with --out.")
    others = [suffix for suffix in FORMATS if suffix != ".csv" and (folder / f"{EXTRACT}{suffix}").exists()]
    if others:
        raise UsageFault(f"{folder} holds {EXTRACT}{others[0]} already. Move it away first: one file for an extract.")


def _read(source: Path, name: str, columns: tuple[str, ...]) -> SourceTable:
    path = find_source_file(source, name)
    if path is None:
        raise DataFault(f"{source} holds no {name}. A return has header.csv, episodes.csv and missing.csv.")
    table = read_source_table(path)
    absent = [column for column in columns if table.column(column) is None]
    if absent:
        raise DataFault(f"{table.name} has no column {', '.join(absent)}. Export the module of the return as it is.")
    return table


class _Notes:
    """What was noticed, gathered by file and sentence so that each is said once with all its rows."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[int]] = {}

    def add(self, table: SourceTable, row: int, sentence: str) -> None:
        self._rows.setdefault((table.name, sentence), []).append(row)

    def sentences(self) -> tuple[str, ...]:
        return tuple(f"{name}, {list_rows(rows)}: {sentence}" for (name, sentence), rows in self._rows.items())


@dataclass(slots=True)
class _Child:
    sex: str
    ethnicity: str
    born: date | None


@dataclass(slots=True)
class _Placement:
    first: date
    last: date | None
    code: str


def _read_children(header: SourceTable, notes: _Notes) -> dict[str, _Child]:
    """The children of header.csv. What two rows of one child disagree about is not known."""
    children: dict[str, _Child] = {}
    for row, cells in header.rows:
        number, sex, born, ethnicity = _cells(header, cells, "CHILD", "SEX", "DOB", "ETHNIC")
        if not number:
            notes.add(header, row, "CHILD is blank; the row is not used.")
            continue
        if sex and sex.upper() not in SEXES:
            notes.add(header, row, "SEX is no code of the return; it is taken as not known.")
        if ethnicity and ethnicity.upper() not in ETHNICITIES:
            notes.add(header, row, "ETHNIC is no code of the return; it is taken as not known.")
        day = _read_date(born, _FIRST_YEAR_OF_BIRTH)
        if born and day is None:
            notes.add(header, row, "DOB is not a date (dd/mm/yyyy); the age is left blank.")
        child = _Child(SEXES.get(sex.upper(), "not_known"), ETHNICITIES.get(ethnicity.upper(), "not_known"), day)
        known = children.setdefault(number, child)
        if known is not child:
            notes.add(header, row, "CHILD is there more than once; what the rows disagree about is taken as not known.")
            known.sex = known.sex if known.sex == child.sex else "not_known"
            known.ethnicity = known.ethnicity if known.ethnicity == child.ethnicity else "not_known"
            known.born = known.born if known.born == child.born else None
    return children


def _read_placements(episodes: SourceTable, notes: _Notes) -> dict[str, list[_Placement]]:
    placements: dict[str, list[_Placement]] = {}
    for row, cells in episodes.rows:
        number, start, end, code = _cells(episodes, cells, "CHILD", "DECOM", "DEC", "PLACE")
        first, last = _read_date(start), _read_date(end)
        if not number or first is None or (end and last is None):
            notes.add(episodes, row, "CHILD, DECOM or DEC cannot be read; the row is not used for placements.")
            continue
        placements.setdefault(number, []).append(_Placement(first, last, code.upper()))
    return placements


def _turn(
    missing: SourceTable,
    children: Mapping[str, _Child],
    placements: Mapping[str, list[_Placement]],
    period: Period,
    pseudonyms: Pseudonyms,
    notes: _Notes,
) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    seen = _Seen()
    for row, cells in missing.rows:
        number, code, start, end = _cells(missing, cells, "CHILD", "MISSING", "MIS_START", "MIS_END")
        started, ended = _read_date(start), _read_date(end)
        fault = _find_fault(number, code, started, end, ended)
        if fault is None and (number, code.upper(), started, ended) in seen.rows:
            fault = "The row repeats an earlier one"
        child = children.get(number, _Child("not_known", "not_known", None))
        born = child.born
        own = _read_date(_cells(missing, cells, "DOB")[0], _FIRST_YEAR_OF_BIRTH)
        if fault is None and started is not None:
            if number not in children:
                notes.add(missing, row, "The child is not in header.csv; sex and ethnicity are not known.")
                born = own
            elif own is not None and born is not None and own != born:
                notes.add(missing, row, "DOB differs from header.csv; the age is left blank.")
                born = None
            if born is not None and not 0 <= _age(born, started) <= 17:
                fault = "At MIS_START the child was not 0 to 17 years old"
        if fault is not None or started is None:
            notes.add(missing, row, f"{fault}; the row is left out.")
            continue
        if born is None:
            notes.add(missing, row, "There is no one date of birth; the age is left blank.")
        place = _find_placement(placements.get(number, []), started)
        if place is None:
            notes.add(missing, row, "No episode of care covers MIS_START; the placement is left blank.")
        elif place not in PLACEMENTS:
            notes.add(missing, row, "The placement at MIS_START is not clear; it is left blank.")
        if not period.start <= started <= period.end:
            notes.add(missing, row, "MIS_START is outside the edition's year; the row is kept and not counted.")
        turned_18 = code.upper() == "M" and born is not None and ended is not None and ended == _birthday_18(born)
        if turned_18:
            notes.add(missing, row, "MIS_END is the 18th birthday; the child is taken as not found.")
        rows.append(
            {
                "episode_id": seen.name(number, code.upper(), started, ended, pseudonyms),
                "child_id": pseudonyms.of_child(number),
                "episode_type": EPISODE_TYPES[code.upper()],
                "started_at": started.isoformat(),
                "ended_at": "" if ended is None else ended.isoformat(),
                "end_reason": "turned_18_not_found" if turned_18 else "",
                "sex": child.sex,
                "age": "" if born is None else str(_age(born, started)),
                "ethnicity": child.ethnicity,
                "looked_after": "true",  # the module is about looked-after children only
                "placement_type": PLACEMENTS.get(place or "", ""),
                # the return has postcodes and no authority of the placement: in or out of the area cannot be known
                "placement_location": "",
            }
        )
    return sorted(rows, key=lambda row: (row["started_at"], row["episode_id"]))


@dataclass(slots=True)
class _Seen:
    """The rows used so far: none twice, and each with an id that stays the same when its end becomes known."""

    rows: set[tuple[str, str, date | None, date | None]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def name(self, number: str, code: str, started: date, ended: date | None, pseudonyms: Pseudonyms) -> str:
        self.rows.add((number, code, started, ended))
        name = pseudonyms.of_record("missing", number, code, started.isoformat())
        while name in self.names:
            name = pseudonyms.of_record("missing", name)
        self.names.add(name)
        return name


def _find_fault(number: str, code: str, started: date | None, end: str, ended: date | None) -> str | None:
    """Why a row of missing.csv cannot be an episode, if it cannot."""
    if not number:
        return "CHILD is blank"
    if code.upper() not in EPISODE_TYPES:
        return "MISSING is neither M nor A"
    if started is None:
        return "MIS_START is not a date (dd/mm/yyyy)"
    if end and ended is None:
        return "MIS_END is not a date (dd/mm/yyyy)"
    if ended is not None and ended < started:
        return "MIS_END is before MIS_START"
    return None


def _find_placement(placements: list[_Placement], day: date) -> str | None:
    """The PLACE of the episode of care that covers a day, the latest begun where one ends and the next begins.

    None where none covers it; blank where two that began together disagree.
    """
    covering = [place for place in placements if place.first <= day and (place.last is None or day <= place.last)]
    if not covering:
        return None
    latest = max(place.first for place in covering)
    codes = {place.code for place in covering if place.first == latest}
    return codes.pop() if len(codes) == 1 else ""


def _cells(table: SourceTable, cells: tuple[str, ...], *names: str) -> tuple[str, ...]:
    places = (table.column(name) for name in names)
    return tuple("" if place is None else cells[place] for place in places)


def _read_date(text: str, first_year: int = _FIRST_YEAR) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day) if first_year <= year <= _LAST_YEAR else None
    except ValueError:
        return None


def _age(born: date, on: date) -> int:
    """Whole years on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _birthday_18(born: date) -> date:
    year = born.year + 18
    return date(year, 3, 1) if (born.month, born.day) == (2, 29) else date(year, born.month, born.day)


def _merge_calendar(path: Path, edition: Edition) -> str:
    """The calendar of the extracts with this edition's rows in it; the rows of other editions stay."""
    kept: list[dict[str, str]] = []
    if path.exists():
        table = read_source_table(path)
        if any(table.column(name) is None for name in _CALENDAR_COLUMNS):
            raise DataFault(f"{path} is there and is no calendar of editions. Move it away first.")
        for _, cells in table.rows:
            row = dict(zip(_CALENDAR_COLUMNS, _cells(table, cells, *_CALENDAR_COLUMNS), strict=True))
            if row["edition"] != edition.name:
                kept.append(row)
    for collection, period in edition.periods.items():
        days = (day.isoformat() for day in (period.start, period.end, period.as_at))
        kept.append(dict(zip(_CALENDAR_COLUMNS, (edition.name, collection, *days), strict=True)))
    return _as_csv(_CALENDAR_COLUMNS, sorted(kept, key=lambda row: row["edition"]))


def _as_csv(columns: tuple[str, ...], rows: list[dict[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    """Beside its place first, then in one step: nobody reads half an extract."""
    being_written = path.with_name(f".{path.name}.being-written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        being_written.write_text(text, encoding="utf-8", newline="")
        being_written.replace(path)
    except OSError as problem:
        raise MachineFault(f"{path} could not be written: {problem.strerror}.") from None
