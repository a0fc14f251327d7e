"""Dates and times of extracts against a plain reading: Europe/London, the first of two local times, elapsed time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake.moments import Moment, NotAMoment, is_before, read_moment
from pipelines.intake.schemas import read_schema

LONDON = ZoneInfo("Europe/London")
LOCAL = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31, 23, 59, 59)).map(lambda t: t.replace(microsecond=0))


def test_an_episode_over_the_change_of_the_clocks_lasted_23_hours_and_a_quarter() -> None:
    start, end = read_moment("2015-03-28T23:30"), read_moment("2015-03-29T23:45")
    assert start.second is not None
    assert end.second is not None
    assert timedelta(seconds=end.second - start.second) == timedelta(hours=23, minutes=15)


def test_a_local_time_that_happens_twice_is_the_first_of_the_two() -> None:
    assert read_moment("2015-10-25T01:30") == read_moment("2015-10-25T00:30Z")


def test_a_local_time_that_never_happened_is_read_with_the_offset_before_the_change() -> None:
    moment = read_moment("2015-03-29T01:30")
    assert moment.never_happened
    assert moment.second == read_moment("2015-03-29T01:30Z").second


def test_a_date_without_a_time_has_no_instant() -> None:
    assert read_moment("2015-03-29") == Moment(date(2015, 3, 29).toordinal(), None)


def test_an_instant_belongs_to_the_local_date_in_london() -> None:
    assert read_moment("2014-03-31T23:30Z").day == date(2014, 4, 1).toordinal()
    assert read_moment("2014-04-01T05:00+10:00").day == date(2014, 3, 31).toordinal()


@settings(deadline=None)
@given(LOCAL, st.booleans())
def test_any_local_time_is_read_as_its_instant(local: datetime, with_seconds: bool) -> None:
    written = local if with_seconds else local.replace(second=0)
    moment = read_moment(written.isoformat(timespec="seconds" if with_seconds else "minutes"))
    expected = written.replace(tzinfo=LONDON, fold=0)
    assert moment.second == int(expected.timestamp())
    assert moment.day == written.toordinal()
    assert moment.never_happened == (expected.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != written)


@settings(deadline=None)
@given(LOCAL, st.integers(-14 * 60, 14 * 60))
def test_any_instant_is_read_whatever_its_offset(local: datetime, minutes: int) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    moment = read_moment(f"{local.isoformat(timespec='seconds')}{sign}{size // 60:02}:{size % 60:02}")
    instant = local.replace(tzinfo=UTC) - timedelta(minutes=minutes)
    assert moment.second == int(instant.timestamp())
    assert moment.day == instant.astimezone(LONDON).toordinal()


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), LOCAL)
def test_not_before_is_judged_by_date_where_either_is_a_date(day: date, local: datetime) -> None:
    left, right = read_moment(day.isoformat()), read_moment(local.isoformat(timespec="minutes"))
    assert is_before(left, right) == (day < local.date())
    assert is_before(right, left) == (local.date() < day)


@pytest.mark.parametrize(
    "text", ["2015-02-30", "2015-13-01T10:00", "2015-01-01T25:00", "2015-01-01T10:60", "0000-01-01"]
)
def test_a_date_that_does_not_exist_is_no_moment(text: str) -> None:
    with pytest.raises(NotAMoment) as caught:
        read_moment(text)
    assert caught.value.rule == "no_such_date"
    assert text not in str(caught.value)


@settings(deadline=None)
@given(st.text(alphabet="0123456789-:TZ+. tz", max_size=27))
def test_the_schema_takes_exactly_the_stated_forms(text: str) -> None:
    verdict = read_schema("missing_episodes").judge("started_at", text) if text else None
    if verdict is None or verdict.rule:
        return
    shapes = {"dddd-dd-dd"}
    for clock in ("Tdd:dd", "Tdd:dd:dd"):
        shapes |= {f"dddd-dd-dd{clock}{zone}" for zone in ("", "Z", "+dd:dd", "-dd:dd")}
    assert "".join("d" if character in "0123456789" else character for character in text) in shapes


@settings(deadline=None)
@given(LOCAL, st.sampled_from(["", "Z", "+01:00", "-05:30"]))
def test_every_stated_form_is_taken(local: datetime, zone: str) -> None:
    schema = read_schema("missing_episodes")
    for spec in ("minutes", "seconds"):
        assert schema.judge("started_at", local.isoformat(timespec=spec) + zone).rule is None
    assert schema.judge("started_at", local.date().isoformat()).rule is None
