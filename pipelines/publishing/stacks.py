"""Stacked shares as SVG: bars of one length, each cut into the parts of a whole, so that shares compare at a glance.

Drawing only; which wholes stand together and what is found is said in `side_by_side`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.publishing.charts import (
    CHARACTER,
    GREY,
    INK,
    PALE,
    SMALL,
    TEXT,
    WIDTH,
    Mark,
    Words,
    colours,
    render,
    write_number,
)
from pipelines.publishing.sentences import NOT_KNOWN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PARTS = 6
"""More parts than this cannot be told apart in one bar."""

_HATCH = 16.0
"""How wide a part is drawn whose number is hidden, whatever it is."""
_BAR, _STEP = 30, 84


@dataclass(frozen=True, slots=True)
class Stack:
    """One whole: its mark, and its parts in the order in which they are drawn."""

    whole: Mark
    parts: tuple[Mark, ...]


def draw_stacks(stacks: Sequence[Stack], title: Words, description: Words) -> bytes:
    """A bar for each whole, all equally long; the parts shown share the length that hidden parts leave.

    Each part is labelled with its figure; a key over the bars says which is which, in the order in which they stand.
    """
    keyed = [(part.category, part.label) for part in stacks[0].parts]
    lines = _wrap_key([label for _, label in keyed])
    top = 22 * len(lines) + 10
    height = top + _STEP * len(stacks) - 12

    def draw(axes: Axes) -> None:
        from matplotlib.patches import Rectangle

        for row, line in enumerate(lines):
            for x, place in line:
                category, label = keyed[place]
                axes.add_artist(Rectangle((x, 4 + 22 * row), 14, 14, facecolor=_colour(category, place), linewidth=0))
                axes.text(x + 20, 16 + 22 * row, label, fontsize=SMALL, color=INK)
        for row, stack in enumerate(stacks):
            y = top + _STEP * row
            axes.text(0, y + 14, stack.whole.label, fontsize=TEXT, color=INK)
            write_number(axes, WIDTH, y + 14, stack.whole.figure.display, stack.whole.figure.key, ha="right")
            _draw_parts(axes, stack, row, y + 22)

    return render(draw, height, title, description)


def _draw_parts(axes: Axes, stack: Stack, row: int, y: float) -> None:
    hidden = sum(part.figure.status == "suppressed" for part in stack.parts)
    shown = sum(float(part.figure.value) for part in stack.parts if part.figure.value is not None)
    unit = (WIDTH - _HATCH * hidden) / shown if shown else 0.0
    hatch = _HATCH if shown else WIDTH / max(hidden, 1)
    from matplotlib.patches import Rectangle

    x, free = 0.0, 0.0
    for place, part in enumerate(stack.parts):
        is_hidden = part.figure.status == "suppressed"
        width = hatch if is_hidden else float(part.figure.value or 0) * unit
        if not width:
            continue
        colour = _colour(part.category, place)
        patch = Rectangle(
            (x, y),
            width,
            _BAR,
            facecolor="white" if is_hidden else colour,
            edgecolor=PALE if is_hidden else "white",
            hatch="////" if is_hidden else None,
            linewidth=0.8 if is_hidden else 1.5,
        )
        patch.set_gid(f"{'hidden' if is_hidden else 'part'}-{row}-{part.category.replace('/', '-')}")
        axes.add_artist(patch)
        needed = CHARACTER * len(part.figure.display) + 6
        if needed <= width and not is_hidden:
            number, address, ink = part.figure.display, part.figure.key, legible_on(colour)
            write_number(axes, x + width / 2, y + _BAR / 2 + 5, number, address, color=ink, ha="center")
        else:
            # Too narrow for its number: it stands under the part, as near as its neighbours let it.
            at = min(max(x + width / 2, free + needed / 2), WIDTH - needed / 2)
            axes.plot([x + width / 2, x + width / 2], [y + _BAR, y + _BAR + 5], color=PALE, linewidth=1)
            write_number(axes, at, y + _BAR + 17, part.figure.display, part.figure.key, size=SMALL, ha="center")
            free = at + needed / 2
        x += width


def _wrap_key(labels: Sequence[str]) -> list[list[tuple[float, int]]]:
    """Where each label of the key begins, (x, its place), line by line."""
    lines: list[list[tuple[float, int]]] = [[]]
    x = 0.0
    for place, label in enumerate(labels):
        width = 20 + 6.8 * len(label)
        if lines[-1] and x + width > WIDTH:
            lines.append([])
            x = 0.0
        lines[-1].append((x, place))
        x += width + 16
    return lines


def _colour(category: str, place: int) -> str:
    return GREY if category == NOT_KNOWN else colours()[place % len(colours())]


def legible_on(colour: str) -> str:
    """Ink or white, whichever stands out more from the colour by the rule of WCAG."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "white" if 1.05 / (light + 0.05) > (light + 0.05) / 0.053 else INK
