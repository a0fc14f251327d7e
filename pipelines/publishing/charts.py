"""Charts as SVG, drawn from figures that may be shown and from nothing else: bars, month columns, a line over editions.

Shares of parts are in `stacks`, many small charts alike in `panels`, the week by hour in `heat_map`. Bytes depend on the drawing
alone: no clock, no random ids, no fonts of the machine. Tables are made elsewhere.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lxml import etree

from pipelines.figures import PublicFigure
from pipelines.keeping import make_once
from pipelines.publishing.markup import Spoken, list_addresses, plain
from pipelines.publishing.sentences import NOT_KNOWN

if TYPE_CHECKING:
    # Imported by what draws: pages whose drawings are all kept from before need none of it.
    from matplotlib.axes import Axes

WIDTH = 350
"""Width of every drawing in its own units: as wide as a phone, so that the text keeps its size there."""
TEXT = 14
SMALL = 12.5
INK, PALE, GREY = "#0b0c0c", "#505a5f", "#949494"
FONTS = "Arial, Helvetica, 'Liberation Sans', sans-serif"

_SVG = "http://www.w3.org/2000/svg"
CHARACTER = 7.4
"""Widest average width of a character at TEXT in the fonts named."""
_BOUND = "figure:"
"""Begins the id of a text that shows a figure, until the drawing is finished: its address follows."""
_ONE_AT_A_TIME = threading.Lock()
"""Matplotlib keeps its settings for the whole process."""


Words = Sequence[Spoken]
"""What is said of a drawing; the numbers in it keep their addresses."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing drawn: its category (a stable id), its label and its figure."""

    category: str
    label: str
    figure: PublicFigure


def draw_bars(marks: Sequence[Mark], title: Words, description: Words) -> bytes:
    """Horizontal bars from zero, one for each mark, in the order given; each labelled with its figure."""
    beside = max(len(mark.label) for mark in marks) <= 16
    left = 14 + CHARACTER * max(len(mark.label) for mark in marks) if beside else 0.0
    room = 12 + CHARACTER * max(len(mark.figure.display) for mark in marks)
    step, bar = (34, 20) if beside else (50, 18)
    height = 8 + step * len(marks)
    unit = (WIDTH - left - room) / find_longest(marks)

    def draw(axes: Axes) -> None:
        for place, mark in enumerate(marks):
            top = 4 + step * place + (7 if beside else 24)
            end = left + draw_mark(axes, mark, left, top, unit, bar, lies=True)
            axes.plot([left + 0.5, left + 0.5], [top - 4, top + bar + 4], color=PALE, linewidth=1)
            write_number(axes, end + 6, top + bar / 2 + 5, mark.figure.display, mark.figure.key)
            if beside:
                axes.text(left - 8, top + bar / 2 + 5, mark.label, fontsize=TEXT, color=INK, ha="right")
            else:
                axes.text(0, top - 6, mark.label, fontsize=TEXT, color=INK)

    return render(draw, height, title, description)


def draw_columns(marks: Sequence[Mark], title: Words, description: Words) -> bytes:
    """Columns from zero in order of time; a mark's category is its month, `YYYY-MM`."""
    height, base, top = 230, 184, 24
    step = WIDTH / len(marks)
    width = min(step * 0.72, 44)
    unit = (base - top) / find_longest(marks)
    size = SMALL if max(len(mark.figure.display) for mark in marks) <= 4 or len(marks) <= 6 else 9.5

    def draw(axes: Axes) -> None:
        year = ""
        for place, mark in enumerate(marks):
            middle = step * (place + 0.5)
            end = base - draw_mark(axes, mark, middle - width / 2, base, unit, width, lies=False)
            write_number(axes, middle, end - 5, mark.figure.display, mark.figure.key, size=size, ha="center")
            axes.text(middle, base + 18, mark.label[:3], fontsize=SMALL, color=INK, ha="center")
            if mark.category[:4] != year:
                year = mark.category[:4]
                axes.text(middle, base + 36, year, fontsize=SMALL, color=INK, ha="center")
        axes.plot([0, WIDTH], [base, base], color=PALE, linewidth=1)

    return render(draw, height, title, description)


@dataclass(frozen=True, slots=True)
class Event:
    """Something dated that is drawn on a line: a break across which numbers do not compare, or something done.

    `place` is where it lies, 0 at the first mark and 1 at the next; `letter` names it in the list beside the drawing.
    """

    place: float
    letter: str
    is_break: bool


