"""The same input gives the same bytes: another folder, time zone, locale, hash seed and day change nothing."""

import hashlib
import shutil
from pathlib import Path

import pytest

from pipelines import paths
from tests.build.conftest import SampleBuild, storyboard


def hashes(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(paths.SAMPLE_EXTRACTS / "2016", folder / "in" / "2016")
    done = storyboard(
        "build", "--extracts", folder / "in", "--edition", "2016", "--output", folder / "out", cwd=folder,
        TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONHASHSEED="4711",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_an_edition_is_the_same_bytes_wherever_it_is_built(built: SampleBuild, elsewhere: Path):
    here, there = hashes(built.edition("2016")), hashes(elsewhere / "editions" / "2016")
    assert {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)} == set()


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
