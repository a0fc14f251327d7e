"""Workbooks of reviews that were held, read back: what was chosen is counted, what is wrong is named and never quoted."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from pipelines.faults import DataFault
from pipelines.intake.review_answers import choose_last, find_reviews, read_review
from pipelines.reviews import LIST, NOTES, SIGNATURES
from tests.reviews.made_reviews import PLAN, fill_in, register_list, write_workbook

DECISION = PLAN.decision.head
KEYS = register_list().keys
SIGNED = dict.fromkeys(PLAN.roles, date(2016, 2, 17))


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return write_workbook(tmp_path / "register-review.xlsx")


def test_an_untouched_workbook_says_that_nothing_was_looked_at_and_nobody_signed(workbook: Path) -> None:
    held = read_review(workbook)
    assert (held.subject, held.month, held.as_at) == ("register", date(2016, 2, 1), date(2016, 1, 12))
    assert (held.rows, held.looked_at, held.decisions, held.is_signed) == (len(KEYS), 0, {}, False)
    assert set(held.signed) == set(PLAN.roles)


def test_answers_are_counted_and_decisions_kept_by_case(workbook: Path) -> None:
    chosen = {KEYS[0]: {DECISION: "close"}, KEYS[1]: {DECISION: "keep open"}, KEYS[2]: {DECISION: "close"}}
    fill_in(workbook, chosen, SIGNED)
    held = read_review(workbook)
    assert held.looked_at == 3
    assert held.answers[DECISION] == {
        "keep open": 1, "close": 2, "closed rightly": 0, "open again": 0, "ask further": 0,
    }  # fmt: skip
    assert held.decisions == {KEYS[0]: "close", KEYS[1]: "keep open", KEYS[2]: "close"}
    assert held.is_signed


def test_a_review_that_one_role_has_not_signed_is_not_signed(workbook: Path) -> None:
    fill_in(workbook, {}, {role: day for role, day in SIGNED.items() if role != "Link worker"})
    held = read_review(workbook)
    assert not held.is_signed
    assert held.signed["Link worker"] is None


def test_rows_and_columns_may_be_sorted_and_moved(workbook: Path) -> None:
    fill_in(workbook, {KEYS[0]: {DECISION: "close"}}, SIGNED)
    book = openpyxl.load_workbook(workbook)
    rows = [[cell.value for cell in row] for row in book[LIST].iter_rows()]
    moved = [[row[0], *reversed(row[1:])] for row in [rows[0], *reversed(rows[1:])]]
    for number, row in enumerate(moved, start=1):
        for column, value in enumerate(row, start=1):
            book[LIST].cell(number, column).value = value
    book.save(workbook)
    assert read_review(workbook).decisions == {KEYS[0]: "close"}


def spoil(path: Path, sheet: str, row: int, column: int, value: object) -> None:
    book = openpyxl.load_workbook(path)
    book[sheet].cell(row, column).value = value
    book.save(path)


def place_of(head: str, path: Path) -> int:
    return [cell.value for cell in openpyxl.load_workbook(path)[LIST][1]].index(head) + 1


def test_an_answer_that_is_none_is_named_by_row_and_column_and_not_quoted(workbook: Path) -> None:
    spoil(workbook, LIST, 4, place_of(DECISION, workbook), "Jane Smith is to call")
    with pytest.raises(DataFault, match="row 4") as fault:
        read_review(workbook)
    assert DECISION in str(fault.value)
    assert "keep open" in str(fault.value)
    assert "Smith" not in str(fault.value)


def test_a_signature_without_a_date_a_row_twice_and_another_head_are_refused(workbook: Path, tmp_path: Path) -> None:
    for number, (sheet, row, column, value, said) in enumerate(
        [
            (SIGNATURES, 3, 2, "AB", "row 3: a signature needs its date"),
            (LIST, 3, 1, KEYS[0], "row 3: the row is there twice"),
            (LIST, 3, 1, None, "row 3: the first column is blank"),
            (LIST, 1, place_of(DECISION, workbook), "Decision", "row 1: the heads are not those of a review"),
            (NOTES, 5, 2, "soon", "Position at the end of"),
        ]
    ):
        copy = Path(shutil.copyfile(workbook, tmp_path / f"register-review ({number + 2}).xlsx"))
        spoil(copy, sheet, row, column, value)
        with pytest.raises(DataFault) as fault:
            read_review(copy)
        assert said in str(fault.value)
        assert copy.name in str(fault.value)


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_workbook_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "register-review.xlsx").write_bytes(content)
    with pytest.raises(DataFault, match=r"register-review\.xlsx"):
        find_reviews(tmp_path)


def test_two_workbooks_of_one_review_are_refused(workbook: Path) -> None:
    shutil.copyfile(workbook, workbook.with_name("register-review (2).xlsx"))
    with pytest.raises(DataFault, match="the same review"):
        find_reviews(workbook.parent)


def test_the_last_review_is_the_latest_that_looked_at_an_earlier_position(workbook: Path) -> None:
    held = find_reviews(workbook.parent)
    assert choose_last(held, "register", date(2016, 1, 13)) == held[0]
    assert choose_last(held, "register", date(2016, 1, 12)) is None
    assert choose_last(held, "return_interviews", date(2016, 8, 1)) is None
