"""A build takes the memory that storyboard.yml allows: what does not fit goes to disk, beside the warehouse and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import memory
from pipelines.commands.words import configured_defaults
from pipelines.defs import configuration
from pipelines.faults import UsageFault
from pipelines.lockdown import CLOSED, Plugin, connect, connect_in_memory


def test_what_the_settings_say_is_what_duckdb_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, "9")
    monkeypatch.setenv(configuration.VARIABLE, "")
    (tmp_path / "storyboard.yml").write_text("memory: 2\n", "utf-8")
    configured_defaults(tmp_path / "storyboard.yml")
    assert memory.read_memory() == 2_000_000_000
    of_dbt: dict[str, Any] = {}
    Plugin("lock", {"reach": str(tmp_path)}).update_connection_config(None, of_dbt)
    assert of_dbt["memory_limit"] == "1400MB"
    with connect(tmp_path / "warehouse.duckdb", reach=tmp_path, read_only=False) as connection:
        asked = "select current_setting('memory_limit'), current_setting('temp_directory')"
        limit, spilled = connection.execute(asked).fetchall()[0]
        assert limit == "1.3 GiB"
        assert Path(spilled).parent == tmp_path
        with pytest.raises(duckdb.Error):
            connection.execute("set memory_limit = '64GB'")


def test_rows_that_do_not_fit_are_put_beside_the_warehouse_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.lockdown.SHARE_OF_MEMORY", 0.025)  # 100 MB
    monkeypatch.setitem(CLOSED, "threads", 1)  # each of them needs some of it that cannot be spilled
    with connect(tmp_path / "warehouse.duckdb", reach=tmp_path, read_only=False) as connection:
        rows = connection.execute(
            "select count(*) from (select m, row_number() over (order by m) as n from"
            " (select md5(i::text) as m from range(4000000) as t (i))) where n > 0 and m is not null"
        ).fetchall()
    assert rows == [(4_000_000,)]
    assert {path.name for path in tmp_path.iterdir()} <= {"warehouse.duckdb", "warehouse.duckdb.tmp"}


def test_rows_that_are_run_again_take_no_more_and_reach_nothing_but_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(memory.VARIABLE, "2")
    rows, seed, elsewhere, spilled = (tmp_path / name for name in ("rows", "seed.csv", "elsewhere.csv", "spilled"))
    rows.mkdir()
    for file in (rows / "a.csv", seed, elsewhere):
        file.write_text("a\n1\n", "utf-8")
    with connect_in_memory(reach=rows, files=[seed], spill=spilled) as connection:
        asked = "select current_setting('memory_limit'), current_setting('temp_directory'), current_setting('TimeZone')"
        assert connection.execute(asked).fetchall() == [("1.3 GiB", str(spilled), "UTC")]
        connection.execute("create table warehouse.main.t as select * from read_csv($file)", {"file": str(seed)})
        assert connection.execute("select * from read_csv($file)", {"file": str(rows / "a.csv")}).fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            connection.execute("select * from read_csv($file)", {"file": str(elsewhere)})
        with pytest.raises(duckdb.Error):
            connection.execute("set memory_limit = '64GB'")


def test_memory_that_is_no_number_is_refused_with_what_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for odd in ("much", "0", "-1", "1.5"):
        monkeypatch.setenv(memory.VARIABLE, odd)
        with pytest.raises(UsageFault, match="whole number of gigabytes"):
            memory.read_memory()
