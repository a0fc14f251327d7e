"""A definition that fails to load must not vanish silently: the keys of the graph are asserted."""

import os
import subprocess
import sys

from pipelines import paths
from pipelines.publishing.citations import read_citations
from pipelines.register import read_metrics

LOAD = """
from pipelines.defs.manifest import ensure_manifest
ensure_manifest()
from pipelines.definitions import definitions
keys = definitions.resolve_asset_graph().get_all_asset_keys()
print("\\n".join(sorted("/".join(key.path) for key in keys)))
"""
MARTS = {path.stem for path in (paths.DBT_PROJECT / "models").rglob("*.sql")}
EXTRACTS = {"missing_episodes", "return_interviews", "cme_referrals", "school_census", "education_risk", "population"}
SHELL = {
    "exact_figures",
    "protected_figures",
    "protected_release",
    "open_data",
    "story_board",
    "workbook",
    "dmt_report",
    "foi_answers",
    "inspection_pack",
    "board_pack",
    "public_board_pack",
    "scorecard",
    "register_review",
    "interview_review",
    "census_reconciliation",
    "public_scorecard",
    "public_dmt_report",
    "quality",
    "audit_trail",
    "sealed_edition",
    "site",
    "scorecard_between_editions",
}


def test_every_asset_is_there():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD],
        env={
            **os.environ,
            "STORYBOARD_EXTRACTS": "x",
            "STORYBOARD_OUTPUT": "x",
            "STORYBOARD_ENCODING": "utf-8",
            "STORYBOARD_THROUGH": "duckdb",
        },
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    keys = set(done.stdout.split())
    beside = {"published_statistics", "inventory", "edition_periods"}
    pages = {
        "pages/" + page.removesuffix(".md").replace("-", "_")
        for page in read_citations(paths.DOCS, frozenset(read_metrics()))
    }
    assert keys == {f"extracts/{name}" for name in EXTRACTS | beside} | MARTS | pages | SHELL | {
        "categories",
        "census_days",
    }
