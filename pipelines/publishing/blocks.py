"""Blocks of a page that are made whole from figures: a chart with its table and its proof, a trend, a list of metrics.

Puts findings, drawings and tables together; each is made in its own module. Blocks are HTML without blank lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from pipelines.figures import TOTAL, FigureKey, Metric, PublicFigure
from pipelines.publishing.book import Book, Member, UnknownCitation
from pipelines.publishing.charts import Mark, draw_bars, draw_columns, draw_line
from pipelines.publishing.comparisons import Break, find_breaks, find_direction
from pipelines.publishing.dimensions import DIMENSIONS, head_of, phrase_of
from pipelines.publishing.english import lower_first, write_list, write_period
from pipelines.publishing.events import Dated, mark_up_events, place_events
from pipelines.publishing.findings import find_headline, name_of, subject_of
from pipelines.publishing.markup import Part, explain_symbols, mark_up, mark_up_figure, mark_up_symbols, plain
from pipelines.publishing.sentences import NOT_KNOWN, is_shown
from pipelines.publishing.tables import mark_up_editions, mark_up_series, mark_up_table

LinkTo = Callable[[str], str]
"""From a path in the site to a link that works on the page that asks."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with everything that is said about it: `name` is its file's name without the ending."""

    name: str
    headline: tuple[Part, ...]
    subtitle: str
    alternative_text: str
    marks: tuple[Mark, ...]
    svg: bytes | None
    """None where there is no number to draw."""
    events: tuple[Dated, ...] = ()
    """What is marked on a line over editions."""


def arrange(book: Book, metric_id: str, by: str, authority: str | None = None) -> list[Member]:
    """The categories as they are shown: in their own order, else the largest first; not known and hidden last."""
    members = book.series(metric_id, by, authority)
    if "/" in by or DIMENSIONS[by].is_ordered:
        return members
    return sorted(members, key=lambda m: (m.category == NOT_KNOWN, m.figure.value is None, -(m.figure.value or 0)))


def make_chart(book: Book, metric_id: str, by: str) -> Chart:
    """The chart of one breakdown: columns for months, else bars."""
    metric = book.metric(metric_id)
    members = arrange(book, metric_id, by)
    marks = tuple(Mark(m.category, m.label, m.figure) for m in members)
    headline = find_headline(book, metric_id, by)
    subtitle = f"{metric.label} by {phrase_of(by)}, {book.place}, {period_of(book, metric)}"
    text = describe_marks(headline, marks)
    drawn = None
    if any(is_shown(mark.figure) for mark in marks):
        draw = draw_columns if by == "month" else draw_bars
        drawn = draw(marks, headline, (f"{subtitle}. ", *text))
    return Chart(f"{metric_id}-by-{by.replace('/', '-and-')}", headline, subtitle, plain(text), marks, drawn)


def make_ladder(book: Book, metric_ids: Sequence[str]) -> Chart:
    """Steps of which each is a part of the one before: one bar for the total of each metric, in the order given."""
    figures = [book.figure(metric_id) for metric_id in metric_ids]
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    marks = tuple(Mark(m.metric_id, m.label, f) for m, f in zip(metrics, figures, strict=True))
    first, last = metrics[0], metrics[-1]
    if is_shown(figures[0]) and is_shown(figures[-1]):
        headline: tuple[Part, ...] = (f"{last.label}: ", figures[-1], " of ", figures[0], f" {subject_of(first)}")
    else:
        headline = (f"From {lower_first(first.label)} to {lower_first(last.label)}",)
    subtitle = f"{first.label} and what followed, {book.place}, {period_of(book, first)}"
    text = describe_marks(headline, marks)
    drawn = None
    if any(is_shown(mark.figure) for mark in marks):
        drawn = draw_bars(marks, headline, (f"{subtitle}. ", *text))
    return Chart(f"{first.metric_id}-to-{last.metric_id}", headline, subtitle, plain(text), marks, drawn)


