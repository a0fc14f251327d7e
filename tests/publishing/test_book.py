from decimal import Decimal

import pytest

from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.dimensions import DIMENSIONS, predicate_of
from pipelines.publishing.exact import show_exact
from pipelines.register import read_categories, read_metrics
from tests.publishing.fabricated import YORK, make_book, make_edition, make_exact

BOOK = make_book("2016")


def test_a_figure_is_found_by_its_dimensions_in_any_order() -> None:
    one = BOOK.figure_of("episodes_reported", {"episode_type": "missing", "looked_after_status": "looked_after"})
    other = BOOK.figure_of("episodes_reported", {"looked_after_status": "looked_after", "episode_type": "missing"})
    assert one is other
    assert str(one.key) == f"2016/{YORK}/episodes_reported/looked_after_status/episode_type/looked_after/missing"


def test_every_category_of_every_breakdown_has_its_figure_in_the_order_of_the_list() -> None:
    for metric in BOOK.metrics.values():
        for by in metric.breakdowns:
            categories = [member.category for member in BOOK.series(metric.metric_id, by)]
            assert categories == list(dict.fromkeys(categories))
            if "/" not in by and by != "month":
                assert categories == [c.category for c in read_categories()[metric.dimension_of(by)]]


def test_months_are_those_of_the_metrics_own_period() -> None:
    months = [member.category for member in BOOK.series("cme_referrals", "month")]
    assert months == ["2015-09", "2015-10", "2015-11", "2015-12", "2016-01"]


@pytest.mark.parametrize(
    ("metric", "categories", "suggestion"),
    [
        ("episode_reported", {}, "episodes_reported"),
        ("episodes_reported", {"sexx": "female"}, "sex"),
        ("episodes_reported", {"sex": "femal"}, "female"),
        ("children_located", {"sex": "female"}, "it has none at all"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(
    metric: str, categories: dict[str, str], suggestion: str
) -> None:
    with pytest.raises(UnknownCitation, match=suggestion):
        BOOK.figure_of(metric, categories)


def test_one_authority_is_the_book_s_own_and_several_are_all() -> None:
    assert (BOOK.authority, BOOK.place) == (YORK, "York")
    two = [f for name in (YORK, "E06000001", "all") for f in make_exact(name)]
    several = Book(make_edition("2016"), show_exact(two), read_metrics(), read_categories(), audience="restricted")
    assert (several.authority, several.place) == ("all", "all authorities")
    assert several.figure("episodes_reported", authority="E06000001").display == "1,240"
    with pytest.raises(UnknownCitation, match="E06000001"):
        several.figure("episodes_reported", authority="E06000002")


def test_exact_figures_are_shown_as_the_restricted_side_reads_them() -> None:
    shown = {f.key.metric_id: f for f in show_exact(make_exact(YORK))}
    assert shown["episodes_reported"].display == "1,240"
    assert shown["episodes_per_child"].display == "3.3"
    assert shown["return_interview_offer_rate"].display == "39.2%"
    assert shown["cme_referrals"].display == "not available"
    assert shown["median_missing_hours"].display == "not applicable"
    assert shown["episodes_reported"].value == Decimal(1240)


def test_every_dimension_has_its_words() -> None:
    used = {name for metric in read_metrics().values() for by in metric.breakdowns for name in by.split("/")}
    assert used == set(DIMENSIONS)


def test_every_category_has_its_sentence() -> None:
    for metric in read_metrics().values():
        for name in {name for by in metric.breakdowns for name in by.split("/")} - {"month"}:
            for member in read_categories()[metric.dimension_of(name)]:
                if member.category != "not_known":
                    for of_children in (True, False):
                        assert predicate_of(name, member.category, member.label, of_children=of_children), member
