"""The words of the board's pages and the registers behind them: whole, dated, bound to metrics that exist, and kind.

Whether pages render and link is tested with publishing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.paths import DOCS
from pipelines.publishing.citations import find_pages, read_citations
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


def read(name: str) -> Any:
    return yaml.safe_load((REGISTERS / f"{name}.yml").read_text("utf-8"))


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


@pytest.mark.parametrize("path", sorted(REGISTERS.glob("*.yml")), ids=lambda path: path.stem)
def test_every_entry_of_a_register_has_every_key(path: Path) -> None:
    lists = lists_in(yaml.safe_load(path.read_text("utf-8")))
    assert lists
    for entries in lists:
        keys = set().union(*entries)
        for entry in entries:
            assert set(entry) == keys, f"{path.name}: {entry} lacks {keys - set(entry)}"


def test_every_date_of_a_register_is_one() -> None:
    dates = [entry["date"] for entry in read("developments")]
    dates += [entry[key] for entry in read("guidance") for key in ("since", "until")]
    dates += [entry[key] for entry in read("definitions")["terms"] for key in ("since", "until")]
    dates += [entry["date"] for entry in read("definitions")["breaks"]]
    for date in dates:
        assert isinstance(date, str)
        assert date == "" or re.fullmatch(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", date), date


def test_registers_measure_by_metrics_and_categories_that_exist() -> None:
    measures = [m for name in ("aims", "outcomes", "vision") for entry in read(name) for m in entry["measures"]]
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


def test_an_outcome_has_a_measure_or_says_why_it_has_none() -> None:
    for outcome in read("outcomes"):
        assert outcome["measures"] or outcome["no_measure"], outcome["id"]
        assert bool(outcome["no_measure"]) == bool(outcome["measure_by"]), outcome["id"]
        for action in outcome["actions"]:
            assert action["owner"]
            assert action["due"]
            assert action["progress"][0]["edition"] == outcome["promised"]
            assert [p["edition"] for p in action["progress"]] == sorted({p["edition"] for p in action["progress"]})
            assert {p["status"] for p in action["progress"]} <= {"promised", "under way", "done", "late", "dropped"}


def test_what_the_document_of_2016_lists_has_its_row() -> None:
    by_topic = [entry["topic"] for entry in read("developments")]
    assert by_topic.count("missing") == 10
    assert by_topic.count("education") >= 7
    promised = {outcome["id"]: len(outcome["actions"]) for outcome in read("outcomes") if outcome["promised"] == "2016"}
    assert promised == {"outcome_1": 2, "outcome_2": 3, "outcome_3": 2, "outcome_4": 1, "education_outcome": 5}
    assert sum(entry["in_2016"] for entry in read("guidance")) == 13
    assert [aim["aim"] for aim in read("aims")] == ["Prevent", "Protect", "Prepare", "Pursue"]
    kinds = [entry["kind"] for entry in read("vision")]
    assert (kinds.count("principle"), kinds.count("vision")) == (4, 6)


def test_no_page_and_no_register_uses_a_word_that_blames_children() -> None:
    wrong = []
    for path in [*find_pages(DOCS), *REGISTERS.iterdir()]:
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
