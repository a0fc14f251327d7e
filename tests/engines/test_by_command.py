"""An edition built by the command through another engine: the files that DuckDB gives, and a password that is in none of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import paths
from tests.engines.conftest import Server, lacking, need

EDITION = "2016"
OF_THE_ENGINE = {"edition.json", "restricted/audit/dbt-docs.html"}
"""The manifest names the engine, and dbt's own pages the macros that ran on it."""


@dataclass(frozen=True)
class Made:
    """What a build by the command left, and what it said."""

    output: Path
    said: str

    @property
    def edition(self) -> Path:
        return self.output / "editions" / EDITION


Build = Callable[[str], Made]


def storyboard(folder: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with as little of this environment as it needs."""
    needed = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, words)],
        cwd=folder,
        env={"PYTHONPATH": str(paths.PROJECT), "HOME": str(folder), **needed, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Path:
    """A place of work whose settings name the server; the password is not among them."""
    folder = tmp_path_factory.mktemp("work")
    where = f"{{host: 127.0.0.1, port: {server.port}, database: {server.database}, user: {server.user}}}"
    (folder / "storyboard.yml").write_text(f"postgres: {where}\nspark: {{master: 'local[2]'}}\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def secret(server: Server) -> Mapping[str, str]:
    return {"STORYBOARD_POSTGRES_PASSWORD": server.password}


@pytest.fixture(scope="module")
def build(place: Path, secret: Mapping[str, str]) -> Build:
    known: dict[str, Made] = {}

    def make(engine: str) -> Made:
        if engine not in known:
            output = place / engine
            words = ["build", "--edition", EDITION, "--extracts", paths.SAMPLE_EXTRACTS, "--output", output]
            done = storyboard(place, *words, "-v", "--through", engine, **secret)
            assert done.returncode == 0, done.stderr
            known[engine] = Made(output, done.stdout + done.stderr)
        return known[engine]

    return make


def read_files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_figures_pages_and_papers_have_the_same_bytes_whatever_counted_them(build: Build, thorough: bool) -> None:
    """Spark's turn takes two minutes of processor time: on every change the parity test compares each of its relations."""
    if thorough:
        need("dbt.adapters.spark", "pyspark")
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            lacking("no Java was found")
    for engine in ("postgres", "spark") if thorough else ("postgres",):
        ours, theirs = read_files(build("duckdb").edition), read_files(build(engine).edition)
        assert sorted(ours) == sorted(theirs)
        assert {path for path in ours if ours[path] != theirs[path]} <= OF_THE_ENGINE
        stated, expected = json.loads(theirs["edition.json"]), json.loads(ours["edition.json"])
        assert (expected.pop("engine"), stated.pop("engine")) == ("duckdb", engine)
        for each in (stated, expected):
            del each["seal"], each["inputs"], each["files"]["restricted/audit/dbt-docs.html"]
        assert stated == expected
        assert read_files(build("duckdb").output / "site") == read_files(build(engine).output / "site")


def test_an_edition_that_postgresql_counted_is_verified_and_made_again_on_duckdb(place: Path, build: Build) -> None:
    output = build("postgres").output
    before = read_files(output)
    # Whoever verifies needs no server, and so no password.
    assert storyboard(place, "verify", EDITION, "--output", output).returncode == 0
    done = storyboard(place, "verify", EDITION, "--rebuild", "--output", output)
    assert done.returncode == 0, done.stderr
    assert "counted by postgres; made again on DuckDB, the same byte for byte" in done.stdout
    rows = storyboard(place, "trace", "cme_referrals", "--edition", EDITION, "--rows", "--output", output)
    assert rows.returncode == 0, rows.stderr
    assert "Edition 2016 was counted by postgres. Its rows are run again by DuckDB" in rows.stderr
    assert read_files(output) == before


def test_the_password_is_in_no_file_that_a_build_leaves_and_in_nothing_that_it_says(
    place: Path, build: Build, server: Server
) -> None:
    made = build("postgres")
    assert server.password not in made.said
    written = [place, paths.DBT_PROJECT]
    holding = [
        str(file)
        for folder in written
        for file in folder.rglob("*")
        if file.is_file() and server.password.encode() in file.read_bytes()
    ]
    assert holding == []
    history = made.output.parent / f".{made.output.name}.storyboard" / "dagster" / "history"
    assert list(history.rglob("*.db")), "the history was looked through"


def test_a_wrong_password_stops_the_build_before_anything_is_made_and_is_not_repeated(place: Path) -> None:
    words = ["build", "--edition", EDITION, "--extracts", paths.SAMPLE_EXTRACTS, "--output", place / "none"]
    done = storyboard(place, *words, "--through", "postgres", STORYBOARD_POSTGRES_PASSWORD="not the password")
    assert done.returncode == 3
    assert "does not let" in done.stderr
    assert "not the password" not in done.stdout + done.stderr
    assert not (place / "none").exists()
