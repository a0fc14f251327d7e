"""The places of a Word file that officers write in, as content controls: Word lists them, and typing replaces the prompt.

What each asks for belongs in the text of the paper; how it looks, in the template.
"""

from __future__ import annotations

from typing import Any

from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

_FIRST_ID = 1_000_001
_LONGEST_TITLE = 64
"""Characters that Word shows of the title of a content control."""


def mark_places(word: WordDocument, style: str) -> None:
    """Puts every run of that character style into a control, titled with its prompt.

    Controls are tagged `officer-01`, `officer-02` ... in the order of reading, so that what was written can be found again.
    """
    found = [
        run
        for run in word.element.body.iter(qn("w:r"))
        if (mark := run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")) is not None and mark.get(qn("w:val")) == style
    ]
    for number, run in enumerate(found, start=1):
        prompt = "".join(node.text or "" for node in run.iter(qn("w:t"))).strip("[]")
        control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        control.append(_describe(number, prompt))
        control.append(content)
        run.addprevious(control)
        content.append(run)


def _describe(number: int, prompt: str) -> Any:
    properties = OxmlElement("w:sdtPr")
    title = prompt if len(prompt) <= _LONGEST_TITLE else prompt[: _LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"
    for name, value in (("alias", title), ("tag", f"officer-{number:02}"), ("id", str(_FIRST_ID + number))):
        part = OxmlElement(f"w:{name}")
        part.set(qn("w:val"), value)
        properties.append(part)
    properties.append(OxmlElement("w:showingPlcHdr"))
    return properties
