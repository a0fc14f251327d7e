"""What a number in a finished file may stand for: the figures of one audience, the department's, the population, the policy.

Looked up by address; nothing is read from the files that are proved, and nothing is judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipelines.figures import Category, Figure, Metric, PublicFigure
from pipelines.keeping import describe
from pipelines.publishing.binding import digest_address
from pipelines.publishing.book import PublishedStatistic
from pipelines.publishing.digits import read_stated, tell_numbers_apart
from pipelines.publishing.exact import show_exact
from pipelines.publishing.tables import address_statistic, write_statistic

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:\s?%)?|\[[cxz]\]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number or symbol in running text. `may_be_none`: a rule tells it apart (a date, an age), or it is a symbol, which
    the text may be explaining; it may stand for a figure, and need not."""

    text: str
    may_be_none: bool
    place: str = ""


@dataclass(frozen=True)
class Known:
    """The figures of one audience, of this edition and of those before it, and what else a number may stand for."""

    figures: Mapping[str, PublicFigure]
    statistics: Sequence[PublishedStatistic] = ()
    phrases: frozenset[str] = frozenset()
    """Labels, durations that definitions state, the rule of protection: their numbers belong to their words."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """What rates rest on and nobody counted here: the population, by its address."""
    settings: frozenset[str] = frozenset()
    """The settings of the policy, as text."""
    exact: Mapping[str, Figure] = field(default_factory=dict)
    """Restricted side: the figures with their numerators and denominators."""
    other_side: Mapping[str, PublicFigure] = field(default_factory=dict)
    """Restricted side: what the public sees of the same figures."""
    _numbers: dict[str, list[Number]] = field(default_factory=dict)
    _described: dict[str, str] = field(default_factory=dict)

    def numbers_in(self, text: str) -> list[Number]:
        """The numbers and symbols of a text, in order."""
        if text not in self._numbers:
            rest = tell_numbers_apart(text, self.phrases) if any(c.isdigit() for c in text) else text
            self._numbers[text] = [
                Number(write_plainly(found.group()), not any(c.isdigit() for c in rest[found.start() : found.end()]))
                for found in _NUMBER.finditer(text)
            ]
        return self._numbers[text]

    def resolve(self, address: str) -> str:
        """The address itself, or that of the figure whose digest it holds."""
        return self._digests.get(address, address)

    def describe(self, addresses: Iterable[str], names: Iterable[str]) -> str:
        """A hash of all by which a file is judged that speaks of these addresses and names, and of no other figure."""
        said = [f"{address} {self._describe_one(self.resolve(address))}" for address in addresses]
        return describe([said, [name in self.named for name in names], self._beside_figures])

    def _describe_one(self, address: str) -> str:
        if address not in self._described:
            exact = self.exact.get(address)
            parts = None if exact is None else (exact.numerator, exact.denominator)
            held = (self.figures.get(address), parts, self.other_side.get(address))
            self._described[address] = describe((address, held))
        return self._described[address]

    @cached_property
    def _beside_figures(self) -> str:
        return describe((self.statistics, self.phrases, self.bases, self.settings))

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {f"digest:{digest_address(address)}": address for address in (*self.figures, *self.quoted)}

    @cached_property
    def named(self) -> set[str]:
        """The metric, breakdown and category of every figure, joined by slashes."""
        return {address.split("/", 2)[2] for address in self.figures}

    @cached_property
    def quoted(self) -> dict[str, set[str]]:
        """What the department prints, by its address."""
        texts: dict[str, set[str]] = {}
        for statistic in self.statistics:
            texts.setdefault(address_statistic(statistic), set()).add(write_statistic(statistic))
        return texts

    @cached_property
    def quotable(self) -> set[tuple[str, str | None]]:
        """(value, text) of all that the department prints; (value, None) where a file gives the value alone."""
        pairs = [("" if s.value is None else f"{s.value:f}", write_statistic(s)) for s in self.statistics]
        return {*pairs, *((value, None) for value, _ in pairs)}


def find_numbers(text: str) -> list[str]:
    """Every number and symbol of a text, in order, whatever it stands for."""
    return [write_plainly(found.group()) for found in _NUMBER.finditer(text)]


def write_plainly(number: str) -> str:
    """A number as its figure is shown: no space before the sign of per cent, no line break within."""
    return re.sub(r"\s+", " ", number).replace(" %", "%").strip()


def collect_phrases(
    metrics: Iterable[Metric], categories: Iterable[Category], sayings: Iterable[str], threshold: int, base: int
) -> frozenset[str]:
    """The words whose numbers stand for nothing that was counted: labels, stated durations, how numbers are protected, what
    the relations say."""
    definitions = [text for metric in metrics for text in (metric.description, metric.label)]
    labels = [category.label for category in categories]
    stated = read_stated([*definitions, *labels])
    elapsed = {re.sub(r"^(\S+) (?=hours|days)", r"\1 elapsed ", words) for words in stated}
    protection = {f"1 to {threshold - 1}", f"nearest {base}", "shown as 0", "may be 0"}
    # A phrase is known up to its last letter: what follows is no part of a number.
    quoted = [*labels, *(re.sub(r"\W+$", "", each) for each in sayings)]
    return stated | elapsed | protection | {each.lower() for each in quoted if any(c.isdigit() for c in each)}


def address_population(authority: object, group: object, year_ending: object) -> str:
    """The address of a number of people that rates rest on."""
    return f"population/{authority}/{group}/{year_ending}"


def know(
    protected: Iterable[PublicFigure],
    exact: Iterable[Figure],
    *,
    metrics: Mapping[str, Metric],
    categories: Mapping[str, Sequence[Category]],
    statistics: Sequence[PublishedStatistic],
    population: Iterable[Mapping[str, Any]],
    policy: Mapping[str, Any],
    sayings: Iterable[str] = (),
) -> tuple[Known, Known]:
    """What the public side and what the restricted side may show. Both lists hold the figures of earlier editions too.
    `sayings` are the words of the relations between figures."""
    members = [category for each in categories.values() for category in each]
    exact = list(exact)
    public = {str(figure.key): figure for figure in protected}
    shared: dict[str, Any] = {
        "statistics": statistics,
        "phrases": collect_phrases(metrics.values(), members, sayings, policy["threshold"], policy["base"]),
        "bases": {
            address_population(row["authority"], row["group"], row["year_ending"]): str(row["population"])
            for row in population
        },
        "settings": frozenset(_list_settings(policy)),
    }
    restricted = {str(figure.key): figure for figure in show_exact(exact)}
    by_key = {str(figure.key): figure for figure in exact}
    return Known(public, **shared), Known(restricted, exact=by_key, other_side=public, **shared)


def _list_settings(policy: Any) -> Iterable[str]:
    """Every number and date of the policy, as text."""
    if isinstance(policy, Mapping):
        policy = list(policy.values())
    if isinstance(policy, list):
        for each in policy:
            yield from _list_settings(each)
    elif policy is not None:
        yield str(policy)
