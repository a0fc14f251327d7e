"""The functions that a page may call: figures, charts, conditions, dates. Each page has its own, which note what it shows.

They read figures that may be shown. What is found and how it looks is said elsewhere; here it is put together for a page.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from posixpath import dirname, relpath
from types import FrameType
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from pipelines.figures import TOTAL, Collection, FigureKey, Metric, PublicFigure
from pipelines.publishing import blocks, census, comparisons, department, sentences, side_by_side
from pipelines.publishing.answers import answer_requests
from pipelines.publishing.book import Book, PublishedStatistic, UnknownCitation
from pipelines.publishing.chart_data import write_chart_data
from pipelines.publishing.comparisons import (
    Break,
    find_breaks,
    is_below,
)
from pipelines.publishing.department_chart import draw_years, mark_up_published_chart, name_chart
from pipelines.publishing.english import (
    lower_first,
    write_date,
    write_day,
    write_number_in_words,
    write_period,
    write_share,
)
from pipelines.publishing.events import find_events
from pipelines.publishing.markup import explain_symbols, mark_up_figure, mark_up_symbols
from pipelines.publishing.metric_pages import list_editions, page_of
from pipelines.publishing.open_data import mark_up_open_files
from pipelines.publishing.proofs import make_proof, write_metrics_index
from pipelines.publishing.questions import Question, choose_questions
from pipelines.publishing.tables import BESIDE_THE_DEPARTMENT, mark_up_published_statistics, mark_up_table
from pipelines.register import read_open_schemas


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """The rule of protection as pages speak of it: the smallest number shown, and what numbers are rounded to."""

    threshold: int
    base: int
    stated: Mapping[str, Any] = field(default_factory=dict)
    """Every setting of the policy, as plain data."""
    prevented: tuple[str, ...] = ()
    """What somebody knows against whom further numbers are hidden."""

    @property
    def hidden(self) -> str:
        """The numbers that are hidden, e.g. `1 to 4`."""
        return f"1 to {self.threshold - 1}" if self.threshold > 2 else ("1" if self.threshold == 2 else "none")

    @property
    def threshold_in_words(self) -> str:
        """E.g. `five`."""
        return write_number_in_words(self.threshold)

    @property
    def base_in_words(self) -> str:
        """E.g. `five`."""
        return write_number_in_words(self.base)

    @property
    def rule(self) -> str:
        """The rule in one sentence without its full stop."""
        rounding = f"other counts are rounded to the nearest {self.base}" if self.base > 1 else "other counts are exact"
        return f"counts of {self.hidden} are hidden, {rounding}, and rates follow from the rounded counts"


@dataclass(frozen=True, slots=True)
class EditionEntry:
    """One line of the list of editions. `address` is relative to the root of this site; None where there is no link."""

    name: str
    version: int
    state: str
    """E.g. draft, published, withdrawn."""
    address: str | None = None
    note: str = ""


@dataclass(slots=True)
class Shared:
    """What all pages of one edition share."""

    book: Book
    policy: PolicyWords
    editions: tuple[EditionEntry, ...]
    definitions_page: str | None
    registers: Mapping[str, Any]
    published: department.Published
    breaks: tuple[Break, ...] = ()
    charts: dict[str, bytes] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    """The numbers of each chart and table as CSV, by the name of the file without its ending."""
    made: dict[str, blocks.Chart] = field(default_factory=dict)

    def keep(self, name: str, text: str) -> str:
        """Keeps the numbers of one chart or table; returns the name of their file, which is another where there is one of that
        name with other numbers."""
        free, times = name, 1
        while self.data.setdefault(free, text) != text:
            times += 1
            free = f"{name}-{times}"
        return free


@dataclass(frozen=True, slots=True)
class Offered:
    """Numbers that a page offers as a file: the name that it asked for, the text, the name that was free."""

    asked: str
    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison on a page across a break in what is recorded. `line` is that of the page."""

    line: int
    label: str
    crossed: Break


@dataclass(frozen=True, slots=True)
class _Dates:
    """The dates of a collection as ISO text, to compare in conditions."""

    start: str
    end: str
    as_at: str


