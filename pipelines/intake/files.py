"""What lies in an edition's folder, and the bytes of its plain files, each read once and hashed.

Everything later works on these bytes, so that a file cannot be one thing when checked and another when used.
What the bytes say belongs elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pipelines.faults import MachineFault
from pipelines.intake.findings import Findings
from pipelines.intake.schemas import EXTRACTS
from pipelines.memory import read_memory
from pipelines.paths import OWN_TEMPLATE

FORMATS = (".csv", ".xlsx", ".parquet")
SAMPLE_MARKER = "SAMPLE.txt"
"""The file that says that a folder's extracts are invented."""
EXPLANATIONS = "explanations.yml"
"""What is said of queries, kept beside the extracts that they are about."""
KNOWN_FILES = frozenset({SAMPLE_MARKER, EXPLANATIONS, OWN_TEMPLATE})
"""Files that may lie beside extracts without being asked about."""
QUARANTINED = ".quarantined.json"
"""Ends the name of the note that stays where an extract was moved into quarantine."""
OPEN_IN_EXCEL = "~$"
"""Begins the name of the file that Excel keeps beside a workbook while it is open."""
PUBLISHED_STATISTICS = "published_statistics*.csv"
REVIEWS = ("register-review*.xlsx", "interview-review*.xlsx")
"""Workbooks of reviews that were held, filled in and signed."""
LARGEST_FILE = 16 << 30
"""Less where the memory of a build is less: a file may take half of it."""
"""In bytes."""

_EDITION = re.compile("[0-9]{4}")
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class PlainFile:
    """One file as it was when it was read."""

    name: str
    content: bytes
    sha256: str

    def forget(self) -> None:
        """Let go of the bytes, which have been read: beside the rows there may be no room for them."""
        object.__setattr__(self, "content", b"")


@dataclass(frozen=True)
class Folder:
    """What an edition's folder holds, by name: extracts, the department's files, and names that are neither."""

    extracts: dict[str, tuple[str, ...]]
    """Extract -> the names of its files: one, unless something is wrong."""
    published: tuple[str, ...]
    others: tuple[str, ...]
    quarantined: tuple[str, ...]
    """Extracts that were moved into quarantine and have not come back since."""
    is_sample: bool


def is_folder(path: Path) -> bool:
    """Whether there is such a folder. Raises MachineFault when that may not be known."""
    try:
        return path.is_dir()
    except OSError:
        raise MachineFault(f"The folder {path} cannot be read. Check that you may open it.") from None


def find_previous(folder: Path) -> Path | None:
    """The folder of the nearest earlier edition beside this one, or None. Folders of editions are named after years."""
    if not folder.parent.is_dir():
        return None
    named = (entry for entry in folder.parent.iterdir() if _EDITION.fullmatch(entry.name) and entry.name < folder.name)
    return max((entry for entry in named if entry.is_dir()), default=None)


def list_folder(folder: Path) -> Folder:
    """Sort the names in a folder. Nothing is opened. Raises MachineFault when the folder cannot be listed."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        raise MachineFault(f"The folder {folder} cannot be read. Check that you may open it.") from None
    extracts: dict[str, tuple[str, ...]] = {}
    published, others, moved = [], [], []
    for name in names:
        stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
        if stem in EXTRACTS and suffix in FORMATS:
            extracts[stem] = (*extracts.get(stem, ()), name)
        elif fnmatchcase(name, PUBLISHED_STATISTICS) and name.isprintable():
            published.append(name)
        elif name.endswith(QUARANTINED) and name.removesuffix(QUARANTINED) in EXTRACTS:
            moved.append(name.removesuffix(QUARANTINED))
        elif name not in KNOWN_FILES and not any(fnmatchcase(name, each) for each in REVIEWS):
            others.append(name)
    ordered = {extract: extracts[extract] for extract in EXTRACTS if extract in extracts}
    gone = tuple(extract for extract in moved if extract not in extracts)
    return Folder(ordered, tuple(published), tuple(others), gone, SAMPLE_MARKER in names)


def read_plain_file(path: Path, extract: str, findings: Findings) -> PlainFile | None:
    """Read one plain file whole. Links, pipes, folders, empty, huge and still-growing files become findings and None.

    Raises MachineFault when a plain file may not be read.
    """
    try:
        kind = _kind_of(os.lstat(path))
        if kind:
            findings.add("not_a_plain_file", extract, kind=kind)
            return None
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - from a descriptor
            before = os.fstat(descriptor)
            kind = _kind_of(before)
            if kind:
                findings.add("not_a_plain_file", extract, kind=kind)
                return None
            largest = min(LARGEST_FILE, read_memory() // 2)
            if before.st_size > largest:
                findings.add("file_too_large", extract, limit=f"{largest / 1e9:.0f} GB")
                return None
            content = file.read(largest + 1)
            after = os.fstat(descriptor)
    except OSError:
        if _is_open_in_excel(path):
            raise MachineFault(f"{path.name} is open in Excel. Close it there, then run again.") from None
        raise MachineFault(f"{path} cannot be read. Check that you may open it and that the disk is sound.") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        findings.add("file_changing", extract)
        return None
    if not content:
        findings.add("empty_file", extract)
        return None
    return PlainFile(path.name, content, hashlib.sha256(content).hexdigest())


def _is_open_in_excel(path: Path) -> bool:
    """While a workbook is open, Excel keeps a hidden file beside it that says who has it; Windows lets nobody else read it."""
    return path.with_name(f"{OPEN_IN_EXCEL}{path.name}").exists()


def _kind_of(status: os.stat_result) -> str | None:
    """What the entry is, in words, where it is not a plain file of its own."""
    if stat.S_ISLNK(status.st_mode):
        return "a link"
    if stat.S_ISDIR(status.st_mode):
        return "a folder"
    if stat.S_ISFIFO(status.st_mode):
        return "a pipe"
    if not stat.S_ISREG(status.st_mode):
        return "a device or a socket"
    return "a hard link to another file" if status.st_nlink > 1 else None
