"""Words and figures put together: the pages of an edition, their site, and what the audit keeps of them.

What an asset of Dagster and a change of words alone both do. Nothing of Dagster here.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines import paths, register
from pipelines.defs.books import find_pages_of, list_earlier, open_public_books, read_published_statistics
from pipelines.defs.inputs import describe_code
from pipelines.defs.runs import EditionRun
from pipelines.defs.trails import open_trails
from pipelines.disclosure.policy import describe
from pipelines.editions.assurance import PAGE, Subject, write_assurance
from pipelines.editions.manifest import Policy, SealedExtract
from pipelines.editions.state import list_editions
from pipelines.editions.tracing import AUDIT, Kept
from pipelines.editions.tracing_page import (
    FRONT_PAGE,
    LINEAGE_PAGE,
    METRIC_PAGES,
    write_front_page,
    write_lineage_page,
    write_metric_page,
)
from pipelines.figures import ALL, FigureKey, PublicFigure
from pipelines.publishing.authorities import read_plan, write_index_of_authorities
from pipelines.publishing.book import Book
from pipelines.publishing.citations import read_registers
from pipelines.publishing.councils import write_comparison
from pipelines.publishing.open_data import OFFERED, list_open_files
from pipelines.publishing.pages import EditionEntry, PolicyWords, render_pages
from pipelines.publishing.pdf import release_memory
from pipelines.publishing.reports import write_public_pack
from pipelines.publishing.site import build_site, share_folders

INDEX, INDEX_FILE = "index.md", "index.html"
"""The index of authorities, which stands beside their pages: as a page that shows figures, and as its file."""
COMPARISON, COMPARISON_FILE = "comparison.md", "comparison.html"
"""The councils held against one another, beside it."""

Shown = Mapping[str, Sequence[FigureKey]]
"""The figures that each page shows, by its path from the root of the edition's pages."""


def fill_pages(run: EditionRun, figures: list[PublicFigure], reason: str | None) -> Shown:
    """Every page of `docs/` as plain Markdown with its drawings, in the run's folder; with several authorities once for each,
    in a folder of its own, and their index. Raises DataFault with file and line."""
    shutil.rmtree(run.rendered, ignore_errors=True)
    policy = PolicyWords(
        run.policy.threshold,
        run.policy.base,
        stated=describe(run.policy),
        prevented=tuple(json.loads(run.disclosure.read_text("utf-8"))["attacks_prevented"]),
    )
    books, trails = open_public_books(run, figures), open_trails(run)
    shown: dict[str, Sequence[FigureKey]] = {}
    for place, book in books.items():
        rendered = render_pages(
            paths.DOCS,
            book,
            run.rendered / place,
            policy=policy,
            editions=_list_editions(run, book.authority, place, reason),
            trails=trails,
        )
        shown |= {str(PurePosixPath(place, page)): keys for page, keys in rendered.citations.items()}
    if "" not in books:
        shown |= _write_above(run, figures, books, policy)
    run.citations.write_text(
        json.dumps({page: sorted(map(str, keys)) for page, keys in shown.items()}, indent=1), "utf-8"
    )
    return shown


def make_site(run: EditionRun) -> None:
    """The filled pages as HTML under `public/pages` with the open files beside them, and the drawings as files of their own."""
    public = run.staged / "public"
    public.mkdir(parents=True, exist_ok=True)
    names = read_plan(read_registers(paths.DOCS), register.read_metrics()).places
    for place in list_places(run):
        build_site(
            run.rendered / place,
            paths.MKDOCS_CONFIG,
            public / "pages" / place,
            site_name=f"Story board {run.edition.name}" + (f": {names.get(place, place)}" if place else ""),
            epoch=int(datetime.combine(max(p.as_at for p in run.edition.periods.values()), time(), UTC).timestamp()),
            invented=run.is_invented,
            index_of_authorities=f"../{INDEX_FILE}" if place else "",
            comparison=f"../{COMPARISON_FILE}" + f"#{place}" * (place != ALL) if place else "",
        )
        shutil.copytree(run.rendered / place / "charts", public / "charts" / place, copy_function=shutil.copyfile)
    pages = public / "pages"
    offered = pages / OFFERED
    offered.mkdir()
    for name in list_open_files():
        shutil.copyfile(public / name, offered / name)
    if list_places(run) != [""]:
        share_folders([pages / place for place in list_places(run)], ["assets"], beside=[OFFERED])
        for name in (INDEX_FILE, COMPARISON_FILE):
            shutil.copyfile(run.rendered / name, pages / name)


