"""The finding of a breakdown as one sentence: the title of its chart. Words and figures, no markup and no drawing.

A title claims no more than the numbers shown can prove, whatever was rounded or hidden.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.book import Book, Member
from pipelines.publishing.comparisons import is_most
from pipelines.publishing.dimensions import DIMENSIONS, phrase_of, predicate_of
from pipelines.publishing.english import lower_first, write_list
from pipelines.publishing.markup import Part
from pipelines.publishing.sentences import NOT_KNOWN, OTHER, find_largest, is_shown, is_zero, value_of


def find_headline(book: Book, metric_id: str, by: str) -> tuple[Part, ...]:
    """The finding of one breakdown as a sentence without its full stop."""
    metric = book.metric(metric_id)
    members = book.series(metric_id, by)
    total = book.figure(metric_id)
    if total.status == "not_available" or all(m.figure.status == "not_available" for m in members):
        return (f"{name_of(metric)}: not available for this edition",)
    if is_zero(total) or all(is_zero(m.figure) for m in members):
        return (f"{name_of(metric)}: none",)
    if not any(is_shown(m.figure) and m.figure.value for m in members):
        return (f"{name_of(metric)} by {phrase_of(by)}: too few to show",)
    if metric.kind != "count":
        return _list_members(metric, by, members)
    if by == "sex" and (sentence := _compare_sexes(book, metric, members, total)):
        return sentence
    focus = DIMENSIONS[by].focus if by in DIMENSIONS else None
    part = next((m for m in members if m.category == focus and is_shown(m.figure)), None)
    if part is not None and is_shown(total):
        return _say(metric, by, part, total)
    return _find_largest(book, metric, by, members, total)


def name_of(metric: Metric) -> str:
    """The label of a metric, as a title begins with it: without what only tells it from another in a list."""
    return metric.label.removesuffix(", rate")


def subject_of(metric: Metric) -> str:
    """The things counted, as a sentence speaks of them, e.g. `episodes`, `missing episodes`."""
    return lower_first(name_of(metric).removesuffix(" reported").removesuffix(" of children missing education"))


def _say(metric: Metric, by: str, member: Member, total: PublicFigure) -> tuple[Part, ...]:
    """E.g. `265 of 530 episodes reported involved looked-after children`."""
    before: tuple[Part, ...] = (member.figure, " of ", total) if is_shown(total) else (member.figure,)
    return (*before, f" {subject_of(metric)} {_predicate(metric, by, member)}")


def _predicate(metric: Metric, by: str, member: Member) -> str:
    """What is said of the things in a category; of a breakdown by two things, of both."""
    names, categories = by.split("/"), member.category.split("/")
    labels = member.label.split(", ") if len(names) > 1 else [member.label]
    said = [
        predicate_of(name, category, lower_first(label), of_children=metric.unit == "children")
        for name, category, label in zip(names, categories, labels, strict=True)
    ]
    text = " and ".join(said)
    return text.replace("began in", "were made in") if metric.unit == "referrals" else text


def _find_largest(
    book: Book, metric: Metric, by: str, members: Sequence[Member], total: PublicFigure
) -> tuple[Part, ...]:
    """What holds of most; else what is the largest for certain; else what is the largest of those shown."""
    known = [m for m in members if m.category != NOT_KNOWN and m.figure.value]
    subject = subject_of(metric)
    if (unknown := next((m for m in members if m.category == NOT_KNOWN), None)) and is_most(
        book, unknown.figure, total
    ):
        return (f"For most {subject}, {phrase_of(by)} is not known: ", unknown.figure, " of ", total)
    if not known:
        return (f"{name_of(metric)} by {phrase_of(by)}: too few to show",)
    first = max(known, key=value_of)
    dimension = DIMENSIONS.get(by)
    superlative = dimension.superlative if dimension else None
    if is_most(book, first.figure, total) and superlative is None and by not in metric.overlapping:
        return (f"Most {subject} {_predicate(metric, by, first)}: ", first.figure, " of ", total)
    ties = [m for m in known if value_of(m) == value_of(first)]
    if len(ties) == len(known) > 3:
        return (f"{name_of(metric)} by {phrase_of(by)}: none stands out",)
    if len(ties) > 1:
        is_settled = not any(m.figure.status == "suppressed" for m in members)
        is_settled = is_settled and not any(t.category == OTHER for t in ties)
        return _say_tie(metric, ties, superlative if is_settled else None, total)
    if find_largest(book, metric.metric_id, by) is None or dimension is None:
        return _say(metric, by, first, total)
    if superlative:
        return (f"{first.label} was the {superlative[0]}: ", *_of_total(first, total), f" {metric.unit}")
    return (
        f"More {subject} {_predicate(metric, by, first)} than {dimension.rest}: ",
        *_of_total(first, total),
        *(() if is_shown(total) else (f" {metric.unit}",)),
    )


def _say_tie(
    metric: Metric, ties: Sequence[Member], superlative: tuple[str, str] | None, total: PublicFigure
) -> tuple[Part, ...]:
    """Two or more that are alike, as far as rounded numbers can tell."""
    labels = write_list([t.label if i == 0 else lower_first(t.label) for i, t in enumerate(ties)])
    verb = f" were the {superlative[1]}" if superlative else ""
    return (f"{labels}{verb}: ", *_of_total(ties[0], total), f" {metric.unit} each")


def _of_total(member: Member, total: PublicFigure) -> tuple[Part, ...]:
    return (member.figure, " of ", total) if is_shown(total) else (member.figure,)


def _compare_sexes(
    book: Book, metric: Metric, members: Sequence[Member], total: PublicFigure
) -> tuple[Part, ...] | None:
    sexes = sorted((m for m in members if m.category in ("female", "male") and is_shown(m.figure)), key=value_of)
    if len(sexes) < 2 or value_of(sexes[0]) == value_of(sexes[1]):
        return None
    if is_most(book, sexes[1].figure, total):
        predicate = _predicate(metric, "sex", sexes[1])
        return (f"Most {subject_of(metric)} {predicate}: ", sexes[1].figure, " of ", total)
    fewer, more = (lower_first(m.label) for m in sexes)
    if metric.unit == "children":
        unit = " children" if is_shown(total) else f" {more}"
        return (f"More {more} than {fewer}: ", *_of_total(sexes[1], total), unit)
    return (f"More {metric.unit} of {more} than of {fewer}: ", *_of_total(sexes[1], total))


_GROUPS = {"looked_after": "for looked-after children", "not_looked_after": "for others"}


def _list_members(metric: Metric, by: str, members: Sequence[Member]) -> tuple[Part, ...]:
    """A rate, mean or median has no parts that add up: its values side by side, or the highest of many."""
    shown = [m for m in members if is_shown(m.figure)]
    if len(shown) > 3:
        top = max(shown, key=value_of)
        return (f"{name_of(metric)}: highest for {lower_first(top.label)}, ", top.figure)
    unit = f" {metric.unit}" if metric.kind == "median" else ""
    parts: list[Part] = [f"{name_of(metric)}: "]
    for place, member in enumerate(shown):
        words = _GROUPS.get(member.category) if by == "looked_after_status" else None
        parts += [", " if place else "", member.figure, unit, " ", words or f"for {lower_first(member.label)}"]
    return tuple(part for part in parts if part != "")
