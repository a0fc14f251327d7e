"""A PostgreSQL server of the tests' own and the engines that are open; where a machine lacks one, it is said, and CI fails."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.defs.configuration import Configuration, Postgres, Spark
from pipelines.defs.engines import Engine, Session, choose_engine

REQUIRED = "STORYBOARD_ENGINES_REQUIRED"
"""Where this is set, what cannot be tried is a failure. `make test-engines` and CI set it."""
_ROOT = 0


def lacking(what: str) -> None:
    """Ends the test: it fails where engines are required, and is skipped in plain words elsewhere."""
    told = f"{what}: the engines are not tried here; `make test-engines` installs what they need"
    if os.environ.get(REQUIRED):
        pytest.fail(told)
    pytest.skip(told)


def need(*modules: str) -> None:
    """Ends the test where one of these is not installed."""
    for module in modules:
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None:
            lacking(f"{module} is not installed")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that listens on this machine alone, and lets in one user with a password."""

    port: int
    user: str
    password: str
    database: str = "postgres"

    @property
    def settings(self) -> Postgres:
        return Postgres(host="127.0.0.1", port=self.port, database=self.database, user=self.user)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    need("dbt.adapters.postgres", "psycopg2")
    programs = _find_programs()
    if programs is None:
        lacking("no PostgreSQL server was found")
    assert programs is not None
    # A short path, for its socket; and one that the user under whom it runs can reach.
    folder = Path(tempfile.mkdtemp(prefix="storyboard-pg-"))
    user = "nobody" if os.geteuid() == _ROOT else None
    found = Server(_free_port(), "counter", secrets.token_hex(12))
    password = folder / "password"
    password.write_text(found.password, "utf-8")
    if user is not None:
        shutil.chown(folder, user)
        shutil.chown(password, user)
    data = str(folder / "data")

    def run(program: str, *words: str) -> None:
        done = subprocess.run(
            [str(programs / program), *words], user=user, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0, done.stdout.decode()

    run(
        "initdb", "-D", data, "-U", found.user, f"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"
    )
    listen = f"-p {found.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        # Its own zone and way of writing dates are none of ours: a build must not rest on them.
        unlike = "-c timezone=America/New_York -c datestyle=German"
        words = ["-D", data, "-o", f"{listen} {unlike}", "-l", str(folder / "log"), "-w", "start"]
        subprocess.run([str(programs / "pg_ctl"), *words], user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        yield found
    finally:
        subprocess.run(
            [str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], user=user, cwd="/", check=False
        )
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def password(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a person would put it."""
    monkeypatch.setenv("STORYBOARD_POSTGRES_PASSWORD", server.password)
    return server.password


@dataclass(frozen=True)
class Open:
    """An engine that is open."""

    engine: Engine
    session: Session


@pytest.fixture(scope="session")
def postgres(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STORYBOARD_POSTGRES_PASSWORD", server.password)
        engine = choose_engine("postgres", Configuration(postgres=server.settings))
        assert engine is not None
        engine.check()
        with engine.open(tmp_path_factory.mktemp("postgres")) as session:
            yield Open(engine, session)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    need("dbt.adapters.spark", "pyspark")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        lacking("no Java was found")
    engine = choose_engine("spark", Configuration(spark=Spark(master="local[2]")))
    assert engine is not None
    engine.check()
    with engine.open(tmp_path_factory.mktemp("spark")) as session:
        yield Open(engine, session)


def _find_programs() -> Path | None:
    """Where the server's programs are: Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return versions[-1].parent if versions else None


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
