"""Extracts are kept for their owner alone until their destroy-by date, and what was destroyed is recorded."""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.editions.archive import RECORD, Archive
from pipelines.editions.settings import Settings, read_settings
from pipelines.faults import DataFault, MachineFault, UsageFault
from pipelines.paths import PUBLICATION

WHEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
RULE = "Retention schedule 4.2"


def keep(archive: Archive, source: Path, *, edition: str = "2016", until: date = date(2032, 3, 1)) -> str:
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    archive.keep(source, sha256, edition=edition, destroy_by=until, rule=RULE, who="an analyst", when=WHEN)
    return sha256


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "cme_referrals.csv"
    path.write_text("referral_id\n1\n", encoding="utf-8")
    return path


def test_a_file_is_kept_once_under_its_hash_for_its_owner_alone(archive: Archive, extract: Path) -> None:
    sha256 = keep(archive, extract)
    keep(archive, extract)
    assert sorted(file.name for file in archive.folder.iterdir()) == sorted([sha256, RECORD])
    assert stat.S_IMODE(archive.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in archive.folder.iterdir()} == {0o600}
    assert archive.find(sha256) == archive.folder / sha256
    assert len((archive.folder / RECORD).read_bytes().splitlines()) == 1


def test_a_file_past_its_date_is_destroyed_and_one_within_it_stays(
    archive: Archive, extract: Path, tmp_path: Path
) -> None:
    old = keep(archive, extract, until=date(2026, 2, 28))
    young = tmp_path / "population.csv"
    young.write_text("authority\n", encoding="utf-8")
    kept = keep(archive, young, until=date(2026, 3, 1))
    destroyed = archive.dispose(who="a records manager", when=WHEN)
    assert [file.sha256 for file in destroyed] == [old]
    assert archive.find(old) is None
    assert archive.find(kept) is not None
    assert archive.read_record()[old].destroyed_on == date(2026, 3, 1)
    assert archive.read_record()[old].rule == RULE
    assert b"a records manager" in (archive.folder / RECORD).read_bytes()
    assert archive.dispose(who="a records manager", when=WHEN) == []


def test_a_file_of_two_editions_is_kept_as_long_as_the_later_one_needs_it(archive: Archive, extract: Path) -> None:
    sha256 = keep(archive, extract, edition="2016", until=date(2026, 1, 1))
    keep(archive, extract, edition="2017", until=date(2027, 1, 1))
    keep(archive, extract, edition="2016", until=date(2026, 1, 1))
    assert archive.dispose(who="x", when=WHEN) == []
    assert archive.read_record()[sha256].editions == ("2016", "2017")
    assert archive.read_record()[sha256].destroy_by == date(2027, 1, 1)


def test_a_file_that_was_destroyed_may_come_again(archive: Archive, extract: Path) -> None:
    sha256 = keep(archive, extract, until=date(2026, 1, 1))
    archive.dispose(who="x", when=WHEN)
    keep(archive, extract)
    assert archive.find(sha256) is not None
    assert archive.read_record()[sha256].destroyed_on is None


def test_a_file_that_changed_since_it_was_hashed_is_not_archived(archive: Archive, extract: Path) -> None:
    with pytest.raises(DataFault, match=r"cme_referrals\.csv was changed"):
        archive.keep(extract, "ab" * 32, edition="2016", destroy_by=date(2032, 1, 1), rule=RULE, who="x", when=WHEN)
    assert [file.name for file in archive.folder.iterdir()] == []


def test_an_archived_file_that_was_changed_is_not_given_out(archive: Archive, extract: Path) -> None:
    sha256 = keep(archive, extract)
    (archive.folder / sha256).write_text("other", encoding="utf-8")
    with pytest.raises(MachineFault, match="has been changed"):
        archive.find(sha256)


def test_a_torn_last_line_of_the_record_gives_way_to_the_next(archive: Archive, extract: Path) -> None:
    sha256 = keep(archive, extract, until=date(2026, 1, 1))
    with (archive.folder / RECORD).open("ab") as file:
        file.write(b'{"event": "destr')
    archive.dispose(who="x", when=WHEN)
    assert archive.read_record()[sha256].destroyed_on == date(2026, 3, 1)


def test_the_settings_of_the_project_are_read_and_give_a_date(tmp_path: Path) -> None:
    settings = read_settings(PUBLICATION.read_text("utf-8"))
    assert settings.destroy_by(date(2026, 11, 1)) == date(2026 + settings.keep_years, 11, 1)
    assert Settings(keep_years=1).destroy_by(date(2024, 2, 29)) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("approvals: {roles: [], people: 0}", "extracts"),
        ("approvals: {roles: x, people: 0}\nextracts: {keep_years: 6, rule: r}", "roles"),
        ("approvals: {roles: [], people: two}\nextracts: {keep_years: 6, rule: r}", "people"),
        ("approvals: {roles: [], people: 0}\nextracts: {keep_years: -1, rule: r}", "keep_years"),
        ("approvals: {roles: [], people: 0}\nextracts: {keep_years: 6, rule: ''}", "rule"),
        ("approvals: {roles: [], people: 0, boss: x}\nextracts: {keep_years: 6, rule: r}", "approvals"),
        ("{", "YAML"),
    ],
)
def test_a_setting_that_is_none_is_named(text: str, named: str) -> None:
    with pytest.raises(UsageFault, match=named):
        read_settings(text)
