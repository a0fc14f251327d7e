"""The workbook of a review: the list in words, columns that each role fills in by choosing from lists, a sheet to sign.

Laid out for people who use a keyboard or a screen reader: one table a sheet, one header row, frozen, nothing merged. Which rows
there are is decided by the list; what is asked, by the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.publishing.english import write_month
from pipelines.publishing.repacking import repack
from pipelines.publishing.review_lists import Cell, ReviewList
from pipelines.publishing.review_words import say_how, say_last
from pipelines.register import read_categories
from pipelines.review_plans import Plan, Question
from pipelines.reviews import LIST, NOTES, POSITION, REVIEW, SIGNATURES, HeldReview

RESTRICTED, INVENTED = "Restricted: rows about single children", "Invented rows"
"""What stands at the top of every page."""

_ANSWERS, _DRAWN = "Answers", "How it was drawn"
_HEAD = PatternFill("solid", fgColor="12436D")
_ASKED = PatternFill("solid", fgColor="F6D155")
_TO_FILL = PatternFill("solid", fgColor="FFF9E0")
_TOP = Alignment(horizontal="left", vertical="top", wrap_text=True)
_LETTERS: dict[str, Any] = {"name": "Arial", "size": 11}
_LINE_HEIGHT = 15
"""Points. Heights are set, because not every program fits them to wrapped text when it opens a file."""
_LINE = Border(bottom=Side("thin", color="BFBFBF"))
_EMPTY_ROWS = 1
"""A table cannot be without rows: an empty list has one blank row."""

_WHY = {"open": "open", "sampled": "drawn from those closed"}
_YES = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True, slots=True)
class _Column:
    head: str
    name: str
    width: int
    show: Callable[[Any], Any] = lambda cell: cell


def _labelled(dimension: str, **more: str) -> Callable[[Any], Any]:
    def show(cell: Any) -> Any:
        labels = {each.category: each.label for each in read_categories()[dimension]} | more
        return labels.get(cell, cell)

    return show


def _spaced(cell: Any) -> str:
    return str(cell).replace(";", "; ")


_SHOWN: Mapping[str, tuple[_Column, ...]] = {
    "register": (
        _Column("Case", "referral_id", 16),
        _Column("Child", "child_id", 19),
        _Column("Why on this list", "why", 14, _WHY.__getitem__),
        _Column("Decision of the last review", "last_decision", 14),
        _Column("Referred on", "referred_on", 13),
        _Column("Closed on", "closed_on", 13),
        _Column("Outcome", "outcome", 24, _labelled("outcome", open="Open")),
        _Column("Days on the register", "days_on_list", 11),
        _Column("Phase", "phase", 12, _labelled("phase")),
        _Column("Referred by", "source", 18, _labelled("source")),
        _Column("Circumstance", "circumstance", 26, _labelled("circumstance")),
        _Column("On roll in the latest census", "found_on_roll", 12, _YES.__getitem__),
    ),
    "return_interviews": (
        _Column("Interview", "interview_id", 16),
        _Column("Child", "child_ids", 18),
        _Column("Episodes covered", "episode_ids", 18, _spaced),
        _Column("Held on", "held_on", 13),
        _Column("Held by", "interviewer", 16, _labelled("interviewer")),
        _Column("Placement", "placement_location", 16, _labelled("return_placement_location")),
        _Column("Within 72 hours", "within_72_hours", 11, lambda cell: str(cell).replace("_", " ")),
        _Column("Push or pull factor recorded", "has_factors", 12, _YES.__getitem__),
        _Column("Shared with police", "is_shared_with_police", 11, _YES.__getitem__),
    ),
}


def write_review_workbook(
    found: ReviewList, plan: Plan, into: Path, *, invented: bool, last: HeldReview | None = None
) -> None:
    """The list as a workbook to work in (.xlsx), with the same bytes every time. `last` is the review before, as it was held."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = NOTES
    _write_notes(sheet, found, plan, last, invented=invented)
    answers = book.create_sheet(_ANSWERS)
    places = _write_answers(answers, plan.questions)
    filled = book.create_sheet(LIST, 1)
    _write_list(filled, found, plan, places)
    _write_signatures(book.create_sheet(SIGNATURES, 2), plan)
    _write_strata(book.create_sheet(_DRAWN, 3), found)
    markings = [RESTRICTED, *([INVENTED] if invented else [])]
    for each in book.worksheets:
        each.sheet_view.zoomScale = 100
        each.page_setup.orientation = "landscape"
        each.page_setup.paperSize = each.PAPERSIZE_A3 if each is filled else each.PAPERSIZE_A4
        each.page_setup.fitToHeight = 0
        page: Any = each  # the library's types leave open whether a sheet has these
        page.sheet_properties.pageSetUpPr.fitToPage = True
        page.oddHeader.left.text = " - ".join(markings)
        page.oddFooter.left.text = f"{plan.title}, {found.edition} edition"
        page.oddFooter.right.text = "Page &P of &N"
    book.properties.title = f"{plan.title}, {write_month(f'{found.month:%Y-%m}')}"
    book.properties.creator = "Storyboard"
    book.properties.language = "en-GB"
    book.properties.keywords = "; ".join(markings)
    book.save(into)
    repack(into, found.as_at)


