"""Jobs: what an analyst starts from the UI, and what the command starts."""

import dagster as dg

from pipelines.defs.workspace import EDITIONS

edition = dg.define_asset_job(
    "edition",
    selection=dg.AssetSelection.all(),
    partitions_def=EDITIONS,
    executor_def=dg.in_process_executor,
    description="The whole way for one edition: gate, figures, protection, pages, papers, seal, switch.",
)
