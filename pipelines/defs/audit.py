"""What auditors need of an edition, written before it is sealed: how each figure came about, what was put in, what was checked.

Texts are composed in `lineage` and `editions`; here the run's own files and warehouse are handed to them.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines import paths
from pipelines.defs import dbt_docs
from pipelines.defs.archive import INGREDIENTS, describe_ingredients
from pipelines.defs.readings import open_reading
from pipelines.defs.trails import define_metrics, read_run
from pipelines.defs.wording import record_what_is_shown
from pipelines.defs.workspace import EDITIONS, REASON_TAG, Workspace
from pipelines.editions import standalone
from pipelines.lineage.trail import compose_trail
from pipelines.lockdown import connect


@dg.asset(
    group_name="edition", partitions_def=EDITIONS, deps=["figures", "protected_figures", "story_board", "quality"]
)
def audit_trail(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """For auditors: the SQL that was run, every step with its rows, the lineage of every column, tests, and what was put in."""
    run = workspace.open(context)
    audit = run.staged / "restricted" / "audit"
    project = read_run(run)
    with connect(run.warehouse, reach=run.admitted, read_only=True) as warehouse:
        warehouse.execute("set variable admitted = $folder", {"folder": str(run.admitted)})

        def rows(sql: str) -> Sequence[Sequence[Any]]:
            return warehouse.execute(sql).fetchall()

        files = compose_trail(project, open_reading(project), define_metrics(), rows)
        columns = rows(
            "select table_name, column_name, data_type from duckdb_columns() where not internal"
            " order by table_name, column_index"
        )
    for path, text in files.items():
        _write(audit / path, text)
    manifest = json.loads((run.dbt_artifacts / "manifest.json").read_text("utf-8"))
    _write(audit / dbt_docs.PAGE, dbt_docs.write_docs(manifest, columns))
    _write(audit / INGREDIENTS, describe_ingredients(run))
    shutil.copyfile(standalone.__file__, audit / "verify.py")
    shutil.copyfile(paths.POLICY, audit / "policy.yml")
    for seed in (paths.CATEGORIES, paths.CENSUS_DAYS):
        shutil.copyfile(seed, audit / seed.name)
    record_what_is_shown(run, run.list_extracts(), context.run.tags.get(REASON_TAG))
    coverage = json.loads(files["column-lineage.json"])["coverage"]
    return dg.MaterializeResult(
        metadata={
            "metrics": coverage["metrics"],
            "metrics reaching an extract": coverage["metrics_reaching_an_extract"],
            "column references not followed": len(coverage["not_followed"]),
            "tests": len(project.tests),
        }
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
