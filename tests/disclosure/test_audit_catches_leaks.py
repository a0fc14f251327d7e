"""The audit has to fail when a release is spoiled: otherwise it proves nothing."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from pipelines.disclosure.audit import audit_release
from pipelines.disclosure.relations import Relations
from pipelines.figures import FigureKey, PublicFigure
from tests.disclosure import counted, invented
from tests.disclosure.invented import METRICS, YORK
from tests.disclosure.releases import (
    POLICY,
    RELATIONS,
    exact,
    pick,
    protect,
    release,
    shown_as,
    with_complements_shown,
)


def fails(figures: list[PublicFigure], relations: Relations = RELATIONS) -> bool:
    """Whether the audit refuses, from what is public alone."""
    return not audit_release(figures, METRICS, POLICY, relations).ok


def test_showing_any_complement_again_is_caught():
    mutants = caught = 0
    for seed in range(24):
        for spoiled in pick(seed, list(with_complements_shown(release(seed), exact(seed))), 2):
            mutants += 1
            # The insider's complements show only to somebody who knows the exact figures, as the build does.
            caught += fails(spoiled) or not audit_release(spoiled, METRICS, POLICY, RELATIONS, exact=exact(seed)).ok
    assert mutants >= 30
    assert caught >= 0.95 * mutants, (caught, mutants)


def test_hiding_one_of_two_equal_figures_and_showing_the_other_is_caught():
    figures = release(0).figures
    key = FigureKey("2016", YORK, "missing_episodes")
    assert next(f.value for f in figures if f.key == key)
    hidden = {
        key,
        FigureKey("2016", YORK, "episodes_reported", "episode_type", "missing"),
    }
    for only in hidden:
        spoiled = [replace(f, value=None, display="[c]", status="suppressed") if f.key == only else f for f in figures]
        assert fails(spoiled)


@pytest.mark.parametrize("seed", range(10))
def test_an_exact_total_is_caught(seed):
    exacts = {f.key: f for f in exact(seed)}
    candidates = [
        f
        for f in release(seed).figures
        if METRICS[f.key.metric_id].kind == "count" and f.value and exacts[f.key].value % POLICY.base
    ]
    for chosen in pick(seed, candidates, 3):
        spoiled = [shown_as(f, exacts[f.key].value) if f.key == chosen.key else f for f in release(seed).figures]
        assert fails(spoiled)


def test_a_percentage_of_exact_counts_is_caught():
    mutants = 0
    for edition in ("2017", "2018"):
        figures = counted.sample_figures(edition)
        exacts = {f.key: f for f in figures}
        protected = protect(figures).figures
        for rate in protected:
            metric = METRICS[rate.key.metric_id]
            if metric.kind not in ("rate", "mean") or rate.value is None:
                continue
            parts = exacts[rate.key]
            step = Decimal(1) if metric.unit == "per cent" else Decimal("0.1")
            raw = (Decimal(parts.numerator) * metric.scale / Decimal(parts.denominator)).quantize(step)
            if raw != rate.value:
                mutants += 1
                spoiled = [shown_as(f, raw) if f.key == rate.key else f for f in protected]
                assert not audit_release(spoiled, METRICS, POLICY, RELATIONS, exact=figures).ok
    assert mutants >= 3


def test_a_small_count_that_is_shown_is_caught():
    exacts = {f.key: f for f in exact(0)}
    for hidden in pick(0, [h for h in release(0).hidden if h.why == "few"], 10):
        for value in (exacts[hidden.key].value, Decimal(POLICY.base)):
            spoiled = [shown_as(f, value) if f.key == hidden.key else f for f in release(0).candidates]
            assert not audit_release(spoiled, METRICS, POLICY, RELATIONS, exact=exact(0)).ok


def test_a_maximum_that_is_shown_is_caught():
    figures = [
        shown_as(f, 65) if f.key.metric_id == "most_missing_episodes_of_one_looked_after_child" else f
        for f in release(0).candidates
    ]
    assert fails(figures)


def test_a_hidden_figure_with_a_value_is_caught():
    key = release(0).hidden[0].key
    assert fails([replace(f, value=Decimal(3)) if f.key == key else f for f in release(0).candidates])


def test_a_rate_with_a_hidden_part_that_is_shown_is_caught():
    for seed in range(20):
        hidden = [h.key for h in release(seed).hidden if h.why == "follows"]
        for key in hidden[:2]:
            spoiled = [shown_as(f, 50) if f.key == key else f for f in release(seed).candidates]
            assert not audit_release(spoiled, METRICS, POLICY, RELATIONS, exact=exact(seed)).ok


def without(relations: Relations, dropped: list[str]) -> Relations:
    return replace(relations, statements=tuple(s for s in relations.statements if s.says not in dropped))


HAND_MADE = [
    "children_located + children_not_located = children_reported",
    "cme_located = cme_closed[outcome=on_roll_in_area] + cme_closed[outcome=on_roll_elsewhere] + "
    "cme_closed[outcome=home_educated] + cme_closed[outcome=other_provision] + cme_closed[outcome=moved_abroad] + "
    "cme_closed[outcome=other_authority] + cme_closed[outcome=census_reconciled]",
    "missing_episodes[looked_after_status=?] = episodes_reported[looked_after_status/episode_type=?/missing]",
    "return_interviews_due + missing_episodes[duration=not_yet_located] <= missing_episodes",
    "return_interviews_accepted + return_interviews_declined <= return_interviews_offered",
]


@pytest.mark.parametrize("says", HAND_MADE)
def test_a_release_protected_without_a_relation_is_caught_by_the_audit_that_knows_it(says):
    assert any(statement.says == says for statement in RELATIONS.statements)
    weaker = without(RELATIONS, [says])
    villages = (invented.count(invented.invent(seed, 20, 10)) for seed in (9, 1, 4, 3, 8, 14, 19, 24, 29, 34, 39, 44))
    assert any(fails(list(protect(figures, relations=weaker).candidates)) for figures in villages)


def test_a_release_protected_without_the_sums_of_its_breakdowns_is_caught():
    """Each table protected by itself, as by hand."""
    for seed in (1, 2, 4, 6, 7):
        primary = {h.key for h in release(seed).hidden if h.is_primary}
        exacts = {f.key: f for f in exact(seed)}
        alone = [
            shown_as(f, POLICY.rounded(exacts[f.key].value))
            if f.status == "suppressed" and f.key not in primary and METRICS[f.key.metric_id].kind == "count"
            else f
            for f in release(seed).candidates
        ]
        assert fails(alone)


def test_random_spoiling_is_caught():
    """One change of any of these kinds, at random, to any of these releases."""
    mutants = caught = 0
    for seed in range(25):
        draw = random.Random(seed)
        figures, exacts = release(seed).figures, {f.key: f for f in exact(seed)}
        counts = [f for f in figures if METRICS[f.key.metric_id].kind == "count"]
        shown = [f for f in counts if f.value and exacts[f.key].value % POLICY.base]
        hidden = [f for f in counts if f.status == "suppressed"]
        for kind in ("exact", "small", "wrong"):
            if kind == "exact" and shown:
                chosen = draw.choice(shown)
                changed = shown_as(chosen, exacts[chosen.key].value)
            elif kind == "small" and hidden:
                chosen = draw.choice([f for f in hidden if exacts[f.key].value < POLICY.threshold])
                changed = shown_as(chosen, POLICY.base)
            else:
                chosen = draw.choice([f for f in counts if f.value])
                changed = shown_as(chosen, chosen.value + draw.choice([-5, 5, 10]))
            mutants += 1
            spoiled = [changed if f.key == chosen.key else f for f in figures]
            caught += not audit_release(spoiled, METRICS, POLICY, RELATIONS, exact=exact(seed)).ok
    assert mutants == 75
    assert caught >= 0.95 * mutants, (caught, mutants)
