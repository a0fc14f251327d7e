"""Column lineage: every column of every metric back to the fields of the extracts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from pipelines.lineage.columns import trace_columns
from pipelines.lineage.project import Project
from pipelines.lineage.reading import read_sql
from pipelines.lineage.trail import compose_trail
from tests.lineage.made_projects import PROJECT, model, warehouse


def test_a_metric_reaches_its_fields_through_values_filters_joins_and_breakdowns() -> None:
    found = {(use.extract, use.field, use.how) for use in trace_columns(PROJECT).fields["missing_episodes"]}
    assert {
        ("episodes", "episode_id", "value"),
        ("episodes", "kind", "filter"),
        ("episodes", "started_on", "join"),
        ("periods", "period_start", "join"),
        ("periods", "period_end", "join"),
        ("episodes", "sex", "breakdown"),
        ("periods", "period_start", "frame"),
    } <= found
    assert not [use for use in found if use[1] in ("reported_by", "child_id")]


def test_every_reference_is_followed_and_the_coverage_says_so(tmp_path: Path) -> None:
    with warehouse(tmp_path, [("1", "a", "female", "2015-05-01", "missing")]) as rows:
        files = compose_trail(PROJECT, read_sql(PROJECT), {}, rows)
    coverage = json.loads(files["column-lineage.json"])["coverage"]
    assert (coverage["metrics"], coverage["metrics_reaching_an_extract"]) == (1, 1)
    assert coverage["column_references_followed"] == coverage["column_references"] > 0
    assert coverage["extract_fields_no_metric_uses"] == ["episodes.child_id", "episodes.reported_by"]
    listed = list(csv.DictReader(files["column-lineage.csv"].splitlines()))
    assert {"metric_id": "missing_episodes", "extract": "episodes", "field": "kind", "how": "filter"} in listed


def test_a_reference_that_leads_nowhere_is_listed_and_not_passed_over() -> None:
    lost = model("lost", "metrics", "select elsewhere.a, b.c from stg_periods as b")
    found = trace_columns(Project({**PROJECT.models, "lost": lost}, PROJECT.extracts, {}, ()))
    assert found.unresolved == ["lost: b.c", "lost: elsewhere.a"]
