"""The contract's section on metrics, read aloud in Python: rows in, every figure out, slowly and obviously.

It shares nothing with the product, not even the lists of categories: a rule misread there must not be misread here.
No checking of input: only what the gate admits is given to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TypeVar
from zoneinfo import ZoneInfo

from tests.metrics.admitted import Extracts

Thing = TypeVar("Thing")

LONDON = ZoneInfo("Europe/London")
UTC = ZoneInfo("UTC")
DEFAULT_AUTHORITY = "E06000014"

SEX = ["female", "male", "not_known"]
STATUS = ["looked_after", "not_looked_after"]
EPISODE_TYPE = ["missing", "absent", "away"]
AGE_BAND = ["under_10", "10_to_12", "13_to_15", "16_to_17", "not_known"]
ETHNICITY = ["white", "gypsy_roma_traveller", "mixed", "asian", "black", "other", "not_known"]
WEEKDAY = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TIME_OF_DAY = ["00_to_06", "06_to_12", "12_to_18", "18_to_24", "not_known"]
REPORTED_BY = ["family", "carer", "placement", "school", "police", "other", "not_known"]
RISK_LEVEL = ["no_apparent_risk", "low", "medium", "high", "not_known"]
EXPLOITATION = ["none", "sexual", "criminal", "both", "not_known"]
DURATION = ["under_24_hours", "24_hours_or_more", "not_yet_located", "not_known"]
DURATION_BAND = [
    "under_1_day",
    "1_to_2_days",
    "3_to_7_days",
    "8_to_10_days",
    "11_to_15_days",
    "16_to_20_days",
    "21_to_30_days",
    "over_30_days",
    "not_yet_located",
]
PLACEMENT_TYPE = ["foster", "childrens_home", "semi_independent", "with_parents", "secure", "other", "not_known"]
PLACEMENT_LOCATION = ["in_area", "out_of_area", "not_known"]
INTERVIEWER = ["independent", "social_worker", "youth_worker", "other", "not_known"]
PUSH = [
    "family_conflict",
    "abuse_or_neglect",
    "placement_unhappiness",
    "bullying",
    "mental_health",
    "boundaries",
    "other",
]
PULL = ["friends", "relationship", "family_contact", "exploitation", "substances", "freedom", "other"]
NOT_LOCATED_OUTCOMES = ["over_compulsory_age", "not_located", "closed_under_procedures", "other"]
OUTCOME = [
    "on_roll_in_area",
    "on_roll_elsewhere",
    "home_educated",
    "other_provision",
    "moved_abroad",
    "other_authority",
    "census_reconciled",
    *NOT_LOCATED_OUTCOMES,
]
PHASE = ["primary", "secondary"]
YES_NO = ["yes", "no", "not_known"]
LANGUAGE = ["english", "other", "not_known"]
SOURCE = ["school", "police", "health", "family", "other_authority", "internal", "other", "not_known"]
CIRCUMSTANCE = [
    "starting_school",
    "primary_to_secondary",
    "overseas_student_family",
    "european_migration",
    "armed_forces",
    "traveller",
    "exclusion",
    "home_education_unsuitable",
    "other",
    "not_known",
]
OPEN_LENGTH = ["under_28_days", "28_to_83_days", "84_to_364_days", "365_days_or_more"]
REFERRED = ["in_period", "before_period"]
RISK = [
    "persistent_absence",
    "severe_absence",
    "part_time_timetable",
    "medical",
    "exclusion",
    "home_education_suitability_unknown",
    "awaiting_place",
]
MISSING_EPISODES_BAND = ["under_5", "5_to_9", "10_or_more"]

Key = tuple[str, str, str, str]
"""authority, metric, breakdown, category"""


@dataclass(frozen=True)
class Number:
    """One figure: numerator, denominator, value (one decimal), status, and the children behind it."""

    numerator: int | None
    denominator: int | None
    value: Decimal | None
    status: str
    contributors: int | None


# -- time ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """A cell of the file: the instant, the day in London, and whether it has a time of day."""

    instant: datetime
    day: date
    hour: int
    is_timed: bool


def moment(text: object) -> Moment | None:
    if text is None:
        return None
    assert isinstance(text, str)
    if "T" not in text:
        day = date.fromisoformat(text)
        return Moment(datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC), day, 0, False)
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        # fold=0: the first of two, and the offset before the change of a time that never happened.
        return Moment(read.replace(tzinfo=LONDON).astimezone(UTC), read.date(), read.hour, True)
    local = read.astimezone(LONDON)
    return Moment(read.astimezone(UTC), local.date(), local.hour, True)


def moment_by(text: object, as_at: date) -> Moment | None:
    """What is later than the end of `as_at` is read as blank."""
    found = moment(text)
    return found if found and found.day <= as_at else None


def day_of(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text is not None else None


def day_by(text: object, as_at: date) -> date | None:
    found = day_of(text)
    return found if found and found <= as_at else None


def seconds(earlier: Moment, later: Moment) -> int:
    return int((later.instant - earlier.instant).total_seconds())


def one_decimal(exact: Fraction) -> Decimal:
    """Half away from zero."""
    tenths = floor(abs(exact) * 10 + Fraction(1, 2))
    return Decimal(tenths if exact >= 0 else -tenths) / 10


def months(start: date, end: date) -> list[str]:
    return sorted({f"{d:%Y-%m}" for d in days_of(start, end)})


def days_of(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def quarter(day: date) -> str:
    """The quarter of the financial year, named after the year of its April."""
    return {
        1: f"{day.year - 1}-Q4",
        2: f"{day.year}-Q1",
        3: f"{day.year}-Q2",
        4: f"{day.year}-Q3",
    }[(day.month + 2) // 3]


def quarters(start: date, end: date) -> list[str]:
    return sorted({quarter(day) for day in days_of(start, end)})


def term(day: date) -> str:
    """The school term: from 1 September, 1 January and 1 April."""
    for name, first in (("autumn", (9, 1)), ("summer", (4, 1)), ("spring", (1, 1))):
        if (day.month, day.day) >= first:
            return f"{day.year}-{name}"
    raise AssertionError(day)


def terms(start: date, end: date) -> list[str]:
    return sorted({term(day) for day in days_of(start, end)})


# -- episodes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Episode:
    episode_id: str
    child_id: str
    authority: str
    episode_type: str
    start: Moment
    end: Moment | None
    end_reason: str | None
    looked_after: bool
    row: Mapping[str, object]

    @property
    def is_missing(self) -> bool:
        return self.episode_type == "missing"

    @property
    def is_located(self) -> bool:
        return self.end is not None and self.end_reason not in (
            "turned_18_not_found",
            "closed_not_found",
            "transferred",
        )

    @property
    def status(self) -> str:
        return "looked_after" if self.looked_after else "not_looked_after"

    @property
    def hours_are_known(self) -> bool:
        return self.end is not None and self.start.is_timed and self.end.is_timed

    @property
    def is_due(self) -> bool:
        """A return interview is due."""
        return self.is_missing and self.is_located and self.end_reason != "died"


def read_episodes(extracts: Extracts) -> list[Episode]:
    start, end, as_at = extracts.periods.missing
    episodes = []
    for row in extracts.missing_episodes or []:
        started = moment(row["started_at"])
        assert started
        if not start <= started.day <= end:
            continue
        ended = moment_by(row.get("ended_at"), as_at)
        episodes.append(
            Episode(
                episode_id=str(row["episode_id"]),
                child_id=str(row["child_id"]),
                authority=str(row["authority"]),
                episode_type=str(row["episode_type"]),
                start=started,
                end=ended,
                end_reason=str(row["end_reason"]) if ended and row.get("end_reason") else None,
                looked_after=row["looked_after"] == "true",
                row=row,
            )
        )
    return episodes


def known(row: Mapping[str, object], field: str) -> str:
    value = row.get(field)
    return "not_known" if value is None else str(value)


def age_band(age: object) -> str:
    if age is None:
        return "not_known"
    assert isinstance(age, int)
    return "under_10" if age <= 9 else "10_to_12" if age <= 12 else "13_to_15" if age <= 15 else "16_to_17"


def time_of_day(start: Moment) -> str:
    if not start.is_timed:
        return "not_known"
    return TIME_OF_DAY[start.hour // 6]


def duration(episode: Episode) -> str:
    if not episode.is_located:
        return "not_yet_located"
    if not episode.hours_are_known:
        return "not_known"
    assert episode.end
    return "under_24_hours" if seconds(episode.start, episode.end) < 24 * 3600 else "24_hours_or_more"


def duration_band(episode: Episode) -> str:
    if not episode.is_located:
        return "not_yet_located"
    assert episode.end
    if episode.hours_are_known:
        days = Fraction(seconds(episode.start, episode.end), 24 * 3600)
    else:
        days = Fraction((episode.end.day - episode.start.day).days)
    for limit, name in [
        (1, "under_1_day"),
        (3, "1_to_2_days"),
        (8, "3_to_7_days"),
        (11, "8_to_10_days"),
        (16, "11_to_15_days"),
        (21, "16_to_20_days"),
        (31, "21_to_30_days"),
    ]:
        if days < limit:
            return name
    return "over_30_days"


@dataclass(frozen=True)
class Child:
    """A child reported, with all its episodes of the period, first first."""

    child_id: str
    episodes: Sequence[Episode]

    @property
    def first(self) -> Episode:
        return self.episodes[0]

    @property
    def status(self) -> str:
        return "looked_after" if any(e.looked_after for e in self.episodes) else "not_looked_after"

    @property
    def missing(self) -> list[Episode]:
        return [e for e in self.episodes if e.is_missing]

    @property
    def missing_while_looked_after(self) -> int:
        return sum(e.looked_after for e in self.missing)

    @property
    def is_located(self) -> bool:
        return all(e.is_located for e in self.episodes)

    @property
    def is_missing_three_times_in_90_days(self) -> bool:
        days = sorted(e.start.day for e in self.missing)
        return any(days[n + 2] <= days[n] + timedelta(days=90) for n in range(len(days) - 2))

    @property
    def missing_episodes_band(self) -> str:
        number = self.missing_while_looked_after
        return "under_5" if number <= 4 else "5_to_9" if number <= 9 else "10_or_more"


def read_children(episodes: Iterable[Episode]) -> list[Child]:
    by_child: dict[str, list[Episode]] = {}
    for episode in sorted(episodes, key=lambda e: (e.start.instant, e.episode_id)):
        by_child.setdefault(episode.child_id, []).append(episode)
    return [Child(child_id, own) for child_id, own in by_child.items()]


# -- return interviews ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One row of return_interviews, as it stood at the end of `as_at`."""

    interview_id: str
    episode_id: str
    offered: Moment | None
    response: str | None
    held: Moment | None
    interviewer: str
    push: tuple[str, ...]
    pull: tuple[str, ...]
    shared: bool

    @property
    def has_offer(self) -> bool:
        return self.offered is not None or self.response is not None or self.held is not None

    @property
    def offer(self) -> Moment | None:
        """When the offer was made, by what is known; an offer without a date was made no later than the interview."""
        return self.offered or self.held


