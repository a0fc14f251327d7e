"""The catalogue and the schemas keep the contract's words and their own form."""

from __future__ import annotations

import json
import string

import pytest
from frictionless import Schema

from pipelines import paths
from pipelines.intake.rules import HEADLINES, RULES
from pipelines.intake.rules_page import PAGE, show_rules
from pipelines.intake.schemas import EXTRACTS, read_schema
from pipelines.register import read_metrics

TABLES = [path for path in paths.SCHEMAS.rglob("*.json") if not path.name.endswith(".schema.json")]
"""The Table Schemas; a `.schema.json` describes a file of settings."""
MEANINGFUL = {
    "ended_at",
    "offered_at",
    "response",
    "held_at",
    "push_factors",
    "pull_factors",
    "shared_with_police_on",
    "closed_on",
    "outcome",
    "leaving_date",
    "ended_on",
}
KEYS = {
    "missing_episodes": ("episode_id",),
    "return_interviews": ("interview_id", "episode_id"),
    "cme_referrals": ("referral_id",),
    "school_census": ("child_id", "census_date", "school_id"),
    "education_risk": ("child_id", "risk", "started_on"),
    "population": ("authority", "group", "year_ending"),
}


@pytest.mark.parametrize("path", sorted(TABLES), ids=lambda path: path.stem)
def test_every_schema_is_a_table_schema_whose_fields_are_titled_and_described(path: object) -> None:
    descriptor = json.loads(str(path) and open(str(path), encoding="utf-8").read())  # noqa: PTH123, SIM115
    assert not list(Schema.metadata_validate(descriptor))
    assert descriptor["title"]
    assert descriptor["description"].endswith(".")
    for field in descriptor["fields"]:
        assert field["title"], field["name"]
        assert field["description"].endswith("."), field["name"]


def test_there_is_one_schema_for_each_extract() -> None:
    assert {path.stem for path in TABLES if path.parent == paths.SCHEMAS} == set(EXTRACTS) == set(KEYS)


@pytest.mark.parametrize("extract", EXTRACTS)
def test_keys_are_the_contract_s(extract: str) -> None:
    assert read_schema(extract).key == KEYS[extract]


def test_the_columns_whose_blank_has_a_meaning_are_the_contract_s() -> None:
    marked = {name for extract in EXTRACTS for name, field in read_schema(extract).fields.items() if field.blank_means}
    assert marked == MEANINGFUL


def test_no_column_takes_free_text() -> None:
    for extract in EXTRACTS:
        schema = read_schema(extract)
        for name in schema.fields:
            assert schema.judge(name, "She ran to her aunt's house.").rule, (extract, name)


def test_every_rule_is_a_sentence_with_a_mend_and_moves_known_metrics() -> None:
    metrics = read_metrics()
    for code, rule in RULES.items():
        assert code == rule.code
        assert rule.severity in ("error", "query")
        for text in (rule.sentence, rule.mend):
            assert text[0] in string.ascii_uppercase + "{" or text.startswith(
                ("sex", "age", "episode_id", "end_reason")
            )
            assert text.endswith((".", "{hint}")), code
        assert set(rule.moves) <= set(metrics), code
    assert set(HEADLINES) == {metric for rule in RULES.values() for metric in rule.moves}


def test_the_page_of_the_rules_is_made_from_the_catalogue() -> None:
    assert PAGE.read_text("utf-8") == show_rules(), "make rules"


def test_the_page_of_the_rules_has_every_rule_once_and_no_blank_unfilled() -> None:
    page = show_rules()
    for code in RULES:
        assert page.count(f"\n| `{code}` |") == 1, code
    assert "{" not in page.replace("{% raw %}", "").replace("{% endraw %}", "")
