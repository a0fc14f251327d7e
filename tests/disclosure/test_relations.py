from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import paths
from pipelines.disclosure.relations import Relations, read_relations
from pipelines.faults import UsageFault
from pipelines.figures import Figure, FigureKey, Period
from tests.disclosure import counted, invented
from tests.disclosure.invented import CATEGORIES, METRICS
from tests.metrics.random_extracts import extracts

TEXT = (paths.DBT_PROJECT / "relations.yml").read_text("utf-8")
RELATIONS = read_relations(TEXT, METRICS, CATEGORIES)


def counts_in(figures: tuple[Figure, ...] | list[Figure]) -> dict[FigureKey, int]:
    return {
        figure.key: int(figure.value)
        for figure in figures
        if METRICS[figure.key.metric_id].kind == "count" and figure.value is not None
    }


def periods_in(figures: tuple[Figure, ...] | list[Figure]) -> dict[str, Period]:
    return {f.key.metric_id: Period(f.period_start, f.period_end, f.as_at) for f in figures}


def broken_by(figures: tuple[Figure, ...] | list[Figure], relations: Relations = RELATIONS) -> list[str]:
    counts = counts_in(figures)
    broken = []
    for relation in relations.among(counts, periods_in(figures)):
        total = sum(times * counts[key] for key, times in relation.terms)
        applies = relation.when is None or counts[relation.when] == 0
        if applies and (total > 0 or (relation.is_equal and total)):
            broken.append(relation.says)
    return broken


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_the_figures_of_the_sample_satisfy_every_relation(edition):
    assert broken_by(counted.sample_figures(edition)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(extracts())
def test_the_figures_of_any_extracts_of_one_or_more_authorities_satisfy_every_relation(some):
    assert broken_by(counted.count(some)) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 80), st.integers(1, 40))
def test_invented_figures_satisfy_every_relation(seed, children, referred):
    assert broken_by(invented.count(invented.invent(seed, children, referred))) == []


def test_no_published_count_stands_outside_the_relations():
    figures = counted.sample_figures("2017")
    keys = {f.key for f in figures}
    assert RELATIONS.outside(keys, periods_in(figures)) == []
    assert {key.metric_id for key in keys} == set(METRICS)


def test_every_line_of_the_relations_says_something_about_the_sample():
    figures = counted.sample_figures("2018")
    laid = {relation.says for relation in RELATIONS.among((f.key for f in figures), periods_in(figures))}
    assert [s.says for s in RELATIONS.statements if s.says not in laid] == []


def test_a_count_that_nothing_is_said_of_stands_outside():
    without = TEXT.replace("cme_found_on_roll <= children_missing_education", "cme_located <= cme_closed")
    fewer = read_relations(without, METRICS, CATEGORIES)
    figures = counted.sample_figures("2018")
    outside = fewer.outside((f.key for f in figures), periods_in(figures))
    assert {key.metric_id for key in outside} == {"cme_found_on_roll"}


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ("episodes_reportd = missing_episodes", "episodes_reportd is not a metric that counts"),
        ("episodes_reported[sex=mal] <= episodes_reported", "no figure sex=mal"),
        ("episodes_reported[colour=red] <= episodes_reported", "no figure colour=red"),
        ("median_missing_hours = missing_episodes", "is not a metric that counts"),
        ("episodes_reported", "one = or one <="),
        ("episodes_reported - missing_episodes <= children_reported", "neither a metric nor"),
    ],
)
def test_a_relation_about_what_no_metric_counts_is_refused_by_name(says, wrong):
    text = f"version: 1\nrelations:\n  - says: '{says}'\n    because: It is so.\n"
    with pytest.raises(UsageFault, match=r"relations\.yml") as fault:
        read_relations(text, METRICS, CATEGORIES)
    assert wrong in str(fault.value)


def test_a_misspelt_setting_of_a_relation_is_refused_by_name():
    with pytest.raises(UsageFault, match="becuase"):
        read_relations("version: 1\nrelations:\n- says: a = b\n  becuase: x\n", METRICS, CATEGORIES)


def test_relations_about_the_length_of_the_period_hold_only_for_such_periods():
    figures = counted.sample_figures("2018")
    periods = periods_in(figures)
    keys = [figure.key for figure in figures]
    long = {name: Period(date(2014, 1, 1), period.end, period.as_at) for name, period in periods.items()}
    in_a_short_one = {r.says for r in RELATIONS.among(keys, periods)}
    in_a_long_one = {r.says for r in RELATIONS.among(keys, long)}
    assert in_a_short_one - in_a_long_one == {
        "cme_closed[outcome=census_reconciled] <= cme_removed_after_census",
        "cme_open[open_length=365_days_or_more] <= cme_open[referred=before_period]",
    }
