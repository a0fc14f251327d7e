"""The last question before the switch: do the finished files say what the figures say? A blocking check on the sealed folder.

What each file type holds is read, and judged, in `publishing.proving`.
"""

import json
from importlib.resources import files
from pathlib import Path

import dagster as dg

from pipelines import paths, register
from pipelines.defs.books import list_earlier, read_published_statistics
from pipelines.defs.edition import sealed_edition
from pipelines.defs.workspace import EditionRun, Workspace
from pipelines.disclosure.policy import describe
from pipelines.editions.state import describe_folder
from pipelines.figures import Figure, PublicFigure
from pipelines.publishing.downloads import read_public_figures, read_restricted_figures
from pipelines.publishing.proving.edition import Proof, prove
from pipelines.publishing.proving.knowledge import know

_MOST = 40
"""Problems that are told one by one; the rest are counted."""


@dg.asset_check(
    asset=sealed_edition,
    blocking=True,
    additional_ins={
        "protected_figures": dg.AssetIn("protected_figures"),
        "exact_figures": dg.AssetIn("exact_figures"),
    },
)
def every_number_in_the_files_is_its_figure(
    context: dg.AssetCheckExecutionContext,
    workspace: Workspace,
    protected_figures: list[PublicFigure],
    exact_figures: list[Figure],
) -> dg.AssetCheckResult:
    """The finished files are opened again, and each number in them is matched with the figure that it stands for."""
    run = workspace.open(context)
    folder = next(each for each in run.list_sealed() if describe_folder(each, each.name).edition == run.edition.name)
    proof = prove_edition(run, folder, protected_figures, exact_figures)
    told = [f"- {problem}" for problem in proof.problems[:_MOST]]
    if len(proof.problems) > _MOST:
        told.append(f"- and {len(proof.problems) - _MOST} more")
    return dg.AssetCheckResult(
        passed=not proof.problems,
        metadata={
            "problems": dg.MetadataValue.md("\n".join(told) or "None."),
            "files": proof.files,
            "numbers bound to figures": proof.numbers,
        },
    )


def prove_edition(run: EditionRun, folder: Path, protected: list[PublicFigure], exact: list[Figure]) -> Proof:
    """The proof of the edition sealed in `folder`: public files against protected figures, restricted ones against exact."""
    metrics = register.read_metrics()
    shown, known = list(protected), list(exact)
    for _, earlier in list_earlier(run):
        shown += read_public_figures(earlier / "public", metrics)
        known += read_restricted_figures(earlier / "restricted", metrics)
    public, restricted = know(
        shown,
        known,
        metrics=metrics,
        categories=register.read_categories(),
        statistics=read_published_statistics(run),
        population=run.read_population(),
        policy=describe(run.policy),
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
