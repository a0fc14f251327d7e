"""One edition being made: its extracts, its output, and every folder that the steps of a run share.

Folders and what was written in them; nothing of Dagster, so that what needs no run is made without it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from pipelines import paths
from pipelines.defs.inputs import digest_edition_inputs
from pipelines.defs.manifest import WAREHOUSE
from pipelines.disclosure.policy import Policy
from pipelines.editions.manifest import SealedExtract
from pipelines.editions.state import Target, choose_target, list_editions
from pipelines.figures import Edition


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
    through: str = "duckdb"
    """The engine that the models run on."""
    council: str | None = None
    """The one council of several, or `all` of them together, whose pages and papers alone are made; None for every one's."""

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
    def trails(self) -> Path:
        """How each metric was worked out, as its page shows it."""
        return self.work / "trails.json"

    @property
    def statistics(self) -> Path:
        """What the department prints, as pages show it."""
        return self.work / "statistics.json"

    @property
    def population(self) -> Path:
        """The population, as it is published."""
        return self.work / "population.json"

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
        if not self.population.is_file():
            self.population.write_text(json.dumps(self._read_population()), "utf-8")
        population: list[dict[str, str | int]] = json.loads(self.population.read_text("utf-8"))
        return population

    def _read_population(self) -> list[dict[str, str | int]]:
        import pyarrow.parquet as pq

        rows = pq.read_table(self.admitted / "population.parquet").to_pylist()
        named = ("authority", "group", "year_ending", "population")
        return sorted(
            ({name: row[name] for name in named} for row in rows), key=lambda row: list(map(str, row.values()))
        )

    def list_extracts(self) -> list[SealedExtract]:
        """The extracts that the gate admitted, as the manifest names them."""
        from pipelines.intake.consistency import COLLECTION_OF

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

    def digest_inputs(self) -> str:
        """The key of all that is put in."""
        return digest_edition_inputs(
            self.extracts, self.edition, encoding=self.encoding, authority=self.authority, through=self.through
        )

    def choose_target(self, reason: str | None) -> Target:
        """The folder and version that this edition takes. Raises UsageFault where a published one may not be changed."""
        sealed = {folder.name for folder in self.list_sealed()}
        inputs = self.digest_inputs()
        states = [state for state in list_editions(self.output) if state.name not in sealed]
        return choose_target(states, self.edition.name, inputs=inputs, reason=reason)

    @property
    def is_invented(self) -> bool:
        """Whether the extracts are those of the sample, which says so in a file of its own."""
        return (self.extracts / paths.SAMPLE_MARKER).is_file()
