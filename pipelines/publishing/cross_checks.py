"""Our figures beside what the SSDA903 return and Ofsted's Annex A count: each pair compared, in a word.

What each list counts and why the two differ is in the register `inspection`. Restricted side only: the figures are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book, PublishedStatistic, UnknownCitation
from pipelines.publishing.department import MEASURES, Published
from pipelines.publishing.sentences import is_shown


@dataclass(frozen=True, slots=True)
class Check:
    """One pair. `found` is the comparison in words, `why` what may make the two differ."""

    counts: str
    metric: str
    cuts: Mapping[str, str]
    measure: str | None
    statistic: PublishedStatistic | None
    found: str
    why: str


def find_checks(book: Book, entries: Sequence[Mapping[str, Any]], name: str) -> list[Check]:
    """The pairs of one list (`ssda903`, `annex_a`), in the order of the register.

    The department's value is that of the year that ends with our period, and its latest release. Raises UnknownCitation for a
    list, figure or measure that does not exist.
    """
    chosen = [entry for entry in entries if entry["list"] == name]
    if not chosen:
        raise UnknownCitation(f'The register of inspection has no list "{name}".')
    year = book.period("missing").end
    published = Published(book, {})
    checks = []
    for entry in chosen:
        cuts = {str(key): str(value) for key, value in entry["category"].items()}
        ours = book.figure_of(entry["metric"], cuts)
        measure = str(entry["measure"]) or None
        if measure is not None and measure not in MEASURES:
            raise UnknownCitation(f'The department publishes no "{measure}".')
        statistic = published.value(book.authority, measure, year) if measure is not None else None
        checks.append(
            Check(
                str(entry["counts"]),
                str(entry["metric"]),
                cuts,
                measure,
                statistic,
                _compare(ours, measure, statistic),
                str(entry["why"]),
            )
        )
    return checks


def _compare(ours: PublicFigure, measure: str | None, statistic: PublishedStatistic | None) -> str:
    if not is_shown(ours) or ours.value is None:
        return "ours is not available"
    if measure is None:
        return "to be compared"
    if statistic is None:
        return "the department's was not given"
    if statistic.value is None:
        return "the department does not show it"
    # The department prints a share as a whole number: ours is held against it as it would print it.
    mine = (
        ours.value.quantize(Decimal(1), ROUND_HALF_UP)
        if statistic.value == statistic.value.to_integral_value()
        else ours.value
    )
    if mine == statistic.value:
        return "the same"
    return "ours is higher" if mine > statistic.value else "ours is lower"
