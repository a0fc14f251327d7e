"""Fills the pages of `docs/` with figures: Markdown templates in, plain Markdown and drawings out.

Names what is wrong by file and line, and records which figures each page shows. How a block looks is up to `blocks`.
"""

from __future__ import annotations

import json
import re
import shutil
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from posixpath import dirname, relpath
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import TypeAdapter

from pipelines.faults import DataFault
from pipelines.figures import Category, FigureKey, Metric
from pipelines.keeping import DescribedOnce, make_once
from pipelines.publishing import department
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.chart_data import write_chart_data
from pipelines.publishing.citations import (
    choose_registers,
    find_pages,
    find_registers,
    find_unknown_metrics,
    read_page,
    read_registers,
)
from pipelines.publishing.claims import Claims, UntrueClaim
from pipelines.publishing.comparisons import read_breaks
from pipelines.publishing.digits import find_typed_figures, read_stated
from pipelines.publishing.english import write_day
from pipelines.publishing.kept_templates import KeptTemplates
from pipelines.publishing.language import find_refused_words
from pipelines.publishing.metric_pages import (
    FIND,
    MadePage,
    ShownOn,
    list_editions,
    make_list_of_numbers,
    make_metric_page,
    page_of,
)
from pipelines.publishing.page_functions import EditionEntry, Offered, PageFunctions, PolicyWords, Shared
from pipelines.publishing.trails import SQL_PAGE, Trail, write_sql_page

__all__ = ["EditionEntry", "PolicyWords", "RenderedPages", "render_pages"]

NOT_FOR_THE_BOARD = ("evidence/",)
"""Folders of pages in which digits may be typed: they speak of the product, not of children."""

MOST_HEADLINES = 6
"""How many headline figures a page may have: more cannot be taken in at once."""


@dataclass(frozen=True, slots=True)
class RenderedPages:
    """What was made: the pages, the figures that each shows, and the drawings by their file names.

    `generated` are the pages that have no template: one for each metric, and the list of all numbers. `data` are the numbers
    of each chart and table as CSV, by their file names.
    """

    pages: tuple[str, ...]
    citations: Mapping[str, tuple[FigureKey, ...]]
    charts: Mapping[str, bytes]
    generated: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)


def render_pages(
    docs: Path,
    book: Book,
    into: Path,
    *,
    policy: PolicyWords,
    editions: Sequence[EditionEntry] = (),
    registers: Mapping[str, Any] | None = None,
    trails: Mapping[str, Trail] | None = None,
) -> RenderedPages:
    """Renders every page of `docs` into the empty or absent folder `into`, with `assets/` and `charts/` beside them.

    `trails` is the way to each metric, for its page; without it the page has the SQL as it is written.
    Raises DataFault, naming file and line of everything that is wrong: unknown names, typed figures, broken templates.
    """
    previous = book.previous.edition.name if book.previous else None
    given = read_registers(docs) if registers is None else registers
    variables = choose_registers(given, book.edition.name, previous, book.authority)
    definitions = find_definitions_page(docs)
    published = department.Published(book, variables)
    shared = Shared(book, policy, tuple(editions), definitions, variables, published, read_breaks(variables))
    environment = _make_environment(docs)
    context = DescribedOnce((book, policy, editions, definitions, variables))
    stated = _read_stated(book.metrics, book.categories)
    wrong = _find_refused(docs)
    texts: dict[str, str] = {}
    citations: dict[str, tuple[FigureKey, ...]] = {}
    for path in find_pages(docs):
        page = path.relative_to(docs).as_posix()
        source = path.read_text("utf-8")
        if not page.startswith(NOT_FOR_THE_BOARD):
            wrong += _find_typed(page, source, stated)
        try:
            filled = _fill_once(page, source, shared, context, environment, variables, docs)
        except TemplateSyntaxError as error:
            wrong.append(f"docs/{page}, line {error.lineno}: {error.message}")
            continue
        except (UnknownCitation, UntrueClaim, TemplateError, ValueError, TypeError, LookupError) as error:
            wrong.append(f"docs/{page}, line {_line_of(error, page)}: {_explain(error)}")
            continue
        texts[page], citations[page] = filled.text, filled.cited
        wrong += filled.wrong
    if wrong:
        raise DataFault("\n".join(wrong))
    for page, text in texts.items():
        target = into / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="\n")
    titles = {page: _read_title(text, page) for page, text in texts.items()}
    generated = _make_generated_once(shared, context, titles, citations, trails or {})
    for page, (text, _) in generated.items():
        (into / page).parent.mkdir(parents=True, exist_ok=True)
        (into / page).write_text(text, "utf-8", newline="\n")
    if (docs / "assets").is_dir():
        shutil.copytree(docs / "assets", into / "assets", copy_function=shutil.copyfile)
    drawn = {f"{name}.svg": svg for name, svg in sorted(shared.charts.items())}
    (into / "charts").mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        (into / "charts" / name).write_bytes(svg)
    data = {f"{name}.csv": text for name, text in sorted(shared.data.items())}
    (into / "data").mkdir(parents=True, exist_ok=True)
    for name, text in data.items():
        (into / "data" / name).write_text(text, "utf-8", newline="\n")
    shown = {**citations, **{page: keys for page, (_, keys) in generated.items()}}
    return RenderedPages(tuple(texts), shown, drawn, tuple(generated), data)


