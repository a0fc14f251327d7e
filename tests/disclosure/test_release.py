"""A whole release, protected: what is shown, what is hidden, and that nothing hidden can be worked out."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pipelines.disclosure.audit import audit_release
from pipelines.disclosure.policy import Exemption
from pipelines.disclosure.release import protect_release
from pipelines.disclosure.situation import ExternalFact
from pipelines.faults import DataFault, UsageFault
from pipelines.figures import FigureKey
from tests.disclosure import counted, invented
from tests.disclosure.invented import CATEGORIES, METRICS, YORK
from tests.disclosure.releases import POLICY, RELATIONS, exact, protect, release

RELEASES = 200


@pytest.mark.parametrize("part", range(10))
def test_nothing_hidden_in_two_hundred_invented_releases_can_be_worked_out(part):
    for seed in range(part, RELEASES, 10):
        audit = release(seed).audit
        assert audit.problems == [], seed
        assert min(audit.widths.values()) >= POLICY.least_interval
        for figure, public in zip(exact(seed), release(seed).figures, strict=True):
            if METRICS[figure.key.metric_id].kind == "count" and public.value:
                assert public.value % POLICY.base == 0
                assert figure.value >= POLICY.threshold
                assert figure.contributors >= POLICY.threshold


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_the_editions_of_the_sample_are_protected(edition):
    protected = protect(counted.sample_figures(edition))
    assert protected.audit.problems == []
    assert protected.audit.selection["method"] == "cut loop"


def test_the_headline_figures_of_2016_stay_visible():
    shown = {
        (f.key.metric_id, f.key.breakdown, f.key.category): f.display
        for f in protect(counted.sample_figures("2016")).figures
    }
    assert shown["episodes_reported", "total", "all"] == "530"
    assert shown["missing_episodes", "total", "all"] == "470"
    assert shown["episodes_reported", "episode_type", "missing"] == "470"
    assert shown["episodes_reported", "episode_type", "absent"] == "60"
    assert shown["episodes_reported", "looked_after_status", "looked_after"] == "265"
    assert shown["episodes_reported", "looked_after_status", "not_looked_after"] == "265"
    assert shown["children_reported", "total", "all"] == "160"
    assert shown["cme_referrals", "total", "all"] == "60"
    assert shown["looked_after_children_reported", "missing_episodes_band", "5_to_9"] == "[c]"
    assert shown["looked_after_children_reported", "missing_episodes_band", "10_or_more"] == "[c]"
    assert shown["most_missing_episodes_of_one_looked_after_child", "total", "all"] == "[c]"


def test_the_same_figures_in_another_order_give_the_same_release():
    figures = list(exact(1))
    one, other = protect(figures), protect(figures[::-1])
    assert one.figures == other.figures
    assert one.audit.as_json() == other.audit.as_json()
    assert one.hidden == other.hidden


def test_a_release_that_cannot_be_proven_has_no_figures_to_publish():
    broken = [
        replace(f, value=f.value + 40, numerator=f.value + 40) if f.key.metric_id == "children_located" else f
        for f in exact(0)
    ]
    protected = protect(broken)
    assert not protected.audit.ok
    assert "children_located + children_not_located = children_reported" in " ".join(protected.audit.problems)
    with pytest.raises(DataFault, match="cannot be published"):
        protected.figures  # noqa: B018


def test_figures_that_are_always_equal_are_hidden_together():
    protected = release(1)
    status = {(f.key.metric_id, f.key.breakdown, f.key.category): f.status for f in protected.candidates}
    for status_of_child in ("looked_after", "not_looked_after"):
        assert (
            status["missing_episodes", "looked_after_status", status_of_child]
            == status["episodes_reported", "looked_after_status/episode_type", f"{status_of_child}/missing"]
        )
    assert (
        status["looked_after_children_reported", "total", "all"]
        == status["children_reported", "looked_after_status", "looked_after"]
    )


def test_every_complement_says_what_it_protects_and_no_explanation_has_a_value():
    for seed in range(0, 50, 3):
        hidden = release(seed).hidden
        keys = {str(h.key) for h in hidden}
        for each in hidden:
            if each.why == "complement":
                assert each.protects is not None
                assert each.protects in keys or " less " in each.protects
                assert "could be worked out" in each.text
        for sentence in release(seed).attacks_prevented:
            assert YORK not in sentence


def test_the_record_of_the_audit_holds_widths_and_no_values():
    record = release(2).audit.as_json()
    assert record["ok"] is True
    assert record["solver"].startswith("HiGHS ")
    assert set(record["hidden"]) == {
        "counts",
        "primary",
        "complementary",
        "following",
        "method",
        "rounds",
        "conditions",
    }
    assert record["hidden"]["counts"] == record["hidden"]["primary"] + record["hidden"]["complementary"]
    assert all(3 <= width <= 1000 for width in record["widths"].values())
    assert "seconds" not in str(record)


@pytest.mark.parametrize("base", [1, 10])
def test_other_roundings_are_protected_too(base):
    policy = POLICY.model_copy(update={"base": base})
    for seed in range(6):
        protected = protect(exact(seed), policy)
        assert protected.audit.problems == [], seed
        assert all(
            f.value % base == 0 for f in protected.figures if f.value and METRICS[f.key.metric_id].kind == "count"
        )


def test_a_rounding_of_ten_hides_no_more_than_one_of_five():
    policy = POLICY.model_copy(update={"base": 10})
    fives = sum(release(seed).audit.selection["complementary"] for seed in range(5))
    tens = sum(protect(exact(seed), policy).audit.selection["complementary"] for seed in range(5))
    assert tens <= fives


def test_without_rounding_a_difference_of_two_counts_is_not_told():
    """Due less offered is a count of children's interviews as much as any other."""
    policy = POLICY.model_copy(update={"base": 1})
    for seed in range(3):
        values = {f.key: f.value for f in protect(exact(seed), policy).figures}
        due = values[FigureKey("2016", YORK, "return_interviews_due")]
        offered = values[FigureKey("2016", YORK, "return_interviews_offered")]
        if due is not None and offered is not None:
            assert not 0 < due - offered < POLICY.threshold


