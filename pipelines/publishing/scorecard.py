"""The board's scorecard as a workbook: key measures by quarter or term, this year and the one before, and what is not recorded.

Arranges the figures that a Book may show, as `docs/reports/scorecard.yml` plans it. Nothing here counts, hides or judges
beyond what the plan says is known to be better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.figures import PublicFigure
from pipelines.keeping import make_file_once
from pipelines.publishing.book import Book, PublishedStatistic
from pipelines.publishing.department import SYMBOLS, keep_latest
from pipelines.publishing.dimensions import head_of
from pipelines.publishing.english import (
    order_of_stretch,
    write_date,
    write_list,
    write_period,
    write_stretch,
    write_year_of_stretch,
)
from pipelines.publishing.sentences import NOT_KNOWN, compare
from pipelines.publishing.tables import address_statistic, write_statistic
from pipelines.publishing.workbooks import BoundCell, make_sheet, value_in_cell, write_workbook

if TYPE_CHECKING:
    import gptables

NO_EARLIER = "Last year cannot be shown: the folder holds no earlier edition"
NOT_JUDGED = "not judged"
NOT_PUBLISHED = "not published"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Polarity(_Part):
    better: Literal["higher", "lower"]
    because: str


class _Sheet(_Part):
    name: str
    title: str
    metrics: tuple[str, ...]


class _OverTime(_Sheet):
    about: tuple[str, ...] = ()


class _NotRecorded(_Part):
    metric: str
    by: str


class Plan(_Part):
    """What `docs/reports/scorecard.yml` says: which measures stand where, what is better, whose figures stand beside."""

    over_time: tuple[_OverTime, ...] = ()
    sheets: tuple[_Sheet, ...]
    polarity: Mapping[str, _Polarity] = {}
    department: Mapping[str, str] = {}
    """Our measure -> the department's that comes nearest to it."""
    quality: tuple[_NotRecorded, ...]


@dataclass(frozen=True, slots=True)
class _Year:
    """One row of a table over time: a measure in one financial or school year."""

    year: str
    stretches: Mapping[str, PublicFigure]
    whole: PublicFigure


def read_plan(file: Path) -> Plan:
    """The plan of the scorecard. Raises DataFault naming the file and what is wrong with it."""
    try:
        return Plan.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise DataFault(f"{file.name} does not plan a scorecard ({wrong}). Mend what is named and run again.") from None


def write_scorecard(book: Book, into: Path, *, plan: Path = paths.SCORECARD_PLAN) -> None:
    """Writes the workbook `into` (.xlsx), from public figures or exact ones as the book has them.

    Last year's quarters are those that the edition before was sealed with, and are left out, saying so, where it has none.
    Raises DataFault naming the plan where it asks for what does not exist.
    """
    made_of = {"figures": book, "plan": plan.read_bytes()}
    make_file_once("scorecard", into, made_of, lambda: _write_scorecard(book, into, plan))


def _write_scorecard(book: Book, into: Path, plan: Path) -> None:
    planned = read_plan(plan)
    sheets: dict[str, gptables.GPTable] = {}
    try:
        for number, part in enumerate(planned.over_time, 1):
            sheets[part.name] = _sheet_over_time(book, part, number)
        for number, sheet in enumerate(planned.sheets, 1):
            sheets[sheet.name] = _sheet_of_years(book, planned, sheet, number)
        sheets["Data quality"] = _quality_sheet(book, planned.quality)
    except DataFault as fault:
        raise DataFault(f"{plan.name}: {fault}") from fault
    notes = {
        "quarters": "A quarter is one of the financial year, which begins on 1 April. A term begins on 1 September, "
        "1 January or 1 April, as the law counts compulsory school age. Each episode stands in the quarter in which it "
        "began, its return interviews too, and each referral in the term in which it was made, its closure too. A child "
        "is counted in each quarter or term with an episode or a referral, so these do not add up to the children of "
        "the year.",
        "department": "The department counts looked-after children only, from another return, and with definitions of "
        "its own. Its figures stand as it prints them: for the same year, or none.",
    }
    if book.previous is not None:
        notes["better"] = _write_polarity(book, planned)
    title = f"Scorecard of the safeguarding board, {book.edition.name} edition"
    write_workbook(book, title, sheets, into, notes=notes)


