"""What a person sees while an edition is built: what is being done, and how long it usually takes."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.defs.progress import describe_step, watch_run
from pipelines.paths import Output


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Run:
    """As much of Dagster's instance as is listened to."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []

    def add_event_listener(self, _run_id: str, listener: Any) -> None:
        self.listeners.append(listener)

    def tell(self, step: str, *, start: bool) -> None:
        happened = SimpleNamespace(is_step_start=start, is_step_success=not start)
        for listener in self.listeners:
            listener(SimpleNamespace(dagster_event=happened, step_key=step))


@pytest.fixture
def output(tmp_path: Path) -> Output:
    found = Output(tmp_path / "out")
    found.beside.mkdir()
    return found


def build(output: Output) -> None:
    run: Any = Run()
    with watch_run(run, "run", "2016", output):
        run.tell("warehouse", start=True)
        run.tell("warehouse", start=False)


def test_a_terminal_shows_the_step_in_words_with_its_usual_time(output: Output, monkeypatch: pytest.MonkeyPatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    output.durations.write_text('{"warehouse": 7.2}', "utf-8")
    build(output)
    shown = terminal.getvalue()
    assert "2016: counting, and testing what was counted (usually 7 s)" in shown


def test_how_long_each_step_took_is_kept_for_the_next_time(output: Output, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    build(output)
    assert list(json.loads(output.durations.read_text("utf-8"))) == ["warehouse"]


def test_a_file_of_durations_that_makes_no_sense_is_passed_over(output: Output, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    output.durations.write_text('["no", 3', "utf-8")
    build(output)


def test_where_there_is_no_terminal_nothing_is_shown_or_kept(output: Output, capsys: pytest.CaptureFixture[str]):
    build(output)
    assert capsys.readouterr().err == ""
    assert not output.durations.exists()


def test_a_step_without_words_of_its_own_is_called_by_its_name():
    assert describe_step("census_reconciliation") == "census reconciliation"
