"""The rules about several cells of a row, several rows, or several extracts together.

Single cells are judged before this, by their schema; a cell that is wrong there is passed over here.
Sentences are in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pipelines.figures import Collection, Edition, Period
from pipelines.intake.cells import Extract, group_rows
from pipelines.intake.findings import Findings
from pipelines.intake.many_moments import NO_DAY, NO_SECOND, Moments
from pipelines.intake.moments import Moment, is_before
from pipelines.intake.sheets import Column, Mask, Numbers, match_values

LAST_DAY_OF_ABSENT = date(2017, 1, 31)
"""The police category ended with the guidance of January 2017."""

AT_ONCE = 7
"""Days from the closure of a referral to the next of the same child within which the two may be one."""
_COME_LATER: Mapping[Collection, Mapping[str, tuple[str, ...]]] = {
    "missing": {
        "missing_episodes": ("ended_at",),
        "return_interviews": ("offered_at", "held_at", "shared_with_police_on"),
    },
    "education": {
        "cme_referrals": ("closed_on",),
        "school_census": ("leaving_date",),
        "education_risk": ("ended_on",),
    },
}
"""Per collection and extract, the columns in which a date after as_at is read as blank."""
COLLECTION_OF: Mapping[str, Collection] = {
    extract: collection for collection, extracts in _COME_LATER.items() for extract in extracts
}
"""The collection whose period an extract's rows belong to; population and the department's numbers have none."""

_AGE = re.compile(r"(?:[0-9]|1[0-7])\Z")

Extracts = Mapping[str, Extract]


def check_consistency(extracts: Extracts, edition: Edition, authority: str, findings: Findings) -> dict[str, int]:
    """Add what is wrong among the extracts of one edition. Returns per extract how many rows lie outside its period."""
    episodes, interviews = extracts.get("missing_episodes"), extracts.get("return_interviews")
    referrals = extracts.get("cme_referrals")
    missing, education = edition.periods["missing"], edition.periods["education"]
    outside: dict[str, int] = {}
    for extract in extracts.values():
        if not extract.rows:
            findings.add("no_rows", extract.name)
    if episodes:
        _check_episodes(episodes, findings)
        _check_overlaps(episodes, findings)
        _check_ages(episodes, findings)
        outside["missing_episodes"] = _check_period(episodes, "started_at", missing, findings)
    if interviews:
        _check_interviews(interviews, findings)
        if episodes:
            outside["return_interviews"] = _check_interviewed_episodes(interviews, episodes, missing, findings)
    if referrals:
        _check_referrals(referrals, findings)
        _check_repeated_referrals(referrals, findings)
        outside["cme_referrals"] = _check_period(referrals, "referred_on", education, findings)
    if census := extracts.get("school_census"):
        left_early = _is_before(census, "leaving_date", "entry_date")
        findings.add_rows("left_before_entered", census.name, "leaving_date", census.lines[left_early])
    if risks := extracts.get("education_risk"):
        ended_early = _is_before(risks, "ended_on", "started_on")
        findings.add_rows("risk_ended_before_started", risks.name, "ended_on", risks.lines[ended_early])
    _check_later_dates(extracts, edition, findings)
    _check_sexes(extracts, findings)
    _check_authorities(extracts, authority, findings)
    return outside


def _is_before(extract: Extract, first: str, second: str) -> Mask:
    """Per row, whether the first moment comes before the second: by instant where both have a time, else by date."""
    return moments_before(extract.days(first), extract.seconds(first), extract.days(second), extract.seconds(second))


def moments_before(first_days: Numbers, first_seconds: Numbers, second_days: Numbers, second_seconds: Numbers) -> Mask:
    """Per pair of moments, whether both are there and the first comes before the second."""
    both = (first_days != NO_DAY) & (second_days != NO_DAY)
    timed = (first_seconds != NO_SECOND) & (second_seconds != NO_SECOND)
    result: Mask = both & np.where(timed, first_seconds < second_seconds, first_days < second_days)
    return result


def _check_episodes(episodes: Extract, findings: Findings) -> None:
    columns, lines, name = episodes.columns, episodes.lines, episodes.name
    findings.add_rows("ended_before_started", name, "ended_at", lines[_is_before(episodes, "ended_at", "started_at")])
    reason_alone = columns["end_reason"].is_filled & ~columns["ended_at"].is_filled
    findings.add_rows("end_reason_while_open", name, "end_reason", lines[reason_alone])
    not_looked_after = columns["looked_after"].is_any_of("false")
    for field in ("placement_type", "placement_location"):
        placed = columns[field].is_filled & not_looked_after
        findings.add_rows("placement_not_looked_after", name, field, lines[placed])
    late = episodes.days("started_at") > LAST_DAY_OF_ABSENT.toordinal()
    absent = columns["episode_type"].is_any_of("absent") & late
    findings.add_rows("absent_after_2017", name, "episode_type", lines[absent])
    away = columns["episode_type"].is_any_of("away") & not_looked_after
    findings.add_rows("away_not_looked_after", name, "episode_type", lines[away])


def _check_referrals(referrals: Extract, findings: Findings) -> None:
    columns, lines, name = referrals.columns, referrals.lines, referrals.name
    early = _is_before(referrals, "closed_on", "referred_on")
    findings.add_rows("closed_before_referred", name, "closed_on", lines[early])
    closed, has_outcome = columns["closed_on"].is_filled, columns["outcome"].is_filled
    findings.add_rows("outcome_absent", name, "outcome", lines[closed & ~has_outcome])
    findings.add_rows("outcome_while_open", name, "outcome", lines[~closed & has_outcome])


def _check_repeated_referrals(referrals: Extract, findings: Findings) -> None:
    """Each referral against the earlier ones of the same child."""
    child = referrals.columns["child_id"].codes
    referred, closed = referrals.days("referred_on"), referrals.days("closed_on")
    over_age = referrals.columns["outcome"].is_any_of("over_compulsory_age")
    broken = referrals.columns["closed_on"].is_filled & (closed == NO_DAY)
    usable = _is_repeated(child) & (referred != NO_DAY) & ~broken
    order = np.lexsort((np.arange(referrals.rows), referred, child))
    found: dict[str, list[tuple[int, int]]] = {}
    last_child, latest, grown = -1, -1, -1
    for row in order[usable[order]].tolist():
        if child[row] != last_child:
            last_child, latest, grown = child[row], row, row if over_age[row] else -1
            continue
        if closed[latest] == NO_DAY or referred[row] < closed[latest]:
            found.setdefault("referred_while_open", []).append((row, latest))
        elif grown >= 0:
            found.setdefault("referred_after_over_age", []).append((row, grown))
        elif referred[row] - closed[latest] <= AT_ONCE:
            found.setdefault("referred_again_at_once", []).append((row, latest))
        if over_age[row]:
            grown = row
        if closed[latest] != NO_DAY and (closed[row] == NO_DAY or closed[row] > closed[latest]):
            latest = row
    for rule, pairs in found.items():
        lines = [int(referrals.lines[earlier]) for _, earlier in pairs]
        rows = referrals.lines[[row for row, _ in pairs]]
        findings.add_rows(rule, referrals.name, "referred_on", rows, line=lines, days=AT_ONCE)


def _check_later_dates(extracts: Extracts, edition: Edition, findings: Findings) -> None:
    for collection, columns in _COME_LATER.items():
        as_at = edition.periods[collection].as_at
        for name, fields in columns.items():
            for field in fields if name in extracts else ():
                count = int((extracts[name].days(field) > as_at.toordinal()).sum())
                if count:
                    findings.add("after_as_at", name, field, count=count, as_at=as_at)


def _check_overlaps(episodes: Extract, findings: Findings) -> None:
    """Source: rule 574 of the SSDA903 return, here for every child and also for an episode inside another."""
    child = episodes.columns["child_id"].codes
    days, seconds = episodes.days("started_at"), episodes.seconds("started_at")
    end_days, end_seconds = episodes.days("ended_at"), episodes.seconds("ended_at")
    is_open = ~episodes.columns["ended_at"].is_filled
    usable = np.flatnonzero(_is_repeated(child) & (days != NO_DAY) & (is_open | (end_days != NO_DAY)))
    order = usable[np.lexsort((usable, seconds[usable], days[usable], child[usable]))]
    ends = np.where(is_open[order], _NEVER, _latest(end_days[order], end_seconds[order]))
    doubtful = _children_with_a_row_before(child[order], _earliest(days[order], seconds[order]), ends)
    order = order[doubtful]
    rows: list[int] = []
    earlier: list[int] = []
    last_child, latest, latest_end = -1, -1, None
    for row in order.tolist():
        start = _moment(days[row], seconds[row])
        end = None if is_open[row] else _moment(end_days[row], end_seconds[row])
        if child[row] != last_child:
            last_child, latest, latest_end = child[row], row, end
            continue
        if latest_end is None or is_before(start, latest_end):
            rows.append(row)
            earlier.append(int(episodes.lines[latest]))
        if latest_end is not None and (end is None or is_before(latest_end, end)):
            latest, latest_end = row, end
    findings.add_rows("overlapping_episodes", episodes.name, "started_at", episodes.lines[rows], line=earlier)


_DAY = 86_400
_NEVER = date(2200, 1, 1).toordinal() * _DAY
_EPOCH = date(1970, 1, 1).toordinal() * _DAY


def _earliest(days: Numbers, seconds: Numbers) -> Numbers:
    """The first second that a moment can stand for; a date alone may stand for any of its day, in any zone of the year."""
    return np.where(seconds == NO_SECOND, (days - 1) * _DAY, seconds + _EPOCH)


def _latest(days: Numbers, seconds: Numbers) -> Numbers:
    return np.where(seconds == NO_SECOND, (days + 2) * _DAY, seconds + _EPOCH)


def _children_with_a_row_before(child: npt.NDArray[np.int32], starts: Numbers, ends: Numbers) -> Mask:
    """Per row (sorted by child and start), whether some row of its child may start before an earlier one of it has ended."""
    if not len(child):
        return np.zeros(0, dtype=bool)
    begins = np.append(True, child[1:] != child[:-1])
    group = np.cumsum(begins) - 1
    # The latest end so far of each child: the ends of a later child are all larger than those of the one before.
    apart = group * (_NEVER + 1)
    reached = np.maximum.accumulate(ends + apart) - apart
    early = np.append(False, starts[1:] < reached[:-1]) & ~begins
    result: Mask = np.isin(group, np.unique(group[early])) if early.any() else early
    return result


def _moment(day: int, second: int) -> Moment:
    return Moment(int(day), None if second == NO_SECOND else int(second))


def _is_repeated(codes: npt.NDArray[np.int32]) -> Mask:
    """Per row, whether its code is there and stands on another row too."""
    result: Mask = (codes >= 0) & (np.append(np.bincount(codes[codes >= 0]), 0)[codes] > 1)
    return result


def _check_ages(episodes: Extract, findings: Findings) -> None:
    """Each age says between which two dates the child was born; the rows of one child must leave a date in common."""
    child, days = episodes.columns["child_id"].codes, episodes.days("started_at")
    ages = episodes.columns["age"].numbers(_years, -1)
    usable = np.flatnonzero(_is_repeated(child) & (days != NO_DAY) & (ages >= 0))
    lowest, highest = _birthdays(days[usable], ages[usable] + 1), _birthdays(days[usable], ages[usable])
    order = np.lexsort((usable, days[usable], child[usable]))
    order = order[_leave_nothing_in_common(child[usable][order], lowest[order], highest[order])]
    born: dict[int, tuple[int, int, int]] = {}
    rows: list[int] = []
    earlier: list[int] = []
    for place in order.tolist():
        row, low, high = int(usable[place]), int(lowest[place]), int(highest[place])
        known = born.get(int(child[row]))
        if known is None:
            born[int(child[row])] = (low, high, row)
        elif low > known[1] or high < known[0]:
            rows.append(row)
            earlier.append(int(episodes.lines[known[2]]))
        else:
            born[int(child[row])] = (max(low, known[0]), min(high, known[1]), row)
    findings.add_rows("age_contradicts", episodes.name, "age", episodes.lines[rows], line=earlier)


def _leave_nothing_in_common(child: npt.NDArray[np.int32], lowest: Numbers, highest: Numbers) -> Mask:
    """Per row (sorted by child), whether the spans of its child have no day in common."""
    if not len(child):
        return np.zeros(0, dtype=bool)
    begins = np.flatnonzero(np.append(True, child[1:] != child[:-1]))
    contradicts = np.maximum.reduceat(lowest, begins) > np.minimum.reduceat(highest, begins)
    result: Mask = np.repeat(contradicts, np.diff(np.append(begins, len(child))))
    return result


def _birthdays(days: Numbers, years: Numbers) -> Numbers:
    """The day so many years before each day. Each day and number of years is worked out once."""
    kinds, places = np.unique(days * 32 + years, return_inverse=True)
    return np.array([_years_before(kind // 32, kind % 32) for kind in kinds.tolist()], dtype=np.int64)[places]


def _years(text: str) -> int:
    """The age that a cell states, or -1 where it states none that a child may have."""
    return int(text) if _AGE.match(text) else -1


@lru_cache(maxsize=50_000)
def _years_before(ordinal: int, years: int) -> int:
    day = date.fromordinal(ordinal)
    try:
        return day.replace(year=day.year - years).toordinal()
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28).toordinal()


def _check_sexes(extracts: Extracts, findings: Findings) -> None:
    """A child's sex is that of the first row that states one, in the order of the extracts."""
    stating = [extract for extract in extracts.values() if "sex" in extract.columns]
    numbers, count = match_values([extract.columns["child_id"] for extract in stating])
    known = np.full(
        count, -1, dtype=np.int64
    )  # per child, where it is first stated: the place in `stating`, and the row
    sex_of = np.full(count, -1, dtype=np.int8)
    for place, (extract, number) in enumerate(zip(stating, numbers, strict=True)):
        sexes, child = extract.columns["sex"], np.append(number, -1)[extract.columns["child_id"].codes]
        sex = np.where(sexes.is_any_of("male"), 1, 0).astype(np.int8)
        stated = np.flatnonzero(sexes.is_any_of("female", "male") & (child >= 0))
        new = stated[known[child[stated]] < 0][::-1]
        known[child[new]] = new * len(stating) + place  # of several rows of one child, the first is put last
        sex_of[child[new]] = sex[new]
        rows = stated[sex_of[child[stated]] != sex[stated]]
        firsts = known[child[rows]].tolist()
        others = [(stating[first % len(stating)], first // len(stating)) for first in firsts]
        findings.add_rows(
            "sex_contradicts",
            extract.name,
            "sex",
            extract.lines[rows],
            elsewhere=[other.name for other, _ in others],
            line=[int(other.lines[row]) for other, row in others],
        )


_AGREEING = ("held_at", "interviewer", "push_factors", "pull_factors", "shared_with_police_on")
"""What the rows of one interview must agree in: everything but the episode, its offer and the response to it."""


def _check_interviews(interviews: Extract, findings: Findings) -> None:
    identities = interviews.columns["interview_id"]
    firsts = group_rows(identities.codes)
    for field in _AGREEING:
        meanings = _meanings(interviews.columns[field], interviews.moments.get(field), field.endswith("_factors"))
        differing = np.flatnonzero(identities.is_filled & (meanings != meanings[firsts]))
        lines = [int(line) for line in interviews.lines[firsts[differing]]]
        findings.add_rows("interview_rows_disagree", interviews.name, field, interviews.lines[differing], line=lines)


def _meanings(column: Column, moments: Moments | None, is_list: bool) -> Numbers:
    """Per row, a number that is the same for cells that mean the same: one instant, or one set of factors."""
    if moments is not None:
        numbers = number_moments(moments)
        # A value that names no moment means what it says, and no more.
        numbers = np.where(moments.days == NO_DAY, -2 - np.arange(len(numbers)), numbers)
        return np.append(numbers, -1)[column.codes]
    if not is_list:
        return column.codes.astype(np.int64)
    sets: dict[frozenset[str], int] = {}
    meanings = [sets.setdefault(frozenset(text.split(";")), len(sets)) for text in column.values]
    return np.array([*meanings, -1], dtype=np.int64)[column.codes]


def number_moments(moments: Moments) -> Numbers:
    """Per value, a number that is the same for equal moments only."""
    seconds = np.where(moments.seconds == NO_SECOND, 0, moments.seconds + _EPOCH + 1)
    # An instant lies within two days of its local date: day and instant together are one number.
    return moments.days * (4 * _DAY) + np.where(seconds > 0, seconds - (moments.days - 1) * _DAY, 0)


def _check_interviewed_episodes(interviews: Extract, episodes: Extract, period: Period, findings: Findings) -> int:
    """Interviews against their episodes. Returns how many rows are of episodes outside the period."""
    wanted, known = interviews.columns["episode_id"], episodes.columns["episode_id"]
    # The last of several rows with one id, which is an error in any case.
    rows = find_rows(wanted, known)
    orphans = wanted.is_filled & (rows < 0)
    findings.add_rows("orphan_interview", interviews.name, "episode_id", interviews.lines[orphans])
    if not episodes.rows:
        return 0

    def of_episode(numbers: Numbers, nothing: int) -> Numbers:
        return np.where(rows >= 0, numbers[rows], nothing)

    def held_before(column: str) -> Mask:
        return moments_before(
            interviews.days("held_at"),
            interviews.seconds("held_at"),
            of_episode(episodes.days(column), NO_DAY),
            of_episode(episodes.seconds(column), NO_SECOND),
        )

    before_start = held_before("started_at")
    findings.add_rows("interview_before_episode", interviews.name, "held_at", interviews.lines[before_start])
    early = held_before("ended_at") & ~before_start
    findings.add_rows("interview_before_return", interviews.name, "held_at", interviews.lines[early])
    started = of_episode(episodes.days("started_at"), NO_DAY)
    return _report_outside(interviews, started, period, findings)


def find_rows(wanted: Column, known: Column) -> Numbers:
    """Per row of the first column, the last row of the other that has its value; -1 where none has, or the cell is blank."""
    (of_wanted, of_known), count = match_values([wanted, known])
    row_of = np.full(count + 1, -1, dtype=np.int64)
    filled = np.flatnonzero(known.is_filled)
    row_of[of_known[known.codes[filled]]] = filled  # of several rows with one value, the last is put last
    row_of[count] = -1
    rows: Numbers = row_of[np.append(of_wanted, count)[wanted.codes]]
    return rows


def _check_period(extract: Extract, column: str, period: Period, findings: Findings) -> int:
    """Queries on the coverage of the period. Returns how many rows lie outside it."""
    days = extract.days(column)
    if extract.rows:
        within = days[(days >= period.start.toordinal()) & (days <= period.end.toordinal())]
        filled = {(day.year, day.month) for day in map(date.fromordinal, np.unique(within).tolist())}
        for year, month in _months(period):
            if (year, month) not in filled:
                findings.add("month_without_rows", extract.name, column, month=f"{year}-{month:02}")
    return _report_outside(extract, days, period, findings)


def _months(period: Period) -> list[tuple[int, int]]:
    first, last = period.start.year * 12 + period.start.month - 1, period.end.year * 12 + period.end.month - 1
    return [(month // 12, month % 12 + 1) for month in range(first, last + 1)]


def _report_outside(extract: Extract, days: Numbers, period: Period, findings: Findings) -> int:
    outside = (days != NO_DAY) & ((days < period.start.toordinal()) | (days > period.end.toordinal()))
    count = int(outside.sum())
    if count:
        findings.add("out_of_period", extract.name, count=count, start=period.start, end=period.end)
    return count


def _check_authorities(extracts: Extracts, authority: str, findings: Findings) -> None:
    known: set[str] = set()
    for name in ("missing_episodes", "cme_referrals"):
        if name in extracts and extracts[name].rows:
            column = extracts[name].columns["authority"]
            known.update(column.values)
            if not column.is_filled.all():
                known.add(authority)
    known = known or {authority}
    for name, rule in (
        ("education_risk", "risk_of_unknown_authority"),
        ("population", "population_of_unknown_authority"),
    ):
        if name not in extracts:
            continue
        column = extracts[name].columns["authority"]
        unknown = column.where([value not in known for value in column.values])
        if authority not in known and name == "education_risk":
            unknown |= ~column.is_filled
        findings.add_rows(rule, name, "authority", extracts[name].lines[unknown])
