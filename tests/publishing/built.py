"""Builds the real site from the project's own pages and a fabricated edition, and the pages above those of several councils,
for tests that open them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipelines import paths
from pipelines.editions.banners import Banner, insert_banner
from pipelines.figures import ALL, TOTAL, PublicFigure, display_value
from pipelines.publishing.authorities import Plan, read_plan, write_index_of_authorities
from pipelines.publishing.book import Book, PublishedStatistic
from pipelines.publishing.citations import read_registers
from pipelines.publishing.councils import write_comparison
from pipelines.publishing.open_data import OFFERED, write_open_data
from pipelines.publishing.pages import EditionEntry, PolicyWords, render_pages
from pipelines.publishing.reports import write_public_pack
from pipelines.publishing.site import build_site
from pipelines.register import read_metrics, read_open_schemas
from tests.publishing.fabricated import make_book

EPOCH = 1_484_179_200


@dataclass(frozen=True)
class Listed:
    """An edition as the index of editions lists it."""

    name: str
    edition: str
    version: int
    status: str
    is_invented: bool
    reason: str | None = None


REGIONS = ("North East", "Yorkshire and The Humber")
NOWHERE = "E06999999"
"""A code that no register names, as of a council that is new."""


def build_pages_above(folder: Path) -> list[Path]:
    """The index of authorities and the comparison of some thirty councils, as a draft shows them; each page that they lead to
    is there, and empty."""
    metrics, book = read_metrics(), make_book("2017")
    plan = read_plan(read_registers(paths.DOCS), metrics)
    councils = [*sorted(set().union(*(members for name, members in plan.regions if name in REGIONS))), NOWHERE]
    figures = list(_spread(book, [ALL, *councils], plan))
    folders = {ALL, *councils[::2]}
    given = {"protection": PolicyWords(5, 5).rule, "invented": True}
    index, _ = write_index_of_authorities(book.edition, figures, metrics, plan, folders, **given)
    statistics = [
        PublishedStatistic(
            code, name, date(2016, 3, 31), "children_missing_percentage", Decimal(number), "", "SFR50/2017"
        )
        for number, (code, name) in enumerate((code, plan.places.get(code, code)) for code in councils)
    ]
    comparison, _ = write_comparison(book.edition, figures, metrics, plan, folders, statistics, **given)
    draft, made = Banner("draft", "Draft: not published. Figures and words may change."), []
    for place in folders:
        (folder / place).mkdir(parents=True)
        (folder / place / "index.html").touch()
    for name, page in (("index.html", index), ("comparison.html", comparison)):
        made.append(folder / name)
        made[-1].write_bytes(insert_banner(page.encode(), draft, depth=0, path=name))
    return made


def _spread(book: Book, councils: list[str], plan: Plan) -> Iterator[PublicFigure]:
    """The main figures of each council: larger from one to the next, hidden in every fifth, few in every seventh."""
    wanted = {*plan.compared, *(metric_id for metric_id, _ in plan.held_against), "children_reported", "cme_referrals"}
    for number, council in enumerate(councils):
        for figure in book.figures:
            key = figure.key
            if (key.breakdown, key.category) != (TOTAL, ALL) or key.metric_id not in wanted:
                continue
            made = replace(figure, key=replace(key, authority=council))
            if number % 5 == 4 and figure.value is not None:
                yield replace(made, value=None, display="[c]", status="suppressed")
            elif figure.value is not None:
                factor = (
                    Decimal(1) if figure.unit == "per cent" else Decimal(1 + number) / (20 if number % 7 == 3 else 1)
                )
                value = (figure.value * factor).quantize(figure.value)
                yield replace(made, value=value, display=display_value(value, figure.unit))
            else:
                yield made


def build_real_site(folder: Path) -> Path:
    """The site of 2017, with 2016 as its earlier edition, in `folder/site`."""
    book = make_book("2017", earlier=(make_book("2016"),))
    entries = (
        EditionEntry("2017", 1, "This edition"),
        EditionEntry("2016", 2, "Published", "../2016-v2/index.html", "Two late records were added."),
    )
    rendered = folder / "rendered"
    render_pages(paths.DOCS, book, rendered, policy=PolicyWords(5, 5), editions=entries)
    build_site(rendered, paths.MKDOCS_CONFIG, folder / "site", site_name="Story board 2017", epoch=EPOCH, invented=True)
    offered = folder / "site" / OFFERED
    offered.mkdir()
    rule = PolicyWords(5, 5).rule
    schemas = read_open_schemas()
    write_open_data(offered, book, book.figures, schemas=schemas, population=[], protection=rule)
    write_public_pack(book, folder / "site", folder / "site" / "board-pack.pdf")
    return folder / "site"
