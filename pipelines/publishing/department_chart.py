"""The drawing of one measure that the department publishes for the area: a bar for each year, cut where years do not compare.

Only the drawing and the figure around it; which values and breaks there are is decided in `department`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from pipelines.publishing import charts
from pipelines.publishing.blocks import mark_up_download
from pipelines.publishing.book import Book, PublishedStatistic
from pipelines.publishing.department import (
    MEASURES,
    Published,
    describe_years,
    mark_up_breaks,
    mark_up_published_symbols,
    mark_up_titles,
    mark_up_years,
    write_year,
)
from pipelines.publishing.markup import plain
from pipelines.publishing.tables import address_statistic, mark_up_statistic, write_statistic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEP, BAR, GAP = 30, 18, 26
"""Height of a year, of its bar, and of a break, in units of the drawing."""


def draw_years(published: Published, book: Book, measure: str) -> bytes:
    """Bars from zero, the oldest year first; a hatch where the value is hidden; a dashed line with words at each break."""
    own = published.own(measure)
    letters = {b.year: letter for letter, b in zip("ABCDEFGH", published.breaks(measure), strict=False)}
    labels = [write_year(measure, s.year_ending) for s in own]
    texts = [_write(s) for s in own]
    left = 14 + 7.4 * max(map(len, labels))
    room = 12 + 7.4 * max(map(len, texts))
    longest = max((float(s.value) for s in own if s.value is not None), default=0.0) or 1.0
    unit = (charts.WIDTH - left - room) / longest
    height = 8 + STEP * len(own) + GAP * sum(s.year_ending.year in letters for s in own)

    def draw(axes: Axes) -> None:
        top = 4.0
        for statistic, label, text in zip(own, labels, texts, strict=True):
            letter = letters.get(statistic.year_ending.year)
            if letter is not None:
                axes.plot(
                    [0, charts.WIDTH], [top + 5, top + 5], color=charts.PALE, linewidth=1.5, linestyle=(0, (5, 4))
                )
                words = f"{letter}: recorded differently from here on"
                axes.text(charts.WIDTH, top + 20, words, fontsize=charts.SMALL, color=charts.INK, ha="right")
                top += GAP
            end = left + _draw_bar(axes, statistic, left, top + 6, unit)
            middle = top + 6 + BAR / 2 + 5
            axes.plot([left + 0.5, left + 0.5], [top + 2, top + BAR + 10], color=charts.PALE, linewidth=1)
            axes.text(left - 8, middle, label, fontsize=charts.TEXT, color=charts.INK, ha="right")
            address = address_statistic(statistic) if statistic.value is not None else ""
            charts.write_number(axes, end + 6, middle, text, address)
            top += STEP

    title = f"{MEASURES[measure][0]}, {book.place}"
    return charts.render(draw, height, (title,), describe_years(published, book, measure))


def _write(statistic: PublishedStatistic) -> str:
    return f"{statistic.symbol} (hidden)" if statistic.symbol in ("c", "x") else write_statistic(statistic)


def _draw_bar(axes: Axes, statistic: PublishedStatistic, x: float, y: float, unit: float) -> float:
    """Returns the length drawn."""
    hidden = statistic.value is None
    length = 14.0 if hidden else float(statistic.value or 0) * unit
    from matplotlib.patches import Rectangle

    patch = Rectangle(
        (x, y),
        length,
        BAR,
        facecolor="white" if hidden else charts.colours()[0],
        edgecolor=charts.PALE if hidden else "none",
        hatch="////" if hidden else None,
        linewidth=0.8 if hidden else 0,
    )
    patch.set_gid(f"{'hidden' if hidden else 'bar'}-{statistic.year_ending.year}")
    axes.add_artist(patch)
    return length


def name_chart(measure: str) -> str:
    """The name of the drawing's file, without its ending; also its anchor."""
    return f"published-{measure.replace('_', '-')}"


def mark_up_published_chart(
    published: Published, book: Book, measure: str, drawing: bytes, image: str, data: str
) -> Markup:
    """The figure: the latest value as its title, the drawing, the table with the areas around, and the breaks.

    `image` and `data` are the addresses of the drawing and of its numbers as a file.
    """
    label, _ = MEASURES[measure]
    own = published.own(measure)
    latest = own[-1]
    name = name_chart(measure)
    width, height = drawing.split(b'viewBox="', 1)[1].split(b'"', 1)[0].decode().split(" ")[2:]
    shown = [
        s
        for code, _ in published.areas()
        for year in published.years(measure)
        if (s := published.value(code, measure, year)) is not None
    ]
    said = mark_up_statistic(latest) if latest.value is not None else Markup("hidden by the department")
    finding = Markup("{}, {}: {} in the year {}").format(
        label,
        book.place,
        said,
        "ending 31 March " * (not measure.startswith("home")) + write_year(measure, latest.year_ending),
    )
    return Markup(
        '<figure class="chart" id="{}"><figcaption><p class="finding">{}</p><p class="measure">Published by the '
        'Department for Education, {} to {}</p></figcaption><div class="beside above"><img src="{}" alt="{}" width="{}" '
        'height="{}">{}</div>{}{}{}</figure>'
    ).format(
        name,
        finding,
        write_year(measure, own[0].year_ending),
        write_year(measure, latest.year_ending),
        image,
        plain(describe_years(published, book, measure)),
        width,
        height,
        mark_up_years(published, measure),
        mark_up_published_symbols(shown) + mark_up_titles(shown),
        mark_up_breaks(published.breaks(measure)),
        mark_up_download(data, f"{label}, as the department publishes it"),
    )