def _write_notes(sheet: Worksheet, found: ReviewList, plan: Plan, last: HeldReview | None, *, invented: bool) -> None:
    rows: list[tuple[str, Cell]] = [
        (plan.title, None),
        ("Marking", f"{RESTRICTED}. Do not publish or pass on."),
        *([("Sample", "All rows of this edition are invented.")] if invented else []),
        (REVIEW, f"{found.month:%Y-%m}"),
        (POSITION, found.as_at.isoformat()),
        ("Edition", found.edition),
        ("Rows", len(found.rows)),
        *(("What to do", text) for text in plan.about),
        ("Who signs", "; ".join(plan.roles)),
        ("How rows were drawn", say_how(found, plan)),
        ("Seed", found.seed),
        ("Last review", say_last(last, plan)),
        ("Sheets", f"{LIST}: the rows. {SIGNATURES}: the roles. {_DRAWN}: the strata. {_ANSWERS}: the answers that there are."),
        (
            "When it is done",
            "Put a copy of this workbook, under its own name, into the folder of extracts of the next edition, or name it with "
            "--answers at the next review. Its answers are counted; no free text is carried over.",
        ),
    ]  # fmt: skip
    for number, (name, text) in enumerate(rows, start=1):
        head = sheet.cell(number, 1, name)
        head.font = Font(**(_LETTERS | {"bold": True} | ({"size": 15} if number == 1 else {})))
        head.alignment = Alignment(vertical="top")
        _fill(sheet, number, 2, text)
        sheet.row_dimensions[number].height = 24 if number == 1 else _height([(text, 100)])
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 100


def _write_answers(sheet: Worksheet, questions: Sequence[Question]) -> dict[str, str]:
    """One column for each question with a list; returns where the answers of each stand, as a formula names it."""
    places = {}
    for number, question in enumerate((q for q in questions if q.answers), start=1):
        _write_head(sheet, number, question.head, 30, is_asked=False)
        for row, answer in enumerate(question.answers, start=2):
            _fill(sheet, row, number, answer)
        letter = get_column_letter(number)
        places[question.head] = f"'{_ANSWERS}'!${letter}$2:${letter}${len(question.answers) + 1}"
    sheet.freeze_panes = "A2"
    return places


def _write_list(sheet: Worksheet, found: ReviewList, plan: Plan, places: Mapping[str, str]) -> None:
    shown = _SHOWN[found.subject]
    heads = [column.head for column in shown] + [question.head for question in plan.questions]
    for number, head in enumerate(heads, start=1):
        is_asked = number > len(shown)
        _write_head(sheet, number, head, 22 if is_asked else shown[number - 1].width, is_asked=is_asked)
    for row, cells in enumerate(found.rows, start=2):
        named = dict(zip(found.columns, cells, strict=True))
        for number, column in enumerate(shown, start=1):
            _fill(sheet, row, number, column.show(named[column.name])).border = _LINE
        shown_texts = [(sheet.cell(row, number).value, column.width) for number, column in enumerate(shown, start=1)]
        sheet.row_dimensions[row].height = max(_height(shown_texts), 2 * _LINE_HEIGHT)
    last = max(len(found.rows), _EMPTY_ROWS) + 1
    for number, question in enumerate(plan.questions, start=len(shown) + 1):
        letter = get_column_letter(number)
        for row in range(2, last + 1):
            cell = _fill(sheet, row, number, None)
            cell.fill, cell.border = _TO_FILL, _LINE
        if question.answers:
            choice = DataValidation(type="list", formula1=places[question.head], allow_blank=True)
            choice.error = "Choose an answer from the list."
            choice.errorTitle = choice.promptTitle = question.role[:32]
            choice.prompt = f"Choose: {', '.join(question.answers)}."[:255]
            choice.showErrorMessage = choice.showInputMessage = True
            choice.add(f"{letter}2:{letter}{last}")
            sheet.add_data_validation(choice)
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:1"
    _make_table(sheet, "rows", len(heads), last)


