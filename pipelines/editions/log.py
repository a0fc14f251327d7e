"""The record of what happened to editions, `editions.log`: one JSON object on each line, in the order it happened.

Reading it, and the bytes of a longer one, belong here; putting those bytes in place is for `switch`, so that the record
and the editions change together. It is never shortened or rewritten by the project.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pipelines.faults import MachineFault

EventKind = Literal["sealed", "approved", "published", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one version of an edition.

    `when` has an offset; `run_id` is the Dagster run or the command's own; `role` belongs to approvals; `reason` to
    corrections and withdrawals; `commit` is that of the code that sealed it, where it came from git, and whether it was
    clean; `withdrawal_sha256` is the hash of the withdrawal's own list of files, `meaning_sha256` of
    what was approved.
    """

    kind: EventKind
    when: datetime
    who: str
    edition: str
    version: int
    manifest_sha256: str
    run_id: str | None = None
    role: str | None = None
    reason: str | None = None
    withdrawal_sha256: str | None = None
    meaning_sha256: str | None = None
    commit: str | None = None


def read_log(path: Path) -> list[Event]:
    """The events of a log, oldest first; none where there is no log.

    A torn last line (power went while it was written) never happened. Any other line that cannot be read is a
    MachineFault: passing over it could make a published edition look like a draft.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as fault:
        raise MachineFault(f"{path.name} cannot be read: {fault.strerror or 'the disk refused'}.") from fault
    events = []
    for number, line in enumerate(_whole_lines(content), start=1):
        try:
            events.append(_read_event(json.loads(line.decode("utf-8"))))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise MachineFault(
                f"{path.name}, line {number}, cannot be read as an event. It has been changed since it was written: "
                "put the line back from a backup, then try again."
            ) from fault
    return events


def extend_log(path: Path, events: Sequence[Event]) -> bytes:
    """The bytes of the log with these events added. A torn last line is left behind."""
    read_log(path)  # a damaged record is not added to
    content = path.read_bytes() if path.exists() else b""
    return b"".join([*(line + b"\n" for line in _whole_lines(content)), *map(_write_event, events)])


def _whole_lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")[:-1]


def _write_event(event: Event) -> bytes:
    if event.when.tzinfo is None:
        raise ValueError("the moment of an event needs an offset")
    stated: dict[str, Any] = {
        "event": event.kind,
        "when": event.when.isoformat(timespec="seconds"),
        "who": event.who,
        "edition": event.edition,
        "version": event.version,
        "manifest_sha256": event.manifest_sha256,
        "run_id": event.run_id,
    }
    for key in ("role", "reason", "withdrawal_sha256", "meaning_sha256", "commit"):
        if (value := getattr(event, key)) is not None:
            stated[key] = value
    return json.dumps(stated, ensure_ascii=True).encode("ascii") + b"\n"


def _read_event(stated: dict[str, Any]) -> Event:
    if stated["event"] not in get_args(EventKind) or not isinstance(stated["version"], int):
        raise ValueError
    needed = ("who", "edition", "manifest_sha256")
    further = ("run_id", "role", "reason", "withdrawal_sha256", "meaning_sha256", "commit")
    if not all(isinstance(stated[key], str) for key in needed):
        raise ValueError
    if not all(isinstance(stated.get(key), str | None) for key in further):
        raise ValueError
    texts: dict[str, Any] = {key: stated.get(key) for key in (*needed, *further)}
    when = datetime.fromisoformat(stated["when"])
    return Event(kind=stated["event"], when=when, version=stated["version"], **texts)
