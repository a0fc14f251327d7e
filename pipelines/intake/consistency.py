"""The rules about several cells of a row, several rows, or several extracts together.

Single cells are judged before this, by their schema; a cell that is wrong there is passed over here.
Sentences are in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pipelines.figures import Collection, Edition, Period
from pipelines.intake.cells import NO_DAY, NO_SECOND, Extract, group_rows
from pipelines.intake.findings import Findings
from pipelines.intake.moments import Moment, is_before
from pipelines.intake.sheets import Column, Mask, Numbers

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
    starts, ends = episodes.moments["started_at"], episodes.moments["ended_at"]
    started, ended = episodes.columns["started_at"].codes, episodes.columns["ended_at"].codes
    usable = _is_repeated(child) & (days != NO_DAY) & ((ended < 0) | (episodes.days("ended_at") != NO_DAY))
    order = np.lexsort((np.arange(episodes.rows), seconds, days, child))
    rows: list[int] = []
    earlier: list[int] = []
    last_child, latest, latest_end = -1, -1, None
    for row in order[usable[order]].tolist():
        start = starts[started[row]]
        end = ends[ended[row]] if ended[row] >= 0 else None
        if child[row] != last_child:
            last_child, latest, latest_end = child[row], row, end
            continue
        if latest_end is None or (start is not None and is_before(start, latest_end)):
            rows.append(row)
            earlier.append(int(episodes.lines[latest]))
        if latest_end is not None and (end is None or is_before(latest_end, end)):
            latest, latest_end = row, end
    findings.add_rows("overlapping_episodes", episodes.name, "started_at", episodes.lines[rows], line=earlier)


def _is_repeated(codes: npt.NDArray[np.int32]) -> Mask:
    """Per row, whether its code is there and stands on another row too."""
    result: Mask = (codes >= 0) & (np.append(np.bincount(codes[codes >= 0]), 0)[codes] > 1)
    return result


def _check_ages(episodes: Extract, findings: Findings) -> None:
    """Each age says between which two dates the child was born; the rows of one child must leave a date in common."""
    child, days = episodes.columns["child_id"].codes, episodes.days("started_at")
    ages = episodes.columns["age"].numbers(_years, -1)
    usable = _is_repeated(child) & (days != NO_DAY) & (ages >= 0)
    order = np.lexsort((np.arange(episodes.rows), days, child))
    born: dict[int, tuple[int, int, int]] = {}
    rows: list[int] = []
    earlier: list[int] = []
    for row in order[usable[order]].tolist():
        start, age = int(days[row]), int(ages[row])
        lowest, highest = _years_before(start, age + 1), _years_before(start, age)
        known = born.get(int(child[row]))
        if known is None:
            born[int(child[row])] = (lowest, highest, row)
        elif lowest > known[1] or highest < known[0]:
            rows.append(row)
            earlier.append(int(episodes.lines[known[2]]))
        else:
            born[int(child[row])] = (max(lowest, known[0]), min(highest, known[1]), row)
    findings.add_rows("age_contradicts", episodes.name, "age", episodes.lines[rows], line=earlier)


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
    known: dict[str, tuple[str, str, int]] = {}
    for extract in extracts.values():
        if "sex" not in extract.columns:
            continue
        children, sexes = extract.columns["child_id"], extract.columns["sex"]
        stated = np.flatnonzero(sexes.is_any_of("female", "male") & children.is_filled)
        pairs = children.codes.astype(np.int64) * (len(sexes.values) + 1) + sexes.codes
        contradicting = set()
        for row in stated[np.sort(np.unique(pairs[stated], return_index=True)[1])].tolist():
            child, sex = children.text(row), sexes.text(row)
            first = known.setdefault(child, (sex, extract.name, int(extract.lines[row])))
            if first[0] != sex:
                contradicting.add(int(pairs[row]))
        rows = stated[np.isin(pairs[stated], list(contradicting))] if contradicting else stated[:0]
        others = [known[children.text(row)] for row in rows.tolist()]
        findings.add_rows(
            "sex_contradicts",
            extract.name,
            "sex",
            extract.lines[rows],
            elsewhere=[other[1] for other in others],
            line=[other[2] for other in others],
        )


_AGREEING = ("held_at", "interviewer", "push_factors", "pull_factors", "shared_with_police_on")
"""What the rows of one interview must agree in: everything but the episode, its offer and the response to it."""


def _check_interviews(interviews: Extract, findings: Findings) -> None:
    identities = interviews.columns["interview_id"]
    firsts = group_rows(identities.codes.astype(np.int64))
    for field in _AGREEING:
        meanings = _meanings(interviews.columns[field], interviews.moments.get(field), field.endswith("_factors"))
        differing = np.flatnonzero(identities.is_filled & (meanings != meanings[firsts]))
        lines = [int(line) for line in interviews.lines[firsts[differing]]]
        findings.add_rows("interview_rows_disagree", interviews.name, field, interviews.lines[differing], line=lines)


def _meanings(column: Column, moments: tuple[Moment | None, ...] | None, is_list: bool) -> Numbers:
    """Per row, a number that is the same for cells that mean the same: one instant, or one set of factors."""
    numbers: dict[Hashable, int] = {}
    meanings = []
    for position, text in enumerate(column.values):
        meaning: Hashable = text
        if moments is not None and (moment := moments[position]) is not None:
            meaning = moment
        elif is_list:
            meaning = frozenset(text.split(";"))
        meanings.append(numbers.setdefault(meaning, len(numbers)))
    return np.array([*meanings, -1], dtype=np.int64)[column.codes]


def _check_interviewed_episodes(interviews: Extract, episodes: Extract, period: Period, findings: Findings) -> int:
    """Interviews against their episodes. Returns how many rows are of episodes outside the period."""
    wanted, known = interviews.columns["episode_id"], episodes.columns["episode_id"]
    # The last of several rows with one id, which is an error in any case.
    row_of = {known.values[code]: row for row, code in enumerate(known.codes.tolist()) if code >= 0}
    rows = wanted.numbers(lambda text: row_of.get(text, -1), -1)
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
