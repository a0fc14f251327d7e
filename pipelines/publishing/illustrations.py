"""Charts as they go into papers: the same drawings as on the pages, in a font that comes with the project.

Chooses and converts; what is drawn is decided in `charts`, what is found in `sentences`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from pipelines.faults import MachineFault
from pipelines.publishing.book import Book
from pipelines.publishing.charts import Mark, draw_bars, draw_columns
from pipelines.publishing.dimensions import DIMENSIONS, phrase_of
from pipelines.publishing.findings import find_headline
from pipelines.publishing.markup import Part, plain
from pipelines.publishing.sentences import NOT_KNOWN

PRINT_FONT = "DejaVu Sans"
"""Wide and plain, and with matplotlib on every machine."""

_NARROWED = 0.88
"""How much smaller its letters are set, to be as wide as those that the drawing was laid out for."""


@dataclass(frozen=True, slots=True)
class Illustration:
    """A chart for print: SVG, the finding as words and figures, and the alternative text."""

    svg: str
    finding: tuple[Part, ...]
    alternative: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The addresses of the numbers that a drawing shows, and of those in its description, each in their order."""

    shown: tuple[str, ...]
    described: tuple[str, ...]


def read_drawn(svg: str) -> Drawn:
    """The figures of a finished drawing."""
    root = etree.fromstring(svg.encode(), etree.XMLParser(no_network=True))
    return Drawn(
        tuple(text.get("data-figure", "") for text in root.iter("{*}text") if text.get("data-figure")),
        tuple(address for each in root.iter("{*}desc") for address in each.get("data-figures", "").split()),
    )


def print_fonts() -> Path:
    """The folder of the fonts that papers are set in."""
    # Found without being imported: what sets a paper need not be able to draw.
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise MachineFault(
            "matplotlib, whose fonts the papers are set in, is not installed. Run `make storyboard` again."
        )
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def illustrate(book: Book, metric_id: str, by: str) -> Illustration:
    """The chart of a count by one breakdown: columns for months, else bars, longest first if unordered."""
    metric = book.metric(metric_id)
    marks = [Mark(member.category, member.label, member.figure) for member in book.series(metric_id, by)]
    if not DIMENSIONS[by].is_ordered:
        marks.sort(key=lambda mark: (mark.category == NOT_KNOWN, -(mark.figure.value or 0)))
    finding = find_headline(book, metric_id, by)
    kind, draw = ("Column", draw_columns) if by == "month" else ("Bar", draw_bars)
    alternative = (
        f"{kind} chart of {metric.label[:1].lower()}{metric.label[1:]} by {phrase_of(by)}. ",
        *finding,
        ". The table below has every number.",
    )
    svg = draw(marks, finding, alternative).decode()
    return Illustration(set_in_print_font(svg), finding, plain(alternative))


def set_in_print_font(svg: str) -> str:
    """No browser's font can be relied on when a paper is set. The print font is wider, so it is set smaller."""

    def narrow(match: re.Match[str]) -> str:
        return f"font-size: {float(match.group(1)) * _NARROWED:.2f}px; font-family: {PRINT_FONT!r}"

    return re.sub(r"font-size: ([\d.]+)px; font-family: [^;]+", narrow, svg)
