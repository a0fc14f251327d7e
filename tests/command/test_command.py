"""The command as a person types it: words in, exit status out. Builds have tests of their own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import paths


def surroundings(home: Path) -> dict[str, str]:
    """The environment of a command that is run by itself, and nothing else of this machine's."""
    return {"PYTHONPATH": str(paths.PROJECT), "PATH": "/usr/bin:/bin", "HOME": str(home)}


def storyboard(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, words)],
        cwd=cwd,
        env=surroundings(cwd),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    shutil.copytree(paths.SAMPLE_EXTRACTS / "2016", tmp_path / "extracts" / "2016")
    return tmp_path / "extracts"


def test_an_unknown_edition_is_misuse_and_names_the_editions_that_there_are(extracts, tmp_path):
    done = storyboard("build", "--extracts", extracts, "--edition", "2061", "--output", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "2016" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_no_edition_is_misuse_and_is_not_repeated(extracts, tmp_path):
    done = storyboard("check", "--extracts", extracts, "--edition", "../../etc", cwd=tmp_path)
    assert done.returncode == 2
    assert "etc" not in done.stderr + done.stdout


def test_an_absent_folder_of_extracts_is_a_fault_of_the_data(tmp_path):
    for words in (("check",), ("build", "--output", tmp_path / "out")):
        done = storyboard(*words, "--extracts", tmp_path / "nowhere", cwd=tmp_path)
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1


def test_an_edition_without_its_folder_is_a_fault_of_the_data(extracts, tmp_path):
    done = storyboard("check", "--extracts", extracts, "--edition", "2017", cwd=tmp_path)
    assert done.returncode == 1
    assert "2017" in done.stderr


def test_check_says_first_whether_the_sample_can_be_built(extracts, tmp_path):
    done = storyboard("check", "--extracts", extracts, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[0].startswith("Edition 2016 can be built")


def test_check_as_json_has_the_shape_of_the_contract(extracts, tmp_path):
    done = storyboard("check", "--extracts", extracts, "--edition", "2016", "--format", "json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert set(result) == {"edition", "ok", "extracts", "findings"}
    assert result["ok"] is True
    assert result["extracts"]["missing_episodes"]["rows"] >= 530
    for finding in result["findings"]:
        assert set(finding) == {"extract", "rule", "severity", "field", "row", "count", "message", "fix"}


def test_a_wrong_value_gets_a_finding_with_line_and_column_and_no_value(extracts, tmp_path):
    file = extracts / "2016" / "missing_episodes.csv"
    lines = file.read_text("utf-8").splitlines()
    lines[4] = lines[4].replace(",missing,", ",vanished-xyzzy,").replace(",absent,", ",vanished-xyzzy,")
    file.write_text("\n".join(lines) + "\n", "utf-8")
    done = storyboard("check", "--extracts", extracts, "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    errors = [f for f in json.loads(done.stdout)["findings"] if f["severity"] == "error"]
    assert [(f["extract"], f["field"], f["row"]) for f in errors] == [("missing_episodes", "episode_type", 5)]
    assert "xyzzy" not in done.stdout + done.stderr


def test_findings_can_be_forwarded_as_a_page(extracts, tmp_path):
    done = storyboard("check", "--extracts", extracts, "--format", "html", cwd=tmp_path)
    assert done.stdout.startswith("<!doctype html>")
    assert "<script" not in done.stdout


def test_help_answers_without_importing_anything_heavy(tmp_path):
    code = "import sys; from pipelines import cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.PROJECT, capture_output=True, text=True, check=True)
    assert not {"dagster", "dbt", "duckdb", "pandas", "matplotlib", "mkdocs", "frictionless"} & set(eval(done.stdout))
