"""An edition of which only words changed: its pages are filled and proved again, its papers where a register or the text of one
changed, all else is that of the sealed draft.

Decided by content alone: the same input, code, lock and tools, the same other editions, every file of the draft as it was
sealed. Where anything else differs the edition is built from its extracts. What is kept for it holds no rows of children.
"""

from __future__ import annotations

import getpass
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines import register
from pipelines.defs.inputs import describe_code, describe_words, digest_machinery, digest_making, is_read_by_papers
from pipelines.defs.provenance import describe_commit, list_installed, list_tools
from pipelines.defs.runs import EditionRun
from pipelines.editions.manifest import MANIFEST, Manifest, read_manifest
from pipelines.editions.state import EditionState, describe_folder, find_previous, list_editions
from pipelines.editions.verify import verify
from pipelines.faults import DataFault
from pipelines.figures import Figure, PublicFigure
from pipelines.paths import Output
from pipelines.publishing.downloads import FIGURES, SCORECARD, read_public_figures, read_restricted_figures
from pipelines.publishing.heat_map import STARTS, Start, read_starts

_RECORD = "made.json"
_PAGES = ("public/pages/", "public/charts/")
"""What is made of words: it is not taken over."""
_FIGURES = (
    *(f"{side}/{name}" for side in ("public", "restricted") for name in (FIGURES, SCORECARD)),
    "restricted/audit/metrics.json",
)
"""What of another edition an edition may show."""


@dataclass(frozen=True)
class Rewording:
    """A draft that can be worded anew, the folder of what was kept of it, and what of all that is written changed."""

    draft: Path
    manifest: Manifest
    parts: Path
    changed: tuple[str, ...]

    @property
    def has_papers(self) -> bool:
        """Whether the papers are worded anew too."""
        return any(map(is_read_by_papers, self.changed))

    def read_starts(self, authority: str) -> list[Start]:
        """When the episodes of an area began, as they are sealed."""
        place = self.draft / "restricted" / authority
        return read_starts((place if place.is_dir() else place.parent) / STARTS)


def keep_parts(run: EditionRun, name: str) -> Path:
    """Keep what a change of words would start from, for the edition that now stands under `name`; returns where."""
    folder = run.output.editions / name
    sha256 = read_manifest(folder).sha256
    kept = run.output.parts / sha256
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(mode=0o700, parents=True)
    for part in list_parts(run):
        shutil.copyfile(part, kept / part.name)
    made = {
        "machinery": _describe_machinery(),
        "making": _describe_making(),
        "words": describe_words(),
        "context": _describe_context(run, name),
    }
    (kept / _RECORD).write_text(json.dumps(made, sort_keys=True), "utf-8")
    return kept


