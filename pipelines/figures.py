"""The records that intake, disclosure, publishing and editions share: a metric, a figure, a protected figure.

Records only: nothing here opens a file, counts, hides or words anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

TOTAL, ALL = "total", "all"
OVER_TIME = ("quarter", "term")
"""The breakdowns of the scorecard, in files of their own: quarters of the financial year (`2014-Q1`, named after the year of its
April) and school terms (`2015-autumn`)."""
CENSUS_DAY = "census_day"
"""The breakdown by the days on which the department counts (`2022-10-06`): positions, each of its own day, that do not add up."""
APART = (*OVER_TIME, CENSUS_DAY)
"""The breakdowns that are not in the file of figures but in the scorecard's."""

ExactStatus = Literal["published", "not_available", "not_applicable"]
PublicStatus = Literal["published", "suppressed", "not_available", "not_applicable"]
Kind = Literal["count", "rate", "mean", "median", "maximum"]
Collection = Literal["missing", "education"]


@dataclass(frozen=True, slots=True)
class Period:
    """The dates that one collection covers in one edition. Both ends are included."""

    start: date
    end: date
    as_at: date


@dataclass(frozen=True, slots=True)
class Edition:
    """One annual publication: its name and the period of each collection."""

    name: str
    periods: Mapping[Collection, Period]


@dataclass(frozen=True, slots=True, order=True)
class FigureKey:
    """What a figure is a figure of. Sorted as the published files are: by code point, in this order of fields."""

    edition: str
    authority: str
    metric_id: str
    breakdown: str = TOTAL
    category: str = ALL

    @property
    def is_over_time(self) -> bool:
        """Whether it is of a quarter, a term or a census day, and so in the scorecard's files."""
        return self.breakdown in APART

    def __str__(self) -> str:
        """The address used in HTML, e.g. `2016/E06000014/episodes_reported/sex/female`."""
        return "/".join((self.edition, self.authority, self.metric_id, self.breakdown, self.category))


@dataclass(frozen=True, slots=True)
class Figure:
    """One exact number (restricted). Counts have a numerator equal to their value and no denominator."""

    key: FigureKey
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    unit: str
    status: ExactStatus
    period_start: date
    period_end: date
    as_at: date
    contributors: int | None = None
    """How many children stand behind the figure. Decides protection; never printed."""


@dataclass(frozen=True, slots=True)
class PublicFigure:
    """One protected number: the only kind that the public side ever sees. `display` is the text shown."""

    key: FigureKey
    value: Decimal | None
    display: str
    unit: str
    status: PublicStatus
    period_start: date
    period_end: date
    as_at: date


@dataclass(frozen=True, slots=True)
class Category:
    """One category of a dimension, in the order in which it is shown."""

    dimension: str
    category: str
    position: int
    label: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition, as its entry in `dbt_project/models/metrics/_metrics.yml` states it."""

    metric_id: str
    description: str
    label: str
    unit: str
    collection: Collection
    kind: Kind
    needs: tuple[str, ...]
    """Extracts without which the metric is not available."""
    breakdowns: tuple[str, ...]
    """Without the total; two dimensions are joined by a slash."""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    """Breakdown dimension -> dimension of the category list, where the two names differ."""
    over_time: str | None = None
    """How the scorecard cuts it, by quarter or by term; not one of `breakdowns`."""
    on_days: str | None = None
    """How it is counted again at days of its own: by census day; not one of `breakdowns`."""
    overlapping: tuple[str, ...] = ()
    """Breakdowns whose categories overlap, so that they do not sum to the total."""
    numerator: str | None = None
    """Rates and means: the metric divided."""
    denominator: str | None = None
    """Rates and means: the metric, or the group of the population extract, divided by."""
    scale: int = 1
    """Rates: 100 for per cent, 10000 for a rate per 10,000."""
    public: bool = True
    """False where no value of it is ever public (a maximum)."""

    @property
    def every_breakdown(self) -> tuple[str, ...]:
        """The breakdowns and, where the scorecard shows the metric, its quarters or terms."""
        return (*self.breakdowns, self.over_time) if self.over_time else self.breakdowns

    def dimension_of(self, name: str) -> str:
        """The category list that a dimension of this metric's breakdowns draws on."""
        return self.dimensions.get(name, name)


def display_value(value: Decimal, unit: str) -> str:
    """A shown number as readers see it: `1,240`, `39%`, `3.3`. The decimals are those of the value."""
    return f"{value:,f}%" if unit == "per cent" else f"{value:,f}"
