"""One writer at a time: the lock of an output folder, held by the operating system and freed by it when the holder
dies.

The lock file lies beside the output folder, so that a run that comes to nothing leaves the output untouched; it
stays, empty.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.faults import MachineFault
from pipelines.paths import Output


@contextmanager
def hold_lock(output: Output) -> Iterator[None]:
    """Hold the output's lock for as long as the block runs. Where another process holds it: MachineFault, at once."""
    try:
        output.lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(output.lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as fault:
        raise MachineFault(
            f"The folder {output.folder.parent} cannot be written to ({fault.strerror}). "
            "Choose another output folder, or ask for permission to write there."
        ) from fault
    try:
        if not _take(descriptor):
            raise MachineFault(
                f"Another run is working in this folder ({output.folder}). Wait until it has finished, then try again."
            )
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import errno
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            if fault.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise MachineFault(f"The folder cannot be locked: {fault.strerror}.") from fault
        return True
