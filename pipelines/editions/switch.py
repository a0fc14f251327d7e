"""The switch: finished files and folders take their places in the output folder together, or not at all.

All is staged under `.incoming/` and synced; a journal then says what takes which place, and from that moment the next
command finishes what an interruption left. A failure met on the way is undone at once. What is switched is not known
here.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.editions import disk
from pipelines.editions.archive import Archive
from pipelines.editions.lock import hold_lock
from pipelines.editions.manifest import digest_file, walk_files
from pipelines.editions.seal import make_read_only
from pipelines.faults import MachineFault
from pipelines.paths import Output

AtStep = Callable[[str], None]
"""Called with the label of each step before it is taken; the tests stop the process there."""

_JOURNAL = "journal.json"


def go_on(_label: str) -> None:
    """The usual AtStep: nothing happens between the steps."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A staged file or folder and the place it takes: a path relative to the output folder, with slashes."""

    staged: Path
    target: str
    digest: str | None = None
    """What `tree_digest` says of it, where the caller has asked already."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One line of the journal. Paths are relative to the output folder."""

    target: str
    staged: str
    aside: str
    digest: str
    """Of what is to stand at the target when the step has been taken."""


@contextmanager
def staging(output: Output) -> Iterator[Path]:
    """A fresh folder on the output's own file system, in which the caller may finish trees before `switch`.

    The caller holds the lock and has called `recover`. Whatever is left of it when the block ends is removed, unless
    the journal still needs it.
    """
    is_new = not output.folder.exists()
    _refuse_links(output)
    try:
        with explained(output):
            disk.make_folder(output.incoming / "staged")
            output.incoming.chmod(0o700)  # restricted files wait in it
            yield output.incoming / "staged"
    finally:
        if not (output.incoming / _JOURNAL).exists():
            with contextlib.suppress(OSError):
                disk.remove_tree(output.incoming)
            for folder in (output.editions, *((output.folder,) if is_new else ())):
                with contextlib.suppress(OSError):
                    folder.rmdir()  # only where nothing is in it


def bring(source: Path, target: Path) -> None:
    """Move a finished tree into the staging folder, or copy and remove it where it lies on another file system."""
    try:
        disk.rename(source, target)
    except OSError as fault:
        if fault.errno != errno.EXDEV:
            raise
        copy_tree(source, target)
        for entry in (source, *source.rglob("*")):
            (target / entry.relative_to(source)).chmod(stat.S_IMODE(entry.stat().st_mode))
        disk.remove_tree(source)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree of plain files; links and pipes are refused."""
    disk.make_folder(target)
    for path, status in walk_files(source):
        if not stat.S_ISREG(status.st_mode):
            raise MachineFault(f"{source / path} is not a plain file, and is not copied.")
        disk.make_folder((target / path).parent)
        disk.copy_file(source / path, target / path)


def switch(
    output: Output,
    placements: Sequence[Placement],
    *,
    read_only: Sequence[str] = (),
    at_step: AtStep = go_on,
) -> None:
    """Put every staged file or folder in its place, in this order; the last one is what readers see.

    The caller holds the lock and staged everything inside `staging`. `read_only` names folders (relative to the output)
    whose files lose their write permission once all is in place. On OSError everything is undone and a MachineFault
    says so.
    """
    if not placements:
        return
    with explained(output):
        _refuse_links(output)
        steps = []
        for number, placement in enumerate(placements):
            at_step(f"sync {placement.target}")
            disk.sync_tree(placement.staged)
            steps.append(
                _Step(
                    placement.target,
                    placement.staged.relative_to(output.folder).as_posix(),
                    (output.incoming / f"aside-{number}").relative_to(output.folder).as_posix(),
                    placement.digest or _digest(placement.staged),
                )
            )
        for folder in {(output.folder / step.target).parent for step in steps}:
            disk.make_folder(folder)
        at_step("journal")
        _write_journal(output, steps, read_only)
        begun: list[_Step] = []
        try:
            for step in steps:
                at_step(step.target)
                begun.append(step)
                _take(output, step)
            disk.sync_folder(output.folder)
        except OSError:
            for step in reversed(begun):
                _undo(output, step)
            _remove_journal(output)
            raise
    at_step("read-only")
    for name in read_only:
        make_read_only(output.folder / name)
    at_step("close")
    # All is in place: a journal that cannot be removed now is closed by the next command.
    with contextlib.suppress(OSError):
        _remove_journal(output)
        at_step("clean")
        disk.remove_tree(output.incoming)


def recover(output: Output) -> bool:
    """Finish or undo what an interrupted command left. True where there was something. The caller holds the lock.

    Before the journal was complete nothing had changed, and the staged files go; from then on the steps are taken to
    their end.
    """
    if not output.incoming.exists() and not output.incoming.is_symlink():
        return False
    with explained(output):
        journal = output.incoming / _JOURNAL
        if not output.incoming.is_symlink() and journal.exists():
            steps, read_only = _read_journal(journal)
            for step in steps:
                target, staged = output.folder / step.target, output.folder / step.staged
                if target.exists() and _digest(target) == step.digest:
                    continue
                if not staged.exists() or _digest(staged) != step.digest:
                    raise MachineFault(
                        f"An interrupted run in {output.folder} cannot be finished: what was to become {step.target} "
                        "has been changed or removed since. Restore the folder from a backup, or build into a new one."
                    )
                _take(output, step)
            disk.sync_folder(output.folder)
            for name in read_only:
                make_read_only(output.folder / name)
            _remove_journal(output)
        disk.remove_tree(output.incoming)
        with contextlib.suppress(OSError):
            output.editions.rmdir()
        with contextlib.suppress(OSError):
            output.folder.rmdir()
    return True


@contextmanager
def work_in(output: Output) -> Iterator[None]:
    """How a command that writes begins: hold the lock, and finish or undo what was interrupted."""
    with hold_lock(output):
        recover(output)
        _sweep(output)
        yield


def settle(output: Output) -> None:
    """How a command that only reads begins: finish or undo an interrupted run, if nobody is at work."""
    if output.incoming.exists() or _list_leftovers(output):
        with contextlib.suppress(MachineFault), hold_lock(output):
            recover(output)
            _sweep(output)


def _sweep(output: Output) -> None:
    """Remove what a killed run left: its folder of rows, and files that it had begun to write. The lock is held: nobody works."""
    for left in _list_leftovers(output):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    with contextlib.suppress(MachineFault):  # a record that cannot be read is told by the command that needs it
        Archive(output.archive).destroy_recorded()


def _list_leftovers(output: Output) -> list[Path]:
    return [
        *(output.work.iterdir() if output.work.is_dir() else ()),
        *output.archive.glob(".*.new"),
        *output.beside.glob("*.new"),
        *output.approvals.glob("*.new"),
        *output.handed_out.rglob("*.new"),
        *output.working.rglob(".*.new"),
    ]


def tree_digest(path: Path) -> str | None:
    """One sha256 over the paths and bytes of a file or of a folder's files; None where there is nothing."""
    return _digest(path) if path.exists() else None