def _write_polarity(book: Book, planned: Plan) -> str:
    known = [
        f"{book.metric(metric_id).label}: {polarity.better} is better, because {polarity.because}."
        for metric_id, polarity in planned.polarity.items()
    ]
    return " ".join(
        [
            *known,
            "Of every other measure it is not said whether a rise is good or bad: a number may rise because more "
            "happened, or because more of what happened was seen and written down.",
        ]
    )


def _sheet_over_time(book: Book, part: _OverTime, number: int) -> gptables.GPTable:
    metrics = [book.metric(metric_id) for metric_id in part.metrics]
    for metric in metrics:
        if metric.over_time is None:
            raise DataFault(f"{metric.metric_id} is not counted by quarter or term")
    before = book.previous
    found = [
        (metric, year)
        for metric in metrics
        for each in (book, before)
        if each is not None
        for year in _years_of(each, metric.metric_id)
    ]
    names = sorted({c.partition("-")[2] for _, year in found for c in year.stretches}, key=_order_of_name)
    rows: dict[str, list[Any]] = {
        "Measure": [metric.label for metric, _ in found],
        "Unit": [metric.unit for metric, _ in found],
        "Year": [year.year for _, year in found],
    }
    shown: list[PublicFigure] = []
    for name in names:
        cells: list[Any] = []
        for _, year in found:
            figure = next((f for c, f in year.stretches.items() if c.partition("-")[2] == name), None)
            cells.append("not begun" if figure is None else value_in_cell(figure))
            shown += [] if figure is None else [figure]
        rows[write_stretch(f"2000-{name}")] = cells
    rows["Whole period"] = [value_in_cell(year.whole) for _, year in found]
    shown += [year.whole for _, year in found]
    about = [f"{book.place}, {_write_extent(book, metrics[0].metric_id)}"]
    if before is None:
        about.append(NO_EARLIER)
    elif not any(before.over_time(metric.metric_id) for metric in metrics):
        about.append(
            f"Last year cannot be shown: the {before.edition.name} edition was made without quarters and terms"
        )
    else:
        about.append(f"The year before is as the {before.edition.name} edition has it")
    return make_sheet(
        book, rows, f"over_time_{number}", part.title, shown, [*about, *part.about], notes={"Measure": "quarters"}
    )


def _order_of_name(name: str) -> tuple[str, int]:
    return order_of_stretch(f"{2001 if name in ('spring', 'summer') else 2000}-{name}")


def _years_of(book: Book, metric_id: str) -> list[_Year]:
    """The financial or school years of one edition, the latest first; the period's total stands with each."""
    whole = book.figure(metric_id)
    years: dict[str, dict[str, PublicFigure]] = {}
    for category, figure in book.over_time(metric_id).items():
        years.setdefault(write_year_of_stretch(category), {})[category] = figure
    return [_Year(year, stretches, whole) for year, stretches in sorted(years.items(), reverse=True)]


def _write_extent(book: Book, metric_id: str) -> str:
    figure = book.figure(metric_id)
    return f"{write_period(figure.period_start, figure.period_end)}, as known at the end of {write_date(figure.as_at)}"