class PageFunctions:
    """The functions that a page may call. Each page has its own, which notes what the page shows."""

    def __init__(self, shared: Shared, page: str) -> None:
        self._shared = shared
        self._book = shared.book
        self._page = page
        self._explained: set[str] = set()
        self._placed: dict[str, int] = {}
        self._told: set[Break] = set()
        self._compared: list[Compared] = []
        self.cited: list[FigureKey] = []
        self.drawn: dict[str, bytes] = {}
        """The drawings that the page shows, by their file names without ending."""
        self.offered: list[Offered] = []
        """The numbers that it offers as files, in their order."""

    @property
    def untold(self) -> list[Compared]:
        """Comparisons across a break that the page does not tell its readers of."""
        return [compared for compared in self._compared if compared.crossed not in self._told]

    def as_globals(self) -> dict[str, Any]:
        """Names as pages know them."""
        calls: list[Callable[..., Any]] = [
            *(self.figure, self.chart, self.table, self.trend, self.definition, self.period, self.as_at, self.dates),
            *(self.day, self.zero, self.published, self.available, self.change, self.more, self.largest, self.share),
            *(self.label, self.ladder, self.published_statistics_table, self.metrics_index, self.editions_list),
            self.open_files,
            *(self.before, self.below, self.questions_for, self.answers, self.corrections, self.breaks_crossed),
            *(
                self.shares,
                self.trends,
                self.apart,
                self.rose,
                self.fell,
                self.most,
                self.first_time,
                self.highest,
                self.lowest,
            ),
            *(self.has_published, self.published_chart, self.published_table, self.published_neighbours),
            *(self.published_models, self.published_revisions, self.has_census_days, self.published_census),
        ]
        previous = self._book.previous
        return {
            **{call.__name__: call for call in calls},
            "edition": self._book.edition.name,
            "previous": previous.edition.name if previous else None,
            "earlier": [book.edition.name for book in self._book.earlier],
            "place": self._book.place,
            "invented": self._book.invented,
            "policy": self._shared.policy,
        }

    def figure(
        self, metric_id: str, *, authority: str | None = None, edition: str | None = None, **categories: str
    ) -> Markup:
        """One figure. Its symbol is explained in words where the page first shows it."""
        found = self._book_of(edition).figure_of(metric_id, categories, authority)
        self.cited.append(found.key)
        marked = mark_up_figure(found)
        for symbol, words in explain_symbols([found]):
            if symbol not in self._explained:
                self._explained.add(symbol)
                marked += Markup(' <span class="symbol">({})</span>').format(words)
        return marked

    def chart(self, metric_id: str, *, by: str) -> Markup:
        """A breakdown as a drawing, with its table beside it and how it was made under it."""
        chart = self._draw(f"{metric_id}/{by}", lambda: blocks.make_chart(self._book, metric_id, by))
        self._cite_marks(chart, metric_id)
        table = blocks.mark_up_breakdown_table(self._book, metric_id, by)
        return self._place(chart, table, (metric_id,), self._rows_of(metric_id, by))

    def table(self, *metric_ids: str, by: str) -> Markup:
        """A breakdown as a table alone; of several metrics that share it, side by side."""
        if not metric_ids:
            raise UnknownCitation("table() needs a metric")
        for metric_id in metric_ids:
            self.cited += [m.figure.key for m in self._book.series(metric_id, by)]
            self.cited.append(self._book.figure(metric_id).key)
        if len(metric_ids) > 1:
            rows = [
                (f"{self._book.metric(metric_id).label}, {label}", figure)
                for metric_id in metric_ids
                for label, figure in self._rows_of(metric_id, by)
            ]
            name = f"{metric_ids[0]}-and-others-by-{by.replace('/', '-and-')}"
            symbols = mark_up_symbols([*(figure for _, figure in rows), *map(self._book.figure, metric_ids)])
            return blocks.mark_up_side_by_side(self._book, metric_ids, by) + symbols + self._offer(name, rows)
        name = f"{metric_ids[0]}-by-{by.replace('/', '-and-')}"
        return blocks.mark_up_breakdown(self._book, metric_ids[0], by) + self._offer(
            name, self._rows_of(metric_ids[0], by)
        )

    def ladder(self, *metric_ids: str) -> Markup:
        """Totals of which each is a part of the one before, as bars with their table."""
        if len(metric_ids) < 2:
            raise UnknownCitation("ladder() needs two metrics or more, each a part of the one before")
        chart = self._draw(" > ".join(metric_ids), lambda: blocks.make_ladder(self._book, metric_ids))
        self.cited += [mark.figure.key for mark in chart.marks]
        rows = [(mark.label, mark.figure) for mark in chart.marks]
        return self._place(chart, blocks.mark_up_ladder_table(self._book, metric_ids), metric_ids, rows)

    def shares(self, *metric_ids: str, by: str) -> Markup:
        """Each metric as a bar of the same length, cut by one breakdown: shares side by side, with their table."""
        if not metric_ids:
            raise UnknownCitation("shares() needs a metric")
        chart = self._draw(
            f"{' + '.join(metric_ids)} shares {by}", lambda: side_by_side.make_stacks(self._book, metric_ids, by)
        )
        self.cited += [mark.figure.key for mark in chart.marks]
        rows = side_by_side.list_stacked(self._book, metric_ids, by)
        return self._place(chart, blocks.mark_up_side_by_side(self._book, metric_ids, by), metric_ids, rows)

    def trends(self, metric_id: str, *, by: str) -> Markup:
        """Each category of a breakdown over the editions that have it: a small chart for each, with their table."""
        chart = self._draw(
            f"{metric_id}/{by} over editions",
            lambda: side_by_side.make_panels(self._book, metric_id, by, self._shared.breaks),
        )
        self.cited += [mark.figure.key for mark in chart.marks]
        if self._book.earlier:
            first, now = self._book.earlier[0], self._book.figure(metric_id)
            with suppress(UnknownCitation):
                self._note_comparison(self._book.metric(metric_id), first.figure(metric_id), now)
        rows = side_by_side.list_panelled(self._book, metric_id, by)
        return self._place(chart, side_by_side.mark_up_panels_table(self._book, metric_id, by), (metric_id,), rows)

    def trend(self, metric_id: str, **categories: str) -> Markup:
        """One figure in this edition and the earlier ones that have it: a line with its table, or the table alone."""
        breakdown, category = self._book.breakdown_of(metric_id, categories)
        editions = list_editions(self._book, metric_id, breakdown, category)
        figures = [figure for _, figure in editions]
        self.cited += [figure.key for figure in figures]
        table = blocks.mark_up_trend_table(self._book, metric_id, editions)
        if len(editions) == 1:
            return table + mark_up_symbols(figures)
        metric = self._book.metric(metric_id)
        self._note_comparison(metric, figures[0], figures[-1])
        developments = (self._shared.registers.get("developments") or ()) if breakdown == TOTAL else ()
        events = find_events(metric, figures, self._shared.breaks, developments)
        chart = self._draw(
            f"{metric_id}/{breakdown}/{category} over editions",
            lambda: blocks.make_trend(self._book, metric_id, editions, breaks=self._shared.breaks, events=events),
        )
        return self._place(chart, table, (metric_id,), editions)

    def definition(self, metric_id: str, text: str | None = None) -> Markup:
        """A link to what the metric means; its label, or the text given."""
        metric = self._book.metric(metric_id)
        words = text or metric.label
        if (page := self._shared.definitions_page) is None:
            return Markup("{}").format(words)
        return Markup("[{}]({}#{})").format(words, self._link_to(page), metric_id)

    def label(self, metric_id: str, **categories: str) -> str:
        """The label of a category, to go on in a sentence; of the metric where no category is given."""
        if not categories:
            return lower_first(self._book.metric(metric_id).label)
        breakdown, category = self._book.breakdown_of(metric_id, categories)
        self._book.figure(metric_id, None, breakdown, category)
        return lower_first(self._book.label_of(metric_id, breakdown, category))

    def period(self, collection: Collection) -> str:
        """The period of a collection in words."""
        period = self._book.period(collection)
        return write_period(period.start, period.end)

    def as_at(self, collection: Collection) -> str:
        """The date at which the position is stated, in words."""
        return write_date(self._book.period(collection).as_at)

    def dates(self, collection: Collection, edition: str | None = None) -> _Dates:
        """The same dates as ISO text, to compare; those of an earlier edition where one is named."""
        period = self._book_of(edition).period(collection)
        return _Dates(period.start.isoformat(), period.end.isoformat(), period.as_at.isoformat())

    def day(self, text: str) -> str:
        """An ISO date, month or year in words."""
        try:
            return write_day(str(text))
        except ValueError:
            raise UnknownCitation(f'day("{text}") is no date. Write it as 2015-04-01, or 2015-04, or 2015') from None

    def zero(self, metric_id: str, **categories: str) -> bool:
        """Whether the number shown is zero; never true of a hidden number."""
        return sentences.is_zero(self._book.figure_of(metric_id, categories))

    def published(self, metric_id: str, **categories: str) -> bool:
        """Whether a number is shown, zero included."""
        return sentences.is_shown(self._book.figure_of(metric_id, categories))

    def available(self, metric_id: str) -> bool:
        """Whether every extract that the metric needs was given."""
        return self._book.figure(metric_id).status != "not_available"

    def change(self, metric_id: str, **categories: str) -> comparisons.Direction | None:
        """`rose`, `fell` or `is about the same` since the edition before; None where either number is not shown.

        A rise or fall is more than rounding can explain and at least a twentieth. The page tells of breaks in between.
        """
        return self._compare(metric_id, categories)

    def apart(self, metric_id: str, **categories: str) -> bool:
        """Whether a change in what is recorded lies between the edition before and this one."""
        now = self._book.figure_of(metric_id, categories)
        if self._book.previous is None:
            return False
        with suppress(UnknownCitation):
            before = self._book.previous.figure_of(metric_id, categories)
            return bool(find_breaks(self._shared.breaks, self._book.metric(metric_id), before, now))
        return False

    def rose(self, metric_id: str, **categories: str) -> bool:
        """Whether the number rose since the edition before, as `change` says."""
        return self._compare(metric_id, categories) == "rose"

    def fell(self, metric_id: str, **categories: str) -> bool:
        """Whether the number fell since the edition before, as `change` says."""
        return self._compare(metric_id, categories) == "fell"

    def most(self, metric_id: str, **categories: str) -> bool:
        """Whether a category is more than half of the total for certain, whatever was rounded."""
        part, whole = self._book.figure_of(metric_id, categories), self._book.figure(metric_id)
        return comparisons.is_most(self._book, part, whole)

    def first_time(self, metric_id: str, **categories: str) -> bool:
        """Whether something is counted now that every earlier edition, one at least, counted as nought."""
        books, figures = self._over_editions(metric_id, categories)
        if len(books) != len(self._book.earlier) + 1 or not comparisons.is_first_time(figures[:-1], figures[-1]):
            return False
        self._note_comparison(self._book.metric(metric_id), figures[0], figures[-1])
        return True

    def highest(self, metric_id: str, **categories: str) -> bool:
        """Whether the number is above that of every earlier edition, of two at least, as `change` says."""
        return self._is_extreme(metric_id, categories, lowest=False)

    def lowest(self, metric_id: str, **categories: str) -> bool:
        """Whether the number is below that of every earlier edition, of two at least, as `change` says."""
        return self._is_extreme(metric_id, categories, lowest=True)

    def breaks_crossed(self, collections: Iterable[str]) -> list[Break]:
        """The changes in what is recorded between the first edition and this one; the page that asks tells of them."""
        crossed = []
        for one in self._shared.breaks:
            if one.collection in collections and self._book.earlier:
                first = self._book.earlier[0].period(one.collection).start.isoformat()
                if first < one.date <= self._book.period(one.collection).end.isoformat():
                    crossed.append(one)
        self._told.update(crossed)
        return crossed

    def _is_extreme(self, metric_id: str, categories: Mapping[str, str], *, lowest: bool) -> bool:
        books, figures = self._over_editions(metric_id, categories)
        if len(books) != len(self._book.earlier) + 1 or not comparisons.is_highest(books, figures, lowest=lowest):
            return False
        self._note_comparison(self._book.metric(metric_id), figures[0], figures[-1])
        return True

    def _over_editions(self, metric_id: str, categories: Mapping[str, str]) -> tuple[list[Book], list[PublicFigure]]:
        """The editions that have the figure, the oldest first, and the figure in each."""
        breakdown, category = self._book.breakdown_of(metric_id, categories)
        books = {book.edition.name: book for book in (*self._book.earlier, self._book)}
        found = list_editions(self._book, metric_id, breakdown, category)
        return [books[name] for name, _ in found], [figure for _, figure in found]

    def _compare(self, metric_id: str, categories: Mapping[str, str]) -> comparisons.Direction | None:
        now = self._book.figure_of(metric_id, categories)
        if (previous := self._book.previous) is None:
            return None
        try:
            before = previous.figure_of(metric_id, categories)
        except UnknownCitation:
            return None
        direction = comparisons.find_direction(previous, before, self._book, now)
        if direction is not None:
            self._note_comparison(self._book.metric(metric_id), before, now)
        return direction

    def _note_comparison(self, metric: Metric, before: PublicFigure, now: PublicFigure) -> None:
        """Two editions stand side by side on this page: it has to tell of each break between them."""
        crossed = find_breaks(self._shared.breaks, metric, before, now)
        if crossed:
            line = self._line_of_call()
            self._compared += [Compared(line, metric.label, one) for one in crossed]

    def _line_of_call(self) -> int:
        """The line of this page from which a function was called; templates know it, compiled as they are."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            template = frame.f_globals.get("__jinja_template__")
            if isinstance(template, Template) and template.name == self._page:
                return template.get_corresponding_lineno(frame.f_lineno)
            frame = frame.f_back
        return 1

    def before(self, metric_id: str, **categories: str) -> Markup:
        """The same figure in the edition before; words where that has none."""
        if self._book.previous is not None:
            with suppress(UnknownCitation):
                before = self._book.previous.figure_of(metric_id, categories)
                self._note_comparison(self._book.metric(metric_id), before, self._book.figure_of(metric_id, categories))
                return self.figure(metric_id, edition=self._book.previous.edition.name, **categories)
        self._book.figure_of(metric_id, categories)
        return Markup("not counted")

    def below(self, metric_id: str, goal: int | str, **categories: str) -> bool | None:
        """Whether a number is below a goal, whatever was rounded; None where that is open or no number is shown."""
        return is_below(self._book, self._book.figure_of(metric_id, categories), Decimal(str(goal)))

    def questions_for(self, page: str | None = None) -> list[Question]:
        """The questions of a page, chosen by rule from the register of questions; of this page where none is named."""
        return choose_questions(self._book, self._shared.registers, page or self._page)

    def answers(self, themes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The questions of a register of requests with their answers, each sentence said where its rule holds."""
        found = answer_requests(self._book, themes, lambda metric, cuts: self.figure(metric, **cuts))
        return [
            {
                "title": theme.title,
                "answers": [
                    {"ask": a.ask, "text": Markup("").join(a.parts), "tables": a.tables, "metrics": a.metrics}
                    for a in theme.answers
                ],
            }
            for theme in found
        ]

    def corrections(self) -> list[EditionEntry]:
        """The editions that were corrected, each with its reason, the latest first."""
        return [entry for entry in self._shared.editions if entry.version > 1]

    def more(self, first: str, second: str) -> bool:
        """Whether the first number is the larger for certain, whatever was rounded."""
        return comparisons.is_certainly_more(self._book, self._book.figure(first), self._book.figure(second))

    def largest(self, metric_id: str, *, by: str) -> str | None:
        """The label of the category that is certainly the largest, to go on in a sentence; None where that is open."""
        member = sentences.find_largest(self._book, metric_id, by)
        return lower_first(member.label) if member else None

    def share(self, metric_id: str, **categories: str) -> str | None:
        """A category's share of its total in words, e.g. `about two thirds`; None where either is not shown."""
        part, whole = self._book.figure_of(metric_id, categories), self._book.figure(metric_id)
        if part.value is None or not whole.value or part.value > whole.value:
            return None
        return write_share(part.value, whole.value)

    def metrics_index(self) -> Markup:
        """Every metric with its definition, as Markdown."""
        return write_metrics_index(
            self._book, self._shared.policy.rule, lambda metric_id: self._link_to(page_of(metric_id))
        )

    def open_files(self) -> Markup:
        """Each file of open data with its columns, as Markdown."""
        return mark_up_open_files(read_open_schemas(), self._link_to)

    def editions_list(self) -> Markup:
        """Every edition with its state, as a table."""
        rows: list[list[Markup | str]] = []
        for entry in self._shared.editions:
            name = entry.name if entry.version == 1 else f"{entry.name}, version {entry.version}"
            link: Markup | str = name
            if entry.address is not None:
                link = Markup('<a href="{}">{}</a>').format(self._link_to(entry.address), name)
            rows.append([link, entry.state, entry.note])
        if not rows:
            return Markup("This is the only edition.")
        return mark_up_table("Editions of the story board", ["Edition", "State", "Note"], rows, total=False)

    def has_published(self, *measures: str) -> bool:
        """Whether the department's values of any of these measures for the area were given."""
        return any(self._shared.published.has(measure) for measure in measures)

    def published_chart(self, measure: str) -> Markup:
        """What the department publishes of one measure, over the years given, with the areas around in its table."""
        published, name = self._shared.published, name_chart(measure)
        if not published.has(measure):
            return Markup("The department's figures on this were not given for this edition.")
        if name not in self._shared.charts:
            self._shared.charts[name] = draw_years(published, self._book, measure)
        drawing, image = self._shared.charts[name], self._link_to(f"charts/{name}.svg")
        self.drawn[name] = drawing
        data = self._offer_file(name, department.write_published_data(published, self._book, measure))
        return mark_up_published_chart(published, self._book, measure, drawing, image, data)

    def published_table(self, *measures: str, caption: str) -> Markup:
        """Several measures of the department for the area side by side, a row for each year."""
        return department.mark_up_several(self._shared.published, self._book, measures, caption)

    def has_census_days(self, metric_id: str) -> bool:
        """Whether this metric was counted at a day for which the department's census of the area was given."""
        return any(row.ours is not None for row in census.find_days(self._shared.published, self._book, metric_id))

    def published_census(self, metric_id: str) -> Markup:
        """The department's census of the area, a row for each term, and this metric at the same day."""
        rows = census.find_days(self._shared.published, self._book, metric_id)
        self.cited += [row.ours.key for row in rows if row.ours is not None]
        return census.mark_up_days(rows, self._book)

    def published_neighbours(self, model: str) -> Markup:
        """The area beside its statistical neighbours by one model, in the latest year given."""
        return department.mark_up_neighbours(self._shared.published, self._book, model)

    def published_models(self) -> list[str]:
        """The models of statistical neighbours known for the area, the newest first."""
        return self._shared.published.models()

    def published_revisions(self) -> Markup:
        """What the department changed later in its values for the area."""
        return department.mark_up_revisions(self._shared.published, self._book)

    def published_statistics_table(self) -> Markup:
        """What the department prints for the area, its region and England, beside our own figures."""
        given = self._statistics_shown()
        areas = list(dict.fromkeys(s.area_name for s in given))
        if not areas:
            return Markup("No statistics of the department were given for this edition.")
        by_place = {(s.measure, s.area_name): s for s in given}
        rows: list[tuple[str, list[PublishedStatistic | None], PublicFigure | None]] = []
        for measure, words, ours in BESIDE_THE_DEPARTMENT:
            found = None if ours is None else self._book.figure_of(ours[0], ours[1])
            statistics = [by_place.get((measure, area)) for area in areas]
            if found is not None:
                self.cited.append(found.key)
            if found is not None or any(statistics):
                rows.append((words, statistics, found))
        year = write_date(given[0].year_ending)
        caption = f"Looked-after children missing or away: the department's figures, year ending {year}, and ours"
        return mark_up_published_statistics(rows, areas, caption)

    def _statistics_shown(self) -> list[PublishedStatistic]:
        """The latest year not after our own period: the authority first, then its region and England, as last released."""
        published, end = self._shared.published, self._book.period("missing").end
        measures = [measure for measure, _, _ in BESIDE_THE_DEPARTMENT if published.covers(measure)]
        years = [year for measure in measures for year in published.years(measure) if year <= end]
        shown = [
            published.value(code, measure, max(years))
            for code, _ in (published.areas() if years else [])
            for measure in measures
        ]
        return [statistic for statistic in shown if statistic is not None]

    def _book_of(self, edition: str | None) -> Book:
        if edition is None or edition == self._book.edition.name:
            return self._book
        for book in self._book.earlier:
            if book.edition.name == edition:
                return book
        raise UnknownCitation(f'There is no earlier edition "{edition}" here.')

    def _draw(self, name: str, make: Callable[[], blocks.Chart]) -> blocks.Chart:
        """Each chart is drawn once, however many pages show it."""
        if name not in self._shared.made:
            chart = make()
            self._shared.made[name] = chart
            if chart.svg is not None:
                self._shared.charts[chart.name] = chart.svg
        chart = self._shared.made[name]
        if chart.svg is not None:
            self.drawn[chart.name] = chart.svg
        return chart

    def _cite_marks(self, chart: blocks.Chart, metric_id: str) -> None:
        self.cited += [mark.figure.key for mark in chart.marks]
        self.cited.append(self._book.figure(metric_id).key)

    def _place(
        self,
        chart: blocks.Chart,
        table: Markup,
        metric_ids: Sequence[str],
        rows: Sequence[tuple[str, PublicFigure]],
    ) -> Markup:
        """A chart on this page. Where the page shows it again, its anchor has a number."""
        proof = make_proof(
            self._book,
            metric_ids,
            self._shared.policy.rule,
            link=lambda metric_id: self._link_to(page_of(metric_id).removesuffix(".md") + ".html"),
            breaks=self._shared.breaks,
        )
        self.cited += [figure.key for figure in proof.figures]
        self._placed[chart.name] = times = self._placed.get(chart.name, 0) + 1
        anchor = chart.name if times == 1 else f"{chart.name}-{times}"
        image = self._link_to(f"charts/{chart.name}.svg")
        return blocks.mark_up_chart(chart, table, proof.markup, image, anchor, self._keep_data(chart.name, rows))

    def _rows_of(self, metric_id: str, by: str) -> list[tuple[str, PublicFigure]]:
        """What a breakdown's chart and table show, as rows of a file; the total last, where the parts make one."""
        rows = [(m.label, m.figure) for m in blocks.arrange(self._book, metric_id, by)]
        if by not in self._book.metric(metric_id).overlapping:
            rows.append(("All", self._book.figure(metric_id)))
        return rows

    def _offer(self, name: str, rows: Sequence[tuple[str, PublicFigure]]) -> Markup:
        """The link to the numbers of a table as a file."""
        return blocks.mark_up_download(self._keep_data(name, rows), name.replace("_", " ").replace("-", " "))

    def _keep_data(self, name: str, rows: Sequence[tuple[str, PublicFigure]]) -> str:
        """The address of a file with these rows."""
        return self._offer_file(name, write_chart_data(rows, invented=self._book.invented))

    def _offer_file(self, name: str, text: str) -> str:
        offered = Offered(name, text, self._shared.keep(name, text))
        self.offered.append(offered)
        return self._link_to(f"data/{offered.name}.csv")

    def _link_to(self, path: str) -> str:
        return relpath(path, dirname(self._page) or ".")
