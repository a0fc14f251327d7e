"""What can go wrong, told apart by who has to act; the command turns each into its exit status.

The text of a fault is a sentence for the analyst: what is wrong, where, and how to mend it; never a cell's value.
"""

from __future__ import annotations


class Fault(Exception):
    """A fault that is explained to the person at the command instead of shown as a traceback."""

    exit_status = 3


class DataFault(Fault):
    """The data needs attention."""

    exit_status = 1


class UsageFault(Fault):
    """The command was misused: an unknown edition, a name that is no edition."""

    exit_status = 2


class MachineFault(Fault):
    """The machine failed: disk, permission, another run holds the lock."""

    exit_status = 3
