"""The finished Word report, opened again."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph as WordParagraph

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.publishing.book import PublishedStatistic
from pipelines.publishing.documents import (
    Cited,
    Heading,
    OfficerPlace,
    Paper,
    Paragraph,
    Picture,
    Table,
    as_text,
    list_runs,
)
from pipelines.publishing.pdf import find_section_pages
from pipelines.publishing.reports import write_dmt_report
from tests.reports.sample_book import sample_book

Report = tuple[Paper, Path, WordDocument]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    into = tmp_path_factory.mktemp("word") / "dmt-report.docx"
    book = sample_book(2018, earlier=(sample_book(2016), sample_book(2017)))
    paper = write_dmt_report(book, paths.DMT_TEMPLATE, into)
    return paper, into, Document(str(into))


def runs_in_style(word: WordDocument, style: str) -> list[str]:
    return [
        "".join(node.text or "" for node in run.iter(qn("w:t")))
        for run in word.element.body.iter(qn("w:r"))
        if (mark := run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")) is not None and mark.get(qn("w:val")) == style
    ]


def tables_of(word: WordDocument) -> list[list[list[str]]]:
    """The tables after the front matter, as text."""
    return [
        [["\n".join(map(words_of, cell.paragraphs)) for cell in row.cells] for row in table.rows]
        for table in word.tables[1:]
    ]


def words_of(paragraph: WordParagraph) -> str:
    """The text of a paragraph with that of its content controls, which python-docx leaves out."""
    return "".join(node.text or "" for node in paragraph._p.iter(qn("w:t")))


def template_with(folder: Path, change: Any) -> Path:
    word = Document(str(paths.DMT_TEMPLATE))
    change(word)
    template = folder / "ours.docx"
    word.save(str(template))
    return template


def test_every_table_of_the_report_shows_the_figures_of_the_book(report: Report) -> None:
    paper, _, word = report
    tables = [block for block in paper.blocks if isinstance(block, Table)]
    assert tables_of(word) == [
        [list(table.header), *([as_text(cell) for cell in row] for row in table.rows)] for table in tables
    ]


def test_every_number_in_the_report_that_stands_for_a_figure_is_a_cited_figure(report: Report) -> None:
    paper, _, word = report
    shown = runs_in_style(word, "Figure")
    assert set(shown) == set(paper.cited.values())
    assert len(shown) > len(paper.cited)


def test_every_officers_place_is_marked(report: Report) -> None:
    paper, _, word = report
    marked = runs_in_style(word, "OfficerPlace")
    lines = [line for _, line in paper.front]
    lines += [line for block in paper.blocks if isinstance(block, Table) for row in block.rows for line in row]
    lines += [block.line for block in paper.blocks if hasattr(block, "line")]
    assert sorted(marked) == sorted(run.text for line in lines for run in line if isinstance(run, OfficerPlace))
    style = word.styles["Officer Place"].element
    assert style.find(f"{qn('w:rPr')}/{qn('w:shd')}").get(qn("w:fill")) not in (None, "auto", "FFFFFF")
    for place in ("date", "Schedule 12A", "decision asked for", "legal services", "equality impact", "main risks"):
        assert any(place in text for text in marked), place


def test_headings_are_real_and_stand_in_the_order_that_a_directorate_expects(report: Report) -> None:
    _, _, word = report
    sections = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 1"]
    assert sections[:4] == ["Purpose", "Summary", "Recommendations", "Background"]
    assert sections.index("Implications") < sections.index("Risks") < len(sections) - 1
    assert sections[-1] == "Annex: what the figures mean and rest on"
    assert "The department's figures" in sections
    assert [p.text for p in word.paragraphs if p.style.name == "Title"] == ["Children missing education"]
    below = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 2"]
    assert {"Financial", "Legal", "Equalities", "Data protection", "Crime and disorder"} <= set(below)


def test_the_summary_is_one_paragraph_with_the_headline_figures(report: Report) -> None:
    _, _, word = report
    paragraphs = [(p.style.name, words_of(p)) for p in word.paragraphs]
    place = paragraphs.index(("Heading 1", "Summary"))
    style, text = paragraphs[place + 1]
    assert style == "Numbered Paragraph"
    assert text.count("referral") >= 2
    assert paragraphs[place + 2][1].startswith("[Officer to complete")


def test_paragraphs_sections_and_recommendations_are_numbered_by_word(report: Report) -> None:
    _, _, word = report
    for style in ("Heading 1", "Numbered Paragraph", "Recommendation"):
        assert word.styles[style].element.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None
    assert sum(p.style.name == "Recommendation" for p in word.paragraphs) == 4


def test_every_table_has_a_header_row_that_is_marked_and_a_numbered_caption(report: Report) -> None:
    paper, _, word = report
    for table in word.tables[1:]:
        assert table.rows[0]._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        caption = table._tbl.getprevious()
        assert caption.find(f"{qn('w:pPr')}/{qn('w:pStyle')}").get(qn("w:val")) == "Caption"
    captions = [p.text for p in word.paragraphs if p.style.name == "Caption"]
    tables = [block for block in paper.blocks if isinstance(block, Table)]
    assert captions == [f"Table {table.number}: {table.caption}" for table in tables]


def test_every_picture_has_the_alternative_text_of_its_chart(report: Report) -> None:
    paper, _, word = report
    described = [drawing.find(qn("wp:docPr")).get("descr") for drawing in word.element.body.iter(qn("wp:inline"))]
    assert described == [block.alternative for block in paper.blocks if isinstance(block, Picture)]
    assert all(described)


def test_the_contents_name_every_section_with_its_page_and_lead_to_it(report: Report) -> None:
    paper, _, word = report
    bookmarks = {node.get(qn("w:name")) for node in word.element.body.iter(qn("w:bookmarkStart"))}
    links = [
        (link.get(qn("w:anchor")), "".join(node.text or "" for node in link.iter(qn("w:t"))))
        for link in word.element.body.iter(qn("w:hyperlink"))
    ]
    sections = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 1"]
    pages = find_section_pages(paper, paths.PAPER_LAYOUT)
    assert pages == sorted(pages)
    assert pages[0] == 1
    assert pages[-1] > 5
    assert [text for _, text in links] == [
        f"{number}{text}{page}" for (number, text), page in zip(enumerate(sections, 1), pages, strict=True)
    ]
    assert {anchor for anchor, _ in links} <= bookmarks


def test_word_counts_the_pages_of_the_contents_anew_when_it_opens_the_report(report: Report) -> None:
    _, _, word = report
    fields = [
        (mark.get(qn("w:dirty")), (mark.getparent().getnext().find(qn("w:instrText")).text or "").split())
        for mark in word.element.body.iter(qn("w:fldChar"))
        if mark.get(qn("w:fldCharType")) == "begin"
    ]
    assert [words[0] for dirty, words in fields if dirty == "true"] == ["TOC"]
    linked = [words[1] for _, words in fields if words[0] == "PAGEREF"]
    assert linked == [link.get(qn("w:anchor")) for link in word.element.body.iter(qn("w:hyperlink"))]


def test_every_officers_place_is_a_control_of_its_own_that_word_lists_by_what_it_asks_for(report: Report) -> None:
    _, _, word = report
    controls = list(word.element.body.iter(qn("w:sdt")))
    texts = ["".join(node.text or "" for node in control.iter(qn("w:t"))) for control in controls]
    assert texts == runs_in_style(word, "OfficerPlace")
    tags = [control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val")) for control in controls]
    assert tags == [f"officer-{number:02}" for number in range(1, len(controls) + 1)]
    titles = [control.find(f"{qn('w:sdtPr')}/{qn('w:alias')}").get(qn("w:val")) for control in controls]
    assert titles[0] == "Officer to complete: date"
    assert max(map(len, titles)) <= 64
    assert all(control.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None for control in controls)


def test_the_runs_of_figures_stand_in_the_order_in_which_the_paper_cites_them(report: Report) -> None:
    paper, _, word = report
    cited = [run for run in list_runs(paper) if isinstance(run, Cited)]
    assert runs_in_style(word, "Figure") == [run.text for run in cited]
    assert {run.key: run.text for run in cited} == paper.cited


def test_the_departments_numbers_stand_apart_from_ours(tmp_path: Path) -> None:
    later = PublishedStatistic("E06000014", "York", date(2018, 3, 31), "children_missing", Decimal(34), "", "2018")
    statistics = [later] + [
        PublishedStatistic(code, name, date(2017, 3, 31), "children_missing", value, symbol, "SFR50/2017")
        for code, name, value, symbol in (
            ("E06000014", "York", Decimal(18), ""),
            ("E12000003", "Yorkshire and The Humber", None, "c"),
        )
    ]
    book = sample_book(2018, published_statistics=statistics)
    paper = write_dmt_report(book, paths.DMT_TEMPLATE, tmp_path / "r.docx")
    word = Document(str(tmp_path / "r.docx"))
    assert runs_in_style(word, "PublishedFigure") == ["18", "c"]
    (table,) = [b for b in paper.blocks if isinstance(b, Table) and b.caption.startswith("Looked-after children who")]
    assert table.header == ("What is counted, and when", "York", "Yorkshire and The Humber", "Release")
    assert as_text(table.rows[0][0]) == "Looked-after children who went missing, 2017"
    assert "18" not in {display for key, display in paper.cited.items() if key.metric_id == "children_missing"}


def test_a_paper_for_everybody_has_no_places_for_officers_and_no_empty_headings(tmp_path: Path) -> None:
    book = sample_book(2018, audience="public", earlier=(sample_book(2017, audience="public"),))
    paper = write_dmt_report(book, paths.DMT_TEMPLATE, tmp_path / "r.docx")
    assert not any(isinstance(run, OfficerPlace) for run in list_runs(paper))
    headings = [block.text for block in paper.blocks if isinstance(block, Heading)]
    assert "Financial" not in headings
    assert {"Implications", "Legal", "Reviews of the register"} <= set(headings)
    assert [name for name, _ in paper.front] == ["Report to", "Position stated", "Figures"]
    said = "".join(as_text(line) for _, line in paper.front)
    assert "Exact" not in said
    assert "Restricted" not in zipfile.ZipFile(tmp_path / "r.docx").read("word/header1.xml").decode()


def test_the_document_says_its_title_and_that_it_is_in_british_english(report: Report) -> None:
    _, into, word = report
    assert word.core_properties.title == "Children missing education"
    assert word.core_properties.language == "en-GB"
    styles = zipfile.ZipFile(into).read("word/styles.xml").decode()
    assert re.search(r'<w:rPrDefault>.*?<w:lang [^>]*w:val="en-GB"', styles, re.DOTALL)


def test_every_page_is_marked_restricted_and_invented_and_numbered(report: Report) -> None:
    _, _, word = report
    for section in word.sections:
        assert not section.different_first_page_header_footer
        assert section.header.paragraphs[0].text == "Restricted: exact figures · Invented figures"
        fields = "".join(node.text or "" for node in section.footer._element.iter(qn("w:instrText")))
        assert "PAGE" in fields
        assert "NUMPAGES" in fields


def test_a_real_edition_is_not_marked_as_invented(tmp_path: Path) -> None:
    write_dmt_report(sample_book(invented=False), paths.DMT_TEMPLATE, tmp_path / "r.docx")
    with zipfile.ZipFile(tmp_path / "r.docx") as archive:
        assert not any(b"nvented" in archive.read(name) for name in archive.namelist())


def test_the_same_edition_gives_the_same_bytes(report: Report, tmp_path: Path) -> None:
    _, into, _ = report
    book = sample_book(2018, earlier=(sample_book(2016), sample_book(2017)))
    write_dmt_report(book, paths.DMT_TEMPLATE, tmp_path / "again.docx")
    assert hashlib.sha256((tmp_path / "again.docx").read_bytes()).digest() == hashlib.sha256(into.read_bytes()).digest()


def test_the_file_says_that_it_was_made_on_the_day_whose_position_it_states(report: Report) -> None:
    _, into, word = report
    assert word.core_properties.created.date().isoformat() == "2018-01-12"
    assert word.core_properties.modified.date().isoformat() == "2018-01-12"
    with zipfile.ZipFile(into) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_officers_may_cite_a_figure_in_the_template_itself(tmp_path: Path) -> None:
    template = template_with(
        tmp_path, lambda word: word.add_paragraph('Girls: {{r figure("cme_referrals", sex="female") }}')
    )
    book = sample_book()
    write_dmt_report(book, template, tmp_path / "r.docx")
    last = Document(str(tmp_path / "r.docx")).paragraphs[-1].text
    assert last == f"Girls: {book.figure('cme_referrals', breakdown='sex', category='female').display}"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ('{{r figure("cme_referalls") }}', "cme_referrals"),
        ('{{r figure("cme_referrals", weekday="monday") }}', "weekday"),
        ("{{ subtitel }}", "'subtitel' is undefined"),
        ("{{ title", "ours.docx"),
        ("There were 59 referrals", "the number 59 is typed"),
    ],
)
def test_a_template_with_a_wrong_field_is_refused_by_name(words: str, complaint: str, tmp_path: Path) -> None:
    template = template_with(tmp_path, lambda word: word.add_paragraph(words))
    with pytest.raises(DataFault, match=r"ours\.docx") as refusal:
        write_dmt_report(sample_book(), template, tmp_path / "r.docx")
    assert complaint in str(refusal.value)
    assert not (tmp_path / "r.docx").exists()


def remove_header(word: WordDocument) -> None:
    word.sections[0].header.paragraphs[0].text = "City of York Council"


def remove_officers_style(word: WordDocument) -> None:
    style = word.styles["Officer Place"].element
    style.getparent().remove(style)


def remove_contents(word: WordDocument) -> None:
    for paragraph in word.paragraphs:
        if paragraph.style.name == "toc 1":
            paragraph._p.getparent().remove(paragraph._p)


def remove_bullets(word: WordDocument) -> None:
    for paragraph in list(word.paragraphs):
        if paragraph.style.name == "List Bullet":
            paragraph._p.getparent().remove(paragraph._p)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (remove_header, "header must hold the field markings"),
        (remove_officers_style, "OfficerPlace"),
        (remove_contents, "table of contents"),
        (remove_bullets, "loses “a move between stages"),
    ],
)
def test_a_template_that_would_lose_something_is_refused(change: Any, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=complaint):
        write_dmt_report(sample_book(), template_with(tmp_path, change), tmp_path / "r.docx")


def test_a_file_that_is_no_word_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "ours.docx").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(DataFault, match=r"ours\.docx: this is no Word file"):
        write_dmt_report(sample_book(), tmp_path / "ours.docx", tmp_path / "r.docx")


def numbered_paragraphs(word: WordDocument) -> Iterator[str]:
    return (words_of(paragraph) for paragraph in word.paragraphs if paragraph.style.name == "Numbered Paragraph")


def test_no_paragraph_of_the_text_is_lost_on_the_way_to_word(report: Report) -> None:
    paper, _, word = report
    assert list(numbered_paragraphs(word)) == [
        as_text(block.line) for block in paper.blocks if isinstance(block, Paragraph)
    ]
