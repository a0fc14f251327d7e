"""Data tables as HTML: a breakdown, editions side by side, the department's published statistics.

Every number stands in its figure element or, where it is the department's, in an element of its own. No findings here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book, Member, PublishedStatistic
from pipelines.publishing.dimensions import head_of
from pipelines.publishing.english import write_date
from pipelines.publishing.markup import mark_up_figure

LOOKED_AFTER = {"looked_after_status": "looked_after"}

BESIDE_THE_DEPARTMENT: tuple[tuple[str, str, tuple[str, Mapping[str, str]] | None], ...] = (
    ("children_missing", "Children who went missing", ("looked_after_children_missing", {})),
    ("children_missing_more_than_once", "Children who went missing more than once", None),
    ("missing_incidents", "Times that children went missing", ("looked_after_missing_episodes", {})),
    ("children_away", "Children away without authorisation", None),
    (
        "away_incidents",
        "Times that children were away without authorisation",
        ("episodes_reported", {**LOOKED_AFTER, "episode_type": "away"}),
    ),
    ("", "Absent episodes", ("episodes_reported", {**LOOKED_AFTER, "episode_type": "absent"})),
)
"""What the department counts, in its words for a measure and in ours, and our figure that comes nearest to it."""


def mark_up_table(
    caption: str, heads: Sequence[Markup | str], rows: Sequence[Sequence[Markup | str]], total: bool
) -> Markup:
    """One accessible table: a caption, column heads, a row head in each row; `total` marks the last row as the sum.

    It stands in a region that can be scrolled by keyboard where a narrow screen cannot hold it. No line of it is blank.
    The spaces between cells keep their words and numbers apart in the search index.
    """
    numeric = {
        column
        for column in range(1, len(heads))
        if rows and all(len(row) > column and str(row[column]).startswith("<data") for row in rows)
    }
    sides = [Markup(' class="number"') if column in numeric else Markup("") for column in range(len(heads))]
    head = Markup(" ").join(
        Markup('<th scope="col"{}>{}</th>').format(side, h) for side, h in zip(sides, heads, strict=True)
    )
    body = [
        Markup("<tr{}>{} {}</tr>").format(
            Markup(' class="total"') if total and place == len(rows) - 1 else "",
            Markup('<th scope="row">{}</th>').format(row[0]),
            Markup(" ").join(
                Markup("<td{}>{}</td>").format(side, cell) for side, cell in zip(sides[1:], row[1:], strict=True)
            ),
        )
        for place, row in enumerate(rows)
    ]
    return Markup(
        '<section class="table-scroll" tabindex="0" aria-label="Table: {}">'
        '<table class="figures"><caption>{}</caption> <thead><tr>{}</tr></thead> <tbody>{}</tbody></table></section>'
    ).format(caption, caption, head, Markup(" ").join(body))


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
    rows: Sequence[tuple[str, Sequence[PublishedStatistic | None], PublicFigure | None]],
    areas: Sequence[str],
    caption: str,
) -> Markup:
    """What the department publishes, as it prints it, for each area, with its release, and our own figure beside it.

    A row is a measure in words, its statistic in each of the areas, and our figure; None stands where one is not counted.
    """
    cells: list[list[Markup | str]] = [
        [
            measure,
            *("not counted" if s is None else mark_up_statistic(s) for s in statistics),
            "not counted" if ours is None else mark_up_figure(ours),
            ", ".join(sorted({s.release for s in statistics if s is not None})) or "this story board",
        ]
        for measure, statistics, ours in rows
    ]
    return mark_up_table(caption, ["What is counted", *areas, "This story board", "Source"], cells, total=False)


def mark_up_statistic(statistic: PublishedStatistic) -> Markup:
    """The department's value in an element of its own, which is no figure of ours."""
    value = "" if statistic.value is None else f"{statistic.value:f}"
    return Markup('<data class="published" value="{}">{}</data>').format(value, write_statistic(statistic))


def address_statistic(statistic: PublishedStatistic) -> str:
    """The address of the department's value, e.g. `published/E06000014/2016-03-31/children_missing`. Releases share it."""
    return f"published/{statistic.authority}/{statistic.year_ending.isoformat()}/{statistic.measure}"


def write_statistic(statistic: PublishedStatistic) -> str:
    """The department's value or its symbol, as it prints it."""
    return statistic.symbol if statistic.value is None else f"{statistic.value:,f}"
