"""Two hundred councils of one edition, each drawn at random close to where rules turn: the strategies of tests/metrics.

The period has a leap day, a change of the clocks in autumn and one in spring. The same rows on every machine.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.metrics import random_extracts as near_the_edge
from tests.metrics.admitted import Extracts, Periods

COUNCILS = 200
PERIODS = Periods(
    missing=(date(2015, 4, 1), date(2016, 3, 31), date(2017, 1, 12)),
    education=(date(2016, 9, 1), date(2017, 1, 12), date(2017, 1, 12)),
)
_TURNS = (date(2015, 10, 25), date(2016, 3, 27), date(2016, 2, 29), date(2015, 12, 31), date(2016, 3, 31))
"""The clocks go back and forward, the leap day, the ends of a year and of the period."""
_SHARED = ("007", "NA")
"""Children whom several councils know."""


@st.composite
def _an_episode(draw: st.DrawFn, number: int) -> dict[str, Any]:
    episode = draw(near_the_edge.an_episode(number, PERIODS, ["x"]))
    if draw(st.booleans()):
        return episode
    day = draw(near_the_edge.near(*_TURNS))
    text = f"{day.isoformat()}T{draw(st.sampled_from(near_the_edge.TIMES))}"
    began = datetime.fromisoformat(text).replace(tzinfo=near_the_edge.LONDON)
    ended = began.astimezone(ZoneInfo("UTC")) + timedelta(seconds=draw(near_the_edge.spans()))
    return {
        **episode,
        "started_at": draw(st.one_of(st.just(text), near_the_edge.written(began))),
        "ended_at": draw(near_the_edge.written(ended)) if episode["ended_at"] else None,
    }


@st.composite
def _a_council(draw: st.DrawFn) -> Extracts:
    episodes = [draw(_an_episode(number)) for number in range(draw(st.sampled_from([0, 3, 6, 9])))]
    interviews = [
        row
        for number in range(draw(st.sampled_from([0, 2, 5])) if episodes else 0)
        for row in draw(near_the_edge.an_interview(number, PERIODS, episodes))
    ]
    referrals = [draw(near_the_edge.a_referral(n, PERIODS, ["x"])) for n in range(draw(st.sampled_from([0, 2, 4])))]
    return Extracts(
        missing_episodes=episodes,
        return_interviews=interviews,
        cme_referrals=referrals,
        school_census=draw(near_the_edge.a_census(PERIODS)),
        education_risk=draw(near_the_edge.some_risks(PERIODS, ["x"])),
        population=draw(near_the_edge.a_population(PERIODS)),
    )


def draw_councils() -> Extracts:
    """The extracts of all of them in one edition."""
    councils: list[Extracts] = []

    @settings(
        max_examples=4 * COUNCILS,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_a_council())
    def keep(council: Extracts) -> None:
        if len(councils) < COUNCILS and (council.missing_episodes or council.cme_referrals):
            councils.append(council)

    keep()
    assert len(councils) == COUNCILS
    tables: dict[str, list[dict[str, Any]]] = {
        name: [
            _belonging(row, f"E{6_000_000 + number:08d}", number)
            for number, council in enumerate(councils)
            for row in getattr(council, name)
        ]
        for name in (
            "missing_episodes",
            "return_interviews",
            "cme_referrals",
            "school_census",
            "education_risk",
            "population",
        )
    }
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in tables["school_census"]:
        known.setdefault((row["child_id"], row["census_date"], row["school_id"]), row)
    tables["school_census"] = list(known.values())
    people = {(row["authority"], row["group"], row["year_ending"]): row for row in tables["population"]}
    tables["population"] = list(people.values())
    risks = {(row["child_id"], row["risk"], row["started_on"]): row for row in tables["education_risk"]}
    tables["education_risk"] = list(risks.values())
    return Extracts(**tables, periods=PERIODS, edition="2017", last_review_on=date(2016, 8, 1))


def _belonging(row: Any, authority: str, number: int) -> dict[str, Any]:
    """The row as one of this council: ids of its own, save those of the children whom several know."""
    changed = dict(row)
    for name in ("episode_id", "interview_id", "referral_id"):
        if name in changed:
            changed[name] = f"{number}-{changed[name]}"
    if "child_id" in changed and changed["child_id"] not in _SHARED:
        changed["child_id"] = f"{number}-{changed['child_id']}"
    if "authority" in changed:
        changed["authority"] = authority
    return changed
