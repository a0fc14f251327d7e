"""A warehouse that dbt built once and that takes other extracts since: the compiled models are run again, in dbt's order.

Starting dbt for every example would cost seconds; what is run here is the very SQL that dbt compiled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from pipelines.paths import DBT_PROJECT
from tests.metrics.admitted import Extracts, write
from tests.metrics.oracle import Key, Number


@contextmanager
def environment(**names: str) -> Iterator[None]:
    """Environment variables for the length of a block."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def run_dbt(folder: Path, extracts: Extracts, *command: str) -> Any:
    """Run a dbt command on these extracts, with everything it writes under the folder."""
    write(extracts, folder / "admitted")
    with environment(
        STORYBOARD_ADMITTED=str(folder / "admitted"), STORYBOARD_WAREHOUSE=str(folder / "warehouse.duckdb")
    ):
        try:
            return dbtRunner().invoke(
                [
                    *command,
                    "--quiet",
                    "--project-dir",
                    str(DBT_PROJECT),
                    "--profiles-dir",
                    str(DBT_PROJECT),
                    "--target-path",
                    str(folder / "target"),
                    "--log-path",
                    str(folder / "logs"),
                    "--log-level-file",
                    "none",
                ]
            )
        finally:
            # dbt locks what it opens; nobody else can open the file otherwise until it is closed.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


class Warehouse:
    """Built by dbt on empty extracts; `rebuild` gives it others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        nothing = Extracts(missing_episodes=[])
        self.result = run_dbt(
            folder, nothing, "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"
        )
        if not self.result.success:
            raise AssertionError(f"dbt build failed: {self.result.exception or self.result.result}")
        self.manifest = json.loads((folder / "target" / "manifest.json").read_text("utf-8"))
        self._open()
        nodes = [run.node for run in self.result.result.results if run.node.resource_type != "seed"]
        self.compiled: dict[str, str] = {node.name: node.compiled_code for node in nodes}
        self._tables = [
            (node.relation_name, node.compiled_code)
            for node in nodes
            if node.resource_type == "model" and node.config.materialized == "table"
        ]

    def _open(self) -> None:
        self._connection = duckdb.connect(str(self.folder / "warehouse.duckdb"))
        self._connection.execute("set TimeZone = 'UTC'")
        self._connection.execute(f"set variable admitted = '{self.folder / 'admitted'}'")

    def run_dbt(self, extracts: Extracts, *command: str) -> Any:
        """Run a dbt command on this warehouse and these extracts."""
        self._connection.close()
        try:
            return run_dbt(self.folder, extracts, *command)
        finally:
            self._open()

    def rebuild(self, extracts: Extracts) -> None:
        """Run the models again on these extracts. The views are as dbt made them."""
        write(extracts, self.folder / "admitted")
        for relation, sql in self._tables:
            self._connection.execute(f"create or replace table {relation} as ({sql})")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def figures(self) -> dict[Key, Number]:
        """The figures, as the oracle gives them."""
        rows = self.query(
            "select authority, metric_id, breakdown, category, numerator, denominator, value, status, contributors "
            "from (from figures union all from scorecard_figures)"
        )
        found = {(r[0], r[1], r[2], r[3]): Number(r[4], r[5], as_decimal(r[6]), r[7], r[8]) for r in rows}
        assert len(found) == len(rows), "a figure is there twice"
        return found


def as_decimal(value: Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)
