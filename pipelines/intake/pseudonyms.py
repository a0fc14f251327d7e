"""Keyed pseudonyms: one for a child in every extract and edition; without the key nobody can say whose.

Where the key lies is decided elsewhere; it is never written into a folder of extracts.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from pipelines.faults import DataFault, MachineFault

_KEY_BYTES = 32
_LENGTH = 32
"""Hexadecimal digits of a pseudonym: 128 bits, so that two children never share one."""


class Pseudonyms:
    """Turns identifiers into pseudonyms with one key (HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_child(self, identifier: str) -> str:
        """The pseudonym of a child."""
        return self._digest("child", identifier)

    def of_record(self, *parts: str) -> str:
        """The pseudonym of a record that has no identifier of its own, from what makes it that record."""
        return self._digest("record", *parts)

    def _digest(self, *parts: str) -> str:
        message = "\x1f".join(parts).encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:_LENGTH]


def read_or_make_key(path: Path) -> tuple[bytes, bool]:
    """The key in a file, and whether it was made just now (readable by its owner alone).

    Raises DataFault when the file is no key, or others may read it; MachineFault when it cannot be read or made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _read_key(path), False
    except OSError as problem:
        raise MachineFault(f"The key file {path} cannot be made: {problem.strerror}.") from None
    key = secrets.token_bytes(_KEY_BYTES)
    with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - from a descriptor that is the owner's alone
        file.write(key.hex() + "\n")
    return key, True


def _read_key(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > 1024:
            raise DataFault(f"{path} is not a key file. Name another with --key, or move it away to have one made.")
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except OSError as problem:
        raise MachineFault(f"The key file {path} cannot be read: {problem.strerror}.") from None
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise DataFault(f"{path} is not a key file. Name another with --key, or move it away to have one made.")
    if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise DataFault(f"Others may read the key file {path}. Make it yours alone first: chmod 600 {path}")
    return key
