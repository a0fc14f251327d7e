"""Blocks of a page that are made whole from figures: a chart with its table and its proof, a trend, a list of metrics.

Puts findings, drawings and tables together; each is made in its own module. Blocks are HTML without blank lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.book import Book, Member, UnknownCitation
from pipelines.publishing.charts import Mark, draw_bars, draw_columns, draw_line
from pipelines.publishing.dimensions import DIMENSIONS, head_of, phrase_of
from pipelines.publishing.english import lower_first, write_date, write_list, write_period
from pipelines.publishing.findings import find_headline
from pipelines.publishing.markup import Part, explain_symbols, mark_up, mark_up_figure, mark_up_symbols, plain
from pipelines.publishing.sentences import NOT_KNOWN, compare, is_shown
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
    subtitle = f"{metric.label} by {phrase_of(by)}, {book.place}, {_period_of(book, metric)}"
    text = describe_marks(headline, marks)
    drawn = None
    if any(is_shown(mark.figure) for mark in marks):
        draw = draw_columns if by == "month" else draw_bars
        drawn = draw(marks, plain(headline), f"{subtitle}. {text}")
    return Chart(f"{metric_id}-by-{by.replace('/', '-and-')}", headline, subtitle, text, marks, drawn)


def make_ladder(book: Book, metric_ids: Sequence[str]) -> Chart:
    """Steps of which each is a part of the one before: one bar for the total of each metric, in the order given."""
    figures = [book.figure(metric_id) for metric_id in metric_ids]
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    marks = tuple(Mark(m.metric_id, m.label, f) for m, f in zip(metrics, figures, strict=True))
    first, last = metrics[0], metrics[-1]
    if is_shown(figures[0]) and is_shown(figures[-1]):
        headline: tuple[Part, ...] = (f"{last.label}: ", figures[-1], " of ", figures[0], f" {first.unit}")
    else:
        headline = (f"From {lower_first(first.label)} to {lower_first(last.label)}",)
    subtitle = f"{first.label} and what followed, {book.place}, {_period_of(book, first)}"
    text = describe_marks(headline, marks)
    drawn = None
    if any(is_shown(mark.figure) for mark in marks):
        drawn = draw_bars(marks, plain(headline), f"{subtitle}. {text}")
    return Chart(f"{first.metric_id}-to-{last.metric_id}", headline, subtitle, text, marks, drawn)


def make_trend(book: Book, metric_id: str, editions: Sequence[tuple[str, PublicFigure]]) -> Chart:
    """The chart of one total over editions, oldest first."""
    metric = book.metric(metric_id)
    marks = tuple(Mark(name, name, figure) for name, figure in editions)
    headline = _find_trend(metric, editions)
    subtitle = f"{metric.label}, {book.place}, editions {editions[0][0]} to {editions[-1][0]}"
    text = describe_marks(headline, marks)
    drawn = draw_line(marks, plain(headline), f"{subtitle}. {text}") if len(marks) > 1 else None
    if not any(is_shown(mark.figure) for mark in marks):
        drawn = None
    return Chart(f"{metric_id}-over-editions", headline, subtitle, text, marks, drawn)


def _find_trend(metric: Metric, editions: Sequence[tuple[str, PublicFigure]]) -> tuple[Part, ...]:
    (earlier, before), (later, now) = editions[-2:]
    change = compare(before, now)
    if change is None:
        shown = [part for name, f in ((earlier, before), (later, now)) for part in _say_one(name, f)]
        return (f"{metric.label}: ", *shown[:-1])
    if change == "did not change":
        return (f"{metric.label}: ", now, f" in both the {earlier} and the {later} edition")
    return (f"{metric.label} {change} from ", before, f" in the {earlier} edition to ", now, f" in the {later} edition")


def _say_one(edition: str, figure: PublicFigure) -> tuple[Part, ...]:
    """One figure of two that cannot be compared, and a comma that the last of them does not need."""
    words = {"suppressed": "hidden", "not_available": "not available", "not_applicable": "not applicable"}
    value: Part = figure if is_shown(figure) else words.get(figure.status, figure.display)
    return (value, f" in the {edition} edition", ", ")


def describe_marks(headline: Sequence[Part], marks: Sequence[Mark]) -> str:
    """What a drawing says, for those who do not see it: the finding and every value plotted."""
    values = "; ".join(f"{mark.label} {mark.figure.display}" for mark in marks)
    symbols = "".join(f" {symbol} means {words}." for symbol, words in explain_symbols([m.figure for m in marks]))
    return f"{plain(headline)}. {values}.{symbols}"


def mark_up_chart(chart: Chart, table: Markup, proof: Markup, image: str, anchor: str) -> Markup:
    """The whole figure. `image` is the address of the drawing, left out where there is nothing to draw."""
    picture = Markup("")
    if chart.svg is not None:
        picture = Markup('<img src="{}" alt="{}" width="{}" height="{}">').format(
            image, chart.alternative_text, *_size_of(chart.svg)
        )
    return Markup(
        '<figure class="chart" id="{}"><figcaption><p class="finding">{}</p><p class="measure">{}</p></figcaption>'
        '<div class="beside">{}{}</div>{}{}</figure>'
    ).format(
        anchor,
        mark_up(chart.headline),
        chart.subtitle,
        picture,
        table,
        mark_up_symbols([mark.figure for mark in chart.marks]),
        proof,
    )


def _size_of(svg: bytes) -> tuple[str, str]:
    box = svg.split(b'viewBox="', 1)[1].split(b'"', 1)[0].decode()
    return box.split(" ")[2], box.split(" ")[3]


def mark_up_breakdown_table(book: Book, metric_id: str, by: str) -> Markup:
    """The table of one breakdown."""
    metric = book.metric(metric_id)
    caption = f"{metric.label} by {phrase_of(by)}, {book.place}, {_period_of(book, metric)}"
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
    caption = (
        f"From {lower_first(metrics[0].label)} to {lower_first(metrics[-1].label)}, {_period_of(book, metrics[0])}"
    )
    return mark_up_table(caption, ["Step", unit[:1].upper() + unit[1:]], rows, total=False)


def mark_up_side_by_side(book: Book, metric_ids: Sequence[str], by: str) -> Markup:
    """Several metrics by one breakdown: a row for each category, a column for each metric, with the symbols explained.

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
    caption += f" by {phrase_of(by)}, {book.place}, {_period_of(book, metrics[0])}"
    symbols = mark_up_symbols([*(m.figure for column in columns for m in column), *totals])
    return mark_up_table(caption, [head_of(by), *(m.label for m in metrics)], rows, total=True) + symbols


