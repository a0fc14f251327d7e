"""The Dagster history of one output folder: an instance of its own, kept beside the folder, telemetry off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipelines import paths
from pipelines.paths import Output


def prepare_history(output: Output) -> Path:
    """The instance's folder, with the project's settings in it. Sets what the code location reads."""
    output.history.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(paths.DAGSTER_CONFIG, output.history / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(output.history)
    return output.history


def tell_code_location(*, extracts: Path, output: Output, encoding: str) -> None:
    """How `Workspace.from_environment` learns its folders, in this process and in those that the UI starts."""
    os.environ["STORYBOARD_EXTRACTS"] = str(extracts)
    os.environ["STORYBOARD_OUTPUT"] = str(output.folder)
    os.environ["STORYBOARD_ENCODING"] = encoding
    os.environ["DO_NOT_TRACK"] = "1"


def know_editions(names: Iterable[str], output: Output) -> None:
    """Makes each edition a partition of the history."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(prepare_history(output))) as instance:
        instance.add_dynamic_partitions("editions", sorted(names))
