"""Statements made by rule from figures that may be shown: what changed, what is largest, what a chart finds.

Each rule claims no more than the figures shown can prove. No markup and no drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.book import Book, Member
from pipelines.publishing.dimensions import DIMENSIONS
from pipelines.publishing.english import lower_first, write_list
from pipelines.publishing.markup import Part

Change = Literal["rose", "fell", "did not change"]
NOT_KNOWN, OTHER = "not_known", "other"


def is_shown(figure: PublicFigure) -> bool:
    """Whether a number is shown, zero included."""
    return figure.status == "published" and figure.value is not None


def is_zero(figure: PublicFigure) -> bool:
    """Whether the number shown is zero; never true of a hidden one."""
    return is_shown(figure) and figure.value == 0


def is_more(first: PublicFigure, second: PublicFigure) -> bool:
    """Whether both numbers are shown and the first is larger."""
    return first.value is not None and second.value is not None and first.value > second.value


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
    ranked = sorted(known, key=_value, reverse=True)
    first = ranked[0]
    if first.category == OTHER:
        return None
    if len(ranked) > 1 and _value(ranked[1]) == _value(first):
        return None
    if any(m.category == NOT_KNOWN and _value(m) >= _value(first) for m in members):
        return None
    hidden = any(m.figure.status == "suppressed" for m in members)
    if hidden and _left_over(book, metric_id, by, members) >= _value(first):
        return None
    return first


def _left_over(book: Book, metric_id: str, by: str, members: Sequence[Member]) -> Decimal:
    """The most that one hidden category can be: what the total leaves over, and what rounding can have taken away."""
    total = book.figure(metric_id).value
    if total is None or by in book.metric(metric_id).overlapping:
        return Decimal("Infinity")
    shown = [_value(m) for m in members if is_shown(m.figure)]
    return total - sum(shown, Decimal(0)) + Decimal(book.base) / 2 * (len(shown) + 1)


def _value(member: Member) -> Decimal:
    return member.figure.value if member.figure.value is not None else Decimal(-1)


def find_headline(book: Book, metric_id: str, by: str) -> tuple[Part, ...]:
    """The finding of one breakdown as a sentence without its full stop: the title of its chart."""
    metric = book.metric(metric_id)
    members = book.series(metric_id, by)
    total = book.figure(metric_id)
    if total.status == "not_available" or all(m.figure.status == "not_available" for m in members):
        return (f"{metric.label}: not available for this edition",)
    if is_zero(total) or all(is_zero(m.figure) for m in members):
        return (f"{metric.label}: none",)
    if not any(is_shown(m.figure) for m in members):
        return (f"{metric.label}: the numbers are too small to show",)
    if metric.kind != "count":
        return _list_members(metric, members)
    if by == "sex" and (sentence := _compare_sexes(metric, members, total)):
        return sentence
    if by in DIMENSIONS and (focus := DIMENSIONS[by].focus) and is_shown(total):
        part = next((m.figure for m in members if m.category == focus.category), None)
        if part is not None and is_shown(part):
            words = focus.of_children if metric.unit == "children" else focus.of_others
            return (f"{metric.label}: ", part, " of ", total, f" {words}")
    largest = find_largest(book, metric_id, by)
    superlative = DIMENSIONS[by].largest if by in DIMENSIONS else None
    if largest is None:
        return _open_headline(metric, members, total)
    if superlative is None:
        return (f"{largest.label}: ", *_of_total(largest, total), f" {metric.unit}")
    return (f"{largest.label} is the {superlative}: ", *_of_total(largest, total), f" {metric.unit}")


def _of_total(member: Member, total: PublicFigure) -> tuple[Part, ...]:
    return (member.figure, " of ", total) if is_shown(total) else (member.figure,)


def _compare_sexes(metric: Metric, members: Sequence[Member], total: PublicFigure) -> tuple[Part, ...] | None:
    sexes = sorted((m for m in members if m.category in ("female", "male") and is_shown(m.figure)), key=_value)
    if len(sexes) < 2 or _value(sexes[0]) == _value(sexes[1]):
        return None
    fewer, more = (lower_first(m.label) for m in sexes)
    if metric.unit == "children":
        return (f"More {more} than {fewer}: ", *_of_total(sexes[1], total), " children")
    return (f"More {metric.unit} of {more} than of {fewer}: ", *_of_total(sexes[1], total))


def _list_members(metric: Metric, members: Sequence[Member]) -> tuple[Part, ...]:
    shown = [m for m in members if is_shown(m.figure)]
    if len(shown) > 3:
        shown = [max(shown, key=_value)]
        return (f"{metric.label}: highest for {lower_first(shown[0].label)}, ", shown[0].figure)
    parts: list[Part] = [f"{metric.label}: "]
    for place, member in enumerate(shown):
        parts += [", " if place else "", f"{lower_first(member.label)} ", member.figure]
    return tuple(parts)


def _open_headline(metric: Metric, members: Sequence[Member], total: PublicFigure) -> tuple[Part, ...]:
    """Where no category is certainly the largest: the tie, or the largest of those shown."""
    known = [m for m in members if m.category != NOT_KNOWN and m.figure.value]
    if not known and any(m.figure.status == "suppressed" for m in members):
        return (f"{metric.label}: the numbers are too small to show",)
    if not known:
        return (f"{metric.label}: not recorded in detail",)
    top = max(map(_value, known))
    ties = [m for m in known if _value(m) == top]
    if len(ties) == len(known) > 3:
        return (f"{metric.label}: no group stands out",)
    if len(ties) > 1:
        return (
            f"{write_list([t.label if i == 0 else lower_first(t.label) for i, t in enumerate(ties)])}: ",
            ties[0].figure,
            " each",
        )
    if ties[0].category == OTHER:
        return ("Other is recorded most often: ", *_of_total(ties[0], total), f" {metric.unit}")
    label = lower_first(ties[0].label)
    return (f"The largest number shown is for {label}: ", *_of_total(ties[0], total), f" {metric.unit}")
