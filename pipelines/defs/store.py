"""Where made things are kept between builds: by the content of all that they were made of, never by time or presence.

Each edition that stands keeps what it was made with; with the edition it goes. For the owner alone; no rows of children.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pipelines import paths
from pipelines.defs.inputs import digest_making
from pipelines.defs.provenance import list_installed, list_tools
from pipelines.editions import disk
from pipelines.editions.manifest import digest_inputs
from pipelines.editions.state import list_editions

_THINGS = "things.json"
_SHORT = 4096
"""Bytes up to which a text needs no file of its own."""
_OLDEST = 50
"""Builds after which what none of them asked for is forgotten."""


@dataclass(frozen=True)
class Thing:
    """Something made: the key of all that it was made of, its content's sha256, and the hash of each part."""

    key: str
    sha256: str
    of: Mapping[str, str]
    age: int = 0
    """How many builds have not asked for it."""
    text: str | None = None
    """The content itself, where it is a short text."""


@dataclass(frozen=True)
class Told:
    """What became of one thing, and why."""

    kind: str
    name: str
    """That of its kind, where it has none of its own."""
    is_reused: bool
    why: str


class Store:
    """What the editions of an output folder were made with, what installing made, and what is made for one edition now."""

    def __init__(self, output: paths.Output | None, edition: str, root: Path) -> None:
        """`root` is the folder in which the edition is made: things are called by their paths in it. Without an output folder
        what is made is kept as installing keeps it."""
        self._blobs = paths.SET_UP if output is None else output.made
        self._root, self._edition = root, edition
        self._machinery = _describe_machinery()
        self._known: dict[str, Thing] = {}
        self._before: dict[str, Thing] = {}
        self._made: dict[str, bytes] = {}
        self._things: list[tuple[str, Thing]] = []
        self.told: list[Told] = []
        installed = _read(paths.SET_UP / _THINGS)
        things = installed["things"] if installed.get("machinery") == self._machinery else ()
        self._set_up = {of["key"]: Thing(**of) for _, of in things}
        self._known |= self._set_up
        for file in () if output is None else sorted(output.parts.glob(f"*/{_THINGS}")):
            kept = _read(file)
            if kept.get("machinery") == self._machinery:
                for name, of in kept["things"]:
                    thing = Thing(**of)
                    self._known[thing.key] = thing
                    self._set_up.pop(thing.key, None)
                    if kept["edition"] == edition:
                        self._before[name] = thing
            elif kept.get("edition") == edition:
                self._before |= {name: Thing("", "", {}) for name, _ in kept.get("things", ())}

    def take(self, kind: str, name: str, of: Mapping[str, str], make: Callable[[], bytes]) -> bytes:
        """As `keeping.Store` says."""
        name = self._shorten(name)
        key = digest_inputs({"machinery": self._machinery, "kind": kind, **{f"part {p}": d for p, d in of.items()}})
        content = self._find(key)
        is_reused = content is not None
        if content is None:
            content = make()
        if not is_reused or key not in self._set_up:
            self._set_up.pop(key, None)
            self._known[key] = self._describe(key, content, of)
            self._things.append((name, self._known[key]))
        before = self._before.get(name) if name != kind else None
        self.told.append(Told(kind, name, is_reused, _why(of, before, is_reused=is_reused)))
        return content

    def make(self, kind: str, name: str, make: Callable[[], bytes]) -> bytes:
        """As `keeping.Store` says."""
        self.told.append(
            Told(kind, self._shorten(name), False, "made, because not all that it is made of can be described")
        )
        return make()

    def carry(self, folder: Path) -> None:
        """Keep what was kept in `folder` of things that were not asked for, because what they are part of was taken whole."""
        kept = _read(folder / _THINGS)
        if kept.get("machinery") != self._machinery:
            return
        asked = {told.name for told in self.told if told.name != told.kind}
        keys = {thing.key for _, thing in self._things}
        for name, of in kept["things"]:
            thing = Thing(**of)
            is_young = thing.age < _OLDEST and name not in asked and thing.key not in keys
            if is_young and (thing.text is not None or (self._blobs / thing.sha256).is_file()):
                self._things.append((name, replace(thing, age=thing.age + 1)))

    def keep(self, folder: Path) -> None:
        """Put all that was made or taken, the blobs first, beside what else is kept of the edition in `folder`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for sha256, content in self._made.items():
            if not (self._blobs / sha256).is_file():
                _write(self._blobs / sha256, content)
        things = [(name, asdict(thing)) for name, thing in self._things]
        stated = {"machinery": self._machinery, "edition": self._edition, "things": things}
        _write(folder / _THINGS, json.dumps(stated).encode())

    def tell(self) -> list[str]:
        """What was made, what was reused, and why: a line for each file, and one for each kind of what is part of files."""
        parts = [told for told in self.told if told.name == told.kind]
        lines = [f"{told.name}: {told.why}" for told in self.told if told not in parts]
        for kind in sorted({told.kind for told in parts}):
            reused = [told.is_reused for told in parts if told.kind == kind]
            lines.append(f"{kind}: {sum(reused)} reused, made of the same; {reused.count(False)} made")
        return sorted(lines)

    def _describe(self, key: str, content: bytes, of: Mapping[str, str]) -> Thing:
        sha256 = hashlib.sha256(content).hexdigest()
        if len(content) <= _SHORT:
            with suppress(UnicodeDecodeError):
                return Thing(key, sha256, dict(of), text=content.decode("utf-8"))
        self._made[sha256] = content
        return Thing(key, sha256, dict(of))

    def _find(self, key: str) -> bytes | None:
        """What was made of the same; None where there is none, or what is there is no longer what was put there."""
        thing = self._known.get(key)
        if thing is None:
            return None
        if thing.text is not None:
            content = thing.text.encode("utf-8")
        elif thing.sha256 in self._made:
            return self._made[thing.sha256]
        else:
            try:
                content = ((paths.SET_UP if key in self._set_up else self._blobs) / thing.sha256).read_bytes()
            except OSError:
                return None
        return content if hashlib.sha256(content).hexdigest() == thing.sha256 else None

    def _shorten(self, name: str) -> str:
        path = Path(name)
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else name


def forget_parts(output: paths.Output) -> None:
    """Remove what was kept of editions that are no longer there, or are withdrawn."""
    if not output.parts.is_dir():
        return
    there = {state.manifest_sha256 for state in list_editions(output) if state.status != "withdrawn"}
    needed: set[str] = set()
    for kept in output.parts.iterdir():
        if kept == output.made:
            continue
        if kept.name in there or kept == output.words:
            needed |= {of["sha256"] for _, of in _read(kept / _THINGS).get("things", ())}
        else:
            shutil.rmtree(kept, ignore_errors=True)
    if output.made.is_dir():
        for blob in output.made.iterdir():
            if blob.name not in needed:
                blob.unlink()


def _why(of: Mapping[str, str], before: Thing | None, *, is_reused: bool) -> str:
    if is_reused:
        return f"reused, its {_join(sorted(of))} {'is' if len(of) == 1 else 'are'} the same"
    if before is None:
        return "made, for the first time"
    if not before.key:
        return "made, because the program or its tools changed"
    changed = sorted(part for part in {*of, *before.of} if of.get(part) != before.of.get(part))
    return f"made, because its {_join(changed)} changed" if changed else "made, because what was kept is gone"


def _join(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _read(file: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def _write(file: Path, content: bytes) -> None:
    """For the owner alone from its first byte, and whole or not at all."""
    draft = file.with_name(f"{file.name}.new")
    with suppress(FileNotFoundError):
        draft.unlink()
    disk.write_file(draft, content)
    draft.chmod(0o600)
    disk.replace_file(draft, file)


@cache
def _describe_machinery() -> str:
    tools = {f"tool {name}": number for name, number in list_tools().items()}
    return digest_inputs({"code": digest_making(), **tools, "installed": " ".join(list_installed())})
