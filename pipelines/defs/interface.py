"""Serves the Dagster UI over one output folder's history: on this machine alone, because it asks nobody who they are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipelines import paths
from pipelines.defs.books import hold_several
from pipelines.defs.checking import choose_authority
from pipelines.defs.history import SEVERAL, know_editions, prepare_history, tell_code_location
from pipelines.defs.manifest import ensure_manifest
from pipelines.editions.switch import settle
from pipelines.faults import MachineFault, UsageFault
from pipelines.intake.authorities import list_authorities
from pipelines.intake.calendar import read_calendar
from pipelines.paths import Output

LOOPBACK = "127.0.0.1"
_THIS_MACHINE = (LOOPBACK, "localhost")


def serve(
    extracts: Path,
    output: Output,
    *,
    encoding: str,
    port: int,
    say: Callable[[str], None],
    host: str = LOOPBACK,
    through: str = "duckdb",
) -> None:
    """Runs `dagster dev` until it is interrupted. Every edition with its folder of extracts is a partition.

    Raises UsageFault for any host but this machine, MachineFault where the port is taken.
    """
    if host not in _THIS_MACHINE:
        raise UsageFault(
            "The Dagster UI asks nobody who they are, so it is served to this machine alone: "
            f"leave --host out, or give {LOOPBACK}. From elsewhere, use a tunnel of ssh."
        )
    _refuse_taken_port(port)
    settle(output)
    tell_code_location(extracts=extracts, output=output, encoding=encoding, through=through)
    prepare_history(output)
    ensure_manifest()
    names = [name for name in read_calendar(extracts) if (extracts / name).is_dir()]
    several = hold_several(output) or any(
        len(list_authorities(extracts / name, encoding=encoding, authority=choose_authority())) > 1 for name in names
    )
    if several:
        os.environ[SEVERAL] = "true"
    know_editions(names, output, several=several)
    say(f"The Dagster UI: http://{LOOPBACK}:{port} - materialise the job `edition`; stop with Ctrl+C.")
    location = ["-m", "pipelines.definitions", "-d", str(paths.PROJECT)]
    where = ["--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
    quiet = ["-W", "ignore"]
    # The instance's own folder: in the project's, Dagster would warn that it does not use the dagster.yaml there.
    command = [sys.executable, *quiet, "-m", "dagster", "dev", *location, *where]
    _run_until_stopped(subprocess.Popen(command, cwd=output.history))


def _run_until_stopped(dagster: subprocess.Popen[bytes]) -> None:
    """Waits for Dagster. Whatever ends this process ends Dagster too, which closes its web server, daemon and code location."""

    def stop(*_: object) -> None:
        # On an interrupt it takes its own processes down; on anything else it leaves them behind.
        dagster.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        dagster.wait()
    except KeyboardInterrupt:
        # A terminal sends it to both.
        dagster.wait()
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError as fault:
            raise MachineFault(
                f"Port {port} of this machine is taken, perhaps by another `storyboard ui`. Stop that one, or give --port."
            ) from fault
