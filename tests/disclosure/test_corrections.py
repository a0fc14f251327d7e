"""Two releases of one period, with a correction between them, seen side by side."""

from dataclasses import replace

import pytest

from pipelines.disclosure.audit import audit_release
from pipelines.figures import FigureKey
from tests.disclosure import invented
from tests.disclosure.invented import METRICS, YORK
from tests.disclosure.releases import POLICY, RELATIONS, SIZES, exact, protect, release, shown_as

PAIRS = 20


@pytest.mark.parametrize("part", range(5))
def test_a_correction_of_one_child_tells_nothing_that_was_hidden(part):
    for seed in range(part, PAIRS, 5):
        world = invented.invent(seed, *SIZES[seed % len(SIZES)])
        children = world.children()
        corrected = invented.count(world.without(children[seed % len(children)]))
        first = release(seed).figures
        second = protect(corrected, earlier=(first,))
        assert second.audit.problems == [], seed
        assert second.audit.earlier_editions == 1


def test_the_same_figures_again_are_hidden_alike_or_more():
    """What was hidden cannot be worked out from two choices of complements."""
    for seed in range(10):
        first = release(seed).figures
        again = protect(exact(seed), earlier=(first,))
        assert again.audit.problems == []
        assert again.audit.linking == "all"


def test_another_choice_of_complements_for_the_same_figures_is_refused():
    """Each of the two is safe by itself; together they are not."""
    refused = 0
    for seed in range(6):
        first = release(seed)
        complements = {h.key for h in first.hidden if h.why == "complement"}
        exacts = {f.key: f for f in exact(seed)}
        if not complements:
            continue
        policy = POLICY.model_copy(update={"keep_visible": tuple({_name(key) for key in complements})})
        other = protect(exact(seed), policy)
        alone = audit_release(other.candidates, METRICS, policy, RELATIONS)
        joint = audit_release(other.candidates, METRICS, policy, RELATIONS, earlier=[first.figures])
        assert alone.ok
        shown_now = {f.key for f in other.candidates if f.value is not None}
        if complements & shown_now and not joint.ok:
            refused += 1
            assert "too closely" in " ".join(joint.problems)
        together = protect(list(exacts.values()), policy, earlier=(first.figures,))
        assert together.audit.problems == [], seed
    assert refused


def _name(key: FigureKey) -> str:
    return key.metric_id if key.breakdown == "total" else f"{key.metric_id}[{key.breakdown}]"


def test_a_count_that_a_correction_lifts_over_the_threshold_stays_hidden():
    """Going from [c] to 5 with a correction of one child tells that it was 4."""
    world = invented.invent(4, 90, 40)
    key = FigureKey("2016", YORK, "return_interviews_shared_with_police")
    records = [n for n, i in enumerate(world.interviews) if i["held"]]
    shared = set(records[:4])
    interviews = tuple(replace(i, says={**i.says, "shared": n in shared}) for n, i in enumerate(world.interviews))
    before = invented.count(replace(world, interviews=interviews))
    more = {*shared, *records[4:8]}
    interviews = tuple(replace(i, says={**i.says, "shared": n in more}) for n, i in enumerate(world.interviews))
    after = invented.count(replace(world, interviews=interviews))
    earlier = protect(before).figures
    assert next(f.status for f in earlier if f.key == key) == "suppressed"
    corrected = protect(after, earlier=(earlier,))
    assert next(f.status for f in corrected.figures if f.key == key) == "suppressed"
    assert next(h.why for h in corrected.hidden if h.key == key) in ("hidden_before", "few_children")
    assert next(f.status for f in protect(after).figures if f.key == key) == "published"


def test_an_earlier_edition_of_another_period_changes_nothing():
    earlier = [
        replace(
            f,
            key=replace(f.key, edition="2015"),
            period_start=f.period_start.replace(year=2012),
            period_end=f.period_end.replace(year=2013),
            as_at=f.as_at.replace(year=2014),
        )
        for f in release(5).figures
    ]
    with_it = protect(exact(0), earlier=(earlier, earlier, earlier))
    assert with_it.figures == release(0).figures
    assert with_it.audit.earlier_editions == 0


def test_a_longer_period_that_contains_a_published_one_is_audited_with_it():
    longer = invented.invent(2, 60, 30)
    shorter = replace(
        longer, referrals=tuple(r for r in longer.referrals if not (r["in_period"] and r["month"] == "2016-01"))
    )
    first = [
        replace(f, period_end=f.period_end.replace(year=2015, month=12, day=31))
        if METRICS[f.key.metric_id].collection == "education"
        else f
        for f in protect(invented.count(shorter)).figures
    ]
    second = protect(invented.count(longer), earlier=(first,))
    assert second.audit.problems == []
    assert second.audit.earlier_editions == 1


def test_what_an_earlier_version_gave_away_is_reported_and_not_refused():
    exacts = {f.key: f for f in exact(0)}
    chosen = next(h.key for h in release(0).hidden if h.why == "few")
    first = [shown_as(f, exacts[f.key].value) if f.key == chosen else f for f in release(0).candidates]
    second = protect(exact(0), earlier=(first,))
    assert not [problem for problem in second.audit.problems if str(chosen) in problem]
