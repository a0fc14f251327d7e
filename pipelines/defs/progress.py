"""What is being done now, and how long it usually takes: one line on a terminal while an edition is built, nothing elsewhere.

How long each step took is kept beside the history of the output folder; nothing of an edition rests on it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from pipelines.paths import Output

if TYPE_CHECKING:
    from dagster import DagsterInstance, EventLogEntry

_WORDS = {
    "extracts": "reading the extracts",
    "warehouse": "counting, and testing what was counted",
    "exact_figures": "writing the exact figures",
    "protected_release": "hiding small numbers",
    "protected_release_nothing_hidden_can_be_worked_out": "trying to work out what is hidden",
    "pages": "writing pages and drawing charts",
    "story_board": "making the site",
    "open_data": "writing the open files",
    "workbook": "writing the workbook",
    "dmt_report": "writing the report to the directors",
    "board_pack": "writing the board pack",
    "audit_trail": "writing down how each figure came about",
    "quality": "writing the quality report",
    "foi_answers": "writing the answers to requests for information",
    "sealed_edition": "sealing the edition",
    "sealed_edition_every_number_in_the_files_is_its_figure": "reading every number in the finished files again",
    "site": "switching what readers see",
}
"""Steps in the words of an analyst; any other step is called by its name."""


@contextmanager
def watch_run(instance: DagsterInstance, run_id: str, edition: str, output: Output) -> Iterator[None]:
    """Shows the steps of a run while the block executes it, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    usual, took, started = _read_durations(output), {}, {}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
    with (
        _keep_terminal() as terminal,
        Progress(*columns, console=Console(file=terminal), transient=True, refresh_per_second=4) as progress,
    ):
        task = progress.add_task(f"{edition}: starting", total=sum(usual.values()) or None)

        def show(event: EventLogEntry) -> None:
            happened, step = event.dagster_event, event.step_key
            if happened is None or step is None:
                return
            if happened.is_step_start:
                started[step] = time.monotonic()
                usually = f" (usually {usual[step]:.0f} s)" if usual.get(step, 0) >= 1 else ""
                progress.update(task, description=f"{edition}: {describe_step(step)}{usually}")
            elif happened.is_step_success and step in started:
                took[step] = time.monotonic() - started[step]
                progress.advance(task, usual.get(step, 0))

        instance.add_event_listener(run_id, show)
        yield
    _write_durations(output, usual | took)


@contextmanager
def _keep_terminal() -> Iterator[TextIO]:
    """Standard error as it is now: while a step runs, Dagster turns the system's own one into a file of its history."""
    try:
        kept = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding, errors="replace")
    except (OSError, ValueError):
        yield sys.stderr
        return
    with kept:
        yield kept


def describe_step(step: str) -> str:
    """What a step does, in words."""
    return _WORDS.get(step, step.replace("__", " ").replace("_", " "))


def _read_durations(output: Output) -> dict[str, float]:
    try:
        stated = json.loads(output.durations.read_bytes())
        return {str(step): float(seconds) for step, seconds in stated.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_durations(output: Output, durations: dict[str, float]) -> None:
    # Only a convenience: where it cannot be kept, the next run says nothing of how long it takes.
    with contextlib.suppress(OSError):
        stated = {step: round(seconds, 1) for step, seconds in sorted(durations.items())}
        output.durations.write_text(json.dumps(stated, indent=1) + "\n", "utf-8", newline="\n")
