"""Small multiples as SVG: one small chart for each category, all on one scale, a column for each edition in each.

Drawing only; what is found in them is said in `side_by_side`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.publishing.charts import (
    INK,
    PALE,
    SMALL,
    WIDTH,
    Mark,
    Words,
    draw_mark,
    find_longest,
    render,
    write_number,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ACROSS = 2
_GAP = 22
_TALL, _BASE, _TOP = 148, 112, 44
"""Height of a panel, and in it the line from which columns rise and the height of the longest."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One category: what it is called, and its figure in each edition, the oldest first."""

    label: str
    marks: tuple[Mark, ...]


def draw_panels(panels: Sequence[Panel], title: Words, description: Words, gaps: Collection[int] = ()) -> bytes:
    """Panels two abreast, in the order given. A dashed line stands before a mark in `gaps`: it does not compare with the one
    before it."""
    unit = (_BASE - _TOP) / find_longest([mark for panel in panels for mark in panel.marks])
    wide = (WIDTH - _GAP * (_ACROSS - 1)) / _ACROSS
    rows = -(-len(panels) // _ACROSS)
    named = [_break_label(panel.label, wide) for panel in panels]

    def draw(axes: Axes) -> None:
        for place, (panel, lines) in enumerate(zip(panels, named, strict=True)):
            left, top = (place % _ACROSS) * (wide + _GAP), _TALL * (place // _ACROSS)
            for number, line in enumerate(lines):
                axes.text(left, top + 13 + 15 * number, line, fontsize=SMALL, fontweight="bold", color=INK)
            _draw_panel(axes, panel, left, top, wide, unit, gaps)

    return render(draw, _TALL * rows, title, description)


def _draw_panel(
    axes: Axes, panel: Panel, left: float, top: float, wide: float, unit: float, gaps: Collection[int]
) -> None:
    step = wide / len(panel.marks)
    width = min(step * 0.6, 34)
    base = top + _BASE
    for place, mark in enumerate(panel.marks):
        middle = left + step * (place + 0.5)
        end = base - draw_mark(axes, mark, middle - width / 2, base, unit, width, lies=False)
        write_number(axes, middle, end - 4, mark.figure.display, mark.figure.key, size=SMALL, ha="center")
        axes.text(middle, base + 16, mark.label, fontsize=SMALL, color=INK, ha="center")
        if place in gaps:
            x = left + step * place
            axes.plot([x, x], [top + _TOP - 10, base], color=PALE, linewidth=1.5, linestyle=(0, (5, 4)))
    axes.plot([left, left + wide], [base, base], color=PALE, linewidth=1)


def _break_label(label: str, wide: float) -> list[str]:
    """The label in at most two lines."""
    lines = [""]
    for word in label.split(" "):
        if lines[-1] and len(lines) < 2 and 7.2 * (len(lines[-1]) + 1 + len(word)) > wide:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