@dataclass(frozen=True, slots=True)
class _Filled:
    """A page as it was filled: the figures, drawings and files of numbers that it shows, and what is wrong with it."""

    text: str
    cited: tuple[FigureKey, ...]
    wrong: tuple[str, ...]
    drawn: Mapping[str, str]
    offered: tuple[Offered, ...]


def _fill_once(
    page: str,
    source: str,
    shared: Shared,
    context: DescribedOnce,
    environment: SandboxedEnvironment,
    variables: Mapping[str, Any],
    docs: Path,
) -> _Filled:
    """The page as it was filled from the same words and all the same figures, else filled now. What it shows beside itself is
    put to what all pages share, as if it were filled now."""

    def fill() -> _Filled:
        calls = PageFunctions(shared, page)
        text = environment.get_template(page).render({**variables, **calls.as_globals()})
        wrong = _find_untested(page, source) + _find_untold(page, calls) + _find_too_many_headlines(page, source, text)
        drawn = {name: svg.decode("utf-8") for name, svg in calls.drawn.items()}
        return _Filled(text, tuple(dict.fromkeys(calls.cited)), tuple(wrong), drawn, tuple(calls.offered))

    kept = _shape_of_filled()
    made_of = {"words": (page, source, _read_included(source, docs)), "figures and settings": context}
    filled = kept.validate_json(make_once("page filled", made_of, lambda: kept.dump_json(fill())))
    if any(shared.keep(offered.asked, offered.text) != offered.name for offered in filled.offered):
        # Another page that changed took the name of a file.
        filled = fill()
    shared.charts |= {name: svg.encode("utf-8") for name, svg in filled.drawn.items()}
    return filled


@cache
def _shape_of_filled() -> TypeAdapter[_Filled]:
    return TypeAdapter(_Filled)


def _read_included(source: str, docs: Path) -> dict[str, str]:
    """The text of each template that a page may include, by its path: all there are where the page itself does not say."""
    found: dict[str, str] = {}
    waiting = [source]
    while waiting:
        included = read_page(waiting.pop()).included
        if included is None:
            return {path.relative_to(docs).as_posix(): path.read_text("utf-8") for path in sorted(docs.rglob("*.md"))}
        for name in included:
            if name not in found and (docs / name).is_file():
                found[name] = (docs / name).read_text("utf-8")
                waiting.append(found[name])
    return found


def find_wrong_words(
    docs: Path, metrics: Mapping[str, Metric], categories: Mapping[str, Sequence[Category]]
) -> list[str]:
    """What is wrong with the pages whatever the figures are, with file and line: typed figures, unknown metrics, blame."""
    stated = _read_stated(metrics, categories)
    wrong = _find_refused(docs)
    for path in find_pages(docs):
        page = path.relative_to(docs).as_posix()
        if not page.startswith(NOT_FOR_THE_BOARD):
            wrong += _find_typed(page, path.read_text("utf-8"), stated)
    return [*wrong, *find_unknown_metrics(docs, frozenset(metrics))]


