"""All pages of a finished site as one paper, for a PDF: the same words, figures, charts and tables, page after page.

Reads the HTML that the site is made of, so the two cannot disagree. How the paper looks is said in its layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from lxml import html

from pipelines.figures import FigureKey
from pipelines.publishing.book import Book
from pipelines.publishing.documents import (
    INVENTED,
    Block,
    Heading,
    Item,
    Line,
    Paper,
    Paragraph,
    Picture,
    Run,
    Table,
    Words,
)
from pipelines.publishing.english import write_date, write_period
from pipelines.publishing.illustrations import set_in_print_font

ON_THE_SITE_ALONE = ("evidence/find.md",)
"""Pages that only help to find one's way on the site."""
NUMERIC_COLUMNS, WIDEST_NUMBER = 5, 14
"""A table with more columns than these, or with a longer text in one of its cells, is set as words."""


def list_pages(mkdocs_config: Path) -> list[str]:
    """The pages of the navigation in its order, by their paths without ending."""
    text = mkdocs_config.read_text("utf-8")
    nav = yaml.safe_load(text[text.index("\nnav:") :])["nav"]

    def walk(entry: object) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            for value in entry.values():
                yield from walk(value)
        elif isinstance(entry, list):
            for one in entry:
                yield from walk(one)

    return [page.removesuffix(".md") for page in walk(nav) if page not in ON_THE_SITE_ALONE]


def read_site(site: Path, pages: Sequence[str], book: Book) -> Paper:
    """The pages of a built site, in the order given, as a paper with a cover. `book` says of which edition it is."""
    reader = _Reader(site)
    blocks = [block for page in pages for block in reader.read_page(page)]
    dates = {name: write_period(p.start, p.end) for name, p in book.edition.periods.items()}
    front = [("Area", book.place), ("Missing or absent", dates["missing"]), ("Missing education", dates["education"])]
    front.append(("Position stated", f"At the end of {write_date(book.edition.periods['education'].as_at)}"))
    told = "Small numbers are hidden and others rounded, so that no child can be recognised"
    front.append(
        ("Figures", f"{told}. This edition is a sample, all its figures are invented" if book.invented else told)
    )
    return Paper(
        title="Children who go missing, and children who miss education",
        subtitle=f"Story board, {book.edition.name} edition: every page",
        edition=book.edition.name,
        markings=(INVENTED,) if book.invented else (),
        front=tuple((name, (Words(text),)) for name, text in front),
        blocks=tuple(blocks),
        cited=reader.cited,
        dated=book.edition.periods["education"].as_at,
    )


class _Reader:
    """Turns articles into blocks; numbers tables and figures through all pages and notes which figures of ours they show."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._tables = 0
        self._pictures = 0
        self.cited: dict[FigureKey, str] = {}

    def read_page(self, page: str) -> Iterator[Block]:
        path = self._site / f"{page}.html"
        article = html.document_fromstring(path.read_bytes()).find(".//article")
        for notice in article.xpath('./p[contains(@class, "invented")]'):
            notice.drop_tree()
        for element in article.iter("data"):
            if address := element.get("data-figure"):
                self.cited[_read_key(address)] = element.text or ""
        yield from self._read(article, path.parent)

    def _read(self, parent: Any, folder: Path) -> Iterator[Block]:
        for element in parent:
            match element.tag:
                case "h1" | "h2":
                    yield Heading(int(element.tag[1]), _text(element))
                case "h3" | "h4":
                    yield Paragraph((Words(_text(element), is_bold=True),))
                case "p" if "download" not in (element.get("class") or ""):
                    if line := _read_line(element):
                        yield Paragraph(line)
                case "ul" | "ol":
                    for number, item in enumerate(element.iterfind("li"), start=1):
                        yield Item(_read_line(item), number if element.tag == "ol" else None)
                case "figure":
                    yield from self._read_figure(element, folder)
                case "table":
                    yield self._read_table(element, "")
                case "div" | "section" | "dl":
                    yield from self._read(element, folder)
                case "dt":
                    yield Paragraph((Words(_text(element), is_bold=True),))
                case "dd":
                    yield Paragraph(_read_line(element))
                case _:
                    pass

    def _read_figure(self, figure: Any, folder: Path) -> Iterator[Block]:
        finding = figure.find('.//p[@class="finding"]')
        image = figure.find(".//img")
        if image is not None:
            self._pictures += 1
            svg = (folder / image.get("src")).resolve().read_text("utf-8")
            caption = () if finding is None else _read_line(finding)
            yield Picture(self._pictures, caption, set_in_print_font(svg), image.get("alt"))
        for events in figure.iterfind('.//ul[@class="events"]'):
            for item in events.findall("li"):
                yield Item(_read_line(item))
        for table in figure.iter("table"):
            yield self._read_table(table, "")
        for symbols in figure.iterfind('.//p[@class="symbols"]'):
            yield Paragraph(_read_line(symbols))

    def _read_table(self, table: Any, caption: str) -> Table:
        self._tables += 1
        named = table.find("caption")
        rows = [tuple(_read_line(cell) or (Words(""),) for cell in row) for row in table.iterfind("./tbody/tr")]
        header = tuple(_text(head) for head in table.iterfind("./thead/tr/th"))
        texts = ["".join(run.text for run in cell) for row in rows for cell in row[1:]]
        is_numeric = len(header) <= NUMERIC_COLUMNS and all(len(text) <= WIDEST_NUMBER for text in texts)
        name = caption or (_text(named) if named is not None else header[0])
        return Table(self._tables, name, header, tuple(rows), is_numeric)


def _read_key(address: str) -> FigureKey:
    """The key that an address names; its breakdown and category may be of two things."""
    edition, authority, metric_id, *rest = address.split("/")
    half = len(rest) // 2
    return FigureKey(edition, authority, metric_id, "/".join(rest[:half]), "/".join(rest[half:]))


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())


def _read_line(element: Any) -> Line:
    """The words of an element with what is strong in it; the address after a link that leaves the site."""
    runs: list[Words] = []

    def add(text: str | None, is_bold: bool) -> None:
        if text:
            runs.append(Words(re.sub(r"\s+", " ", text), is_bold))

    def walk(node: Any, is_bold: bool) -> None:
        add(node.text, is_bold)
        for child in node:
            walk(child, is_bold or child.tag in ("strong", "b"))
            if child.tag == "a" and (child.get("href") or "").startswith("http"):
                add(f" ({child.get('href')})", is_bold)
            add(child.tail, is_bold)

    walk(element, False)
    while runs and not runs[0].text.strip():
        runs.pop(0)
    while runs and not runs[-1].text.strip():
        runs.pop()
    if not runs:
        return ()
    runs[0] = Words(runs[0].text.lstrip(), runs[0].is_bold)
    runs[-1] = Words(runs[-1].text.rstrip(), runs[-1].is_bold)
    line: tuple[Run, ...] = tuple(runs)
    return line
