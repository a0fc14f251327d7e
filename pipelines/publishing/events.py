"""What is marked on a line over editions: changes in what is recorded, and what was done. When, where it lies, in words.

Dates and wording only; the marks are drawn in `charts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import ascii_uppercase
from typing import Any

from markupsafe import Markup

from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.charts import Event
from pipelines.publishing.comparisons import Break, find_breaks
from pipelines.publishing.english import write_day


@dataclass(frozen=True, slots=True)
class Dated:
    """One thing that is marked: `letter` stands in the drawing and in the list under it."""

    letter: str
    date: str
    text: str
    is_break: bool

    @property
    def words(self) -> str:
        """E.g. `January 2017: The police ended absent as a category apart (recorded differently since)`."""
        return f"{write_day(self.date)}: {self.text}{' (recorded differently since)' if self.is_break else ''}"


def find_events(
    metric: Metric,
    figures: Sequence[PublicFigure],
    breaks: Iterable[Break],
    developments: Iterable[Mapping[str, Any]],
) -> list[Dated]:
    """The breaks that the line crosses and the developments meant to move the metric, by date, from first to last figure.

    A development of the day of a break is that break, and is told once.
    `figures` are of one metric over editions, oldest first. A development has `date`, `title` and `measure`.
    """
    first, last = figures[0], figures[-1]
    found = [(b.date, True, b.text) for b in find_breaks(breaks, metric, first, last)]
    told = {day for day, _, _ in found}
    found += [
        (str(d["date"]), False, str(d["title"]))
        for d in developments
        if d["measure"] == metric.metric_id
        and d["date"]
        and d["date"] not in told
        and first.period_start.isoformat() <= _first_day(str(d["date"])).isoformat() <= last.period_end.isoformat()
    ]
    ordered = sorted(found, key=lambda e: (_first_day(e[0]), not e[1], e[2]))
    return [
        Dated(letter, day, text, is_break)
        for letter, (day, is_break, text) in zip(ascii_uppercase, ordered, strict=False)
    ]


def place_events(events: Sequence[Dated], figures: Sequence[PublicFigure]) -> list[Event]:
    """Where each lies between the marks: 0 is the middle of the first period, 1 that of the second."""
    middles = [f.period_start.toordinal() / 2 + f.period_end.toordinal() / 2 for f in figures]
    return [Event(_place(_first_day(e.date).toordinal(), middles), e.letter, e.is_break) for e in events]


def _place(day: float, middles: Sequence[float]) -> float:
    before = sum(middle <= day for middle in middles) - 1
    left = min(max(before, 0), max(len(middles) - 2, 0))
    if len(middles) < 2:
        return 0.0
    return left + (day - middles[left]) / (middles[left + 1] - middles[left])


def _first_day(text: str) -> date:
    """`2015`, `2015-04` and `2015-04-01` as the first day that they can mean."""
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    return date(year, month, day)


def mark_up_events(events: Sequence[Dated]) -> Markup:
    """The list under the drawing; empty where nothing is marked."""
    if not events:
        return Markup("")
    items = Markup("").join(Markup("<li><b>{}</b> {}</li>").format(e.letter, e.words) for e in events)
    return Markup('<ul class="events">{}</ul>').format(items)
