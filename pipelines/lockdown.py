"""How DuckDB is opened in this project, by dbt and by ourselves: it reads one folder and its own file, and reaches no further.

No extension is installed or loaded, no other file read, written or attached, and no setting can be changed afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines import paths
from pipelines.memory import read_memory

CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
"""What must be so before a database is opened."""

SHARE_OF_MEMORY = 0.7
"""DuckDB's part of the memory of a build: Python, dbt and what DuckDB does not count take the rest."""


def bound_memory() -> dict[str, str | bool | int | float | list[str]]:
    """How much memory DuckDB may take. What does not fit is spilled beside the warehouse, in a folder of its owner's alone."""
    return {"memory_limit": f"{round(read_memory() * SHARE_OF_MEMORY / 1_000_000)}MB"}


def connect(warehouse: Path, *, reach: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open a warehouse that can read the files of the folder `reach` and nothing else. Raises duckdb.Error."""
    connection = duckdb.connect(str(warehouse), read_only=read_only, config=CLOSED | bound_memory())
    lock(connection, reach)
    return connection


def connect_in_memory(*, reach: Path, files: Iterable[Path] = (), spill: Path) -> duckdb.DuckDBPyConnection:
    """Open a database that is in no file, with an empty one beside it that is called `warehouse`; it can read the files of a
    folder and single ones, and nothing else. What memory has no room for goes into the folder `spill` meanwhile."""
    spilling: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(spill)}
    connection = duckdb.connect(":memory:", config=CLOSED | bound_memory() | spilling)
    connection.execute("attach ':memory:' as warehouse")
    lock(connection, reach, files)
    return connection


def lock(connection: duckdb.DuckDBPyConnection, reach: Path, files: Iterable[Path] = ()) -> None:
    """Close a connection and all that share its database, but for a folder and single files.

    For good, and in this order, since the last step locks the others.
    """
    for setting in (
        "global TimeZone = 'UTC'",
        f"allowed_directories = {_quote([reach])}",
        f"allowed_paths = {_quote(files)}",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")


def _quote(places: Iterable[Path]) -> str:
    return "[" + ", ".join("'" + str(place.absolute()).replace("'", "''") + "'" for place in places) + "]"


class Plugin(BasePlugin):
    """Locks the warehouse that dbt opens, before dbt runs anything in it.

    The profile names the folder that it may read; beside it, only the seeds of the project.
    """

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the folder from the profile. Raises KeyError where the profile names none."""
        self._reach = Path(plugin_config["reach"])

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Add what must be so before the database is opened."""
        config.update(CLOSED | bound_memory())

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Lock the database."""
        lock(conn, self._reach, sorted(paths.CATEGORIES.parent.glob("*.csv")))
