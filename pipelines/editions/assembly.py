"""The trees that readers see, put together from sealed editions: `site/` (all of them) and `release/` (published ones).

Copies pages and adds banners; the index page is given by the caller. Where the finished tree then goes is for `switch`.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.editions import disk
from pipelines.editions.banners import choose_banner, insert_banner
from pipelines.editions.manifest import walk_files
from pipelines.editions.names import is_place
from pipelines.editions.seal import PAGES
from pipelines.editions.state import EditionState
from pipelines.faults import MachineFault

IndexPage = Callable[[Sequence[EditionState]], str]
"""Makes the whole index page (HTML) of the editions shown, in their order; links lead to `<name>/index.html`."""


def assemble_site(
    folder: Path, states: Sequence[EditionState], folders: Mapping[str, Path], index_page: IndexPage
) -> Path:
    """Build a complete site in a new folder: `index.html`, and for each edition its pages under its name.

    `folders` says where each edition's folder is now, staged or installed. Returns the folder.
    """
    disk.make_folder(folder)
    disk.write_file(folder / "index.html", index_page(states).encode("utf-8"))
    for state in states:
        pages = folders[state.name] / PAGES
        if not pages.is_dir():
            raise MachineFault(f"Edition {state.name} has no pages: its folder {PAGES}/ is missing.")
        banner = None if state.status == "withdrawn" else choose_banner(state, states)
        leads_to = folders[banner.leads_to] / PAGES if banner is not None and banner.leads_to else None
        for path, status in walk_files(pages):
            if not stat.S_ISREG(status.st_mode):
                raise MachineFault(f"{pages / path} is not a plain file, and cannot be shown on the site.")
            target = folder / state.name / path
            disk.make_folder(target.parent)
            if banner is not None and target.suffix.lower() in (".html", ".htm"):
                page = insert_banner(
                    (pages / path).read_bytes(),
                    banner,
                    depth=path.count("/"),
                    path=f"{state.name}/{path}",
                    place=_find_same_council(path, leads_to),
                )
                disk.write_file(target, page)
            else:
                disk.copy_file(pages / path, target)
    return folder


def _find_same_council(path: str, leads_to: Path | None) -> str:
    """The folder in which the council of a page has its pages in another edition; none where it has none of its own there."""
    place, inside, _ = path.partition("/")
    if leads_to is None or not inside or not is_place(place):
        return ""
    return f"{place}/" if (leads_to / place / "index.html").is_file() else ""


def choose_released(states: Sequence[EditionState]) -> list[EditionState]:
    """The editions that `release/` shows: published ones, and the tombstones of those that were."""
    return [state for state in states if state.status != "draft"]
