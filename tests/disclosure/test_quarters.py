"""Quarters and terms are protected together with the year and the months: none that is hidden can be worked out from these."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pipelines.disclosure.audit import audit_release
from pipelines.disclosure.relations import read_relations, stretch_of
from pipelines.faults import UsageFault
from pipelines.figures import OVER_TIME, TOTAL, Figure, PublicFigure
from tests.disclosure import counted
from tests.disclosure.invented import CATEGORIES, METRICS
from tests.disclosure.releases import POLICY, RELATIONS, RELATIONS_TEXT, exact, protect, release
from tests.metrics import oracle

SEEDS = range(0, 200, 5)
ADDING = [
    m.metric_id for m in METRICS.values() if m.over_time and m.kind == "count" and m.over_time not in m.overlapping
]


def without_quarters(figures: tuple[Figure, ...] | list[Figure]) -> list[Figure]:
    return [figure for figure in figures if not figure.key.is_over_time]


def in_cut(figures: list[PublicFigure], metric_id: str, breakdown: str) -> dict[str, PublicFigure]:
    return {f.key.category: f for f in figures if (f.key.metric_id, f.key.breakdown) == (metric_id, breakdown)}


def room_of(figure: PublicFigure) -> tuple[Decimal, Decimal]:
    """What a reader knows of a count, by the legend alone."""
    if figure.value is None:
        return Decimal(1), Decimal(10_000)
    return (figure.value, figure.value) if not figure.value else (max(Decimal(5), figure.value - 2), figure.value + 2)


def left_by(whole: PublicFigure, others: list[PublicFigure]) -> tuple[Decimal, Decimal]:
    """The whole less the others: the least and the most that is left."""
    (least, most), rooms = room_of(whole), [room_of(other) for other in others]
    return least - sum(high for _, high in rooms), most - sum(low for low, _ in rooms)


@pytest.mark.parametrize("month", [f"{year}-{number:02}" for year in (2014, 2024) for number in range(1, 13)])
def test_a_month_is_in_the_quarter_and_the_term_that_dbt_counts_it_in(month: str) -> None:
    day = date.fromisoformat(f"{month}-01")
    assert stretch_of("quarter", month) == oracle.quarter(day)
    assert stretch_of("term", month) == oracle.term(day)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hidden_quarter_or_term_stays_open_whatever_is_taken_from_what(seed: int) -> None:
    public = release(seed).figures
    hidden = 0
    for metric_id in ADDING:
        over_time = METRICS[metric_id].over_time or ""
        whole = in_cut(public, metric_id, TOTAL)["all"]
        stretches, months = in_cut(public, metric_id, over_time), in_cut(public, metric_id, "month")
        for category, figure in stretches.items():
            if figure.status != "suppressed":
                continue
            hidden += 1
            by_year = left_by(whole, [other for name, other in stretches.items() if name != category])
            own = [room_of(f) for month, f in months.items() if stretch_of(over_time, month) == category]
            by_months = (sum(low for low, _ in own), sum(high for _, high in own)) if own else (1, 10_000)
            least, most = max(Decimal(1), by_year[0], by_months[0]), min(by_year[1], by_months[1])
            assert most >= POLICY.threshold, figure.key
            assert most - least >= POLICY.least_interval, figure.key
    assert hidden or seed not in (0, 5, 20)


def test_some_quarter_is_hidden_in_its_own_right_and_some_for_the_sake_of_another() -> None:
    why = {hidden.why for seed in SEEDS for hidden in release(seed).hidden if hidden.key.is_over_time}
    assert {"few", "complement", "follows"} <= why


def test_quarters_that_the_months_tell_are_found_by_the_audit() -> None:
    """Numbers that are not rounded: the quarters are hidden, all of them, and a reader adds the months up."""
    policy = POLICY.model_copy(update={"base": 1})
    protected = protect(exact(0), policy=policy)
    assert protected.audit.ok
    quarters = in_cut(protected.figures, "episodes_reported", "quarter")
    months = in_cut(protected.figures, "episodes_reported", "month")
    told = [name for name in quarters if all(f.value for m, f in months.items() if stretch_of("quarter", m) == name)]
    assert told
    leaky = [
        replace(figure, value=None, display="[c]", status="suppressed")
        if (figure.key.metric_id, figure.key.breakdown) == ("episodes_reported", "quarter")
        else figure
        for figure in protected.figures
    ]
    problems = " ".join(audit_release(leaky, METRICS, policy, RELATIONS).problems)
    assert [name for name in told if f"episodes_reported/quarter/{name} can be worked out" not in problems] == []


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_no_figure_of_the_year_is_hidden_for_the_sake_of_a_quarter_in_the_sample(edition: str) -> None:
    figures = counted.sample_figures(edition)
    alone = {hidden.key for hidden in protect(without_quarters(figures)).hidden}
    together = {hidden.key for hidden in protect(figures).hidden}
    assert {key for key in together if key.breakdown not in OVER_TIME} == alone


def test_an_earlier_version_without_quarters_is_reckoned_with() -> None:
    before = protect(without_quarters(exact(11))).figures
    protected = protect(exact(11), earlier=(before,))
    assert protected.audit.problems == []
    assert protected.audit.earlier_editions == 1


@pytest.mark.parametrize("seed", range(30))
def test_children_who_come_back_in_another_term_are_some_of_those_referred_more_than_once(seed: int) -> None:
    values = {(f.key.metric_id, f.key.breakdown, f.key.category): int(f.value or 0) for f in exact(seed)}
    (relation,) = (
        relation
        for relation in RELATIONS.among((f.key for f in exact(seed)), {})
        if relation.says.startswith("cme_children_referred of every term")
    )
    sums = [times * values[key.metric_id, key.breakdown, key.category] for key, times in relation.terms]
    assert sum(sums) <= 0
    assert len(relation.terms) == 4


def test_that_children_come_back_is_said_of_what_is_counted_over_time_only() -> None:
    text = RELATIONS_TEXT.replace("- children: cme_children_referred", "- children: children_missing_education")
    with pytest.raises(UsageFault, match=r"children_missing_education.*not counted by quarter or term"):
        read_relations(text, METRICS, CATEGORIES)
