"""`storyboard`, and `python -m pipelines`: the command in a process of its own, which ends when the command has."""

from __future__ import annotations

import atexit
import os
import sys

from pipelines.cli import main


def run() -> None:
    """Runs the command and ends the process with its status.

    Python would take down object by object all that was imported, a second of CPU after a build. What others registered for
    the end of the process is done: ours comes first, and so runs last.
    """
    ended: list[int] = []
    atexit.register(_leave, ended)
    try:
        main()
    except SystemExit as leaving:
        if isinstance(leaving.code, int):
            ended.append(leaving.code)
        raise


def _leave(ended: list[int]) -> None:
    if not ended:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # Python says so itself, with a status of its own
    os._exit(ended[0])


if __name__ == "__main__":
    run()
