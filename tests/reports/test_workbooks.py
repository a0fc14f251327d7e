"""The finished workbooks, opened again."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from pipelines.figures import Category
from pipelines.publishing.book import Book
from pipelines.publishing.scorecard import write_scorecard
from pipelines.publishing.workbooks import write_tables
from tests.reports.sample_book import sample_book


@pytest.fixture(scope="module")
def book() -> Book:
    shown = sample_book(2017, audience="public")
    hidden = {
        figure.key: replace(figure, value=None, display="[c]", status="suppressed")
        for figure in shown.figures
        if figure.key.metric_id == "cme_referrals" and figure.key.category == "police"
    }
    figures = [hidden.get(figure.key, figure) for figure in shown.figures]
    return Book(shown.edition, figures, shown.metrics, shown.categories, audience="public", invented=True)


@pytest.fixture(scope="module")
def tables(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("xlsx") / "tables.xlsx"
    write_tables(book, into)
    return into


def data_of(workbook: Workbook, title: str) -> list[tuple[object, ...]]:
    """The header and rows of the table whose sheet has this title, read from where the workbook says that the table lies."""
    for sheet in workbook:
        if str(sheet["A1"].value).startswith(title):
            (place,) = (table.ref for table in sheet.tables.values())
            return [tuple(cell.value for cell in row) for row in sheet[place]]
    raise AssertionError(title)


def test_every_metric_and_breakdown_has_a_table_of_its_own(tables: Path, book: Book) -> None:
    workbook = openpyxl.load_workbook(tables)
    breakdowns = sum(len(metric.breakdowns) for metric in book.metrics.values())
    assert workbook.sheetnames[:4] == ["Cover", "Contents", "Notes", "Totals"]
    assert len(workbook.sheetnames) == 4 + breakdowns
    assert [row[0] for row in data_of(workbook, "Every measure in total")[1:]] == [
        m.label for m in book.metrics.values()
    ]


def test_the_numbers_are_those_of_the_book_and_are_numbers(tables: Path, book: Book) -> None:
    workbook = openpyxl.load_workbook(tables)
    rows = data_of(workbook, "Referrals of children missing education, by school phase")
    expected = [float(member.figure.value or 0) for member in book.series("cme_referrals", "phase")]
    assert [row[1] for row in rows[1:]] == [*expected, float(book.figure("cme_referrals").value or 0)]
    totals = {row[-1]: row[1] for row in data_of(workbook, "Every measure in total")[1:]}
    assert totals == {key: float(book.figure(key).value or 0) for key in book.metrics}


def test_a_hidden_number_is_its_symbol_which_the_sheet_explains(tables: Path) -> None:
    workbook = openpyxl.load_workbook(tables)
    title = "Referrals of children missing education, by source of the referral"
    assert ("Police", "[c]") in data_of(workbook, title)
    (sheet,) = (sheet for sheet in workbook if str(sheet["A1"].value).startswith(title))
    assert any("[c] hidden so that no child can be recognised" in str(cell.value) for (cell, *_) in sheet.iter_rows())


def test_no_cell_is_a_formula_even_where_a_label_looks_like_one(book: Book, tmp_path: Path) -> None:
    dangerous = ('=HYPERLINK("http://a.example","x")', "+1", "-1", "@SUM(1)", "http://a.example")
    phases = [
        Category("phase", c.category, c.position, text)
        for c, text in zip(book.categories["phase"], dangerous, strict=False)
    ]
    sources = [
        Category("sex", c.category, c.position, text)
        for c, text in zip(book.categories["sex"], dangerous[2:], strict=False)
    ]
    changed = Book(
        book.edition,
        book.figures,
        book.metrics,
        {**book.categories, "phase": phases, "sex": sources},
        audience="public",
        invented=True,
    )
    write_tables(changed, tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets"):
                assert b"<f>" not in archive.read(name), name
                assert b"a.example" not in archive.read(name), name
    workbook = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert data_of(workbook, "Referrals of children missing education, by school phase")[1][0] == dangerous[0]


def test_every_sheet_of_an_invented_edition_says_so_and_no_sheet_of_a_real_one(
    tables: Path, book: Book, tmp_path: Path
) -> None:
    for sheet in openpyxl.load_workbook(tables):
        if sheet.title not in ("Contents", "Notes"):
            assert any(row[0].value == "Invented figures" for row in sheet.iter_rows()), sheet.title
    real = Book(book.edition, book.figures, book.metrics, book.categories, audience="public", invented=False)
    write_tables(real, tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        assert not any(b"nvented" in archive.read(name) for name in archive.namelist())


def test_the_public_workbook_is_not_called_restricted_and_the_scorecard_is(tables: Path, tmp_path: Path) -> None:
    write_scorecard(sample_book(), tmp_path / "s.xlsx")
    for path, is_restricted in ((tables, False), (tmp_path / "s.xlsx", True)):
        with zipfile.ZipFile(path) as archive:
            assert (b"Restricted: exact figures" in archive.read("xl/sharedStrings.xml")) is is_restricted


def test_the_workbooks_have_a_title_and_the_same_bytes_each_time(tables: Path, book: Book, tmp_path: Path) -> None:
    write_tables(book, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == tables.read_bytes()
    write_scorecard(sample_book(), tmp_path / "one.xlsx")
    write_scorecard(sample_book(), tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert openpyxl.load_workbook(tables).properties.title == "Story board, 2017 edition: tables"
