"""Questions that the board may want to ask: chosen for each page by stated rules, from figures that may be shown.

The rules are here, the questions in the register `questions`. A rule claims no more than the figures shown can prove.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.comparisons import (
    Break,
    find_breaks,
    find_direction,
    is_below,
    is_certainly_more,
    is_part_of,
    read_breaks,
)
from pipelines.publishing.english import lower_first, write_day
from pipelines.publishing.sentences import NOT_KNOWN, find_largest, is_shown, is_zero

EACH_PAGE = 3
"""How many questions a page has, where the register has as many that apply."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the board, and the rule by which it was chosen, in words without a full stop."""

    text: str
    because: str


def choose_questions(book: Book, registers: Mapping[str, Any], page: str) -> list[Question]:
    """The first three questions of the page, in the order of the register, whose rule holds for this edition.

    `registers` holds `questions`, and what the rules about promises and definitions read: `outcomes`, `definitions`.
    Raises UnknownCitation for a rule that does not exist, or that names an unknown metric or breakdown.
    """
    found: list[Question] = []
    for entry in registers.get("questions") or ():
        if len(found) == EACH_PAGE:
            break
        if entry["page"] == page and (question := _ask(book, registers, entry)) is not None:
            found.append(question)
    return found


def _ask(book: Book, registers: Mapping[str, Any], entry: Mapping[str, Any]) -> Question | None:
    rule = entry["rule"]
    if rule not in RULES:
        raise UnknownCitation(f'There is no rule "{rule}" for a question. There are: {", ".join(RULES)}.')
    try:
        reason = RULES[rule](_Case(book, registers, entry))
        if reason is None:
            return None
        words = {"previous": book.previous.edition.name if book.previous else "", "place": book.place, **reason.words}
        return Question(entry["ask"].format_map(words), reason.because)
    except KeyError as missing:
        raise UnknownCitation(
            f'A question of {entry["page"]} by the rule "{rule}" lacks or does not know {missing}: '
            "see the head of docs/registers/questions.yml"
        ) from None


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a question is asked, and what its text may name."""

    because: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Case:
    """One entry of the register with what its rule may read."""

    book: Book
    registers: Mapping[str, Any]
    entry: Mapping[str, Any]

    @property
    def metric_id(self) -> str:
        return str(self.entry["metric"])

    @property
    def by(self) -> str:
        return str(self.entry["by"])

    @property
    def figure(self) -> PublicFigure:
        return self.book.figure_of(self.metric_id, self.entry.get("category", {}))

    @property
    def name(self) -> str:
        """What the figure is called in a reason."""
        label = self.book.metric(self.metric_id).label
        if not self.entry.get("category", {}):
            return label
        breakdown, category = self.book.breakdown_of(self.metric_id, self.entry.get("category", {}))
        return f"{label}, {lower_first(self.book.label_of(self.metric_id, breakdown, category))}"

    def because(self, words: str, **named: str) -> _Reason:
        return _Reason(f"{self.name}: {words}", named)


def _ask_always(_: _Case) -> _Reason:
    return _Reason("asked of every edition", {})


def _ask_if_not_available(case: _Case) -> _Reason | None:
    return case.because("not available for this edition") if case.figure.status == "not_available" else None


def _ask_if_available(case: _Case) -> _Reason | None:
    return case.because("counted in this edition") if case.figure.status != "not_available" else None


def _ask_if_hidden(case: _Case) -> _Reason | None:
    return case.because("the number is hidden") if case.figure.status == "suppressed" else None


def _ask_if_many_hidden(case: _Case) -> _Reason | None:
    """At least half of the categories of a breakdown are hidden."""
    members = case.book.series(case.metric_id, case.by)
    hidden = sum(m.figure.status == "suppressed" for m in members)
    return case.because("half or more of the numbers are hidden") if 2 * hidden >= len(members) else None


def _ask_if_not_recorded(case: _Case) -> _Reason | None:
    """For at least a tenth of what is counted, the category is not known."""
    members = case.book.series(case.metric_id, case.by)
    unknown = next((m.figure for m in members if m.category == NOT_KNOWN), None)
    if unknown is None or not is_part_of(case.book, unknown, case.book.figure(case.metric_id), Fraction(1, 10)):
        return None
    return case.because("a tenth or more is not recorded")


def _ask_if_changed(wanted: str) -> Callable[[_Case], _Reason | None]:
    def ask(case: _Case) -> _Reason | None:
        if find_break(case.book, case.registers, case.metric_id) is not None:
            return None
        previous, before = case.book.previous, _earlier(case)
        if previous is None or before is None:
            return None
        change = find_direction(previous, before, case.book, case.figure)
        if change != wanted:
            return None
        return case.because(f"{change} since the {previous.edition.name} edition")

    return ask


def _ask_if_break(case: _Case) -> _Reason | None:
    """What the metric counts changed between the edition before and this one."""
    crossed = find_break(case.book, case.registers, case.metric_id)
    if crossed is None:
        return None
    text, day = lower_first(crossed.text), write_day(crossed.date)
    return case.because(f"what is recorded changed, {day}", change=text, date=day)


def _ask_if_below(case: _Case) -> _Reason | None:
    return (
        case.because("below the target") if is_below(case.book, case.figure, Decimal(str(case.entry["goal"]))) else None
    )


def _ask_if_zero(case: _Case) -> _Reason | None:
    return case.because("none") if is_zero(case.figure) else None


def _ask_if_some(case: _Case) -> _Reason | None:
    """The number is shown and not none. Of a hidden number nothing is claimed: it may be hidden for the sake of another."""
    return case.because("not none") if is_shown(case.figure) and not is_zero(case.figure) else None


def _ask_if_more(case: _Case) -> _Reason | None:
    """Certainly more of this than of another metric."""
    other = case.book.figure(case.entry["than"])
    if not is_certainly_more(case.book, case.figure, other):
        return None
    return case.because(f"more than {lower_first(case.book.metric(case.entry['than']).label)}")


def _ask_if_large_part(case: _Case) -> _Reason | None:
    """A category certainly makes up a third of its total or more."""
    if not is_part_of(case.book, case.figure, case.book.figure(case.metric_id), Fraction(1, 3)):
        return None
    return case.because("a third or more of the total")


def _ask_about_largest(case: _Case) -> _Reason | None:
    largest = find_largest(case.book, case.metric_id, case.by)
    if largest is None:
        return None
    label = lower_first(largest.label)
    return case.because(f"{label} is the largest number", largest=label)


def _ask_if_published_by_the_department(case: _Case) -> _Reason | None:
    given = any(s.authority == case.book.authority for s in case.book.published_statistics)
    return _Reason("the department publishes figures for the area", {}) if given else None


def _ask_if_no_owner(case: _Case) -> _Reason | None:
    return _because_of_promises(
        case, "an action has no named owner", lambda o: any(not a["owner"] for a in o["actions"])
    )


def _ask_if_no_measure(case: _Case) -> _Reason | None:
    return _because_of_promises(case, "a part of an outcome has no measure", lambda o: bool(o["no_measure"]))


def _ask_if_late(case: _Case) -> _Reason | None:
    return _because_of_promises(case, "an action is late", lambda o: any(a["status"] == "late" for a in o["actions"]))


def _ask_if_no_evidence(case: _Case) -> _Reason | None:
    return _because_of_promises(
        case,
        "an action is reported done, without evidence",
        lambda o: any(a["status"] == "done" and not a["evidence"] for a in o["actions"]),
    )


def _because_of_promises(case: _Case, words: str, holds: Callable[[Mapping[str, Any]], bool]) -> _Reason | None:
    outcomes = (case.registers.get("outcomes") or {}).get("listed", ())
    first = next((outcome for outcome in outcomes if holds(outcome)), None)
    return None if first is None else _Reason(f"{first['title']}: {words}", {"outcome": str(first["title"])})


RULES: dict[str, Callable[[_Case], _Reason | None]] = {
    "always": _ask_always,
    "not_available": _ask_if_not_available,
    "available": _ask_if_available,
    "hidden": _ask_if_hidden,
    "many_hidden": _ask_if_many_hidden,
    "not_recorded": _ask_if_not_recorded,
    "rose": _ask_if_changed("rose"),
    "fell": _ask_if_changed("fell"),
    "definition_changed": _ask_if_break,
    "below": _ask_if_below,
    "zero": _ask_if_zero,
    "some": _ask_if_some,
    "more": _ask_if_more,
    "large_part": _ask_if_large_part,
    "largest": _ask_about_largest,
    "department": _ask_if_published_by_the_department,
    "no_owner": _ask_if_no_owner,
    "no_measure": _ask_if_no_measure,
    "late": _ask_if_late,
    "no_evidence": _ask_if_no_evidence,
}
"""Each rule gives its reason, or None where it does not hold. What each needs is said in the register."""


def find_break(book: Book, registers: Mapping[str, Any], metric_id: str) -> Break | None:
    """The change of definition of this metric between the edition before and this one, where there was any."""
    if book.previous is None:
        return None
    now = book.figure(metric_id)
    with suppress(UnknownCitation):
        found = find_breaks(read_breaks(registers), book.metric(metric_id), book.previous.figure(metric_id), now)
        return found[0] if found else None
    return None


def _earlier(case: _Case) -> PublicFigure | None:
    if case.book.previous is None:
        return None
    try:
        return case.book.previous.figure_of(case.metric_id, case.entry.get("category", {}))
    except UnknownCitation:
        return None
