"""A paper as a tagged PDF, set by typst from the same blocks as the Word file.

How it looks belongs in the layout (`docs/reports/paper.typ`); this module hands the blocks over as data, so that no
text is ever read as typst's own language.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from pipelines.faults import MachineFault
from pipelines.publishing.documents import Block, Line, OfficerPlace, Paper, Run, Words
from pipelines.publishing.illustrations import print_fonts

_STANDARD: Literal["ua-1"] = "ua-1"
"""Accessible PDF. The compiler refuses a document that lacks a title, a language or an alternative text."""


def write_pdf(paper: Paper, layout: Path, into: Path, *, has_cover: bool = False, has_contents: bool = True) -> None:
    """Sets the paper and writes the file, with the same bytes every time. `has_contents`: whether it lists its sections.

    Raises MachineFault naming the layout, with typst's own message, where it cannot be set.
    """
    try:
        into.write_bytes(_compile(layout, _as_data(paper, has_cover, has_contents)))
    except typst.TypstError as error:
        raise MachineFault(f"{layout.name}: the paper cannot be set as a PDF: {error.message}") from error


def find_section_pages(paper: Paper, layout: Path, *, has_cover: bool = False) -> list[int]:
    """The page of the PDF on which each section begins, in their order. Raises MachineFault as `write_pdf` does."""
    try:
        found = typst.query(
            layout.read_bytes(),
            "<section-pages>",
            field="value",
            one=True,
            font_paths=_fonts(),
            sys_inputs={"paper": _as_data(paper, has_cover)},
        )
    except typst.TypstError as error:
        raise MachineFault(f"{layout.name}: the paper cannot be set as a PDF: {error.message}") from error
    return [int(page) for page in json.loads(found)]


def _as_data(paper: Paper, has_cover: bool, has_contents: bool = True) -> str:
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


def _compile(layout: Path, paper: str) -> bytes:
    result: bytes = typst.compile(
        layout.read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"paper": paper},
        format="pdf",
        pdf_standards=_STANDARD,
        timestamp=0,
    )
    return result


def _block(block: Block) -> dict[str, Any]:
    data: dict[str, Any] = asdict(block)
    for name in ("line", "caption"):
        if isinstance(value := getattr(block, name, None), tuple):
            data[name] = _line(value)
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


def draw_png(svg: str) -> bytes:
    """A drawing as a picture, sharp enough for print at the width of a page."""
    source = "#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), width: 400pt)"
    result: bytes = typst.compile(
        source.encode(),
        font_paths=_fonts(),
        sys_inputs={"svg": svg},
        format="png",
        ppi=255,
    )
    return result
