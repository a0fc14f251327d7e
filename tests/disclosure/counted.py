"""Exact figures of extracts, worked out by the oracle of the metrics' tests: without a warehouse, so by the hundred."""

from __future__ import annotations

from functools import cache

from pipelines import paths
from pipelines.figures import Figure, FigureKey, Period
from pipelines.intake.calendar import read_calendar
from pipelines.intake.gate import examine
from pipelines.register import read_metrics
from tests.metrics.admitted import Extracts, Periods
from tests.metrics.oracle import work_out


def count(extracts: Extracts) -> list[Figure]:
    """Every exact figure of the extracts, sorted by key."""
    metrics = read_metrics()
    figures = []
    for (authority, metric_id, breakdown, category), number in work_out(extracts).items():
        metric = metrics[metric_id]
        period = Period(*getattr(extracts.periods, metric.collection))
        key = FigureKey(extracts.edition, authority, metric_id, breakdown, category)
        status = number.status if number.status in ("published", "not_available") else "not_applicable"
        figures.append(
            Figure(
                key,
                number.numerator,
                number.denominator,
                number.value,
                metric.unit,
                status,
                period.start,
                period.end,
                period.as_at,
                number.contributors,
            )
        )
    return sorted(figures, key=lambda figure: figure.key)


@cache
def sample_figures(edition: str) -> tuple[Figure, ...]:
    """The exact figures of one edition of the sample that comes with the project."""
    calendar = read_calendar(None)[edition]
    examination = examine(paths.SAMPLE_EXTRACTS / edition, calendar)
    assert examination.ok
    tables = {name: table.to_pylist() for name, table in examination.tables.items() if name in examination.extracts}
    periods = {
        name: (calendar.periods[name].start, calendar.periods[name].end, calendar.periods[name].as_at)
        for name in ("missing", "education")
    }
    return tuple(count(Extracts(**tables, periods=Periods(**periods), edition=edition)))
