"""Excel workbooks for readers who calculate: the tables of an edition, and the scorecard of the board.

Laid out by gptables: a cover, contents, notes, one table a sheet, symbols explained. Values only: no formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gptables
import pandas
import yaml

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.book import Book
from pipelines.publishing.dimensions import head_of, phrase_of
from pipelines.publishing.documents import INVENTED, RESTRICTED
from pipelines.publishing.english import write_date, write_period
from pipelines.publishing.markup import explain_symbols
from pipelines.publishing.repacking import repack
from pipelines.publishing.sentences import NOT_KNOWN, compare

_TEXT_STAYS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""No formula, link or number is ever made of a text, whatever it begins with."""

_NOTE = "numbers"
"""The reference of the note on how exact the numbers are, which every table has."""


def write_tables(book: Book, into: Path) -> None:
    """Every metric and breakdown of the edition as `into` (.xlsx): totals first, then one sheet for each breakdown."""
    sheets = {"Totals": _totals_sheet(book)}
    for metric in book.metrics.values():
        for by in metric.breakdowns:
            sheets[f"Table {len(sheets)}"] = _breakdown_sheet(book, metric, by, len(sheets))
    title = f"Story board, {book.edition.name} edition: tables"
    _write(book, title, sheets, into)


def write_scorecard(book: Book, into: Path, *, plan: Path = paths.SCORECARD_PLAN) -> None:
    """The key figures of this edition and of earlier ones side by side as `into` (.xlsx), with a panel on data quality.

    Raises DataFault naming the plan where it asks for what does not exist.
    """
    planned = yaml.safe_load(plan.read_text("utf-8"))
    sheets: dict[str, gptables.GPTable] = {}
    try:
        for sheet in planned["sheets"]:
            sheets[sheet["name"]] = _comparison_sheet(book, sheet["title"], sheet["metrics"], len(sheets) + 1)
        sheets["Data quality"] = _quality_sheet(book, planned["quality"])
    except DataFault as fault:
        raise DataFault(f"{plan.name}: {fault}") from fault
    _write(book, f"Scorecard of the safeguarding board, {book.edition.name} edition", sheets, into)


def _totals_sheet(book: Book) -> gptables.GPTable:
    metrics = list(book.metrics.values())
    figures = [book.figure(metric.metric_id) for metric in metrics]
    rows: dict[str, list[Any]] = {
        "Measure": [metric.label for metric in metrics],
        "Value": [_value(figure) for figure in figures],
        "Unit": [metric.unit for metric in metrics],
        "Period": [write_period(figure.period_start, figure.period_end) for figure in figures],
        "Position at the end of": [write_date(figure.as_at) for figure in figures],
        "What it is": [metric.description for metric in metrics],
        "Name in the data": [metric.metric_id for metric in metrics],
    }
    return _sheet(book, rows, "totals", "Every measure in total", figures, [])


def _breakdown_sheet(book: Book, metric: Metric, by: str, number: int) -> gptables.GPTable:
    members = book.series(metric.metric_id, by)
    labels = [member.label for member in members]
    figures = [member.figure for member in members]
    if by not in metric.overlapping:
        labels.append("Total" if metric.kind == "count" else "All")
        figures.append(book.figure(metric.metric_id))
    head, unit = head_of(by), metric.unit[:1].upper() + metric.unit[1:]
    rows: dict[str, list[Any]] = {head: labels, unit: [_value(figure) for figure in figures]}
    period = figures[0]
    about = [
        metric.description,
        f"{book.place}, {write_period(period.period_start, period.period_end)}, "
        f"position at the end of {write_date(period.as_at)}",
    ]
    title = f"{metric.label}, by {phrase_of(by)}"
    return _sheet(book, rows, f"table_{number}_{metric.metric_id}_by_{by.replace('/', '_and_')}", title, figures, about)


def _comparison_sheet(book: Book, title: str, metric_ids: Sequence[str], number: int) -> gptables.GPTable:
    books = [*book.earlier, book]
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    columns = [[each.figure(metric.metric_id) for metric in metrics] for each in books]
    rows: dict[str, list[Any]] = {
        "Measure": [metric.label for metric in metrics],
        "Unit": [metric.unit for metric in metrics],
    }
    for each, figures in zip(books, columns, strict=True):
        rows[f"{each.edition.name} edition"] = [_value(figure) for figure in figures]
    if book.previous is not None:
        earlier = [book.previous.figure(metric.metric_id) for metric in metrics]
        rows[f"Against {book.previous.edition.name}"] = [
            compare(then, now) or "cannot be compared" for then, now in zip(earlier, columns[-1], strict=True)
        ]
    period = columns[-1][0]
    about = [
        f"{book.place}. The {book.edition.name} edition covers {write_period(period.period_start, period.period_end)}",
        "Whether a rise is good or bad is not said: many of these numbers rise when recording improves",
    ]
    every = [figure for figures in columns for figure in figures]
    return _sheet(book, rows, f"scorecard_{number}", title, every, about)


