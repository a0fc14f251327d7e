"""How a command speaks: messages for the person on standard error, results on standard output, JSON where it was asked for."""

from __future__ import annotations

import json
import sys
from typing import Any


def say(message: str) -> None:
    """A message for the person at the command, on standard error."""
    print(message, file=sys.stderr)


def print_json(result: Any) -> None:
    """A result as JSON, on standard output."""
    print(json.dumps(result, indent=2, ensure_ascii=False))
