"""The disclosure policy as data: what `policy.yml` states, validated.

Reads the text it is given and answers what the policy says of one figure; says nothing about how figures are protected together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from pipelines.faults import UsageFault
from pipelines.figures import ALL, TOTAL, Category, FigureKey, Metric
from pipelines.yaml_lines import Lines, Where, read_yaml, tell_faults

Rule = Literal["contributors", "whole_group", "denominator"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Symbol(_Part):
    """What stands where no number does, and the words that explain it."""

    symbol: str = Field(pattern=r"^\[[a-z]+\]$")
    legend: str


class Symbols(_Part):
    """One symbol for each status without a number."""

    suppressed: Symbol = Symbol(
        symbol="[c]", legend="Hidden: fewer than the threshold, or hidden to protect another figure."
    )
    not_available: Symbol = Symbol(symbol="[x]", legend="Not available.")
    not_applicable: Symbol = Symbol(symbol="[z]", legend="Not applicable.")


class WholeGroups(_Part):
    """Where a nought may tell that everybody in a group has one attribute. In these breakdowns noughts may be hidden."""

    dimensions: tuple[str, ...] = ()


class Exemption(_Part):
    """A figure to which one rule does not apply, and why."""

    metric_id: str
    breakdown: str = TOTAL
    category: str = ALL
    rule: Rule
    because: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)
    approved_on: date | None = None

    def covers(self, key: FigureKey, rule: Rule) -> bool:
        """Whether this frees the figure from the rule."""
        return rule == self.rule and (key.metric_id, key.breakdown, key.category) == (
            self.metric_id,
            self.breakdown,
            self.category,
        )


class Policy(_Part):
    """What the public side may show. `base` 1 means that counts are not rounded."""

    version: int = Field(ge=1)
    description: str
    threshold: int = Field(ge=2, le=100)
    """Counts of 1 to threshold - 1, and counts behind which so few children stand, are hidden."""
    base: int = Field(ge=1, le=100)
    """Other counts are rounded to the nearest multiple of this."""
    least_interval: int = Field(default=3, ge=1, le=100)
    """What is public must leave at least this much room (highest less lowest possible value) for every hidden count."""
    least_denominators: Mapping[str, int] = {}
    """By unit: a rate or mean of a smaller published denominator is hidden."""
    least_values_of_medians: int | None = Field(default=None, ge=1)
    whole_groups: WholeGroups = WholeGroups()
    open_top_bands: Mapping[str, str] = {}
    """Banded dimension -> its highest category, which has no upper end, so that no largest value shows."""
    keep_visible: tuple[str, ...] = ()
    """Figures hidden last when others need protecting: `metric` or `metric[breakdown]`."""
    never_public: tuple[str, ...] = ()
    symbols: Symbols = Symbols()
    exceptions: tuple[Exemption, ...] = ()
    approved_by: str
    approved_on: date | None = None
    _lines: Lines = PrivateAttr(default_factory=dict)
    """Where each setting stands in the file that was read."""

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if self.base > 2 * self.threshold:
            raise ValueError(
                "base is more than twice the threshold, so that counts that are shown would round to nought"
            )
        if self.least_values_of_medians is not None and self.least_values_of_medians < 2 * self.threshold:
            raise ValueError("least_values_of_medians is less than twice the threshold")
        return self

    @property
    def least_values_of_a_median(self) -> int:
        """A median of fewer values than this is hidden. Source: contract, at least twice the threshold."""
        return self.least_values_of_medians or 2 * self.threshold

    def is_few(self, count: int | Decimal | None) -> bool:
        """Whether a count is at least one and under the threshold."""
        return count is not None and 0 < count < self.threshold

    def exempts(self, key: FigureKey, rule: Rule) -> bool:
        """Whether a named exception frees a figure from a rule."""
        return any(exception.covers(key, rule) for exception in self.exceptions)

    def may_hide_nought(self, key: FigureKey, metric: Metric) -> bool:
        """Whether a hidden figure of this kind may be a nought, as the legend says."""
        return any(metric.dimension_of(name) in self.whole_groups.dimensions for name in key.breakdown.split("/"))

    def rounded(self, value: Decimal) -> Decimal:
        """The nearest multiple of the base, halves away from zero."""
        return (value / self.base).quantize(Decimal(1), ROUND_HALF_UP) * self.base

    def range_of(self, shown: int) -> tuple[int, int]:
        """The least and the most that a count shown as `shown` can be."""
        if shown == 0:
            return 0, 0
        # Halves are rounded up: `shown` stands for everything from shown - base/2 up to, but not including, shown + base/2.
        return max(self.threshold, shown - self.base // 2), shown + (self.base - 1) // 2


def read_policy(text: str, name: str = "policy.yml") -> Policy:
    """The policy in a YAML text. Raises UsageFault, with the line of each setting that is wrong, where it is not one."""
    stated, lines = read_yaml(text, name)
    try:
        policy = Policy.model_validate(stated)
    except ValidationError as error:
        raise _refuse(name, lines, [(each["loc"], each["msg"]) for each in error.errors()]) from None
    policy._lines = lines
    return policy


def check_policy(
    policy: Policy,
    metrics: Mapping[str, Metric],
    categories: Mapping[str, tuple[Category, ...]],
    name: str = "policy.yml",
) -> None:
    """Raises UsageFault, with lines, where the policy names a metric, breakdown, dimension, category or unit that is not."""
    wrong: list[tuple[Where, str]] = []
    for place, dimension in enumerate(policy.whole_groups.dimensions):
        if dimension not in categories:
            wrong.append((("whole_groups", "dimensions", place), f"there is no dimension {dimension}"))
    for dimension, category in policy.open_top_bands.items():
        if category not in {member.category for member in categories.get(dimension, ())}:
            wrong.append((("open_top_bands", dimension), f"there is no category {category} of {dimension}"))
    units = {metric.unit for metric in metrics.values() if metric.kind in ("rate", "mean")}
    for unit in policy.least_denominators:
        if unit not in units:
            wrong.append((("least_denominators", unit), f"no rate or mean has the unit {unit}"))
    for place, text in enumerate(policy.keep_visible):
        metric_id, _, breakdown = text.removesuffix("]").partition("[")
        if metric_id not in metrics or (breakdown and breakdown not in metrics[metric_id].every_breakdown):
            wrong.append((("keep_visible", place), f"there are no figures {text}"))
    for place, exception in enumerate(policy.exceptions):
        metric = metrics.get(exception.metric_id)
        if metric is None or exception.breakdown not in (TOTAL, *metric.every_breakdown):
            wrong.append(
                (("exceptions", place), f"there are no figures {exception.metric_id} by {exception.breakdown}")
            )
    if wrong:
        raise _refuse(name, policy._lines, wrong)


def _refuse(name: str, lines: Lines, wrong: list[tuple[Where, str]]) -> UsageFault:
    return UsageFault(f"{tell_faults(name, lines, wrong)}. Mend the settings named and run again.")


def describe(policy: Policy) -> dict[str, Any]:
    """The policy as plain data, in the order of its settings, for the manifest and the method page."""
    return policy.model_dump(mode="json")
