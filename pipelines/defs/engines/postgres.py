"""PostgreSQL as the engine: two schemas of its own on a server, filled by COPY, emptied before and after each build.

Imported only where it was chosen. The password is never here: libpq and dbt take it from the environment.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from psycopg2 import sql

from pipelines.defs.configuration import Postgres
from pipelines.defs.engines import EngineName
from pipelines.faults import MachineFault

PASSWORD = "STORYBOARD_POSTGRES_PASSWORD"
"""The variable that holds the password; without it libpq looks in PGPASSWORD and in the password file."""
_MARK = "Made by storyboard: emptied before and after each build."
_KINDS = {
    pa.string(): 'text collate "C"',
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}
"""Text is compared by its bytes, as DuckDB and Spark do, whatever the collation of the database."""
_SESSION = "-c TimeZone=UTC -c DateStyle=ISO -c client_min_messages=warning -c enable_nestloop=off -c jit=off"
"""The planner knows nothing of tables that were made a moment ago, and takes them for small: then loops in loops never end."""


class PostgresEngine:
    """A PostgreSQL server, as `storyboard.yml` names it."""

    name: EngineName = "postgres"

    def __init__(self, settings: Postgres) -> None:
        self._settings = settings
        self.schema = settings.schema_name

    def environment(self) -> dict[str, str]:
        """What the profile reads. dbt keeps a variable of this prefix out of everything that it writes."""
        settings = self._settings
        return {
            "STORYBOARD_ENGINE_HOST": settings.host,
            "STORYBOARD_ENGINE_PORT": str(settings.port),
            "STORYBOARD_ENGINE_DATABASE": settings.database,
            "STORYBOARD_ENGINE_USER": settings.user,
            "STORYBOARD_ENGINE_SCHEMA": settings.schema_name,
            "STORYBOARD_ENGINE_ENCRYPTION": settings.encryption,
            "DBT_ENV_SECRET_STORYBOARD_POSTGRES_PASSWORD": os.environ.get(PASSWORD, ""),
            "PGOPTIONS": _SESSION,
            **({"PGSSLROOTCERT": str(settings.root_certificate)} if settings.root_certificate else {}),
        }

    def check(self) -> None:
        """Raises MachineFault where the server cannot be reached, lets nobody in, or may not be written to."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select has_database_privilege(current_database(), 'create')")
            if not cursor.fetchone()[0]:
                raise MachineFault(
                    f"{self._place()} may not make a schema. Ask who runs the server for: "
                    f"grant create on database {self._settings.database} to {self._settings.user}."
                )

    @contextmanager
    def open(self, work: Path) -> Iterator[PostgresSession]:
        """Two empty schemas, for this build alone; they go when it ends. Raises MachineFault."""
        with closing(self._connect()) as connection:
            connection.autocommit = True
            schemas = (self._settings.schema_name, f"{self._settings.schema_name}_extracts")
            self._hold(connection)
            with connection.cursor() as cursor:
                for schema in schemas:
                    self._refuse_others(cursor, schema)
            try:
                yield PostgresSession(connection, *schemas, work)
            finally:
                with connection.cursor() as cursor:
                    for schema in schemas:
                        _drop(cursor, schema)

    def _connect(self) -> Any:
        settings = self._settings
        try:
            return psycopg2.connect(
                host=settings.host,
                port=settings.port,
                dbname=settings.database,
                user=settings.user,
                sslmode=settings.encryption,
                password=os.environ.get(PASSWORD) or None,
                sslrootcert=str(settings.root_certificate) if settings.root_certificate else None,
                connect_timeout=10,
                options=_SESSION,
                application_name="storyboard",
            )
        except psycopg2.OperationalError:
            raise MachineFault(self._explain()) from None

    def _explain(self) -> str:
        """Why no connection came about. The server's own words are in its language, and may say more than they should."""
        settings = self._settings
        if not settings.host.startswith("/"):
            try:
                socket.create_connection((settings.host, settings.port), timeout=5).close()
            except OSError:
                return (
                    f"PostgreSQL at {settings.host}, port {settings.port}, cannot be reached. See that it runs and that this "
                    "machine may reach it, or mend `postgres:` in storyboard.yml."
                )
        return (
            f"PostgreSQL does not let {self._place()} in. See to user, database and encryption under `postgres:` in "
            f"storyboard.yml, and to the password in the variable {PASSWORD} or in libpq's password file."
        )

    def _place(self) -> str:
        settings = self._settings
        return f"{settings.user} at {settings.host}, port {settings.port}, database {settings.database},"

    def _hold(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_try_advisory_lock(hashtext('storyboard'), hashtext(%s))", (self._settings.schema_name,)
            )
            if not cursor.fetchone()[0]:
                raise MachineFault(
                    f"Another build is using the schema {self._settings.schema_name} of the database "
                    f"{self._settings.database}. Wait for it, or give this one a schema_name of its own in storyboard.yml."
                )

    def _refuse_others(self, cursor: Any, schema: str) -> None:
        cursor.execute(
            "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s and exists "
            "(select 1 from pg_class where relnamespace = pg_namespace.oid)",
            (schema,),
        )
        found = cursor.fetchone()
        if found is not None and found[0] != _MARK:
            raise MachineFault(
                f"The schema {schema} of the database {self._settings.database} holds what storyboard did not make, and a "
                "build would empty it. Give another schema_name under `postgres:` in storyboard.yml."
            )


