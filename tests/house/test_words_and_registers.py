"""The words of the board's pages and the registers behind them: whole, dated, bound to metrics that exist, and kind.

Whether pages render and link is tested with publishing.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.paths import DOCS
from pipelines.publishing.citations import ONLY, find_pages, find_registers, read_citations
from pipelines.publishing.questions import RULES
from pipelines.register import read_categories, read_metrics

REGISTERS = DOCS / "registers"
METRICS = read_metrics()

BLAMING = {
    "abscond": "a child goes missing, and does not abscond",
    "promiscuous": "it blames a child for what was done to them",
    "child prostitut": "a child cannot be one; a child is exploited",
    "streetwise": "it makes a child in danger look able to cope",
    "attention seeking": "it belittles what a child shows",
    "attention-seeking": "it belittles what a child shows",
    "lifestyle choice": "exploitation is not a choice",
    "hard to reach": "it is services that do not reach",
    "truant": "a child misses school, for reasons we want to know",
    "LAC": "children are looked after, and no abbreviation",
    "BME": "the department no longer uses it; name the groups",
}


OUTCOMES = sorted((REGISTERS / "outcomes").glob("*.yml"))
STATUSES = {"promised", "under way", "done", "late", "dropped"}
DATE = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


def read(name: str) -> Any:
    return yaml.safe_load((REGISTERS / f"{name}.yml").read_text("utf-8"))


def outcomes_of(edition: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = read(f"outcomes/{edition}")["listed"]
    return listed


def lists_in(data: Any) -> list[list[dict[str, Any]]]:
    """Every list of entries in a register, at any depth."""
    found: list[list[dict[str, Any]]] = []
    if isinstance(data, list):
        if data and all(isinstance(entry, dict) for entry in data):
            found.append(data)
        for entry in data:
            found += lists_in(entry)
    elif isinstance(data, dict):
        for value in data.values():
            found += lists_in(value)
    return found


CODE = re.compile(r"E\d{8}")
WITH_ENTRIES = [path for path in sorted(REGISTERS.rglob("*.yml")) if lists_in(yaml.safe_load(path.read_text("utf-8")))]


def test_most_registers_are_lists_of_entries() -> None:
    assert len(WITH_ENTRIES) >= len(list(REGISTERS.rglob("*.yml"))) - 4


@pytest.mark.parametrize(
    "path", [path for path in WITH_ENTRIES if path.stem != "questions"], ids=lambda path: path.stem
)
def test_every_entry_of_a_register_has_every_key(path: Path) -> None:
    for entries in lists_in(yaml.safe_load(path.read_text("utf-8"))):
        keys = set().union(*entries) - {ONLY}
        for entry in entries:
            assert set(entry) - {ONLY} == keys, f"{path.name}: {entry} lacks {keys - set(entry)}"
            assert CODE.fullmatch(entry.get(ONLY, "E06000014")), f"{path.name}: {entry} is of no council"


def test_every_date_of_a_register_is_one() -> None:
    dates = [entry["date"] for entry in read("developments")]
    dates += [entry[key] for entry in read("guidance") for key in ("since", "until")]
    dates += [entry[key] for entry in read("definitions")["terms"] for key in ("since", "until")]
    dates += [entry["date"] for entry in read("definitions")["breaks"]]
    for path in OUTCOMES:
        for outcome in outcomes_of(path.stem):
            dates += [outcome["measure_due"], *(action["due"] for action in outcome["actions"])]
    for date in dates:
        assert isinstance(date, str)
        assert date == "" or DATE.fullmatch(date), date


def test_registers_measure_by_metrics_and_categories_that_exist() -> None:
    measures = [m for name in ("aims", "vision") for entry in read(name) for m in entry["measures"]]
    measures += [m for path in OUTCOMES for outcome in outcomes_of(path.stem) for m in outcome["measures"]]
    assert measures
    for measure in measures:
        metric = METRICS[measure["metric"]]
        for dimension, category in measure["category"].items():
            assert dimension in metric.breakdowns
            known = {member.category for member in read_categories()[metric.dimension_of(dimension)]}
            assert category in known
    named = [entry["measure"] for entry in read("developments") if entry["measure"]]
    named += [metric for entry in read("definitions")["breaks"] for metric in entry["metrics"]]
    assert set(named) <= set(METRICS)


def test_every_metric_is_cited_by_a_page_or_says_why_not() -> None:
    citations = read_citations(DOCS, frozenset(METRICS))
    cited = set().union(*citations.values())
    excused = {entry["metric"] for entry in read("not_cited")}
    assert excused <= set(METRICS)
    assert set(METRICS) - cited == excused


@pytest.mark.parametrize("path", OUTCOMES, ids=lambda path: path.stem)
def test_an_outcome_is_measured_or_says_why_not_and_who_will_find_a_measure_by_when(path: Path) -> None:
    for outcome in outcomes_of(path.stem):
        assert outcome["measures"] or outcome["no_measure"], outcome["id"]
        assert outcome["status"] in STATUSES
        for key in ("measure_owner", "measure_due"):
            assert bool(outcome[key]) == bool(outcome["no_measure"]), outcome["id"]
        assert outcome["measure_due"] == "" or outcome["measure_due"] > path.stem, outcome["id"]
        for action in outcome["actions"]:
            assert DATE.fullmatch(action["due"]), action["id"]
            assert action["status"] in STATUSES
            assert action["owner"] or path.stem == "2016", (
                "the document of 2016 names no owner of some; later ones must"
            )
    ids = [action["id"] for outcome in outcomes_of(path.stem) for action in outcome["actions"]]
    assert len(set(ids)) == len(ids)


def test_no_promise_vanishes_between_two_editions() -> None:
    names = [path.stem for path in OUTCOMES]
    assert names == ["2016", "2017", "2018"]
    for earlier, later in pairwise(names):
        now = {outcome["id"]: {action["id"] for action in outcome["actions"]} for outcome in outcomes_of(later)}
        for outcome in outcomes_of(earlier):
            open_ = {a["id"] for a in outcome["actions"] if a["status"] not in ("done", "dropped")}
            assert open_ <= now[outcome["id"]], f"{outcome['id']} of {earlier}"


def test_promises_that_nobody_made_are_marked_as_invented() -> None:
    assert {path.stem: read(f"outcomes/{path.stem}")["invented"] for path in OUTCOMES} == {
        "2016": False,
        "2017": True,
        "2018": True,
    }


def test_what_the_document_of_2016_lists_has_its_row() -> None:
    by_topic = [entry["topic"] for entry in read("developments")]
    assert by_topic.count("missing") == 10
    assert by_topic.count("education") >= 7
    promised = {outcome["id"]: len(outcome["actions"]) for outcome in outcomes_of("2016")}
    assert promised == {
        "outcome_1": 2,
        "outcome_2": 3,
        "outcome_3": 2,
        "outcome_4": 1,
        "education_outcome": 5,
        "education_checks": 3,
    }
    assert sum(entry["in_2016"] for entry in read("guidance")) == 13
    assert [aim["aim"] for aim in read("aims")] == ["Prevent", "Protect", "Prepare", "Pursue"]
    kinds = [entry["kind"] for entry in read("vision")]
    assert (kinds.count("principle"), kinds.count("vision")) == (4, 6)


def test_no_page_and_no_register_uses_a_word_that_blames_children() -> None:
    wrong = []
    for path in [*find_pages(DOCS), *find_registers(DOCS), *REGISTERS.glob("*.md")]:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            for word, reason in BLAMING.items():
                flags = re.NOFLAG if word.isupper() else re.IGNORECASE
                if re.search(rf"\b{word}" + (r"\b" if word.isupper() else ""), line, flags):
                    wrong.append(f"{path.relative_to(DOCS)}, line {number}: {word!r}: {reason}")
    assert not wrong, "\n".join(wrong)


def test_no_account_of_a_child_stands_on_the_success_page_without_approval() -> None:
    page = (DOCS / "missing" / "success-story.md").read_text("utf-8")
    assert "No account is published in this edition" in page
    together = re.compile(r"\b\d{1,2}[\s-]year[\s-]old\b.{0,80}\b(girl|boy|female|male)\b", re.IGNORECASE | re.DOTALL)
    assert not together.search(page)


NOT_ASKED = {
    "index.md": "it leads to the other pages",
    "questions.md": "it holds the questions of all pages",
    "young-people.md": "it speaks to young people",
    "missing/success-story.md": "it is about one child",
    "guidance.md": "it is a list of laws",
    "editions.md": "it is a list of editions",
}


def test_every_page_for_the_board_has_questions_and_a_rule_that_always_gives_three() -> None:
    entries = read("questions")
    pages = {path.relative_to(DOCS).as_posix() for path in find_pages(DOCS)}
    asked = {page for page in pages if not page.startswith("evidence/")} - set(NOT_ASKED)
    assert {entry["page"] for entry in entries} == asked
    for page in asked:
        of_page = [entry for entry in entries if entry["page"] == page]
        assert sum(entry["rule"] in ("always", "available") for entry in of_page) >= 2, page
        assert len(of_page) >= 3, page
        assert "questions-foot.md" in (DOCS / page).read_text("utf-8"), page
    assert {entry["rule"] for entry in entries} <= set(RULES)
    known = {"page", "rule", "metric", "category", "by", "than", "goal", "ask"}
    assert all(set(entry) <= known for entry in entries)


def test_the_page_for_young_people_shows_no_figures_and_the_national_helplines() -> None:
    page = (DOCS / "young-people.md").read_text("utf-8")
    assert "figure(" not in page
    assert "chart(" not in page
    assert "116 000" in page
    assert "0800 1111" in page
