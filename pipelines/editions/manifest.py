"""The manifest of an edition, `edition.json`: what it is, what it was made from, and the sha256 of each of its files.

Writing and reading that one file belong here. It says nothing of when, by whom or in which run (that is in
editions.log), so that the same input gives the same bytes. Whether the files still agree with it is for `verify`.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines.faults import MachineFault

MANIFEST = "edition.json"
MANIFEST_FORMAT = 1
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Policy:
    """The protection applied: `threshold` hides 1 to threshold - 1, `base` is what counts are rounded to."""

    threshold: int
    base: int


@dataclass(frozen=True, slots=True)
class SealedExtract:
    """One extract that the edition was made from. Counts are rows of the file, the header not among them."""

    name: str
    sha256: str
    rows: int
    kept: int
    out_of_period: int
    file: str = ""
    """Its name in the folder of extracts."""
    period_start: str | None = None
    """ISO days; None for an extract that has no period."""
    period_end: str | None = None
    by_rule: Mapping[str, int] = field(default_factory=dict)
    """How many rows or cells each rule of the gate asks about. A sealed edition has no errors: these are queries."""


@dataclass(frozen=True, slots=True)
class Code:
    """The code that made the edition: the project's version and the sha256 of its sources."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed edition, pointed at: the previous one, or the version that this one corrects."""

    edition: str
    version: int
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """All that a manifest states besides its files."""

    edition: str
    version: int
    policy: Policy
    extracts: Sequence[SealedExtract]
    code: Code
    inputs: str
    """One sha256 over everything that was put in (see `digest_inputs`). The code is no part of it."""
    previous: Sealed | None = None
    corrects: Sealed | None = None
    is_invented: bool = False
    further: Mapping[str, Any] = field(default_factory=dict)
    """Further facts in JSON's own types, under keys of their own: tool versions, the audit's summary."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read: its facts, its files by path (relative, with slashes) and the sha256 of its own bytes."""

    facts: ManifestFacts
    files: Mapping[str, str]
    sha256: str
    is_intact: bool
    """Whether its bytes are those that were sealed, as far as the file itself can tell."""

    @property
    def sealed(self) -> Sealed:
        """How another edition points at this one."""
        return Sealed(self.facts.edition, self.facts.version, self.sha256)


class BrokenManifestError(Exception):
    """`edition.json` is there and is not a manifest. The text says what is wrong with it."""


def digest_inputs(inputs: Mapping[str, str]) -> str:
    """One sha256 over named inputs: the extracts' hashes, the calendar's rows, the encoding, the policy; not code."""
    return hashlib.sha256(json.dumps(dict(inputs), ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()


def digest_file(path: Path | str) -> str:
    """The sha256 of a plain file, read in blocks. A link is not followed: OSError."""
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def walk_files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every entry below a folder, folders apart: its path with slashes, sorted, and its status. Follows no link."""
    yield from ((path, status) for path, status in walk(folder) if not stat.S_ISDIR(status.st_mode))


def walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The same with the folders."""
    found: list[tuple[str, os.stat_result]] = []
    waiting = [("", os.fspath(folder))]
    while waiting:
        before, current = waiting.pop()
        with os.scandir(current) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append((f"{before}{entry.name}/", entry.path))
                found.append((before + entry.name, status))
    yield from sorted(found, key=lambda item: item[0])


def write_manifest(folder: Path, facts: ManifestFacts) -> str:
    """Write `edition.json` over every file of the folder but itself; returns the sha256 of its bytes.

    Sorted, LF, UTF-8: the same files and facts give the same bytes. A link, pipe or unnameable file is a MachineFault.
    """
    files: dict[str, str] = {}
    for path, status in walk_files(folder):
        if path == MANIFEST:
            continue
        if not stat.S_ISREG(status.st_mode):
            raise MachineFault(f"The edition cannot be sealed: {show_path(path)} is not a plain file.")
        if show_path(path) != path:
            raise MachineFault(f"The edition cannot be sealed: the name of {show_path(path)} is not plain text.")
        files[path] = digest_file(folder / path)
    stated: dict[str, Any] = {
        **facts.further,
        "format": MANIFEST_FORMAT,
        "edition": facts.edition,
        "version": facts.version,
        "invented": facts.is_invented,
        "policy": asdict(facts.policy),
        "inputs": facts.inputs,
        "extracts": [asdict(extract) for extract in sorted(facts.extracts, key=lambda extract: extract.name)],
        "code": asdict(facts.code),
        "previous": asdict(facts.previous) if facts.previous else None,
        "corrects": asdict(facts.corrects) if facts.corrects else None,
        "files": files,
    }
    # The seal makes damage to the manifest itself visible even where neither the log nor a later edition is at hand.
    stated["seal"] = _seal(stated)
    content = _as_bytes(stated)
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / MANIFEST).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's `edition.json`. FileNotFoundError: there is none; BrokenManifestError: it is not one."""
    return _parse_manifest((folder / MANIFEST).read_bytes())


@lru_cache(maxsize=32)
def _parse_manifest(content: bytes) -> Manifest:
    """What these bytes say: a command asks for the same manifest many times."""
    try:
        stated = json.loads(content.decode("utf-8"))
        facts = ManifestFacts(
            edition=_text(stated["edition"]),
            version=_whole(stated["version"]),
            policy=Policy(_whole(stated["policy"]["threshold"]), _whole(stated["policy"]["base"])),
            extracts=tuple(_read_extract(extract) for extract in stated["extracts"]),
            code=Code(_text(stated["code"]["version"]), _text(stated["code"]["sha256"])),
            inputs=_text(stated["inputs"]),
            previous=_read_sealed(stated["previous"]),
            corrects=_read_sealed(stated["corrects"]),
            is_invented=stated["invented"] is True,
            further={key: value for key, value in stated.items() if key not in _OWN_KEYS},
        )
        files = {_text(path): _text(sha256) for path, sha256 in stated["files"].items()}
        is_intact = (
            stated.get("seal") == _seal({key: value for key, value in stated.items() if key != "seal"})
            and _as_bytes(stated) == content
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise BrokenManifestError("it is not the manifest of an edition") from fault
    return Manifest(facts, files, hashlib.sha256(content).hexdigest(), is_intact)


def show_path(path: str) -> str:
    """A path that can be printed, whatever bytes its name is made of."""
    if path.isascii() and path.isprintable():
        return path
    readable = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in readable)


_OWN_KEYS = frozenset(
    {"format", "edition", "version", "invented", "policy", "inputs", "extracts", "code", "previous", "corrects"}
    | {"files", "seal"}
)


def _seal(stated: Mapping[str, Any]) -> str:
    return hashlib.sha256(_as_bytes(stated)).hexdigest()


def _as_bytes(stated: Mapping[str, Any]) -> bytes:
    return (json.dumps(stated, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")


def _read_extract(stated: Any) -> SealedExtract:
    start, end = (None if stated.get(name) is None else _text(stated[name]) for name in ("period_start", "period_end"))
    return SealedExtract(
        _text(stated["name"]),
        _text(stated["sha256"]),
        _whole(stated["rows"]),
        _whole(stated["kept"]),
        _whole(stated["out_of_period"]),
        # Editions that were sealed before these were stated stay whole.
        _text(stated.get("file", "")),
        start,
        end,
        {_text(rule): _whole(count) for rule, count in stated.get("by_rule", {}).items()},
    )


def _read_sealed(stated: Any) -> Sealed | None:
    if stated is None:
        return None
    return Sealed(_text(stated["edition"]), _whole(stated["version"]), _text(stated["manifest_sha256"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value
