"""How much memory a build may take: what `storyboard.yml` says, in the environment of the command and of what it starts.

Who needs how much of it is said by who takes it: the gate, and DuckDB.
"""

from __future__ import annotations

import os

from pipelines.faults import UsageFault

VARIABLE = "STORYBOARD_MEMORY"
DEFAULT = 4
"""Gigabytes."""


def read_memory() -> int:
    """The bytes that a build may take. Raises UsageFault where the environment gives no whole number of gigabytes."""
    stated = os.environ.get(VARIABLE, str(DEFAULT))
    if not (stated.isascii() and stated.isdigit() and int(stated) > 0):
        raise UsageFault(f"{VARIABLE} must be a whole number of gigabytes, such as {DEFAULT}.")
    return int(stated) * 1_000_000_000
