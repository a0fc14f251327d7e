"""Serves the Dagster UI over one output folder's history: on this machine alone, because it asks nobody who they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipelines import paths
from pipelines.defs.history import know_editions, prepare_history, tell_code_location
from pipelines.defs.manifest import ensure_manifest
from pipelines.editions.switch import settle
from pipelines.intake.calendar import read_calendar
from pipelines.paths import Output

LOOPBACK = "127.0.0.1"


def serve(extracts: Path, output: Output, *, encoding: str, port: int, say: Callable[[str], None]) -> None:
    """Runs `dagster dev` until it is interrupted. Every edition with its folder of extracts is a partition."""
    settle(output)
    tell_code_location(extracts=extracts, output=output, encoding=encoding)
    prepare_history(output)
    ensure_manifest()
    know_editions((name for name in read_calendar(extracts) if (extracts / name).is_dir()), output)
    say(f"The Dagster UI: http://{LOOPBACK}:{port} - materialise the job `edition`; stop with Ctrl+C.")
    location = ["-m", "pipelines.definitions", "-d", str(paths.PROJECT)]
    where = ["--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
    quiet = ["-W", "ignore"]
    # The instance's own folder: in the project's, Dagster would warn that it does not use the dagster.yaml there.
    subprocess.run([sys.executable, *quiet, "-m", "dagster", "dev", *location, *where], cwd=output.history, check=False)