def make_trend(
    book: Book,
    metric_id: str,
    editions: Sequence[tuple[str, PublicFigure]],
    *,
    breaks: Sequence[Break] = (),
    events: Sequence[Dated] = (),
) -> Chart:
    """The chart of one figure over editions, oldest first, with the breaks that it crosses and other events marked."""
    metric = book.metric(metric_id)
    key = editions[-1][1].key
    marks = tuple(Mark(name, name, figure) for name, figure in editions)
    headline = _find_trend(book, editions, breaks)
    subtitle = f"{_name_with_category(book, key)}, {book.place}, editions {editions[0][0]} to {editions[-1][0]}"
    marked = "".join(f" Marked {event.letter}, {event.words}." for event in events)
    text = (*describe_marks(headline, marks), marked)
    drawn = None
    if len(marks) > 1 and any(is_shown(mark.figure) for mark in marks):
        placed = place_events(events, [figure for _, figure in editions])
        pairs = enumerate(pairwise(editions), start=1)
        gaps = frozenset(i for i, ((_, one), (_, next_)) in pairs if find_breaks(breaks, metric, one, next_))
        drawn = draw_line(marks, headline, (f"{subtitle}. ", *text), placed, gaps)
    parts = "" if key.breakdown == TOTAL else f"-{key.breakdown}-{key.category}".replace("/", "-")
    return Chart(
        f"{metric.metric_id}{parts}-over-editions", headline, subtitle, plain(text), marks, drawn, tuple(events)
    )


def _name_with_category(book: Book, key: FigureKey) -> str:
    metric = book.metric(key.metric_id)
    if key.breakdown == TOTAL:
        return name_of(metric)
    return f"{name_of(metric)}, {lower_first(book.label_of(key.metric_id, key.breakdown, key.category))}"


def _find_trend(book: Book, editions: Sequence[tuple[str, PublicFigure]], breaks: Sequence[Break]) -> tuple[Part, ...]:
    """What changed between the last two editions; across a break, both numbers and no word of a rise or a fall."""
    if len(editions) < 2:
        return (f"{_name_with_category(book, editions[-1][1].key)}: ", *_say_one(*editions[-1])[:-1])
    (earlier, before), (later, now) = editions[-2:]
    metric = book.metric(now.key.metric_id)
    name = _name_with_category(book, now.key)
    books = {b.edition.name: b for b in book.earlier}
    direction = find_direction(books.get(earlier, book), before, book, now)
    if direction is None or find_breaks(breaks, metric, before, now):
        shown = [part for one, f in ((earlier, before), (later, now)) for part in _say_one(one, f)]
        apart = " (recorded differently)" if direction is not None else ""
        return (f"{name}: ", *shown[:-1], *([apart] if apart else []))
    if direction != "is about the same":
        return (f"{name} {direction} from ", before, f" in the {earlier} edition to ", now, f" in the {later} edition")
    if before.value == now.value:
        return (f"{name}: ", now, f" in both the {earlier} and the {later} edition")
    return (f"{name}: about the same, ", before, f" in the {earlier} edition and ", now, f" in the {later} edition")


def _say_one(edition: str, figure: PublicFigure) -> tuple[Part, ...]:
    """One figure of two that cannot be compared, and a comma that the last of them does not need."""
    words = {"suppressed": "hidden", "not_available": "not available", "not_applicable": "not applicable"}
    value: Part = figure if is_shown(figure) else words.get(figure.status, figure.display)
    return (value, f" in the {edition} edition", ", ")


def describe_marks(headline: Sequence[Part], marks: Sequence[Mark]) -> tuple[Part, ...]:
    """What a drawing says, for those who do not see it: the finding and every value plotted."""
    values = [part for mark in marks for part in ("; ", f"{mark.label} ", mark.figure)][1:]
    symbols = "".join(f" {symbol} means {words}." for symbol, words in explain_symbols([m.figure for m in marks]))
    return (*headline, ". ", *values, f".{symbols}")


