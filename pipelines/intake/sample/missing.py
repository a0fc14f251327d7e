"""The invented episodes of being missing, absent or away, and the return interviews that follow them.

Counts come from the story, children from the people; only when, how long and under what circumstances is drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.figures import Edition, Period
from pipelines.intake.sample.clock import (
    DAY,
    clock_changes,
    date_text,
    day_number,
    timestamp_text,
    to_local,
    to_universal,
)
from pipelines.intake.sample.draws import Draws, Flags, Ints, Texts
from pipelines.intake.sample.people import Children, children_of
from pipelines.intake.sample.story import (
    BEYOND_THE_PERIOD,
    CHILDREN,
    DOCUMENT_EDITION,
    FIRST_GIRL,
    LOOKED_AFTER,
    OTHERS,
    SEEN_ONCE,
    Interviews,
    Story,
    cohort_of,
    story_of,
)

Table = Mapping[str, Texts]

ABSENT_UNTIL = date(2017, 1, 31)
"""The police's category of absence was given up after this day."""

HOURS = (
    5,
    3.5,
    2,
    1.2,
    0.8,
    0.6,
    0.6,
    0.8,
    1.2,
    1.5,
    1.5,
    1.6,
    1.8,
    2,
    2.2,
    3.2,
    4.5,
    5.5,
    6.5,
    7.5,
    8.5,
    10,
    10.5,
    8,
)
"""How often an episode begins in each hour of the day: in the evening and at night."""
_WEEKDAYS = (0.9, 0.9, 0.95, 1.0, 1.3, 1.25, 0.95)
_MONTHS = (0.85, 0.9, 1.0, 1.0, 1.1, 1.15, 1.15, 1.1, 1.05, 1.05, 0.9, 0.8)
SHORT_HOURS = ((0.0, 0.5), (0.1, 1.5), (0.3, 3.5), (0.5, 6.5), (0.7, 10.5), (0.9, 16.0), (1.0, 22.5))
ABSENCE_HOURS = ((0.0, 0.5), (0.25, 1.25), (0.5, 2.25), (0.75, 4.0), (1.0, 11.0))
LONG_HOURS = (
    (0.0, 26.0), (0.7, 70.0), (0.9, 188.0), (0.94, 262.0), (0.97, 380.0), (0.985, 500.0), (0.995, 740.0), (1.0, 1100.0),
)  # fmt: skip
_LONG_SHARE_OF_OTHERS = 0.075
_ENOUGH_ROOM = 42 * 60
"""Minutes to the child's next episode that leave room for a long one."""

RISK = {"no_apparent_risk": 0.01, "low": 0.23, "medium": 0.6, "high": 0.13, "": 0.03}
RISK_OF_ABSENCE = {"no_apparent_risk": 0.82, "low": 0.15, "": 0.03}
REPORTED_LOOKED_AFTER = {"placement": 0.5, "carer": 0.36, "school": 0.04, "police": 0.04, "other": 0.03, "": 0.03}
REPORTED_OTHERS = {"family": 0.74, "school": 0.1, "police": 0.07, "other": 0.05, "": 0.04}
END_REASONS = {"returned": 0.86, "located_not_returned": 0.115, "": 0.025}


@dataclass(slots=True)
class Episodes:
    """Episodes as columns of equal length, sorted by child and time; times are minutes of universal time."""

    unit: Ints
    place: Ints
    kind: Texts
    looked_after: Flags
    started: Ints
    ended: Ints
    end_reason: Texts
    is_open: Flags
    start_day_only: Flags
    end_day_only: Flags
    with_offset: Flags

    def choose(self, order: Ints | Flags) -> Episodes:
        """The rows named, in that order."""
        return Episodes(*(getattr(self, name)[order] for name in self.__slots__))

    def __len__(self) -> int:
        return len(self.unit)