def read_records(extracts: Extracts) -> list[Record]:
    as_at = extracts.periods.missing[2]
    records = []
    for row in extracts.return_interviews or []:
        written = moment(row.get("offered_at"))
        offered = moment_by(row.get("offered_at"), as_at)
        offer_is_later = written is not None and offered is None
        response = row.get("response")
        records.append(
            Record(
                interview_id=str(row["interview_id"]),
                episode_id=str(row["episode_id"]),
                offered=offered,
                response=str(response) if response is not None and not offer_is_later else None,
                held=moment_by(row.get("held_at"), as_at),
                interviewer=known(row, "interviewer"),
                push=tuple(str(row["push_factors"]).split(";")) if row.get("push_factors") else (),
                pull=tuple(str(row["pull_factors"]).split(";")) if row.get("pull_factors") else (),
                shared=day_by(row.get("shared_with_police_on"), as_at) is not None,
            )
        )
    return records


@dataclass(frozen=True)
class Due:
    """A return interview that is due: an episode, with all rows of interviews that name it."""

    episode: Episode
    records: Sequence[Record]

    @property
    def child_id(self) -> str:
        return self.episode.child_id

    @property
    def placement_location(self) -> str:
        if not self.episode.looked_after:
            return "not_looked_after"
        return known(self.episode.row, "placement_location")

    @property
    def is_offered(self) -> bool:
        return any(r.has_offer for r in self.records)

    @property
    def interview(self) -> Record | None:
        """The earliest."""
        held = [(r.held.instant, r.interview_id, r) for r in self.records if r.held]
        return min(held, key=lambda h: h[:2])[2] if held else None

    @property
    def timed_offer(self) -> Moment | None:
        """The earliest offer with a time of day."""
        timed = [r.offer for r in self.records if r.has_offer and r.offer and r.offer.is_timed]
        return min(timed, key=lambda m: m.instant) if timed else None

    def is_within_72_hours(self, event: Moment | None) -> bool:
        end = self.episode.end
        if event is None or end is None or not end.is_timed or not event.is_timed:
            return False
        return seconds(end, event) <= 72 * 3600

    @property
    def is_held_within_72_hours(self) -> bool:
        return self.interview is not None and self.is_within_72_hours(self.interview.held)

    @property
    def is_offered_within_72_hours(self) -> bool:
        return self.is_within_72_hours(self.timed_offer) or self.is_held_within_72_hours

    @property
    def is_accepted(self) -> bool:
        return any(r.response == "accepted" for r in self.records) or self.interview is not None

    @property
    def is_declined(self) -> bool:
        return any(r.response == "declined" for r in self.records) and not self.is_accepted

    @property
    def is_timeliness_not_known(self) -> bool:
        if not self.is_offered or self.is_held_within_72_hours:
            return False
        assert self.episode.end
        return (
            not self.episode.end.is_timed
            or self.timed_offer is None
            or (self.interview is not None and self.interview.held is not None and not self.interview.held.is_timed)
        )

    @property
    def seconds_to_interview(self) -> int | None:
        if self.interview is None:
            return None
        held, end = self.interview.held, self.episode.end
        assert held
        assert end
        return seconds(end, held) if held.is_timed and end.is_timed else None


