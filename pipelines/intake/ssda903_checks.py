"""The department's rules on the missing module of the return, by their own codes, over rows that have been read.

Each function finds rows; the sentences stand in the catalogue. Where the sector's open validator is known to let a case
escape (574 with one period inside another, 576 with a child who is not in this year's file), it is found here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.figures import Period
from pipelines.intake.preparation import Questions, find_birthday_18
from pipelines.intake.source_tables import list_rows


@dataclass(frozen=True, slots=True)
class Absence:
    """One row of the missing module whose child, type and dates can be read."""

    line: int
    child: str
    code: str
    """M or A."""
    start: date
    end: date | None
    born: date | None = None
    """The child's date of birth where it is known and undisputed."""


@dataclass(frozen=True, slots=True)
class CareEpisode:
    """One row of the episodes of care."""

    line: int
    first: date
    last: date | None
    place: str
    location: str
    """`in_area`, `out_of_area` or blank."""
    began_because: str
    """RNE; L is a change of legal status alone, in the same placement."""
    ended_because: str
    """REC."""

    def covers(self, day: date) -> bool:
        """Whether the day is one of the episode, its first and last day included."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class CarePeriod:
    """A time of being looked after without a break: episodes of which each begins no later than those before it end."""

    first: date
    last: date | None
    line: int
    """Of the episode that ends it."""

    def covers(self, day: date) -> bool:
        """Whether the day is one of the period, its first and last day included."""
        return self.first <= day and (self.last is None or day <= self.last)


def check_collection_year(absences: Iterable[Absence], year: Period, source: str, questions: Questions) -> None:
    """570 and 571."""
    for absence in absences:
        if absence.start > year.end:
            questions.add("570", source, "MIS_START", absence.line, end=year.end.isoformat())
        if absence.end is not None and not year.start <= absence.end <= year.end:
            questions.add(
                "571", source, "MIS_END", absence.line, start=year.start.isoformat(), end=year.end.isoformat()
            )


def check_overlaps(absences: Iterable[Absence], source: str, questions: Questions) -> None:
    """574: a period that starts before the latest end of those before it. To start on the day of that end is sound."""
    for rows in _by_child(absences).values():
        rows.sort(key=lambda row: (row.start, row.end or date.max, row.line))
        latest = rows[0]
        for row in rows[1:]:
            if row.start < (latest.end or date.max):
                questions.add("574", source, "MIS_START", row.line, line=latest.line)
            if (row.end or date.max) > (latest.end or date.max):
                latest = row


def check_last_year(
    absences: Iterable[Absence], last_year: Iterable[Absence], source: str, questions: Questions
) -> None:
    """576: a period open at the end of last year that this year's return does not continue, for whatever child."""
    continued = {(absence.child, absence.start) for absence in absences}
    for absence in last_year:
        if absence.end is None and (absence.child, absence.start) not in continued:
            questions.add("576", source, "CHILD", absence.line)


def check_care(
    absences: Sequence[Absence],
    care: Mapping[str, Sequence[CareEpisode]],
    known: frozenset[str],
    source: str,
    questions: Questions,
) -> None:
    """1012, 575, 577, 578, 580 and 581. `known` are the children with any row in the episodes, readable or not."""
    late_ends: list[int] = []
    for absence in absences:
        if absence.child not in known:
            questions.add("1012", source, "CHILD", absence.line)
            continue
        own = care.get(absence.child, ())
        periods = join_care(own)
        if not periods:
            continue
        within = next((period for period in periods if period.covers(absence.start)), None)
        if within is None:
            is_before = absence.start < periods[0].first
            questions.add("581" if is_before else "578", source, "MIS_START", absence.line)
            continue
        placement = _follow_placement(own, absence.start)
        if absence.end is None and within.last is not None:
            questions.add("577", source, "MIS_END", absence.line, line=within.line)
        if absence.end is None and placement.last is not None:
            questions.add("575", source, "MIS_END", absence.line, line=placement.line)
        if absence.end is not None and not any(period.covers(absence.end) for period in periods):
            late_ends.append(absence.line)
        if absence.born is not None and absence.end == find_birthday_18(absence.born):
            for episode in own:
                if episode.last == absence.end and episode.ended_because and episode.ended_because != "E8":
                    questions.add("580", source, "MIS_END", absence.line, line=episode.line)
                    break
    if late_ends:
        # One finding for all: the row is sound for the story board, and only the return wants another date.
        questions.add("577_late_end", source, "MIS_END", None, count=len(late_ends), rows=list_rows(late_ends))


def find_placement(care: Iterable[CareEpisode], day: date) -> list[CareEpisode]:
    """The episodes of care of a day: where one ends and the next begins, the latest begun. Several, if they tie."""
    covering = [episode for episode in care if episode.covers(day)]
    latest = max((episode.first for episode in covering), default=None)
    return [episode for episode in covering if episode.first == latest]


def join_care(care: Iterable[CareEpisode]) -> list[CarePeriod]:
    """The periods of care that a child's episodes make, in order."""
    periods: list[CarePeriod] = []
    for episode in sorted(care, key=lambda episode: (episode.first, episode.last or date.max)):
        end = episode.last or date.max
        if periods and episode.first <= (periods[-1].last or date.max):
            if end > (periods[-1].last or date.max) or episode.last is None:
                periods[-1] = CarePeriod(periods[-1].first, episode.last, episode.line)
        else:
            periods.append(CarePeriod(episode.first, episode.last, episode.line))
    return periods


def _follow_placement(care: Sequence[CareEpisode], day: date) -> CareEpisode:
    """The last episode of the placement of a day, over changes of legal status, which do not end a placement."""
    current = find_placement(care, day)[0]
    while current.last is not None:
        following = [e for e in care if e.first == current.last and e.began_because == "L" and e.line != current.line]
        if not following or following[0].last == following[0].first:
            break
        current = following[0]
    return current


def _by_child(absences: Iterable[Absence]) -> dict[str, list[Absence]]:
    rows: dict[str, list[Absence]] = defaultdict(list)
    for absence in absences:
        rows[absence.child].append(absence)
    return rows
