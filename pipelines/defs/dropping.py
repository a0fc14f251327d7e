"""The drop folder: extracts that are put there become a draft by themselves, where somebody has switched its sensor on.

A folder is taken when nothing in it has changed for a while; the same content never runs twice; a person publishes.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from pipelines.defs.automation import edition
from pipelines.defs.configuration import read_from_environment
from pipelines.defs.workspace import DROPPED_TAG, EDITIONS
from pipelines.editions.manifest import digest_file
from pipelines.intake.calendar import read_calendar

_EVERY = 30
"""Seconds between two looks."""


@dataclass(frozen=True)
class Seen:
    """One edition's folder as it was last seen: what lay there, since when it has not changed, what was run last."""

    listing: str
    since: float
    taken: str = ""


def look(folder: Path, names: list[str], seen: dict[str, Seen], now: float, settle_seconds: float) -> dict[str, Seen]:
    """The folders of editions as they are now; `taken` is new where the content has settled and was not run before.

    A file that cannot be read yet, because somebody is still writing or has it open, has not settled.
    """
    found = {}
    for name in names:
        try:
            listing = _list(folder / name)
        except OSError:
            continue
        before = seen.get(name, Seen("", now))
        current = Seen(listing, before.since if listing == before.listing else now, before.taken)
        if listing and now - current.since >= settle_seconds:
            try:
                content = _digest(folder / name)
            except OSError:
                continue
            # Whatever was changed while it was read has not settled either.
            if _list(folder / name) == listing:
                current = Seen(listing, current.since, content)
        found[name] = current
    return found


def _list(folder: Path) -> str:
    """Names, sizes and times: whether something moves. What it is worth is decided by the content."""
    entries = sorted(entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith((".", "~$")))
    states = [(entry.name, entry.stat()) for entry in entries]
    return json.dumps([[name, state.st_size, state.st_mtime_ns] for name, state in states]) if states else ""


def _digest(folder: Path) -> str:
    entries = sorted(entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith((".", "~$")))
    told = "".join(f"{digest_file(entry)} {entry.name}\n" for entry in entries)
    return hashlib.sha256(told.encode()).hexdigest()


@dg.sensor(
    job=edition,
    minimum_interval_seconds=_EVERY,
    description="Builds a draft of each edition whose extracts in the drop folder are new and have settled. Off at first.",
)
def drop_folder(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    settings = read_from_environment().drop_folder
    if settings is None:
        return dg.SkipReason("storyboard.yml names no drop_folder.")
    folder = settings.folder
    if not folder.is_dir():
        return dg.SkipReason(f"There is no folder {folder}.")
    before = {name: Seen(*stated) for name, stated in json.loads(context.cursor or "{}").items()}
    names = [name for name in read_calendar(folder) if (folder / name).is_dir()]
    now = look(folder, names, before, time.time(), settings.settle_seconds)
    new = [name for name, seen in now.items() if seen.taken and seen.taken != before.get(name, Seen("", 0)).taken]
    return dg.SensorResult(
        run_requests=[
            # Dagster starts no second run of the same key, whatever becomes of the cursor.
            dg.RunRequest(run_key=f"{name}-{now[name].taken}", partition_key=name, tags={DROPPED_TAG: "true"})
            for name in new
        ],
        dynamic_partitions_requests=[EDITIONS.build_add_request(new)] if new else [],
        cursor=json.dumps({name: [seen.listing, seen.since, seen.taken] for name, seen in now.items()}),
    )