def mark_up_trend_table(book: Book, metric_id: str, editions: Sequence[tuple[str, PublicFigure]]) -> Markup:
    """The table of one total over editions."""
    metric = book.metric(metric_id)
    caption = f"{metric.label} in each edition, {book.place}"
    return mark_up_editions(editions, metric.unit, caption) + mark_up_symbols([figure for _, figure in editions])


def mark_up_proof(book: Book, metric_ids: Sequence[str], definitions: str | None, protection: str) -> Markup:
    """How figures were made, folded away: what is counted, unit, edition, dates and rule of protection.

    `definitions` is the address of the page of definitions. The metrics share their unit and collection.
    """
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    metric = metrics[-1]
    period = book.period(metric.collection)
    counted = [("What is counted" if len(metrics) == 1 else m.label, m.description) for m in metrics]
    rows: list[tuple[str, Markup | str]] = [
        *counted,
        ("Unit", metric.unit),
        ("Edition", book.edition.name),
        ("Period", write_period(period.start, period.end)),
        ("Position on", write_date(period.as_at)),
    ]
    if parts := _parts_of(book, metric):
        rows.append(("Worked out from", parts))
    rows.append(("Protection", _own_protection(metric) or protection))
    if definitions is not None:
        link = Markup('<a href="{}#{}">{}: definition</a>').format(definitions, metric.metric_id, metric.label)
        rows.append(("More", link))
    items = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*row) for row in rows)
    return Markup(
        '<details class="proof"><summary>How we know<span class="unseen">: {}</span></summary><dl>{}</dl></details>'
    ).format(metric.label, items)


