"""What a service is set up with starts: a Dagster instance on PostgreSQL keeps a run; what an engine lacks is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.defs.configuration import VARIABLE, Configuration, Postgres
from pipelines.defs.engines import choose_engine
from pipelines.defs.engines.looking import list_looks
from pipelines.defs.health import Condition
from pipelines.faults import MachineFault, UsageFault
from tests.engines.conftest import Server, need


def test_a_dagster_instance_on_postgresql_keeps_a_run(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("dagster_postgres")
    import dagster as dg

    shutil.copyfile(paths.PROJECT / "deploy" / "dagster.postgres.yaml", tmp_path / "dagster.yaml")
    for name, value in {
        "HOST": "127.0.0.1",
        "PORT": str(server.port),
        "DATABASE": server.database,
        "USER": server.user,
        "PASSWORD": server.password,
    }.items():
        monkeypatch.setenv(f"STORYBOARD_DAGSTER_{name}", value)

    @dg.op
    def count() -> int:
        return 1

    @dg.job
    def counting() -> None:
        count()

    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        made = counting.execute_in_process(instance=instance)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        found = instance.get_run_by_id(made.run_id)
        assert found is not None
        assert found.is_success
        assert instance.all_logs(made.run_id)
        assert "Postgres" in type(instance.run_storage).__name__


def test_a_server_that_is_not_there_and_one_that_refuses_are_said_apart(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_POSTGRES_PASSWORD", "not the password")
    refused = choose_engine("postgres", Configuration(postgres=server.settings))
    absent = choose_engine("postgres", Configuration(postgres=server.settings.model_copy(update={"port": 1})))
    assert refused is not None
    assert absent is not None
    with pytest.raises(MachineFault, match="does not let") as fault:
        refused.check()
    assert "not the password" not in str(fault.value)
    with pytest.raises(MachineFault, match="cannot be reached"):
        absent.check()


def test_java_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    need("pyspark", "dbt.adapters.spark")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    engine = choose_engine("spark", Configuration())
    assert engine is not None
    with pytest.raises(MachineFault, match="Java 17 or later, and no Java was found"):
        engine.check()


def test_the_doctor_says_whether_the_server_lets_us_in_and_how_to_mend_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"{{host: 127.0.0.1, port: {server.port}, database: {server.database}, user: {server.user}}}"
    (tmp_path / "storyboard.yml").write_text(f"postgres: {where}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "storyboard.yml"))

    def look(through: str) -> dict[str, Condition]:
        return {name: condition() for name, condition in list_looks(through)}

    monkeypatch.setenv("STORYBOARD_POSTGRES_PASSWORD", server.password)
    assert {name: each.state for name, each in look("postgres").items()} == {
        "postgres: packages": "sound",
        "postgres: server": "sound",
    }
    monkeypatch.setenv("STORYBOARD_POSTGRES_PASSWORD", "not the password")
    refused = look("postgres")["postgres: server"]
    assert refused.state == "fault"
    assert "does not let" in refused.found
    assert "not the password" not in refused.found
    assert look("duckdb")["postgres: server"].state == "warning"
    monkeypatch.setattr("pipelines.defs.engines._find", lambda module: None)
    absent = look("postgres")["postgres: packages"]
    assert absent.state == "fault"
    assert 'pip install "storyboard[postgres]"' in absent.mend
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "no Java was found" in look("spark")["spark: Java"].found


def test_an_extra_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.defs.engines._find", lambda module: None)
    settings = Configuration(postgres=Postgres(host="h", database="d", user="u"))
    with pytest.raises(MachineFault, match=r'pip install "storyboard\[postgres\]"'):
        choose_engine("postgres", settings)
    with pytest.raises(UsageFault, match="There is no engine oracle"):
        choose_engine("oracle", settings)


def test_settings_that_are_absent_are_said() -> None:
    need("psycopg2", "dbt.adapters.postgres")
    with pytest.raises(UsageFault, match=r"give it `postgres:`"):
        choose_engine("postgres", Configuration())
