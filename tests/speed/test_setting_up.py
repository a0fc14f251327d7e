"""Installing makes what follows from the code alone; a build then takes it as it is."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.defs import manifest, readings
from pipelines.defs.checking import choose_authority
from pipelines.lineage import reading
from pipelines.lineage.reading import read_sql
from tests.lineage.made_projects import PROJECT


@pytest.fixture(autouse=True)
def nothing_opened_before() -> None:
    readings._load.cache_clear()


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("read again")


def test_after_setting_up_the_dbt_project_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "pipelines.setting_up"], cwd=paths.PROJECT, check=True)

    monkeypatch.setattr(manifest, "_invoke", refuse)
    manifest.ensure_manifest()


def test_a_project_that_changed_since_setting_up_is_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def note(words: list[str], *_: object, **__: object) -> None:
        parsed.append(words)
        raise InterruptedError

    monkeypatch.setattr(manifest, "_invoke", note)
    monkeypatch.setattr(manifest, "version", lambda _: "another")
    with pytest.raises(InterruptedError):
        manifest.ensure_manifest()
    assert parsed == [["parse"]]


@pytest.mark.parametrize("way", ["Makefile", "Dockerfile"])
def test_every_way_of_installing_sets_up(way: str) -> None:
    assert "python -m pipelines.setting_up" in (paths.PROJECT / way).read_text("utf-8")


def test_what_the_sql_says_is_read_once_and_is_the_same_when_it_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "READING", tmp_path / "reading.json")
    read = read_sql(PROJECT)
    assert readings.open_reading(PROJECT) == read
    readings._load.cache_clear()
    monkeypatch.setattr(reading, "read_sql", refuse)
    assert readings.open_reading(PROJECT) == read


def test_what_was_kept_and_is_damaged_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "reading.json"
    monkeypatch.setattr(readings, "READING", kept)
    read = readings.open_reading(PROJECT)
    kept.write_bytes(kept.read_bytes()[:-100])
    readings._load.cache_clear()
    assert readings.open_reading(PROJECT) == read


def test_other_sql_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "READING", tmp_path / "reading.json")
    readings.open_reading(PROJECT)
    name, model = next(iter(PROJECT.models.items()))
    other = replace(PROJECT, models={**PROJECT.models, name: replace(model, sql=f"{model.sql} ")})
    monkeypatch.setattr(reading, "read_sql", refuse)
    with pytest.raises(AssertionError, match="read again"):
        readings.open_reading(other)


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a run compiles the project and keeps it."""
    kept = tmp_path / "compiled.pickle"
    monkeypatch.setattr(manifest, "COMPILED", kept)
    _compile(tmp_path)
    return kept


def _compile(folder: Path) -> dict[str, str | None]:
    """The SQL of each model and test, as a run's results tell it."""
    done = manifest.run_dbt(["compile"], admitted=folder, warehouse=folder / manifest.WAREHOUSE, artifacts=folder)
    assert done.success, done.exception
    results = json.loads((folder / manifest.RESULTS).read_text("utf-8"))["results"]
    return {result["unique_id"]: result["compiled_code"] for result in results}


def test_what_dbt_compiled_is_what_a_run_starts_from(compiled: Path, tmp_path: Path) -> None:
    key = f"{paths.DBT_TARGET.joinpath('manifest.key').read_text('utf-8')} {choose_authority()}"
    opened = manifest._open_compiled(key)
    assert opened is not None
    kept = {unique_id: node.raw_code for unique_id, node in manifest._list_compilable(opened).items()}
    assert len(kept) > 80
    assert kept == {name: sql for name, sql in _compile(tmp_path).items() if not name.startswith("seed.")}
    assert manifest._open_compiled(f"{key}5") is None


def test_what_dbt_compiled_for_another_authority_is_compiled_anew(
    compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = compiled.read_bytes()
    assert b"E06000014" in before
    monkeypatch.setattr(manifest, "choose_authority", lambda: "E08000035")
    one = ["run", "--select", "areas"]
    manifest.run_dbt(one, admitted=tmp_path, warehouse=tmp_path / manifest.WAREHOUSE, artifacts=tmp_path)
    areas = json.loads((tmp_path / "manifest.json").read_text("utf-8"))["nodes"]["model.storyboard.areas"]
    assert "E08000035" in areas["compiled_code"]
    assert "E06000014" not in areas["compiled_code"]


def test_a_compiled_project_that_is_damaged_is_not_opened(compiled: Path) -> None:
    key = f"{paths.DBT_TARGET.joinpath('manifest.key').read_text('utf-8')} {choose_authority()}"
    compiled.write_bytes(compiled.read_bytes()[:-1] + b"?")
    assert manifest._open_compiled(key) is None
