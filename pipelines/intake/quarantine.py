"""Keeps a file with personal data apart: moved out of our own folder of extracts, for its owner alone, and purged in time.

What personal data are is decided by the gate. A folder that somebody else named is theirs: nothing is moved out of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from pipelines import paths
from pipelines.faults import UsageFault
from pipelines.intake.files import QUARANTINED
from pipelines.intake.findings import Finding
from pipelines.intake.gate import Examination
from pipelines.intake.rules import PERSONAL_DATA

DAYS_VARIABLE = "STORYBOARD_QUARANTINE_DAYS"
DAYS = 30
"""How long a file is kept where the environment says nothing else."""
_RECORD = "findings.json"
_LOG = "purged.log"


def quarantine(
    examination: Examination,
    folder: Path,
    *,
    ours: Path = paths.DEFAULT_EXTRACTS,
    kept: Path = paths.QUARANTINE,
    today: date | None = None,
) -> list[str]:
    """Move each file of an edition's folder that holds personal data into `kept`, and say what became of it.

    In its place stays a note of its rules, so that the edition is not built as if the extract had never been there. Where
    the folder is not inside `ours`, or nothing can be moved, the file stays and the sentence says so.
    """
    said = []
    for extract, summary in examination.extracts.items():
        findings = [f for f in examination.findings if f.extract == extract and f.rule in PERSONAL_DATA]
        if not findings or not summary.sha256:
            continue
        if folder.parent.resolve() != ours.resolve():
            said.append(f"{extract} holds personal data and stays where it is. {_ADVICE}")
            continue
        try:
            _move(folder / summary.path_name, extract, summary.sha256, findings, kept, today or date.today())
        except OSError:
            said.append(f"{extract} holds personal data and could not be moved to {kept}. {_ADVICE}")
        else:
            said.append(
                f"{extract} holds personal data and was moved to {kept / summary.sha256}, which only you can open. "
                f"It is deleted there after {days_kept()} days."
            )
    return said


_ADVICE = "Move it where only those who must see it can, or delete it."


def _move(source: Path, extract: str, sha256: str, findings: Iterable[Finding], kept: Path, today: date) -> None:
    """Rename on one file system: there is never a second copy. Raises OSError with the file where it was."""
    with source.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise OSError("the file has changed since it was examined")
    place = kept / sha256
    for made in (kept, place):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
        made.chmod(0o700)
    note = {"extract": extract, "sha256": sha256, "kept_since": today.isoformat()}
    _write(place / _RECORD, {**note, "findings": [finding.as_json() for finding in findings]})
    _write(source.parent / f"{extract}{QUARANTINED}", {**note, "rules": sorted({f.rule for f in findings})})
    try:
        source.rename(place / source.name)
    except OSError:
        (source.parent / f"{extract}{QUARANTINED}").unlink()
        shutil.rmtree(place)
        raise
    (place / source.name).chmod(0o600)


def _write(path: Path, content: dict[str, object]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - from a descriptor
        file.write(json.dumps(content, indent=2) + "\n")


def purge(*, kept: Path = paths.QUARANTINE, today: date | None = None) -> int:
    """Delete what has been kept for long enough, with a line in the log for each. Returns how many files went.

    Raises UsageFault where the number of days is none; OSError where something may not be deleted.
    """
    if not kept.is_dir():
        return 0
    now = today or date.today()
    due = [place for place in sorted(kept.iterdir()) if place.is_dir() and _kept_since(place, now) <= now - _patience()]
    for place in due:
        shutil.rmtree(place)
        with (kept / _LOG).open("a", encoding="utf-8", newline="\n") as log:
            log.write(f"{now.isoformat()} {place.name}\n")
    return len(due)


def days_kept() -> int:
    """How many days a file is kept. Raises UsageFault where the environment gives no whole number."""
    days = os.environ.get(DAYS_VARIABLE, str(DAYS))
    if not (days.isascii() and days.isdigit()):
        raise UsageFault(f"{DAYS_VARIABLE} must be a number of days, such as {DAYS}.")
    return int(days)


def _patience() -> timedelta:
    return timedelta(days=days_kept())


def _kept_since(place: Path, today: date) -> date:
    """The day on which a file was put here; without a record that can be read, the day its folder was last changed."""
    try:
        return date.fromisoformat(json.loads((place / _RECORD).read_text("utf-8"))["kept_since"])
    except (OSError, ValueError, KeyError, TypeError):
        return min(today, date.fromtimestamp(place.stat().st_mtime))
