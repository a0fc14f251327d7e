"""Builds the real site from the project's own pages and a fabricated edition, for tests that open it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines import paths
from pipelines.publishing.open_data import OFFERED, write_open_data
from pipelines.publishing.pages import EditionEntry, PolicyWords, render_pages
from pipelines.publishing.reports import write_public_pack
from pipelines.publishing.site import build_site
from pipelines.register import read_open_schemas
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
