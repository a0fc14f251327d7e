"""What is late, corrected or gone since the edition before is counted in queries, and what merely went on is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from pipelines.figures import Edition, Period
from pipelines.intake.files import find_previous
from pipelines.intake.gate import examine
from tests.intake.extract_files import SOUND, write_extract

NEXT = Edition(
    "2017",
    {
        "missing": Period(date(2015, 4, 1), date(2016, 3, 31), date(2017, 1, 12)),
        "education": Period(date(2016, 9, 1), date(2017, 1, 12), date(2017, 1, 12)),
    },
)
RULES_OF_COMPARISON = {"late_rows", "corrected_rows", "vanished_rows", "ids_not_kept", "pseudonyms_not_kept"}

Row = Mapping[str, str]


def episode(name: str, started: str, **cells: str) -> Row:
    return SOUND["missing_episodes"][2] | {"episode_id": name, "started_at": started} | cells


def referral(name: str, referred: str, **cells: str) -> Row:
    return SOUND["cme_referrals"][1] | {"referral_id": name, "referred_on": referred} | cells


BEFORE = [episode("a", "2014-05-01"), episode("b", "2014-05-09"), episode("c", "2014-07-01", ended_at="2014-07-02")]


def compare(folder: Path, extract: str, before: Sequence[Row], now: Sequence[Row]) -> dict[str, int]:
    for edition, rows in (("2016", before), ("2017", now)):
        (folder / edition).mkdir()
        write_extract(folder / edition, extract, rows)
    examination = examine(folder / "2017", NEXT, previous=folder / "2016")
    assert examination.ok
    return {f.rule: f.count for f in examination.findings if f.rule in RULES_OF_COMPARISON}


def test_the_same_rows_and_new_ones_are_not_questioned(tmp_path: Path) -> None:
    assert compare(tmp_path, "missing_episodes", BEFORE, [*BEFORE, episode("d", "2015-05-01")]) == {}


def test_an_extract_of_its_own_year_alone_has_lost_only_what_was_open(tmp_path: Path) -> None:
    found = compare(tmp_path, "missing_episodes", BEFORE, [episode("a", "2014-05-01"), episode("d", "2015-05-01")])
    assert found == {"vanished_rows": 1}


def test_a_row_that_came_late_is_counted(tmp_path: Path) -> None:
    now = [*BEFORE, episode("late", "2014-05-20"), episode("of no month of then", "2013-01-01")]
    now[-1] = episode("other", "2013-01-01")
    assert compare(tmp_path, "missing_episodes", BEFORE, now) == {"late_rows": 1}


def test_what_was_recorded_after_the_extract_is_not_late(tmp_path: Path) -> None:
    before = [*BEFORE, episode("n", "2015-12-01", ended_at="2015-12-02")]
    now = [*before, episode("o", "2015-12-20"), episode("p", "2016-01-02")]
    assert compare(tmp_path, "missing_episodes", before, now) == {}


def test_a_cell_that_changed_is_a_correction_and_a_blank_that_was_filled_is_none(tmp_path: Path) -> None:
    filled = BEFORE[0] | {"ended_at": "2014-05-03", "end_reason": "returned", "age": "12", "authority": "E06000014"}
    changed = BEFORE[2] | {"ended_at": "2014-07-03"}
    assert compare(tmp_path, "missing_episodes", BEFORE, [filled, BEFORE[1], changed]) == {"corrected_rows": 1}


def test_one_instant_written_in_two_ways_is_no_correction(tmp_path: Path) -> None:
    before = [episode("a", "2014-05-01T12:00", ended_at="2014-05-02T12:00")]
    now = [episode("a", "2014-05-01T11:00Z", ended_at="2014-05-02T13:00+02:00")]
    assert compare(tmp_path, "missing_episodes", before, now) == {}


def test_a_row_that_is_gone_from_a_month_that_is_here_is_counted(tmp_path: Path) -> None:
    closed = [row | {"ended_at": row["started_at"]} for row in BEFORE]
    assert compare(tmp_path, "missing_episodes", closed, closed[:1]) == {"vanished_rows": 1}


def test_an_open_referral_that_is_gone_is_counted_whatever_its_month(tmp_path: Path) -> None:
    before = [
        referral("a", "2015-03-01"),
        referral("b", "2015-10-01"),
        referral("c", "2015-11-01", closed_on="2015-11-02", outcome="other"),
    ]
    now = [referral("b", "2015-10-01", closed_on="2016-02-01", outcome="other"), referral("d", "2016-10-01")]
    assert compare(tmp_path, "cme_referrals", before, now) == {"vanished_rows": 1}


def test_ids_that_were_made_anew_are_said_once(tmp_path: Path) -> None:
    now = [row | {"episode_id": f"{row['episode_id']}-new"} for row in BEFORE]
    assert compare(tmp_path, "missing_episodes", BEFORE, now) == {"ids_not_kept": 1}


def test_other_ids_of_other_months_are_not_questioned(tmp_path: Path) -> None:
    assert compare(tmp_path, "missing_episodes", BEFORE, [episode("d", "2015-05-01")]) == {}


@pytest.mark.parametrize(("children", "expected"), [(19, {}), (20, {"pseudonyms_not_kept": 1})])
def test_pseudonyms_that_were_made_anew_are_said(tmp_path: Path, children: int, expected: dict[str, int]) -> None:
    before = [episode(f"a{n}", "2014-05-01", child_id=f"old{n}", ended_at="2014-05-02") for n in range(children)]
    now = [episode(f"b{n}", "2015-05-01", child_id=f"new{n}") for n in range(children)]
    assert compare(tmp_path, "missing_episodes", before, now) == expected


def test_an_earlier_file_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    for edition in ("2016", "2017"):
        (tmp_path / edition).mkdir()
    (tmp_path / "2016" / "missing_episodes.csv").write_bytes(b"\xff\x00\xfe")
    write_extract(tmp_path / "2017", "missing_episodes", BEFORE)
    examination = examine(tmp_path / "2017", NEXT, previous=tmp_path / "2016")
    assert examination.ok
    assert not RULES_OF_COMPARISON & {f.rule for f in examination.findings}


def test_the_nearest_earlier_folder_beside_is_the_edition_before(tmp_path: Path) -> None:
    for name in ("2014", "2016", "2018", "notes", "2017"):
        (tmp_path / name).mkdir()
    (tmp_path / "2015").write_text("a file", "utf-8")
    assert find_previous(tmp_path / "2018") == tmp_path / "2017"
    assert find_previous(tmp_path / "2016") == tmp_path / "2014"
    assert find_previous(tmp_path / "2014") is None
