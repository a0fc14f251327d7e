"""Whether `site/` still is what was put together from the editions, told by hashes alone, without putting it together again.

The record lies beside the output folder. Without it, or where anything differs, the site is simply made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple

from pipelines.editions.manifest import Code
from pipelines.editions.state import EditionState
from pipelines.editions.switch import tree_digest
from pipelines.paths import Output


def note_site(output: Output, states: Iterable[EditionState], code: Code) -> None:
    """Record that the site which is there now was put together from these editions by this code."""
    noted = json.dumps({"made_of": _key(states, code), "site": tree_digest(output.site)})
    with contextlib.suppress(OSError):  # it only saves time
        output.site_record.write_text(noted, "utf-8")


def stands(output: Output, states: Iterable[EditionState], code: Code) -> bool:
    """Whether the site is there, unchanged, and made from these editions as they now stand, by this code."""
    try:
        noted = json.loads(output.site_record.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(noted == {"made_of": _key(states, code), "site": tree_digest(output.site)})


def _key(states: Iterable[EditionState], code: Code) -> str:
    stated = json.dumps([astuple(code), *(astuple(state) for state in states)])
    return hashlib.sha256(stated.encode()).hexdigest()
