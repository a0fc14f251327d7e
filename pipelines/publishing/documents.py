"""A paper as a list of blocks: its text (Markdown with figures by reference) read against a Book.

One structure for every form of a paper, so that its Word and PDF cannot disagree. What a block looks like belongs in
the Word template and in the PDF layout; what it says belongs in the text under `docs/reports/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from pipelines.faults import DataFault
from pipelines.figures import ALL, TOTAL, Collection, FigureKey, Metric, Period, PublicFigure
from pipelines.publishing.answers import answer_requests
from pipelines.publishing.book import Book, PublishedStatistic, UnknownCitation
from pipelines.publishing.comparisons import find_direction
from pipelines.publishing.cross_checks import Check, find_checks
from pipelines.publishing.department import MEASURES, Published, write_releases, write_year
from pipelines.publishing.digits import find_typed_figures, read_stated
from pipelines.publishing.dimensions import head_of, phrase_of
from pipelines.publishing.english import write_date, write_list, write_month, write_period
from pipelines.publishing.heat_map import Start, draw_week
from pipelines.publishing.illustrations import illustrate, set_in_print_font
from pipelines.publishing.kept_templates import compile_text
from pipelines.publishing.review_words import say_counts
from pipelines.publishing.sentences import compare, is_shown, is_zero, say_what_is_missing
from pipelines.publishing.tables import address_statistic, write_statistic
from pipelines.review_plans import read_plans

if TYPE_CHECKING:
    from markdown_it.token import Token

RESTRICTED = "Restricted: exact figures"
INVENTED = "Invented figures"

_EDITIONS_IN_A_TABLE = 4
_YEARS_OF_THE_DEPARTMENT = 3

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Private-use characters around a place that a function of the text has filled: no text can be mistaken for one."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of the text itself."""

    text: str
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Cited:
    """One figure of the Book: its key and the text shown."""

    key: FigureKey
    text: str


@dataclass(frozen=True, slots=True)
class OfficerPlace:
    """A place that an officer fills in; `prompt` says with what."""

    prompt: str

    @property
    def text(self) -> str:
        """The text shown in the place until it is filled."""
        return f"[Officer to complete: {self.prompt}]"


@dataclass(frozen=True, slots=True)
class Quoted:
    """One value that the department publishes, as it prints it: no figure of ours."""

    statistic: PublishedStatistic

    @property
    def text(self) -> str:
        """As the department shows it: the number, or its symbol."""
        return write_statistic(self.statistic)


Run = Words | Cited | Quoted | OfficerPlace
Line = tuple[Run, ...]


def as_text(line: Line) -> str:
    """The line without its marks."""
    return "".join(run.text for run in line)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (a numbered section) or 2."""

    level: int
    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph. Numbered within its section, save in annexes."""

    line: Line
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list: numbered (a recommendation) or a bullet."""

    line: Line
    number: int | None = None
    kind: Literal["item"] = "item"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header row; the first column names the row. `number` counts the tables of the paper from 1."""

    number: int
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    is_numeric: bool = True
    """Whether every column but the first is set flush right."""
    kind: Literal["table"] = "table"

    def share_width(self) -> tuple[float, ...]:
        """How much of the width each column of a table of words needs, in parts of one: its longest word, and its length."""
        columns = list(zip(self.header, *([as_text(cell) for cell in row] for row in self.rows), strict=True))
        lengths = [max(map(len, column)) for column in columns]
        words = [max(len(word) for text in column for word in text.split() or [""]) for column in columns]
        # A column of sentences may run over several lines; a name may not be broken.
        needs = [max(word * 1.2, length**0.5 * 3.3) for word, length in zip(words, lengths, strict=True)]
        return tuple(need / sum(needs) for need in needs)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as SVG with its alternative text. `number` counts the figures of the paper from 1."""

    number: int
    caption: Line
    svg: str
    alternative: str
    kind: Literal["picture"] = "picture"


Block = Heading | Paragraph | Item | Table | Picture


@dataclass(frozen=True, slots=True)
class Paper:
    """A finished paper. `cited` holds every figure in it, `dated` the day whose position it states."""

    title: str
    subtitle: str
    edition: str
    markings: tuple[str, ...]
    """What stands at the top of every page."""
    front: tuple[tuple[str, Line], ...]
    blocks: tuple[Block, ...]
    cited: Mapping[FigureKey, str]
    dated: date


def address_of(run: Run) -> str:
    """The address of the figure, ours or the department's, that a run shows; empty for words."""
    match run:
        case Cited():
            return str(run.key)
        case Quoted() if run.statistic.value is not None:
            return address_statistic(run.statistic)
        case _:
            return ""