def draw_line(
    marks: Sequence[Mark],
    title: Words,
    description: Words,
    events: Sequence[Event] = (),
    gaps: frozenset[int] = frozenset(),
) -> bytes:
    """A line over editions from zero, broken where no number is shown; each point labelled with its figure.

    It is broken too between a mark in `gaps` and the one before, because the two do not compare.
    A break is a dashed line from top to bottom with words; what was done is a triangle under the axis. Both by letter.
    """
    breaks = [event for event in events if event.is_break]
    done = [event for event in events if not event.is_break]
    top = 66 if breaks else 34
    base = top + 136
    height = base + (78 if done else 40)
    step = WIDTH / len(marks)
    unit = (base - top) / find_longest(marks)

    def across(place: float) -> float:
        return min(max(step * (place + 0.5), 8.0), WIDTH - 8.0)

    def draw(axes: Axes) -> None:
        run: list[tuple[float, float]] = []
        for place, mark in enumerate(marks):
            middle = across(place)
            if place in gaps:
                _draw_run(axes, run)
                run = []
            axes.text(middle, base + 24, mark.label, fontsize=TEXT, color=INK, ha="center")
            if mark.figure.value is None:
                draw_mark(axes, mark, middle - 20, base, unit, 40, lies=False)
                write_number(axes, middle, base - 24, mark.figure.display, mark.figure.key, ha="center")
                _draw_run(axes, run)
                run = []
                continue
            y = base - float(mark.figure.value) * unit
            run.append((middle, y))
            write_number(axes, middle, y - 12, mark.figure.display, mark.figure.key, ha="center")
        _draw_run(axes, run)
        axes.plot([0, WIDTH], [base, base], color=PALE, linewidth=1)
        _draw_breaks(axes, [(across(event.place), event.letter) for event in breaks], top, base)
        for x, letters in _gather([(across(event.place), event.letter) for event in done]):
            axes.plot([x], [base + 44], color=colours()[2], marker="^", markersize=9)
            axes.text(x, base + 67, letters, fontsize=SMALL, color=INK, ha=_side(x))

    return render(draw, height, title, description)


def write_number(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    address: object,
    *,
    size: float = TEXT,
    color: str = INK,
    ha: str = "left",
) -> None:
    """A number that is bound to what it stands for by its address."""
    axes.text(x, y, text, fontsize=size, fontweight="bold", color=color, ha=ha, gid=f"{_BOUND}{address}")


def _draw_breaks(axes: Axes, breaks: Sequence[tuple[float, str]], top: float, base: float) -> None:
    """Words stand over the first of them and, where another is too near for its own, its letter alone."""
    last = -WIDTH * 1.0
    for x, letters in _gather(breaks):
        axes.plot([x, x], [26, base], color=PALE, linewidth=1.5, linestyle=(0, (5, 4)))
        is_free = x - last > WIDTH * 0.5
        words = f"{letters}: recorded differently" if is_free else letters
        side = _side(x, reach=84 if is_free else 10)
        axes.text(x, 16, words, fontsize=SMALL, color=INK, ha=side)
        last = x if is_free else last


def _side(x: float, reach: float = 20) -> str:
    """Which end of a text stands at x, so that it stays inside the drawing."""
    if x < reach:
        return "left"
    return "right" if x > WIDTH - reach else "center"


