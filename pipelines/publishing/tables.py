"""Data tables as HTML: a breakdown, editions side by side, the department's published statistics.

Every number stands in its figure element or, where it is the department's, in an element of its own. No findings here.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book, Member, PublishedStatistic
from pipelines.publishing.dimensions import head_of
from pipelines.publishing.english import write_date
from pipelines.publishing.markup import mark_up_figure


def mark_up_table(
    caption: str, heads: Sequence[Markup | str], rows: Sequence[Sequence[Markup | str]], total: bool
) -> Markup:
    """One accessible table: a caption, column heads, a row head in each row; `total` marks the last row as the sum.

    It stands in a region that can be scrolled by keyboard where a narrow screen cannot hold it. No line of it is blank.
    """
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(h) for h in heads)
    body = [
        Markup("<tr{}>{}{}</tr>").format(
            Markup(' class="total"') if total and place == len(rows) - 1 else "",
            Markup('<th scope="row">{}</th>').format(row[0]),
            Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row[1:]),
        )
        for place, row in enumerate(rows)
    ]
    return Markup(
        '<div class="table-scroll" role="region" tabindex="0" aria-label="Table: {}">'
        '<table class="figures"><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(caption, caption, head, Markup("").join(body))


def mark_up_series(book: Book, metric_id: str, by: str, members: Sequence[Member], caption: str) -> Markup:
    """A breakdown, one row for each category in the order given, and the total where the categories add up to it."""
    metric = book.metric(metric_id)
    rows: list[list[Markup | str]] = [[m.label, mark_up_figure(m.figure)] for m in members]
    has_total = by not in metric.overlapping
    if has_total:
        rows.append(["Total" if metric.kind == "count" else "All", mark_up_figure(book.figure(metric_id))])
    unit = metric.unit[:1].upper() + metric.unit[1:]
    return mark_up_table(caption, [head_of(by), unit], rows, total=has_total)


def mark_up_editions(figures: Sequence[tuple[str, PublicFigure]], unit: str, caption: str) -> Markup:
    """One figure in each edition, with the period that it covers."""
    rows: list[list[Markup | str]] = [
        [edition, f"{write_date(figure.period_start)} to {write_date(figure.period_end)}", mark_up_figure(figure)]
        for edition, figure in figures
    ]
    return mark_up_table(caption, ["Edition", "Period", unit[:1].upper() + unit[1:]], rows, total=False)


def mark_up_published_statistics(
    statistics: Sequence[PublishedStatistic], ours: Sequence[tuple[str, PublicFigure]], caption: str
) -> Markup:
    """What the department publishes, as it prints it, with its release, and our own figures after it."""
    rows: list[list[Markup | str]] = [
        [
            s.measure,
            f"{s.area_name}, year ending {write_date(s.year_ending)}",
            Markup('<data class="published" value="{}">{}</data>').format(
                "" if s.value is None else f"{s.value:f}", write_statistic(s)
            ),
            s.release,
        ]
        for s in statistics
    ]
    rows += [[label, "This story board", mark_up_figure(figure), "This edition"] for label, figure in ours]
    return mark_up_table(caption, ["What is counted", "Area and year", "Number", "Source"], rows, total=False)


def write_statistic(statistic: PublishedStatistic) -> str:
    """The department's value or its symbol, as it prints it."""
    return statistic.symbol if statistic.value is None else f"{statistic.value:,f}"
