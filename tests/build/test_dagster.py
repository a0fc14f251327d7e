"""The Dagster UI that `storyboard ui` starts: the graph, one edition materialised, the same figures, the same history."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.intake.rules import RULES
from tests.build.conftest import SampleBuild
from tests.build.interface import OURS, Ask, open_interface, run_job


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("interface") / "output"


@pytest.fixture(scope="module")
def ask(output: Path) -> Iterator[Ask]:
    output.parent.mkdir(exist_ok=True)
    (output.parent / "storyboard.yml").write_text("drop_folder: {folder: drop, settle_seconds: 10}\n", "utf-8")
    (output.parent / "drop").mkdir()
    with open_interface(paths.SAMPLE_EXTRACTS, output) as query:
        yield query


def test_the_graph_reaches_from_extract_to_page_and_edition(ask: Ask):
    nodes = ask("{ assetNodes { assetKey { path } groupName isPartitioned dependencyKeys { path } } }")["assetNodes"]
    by_key = {"/".join(node["assetKey"]["path"]): node for node in nodes}
    assert all(node["isPartitioned"] for node in nodes)
    groups = Counter(node["groupName"] for node in nodes)
    assert groups["metrics"] == 43
    assert {"extracts", "staging", "marts", "figures", "release", "story_board", "papers", "edition"} <= set(groups)
    upstream: set[str] = set()
    waiting = ["sealed_edition"]
    while waiting:
        for key in by_key[waiting.pop()]["dependencyKeys"]:
            name = "/".join(key["path"])
            if name not in upstream:
                upstream.add(name)
                waiting.append(name)
    assert {"pages/missing/looked_after", "episodes_reported", "episodes", "extracts/missing_episodes"} <= upstream
    ends = {"sealed_edition", "site", "extracts/published_statistics"}
    assert {name for name in set(by_key) - upstream if not name.endswith("_between_editions")} <= ends
    assert "councils" not in groups, "of one council alone, nothing is said of several"


def test_findings_and_dbt_tests_are_asset_checks(ask: Ask):
    nodes = ask(
        "{ assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name blocking } } } } }"
    )["assetNodes"]
    checks = {"/".join(n["assetKey"]["path"]): [c["name"] for c in n["assetChecksOrError"]["checks"]] for n in nodes}
    assert checks["extracts/missing_episodes"] == ["gate"]
    assert "assert_breakdowns_sum_to_a_total_that_exists" in checks["figures"]
    dbt_tests = {path.stem for path in (paths.DBT_PROJECT / "tests").glob("assert_*.sql")}
    assert dbt_tests - {name for names in checks.values() for name in names} == set(), "give it a ref in _tests.yml"
    assert checks["protected_release"] == ["nothing_hidden_can_be_worked_out"]
    assert set(RULES) <= set(checks["extracts/inventory"])


def test_an_edition_materialised_from_the_ui_has_the_figures_of_the_command(ask: Ask, output: Path, built: SampleBuild):
    run_id, status = run_job(ask, "edition", "2016")
    assert status == "SUCCESS"
    for side in ("restricted", "public"):
        ours = output / "editions" / "2016" / side / "figures.csv"
        assert ours.read_bytes() == (built.edition("2016") / side / "figures.csv").read_bytes()
    assert run_id in (output / "editions.log").read_text("utf-8")
    assert not list((output.parent / ".output.storyboard" / "work").rglob("*.parquet"))


def test_a_page_has_its_charts_as_pictures_and_a_metric_what_its_entry_says(ask: Ask):
    asked = ask(
        "query($k: AssetKeyInput!, $m: AssetKeyInput!) { assetNodeOrError(assetKey: $m) { ... on AssetNode { description"
        " metadataEntries { label ... on TextMetadataEntry { text } } } } assetOrError(assetKey: $k) { ... on Asset {"
        " assetMaterializations(limit: 1) { metadataEntries { label ... on MarkdownMetadataEntry { mdStr } } } } } }",
        k={"path": ["pages", "missing", "looked_after"]},
        m={"path": ["episodes_reported"]},
    )
    assert asked["assetNodeOrError"]["description"].startswith("**Episodes reported** (episodes)")
    facts = {entry["label"]: entry.get("text") for entry in asked["assetNodeOrError"]["metadataEntries"]}
    assert facts["unit"] == "episodes"
    assert "missing/index.md" in str(facts["shown on"])
    (made,) = asked["assetOrError"]["assetMaterializations"]
    charts = next(entry["mdStr"] for entry in made["metadataEntries"] if entry["label"] == "charts")
    assert "](data:image/svg+xml;base64," in charts


def test_the_scorecard_of_today_is_put_among_the_papers_and_no_edition_changes(ask: Ask, output: Path):
    sealed = sorted((output / "editions").rglob("*")) if (output / "editions").exists() else []
    assert run_job(ask, "scorecard_today", "2016")[1] == "SUCCESS"
    papers = [path.name for path in (output / "papers").rglob("*") if path.is_file()]
    assert "2016-scorecard.xlsx" in papers
    assert (sorted((output / "editions").rglob("*")) if sealed else []) == sealed


def test_there_is_a_job_for_each_purpose_and_whatever_starts_one_is_off(ask: Ask):
    found = ask(
        "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name description }"
        " sensors { name sensorState { status } } schedules { name scheduleState { status } } } } } }"
    )["repositoriesOrError"]["nodes"][0]
    jobs = {job["name"]: job["description"] for job in found["jobs"] if not job["name"].startswith("__")}
    assert {"edition", "check", "scorecard_today", "register_review_today", "reminder"} <= set(jobs)
    assert all(jobs.values())
    states = {s["name"]: s["sensorState"]["status"] for s in found["sensors"]}
    assert states.pop("failure_notice") == states.pop("notice_taken_back") == "RUNNING"
    states |= {s["name"]: s["scheduleState"]["status"] for s in found["schedules"]}
    assert {"drop_folder", "scorecard", "register_review", "annual_reminder"} <= set(states)
    assert set(states.values()) == {"STOPPED"}


def test_dropped_extracts_run_once_when_they_have_settled_and_a_refusal_is_told_beside_them(ask: Ask, output: Path):
    drop = output.parent / "drop"
    (drop / "2017").mkdir()
    shutil.copy(paths.SAMPLE_EXTRACTS / "2017" / "cme_referrals.csv", drop / "2017")
    with (drop / "2017" / "cme_referrals.csv").open("a", encoding="utf-8") as file:
        file.write("half a r")
    start = "mutation($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }"
    assert ask(start, s={**OURS, "sensorName": "drop_folder"})["startSensor"]["__typename"] == "Sensor"
    notice = drop / "2017-not-built.txt"
    for _ in range(300):
        time.sleep(1)
        if notice.is_file():
            break
    told = notice.read_text("utf-8")
    assert "Edition 2017 is refused." in told
    assert "storyboard check --edition 2017" in told
    assert "half a r" not in told
    runs = "{ runsOrError { ... on Runs { results { tags { key value } } } } }"
    tags = [{t["key"]: t["value"] for t in run["tags"]} for run in ask(runs)["runsOrError"]["results"]]
    assert [t["dagster/partition"] for t in tags if "dagster/sensor_name" in t] == ["2017"]


def test_runs_of_the_command_are_in_the_same_history(built: SampleBuild):
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(built.output.parent / ".output.storyboard" / "dagster")) as instance:
        runs = instance.get_runs()
    assert {(run.job_name, run.tags["dagster/partition"], run.status.value) for run in runs} == {
        ("edition", name, "SUCCESS") for name in ("2016", "2017", "2018")
    }
