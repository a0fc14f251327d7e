"""The code location: assembles what `defs/` holds, and nothing else."""

import dagster as dg

from pipelines.defs import (
    audit,
    automation,
    councils,
    dropping,
    edition,
    extracts,
    notices,
    papers,
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
    assets=[
        *dg.load_assets_from_modules(_MODULES),
        *papers.assets,
        *(councils.assets if councils.are_several() else ()),
    ],
    asset_checks=dg.load_asset_checks_from_modules(_MODULES),
    jobs=automation.jobs,
    schedules=automation.schedules,
    sensors=[dropping.drop_folder, notices.failure_notice, notices.notice_taken_back],
    resources={"workspace": Workspace.from_environment(), "io_manager": dg.mem_io_manager},
    executor=dg.in_process_executor,
)
