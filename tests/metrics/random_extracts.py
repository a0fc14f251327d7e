"""Random extracts that the gate would admit, close to where rules turn: clock changes, midnight, 24 and 72 hours.

Strategies only: what the right figures are is the oracle's business.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.metrics import oracle
from tests.metrics.admitted import Extracts, Periods

LONDON = ZoneInfo("Europe/London")
AUTHORITIES = ["E06000014", "E06000001", "E10000023"]
CHILDREN = ["c1", "c2", "c2", "007", "NA"]

PERIODS = [
    Periods(),
    Periods(missing=(date(2014, 4, 1), date(2015, 3, 31), date(2015, 3, 31))),
    Periods(
        missing=(date(2015, 2, 1), date(2015, 5, 3), date(2015, 10, 25)),
        education=(date(2015, 3, 29), date(2015, 10, 26), date(2015, 10, 26)),
    ),
]
TIMES = [
    "00:00",
    "00:59:59",
    "01:00",
    "01:30",
    "01:59:59",
    "02:00",
    "05:59",
    "06:00",
    "12:00",
    "18:00",
    "23:30",
    "23:59:59",
]
HOUR = 3600
DAY = 24 * HOUR
BANDS = [1, 1, 1, 3, 8, 11, 16, 21, 31]
"""Days at which a band of durations begins; under 24 hours is the rule that matters most."""
RETURNS = [-DAY, 0, HOUR, DAY, 72 * HOUR - 1, 72 * HOUR, 72 * HOUR, 72 * HOUR + 1, 80 * HOUR, 300 * DAY]

END_REASONS = [
    None,
    None,
    "returned",
    "returned",
    "returned",
    "located_not_returned",
    "died",
    "turned_18_not_found",
    "closed_not_found",
    "transferred",
]


def spans() -> st.SearchStrategy[int]:
    """Seconds that an episode lasts: most of them exactly at the edge of a band, a second or an hour beside it."""
    edges = st.builds(
        lambda days, beside: days * DAY + beside, st.sampled_from(BANDS), st.sampled_from([0, 0, 0, -1, 1, -HOUR, HOUR])
    )
    return st.one_of(edges, edges, edges, st.integers(0, 40 * DAY), st.sampled_from([0, 1, 290 * DAY]))


def near(*days: date) -> st.SearchStrategy[date]:
    """These days, the days beside them, and the days 45, 90 and 91 later."""
    offsets = st.sampled_from([0, 0, 0, -1, 1, 45, 90, 90, 91])
    return st.builds(lambda day, offset: day + timedelta(days=offset), st.sampled_from(days), offsets)


def days_of(periods: Periods) -> st.SearchStrategy[date]:
    """Days on which episodes begin: around the ends of the period and the clock changes, and some in the middle."""
    start, end, as_at = periods.missing
    middle = [start + timedelta(days=n) for n in (10, 11, 12, 40, 80)]
    edges = near(start, end, as_at, date(2014, 10, 26), date(2015, 3, 29), date(2015, 10, 25))
    return st.one_of(st.sampled_from(middle), st.sampled_from([start, end, *middle]), edges)


@st.composite
def written(draw: st.DrawFn, instant: datetime) -> str:
    """An instant as an extract may write it: local, with an offset, or as a day alone."""
    form = draw(st.sampled_from(["local", "local", "Z", "Z", "minutes", "+01:00", "-05:30", "day", "day"]))
    local = instant.astimezone(LONDON).replace(tzinfo=None)
    if form == "day":
        return local.date().isoformat()
    if form == "minutes":
        return local.strftime("%Y-%m-%dT%H:%M")
    if form == "local":
        return local.isoformat()
    if form == "Z":
        return instant.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
    sign = 1 if form[0] == "+" else -1
    shift = sign * timedelta(hours=int(form[1:3]), minutes=int(form[4:6]))
    return (instant.astimezone(ZoneInfo("UTC")) + shift).strftime("%Y-%m-%dT%H:%M:%S") + form


def blank_or(values: list[str]) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *[v for v in values if v != "not_known"], "not_known"])


def blank_or_coded(values: list[str]) -> st.SearchStrategy[str | None]:
    """For fields whose codes do not include not_known."""
    return st.sampled_from([None, *[v for v in values if v != "not_known"]])


@st.composite
def an_episode(draw: st.DrawFn, number: int, periods: Periods, authorities: list[str]) -> dict[str, Any]:
    day = draw(days_of(periods))
    text = f"{day.isoformat()}T{draw(st.sampled_from(TIMES))}"
    began = datetime.fromisoformat(text).replace(tzinfo=LONDON)
    started_at = draw(st.one_of(st.just(text), written(began)))
    ended_at = end_reason = None
    if draw(st.sampled_from([True, True, True, True, True, False])):
        ended = began.astimezone(ZoneInfo("UTC")) + timedelta(seconds=draw(spans()))
        ended_at = draw(written(ended))
        end_reason = draw(st.sampled_from(END_REASONS))
    looked_after = draw(st.booleans())
    return {
        "episode_id": f"e{number}",
        "child_id": draw(st.sampled_from(CHILDREN)),
        "authority": draw(st.sampled_from(authorities)),
        "episode_type": draw(st.sampled_from(["missing", "missing", "missing", "missing", "absent", "away"])),
        "started_at": started_at,
        "ended_at": ended_at,
        "end_reason": end_reason,
        "sex": draw(st.sampled_from(oracle.SEX)),
        "age": draw(st.sampled_from([None, 0, 9, 10, 12, 13, 15, 16, 17])),
        "ethnicity": draw(blank_or(oracle.ETHNICITY)),
        "looked_after": "true" if looked_after else "false",
        "placement_type": draw(blank_or_coded(oracle.PLACEMENT_TYPE)) if looked_after else None,
        "placement_location": draw(blank_or_coded(oracle.PLACEMENT_LOCATION)) if looked_after else None,
        "risk_level": draw(blank_or_coded(oracle.RISK_LEVEL)),
        "exploitation_concern": draw(blank_or_coded(oracle.EXPLOITATION)),
        "reported_by": draw(blank_or_coded(oracle.REPORTED_BY)),
    }


def factors(values: list[str]) -> st.SearchStrategy[str | None]:
    return st.lists(st.sampled_from(values), unique=True, max_size=3).map(lambda chosen: ";".join(chosen) or None)


@st.composite
def an_interview(
    draw: st.DrawFn, number: int, periods: Periods, episodes: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows of one interview: they agree in all but the episode, the offer and the response."""
    ended = [e for e in episodes if e["episode_type"] == "missing" and e["ended_at"]]
    covered = draw(
        st.lists(
            st.sampled_from([*ended, *ended, *episodes]),
            unique_by=lambda e: str(e["episode_id"]),
            min_size=1,
            max_size=3,
        )
    )
    end = oracle.moment(covered[0]["ended_at"] or covered[0]["started_at"])
    assert end

    as_at = periods.missing[2]
    last = [f"{day}{clock}" for day in (as_at, as_at + timedelta(days=1)) for clock in ("", "T00:00", "T23:59:59")]

    def a_moment() -> str:
        if not draw(st.integers(0, 4)):
            return draw(st.sampled_from(last))
        return draw(written(end.instant + timedelta(seconds=draw(st.sampled_from(RETURNS)))))

    held_at = a_moment() if draw(st.booleans()) else None
    shared = {
        "interview_id": f"i{number}",
        "held_at": held_at,
        "interviewer": draw(blank_or_coded(oracle.INTERVIEWER)) if held_at else None,
        "push_factors": draw(factors(oracle.PUSH)) if held_at else None,
        "pull_factors": draw(factors(oracle.PULL)) if held_at else None,
        "shared_with_police_on": draw(st.sampled_from([None, "2015-03-31", "2016-01-12", "2016-01-13"]))
        if held_at
        else None,
    }
    return [
        {
            **shared,
            "episode_id": episode["episode_id"],
            "offered_at": a_moment() if draw(st.booleans()) else None,
            "response": draw(st.sampled_from([None, "accepted", "declined", "no_reply"])),
        }
        for episode in covered
    ]


