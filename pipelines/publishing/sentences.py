"""What figures that may be shown say by themselves: whether a number is shown, is nought, changed, is the largest.

Each rule claims no more than the figures shown can prove. Titles are made in `findings`, no markup here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.book import Book, Member
from pipelines.publishing.english import write_list

Change = Literal["rose", "fell", "did not change"]
NOT_KNOWN, OTHER = "not_known", "other"


def is_shown(figure: PublicFigure) -> bool:
    """Whether a number is shown, zero included."""
    return figure.status == "published" and figure.value is not None


def is_zero(figure: PublicFigure) -> bool:
    """Whether the number shown is zero; never true of a hidden one."""
    return is_shown(figure) and figure.value == 0


def say_what_is_missing(metric: Metric) -> str:
    """Which lists a metric takes, as a sentence without a full stop, where they were not given: one of several is enough."""
    needs = [need.replace("_", " ") for need in metric.needs]
    if len(needs) == 1:
        return f"it takes the list of {needs[0]}, which was not given"
    return f"it takes the lists of {write_list(needs)}, which were not given together"


def compare(earlier: PublicFigure | None, later: PublicFigure) -> Change | None:
    """The direction between two editions; None where either number is not shown."""
    if earlier is None or earlier.value is None or later.value is None:
        return None
    if later.value == earlier.value:
        return "did not change"
    return "rose" if later.value > earlier.value else "fell"


def find_largest(book: Book, metric_id: str, by: str) -> Member | None:
    """The category that is certainly the largest of a count, by what is shown; None where that is open.

    It is open on a tie, where most are not known or other, and where hidden numbers could be larger: a hidden number can be any
    that the total leaves over.
    """
    members = book.series(metric_id, by)
    known = [m for m in members if m.category != NOT_KNOWN and m.figure.value]
    if book.metric(metric_id).kind != "count" or not known:
        return None
    ranked = sorted(known, key=value_of, reverse=True)
    first = ranked[0]
    if first.category == OTHER:
        return None
    if len(ranked) > 1 and value_of(ranked[1]) == value_of(first):
        return None
    if any(m.category == NOT_KNOWN and value_of(m) >= value_of(first) for m in members):
        return None
    hidden = any(m.figure.status == "suppressed" for m in members)
    if hidden and _left_over(book, metric_id, by, members) >= value_of(first):
        return None
    return first


def _left_over(book: Book, metric_id: str, by: str, members: Sequence[Member]) -> Decimal:
    """The most that one hidden category can be: what the total leaves over, and what rounding can have taken away."""
    total = book.figure(metric_id).value
    if total is None or by in book.metric(metric_id).overlapping:
        return Decimal("Infinity")
    shown = [value_of(m) for m in members if is_shown(m.figure)]
    return total - sum(shown, Decimal(0)) + Decimal(book.base) / 2 * (len(shown) + 1)


def value_of(member: Member) -> Decimal:
    """The number of a category, below nought where none is shown: to sort by."""
    return member.figure.value if member.figure.value is not None else Decimal(-1)
