"""Where one run works: its extracts, its output, its folder of row-level work, and the edition that it makes.

Folders and the calendar only; what is done in them is said by the assets.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from pipelines import paths
from pipelines.defs.checking import AUTHORITY, choose_authority, find_edition
from pipelines.defs.configuration import read_from_environment
from pipelines.defs.runs import EditionRun
from pipelines.disclosure.policy import read_policy
from pipelines.editions.switch import work_in
from pipelines.intake.calendar import read_calendar

__all__ = ["EDITIONS", "EditionRun", "Workspace"]

EDITIONS = dg.DynamicPartitionsDefinition(name="editions")
PARTITION_TAG = "dagster/partition"
EDITION_TAG, AUTHORITY_TAG = f"{PARTITION_TAG}/edition", f"{PARTITION_TAG}/authority"
"""The two parts of a partition that is one council of one edition, as Dagster tags a run of it."""
REASON_TAG = "storyboard/reason"
"""Why a published edition is corrected, where the run makes a correction."""
BATCH_TAG = "storyboard/batch"
"""Names the batch of a run that the command started: its editions are switched together, and the command holds the lock."""

DROPPED_TAG = "storyboard/dropped"
"""The extracts of the run are those of the drop folder that `storyboard.yml` names."""


def edition_of(tags: Mapping[str, str]) -> str:
    """The edition of a run, by the tags of its partition: that of an edition, or of one council of it."""
    return tags.get(EDITION_TAG) or tags[PARTITION_TAG]


class Workspace(dg.ConfigurableResource["Workspace"]):
    """The folders that a run is given. The command sets them; the UI takes them from the command that started it."""

    extracts: str
    output: str
    encoding: str = "utf-8"
    authority: str = AUTHORITY
    through: str = "duckdb"

    @classmethod
    def from_environment(cls) -> Workspace:
        """As `storyboard ui` hands it to the code location, which is a process of its own."""
        return cls(
            extracts=dg.EnvVar("STORYBOARD_EXTRACTS"),
            output=dg.EnvVar("STORYBOARD_OUTPUT"),
            encoding=dg.EnvVar("STORYBOARD_ENCODING"),
            authority=choose_authority(),
            through=dg.EnvVar("STORYBOARD_THROUGH"),
        )

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Workspace]:
        """A run started from the UI holds the output's lock, and leaves no row-level work behind whatever becomes of it.

        For a run that the command started, the command does both.
        """
        run = context.run
        if run is None or BATCH_TAG in run.tags:
            yield self
            return
        output = paths.Output(Path(self.output))
        with work_in(output):
            try:
                yield self
            finally:
                shutil.rmtree(output.work / run.run_id, ignore_errors=True)

    def open(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> EditionRun:
        """The run of the edition that is this run's partition. Raises UsageFault where no calendar row names it."""
        dropped = read_from_environment().drop_folder if DROPPED_TAG in context.run.tags else None
        folder = dropped.folder if dropped is not None else Path(self.extracts)
        name = edition_of(context.run.tags)
        output = paths.Output(Path(self.output))
        run = EditionRun(
            edition=find_edition(name, read_calendar(folder)),
            extracts=folder / name,
            output=output,
            batch=output.work / context.run.tags.get(BATCH_TAG, context.run.run_id),
            encoding=self.encoding,
            authority=self.authority,
            through=self.through,
            policy=read_policy(paths.POLICY.read_text("utf-8")),
            council=context.run.tags.get(AUTHORITY_TAG),
        )
        run.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        return run

    def start(self, context: dg.AssetExecutionContext) -> EditionRun:
        """The same, with nothing left of an earlier attempt: a warehouse is made anew for each run."""
        run = self.open(context)
        shutil.rmtree(run.work)
        run.work.mkdir(mode=0o700)
        return run