def compile_pages(docs: Path) -> None:
    """Every page and what it includes as templates, so that no build has to; one that is broken is told when it is filled."""
    environment = _make_environment(docs)
    for path in find_pages(docs):
        source = path.read_text("utf-8")
        with suppress(TemplateError):
            for name in (path.relative_to(docs).as_posix(), *_read_included(source, docs)):
                environment.get_template(name)


def _read_stated(metrics: Mapping[str, Metric], categories: Mapping[str, Sequence[Category]]) -> frozenset[str]:
    return read_stated(
        [text for metric in metrics.values() for text in (metric.description, metric.unit)]
        + [member.label for members in categories.values() for member in members]
    )


@lru_cache(maxsize=256)
def _find_typed(page: str, source: str, stated: frozenset[str]) -> tuple[str, ...]:
    """Kept for each text: the words are looked through before a build begins, and again when pages are filled."""

    def find() -> list[str]:
        return [
            f'docs/{page}, line {typed.line}: "{typed.text}" is typed where a figure belongs. '
            'Cite the figure instead, e.g. {{ figure("episodes_reported") }}, or write a small number as a word.'
            for typed in find_typed_figures(source, stated)
        ]

    made_of = {"words": (page, source), "stated": _share(stated)}
    return tuple(json.loads(make_once("typed figures", made_of, lambda: json.dumps(find()).encode())))


@lru_cache(maxsize=1)
def _share(stated: frozenset[str]) -> DescribedOnce:
    return DescribedOnce(stated)


def _make_generated_once(
    shared: Shared,
    context: DescribedOnce,
    titles: Mapping[str, str],
    citations: Mapping[str, Sequence[FigureKey]],
    trails: Mapping[str, Trail],
) -> dict[str, tuple[str, tuple[FigureKey, ...]]]:
    """The text of each generated page and the figures that it shows, as they were made of all the same, else made now."""
    kept = TypeAdapter(tuple[dict[str, tuple[str, tuple[FigureKey, ...]]], dict[str, str]])

    def make() -> bytes:
        pages = _make_generated_pages(shared, titles, citations, trails)
        made = {page: (made.text, tuple(figure.key for figure in made.figures)) for page, made in pages.items()}
        return kept.dump_json((made, {name: shared.data[name] for name in map(_name_data, shared.book.metrics)}))

    made_of = {
        "figures and settings": context,
        "ways to the figures": trails,
        "pages that cite them": (titles, citations),
    }
    pages, data = kept.validate_json(make_once("pages of metrics", made_of, make))
    shared.data |= data
    return pages


def _make_generated_pages(
    shared: Shared,
    titles: Mapping[str, str],
    citations: Mapping[str, Sequence[FigureKey]],
    trails: Mapping[str, Trail],
) -> dict[str, MadePage]:
    """The page of each metric, the SQL that they share, and the list of all numbers shown, by their paths; the data of the
    first is kept too."""
    book = shared.book
    pages: dict[str, MadePage] = {}

    def shown_on(page: str, here: str, *, html: bool) -> ShownOn:
        address = relpath(page, dirname(here))
        return ShownOn(titles[page], address.removesuffix(".md") + ".html" if html else address)

    for metric in book.metrics.values():
        here = page_of(metric.metric_id)
        name = _name_data(metric.metric_id)
        shared.data[name] = write_chart_data(list_editions(book, metric.metric_id), invented=book.invented)
        pages[here] = make_metric_page(
            book,
            metric,
            protection=shared.policy.rule,
            shown_on=[
                shown_on(page, here, html=False)
                for page, keys in citations.items()
                if any(key.metric_id == metric.metric_id for key in keys)
            ],
            breaks=shared.breaks,
            definitions=shared.definitions_page and relpath(shared.definitions_page, dirname(here)),
            download=relpath(f"data/{name}.csv", dirname(here)),
            trail=trails.get(metric.metric_id),
        )
    if trails:
        pages[SQL_PAGE] = MadePage(write_sql_page(trails), ())
    places: dict[FigureKey, list[ShownOn]] = {}
    for page, keys in citations.items():
        for key in keys:
            places.setdefault(key, []).append(shown_on(page, FIND, html=True))
    link = {m: relpath(page_of(m), dirname(FIND)).removesuffix(".md") + ".html" for m in book.metrics}
    older = {
        entry.name: relpath(f"{dirname(entry.address)}/{FIND}", dirname(FIND)).removesuffix(".md") + ".html"
        for entry in shared.editions
        if entry.address is not None and entry.name != book.edition.name
    }
    pages[FIND] = make_list_of_numbers(book, places, link, older)
    return pages


