"""The warehouse reads what was admitted and nothing else: not by a path, a link, an extension or a change of settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments.local import LocalEnvironment
from jinja2 import Template

from pipelines import paths
from pipelines.lockdown import connect

FORBIDDEN = {
    "read a file of the machine": "select * from read_csv('/etc/passwd')",
    "read a text beside": "select * from read_text('{outside}/secret.txt')",
    "climb out of the folder": "select * from read_parquet('{admitted}/../outside/rows.parquet')",
    "follow a link out of the folder": "select * from read_parquet('{admitted}/link.parquet')",
    "list a folder": "select * from glob('{outside}/*')",
    "write a file": "copy (select 1) to '{outside}/written.csv'",
    "write beside the warehouse": "copy (select 1) to '{folder}/written.csv'",
    "write into the project": f"copy (select 1) to '{paths.CATEGORIES.parent}/written.csv'",
    "export the database": "export database '{outside}/exported'",
    "attach another database": "attach '{outside}/other.duckdb'",
    "install an extension": "install httpfs",
    "load an extension": "load '{outside}/x.duckdb_extension'",
    "fetch over the network": "select * from read_csv('https://localhost:9/x.csv')",
    "open external access again": "set enable_external_access = true",
    "allow another folder": "set allowed_directories = ['/']",
    "unlock the configuration": "set lock_configuration = false",
    "reset the lock": "reset lock_configuration",
    "change the time zone": "set TimeZone = 'Europe/London'",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("admitted", "outside"):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"n": [1, 2]}), tmp_path / name / "rows.parquet")
    (tmp_path / "outside" / "secret.txt").write_text("secret", "utf-8")
    (tmp_path / "admitted" / "link.parquet").symlink_to(tmp_path / "outside" / "rows.parquet")
    return tmp_path


@pytest.fixture(params=["ours", "dbt's"])
def warehouse(request: pytest.FixtureRequest, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection opened as the project opens its own, and one as dbt opens it by the profile that is shipped."""
    path = folder / "warehouse.duckdb"
    if request.param == "ours":
        with connect(path, reach=folder / "admitted", read_only=False) as connection:
            connection.execute("set variable admitted = $folder", {"folder": str(folder / "admitted")})
            yield connection
        return
    outputs = yaml.safe_load((paths.DBT_PROJECT / "profiles.yml").read_text("utf-8"))["storyboard"]["outputs"]
    places = {"STORYBOARD_WAREHOUSE": str(path), "STORYBOARD_ADMITTED": str(folder / "admitted")}
    rendered = Template(json.dumps(outputs["edition"])).render(env_var=lambda name, default: places[name])
    output = json.loads(rendered)
    data = {name: value for name, value in output.items() if name not in ("type", "threads")}
    credentials = DuckDBCredentials.from_dict(DuckDBCredentials.__pre_deserialize__({**data, "schema": "main"}))
    environment = LocalEnvironment(credentials)
    environment.handle()  # the master's cursor; a thread's is opened after it, in a database that is locked
    yield environment.handle().cursor()
    environment.close()


@pytest.mark.parametrize("deed", FORBIDDEN)
def test_what_the_warehouse_cannot_do(warehouse: duckdb.DuckDBPyConnection, folder: Path, deed: str) -> None:
    places = {"folder": folder, "admitted": folder / "admitted", "outside": folder / "outside"}
    watched = [folder, paths.CATEGORIES.parent]
    before = [sorted(each.rglob("*")) for each in watched]
    with pytest.raises(duckdb.Error):
        warehouse.execute(FORBIDDEN[deed].format(**places)).fetchall()
    assert [sorted(each.rglob("*")) for each in watched] == before


def test_what_was_admitted_can_be_read_and_tables_made(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(
        "create view read as select * from read_parquet(getvariable('admitted') || '/rows.parquet');"
        "create table made as select * from read"
    )
    assert warehouse.execute("select count(*), current_setting('TimeZone') from made").fetchall() == [(2, "UTC")]


def test_a_folder_with_an_apostrophe_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "O'Brien's"
    folder.mkdir()
    pq.write_table(pa.table({"n": [1]}), folder / "rows.parquet")
    with connect(tmp_path / "warehouse.duckdb", reach=folder, read_only=False) as connection:
        rows = connection.execute(
            "select n from read_parquet($path)", {"path": str(folder / "rows.parquet")}
        ).fetchall()
    assert rows == [(1,)]
