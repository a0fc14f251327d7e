"""Figures as files: the restricted and the public CSV, written and read again.

Files of numbers only; what describes the public ones is in `open_data`. The columns are those of the contract and never change.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from pipelines.figures import ExactStatus, Figure, FigureKey, Metric, PublicFigure, PublicStatus

FIGURES, SCORECARD = "figures.csv", "scorecard.csv"
"""The files of one side of an edition: all figures, and those of the quarters and terms. Same columns."""

PERIOD = ("period_start", "period_end", "as_at")
KEY = ("edition", "authority", "metric_id", "breakdown", "category")
RESTRICTED = (*KEY, "numerator", "denominator", "value", "unit", "status", *PERIOD)
PUBLIC = (*KEY, "value", "display", "status", *PERIOD)


def write_restricted_figures(figures: Iterable[Figure], into: Path) -> None:
    """Every exact figure, one row each, sorted by key. Counts are whole numbers, all else has one decimal."""
    rows = (
        [*_key(f), *map(_number, (f.numerator, f.denominator, f.value)), f.unit, f.status, *_period(f)]
        for f in sorted(figures, key=lambda f: f.key)
    )
    _write(into, RESTRICTED, rows)


def write_public_figures(figures: Iterable[PublicFigure], into: Path) -> None:
    """Every protected figure, one row each, sorted by key. A figure that is not shown has an empty value."""
    rows = (
        [*_key(f), _number(f.value), f.display, f.status, *_period(f)] for f in sorted(figures, key=lambda f: f.key)
    )
    _write(into, PUBLIC, rows)


def write_side_by_side(
    exact: Iterable[Figure], public: Iterable[PublicFigure], why: Mapping[FigureKey, str], into: Path
) -> None:
    """Restricted: each exact figure beside what the public sees of it, and why it is hidden where it is."""
    shown = {figure.key: figure for figure in public}
    rows = (
        [*_key(f), _number(f.value), shown[f.key].display, shown[f.key].status, why.get(f.key, "")]
        for f in sorted(exact, key=lambda f: f.key)
    )
    _write(into, (*KEY, "exact", "public", "status", "why_hidden"), rows)


def _key(figure: Figure | PublicFigure) -> list[str]:
    key = figure.key
    return [key.edition, key.authority, key.metric_id, key.breakdown, key.category]


def _period(figure: Figure | PublicFigure) -> list[str]:
    return [figure.period_start.isoformat(), figure.period_end.isoformat(), figure.as_at.isoformat()]


def write_rows(into: Path, schema: Mapping[str, Any], rows: Iterable[Mapping[str, str]]) -> None:
    """Rows of words, with the columns of a Table Schema in its order."""
    names = [field["name"] for field in schema["fields"]]
    _write(into, names, ([row[name] for name in names] for row in rows))


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _write(into: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with into.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_public_figures(side: Path, metrics: Mapping[str, Metric]) -> list[PublicFigure]:
    """All figures in the `public/` folder of a sealed edition. A metric that is no longer defined is passed over."""
    return [
        PublicFigure(
            key=_read_key(row),
            value=_read_number(row["value"]),
            display=row["display"],
            unit=metrics[row["metric_id"]].unit,
            status=cast(PublicStatus, row["status"]),
            period_start=date.fromisoformat(row["period_start"]),
            period_end=date.fromisoformat(row["period_end"]),
            as_at=date.fromisoformat(row["as_at"]),
        )
        for row in _read(side)
        if row["metric_id"] in metrics
    ]


def read_restricted_figures(side: Path, metrics: Mapping[str, Metric]) -> list[Figure]:
    """All figures in the `restricted/` folder of a sealed edition, as exact as they were written."""
    return [
        Figure(
            key=_read_key(row),
            numerator=_read_number(row["numerator"]),
            denominator=_read_number(row["denominator"]),
            value=_read_number(row["value"]),
            unit=row["unit"],
            status=cast(ExactStatus, row["status"]),
            period_start=date.fromisoformat(row["period_start"]),
            period_end=date.fromisoformat(row["period_end"]),
            as_at=date.fromisoformat(row["as_at"]),
        )
        for row in _read(side)
        if row["metric_id"] in metrics
    ]


def _read(side: Path) -> list[dict[str, str]]:
    """The rows of both files. An edition that was sealed before there were quarters has one."""
    rows: list[dict[str, str]] = []
    for file in (side / FIGURES, side / SCORECARD):
        if file.name == FIGURES or file.is_file():
            with file.open(encoding="utf-8", newline="") as lines:
                rows += csv.DictReader(lines)
    return rows


def _read_key(row: Mapping[str, str]) -> FigureKey:
    return FigureKey(*(row[name] for name in KEY))


def _read_number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
