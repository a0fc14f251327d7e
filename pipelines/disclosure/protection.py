"""Protects one release: from exact figures to the only figures that the public side ever sees.

Each figure by itself: counts are hidden or rounded; rates and means are worked out anew from what is shown of their parts;
medians need enough values; a maximum describes one child and is never shown. What figures tell together is `release`'s part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from pipelines.disclosure.policy import Policy
from pipelines.figures import Figure, FigureKey, Metric, PublicFigure, PublicStatus, display_value

SYMBOLS: Mapping[PublicStatus, str] = {"suppressed": "[c]", "not_available": "[x]", "not_applicable": "[z]"}


def protect(figures: Iterable[Figure], metrics: Mapping[str, Metric], policy: Policy) -> list[PublicFigure]:
    """Protected figures for all of `figures`, with the same keys, sorted by key."""
    exact = {figure.key: figure for figure in figures}
    shown: dict[FigureKey, PublicFigure] = {}
    for key, figure in exact.items():
        if (metric := metrics[key.metric_id]).kind not in ("rate", "mean"):
            shown[key] = _protect_by_itself(figure, metric, policy)
    for key, figure in exact.items():
        if (metric := metrics[key.metric_id]).kind in ("rate", "mean"):
            shown[key] = _work_out_anew(figure, metric, shown)
    return [shown[key] for key in sorted(shown)]


def round_to_base(value: Decimal, base: int) -> Decimal:
    """The nearest multiple of `base`, halves away from zero."""
    return (value / base).quantize(Decimal(1), ROUND_HALF_UP) * base


def _protect_by_itself(figure: Figure, metric: Metric, policy: Policy) -> PublicFigure:
    if figure.status == "not_available":
        return _unshown(figure, "not_available")
    if metric.kind == "maximum" or not metric.public:
        return _unshown(figure, "suppressed" if figure.value else "not_applicable")
    if figure.status == "not_applicable" or figure.value is None:
        return _unshown(figure, "not_applicable")
    if metric.kind == "median":
        enough = figure.denominator is not None and figure.denominator >= policy.least_values_of_a_median
        if enough and not _is_few(figure.contributors, policy):
            return _shown(figure, figure.value.quantize(Decimal(1), ROUND_HALF_UP))
        return _unshown(figure, "suppressed")
    if figure.value and (_is_few(int(figure.value), policy) or _is_few(figure.contributors, policy)):
        return _unshown(figure, "suppressed")
    return _shown(figure, round_to_base(figure.value, policy.base))


def _is_few(count: int | None, policy: Policy) -> bool:
    return count is not None and 0 < count < policy.threshold


def _work_out_anew(figure: Figure, metric: Metric, shown: Mapping[FigureKey, PublicFigure]) -> PublicFigure:
    if figure.status != "published":
        return _unshown(figure, figure.status)
    over = _part(figure.key, metric.numerator, shown)
    under = _part(figure.key, metric.denominator, shown)
    # A denominator that is no metric is a group of the population, which is published as it is.
    below = figure.denominator if under is None else under.value
    if over is None or over.value is None or below is None:
        return _unshown(figure, "suppressed")
    if not below:
        return _unshown(figure, "not_applicable")
    step = Decimal(1) if metric.unit == "per cent" else Decimal("0.1")
    return _shown(figure, (over.value * metric.scale / below).quantize(step, ROUND_HALF_UP))


def _part(key: FigureKey, metric_id: str | None, shown: Mapping[FigureKey, PublicFigure]) -> PublicFigure | None:
    if metric_id is None:
        return None
    return shown.get(FigureKey(key.edition, key.authority, metric_id, key.breakdown, key.category))


def _shown(figure: Figure, value: Decimal) -> PublicFigure:
    return _as_public(figure, value, display_value(value, figure.unit), "published")


def _unshown(figure: Figure, status: PublicStatus) -> PublicFigure:
    return _as_public(figure, None, SYMBOLS[status], status)


def _as_public(figure: Figure, value: Decimal | None, display: str, status: PublicStatus) -> PublicFigure:
    return PublicFigure(
        figure.key, value, display, figure.unit, status, figure.period_start, figure.period_end, figure.as_at
    )
