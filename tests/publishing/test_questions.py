"""Questions to the board: each rule holds when it should, and every page of every edition has three."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines import paths
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.citations import choose_registers, read_registers
from pipelines.publishing.questions import RULES, choose_questions
from tests.publishing.fabricated import make_book

ALL = read_registers(paths.DOCS)


def ask(book: Book, rule: str, text: str = "Why?", registers: dict[str, Any] | None = None, **needs: Any) -> list[str]:
    entry = {"page": "a.md", "rule": rule, "ask": text, **needs}
    return [q.text for q in choose_questions(book, {**(registers or {}), "questions": [entry]}, "a.md")]


@pytest.mark.parametrize(
    ("rule", "needs", "asked"),
    [
        ("always", {}, True),
        ("available", {"metric": "cme_referrals"}, False),
        ("not_available", {"metric": "cme_referrals"}, True),
        ("not_available", {"metric": "episodes_reported"}, False),
        ("hidden", {"metric": "cme_found_on_roll"}, True),
        ("hidden", {"metric": "episodes_reported"}, False),
        ("below", {"metric": "return_interview_offer_rate", "goal": 100}, True),
        ("below", {"metric": "return_interview_offer_rate", "goal": 62}, False),
        ("below", {"metric": "return_interviews_held", "goal": 262}, False),
        ("below", {"metric": "return_interviews_held", "goal": 263}, True),
        ("zero", {"metric": "children_not_located"}, True),
        ("some", {"metric": "children_not_located"}, False),
        ("some", {"metric": "cme_found_on_roll"}, False),
        ("some", {"metric": "children_reported"}, True),
        ("more", {"metric": "missing_episodes", "than": "children_reported"}, True),
        ("more", {"metric": "children_reported", "than": "missing_episodes"}, False),
        ("large_part", {"metric": "episodes_reported", "category": {"sex": "female"}}, True),
        ("large_part", {"metric": "episodes_reported", "category": {"episode_type": "absent"}}, False),
        ("largest", {"metric": "episodes_reported", "by": "sex"}, True),
        ("department", {}, True),
    ],
)
def test_a_question_is_asked_when_its_rule_holds_and_not_otherwise(
    rule: str, needs: dict[str, Any], asked: bool
) -> None:
    book = make_book("2016", frozenset({"cme_referrals"}))
    if needs.get("metric") == "cme_found_on_roll":
        book = make_book("2016")
    assert ask(book, rule, **needs) == (["Why?"] if asked else [])


def test_a_rise_is_not_asked_about_where_the_definition_changed_in_between() -> None:
    book = make_book("2017", earlier=(make_book("2016"),))
    assert ask(book, "rose", "More than in {previous}?", metric="episodes_reported") == ["More than in 2016?"]
    registers = choose_registers(ALL, "2017", "2016", "E06000014")
    assert ask(book, "rose", registers=registers, metric="episodes_reported") == []
    assert ask(book, "definition_changed", "{change}", registers, metric="episodes_reported") == [
        "shared definitions of missing and absent in York"
    ]
    assert ask(book, "rose", registers=registers, metric="children_reported") == ["Why?"]


def test_promises_without_owner_measure_or_evidence_are_asked_about_by_name() -> None:
    book = make_book("2016")
    registers = choose_registers(ALL, "2016", None, "E06000014")
    assert ask(book, "no_owner", "{outcome}", registers) == [
        "Outcome 2: return interviews that find risks and lead to help"
    ]
    assert ask(book, "no_measure", "{outcome}", registers) != []
    assert ask(book, "late", registers=registers) == []
    assert ask(book, "late", registers=choose_registers(ALL, "2017", "2016", "E06000014")) == ["Why?"]


def test_a_rule_or_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownCitation, match="no rule"):
        ask(make_book("2016"), "sometimes")
    with pytest.raises(UnknownCitation, match="lacks or does not know 'metric'"):
        ask(make_book("2016"), "rose")
    with pytest.raises(UnknownCitation, match="lacks or does not know 'weather'"):
        ask(make_book("2016"), "always", "How is the {weather}?")


@pytest.mark.parametrize("name", ["first", "second", "bare"])
def test_every_page_of_every_edition_has_three_different_questions_each_with_its_reason(name: str) -> None:
    first = make_book("2016")
    absent = frozenset({"cme_referrals", "return_interviews", "population", "education_risk", "missing_episodes"})
    book, previous = {
        "first": (first, None),
        "second": (make_book("2017", earlier=(first,)), "2016"),
        "bare": (make_book("2017", absent, earlier=(first,)), "2016"),
    }[name]
    registers = choose_registers(ALL, book.edition.name, previous, book.authority)
    for page in {entry["page"] for entry in registers["questions"]}:
        questions = choose_questions(book, registers, page)
        assert len({q.text for q in questions}) == 3, page
        assert all(q.because and "{" not in q.text for q in questions)


def test_every_rule_is_used_or_at_least_described_in_the_register() -> None:
    head = (paths.DOCS / "registers" / "questions.yml").read_text("utf-8").split("\n- page")[0]
    assert [rule for rule in RULES if rule not in head] == []
