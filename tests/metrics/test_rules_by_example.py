"""Each rule of the contract that is easy to get wrong, by the smallest extract that shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.metrics.admitted import Extracts, Row
from tests.metrics.oracle import Number
from tests.metrics.warehouse import Warehouse

YORK, LEEDS = "E06000014", "E08000035"

Read = Callable[..., Number]


def episode(number: int = 1, **cells: Any) -> Row:
    """A missing episode of an hour, of a boy who was not looked after, unless said otherwise."""
    return {
        "episode_id": f"e{number}",
        "child_id": f"c{number}",
        "authority": YORK,
        "episode_type": "missing",
        "started_at": "2014-06-02T20:00",
        "ended_at": "2014-06-02T21:00",
        "sex": "male",
        "looked_after": "false",
        **cells,
    }


def interview(number: int = 1, episode_id: str = "e1", **cells: Any) -> Row:
    return {"interview_id": f"i{number}", "episode_id": episode_id, **cells}


def referral(number: int = 1, **cells: Any) -> Row:
    """A referral of 1 October 2015 that is open, unless said otherwise."""
    return {
        "referral_id": f"r{number}",
        "child_id": f"c{number}",
        "authority": YORK,
        "referred_on": "2015-10-01",
        "sex": "female",
        "phase": "primary",
        **cells,
    }


@pytest.fixture
def work_out(warehouse: Warehouse) -> Callable[..., Read]:
    """Give extracts, get a way to read one figure of them."""

    def of(**extracts: Any) -> Read:
        warehouse.rebuild(Extracts(**extracts))
        figures = warehouse.figures()

        def read(metric: str, breakdown: str = "total", category: str = "all", authority: str = YORK) -> Number:
            return figures[authority, metric, breakdown, category]

        return read

    return of


def categories(read: Read, metric: str, breakdown: str, names: list[str]) -> dict[str, int]:
    """The categories that are not 0."""
    counts = {name: read(metric, breakdown, name).numerator for name in names}
    return {name: count for name, count in counts.items() if count}


DURATIONS = ["under_24_hours", "24_hours_or_more", "not_yet_located", "not_known"]


@pytest.mark.parametrize(
    ("started_at", "ended_at", "duration"),
    [
        ("2014-06-02T20:00", "2014-06-03T19:59:59", "under_24_hours"),
        ("2014-06-02T20:00", "2014-06-03T20:00", "24_hours_or_more"),
        # The clocks go forward: 24 hours and a quarter on the clock, 23 hours and a quarter in truth.
        ("2015-03-28T23:30", "2015-03-29T23:45", "under_24_hours"),
        ("2015-03-28T23:30", "2015-03-30T00:30", "24_hours_or_more"),
        # The clocks go back: 23 hours and a half on the clock, 24 and a half in truth.
        ("2014-10-25T23:30", "2014-10-26T23:00", "24_hours_or_more"),
        # 01:30 happens twice on 26 October 2014, and the first of the two is meant: 24 hours before 01:30 on the 27th are 25.
        ("2014-10-26T01:30", "2014-10-27T00:30", "24_hours_or_more"),
        ("2014-10-26T01:30", "2014-10-27T00:29:59", "under_24_hours"),
        # 01:30 never happens on 29 March 2015; by the offset before the change it is 02:30 summer time.
        ("2015-03-29T01:30", "2015-03-30T02:30", "24_hours_or_more"),
        ("2015-03-29T01:30", "2015-03-30T02:29:59", "under_24_hours"),
        # An offset says the instant, in whichever zone.
        ("2014-06-02T20:00+01:00", "2014-06-03T19:00Z", "24_hours_or_more"),
        ("2014-06-02T20:00+05:30", "2014-06-03T14:29:59Z", "under_24_hours"),
        # A date alone is precise to the day, and nothing is guessed.
        ("2014-06-02", "2014-06-20T12:00", "not_known"),
        ("2014-06-02T12:00", "2014-06-02", "not_known"),
    ],
)
def test_a_duration_is_elapsed_time(
    work_out: Callable[..., Read], started_at: str, ended_at: str, duration: str
) -> None:
    read = work_out(missing_episodes=[episode(started_at=started_at, ended_at=ended_at)])
    assert categories(read, "missing_episodes", "duration", DURATIONS) == {duration: 1}


def test_each_band_of_durations_begins_where_the_last_one_ends(work_out: Callable[..., Read]) -> None:
    began = datetime(2014, 6, 2, 20, 0)
    firsts = {1: "1_to_2_days", 3: "3_to_7_days", 8: "8_to_10_days", 11: "11_to_15_days", 16: "16_to_20_days"}
    firsts |= {21: "21_to_30_days", 31: "over_30_days"}
    ends = [began + timedelta(days=days, seconds=beside) for days in firsts for beside in (-1, 0)]
    read = work_out(
        missing_episodes=[
            episode(n, started_at=began.isoformat(), ended_at=end.isoformat()) for n, end in enumerate(ends)
        ]
    )
    bands = ["under_1_day", *firsts.values()]
    assert categories(read, "missing_episodes", "duration_band", bands) == {
        "under_1_day": 1,
        **dict.fromkeys(bands[1:-1], 2),
        "over_30_days": 1,
    }
    days = [began.date() + timedelta(days=n) for first in firsts for n in (first - 1, first)]
    read = work_out(missing_episodes=[episode(n, ended_at=day.isoformat()) for n, day in enumerate(days)])
    assert categories(read, "missing_episodes", "duration_band", bands) == {
        "under_1_day": 1,
        **dict.fromkeys(bands[1:-1], 2),
        "over_30_days": 1,
    }


def test_a_day_precise_episode_is_banded_by_whole_days(work_out: Callable[..., Read]) -> None:
    read = work_out(missing_episodes=[episode(started_at="2014-06-02T23:00", ended_at="2014-06-05")])
    assert read("missing_episodes", "duration_band", "3_to_7_days").numerator == 1


@pytest.mark.parametrize(
    ("started_at", "is_counted"),
    [
        ("2014-04-01T00:00", True),
        ("2014-03-31T23:59:59", False),
        ("2014-03-31T23:00Z", True),
        ("2014-03-31T22:59:59Z", False),
        ("2014-04-01", True),
        ("2015-03-31T23:59:59", True),
        ("2015-04-01T00:00", False),
        ("2015-03-31T23:00Z", False),
        ("2015-03-31", True),
    ],
)
def test_an_episode_belongs_to_the_period_by_its_local_date(
    work_out: Callable[..., Read], started_at: str, is_counted: bool
) -> None:
    read = work_out(missing_episodes=[episode(started_at=started_at, ended_at=None)])
    assert read("episodes_reported").numerator == int(is_counted)


@pytest.mark.parametrize(
    ("ended_at", "end_reason", "is_located"),
    [
        ("2016-01-12T23:59:59", None, True),
        ("2016-01-13T00:00", "returned", False),
        ("2016-01-12", "died", True),
        ("2014-06-03T00:00", "transferred", False),
        ("2014-06-03T00:00", "closed_not_found", False),
        ("2014-06-03T00:00", "turned_18_not_found", False),
        ("2014-06-03T00:00", "located_not_returned", True),
        (None, None, False),
    ],
)
def test_a_child_is_located_when_its_episode_had_ended_with_the_child_found(
    work_out: Callable[..., Read], ended_at: str | None, end_reason: str | None, is_located: bool
) -> None:
    read = work_out(missing_episodes=[episode(ended_at=ended_at, end_reason=end_reason)])
    assert read("children_located").numerator == int(is_located)
    assert read("children_not_located").numerator == int(not is_located)


def test_no_return_interview_is_due_after_a_death(work_out: Callable[..., Read]) -> None:
    read = work_out(missing_episodes=[episode(1, end_reason="died"), episode(2)])
    assert read("return_interviews_due").numerator == 1


@pytest.mark.parametrize(("days_later", "is_counted"), [(90, 1), (91, 0)])
def test_three_missing_episodes_within_90_days_are_counted_from_the_first_day_to_the_third(
    work_out: Callable[..., Read], days_later: int, is_counted: int
) -> None:
    third = date.fromordinal(date(2014, 6, 2).toordinal() + days_later)
    starts = ["2014-06-02T23:59", "2014-07-01T10:00", f"{third}T00:00"]
    episodes = [episode(n, child_id="c", started_at=start, ended_at=None) for n, start in enumerate(starts)]
    between = episode(9, child_id="c", episode_type="absent", started_at="2014-06-10T00:00", ended_at=None)
    read = work_out(missing_episodes=[*episodes, between])
    assert read("children_missing_three_times_in_90_days").numerator == is_counted


def test_a_child_looked_after_once_is_looked_after_in_every_count_of_children(work_out: Callable[..., Read]) -> None:
    read = work_out(
        missing_episodes=[
            episode(1, child_id="c", looked_after="false"),
            episode(2, child_id="c", looked_after="true", started_at="2014-09-01T10:00", ended_at=None),
        ]
    )
    assert read("children_repeatedly_missing", "looked_after_status", "looked_after").numerator == 1
    assert read("children_reported", "looked_after_status", "not_looked_after").numerator == 0
    without_a_child = read("episodes_per_child", "looked_after_status", "not_looked_after")
    assert without_a_child == Number(1, 0, None, "not_applicable", None)


def test_a_child_is_what_its_first_episode_says_and_ties_go_by_id(work_out: Callable[..., Read]) -> None:
    read = work_out(
        missing_episodes=[
            episode(2, child_id="c", sex="male", started_at="2014-06-02T00:00", ended_at=None),
            episode(1, child_id="c", sex="female", started_at="2014-06-02", ended_at=None),
        ]
    )
    assert read("children_reported", "sex", "female").numerator == 1


@pytest.mark.parametrize(
    ("ended_at", "offered_at", "is_within"),
    [
        ("2014-06-02T21:00", "2014-06-05T21:00", 1),
        ("2014-06-02T21:00", "2014-06-05T21:00:01", 0),
        ("2014-06-02T21:00", "2014-06-01T12:00", 1),
        # Summer time begins in between: 72 hours later it is 22:00.
        ("2015-03-27T21:00", "2015-03-30T22:00", 1),
        ("2015-03-27T21:00", "2015-03-30T22:00:01", 0),
        ("2014-10-24T21:00", "2014-10-27T20:00", 1),
        ("2014-10-24T21:00", "2014-10-27T20:00:01", 0),
        ("2014-06-02T21:00", "2014-06-03", 0),
        ("2014-06-02", "2014-06-03T12:00", 0),
    ],
)
def test_an_offer_within_72_hours_is_within_72_elapsed_hours(
    work_out: Callable[..., Read], ended_at: str, offered_at: str, is_within: int
) -> None:
    read = work_out(
        missing_episodes=[episode(started_at=ended_at[:10], ended_at=ended_at)],
        return_interviews=[interview(offered_at=offered_at)],
    )
    assert read("return_interviews_offered").numerator == 1
    assert read("return_interviews_offered_within_72_hours").numerator == is_within
    is_known = len(ended_at) > 10 and len(offered_at) > 10
    assert read("return_interviews_timeliness_not_known").numerator == int(not is_known)


def test_a_response_without_an_offer_implies_one_whose_time_is_not_known(work_out: Callable[..., Read]) -> None:
    read = work_out(missing_episodes=[episode()], return_interviews=[interview(response="no_reply")])
    assert read("return_interviews_offered").numerator == 1
    assert read("return_interviews_offered_within_72_hours").numerator == 0
    assert read("return_interviews_timeliness_not_known").numerator == 1


@pytest.mark.parametrize(
    ("offered_at", "is_timeliness_not_known"),
    [(None, 0), ("2014-06-08", 1), ("2014-06-08T09:00", 0), ("2016-01-13", 0)],
)
def test_an_interview_implies_an_offer_no_later_than_itself_where_none_is_recorded(
    work_out: Callable[..., Read], offered_at: str | None, is_timeliness_not_known: int
) -> None:
    read = work_out(
        missing_episodes=[episode()],
        return_interviews=[interview(offered_at=offered_at, held_at="2014-06-10T10:00")],
    )
    assert read("return_interviews_offered").numerator == 1
    assert read("return_interviews_offered_within_72_hours").numerator == 0
    assert read("return_interviews_timeliness_not_known").numerator == is_timeliness_not_known


def test_an_interview_held_within_72_hours_was_offered_within_them_whatever_the_offer_says(
    work_out: Callable[..., Read],
) -> None:
    read = work_out(
        missing_episodes=[episode()],
        return_interviews=[interview(offered_at="2014-06-30", held_at="2014-06-03T10:00")],
    )
    assert read("return_interviews_offered_within_72_hours").numerator == 1
    assert read("return_interviews_timeliness_not_known").numerator == 0


def test_where_only_some_offers_have_a_time_those_count(work_out: Callable[..., Read]) -> None:
    read = work_out(
        missing_episodes=[episode()],
        return_interviews=[interview(1, offered_at="2014-06-02"), interview(2, offered_at="2014-06-20T09:00")],
    )
    assert read("return_interviews_offered_within_72_hours").numerator == 0
    assert read("return_interviews_timeliness_not_known").numerator == 0


def test_an_offer_after_the_date_of_the_edition_takes_its_response_with_it(work_out: Callable[..., Read]) -> None:
    read = work_out(
        missing_episodes=[episode()],
        return_interviews=[interview(offered_at="2016-01-13T00:00", response="accepted", held_at="2016-01-20T10:00")],
    )
    assert read("return_interviews_offered").numerator == 0
    assert read("return_interviews_accepted").numerator == 0


def test_a_response_stays_where_only_the_interview_is_later(work_out: Callable[..., Read]) -> None:
    read = work_out(
        missing_episodes=[episode()],
        return_interviews=[interview(response="accepted", held_at="2016-01-20T10:00")],
    )
    assert read("return_interviews_accepted").numerator == 1
    assert read("return_interviews_held").numerator == 0


def test_one_interview_of_two_episodes_is_two_episodes_held_and_one_interview(work_out: Callable[..., Read]) -> None:
    shared = {"held_at": "2014-06-03T10:00", "push_factors": "bullying;other", "shared_with_police_on": "2014-06-04"}
    read = work_out(
        missing_episodes=[episode(1, child_id="c"), episode(2, child_id="c")],
        return_interviews=[interview(1, "e1", **shared), interview(1, "e2", **shared)],
    )
    assert read("return_interviews_held").numerator == 2
    assert read("return_interviews_with_factors") == Number(1, None, Decimal(1), "published", 1)
    assert read("push_factors_cited").numerator == 2
    assert read("push_factors_cited", "factor", "bullying").numerator == 1
    assert read("return_interviews_shared_with_police").numerator == 1


def test_the_earliest_interview_decides_the_interviewer(work_out: Callable[..., Read]) -> None:
    read = work_out(
        missing_episodes=[episode()],
        return_interviews=[
            interview(1, held_at="2014-06-04T10:00", interviewer="social_worker"),
            interview(2, held_at="2014-06-03T10:00", interviewer="independent"),
        ],
    )
    assert read("return_interviews_held", "interviewer", "independent").numerator == 1
    assert read("median_hours_to_return_interview").value == Decimal("13.0")


def test_an_interview_before_the_return_has_negative_hours_rounded_away_from_zero(
    work_out: Callable[..., Read],
) -> None:
    # 2 hours 15 minutes before: -2.25 hours.
    read = work_out(missing_episodes=[episode()], return_interviews=[interview(held_at="2014-06-02T18:45")])
    assert read("median_hours_to_return_interview") == Number(None, 1, Decimal("-2.3"), "published", 1)


def test_the_median_of_an_even_number_is_the_mean_of_the_two_middle_values(work_out: Callable[..., Read]) -> None:
    ends = ["2014-06-02T20:15", "2014-06-02T20:30", "2014-06-02T20:36", "2014-06-03T20:00"]
    read = work_out(missing_episodes=[episode(n, ended_at=end) for n, end in enumerate(ends)])
    # The mean of 0.5 and 0.6 hours is 0.55, half away from zero.
    assert read("median_missing_hours") == Number(None, 4, Decimal("0.6"), "published", 4)


@pytest.mark.parametrize(
    ("children", "population", "rate"), [(1, 1600, "6.3"), (1, 800, "12.5"), (7, 40000, "1.8"), (1, 10**12, "0.0")]
)
def test_a_rate_is_rounded_half_away_from_zero_from_the_exact_ratio(
    work_out: Callable[..., Read], children: int, population: int, rate: str
) -> None:
    people = {"authority": YORK, "group": "children_0_17", "year_ending": "2015-03-31", "population": population}
    read = work_out(missing_episodes=[episode(n) for n in range(children)], population=[people])
    assert read("children_reported_per_10000") == Number(children, population, Decimal(rate), "published", None)


def test_a_rate_takes_the_latest_year_that_had_ended_by_the_period(work_out: Callable[..., Read]) -> None:
    years = {"2013-06-30": 1000, "2014-06-30": 2000, "2015-04-01": 4000}
    people = [
        {"authority": YORK, "group": "children_0_17", "year_ending": year, "population": number}
        for year, number in years.items()
    ]
    read = work_out(missing_episodes=[episode()], population=people)
    assert read("children_reported_per_10000").denominator == 2000
    assert read("looked_after_children_missing_rate").status == "not_available"


def test_all_counts_children_once_and_needs_the_population_of_each(work_out: Callable[..., Read]) -> None:
    episodes = [episode(1, child_id="c"), episode(2, child_id="c", authority=LEEDS, looked_after="true")]
    people = [
        {"authority": authority, "group": group, "year_ending": "2014-06-30", "population": 1000}
        for authority, group in [(YORK, "children_0_17"), (LEEDS, "children_0_17"), (LEEDS, "looked_after_during_year")]
    ]
    read = work_out(missing_episodes=episodes, population=people)
    assert [read("children_reported", authority=a).numerator for a in (YORK, LEEDS, "all")] == [1, 1, 1]
    assert read("children_reported", "looked_after_status", "not_looked_after", YORK).numerator == 1
    assert read("children_reported", "looked_after_status", "looked_after", "all").numerator == 1
    assert read("children_repeatedly_missing", authority="all").numerator == 1
    assert read("children_reported_per_10000", authority="all").denominator == 2000
    assert read("looked_after_children_missing_rate", authority=LEEDS).status == "published"
    assert read("looked_after_children_missing_rate", authority="all").status == "not_available"


def test_children_missing_and_missing_education_are_so_in_the_same_authority(work_out: Callable[..., Read]) -> None:
    read = work_out(
        missing_episodes=[episode(1, child_id="c"), episode(2, child_id="d", episode_type="absent")],
        cme_referrals=[referral(1, child_id="c", authority=LEEDS), referral(2, child_id="d")],
    )
    found = [read("children_missing_and_cme", authority=a).numerator for a in (YORK, LEEDS, "all")]
    assert found == [0, 0, 1]


def test_an_absent_extract_is_not_available_in_every_row_and_never_0(
    work_out: Callable[..., Read], warehouse: Warehouse
) -> None:
    read = work_out(cme_referrals=[referral()])
    rows = warehouse.query(
        "select count(*), count(*) filter (where status = 'not_available' and numerator is null and value is null) "
        "from figures where metric_id = 'episodes_reported'"
    )
    assert rows == [(68, 68)]
    assert read("children_missing_and_cme").status == "not_available"
    assert read("cme_open").numerator == 1


def test_return_interviews_due_need_only_the_episodes(work_out: Callable[..., Read]) -> None:
    read = work_out(missing_episodes=[episode()])
    assert read("return_interviews_due").numerator == 1
    assert read("return_interviews_offered").status == "not_available"


def test_a_header_without_rows_counts_0_for_the_configured_authority(work_out: Callable[..., Read]) -> None:
    read = work_out(missing_episodes=[], cme_referrals=[])
    assert read("episodes_reported") == Number(0, None, Decimal(0), "published", 0)
    assert read("most_missing_episodes_of_one_looked_after_child").numerator == 0
    assert read("episodes_per_child") == Number(0, 0, None, "not_applicable", None)
    assert read("median_missing_hours") == Number(None, 0, None, "not_applicable", 0)
    assert read("return_interviews_due", "placement_location", "not_looked_after").numerator == 0


def test_every_month_of_a_period_has_its_row(work_out: Callable[..., Read], warehouse: Warehouse) -> None:
    work_out(missing_episodes=[episode()], cme_referrals=[])
    months = warehouse.query("select category from figures where metric_id = 'cme_referrals' and breakdown = 'month'")
    assert [month for (month,) in months] == ["2015-09", "2015-10", "2015-11", "2015-12", "2016-01"]


@pytest.mark.parametrize(
    ("closed_on", "is_closed", "is_removed"),
    [("2016-01-12", 1, 1), ("2016-01-13", 0, 0), (None, 0, 0)],
)
def test_a_case_closed_after_the_date_of_the_edition_is_open(
    work_out: Callable[..., Read], closed_on: str | None, is_closed: int, is_removed: int
) -> None:
    outcome = "census_reconciled" if closed_on else None
    read = work_out(cme_referrals=[referral(closed_on=closed_on, outcome=outcome)])
    assert read("cme_closed").numerator == is_closed
    assert read("cme_open").numerator == 1 - is_closed
    assert read("cme_removed_after_census").numerator == is_removed


@pytest.mark.parametrize(("closed_on", "is_removed"), [("2015-01-13", 1), ("2015-01-12", 0)])
def test_a_case_removed_after_the_census_is_one_of_the_last_364_days(
    work_out: Callable[..., Read], closed_on: str, is_removed: int
) -> None:
    read = work_out(
        cme_referrals=[referral(referred_on="2013-01-01", closed_on=closed_on, outcome="census_reconciled")]
    )
    assert read("cme_removed_after_census").numerator == is_removed
    assert read("cme_closed").numerator == 0


@pytest.mark.parametrize(
    ("referred_on", "open_length"),
    [
        ("2015-12-16", "under_28_days"),
        ("2015-12-15", "28_to_83_days"),
        ("2015-10-21", "28_to_83_days"),
        ("2015-10-20", "84_to_364_days"),
        ("2015-01-13", "84_to_364_days"),
        ("2015-01-12", "365_days_or_more"),
    ],
)
def test_open_cases_are_banded_by_whole_days_to_the_date_of_the_edition(
    work_out: Callable[..., Read], referred_on: str, open_length: str
) -> None:
    read = work_out(cme_referrals=[referral(referred_on=referred_on)])
    assert read("cme_open", "open_length", open_length).numerator == 1
    in_period = referred_on >= "2015-09-01"
    assert read("cme_open", "referred", "in_period" if in_period else "before_period").numerator == 1


@pytest.mark.parametrize(
    ("rows", "is_found"),
    [
        ([("2016-01-05", "2015-09-01", None)], 1),
        ([("2016-01-13", "2015-09-01", None)], 0),
        ([("2015-10-01", "2015-09-01", None), ("2016-01-05", "2015-09-01", "2016-01-12")], 0),
        ([("2016-01-05", "2015-09-01", "2016-01-13")], 1),
        ([("2016-01-05", "2016-01-13", None)], 0),
        ([], 0),
    ],
)
def test_an_open_case_is_found_on_roll_in_the_latest_census_alone(
    work_out: Callable[..., Read], rows: list[tuple[str, str, str | None]], is_found: int
) -> None:
    census = [
        {"child_id": "c1", "school_id": "s", "census_date": on, "entry_date": entered, "leaving_date": left}
        for on, entered, left in rows
    ]
    read = work_out(cme_referrals=[referral()], school_census=census)
    assert read("cme_found_on_roll").numerator == is_found


def test_a_child_with_two_risks_is_one_child(work_out: Callable[..., Read]) -> None:
    risks = [
        {"child_id": "c", "authority": YORK, "risk": risk, "started_on": "2015-09-01", "ended_on": ended}
        for risk, ended in [("medical", None), ("exclusion", "2016-01-13"), ("awaiting_place", "2016-01-12")]
    ]
    read = work_out(cme_referrals=[], education_risk=risks)
    assert read("children_at_risk_of_cme").numerator == 1
    assert read("children_at_risk_of_cme", "risk", "exclusion").numerator == 1
    assert read("children_at_risk_of_cme", "risk", "awaiting_place").numerator == 0
