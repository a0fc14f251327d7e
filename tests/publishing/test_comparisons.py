from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.figures import PublicFigure
from pipelines.publishing import comparisons
from pipelines.publishing.book import Book
from pipelines.publishing.comparisons import Break
from pipelines.register import read_categories, read_metrics
from tests.publishing.fabricated import make_book, make_edition, make_figures


def make_with(edition: str, base: int = 5, **values: int | None) -> Book:
    """The book of an edition in which the totals of some metrics are as given; None is hidden."""

    def give(figure: PublicFigure) -> PublicFigure:
        key = figure.key
        if key.breakdown != "total" or key.metric_id not in values:
            return figure
        value = values[key.metric_id]
        if value is None:
            return replace(figure, value=None, display="[c]", status="suppressed")
        return replace(figure, value=Decimal(value), display=f"{value:,}", status="published")

    figures = [give(figure) for figure in make_figures(edition)]
    return Book(make_edition(edition), figures, read_metrics(), read_categories(), audience="public", base=base)


def direction(before: int | None, now: int | None, base: int = 5, metric: str = "episodes_reported") -> str | None:
    earlier, later = make_with("2016", base, **{metric: before}), make_with("2017", base, **{metric: now})
    return comparisons.find_direction(earlier, earlier.figure(metric), later, later.figure(metric))


@pytest.mark.parametrize(
    ("before", "now", "base", "said"),
    [
        (500, 530, 5, "rose"),
        (530, 500, 5, "fell"),
        (530, 530, 5, "is about the same"),
        (30, 35, 5, "is about the same"),  # 32 may have become 33
        (30, 40, 5, "rose"),
        (530, 540, 5, "is about the same"),  # less than a twentieth
        (30, 32, 1, "rose"),
        (0, 5, 5, "rose"),
        (None, 5, 5, None),
        (5, None, 5, None),
    ],
)
def test_a_change_is_said_where_rounding_cannot_explain_it_and_it_is_a_twentieth(
    before: int | None, now: int | None, base: int, said: str | None
) -> None:
    assert direction(before, now, base) == said


@given(st.integers(5, 3000), st.integers(5, 3000))
def test_a_rise_that_is_said_is_one_whatever_was_rounded(before: int, now: int) -> None:
    said = direction(_round(before), _round(now))
    if said in ("rose", "fell"):
        assert (now > before) == (said == "rose")


def _round(value: int) -> int:
    return (value + 2) // 5 * 5


def test_a_rate_changes_only_beyond_what_rounding_does_to_its_counts() -> None:
    metric = "return_interview_offer_rate"
    earlier = make_with(
        "2016", **{"return_interviews_due": 40, "return_interviews_offered_within_72_hours": 20, metric: 50}
    )
    for offered, said in ((25, "is about the same"), (35, "rose")):
        rate = {
            "return_interviews_due": 40,
            "return_interviews_offered_within_72_hours": offered,
            metric: offered * 5 // 2,
        }
        later = make_with("2017", **rate)
        assert comparisons.find_direction(earlier, earlier.figure(metric), later, later.figure(metric)) == said


@pytest.mark.parametrize(
    ("part", "whole", "is_most"),
    [(270, 530, True), (265, 530, False), (15, 20, True), (15, 25, False), (10, 20, False)],
)
def test_most_is_said_of_more_than_half_for_certain(part: int, whole: int, is_most: bool) -> None:
    book = make_with("2016", missing_episodes=part, episodes_reported=whole)
    assert comparisons.is_most(book, book.figure("missing_episodes"), book.figure("episodes_reported")) is is_most


def test_the_first_time_needs_an_earlier_edition_that_counted_nought() -> None:
    nought, five, hidden = (make_with("2016", cme_open=value).figure("cme_open") for value in (0, 5, None))
    assert comparisons.is_first_time([nought], five)
    assert not comparisons.is_first_time([], five)
    assert not comparisons.is_first_time([hidden], five)
    assert not comparisons.is_first_time([nought], nought)


@pytest.mark.parametrize(("values", "is_highest"), [((30, 40, 60), True), ((60, 40, 60), False), ((30, 60), False)])
def test_the_highest_is_above_all_of_two_earlier_editions_at_least(values: Sequence[int], is_highest: bool) -> None:
    books = [make_with(name, cme_open=value) for name, value in zip(("2016", "2017", "2018"), values, strict=False)]
    assert comparisons.is_highest(books, [b.figure("cme_open") for b in books]) is is_highest


def test_a_break_is_crossed_after_the_first_began_and_until_the_second_ended() -> None:
    before, now = (make_book(name).figure("episodes_reported") for name in ("2016", "2017"))
    metric = read_metrics()["episodes_reported"]
    for day, is_crossed in (
        ("2014-04-01", False),
        ("2014-04-02", True),
        ("2015-04", True),
        ("2016-03-31", True),
        ("2016-04", False),
    ):
        found = comparisons.find_breaks([Break(day, "missing", ("episodes_reported",), "x")], metric, before, now)
        assert bool(found) is is_crossed, day


def test_a_break_of_what_a_mean_is_worked_out_from_is_a_break_of_the_mean() -> None:
    one = Break("2015-04-01", "missing", ("episodes_reported",), "x")
    assert one.concerns(read_metrics()["episodes_per_child"])
    assert not one.concerns(read_metrics()["children_reported"])


@given(first=st.integers(0, 300), second=st.integers(0, 300), base=st.sampled_from([1, 3, 5, 10]))
def test_a_number_is_called_larger_only_where_no_number_behind_it_could_be_as_small(
    first: int, second: int, base: int
) -> None:
    shown = [(number + base // 2) // base * base for number in (first, second)]
    book = make_with("2016", base, episodes_reported=shown[0], children_reported=shown[1])
    figures = [book.figure(metric_id) for metric_id in ("episodes_reported", "children_reported")]
    behind = [[n for n in range(400) if (n + base // 2) // base * base == number] for number in shown]
    said = comparisons.is_certainly_more(book, *figures)
    assert not said or min(behind[0]) > max(behind[1])
    assert said or base == 10 or 0 in shown or min(behind[0]) <= max(behind[1])
