"""The finished files of a sealed edition, matched with its figures: what the proof is given, and what comes with the site's look.

What each file type holds is read, and judged, in `publishing.proving`. Nothing of Dagster here.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from pipelines import paths, register
from pipelines.defs.books import list_earlier, read_published_statistics
from pipelines.defs.runs import EditionRun
from pipelines.disclosure.policy import describe
from pipelines.disclosure.relations import read_relations
from pipelines.figures import Figure, PublicFigure
from pipelines.publishing.downloads import read_public_figures, read_restricted_figures
from pipelines.publishing.proving.edition import Proof, prove
from pipelines.publishing.proving.knowledge import know


def prove_edition(run: EditionRun, folder: Path, protected: list[PublicFigure], exact: list[Figure]) -> Proof:
    """The proof of the edition sealed in `folder`: public files against protected figures, restricted ones against exact."""
    metrics, categories = register.read_metrics(), register.read_categories()
    relations = read_relations(paths.RELATIONS.read_text("utf-8"), metrics, categories)
    shown, known = list(protected), list(exact)
    for _, earlier in list_earlier(run):
        shown += read_public_figures(earlier / "public", metrics)
        known += read_restricted_figures(earlier / "restricted", metrics)
    public, restricted = know(
        shown,
        known,
        metrics=metrics,
        categories=categories,
        statistics=read_published_statistics(run),
        population=run.read_population(),
        policy=describe(run.policy),
        sayings=relations.sayings,
    )
    cited = json.loads(run.citations.read_text("utf-8"))
    return prove(folder, public, restricted, cited=cited, is_asset=is_asset)


def is_asset(path: str, file: Path) -> bool:
    """Whether a file of the site is, byte for byte, one that comes with its look."""
    for folder in (Path(str(files("material"))) / "templates", paths.DOCS):
        origin = folder / path
        if origin.is_file() and origin.read_bytes() == file.read_bytes():
            return True
    return False
