"""What preparing has in common, whatever the source: the questions asked on the way, and the extracts put in place.

Extracts are written beside their place, examined by the gate there, and moved only when it lets them pass. How a source
is read, and what its codes mean, belongs to the module of that source.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.faults import DataFault, MachineFault, UsageFault
from pipelines.figures import Edition, Period
from pipelines.intake.calendar import EDITION_NAME, read_calendar
from pipelines.intake.files import FORMATS, SAMPLE_MARKER
from pipelines.intake.findings import ROWS_NAMED, Finding
from pipelines.intake.gate import YORK, Examination, examine
from pipelines.intake.preparation_rules import LEFT_OUT, PREPARATION_RULES
from pipelines.intake.schemas import EXTRACTS

CALENDAR = "editions.csv"
_CALENDAR_COLUMNS = ("edition", "collection", "period_start", "period_end", "as_at")
_MOST_ROUNDS = 10
_NOT_YET = frozenset({"no_required_extract", "interviews_without_episodes"})
"""Errors of an edition that is not complete yet: the next preparation may bring what is missing."""
_OF_ONE_ROW = frozenset(
    {
        "not_unique",
        "ended_before_started",
        "end_reason_while_open",
        "placement_not_looked_after",
        "closed_before_referred",
        "outcome_absent",
        "outcome_while_open",
        "orphan_interview",
        "interview_rows_disagree",
        "risk_of_unknown_authority",
    }
)
"""Errors that leaving out the row mends. Any other says something about the whole source."""


class Questions:
    """The findings of one preparation. Each names file, row and column; none holds a cell's value."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._named: dict[tuple[str, str, str | None], int] = {}

    def add(
        self, rule: str, source: str, column: str | None, row: int | None, /, *, count: int = 1, **words: object
    ) -> None:
        """Add one finding. `words` are names and line numbers of ours that the rule's sentence asks for."""
        key = (rule, source, column)
        named = self._named[key] = self._named.get(key, 0) + 1
        entry = PREPARATION_RULES[rule]
        code = rule.removesuffix("_late_end")
        if named > ROWS_NAMED:
            return
        message, fix = entry.sentence.format_map(words), entry.mend.format_map(words)
        self._found.append(Finding(source, code, entry.severity, column, row, count, message, fix))

    def add_finding(self, finding: Finding) -> None:
        """Add a finding of the gate as it is."""
        self._found.append(finding)

    def all(self) -> tuple[Finding, ...]:
        """Every finding: errors first, then by file and row."""
        found = list(self._found)
        for (rule, source, column), named in self._named.items():
            if named > ROWS_NAMED:
                entry, rest = PREPARATION_RULES[rule], named - ROWS_NAMED
                message = f"The same in {rest:,} more rows ({rule})."
                found.append(Finding(source, rule, entry.severity, column, None, rest, message, entry.mend))
        return tuple(
            sorted(
                found,
                key=lambda finding: (
                    finding.severity != "error",
                    finding.extract or "",
                    finding.row is None,
                    finding.row or 0,
                ),
            )
        )