def write_episodes(edition: Edition, seed: int, authorities: Texts) -> tuple[dict[str, Texts], dict[str, Texts] | None]:
    """The tables missing_episodes and return_interviews (None where interviews have not begun) of one edition.

    `authorities` has one ONS code for each unit of 161 or so children.
    """
    cohort = cohort_of(edition)
    story, period = story_of(cohort), edition.periods["missing"]
    with_returning = edition.name != DOCUMENT_EDITION
    if not with_returning:
        story = story_of(0)
    units = len(authorities)
    children = children_of(seed, cohort, units, with_returning=with_returning)
    episodes = _draw_episodes(Draws(seed, edition.name, "episodes"), story, period, units)
    around = _draw_around(Draws(seed, edition.name, "around"), period, units)
    episodes = _join(episodes, around)
    order = np.lexsort((episodes.place, episodes.unit, episodes.started))
    episode_id = np.empty(len(episodes), dtype="U16")
    episode_id[order] = [f"MIS{cohort % 100:02d}{number:06d}" for number in range(1, len(episodes) + 1)]
    table = _tell(Draws(seed, edition.name, "circumstances"), episodes, children, episode_id, authorities)
    missing = {name: column[order] for name, column in table.items()}
    if story.interviews is None:
        return missing, None
    draws = Draws(seed, edition.name, "interviews")
    return missing, _draw_interviews(draws, story.interviews, episodes, episode_id, period, cohort)


