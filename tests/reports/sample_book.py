"""A Book of invented figures for the tests of papers: any figure can be set, the others follow a simple rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from pipelines.figures import ALL, TOTAL, Edition, FigureKey, Metric, Period, PublicFigure, display_value
from pipelines.publishing.book import Audience, Book, PublishedStatistic, months_between
from pipelines.register import read_categories, read_metrics
from pipelines.reviews import HeldReview

YORK = "E06000014"


def edition(year: int) -> Edition:
    missing = Period(date(year - 2, 4, 1), date(year - 1, 3, 31), date(year, 1, 12))
    education = Period(date(year - 1, 9, 1), date(year, 1, 12), date(year, 1, 12))
    return Edition(str(year), {"missing": missing, "education": education})


def categories_of(metric: Metric, breakdown: str, of: Edition) -> list[str]:
    found = [""]
    period = of.periods[metric.collection]
    year = period.start.year
    if breakdown == "quarter":
        return [f"{year}-Q{number}" for number in (1, 2, 3, 4)]
    if breakdown == "term":
        return [f"{year}-autumn", f"{year + 1}-spring"]
    for name in breakdown.split("/"):
        members = (
            months_between(period.start, period.end)
            if name == "month"
            else [member.category for member in read_categories()[metric.dimension_of(name)]]
        )
        found = [f"{before}/{member}".lstrip("/") for before in found for member in members]
    return found


def sample_book(
    year: int = 2016,
    *,
    audience: Audience = "restricted",
    invented: bool = True,
    absent: frozenset[str] = frozenset(),
    values: Mapping[tuple[str, str, str], int] | None = None,
    earlier: tuple[Book, ...] = (),
    published_statistics: Sequence[PublishedStatistic] = (),
    reviews: Sequence[HeldReview] = (),
) -> Book:
    """Every metric and breakdown, each figure a number of its own. `absent` names extracts that the edition lacks."""
    of = edition(year)
    values = values or {}
    figures = []
    number = year % 7
    for metric in read_metrics().values():
        period = of.periods[metric.collection]
        addresses = [(TOTAL, ALL)]
        addresses += [(by, category) for by in metric.every_breakdown for category in categories_of(metric, by, of)]
        for breakdown, category in addresses:
            number += 3
            value = Decimal(values.get((metric.metric_id, breakdown, category), number))
            if metric.kind != "count":
                value = (value / 10).quantize(Decimal("0.1"))
            is_absent = bool(absent.intersection(metric.needs))
            key = FigureKey(of.name, YORK, metric.metric_id, breakdown, category)
            figures.append(
                PublicFigure(
                    key=key,
                    value=None if is_absent else value,
                    display="not available" if is_absent else display_value(value, metric.unit),
                    unit=metric.unit,
                    status="not_available" if is_absent else "published",
                    period_start=period.start,
                    period_end=period.end,
                    as_at=period.as_at,
                )
            )
    return Book(
        of,
        figures,
        read_metrics(),
        read_categories(),
        audience=audience,
        earlier=earlier,
        invented=invented,
        published_statistics=published_statistics,
        reviews=reviews,
    )
