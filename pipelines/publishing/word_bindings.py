"""The figures of a Word file, each between the ends of a hidden bookmark that is named after its address.

Officers see nothing of it, and it stays with the number when they write around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docxtpl import RichText

from pipelines.publishing.binding import PREFIX, name_binding

_FIRST_ID = 2_000_001


def add_bound(rich: RichText, text: str, address: object, style: str) -> None:
    """Adds a number to the text between the ends of its bookmark."""
    rich.xml += f'<w:bookmarkStart w:id="0" w:name="{escape(name_binding(address, 0))}"/>'
    rich.add(text, style=style)
    rich.xml += '<w:bookmarkEnd w:id="0"/>'


def bind_picture(drawing: Any, addresses: Sequence[str]) -> None:
    """Puts the run of a drawing between the ends of a bookmark for each number of its alternative text, in their order."""
    run = next(drawing.iterancestors(qn("w:r")))
    for address in addresses:
        begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        begin.set(qn("w:name"), name_binding(address, 0))
        run.addprevious(begin)
        run.addnext(end)


def number_bookmarks(word: WordDocument) -> None:
    """Gives every bookmark of a figure an id and a name of its own, in the order of reading: Word asks for both."""
    number = 0
    waiting: list[str] = []
    for node in word.element.body.iter(qn("w:bookmarkStart"), qn("w:bookmarkEnd")):
        if node.tag == qn("w:bookmarkStart"):
            if (name := node.get(qn("w:name"), "")).startswith(PREFIX):
                number += 1
                node.set(qn("w:id"), str(_FIRST_ID + number))
                node.set(qn("w:name"), f"{name.rsplit('_', 1)[0]}_{number}")
                waiting.append(str(_FIRST_ID + number))
        elif node.get(qn("w:id"), "0") == "0" and waiting:
            node.set(qn("w:id"), waiting.pop())
