"""Answers to what people ask year after year: sentences of the register `requests`, each said where its rule holds of its figure.

Chooses and fills in; how a figure is shown is the caller's, a page's or a paper's. The questions are in the register.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.digits import find_typed_figures, read_stated
from pipelines.publishing.sentences import is_shown, is_zero, say_what_is_missing

RULES: Mapping[str, Callable[[PublicFigure], bool]] = {
    "available": lambda figure: figure.status != "not_available",
    "not_available": lambda figure: figure.status == "not_available",
    "zero": is_zero,
    "some": lambda figure: is_shown(figure) and not is_zero(figure),
    "hidden": lambda figure: figure.status == "suppressed",
}
"""When a sentence is said. What each means is written at the head of the register."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A breakdown of a metric that belongs to an answer."""

    metric: str
    by: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer. `parts` are the words and, between them, the figures as the caller shows them."""

    ask: str
    parts: tuple[str, ...]
    tables: tuple[Cut, ...]
    metrics: tuple[str, ...]
    """What its figures count, for their definitions."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Questions on one matter."""

    title: str
    answers: tuple[Answer, ...]


def answer_requests(
    book: Book, themes: Sequence[Mapping[str, Any]], show: Callable[[str, Mapping[str, str]], str]
) -> list[Theme]:
    """Every question with its answer for this edition; `show` gives the text of a figure by metric and categories.

    Raises UnknownCitation naming the question for an unknown rule, figure or metric, or for a digit where a figure belongs.
    """
    stated = read_stated(text for metric in book.metrics.values() for text in (metric.description, metric.label))
    found = []
    for theme in themes:
        answers = []
        for entry in theme["questions"]:
            try:
                answers.append(_answer(book, entry, show, stated))
            except (KeyError, ValueError, UnknownCitation) as fault:
                raise UnknownCitation(f"docs/registers/requests.yml, “{entry.get('ask', '')}”: {fault}") from None
        found.append(Theme(str(theme["theme"]), tuple(answers)))
    return found


def _answer(book: Book, entry: Mapping[str, Any], show: Callable[[str, Mapping[str, str]], str], stated: Any) -> Answer:
    figures = {
        name: (str(figure["metric"]), {str(k): str(v) for k, v in figure["category"].items()})
        for name, figure in entry["figures"].items()
    }
    metrics = tuple(dict.fromkeys(metric for metric, _ in figures.values()))
    first = book.metric(metrics[0])
    if book.figure(first.metric_id).status == "not_available":
        what = say_what_is_missing(first)
        words = f"The council does not hold this for the {book.edition.name} edition: {what}."
        return Answer(str(entry["ask"]), (words,), (), metrics)
    parts: list[str] = []
    for sentence in entry["answers"]:
        _refuse_digits(sentence["say"], stated)
        metric, cuts = figures[sentence["of"]]
        if sentence["rule"] not in RULES:
            raise UnknownCitation(f'there is no rule "{sentence["rule"]}"; there are {", ".join(RULES)}')
        named = [name for _, name, _, _ in Formatter().parse(sentence["say"]) if name]
        given = all(book.figure_of(*figures[name]).status != "not_available" for name in named)
        if given and RULES[sentence["rule"]](book.figure_of(metric, cuts)):
            parts += [" "] if parts else []
            for words, name, _, _ in Formatter().parse(sentence["say"]):
                parts += [words] if words else []
                parts += [show(*figures[name])] if name else []
    tables = tuple(Cut(str(table["metric"]), str(table["by"])) for table in entry["tables"])
    shown = [cut for cut in tables if book.figure(cut.metric).status != "not_available"]
    return Answer(str(entry["ask"]), tuple(parts), tuple(shown), metrics)


def _refuse_digits(say: str, stated: Any) -> None:
    for typed in find_typed_figures(say, stated):
        raise UnknownCitation(f"the number {typed.text} is typed where a figure belongs: name the figure in braces")
