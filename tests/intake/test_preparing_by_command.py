"""`storyboard prepare` as it is typed: what it prints, in which form, and with which exit status."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.intake.preparation_report import COLUMNS
from tests.intake.test_mapping import COLUMNS as EXPORT
from tests.intake.test_mapping import MINIMAL, write_export
from tests.intake.test_ssda903 import write_return


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=True)


def prepare(tmp_path: Path, missing: list[str], *words: object) -> Result:
    source = write_return(
        tmp_path / "return",
        header=["7,2,01/06/2004,WBRI,,,"],
        episodes=["7,01/01/2016,S,C2,N1,U1,PR1,,,,,,"],
        missing=missing,
    )
    places = ("--edition", "2019", "--out", tmp_path / "out", "--key", tmp_path / "key")
    return run("prepare", source, "--from", "ssda903", *places, *words)


SOUND = "7,01/06/2004,M,01/05/2017,02/05/2017"
BROKEN = "7,01/06/2004,X,01/06/2017,02/06/2017"


def test_a_sound_return_is_done_and_the_next_step_is_named(tmp_path: Path) -> None:
    done = prepare(tmp_path, [SOUND])
    assert done.exit_code == 0
    assert done.stdout.startswith("Edition 2019 is prepared: 0 errors to mend, 0 queries to explain.\n")
    assert "Next: storyboard check" in done.stderr


def test_rows_that_had_to_be_left_out_need_attention(tmp_path: Path) -> None:
    done = prepare(tmp_path, [SOUND, BROKEN])
    assert done.exit_code == 1
    assert "ERROR 1006 missing, row 3, column MISSING" in done.stdout
    assert (tmp_path / "out" / "2019" / "missing_episodes.csv").is_file()


def test_findings_come_as_json_page_or_csv(tmp_path: Path) -> None:
    result = json.loads(prepare(tmp_path, [SOUND, BROKEN], "--format", "json").stdout)
    assert (result["edition"], result["ok"], result["written"], result["gate"]["ok"]) == ("2019", False, True, True)
    assert result["extracts"]["missing_episodes"]["rows_left_out"] == 1
    assert set(result["findings"][0]) == {"extract", "rule", "severity", "field", "row", "count", "message", "fix"}
    assert json.loads(prepare(tmp_path, [SOUND], "--json").stdout)["ok"]
    assert prepare(tmp_path, [SOUND, BROKEN], "--format", "html").stdout.startswith("<!doctype html>")
    rows = list(csv.DictReader(prepare(tmp_path, [SOUND, BROKEN], "--format", "csv").stdout.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["rule"] == "1006"


def test_an_export_is_prepared_by_its_mapping(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(f"{EXPORT}\n1,7,Missing,01/05/2017 10:00,,F,Y,\n")
    (tmp_path / "mapping.yml").write_text(MINIMAL)
    done = run(
        "prepare", tmp_path / "export.csv", "--from", tmp_path / "mapping.yml",
        "--edition", "2019", "--out", tmp_path / "out", "--key", tmp_path / "key",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "missing_episodes: 1 of 1 rows of export.csv, 1 children." in done.stdout


def test_a_draft_is_asked_for_with_suggest(tmp_path: Path) -> None:
    done = run("prepare", "--suggest", write_export(tmp_path), "--out", tmp_path / "mapping.yml")
    assert done.exit_code == 0, done.output
    assert "Draft of a mapping for missing_episodes" in done.stdout
    assert (tmp_path / "mapping.yml").is_file()
