"""Excel workbooks for readers who calculate: the tables of an edition, and the form that every workbook has.

Laid out by gptables: a cover, contents, notes, one table a sheet, symbols explained. Values only: no formulas. What stands
on the sheets of the scorecard is said in `scorecard`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.figures import Metric, PublicFigure
from pipelines.keeping import make_file_once
from pipelines.publishing.binding import name_binding
from pipelines.publishing.book import Book
from pipelines.publishing.dimensions import head_of, phrase_of
from pipelines.publishing.documents import INVENTED, RESTRICTED
from pipelines.publishing.english import write_date, write_period
from pipelines.publishing.markup import explain_symbols
from pipelines.publishing.repacking import repack

if TYPE_CHECKING:
    # What opens and writes workbooks takes a while to import, and where no figure changed none is written.
    import gptables

_TEXT_STAYS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""No formula, link or number is ever made of a text, whatever it begins with."""

_NOTE = "numbers"
"""The reference of the note on how exact the numbers are, which every table has."""


def write_tables(book: Book, into: Path) -> None:
    """Every metric and breakdown of the edition as `into` (.xlsx): totals first, then one sheet for each breakdown."""
    make_file_once("tables", into, {"figures": book}, lambda: _write_tables(book, into))


def _write_tables(book: Book, into: Path) -> None:
    sheets = {"Totals": _totals_sheet(book)}
    for metric in book.metrics.values():
        for by in metric.breakdowns:
            sheets[f"Table {len(sheets)}"] = _breakdown_sheet(book, metric, by, len(sheets))
    title = f"Story board, {book.edition.name} edition: tables"
    write_workbook(book, title, sheets, into)


def _totals_sheet(book: Book) -> gptables.GPTable:
    metrics = list(book.metrics.values())
    figures = [book.figure(metric.metric_id) for metric in metrics]
    rows: dict[str, list[Any]] = {
        "Measure": [metric.label for metric in metrics],
        "Value": [value_in_cell(figure) for figure in figures],
        "Unit": [metric.unit for metric in metrics],
        "Period": [write_period(figure.period_start, figure.period_end) for figure in figures],
        "Position at the end of": [write_date(figure.as_at) for figure in figures],
        "What it is": [metric.description for metric in metrics],
        "Name in the data": [metric.metric_id for metric in metrics],
    }
    return make_sheet(book, rows, "totals", "Every measure in total", figures, [])


def _breakdown_sheet(book: Book, metric: Metric, by: str, number: int) -> gptables.GPTable:
    members = book.series(metric.metric_id, by)
    labels = [member.label for member in members]
    figures = [member.figure for member in members]
    if by not in metric.overlapping:
        labels.append("Total" if metric.kind == "count" else "All")
        figures.append(book.figure(metric.metric_id))
    head, unit = head_of(by), metric.unit[:1].upper() + metric.unit[1:]
    rows: dict[str, list[Any]] = {head: labels, unit: [value_in_cell(figure) for figure in figures]}
    period = figures[0]
    about = [
        metric.description,
        f"{book.place}, {write_period(period.period_start, period.period_end)}, "
        f"position at the end of {write_date(period.as_at)}",
    ]
    title = f"{metric.label}, by {phrase_of(by)}"
    return make_sheet(
        book, rows, f"table_{number}_{metric.metric_id}_by_{by.replace('/', '_and_')}", title, figures, about
    )


def make_sheet(
    book: Book,
    rows: Mapping[str, Sequence[Any]],
    name: str,
    title: str,
    figures: Sequence[PublicFigure],
    about: Sequence[str],
    *,
    notes: Mapping[str, str] | None = None,
) -> gptables.GPTable:
    """One table with its title, what is to be known before reading it, and the symbols in it explained.

    `notes` says by the head of a column which further note it has.
    """
    import gptables
    import pandas

    symbols = [f"{symbol} {meaning}" for symbol, meaning in explain_symbols(figures)]
    bound = {
        (place, column): value.address
        for column, values in enumerate(rows.values())
        for place, value in enumerate(values)
        if isinstance(value, BoundCell)
    }
    rows = {name: [v.shown if isinstance(v, BoundCell) else v for v in values] for name, values in rows.items()}
    made = gptables.GPTable(
        table=pandas.DataFrame(dict(rows), dtype=object),
        table_notes={head: f"$${reference}$$" for head, reference in (notes or {}).items()},
        table_name=name,
        title=f"{title} $${_NOTE}$$",
        subtitles=[*_markings(book), *about],
        instructions="This sheet holds one table." + (" Symbols are explained below." if symbols else ""),
        legend=symbols,
        source="Council records, by way of the extracts of the edition",
        additional_formatting=_decimals(rows),
    )
    # Which cell below the heads shows which figure, for the names that bind them.
    made.bound = bound
    return made


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


@dataclass(frozen=True, slots=True)
class BoundCell:
    """What a cell shows of a figure, and its address."""

    address: str
    shown: int | float | str


def value_in_cell(figure: PublicFigure) -> BoundCell:
    """A number as a number; where none is shown, the symbol or the words that stand for it."""
    if figure.value is None:
        return BoundCell(str(figure.key), figure.display)
    is_whole = figure.value.as_tuple().exponent == 0
    return BoundCell(str(figure.key), int(figure.value) if is_whole else float(figure.value))


def _bind_cells(workbook: Any, sheets: Mapping[str, gptables.GPTable]) -> None:
    """Gives each cell that shows a figure a hidden name that is made from the figure's address."""
    from openpyxl.utils import get_column_letter

    number = 0
    for name, sheet in sheets.items():
        first = sheet.data_range[0] + 1
        for (row, column), address in getattr(sheet, "bound", {}).items():
            number += 1
            cell = f"${get_column_letter(column + 1)}${first + row + 1}"
            workbook.define_name(name_binding(address, number), f"='{name}'!{cell}")
    for defined in workbook.defined_names:
        defined[3] = True


def _markings(book: Book) -> list[str]:
    restricted = [RESTRICTED] if book.audience == "restricted" else []
    return restricted + ([INVENTED] if book.invented else [])


def write_workbook(
    book: Book,
    title: str,
    sheets: Mapping[str, gptables.GPTable],
    into: Path,
    *,
    notes: Mapping[str, str] | None = None,
) -> None:
    """The sheets by name, in order, behind a cover, contents and notes, as `into` (.xlsx). `notes` are further ones."""
    import gptables
    import pandas

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
        notes_table=pandas.DataFrame(
            {"Note reference": [_NOTE, *(notes or {})], "Note text": [protection, *(notes or {}).values()]}
        ),
        workbook_options=_TEXT_STAYS_TEXT,
    )
    _bind_cells(workbook, sheets)
    workbook.set_properties({"title": title, "keywords": "; ".join(_markings(book))})
    workbook.close()
    repack(into, book.edition.periods["education"].as_at)
