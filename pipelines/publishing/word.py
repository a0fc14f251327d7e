"""A paper as a Word file, by way of a template that officers edit in Word.

The template decides how each kind of block looks; this module fills it in, completes what a template cannot say (alternative
text, title, language) and refuses a template that drops a marking. Contents and places have modules of their own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.shared import Cm, Emu
from docxtpl import DocxTemplate, InlineImage, RichText
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from pipelines.faults import DataFault
from pipelines.keeping import make_file_once
from pipelines.publishing.book import Book
from pipelines.publishing.documents import (
    Block,
    Cited,
    Heading,
    Item,
    Line,
    OfficerPlace,
    Paper,
    Paragraph,
    Picture,
    Quoted,
    Table,
    address_of,
    as_text,
    refuse_typed_figures,
)
from pipelines.publishing.illustrations import read_drawn
from pipelines.publishing.pdf import draw_png, release_memory
from pipelines.publishing.repacking import repack
from pipelines.publishing.template_safety import refuse_unsafe
from pipelines.publishing.word_bindings import add_bound, bind_picture, number_bookmarks
from pipelines.publishing.word_contents import fill_contents
from pipelines.publishing.word_places import mark_places

FIGURE_STYLE, OFFICER_STYLE = "Figure", "OfficerPlace"
"""Ids of the character styles of the template that mark a bound figure and an officer's place."""

PUBLISHED_STYLE = "PublishedFigure"
"""Id of the character style that marks a number of the department; it is added where the template lacks it."""

_PICTURE_WIDTH = Cm(9.5)

_LONG_TABLE, _LONG_CELL = 20, 80
"""Rows of a table, and characters of a cell, beyond which a table may run over a page."""


