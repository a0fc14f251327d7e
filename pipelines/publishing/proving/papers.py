"""Reads finished Word, Excel and PDF files: the numbers that they bind to figures, and all their other words.

Word binds by hidden bookmarks, Excel by hidden names, a PDF by the list of its figures that lies in it, in the order of reading.
"""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pypdfium2
import pypdfium2.raw as pdfium
from lxml import etree

from pipelines.publishing.binding import read_binding
from pipelines.publishing.pdf import FIGURES
from pipelines.publishing.proving.found import Broken, Found, Listed, Quoted, Said, Shown

DIGEST = "digest:"
"""Begins an address that a file holds as a digest."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DESCRIBED = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_COUNTED = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES|PAGEREF|SEQ|TOC)\b")
"""Fields of Word that count pages, tables or headings."""


def read_word(file: Path) -> Iterator[Found]:
    """Each bound number, each paragraph and each alternative text of a Word file."""
    with ZipFile(file) as archive:
        for name in sorted(archive.namelist()):
            if re.fullmatch(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml", name):
                yield from _WordPart(name.removeprefix("word/").removesuffix(".xml")).read(archive.read(name))
            elif name == "docProps/core.xml":
                for node in etree.fromstring(archive.read(name)).iter("{*}title", "{*}subject", "{*}keywords"):
                    yield Said("properties", node.text or "")


class _WordPart:
    """Walks through one part of a Word file, with the fields and bookmarks that are open at each place."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._fields: list[str] = []
        self._open: dict[str, tuple[str, list[str]]] = {}
        self._drawn: set[str] = set()
        self._number = 0

    def read(self, xml: bytes) -> Iterator[Found]:
        words: list[str] = []
        for event, node in etree.iterwalk(etree.fromstring(xml), events=("start", "end")):
            if node.tag == f"{_W}p":
                if words:
                    yield Said(self._place(), "".join(words))
                    words = []
                self._number += event == "start"
            elif event == "start":
                yield from self._read_node(node, words)
        if words:
            yield Said(self._place(), "".join(words))

    def _place(self) -> str:
        return f"{self._name}, paragraph {self._number}"

    def _read_node(self, node: Any, words: list[str]) -> Iterator[Found]:
        match node.tag.removeprefix(_W):
            case "fldChar":
                if (kind := node.get(f"{_W}fldCharType")) == "begin":
                    self._fields.append("")
                elif kind == "end" and self._fields:
                    self._fields.pop()
            case "instrText" if self._fields:
                self._fields[-1] += node.text or ""
            case "bookmarkStart" if (digest := read_binding(node.get(f"{_W}name", ""))) is not None:
                self._open[node.get(f"{_W}id")] = (f"{DIGEST}{digest}", [])
            case "bookmarkEnd" if (number := node.get(f"{_W}id")) in self._open:
                address, parts = self._open.pop(number)
                if number not in self._drawn:
                    words.append("\ufffc")
                    yield Shown(self._place(), address, "".join(parts))
                self._drawn.discard(number)
            case "t" if not any(_COUNTED.match(field) for field in self._fields):
                last = next(reversed(self._open.values()), None)
                (words if last is None else last[1]).append(node.text or "")
            case "tab" | "br":
                words.append(" ")
            case _ if node.tag == _DESCRIBED:
                self._drawn |= set(self._open)
                addresses = tuple(address for address, _ in self._open.values())
                yield Said(f"{self._place()}, alternative text", node.get("descr", ""), addresses)


_NOTES, _NOTE = "Notes", re.compile(r"\[note \d+\]")
"""The sheet whose first column numbers the notes of a workbook, and how a table refers to one."""


def read_workbook(file: Path) -> Iterator[Found]:
    """Each cell of a workbook: bound by a hidden name that refers to it, or words."""
    # Imported where one is read: most workbooks were proved before.
    from openpyxl import load_workbook
    from openpyxl.utils import range_boundaries

    book = load_workbook(file)
    bound: dict[tuple[str, int, int], str] = {}
    for name, defined in book.defined_names.items():
        if (digest := read_binding(name)) is not None:
            for sheet, cells in defined.destinations:
                left, top, *_ = range_boundaries(cells)
                bound[(sheet, int(top or 0), int(left or 0))] = f"{DIGEST}{digest}"
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                place = f"sheet {sheet.title}, cell {cell.coordinate}"
                address = bound.pop((sheet.title, cell.row or 0, cell.column or 0), None)
                if address is None:
                    words = "" if cell.value is None else _NOTE.sub(" ", str(cell.value))
                    if isinstance(cell.value, int | float) and sheet.title != _NOTES:
                        # A bare number that is bound to no figure of ours can only be the department's.
                        yield Quoted(place, None, words)
                    elif not (sheet.title == _NOTES and cell.column == 1):
                        yield Said(place, words)
                elif isinstance(cell.value, str):
                    yield Shown(place, address, cell.value)
                else:
                    yield Shown(place, address, None, "" if cell.value is None else str(cell.value))
    for (title, row_number, _), _address in bound.items():
        yield Broken(f"sheet {title}, row {row_number}", "a figure is bound to a cell that is not there")


