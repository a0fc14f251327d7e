"""The same input gives the same bytes: another folder, time zone, locale, hash seed and day change nothing."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.editions.forgetting import REVIEW_LISTS
from pipelines.paths import Output
from tests.build.conftest import SampleBuild, storyboard


def hashes(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine whose date is thirteen months on; this day's where no C compiler is there to make it."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        return {}
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "STORYBOARD_SHIFT": str(400 * 86400)}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, clock: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(paths.SAMPLE_EXTRACTS / "2016", folder / "in" / "2016")
    (folder / "tmp").mkdir()
    done = storyboard(
        "build", "--extracts", folder / "in", "--edition", "2016", "--output", folder / "out", cwd=folder,
        TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONHASHSEED="4711", TMPDIR=str(folder / "tmp"), **clock,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_an_edition_is_the_same_bytes_wherever_it_is_built(built: SampleBuild, elsewhere: Path):
    here, there = hashes(built.edition("2016")), hashes(elsewhere / "editions" / "2016")
    assert {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)} == set()


def test_the_other_machine_had_another_date(elsewhere: Path, clock: dict[str, str]):
    if not clock:
        pytest.skip("no C compiler here: only folder, time zone, locale and hash seed were others")
    (event,) = [json.loads(line) for line in (elsewhere / "editions.log").read_text("utf-8").splitlines()]
    assert datetime.fromisoformat(event["when"]) > datetime.now(UTC) + timedelta(days=390)


def test_after_a_run_rows_lie_in_no_place_but_those_that_the_docs_name(elsewhere: Path):
    home, ids = elsewhere.parent, set()
    for extract in (home / "in" / "2016").glob("*.csv"):
        with extract.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                ids |= {row[name].encode() for name in ("child_id", "episode_id", "referral_id") if row.get(name)}
    found = set()
    for file in home.rglob("*"):
        if file.is_file() and ids.intersection(re.findall(rb"[A-Za-z0-9_-]+", file.read_bytes())):
            found.add(file.relative_to(home).as_posix())
    assert len(ids) > 500
    lists = [f"out/editions/2016/restricted/{name}." for name in REVIEW_LISTS]
    named = ("in/2016/", ".out.storyboard/archive/", ".out.storyboard/handed-out/", *lists)
    assert {file for file in found if not file.startswith(named)} == set()
    assert any(file.startswith(".out.storyboard/archive/") for file in found)
    assert not list((home / "tmp").iterdir())


def test_the_receipt_says_what_was_removed_and_where_rows_were_looked_for(elsewhere: Path):
    receipt = json.loads(Output(elsewhere).receipt.read_text("utf-8"))
    assert receipt["ids_looked_for"] > 500
    assert receipt["rows_elsewhere"] == {}
    assert {Path(name).stem for name in receipt["rows_on_purpose"]} <= set(REVIEW_LISTS)
    assert "2016/public/figures.csv" in receipt["files_read"]
    assert not (Output(elsewhere).work / receipt["removed"]).exists()


def test_nothing_sealed_says_when_or_by_which_run_it_was_made(built: SampleBuild):
    events = (built.output / "editions.log").read_text("utf-8")
    manifest = (built.edition("2016") / "edition.json").read_text("utf-8")
    assert "run_id" in events
    assert "run_id" not in manifest
    assert "when" not in manifest


def test_building_again_changes_nothing_and_says_so(built: SampleBuild, tmp_path: Path):
    before = {f: (f.stat().st_mtime_ns, f.stat().st_ino) for f in built.output.rglob("*") if f.is_file()}
    done = storyboard("build", "--extracts", paths.SAMPLE_EXTRACTS, "--output", built.output, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("unchanged") == 3
    assert before == {f: (f.stat().st_mtime_ns, f.stat().st_ino) for f in built.output.rglob("*") if f.is_file()}
