"""What the gate admitted before a build starts is not checked again in its run, unless anything of it changed meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path
from unittest import mock

import pytest

from pipelines import paths
from pipelines.defs import examined
from pipelines.faults import Fault
from pipelines.intake import gate
from pipelines.intake.admission import admit
from pipelines.intake.calendar import read_calendar

EDITION = read_calendar(None)["2016"]
AUTHORITY = "E06000014"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "2016"
    made.mkdir()
    for file in (paths.PROJECT / "tests" / "sample_extracts" / "2016").glob("*.csv"):
        shutil.copy(file, made)
    return made


def look(folder: Path, *, again: bool = True) -> tuple[list[gate.Examination], int]:
    """The examinations of the first pass and of the run, and how often the gate looked at the rows."""
    with mock.patch.object(gate, "examine", wraps=gate.examine) as looked:
        found = [examined.examine_and_keep(folder, EDITION, encoding="utf-8", authority=AUTHORITY)]
        if again:
            found.append(examined.examine_once(folder, EDITION, encoding="utf-8", authority=AUTHORITY))
        return found, looked.call_count


def test_the_run_has_what_the_first_pass_found_and_admits_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    with examined.keeping_examinations():
        (first, second), times = look(folder)
    assert times == 1
    assert second.findings == first.findings
    admit(second, EDITION, tmp_path / "kept")
    admit(gate.examine(folder, EDITION, authority=AUTHORITY), EDITION, tmp_path / "anew")
    for file in (tmp_path / "anew").iterdir():
        assert file.read_bytes() == (tmp_path / "kept" / file.name).read_bytes()


@pytest.mark.parametrize("change", ["cell", "file", "name", "link", "encoding"])
def test_whatever_changed_meanwhile_is_checked_anew(folder: Path, change: str) -> None:
    with examined.keeping_examinations(), mock.patch.object(gate, "examine", wraps=gate.examine) as looked:
        examined.examine_and_keep(folder, EDITION, encoding="utf-8", authority=AUTHORITY)
        episodes = folder / "missing_episodes.csv"
        if change == "cell":
            episodes.write_bytes(episodes.read_bytes().replace(b",missing,", b",mising,", 1))
        elif change == "file":
            (folder / "education_risk.csv").unlink()
        elif change == "name":
            (folder / "letter.docx").write_bytes(b"x")
        elif change == "link":
            episodes.rename(folder.parent / "elsewhere.csv")
            episodes.symlink_to(folder.parent / "elsewhere.csv")
        found = examined.examine_once(
            folder, EDITION, encoding="cp1252" if change == "encoding" else "utf-8", authority=AUTHORITY
        )
        assert looked.call_count == 2
    assert found.ok == (change not in ("cell", "link"))


def test_nothing_is_kept_of_what_is_refused_nor_outside_a_build(folder: Path) -> None:
    assert look(folder)[1] == 2
    (folder / "missing_episodes.csv").write_text("episode_id\n1\n", "utf-8")
    with examined.keeping_examinations():
        assert look(folder)[1] == 2


def test_rows_of_another_edition_go_where_they_would_take_too_much_memory(folder: Path) -> None:
    other = folder.parent / "2017"
    shutil.copytree(folder, other)
    with examined.keeping_examinations(), mock.patch.object(gate, "examine", wraps=gate.examine) as looked:
        with mock.patch.object(examined, "read_memory", return_value=1000):
            for each in (folder, other):
                examined.examine_and_keep(each, EDITION, encoding="utf-8", authority=AUTHORITY)
        examined.examine_once(other, EDITION, encoding="utf-8", authority=AUTHORITY)
        assert looked.call_count == 2
        examined.examine_once(folder, EDITION, encoding="utf-8", authority=AUTHORITY)
        assert looked.call_count == 3


def test_a_build_checks_each_extract_once(folder: Path, tmp_path: Path) -> None:
    from pipelines.defs import batch, warehouse

    seen = []

    def examine(*words: object, **others: object) -> gate.Examination:
        seen.append(words)
        return gate_examine(*words, **others)

    gate_examine = gate.examine
    request = batch.Request(folder.parent, paths.Output(tmp_path / "o"), "utf-8", lambda _: None)
    with (
        mock.patch.object(gate, "examine", examine),
        mock.patch.object(warehouse, "run_dbt", side_effect=RuntimeError("as far as this")),
        pytest.raises(Fault, match="the step warehouse stopped"),
    ):
        batch.build_editions(["2016"], request)
    assert len(seen) == 1
