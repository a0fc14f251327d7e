"""How a command speaks: messages for the person on standard error, results on standard output, JSON where it was asked for.

Colour is for terminals alone, and for nobody who sets NO_COLOR; no word depends on it.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any, TextIO

_COLOURS = {"sound": "32", "warning": "33", "fault": "31", "next": "36"}
_MARKS = {"sound": "ok", "warning": "warning", "fault": "FAULT"}


def choose_letters() -> None:
    """UTF-8 in files and pipes, whatever the code page of the machine; on a terminal that lacks a letter, ? in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_given = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if is_given else "utf-8", errors="replace")


def say(message: str) -> None:
    """A message for the person at the command, on standard error."""
    print(message, file=sys.stderr)


def say_next(step: str) -> None:
    """The step that comes after this one, as the last line."""
    print(f"{_coloured('Next:', 'next', sys.stderr)} {step}", file=sys.stderr)


def show_state(state: str, name: str, found: str, mend: str) -> None:
    """One thing that was looked at, on standard output: its state in a word, what was found and how to mend it."""
    mark = _coloured(f"{_MARKS[state]:<8}", state, sys.stdout)
    print(f"{mark}{name}: {found}" + (f"\n        {mend}" if mend else ""))


def print_json(result: Any) -> None:
    """A result as JSON, on standard output."""
    print(json.dumps(result, indent=2, ensure_ascii=False))


def _coloured(text: str, colour: str, stream: TextIO) -> str:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty()
    return text if plain else f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"