def find_rewording(run: EditionRun, state: EditionState, inputs: str) -> Rewording | None:
    """How the draft can be worded anew; None where more than words changed, or nothing was kept of it."""
    draft, parts = run.output.editions / state.name, run.output.parts / state.manifest_sha256
    try:
        made = json.loads((parts / _RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    words: dict[str, str] = made["words"]
    now = describe_words()
    if (
        state.status != "draft"
        or state.inputs != inputs
        or made["machinery"] != _describe_machinery()
        or made["context"] != _describe_context(run, state.name)
        or not verify(draft).ok
        or not all((parts / part.name).is_file() for part in list_parts(run))
    ):
        return None
    changed = sorted(path for path in {*words, *now} if words.get(path) != now.get(path))
    return Rewording(draft, read_manifest(draft), parts, tuple(changed))


def find_making(run: EditionRun, state: EditionState) -> Path | None:
    """What was kept of the making of a sealed edition, where the same figures would be made again today, whatever is written
    around them; None where its files, the program, its tools or the other editions are not what they were."""
    parts = run.output.parts / state.manifest_sha256
    try:
        made = json.loads((parts / _RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    is_same = made.get("making") == _describe_making() and made["context"] == _describe_context(run, state.name)
    is_there = all((parts / part.name).is_file() for part in list_parts(run))
    return parts if is_same and is_there and verify(run.output.editions / state.name).ok else None


def reword(run: EditionRun, rewording: Rewording, reason: str | None) -> str:
    """The edition with its words of today, sealed in the batch's folder; returns the name of that folder.

    Raises DataFault where a page is wrong, or shows a number that is not its figure.
    """
    from pipelines.defs.proving import prove_edition
    from pipelines.defs.wording import fill_pages, make_site, record_what_is_shown, write_pack
    from pipelines.editions.seal import seal_edition

    run.work.mkdir(parents=True, exist_ok=True, mode=0o700)
    for part in list_parts(run):
        shutil.copyfile(rewording.parts / part.name, part)
    facts = rewording.manifest.facts
    for path in rewording.manifest.files:
        if not path.startswith(_PAGES):
            (run.staged / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(rewording.draft / path, run.staged / path)
    metrics = register.read_metrics()
    protected = read_public_figures(run.staged / "public", metrics)
    exact = read_restricted_figures(run.staged / "restricted", metrics)
    if rewording.has_papers:
        _write_papers(run, rewording, protected, exact)
    fill_pages(run, protected, reason)
    make_site(run)
    write_pack(run, protected)
    record_what_is_shown(run, list(facts.extracts), reason)
    states = [state for state in list_editions(run.output) if state.name != rewording.draft.name]
    staged = {folder.name: describe_folder(folder, folder.name) for folder in run.list_sealed()}
    previous = find_previous([*(s for s in states if s.name not in staged), *staged.values()], run.edition.name)
    seal_edition(
        run.staged,
        replace(facts, code=describe_code(), previous=previous.sealed if previous else None),
    )
    proof = prove_edition(run, run.staged, protected, exact)
    if proof.problems:
        told = "\n".join(f"- {problem}" for problem in proof.problems[:40])
        raise DataFault(f"Edition {run.edition.name} could not be built: a file shows what is no figure.\n{told}")
    run.sealed.mkdir(parents=True, exist_ok=True, mode=0o700)
    run.staged.rename(run.sealed / rewording.draft.name)
    return rewording.draft.name


def _write_papers(
    run: EditionRun, rewording: Rewording, protected: Sequence[PublicFigure], exact: Sequence[Figure]
) -> None:
    """Every paper that is made of figures and words. Lists of records are made of rows, and stay as they are sealed."""
    from pipelines.defs import writing

    for write in (writing.write_public_dmt_reports, writing.write_public_scorecards, writing.write_answers):
        write(run, protected)
    for write_exact in (writing.write_dmt_reports, writing.write_inspection_packs, writing.write_scorecards):
        write_exact(run, exact)
    writing.write_board_packs(run, exact, rewording.read_starts)


def install(runs: Sequence[EditionRun], output: Output, reason: str | None) -> None:
    """Switch what readers see to every edition that was worded anew."""
    from pipelines.defs.archive import archive_extracts
    from pipelines.editions.publication import Act, install_editions
    from pipelines.publishing.index import index_page

    sealed = {folder.name: folder for folder in runs[0].list_sealed()}
    act = Act(getpass.getuser(), datetime.now(UTC).astimezone(), None, describe_commit())
    for folder in sealed.values():
        archive_extracts(folder, runs[0].extracts.parent, output, act)
    install_editions(sealed, output, act, index_page, reasons=dict.fromkeys(sealed, reason) if reason else None)


def list_parts(run: EditionRun) -> list[Path]:
    """What of a run pages are made of, besides figures and words: its files are kept by these names."""
    return [run.trails, run.statistics, run.population, run.disclosure]


def _describe_machinery() -> dict[str, Any]:
    return {"code": digest_machinery(), "tools": list_tools(), "installed": list_installed()}


def _describe_making() -> dict[str, Any]:
    return {"code": digest_making(), "tools": list_tools(), "installed": list_installed()}


def _describe_context(run: EditionRun, name: str) -> dict[str, Any]:
    """What of the other editions an edition rests on: the figures, the standing and the definitions of each."""
    folders = {state.name: (state, run.output.editions / state.name) for state in list_editions(run.output)}
    folders |= {folder.name: (describe_folder(folder, folder.name), folder) for folder in run.list_sealed()}
    return {
        other: [state.status, state.reason, state.is_invented, *_list_figures(folder)]
        for other, (state, folder) in sorted(folders.items())
        if other != name and (state.edition <= run.edition.name or state.status != "draft")
    }


def _list_figures(folder: Path) -> list[str | None]:
    files = read_manifest(folder).files
    withdrawn = (folder / "restricted" / "withdrawn").is_dir()
    return [*(files.get(path) for path in _FIGURES), MANIFEST if withdrawn else None]