def mark_up_chart(
    chart: Chart, table: Markup, proof: Markup, image: str, anchor: str, download: str | None = None
) -> Markup:
    """The whole figure. `image` is the address of the drawing, left out where there is nothing to draw; `download` that
    of its numbers as a file."""
    picture = Markup("")
    if chart.svg is not None:
        picture = Markup('<img src="{}" alt="{}" width="{}" height="{}">').format(
            image, chart.alternative_text, *_size_of(chart.svg)
        )
    return Markup(
        '<figure class="chart" id="{}"><figcaption><p class="finding">{}</p><p class="measure">{}</p></figcaption>'
        '<div class="beside"><div>{}{}</div>{}</div>{}{}{}</figure>'
    ).format(
        anchor,
        mark_up(chart.headline),
        chart.subtitle,
        picture,
        mark_up_events(chart.events),
        table,
        mark_up_symbols([mark.figure for mark in chart.marks]),
        Markup("") if download is None else mark_up_download(download, chart.subtitle),
        proof,
    )


def mark_up_download(address: str, of: str) -> Markup:
    """The link to the numbers of a chart or table as a file; `of` says to those who do not see the place whose they are."""
    return Markup(
        '<p class="download"><a href="{}" download>Download these numbers (CSV)<span class="unseen">: {}</span></a></p>'
    ).format(address, of)


def _size_of(svg: bytes) -> tuple[str, str]:
    box = svg.split(b'viewBox="', 1)[1].split(b'"', 1)[0].decode()
    return box.split(" ")[2], box.split(" ")[3]


def mark_up_breakdown_table(book: Book, metric_id: str, by: str) -> Markup:
    """The table of one breakdown."""
    metric = book.metric(metric_id)
    caption = f"{metric.label} by {phrase_of(by)}, {book.place}, {period_of(book, metric)}"
    return mark_up_series(book, metric_id, by, arrange(book, metric_id, by), caption)


def mark_up_breakdown(book: Book, metric_id: str, by: str) -> Markup:
    """The same with its symbols explained."""
    figures = [*(m.figure for m in book.series(metric_id, by)), book.figure(metric_id)]
    return mark_up_breakdown_table(book, metric_id, by) + mark_up_symbols(figures)


def mark_up_ladder_table(book: Book, metric_ids: Sequence[str]) -> Markup:
    """The table of a ladder, one row for each step."""
    figures = [book.figure(metric_id) for metric_id in metric_ids]
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    unit = metrics[0].unit
    rows = [[m.label, mark_up_figure(f)] for m, f in zip(metrics, figures, strict=True)]
    caption = f"From {lower_first(metrics[0].label)} to {lower_first(metrics[-1].label)}, {period_of(book, metrics[0])}"
    return mark_up_table(caption, ["Step", unit[:1].upper() + unit[1:]], rows, total=False)


def mark_up_side_by_side(book: Book, metric_ids: Sequence[str], by: str) -> Markup:
    """Several metrics by one breakdown: a row for each category, a column for each metric.

    Raises UnknownCitation where the metrics do not share the breakdown and its categories.
    """
    columns = [book.series(metric_id, by) for metric_id in metric_ids]
    if len({tuple(m.category for m in column) for column in columns}) > 1:
        raise UnknownCitation(f'The metrics {write_list(list(metric_ids))} do not share the categories of "{by}".')
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    totals = [book.figure(metric_id) for metric_id in metric_ids]
    rows: list[list[Markup | str]] = [
        [row[0].label, *(mark_up_figure(member.figure) for member in row)] for row in zip(*columns, strict=True)
    ]
    rows.append(["All", *map(mark_up_figure, totals)])
    caption = f"{write_list([m.label if i == 0 else lower_first(m.label) for i, m in enumerate(metrics)])}"
    caption += f" by {phrase_of(by)}, {book.place}, {period_of(book, metrics[0])}"
    return mark_up_table(caption, [head_of(by), *(m.label for m in metrics)], rows, total=True)


def mark_up_trend_table(book: Book, metric_id: str, editions: Sequence[tuple[str, PublicFigure]]) -> Markup:
    """The table of one total over editions."""
    metric = book.metric(metric_id)
    caption = f"{metric.label} in each edition, {book.place}"
    return mark_up_editions(editions, metric.unit, caption)


def period_of(book: Book, metric: Metric) -> str:
    """The dates that a metric covers, in words."""
    period = book.period(metric.collection)
    return write_period(period.start, period.end)
