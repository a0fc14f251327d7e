"""Releases of many authorities: each is protected beside a few others; the whole is then attacked at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.disclosure import authorities
from pipelines.disclosure.audit import audit_release
from pipelines.disclosure.authorities import protect_authorities
from pipelines.disclosure.relations import ALL_AUTHORITIES
from pipelines.disclosure.release import ProtectedRelease
from pipelines.figures import TOTAL, Figure, FigureKey, PublicFigure
from tests.disclosure import invented
from tests.disclosure.invented import CATEGORIES, METRICS, Thing, World
from tests.disclosure.releases import POLICY, RELATIONS, protect, shown_as

SIZES = ((300, 120), (250, 100), (200, 90), (160, 60))


def worlds(seed: int, number: int = 4) -> list[World]:
    return [invented.invent(100 * seed + n, *SIZES[n % len(SIZES)]) for n in range(number)]


def of_authority(world: World, number: int) -> World:
    """The same with ids that no other authority has."""

    def name(thing: Thing) -> Thing:
        ids = {field: (number, thing[field]) for field in ("id", "episode") if field in thing.says}
        return Thing(1000 * number + thing.child, {**thing.says, **ids})

    return World(*(tuple(map(name, rows)) for rows in (world.episodes, world.interviews, world.referrals, world.risks)))


def count(parts: list[World]) -> list[Figure]:
    """The figures of each authority and of all of them together."""
    named = [of_authority(world, number) for number, world in enumerate(parts, 1)]
    together = World(
        *(
            tuple(row for world in named for row in getattr(world, rows))
            for rows in ("episodes", "interviews", "referrals", "risks")
        )
    )
    found = invented.count(together, authority=ALL_AUTHORITIES)
    for number, world in enumerate(named, 1):
        found += invented.count(world, authority=f"E0600000{number}")
    return found


def protect_all(figures, earlier=(), **words):
    return protect_authorities(figures, METRICS, CATEGORIES, POLICY, RELATIONS, earlier, **words)


@pytest.fixture(scope="module")
def figures():
    return count(worlds(0))


@pytest.fixture(scope="module")
def protected(figures):
    """Each council beside one partner, so that the counts of the two others are granted to the attacker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authorities, "PARTNERS", 1)
        return protect_all(figures)


def test_what_is_safe_authority_by_authority_is_safe_from_somebody_who_sees_everything(figures, protected):
    assert protected.audit.problems == []
    whole = audit_release(protected.figures, METRICS, POLICY, RELATIONS, exact=figures)
    assert whole.problems == []
    assert {f.key for f in protected.figures} == {f.key for f in figures}


def test_what_each_authority_hides_for_itself_does_not_do_for_all_of_them(figures):
    names = sorted({f.key.authority for f in figures})
    apart = [g for name in names for g in protect([f for f in figures if f.key.authority == name]).candidates]
    assert not audit_release(apart, METRICS, POLICY, RELATIONS).ok


def test_a_count_of_all_that_is_hidden_for_an_authority_would_give_it_away(figures, protected):
    exact = {f.key: f for f in figures}
    alone = {h.key for h in protect([f for f in figures if f.key.authority == ALL_AUTHORITIES]).hidden}
    for_others = {h.key for h in protected.hidden if h.key.authority == ALL_AUTHORITIES} - alone
    assert for_others
    spoiled = [shown_as(f, exact[f.key].value or 0) if f.key in for_others else f for f in protected.figures]
    assert not audit_release(spoiled, METRICS, POLICY, RELATIONS).ok


def test_the_release_is_the_same_whichever_is_ready_first(figures, protected, monkeypatch):
    monkeypatch.setattr(authorities, "PARTNERS", 1)

    def last_first(work, views):
        return reversed([work(view) for view in reversed(views)])

    again = protect_all(figures, each=last_first)
    assert (again.figures, again.hidden, again.audit) == (protected.figures, protected.hidden, protected.audit)


