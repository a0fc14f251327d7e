from dataclasses import replace
from decimal import Decimal

import pytest

from pipelines.figures import FigureKey, PublicFigure
from pipelines.publishing import findings, sentences
from pipelines.publishing.book import Book
from pipelines.publishing.markup import plain
from pipelines.register import read_categories, read_metrics
from tests.publishing.fabricated import make_book, make_edition, make_figures


def make_series(metric_id: str, by: str, total: int | None, **values: int | None) -> Book:
    """The 2016 book, with one breakdown as given: None is hidden, categories not named are 0."""

    def give(figure: PublicFigure, value: int | None) -> PublicFigure:
        if value is None:
            return replace(figure, value=None, display="[c]", status="suppressed")
        return replace(figure, value=Decimal(value), display=f"{value:,}", status="published")

    def change(figure: PublicFigure) -> PublicFigure:
        key: FigureKey = figure.key
        if key.metric_id != metric_id or key.breakdown not in ("total", by):
            return figure
        return give(figure, total if key.breakdown == "total" else values.get(key.category, 0))

    figures = [change(figure) for figure in make_figures("2016")]
    return Book(make_edition("2016"), figures, read_metrics(), read_categories(), audience="public")


def headline(metric_id: str, by: str, total: int | None, **values: int | None) -> str:
    return plain(findings.find_headline(make_series(metric_id, by, total, **values), metric_id, by))


def test_the_finding_names_the_largest_category_with_its_value_and_the_total() -> None:
    book = make_series("episodes_reported", "weekday", 530, friday=210, monday=160, sunday=160)
    assert plain(findings.find_headline(book, "episodes_reported", "weekday")) == (
        "Friday was the busiest day: 210 of 530 episodes"
    )


def test_a_tie_names_no_winner() -> None:
    assert headline("episodes_reported", "weekday", 530, friday=210, monday=210, sunday=110) == (
        "Monday and Friday were the busiest days: 210 of 530 episodes each"
    )
    assert (
        sentences.find_largest(
            make_series("episodes_reported", "weekday", 20, friday=10, monday=10), "episodes_reported", "weekday"
        )
        is None
    )


def test_a_hidden_number_that_could_be_larger_leaves_the_finding_open() -> None:
    open_book = make_series("episodes_reported", "weekday", 530, friday=100, monday=None, sunday=None)
    assert sentences.find_largest(open_book, "episodes_reported", "weekday") is None
    assert headline("episodes_reported", "weekday", 530, friday=100, monday=None) == (
        "100 of 530 episodes began on a Friday"
    )
    settled = make_series("episodes_reported", "weekday", 530, friday=500, monday=None, sunday=20)
    member = sentences.find_largest(settled, "episodes_reported", "weekday")
    assert member is not None
    assert member.category == "friday"


def test_a_hidden_total_leaves_the_finding_open_when_a_category_is_hidden() -> None:
    book = make_series("episodes_reported", "weekday", None, friday=500, monday=None)
    assert sentences.find_largest(book, "episodes_reported", "weekday") is None


def test_what_is_not_known_is_never_named_as_the_largest() -> None:
    book = make_series("episodes_reported", "reported_by", 530, not_known=300, police=230)
    assert sentences.find_largest(book, "episodes_reported", "reported_by") is None


def test_other_is_never_named_as_the_largest_in_a_sentence() -> None:
    book = make_series("cme_referrals", "source", 60, other=40, school=20)
    assert sentences.find_largest(book, "cme_referrals", "source") is None
    assert headline("cme_referrals", "source", 60, other=40, school=20) == (
        "Most referrals came from someone else: 40 of 60"
    )


def test_girls_and_boys_are_compared_as_what_is_counted() -> None:
    assert headline("episodes_reported", "sex", 530, female=340, male=190) == (
        "Most episodes involved girls: 340 of 530"
    )
    assert headline("children_reported", "sex", 160, female=60, male=100) == ("Most children were boys: 100 of 160")


@pytest.mark.parametrize(
    ("total", "values", "words"),
    [
        (0, {}, "Episodes reported: none"),
        (None, dict.fromkeys(("female", "male", "not_known")), "Episodes reported by sex: too few to show"),
    ],
)
def test_nothing_and_nothing_shown_are_told_apart(total: int | None, values: dict[str, None], words: str) -> None:
    assert headline("episodes_reported", "sex", total, **values) == words


def test_an_absent_extract_is_said_to_be_not_available() -> None:
    book = make_book("2016", absent=frozenset({"cme_referrals"}))
    assert plain(findings.find_headline(book, "cme_referrals", "source")).endswith("not available for this edition")


def test_change_compares_only_numbers_that_are_shown() -> None:
    def figure(value: int | None) -> PublicFigure:
        found = make_book("2016").figure("episodes_reported")
        return replace(found, value=None if value is None else Decimal(value))

    assert sentences.compare(figure(500), figure(530)) == "rose"
    assert sentences.compare(figure(530), figure(500)) == "fell"
    assert sentences.compare(figure(530), figure(530)) == "did not change"
    assert sentences.compare(figure(None), figure(530)) is None
    assert sentences.compare(figure(530), figure(None)) is None
    assert sentences.compare(None, figure(530)) is None


def test_zero_is_never_true_of_a_hidden_number() -> None:
    book = make_series("episodes_reported", "sex", 530, female=None, male=0)
    assert sentences.is_zero(book.figure_of("episodes_reported", {"sex": "male"}))
    assert not sentences.is_zero(book.figure_of("episodes_reported", {"sex": "female"}))
    assert not sentences.is_shown(book.figure_of("episodes_reported", {"sex": "female"}))
