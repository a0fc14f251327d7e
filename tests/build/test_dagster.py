"""The Dagster UI that `storyboard ui` starts: the graph, one edition materialised, the same figures, the same history."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import paths
from pipelines.intake.rules import RULES
from tests.build.conftest import SampleBuild

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("interface") / "output"


@pytest.fixture(scope="module")
def ask(output: Path) -> Iterator[Ask]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["ui", "--extracts", paths.SAMPLE_EXTRACTS, "--output", output, "--port", port]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(paths.PROJECT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def query(text: str, **variables: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/graphql",
            data=json.dumps({"query": text, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    try:
        for _ in range(180):
            time.sleep(1)
            try:
                if query("{ assetNodes { id } }")["assetNodes"]:
                    break
            except OSError:
                assert process.poll() is None
        else:
            pytest.fail("the UI did not start")
        yield query
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


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
    assert set(by_key) - upstream <= {"sealed_edition", "site", "extracts/published_statistics"}


def test_findings_and_dbt_tests_are_asset_checks(ask: Ask):
    nodes = ask(
        "{ assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name blocking } } } } }"
    )["assetNodes"]
    checks = {"/".join(n["assetKey"]["path"]): [c["name"] for c in n["assetChecksOrError"]["checks"]] for n in nodes}
    assert checks["extracts/missing_episodes"] == ["gate"]
    assert "assert_breakdowns_sum_to_a_total_that_exists" in checks["figures"]
    assert checks["protected_release"] == ["nothing_hidden_can_be_worked_out"]
    assert set(RULES) <= set(checks["extracts/inventory"])


def test_an_edition_materialised_from_the_ui_has_the_figures_of_the_command(ask: Ask, output: Path, built: SampleBuild):
    launched = ask(
        "mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { ... on LaunchRunSuccess { run { runId } } } }",
        p={
            "selector": {
                "repositoryLocationName": "pipelines.definitions",
                "repositoryName": "__repository__",
                "jobName": "edition",
            },
            "runConfigData": {},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": "2016"}]},
        },
    )["launchRun"]
    run_id = launched["run"]["runId"]
    for _ in range(300):
        time.sleep(1)
        status = ask("query($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }", r=run_id)["runOrError"][
            "status"
        ]
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            break
    assert status == "SUCCESS"
    for side in ("restricted", "public"):
        ours = output / "editions" / "2016" / side / "figures.csv"
        assert ours.read_bytes() == (built.edition("2016") / side / "figures.csv").read_bytes()
    assert run_id in (output / "editions.log").read_text("utf-8")
    assert not list((output.parent / ".output.storyboard" / "work").rglob("*.parquet"))


def test_runs_of_the_command_are_in_the_same_history(built: SampleBuild):
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(built.output.parent / ".output.storyboard" / "dagster")) as instance:
        runs = instance.get_runs()
    assert {(run.job_name, run.tags["dagster/partition"], run.status.value) for run in runs} == {
        ("edition", name, "SUCCESS") for name in ("2016", "2017", "2018")
    }
