"""What the SQL of the models says, read once and kept beside the parsed dbt project: by the SQL and by all that reads it.

How SQL is read is said in `lineage`; here a run's own SQL is handed to it, or what was kept of the same is opened.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import paths
from pipelines.defs.inputs import digest_making
from pipelines.defs.manifest import WAREHOUSE, run_dbt
from pipelines.editions.manifest import digest_inputs
from pipelines.faults import MachineFault
from pipelines.lineage.project import Project, read_project

if TYPE_CHECKING:
    from pipelines.lineage.records import Reading

READING = paths.DBT_TARGET / "reading.json"


def open_reading(project: Project) -> Reading:
    """What the SQL of this project says: as it was kept, or read now and kept."""
    key = _describe(project)
    try:
        reading = _load(key)
    except LookupError:
        from pipelines.lineage.reading import read_sql

        reading = read_sql(project)
        # Where it cannot be kept, the next build reads again.
        with suppress(OSError):
            _keep(key, reading)
    return reading.in_order(project.models, project.list_metrics())


def set_up_reading() -> None:
    """Reads the SQL as it will be run, before anything is: dbt compiles it, and runs none. Raises MachineFault."""
    from pipelines.intake.admission import list_columns

    with tempfile.TemporaryDirectory(prefix="storyboard-") as name:
        folder = Path(name)
        done = run_dbt(["compile"], admitted=folder, warehouse=folder / WAREHOUSE, artifacts=folder)
        if not done.success:
            raise MachineFault(
                f"The dbt project cannot be compiled: {done.exception}. Restore dbt_project and run again."
            )
        open_reading(read_artifacts(folder, list_columns()))


def read_artifacts(folder: Path, extracts: Mapping[str, list[str]]) -> Project:
    """All SQL that dbt ran or compiled, with its tests, from what it wrote into `folder`. `extracts`: the columns of each."""
    manifest, results = (
        json.loads((folder / name).read_text("utf-8")) for name in ("manifest.json", "run_results.json")
    )
    return read_project(manifest, results, extracts)


@lru_cache(maxsize=1)  # the pages and the papers of a run, and the editions of one command, ask for the same
def _load(key: str) -> Reading:
    from pydantic import TypeAdapter

    from pipelines.lineage.records import Reading

    kept, _, stated = READING.read_bytes().partition(b"\n") if READING.is_file() else (b"", b"", b"")
    if kept != key.encode():
        raise LookupError(key)
    try:
        return TypeAdapter(Reading).validate_json(stated)
    except ValueError as error:
        raise LookupError(key) from error


def _keep(key: str, reading: Reading) -> None:
    from pydantic import TypeAdapter

    from pipelines.lineage.records import Reading

    stated = TypeAdapter(Reading).dump_json(reading)
    READING.parent.mkdir(parents=True, exist_ok=True)
    # Two commands may be at this at the same moment: each writes a file of its own, and the last one stands.
    with tempfile.TemporaryDirectory(dir=READING.parent) as name:
        file = Path(name) / READING.name
        file.write_bytes(key.encode() + b"\n" + stated)
        file.replace(READING)


def _describe(project: Project) -> str:
    """One hash of the SQL, of what is said of its columns, of the columns that it reads, and of all that reads it."""
    models = {
        f"model {name}": json.dumps([model.layer, model.sql, dict(model.columns)])
        for name, model in project.models.items()
    }
    columns = {name: json.dumps(list(read)) for name, read in {**project.extracts, **project.seeds}.items()}
    return digest_inputs({**models, **columns, "making": digest_making()})
