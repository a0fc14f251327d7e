"""A paper as a tagged PDF, set by typst from the same blocks as the Word file.

How it looks belongs in the layout (`docs/reports/paper.typ`); this module hands the blocks over as data, so that no
text is ever read as typst's own language.
"""

from __future__ import annotations

import ctypes
import json
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from pipelines.faults import MachineFault
from pipelines.keeping import make_file_once, make_once
from pipelines.publishing.documents import (
    Block,
    Item,
    Line,
    OfficerPlace,
    Paper,
    Paragraph,
    Picture,
    Run,
    Table,
    Words,
    address_of,
)
from pipelines.publishing.illustrations import print_fonts, read_drawn

_STANDARD: Literal["ua-1"] = "ua-1"
"""Accessible PDF. The compiler refuses a document that lacks a title, a language or an alternative text."""


_REMEMBERED = 11
"""Runs after which typst forgets."""

FIGURES = "figures.json"
"""The file that lies in each PDF: the addresses of the numbers that it shows, in the order of reading."""

_ATTACHED = f"""
#pdf.attach("{FIGURES}", bytes(sys.inputs.figures), relationship: "data", mime-type: "application/json",
  description: "The figure that each number of this paper stands for, in the order of reading")
"""


def write_pdf(paper: Paper, layout: Path, into: Path, *, has_cover: bool = False, has_contents: bool = True) -> None:
    """Sets the paper and writes the file, with the same bytes every time. `has_contents`: whether it lists its sections.

    Raises MachineFault naming the layout, with typst's own message, where it cannot be set.
    """
    data, figures = _as_data(paper, has_cover, has_contents), _list_figures(paper)
    made_of = {"text and figures": (data, figures), "layout": layout.read_bytes()}
    make_file_once("pdf", into, made_of, lambda: into.write_bytes(_set(layout, data, figures)))


def _set(layout: Path, data: str, figures: str) -> bytes:
    try:
        return _compile(layout, data, figures)
    except typst.TypstError as error:
        raise MachineFault(f"{layout.name}: the paper cannot be set as a PDF: {error.message}") from error


def _list_figures(paper: Paper) -> str:
    """The addresses of all numbers of a paper in the order of reading, and of those in each alternative text, as JSON."""
    text: list[str] = [address for _, line in paper.front for address in _addresses_in(line)]
    alternatives: list[list[str]] = []
    for block in paper.blocks:
        match block:
            case Picture():
                bound = read_drawn(block.svg)
                text += [*bound.shown, *_addresses_in(block.caption)]
                alternatives.append(list(bound.described))
            case Table():
                text += [address for row in block.rows for cell in row for address in _addresses_in(cell)]
            case Paragraph() | Item():
                text += _addresses_in(block.line)
    # Pages of the site set on paper, and drawings of what is no figure, show numbers that are not listed.
    drawn = [block for block in paper.blocks if isinstance(block, Picture)]
    is_complete = set(map(str, paper.cited)) <= set(text) and all(read_drawn(block.svg).shown for block in drawn)
    return json.dumps({"text": text, "alternatives": alternatives, "is_complete": is_complete}, indent=1)


def _addresses_in(line: Line) -> list[str]:
    return [address for run in line if (address := address_of(run))]


def find_section_pages(paper: Paper, layout: Path) -> list[int]:
    """The page on which each section of a paper would begin as a PDF, in their order. Raises MachineFault as `write_pdf` does."""

    data, figures = _as_data(paper, has_cover=False, has_contents=True), _list_figures(paper)
    made_of = {"text and figures": (data, figures), "layout": layout.read_bytes()}

    def find() -> bytes:
        return json.dumps(_read_outline(_set(layout, data, figures))).encode()

    found = make_once("pages of sections", made_of, find)
    return [int(page) for page in json.loads(found)]


def read_section_pages(pdf: Path) -> list[int]:
    """The page of a finished PDF on which each section begins, in their order."""
    return _read_outline(pdf.read_bytes())


def _read_outline(pdf: bytes) -> list[int]:
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as opened:
        return [entry.get_dest().get_index() + 1 for entry in opened.get_toc() if entry.level == 0]


def _as_data(paper: Paper, has_cover: bool, has_contents: bool) -> str:
    return json.dumps(_describe(paper, has_cover, has_contents), ensure_ascii=False)


def _describe(paper: Paper, has_cover: bool, has_contents: bool) -> dict[str, Any]:
    return {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "edition": paper.edition,
        "markings": list(paper.markings),
        "has_cover": has_cover,
        "has_contents": has_contents,
        "front": [{"name": name, "line": _line(line)} for name, line in paper.front],
        "blocks": [_block(block) for block in paper.blocks],
    }


@cache
def _fonts() -> typst.Fonts:
    """The fonts that come with the project, and none of the machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(print_fonts())])


def _compile(layout: Path, paper: str, figures: str) -> bytes:
    result: bytes = typst.compile(
        layout.read_bytes() + _ATTACHED.encode(),
        font_paths=_fonts(),
        sys_inputs={"paper": paper, "figures": figures},
        format="pdf",
        pdf_standards=_STANDARD,
        timestamp=0,
    )
    return result


def _block(block: Block) -> dict[str, Any]:
    data: dict[str, Any] = {field.name: getattr(block, field.name) for field in fields(block)}
    for name in ("line", "caption"):
        if isinstance(data.get(name), tuple):
            data[name] = _line(data[name])
    if block.kind == "table":
        data["shares"] = [f"{share:.4f}" for share in block.share_width()]
        data["rows"] = [[_line(cell) for cell in row] for row in block.rows]
    return data


def _line(line: Line) -> list[dict[str, str | bool]]:
    return [{"text": run.text, "mark": _mark(run)} for run in line]


def _mark(run: Run) -> str:
    match run:
        case OfficerPlace():
            return "officer"
        case Words(is_bold=True):
            return "bold"
        case _:
            return ""


def release_memory() -> None:
    """Gives back what typst holds: it remembers all that it sets until its eleventh run after, for nothing here is set twice."""
    for _ in range(_REMEMBERED):
        typst.compile(b"", font_paths=_fonts())
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


def draw_png(svg: str) -> bytes:
    """A drawing as a picture, with 300 dots to the inch where it is set 9.5 cm wide."""
    source = "#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), width: 400pt)"
    result: bytes = typst.compile(
        source.encode(),
        font_paths=_fonts(),
        sys_inputs={"svg": svg},
        format="png",
        ppi=202,
    )
    return result
