"""The dbt project as assets and asset checks: a fresh warehouse for each run, made by dbt in this process."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test
from dbt.artifacts.resources.types import NodeType
from dbt.artifacts.schemas.run import RunExecutionResult

from pipelines import paths, register
from pipelines.defs.configuration import read_from_environment
from pipelines.defs.engines import choose_engine
from pipelines.defs.manifest import read_manifest, run_dbt
from pipelines.defs.workspace import EDITIONS, Workspace
from pipelines.lockdown import connect
from pipelines.publishing.citations import read_citations

MANIFEST = read_manifest()
CITATIONS = read_citations(paths.DOCS, frozenset(register.read_metrics()))


class Translator(DagsterDbtTranslator):
    """Groups the models by the layer that their folder names; says of a metric what its entry says."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        fqn: list[str] = dbt_resource_props["fqn"]
        return fqn[1] if len(fqn) > 2 else dbt_resource_props["resource_type"] + "s"

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        meta = dbt_resource_props.get("config", {}).get("meta", {})
        told: str = super().get_description(dbt_resource_props)
        return f"**{meta['label']}** ({meta['unit']})\n\n{told}" if "label" in meta else told

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        meta = dbt_resource_props.get("config", {}).get("meta", {})
        if "label" not in meta:
            return {}
        name = dbt_resource_props["name"]
        shown = [page for page, cited in CITATIONS.items() if name in cited]
        return {
            "label": meta["label"],
            "unit": meta["unit"],
            "collection": meta["collection"],
            "needs": ", ".join(meta.get("needs", ())),
            "breakdowns": ", ".join(map(str, meta.get("breakdowns", ()))) or "none",
            "shown on": ", ".join(shown) or "no page",
        }


TRANSLATOR = Translator()


@dbt_assets(
    manifest=MANIFEST,
    name="warehouse",
    partitions_def=EDITIONS,
    dagster_dbt_translator=TRANSLATOR,
    exclude="resource_type:unit_test",
)
def warehouse(
    context: dg.AssetExecutionContext, workspace: Workspace
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    run = workspace.open(context)
    pa.default_memory_pool().release_unused()  # what the rows took while they were checked
    words = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    engine = choose_engine(run.through, read_from_environment())
    if engine is not None:
        from pipelines.defs.engines.carrying import build_through

        result = build_through(engine, run, words)
    else:
        result = run_dbt(words, admitted=run.admitted, warehouse=run.warehouse, artifacts=run.dbt_artifacts)
    if not isinstance(result.result, RunExecutionResult):
        raise dg.Failure(f"dbt stopped: {type(result.exception).__name__}.", allow_retries=False)
    rows = _count_rows(run.warehouse, run.admitted)
    failed = []
    for node in result.result.results:
        unique_id, passed = node.node.unique_id, node.status in ("success", "pass")
        if not passed:
            failed.append(node.node.name)
        if node.node.resource_type == NodeType.Test:
            check = get_asset_check_key_for_test(MANIFEST, TRANSLATOR, unique_id, None)
            if check is not None and check in context.selected_asset_check_keys:
                yield dg.AssetCheckResult(
                    passed=passed,
                    asset_key=check.asset_key,
                    check_name=check.name,
                    metadata={"failures": node.failures or 0},
                )
        elif passed and (key := TRANSLATOR.get_asset_key(MANIFEST["nodes"][unique_id])) in context.selected_asset_keys:
            # All of it is made each time, also for a job that asks for a part; only that part is its.
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows[node.node.name]})
    if failed:
        raise dg.Failure(f"dbt's models and tests must all pass; these did not: {', '.join(failed)}.")


def _count_rows(warehouse: Path, admitted: Path) -> dict[str, int]:
    """The rows of every table of the warehouse; a view of a metric has the rows that the table of figures has of it."""
    with connect(warehouse, reach=admitted, read_only=True) as connection:
        connection.execute("set variable admitted = $folder", {"folder": str(admitted)})
        tables = connection.execute(
            "select table_name from duckdb_tables() union all select view_name from duckdb_views() where not internal"
        ).fetchall()
        metrics = dict(connection.execute("select metric_id, count(*) from figures group by metric_id").fetchall())
        counted = {}
        for (name,) in tables:
            found = connection.execute(f'select count(*) from "{name}"').fetchone() if name not in metrics else None
            counted[name] = metrics[name] if found is None else found[0]
    return counted
