"""Two kinds of page that are made whole, without a template: the page of each metric, and the list of all numbers shown.

They say what the figures, definitions and citations say. Pages with words of their own are in `docs/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.figures import ALL, TOTAL, FigureKey, Metric, PublicFigure
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.comparisons import Break, find_breaks
from pipelines.publishing.english import lower_first, write_day, write_list
from pipelines.publishing.markup import mark_up_figure, mark_up_symbols
from pipelines.publishing.proofs import describe_metric, mark_up_facts, write_breakdowns
from pipelines.publishing.tables import mark_up_editions, mark_up_table
from pipelines.publishing.trails import (
    Trail,
    link_shared,
    list_checks,
    mark_up_path,
    mark_up_signatures,
    mark_up_sql,
    mark_up_tests,
    tell_version,
)

FOLDER = "evidence/metrics"
FIND = "evidence/find.md"


def page_of(metric_id: str) -> str:
    """The path of a metric's page under the rendered pages."""
    return f"{FOLDER}/{metric_id}.md"


@dataclass(frozen=True, slots=True)
class ShownOn:
    """A page that shows a figure: its title, and its address from the page that says so."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page as Markdown, and the figures that it shows."""

    text: str
    figures: tuple[PublicFigure, ...]


def make_metric_page(
    book: Book,
    metric: Metric,
    *,
    protection: str,
    shown_on: Sequence[ShownOn],
    breaks: Sequence[Break] = (),
    definitions: str | None = None,
    download: str | None = None,
    trail: Trail | None = None,
) -> MadePage:
    """What is counted, how, how it is tested and protected, its values over editions, and where it is shown.

    `definitions` is the address of the page of definitions, `download` that of the values as a file; `trail` is the way from
    the extracts to the metric, where the edition has been worked out.
    """
    shown: list[PublicFigure] = []
    facts: list[tuple[str, Markup | str]] = [("Name in files", Markup("<code>{}</code>").format(metric.metric_id))]
    facts += describe_metric(book, metric, protection, shown)
    if metric.breakdowns:
        facts.append(("Broken down by", write_breakdowns(metric)))
    if trail is not None:
        facts.append(("Version of the definition", tell_version(trail, book.edition.name)))
    lines = [
        "---",
        f"title: {_quote(f'Measure: {metric.label}')}",
        f"description: {_quote(f'How {lower_first(metric.label)} is defined, worked out, tested and protected.')}",
        "---",
        "",
        f"# {metric.label}",
        "",
        f"**What is counted.** {_escape(metric.description)}",
        "",
        str(mark_up_facts(facts)),
        "",
        "## Values",
        "",
        *_write_values(book, metric, breaks, shown, download),
        "## Where it is shown",
        "",
        *([f"- [{_escape(page.title)}]({page.address})" for page in shown_on] or ["No page of this edition shows it."]),
        "",
        "## How it is worked out",
        "",
        *_write_steps(book, metric, protection, trail),
    ]
    if checks := list_checks(book.checks, trail):
        lines += [
            "## How it is tested",
            "",
            "Each of these held when the edition was built, or there would be none.",
            "",
        ]
        lines += [str(mark_up_tests(checks)), ""]
    lines += [
        "## Who approved it",
        "",
        "People approve what an edition says after it is sealed, so that the page cannot name them. The record of the editions "
        "names each: who, in which role, when. This page can be printed and signed.",
        "",
        str(mark_up_signatures()),
        "",
    ]
    if definitions is not None:
        lines += [f"[All measures and their definitions]({definitions}#{metric.metric_id})", ""]
    return MadePage("\n".join(lines), tuple(shown))


def _write_values(
    book: Book, metric: Metric, breaks: Sequence[Break], shown: list[PublicFigure], download: str | None
) -> list[str]:
    editions = list_editions(book, metric.metric_id)
    figures = [figure for _, figure in editions]
    shown += figures
    table = mark_up_editions(editions, metric.unit, f"{metric.label} in each edition, {book.place}")
    lines = [str(table + mark_up_symbols(figures)), ""]
    if crossed := find_breaks(breaks, metric, figures[0], figures[-1]):
        told = write_list([f"{write_day(b.date)}: {_escape(b.text)}" for b in crossed])
        lines += [f"What is recorded changed between these editions, so they do not compare. {told}.", ""]
    if download is not None:
        lines += [f'<p class="download"><a href="{download}" download>Download these numbers (CSV)</a></p>', ""]
    return lines


