"""What each council of a group gets, partitioned by edition and authority: there once a build has sealed an edition of several.

One run seals all of them together; a run of one partition makes a copy to look at. With one authority none of this is defined.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import dagster as dg

from pipelines import paths, register
from pipelines.defs.books import hold_several, read_councils
from pipelines.defs.history import SEVERAL
from pipelines.defs.remaking import Draft, open_draft, remake_pages, remake_public_papers, remake_restricted_papers
from pipelines.defs.runs import EditionRun
from pipelines.defs.workspace import EDITIONS, Workspace
from pipelines.editions.state import EditionState, list_editions
from pipelines.paths import Output
from pipelines.publishing.authorities import read_plan
from pipelines.publishing.citations import read_registers

AUTHORITIES = dg.DynamicPartitionsDefinition(name="authorities")
COUNCILS = dg.MultiPartitionsDefinition({"edition": EDITIONS, "authority": AUTHORITIES})

_COPY = (
    "The job `edition` makes and seals those of all councils in one run, and fills every partition. Materialising one partition "
    "makes them again for one council, from the sealed figures of the draft and with the words of today, as a copy in "
    "`papers/<date>/<edition>-<code>/`. Nothing on the site changes until the whole edition is built again. Figures cannot "
    "be made for one council alone: all are protected together."
)


def _define(name: str, what: str, remake: Callable[[EditionRun, Draft], Path]) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        group_name="councils",
        partitions_def=COUNCILS,
        deps=["sealed_edition"],
        description=f"{what} {_COPY}",
    )
    def make_again(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
        run = workspace.open(context)
        with open_draft(run) as draft:
            place = remake(run, draft)
        return dg.MaterializeResult(
            metadata={
                "council": _name_councils()[str(run.council)],
                "what": "a copy to look at: not sealed, not on the site",
                "place": dg.MetadataValue.path(str(place)),
            }
        )

    return make_again


pages = _define("council_pages", "The pages of one council.", remake_pages)
public_papers = _define(
    "council_public_papers", "One council's papers for everybody: protected figures.", remake_public_papers
)
restricted_papers = _define(
    "council_restricted_papers", "One council's papers with exact figures: restricted.", remake_restricted_papers
)
assets = [pages, public_papers, restricted_papers]

job = dg.define_asset_job(
    "council",
    selection=dg.AssetSelection.assets(*(asset.key for asset in assets)),
    executor_def=dg.in_process_executor,
    description="One council's pages and papers again, as a copy in `papers/<date>/`. It seals nothing and publishes nothing.",
)


def are_several() -> bool:
    """Whether the output that this process works for holds an edition of several councils, or the extracts are of several."""
    output = Output(Path(os.environ.get("STORYBOARD_OUTPUT", paths.DEFAULT_OUTPUT)))
    return SEVERAL in os.environ or hold_several(output)


def tell_councils(
    output: Output,
    names: Iterable[str],
    instance: dg.DagsterInstance,
    tell: Callable[[dg.AssetMaterialization], object],
) -> None:
    """Makes every council of the sealed editions of these folder names a partition, and tells what was sealed for it."""
    states = {state.name: state for state in list_editions(output)}
    sealed = {name: councils for name in sorted(names) if (councils := read_councils(output.editions / name))}
    if not sealed:
        return
    called = _name_councils()
    instance.add_dynamic_partitions(str(AUTHORITIES.name), sorted({one for each in sealed.values() for one in each}))
    for name, councils in sealed.items():
        for council in councils:
            for asset, place in _list_places(output, name, council).items():
                tell(_describe(asset, states[name], council, called[council], place))


def catch_up(output: Output, instance: dg.DagsterInstance) -> None:
    """Tells what was sealed for councils while this history was not looking: by an earlier version, or in another history."""
    known = instance.get_materialized_partitions(pages.key)
    missing = [
        state.name
        for state in list_editions(output)
        if any(_key(state, council) not in known for council in read_councils(output.editions / state.name))
    ]
    tell_councils(output, missing, instance, instance.report_runless_asset_event)


def _describe(
    asset: dg.AssetKey, state: EditionState, council: str, called: str, place: Path
) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        asset,
        partition=_key(state, council),
        metadata={
            "council": called,
            "what": f"sealed in edition {state.name}",
            "manifest_sha256": state.manifest_sha256,
            "place": dg.MetadataValue.path(str(place)),
        },
    )


def _key(state: EditionState, council: str) -> dg.MultiPartitionKey:
    return dg.MultiPartitionKey({"edition": state.edition, "authority": council})


def _list_places(output: Output, name: str, council: str) -> dict[dg.AssetKey, Path]:
    edition = output.editions / name
    return {
        pages.key: output.site / name / council / "index.html",
        public_papers.key: edition / "public" / council,
        restricted_papers.key: edition / "restricted" / council,
    }


def _name_councils() -> dict[str, str]:
    plan = read_plan(read_registers(paths.DOCS), register.read_metrics())
    return dict(plan.places)