def list_runs(paper: Paper) -> Iterator[Run]:
    """Every run of a paper in the order of reading.

    The runs of its Word file in the style of figures are the cited ones in this order, save those that a template itself cites.
    """
    for _, line in paper.front:
        yield from line
    for block in paper.blocks:
        match block:
            case Paragraph() | Item():
                yield from block.line
            case Picture():
                yield from block.caption
            case Table():
                yield from (run for row in block.rows for cell in row for run in cell)


class Vocabulary:
    """What the text of a paper may say of a Book: the functions that its templates call.

    Every figure goes through here, so `cited` is complete. Raises DataFault naming what does not exist.
    """

    def __init__(self, book: Book, starts: Sequence[Start] = (), registers: Mapping[str, Any] | None = None) -> None:
        self.book = book
        self._starts = starts
        self._registers = registers or {}
        self.cited: dict[FigureKey, str] = {}
        self._tables = 0
        self._pictures = 0

    def cite(self, metric_id: str, cuts: Mapping[str, str] | None = None, book: Book | None = None) -> Cited:
        """The figure of a metric, in total or cut by `cuts` (dimension -> category)."""
        return self._cited((book or self.book).figure_of(metric_id, cuts or {}))

    def _cited(self, figure: PublicFigure) -> Cited:
        self.cited[figure.key] = figure.display
        return Cited(figure.key, figure.display)

    def table(
        self, caption: str, header: Sequence[str], rows: Sequence[Sequence[Line]], is_numeric: bool = True
    ) -> Table:
        """A table with the next number."""
        self._tables += 1
        return Table(self._tables, caption, tuple(header), tuple(tuple(row) for row in rows), is_numeric)

    def breakdown_table(self, metric_id: str, by: str) -> Block:
        """A metric by one breakdown: a column for the edition and each earlier one (by month only its own)."""
        metric = self.book.metric(metric_id)
        series = self.book.series(metric_id, by)
        if all(member.figure.status == "not_available" for member in series):
            return self._not_available(metric)
        books = [self.book] if by == "month" else self._books()
        rows = [
            self._row(
                member.label,
                [self._cell(book, metric_id, by, member.category) for book in books],
            )
            for member in series
        ]
        if by not in metric.overlapping:
            rows.append(self._row("Total", [self._cell(book, metric_id) for book in books], is_bold=True))
        caption = f"{_label_with_unit(metric)}, by {phrase_of(by)}"
        return self.table(caption, [head_of(by), *(f"{book.edition.name} edition" for book in books)], rows)

    def comparison_table(self, caption: str, metric_ids: Sequence[str]) -> Table:
        """Totals of several metrics: a row for each, a column for each edition."""
        books = self._books()
        rows = []
        for metric_id in metric_ids:
            metric = self.book.metric(metric_id)
            rows.append(self._row(_label_with_unit(metric), [self._cell(book, metric_id) for book in books]))
        return self.table(caption, ["Measure", *(f"{book.edition.name} edition" for book in books)], rows)

    def _cell(self, book: Book, metric_id: str, by: str = TOTAL, category: str = ALL) -> Run:
        """A figure for a table. An earlier edition may not have had the metric or the category."""
        try:
            return self._cited(book.figure(metric_id, breakdown=by, category=category))
        except UnknownCitation:
            if book is self.book:
                raise
            return Words("not available")

    def _books(self) -> list[Book]:
        """The editions that stand side by side in a table, this one last."""
        return [*self.book.earlier, self.book][-_EDITIONS_IN_A_TABLE:]

    @staticmethod
    def _row(label: str, cells: Sequence[Run], is_bold: bool = False) -> list[Line]:
        return [(Words(label, is_bold=is_bold),), *((cell,) for cell in cells)]

    def _not_available(self, metric: Metric) -> Paragraph:
        return Paragraph((Words(f"{metric.label}: not available, because {say_what_is_missing(metric)}."),))

    def review_table(self) -> Table:
        """The reviews of the register in February and August: held or due in the year to the edition's date, and due next."""
        as_at = self.book.edition.periods["education"].as_at
        rows: list[list[Line]] = []
        for month, is_next in reviews_around(as_at):
            state = "Due next" if is_next else "Due before this edition"
            outcome: Line = (
                OfficerPlace("preparations" if is_next else "held on, by whom, cases sampled, what was found"),
            )
            held = next((r for r in self.book.reviews if (r.subject, r.month) == ("register", month)), None)
            if held is not None:
                state = "Held and signed" if held.is_signed else "Held, not signed by every role"
                outcome = (Words(f"{say_counts(held, read_plans()['register'])} "), OfficerPlace("what was found"))
            rows.append([(Words(write_month(f"{month:%Y-%m}")),), (Words(state),), outcome])
        return self.table("Reviews of the register", ["Review", "State", "Outcome"], rows, is_numeric=False)

    def definition_table(self) -> Table:
        """What every cited metric counts, in the order of the register. Must be asked for last."""
        used = {key.metric_id for key in self.cited}
        rows: list[list[Line]] = [
            [(Words(_label_with_unit(metric)),), (Words(metric.description),), (Words(metric.metric_id),)]
            for metric in self.book.metrics.values()
            if metric.metric_id in used
        ]
        header = ["Measure", "What it is", "Name in the data"]
        return self.table("What each figure means", header, rows, is_numeric=False)

    def lineage_table(self) -> Table:
        """Which extracts every cited metric is counted from. Must be asked for last."""
        used = {key.metric_id for key in self.cited}
        rows: list[list[Line]] = [
            [
                (Words(metric.metric_id),),
                (Words(write_list([need.replace("_", " ") for need in metric.needs])),),
            ]
            for metric in self.book.metrics.values()
            if metric.metric_id in used
        ]
        header = ["Name in the data", "Counted from the extract"]
        return self.table("Where each figure comes from", header, rows, is_numeric=False)

    def list_given(self, measures: Sequence[str]) -> list[str]:
        """Those of the department's measures whose values for the area were given, of years that had ended at the edition's date.

        Raises UnknownCitation for no measure.
        """
        published = Published(self.book, self._registers)
        return [measure for measure in measures if published.has(measure) and self._list_years(published, measure)]

    def _list_years(self, published: Published, measure: str) -> list[date]:
        as_at = self.book.period("missing").as_at
        return [year for year in published.years(measure) if year <= as_at][-_YEARS_OF_THE_DEPARTMENT:]

    def department_table(self, caption: str, measures: Sequence[str]) -> Table | Paragraph:
        """The department's latest values of some measures: a row for each measure and year, a column for each area."""
        published = Published(self.book, self._registers)
        areas = published.areas()
        rows: list[list[Line]] = []
        for measure in self.list_given(measures):
            for year in self._list_years(published, measure):
                found = [published.value(code, measure, year) for code, _ in areas]
                label = f"{MEASURES[measure][0]}, {write_year(measure, year)}"
                cells: list[Line] = [(Words("not given") if s is None else Quoted(s),) for s in found]
                rows.append([(Words(label),), *cells, (Words(write_releases(found)),)])
        if not rows:
            return Paragraph((Words("No such figures of the department were given with this edition."),))
        return self.table(caption, ["What is counted, and when", *(name for _, name in areas), "Release"], rows)

    def picture(self, metric_id: str, by: str) -> Picture | Paragraph:
        """The chart of a metric by one breakdown, or nothing to see where the figures are not available."""
        metric = self.book.metric(metric_id)
        if self.book.figure(metric_id).status == "not_available":
            return self._not_available(metric)
        self._pictures += 1
        drawing = illustrate(self.book, metric_id, by)
        caption = tuple(Words(part) if isinstance(part, str) else self._cited(part) for part in drawing.finding)
        return Picture(self._pictures, caption, drawing.svg, drawing.alternative)

    def week(self) -> Picture | Paragraph:
        """When episodes began, by day and hour; exact, so for a restricted paper alone."""
        if not self._starts:
            return Paragraph((Words("When episodes began, by day and hour: there is nothing to draw."),))
        self._pictures += 1
        drawing = draw_week(self._starts)
        return Picture(self._pictures, (Words(drawing.finding),), set_in_print_font(drawing.svg), drawing.alternative)


