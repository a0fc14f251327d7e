"""Fills the pages of `docs/` with figures: Markdown templates in, plain Markdown and drawings out.

Names what is wrong by file and line, and records which figures each page shows. How a block looks is up to `blocks`.
"""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from posixpath import dirname, relpath
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from pipelines.faults import DataFault
from pipelines.figures import TOTAL, Collection, FigureKey, PublicFigure
from pipelines.publishing import blocks, department, sentences
from pipelines.publishing.book import Book, PublishedStatistic, UnknownCitation
from pipelines.publishing.citations import choose_registers, find_pages, find_registers, read_registers
from pipelines.publishing.department_chart import draw_years, mark_up_published_chart, name_chart
from pipelines.publishing.digits import find_typed_figures, read_stated
from pipelines.publishing.english import (
    lower_first,
    write_date,
    write_day,
    write_number_in_words,
    write_period,
    write_share,
)
from pipelines.publishing.language import find_refused_words
from pipelines.publishing.markup import explain_symbols, mark_up_figure
from pipelines.publishing.questions import Question, choose_questions
from pipelines.publishing.tables import BESIDE_THE_DEPARTMENT, mark_up_published_statistics, mark_up_table

NOT_FOR_THE_BOARD = ("evidence/",)
"""Folders of pages in which digits may be typed: they speak of the product, not of children."""


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """The rule of protection as pages speak of it: the smallest number shown, and what numbers are rounded to."""

    threshold: int
    base: int

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


@dataclass(frozen=True, slots=True)
class RenderedPages:
    """What was made: the pages, the figures that each shows, and the drawings by their file names."""

    pages: tuple[str, ...]
    citations: Mapping[str, tuple[FigureKey, ...]]
    charts: Mapping[str, bytes]


def render_pages(
    docs: Path,
    book: Book,
    into: Path,
    *,
    policy: PolicyWords,
    editions: Sequence[EditionEntry] = (),
    registers: Mapping[str, Any] | None = None,
) -> RenderedPages:
    """Renders every page of `docs` into the empty or absent folder `into`, with `assets/` and `charts/` beside them.

    Raises DataFault, naming file and line of everything that is wrong: unknown names, typed figures, broken templates.
    """
    previous = book.previous.edition.name if book.previous else None
    variables = choose_registers(read_registers(docs) if registers is None else registers, book.edition.name, previous)
    definitions = find_definitions_page(docs)
    shared = _Shared(book, policy, tuple(editions), definitions, variables, department.Published(book, variables))
    environment = _make_environment(docs)
    stated = read_stated(
        [text for metric in book.metrics.values() for text in (metric.description, metric.unit)]
        + [member.label for members in book.categories.values() for member in members]
    )
    wrong = _find_refused(docs)
    texts: dict[str, str] = {}
    citations: dict[str, tuple[FigureKey, ...]] = {}
    for path in find_pages(docs):
        page = path.relative_to(docs).as_posix()
        if not page.startswith(NOT_FOR_THE_BOARD):
            wrong += [
                f'docs/{page}, line {typed.line}: "{typed.text}" is typed where a figure belongs. '
                'Cite the figure instead, e.g. {{ figure("episodes_reported") }}, or write a small number as a word.'
                for typed in find_typed_figures(path.read_text("utf-8"), stated)
            ]
        calls = _PageFunctions(shared, page)
        try:
            template = environment.get_template(page)
            texts[page] = template.render({**variables, **calls.as_globals()})
            citations[page] = tuple(dict.fromkeys(calls.cited))
        except TemplateSyntaxError as error:
            wrong.append(f"docs/{page}, line {error.lineno}: {error.message}")
        except (UnknownCitation, TemplateError, ValueError, TypeError, LookupError) as error:
            wrong.append(f"docs/{page}, line {_line_of(error, page)}: {_explain(error)}")
    if wrong:
        raise DataFault("\n".join(wrong))
    for page, text in texts.items():
        target = into / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="\n")
    if (docs / "assets").is_dir():
        shutil.copytree(docs / "assets", into / "assets", copy_function=shutil.copyfile)
    drawn = {f"{name}.svg": svg for name, svg in sorted(shared.charts.items())}
    (into / "charts").mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        (into / "charts" / name).write_bytes(svg)
    return RenderedPages(tuple(texts), citations, drawn)


