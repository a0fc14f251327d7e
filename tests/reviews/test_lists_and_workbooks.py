"""The lists of the reviews as CSV and as workbooks, opened again."""

from __future__ import annotations

import csv
import random
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from pipelines.editions.manifest import read_manifest
from pipelines.editions.publication import install_editions
from pipelines.editions.seal import seal_edition
from pipelines.editions.switch import work_in
from pipelines.editions.working import hand_out_copies, show_copy
from pipelines.paths import Output
from pipelines.publishing.review_lists import (
    REGISTER_COLUMNS,
    CensusMatch,
    draw_interviews,
    draw_register_review,
    write_census_matches,
    write_list,
)
from pipelines.publishing.review_workbooks import write_review_workbook
from pipelines.review_plans import read_plans
from pipelines.reviews import LIST, NOTES, SIGNATURES, HeldReview, date_last_review, date_review
from tests.editions.made_editions import ACT, list_on_index, stage
from tests.reviews.made_reviews import AS_AT, PLAN, cases, fill_in, interviews, register_list, write_workbook

ROLES = ["Schools Adviser", "Link worker", "Head of Service", "Social Care Service Manager"]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_open_case_is_on_the_list_and_every_stratum_of_closed_ones_has_its_share(tmp_path: Path) -> None:
    write_list(register_list(), tmp_path / "list.csv")
    rows = read(tmp_path / "list.csv")
    assert {row["referral_id"] for row in rows if row["why"] == "open"} == {c.referral_id for c in cases() if c.is_open}
    for stratum in {(c.length_band, c.outcome) for c in cases() if not c.is_open}:
        members = {c.referral_id for c in cases() if not c.is_open and (c.length_band, c.outcome) == stratum}
        drawn = [row for row in rows if row["referral_id"] in members]
        assert len(drawn) == -(-len(members) // PLAN.one_in)
        assert {(row["stratum_drawn"], row["stratum_size"]) for row in drawn} == {(str(len(drawn)), str(len(members)))}
    assert {(row["as_at"], row["review"], row["seed"]) for row in rows} == {
        ("2016-01-12", "2016-02", "register 2016 2016-01-12")
    }


def test_the_order_of_the_rows_changes_no_byte_of_the_list_and_another_seed_does(tmp_path: Path) -> None:
    shuffled = cases()
    random.Random(1).shuffle(shuffled)
    lists = [
        register_list(),
        draw_register_review(shuffled, PLAN, edition="2016", as_at=AS_AT),
        draw_register_review(cases(), PLAN, edition="2016", as_at=AS_AT, seed="another"),
    ]
    texts = []
    for number, each in enumerate(lists):
        write_list(each, tmp_path / f"{number}.csv")
        texts.append((tmp_path / f"{number}.csv").read_bytes())
    assert texts[0] == texts[1] != texts[2]
    assert set(lists[0].keys) != set(lists[2].keys)


def test_a_list_without_rows_has_its_header_and_its_workbook_can_be_opened(tmp_path: Path) -> None:
    nothing = draw_register_review([], PLAN, edition="2016", as_at=AS_AT)
    write_list(nothing, tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text().splitlines() == [",".join(REGISTER_COLUMNS)]
    write_review_workbook(nothing, PLAN, tmp_path / "list.xlsx", invented=False)
    assert openpyxl.load_workbook(tmp_path / "list.xlsx")[LIST].max_row == 2


@pytest.mark.parametrize(
    ("as_at", "review", "last"),
    [
        (date(2016, 1, 12), date(2016, 2, 1), date(2015, 8, 1)),
        (date(2016, 2, 29), date(2016, 2, 1), date(2015, 8, 1)),
        (date(2016, 3, 1), date(2016, 8, 1), date(2016, 2, 1)),
        (date(2016, 8, 31), date(2016, 8, 1), date(2016, 2, 1)),
        (date(2016, 12, 31), date(2017, 2, 1), date(2016, 8, 1)),
    ],
)
def test_a_list_is_for_the_review_of_its_month_or_the_next_and_looks_back_to_the_one_before(
    as_at: date, review: date, last: date
) -> None:
    assert (date_review(as_at), date_last_review(as_at)) == (review, last)


def test_the_workbook_has_a_column_for_each_question_a_list_to_choose_from_and_the_four_roles_to_sign(
    tmp_path: Path,
) -> None:
    book = openpyxl.load_workbook(write_workbook(tmp_path / "a.xlsx"))
    assert book.sheetnames == [NOTES, LIST, SIGNATURES, "How it was drawn", "Answers"]
    sheet = book[LIST]
    heads = [cell.value for cell in sheet[1]]
    assert heads[-len(PLAN.questions) :] == [question.head for question in PLAN.questions]
    assert [sheet.cell(row, 1).value for row in range(2, sheet.max_row + 1)] == list(register_list().keys)
    offered = {}
    for choice in sheet.data_validations.dataValidation:
        (place,) = choice.sqref.ranges
        assert (place.min_row, place.max_row, choice.type) == (2, sheet.max_row, "list")
        name, cells = str(choice.formula1).split("!")
        offered[heads[place.min_col - 1]] = tuple(row[0].value for row in book[name.strip("'")][cells.replace("$", "")])
    assert offered == {question.head: question.answers for question in PLAN.questions if question.answers}
    assert [row[0].value for row in book[SIGNATURES].iter_rows(min_row=2)] == ROLES
    assert {question.role for question in PLAN.questions} == set(ROLES)


def test_the_workbook_is_laid_out_for_everybody(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_workbook(tmp_path / "a.xlsx"))
    assert (book.properties.title, book.properties.language) == (
        "Review of the register of children missing education, February 2016",
        "en-GB",
    )
    for sheet in book:
        assert not sheet.merged_cells.ranges
        assert "Invented" in str(sheet.oddHeader.left.text)
        if sheet.title != NOTES:
            assert sheet.freeze_panes in ("A2", "B2")
            assert all(cell.value for cell in sheet[1])
    assert book[LIST].print_title_rows == "$1:$1"
    assert [table.ref for table in book[LIST].tables.values()] == [book[LIST].dimensions]


def test_no_id_becomes_a_formula(tmp_path: Path) -> None:
    found = draw_interviews(interviews(), read_plans()["return_interviews"], edition="2016", as_at=AS_AT)
    rows = tuple(("=1+1", *row[1:]) for row in found.rows)
    hostile = type(found)(found.subject, "2016", AS_AT, "=seed", found.columns, rows, found.strata)
    write_review_workbook(hostile, read_plans()["return_interviews"], tmp_path / "a.xlsx", invented=False)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}


def test_the_same_list_gives_the_same_bytes(tmp_path: Path) -> None:
    assert write_workbook(tmp_path / "a.xlsx").read_bytes() == write_workbook(tmp_path / "b.xlsx").read_bytes()


def test_what_the_last_review_decided_stands_beside_the_case_and_its_counts_in_the_notes(tmp_path: Path) -> None:
    last = HeldReview(
        "register", date(2015, 8, 1), date(2015, 8, 14), 12, 9,
        answers={PLAN.decision.head: {"keep open": 7, "close": 2}},
        signed={**dict.fromkeys(ROLES, date(2015, 8, 20)), "Link worker": None},
        decisions={"r500": "close"},
    )  # fmt: skip
    write_list(register_list(last), tmp_path / "list.csv")
    assert [r["referral_id"] for r in read(tmp_path / "list.csv") if r["last_decision"] == "close"] == ["r500"]
    book = openpyxl.load_workbook(write_workbook(tmp_path / "a.xlsx", last))
    said = {row[0].value: row[1].value for row in book[NOTES].iter_rows()}["Last review"]
    assert said == (
        "August 2015, position at the end of 14 August 2015: 9 of 12 looked at (keep open 7, close 2). "
        "Not signed by: Link worker."
    )


def test_interviews_are_drawn_from_each_kind_of_interviewer(tmp_path: Path) -> None:
    found = draw_interviews(interviews(), read_plans()["return_interviews"], edition="2016", as_at=AS_AT)
    write_list(found, tmp_path / "list.csv")
    rows = read(tmp_path / "list.csv")
    assert [row["interviewer"] for row in rows].count("independent") == 4
    assert [row["interviewer"] for row in rows].count("social_worker") == 2
    assert [row["held_on"] for row in rows] == sorted(row["held_on"] for row in rows)


def test_the_list_of_children_on_roll_has_the_oldest_case_first(tmp_path: Path) -> None:
    def match(child: str, day: int) -> CensusMatch:
        return CensusMatch(
            "E06000014", child, f"r-{child}", date(2015, 9, day), "84_to_364_days", "primary", date(2015, 10, 1),
            "s1;s2", "2015-09-01;2015-09-08", ";2016-02-01",
        )  # fmt: skip

    write_census_matches([match("b", 9), match("a", 9), match("c", 2)], tmp_path / "list.csv")
    assert [row["child_id"] for row in read(tmp_path / "list.csv")] == ["c", "a", "b"]
    assert {row["left_on"] for row in read(tmp_path / "list.csv")} == {";2016-02-01"}


def test_what_people_fill_in_stays_after_the_file_is_saved_again(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx")
    key = register_list().keys[0]
    fill_in(path, {key: {PLAN.decision.head: "close"}}, {})
    sheet = openpyxl.load_workbook(path)[LIST]
    assert "close" in [cell.value for cell in sheet[2]]
    assert sheet.data_validations.count == sum(bool(question.answers) for question in PLAN.questions)


def test_a_newer_list_comes_beside_the_workbook_that_people_write_in_with_the_rows_that_changed(tmp_path: Path) -> None:
    output = Output(tmp_path / "output")

    def seal(folder: Path, without: str) -> None:
        staged = stage(folder, "2016", without)
        facts = read_manifest(staged).facts
        (staged / "edition.json").unlink()
        rows = [each for each in cases() if each.referral_id != without]
        found = draw_register_review(rows, PLAN, edition="2016", as_at=AS_AT)
        write_list(found, staged / "restricted" / "register-review.csv")
        write_review_workbook(found, PLAN, staged / "restricted" / "register-review.xlsx", invented=True)
        seal_edition(staged, facts)
        with work_in(output):
            install_editions({staged.name: staged}, output, ACT, list_on_index)

    seal(tmp_path / "a", without="r100")
    with work_in(output):
        (first,) = hand_out_copies(output)
    fill_in(first.path, {"r101": {PLAN.decision.head: "close"}}, {})
    written = first.path.read_bytes()
    seal(tmp_path / "b", without="r501")
    with work_in(output):
        (second,) = hand_out_copies(output)
    assert first.path.read_bytes() == written
    assert second.path.name == "register-review (2).xlsx"
    said = show_copy(second)
    assert "row added: r100: c100; E06000014; open" in said
    assert "row removed: r501: c501; E06000014; open" in said
    assert "r101" not in said
    assert "figure" not in said