def _label_with_unit(metric: Metric) -> str:
    """`Open cases (referrals)`; no unit where the label names it, or the figures do, as a percentage does."""
    is_named = metric.unit in metric.label.lower() or metric.unit == "per cent"
    return metric.label if is_named else f"{metric.label} ({metric.unit})"


def reviews_around(as_at: date) -> Iterator[tuple[date, bool]]:
    """First days of the two review months (February, August) up to `as_at`, and (marked True) of the next one."""
    months = [date(year, month, 1) for year in (as_at.year - 1, as_at.year, as_at.year + 1) for month in (2, 8)]
    past = [month for month in months if month <= as_at][-2:]
    yield from ((month, False) for month in past)
    yield next(month for month in months if month > as_at), True


@dataclass
class _Filled:
    """What the functions of the text have put into it, by the number of the place."""

    runs: dict[int, Run] = field(default_factory=dict)
    blocks: dict[int, Callable[[], Block]] = field(default_factory=dict)

    def run(self, run: Run) -> str:
        self.runs[number := len(self.runs) + len(self.blocks)] = run
        return f"{_OPEN}{number}{_CLOSE}"

    def block(self, make: Callable[[], Block]) -> str:
        self.blocks[number := len(self.runs) + len(self.blocks)] = make
        return f"\n\n{_OPEN}{number}{_CLOSE}\n\n"


