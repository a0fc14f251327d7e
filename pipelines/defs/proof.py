"""The last question before the switch: do the finished files say what the figures say? A blocking check on the sealed folder.

What each file type holds is read, and judged, in `publishing.proving`.
"""

import dagster as dg

from pipelines.defs.edition import sealed_edition
from pipelines.defs.proving import prove_edition
from pipelines.defs.workspace import Workspace
from pipelines.editions.state import describe_folder
from pipelines.figures import Figure, PublicFigure

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
