"""The Dagster history of one output folder: an instance of its own, kept beside the folder, telemetry off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import paths
from pipelines.paths import Output

if TYPE_CHECKING:
    from dagster import DagsterInstance

SEVERAL = "STORYBOARD_COUNCILS"
"""Set where the extracts are those of several councils, before any edition of them is there."""
_COMMAND = "command.yaml"
"""The settings of the instance as the command opens it; `dagster.yaml` beside it is how the UI does."""


def prepare_history(output: Output) -> Path:
    """The instance's folder, with the project's settings in it. Sets what the code location reads."""
    output.history.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(paths.DAGSTER_CONFIG, output.history / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(output.history)
    return output.history


@contextmanager
def open_history(output: Output) -> Iterator[DagsterInstance]:
    """The instance for one command. Its files are those that the UI reads; its connections stay open between events."""
    import yaml
    from dagster import DagsterInstance

    history = prepare_history(output)
    events = {
        "module": "pipelines.defs.events",
        "class": "HeldEventLog",
        "config": {"base_dir": str(history / "history" / "runs")},
    }
    settings = {**yaml.safe_load(paths.DAGSTER_CONFIG.read_text("utf-8")), "event_log_storage": events}
    (history / _COMMAND).write_text(yaml.safe_dump(settings), "utf-8")
    # What a run plans is stored at once, and not by hundreds of transactions.
    os.environ["DAGSTER_EVENT_BATCH_SIZE"] = "1000"
    with DagsterInstance.from_config(str(history), config_filename=_COMMAND) as instance:
        yield instance


def close_killed_runs(instance: DagsterInstance, tag: str) -> None:
    """Mark as failed the runs with this tag, the command's own, that are under way: the caller holds the lock, so none lives."""
    from dagster import RunsFilter
    from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES

    for run in instance.get_runs(RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES)):
        if tag in run.tags:
            instance.report_run_failed(run, "The command was stopped before it came to its end.")


def tell_code_location(*, extracts: Path, output: Output, encoding: str, through: str = "duckdb") -> None:
    """How `Workspace.from_environment` learns its folders, in this process and in those that the UI starts."""
    os.environ["STORYBOARD_EXTRACTS"] = str(extracts)
    os.environ["STORYBOARD_OUTPUT"] = str(output.folder)
    os.environ["STORYBOARD_ENCODING"] = encoding
    os.environ["STORYBOARD_THROUGH"] = through
    os.environ["DO_NOT_TRACK"] = "1"


def know_editions(names: Iterable[str], output: Output, *, several: bool) -> None:
    """Makes each edition a partition of the history and, where they are of several councils, each council that has pages."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(prepare_history(output))) as instance:
        instance.add_dynamic_partitions("editions", sorted(names))
        if several:
            from pipelines.defs.councils import catch_up

            catch_up(output, instance)
