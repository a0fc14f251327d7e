"""Papers of an edition that are wanted between editions, such as the scorecard of a quarter: put into `papers/<date>/` by a job.

They are made from the extracts as they are on the day; an edition is not touched. Reviews have a way of their own.
"""

from datetime import date

import dagster as dg

from pipelines.defs.workspace import EDITIONS, Workspace
from pipelines.editions.publication import place_papers

_FILES = {"scorecard": "scorecard*"}
"""Paper -> the files that it consists of, as a pattern of their names in `restricted/`."""


def _define(name: str, pattern: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"{name}_between_editions",
        group_name="papers_between_editions",
        partitions_def=EDITIONS,
        deps=[name],
        description=f"The {name.replace('_', ' ')} as it is today, in `papers/<date>/`. Exact figures: restricted.",
    )
    def put_in_place(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
        run = workspace.open(context)
        folder = run.output.papers / date.today().isoformat()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        restricted = run.staged / "restricted"
        files = sorted([*restricted.glob(pattern), *restricted.glob(f"*/{pattern}")])
        names = {"-".join((run.edition.name, *file.relative_to(restricted).parts)): file for file in files}
        place_papers(run.output, {folder / name: file for name, file in names.items()})
        return dg.MaterializeResult(metadata={name: dg.MetadataValue.path(str(folder / name)) for name in names})

    return put_in_place


PAPERS_BETWEEN = {name: _define(name, pattern) for name, pattern in _FILES.items()}
assets = list(PAPERS_BETWEEN.values())