def list_places(run: EditionRun) -> list[str]:
    """The folders that the filled pages stand in, `all` first; one without a name where there is one authority."""
    if not (run.rendered / INDEX_FILE).is_file():
        return [""]
    folders = sorted(each.name for each in run.rendered.iterdir() if each.is_dir())
    return sorted(folders, key=lambda place: place != ALL)


def write_pack(run: EditionRun, figures: list[PublicFigure]) -> int:
    """All pages of each finished site as one PDF beside them; returns how many figures they show."""
    shown = 0
    for number, (place, book) in enumerate(open_public_books(run, figures).items()):
        if number:
            release_memory()
        site = run.staged / "public" / "pages" / place
        shown += len(write_public_pack(book, site, site / "board-pack.pdf").cited)
    return shown


def record_what_is_shown(run: EditionRun, extracts: list[SealedExtract], reason: str | None) -> None:
    """Which figures each page shows, and the assurance statement: all of the audit that words have a part in."""
    shown = run.staged / AUDIT / "shown-on.json"
    if not shown.is_file() or shown.read_bytes() != run.citations.read_bytes():
        shutil.copyfile(run.citations, shown)
        _write_trail_pages(run, extracts, reason)
    subject = Subject(
        run.choose_target(reason).name,
        Policy(run.policy.threshold, run.policy.base),
        describe_code(),
        extracts,
        json.loads(run.disclosure.read_text("utf-8")),
        run.is_invented,
    )
    _write(run.staged / PAGE, write_assurance(run.staged, subject))


def _write_trail_pages(run: EditionRun, extracts: list[SealedExtract], reason: str | None) -> None:
    """The trail as pages: one for each metric, the lineage of all, and the front page."""
    audit = run.staged / AUDIT
    kept = Kept(run.staged, extracts)
    named: dict[str, Any] = {"name": run.choose_target(reason).name, "invented": run.is_invented}
    for metric in kept.metrics:
        picture = (audit / METRIC_PAGES / f"{metric}.svg").read_text("utf-8")
        _write(audit / METRIC_PAGES / f"{metric}.html", write_metric_page(kept, metric, picture, **named))
    with (audit / "column-lineage.csv").open(encoding="utf-8", newline="") as file:
        fields = list(csv.DictReader(file))
    coverage = json.loads((audit / "column-lineage.json").read_text("utf-8"))["coverage"]
    picture = (audit / "lineage.svg").read_text("utf-8")
    _write(audit / LINEAGE_PAGE, write_lineage_page(fields, coverage, picture, **named))
    _write(audit / FRONT_PAGE, write_front_page(kept.metrics, **named))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def _write_above(
    run: EditionRun, figures: Sequence[PublicFigure], books: Mapping[str, Book], policy: PolicyWords
) -> Shown:
    """The index of authorities and the page that compares them, beside their filled pages; returns the figures on each."""
    metrics = register.read_metrics()
    plan = read_plan(read_registers(paths.DOCS), metrics)
    statistics = read_published_statistics(run)
    index, listed = write_index_of_authorities(
        run.edition, figures, metrics, plan, books, protection=policy.rule, invented=run.is_invented
    )
    comparison, held_against = write_comparison(
        run.edition, figures, metrics, plan, books, statistics, protection=policy.rule, invented=run.is_invented
    )
    for name, page in ((INDEX_FILE, index), (COMPARISON_FILE, comparison)):
        (run.rendered / name).write_text(page, "utf-8", newline="\n")
    return {INDEX: listed, COMPARISON: held_against}


def _list_editions(run: EditionRun, authority: str, place: str, reason: str | None) -> list[EditionEntry]:
    """This edition and those before it, a correction with its reason: pages link backward only, to those of the same
    authority, where it has some. Whether one is published is said by the site's index."""
    up, earlier = "../../" if place else "../", []
    for state, folder in list_earlier(run):
        there = find_pages_of(folder, authority)
        address = None if there is None else f"{up}{state.name}/{there}index.html"
        earlier.append(EditionEntry(state.edition, state.version, "earlier edition", address, state.reason or ""))
    target = run.choose_target(reason)
    if reason is None:
        reason = next((state.reason for state in list_editions(run.output) if state.name == target.name), None)
    note = (reason or "") if target.version > 1 else ""
    return [EditionEntry(run.edition.name, target.version, "this edition", note=note), *reversed(earlier)]
