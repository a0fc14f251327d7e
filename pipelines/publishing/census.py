"""The department's census of children missing education beside our own count at the end of the same day.

Pairs the two by day and arranges them in a table. Nothing is counted here, and a day that nobody counted stays empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book, PublishedStatistic
from pipelines.publishing.department import (
    Published,
    mark_up_published_symbols,
    mark_up_titles,
    write_releases,
    write_year,
)
from pipelines.publishing.english import write_date
from pipelines.publishing.markup import mark_up_figure
from pipelines.publishing.tables import mark_up_statistic, mark_up_table

TERMS = ("autumn", "spring", "summer")
"""The terms in the order of a school year."""


@dataclass(frozen=True, slots=True)
class CensusDay:
    """One count of the department and, where an edition counted the same day, ours."""

    term: str
    theirs: PublishedStatistic
    ours: PublicFigure | None
    day: date | None


def find_days(published: Published, book: Book, metric_id: str) -> list[CensusDay]:
    """The department's counts of the area, the earliest first, each with ours of a day in the same term and school year."""
    counted = {_term_of(day): (day, figure) for day, figure in book.on_days(metric_id).items()}
    found = []
    for place, term in enumerate(TERMS):
        for theirs in published.own(f"missing_education_{term}_term"):
            day, ours = counted.get((theirs.year_ending.year, term), (None, None))
            found.append((theirs.year_ending, place, CensusDay(term, theirs, ours, day)))
    return [row for _, _, row in sorted(found, key=lambda entry: entry[:2])]


def mark_up_days(rows: Sequence[CensusDay], book: Book) -> Markup:
    """The table: the term and its day, the department's number with its release, ours with the edition that counted it."""
    cells: list[list[Markup | str]] = [
        [
            _name(row),
            mark_up_statistic(row.theirs),
            write_releases([row.theirs]),
            "not counted" if row.ours is None else mark_up_figure(row.ours),
            "none" if row.ours is None else row.ours.key.edition,
        ]
        for row in rows
    ]
    heads = ["Day of the count", "The department", "Release", "Ours at the end of the day", "Our edition"]
    caption = f"Children missing education in {book.place} on the days of the department's census"
    theirs = [row.theirs for row in rows]
    return (
        mark_up_table(caption, heads, cells, total=False) + mark_up_published_symbols(theirs) + mark_up_titles(theirs)
    )


def _name(row: CensusDay) -> str:
    """`6 October 2022`, or `Autumn term, 2022 to 2023` where the day is not known here."""
    if row.day is not None:
        return write_date(row.day)
    return f"{row.term.capitalize()} term, {write_year(row.theirs.measure, row.theirs.year_ending)}"


def _term_of(day: date) -> tuple[int, str]:
    """The year in which the school year of a day ends, and the term: those by which figures are counted, from dbt's macro."""
    term = "autumn" if day.month >= 9 else "spring" if day.month <= 3 else "summer"
    return day.year + (day.month >= 9), term
