"""Durable operations on files and folders: write, copy, sync, rename, exchange, remove.

Each does one thing to the disk and lets OSError through; what is done in which order, and undone, is for `switch`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM})


def make_folder(path: Path) -> None:
    """Make a folder and its parents, where they are not there yet."""
    path.mkdir(parents=True, exist_ok=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file; an existing one is an error."""
    with path.open("xb") as file:
        file.write(content)


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file to a new one, without its permissions and times."""
    shutil.copyfile(source, target, follow_symlinks=False)


def sync_file(path: Path | str) -> None:
    """Bring a file's bytes to the disk."""
    # Windows syncs only what is open for writing; elsewhere a read-only file must be synced too.
    descriptor = os.open(path, (os.O_RDWR | getattr(os, "O_BINARY", 0)) if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path | str) -> None:
    """Bring a folder's entries to the disk, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(path: Path) -> None:
    """Bring a whole tree, or one file, to the disk: files first, then the folders from the innermost outwards."""
    if not path.is_dir():
        sync_file(path)
        return
    folders = []
    for folder, _, names in os.walk(path):
        folders.append(folder)
        for name in names:
            sync_file(f"{folder}{os.sep}{name}")
    for inner in sorted(folders, key=lambda each: each.count(os.sep), reverse=True):
        sync_folder(inner)


def rename(source: Path, target: Path) -> None:
    """Move a file or folder to a name that is free, on the same file system."""
    source.rename(target)


def replace_file(source: Path, target: Path) -> None:
    """Move a file onto another one in one step."""
    source.replace(target)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one atomic step. False, with nothing done, where the system cannot."""
    call = _exchange_call()
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(one))


def remove_tree(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, read-only files too. Nothing there is no error."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path, onerror=_remove_read_only)


def free_bytes(path: Path) -> int:
    """How many bytes are free on the file system of an existing folder."""
    return shutil.disk_usage(path).free


def _exchange_call() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    call.restype = ctypes.c_int
    return call


def _remove_read_only(remove: Callable[..., Any], path: str, _fault: object) -> None:
    # Windows does not remove read-only files, and no system removes from a read-only folder.
    entry = Path(path)
    entry.parent.chmod(stat.S_IMODE(entry.parent.stat().st_mode) | stat.S_IRWXU)
    if not entry.is_symlink():
        entry.chmod(stat.S_IRWXU)
    remove(path)
