"""The papers of an edition that people read as documents: the report to the directorate, the board pack, answers to requests, and
the checks for an inspection.

Names each paper's text, template and layout; the work is done in `documents`, `word` and `pdf`. What it may show is the Book's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines import paths
from pipelines.publishing.book import Book
from pipelines.publishing.citations import read_registers, tell_council
from pipelines.publishing.documents import Paper, write_paper
from pipelines.publishing.heat_map import Start
from pipelines.publishing.pdf import find_section_pages, read_section_pages, write_pdf
from pipelines.publishing.site_paper import list_pages, read_site


def write_dmt_report(
    book: Book, template: Path, into: Path, *, text: Path = paths.DMT_TEXT, layout: Path = paths.PAPER_LAYOUT
) -> Paper:
    """The report on children missing education as a tagged PDF and, by way of the officers' template, as a Word file `into`; the
    PDF lies beside it under the same name.

    The Word file's table of contents has the page numbers of the PDF until Word counts its own. Returns the paper, whose
    `cited` holds every figure in the files. Raises DataFault naming the text or the template and the field that is wrong.
    """
    paper, pdf = (
        write_paper(book, text, tell_council(read_registers(paths.DOCS), book.authority)),
        into.with_suffix(".pdf"),
    )
    write_pdf(paper, layout, pdf)
    _set_in_word(paper, book, template, into, read_section_pages(pdf))
    return paper


def write_foi_answers(book: Book, template: Path, into: Path, *, text: Path = paths.FOI_TEXT) -> Paper:
    """What people ask under the Freedom of Information Act, answered, as a Word file `into`. Returns the paper."""
    return _write_with_registers(book, template, into, text)


def write_inspection_pack(book: Book, template: Path, into: Path, *, text: Path = paths.INSPECTION_TEXT) -> Paper:
    """Our exact figures beside the SSDA903 return and Annex A, as a Word file `into`. Returns the paper."""
    return _write_with_registers(book, template, into, text)


def _write_with_registers(book: Book, template: Path, into: Path, text: Path) -> Paper:
    paper = write_paper(book, text, tell_council(read_registers(paths.DOCS), book.authority))
    _set_in_word(paper, book, template, into, find_section_pages(paper, paths.PAPER_LAYOUT))
    return paper


def _set_in_word(paper: Paper, book: Book, template: Path, into: Path, pages: Sequence[int]) -> None:
    # What opens Word files takes a while to import, and a change of words needs none of it.
    from pipelines.publishing.word import write_word

    write_word(paper, book, template, into, pages=pages)


def write_board_pack(
    book: Book,
    into: Path,
    *,
    starts: Sequence[Start] = (),
    text: Path = paths.BOARD_PACK_TEXT,
    layout: Path = paths.PAPER_LAYOUT,
) -> Paper:
    """The key figures and tables of the edition, exact, with a cover, as a tagged PDF `into`. Returns the paper.

    `starts` says when the episodes of the period began.
    """
    paper = write_paper(book, text, starts=starts)
    write_pdf(paper, layout, into, has_cover=True)
    return paper


def write_public_pack(book: Book, site: Path, into: Path, *, layout: Path = paths.PAPER_LAYOUT) -> Paper:
    """All pages of the built `site`, with their protected figures, with a cover, as a tagged PDF `into`. Returns the paper."""
    paper = read_site(site, list_pages(paths.MKDOCS_CONFIG), book)
    write_pdf(paper, layout, into, has_cover=True)
    return paper