# -- referrals --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Referral:
    referral_id: str
    child_id: str
    authority: str
    referred: date
    closed: date | None
    outcome: str | None
    row: Mapping[str, object]


def read_referrals(extracts: Extracts) -> list[Referral]:
    as_at = extracts.periods.education[2]
    referrals = []
    for row in extracts.cme_referrals or []:
        referred = day_by(row["referred_on"], as_at)
        if referred is None:
            continue
        closed = day_by(row.get("closed_on"), as_at)
        referrals.append(
            Referral(
                str(row["referral_id"]),
                str(row["child_id"]),
                str(row["authority"]),
                referred,
                closed,
                str(row["outcome"]) if closed else None,
                row,
            )
        )
    return referrals


def ethnic_minority_or_eal(referral: Referral) -> str:
    ethnicity, language = referral.row.get("ethnicity"), referral.row.get("first_language")
    if ethnicity in ("gypsy_roma_traveller", "mixed", "asian", "black", "other") or language == "other":
        return "yes"
    return "no" if ethnicity == "white" and language == "english" else "not_known"


def on_roll(extracts: Extracts) -> set[str]:
    as_at = extracts.periods.education[2]
    rows = [r for r in extracts.school_census or [] if day_by(r["census_date"], as_at)]
    if not rows:
        return set()
    latest = max(str(r["census_date"]) for r in rows)
    return {
        str(r["child_id"])
        for r in rows
        if r["census_date"] == latest and day_by(r["entry_date"], as_at) and not day_by(r.get("leaving_date"), as_at)
    }


