"""Where one run works: its extracts, its output, its folder of row-level work, and the edition that it makes.

Folders and the calendar only; what is done in them is said by the assets.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from pipelines import paths
from pipelines.defs.checking import find_edition
from pipelines.defs.configuration import read_from_environment
from pipelines.defs.inputs import digest_edition_inputs
from pipelines.defs.manifest import WAREHOUSE
from pipelines.disclosure.policy import Policy, read_policy
from pipelines.editions.manifest import SealedExtract
from pipelines.editions.state import Target, choose_target, list_editions
from pipelines.editions.switch import work_in
from pipelines.figures import Edition
from pipelines.intake.calendar import read_calendar
from pipelines.intake.consistency import COLLECTION_OF

EDITIONS = dg.DynamicPartitionsDefinition(name="editions")
PARTITION_TAG = "dagster/partition"
REASON_TAG = "storyboard/reason"
"""Why a published edition is corrected, where the run makes a correction."""
BATCH_TAG = "storyboard/batch"
"""Names the batch of a run that the command started: its editions are switched together, and the command holds the lock."""

DROPPED_TAG = "storyboard/dropped"
"""The extracts of the run are those of the drop folder that `storyboard.yml` names."""


@dataclass(frozen=True)
class EditionRun:
    """One edition being made: every folder that the assets of the run share."""

    edition: Edition
    extracts: Path
    output: paths.Output
    batch: Path
    encoding: str
    authority: str
    policy: Policy

    @property
    def work(self) -> Path:
        return self.batch / "runs" / self.edition.name

    @property
    def admitted(self) -> Path:
        """The validated Parquet: the only thing that dbt can read."""
        return self.work / "admitted"

    @property
    def examination(self) -> Path:
        """What the gate found, as JSON: no values, so it may leave the run."""
        return self.work / "examination.json"

    @property
    def disclosure(self) -> Path:
        """The audit of what can be worked out from the public figures, as JSON: widths, never values."""
        return self.work / "disclosure.json"

    @property
    def citations(self) -> Path:
        """Which figures each page shows, as JSON."""
        return self.work / "citations.json"

    @property
    def warehouse(self) -> Path:
        return self.work / WAREHOUSE

    @property
    def dbt_artifacts(self) -> Path:
        return self.work / "dbt"

    @property
    def rendered(self) -> Path:
        """Pages as plain Markdown with their charts, as MkDocs reads them."""
        return self.work / "rendered"

    @property
    def staged(self) -> Path:
        """The edition as it will be sealed: `public/` and `restricted/`."""
        return self.work / "staged"

    @property
    def sealed(self) -> Path:
        """Sealed editions of the batch, waiting for the switch."""
        return self.batch / "sealed"

    def list_sealed(self) -> list[Path]:
        """The folders of the editions that the batch has sealed so far."""
        return sorted(self.sealed.iterdir()) if self.sealed.is_dir() else []

    def read_population(self) -> list[dict[str, str | int]]:
        """The population that was admitted, as it is published beside the rates that rest on it."""
        rows = pq.read_table(self.admitted / "population.parquet").to_pylist()
        named = ("authority", "group", "year_ending", "population")
        return sorted(
            ({name: row[name] for name in named} for row in rows), key=lambda row: list(map(str, row.values()))
        )

    def list_extracts(self) -> list[SealedExtract]:
        """The extracts that the gate admitted, as the manifest names them."""
        examination = json.loads(self.examination.read_text("utf-8"))
        asked: dict[str, Counter[str]] = defaultdict(Counter)
        for finding in examination["findings"]:
            asked[finding["extract"]][finding["rule"]] += finding["count"]
        found = []
        for name, e in sorted(examination["extracts"].items()):
            period = self.edition.periods[COLLECTION_OF[name]] if name in COLLECTION_OF else None
            found.append(
                SealedExtract(
                    name,
                    e["sha256"],
                    e["rows"],
                    e["kept"],
                    e["out_of_period"],
                    e["file"],
                    period.start.isoformat() if period else None,
                    period.end.isoformat() if period else None,
                    dict(sorted(asked[name].items())),
                )
            )
        return found

    def choose_target(self, reason: str | None) -> Target:
        """The folder and version that this edition takes. Raises UsageFault where a published one may not be changed."""
        sealed = {folder.name for folder in self.list_sealed()}
        inputs = digest_edition_inputs(self.extracts, self.edition, encoding=self.encoding, authority=self.authority)
        states = [state for state in list_editions(self.output) if state.name not in sealed]
        return choose_target(states, self.edition.name, inputs=inputs, reason=reason)

    @property
    def is_invented(self) -> bool:
        """Whether the extracts are those of the sample, which says so in a file of its own."""
        return (self.extracts / paths.SAMPLE_MARKER).is_file()


class Workspace(dg.ConfigurableResource["Workspace"]):
    """The folders that a run is given. The command sets them; the UI takes them from the command that started it."""

    extracts: str
    output: str
    encoding: str = "utf-8"
    authority: str = "E06000014"

    @classmethod
    def from_environment(cls) -> Workspace:
        """As `storyboard ui` hands it to the code location, which is a process of its own."""
        return cls(
            extracts=dg.EnvVar("STORYBOARD_EXTRACTS"),
            output=dg.EnvVar("STORYBOARD_OUTPUT"),
            encoding=dg.EnvVar("STORYBOARD_ENCODING"),
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
        name = context.run.tags[PARTITION_TAG]
        output = paths.Output(Path(self.output))
        run = EditionRun(
            edition=find_edition(name, read_calendar(folder)),
            extracts=folder / name,
            output=output,
            batch=output.work / context.run.tags.get(BATCH_TAG, context.run.run_id),
            encoding=self.encoding,
            authority=self.authority,
            policy=read_policy(paths.POLICY.read_text("utf-8")),
        )
        run.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        return run

    def start(self, context: dg.AssetExecutionContext) -> EditionRun:
        """The same, with nothing left of an earlier attempt: a warehouse is made anew for each run."""
        run = self.open(context)
        shutil.rmtree(run.work)
        run.work.mkdir(mode=0o700)
        return run
