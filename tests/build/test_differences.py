"""Why a figure changed: a correction with a late row, a corrected one and a removed one, told apart by running rows again."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.paths import Output
from tests.build.conftest import storyboard

EXTRACT = "missing_episodes.csv"


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output with 2016 published, and its correction: one girl's episode is gone, one became male's, one boy's came."""
    folder = tmp_path_factory.mktemp("corrected")
    shutil.copytree(paths.SAMPLE_EXTRACTS / "2016", folder / "in" / "2016")
    build = ("build", "--extracts", folder / "in", "--output", folder / "output", "--edition", "2016")
    first = storyboard(*build, cwd=folder)
    assert first.returncode == 0, first.stderr
    assert storyboard("publish", "2016", "--output", folder / "output", cwd=folder).returncode == 0
    path = folder / "in" / "2016" / EXTRACT
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    girls = [
        r
        for r in rows
        if r["sex"] == "female" and "2014-06" <= r["started_at"] < "2015-02" and r["looked_after"] == "true"
    ]
    boy = next(r for r in rows if r["sex"] == "male" and "2014-06" <= r["started_at"] < "2015-02")
    rows.remove(girls[0])
    girls[1]["reported_by"] = "police" if girls[1]["reported_by"] != "police" else "school"
    rows.append({**boy, "episode_id": "late-1"})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    second = storyboard(*build, "--reason", "Three episodes were put right.", cwd=folder)
    assert second.returncode == 0, second.stderr
    return folder / "output"


def diff(output: Path, *words: str) -> dict[str, dict]:
    done = storyboard("diff", *words, "--json", "--output", output, cwd=output.parent)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"from", "to", "changes"} <= set(found)
    return {change["figure"].split("/", 1)[1]: change for change in found["changes"]}


def test_late_corrected_and_removed_rows_are_told_apart_by_replay(corrected: Path):
    changes = {k: c for k, c in diff(corrected, "2016", "2016-v2").items() if c["from"] != c["to"]}
    assert changes["episodes_reported/sex/female"]["causes"] == ["removed rows"]
    assert changes["episodes_reported/sex/male"]["causes"] == ["late rows"]
    assert (changes["episodes_reported/sex/male"]["from"], changes["episodes_reported/sex/male"]["to"]) == (189, 190)
    reported = [c for k, c in changes.items() if k.startswith("episodes_reported/reported_by/")]
    assert any("corrected rows" in change["causes"] for change in reported)
    assert "episodes_reported/total/all" not in changes
    assert not [c for c in changes.values() if "not told apart" in c["causes"] or not c["causes"]]
    for change in changes.values():
        assert change["parts"][0]["from"] == change["from"]
        assert change["parts"][-1]["to"] == change["to"]


def test_without_replay_what_cannot_be_told_apart_is_said(corrected: Path):
    done = storyboard("diff", "2016", "2016-v2", "--no-replay", "--json", "--output", corrected, cwd=corrected.parent)
    found = json.loads(done.stdout)
    assert not found["replayed"]
    assert found["why_not_replayed"]
    moved = [change for change in found["changes"] if change["from"] != change["to"]]
    assert {tuple(change["causes"]) for change in moved} == {("extracts", "not told apart")}


def test_the_page_of_differences_tells_causes_and_figures(corrected: Path):
    words = ("diff", "2016", "2016-v2", "--format", "html", "--out", corrected.parent / "changes.html")
    done = storyboard(*words, "--output", corrected, cwd=corrected.parent)
    assert done.returncode == 0, done.stderr
    page = (corrected.parent / "changes.html").read_text("utf-8")
    for cause in ("Rows that were there are gone", "Rows that are in both were corrected", "Rows were added late"):
        assert f"<td>{cause}</td>" in page
    assert "Restricted" in page
    assert re.search(r"E06000014/sex/male</code></td><td class=\"n\">189</td><td class=\"n\">190</td>", page)
    assert "http" not in page


def test_an_edition_differs_in_nothing_from_itself(corrected: Path):
    done = storyboard("diff", "2016-v2", "2016-v2", "--output", corrected, cwd=corrected.parent)
    assert done.returncode == 0, done.stderr
    assert "the same figures" in done.stdout


def test_the_rows_counted_are_those_of_the_figure_and_no_others(corrected: Path):
    words = ("episodes_reported", "--edition", "2016-v1", "--breakdown", "sex", "--category", "female", "--rows")
    done = storyboard("trace", *words, "--output", corrected, cwd=corrected.parent)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) == len({row["episode_id"] for row in rows}) == 341
    assert {row["sex"] for row in rows} == {"female"}
    assert "personal data" in done.stderr


def test_nothing_of_the_rows_is_left_where_they_were_run_again(corrected: Path):
    assert not list(Output(corrected).work.iterdir())


def test_a_correction_is_made_again_byte_for_byte_as_it_was_protected(corrected: Path):
    done = storyboard("verify", "2016-v2", "--rebuild", "--output", corrected, cwd=corrected.parent)
    assert done.returncode == 0, done.stdout + done.stderr
