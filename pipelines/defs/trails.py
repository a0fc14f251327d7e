"""The run's own SQL, handed to `lineage`, and what comes of it, handed to the pages of the metrics.

What the words are is said in `lineage`, how they look in `publishing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import register
from pipelines.defs.books import list_earlier
from pipelines.defs.readings import open_reading, read_artifacts
from pipelines.defs.runs import EditionRun
from pipelines.editions.tracing import FRAME, read_audit
from pipelines.faults import DataFault
from pipelines.publishing.trails import Relation, TestResult, Trail

if TYPE_CHECKING:
    from pipelines.lineage.project import Project


def read_run(run: EditionRun) -> Project:
    """All SQL that was run for the edition, with its tests, from what dbt wrote."""
    import pyarrow.parquet as pq

    extracts = {
        file.stem: pq.read_schema(file).names
        for file in sorted(run.admitted.glob("*.parquet"))
        if file.stem != "published_statistics"
    }
    return read_artifacts(run.dbt_artifacts, extracts)


def define_metrics() -> dict[str, dict[str, Any]]:
    """What the entry of each metric says."""
    return {metric_id: asdict(metric) for metric_id, metric in register.read_metrics().items()}


def open_trails(run: EditionRun) -> dict[str, Trail]:
    """The way to each metric: words, SQL and tests, and the versions of its definition. No rows."""
    from pydantic import TypeAdapter

    kept = TypeAdapter(dict[str, Trail])
    if not run.trails.is_file():
        run.trails.write_bytes(kept.dump_json(_tell_trails(run)))
    return kept.validate_json(run.trails.read_bytes())


def _tell_trails(run: EditionRun) -> dict[str, Trail]:
    from pipelines.lineage.trail import digest_definitions, tell_paths

    project = read_run(run)
    reading = open_reading(project)
    versions = digest_definitions(project, reading, define_metrics())
    earlier = {state.name: _read_versions(folder) for state, folder in list_earlier(run)}
    return {
        metric: Trail(
            tuple(Relation(told.relation, told.description, told.steps, told.sql) for told in path),
            versions[metric],
            _list_tests(project, [told.relation for told in path]),
            {name: known[metric] for name, known in earlier.items() if metric in known},
        )
        for metric, path in tell_paths(project, reading).items()
    }


def _list_tests(project: Project, path: Sequence[str]) -> tuple[TestResult, ...]:
    """The tests that look at any relation on the way, or at where all figures are put together."""
    looked = {*path, *FRAME}
    return tuple(
        TestResult(test.description, test.status == "pass")
        for test in project.tests
        if looked.intersection(test.models)
    )


def _read_versions(folder: Path) -> Mapping[str, str]:
    try:
        return {metric: entry["definition_sha256"] for metric, entry in read_audit(folder, "metrics.json").items()}
    except DataFault:
        return {}  # an edition from before there was a trail
