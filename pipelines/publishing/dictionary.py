"""The data dictionary: what each metric and breakdown in the open files means, and what each category is called.

Made from the definitions and the category lists alone, as the page of definitions is. The figures themselves are in `downloads`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipelines.figures import ALL, TOTAL, Metric
from pipelines.publishing.book import Book
from pipelines.publishing.dimensions import DIMENSIONS
from pipelines.publishing.english import lower_first, write_date, write_stretch, write_year_of_stretch
from pipelines.publishing.proofs import own_protection

NOT_DIMENSIONS = {
    "quarter": "Quarter of the financial year",
    "term": "School term",
    "census_day": "The department's census day",
}
"""Breakdowns that are not by what was recorded of somebody."""
_TOTAL = "Total"


def list_metrics(book: Book, protection: str, *, whole: str, over_time: str) -> Iterator[dict[str, str]]:
    """One row for each metric and breakdown, in the order of the definitions.

    `protection` is the rule for all counts in one sentence without its full stop; `whole` and `over_time` name the file of
    all figures and that of quarters, terms and census days.
    """
    for metric in book.metrics.values():
        days = [metric.on_days] if metric.on_days and _list_days(book, metric) else []
        for breakdown in (TOTAL, *metric.every_breakdown, *days):
            yield {
                "metric_id": metric.metric_id,
                "breakdown": breakdown,
                "label": metric.label,
                "breakdown_label": name_breakdown(breakdown),
                "definition": metric.description,
                "unit": metric.unit,
                "kind": metric.kind,
                "numerator": metric.numerator or "",
                "denominator": metric.denominator or "",
                "sums_to_total": _tell_sums(metric, breakdown),
                "collection": metric.collection,
                "extracts": ";".join(metric.needs),
                "protection": _start_with_capital(own_protection(metric) or protection),
                "file": over_time if breakdown in (metric.over_time, metric.on_days) else whole,
            }


def list_categories(book: Book) -> Iterator[dict[str, str]]:
    """One row for each category of each breakdown of each metric, in the order in which pages show them."""
    for metric in book.metrics.values():
        members = [(TOTAL, ALL, _TOTAL)]
        for breakdown in metric.breakdowns:
            members += [(breakdown, m.category, m.label) for m in book.series(metric.metric_id, breakdown)]
        members += [(metric.over_time or "", name, _name_stretch(name)) for name in book.over_time(metric.metric_id)]
        members += [(metric.on_days or "", day.isoformat(), write_date(day)) for day in _list_days(book, metric)]
        for breakdown, category, label in members:
            yield {"metric_id": metric.metric_id, "breakdown": breakdown, "category": category, "label": label}


def name_breakdown(breakdown: str) -> str:
    """What a breakdown is called; two dimensions are joined."""
    if breakdown == TOTAL:
        return _TOTAL
    if breakdown in NOT_DIMENSIONS:
        return NOT_DIMENSIONS[breakdown]
    first, *others = (DIMENSIONS[name].label for name in breakdown.split("/"))
    return " and ".join([first, *map(lower_first, others)])


def _tell_sums(metric: Metric, breakdown: str) -> str:
    if metric.kind != "count" or breakdown == TOTAL:
        return ""
    return "false" if breakdown in (*metric.overlapping, metric.on_days) else "true"


def _list_days(book: Book, metric: Metric) -> list[date]:
    """The census days that this edition counts itself."""
    if metric.on_days is None:
        return []
    return [day for day, figure in book.on_days(metric.metric_id).items() if figure.key.edition == book.edition.name]


def _name_stretch(name: str) -> str:
    return f"{write_stretch(name)}, {write_year_of_stretch(name)}"


def _start_with_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