def write_paper(
    book: Book, text: Path, registers: Mapping[str, Any] | None = None, *, starts: Sequence[Start] = ()
) -> Paper:
    """Reads the text of a paper (front matter as YAML, then Markdown, all through Jinja) against a Book.

    `registers` holds the data files that a text may show: `requests`, `inspection`, `regions`. `starts` says when the episodes of
    the period began, for a paper that draws the week by hour.

    Raises DataFault naming the text, the line where it is known, and the unknown figure, field or mark-up.
    """
    source = text.read_text("utf-8")
    refuse_typed_figures(book, source, text)
    vocabulary = Vocabulary(book, starts, registers)
    filled = _Filled()
    environment = _open_environment()
    environment.globals.clear()
    environment.globals.update(_functions(vocabulary, filled, registers or {}))
    try:
        template = compile_text(environment, text.name, source)
        template.filename = str(text)
        rendered = template.render()
    except TemplateSyntaxError as error:
        raise DataFault(f"{text.name}, line {error.lineno}: {error.message}") from error
    except TemplateError as error:
        raise DataFault(f"{text.name}, line {_line_of(error)}: {error.message}") from error
    except DataFault as fault:
        raise DataFault(f"{text.name}, line {_line_of(fault)}: {fault}") from fault
    except TypeError as error:
        raise DataFault(
            f"{text.name}, line {_line_of(error)}: a function has the wrong words in it: {error}"
        ) from error
    front, body = _split(rendered, text)
    blocks = tuple(_read_blocks(body, filled, text))
    lines = [(str(name), tuple(_fill(str(value), filled))) for name, value in front.get("front", {}).items()]
    if book.audience == "public":
        # A paper for everybody is published as it is made: nobody writes in it, so that it has no places for that.
        lines = [(name, line) for name, line in lines if not _has_place(line)]
        blocks = tuple(_drop_places(blocks))
    return Paper(
        title=str(front["title"]),
        subtitle=str(front.get("subtitle", "")),
        edition=book.edition.name,
        markings=((RESTRICTED,) if book.audience == "restricted" else ()) + ((INVENTED,) if book.invented else ()),
        front=tuple(lines),
        blocks=blocks,
        cited=vocabulary.cited,
        dated=book.edition.periods["education"].as_at,
    )


def compile_paper(text: Path) -> None:
    """The text of a paper as a template, so that no build has to; one that is broken is told when it is written."""
    with suppress(TemplateSyntaxError):
        compile_text(_open_environment(), text.name, text.read_text("utf-8"))


def _open_environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(undefined=StrictUndefined)


def _cross_check_table(vocabulary: Vocabulary, checks: Sequence[Check], caption: str) -> Table:
    """What a list counts beside our own figure: and the department's value, or a place for the count of the list itself."""
    rows: list[list[Line]] = []
    for check in checks:
        theirs: Run = OfficerPlace("count in the list")
        if check.statistic is not None:
            theirs = Quoted(check.statistic)
        elif check.measure is not None:
            theirs = Words("not given")
        rows.append(
            [(Words(check.counts),), (vocabulary.cite(check.metric, check.cuts),), (theirs,), (Words(check.found),)]
        )
    return vocabulary.table(caption, ["What is counted", "Ours", "Theirs", "Compared"], rows, is_numeric=False)


