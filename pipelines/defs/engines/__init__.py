"""Where the models are run: DuckDB in this process, or an engine elsewhere that the validated Parquet is carried to.

What an engine needs of its own stands in a module of its name, imported only when it is chosen. No SQL of a model is here.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol, get_args

from pipelines.defs.configuration import Configuration
from pipelines.faults import MachineFault, UsageFault

EngineName = Literal["duckdb", "postgres", "spark"]
DEFAULT: EngineName = "duckdb"
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
_NEEDED = {"postgres": ("dbt.adapters.postgres", "psycopg2"), "spark": ("dbt.adapters.spark", "pyspark")}
"""The modules that an extra of the project's installs."""


class Session(Protocol):
    """An engine that is open for one run, with relations of its own that go when it is closed."""

    def load(self, admitted: Path) -> None:
        """Makes a relation of each file of validated Parquet, where the sources of dbt look for it; all that was there goes."""

    def fetch(self, relation: str, columns: Mapping[str, str], into: Path) -> str:
        """Writes a relation that dbt made as files into a folder; returns what DuckDB reads them with.

        `columns` are its columns and the types that DuckDB gives them; the types of the files may be text.
        """


class Engine(Protocol):
    """An engine as it is configured."""

    name: EngineName
    schema: str
    """Where dbt makes its relations; the rows that it reads are in another of that name and `_extracts`."""

    def environment(self) -> Mapping[str, str]:
        """What dbt's profile reads, and the engine's client, while dbt runs."""

    def check(self) -> None:
        """Raises a Fault, said to the analyst, where it could not be used."""

    def open(self, work: Path) -> AbstractContextManager[Session]:
        """Opens it for one run, which may keep files in a folder. Raises MachineFault."""


def choose_engine(name: str, configuration: Configuration) -> Engine | None:
    """The engine of that name as it is configured; None for DuckDB, which needs none of this.

    Raises UsageFault for a name that is none or settings that are absent, MachineFault where its extra is not installed.
    """
    if name == DEFAULT:
        return None
    if name not in _NEEDED:
        raise UsageFault(f"There is no engine {name}. --through takes {', '.join(ENGINES)}.")
    if list_absent(name):
        raise MachineFault(
            f"The edition is to be made through {name}, and what that needs is not installed. {tell_installing(name)}"
        )
    if name == "postgres":
        from pipelines.defs.engines.postgres import PostgresEngine

        if configuration.postgres is None:
            raise UsageFault(
                "The edition is to be made through postgres, and storyboard.yml does not say where it is: "
                "give it `postgres:` with host, database and user (docs/running/a-national-service.md)."
            )
        return PostgresEngine(configuration.postgres)
    from pipelines.defs.engines.spark import SparkEngine

    return SparkEngine(configuration.spark)


def list_absent(name: str) -> list[str]:
    """The modules that an engine needs and that are not installed here."""
    return [module for module in _NEEDED.get(name, ()) if _find(module) is None]


def tell_installing(name: str) -> str:
    """How what an engine needs is installed."""
    program = Path(sys.executable).name
    return f'Install it: {program} -m pip install "storyboard[{name}]"; or leave --through out.'


def _find(module: str) -> object | None:
    try:
        return importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
