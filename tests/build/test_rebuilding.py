"""A sealed edition is made again, byte for byte, from the archive; or what stands in the way is said."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.defs.rebuild import rebuild
from pipelines.editions.archive import RECORD, Archive
from pipelines.paths import Output
from tests.build.conftest import SampleBuild, storyboard


@pytest.fixture
def copied(built: SampleBuild, tmp_path: Path) -> Output:
    """The output with its archive, to be changed by one test."""
    shutil.copytree(built.output, tmp_path / "output")
    shutil.copytree(Output(built.output).archive, Output(tmp_path / "output").archive)
    return Output(tmp_path / "output")


def test_an_edition_that_rests_on_another_is_made_again_the_same(built: SampleBuild, tmp_path: Path):
    done = storyboard("verify", "2018", "--rebuild", "--json", "--output", built.output, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["ok"]
    assert "byte for byte" in found["said"]
    assert not list(Output(built.output).work.iterdir())


def test_after_destruction_an_edition_is_whole_and_no_longer_rebuildable(copied: Output):
    archive = Archive(copied.archive)
    archive.dispose(who="a records manager", when=datetime(2199, 1, 2, tzinfo=UTC))
    assert [file.name for file in archive.folder.iterdir()] == [RECORD]
    found = rebuild(copied.editions / "2016", copied, say=print)
    assert found.ok
    assert found.text.startswith("whole; no longer rebuildable: destroyed on 2199-01-02 under: ")


def test_an_edition_of_other_code_names_the_code_that_it_needs(copied: Output, monkeypatch: pytest.MonkeyPatch):
    from pipelines.editions.manifest import Code

    monkeypatch.setattr("pipelines.defs.rebuild.describe_code", lambda: Code("9.9.9", "ef" * 32))
    found = rebuild(copied.editions / "2016", copied, say=print)
    assert not found.ok
    assert "it needs the code of version" in found.text
    assert "ef" * 32 in found.text


def test_a_file_that_the_archive_never_had_is_named(copied: Output):
    shutil.rmtree(copied.archive)
    found = rebuild(copied.editions / "2016", copied, say=print)
    assert not found.ok
    assert "does not hold" in found.text


def test_an_edition_that_is_not_whole_is_not_rebuilt(copied: Output):
    (copied.editions / "2016" / "public" / "figures.csv").write_text("changed", encoding="utf-8")
    found = rebuild(copied.editions / "2016", copied, say=print)
    assert not found.ok
    assert {problem.path for problem in found.problems} == {"public/figures.csv"}


def test_dispose_says_what_is_kept_until_when_and_destroys_nothing_early(built: SampleBuild, tmp_path: Path):
    done = storyboard("dispose", "--json", "--output", built.output, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found
    assert {file["destroyed_on"] for file in found} == {None}
    assert all(file["rule"] and file["destroy_by"] for file in found)
