"""Dagster's event log in the same SQLite files, for one process that writes hundreds of events one after the other.

Only how it is written differs from Dagster's own storage: that opens and closes a connection for each event and composes each
statement anew, which takes longer than all else that Dagster does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dagster import AssetKey, DagsterEventType, EventLogEntry
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

_INSERT = SqlEventLogStorageTable.insert()
_SHOWN_AT_ONCE = frozenset(
    (
        DagsterEventType.STEP_START,
        DagsterEventType.STEP_SUCCESS,
        DagsterEventType.STEP_FAILURE,
        *EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
    )
)
"""What is written with all that waits before it; the events within a step wait for its end."""


class HeldEventLog(SqliteEventLogStorage):
    """One open connection for each file, used by one thread at a time, closed with the instance."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._turn = threading.RLock()
        self._held: dict[str, Connection] = {}
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._tables: set[str] = set()
        self._columns: set[str] = set()
        self._partitions: set[tuple[str, str]] = set()
        self._records: dict[AssetKey, AssetRecord] = {}
        self._tags: dict[AssetKey, dict[object, Mapping[str, Mapping[str, str]]]] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> HeldEventLog:
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: EventLogEntry) -> None:
        """As Dagster stores it: in the file of the run, and where it is of an asset, a check or the run's state in the index."""
        row = self._event_to_row(event)
        self._waiting.setdefault(event.run_id, []).append(row)
        kind = event.dagster_event_type if event.is_dagster_event else None
        if kind in ASSET_EVENTS:
            with self.index_transaction() as index:
                number = _insert(index, row)
                self._store_asset_event_tags(index, [event], [number])
                self._store_asset_event(index, event, number)
            self._forget(event.get_dagster_event().asset_key)
        elif kind in ASSET_CHECK_EVENTS:
            with self.index_transaction() as index:
                self.store_asset_check_event(event, _insert(index, row))
        elif kind in EVENT_TYPE_TO_PIPELINE_RUN_STATUS:
            with self.index_transaction() as index:
                _insert(index, row)
        if kind in _SHOWN_AT_ONCE:
            self._write_waiting(event.run_id)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """All of them in one transaction."""
        with self.index_transaction():
            for event in events:
                self.store_event(event)

    def run_connection(self, run_id: str | None = None) -> Any:
        """Whoever looks into the file of a run finds all of its events."""
        if run_id is not None:
            self._write_waiting(run_id)
        return super().run_connection(run_id)

    def _write_waiting(self, run_id: str) -> None:
        if run_id in self._waiting:
            with self._connect(run_id) as connection:
                connection.execute(_INSERT, self._waiting.pop(run_id))

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._turn:
            if shard not in self._held:
                self._held[shard] = self._open(shard)
            held = self._held[shard]
            if held.in_transaction():
                yield held
            else:
                with held.begin():
                    yield held

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

    # What Dagster asks for again with each event, and what does not change while a command runs: its own schema, and which
    # editions are there, for none is taken away.

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._columns.add(column_name)
        return column_name in self._columns

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        asked = (partitions_def_name, partition_key)
        if asked not in self._partitions and super().has_dynamic_partition(*asked):
            self._partitions.add(asked)
        return asked in self._partitions

    # What was made of which version: Dagster asks it for each asset of all that the asset rests on. An answer stands until
    # something is stored of the asset in question.

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
        if asset_keys is None:
            return super().get_asset_records()
        if unknown := [key for key in asset_keys if key not in self._records]:
            self._records |= {record.asset_entry.asset_key: record for record in super().get_asset_records(unknown)}
        return [self._records[key] for key in asset_keys if key in self._records]

    def get_latest_tags_by_partition(
        self,
        asset_key: AssetKey,
        event_type: DagsterEventType,
        tag_keys: Sequence[str],
        asset_partitions: Sequence[str] | None = None,
        before_cursor: int | None = None,
        after_cursor: int | None = None,
    ) -> Mapping[str, Mapping[str, str]]:
        known = self._tags.setdefault(asset_key, {})
        asked = (event_type, *tag_keys, None, *(asset_partitions or ()), None, before_cursor, after_cursor)
        if asked not in known:
            known[asked] = super().get_latest_tags_by_partition(
                asset_key, event_type, tag_keys, asset_partitions, before_cursor, after_cursor
            )
        return known[asked]

    def _forget(self, asset_key: AssetKey | None) -> None:
        if asset_key is not None:
            self._records.pop(asset_key, None)
            self._tags.pop(asset_key, None)

    def dispose(self) -> None:
        for run_id in [*self._waiting]:
            self._write_waiting(run_id)
        while self._held:
            self._held.popitem()[1].close()
        super().dispose()


def _insert(connection: Connection, row: dict[str, Any]) -> int:
    """The number that the event has in the index."""
    key = connection.execute(_INSERT, row).inserted_primary_key
    assert key is not None
    return int(key[0])
