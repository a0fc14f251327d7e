"""Findings as people read them: ranked by the headline that they move, filtered as CSV; and how anonymous the rows are."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from pipelines.intake.gate import Examination, examine
from pipelines.intake.report import show_as_csv, show_as_html, show_as_text
from tests.intake.extract_files import EDITION, SOUND, sound_rows, write_extract, write_sound_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "2016"
    made.mkdir()
    return made


@pytest.fixture
def questioned(folder: Path) -> Examination:
    """One error, queries that move figures of referrals and of episodes, and one that moves none."""
    (folder / "=cmd.docx").write_text("x", "utf-8")
    write_sound_folder(folder, "school_census")
    referrals = sound_rows("cme_referrals")
    referrals[1] |= {"child_id": "kid-gamma", "referred_on": "2015-11-02"}
    write_extract(folder, "cme_referrals", referrals)
    episodes = sound_rows("missing_episodes")
    episodes[1] |= {"sex": "male"}
    episodes[2] |= {"age": "99"}
    write_extract(folder, "missing_episodes", episodes)
    return examine(folder, EDITION)


def places(shown: str, *rules: str) -> list[int]:
    return [shown.index(f" {rule} ") if f" {rule} " in shown else shown.index(f">{rule}<") for rule in rules]


@pytest.mark.parametrize("show", [show_as_text, show_as_html])
def test_errors_come_first_and_queries_by_the_headline_that_they_move(questioned: Examination, show: object) -> None:
    assert callable(show)
    order = places(
        show([questioned]), "out_of_range", "sex_contradicts", "referred_again_at_once", "month_without_rows"
    )
    assert order == sorted(order)


def test_the_csv_has_one_line_for_each_finding_and_nothing_that_a_spreadsheet_runs(questioned: Examination) -> None:
    rows = list(csv.DictReader(io.StringIO(show_as_csv([questioned]))))
    assert len(rows) == len(questioned.findings)
    assert [row["severity"] for row in rows] == sorted(row["severity"] for row in rows)
    error = rows[0]
    assert (error["rule"], error["extract"], error["field"], error["row"]) == (
        "out_of_range",
        "missing_episodes",
        "age",
        "4",
    )
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert any("=cmd.docx" in row["message"] for row in rows)


def test_the_text_says_which_figures_a_query_moves(questioned: Examination) -> None:
    assert "Moves: cme_referrals, cme_closed, cme_open, cme_re_referrals." in show_as_text([questioned])


def test_anonymity_counts_children_by_their_groups(folder: Path) -> None:
    def child(number: int, **cells: str) -> dict[str, str]:
        return SOUND["missing_episodes"][0] | {"episode_id": f"e{number}", "child_id": f"c{number}"} | cells

    alike = [child(n, age=str(13 + n % 3)) for n in range(5)]
    again = alike[0] | {"episode_id": "again", "started_at": "2014-08-01", "ended_at": "2014-08-02"}
    write_extract(folder, "missing_episodes", [*alike, again, child(8, age="16"), child(9, ethnicity="")])
    examination = examine(folder, EDITION)
    anonymity = examination.anonymity["missing_episodes"]
    assert anonymity.children == 7
    assert (anonymity.groups, anonymity.smallest_group, anonymity.alone) == (3, 1, 2)
    assert anonymity.share_alone == pytest.approx(2 / 7)
    assert "29% of 7 children are alone; the smallest of 3 groups has 1" in show_as_text([examination])
    assert "29% of 7 children" in show_as_html([examination])


def test_anonymity_of_alike_children_is_their_number(folder: Path) -> None:
    rows = [SOUND["missing_episodes"][2] | {"episode_id": f"e{n}", "child_id": f"c{n}"} for n in range(6)]
    write_extract(folder, "missing_episodes", rows)
    anonymity = examine(folder, EDITION).anonymity["missing_episodes"]
    assert (anonymity.smallest_group, anonymity.alone, anonymity.share_alone) == (6, 0, 0.0)


def test_anonymity_is_no_finding_and_survives_broken_cells(folder: Path) -> None:
    rows = sound_rows("missing_episodes")
    rows[0] |= {"age": "fourteen", "child_id": "", "sex": "?"}
    rows[1] |= {"age": "9" * 40}
    write_extract(folder, "missing_episodes", rows)
    examination = examine(folder, EDITION)
    assert examination.anonymity["missing_episodes"].children == 2
    assert set(examination.as_json()) == {"edition", "ok", "extracts", "findings"}
    assert examine(folder / "none", EDITION).anonymity == {}
