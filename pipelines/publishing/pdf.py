"""A paper as a tagged PDF, set by typst from the same blocks as the Word file.

How it looks belongs in the layout (`docs/reports/paper.typ`); this module hands the blocks over as data, so that no text is ever
read as typst's own language.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from pipelines.faults import MachineFault
from pipelines.publishing.documents import Block, Cited, Line, OfficerPlace, Paper, Words
from pipelines.publishing.illustrations import print_fonts

_STANDARDS = "ua-1"
"""Accessible PDF. The compiler refuses a document that lacks a title, a language or an alternative text."""


def write_pdf(paper: Paper, layout: Path, into: Path, *, has_cover: bool = False) -> None:
    """Sets the paper and writes the file, with the same bytes every time.

    Raises MachineFault naming the layout, with typst's own message, where it cannot be set.
    """
    data = {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "edition": paper.edition,
        "markings": list(paper.markings),
        "has_cover": has_cover,
        "front": [{"name": name, "line": _line(line)} for name, line in paper.front],
        "blocks": [_block(block) for block in paper.blocks],
    }
    try:
        into.write_bytes(_compile(layout, json.dumps(data, ensure_ascii=False)))
    except typst.TypstError as error:
        raise MachineFault(f"{layout.name}: the paper cannot be set as a PDF: {error.message}") from error


def _compile(layout: Path, paper: str) -> bytes:
    result = typst.compile(
        layout,
        root=layout.parent,
        font_paths=[print_fonts()],
        ignore_system_fonts=True,
        sys_inputs={"paper": paper},
        format="pdf",
        pdf_standards=[_STANDARDS],
        timestamp=0,
    )
    return bytes(result)


def _block(block: Block) -> dict[str, Any]:
    data: dict[str, Any] = asdict(block)
    for name in ("line", "caption"):
        if isinstance(value := getattr(block, name, None), tuple):
            data[name] = _line(value)
    if block.kind == "table":
        data["rows"] = [[_line(cell) for cell in row] for row in block.rows]
    return data


def _line(line: Line) -> list[dict[str, str | bool]]:
    return [{"text": run.text, "mark": _mark(run)} for run in line]


def _mark(run: Words | Cited | OfficerPlace) -> str:
    match run:
        case OfficerPlace():
            return "officer"
        case Words(is_bold=True):
            return "bold"
        case _:
            return ""


def draw_png(svg: str) -> bytes:
    """A drawing as a picture of 240 dots an inch when it is 15 cm wide."""
    source = (
        '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), width: 400pt, format: "svg")'
    )
    result = typst.compile(
        source.encode(),
        font_paths=[print_fonts()],
        ignore_system_fonts=True,
        sys_inputs={"svg": svg},
        format="png",
        ppi=255,
    )
    return bytes(result)
