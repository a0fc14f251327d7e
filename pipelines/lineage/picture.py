"""The way from extracts to metrics as a drawing: boxes in columns, and lines between them. SVG, made at build time.

Places boxes and writes shapes; what stands in them, and what the drawing says in words, is given by the caller. The same input
gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_LETTER = 6.7
"""Pixels that a letter of the monospaced 11 pixel text takes, with room to spare for wider fonts."""
_LINE, _PAD, _GAP, _BETWEEN, _MARGIN = 15, 8, 6, 64, 4
_FILLS = ("#e8eef4", "#f3f5f7", "#f5e9f0")
"""Of extracts, of what lies between, of metrics: told apart by their column and by the words in them too."""


@dataclass(frozen=True, slots=True)
class Box:
    """One relation. `lines` stand below its name; `column` counts from 0 on the left."""

    name: str
    column: int
    lines: tuple[str, ...] = ()
    role: int = 1
    """0: an extract, 1: between, 2: a metric."""


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    y: float
    width: float
    height: float


def draw(boxes: Sequence[Box], arrows: Sequence[tuple[str, str]], *, title: str, described: str, key: str) -> str:
    """The drawing as SVG text. `title` and `described` are its alternative text; `key` makes its ids unique on a page."""
    columns = sorted({box.column for box in boxes})
    by_name = {box.name: box for box in boxes}
    lines = [(a, b) for a, b in sorted(set(arrows)) if a in by_name and b in by_name]
    order = _order(boxes, lines)
    widths = [max(_width(box) for box in boxes if box.column == column) for column in columns]
    lefts = [_MARGIN + sum(widths[:n]) + n * _BETWEEN for n in range(len(columns))]
    heights = [sum(_height(by_name[n]) + _GAP for n in order[column]) - _GAP for column in columns]
    tall = max(heights, default=0)
    places: dict[str, _Place] = {}
    for left, width, height, column in zip(lefts, widths, heights, columns, strict=True):
        # A short column is spread over the height, so that its lines fan out.
        spare = (tall - height) / (len(order[column]) + 1)
        y = _MARGIN + spare
        for name in order[column]:
            places[name] = _Place(left, y, width, _height(by_name[name]))
            y += _height(by_name[name]) + _GAP + spare
    across, down = lefts[-1] + widths[-1] + _MARGIN, tall + 2 * _MARGIN
    shapes = [_draw_line(places[a], places[b]) for a, b in lines]
    shapes += [_draw_box(by_name[name], place) for name, place in places.items()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:.0f} {down:.0f}" width="{across:.0f}" height="{down:.0f}" '
        f'role="img" aria-labelledby="{key}-t {key}-d" font-family="Consolas, Liberation Mono, monospace" font-size="11">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(described)}</desc>\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


def place_in_columns(reads: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The column of each relation: one to the right of the rightmost that it reads. `reads` is in the order of the run."""
    column: dict[str, int] = {}
    for name, sources in reads.items():
        column[name] = 1 + max((column.get(source, 0) for source in sources), default=-1)
    return column


def _order(boxes: Sequence[Box], lines: Sequence[tuple[str, str]]) -> dict[int, list[str]]:
    """The boxes of each column from top to bottom: beside the middle of what they are made from, so that few lines cross."""
    order: dict[int, list[str]] = {}
    for box in boxes:
        order.setdefault(box.column, []).append(box.name)
    for column in sorted(order)[1:]:
        height = {name: place / len(names) for names in order.values() for place, name in enumerate(names)}
        middle = {name: [height[a] for a, b in lines if b == name] for name in order[column]}
        order[column].sort(key=lambda name: (sum(middle[name]) / len(middle[name]) if middle[name] else 0.0, name))
    return order


def _width(box: Box) -> float:
    return max(len(text) for text in (box.name, *box.lines)) * _LETTER + 2 * _PAD


def _height(box: Box) -> float:
    return (1 + len(box.lines)) * _LINE + _PAD


def _draw_box(box: Box, place: _Place) -> str:
    texts = [
        f'<text x="{place.x + _PAD:.1f}" y="{place.y + 14 + number * _LINE:.1f}"'
        + (' font-weight="bold"' if number == 0 else "")
        + f">{escape(text)}</text>"
        for number, text in enumerate((box.name, *box.lines))
    ]
    return (
        f'<rect x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" rx="3" '
        f'fill="{_FILLS[box.role]}" stroke="#505a5f"/>' + "".join(texts)
    )


def _draw_line(start: _Place, end: _Place) -> str:
    x1, y1 = start.x + start.width, start.y + start.height / 2
    x2, y2 = end.x, end.y + end.height / 2
    middle = (x1 + x2) / 2
    return (
        f'<path d="M{x1:.1f} {y1:.1f} C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}" '
        'fill="none" stroke="#505a5f" stroke-opacity="0.55"/>'
    )
