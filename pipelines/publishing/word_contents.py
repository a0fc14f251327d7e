"""The table of contents of a Word file: its entries, their links and their page numbers, in the field that Word itself renews.

How it looks belongs in the template; on which page a section begins is for the caller to say.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from pipelines.faults import DataFault


def fill_contents(word: WordDocument, template: Path, pages: Sequence[int] = ()) -> None:
    """Fills the table of contents and links it to the headings of level 1; `pages` are theirs, in the same order.

    The field is marked as out of date, so that Word counts its own pages when it opens the file; until then, and in programs that
    do not count, the numbers given stand. Without `pages`, or where the template asks for none, there are no numbers. Raises
    DataFault naming the template where it has no table of contents.
    """
    # Word's own gallery puts the table into a block of its own, so that it is looked for at any depth.
    for start in word.element.body.iter(qn("w:p")):
        instructions = [node for node in start.iter(qn("w:instrText")) if (node.text or "").strip().startswith("TOC ")]
        if instructions:
            break
    else:
        raise DataFault(f"{template.name}: there is no table of contents; insert one in Word")
    end = _last_paragraph_of_field(start, template)
    between = []
    node = start.getnext()
    while end is not start and node is not None and node is not end:
        between.append(node)
        node = node.getnext()
    for paragraph in between:
        paragraph.getparent().remove(paragraph)
    instruction = instructions[0].text or ""
    _write_entries(start, end, instruction, list(_mark_headings(word)), () if r"\n" in instruction else pages)


def _last_paragraph_of_field(start: Any, template: Path) -> Any:
    depth, node = 0, start
    while node is not None:
        for mark in node.iter(qn("w:fldChar")):
            depth += {"begin": 1, "end": -1}.get(mark.get(qn("w:fldCharType")), 0)
        if depth == 0:
            return node
        node = node.getnext()
    raise DataFault(f"{template.name}: the table of contents has no end; insert it anew in Word")


def _mark_headings(word: WordDocument) -> Iterator[tuple[str, str]]:
    """Puts a bookmark on each heading of level 1; yields its name and the text with its number."""
    number = 0
    taken = [int(node.get(qn("w:id"), "0")) for node in word.element.body.iter(qn("w:bookmarkStart"))]
    first_free = max(taken, default=0)
    for paragraph in word.paragraphs:
        if paragraph.style is None or paragraph.style.name != "Heading 1":
            continue
        number += 1
        name = f"_Toc{number:08}"
        begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        begin.set(qn("w:id"), str(first_free + number))
        begin.set(qn("w:name"), name)
        end.set(qn("w:id"), str(first_free + number))
        first = paragraph._p.find(qn("w:r"))
        if first is not None:
            first.addprevious(begin)
        paragraph._p.append(end)
        yield name, f"{number}\t{paragraph.text}"


def _write_entries(
    start: Any, end: Any, instruction: str, entries: list[tuple[str, str]], pages: Sequence[int]
) -> None:
    begin = [_field_mark("begin", is_dirty=True), _instruction(instruction), _field_mark("separate")]
    paragraphs = []
    for (name, text), page in itertools.zip_longest(entries, pages[: len(entries)]):
        paragraph = copy.deepcopy(start)
        for child in list(paragraph):
            if child.tag != qn("w:pPr"):
                paragraph.remove(child)
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), name)
        link.set(qn("w:history"), "1")
        for index, part in enumerate(text.split("\t")):
            if index:
                link.append(_run(OxmlElement("w:tab")))
            words = OxmlElement("w:t")
            words.text = part
            link.append(_run(words))
        if page is not None:
            link.append(_run(OxmlElement("w:tab")))
            link.extend(_page_field(name, page))
        paragraph.append(link)
        paragraphs.append(paragraph)
    for node in reversed(begin):
        _after_properties(paragraphs[0], node)
    paragraphs[-1].append(_field_mark("end"))
    for paragraph in paragraphs:
        start.addprevious(paragraph)
    if end is not start:
        end.getparent().remove(end)
    start.getparent().remove(start)


def _after_properties(paragraph: Any, node: Any) -> None:
    properties = paragraph.find(qn("w:pPr"))
    if properties is None:
        paragraph.insert(0, node)
    else:
        properties.addnext(node)


def _run(child: Any) -> Any:
    run = OxmlElement("w:r")
    run.append(child)
    return run


def _page_field(bookmark: str, page: int) -> list[Any]:
    number = OxmlElement("w:t")
    number.text = str(page)
    field = [_field_mark("begin"), _instruction(f" PAGEREF {bookmark} \\h "), _field_mark("separate")]
    return [*field, _run(number), _field_mark("end")]


def _field_mark(kind: str, *, is_dirty: bool = False) -> Any:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if is_dirty:
        mark.set(qn("w:dirty"), "true")
    return _run(mark)


def _instruction(text: str) -> Any:
    node = OxmlElement("w:instrText")
    node.set(qn("xml:space"), "preserve")
    node.text = text
    return _run(node)