def _sheet_of_years(book: Book, planned: Plan, sheet: _Sheet, number: int) -> gptables.GPTable:
    metrics = [book.metric(metric_id) for metric_id in sheet.metrics]
    before = book.previous
    books = [book] if before is None else [before, book]
    columns = [[each.figure(metric.metric_id) for metric in metrics] for each in books]
    rows: dict[str, list[Any]] = {
        "Measure": [metric.label for metric in metrics],
        "Unit": [metric.unit for metric in metrics],
    }
    for each, figures in zip(books, columns, strict=True):
        rows[f"{each.edition.name} edition"] = [value_in_cell(figure) for figure in figures]
    if before is not None:
        moves = [compare(then, now) for then, now in zip(columns[0], columns[-1], strict=True)]
        rows[f"Against {before.edition.name}"] = [move or "cannot be compared" for move in moves]
        rows["Better or worse"] = [
            _judge(move, planned.polarity.get(metric.metric_id)) for metric, move in zip(metrics, moves, strict=True)
        ]
    statistics = [_find_published(book, planned, figure) for figure in columns[-1]]
    if any(metric.metric_id in planned.department for metric in metrics):
        rows["The department's figure"] = [
            NOT_PUBLISHED if statistic is None else _statistic_in_cell(statistic) for statistic in statistics
        ]
        rows["Its publication"] = ["none" if statistic is None else statistic.release for statistic in statistics]
    symbols = sorted({s.symbol for s in statistics if s is not None and s.value is None and s.symbol in SYMBOLS})
    about = [
        f"{book.place}, {each.edition.name} edition: {_write_extent(each, metrics[0].metric_id)}" for each in books
    ]
    if before is None:
        about.append(NO_EARLIER)
    if symbols:
        about.append("The department's symbols: " + write_list([f"{s} is {SYMBOLS[s]}" for s in symbols]))
    notes = {}
    if before is not None:
        notes["Better or worse"] = "better"
    if "The department's figure" in rows:
        notes["The department's figure"] = "department"
    every = [figure for figures in columns for figure in figures]
    return make_sheet(book, rows, f"years_{number}", sheet.title, every, about, notes=notes)


def _judge(move: str | None, polarity: _Polarity | None) -> str:
    if polarity is None:
        return NOT_JUDGED
    if move in (None, "did not change"):
        return "neither" if move else "cannot be compared"
    return "better" if (move == "rose") == (polarity.better == "higher") else "worse"


def _find_published(book: Book, planned: Plan, figure: PublicFigure) -> PublishedStatistic | None:
    """What the department prints for the same place and a year that ends with the figure's period, as last released."""
    measure = planned.department.get(figure.key.metric_id)
    if measure is None:
        return None
    return keep_latest(book.published_statistics).get((figure.key.authority, measure, figure.period_end))


def _statistic_in_cell(statistic: PublishedStatistic) -> BoundCell:
    address = address_statistic(statistic)
    if statistic.value is None:
        return BoundCell(address, write_statistic(statistic))
    is_whole = statistic.value == statistic.value.to_integral_value()
    return BoundCell(address, int(statistic.value) if is_whole else float(statistic.value))


def _quality_sheet(book: Book, planned: Sequence[_NotRecorded]) -> gptables.GPTable:
    books = [book] if book.previous is None else [book.previous, book]
    shown: list[PublicFigure] = []
    rows: dict[str, list[Any]] = {"Measure": [], "What is not recorded": []}
    for each in books:
        rows |= {f"Not recorded, {each.edition.name} edition": [], f"Of all, {each.edition.name} edition": []}
    for entry in planned:
        metric = book.metric(entry.metric)
        rows["Measure"].append(f"{metric.label} ({metric.unit})")
        rows["What is not recorded"].append(head_of(entry.by))
        for each in books:
            figure = each.figure(metric.metric_id, breakdown=entry.by, category=NOT_KNOWN)
            whole = each.figure(metric.metric_id)
            shown += [figure, whole]
            rows[f"Not recorded, {each.edition.name} edition"].append(value_in_cell(figure))
            rows[f"Of all, {each.edition.name} edition"].append(value_in_cell(whole))
    about = ["How many of the records counted do not say what the second column names"]
    return make_sheet(book, rows, "data_quality", "What is not recorded", shown, about)
