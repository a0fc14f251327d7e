"""The finished PDF papers, opened again."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from pipelines import paths
from pipelines.faults import MachineFault
from pipelines.publishing.book import Book
from pipelines.publishing.citations import read_registers
from pipelines.publishing.documents import Heading, OfficerPlace, Paper, Paragraph, Picture, Table, as_text, write_paper
from pipelines.publishing.pdf import write_pdf
from pipelines.publishing.reports import write_board_pack, write_dmt_report
from tests.reports.sample_book import sample_book

Printed = tuple[Paper, Path]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    into = tmp_path_factory.mktemp("pdf") / "dmt-report.pdf"
    paper = read_report(sample_book(2017, earlier=(sample_book(2016),)))
    write_pdf(paper, paths.PAPER_LAYOUT, into)
    return paper, into


@pytest.fixture(scope="module")
def board_pack(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    into = tmp_path_factory.mktemp("pdf") / "board-pack.pdf"
    return write_board_pack(sample_book(2017, earlier=(sample_book(2016),)), into), into


@pytest.fixture(params=["report", "board_pack"])
def printed(request: pytest.FixtureRequest) -> Printed:
    paper: Printed = request.getfixturevalue(request.param)
    return paper


def read_report(book: Book, text: Path = paths.DMT_TEXT) -> Paper:
    return write_paper(book, text, read_registers(paths.DOCS))


def text_of(into: Path) -> list[str]:
    """The text of each page with single spaces."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    out = subprocess.run(["pdftotext", "-layout", str(into), "-"], check=True, capture_output=True, text=True).stdout
    return [" ".join(page.split()) for page in out.split("\f")[:-1]]


def elements(node: pikepdf.Object) -> Iterator[tuple[str, pikepdf.Dictionary]]:
    """Every structure element with its role, in reading order."""
    kids = node.get("/K", pikepdf.Array())
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield str(kid["/S"]), kid
            yield from elements(kid)


def test_the_pdf_is_tagged_and_says_its_title_language_and_standard(printed: Printed) -> None:
    paper, into = printed
    with pikepdf.open(into) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en-GB"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"].startswith(paper.title)
            assert metadata["pdfuaid:part"] == "1"


def test_the_tags_hold_every_heading_table_header_and_described_picture(printed: Printed) -> None:
    paper, into = printed
    with pikepdf.open(into) as pdf:
        found = list(elements(pdf.Root.StructTreeRoot))
    roles = [role for role, _ in found]
    headings = [block for block in paper.blocks if isinstance(block, Heading)]
    tables = [block for block in paper.blocks if isinstance(block, Table)]
    assert roles.count("/H1") == sum(block.level == 1 for block in headings)
    assert roles.count("/H2") == sum(block.level == 2 for block in headings)
    assert roles.count("/TH") >= sum(len(table.header) for table in tables)
    described = [str(element["/Alt"]) for role, element in found if role == "/Figure"]
    assert described == [block.alternative for block in paper.blocks if isinstance(block, Picture)]


def test_every_page_is_marked_restricted_and_invented_and_numbered(printed: Printed) -> None:
    _, into = printed
    pages = text_of(into)
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        assert page.startswith("Restricted: exact figures · Invented figures")
        assert page.endswith(f"Page {number} of {len(pages)}")


def test_a_real_edition_is_not_marked_as_invented(tmp_path: Path) -> None:
    write_pdf(read_report(sample_book(invented=False)), paths.PAPER_LAYOUT, tmp_path / "r.pdf")
    assert not any("nvented" in page for page in text_of(tmp_path / "r.pdf"))


def test_every_figure_of_the_paper_is_printed(printed: Printed) -> None:
    paper, into = printed
    numbers = set(re.findall(r"\d[\d,]*(?:\.\d+)?%?", " ".join(text_of(into))))
    assert set(paper.cited.values()) <= numbers


def test_every_row_of_every_table_is_printed_with_its_figures(printed: Printed) -> None:
    paper, into = printed
    text = " ".join(text_of(into))
    for table in (block for block in paper.blocks if isinstance(block, Table) and block.is_numeric):
        for row in table.rows:
            label, *cells = (as_text(cell) for cell in row)
            assert " ".join(cells) in text, label


def test_word_and_pdf_say_the_same(report: Printed, tmp_path: Path) -> None:
    paper, into = report
    assert (
        write_dmt_report(sample_book(2017, earlier=(sample_book(2016),)), paths.DMT_TEMPLATE, tmp_path / "r.docx")
        == paper
    )
    text = "".join("".join(text_of(into)).split())
    for block in paper.blocks:
        if isinstance(block, Heading):
            assert "".join(block.text.split()) in text
        elif isinstance(block, Paragraph) and len(as_text(block.line)) < 80:
            assert "".join(as_text(block.line).split()) in text


def test_officers_places_stand_in_the_pdf_too(report: Printed) -> None:
    paper, into = report
    places = [
        run
        for block in paper.blocks
        if isinstance(block, Paragraph)
        for run in block.line
        if isinstance(run, OfficerPlace)
    ]
    assert places
    assert sum(page.count("[Officer to complete:") for page in text_of(into)) >= len(places)


def test_the_contents_lead_to_every_section(printed: Printed) -> None:
    paper, into = printed
    sections = [block.text for block in paper.blocks if isinstance(block, Heading) and block.level == 1]
    contents = text_of(into)[0]
    for number, section in enumerate(sections, 1):
        assert f"{number} {section}" in contents
    with pikepdf.open(into) as pdf, pdf.open_outline() as outline:
        assert [
            item.title.split(" ", 1)[-1] if item.title[0].isdigit() else item.title for item in outline.root
        ] == sections


def test_nothing_in_the_pdf_says_when_it_was_made(printed: Printed) -> None:
    _, into = printed
    with pikepdf.open(into) as pdf:
        assert "/CreationDate" not in pdf.docinfo
        assert "/ModDate" not in pdf.docinfo


def test_the_same_edition_gives_the_same_bytes(printed: Printed, tmp_path: Path) -> None:
    _, into = printed
    book = sample_book(2017, earlier=(sample_book(2016),))
    if into.name == "dmt-report.pdf":
        write_pdf(read_report(book), paths.PAPER_LAYOUT, tmp_path / "again.pdf")
    else:
        write_board_pack(book, tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == into.read_bytes()


def test_a_text_that_looks_like_typst_is_printed_as_it_stands(tmp_path: Path) -> None:
    text = tmp_path / "paper.md"
    text.write_text('---\ntitle: A paper\n---\n# One\n\nCosts $x$ and #read("secret") @there [here]\n', "utf-8")
    write_pdf(read_report(sample_book(), text), paths.PAPER_LAYOUT, tmp_path / "r.pdf")
    assert 'Costs $x$ and #read("secret") @there [here]' in " ".join(text_of(tmp_path / "r.pdf"))


def test_a_broken_layout_is_named(tmp_path: Path) -> None:
    (tmp_path / "layout.typ").write_text("#unknown()")
    with pytest.raises(MachineFault, match=r"layout\.typ.*unknown variable"):
        write_pdf(read_report(sample_book()), tmp_path / "layout.typ", tmp_path / "r.pdf")


def test_the_board_pack_shows_most_of_the_breakdowns_of_both_collections() -> None:
    cited = {key.metric_id for key in write_paper(sample_book(), paths.BOARD_PACK_TEXT).cited}
    assert {"episodes_reported", "return_interviews_due", "cme_referrals", "children_at_risk_of_cme"} <= cited
    assert len(cited) > 30
