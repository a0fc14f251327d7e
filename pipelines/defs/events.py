"""Dagster's event log in the same SQLite files, for one process that writes hundreds of events one after the other.

Only how connections are kept differs from Dagster's own storage: it opens and closes one for each event, which takes
longer than all else that Dagster does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool


class HeldEventLog(SqliteEventLogStorage):
    """One open connection for each file, used by one thread at a time (the lock is Dagster's own), closed with the instance."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._held: dict[str, Connection] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> HeldEventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._held:
                self._held[shard] = self._open(shard)
            with self._held[shard].begin():
                yield self._held[shard]

    def _open(self, shard: str) -> Connection:
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=NullPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        self._initdb(engine)
        connection = engine.connect()
        # A history that the machine's fall cuts short is whole up to some event; editions do not rest on it.
        connection.execute(text("PRAGMA synchronous=NORMAL"))
        connection.commit()
        return connection

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        while self._held:
            self._held.popitem()[1].close()
        super().dispose()