def list_editions(
    book: Book, metric_id: str, breakdown: str = TOTAL, category: str = ALL
) -> list[tuple[str, PublicFigure]]:
    """One figure in each edition that has it, the oldest first. Raises UnknownCitation where this edition has none."""
    found = []
    for one in (*book.earlier, book):
        try:
            found.append((one.edition.name, one.figure(metric_id, None, breakdown, category)))
        except UnknownCitation:
            if one is book:
                raise
    return found


def _write_steps(book: Book, metric: Metric, protection: str, trail: Trail | None) -> list[str]:
    records = write_list([name.replace("_", " ") for name in metric.needs])
    lines = [
        f"1. The records that it needs are read and checked: {records}. If a file breaks a rule, nothing is built.",
        "2. Rows become real things, such as an episode or a referral. What counts is decided there, once for all.",
        "3. The query below works out the figure and its breakdowns.",
        f"4. The result is protected: {protection}. No number of rows is published at any step.",
        "",
    ]
    if trail is not None:
        lines += ["These are the steps one by one, made from the SQL that was run.", "", str(mark_up_path(trail)), ""]
        lines += ["This is the last query, as it was run.", ""]
        lines += [str(mark_up_sql(trail.relations[-1].sql, f"SQL of {metric.label}")), "", str(link_shared(trail)), ""]
    elif metric.metric_id in book.sql:
        lines += [str(mark_up_sql(book.sql[metric.metric_id], f"SQL of {metric.label}")), ""]
    return lines


def make_list_of_numbers(
    book: Book,
    citations: Mapping[FigureKey, Sequence[ShownOn]],
    link: Mapping[str, str],
    older: Mapping[str, str] | None = None,
) -> MadePage:
    """Every number that the pages show, by unit and size, with all places where it stands.

    `citations` names the pages of each figure, `link` the address of each metric's page, `older` that of the same list of each
    earlier edition.
    """
    lists = {name: Markup('<a href="{}">{}</a>').format(address, name) for name, address in (older or {}).items()}
    books = {one.edition.name: one for one in (*book.earlier, book)}
    found: dict[str, list[tuple[PublicFigure, Sequence[ShownOn]]]] = {}
    for key, places in citations.items():
        figure = books[key.edition].figure(key.metric_id, key.authority, key.breakdown, key.category)
        if figure.value is not None and places:
            found.setdefault(figure.unit, []).append((figure, places))
    lines = [
        "---",
        "title: Find a number",
        "description: Every number that the pages show, with all the places where it stands.",
        "---",
        "",
        "# Find a number",
        "",
        "**You have read a number and want to know where it comes from.** Here is every number that the pages of this "
        "edition show, by what is counted, from small to large. Use your browser's own search (often Ctrl and F), or the "
        "search at the top of the page.",
        "",
        "Each number stands with what it counts, the edition that it belongs to, and every page that shows it. The name "
        "leads to how it is worked out.",
        "",
    ]
    if lists:
        lines += [
            "The pages of an earlier edition show more of its numbers. Each has a list of its own: "
            f"{write_list(list(lists.values()))}.",
            "",
        ]
    shown: list[PublicFigure] = []
    for unit in sorted(found):
        rows: list[list[Markup | str]] = []
        for figure, places in sorted(found[unit], key=lambda pair: (pair[0].value or 0, pair[0].key)):
            shown.append(figure)
            key = figure.key
            name = Markup('<a href="{}">{}</a>').format(link[key.metric_id], book.metric(key.metric_id).label)
            if key.breakdown != TOTAL:
                name += Markup(", {}").format(
                    lower_first(books[key.edition].label_of(key.metric_id, key.breakdown, key.category))
                )
            pages = Markup(", ").join(Markup('<a href="{}">{}</a>').format(p.address, p.title) for p in places)
            rows.append([mark_up_figure(figure), name, lists.get(key.edition, key.edition), pages])
        title = unit[:1].upper() + unit[1:]
        lines += [f"## {title}", ""]
        lines += [
            str(mark_up_table(f"Numbers of {unit}", ["Number", "What it is", "Edition", "Where"], rows, False)),
            "",
        ]
    return MadePage("\n".join(lines), tuple(shown))


def _escape(text: str) -> str:
    return str(Markup.escape(text))


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