@st.composite
def a_referral(draw: st.DrawFn, number: int, periods: Periods, authorities: list[str]) -> dict[str, Any]:
    start, _, as_at = periods.education
    referred = draw(near(start, as_at, *[as_at - timedelta(days=n) for n in (27, 28, 83, 84, 364, 365)]))
    closed = None
    if draw(st.integers(0, 2)):
        closed = max(referred, draw(near(as_at, as_at - timedelta(days=364), referred + timedelta(days=10))))
    return {
        "referral_id": f"r{number}",
        "child_id": draw(st.sampled_from(CHILDREN)),
        "authority": draw(st.sampled_from(authorities)),
        "referred_on": referred.isoformat(),
        "closed_on": closed.isoformat() if closed else None,
        "outcome": draw(st.sampled_from([*oracle.OUTCOME, "census_reconciled", "census_reconciled"]))
        if closed
        else None,
        "sex": draw(st.sampled_from(oracle.SEX)),
        "phase": draw(st.sampled_from(oracle.PHASE)),
        "ethnicity": draw(blank_or(oracle.ETHNICITY)),
        "first_language": draw(blank_or(oracle.LANGUAGE)),
        "source": draw(blank_or_coded(oracle.SOURCE)),
        "circumstance": draw(blank_or(oracle.CIRCUMSTANCE)),
    }