class PostgresSession:
    """The two schemas of one build: the validated rows, and what dbt makes of them."""

    def __init__(self, connection: Any, schema: str, extracts: str, work: Path) -> None:
        self._connection, self._schema, self._extracts, self._work = connection, schema, extracts, work

    def load(self, admitted: Path) -> None:
        """Each file as a table, by COPY. Unlogged: rows of children go to no archive, replica or backup of the server."""
        with self._connection.cursor() as cursor:
            for schema in (self._schema, self._extracts):
                _drop(cursor, schema)
                cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
                cursor.execute(sql.SQL("comment on schema {} is %s").format(sql.Identifier(schema)), (_MARK,))
            for file in sorted(admitted.glob("*.parquet")):
                source = pq.ParquetFile(file)
                fields = source.schema_arrow
                if not all(field.type in _KINDS for field in fields):
                    continue  # what the department publishes is read by pages, not by models
                table = sql.Identifier(self._extracts, file.stem)
                columns = sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(_KINDS[field.type])) for field in fields
                )
                cursor.execute(sql.SQL("create unlogged table {} ({})").format(table, columns))
                text = self._work / f"{file.stem}.csv"
                options = pyarrow.csv.WriteOptions(include_header=False)
                with pyarrow.csv.CSVWriter(text, fields, write_options=options) as writer:
                    for batch in source.iter_batches():
                        writer.write_batch(batch)
                with text.open("rb") as rows:
                    cursor.copy_expert(sql.SQL("copy {} from stdin (format csv)").format(table), rows)
                text.unlink()
                cursor.execute(sql.SQL("analyze {}").format(table))

    def fetch(self, relation: str, columns: Mapping[str, str], into: Path) -> str:
        """As CSV with every value between quotes, so that a blank and an empty text differ."""
        file = into / f"{relation}.csv"
        chosen = sql.SQL(", ").join(
            sql.SQL("to_json({})" if kind.endswith("[]") else "{}").format(sql.Identifier(name))
            for name, kind in columns.items()
        )
        asked = sql.SQL("copy (select {} from {}) to stdout (format csv, force_quote *)").format(
            chosen, sql.Identifier(self._schema, relation)
        )
        with file.open("wb") as rows, self._connection.cursor() as cursor:
            cursor.copy_expert(asked, rows)
        kinds = ", ".join(f"'{name}': 'varchar'" for name in columns)
        return (
            f"read_csv('{file}', auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', "
            f"nullstr = '', allow_quoted_nulls = false, columns = {{{kinds}}})"
        )


def _drop(cursor: Any, schema: str) -> None:
    cursor.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
