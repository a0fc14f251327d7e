"""What the gate has just found, kept in this process for the run that follows, so that no extract is checked twice.

By the content of all that the gate looked at. Nothing is written, and nothing outlives the command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.editions.manifest import digest_file
from pipelines.figures import Edition, Period
from pipelines.memory import read_memory

if TYPE_CHECKING:
    from pipelines.intake.gate import Examination

_SHARE_OF_MEMORY = 0.1
"""What the rows of other editions may take of it, beside those of the edition at hand."""


@dataclass(frozen=True)
class _Input:
    """All that decides what the gate finds, but for its code: a process has but one."""

    edition: str
    periods: tuple[tuple[str, Period], ...]
    encoding: str
    authority: str
    files: tuple[tuple[str, int, int, str], ...]
    """Of each: its name, its kind, how many links lead to it, its sha256."""


class _Kept:
    """The examinations that nobody has asked for yet."""

    def __init__(self) -> None:
        self._found: dict[_Input, Examination] = {}

    def add(self, looked_at: _Input, examination: Examination) -> None:
        read = {name: sha256 for name, _, _, sha256 in looked_at.files}
        # Nothing is kept of a file that changed meanwhile.
        if all(summary.sha256 == read.get(summary.path_name) for summary in examination.extracts.values()):
            self._found[looked_at] = examination

    def take(self, looked_at: _Input) -> Examination | None:
        return self._found.pop(looked_at, None)

    def make_room(self) -> None:
        """Let go of what would leave too little memory to the edition at hand."""
        from pipelines.intake.parquet import BYTES_OF_A_ROW

        rows = sum(extract.rows for each in self._found.values() for extract in each.checked.values())
        if rows * BYTES_OF_A_ROW > read_memory() * _SHARE_OF_MEMORY:
            self._found.clear()


_KEPT: ContextVar[_Kept | None] = ContextVar("examinations that were kept", default=None)


@contextmanager
def keeping_examinations() -> Iterator[None]:
    """What the gate admits meanwhile is kept until it is asked for again."""
    token = _KEPT.set(_Kept())
    try:
        yield
    finally:
        _KEPT.reset(token)


def examine_and_keep(folder: Path, edition: Edition, *, encoding: str, authority: str) -> Examination:
    """As the gate's `examine`; what it admits is kept."""
    from pipelines.intake.gate import examine

    kept = _KEPT.get()
    if kept is None:
        return examine(folder, edition, encoding=encoding, authority=authority)
    kept.make_room()
    looked_at = _describe(folder, edition, encoding, authority)
    examination = examine(folder, edition, encoding=encoding, authority=authority)
    if looked_at is not None and examination.ok:
        kept.add(looked_at, examination)
    return examination


def examine_once(folder: Path, edition: Edition, *, encoding: str, authority: str) -> Examination:
    """What the gate found in the very same input before, and keeps no longer; else what it finds now."""
    from pipelines.intake.gate import examine

    kept = _KEPT.get()
    looked_at = _describe(folder, edition, encoding, authority) if kept is not None else None
    found = kept.take(looked_at) if kept is not None and looked_at is not None else None
    if kept is not None:
        kept.make_room()
    return found if found is not None else examine(folder, edition, encoding=encoding, authority=authority)


def _describe(folder: Path, edition: Edition, encoding: str, authority: str) -> _Input | None:
    """None where not all can be read: the gate says what is wrong."""
    try:
        files = []
        for file in sorted(folder.iterdir()):
            status = file.lstat()
            files.append((file.name, status.st_mode, status.st_nlink, digest_file(file) if file.is_file() else ""))
    except OSError:
        return None
    return _Input(edition.name, tuple(sorted(edition.periods.items())), encoding, authority, tuple(files))