@st.composite
def a_census(draw: st.DrawFn, periods: Periods) -> list[dict[str, Any]]:
    as_at = periods.education[2]
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(CHILDREN),
                st.sampled_from(
                    [as_at - timedelta(days=100), as_at - timedelta(days=5), as_at, as_at + timedelta(days=1)]
                ),
                st.sampled_from(["s1", "s2"]),
                near(as_at),
                st.one_of(st.none(), near(as_at)),
            ),
            unique_by=lambda row: row[:3],
            max_size=6,
        )
    )
    return [
        {
            "child_id": child,
            "census_date": census.isoformat(),
            "school_id": school,
            "entry_date": entered.isoformat(),
            "leaving_date": left.isoformat() if left else None,
        }
        for child, census, school, entered, left in rows
    ]


@st.composite
def some_risks(draw: st.DrawFn, periods: Periods, authorities: list[str]) -> list[dict[str, Any]]:
    as_at = periods.education[2]
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(CHILDREN),
                st.sampled_from(oracle.RISK),
                near(as_at, as_at - timedelta(days=200)),
                st.sampled_from(authorities),
                st.one_of(st.none(), near(as_at)),
            ),
            unique_by=lambda row: row[:3],
            max_size=6,
        )
    )
    return [
        {
            "child_id": child,
            "authority": authority,
            "risk": risk,
            "started_on": started.isoformat(),
            "ended_on": ended.isoformat() if ended else None,
        }
        for child, risk, started, authority, ended in rows
    ]


@st.composite
def a_population(draw: st.DrawFn, periods: Periods) -> list[dict[str, Any]]:
    end = periods.missing[1]
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from([*AUTHORITIES, "E06000099"]),
                st.sampled_from(["children_0_17", "children_5_16", "looked_after_during_year"]),
                st.sampled_from([end - timedelta(days=300), end, end + timedelta(days=1)]),
                st.sampled_from([1, 3, 7, 40, 281, 36000]),
            ),
            unique_by=lambda row: row[:3],
            max_size=12,
        )
    )
    return [
        {"authority": authority, "group": group, "year_ending": year.isoformat(), "population": number}
        for authority, group, year, number in rows
    ]


@st.composite
def extracts(draw: st.DrawFn) -> Extracts:
    """One edition's extracts. One of missing_episodes and cme_referrals at least is there."""
    periods = draw(st.sampled_from(PERIODS))
    authorities = AUTHORITIES[: draw(st.sampled_from([1, 1, 2, 3]))]
    has_episodes, has_referrals = draw(
        st.sampled_from([(True, True), (True, True), (True, True), (True, False), (False, True)])
    )
    episodes = [
        draw(an_episode(n, periods, authorities)) for n in range(draw(st.sampled_from([0, 2, 5, 10, 16, 24, 32])))
    ]
    interviews = [
        row
        for n in range(draw(st.sampled_from([0, 3, 8, 14])) if episodes else 0)
        for row in draw(an_interview(n, periods, episodes))
    ]
    referrals = [draw(a_referral(n, periods, authorities)) for n in range(draw(st.sampled_from([0, 2, 6, 12])))]

    def perhaps(rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        return rows if draw(st.integers(0, 4)) else None

    named = {row["authority"] for row in [*(episodes if has_episodes else []), *(referrals if has_referrals else [])]}
    risks = [r for r in draw(some_risks(periods, authorities)) if r["authority"] in (named or {"E06000014"})]
    return Extracts(
        missing_episodes=episodes if has_episodes else None,
        return_interviews=perhaps(interviews) if has_episodes else None,
        cme_referrals=referrals if has_referrals else None,
        school_census=perhaps(draw(a_census(periods))),
        education_risk=perhaps(risks),
        population=perhaps(draw(a_population(periods))),
        periods=periods,
    )


@st.composite
def interviewed(draw: st.DrawFn) -> Extracts:
    """Episodes that have all ended with the child found, and interviews of most of them: the 72 hours, closely."""
    periods = Periods()
    days = st.sampled_from([date(2014, 6, 2), date(2014, 10, 24), date(2015, 3, 27), periods.missing[1]])
    episodes = []
    for number in range(draw(st.sampled_from([3, 5, 8]))):
        episode = draw(an_episode(number, periods, AUTHORITIES[:1]))
        began = datetime.combine(draw(days), time(20), tzinfo=LONDON)
        ended_at = draw(written(began + timedelta(hours=draw(st.integers(1, 30)))))
        ended = {"started_at": began.isoformat(), "ended_at": ended_at, "end_reason": None}
        episodes.append({**episode, **ended, "episode_type": "missing"})
    interviews = [draw(an_interview(n, periods, episodes)) for n in range(draw(st.sampled_from([3, 6, 10])))]
    return Extracts(
        missing_episodes=episodes, return_interviews=[row for rows in interviews for row in rows], periods=periods
    )
