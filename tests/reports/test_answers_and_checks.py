"""Answers to requests for information, and the cross-checks for an inspection: what they say follows from the figures."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from pipelines import paths
from pipelines.figures import PublicFigure
from pipelines.publishing.answers import Answer, answer_requests
from pipelines.publishing.book import Book, PublishedStatistic, UnknownCitation
from pipelines.publishing.citations import read_registers
from pipelines.publishing.cross_checks import find_checks
from pipelines.publishing.documents import Cited, OfficerPlace, list_runs
from pipelines.publishing.reports import write_foi_answers, write_inspection_pack
from tests.reports.sample_book import YORK, sample_book

REGISTERS = read_registers(paths.DOCS)


def with_figure(book: Book, metric_id: str, **changed: Any) -> Book:
    """The book with another total of one metric."""
    figures: list[PublicFigure] = [
        replace(f, **changed) if f.key.metric_id == metric_id and f.key.breakdown == "total" else f
        for f in book.figures
    ]
    return Book(book.edition, figures, book.metrics, book.categories, audience=book.audience)


def answers_of(book: Book) -> dict[str, Answer]:
    def show(metric_id: str, cuts: Any) -> str:
        return f"<{book.figure_of(metric_id, cuts).display}>"

    return {a.ask: a for theme in answer_requests(book, REGISTERS["requests"], show) for a in theme.answers}


def say(book: Book, start: str) -> str:
    (found,) = [a for ask, a in answers_of(book).items() if ask.startswith(start)]
    return "".join(found.parts)


@pytest.fixture(scope="module")
def public() -> Book:
    return sample_book(2018, audience="public")


def test_every_question_has_an_answer_and_every_number_in_it_is_a_figure(public: Book) -> None:
    answers = answers_of(public)
    assert len(answers) >= 15
    for ask, answer in answers.items():
        words = re.sub(r"<[^>]*>", "", "".join(answer.parts))
        assert words, ask
        assert not re.search(r"\d", words.replace("72 hours", "")), ask


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": Decimal(0), "display": "0"}, "None. Every child"),
        ({"value": Decimal(10), "display": "10"}, "<10> children had not been found"),
        ({"value": None, "display": "[c]", "status": "suppressed"}, "not given, to protect children: <[c]>"),
    ],
)
def test_a_sentence_is_said_only_where_its_rule_holds(changed: dict[str, Any], said: str, public: Book) -> None:
    found = say(with_figure(public, "children_not_located", **changed), "How many of the children have not been found")
    assert said in found
    assert found.count(".") <= 2


def test_what_the_council_does_not_hold_is_said_so_and_nothing_else() -> None:
    book = sample_book(2018, audience="public", absent=frozenset({"return_interviews"}))
    found = say(book, "Who held the interviews")
    needed = "missing episodes and return interviews"
    assert found == (
        f"The council does not hold this for the 2018 edition: it takes the lists of {needed}, which were not given together."
    )
    assert "no list of interviews was given" in say(book, "How many return interviews should have been offered")
    assert answers_of(book)["Who held the interviews?"].tables == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"say": "There were 59 of them."}, "the number 59 is typed"),
        ({"rule": "nearly"}, 'no rule "nearly"'),
        ({"say": "{nobody} went."}, "nobody"),
    ],
)
def test_a_wrong_entry_of_the_register_is_refused_with_its_question(
    change: dict[str, str], complaint: str, public: Book
) -> None:
    theme = REGISTERS["requests"][0]
    question = theme["questions"][0]
    wrong = {**question, "answers": [{**question["answers"][0], **change}]}
    with pytest.raises(UnknownCitation, match=complaint) as refusal:
        answer_requests(public, [{**theme, "questions": [wrong]}], lambda *_: "")
    assert question["ask"] in str(refusal.value)


def test_the_word_file_for_those_who_ask_has_the_same_answers_and_no_place_for_an_officer(
    public: Book, tmp_path: Path
) -> None:
    paper = write_foi_answers(public, paths.DMT_TEMPLATE, tmp_path / "foi.docx")
    word = Document(str(tmp_path / "foi.docx"))
    text = "\n".join(paragraph.text for paragraph in word.paragraphs)
    for ask, answer in answers_of(public).items():
        assert ask in text
        assert re.sub(r"[<>]", "", "".join(answer.parts)) in text
    assert not [run for run in list_runs(paper) if isinstance(run, OfficerPlace)]
    assert {run.key for run in list_runs(paper) if isinstance(run, Cited)} == set(paper.cited)
    assert "Restricted" not in "".join(p.text for s in word.sections for p in s.header.paragraphs)


def statistic(measure: str, value: int | None, symbol: str = "") -> PublishedStatistic:
    number = None if value is None else Decimal(value)
    return PublishedStatistic(YORK, "York", date(2017, 3, 31), measure, number, symbol, "SFR50/2017")


def test_our_figure_is_held_against_the_one_that_the_department_prints_for_the_same_year() -> None:
    values = {
        ("looked_after_children_missing", "total", "all"): 18,
        ("looked_after_children_missing_rate", "total", "all"): 64,
    }
    statistics = [
        statistic("children_missing", 18),
        statistic("missing_incidents", 1),
        statistic("children_missing_more_than_once", None, "x"),
        statistic("children_missing_percentage", 6),
    ]
    book = sample_book(2018, values=values, published_statistics=statistics)
    found = {check.measure: check.found for check in find_checks(book, REGISTERS["inspection"], "ssda903")}
    assert found["children_missing"] == "the same"
    assert found["missing_incidents"] == "ours is higher"
    assert found["children_missing_more_than_once"] == "the department does not show it"
    assert found["children_missing_percentage"] == "the same"  # 6.4 per cent of ours, printed whole
    assert found["away_incidents"] == "the department's was not given"


def test_the_inspection_pack_shows_each_pair_with_its_reason_and_asks_for_the_counts_of_annex_a(tmp_path: Path) -> None:
    book = sample_book(2018, published_statistics=[statistic("children_missing", 18)])
    paper = write_inspection_pack(book, paths.DMT_TEMPLATE, tmp_path / "i.docx")
    text = "\n".join(
        "".join(n.text or "" for n in p._p.iter(qn("w:t"))) for p in Document(str(tmp_path / "i.docx")).paragraphs
    )
    for entry in REGISTERS["inspection"]:
        assert f"{entry['counts']}: {entry['why']}" in text
    asked = [run.prompt for run in list_runs(paper) if isinstance(run, OfficerPlace)]
    annex = [entry for entry in REGISTERS["inspection"] if entry["list"] == "annex_a"]
    assert asked.count("count in the list") == len(annex) >= 6
    assert {key.metric_id for key in paper.cited} == {entry["metric"] for entry in REGISTERS["inspection"]}


def test_a_list_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownCitation, match='no list "annex_b"'):
        find_checks(sample_book(), REGISTERS["inspection"], "annex_b")
