"""What a sealed edition keeps for auditors, against the figures that were sealed with it."""

import csv
import hashlib
import json
import re
import subprocess
import sys
from html import escape, unescape
from importlib.metadata import version
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.defs.provenance import describe_commit
from pipelines.register import read_metrics
from tests.build.conftest import SampleBuild, storyboard

METRICS = read_metrics()
COUNTED_BY_ROW = (
    "episodes_reported",
    "missing_episodes",
    "cme_referrals",
    "cme_open",
    "children_reported",
    "cme_closed",
)


@pytest.fixture(scope="module", params=("2016", "2018"))
def edition(request: pytest.FixtureRequest, built: SampleBuild) -> Path:
    return built.edition(request.param)


def read(edition: Path, name: str):
    return json.loads((edition / "restricted" / "audit" / name).read_text("utf-8"))


def rows(edition: Path, name: str) -> list[dict[str, str]]:
    with (edition / "restricted" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_metric_reaches_an_extract_and_every_reference_was_followed(edition):
    coverage = read(edition, "column-lineage.json")["coverage"]
    assert coverage["metrics"] == coverage["metrics_reaching_an_extract"] == len(METRICS)
    assert coverage["not_followed"] == []
    assert coverage["column_references_followed"] == coverage["column_references"]
    for metric in METRICS.values():
        reached = {
            r["extract"] for r in rows(edition, "audit/column-lineage.csv") if r["metric_id"] == metric.metric_id
        }
        assert set(metric.needs) <= reached


def test_the_first_step_of_an_extract_starts_with_its_rows_in_the_manifest(edition):
    extracts = {e["name"]: e["rows"] for e in json.loads((edition / "edition.json").read_text("utf-8"))["extracts"]}
    models = read(edition, "steps.json")["models"]
    for name in ("missing_episodes", "cme_referrals", "population"):
        assert models[f"stg_{name}"]["steps"][0]["rows_in"] == extracts[name]


def test_rows_pass_from_step_to_step(edition):
    for name, model in read(edition, "steps.json")["models"].items():
        parts: dict[str, int] = {}
        for step in model.get("steps", ()):
            if step["part"] in parts and step["kind"] not in ("read", "unite", "deduplicate"):
                assert step["rows_in"] == parts[step["part"]], (name, step["step"])
            parts[step["part"]] = step["rows_out"]


def test_the_rows_counted_are_the_figures_of_metrics_that_count_rows(edition):
    figures = {
        (f["metric_id"], f["authority"], f["breakdown"], f["category"]): f["numerator"]
        for name in ("figures.csv", "scorecard.csv")
        for f in rows(edition, name)
        if f["status"] == "published"
    }
    counted = [row for row in rows(edition, "audit/rows-counted.csv") if row["metric_id"] in COUNTED_BY_ROW]
    assert {row["metric_id"] for row in counted} == set(COUNTED_BY_ROW)
    for row in counted:
        assert figures[row["metric_id"], row["authority"], row["breakdown"], row["category"]] == row["rows"]


def test_every_model_has_its_sql_and_every_test_passed(edition):
    written = {file.stem for file in (edition / "restricted" / "audit" / "sql").iterdir()}
    assert set(read(edition, "steps.json")["models"]) == written >= set(METRICS)
    tests = read(edition, "tests.json")
    assert tests
    assert {test["status"] for test in tests} == {"pass"}
    assert all(test["says"] for test in tests)


def test_the_sealed_assurance_statement_says_what_was_checked_and_hidden_and_not_who_or_when(edition):
    page = (edition / "restricted" / "audit" / "assurance.html").read_text("utf-8")
    hidden = sum(row["status"] == "suppressed" for row in rows(edition, "audit/protection.csv"))
    assert f"{hidden} figures are hidden." in page
    assert "nothing hidden can be worked out" in page
    assert "storyboard assurance" in page
    manifest = json.loads((edition / "edition.json").read_text("utf-8"))
    for extract in manifest["extracts"]:
        assert extract["sha256"] in page
    assert manifest["code"]["sha256"] in page


def test_the_statement_with_its_records_says_who_built_it_and_until_when_extracts_are_kept(built, tmp_path):
    done = storyboard("assurance", "2018", "--output", built.output, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "built by" in done.stdout
    assert "kept until" in done.stdout


def test_verify_py_of_an_edition_finds_it_whole(edition):
    alone = edition / "restricted" / "audit" / "verify.py"
    done = subprocess.run([sys.executable, "-I", str(alone)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{edition.name}: whole and unchanged\n"), done.stderr


def test_nothing_in_the_trail_names_the_folder_of_the_run_or_a_row(edition, built):
    with (paths.SAMPLE_EXTRACTS / edition.name / "missing_episodes.csv").open(encoding="utf-8", newline="") as lines:
        ids = {row["episode_id"] for row in csv.DictReader(lines)}
    assert ids
    for file in (edition / "restricted" / "audit").rglob("*"):
        if file.is_file():
            text = file.read_text("utf-8")
            assert str(built.output.parent) not in text
            assert not [i for i in ids if i in text], file


def test_the_manifest_says_of_each_extract_its_file_its_period_and_what_the_gate_asks(edition):
    extracts = {e["name"]: e for e in json.loads((edition / "edition.json").read_text("utf-8"))["extracts"]}
    figure = next(f for f in rows(edition, "figures.csv") if f["metric_id"] == "episodes_reported")
    episodes = extracts["missing_episodes"]
    assert episodes["file"] == "missing_episodes.csv"
    assert (episodes["period_start"], episodes["period_end"]) == (figure["period_start"], figure["period_end"])
    assert extracts["population"]["period_start"] is None
    assert episodes["by_rule"].get("out_of_period", 0) == episodes["out_of_period"]
    quality = json.loads((edition / "restricted" / "quality.json").read_text("utf-8"))
    assert {rule for e in extracts.values() for rule in e["by_rule"]} <= {f["rule"] for f in quality["findings"]}


def test_the_manifest_names_lock_tools_and_the_checksum_of_every_model(edition):
    stated = json.loads((edition / "edition.json").read_text("utf-8"))
    assert stated["lock"]["sha256"] == hashlib.sha256(paths.LOCK.read_bytes()).hexdigest()
    assert stated["tools"]["duckdb"] == version("duckdb")
    assert set(stated["models"]) == {file.stem for file in (edition / "restricted" / "audit" / "sql").iterdir()}
    assert all(len(sha256) == 64 for sha256 in stated["models"].values())
    assert stated["explanations"] == []


def test_the_record_names_the_commit_of_the_code_and_the_sealed_edition_does_not(built):
    events = [json.loads(line) for line in (built.output / "editions.log").read_text("utf-8").splitlines()]
    commit = describe_commit()
    assert {event.get("commit") for event in events if event["event"] == "sealed"} == {commit}
    if commit is not None:
        assert commit.split(",")[0] not in (built.edition("2018") / "edition.json").read_text("utf-8")


def test_the_page_of_every_metric_has_its_steps_and_sql_as_run_and_no_number_of_rows(edition):
    pages = edition / "public" / "pages" / "evidence" / "metrics"
    steps = read(edition, "steps.json")
    for metric_id in METRICS:
        page = (pages / f"{metric_id}.html").read_text("utf-8")
        sql = (edition / "restricted" / "audit" / "sql" / f"{metric_id}.sql").read_text("utf-8")
        assert f"<pre><code>{escape(sql.splitlines()[0])}" in page.replace("&#39;", "'"), metric_id
        for relation in steps["metrics"][metric_id]["path"]:
            assert f"<h3>{relation}</h3>" in page
        own = [step for step in steps["models"][metric_id]["steps"] if step["kind"] in ("filter", "join", "count")]
        text = unescape(re.sub(r"</?code>", "`", page))
        assert own
        assert all(step["step"] in text for step in own), metric_id
        assert read(edition, "metrics.json")[metric_id]["definition_sha256"][:16] in page
        assert 'class="sign"' in page
        assert not re.search(r"rows[_ ](in|out)\b|-&gt; \d", page)


def test_every_metric_has_a_restricted_page_with_rows_figures_files_and_its_picture(edition):
    audit = edition / "restricted" / "audit"
    steps = read(edition, "steps.json")
    manifest = json.loads((edition / "edition.json").read_text("utf-8"))
    for metric_id in METRICS:
        page = (audit / "metrics" / f"{metric_id}.html").read_text("utf-8")
        assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
        assert f"From fields of the extracts to {metric_id}</title>" in page
        last = steps["models"][metric_id]["steps"][-1]
        assert f'<td class="n">{last["rows_in"]:,}</td><td class="n">{last["rows_out"]:,}</td>' in page
        for figure in rows(edition, "figures.csv"):
            if figure["metric_id"] == metric_id and figure["breakdown"] == "total" and figure["value"]:
                decimals = 1 if "." in figure["value"] else 0
                assert f'<td class="n">{float(figure["value"]):,.{decimals}f}</td>' in page
        for extract in manifest["extracts"]:
            if extract["name"] in METRICS[metric_id].needs:
                assert extract["sha256"] in page
        assert 'class="sign"' in page


def test_the_lineage_of_all_metrics_is_a_table_and_a_picture_with_its_coverage(edition):
    page = (edition / "restricted" / "audit" / "lineage.html").read_text("utf-8")
    assert f"{len(METRICS)} of {len(METRICS)} metrics were followed back to an extract." in page
    assert "Not followed: none." in page
    for metric_id in METRICS:
        assert f'<a href="metrics/{metric_id}.html">{metric_id}</a>' in page
        assert f">{metric_id}</text>" in page


def test_the_front_page_leads_to_every_file_that_it_names(edition):
    audit = edition / "restricted" / "audit"
    addresses = re.findall(r'href="([^"]+)"', (audit / "index.html").read_text("utf-8"))
    assert len(addresses) > len(METRICS)
    assert [address for address in addresses if not (audit / address).is_file()] == []


def test_dbts_documentation_is_one_file_that_fetches_nothing_and_names_what_is_made(edition, built):
    page = (edition / "restricted" / "audit" / "dbt-docs.html").read_text("utf-8")
    assert "default-src 'none'" in page[: page.index("<script")]
    assert "INLINE DATA" not in page
    for said in ("model.storyboard.episodes_reported", "exposure.storyboard.dmt_report", "test.storyboard."):
        assert said in page
    for never in ("generated_at", "invocation_id", "created_at", str(paths.PROJECT), str(built.output.parent)):
        assert never not in page
