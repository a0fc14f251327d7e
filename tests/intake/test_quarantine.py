"""A file with personal data leaves our own folder by a rename, is open to its owner alone, and is deleted in time."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import pytest

from pipelines.faults import UsageFault
from pipelines.intake.gate import Examination, examine
from pipelines.intake.quarantine import purge, quarantine
from tests.intake.extract_files import EDITION, sound_rows, write_extract, write_sound_folder

TODAY = date(2016, 1, 20)
UPN = "A801201500012"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "extracts" / "2016"
    made.mkdir(parents=True)
    write_sound_folder(made, "cme_referrals")
    rows = sound_rows("missing_episodes")
    for row in rows:
        row["child_id"] = UPN
    write_extract(made, "missing_episodes", rows)
    return made


def put_away(folder: Path, examination: Examination | None = None) -> list[str]:
    return quarantine(
        examination or examine(folder, EDITION),
        folder,
        ours=folder.parent,
        kept=folder.parent.parent / "quarantine",
        today=TODAY,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_is_moved_with_its_findings_for_its_owner_alone(folder: Path) -> None:
    source = folder / "missing_episodes.csv"
    content, identity = source.read_bytes(), source.stat().st_ino
    examination = examine(folder, EDITION)
    (said,) = put_away(folder, examination)
    place = folder.parent.parent / "quarantine" / examination.extracts["missing_episodes"].sha256
    moved = place / "missing_episodes.csv"
    assert str(place) in said
    assert "30 days" in said
    assert not source.exists()
    assert (moved.read_bytes(), moved.stat().st_ino) == (content, identity)
    assert {mode(place.parent), mode(place)} == {0o700}
    assert {mode(path) for path in place.iterdir()} == {0o600}
    record = json.loads((place / "findings.json").read_text("utf-8"))
    assert (record["extract"], record["kept_since"]) == ("missing_episodes", "2016-01-20")
    assert [finding["rule"] for finding in record["findings"]] == ["holds_upns"]
    assert UPN not in json.dumps(record)
    assert (folder / "cme_referrals.csv").exists()


def test_the_edition_stays_refused_until_the_extract_comes_back(folder: Path) -> None:
    put_away(folder)
    again = examine(folder, EDITION)
    assert not again.ok
    assert [f.rule for f in again.findings if f.severity == "error"] == ["in_quarantine"]
    assert put_away(folder, again) == []
    write_extract(folder, "missing_episodes")
    assert examine(folder, EDITION).ok


def test_an_extract_that_is_wrong_but_not_personal_stays(folder: Path) -> None:
    rows = sound_rows("missing_episodes")
    rows[0]["sex"] = "F"
    write_extract(folder, "missing_episodes", rows)
    assert put_away(folder) == []
    assert (folder / "missing_episodes.csv").exists()


def test_a_folder_of_somebody_else_is_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    before = sorted(folder.iterdir())
    (said,) = quarantine(examine(folder, EDITION), folder, ours=tmp_path / "other", kept=tmp_path / "quarantine")
    assert "stays where it is" in said
    assert sorted(folder.iterdir()) == before
    assert not (tmp_path / "quarantine").exists()


def test_a_file_that_changed_since_it_was_examined_stays(folder: Path) -> None:
    examination = examine(folder, EDITION)
    write_extract(folder, "missing_episodes")
    (said,) = put_away(folder, examination)
    assert "could not be moved" in said
    assert examine(folder, EDITION).ok


def test_where_it_cannot_be_moved_it_stays_and_nothing_is_left_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(18, "another file system")

    before = sorted(folder.iterdir())
    monkeypatch.setattr(Path, "rename", refuse)
    (said,) = put_away(folder)
    assert "could not be moved" in said
    assert sorted(folder.iterdir()) == before
    assert list((folder.parent.parent / "quarantine").iterdir()) == []


@pytest.mark.parametrize(("days", "today", "gone"), [
    (None, date(2016, 2, 18), 0),
    (None, date(2016, 2, 19), 1),
    ("7", date(2016, 1, 27), 1),
    ("7", date(2016, 1, 26), 0),
])  # fmt: skip
def test_it_is_deleted_after_the_days_that_are_configured(
    folder: Path, monkeypatch: pytest.MonkeyPatch, days: str | None, today: date, gone: int
) -> None:
    put_away(folder)
    kept = folder.parent.parent / "quarantine"
    if days:
        monkeypatch.setenv("STORYBOARD_QUARANTINE_DAYS", days)
    assert purge(kept=kept, today=today) == gone
    folders = [path.name for path in kept.iterdir() if path.is_dir()]
    assert len(folders) == 1 - gone
    if gone:
        assert (kept / "purged.log").read_text("utf-8").startswith(f"{today} ")


def test_a_number_of_days_that_is_none_is_a_misuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quarantine" / "x").mkdir(parents=True)
    monkeypatch.setenv("STORYBOARD_QUARANTINE_DAYS", "a month")
    with pytest.raises(UsageFault):
        purge(kept=tmp_path / "quarantine")


def test_nothing_is_purged_where_nothing_was_kept(tmp_path: Path) -> None:
    assert purge(kept=tmp_path / "none") == 0
