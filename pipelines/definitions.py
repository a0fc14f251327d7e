"""The code location: assembles what `defs/` holds, and nothing else."""

import dagster as dg

from pipelines import defs
from pipelines.defs.workspace import Workspace

definitions = dg.load_definitions_from_package_module(
    defs,
    resources={"workspace": Workspace.from_environment(), "io_manager": dg.mem_io_manager},
    executor=dg.in_process_executor,
)
