"""Sealing: a finished, staged edition gets its permissions and, last, its manifest.

What goes into an edition is the builder's business; where the sealed folder then goes is for `publication`.
"""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

from pipelines.editions.manifest import MANIFEST, ManifestFacts, walk_files, write_manifest
from pipelines.faults import MachineFault

PUBLIC = "public"
RESTRICTED = "restricted"
PAGES = f"{PUBLIC}/pages"

_OWNER_FOLDER, _OWNER_FILE = 0o700, 0o600
_OPEN_FOLDER, _OPEN_FILE = 0o755, 0o644


def seal_edition(folder: Path, facts: ManifestFacts) -> str:
    """Seal a staged edition folder (`public/`, `restricted/`); returns the sha256 of its manifest.

    Restricted files and the manifest become the owner's alone where the system knows owners; empty folders go,
    because a manifest cannot vouch for them.
    """
    try:
        for needed in (PUBLIC, RESTRICTED):
            if not (folder / needed).is_dir() or (folder / needed).is_symlink():
                raise MachineFault(f"The edition cannot be sealed: its folder {needed}/ is missing.")
        _remove_empty_folders(folder)
        sha256 = write_manifest(folder, facts)
        folder.chmod(_OPEN_FOLDER)
        (folder / MANIFEST).chmod(_OWNER_FILE)
        for entry in sorted(folder.rglob("*")):
            if entry.name == MANIFEST and entry.parent == folder:
                continue
            is_restricted = entry.relative_to(folder).parts[0] == RESTRICTED
            if entry.is_dir():
                entry.chmod(_OWNER_FOLDER if is_restricted else _OPEN_FOLDER)
            else:
                entry.chmod(_OWNER_FILE if is_restricted else _OPEN_FILE)
    except OSError as fault:
        raise MachineFault(f"The edition cannot be sealed: {fault.strerror or 'the disk refused'}.") from fault
    return sha256


def make_read_only(folder: Path) -> None:
    """Take the write permission from every file of a published edition.

    A guard against accidents, not the proof (that is the manifest): a file system without permissions is passed over.
    """
    for path, status in walk_files(folder):
        if stat.S_ISREG(status.st_mode):
            with contextlib.suppress(OSError):
                (folder / path).chmod(stat.S_IMODE(status.st_mode) & ~0o222)


def _remove_empty_folders(folder: Path) -> None:
    for entry in sorted(folder.rglob("*"), reverse=True):
        if entry.is_dir() and not entry.is_symlink() and not any(entry.iterdir()):
            entry.rmdir()
