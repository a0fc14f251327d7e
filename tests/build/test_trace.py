"""From a figure back to the rows, by the command, on sealed editions."""

import json
import time
from pathlib import Path

import pytest

from pipelines.editions.tracing import Question, trace
from pipelines.editions.tracing_text import show_trace
from pipelines.paths import Output
from pipelines.register import read_metrics
from tests.build.conftest import SampleBuild, storyboard
from tests.editions.made_editions import install

METRICS = read_metrics()


@pytest.fixture
def ask(built: SampleBuild, tmp_path: Path):
    return lambda *words: storyboard("trace", *words, "--output", built.output, cwd=tmp_path)


def test_a_trace_has_the_contracts_keys_and_its_last_rows_are_the_figure(ask):
    done = ask("episodes_reported", "--edition", "2016", "--breakdown", "sex", "--category", "female", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"edition", "metric", "definition", "figures", "steps", "tests", "extracts"} <= set(found)
    assert all({"step", "relation", "rows_in", "rows_out", "sql"} <= set(step) for step in found["steps"])
    assert [figure["value"] for figure in found["figures"]] == [341]
    taken = next(step for step in found["steps"] if step["step"].startswith("Of the rows counted"))
    assert (taken["rows_in"], taken["rows_out"]) == (530, 341)
    extract = next(extract for extract in found["extracts"] if extract["name"] == "missing_episodes")
    assert len(extract["sha256"]) == 64
    assert "sex" in extract["fields"]
    assert found["tests"]


def test_without_an_edition_the_latest_is_meant(ask):
    assert json.loads(ask("cme_open", "--json").stdout)["edition"] == "2018"


def test_a_trace_names_approvals_and_the_same_figure_in_earlier_editions(ask):
    found = json.loads(ask("episodes_reported", "--edition", "2018", "--breakdown", "total", "--json").stdout)
    assert [figure["edition"] for figure in found["earlier"]] == ["2016", "2017"]
    assert found["earlier"][0]["value"] == 530
    assert found["approvals"] == []
    assert "None on record." in ask("episodes_reported", "--edition", "2018").stdout


def test_every_metric_of_every_edition_can_be_traced(built):
    for edition in ("2016", "2018"):
        for metric in METRICS:
            found = trace(built.edition(edition), Question(metric))
            assert found.figures
            assert found.steps[0]["step"].startswith("Start with the extract ")
            assert found.definition == METRICS[metric].description
            assert show_trace(found)


def test_a_trace_answers_while_the_auditor_waits(ask):
    ask("cme_open")
    began = time.monotonic()
    ask("median_missing_hours", "--edition", "2018")
    assert time.monotonic() - began < 3  # three times the promise: the machine of the tests is busy


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (("episods_reported",), "episodes_reported"),
        (("cme_open", "--category", "prmary"), "primary"),
        (("cme_open", "--breakdown", "phases"), "phase"),
        (("cme_open", "--authority", "E06000041"), "E06000014"),
        (("cme_open", "--edition", "2019"), "2018"),
    ],
)
def test_a_name_that_is_not_there_is_misuse_and_the_nearest_is_named(ask, words, nearest):
    done = ask(*words)
    assert done.returncode == 2
    assert nearest in done.stderr


def test_an_extract_that_was_absent_is_said_to_be(built, ask):
    extracts = {e["name"] for e in json.loads((built.edition("2016") / "edition.json").read_text("utf-8"))["extracts"]}
    assert "return_interviews" not in extracts
    found = json.loads(ask("return_interviews_held", "--edition", "2016", "--json").stdout)
    assert {figure["status"] for figure in found["figures"]} == {"not_available"}
    assert [e["rows"] for e in found["extracts"] if e["name"] == "return_interviews"] == [None]


def test_an_edition_without_an_audit_trail_says_what_to_do(tmp_path: Path):
    install(Output(tmp_path / "output"), tmp_path, "2016")
    done = storyboard("trace", "cme_open", "--output", tmp_path / "output", cwd=tmp_path)
    assert done.returncode == 1
    assert "Build it again" in done.stderr