def test_two_children_of_one_council_alone_stop_no_other(monkeypatch):
    """Less the nought of another council, all of them together are those two: a question about nobody but their own council."""
    monkeypatch.setattr(authorities, "PARTNERS", 1)
    monkeypatch.setattr("tests.disclosure.test_many_authorities.SIZES", ((60, 20),))
    *others, last = worlds(7)
    few = tuple({thing.child: thing for thing in last.risks}.values())[:2]
    assert len(few) == 2
    protected = protect_all(count([*(replace(world, risks=()) for world in others), replace(last, risks=few)]))
    assert protected.audit.problems == []
    at_risk = {f.key.authority: f.status for f in protected.figures if f.key.metric_id == "children_at_risk_of_cme"}
    assert at_risk["E06000004"] == at_risk[ALL_AUTHORITIES] == "suppressed"


def test_few_authorities_are_protected_in_one_go(monkeypatch):
    monkeypatch.setattr(authorities._Many, "protect_each", lambda _: pytest.fail("looked at one by one"))
    protected = protect_all(count(worlds(4, number=2)))
    assert protected.audit.ok
    assert FigureKey("2016", ALL_AUTHORITIES, "episodes_reported") in {f.key for f in protected.figures}


def test_a_count_of_all_that_every_view_gives_away_is_looked_at_again_beside_those_who_count_most(monkeypatch):
    looked_at = []
    protect_some = authorities.protect_view

    def watch(view):
        part = protect_some(view)
        looked_at.append(({figure.key.authority for figure in view.figures}, view.within, part.audit))
        return part

    monkeypatch.setattr(authorities, "PARTNERS", 1)
    monkeypatch.setattr(authorities, "protect_view", watch)
    protected = protect_all(count(worlds(1)))
    assert protected.audit.ok
    told = {asked for _, within, audit in looked_at if within for asked, is_open in audit.beside.items() if not is_open}
    left = {asked for _, within, audit in looked_at if within for asked, is_open in audit.beside.items() if is_open}
    again = [within.together for names, within, _ in looked_at if within and len(names) > 1]
    assert told - left
    for asked in told - left:
        assert any(not set(asked) & together for together in again)


def test_a_hidden_nought_is_hidden_from_who_chooses_as_from_the_audit(monkeypatch):
    """What somebody knows anyhow is what a release of noughts alone would tell: not those that are hidden. Taken for shown, the
    choice left something open that the audit refused."""
    monkeypatch.setattr(authorities, "PARTNERS", 1)
    monkeypatch.setattr("tests.disclosure.test_many_authorities.SIZES", ((12, 6),))
    measures = {"cme_referrals", "cme_children_referred", "cme_re_referrals", "cme_open", "cme_closed"}
    figures = [
        f for f in count(worlds(7)) if f.key.metric_id in measures and f.key.breakdown in (TOTAL, "sex", "ethnicity")
    ]
    assert protect_all(figures).audit.problems == []


@pytest.mark.parametrize(("seed", "child"), [(12, 1), (13, 0), (13, 1)])
def test_a_correction_of_one_of_many_councils_tells_nothing_to_who_holds_both_versions(monkeypatch, seed, child):
    """Five councils with a few measures each; one child less in the first of them."""
    monkeypatch.setattr(authorities, "PARTNERS", 1)
    monkeypatch.setattr("tests.disclosure.test_many_authorities.SIZES", ((24, 1),))
    first, *others = worlds(seed, number=5)
    before = a_few_measures([first, *others])
    after = a_few_measures([first.without(first.children()[child]), *others])
    published = protect_all(before).figures

    corrected = protect_all(after, (published,), exact_before=(before,))
    assert corrected.audit.problems == []
    assert corrected.audit.earlier_editions == 1
    assert of_both_versions(corrected, published, after) == []

    as_if_new = protect_all(after)
    assert as_if_new.audit.problems == []
    assert of_both_versions(as_if_new, published, after), "the attack finds what a correction has to be protected from"


def a_few_measures(parts: list[World]) -> list[Figure]:
    measures = {"episodes_reported", "children_reported", "missing_episodes"}
    cuts = {TOTAL, "sex", "age_band", "episode_type", "looked_after_status"}
    return [f for f in count(parts) if f.key.metric_id in measures and f.key.breakdown in cuts]


def of_both_versions(now: ProtectedRelease, before: list[PublicFigure], exact: list[Figure]) -> list[str]:
    """What somebody can work out who sees every council in both versions, insiders included."""
    return audit_release(now.candidates, METRICS, POLICY, RELATIONS, earlier=[before], exact=exact).problems
