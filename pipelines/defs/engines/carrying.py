"""The models run on another engine, and every relation carried back: what follows finds the warehouse that it always finds.

The SQL that is kept for auditors is DuckDB's own, compiled of the same models; tests/engines holds that it counts the same.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from dbt.artifacts.resources.types import NodeType
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunnerResult
from dbt.contracts.graph.nodes import ModelNode, SeedNode

from pipelines.defs.engines import Engine, Session
from pipelines.defs.manifest import run_dbt
from pipelines.defs.runs import EditionRun
from pipelines.faults import MachineFault
from pipelines.lockdown import connect

_RESULTS = "run_results.json"


def build_through(engine: Engine, run: EditionRun, words: Sequence[str]) -> dbtRunnerResult:
    """One dbt command on the engine; where its models came out, the run's warehouse holds them all. Returns dbt's result.

    Raises MachineFault where the engine cannot be used.
    """
    with _work_of(engine, run) as work, engine.open(work) as session:
        return build_in(session, engine, run, words)


def build_in(session: Session, engine: Engine, run: EditionRun, words: Sequence[str]) -> dbtRunnerResult:
    """The same in an engine that is open already."""
    with _work_of(engine, run) as work:
        session.load(run.admitted)
        artifacts = work / "dbt"
        result = run_dbt(words, admitted=run.admitted, warehouse=run.warehouse, artifacts=artifacts, engine=engine)
        if isinstance(result.result, RunExecutionResult) and _models_came_out(result.result):
            _carry_back(session, result.result, run, work)
            _tell_results(artifacts / _RESULTS, run.dbt_artifacts / _RESULTS)
        return result


@contextmanager
def _work_of(engine: Engine, run: EditionRun) -> Iterator[Path]:
    """A folder of the run for rows on their way; it goes when the block ends."""
    work = run.work / f"{engine.name}-{uuid.uuid4().hex}"
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _models_came_out(result: RunExecutionResult) -> bool:
    return all(each.status == "success" for each in result.results if each.node.resource_type != NodeType.Test)


def _carry_back(session: Session, result: RunExecutionResult, run: EditionRun, work: Path) -> None:
    """Tables as the engine made them, with the types that DuckDB would give them; views as DuckDB's own."""
    compiled = run_dbt(["compile"], admitted=run.admitted, warehouse=run.warehouse, artifacts=run.dbt_artifacts)
    if not compiled.success or not isinstance(compiled.result, RunExecutionResult):
        raise MachineFault("The models cannot be compiled for the audit trail. Restore dbt_project and run again.")
    sql = {node.unique_id: str(node.compiled_code) for node in _nodes(compiled.result) if isinstance(node, ModelNode)}
    with connect(run.warehouse, reach=run.work, read_only=False) as warehouse:
        warehouse.execute("set variable admitted = $folder", {"folder": str(run.admitted)})
        for node in _nodes(result):
            if isinstance(node, SeedNode):
                columns = dict(node.config.column_types)
            elif not isinstance(node, ModelNode):
                continue
            elif node.config.materialized == "view":
                warehouse.execute(f'create view "{node.name}" as {sql[node.unique_id]}')
                continue
            else:
                columns = _describe(warehouse, sql[node.unique_id])
            read = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns.items())
            files = session.fetch(node.name, columns, work)
            warehouse.execute(f'create table "{node.name}" as select {read} from {files}')


def _tell_results(engine: Path, own: Path) -> None:
    """What became of each model and test on the engine, in the file that has the SQL in DuckDB's words and in its order."""
    became = {each["unique_id"]: each for each in json.loads(engine.read_text("utf-8"))["results"]}
    told = json.loads(own.read_text("utf-8"))
    told["results"] = [
        each | {name: became[each["unique_id"]][name] for name in ("status", "failures")}
        for each in told["results"]
        if each["unique_id"] in became
    ]
    own.write_text(json.dumps(told), "utf-8")


def _nodes(result: RunExecutionResult) -> Iterator[object]:
    """What dbt came past, in an order in which each comes after all that it is made of."""
    return (each.node for each in result.results)


def _describe(warehouse: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    """The columns of a query and their types; nothing of it is run."""
    return {name: kind for name, kind, *_ in warehouse.execute(f"describe {sql}").fetchall()}