KINDS = frozenset(("section", "subsection", "paragraph", "recommendation", "bullet", "figures", "words", "picture"))
"""The kinds of blocks that a template gives an example of: `figures` and `words` are tables."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the front matter, as the template sees it."""

    name: str
    text: RichText


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, as the template sees it."""

    head: RichText
    cells: list[RichText]


@dataclass(frozen=True, slots=True)
class Element:
    """One block, as the template sees it.

    `kind` is section, subsection, paragraph, recommendation, bullet, figures (a table), words (a table) or picture.
    """

    kind: str
    words: str = ""
    text: RichText | None = None
    number: int = 0
    head: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    picture: InlineImage | None = None


def write_word(
    paper: Paper,
    book: Book,
    template: Path,
    into: Path,
    *,
    pages: Sequence[int] = (),
    figure: Callable[..., RichText] | None = None,
) -> None:
    """Fills the template and writes the file, with the same bytes every time.

    `pages` are those on which its sections begin, in their order, for the table of contents until Word counts them anew. `figure`
    shows a figure that the template itself cites; without it, that of the book.
    Raises DataFault naming the template and the field that is unknown, or the marking or style that it lacks.
    """
    source = refuse_unsafe(template)
    cited = (book, figure) if _cites(source) else None
    made_of = {"text and figures": (paper, cited), "template": source, "numbers of pages": list(pages)}
    make_file_once("word", into, made_of, lambda: _fill(paper, book, template, into, pages, figure))


def _cites(template: bytes) -> bool:
    """Whether the template may show figures of its own, besides those of the paper."""
    with ZipFile(BytesIO(template)) as packed:
        parts = [packed.read(name) for name in packed.namelist() if name.endswith(".xml")]
    return any(re.search(rb"\bfigure\b", re.sub(rb"<[^>]*>", b"", part)) for part in parts)


def _fill(
    paper: Paper,
    book: Book,
    template: Path,
    into: Path,
    pages: Sequence[int],
    figure: Callable[..., RichText] | None,
) -> None:
    document = _open(template)
    refuse_typed_figures(book, "\n".join(_own_words(document.docx)), template, "paragraph")
    pictures: dict[str, Picture] = {}
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    environment.globals.clear()
    context = {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "edition": paper.edition,
        "markings": " · ".join(paper.markings),
        "front": [Fact(name, _rich(line)) for name, line in paper.front],
        "blocks": [_element(block, document, pictures) for block in paper.blocks],
        "figure": figure or (lambda metric_id, **cuts: _rich((_cite(book, metric_id, cuts),))),
    }
    try:
        document.render(context, environment)
    except TemplateError as error:
        raise DataFault(f"{template.name}: {error.message or 'a field is not written as it should be'}") from error
    except DataFault as fault:
        raise DataFault(f"{template.name}: {fault}") from fault
    filled = BytesIO()
    document.save(filled)
    word = Document(filled)
    _check(word, paper, template)
    if PUBLISHED_STYLE not in {style.style_id for style in word.styles}:
        word.styles.add_style("Published Figure", WD_STYLE_TYPE.CHARACTER)
    _describe_pictures(word, pictures)
    _mend_tables(word, [block for block in paper.blocks if isinstance(block, Table)])
    mark_places(word, OFFICER_STYLE)
    fill_contents(word, template, pages)
    number_bookmarks(word)
    properties = word.core_properties
    properties.title, properties.subject, properties.language = paper.title, paper.subtitle, "en-GB"
    properties.keywords = "; ".join(paper.markings)
    # Who made the template is no matter of a report that may be for everybody.
    properties.author, properties.last_modified_by, properties.comments, properties.revision = "", "", "", 1
    word.save(str(into))
    if pictures:
        release_memory()
    repack(into, paper.dated)


def _open(template: Path) -> DocxTemplate:
    document = DocxTemplate(BytesIO(refuse_unsafe(template)))
    try:
        document.init_docx()
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as error:
        raise DataFault(f"{template.name}: this is no Word file (.docx) that can be read") from error
    return document


def _own_words(word: WordDocument) -> Iterator[str]:
    """The words of each paragraph of the template, without what fields such as page numbers show at the moment."""
    parts = [word.element.body, *(part._element for s in word.sections for part in (s.header, s.footer))]
    for paragraph in (paragraph for part in parts for paragraph in part.iter(qn("w:p"))):
        depth, words = 0, []
        for node in paragraph.iter(qn("w:fldChar"), qn("w:t")):
            if node.tag == qn("w:t"):
                words.append(node.text or "" if depth == 0 else "")
            else:
                depth += {"begin": 1, "end": -1}.get(node.get(qn("w:fldCharType")), 0)
        yield "".join(words)


def _cite(book: Book, metric_id: str, cuts: Mapping[str, str]) -> Cited:
    figure = book.figure_of(metric_id, cuts)
    return Cited(figure.key, figure.display)


def _rich(line: Line) -> RichText:
    rich = RichText()
    for run in line:
        if isinstance(run, Cited):
            add_bound(rich, run.text, address_of(run), FIGURE_STYLE)
        elif isinstance(run, OfficerPlace):
            rich.add(run.text, style=OFFICER_STYLE)
        elif isinstance(run, Quoted) and (address := address_of(run)):
            add_bound(rich, run.text, address, PUBLISHED_STYLE)
        elif isinstance(run, Quoted):
            rich.add(run.text, style=PUBLISHED_STYLE)
        else:
            rich.add(run.text, bold=run.is_bold)
    return rich


def _element(block: Block, document: DocxTemplate, pictures: dict[str, Picture]) -> Element:
    match block:
        case Heading():
            return Element("section" if block.level == 1 else "subsection", words=block.text)
        case Paragraph():
            return Element("paragraph", text=_rich(block.line))
        case Item():
            return Element("recommendation" if block.number is not None else "bullet", text=_rich(block.line))
        case Table():
            return Element(
                "figures" if block.is_numeric else "words",
                words=block.caption,
                number=block.number,
                head=block.header[0],
                heads=list(block.header[1:]),
                rows=[Row(_rich(row[0]), [_rich(cell) for cell in row[1:]]) for row in block.rows],
            )
        case Picture():
            image = draw_png(block.svg)
            pictures[hashlib.sha256(image).hexdigest()] = block
            return Element(
                "picture",
                text=_rich(block.caption),
                number=block.number,
                picture=InlineImage(document, BytesIO(image), width=_PICTURE_WIDTH),
            )


def _check(word: WordDocument, paper: Paper, template: Path) -> None:
    known = {style.style_id for style in word.styles}
    for style in (FIGURE_STYLE, OFFICER_STYLE):
        if style not in known:
            raise DataFault(f"{template.name}: the character style {style} is missing; copy it from our template")
    for section in word.sections:
        header = "\n".join(paragraph.text for paragraph in section.header.paragraphs)
        for marking in paper.markings:
            if marking not in header:
                raise DataFault(f"{template.name}: the header must hold the field markings: each page is marked")
    text, place = "".join(node.text or "" for node in word.element.body.iter(qn("w:t"))), 0
    for block in paper.blocks:
        for words in _words_of(block):
            place = text.find(words, place)
            if place < 0:
                raise DataFault(f"{template.name}: the template loses “{words[:40]}”; it must show every kind of block")
            place += len(words)


def _words_of(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield block.text
        case Paragraph() | Item():
            yield as_text(block.line)
        case Table():
            yield from (block.caption, *block.header, *(as_text(cell) for row in block.rows for cell in row))
        case Picture():
            yield as_text(block.caption)


def _describe_pictures(word: WordDocument, pictures: Mapping[str, Picture]) -> None:
    """Gives every picture its alternative text: docxtpl leaves them without."""
    for drawing in word.element.body.iter(qn("wp:inline"), qn("wp:anchor")):
        blip = next(drawing.iter(qn("a:blip")))
        blob = word.part.related_parts[blip.get(qn("r:embed"))].blob
        known = pictures.get(hashlib.sha256(blob).hexdigest())
        properties = drawing.find(qn("wp:docPr"))
        if known is not None and properties is not None:
            properties.set("descr", known.alternative)
            properties.set("name", f"Figure {known.number}")
            bind_picture(drawing, read_drawn(known.svg).described)


def _mend_tables(word: WordDocument, written: Sequence[Table]) -> None:
    """Gives columns the widths of their cells again, which docxtpl makes equal, and keeps short tables on one page.

    The columns of a table of words share its width by what stands in them.
    """
    waiting = [table for table in written if not table.is_numeric]
    for table in word.tables:
        rows = table._tbl.tr_lst
        columns = table._tbl.tblGrid.gridCol_lst
        if waiting and tuple(cell.text for cell in table.rows[0].cells) == waiting[0].header:
            shares = waiting.pop(0).share_width()
            whole = sum(cell.width or 0 for cell in rows[0].tc_lst)
            for row in rows:
                for cell, share in zip(row.tc_lst, shares, strict=True):
                    cell.width = Emu(int(whole * share))
        widths = [cell.width for cell in rows[0].tc_lst]
        if len(columns) == len(widths):
            rest = sum(column.w or 0 for column in columns) - sum(width or 0 for width in widths)
            for column, width in zip(columns, widths, strict=True):
                column.w = width or Emu(max(rest, 0) // widths.count(None))
        is_short = len(rows) <= _LONG_TABLE and all(len(cell.text) <= _LONG_CELL for cell in table._cells)
        for row in rows[: -1 if is_short else 1]:
            for paragraph in row.iter(qn("w:p")):
                paragraph.get_or_add_pPr().get_or_add_keepNext()


def read_word(path: Path) -> WordDocument:
    """Opens a finished Word file."""
    return Document(str(path))