def find_definitions_page(docs: Path) -> str | None:
    """The page that lists every metric, by its path under `docs`: the one to which definitions link."""
    for path in find_pages(docs):
        if "metrics_index()" in path.read_text("utf-8"):
            return path.relative_to(docs).as_posix()
    return None


def _find_refused(docs: Path) -> list[str]:
    """Words that blame children, in pages and in the data that pages show."""
    return [
        f'docs/{path.relative_to(docs).as_posix()}, line {use.line}: "{use.text}" may not be used: {use.word.reason}. '
        f"Write instead: {use.word.instead}."
        for path in [*find_pages(docs), *find_registers(docs)]
        for use in find_refused_words(path.read_text("utf-8"))
    ]


def _make_environment(docs: Path) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(docs), undefined=StrictUndefined, autoescape=True, keep_trailing_newline=True
    )


def _line_of(error: BaseException, page: str) -> int:
    """The line of the page at which the template failed."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(page)]
    return (lines[-1] or 1) if lines else 1


def _explain(error: BaseException) -> str:
    text = str(error).rstrip(".")
    if isinstance(error, TypeError) and "PageFunctions" in text:
        text = text.replace("_PageFunctions.", "")
    return f"{text}."


@dataclass(slots=True)
class _Shared:
    """What all pages of one edition share."""

    book: Book
    policy: PolicyWords
    editions: tuple[EditionEntry, ...]
    definitions_page: str | None
    registers: Mapping[str, Any]
    published: department.Published
    charts: dict[str, bytes] = field(default_factory=dict)
    made: dict[str, blocks.Chart] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Dates:
    """The dates of a collection as ISO text, to compare in conditions."""

    start: str
    end: str
    as_at: str


class _PageFunctions:
    """The functions that a page may call. Each page has its own, which notes what the page shows."""

    def __init__(self, shared: _Shared, page: str) -> None:
        self._shared = shared
        self._book = shared.book
        self._page = page
        self._explained: set[str] = set()
        self._placed: dict[str, int] = {}
        self.cited: list[FigureKey] = []

    def as_globals(self) -> dict[str, Any]:
        """Names as pages know them."""
        calls: list[Callable[..., Any]] = [
            *(self.figure, self.chart, self.table, self.trend, self.definition, self.period, self.as_at, self.dates),
            *(self.day, self.zero, self.published, self.available, self.change, self.more, self.largest, self.share),
            *(self.label, self.ladder, self.published_statistics_table, self.metrics_index, self.editions_list),
            *(self.before, self.below, self.questions_for, self.corrections),
            *(self.has_published, self.published_chart, self.published_table, self.published_neighbours),
            *(self.published_models, self.published_revisions),
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
        return self._place(chart, table, (metric_id,))

    def table(self, *metric_ids: str, by: str) -> Markup:
        """A breakdown as a table alone; of several metrics that share it, side by side."""
        if not metric_ids:
            raise UnknownCitation("table() needs a metric")
        for metric_id in metric_ids:
            self.cited += [m.figure.key for m in self._book.series(metric_id, by)]
            self.cited.append(self._book.figure(metric_id).key)
        if len(metric_ids) > 1:
            return blocks.mark_up_side_by_side(self._book, metric_ids, by)
        return blocks.mark_up_breakdown(self._book, metric_ids[0], by)

    def ladder(self, *metric_ids: str) -> Markup:
        """Totals of which each is a part of the one before, as bars with their table."""
        if len(metric_ids) < 2:
            raise UnknownCitation("ladder() needs two metrics or more, each a part of the one before")
        chart = self._draw(" > ".join(metric_ids), lambda: blocks.make_ladder(self._book, metric_ids))
        self.cited += [mark.figure.key for mark in chart.marks]
        return self._place(chart, blocks.mark_up_ladder_table(self._book, metric_ids), metric_ids)

    def trend(self, metric_id: str, **categories: str) -> Markup:
        """One figure in this edition and the earlier ones that have it: a line with its table, or the table alone."""
        breakdown, category = self._book.breakdown_of(metric_id, categories)
        editions: list[tuple[str, PublicFigure]] = []
        for book in (*self._book.earlier, self._book):
            try:
                editions.append((book.edition.name, book.figure(metric_id, None, breakdown, category)))
            except UnknownCitation:
                if book is self._book:
                    raise
        self.cited += [figure.key for _, figure in editions]
        table = blocks.mark_up_trend_table(self._book, metric_id, editions)
        if len(editions) == 1 or breakdown != TOTAL:
            return table
        chart = self._draw(f"{metric_id} over editions", lambda: blocks.make_trend(self._book, metric_id, editions))
        return self._place(chart, table, (metric_id,))

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

    def change(self, metric_id: str, **categories: str) -> sentences.Change | None:
        """`rose`, `fell` or `did not change` since the edition before; None where either number is not shown."""
        now = self._book.figure_of(metric_id, categories)
        if self._book.previous is None:
            return None
        try:
            before = self._book.previous.figure_of(metric_id, categories)
        except UnknownCitation:
            return None
        return sentences.compare(before, now)

    def before(self, metric_id: str, **categories: str) -> Markup:
        """The same figure in the edition before; words where that has none."""
        if self._book.previous is not None:
            with suppress(UnknownCitation):
                return self.figure(metric_id, edition=self._book.previous.edition.name, **categories)
        self._book.figure_of(metric_id, categories)
        return Markup("not counted")

    def below(self, metric_id: str, goal: int | str, **categories: str) -> bool | None:
        """Whether the number shown is below a goal; None where no number is shown."""
        value = self._book.figure_of(metric_id, categories).value
        return None if value is None else value < Decimal(str(goal))

    def questions_for(self, page: str | None = None) -> list[Question]:
        """The questions of a page, chosen by rule from the register of questions; of this page where none is named."""
        return choose_questions(self._book, self._shared.registers, page or self._page)

    def corrections(self) -> list[EditionEntry]:
        """The editions that were corrected, each with its reason, the latest first."""
        return [entry for entry in self._shared.editions if entry.version > 1]

    def more(self, first: str, second: str) -> bool:
        """Whether both numbers are shown and the first is larger."""
        return sentences.is_more(self._book.figure(first), self._book.figure(second))

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
        return blocks.write_metrics_index(self._book, self._shared.policy.rule)

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
        image = self._link_to(f"charts/{name}.svg")
        return mark_up_published_chart(published, self._book, measure, self._shared.charts[name], image)

    def published_table(self, *measures: str, caption: str) -> Markup:
        """Several measures of the department for the area side by side, a row for each year."""
        return department.mark_up_several(self._shared.published, self._book, measures, caption)

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
        """The latest year not after our own period: the authority first, then the wider areas, as last released."""
        end = self._book.period("missing").end
        counted = {measure for measure, _, _ in BESIDE_THE_DEPARTMENT}
        own = [
            s
            for s in self._book.published_statistics
            if s.authority == self._book.authority and s.year_ending <= end and s.measure in counted
        ]
        if not own:
            return []
        year = max(s.year_ending for s in own)
        wider = [s for s in self._book.published_statistics if s.authority[:3] in WIDER_AREAS]
        chosen = [s for s in own + sorted(wider, key=lambda s: s.authority) if s.year_ending == year]
        latest = {(s.authority, s.measure): s for s in sorted(chosen, key=lambda s: s.release)}
        return [s for s in chosen if latest[s.authority, s.measure] is s]

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
        return self._shared.made[name]

    def _cite_marks(self, chart: blocks.Chart, metric_id: str) -> None:
        self.cited += [mark.figure.key for mark in chart.marks]
        self.cited.append(self._book.figure(metric_id).key)

    def _place(self, chart: blocks.Chart, table: Markup, metric_ids: Sequence[str]) -> Markup:
        """A chart on this page. Where the page shows it again, its anchor has a number."""
        page = self._shared.definitions_page
        definitions = None if page is None else self._link_to(page.removesuffix(".md") + ".html")
        proof = blocks.mark_up_proof(self._book, metric_ids, definitions, self._shared.policy.rule)
        self._placed[chart.name] = times = self._placed.get(chart.name, 0) + 1
        anchor = chart.name if times == 1 else f"{chart.name}-{times}"
        return blocks.mark_up_chart(chart, table, proof, self._link_to(f"charts/{chart.name}.svg"), anchor)

    def _link_to(self, path: str) -> str:
        return relpath(path, dirname(self._page) or ".")


WIDER_AREAS = ("E12", "E92")
"""How the codes of regions and of England begin."""