def _gather(events: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Events that lie too near for a letter each stand together, e.g. `B to D`."""
    found: list[tuple[float, list[str]]] = []
    for x, letter in sorted(events):
        if found and x - found[-1][0] < 34:
            found[-1][1].append(letter)
        else:
            found.append((x, [letter]))
    return [(x, _span(sorted(letters))) for x, letters in found]


def _span(letters: Sequence[str]) -> str:
    if len(letters) < 3:
        return ", ".join(letters)
    return f"{letters[0]} to {letters[-1]}"


def _draw_run(axes: Axes, run: Sequence[tuple[float, float]]) -> None:
    if run:
        axes.plot([x for x, _ in run], [y for _, y in run], color=colours()[0], linewidth=2.5, marker="o", markersize=8)


def find_longest(marks: Sequence[Mark]) -> float:
    """The largest number shown, to scale a drawing by; 1 where there is none."""
    return max((float(mark.figure.value) for mark in marks if mark.figure.value is not None), default=0.0) or 1.0


def draw_mark(axes: Axes, mark: Mark, x: float, y: float, unit: float, thickness: float, *, lies: bool) -> float:
    """A bar that lies or stands at (x, y), as long as its value; a hatch of one fixed length where no number is shown.

    Returns the length drawn.
    """
    hidden = mark.figure.value is None
    length = 14.0 if hidden else float(mark.figure.value or 0) * unit
    if mark.figure.status in ("not_available", "not_applicable"):
        return 0.0
    corner, size = ((x, y), (length, thickness)) if lies else ((x, y - length), (thickness, length))
    colour = GREY if mark.category == NOT_KNOWN else colours()[0]
    from matplotlib.patches import Rectangle

    patch = Rectangle(
        corner,
        *size,
        facecolor="white" if hidden else colour,
        edgecolor=PALE if hidden else "none",
        hatch="////" if hidden else None,
        linewidth=0.8 if hidden else 0,
    )
    patch.set_gid(f"{'hidden' if hidden else 'bar'}-{mark.category.replace('/', '-')}")
    axes.add_artist(patch)
    return length


@cache
def colours() -> list[str]:
    """The colours of the style, in the order in which they are used."""
    from afcharts.af_colours import get_af_colours

    return [str(colour) for colour in get_af_colours("categorical")]


@cache
def _axes() -> Axes:
    """The one set of axes that every drawing is made on: to make axes costs more than to draw."""
    from matplotlib.figure import Figure

    axes = Figure().add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    return axes


@cache
def _settings() -> Any:
    """The style of the Analysis Function, and what keeps the bytes the same."""
    from matplotlib import rc_params_from_file

    style: Any = rc_params_from_file(str(files("afcharts") / "afcharts.mplstyle"), use_default_template=False)
    return {
        **style,
        "font.family": ["DejaVu Sans"],
        "svg.fonttype": "none",
        "svg.hashsalt": "storyboard",
        "hatch.linewidth": 1.0,
        "hatch.color": PALE,
        "path.simplify": False,
    }


def render(draw: Callable[[Axes], None], height: float, title: Words, description: Words) -> bytes:
    """Draws in units of the viewBox, the y axis downward, and gives the finished SVG.

    A drawing is made once, whatever is said of it: all that it shows is what `draw` closes over.
    """
    drawn = make_once("drawing", {"figures": (draw, height)}, lambda: _draw(draw, height))
    return _finish(drawn, title, description)


def _draw(draw: Callable[[Axes], None], height: float) -> bytes:
    import matplotlib

    file = io.BytesIO()
    with _ONE_AT_A_TIME, matplotlib.rc_context(_settings()):
        axes = _axes()
        canvas: Any = axes.figure
        canvas.set_size_inches(WIDTH / 72, height / 72)
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        try:
            draw(axes)
            canvas.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        finally:
            for drawn in (*axes.patches, *axes.lines, *axes.texts):
                drawn.remove()
    return file.getvalue()


def _finish(svg: bytes, title: Words, description: Words) -> bytes:
    """Gives the drawing its role, title and description, fonts of the reader, and a size that the page decides."""
    root = etree.fromstring(svg, etree.XMLParser(remove_comments=True, remove_blank_text=True, no_network=True))
    for element in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(element)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    for text in root.iter(f"{{{_SVG}}}text"):
        text.set("style", re.sub(r"'DejaVu Sans'(, *[^;]*)?", FONTS, text.get("style", "")))
    for group in root.iterfind(f".//{{{_SVG}}}g[@id]"):
        if group.get("id", "").startswith(_BOUND):
            address = group.attrib.pop("id").removeprefix(_BOUND)
            for text in group.iter(f"{{{_SVG}}}text"):
                if address:
                    text.set("data-figure", address)
    for old in root.findall(f"{{{_SVG}}}title"):
        root.remove(old)
    for place, (name, words) in enumerate((("title", title), ("desc", description))):
        element = etree.Element(f"{{{_SVG}}}{name}", id=name)
        element.text = plain(words)
        if addresses := list_addresses(words):
            element.set("data-figures", " ".join(addresses))
        root.insert(place, element)
    root.set("role", "img")
    root.set("aria-labelledby", "title desc")
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
