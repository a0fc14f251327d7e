"""Spark as the engine: a session of PySpark, on this machine or on a cluster, with a catalogue in memory for one build.

Imported only where it was chosen. The session is in UTC: what dbt's macros read as a timestamp is one in UTC.
"""

from __future__ import annotations

import logging
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from pipelines.defs.configuration import Spark
from pipelines.defs.engines import EngineName
from pipelines.defs.engines.java import require_java
from pipelines.faults import MachineFault

_SCHEMA = "storyboard"
_EXTRACTS = f"{_SCHEMA}_extracts"
_QUIET = "rootLogger.level = error\nrootLogger.appenderRef.stderr.ref = console\nappender.console.type = Console\n" + (
    "appender.console.name = console\nappender.console.target = SYSTEM_ERR\nappender.console.layout.type = PatternLayout\n"
)
"""Only errors: Spark's warnings name paths and settings at length, and a plan may quote a value."""


class SparkEngine:
    """Spark, as `storyboard.yml` says; without a word there, on all cores of this machine."""

    name: EngineName = "spark"
    schema = _SCHEMA

    def __init__(self, settings: Spark) -> None:
        self._settings = settings

    def environment(self) -> dict[str, str]:
        """What the profile reads."""
        return {"STORYBOARD_ENGINE_SCHEMA": _SCHEMA}

    def check(self) -> None:
        """Raises MachineFault where there is no Java that Spark can run on, or the shared folder is absent."""
        require_java()
        folder = self._settings.folder
        if folder is not None and not folder.is_dir():
            raise MachineFault(f"There is no folder {folder}, which storyboard.yml shares with the workers of Spark.")

    @contextmanager
    def open(self, work: Path) -> Iterator[SparkSessionOfARun]:
        """A session of its own, with its relations in a folder that goes with it. Raises MachineFault."""
        shared = self._settings.folder
        place = work if shared is None else shared / f"storyboard-{uuid.uuid4().hex}"
        place.mkdir(mode=0o700, exist_ok=True)
        session = None
        try:
            session = self._start(place, work)
            yield SparkSessionOfARun(session, place)
        finally:
            if session is not None:
                _stop(session)
            shutil.rmtree(place, ignore_errors=True)

    def _start(self, place: Path, work: Path) -> SparkSession:
        quiet = work / "log4j2.properties"
        quiet.write_text(_QUIET, "utf-8")
        settings = {
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": str(place / "warehouse"),
            "spark.sql.timestampType": "TIMESTAMP_LTZ",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.memory": self._settings.memory,
            "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet.as_uri()} -Duser.timezone=UTC",
        }
        if self._settings.master.startswith("local"):
            settings |= {
                "spark.driver.host": "127.0.0.1",
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.sql.shuffle.partitions": "4",
            }
        builder = SparkSession.builder.master(self._settings.master).appName("storyboard")
        for name, value in {**settings, **self._settings.settings}.items():
            builder = builder.config(name, value)
        # What it says of a statement that failed may quote a cell; dbt's result says which model it was.
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
        try:
            with _silence(work / "spark.log"):
                return builder.getOrCreate()
        except (PySparkException, OSError, RuntimeError):
            raise MachineFault(
                f"Spark could not be started with the master {self._settings.master}. See that it can be reached, and to "
                "`spark:` in storyboard.yml."
            ) from None


class SparkSessionOfARun:
    """The databases of one build: the validated rows, and what dbt makes of them."""

    def __init__(self, session: SparkSession, place: Path) -> None:
        self._session, self._place = session, place

    def load(self, admitted: Path) -> None:
        """Each file as a view of itself, where every worker can read it."""
        for schema in (_SCHEMA, _EXTRACTS):
            self._session.sql(f"drop database if exists {schema} cascade")
            self._session.sql(f"create database {schema}")
        there = self._place / "admitted"
        shutil.rmtree(there, ignore_errors=True)
        shutil.copytree(admitted, there)
        for file in sorted(there.glob("*.parquet")):
            if pq.read_schema(file).names:
                self._session.sql(f"create view {_EXTRACTS}.{file.stem} as select * from parquet.`{file.as_uri()}`")

    def fetch(self, relation: str, columns: Mapping[str, str], into: Path) -> str:
        """As Parquet."""
        there = self._place / "fetched" / relation
        self._session.table(f"{_SCHEMA}.{relation}").select(*columns).write.mode("overwrite").parquet(there.as_uri())
        if into not in there.parents:
            there = Path(shutil.copytree(there, into / relation))
        return f"read_parquet('{there}/*.parquet')"


@contextmanager
def _silence(log: Path) -> Iterator[None]:
    """Java is started with its words in a file of the run: it has them before it has read any setting."""
    kept = os.dup(2)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _stop(session: SparkSession) -> None:
    """Ends the session and the Java that it ran on, which would hold its memory for as long as this process lives."""
    from pyspark import SparkContext

    gateway: Any = SparkContext._gateway
    with suppress(Exception):
        session.stop()
    if gateway is not None:
        with suppress(Exception):
            gateway.shutdown()
            gateway.proc.stdin.close()
            gateway.proc.wait(timeout=30)
        SparkContext._gateway = SparkContext._jvm = None
