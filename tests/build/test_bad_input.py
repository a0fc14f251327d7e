"""Bad input gets its sentence and its exit status, and nothing is written to the output."""

import shutil
from pathlib import Path

import pytest

from pipelines import paths
from tests.build.conftest import storyboard


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    for name in ("2016", "2017"):
        shutil.copytree(paths.SAMPLE_EXTRACTS / name, tmp_path / "in" / name)
    return tmp_path / "in"


def spoil(file: Path, old: str, new: str, line: int = 1) -> None:
    lines = file.read_text("utf-8").splitlines(keepends=True)
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new, 1)
    file.write_text("".join(lines), "utf-8")


def test_one_bad_edition_stops_all_and_nothing_is_written(extracts: Path, tmp_path: Path):
    file = extracts / "2017" / "cme_referrals.csv"
    header = file.read_text("utf-8").splitlines()[0].split(",")
    row = file.read_text("utf-8").splitlines()[1].split(",")
    spoil(file, row[header.index("phase")], "nursery-xyzzy")
    done = storyboard("build", "--extracts", extracts, "--output", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 1
    for word in ("cme_referrals", "line 2", "phase"):
        assert word in done.stderr
    assert "xyzzy" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_two_files_for_one_extract_are_refused(extracts: Path, tmp_path: Path):
    shutil.copy(extracts / "2016" / "cme_referrals.csv", extracts / "2016" / "cme_referrals.xlsx")
    done = storyboard("build", "--extracts", extracts, "--edition", "2016", "--output", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "cme_referrals" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_is_a_fault_of_the_machine(extracts: Path, tmp_path: Path):
    (tmp_path / "a file").write_text("")
    done = storyboard(
        "build", "--extracts", extracts, "--edition", "2016", "--output", tmp_path / "a file" / "out", cwd=tmp_path
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