def _name_data(metric_id: str) -> str:
    """The file of what a metric was in each edition."""
    return f"{metric_id}-in-each-edition"


def _read_title(text: str, page: str) -> str:
    """The title of a page: from its front matter, else its first heading, else its name."""
    if text.startswith("---\n") and (end := text.find("\n---\n")) > 0:
        matter = yaml.load(text[4:end], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
        if "title" in matter:
            return str(matter["title"])
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return heading.group(1) if heading else page


def _find_untested(page: str, source: str) -> list[str]:
    """Sentences that claim something of a figure outside of any condition; on pages for the board alone."""
    if page.startswith(NOT_FOR_THE_BOARD):
        return []
    return [
        f'docs/{page}, line {claim.line}: "{claim.word}" claims something of a figure, and no condition tests it. Put the '
        "sentence into {% claim %} with the condition under which it is true, and say what is written otherwise."
        for claim in read_page(source).untested
    ]


def _find_untold(page: str, calls: PageFunctions) -> list[str]:
    """Comparisons across a break in what is recorded of which the page does not tell."""
    return [
        f'docs/{page}, line {compared.line}: "{compared.label}" is compared across a change in what is recorded '
        f"({write_day(compared.crossed.date)}: {compared.crossed.text}), and the page does not say so. Put this line above it: "
        f'{{% set about = ["{compared.crossed.collection}"] %}}{{% include "registers/break-notice.md" %}}'
        for compared in dict.fromkeys(calls.untold)
    ]


def _find_too_many_headlines(page: str, source: str, text: str) -> list[str]:
    """Headline figures beyond what a page may have."""
    blocks = re.findall(r'<div class="headlines"[^>]*>(.*?)</div>', text, re.DOTALL)
    count = sum(len(re.findall(r"^[-*] ", block, re.MULTILINE)) for block in blocks)
    if count <= MOST_HEADLINES:
        return []
    line = source.count("\n", 0, source.index('class="headlines"')) + 1
    return [
        f"docs/{page}, line {line}: {count} headline figures, and {MOST_HEADLINES} at most can be taken in at once. "
        "Keep those that the board decides by."
    ]


def find_definitions_page(docs: Path) -> str | None:
    """The page that lists every metric, by its path under `docs`: the one to which definitions link."""
    for path in find_pages(docs):
        if "metrics_index()" in path.read_text("utf-8"):
            return path.relative_to(docs).as_posix()
    return None


def _find_refused(docs: Path) -> list[str]:
    """Words that blame children, in pages and in the data that pages show."""
    return [
        told
        for path in [*find_pages(docs), *find_registers(docs)]
        for told in _find_refused_in(path.relative_to(docs).as_posix(), path.read_text("utf-8"))
    ]


@lru_cache(maxsize=256)
def _find_refused_in(page: str, source: str) -> tuple[str, ...]:
    def find() -> list[str]:
        return [
            f'docs/{page}, line {use.line}: "{use.text}" may not be used: {use.word.reason}. '
            f"Write instead: {use.word.instead}."
            for use in find_refused_words(source)
        ]

    return tuple(json.loads(make_once("refused words", {"words": (page, source)}, lambda: json.dumps(find()).encode())))


def _make_environment(docs: Path) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=KeptTemplates(docs),
        undefined=StrictUndefined,
        autoescape=True,
        keep_trailing_newline=True,
        extensions=[Claims],
    )


def _line_of(error: BaseException, page: str) -> int:
    """The line of the page at which the template failed."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(page)]
    return (lines[-1] or 1) if lines else 1


def _explain(error: BaseException) -> str:
    text = str(error).rstrip(".")
    if isinstance(error, TypeError) and "PageFunctions" in text:
        text = text.replace("PageFunctions.", "")
    return f"{text}."
