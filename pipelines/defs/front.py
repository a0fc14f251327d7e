"""The page above the editions, from what the output folder holds."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.editions.state import EditionState
from pipelines.publishing.site import IndexEntry, index_page

STATES = {"draft": "Draft: not published", "published": "Published", "withdrawn": "Withdrawn"}


def write_index(states: Sequence[EditionState]) -> str:
    """The index page of the editions shown, the newest first. An edition that a correction replaces says so."""
    newest = {state.edition: state.version for state in states}
    return index_page(
        [
            IndexEntry(
                name=state.edition if state.version == 1 else f"{state.edition} (version {state.version})",
                address=f"{state.name}/index.html",
                state=STATES[state.status],
                invented=state.is_invented,
                note="" if state.version == newest[state.edition] else "A corrected version has replaced it.",
            )
            for state in reversed(states)
        ]
    )
