"""The archive of extracts: each file once, under its sha256, for its owner alone, until its destroy-by date; with a record.

Keeping, finding and destroying files belong here. Which files an edition was made of is in the edition; how long they are
kept is given by the caller, who also passes in the day and the person.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.editions import disk
from pipelines.editions.manifest import digest_file
from pipelines.faults import DataFault, MachineFault

RECORD = "archive.log"
"""One JSON object on each line: what was archived or destroyed, when, by whom, for which edition, under which rule."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the archive, or what became of it. `destroyed_on` is None while it is kept."""

    sha256: str
    editions: tuple[str, ...]
    destroy_by: date
    rule: str
    destroyed_on: date | None = None


@dataclass(frozen=True)
class Archive:
    """One archive folder. Nothing is there until something is archived."""

    folder: Path

    def find(self, sha256: str) -> Path | None:
        """The file with this sha256, None where it is not there. One that is no longer what its name says is a MachineFault."""
        path = self.folder / sha256
        if not path.is_file() or path.is_symlink():
            return None
        if digest_file(path) != sha256:
            raise MachineFault(
                f"{path} has been changed: it is no longer what its name says. Restore it from a backup."
            )
        return path

    def keep(
        self, source: Path, sha256: str, *, edition: str, destroy_by: date, rule: str, who: str, when: datetime
    ) -> None:
        """Copy a file into the archive, or lengthen the time of one that is there. Other bytes than were hashed: DataFault."""
        self._make()
        target = self.folder / sha256
        known = self.read_record().get(sha256)
        stated = {
            "event": "archived",
            "sha256": sha256,
            "edition": edition,
            "destroy_by": destroy_by.isoformat(),
            "rule": rule,
            "who": who,
            "when": when.isoformat(timespec="seconds"),
        }
        if not target.is_file():
            draft = self.folder / f".{sha256}.new"
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as into:
                into.write(source.read_bytes())
                into.flush()
                os.fsync(into.fileno())
            if digest_file(draft) != sha256:
                draft.unlink()
                raise DataFault(f"{source.name} was changed while the edition was built from it. Build again.")
            # Recorded first: a file that is kept without a record would never be destroyed.
            self._record(stated)
            disk.replace_file(draft, target)
            disk.sync_folder(self.folder)
        elif not (
            known and known.destroyed_on is None and known.destroy_by >= destroy_by and edition in known.editions
        ):
            self._record(stated)

    def dispose(self, *, who: str, when: datetime) -> list[Kept]:
        """Destroy every file whose destroy-by date has passed, and record each; returns them. The others stay."""
        due = [
            kept for kept in self.read_record().values() if kept.destroyed_on is None and kept.destroy_by < when.date()
        ]
        for kept in due:
            # Recorded first: a file that is gone without a record could not be told from one that was lost.
            self._record(
                {
                    "event": "destroyed",
                    "sha256": kept.sha256,
                    "rule": kept.rule,
                    "who": who,
                    "when": when.isoformat(timespec="seconds"),
                }
            )
        self.destroy_recorded()
        return due

    def destroy_recorded(self) -> None:
        """Remove what the record says is destroyed, where an interruption came between the record and the file."""
        left = [
            self.folder / kept.sha256
            for kept in self.read_record().values()
            if kept.destroyed_on is not None and (self.folder / kept.sha256).exists()
        ]
        for path in left:
            path.unlink()
        if left:
            disk.sync_folder(self.folder)

    def read_record(self) -> dict[str, Kept]:
        """All that was ever archived, by sha256, in the order in which it first came."""
        found: dict[str, Kept] = {}
        for line in self._lines():
            sha256 = line["sha256"]
            before = found.get(sha256)
            day = datetime.fromisoformat(line["when"]).date()
            if line["event"] == "destroyed" and before is not None:
                found[sha256] = Kept(sha256, before.editions, before.destroy_by, line["rule"], day)
            elif line["event"] == "archived":
                until = date.fromisoformat(line["destroy_by"])
                editions = before.editions if before else ()
                if before is not None and before.destroyed_on is None:
                    until = max(until, before.destroy_by)
                if line["edition"] not in editions:
                    editions = (*editions, line["edition"])
                found[sha256] = Kept(sha256, editions, until, line["rule"])
        return found

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        path = self.folder / RECORD
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return
        for number, line in enumerate(content.split(b"\n")[:-1], start=1):
            try:
                stated = json.loads(line)
                if not {"event", "sha256", "rule", "when"} <= set(stated):
                    raise ValueError
            except (ValueError, TypeError) as fault:
                raise MachineFault(
                    f"{path}, line {number}, cannot be read. Put the line back from a backup, then try again."
                ) from fault
            yield stated

    def _record(self, stated: Mapping[str, Any]) -> None:
        path = self.folder / RECORD
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            # A torn last line (power went while it was written) never happened: the next one takes its place.
            file.seek(file.read().rfind(b"\n") + 1)
            file.truncate()
            file.write(json.dumps(stated, ensure_ascii=True).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _make(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
