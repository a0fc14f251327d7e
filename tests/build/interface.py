"""The Dagster UI as `storyboard ui` starts it, asked as its own pages ask it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines import paths

OURS = {"repositoryLocationName": "pipelines.definitions", "repositoryName": "__repository__"}
Ask = Callable[..., Any]


@contextmanager
def open_interface(extracts: Path, output: Path) -> Iterator[Ask]:
    """The UI over an output folder, until the block ends; what is given asks it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["ui", "--extracts", extracts, "--output", output, "--port", port]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", *map(str, words)],
        cwd=output.parent,
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


def run_job(ask: Ask, job: str, edition: str, authority: str | None = None) -> tuple[str, str]:
    """Starts a job for an edition, or for one council of it, as a person does from the UI; its run and what became of it."""
    tags = {"dagster/partition": edition}
    if authority is not None:
        tags = {
            "dagster/partition": f"{authority}|{edition}",
            "dagster/partition/authority": authority,
            "dagster/partition/edition": edition,
        }
    launched = ask(
        "mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { ... on LaunchRunSuccess { run { runId } } } }",
        p={
            "selector": {**OURS, "jobName": job},
            "runConfigData": {},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
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
    return run_id, status