def test_rates_of_small_denominators_are_hidden_and_others_follow_from_what_is_shown():
    protected = protect(counted.sample_figures("2018"))
    values = {f.key: f.value for f in protected.figures}
    seen = 0
    for key, value in values.items():
        metric = METRICS[key.metric_id]
        if metric.unit != "per cent" or metric.denominator not in METRICS or value is None:
            continue
        over = values[replace(key, metric_id=metric.numerator)]
        under = values[replace(key, metric_id=metric.denominator)]
        assert under >= 20
        assert abs(value - over * 100 / under) <= Decimal("0.5")
        seen += 1
    assert seen


def test_where_all_of_a_group_share_an_attribute_that_is_not_told():
    world = invented.invent(8, 160, 60)
    same = replace(world, episodes=tuple(replace(e, says={**e.says, "ethnicity": "white"}) for e in world.episodes))
    figures = invented.count(same)
    shown = {(f.key.metric_id, f.key.breakdown, f.key.category): f for f in protect(figures).figures}
    for metric_id in ("episodes_reported", "children_reported"):
        assert shown[metric_id, "ethnicity", "white"].display == "[c]"
        assert shown[metric_id, "ethnicity", "not_known"].display == "[c]"
    exemption = Exemption(
        metric_id="children_reported",
        breakdown="ethnicity",
        category="white",
        rule="whole_group",
        because="The board decided so.",
        approved_by="Information governance lead",
    )
    policy = POLICY.model_copy(update={"exceptions": (exemption,)})
    shown = {(f.key.metric_id, f.key.breakdown, f.key.category): f for f in protect(figures, policy).figures}
    assert shown["children_reported", "ethnicity", "white"].display != "[c]"
    assert shown["episodes_reported", "ethnicity", "white"].display == "[c]"


def test_many_episodes_of_few_children_are_hidden_unless_a_named_exception_says_otherwise():
    world = invented.invent(10, 160, 60)
    first = world.episodes[0]
    episodes = tuple(replace(e, says={**e.says, "reported_by": "family"}) for e in world.episodes)
    more = tuple(replace(first, says={**first.says, "id": 5000 + n, "reported_by": "school"}) for n in range(20))
    figures = invented.count(replace(world, episodes=episodes + more))
    key = FigureKey("2016", YORK, "episodes_reported", "reported_by", "school")
    assert next(f.status for f in protect(figures).figures if f.key == key) == "suppressed"
    assert next(h.why for h in protect(figures).hidden if h.key == key) == "few_children"
    exemption = Exemption(
        metric_id="episodes_reported",
        breakdown="reported_by",
        category="school",
        rule="contributors",
        because="The school itself publishes the number.",
        approved_by="Information governance lead",
    )
    policy = POLICY.model_copy(update={"exceptions": (exemption,)})
    assert next(f.display for f in protect(figures, policy).figures if f.key == key) == "20"


def test_several_authorities_and_all_of_them_together_are_protected_as_one():
    figures = []
    for number, authority in enumerate(("E06000014", "E06000047")):
        figures += invented.count(invented.invent(number, 40, 20), authority=authority)
    protected = protect(figures)
    assert protected.audit.ok
    assert {f.key.authority for f in protected.figures} == {"E06000014", "E06000047"}


def test_what_is_not_available_stays_so():
    shown = {f.key.metric_id: f.display for f in protect(counted.sample_figures("2016")).figures}
    assert shown["return_interviews_held"] == "[x]"
    assert shown["return_interview_offer_rate"] == "[x]"


def fact(least, most, allowance=0, **other):
    return ExternalFact(
        YORK, "looked_after_children_missing", "total", "all", least, most, "The department", allowance, **other
    )


def test_what_the_department_gave_away_is_reported_and_not_refused():
    figures = exact(8)
    key = FigureKey("2016", YORK, "looked_after_children_missing")
    true = next(int(f.value) for f in figures if f.key == key)
    assert 0 < true < POLICY.threshold
    protected = protect(figures, external_facts=[fact(true, true)])
    assert protected.audit.problems == []
    assert str(key) in protected.audit.already_known
    assert next(f.status for f in protected.figures if f.key == key) == "suppressed"


def test_a_fact_that_cannot_be_true_of_our_counts_is_left_out_by_name():
    protected = protect(exact(0), external_facts=[fact(9000, 9001, 5)])
    assert protected.audit.facts_left_out == ["The department"]
    assert protected.audit.ok


def test_a_number_that_the_department_hides_stays_hidden():
    figures = exact(8)
    protected = protect(figures, external_facts=[fact(1, 5, 1, is_hidden=True)])
    assert protected.audit.ok
    assert protected.audit.widths["The department"] >= 3


def test_the_audit_of_a_release_needs_only_what_is_public():
    for seed in range(6):
        alone = audit_release(release(seed).figures, METRICS, POLICY, RELATIONS)
        assert alone.problems == []
        assert alone.widths == release(seed).audit.widths


def test_a_policy_that_speaks_of_no_metric_is_refused():
    policy = POLICY.model_copy(update={"keep_visible": ("episodes_reportd",)})
    with pytest.raises(UsageFault, match="episodes_reportd"):
        protect_release(exact(0), METRICS, CATEGORIES, policy, RELATIONS)