def _has_place(line: Line) -> bool:
    return any(isinstance(run, OfficerPlace) for run in line)


def _drop_places(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks without those that officers complete, and without headings that nothing is left under."""
    kept = [
        _drop_column_of_places(block) if isinstance(block, Table) else block
        for block in blocks
        if not (isinstance(block, Paragraph | Item) and _has_place(block.line))
    ]
    found: list[Block] = []
    has_content = {1: False, 2: False}
    for block in reversed(kept):
        if not isinstance(block, Heading):
            has_content = {1: True, 2: True}
        elif has_content[block.level]:
            has_content |= {level: False for level in has_content if level >= block.level}
        else:
            continue
        found.append(block)
    yield from reversed(found)


def _drop_column_of_places(table: Table) -> Table:
    """The table without the columns in which every cell is for an officer."""
    kept = [
        place
        for place in range(len(table.header))
        if not table.rows or not all(_has_place(row[place]) for row in table.rows)
    ]
    return replace(
        table,
        header=tuple(table.header[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
    )


def refuse_typed_figures(book: Book, source: str, origin: Path, unit: str = "line") -> None:
    """Raises DataFault naming the first line with a digit where a figure belongs: figures are cited, never typed."""
    stated = read_stated(text for metric in book.metrics.values() for text in (metric.description, metric.label))
    for typed in find_typed_figures(source, stated):
        raise DataFault(
            f"{origin.name}, {unit} {typed.line}: the number {typed.text} is typed where a figure belongs. "
            "Cite the figure, or write the number as a word"
        )


def _functions(vocabulary: Vocabulary, filled: _Filled, registers: Mapping[str, Any]) -> dict[str, object]:
    book = vocabulary.book

    def look_up(metric_id: str, cuts: Mapping[str, str], among: Book = book) -> PublicFigure:
        """A figure that a condition asks about; it is not shown, so it is not cited."""
        return among.figure_of(metric_id, cuts)

    def plural(metric_id: str, one: str, many: str, **cuts: str) -> str:
        return one if look_up(metric_id, cuts).value == 1 else many

    def change(metric_id: str, **cuts: str) -> str | None:
        """Against the nearest earlier edition; None where either has no number."""
        if book.previous is None:
            return None
        earlier, now = look_up(metric_id, cuts, book.previous), look_up(metric_id, cuts)
        if book.audience == "public":
            # Rounded numbers prove less: what rounding alone can explain is no change.
            return find_direction(book.previous, earlier, book, now)
        return compare(earlier, now)

    def before(metric_id: str, **cuts: str) -> str:
        if book.previous is None:
            raise DataFault("there is no earlier edition to cite; ask {% if previous %} first")
        return filled.run(vocabulary.cite(metric_id, cuts, book.previous))

    def answers() -> list[dict[str, object]]:
        themes = answer_requests(
            book, registers["requests"], lambda metric_id, cuts: filled.run(vocabulary.cite(metric_id, cuts))
        )
        return [
            {
                "title": theme.title,
                "answers": [{"ask": a.ask, "text": "".join(a.parts), "tables": a.tables} for a in theme.answers],
            }
            for theme in themes
        ]

    def period(collection: Collection) -> str:
        dates = book.period(collection)
        return write_period(dates.start, dates.end)

    return {
        "figure": lambda metric_id, **cuts: filled.run(vocabulary.cite(metric_id, cuts)),
        "before": before,
        "answers": answers,
        "checks": lambda name: find_checks(book, registers["inspection"], name),
        "cross_checks": lambda name, caption: filled.block(
            lambda: _cross_check_table(vocabulary, find_checks(book, registers["inspection"], name), caption)
        ),
        "officer": lambda prompt: filled.run(OfficerPlace(prompt)),
        "table": lambda metric_id, by: filled.block(lambda: vocabulary.breakdown_table(metric_id, by)),
        "chart": lambda metric_id, by: filled.block(lambda: vocabulary.picture(metric_id, by)),
        "comparison": lambda caption, *metric_ids: filled.block(
            lambda: vocabulary.comparison_table(caption, metric_ids)
        ),
        "week_by_hour": lambda: filled.block(vocabulary.week),
        "reviews": lambda: filled.block(vocabulary.review_table),
        "definitions": lambda: filled.block(vocabulary.definition_table),
        "lineage": lambda: filled.block(vocabulary.lineage_table),
        "department": lambda caption, *measures: filled.block(lambda: vocabulary.department_table(caption, measures)),
        "given": lambda *measures: bool(vocabulary.list_given(measures)),
        "published": lambda metric_id, **cuts: is_shown(look_up(metric_id, cuts)),
        "available": lambda metric_id: look_up(metric_id, {}).status != "not_available",
        "zero": lambda metric_id, **cuts: is_zero(look_up(metric_id, cuts)),
        "plural": plural,
        "change": change,
        "period": period,
        "as_at": lambda collection: write_date(book.period(collection).as_at),
        "dates": lambda collection: _Dates.of(book.period(collection)),
        "place": book.place,
        "edition": book.edition.name,
        "previous": book.previous.edition.name if book.previous else None,
        "invented": book.invented,
        "public": book.audience == "public",
        "breakdowns": lambda metric_id: book.metric(metric_id).breakdowns,
    }


@dataclass(frozen=True, slots=True)
class _Dates:
    """A period as ISO text, so that a condition can compare it with a date."""

    start: str
    end: str
    as_at: str

    @classmethod
    def of(cls, period: Period) -> _Dates:
        return cls(period.start.isoformat(), period.end.isoformat(), period.as_at.isoformat())


def _line_of(error: BaseException) -> int | str:
    """The line of the text at which a template failed: the last frame of the traceback that Jinja attributes to it."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_name in {"root", "top-level template code"}:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line if line is not None else "unknown"


def _split(rendered: str, text: Path) -> tuple[dict[str, Any], str]:
    """The front matter and the body."""
    parts = rendered.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise DataFault(f"{text.name}: the text must begin with front matter between two lines of ---")
    front = yaml.load(parts[1], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if not isinstance(front, dict) or "title" not in front:
        raise DataFault(f"{text.name}: the front matter names no title")
    return front, parts[2]


def _read_blocks(body: str, filled: _Filled, text: Path) -> Iterator[Block]:
    from markdown_it import MarkdownIt

    lists: list[int | None] = []
    tokens = iter(MarkdownIt("commonmark").parse(body))
    heading = 0
    for token in tokens:
        match token.type:
            case "heading_open":
                heading = int(token.tag[1:])
                if heading > 2:
                    raise _unknown(text, f"a heading of level {heading}; a paper has two levels", next(tokens))
            case "heading_close":
                heading = 0
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "inline":
                yield _read_inline(token, heading, lists, filled, text)
            case "paragraph_open" | "paragraph_close" | "list_item_open" | "list_item_close":
                pass
            case _:
                raise _unknown(text, f"mark-up of the kind {token.type!r}", token)


def _read_inline(token: Token, heading: int, lists: list[int | None], filled: _Filled, text: Path) -> Block:
    content = token.content.strip()
    if content.startswith(_OPEN) and content.endswith(_CLOSE) and content[1:-1].isdigit():
        make = filled.blocks.get(int(content[1:-1]))
        if make is not None:
            try:
                return make()
            except DataFault as fault:
                raise DataFault(f"{text.name}: {fault}") from fault
    line = tuple(_read_runs(token, filled, text))
    if heading:
        return Heading(heading, as_text(line))
    if lists:
        number = lists[-1]
        if number is not None:
            lists[-1] = number + 1
        return Item(line, number)
    return Paragraph(line)


def _read_runs(token: Token, filled: _Filled, text: Path) -> Iterator[Run]:
    is_bold = False
    for child in token.children or []:
        match child.type:
            case "text" | "code_inline":
                yield from _fill(child.content, filled, is_bold)
            case "softbreak":
                yield Words(" ", is_bold)
            case "strong_open" | "strong_close":
                is_bold = child.type == "strong_open"
            case _:
                raise _unknown(text, f"mark-up of the kind {child.type!r}", token)


def _fill(words: str, filled: _Filled, is_bold: bool = False) -> Iterator[Run]:
    """Words with places in them, as runs."""
    before, *rest = words.split(_OPEN)
    if before:
        yield Words(before, is_bold)
    for part in rest:
        number, after = part.split(_CLOSE, 1)
        yield filled.runs[int(number)]
        if after:
            yield Words(after, is_bold)


def _unknown(text: Path, what: str, token: Token) -> DataFault:
    start = "".join(c for c in token.content[:60] if c not in _OPEN + _CLOSE)
    return DataFault(f"{text.name}: near “{start}”: {what}. A paper knows headings, paragraphs, lists and bold words")