_CONTENTS = re.compile(r"(?m)^\s*(\d{1,2}) (\D.*?) (\d{1,3})\s*$")
_LABEL = re.compile(r"(?m)^\s*(?:\((\d{1,2})\)(?= )|(\d{1,2})(?= [A-Z])|(\d{1,2})\.(\d{1,2})(?= ))")
_PAGE = re.compile(r"Page \d+ of \d+")


class _Numbering:
    """A paper's own numbering, told apart by its order: each number of an entry, section, paragraph or item is the next."""

    def __init__(self) -> None:
        self._entry = self._section = self._paragraph = self._item = 0

    def blank(self, text: str) -> str:
        """The text of a page without the numbers of its contents, sections, paragraphs and items."""
        return _LABEL.sub(self._drop_label, _CONTENTS.sub(self._drop_entry, _PAGE.sub(" ", text)))

    def _drop_entry(self, found: re.Match[str]) -> str:
        if self._section or int(found[1]) != self._entry + 1:
            return found.group()
        self._entry += 1
        return found[2]

    def _drop_label(self, found: re.Match[str]) -> str:
        item, section, of, paragraph = (int(part) if part else 0 for part in found.groups())
        if item and item in (self._item + 1, 1):
            self._item = item
        elif section and section == self._section + 1:
            self._section, self._paragraph = section, 0
        elif paragraph and (of, paragraph) == (self._section, self._paragraph + 1):
            self._paragraph = paragraph
        else:
            return found.group()
        return " "


def read_pdf(file: Path) -> Iterator[Found]:
    """The text of a PDF, page by page, and the figures that it says it shows in that order. Its own numbering of sections,
    paragraphs, recommendations and pages is told apart by its order: each number is one more than the last."""
    with pypdfium2.PdfDocument(file) as pdf:
        held = [pdf.get_attachment(number) for number in range(pdf.count_attachments())]
        lists = [bytes(each.get_data()) for each in held if each.get_name() == FIGURES]
        if not lists:
            yield Broken("", "the PDF does not list its figures, so that its numbers cannot be told apart")
            return
        listed = json.loads(lists[0])
        title = pdf.get_metadata_value("Title")
        texts: list[str] = []
        alternatives: list[str] = []
        for page in pdf:
            texts.append(page.get_textpage().get_text_range().replace("\r\n", "\n"))
            if listed["is_complete"]:
                alternatives += _list_alternatives(page)
            page.close()
    numbering = _Numbering()
    pages = [(f"page {number}", numbering.blank(text)) for number, text in enumerate(texts, start=1)]
    yield Listed(tuple(pages), tuple(listed["text"]), listed["is_complete"])
    if not listed["is_complete"]:
        # All pages of the site on paper, or the week by hour: what they show is bound, and proved, where it comes from.
        return
    yield Said("title", title)
    if len(alternatives) != len(listed["alternatives"]):
        yield Broken("", "the PDF does not hold the alternative texts that it lists")
    for text, addresses in zip(alternatives, listed["alternatives"], strict=False):
        yield Said("alternative text", text, tuple(addresses))


def _list_alternatives(page: Any) -> Iterator[str]:
    """The alternative texts of a page of a tagged PDF, in the order of reading."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    try:
        for number in range(pdfium.FPDF_StructTree_CountChildren(tree)):
            yield from _walk_structure(pdfium.FPDF_StructTree_GetChildAtIndex(tree, number))
    finally:
        pdfium.FPDF_StructTree_Close(tree)


def _walk_structure(element: Any) -> Iterator[str]:
    if not element:
        return
    length = pdfium.FPDF_StructElement_GetAltText(element, None, 0)
    if length > _EMPTY:
        buffer = ctypes.create_string_buffer(length)
        pdfium.FPDF_StructElement_GetAltText(element, buffer, length)
        yield buffer.raw[:-_EMPTY].decode("utf-16-le")
    for number in range(pdfium.FPDF_StructElement_CountChildren(element)):
        yield from _walk_structure(pdfium.FPDF_StructElement_GetChildAtIndex(element, number))


_EMPTY = 2
"""Bytes of a text of no characters: its end, in UTF-16."""
