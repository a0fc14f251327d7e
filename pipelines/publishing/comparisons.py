"""What two numbers that are shown can prove of each other: rose, fell, most, first; and the breaks between two editions.

A rounded number stands for every number that it may have been rounded from. Nothing is worded for a page here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, Literal

from pipelines.figures import Collection, FigureKey, Metric, PublicFigure
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.sentences import is_shown, is_zero

Direction = Literal["rose", "fell", "is about the same"]

SMALLEST_CHANGE = Decimal("0.05")
"""The smallest change that a page speaks of, as a part of the earlier number: a twentieth."""


@dataclass(frozen=True, slots=True)
class Break:
    """A date across which figures of some metrics do not compare. `date` is ISO, to the day, month or year."""

    date: str
    collection: Collection
    metrics: tuple[str, ...]
    text: str

    def concerns(self, metric: Metric) -> bool:
        """Whether it changes what the metric counts, or what it is worked out from."""
        return bool({metric.metric_id, metric.numerator, metric.denominator} & set(self.metrics))


def read_breaks(registers: Mapping[str, Any]) -> tuple[Break, ...]:
    """The breaks of the register of definitions, the oldest first; none where there is no such register."""
    entries = (registers.get("definitions") or {}).get("breaks", ())
    found = [
        Break(str(e["date"]), e["collection"], tuple(map(str, e["metrics"])), " ".join(str(e["text"]).split()))
        for e in entries
    ]
    return tuple(sorted(found, key=lambda b: (b.date, b.text)))


def find_breaks(breaks: Iterable[Break], metric: Metric, earlier: PublicFigure, later: PublicFigure) -> list[Break]:
    """The breaks that a comparison of two figures of the metric crosses: after the first began, before the second ended."""
    return [
        b
        for b in breaks
        if b.concerns(metric) and earlier.period_start.isoformat() < b.date <= later.period_end.isoformat()
    ]


def find_range(book: Book, figure: PublicFigure) -> tuple[Decimal, Decimal]:
    """The lowest and highest number that a shown figure can stand for. Raises ValueError where none is shown.

    A count may have been rounded by half the base either way; a nought is a nought. A rate or mean lies between its lowest
    count by its highest and the reverse.
    """
    if figure.value is None:
        raise ValueError("A number that is not shown has no range.")
    metric = book.metric(figure.key.metric_id)
    if metric.kind == "count":
        return _around(figure.value, Decimal(book.base) / 2 if book.base > 1 and figure.value else Decimal(0))
    parts = _parts_of(book, metric, figure.key)
    if parts is None:
        exponent = figure.value.as_tuple().exponent
        return _around(figure.value, Decimal(1).scaleb(int(exponent)) / 2)
    (least, most), (smallest, largest) = (find_range(book, part) for part in parts)
    if smallest <= 0:
        return figure.value, figure.value
    return least / largest * metric.scale, most / smallest * metric.scale


def _around(value: Decimal, half: Decimal) -> tuple[Decimal, Decimal]:
    return max(Decimal(0), value - half), value + half


def _parts_of(book: Book, metric: Metric, key: FigureKey) -> tuple[PublicFigure, PublicFigure] | None:
    """The two counts that a rate or mean divides, where both are shown."""
    found = []
    for metric_id in (metric.numerator, metric.denominator):
        if metric_id not in book.metrics or metric_id is None:
            return None
        try:
            found.append(book.figure(metric_id, key.authority, key.breakdown, key.category))
        except UnknownCitation:
            return None
    return (found[0], found[1]) if all(map(is_shown, found)) else None


def find_direction(earlier: Book, before: PublicFigure, later: Book, now: PublicFigure) -> Direction | None:
    """Which way a number went between two editions; None where either is not shown.

    It is about the same where rounding alone can explain the difference, and where that is less than SMALLEST_CHANGE.
    """
    if before.value is None or now.value is None:
        return None
    (low, high), (lowest, highest) = find_range(earlier, before), find_range(later, now)
    apart = lowest > high or highest < low
    if not apart or abs(now.value - before.value) < SMALLEST_CHANGE * before.value:
        return "is about the same"
    return "rose" if now.value > before.value else "fell"


def is_most(book: Book, part: PublicFigure, whole: PublicFigure) -> bool:
    """Whether the part is more than half of the whole, whatever was rounded."""
    if not is_shown(part) or not is_shown(whole):
        return False
    return find_range(book, part)[0] > find_range(book, whole)[1] / 2


def is_part_of(book: Book, part: PublicFigure, whole: PublicFigure, share: Fraction) -> bool:
    """Whether the part is that share of the whole or more, whatever was rounded."""
    if not is_shown(part) or not is_shown(whole) or is_zero(part):
        return False
    return Fraction(find_range(book, part)[0]) >= share * Fraction(find_range(book, whole)[1])


def is_below(book: Book, figure: PublicFigure, goal: Decimal) -> bool | None:
    """Whether the number is below a goal, whatever was rounded; None where that is open or no number is shown."""
    if not is_shown(figure):
        return None
    low, high = find_range(book, figure)
    return True if high < goal else False if low >= goal else None


def is_certainly_more(book: Book, first: PublicFigure, second: PublicFigure) -> bool:
    """Whether the first number is the larger, whatever was rounded."""
    if not is_shown(first) or not is_shown(second):
        return False
    low, high = find_range(book, first)[0], find_range(book, second)[1]
    if {book.metric(figure.key.metric_id).kind for figure in (first, second)} == {"count"}:
        low, high = low.to_integral_value(ROUND_CEILING), high.to_integral_value(ROUND_FLOOR)
    return low > high


def is_first_time(earlier: Sequence[PublicFigure], now: PublicFigure) -> bool:
    """Whether something is counted now that every earlier edition, one at least, counted as nought."""
    return bool(earlier) and all(map(is_zero, earlier)) and is_shown(now) and not is_zero(now)


def is_highest(books: Sequence[Book], figures: Sequence[PublicFigure], *, lowest: bool = False) -> bool:
    """Whether the last of at least three figures, each of its book, is above all others, or below them, for certain."""
    if len(figures) < 3 or not all(map(is_shown, figures)):
        return False
    ways = [
        find_direction(book, figure, books[-1], figures[-1])
        for book, figure in zip(books[:-1], figures[:-1], strict=True)
    ]
    return set(ways) == {"fell" if lowest else "rose"}