POPULATIONS = {
    "children_0_17": "children aged 0 to 17 who live in the area",
    "children_5_16": "children aged 5 to 16 who live in the area",
    "looked_after_during_year": "children looked after at any time during the year",
}


def write_metrics_index(book: Book, protection: str) -> Markup:
    """Every metric as Markdown, its id as the anchor of its heading; then the breakdowns and categories."""
    lines = [f"Protection of all counts: {protection}. Where a measure has a rule of its own, its entry says so.", ""]
    for collection, title in SECTIONS.items():
        lines += [f"## {title}", ""]
        for metric in book.metrics.values():
            if metric.collection == collection:
                lines += _write_entry(book, metric)
    lines += ["## Breakdowns and their categories", "", "| Breakdown | Name in files | Categories |", "|---|---|---|"]
    for name in sorted({name for m in book.metrics.values() for by in m.breakdowns for name in by.split("/")}):
        lists = {
            m.dimension_of(name) for m in book.metrics.values() if any(name in by.split("/") for by in m.breakdowns)
        }
        members = [c for key in sorted(lists) for c in book.categories.get(key, ())]
        texts = [f"{Markup.escape(c.label)} (`{c.category}`)" for c in members] or [
            "each month of the period (`2015-04`)"
        ]
        lines.append(f"| {DIMENSIONS[name].label} | `{name}` | {'; '.join(dict.fromkeys(texts))} |")
    return Markup("\n".join([*lines, ""]))


SECTIONS = {"missing": "Missing and absent from home or care", "education": "Children missing education"}


def _write_entry(book: Book, metric: Metric) -> list[str]:
    lines = [f"### {metric.label} {{ #{metric.metric_id} }}", "", str(Markup.escape(metric.description)), ""]
    lines += [f"- Unit: {metric.unit}", f"- Name in files: `{metric.metric_id}`"]
    if metric.breakdowns:
        lines.append(f"- Broken down by: {write_list([phrase_of(by) for by in metric.breakdowns])}")
    if parts := _parts_of(book, metric):
        lines.append(f"- Worked out from: {parts}")
    lines.append(f"- Records that it needs: {write_list([name.replace('_', ' ') for name in metric.needs])}")
    if own := _own_protection(metric):
        lines.append(f"- Protection: {own}")
    lines.append("")
    if metric.metric_id in book.sql:
        label = Markup.escape(metric.label)
        lines += [
            f'<details class="proof"><summary>SQL<span class="unseen"> of {label}</span></summary>'
            f'<div class="table-scroll" role="region" tabindex="0" aria-label="SQL of {label}">'
            f"<pre><code>{_without_blank_lines(book.sql[metric.metric_id])}</code></pre></div></details>",
            "",
        ]
    return lines


def _own_protection(metric: Metric) -> str:
    if not metric.public:
        return "never published, because it describes one child"
    if metric.kind in ("rate", "mean"):
        return "worked out from the counts that are shown"
    if metric.kind == "median":
        return "a whole number, shown only where enough values stand behind it"
    return ""


def _parts_of(book: Book, metric: Metric) -> str:
    """What a rate or mean divides, in words; empty for other kinds."""
    if metric.numerator is None or metric.denominator is None or metric.numerator not in book.metrics:
        return ""
    below = metric.denominator
    below = lower_first(book.metrics[below].label) if below in book.metrics else POPULATIONS.get(below, below)
    return f"{lower_first(book.metrics[metric.numerator].label)}, divided by {below}"


def _without_blank_lines(text: str) -> str:
    return "\n".join(str(Markup.escape(line)) for line in text.splitlines() if line.strip())


def _period_of(book: Book, metric: Metric) -> str:
    period = book.period(metric.collection)
    return write_period(period.start, period.end)