def _take(output: Output, step: _Step) -> None:
    target, staged, aside = (output.folder / path for path in (step.target, step.staged, step.aside))
    if not target.exists():
        disk.rename(staged, target)
    elif not disk.exchange(staged, target):
        # Two renames, where the system has no exchange: for a moment nothing is at the target, never a mixture.
        disk.rename(target, aside)
        disk.rename(staged, target)
    disk.sync_folder(target.parent)
    disk.sync_folder(staged.parent)


def _undo(output: Output, step: _Step) -> None:
    target, staged, aside = (output.folder / path for path in (step.target, step.staged, step.aside))
    if aside.exists():
        if target.exists():
            disk.rename(target, staged)
        disk.rename(aside, target)
    elif not target.exists() or _digest(target) != step.digest:
        return
    elif staged.exists():
        disk.exchange(staged, target)
    else:
        disk.rename(target, staged)
    disk.sync_folder(target.parent)


def _write_journal(output: Output, steps: Sequence[_Step], read_only: Sequence[str]) -> None:
    stated = {
        "steps": [{"target": s.target, "staged": s.staged, "aside": s.aside, "digest": s.digest} for s in steps],
        "read_only": list(read_only),
    }
    journal = output.incoming / _JOURNAL
    draft = output.incoming / f"{_JOURNAL}.new"
    disk.write_file(draft, json.dumps(stated, indent=1).encode("ascii"))
    disk.sync_file(draft)
    disk.sync_folder(output.incoming)
    disk.sync_folder(output.folder)
    disk.replace_file(draft, journal)
    try:
        disk.sync_folder(output.incoming)
    except OSError:
        _remove_journal(output)
        raise


def _read_journal(journal: Path) -> tuple[list[_Step], list[str]]:
    try:
        stated: Any = json.loads(journal.read_bytes())
        return [_Step(**step) for step in stated["steps"]], [str(name) for name in stated["read_only"]]
    except (ValueError, KeyError, TypeError) as fault:
        raise MachineFault(
            f"The journal of an interrupted run cannot be read ({journal}). Restore the output folder from a backup, "
            "or build into a new one."
        ) from fault


def _remove_journal(output: Output) -> None:
    (output.incoming / _JOURNAL).unlink(missing_ok=True)
    disk.sync_folder(output.incoming)


def _digest(path: Path) -> str:
    if not path.is_dir():
        return digest_file(path)
    digest = hashlib.sha256()
    for name, _ in walk_files(path):
        digest.update(f"{digest_file(f'{path}/{name}')} {name}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _refuse_links(output: Output) -> None:
    # A link in one of these places would be moved about, or written through, instead of the folder it points to.
    for place in (
        output.site,
        output.release,
        output.editions,
        output.log,
        output.incoming,
        output.working,
        output.papers,
    ):
        if place.is_symlink():
            raise MachineFault(
                f"{place} is a link. Put a plain folder or file in its place, or choose another output folder."
            )


@contextmanager
def explained(output: Output) -> Iterator[None]:
    """Turn an OSError of the block into a MachineFault that says what stands and what to do."""
    try:
        yield
    except PermissionError as fault:
        # Windows neither moves nor replaces what another program has open.
        raise MachineFault(
            f"A file in {output.folder} may not be moved or replaced ({fault.strerror or fault}). It may be open in Word, Excel "
            "or a browser: close it there, or see to the permission. What was there before still stands. Then try again."
        ) from fault
    except OSError as fault:
        raise MachineFault(
            f"The disk refused while files were put in place in {output.folder} ({fault.strerror or fault}). "
            "What was there before still stands, or the next command puts it right. See to the disk, then try again."
        ) from fault
