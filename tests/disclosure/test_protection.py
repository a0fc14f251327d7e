from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import paths
from pipelines.disclosure.policy import Policy, read_policy
from pipelines.disclosure.protection import protect, round_to_base
from pipelines.faults import UsageFault
from pipelines.figures import Figure, FigureKey, PublicFigure
from pipelines.register import read_metrics

METRICS = read_metrics()
POLICY = read_policy(paths.POLICY.read_text("utf-8"))


def exact(metric_id, value, *, over=None, under=None, status="published", contributors=None, cut=("total", "all")):
    number = None if value is None else Decimal(value)
    return Figure(
        key=FigureKey("2016", "E06000014", metric_id, *cut),
        numerator=number if over is None and under is None else over and Decimal(over),
        denominator=None if under is None else Decimal(under),
        value=number,
        unit=METRICS[metric_id].unit,
        status=status,
        period_start=date(2014, 4, 1),
        period_end=date(2015, 3, 31),
        as_at=date(2016, 1, 12),
        contributors=contributors,
    )


def protected(*figures, policy: Policy = POLICY) -> dict[str, PublicFigure]:
    return {figure.key.metric_id: figure for figure in protect(figures, METRICS, policy)}


@pytest.mark.parametrize(
    ("count", "display", "status"),
    [
        (0, "0", "published"),
        (1, "[c]", "suppressed"),
        (4, "[c]", "suppressed"),
        (5, "5", "published"),
        (7, "5", "published"),
        (8, "10", "published"),
        (1238, "1,240", "published"),
    ],
)
def test_counts_of_one_to_four_are_hidden_and_others_rounded_to_five(count, display, status):
    figure = protected(exact("children_reported", count))["children_reported"]
    assert (figure.display, figure.status) == (display, status)
    assert (figure.value is None) == (status == "suppressed")


def test_many_episodes_of_few_children_are_hidden():
    assert protected(exact("missing_episodes", 64, contributors=1))["missing_episodes"].display == "[c]"
    assert protected(exact("missing_episodes", 64, contributors=5))["missing_episodes"].display == "65"


def test_percentages_follow_from_the_rounded_counts_and_not_from_the_exact_ones():
    rate = protected(
        exact("return_interviews_offered_within_72_hours", 12),
        exact("return_interviews_due", 23),
        exact("return_interview_offer_rate", "52.2", over=12, under=23),
    )["return_interview_offer_rate"]
    assert (rate.value, rate.display) == (Decimal(40), "40%")


def test_a_rate_with_a_hidden_part_is_hidden():
    shown = protected(
        exact("return_interviews_offered_within_72_hours", 3),
        exact("return_interviews_due", 23),
        exact("return_interview_offer_rate", "13.0", over=3, under=23),
    )
    assert shown["return_interview_offer_rate"].display == "[c]"


def test_a_rate_of_nothing_is_not_applicable():
    shown = protected(
        exact("return_interviews_offered_within_72_hours", 0),
        exact("return_interviews_due", 0),
        exact("return_interview_offer_rate", None, over=0, under=0, status="not_applicable"),
    )
    assert shown["return_interview_offer_rate"].display == "[z]"


def test_a_rate_of_the_population_uses_the_rounded_numerator_and_the_published_population():
    shown = protected(
        exact("children_reported", 161), exact("children_reported_per_10000", "44.7", over=161, under=36000)
    )
    assert shown["children_reported_per_10000"].display == "44.4"


def test_a_maximum_is_never_shown():
    metric = "most_missing_episodes_of_one_looked_after_child"
    assert protected(exact(metric, 64))[metric].status == "suppressed"
    assert protected(exact(metric, 0))[metric].status == "not_applicable"


@pytest.mark.parametrize(("values", "display"), [(9, "[c]"), (10, "7")])
def test_a_median_needs_twice_the_threshold_of_values_and_is_a_whole_number(values, display):
    shown = protected(exact("median_missing_hours", "6.5", under=values))
    assert shown["median_missing_hours"].display == display


def test_what_is_not_available_stays_so_and_never_becomes_nought():
    figure = protected(exact("cme_referrals", None, status="not_available"))["cme_referrals"]
    assert (figure.display, figure.value) == ("[x]", None)


@given(st.integers(0, 10**7), st.sampled_from([1, 5, 10]))
def test_rounding_moves_a_count_by_at_most_half_the_base(count, base):
    rounded = round_to_base(Decimal(count), base)
    assert rounded % base == 0
    assert abs(rounded - count) <= Decimal(base) / 2


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_public_percentage_never_exceeds_a_hundred(numerator, more):
    shown = protected(
        exact("return_interviews_offered_within_72_hours", numerator),
        exact("return_interviews_due", numerator + more),
        exact("return_interview_offer_rate", "1.0", over=numerator, under=numerator + more),
    )["return_interview_offer_rate"]
    assert shown.value is None or 0 <= shown.value <= 100


def test_a_policy_with_a_misspelt_setting_is_refused_by_name():
    with pytest.raises(UsageFault, match="treshold"):
        read_policy("version: 1\ndescription: x\ntreshold: 5\nbase: 5\napproved_by: x\n")