def _write_signatures(sheet: Worksheet, plan: Plan) -> None:
    for number, (head, width) in enumerate(
        (("Role", 34), ("Signed (initials)", 24), ("Signed on (date)", 24)), start=1
    ):
        _write_head(sheet, number, head, width, is_asked=number > 1)
    for row, role in enumerate(plan.roles, start=2):
        _fill(sheet, row, 1, role)
        for column in (2, 3):
            _fill(sheet, row, column, None).fill = _TO_FILL
        sheet.row_dimensions[row].height = 2 * _LINE_HEIGHT
        sheet.cell(row, 3).number_format = "d mmm yyyy"
    day = DataValidation(type="date", operator="greaterThan", formula1="32874", allow_blank=True)
    day.error, day.errorTitle = "Write a date, such as 12/02/2016.", "Signed on"
    day.showErrorMessage = True
    day.add(f"C2:C{len(plan.roles) + 1}")
    sheet.add_data_validation(day)
    sheet.freeze_panes = "B2"
    _make_table(sheet, "signatures", 3, len(plan.roles) + 1)


def _write_strata(sheet: Worksheet, found: ReviewList) -> None:
    heads = {
        "register": ("Authority", "Length on the register", "Outcome"),
        "return_interviews": ("Authority", "Held by", "Placement"),
    }[found.subject]
    labels: tuple[Callable[[Any], Any], ...] = {
        "register": (str, _labelled("open_length"), _labelled("outcome", open="Open")),
        "return_interviews": (str, _labelled("interviewer"), _labelled("return_placement_location")),
    }[found.subject]
    for number, head in enumerate((*heads, "On the list", "Of"), start=1):
        _write_head(sheet, number, head, 26 if number <= len(heads) else 12, is_asked=False)
    for row, (stratum, (drawn, of)) in enumerate(found.strata.items(), start=2):
        texts = [show(part) for show, part in zip(labels, stratum, strict=True)]
        for number, value in enumerate((*texts, drawn, of), start=1):
            _fill(sheet, row, number, value)
    sheet.freeze_panes = "A2"
    _make_table(sheet, "strata", len(heads) + 2, max(len(found.strata), _EMPTY_ROWS) + 1)


def _write_head(sheet: Worksheet, number: int, head: str, width: int, *, is_asked: bool) -> None:
    cell = sheet.cell(1, number, head)
    cell.font = Font(**_LETTERS, bold=True, color="0B0C0C" if is_asked else "FFFFFF")
    cell.fill = _ASKED if is_asked else _HEAD
    cell.alignment = _TOP
    row = sheet.row_dimensions[1]
    row.height = max(row.height or 0, _height([(head, width * 0.75)]) + 6)
    sheet.column_dimensions[get_column_letter(number)].width = width


def _make_table(sheet: Worksheet, name: str, columns: int, last: int) -> None:
    table = Table(displayName=name, ref=f"A1:{get_column_letter(columns)}{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(table)


def _fill(sheet: Worksheet, row: int, column: int, value: Cell) -> Any:
    """A cell with a value. A text stays a text, whatever it begins with: no formula is ever made of an id."""
    cell = sheet.cell(row, column, value)
    cell.font, cell.alignment = Font(**_LETTERS), _TOP
    if isinstance(value, str):
        cell.data_type = "s"
    elif isinstance(value, date):
        cell.number_format = "d mmm yyyy"
    return cell


def _height(texts: Sequence[tuple[Any, float]]) -> float:
    """The height of a row in points, for texts wrapped in columns of a width (in characters)."""
    return _LINE_HEIGHT * max(len(wrap(str(text or " "), max(int(width), 1))) or 1 for text, width in texts)
