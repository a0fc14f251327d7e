"""Installing makes what follows from the code alone; a build then takes it as it is."""

import subprocess
import sys

import pytest

from pipelines import paths
from pipelines.defs import manifest


def test_after_setting_up_the_dbt_project_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "pipelines.setting_up"], cwd=paths.PROJECT, check=True)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("dbt was run")

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
