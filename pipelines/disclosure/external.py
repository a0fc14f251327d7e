"""What others have published about the same children, as facts that an attacker has: the department's figures above all.

Turns published statistics into ranges about our counts; decides nothing about what is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from pipelines.disclosure.relations import Relations
from pipelines.disclosure.situation import ExternalFact
from pipelines.figures import FigureKey, Period

HIDDEN = "c"
HIDDEN_BEFORE_2018 = "x"
"""What stood for the same in the statistical first releases; in later ones it means not available."""
FIRST_RELEASE = "SFR"
HIDDEN_RANGE = (1, 5)
"""The department hides 1 to 5. Source: its methodology of statistics on looked-after children."""


class Statistic(Protocol):
    """One published value of one authority, as intake reads it."""

    @property
    def authority(self) -> str:
        """ONS code."""

    @property
    def year_ending(self) -> date:
        """The last day of the year that it is about."""

    @property
    def measure(self) -> str:
        """What it counts, in the words of intake."""

    @property
    def value(self) -> Decimal | None:
        """The number, or None where a symbol stands for it."""

    @property
    def symbol(self) -> str:
        """The symbol, or nothing."""

    @property
    def release(self) -> str:
        """The publication."""


def facts_from(
    statistics: Iterable[Statistic], relations: Relations, periods: Mapping[FigureKey, Period]
) -> list[ExternalFact]:
    """The statistics that are about counts of a release: same authority, and a year that ends with the count's period.

    `periods` gives the period of each figure of the release. Measures without a counterpart among the metrics say nothing.
    """
    places = {(key.authority, key.metric_id, key.breakdown, key.category): period for key, period in periods.items()}
    facts = []
    for statistic in statistics:
        counterpart = relations.published_elsewhere.get(statistic.measure)
        if counterpart is None:
            continue
        cell = (counterpart.metric_id, counterpart.breakdown, counterpart.category)
        period = places.get((statistic.authority, *cell))
        if period is None or period.end != statistic.year_ending:
            continue
        is_hidden = statistic.value is None
        if is_hidden and statistic.symbol != (
            HIDDEN_BEFORE_2018 if statistic.release.startswith(FIRST_RELEASE) else HIDDEN
        ):
            continue
        number = int((statistic.value or Decimal(0)).quantize(Decimal(1), ROUND_HALF_UP))
        least, most = HIDDEN_RANGE if is_hidden else (number, number)
        facts.append(
            ExternalFact(
                statistic.authority,
                *cell,
                least=least,
                most=most,
                source=f"{statistic.release}, {statistic.measure}",
                allowance=counterpart.allowance,
                is_hidden=is_hidden,
            )
        )
    return facts
