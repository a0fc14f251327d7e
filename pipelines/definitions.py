"""The code location: assembles what `defs/` holds, and nothing else."""

import dagster as dg

from pipelines.defs import (
    audit,
    automation,
    edition,
    extracts,
    proof,
    release,
    reports,
    reviews,
    storyboard,
    warehouse,
)
from pipelines.defs.workspace import Workspace

_MODULES = [extracts, warehouse, release, storyboard, reports, reviews, audit, edition, proof]

definitions = dg.Definitions(
    assets=dg.load_assets_from_modules(_MODULES),
    asset_checks=dg.load_asset_checks_from_modules(_MODULES),
    jobs=[automation.edition],
    resources={"workspace": Workspace.from_environment(), "io_manager": dg.mem_io_manager},
    executor=dg.in_process_executor,
)