@dataclass
class Draft:
    """One extract before it is put in place: its rows, and for each the line of the source that it comes from."""

    extract: str
    source: str
    """The file that it comes from, as findings name it."""
    columns: tuple[str, ...]
    rows_read: int
    rows: list[dict[str, str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, row: dict[str, str], line: int) -> None:
        """Add one row."""
        self.rows.append(row)
        self.lines.append(line)

    def sort(self, *names: str) -> None:
        """Sort the rows by these columns, so that their order says nothing about the source."""
        order = sorted(range(len(self.rows)), key=lambda place: tuple(self.rows[place][name] for name in names))
        self.rows = [self.rows[place] for place in order]
        self.lines = [self.lines[place] for place in order]

    def leave_out(self, places: set[int]) -> None:
        """Take rows out, by their places counted from 0."""
        kept = [place for place in range(len(self.rows)) if place not in places]
        self.rows = [self.rows[place] for place in kept]
        self.lines = [self.lines[place] for place in kept]


@dataclass(frozen=True, slots=True)
class PreparedExtract:
    """How many rows of a source became rows of an extract."""

    extract: str
    source: str
    rows_read: int
    rows_written: int
    rows_left_out: int
    children: int
    """Different children among the rows written."""


@dataclass(frozen=True)
class Preparation:
    """What came of preparing. Neither findings nor notes ever hold a value."""

    edition: str
    folder: Path
    """Where the extracts of the edition lie."""
    calendar: Path | None
    """The list of editions that was written, where the edition was not known yet."""
    key: Path
    extracts: tuple[PreparedExtract, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    examination: Examination
    """What the gate says about the extracts prepared, beside those that were there already."""
    is_written: bool
    """False where the gate refused what was prepared: then nothing was put in place."""

    @property
    def ok(self) -> bool:
        """Whether the extracts are in place and no row had to be left out."""
        return self.is_written and not any(finding.severity == "error" for finding in self.findings)

    @property
    def rows_read(self) -> int:
        return sum(extract.rows_read for extract in self.extracts)

    @property
    def rows_written(self) -> int:
        return sum(extract.rows_written for extract in self.extracts)

    @property
    def rows_left_out(self) -> int:
        return sum(extract.rows_left_out for extract in self.extracts)

    @property
    def children(self) -> int:
        return max((extract.children for extract in self.extracts), default=0)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {
            "edition": self.edition,
            "ok": self.ok,
            "written": self.is_written,
            "folder": str(self.folder),
            "calendar": None if self.calendar is None else str(self.calendar),
            "key": str(self.key),
            "extracts": {
                each.extract: {
                    "source": each.source,
                    "rows_read": each.rows_read,
                    "rows": each.rows_written,
                    "rows_left_out": each.rows_left_out,
                    "children": each.children,
                }
                for each in self.extracts
            },
            "findings": [finding.as_json() for finding in self.findings],
            "notes": list(self.notes),
            "gate": self.examination.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Place:
    """Where extracts are to be put, and for which edition."""

    edition: Edition
    out: Path
    key: Path
    authority: str = YORK
    is_new: bool = False
    """Whether the calendar does not know the edition yet."""

    @property
    def folder(self) -> Path:
        return self.out / self.edition.name


def find_place(edition: str, out: Path, key: Path, authority: str = YORK) -> Place:
    """The edition as the calendar of the extracts states it, else by the rule that all editions follow.

    Raises UsageFault for a name that is no edition, a key among the extracts or a folder that holds a sample.
    """
    if not EDITION_NAME.match(edition) or not 1992 <= int(edition) <= 2099:
        raise UsageFault("An edition is named after the year in which it is published, for example 2019.")
    if key.absolute().is_relative_to(out.absolute()) or key.resolve().is_relative_to(out.resolve()):
        raise UsageFault("The key of the pseudonyms may not lie among the extracts. Name another place with --key.")
    if (out / edition / SAMPLE_MARKER).exists():
        raise UsageFault(f"{out / edition} holds a sample, whose rows are invented. Name another folder with --out.")
    known = read_calendar(out)
    if edition in known:
        return Place(known[edition], out, key, authority)
    return Place(infer_calendar(edition), out, key, authority, is_new=True)


def infer_calendar(edition: str) -> Edition:
    """The two periods of an edition named after its year, by the rule that all editions follow."""
    year = int(edition)
    as_at = date(year, 1, 12)
    return Edition(
        edition,
        {
            "missing": Period(date(year - 2, 4, 1), date(year - 1, 3, 31), as_at),
            "education": Period(date(year - 1, 9, 1), as_at, as_at),
        },
    )


def put_in_place(drafts: Sequence[Draft], place: Place, questions: Questions, notes: Sequence[str] = ()) -> Preparation:
    """Write the extracts, let the gate examine them, leave out the rows that it refuses, and move the rest into place.

    Rows left out are among the findings, under the line of the source. What is wrong with a whole column, personal data
    above all, is not mended by leaving rows out: then nothing is put in place.

    Raises UsageFault where an extract is there in another format, MachineFault when the disk refuses.
    """
    _check_formats(drafts, place.folder)
    waiting = place.out / f".{place.edition.name}.being-prepared"
    was_there = place.out.exists()
    try:
        try:
            place.out.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(waiting, ignore_errors=True)
            waiting.mkdir(mode=0o700)
            _copy_others(place.folder, waiting, {draft.extract for draft in drafts})
            read = {draft.extract: draft.rows_read for draft in drafts}
            examination, is_sound = _examine_until_sound(drafts, waiting, place, questions)
            calendar = _move(drafts, waiting, place) if is_sound else None
        finally:
            shutil.rmtree(waiting, ignore_errors=True)
            if not was_there and place.out.is_dir() and not any(place.out.iterdir()):
                place.out.rmdir()
    except OSError as problem:
        raise MachineFault(f"{problem.filename or place.out} could not be written: {problem.strerror}.") from None
    return Preparation(
        edition=place.edition.name,
        folder=place.folder,
        calendar=calendar,
        key=place.key,
        extracts=tuple(
            PreparedExtract(
                extract=draft.extract,
                source=draft.source,
                rows_read=read[draft.extract],
                rows_written=len(draft.rows),
                rows_left_out=read[draft.extract] - len(draft.rows),
                children=len({row["child_id"] for row in draft.rows}) if "child_id" in draft.columns else 0,
            )
            for draft in drafts
        ),
        findings=questions.all(),
        notes=tuple(notes),
        examination=examination,
        is_written=is_sound,
    )


def _check_formats(drafts: Sequence[Draft], folder: Path) -> None:
    for draft in drafts:
        others = [s for s in FORMATS if s != ".csv" and (folder / f"{draft.extract}{s}").exists()]
        if others:
            raise UsageFault(
                f"{folder} holds {draft.extract}{others[0]} already. Move it away first: one file for an extract."
            )


def _copy_others(folder: Path, waiting: Path, replaced: set[str]) -> None:
    """The extracts that are there already, so that the gate sees the edition as it will be."""
    for extract in EXTRACTS:
        for suffix in FORMATS:
            path = folder / f"{extract}{suffix}"
            if extract not in replaced and path.is_file() and not path.is_symlink():
                shutil.copyfile(path, waiting / path.name)


def _examine_until_sound(
    drafts: Sequence[Draft], waiting: Path, place: Place, questions: Questions
) -> tuple[Examination, bool]:
    by_extract = {draft.extract: draft for draft in drafts}
    for _ in range(_MOST_ROUNDS):
        for draft in drafts:
            (waiting / f"{draft.extract}.csv").write_text(
                as_csv(draft.columns, draft.rows), encoding="utf-8", newline=""
            )
        examination = examine(waiting, place.edition, authority=place.authority)
        errors = [
            finding
            for finding in examination.findings
            if finding.severity == "error" and finding.extract in by_extract and finding.rule not in _NOT_YET
        ]
        if not errors:
            return examination, True
        whole = [finding for finding in errors if finding.rule not in _OF_ONE_ROW]
        if whole:
            for finding in whole:
                questions.add_finding(_at_the_source(finding, by_extract))
            return examination, False
        refused: dict[str, set[int]] = {}
        for finding in errors:
            if finding.row is not None and finding.extract is not None:
                refused.setdefault(finding.extract, set()).add(finding.row - 2)
                told = _at_the_source(finding, by_extract)
                questions.add_finding(replace(told, fix=f"{told.fix} {LEFT_OUT}"))
        for extract, places in refused.items():
            by_extract[extract].leave_out(places)
    return examination, False


def _at_the_source(finding: Finding, drafts: dict[str, Draft]) -> Finding:
    """The finding with the lines of the source in place of those of the extract, which nobody has seen yet."""
    assert finding.extract is not None
    draft = drafts[finding.extract]

    def line(row: int) -> int:
        return draft.lines[row - 2] if 2 <= row < len(draft.lines) + 2 else row

    message = re.sub(r"\bline ([0-9]+)", lambda match: f"line {line(int(match[1]))}", finding.message)
    return replace(
        finding, extract=draft.source, row=None if finding.row is None else line(finding.row), message=message
    )


def _move(drafts: Sequence[Draft], waiting: Path, place: Place) -> Path | None:
    """Each file in one step. The calendar comes first: extracts of an edition that nobody knows cannot be built."""
    calendar = None
    if place.is_new:
        calendar = place.out / CALENDAR
        editions = [*read_calendar(place.out).values(), place.edition]
        (waiting / CALENDAR).write_text(_as_calendar(editions), encoding="utf-8", newline="")
        (waiting / CALENDAR).replace(calendar)
    place.folder.mkdir(parents=True, exist_ok=True)
    for draft in drafts:
        (waiting / f"{draft.extract}.csv").replace(place.folder / f"{draft.extract}.csv")
    return calendar


def _as_calendar(editions: Sequence[Edition]) -> str:
    rows = []
    for edition in sorted(editions, key=lambda edition: edition.name):
        for collection, period in edition.periods.items():
            days = (day.isoformat() for day in (period.start, period.end, period.as_at))
            rows.append(dict(zip(_CALENDAR_COLUMNS, (edition.name, collection, *days), strict=True)))
    return as_csv(_CALENDAR_COLUMNS, rows)


def as_csv(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    """Rows as the text of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_born(text: str, format_: str) -> date | None:
    """A date of birth in a declared format, or None. Years from 1900 to 2099."""
    from datetime import datetime

    try:
        day = datetime.strptime(text, format_).date()
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2099 else None


def count_age(born: date, on: date) -> int:
    """Whole years on a day. A child born on 29 February has its birthday on 1 March in other years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def find_birthday_18(born: date) -> date:
    """The day on which a child turns 18."""
    year = born.year + 18
    return date(year, 3, 1) if (born.month, born.day) == (2, 29) else date(year, born.month, born.day)


def explain_new_key(key: Path) -> str:
    """What to say when a key has just been made."""
    return (
        f"A new key for pseudonyms was made: {key}. Keep it, and nobody else: with another key no child of this "
        "edition is recognised in the next."
    )


def refuse_if_empty(draft: Draft, questions: Questions) -> None:
    """Raises DataFault when a source has rows and none of them can be used."""
    if draft.rows_read and not draft.rows:
        first = next((finding for finding in questions.all() if finding.severity == "error"), None)
        why = "" if first is None else f" Line {first.row}: {first.message} {first.fix}"
        raise DataFault(f"No row of {draft.source} can be used.{why}")