# -- figures ----------------------------------------------------------------------------------------------------------

Cut = tuple[Callable[..., str], Sequence[str]]


class Book:
    """Collects figures of one authority."""

    def __init__(self, authority: str, absent: set[str]) -> None:
        self.authority = authority
        self.absent = absent
        self.figures: dict[Key, Number] = {}

    def _put(self, metric: str, breakdown: str, category: str, number: Number, needs: Iterable[str]) -> None:
        if self.absent.intersection(needs):
            number = Number(None, None, None, "not_available", None)
        self.figures[(self.authority, metric, breakdown, category)] = number

    def count(
        self,
        metric: str,
        needs: Sequence[str],
        things: Sequence[object],
        child: Callable[..., Iterable[str]] | None = None,
        **by: Cut,
    ) -> None:
        """The number of things, and of those in each category."""
        children_of = child or (lambda thing: [thing.child_id])

        def number(chosen: Sequence[object]) -> Number:
            children = {c for thing in chosen for c in children_of(thing)}
            return Number(len(chosen), None, Decimal(len(chosen)), "published", len(children))

        self._put(metric, "total", "all", number(things), needs)
        for breakdown, (category_of, categories) in by.items():
            for category in categories:
                chosen = [thing for thing in things if category_of(thing) == category]
                self._put(metric, breakdown.replace("__", "/"), category, number(chosen), needs)

    def ratio(
        self, metric: str, needs: Sequence[str], parts: Mapping[tuple[str, str], tuple[int, int | None]], scale: int
    ) -> None:
        """numerator / denominator x scale, for each (breakdown, category). No denominator: it is not known."""
        for (breakdown, category), (numerator, denominator) in parts.items():
            if denominator is None:
                number = Number(None, None, None, "not_available", None)
            elif denominator == 0:
                number = Number(numerator, 0, None, "not_applicable", None)
            else:
                value = one_decimal(Fraction(numerator * scale, denominator))
                number = Number(numerator, denominator, value, "published", None)
            self._put(metric, breakdown, category, number, needs)

    def median(
        self,
        metric: str,
        needs: Sequence[str],
        parts: Mapping[tuple[str, str], Sequence[tuple[int, str]]],
        per: int,
    ) -> None:
        """The middle of (value, child), for each (breakdown, category)."""
        for (breakdown, category), pairs in parts.items():
            values = sorted(value for value, _ in pairs)
            n = len(values)
            if n == 0:
                number = Number(None, 0, None, "not_applicable", 0)
            else:
                middle = Fraction(values[(n - 1) // 2] + values[n // 2], 2) / per
                number = Number(None, n, one_decimal(middle), "published", len({child for _, child in pairs}))
            self._put(metric, breakdown, category, number, needs)


def population_of(extracts: Extracts, authorities: Sequence[str], group: str) -> int | None:
    total = 0
    period_end = extracts.periods.missing[1]
    for authority in authorities:
        rows = [
            r
            for r in extracts.population or []
            if r["authority"] == authority and r["group"] == group and day_by(r["year_ending"], period_end)
        ]
        if not rows:
            return None
        newest = max(rows, key=lambda r: str(r["year_ending"]))["population"]
        assert isinstance(newest, int)
        total += newest
    return total


def by_status(things: Sequence[Thing], status_of: Callable[[Thing], str]) -> dict[tuple[str, str], list[Thing]]:
    parts = {("total", "all"): list(things)}
    for status in STATUS:
        parts["looked_after_status", status] = [t for t in things if status_of(t) == status]
    return parts


def work_out(extracts: Extracts) -> dict[Key, Number]:
    """Every figure of the edition."""
    rows = [*(extracts.missing_episodes or []), *(extracts.cme_referrals or [])]
    authorities = sorted({str(row["authority"]) for row in rows}) or [DEFAULT_AUTHORITY]
    figures: dict[Key, Number] = {}
    for authority in authorities:
        figures.update(work_out_for(extracts, authority, [authority]))
    if len(authorities) > 1:
        figures.update(work_out_for(extracts, "all", authorities))
    return figures


def work_out_for(extracts: Extracts, name: str, members: Sequence[str]) -> dict[Key, Number]:
    """Every figure on the rows of the member authorities."""
    absent = {
        extract
        for extract in (
            "missing_episodes",
            "return_interviews",
            "cme_referrals",
            "school_census",
            "education_risk",
            "population",
        )
        if getattr(extracts, extract) is None
    }
    book = Book(name, absent)
    missing_from(book, extracts, members)
    interviews_from(book, extracts, members)
    education_from(book, extracts, members)
    return book.figures


def missing_from(book: Book, extracts: Extracts, members: Sequence[str]) -> None:
    start, end, _ = extracts.periods.missing
    episodes = [e for e in read_episodes(extracts) if e.authority in members]
    children = read_children(episodes)
    needs = ["missing_episodes"]
    month = (lambda e: f"{e.start.day:%Y-%m}", months(start, end))
    by_quarter = (lambda e: quarter(e.start.day), quarters(start, end))

    book.count(
        "episodes_reported",
        needs,
        episodes,
        episode_type=(lambda e: e.episode_type, EPISODE_TYPE),
        looked_after_status=(lambda e: e.status, STATUS),
        sex=(lambda e: e.row["sex"], SEX),
        looked_after_status__episode_type=(
            lambda e: f"{e.status}/{e.episode_type}",
            [f"{s}/{t}" for s in STATUS for t in EPISODE_TYPE],
        ),
        age_band=(lambda e: age_band(e.row.get("age")), AGE_BAND),
        ethnicity=(lambda e: known(e.row, "ethnicity"), ETHNICITY),
        month=month,
        weekday=(lambda e: WEEKDAY[e.start.day.weekday()], WEEKDAY),
        time_of_day=(lambda e: time_of_day(e.start), TIME_OF_DAY),
        reported_by=(lambda e: known(e.row, "reported_by"), REPORTED_BY),
        risk_level=(lambda e: known(e.row, "risk_level"), RISK_LEVEL),
        exploitation_concern=(lambda e: known(e.row, "exploitation_concern"), EXPLOITATION),
        quarter=by_quarter,
    )
    book.count(
        "children_reported",
        needs,
        children,
        looked_after_status=(lambda c: c.status, STATUS),
        sex=(lambda c: c.first.row["sex"], SEX),
        age_band=(lambda c: age_band(c.first.row.get("age")), AGE_BAND),
        ethnicity=(lambda c: known(c.first.row, "ethnicity"), ETHNICITY),
    )
    for name in quarters(start, end):
        number = len({e.child_id for e in episodes if quarter(e.start.day) == name})
        book._put(
            "children_reported", "quarter", name, Number(number, None, Decimal(number), "published", number), needs
        )
    missing = [e for e in episodes if e.is_missing]
    book.count(
        "missing_episodes",
        needs,
        missing,
        looked_after_status=(lambda e: e.status, STATUS),
        duration=(duration, DURATION),
        duration_band=(duration_band, DURATION_BAND),
        sex=(lambda e: e.row["sex"], SEX),
        age_band=(lambda e: age_band(e.row.get("age")), AGE_BAND),
        month=month,
        risk_level=(lambda e: known(e.row, "risk_level"), RISK_LEVEL),
        exploitation_concern=(lambda e: known(e.row, "exploitation_concern"), EXPLOITATION),
        quarter=by_quarter,
    )
    book.count(
        "looked_after_missing_episodes",
        needs,
        [e for e in missing if e.looked_after],
        duration=(duration, DURATION),
        duration_band=(duration_band, DURATION_BAND),
        placement_type=(lambda e: known(e.row, "placement_type"), PLACEMENT_TYPE),
        placement_location=(lambda e: known(e.row, "placement_location"), PLACEMENT_LOCATION),
        quarter=by_quarter,
    )
    looked_after = [c for c in children if c.status == "looked_after"]
    book.count(
        "looked_after_children_reported",
        needs,
        looked_after,
        missing_episodes_band=(lambda c: c.missing_episodes_band, MISSING_EPISODES_BAND),
    )
    largest = max((c.missing_while_looked_after for c in looked_after), default=0)
    reached = [c for c in looked_after if largest and c.missing_while_looked_after == largest]
    book._put(
        "most_missing_episodes_of_one_looked_after_child",
        "total",
        "all",
        Number(largest, None, Decimal(largest), "published", len(reached)),
        needs,
    )
    book.count("children_located", needs, [c for c in children if c.is_located])
    book.count("children_not_located", needs, [c for c in children if not c.is_located])
    child_status = (lambda c: c.status, STATUS)
    book.count(
        "children_repeatedly_missing",
        needs,
        [c for c in children if len(c.missing) >= 2],
        looked_after_status=child_status,
    )
    book.count(
        "children_missing_three_times_in_90_days",
        needs,
        [c for c in children if c.is_missing_three_times_in_90_days],
        looked_after_status=child_status,
    )
    episodes_by = by_status(episodes, lambda e: e.status)
    children_by = by_status(children, lambda c: c.status)
    book.ratio(
        "episodes_per_child", needs, {cut: (len(episodes_by[cut]), len(children_by[cut])) for cut in episodes_by}, 1
    )
    timed = [e for e in missing if e.is_located and e.hours_are_known]
    book.median(
        "median_missing_hours",
        needs,
        {
            cut: [(seconds(e.start, e.end), e.child_id) for e in chosen]
            for cut, chosen in by_status(timed, lambda e: e.status).items()
        },
        3600,
    )
    book.ratio(
        "children_reported_per_10000",
        [*needs, "population"],
        {("total", "all"): (len(children), population_of(extracts, members, "children_0_17"))},
        10000,
    )
    went_missing = [c for c in children if c.missing_while_looked_after]
    book.count("looked_after_children_missing", needs, went_missing)
    book.ratio(
        "looked_after_children_missing_rate",
        [*needs, "population"],
        {("total", "all"): (len(went_missing), population_of(extracts, members, "looked_after_during_year"))},
        100,
    )


def interviews_from(book: Book, extracts: Extracts, members: Sequence[str]) -> None:
    records = read_records(extracts)
    due = [
        Due(e, [r for r in records if r.episode_id == e.episode_id])
        for e in read_episodes(extracts)
        if e.authority in members and e.is_due
    ]
    needs = ["missing_episodes", "return_interviews"]
    status = (lambda d: d.episode.status, STATUS)
    location = (lambda d: d.placement_location, [*PLACEMENT_LOCATION, "not_looked_after"])

    start, end, _ = extracts.periods.missing
    by_quarter = (lambda d: quarter(d.episode.start.day), quarters(start, end))
    book.count(
        "return_interviews_due",
        needs[:1],
        due,
        looked_after_status=status,
        placement_location=location,
        quarter=by_quarter,
    )
    offered = [d for d in due if d.is_offered]
    book.count(
        "return_interviews_offered",
        needs,
        offered,
        looked_after_status=status,
        placement_location=location,
        quarter=by_quarter,
    )
    offered_in_time = [d for d in offered if d.is_offered_within_72_hours]
    book.count(
        "return_interviews_offered_within_72_hours",
        needs,
        offered_in_time,
        looked_after_status=status,
        placement_location=location,
        quarter=by_quarter,
    )
    book.count("return_interviews_accepted", needs, [d for d in due if d.is_accepted], looked_after_status=status)
    book.count("return_interviews_declined", needs, [d for d in due if d.is_declined], looked_after_status=status)
    held = [d for d in due if d.interview]
    book.count(
        "return_interviews_held",
        needs,
        held,
        looked_after_status=status,
        placement_location=location,
        interviewer=(lambda d: d.interview.interviewer, INTERVIEWER),
        looked_after_status__interviewer=(
            lambda d: f"{d.episode.status}/{d.interview.interviewer}",
            [f"{s}/{i}" for s in STATUS for i in INTERVIEWER],
        ),
        quarter=by_quarter,
    )
    held_in_time = [d for d in held if d.is_held_within_72_hours]
    book.count(
        "return_interviews_held_within_72_hours", needs, held_in_time, looked_after_status=status, quarter=by_quarter
    )
    due_by, offered_by, held_by = (
        by_status(things, lambda d: d.episode.status)
        | {("quarter", q): [d for d in things if quarter(d.episode.start.day) == q] for q in by_quarter[1]}
        for things in (due, offered_in_time, held_in_time)
    )
    book.ratio(
        "return_interview_offer_rate",
        needs,
        {cut: (len(offered_by[cut]), len(due_by[cut])) for cut in due_by},
        100,
    )
    book.ratio(
        "return_interview_completion_rate",
        needs,
        {cut: (len(held_by[cut]), len(due_by[cut])) for cut in due_by},
        100,
    )
    timed = [d for d in held if d.seconds_to_interview is not None]
    book.median(
        "median_hours_to_return_interview",
        needs,
        {
            cut: [(d.seconds_to_interview, d.child_id) for d in chosen]
            for cut, chosen in by_status(timed, lambda d: d.episode.status).items()
        },
        3600,
    )
    interviews: dict[str, tuple[Record, set[str]]] = {}
    for one in held:
        for record in one.records:
            if record.held:
                interviews.setdefault(record.interview_id, (record, set()))[1].add(one.child_id)
    everyone = list(interviews.values())

    def children_of(interview: tuple[Record, set[str]]) -> set[str]:
        return interview[1]

    book.count("return_interviews_with_factors", needs, [i for i in everyone if i[0].push or i[0].pull], children_of)
    for metric, named, factors in (("push_factors_cited", "push", PUSH), ("pull_factors_cited", "pull", PULL)):
        citations = [
            (interview, factor) for interview in everyone for factor in sorted(set(getattr(interview[0], named)))
        ]
        book.count(metric, needs, citations, lambda c: c[0][1], factor=(lambda c: c[1], factors))
    book.count("return_interviews_shared_with_police", needs, [i for i in everyone if i[0].shared], children_of)
    book.count("return_interviews_timeliness_not_known", needs, [d for d in due if d.is_timeliness_not_known])


@dataclass(frozen=True)
class JustAChild:
    child_id: str
    first: Referral | None = None


def open_length(referral: Referral, as_at: date) -> str:
    days = (as_at - referral.referred).days
    return OPEN_LENGTH[0 if days <= 27 else 1 if days <= 83 else 2 if days <= 364 else 3]


def education_from(book: Book, extracts: Extracts, members: Sequence[str]) -> None:
    start, end, as_at = extracts.periods.education
    needs = ["cme_referrals"]
    known_referrals = [r for r in read_referrals(extracts) if r.authority in members]
    referrals = [r for r in known_referrals if start <= r.referred <= end]
    sex = (lambda r: r.row["sex"], SEX)
    phase = (lambda r: r.row["phase"], PHASE)
    by_term = (lambda r: term(r.referred), terms(start, end))

    book.count(
        "cme_referrals",
        needs,
        referrals,
        sex=sex,
        phase=phase,
        ethnic_minority_or_eal=(ethnic_minority_or_eal, YES_NO),
        ethnicity=(lambda r: known(r.row, "ethnicity"), ETHNICITY),
        first_language=(lambda r: known(r.row, "first_language"), LANGUAGE),
        source=(lambda r: known(r.row, "source"), SOURCE),
        circumstance=(lambda r: known(r.row, "circumstance"), CIRCUMSTANCE),
        month=(lambda r: f"{r.referred:%Y-%m}", months(start, end)),
        term=by_term,
    )
    closed = [r for r in referrals if r.closed]
    book.count("cme_closed", needs, closed, outcome=(lambda r: r.outcome, OUTCOME), phase=phase, sex=sex, term=by_term)
    book.count("cme_located", needs, [r for r in closed if r.outcome not in NOT_LOCATED_OUTCOMES], term=by_term)
    by_child: dict[str, list[Referral]] = {}
    for referral in sorted(referrals, key=lambda r: (r.referred, r.referral_id)):
        by_child.setdefault(referral.child_id, []).append(referral)
    book.count(
        "cme_children_referred",
        needs,
        [JustAChild(child_id, own[0]) for child_id, own in by_child.items()],
        sex=(lambda c: c.first.row["sex"], SEX),
        phase=(lambda c: c.first.row["phase"], PHASE),
    )
    for name in terms(start, end):
        number = len({r.child_id for r in referrals if term(r.referred) == name})
        book._put(
            "cme_children_referred", "term", name, Number(number, None, Decimal(number), "published", number), needs
        )
    still_open = [r for r in known_referrals if not r.closed]
    open_children = sorted({r.child_id for r in still_open})
    book.count("children_missing_education", needs, [JustAChild(c) for c in open_children])
    book.ratio(
        "children_missing_education_rate",
        [*needs, "population"],
        {("total", "all"): (len(open_children), population_of(extracts, members, "children_5_16"))},
        100,
    )
    missing = {e.child_id for e in read_episodes(extracts) if e.authority in members and e.is_missing}
    book.count(
        "children_missing_and_cme",
        ["missing_episodes", "cme_referrals"],
        [JustAChild(c) for c in by_child if c in missing],
    )
    book.count(
        "cme_open",
        needs,
        still_open,
        phase=phase,
        sex=sex,
        open_length=(lambda r: open_length(r, as_at), OPEN_LENGTH),
        referred=(lambda r: "in_period" if r.referred >= start else "before_period", REFERRED),
    )
    book.median(
        "cme_median_days_to_close",
        needs,
        {("total", "all"): [((r.closed - r.referred).days, r.child_id) for r in closed if r.closed]},
        1,
    )
    book.count("cme_re_referrals", needs, [JustAChild(c) for c, own in by_child.items() if len(own) > 1])
    book.count(
        "cme_removed_after_census",
        needs,
        [
            r
            for r in known_referrals
            if r.outcome == "census_reconciled" and r.closed and as_at - timedelta(days=364) <= r.closed <= as_at
        ],
    )
    enrolled = on_roll(extracts)
    book.count(
        "cme_found_on_roll",
        [*needs, "school_census"],
        [JustAChild(c) for c in open_children if c in enrolled],
    )
    active = {
        (str(r["child_id"]), str(r["risk"]))
        for r in extracts.education_risk or []
        if r["authority"] in members and day_by(r["started_on"], as_at) and not day_by(r.get("ended_on"), as_at)
    }
    at_risk = sorted({child for child, _ in active})
    book.count("children_at_risk_of_cme", ["education_risk"], [JustAChild(c) for c in at_risk])
    for risk in RISK:
        number = len({child for child, own in active if own == risk})
        book._put(
            "children_at_risk_of_cme",
            "risk",
            risk,
            Number(number, None, Decimal(number), "published", number),
            ["education_risk"],
        )