def _counts(draws: Draws, story: Story, period: Period, units: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Episodes missing, absent and away, and missing before care, of each child. Shape (units, children)."""

    def scaled(counts: list[int], factor: float) -> Ints:
        return np.floor(np.array(counts) * factor + draws.uniform(units, len(counts)) * (factor != 1)).astype(np.int64)

    none = [0] * len(OTHERS)
    absent_factor = story.looked_after_absent if period.start <= ABSENT_UNTIL else 0.0
    looked_after_missing = scaled([child.missing for child in LOOKED_AFTER], story.looked_after_missing)
    missing = np.hstack([looked_after_missing, scaled([count for _, count in OTHERS], story.others_missing)])
    absent = scaled([child.absent for child in LOOKED_AFTER] + none, absent_factor)
    away = scaled([child.absent for child in LOOKED_AFTER] + none, story.looked_after_away)
    if story.others_absent and absent_factor:
        turned = draws.happens(story.others_absent, units, CHILDREN) & (missing > 0)
        turned[:, : len(LOOKED_AFTER)] = False
        absent += turned
        missing -= turned
    if story.once_only < 1:
        gone = draws.happens(1 - story.once_only, units, len(SEEN_ONCE))
        for counts in (missing, absent):
            counts[:, list(SEEN_ONCE)] = np.where(gone, 0, counts[:, list(SEEN_ONCE)])
    before = np.zeros_like(missing)
    before[:, : len(LOOKED_AFTER)] = [child.before_care for child in LOOKED_AFTER]
    if story.looked_after_missing != 1:
        before[:, 7] = 0  # a child who was looked after in the edition before
    return missing, absent, away, before


def _draw_episodes(draws: Draws, story: Story, period: Period, units: int) -> Episodes:
    missing, absent, away, before = (counts.ravel() for counts in _counts(draws, story, period, units))
    totals = missing + absent + away + before
    child = np.repeat(np.arange(len(totals)), totals)
    rank = np.arange(len(child)) - np.repeat(np.cumsum(totals) - totals, totals)
    local = _draw_starts(draws, period, child, rank, totals)
    place, unit = child % CHILDREN, child // CHILDREN
    single = (unit == 0) & (totals[child] == 1)
    forced = _force_starts(period, place, single, local)
    started = to_universal(local)

    looked_after = (place < len(LOOKED_AFTER)) & (rank >= before[child])
    kind = _draw_kinds(draws, child, rank, local // DAY, absent, away, before)

    horizon = to_universal(np.array([day_number(period.as_at) * DAY + DAY - 1]))[0]
    following = np.append(started[1:], horizon)
    last = np.append(child[1:] != child[:-1], True)
    room = np.where(last, horizon, following) - started
    short = np.where(
        kind == "missing",
        draws.from_quantiles(SHORT_HOURS, len(child)),
        draws.from_quantiles(ABSENCE_HOURS, len(child)),
    )
    lasted = np.maximum(np.minimum(short * 60, room * 0.8), np.minimum(room, 1)).astype(np.int64)
    is_long, is_a_day = _choose_long(draws, story.long_looked_after, unit, kind, looked_after, room)
    long_minutes = np.minimum(draws.from_quantiles(LONG_HOURS, len(child)) * 60, room * 0.8).astype(np.int64)
    lasted = np.where(is_long, long_minutes, lasted)
    lasted[is_a_day] = DAY
    for row, minutes in forced.items():
        lasted[row] = max(min(minutes, int(room[row])), 0)
    episodes = Episodes(
        unit=unit,
        place=place,
        kind=kind,
        looked_after=looked_after,
        started=started,
        ended=started + lasted,
        end_reason=draws.chosen(END_REASONS, len(child)),
        is_open=np.zeros(len(child), dtype=np.bool_),
        start_day_only=np.zeros(len(child), dtype=np.bool_),
        end_day_only=np.zeros(len(child), dtype=np.bool_),
        with_offset=draws.happens(0.01, len(child)),
    )
    _trouble(episodes, story, period, single, rank, totals[child], room)
    return episodes


def _draw_starts(draws: Draws, period: Period, child: Ints, rank: Ints, totals: Ints) -> Ints:
    """Local minutes at which episodes begin: a day of its own for each episode of a child, in order of time."""
    length = (period.end - period.start).days + 1
    days = [period.start + timedelta(days=number) for number in range(length)]
    weights = np.cumsum([_WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] for day in days])
    day = np.searchsorted(weights / weights[-1], draws.uniform(len(child)), side="right").clip(0, length - 1)
    day = day[np.lexsort((day, child))]
    apart = length + int(totals.max(initial=0)) + 1
    day = np.maximum.accumulate(day - rank + child * apart) - child * apart + rank
    day = np.minimum(day, length - 1 - (totals[child] - 1 - rank)).clip(0)
    hours = np.cumsum(HOURS) / np.sum(HOURS)
    minute = np.interp(draws.uniform(len(child)), np.append(0.0, hours), np.arange(25) * 60.0).astype(np.int64)
    minute = np.where(draws.happens(0.7, len(child)), minute // 5 * 5, minute).clip(0, DAY - 1)
    return np.asarray((day_number(period.start) + day) * DAY + minute, dtype=np.int64)


def _draw_kinds(draws: Draws, child: Ints, rank: Ints, day: Ints, absent: Ints, away: Ints, before: Ints) -> Texts:
    """Which of a child's episodes are absences or away: any but those before care, absences while they existed."""
    key = draws.uniform(len(child)) + 2.0 * (rank < before[child])
    too_late = day > day_number(ABSENT_UNTIL)
    key += too_late
    place_in_child = np.empty_like(rank)
    place_in_child[np.lexsort((key, child))] = rank
    kind = np.where(
        place_in_child < absent[child], "absent", np.where(place_in_child < (absent + away)[child], "away", "missing")
    )
    return np.where((kind == "absent") & too_late, "missing", kind).astype(np.str_)


def _choose_long(
    draws: Draws, how_many: int, unit: Ints, kind: Texts, looked_after: Flags, room: Ints
) -> tuple[Flags, Flags]:
    """Which episodes last 24 hours or more, and which of them exactly 24: a fixed number of looked-after children's."""
    key = draws.uniform(len(unit))
    has_room = room >= _ENOUGH_ROOM
    candidate = looked_after & (kind == "missing")
    order = np.lexsort((key, ~has_room, ~candidate, unit))
    sizes = np.bincount(unit)
    rank = np.empty_like(unit)
    rank[order] = np.arange(len(unit)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    of_looked_after = candidate & (rank < how_many) & (room > DAY)
    of_others = ~looked_after & (kind == "missing") & has_room & (key < _LONG_SHARE_OF_OTHERS)
    return of_looked_after | of_others, of_looked_after & (rank == 0)


def _force_starts(period: Period, place: Ints, single: Flags, local: Ints) -> dict[int, int]:
    """Both ends of the period and both clock changes are begun by somebody. Returns row -> minutes it lasts."""

    def row_of(number: int) -> int | None:
        rows = np.flatnonzero(single & (place == FIRST_GIRL + number))
        return int(rows[0]) if len(rows) else None

    forward, back = clock_changes(period.start, period.end)
    moments = [
        (40, period.start, 0, 95),
        (41, period.end, DAY - 1, 120),
        *((42, day - timedelta(days=1), DAY - 30, DAY - 45) for day in forward[-1:]),  # 23 h 15 min, not a day
        *((43, day - timedelta(days=1), DAY - 120, 270) for day in back[-1:]),  # ends in the hour that happens twice
    ]
    forced = {}
    for number, day, minute, lasted in moments:
        row = row_of(number)
        if row is not None and day >= period.start:
            local[row] = day_number(day) * DAY + minute
            forced[row] = lasted
    return forced


def _trouble(
    episodes: Episodes, story: Story, period: Period, single: Flags, rank: Ints, totals: Ints, room: Ints
) -> None:
    """What extracts have: times not known, one overlap, and (where the story says so) children not located."""

    def rows_of(number: int) -> Ints:
        return np.flatnonzero(single & (episodes.place == FIRST_GIRL + number))

    for number in (44, 45, 46):
        episodes.start_day_only[rows_of(number)] = True
        episodes.end_day_only[rows_of(number)] = True
    episodes.end_day_only[rows_of(47)] = True
    overlap = (episodes.unit == 0) & (episodes.place == FIRST_GIRL) & (rank == 1) & (totals > 3)
    episodes.ended[overlap] = episodes.started[overlap] + room[overlap] + 30
    if story.not_located:
        still_missing = rows_of(70)
        episodes.is_open[still_missing] = True
        episodes.end_reason[still_missing] = ""
        # found after the edition's position was taken: a later extract knows it, the edition does not
        found_later = rows_of(71)
        later = day_number(period.as_at + timedelta(days=9)) * DAY + 16 * 60
        episodes.ended[found_later] = later
        episodes.end_reason[found_later] = "returned"


def _draw_around(draws: Draws, period: Period, units: int) -> Episodes:
    """A few episodes before and after the period: extracts are taken with a margin."""
    shape = (units, len(BEYOND_THE_PERIOD))
    after = np.tile(np.arange(len(BEYOND_THE_PERIOD)) >= 5, (units, 1))
    span = min(30, (period.as_at - period.end).days - 1)
    if span < 2:
        after[:] = False
    day = np.where(
        after,
        day_number(period.end) + draws.between(2, max(span, 2), *shape),
        day_number(period.start) - draws.between(2, 14, *shape),
    )
    started = to_universal((day * DAY + draws.between(16 * 60, 23 * 60, *shape)).ravel())
    size = len(started)
    return Episodes(
        unit=np.repeat(np.arange(units), len(BEYOND_THE_PERIOD)),
        place=np.tile(np.array(BEYOND_THE_PERIOD), units),
        kind=np.full(size, "missing"),
        looked_after=np.zeros(size, dtype=np.bool_),
        started=started,
        ended=started + draws.between(40, 11 * 60, size),
        end_reason=np.full(size, "returned"),
        is_open=np.zeros(size, dtype=np.bool_),
        start_day_only=np.zeros(size, dtype=np.bool_),
        end_day_only=np.zeros(size, dtype=np.bool_),
        with_offset=np.zeros(size, dtype=np.bool_),
    )


def _join(one: Episodes, other: Episodes) -> Episodes:
    columns = (np.concatenate([getattr(one, name), getattr(other, name)]) for name in Episodes.__slots__)
    joined = Episodes(*columns)
    return joined.choose(np.lexsort((joined.started, joined.place, joined.unit)))


def _tell(
    draws: Draws, episodes: Episodes, children: Children, episode_id: Texts, authorities: Texts
) -> dict[str, Texts]:
    size = len(episodes)
    who = (episodes.unit, episodes.place)
    looked_after = episodes.looked_after
    started_on = to_local(episodes.started) // DAY
    age = ((started_on - children.born[who]) / 365.25).astype(np.int64).clip(0, 17)
    ended_at = timestamp_text(episodes.ended, episodes.with_offset, episodes.end_day_only)
    ethnicity = children.ethnicity[who]
    middle = (started_on.min() + started_on.max()) // 2
    moved = (started_on > middle) & ((episodes.place % 3 == 0) | (age >= 17))
    placement = np.where(moved, children.second_placement[who], children.first_placement[who])
    placement = np.where((placement == "semi_independent") & (age < 16), "foster", placement)
    absence = episodes.kind != "missing"
    return {
        "episode_id": episode_id,
        "child_id": children.child_id[who],
        "authority": authorities[episodes.unit],
        "episode_type": episodes.kind,
        "started_at": timestamp_text(episodes.started, episodes.with_offset, episodes.start_day_only),
        "ended_at": np.where(episodes.is_open, "", ended_at),
        "end_reason": episodes.end_reason,
        "sex": children.sex[who],
        "age": np.where(draws.happens(0.008, size), "", age.astype(np.str_)),
        "ethnicity": np.where((ethnicity == "not_known") & draws.happens(0.5, size), "", ethnicity),
        "looked_after": np.where(looked_after, "true", "false"),
        "placement_type": np.where(looked_after, placement, ""),
        "placement_location": np.where(looked_after, children.location[who], ""),
        "risk_level": np.where(absence, draws.chosen(RISK_OF_ABSENCE, size), draws.chosen(RISK, size)),
        "exploitation_concern": children.concern[who],
        "reported_by": np.where(
            looked_after, draws.chosen(REPORTED_LOOKED_AFTER, size), draws.chosen(REPORTED_OTHERS, size)
        ),
    }


PUSH = {
    "family_conflict": 0.34, "abuse_or_neglect": 0.08, "placement_unhappiness": 0.2, "bullying": 0.09,
    "mental_health": 0.16, "boundaries": 0.31, "other": 0.06,
}  # fmt: skip
PULL = {
    "friends": 0.46, "relationship": 0.15, "family_contact": 0.17, "exploitation": 0.07, "substances": 0.14,
    "freedom": 0.25, "other": 0.05,
}  # fmt: skip
OFFER_IN_TIME = ((0.0, 1.0), (0.5, 18.0), (0.9, 40.0), (1.0, 62.0))
OFFER_LATE = ((0.0, 74.0), (0.7, 160.0), (1.0, 420.0))
TO_INTERVIEW = ((0.0, 1.0), (0.4, 14.0), (0.75, 32.0), (0.9, 70.0), (1.0, 260.0))


def _draw_interviews(
    draws: Draws, going: Interviews, episodes: Episodes, episode_id: Texts, period: Period, cohort: int
) -> dict[str, Texts]:
    """Return interviews: about one for each return, one for several episodes that follow closely on one another."""
    first, last = day_number(period.start), day_number(period.end)
    day = to_local(episodes.started) // DAY
    horizon = to_universal(np.array([day_number(period.as_at) * DAY + DAY - 1]))[0]
    due = (episodes.kind == "missing") & ~episodes.is_open & (episodes.ended <= horizon)
    rows = np.flatnonzero(due & (day >= first) & (day <= last))
    of, ids = episodes.choose(rows), episode_id[rows]
    same_child = (of.unit[1:] == of.unit[:-1]) & (of.place[1:] == of.place[:-1])
    soon = of.started[1:] - of.ended[:-1] < 30 * 60
    begins = np.append(True, ~(same_child & soon & draws.happens(0.6, len(rows) - 1)))
    group = np.cumsum(begins) - 1
    groups = int(group[-1]) + 1
    returned = np.maximum.reduceat(of.ended, np.flatnonzero(begins))

    offered = draws.happens(going.offered, groups)
    delay = np.where(
        draws.happens(going.offered_in_time, groups),
        draws.from_quantiles(OFFER_IN_TIME, groups),
        draws.from_quantiles(OFFER_LATE, groups),
    )
    offered_at = returned + (delay * 60).astype(np.int64)
    share = draws.uniform(groups)
    response = np.select(
        [~offered, share < going.accepted, share < going.accepted + going.declined],
        ["", "accepted", "declined"],
        default="no_reply",
    )
    held = (response == "accepted") & draws.happens(going.held_of_accepted, groups)
    held_at = _in_working_hours(draws, offered_at + (draws.from_quantiles(TO_INTERVIEW, groups) * 60).astype(np.int64))
    implied = held & draws.happens(0.03, groups)  # nobody wrote down the offer, only the interview
    response = np.where((implied & draws.happens(0.5, groups)) | (offered & draws.happens(0.01, groups)), "", response)
    interviewer = np.where(
        draws.happens(going.independent, groups),
        "independent",
        draws.chosen({"social_worker": 0.5, "youth_worker": 0.35, "other": 0.1, "": 0.05}, groups),
    )
    shared = held & draws.happens(going.shared_with_police, groups)
    shared_on = date_text(to_local(held_at) // DAY + draws.between(0, 5, groups))
    asked = held & draws.happens(0.93, groups)
    recorded = offered | draws.happens(0.3, groups)
    nothing = np.zeros(groups, dtype=np.bool_)
    offered_text = timestamp_text(offered_at, nothing, draws.happens(0.02, groups))
    held_text = timestamp_text(held_at, nothing, draws.happens(0.015, groups))
    columns = {
        "offered_at": np.where(offered & ~implied, offered_text, ""),
        "response": response,
        "held_at": np.where(held, held_text, ""),
        "interviewer": np.where(held, interviewer, ""),
        "push_factors": np.where(asked, _cited(draws, PUSH, groups), ""),
        "pull_factors": np.where(asked, _cited(draws, PULL, groups), ""),
        "shared_with_police_on": np.where(shared, shared_on, ""),
    }
    by_return = np.lexsort((np.arange(groups), returned))
    interview_id = np.empty(groups, dtype="U16")
    interview_id[by_return] = [f"RHI{cohort % 100:02d}{number:06d}" for number in range(1, groups + 1)]
    kept = recorded[group]
    table = {
        "interview_id": interview_id[group],
        "episode_id": ids,
        **{name: column[group].astype(np.str_) for name, column in columns.items()},
    }
    order = np.flatnonzero(kept)
    order = order[np.lexsort((ids[order], table["interview_id"][order]))]
    return {name: column[order] for name, column in table.items()}


def _in_working_hours(draws: Draws, universal: Ints) -> Ints:
    """The same time, or the next one between ten and one o'clock where it is before nine or after six."""
    local = to_local(universal)
    day, minute = local // DAY, local % DAY
    late = minute >= 18 * 60
    outside = late | (minute < 9 * 60)
    moved = (day + late) * DAY + 600 + draws.between(0, 36, len(local)) * 5
    return np.where(outside, to_universal(moved), universal)


def _cited(draws: Draws, factors: Mapping[str, float], groups: int) -> Texts:
    cited = [(name, draws.happens(chance, groups)) for name, chance in factors.items()]
    return np.array([";".join(name for name, flags in cited if flags[row]) for row in range(groups)])