def _quality_sheet(book: Book, planned: Sequence[Mapping[str, str]]) -> gptables.GPTable:
    books = [*book.earlier, book]
    figures: list[PublicFigure] = []
    rows: dict[str, list[Any]] = {"Measure": [], "Not known": []}
    rows |= {f"{each.edition.name} edition": [] for each in books}
    for entry in planned:
        metric = book.metric(entry["metric"])
        rows["Measure"].append(f"{metric.label} ({metric.unit})")
        rows["Not known"].append(head_of(entry["by"]))
        for each in books:
            figure = each.figure(metric.metric_id, breakdown=entry["by"], category=NOT_KNOWN)
            figures.append(figure)
            rows[f"{each.edition.name} edition"].append(_value(figure))
    about = ["How many of the records counted do not say what the second column names"]
    return _sheet(book, rows, "data_quality", "What is not recorded", figures, about)


def _sheet(
    book: Book,
    rows: Mapping[str, Sequence[Any]],
    name: str,
    title: str,
    figures: Sequence[PublicFigure],
    about: Sequence[str],
) -> gptables.GPTable:
    symbols = [f"{symbol} {meaning}" for symbol, meaning in explain_symbols(figures)]
    return gptables.GPTable(
        table=pandas.DataFrame(dict(rows), dtype=object),
        table_name=name,
        title=f"{title} $${_NOTE}$$",
        subtitles=[*_markings(book), *about],
        instructions="This sheet holds one table." + (" Symbols are explained below." if symbols else ""),
        legend=symbols,
        source="Council records, by way of the extracts of the edition",
        additional_formatting=_decimals(rows),
    )


def _decimals(rows: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Shows 3.0 as 3.0, and thousands with a comma, as everywhere else."""
    return [
        {
            "cell": {
                "cells": (place + 1, column),
                "format": {"num_format": "#,##0.0" if isinstance(value, float) else "#,##0", "align": "right"},
            }
        }
        for column, values in enumerate(rows.values())
        for place, value in enumerate(values)
        if isinstance(value, int | float)
    ]


def _value(figure: PublicFigure) -> int | float | str:
    """A number as a number; where none is shown, the symbol or the words that stand for it."""
    if figure.value is None:
        return figure.display
    is_whole = figure.value.as_tuple().exponent == 0
    return int(figure.value) if is_whole else float(figure.value)


def _markings(book: Book) -> list[str]:
    restricted = [RESTRICTED] if book.audience == "restricted" else []
    return restricted + ([INVENTED] if book.invented else [])


def _write(book: Book, title: str, sheets: Mapping[str, gptables.GPTable], into: Path) -> None:
    is_public = book.audience == "public"
    protection = (
        "Numbers are rounded and small numbers are hidden, so that no child can be recognised: totals need not be the "
        "sum of their parts."
        if is_public
        else "The figures are exact. They are for those who need them for their work; do not publish or pass them on."
    )
    sample = ["This edition is a sample: all its figures are invented."] if book.invented else []
    cover = gptables.Cover(
        cover_label="Cover",
        title=title,
        intro=[*_markings(book), *sample, protection],
        about=[
            f"Area: {book.place}.",
            *(
                f"{'Missing or absent' if collection == 'missing' else 'Education'}: "
                f"{write_period(period.start, period.end)}, position at the end of {write_date(period.as_at)}."
                for collection, period in book.edition.periods.items()
            ),
            "Each sheet holds one table. What each measure is stands above its table.",
        ],
    )
    workbook = gptables.produce_workbook(
        filename=str(into),
        sheets=dict(sheets),
        cover=cover,
        notes_table=pandas.DataFrame({"Note reference": [_NOTE], "Note text": [protection]}),
        workbook_options=_TEXT_STAYS_TEXT,
    )
    workbook.set_properties({"title": title, "keywords": "; ".join(_markings(book))})
    workbook.close()
    repack(into, book.edition.periods["education"].as_at)
