"""One council of many made again by itself: its pages and papers, from the figures of the draft as it is sealed.

What is made is a copy to look at, in `papers/<date>/`; nothing of it is sealed or shown on the site. Nothing of Dagster here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines import register
from pipelines.defs.books import read_councils
from pipelines.defs.proving import prove_edition
from pipelines.defs.rewording import find_making, list_parts
from pipelines.defs.runs import EditionRun
from pipelines.defs.store import Store
from pipelines.defs.wording import fill_pages, make_site, write_pack
from pipelines.defs.writing import (
    write_answers,
    write_board_packs,
    write_dmt_reports,
    write_inspection_packs,
    write_public_dmt_reports,
    write_public_scorecards,
    write_scorecards,
    write_workbooks,
)
from pipelines.editions.banners import Banner, insert_banner
from pipelines.editions.publication import place_papers
from pipelines.editions.seal import PAGES
from pipelines.editions.state import list_editions
from pipelines.faults import DataFault, UsageFault
from pipelines.figures import Figure, PublicFigure
from pipelines.keeping import keeping
from pipelines.publishing.downloads import read_public_figures, read_restricted_figures
from pipelines.publishing.heat_map import STARTS, read_starts
from pipelines.publishing.open_data import list_open_files

_BANNER = Banner("draft", "A copy to look at, made for one council alone: it is not sealed, and not on the site.")


@dataclass(frozen=True)
class Draft:
    """The sealed draft that a council is made again from, with its figures."""

    folder: Path
    protected: list[PublicFigure]
    exact: list[Figure]


@contextmanager
def open_draft(run: EditionRun) -> Iterator[Draft]:
    """The draft whose figures a build would give again. What is made meanwhile is kept for that build.

    Raises a Fault where a council alone may not or cannot be made: it says why, and what to do instead.
    """
    folder, parts = _find_draft(run)
    for part in list_parts(run):
        shutil.copyfile(parts / part.name, part)
    run.citations.write_text("{}", "utf-8")
    shutil.rmtree(run.staged, ignore_errors=True)
    metrics = register.read_metrics()
    store = Store(run.output, run.edition.name, run.staged)
    with keeping(store):
        yield Draft(
            folder,
            read_public_figures(folder / "public", metrics),
            read_restricted_figures(folder / "restricted", metrics),
        )
    store.carry(parts)
    store.keep(parts)


def remake_pages(run: EditionRun, draft: Draft) -> Path:
    """The council's pages with the index of authorities and the comparison beside them, and all of them as one PDF."""
    public = run.staged / "public"
    public.mkdir(parents=True)
    for name in list_open_files():
        shutil.copyfile(draft.folder / "public" / name, public / name)
    fill_pages(run, draft.protected, None)
    make_site(run)
    write_pack(run, draft.protected)
    _prove(run, draft)
    for page in (run.staged / PAGES).rglob("*.html"):
        page.write_bytes(insert_banner(page.read_bytes(), _BANNER, depth=0, path=page.name))
    return _place(run, run.staged / PAGES, "pages") / str(run.council) / "index.html"


def remake_public_papers(run: EditionRun, draft: Draft) -> Path:
    """The papers of protected figures that anybody may read."""
    for write in (write_public_dmt_reports, write_public_scorecards, write_answers, write_workbooks):
        write(run, draft.protected)
    _prove(run, draft)
    return _place(run, run.staged / "public" / str(run.council), "public")


def remake_restricted_papers(run: EditionRun, draft: Draft) -> Path:
    """The papers of exact figures. Lists of records stay as they are sealed: they are made of rows, and there are none here."""
    sealed = draft.folder / "restricted"
    write_dmt_reports(run, draft.exact)
    write_inspection_packs(run, draft.exact)
    write_scorecards(run, draft.exact)
    write_board_packs(run, draft.exact, lambda authority: read_starts(sealed / authority / STARTS))
    _prove(run, draft)
    return _place(run, run.staged / "restricted" / str(run.council), "restricted")


def _find_draft(run: EditionRun) -> tuple[Path, Path]:
    name, council = run.edition.name, run.council
    whole = f"Materialise edition {name} with the job `edition`, or run: storyboard build --edition {name}"
    states = [state for state in list_editions(run.output) if state.edition == name]
    if not states:
        raise UsageFault(
            f"Edition {name} is not there yet. The figures of all councils are protected together, so the first time is for "
            f"all of them. {whole}"
        )
    state, folder = states[-1], run.output.editions / states[-1].name
    if state.status != "draft":
        raise UsageFault(
            f"Edition {state.name} is {state.status} and never changes. A correction is made for all councils at once: "
            f"storyboard build --edition {name} --reason TEXT"
        )
    if council not in read_councils(folder):
        raise UsageFault(
            f"{council} has no pages of its own in edition {name}: see pages_for in docs/registers/authorities.yml. {whole}"
        )
    if state.inputs != run.digest_inputs():
        raise DataFault(
            f"The extracts of edition {name}, or how they are read, are not those that the draft was made of. What one council's "
            f"figures hide depends on all the others, so that they change together. {whole}"
        )
    parts = find_making(run, state)
    if parts is None:
        raise DataFault(
            f"The draft of edition {name} is not whole, or the program, its tools or the editions before it are not those that "
            f"it was made with. {whole}"
        )
    return folder, parts


def _prove(run: EditionRun, draft: Draft) -> None:
    proof = prove_edition(run, run.staged, draft.protected, draft.exact)
    if proof.problems:
        told = "\n".join(f"- {problem}" for problem in proof.problems[:40])
        raise DataFault(f"{run.council} of edition {run.edition.name}: a file shows what is no figure.\n{told}")


def _place(run: EditionRun, made: Path, part: str) -> Path:
    place = run.output.papers / date.today().isoformat() / f"{run.edition.name}-{run.council}" / part
    place.parent.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place_papers(run.output, {place: made})
    return place
