"""Proof of forgetting: after a run, where rows of children still lie, looked for by their ids, and a receipt that says how.

Looking and the receipt belong here; removing the folder of a run is for the caller. The receipt never holds an id.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.editions import disk
from pipelines.editions.manifest import walk_files
from pipelines.editions.seal import RESTRICTED
from pipelines.paths import Output

REVIEW_LISTS = ("register-review", "interview-review", "census-reconciliation")
"""Lists in an edition's restricted folder, as files of whatever type, that name records on purpose: people review them."""
SHORTEST = 6
"""Characters of an id that can be looked for: a shorter one also stands in words and numbers that are no id."""
_BETWEEN_WORDS = bytes(c if c < 128 and (chr(c).isalnum() or c in b"_-") else 32 for c in range(256))
"""Turns every byte that no id is made of into a space."""
_STRETCH = 1_000_000
_HOW = (
    "The run's folder was removed. Then every file of the hidden folder beside the output, the archive apart, and of the "
    "editions that were built was read, packed files (docx, xlsx) opened, and every word in them compared with the ids of "
    "children, episodes, interviews and referrals of the extracts. Not opened: what is compressed inside PDF files."
)


@dataclass(frozen=True, slots=True)
class Search:
    """What was found: the ids looked for, the files read, and those with an id, by path, with how many different ones."""

    ids: int
    too_short: int
    files: tuple[str, ...]
    on_purpose: dict[str, int]
    elsewhere: dict[str, int]


def search(output: Output, editions: Iterable[str], ids: Collection[str]) -> Search:
    """Look for ids in the hidden folder beside the output and in the editions named (by folder). Changes nothing."""
    wanted = {one.encode() for one in ids if len(one) >= SHORTEST}
    read: list[str] = []
    on_purpose: dict[str, int] = {}
    elsewhere: dict[str, int] = {}
    for folder in (output.beside, *(output.editions / name for name in sorted(editions))):
        for path, file in _list_files(folder, output):
            name = f"{folder.name}/{path}"
            read.append(name)
            found = {one for part in _unpack(file) for words in _read_words(part) for one in wanted.intersection(words)}
            if found:
                (on_purpose if _is_meant(output, file) else elsewhere)[name] = len(found)
    return Search(len(wanted), len(ids) - len(wanted), tuple(read), on_purpose, elsewhere)


def write_receipt(output: Output, found: Search, removed: str, *, when: datetime, run: str) -> Path:
    """The receipt of the last run, beside the output, for its owner alone. Returns its path."""
    stated = {
        "run": run,
        "when": when.isoformat(timespec="seconds"),
        "removed": removed,
        "how": _HOW,
        "ids_looked_for": found.ids,
        "ids_too_short_to_look_for": found.too_short,
        "files_read": list(found.files),
        "rows_on_purpose": found.on_purpose,
        "rows_elsewhere": found.elsewhere,
        "rows_kept_until_destroyed": str(output.archive),
    }
    draft = output.receipt.with_suffix(".new")
    draft.unlink(missing_ok=True)
    disk.write_file(draft, (json.dumps(stated, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    draft.chmod(0o600)
    disk.replace_file(draft, output.receipt)
    return output.receipt


def _is_meant(output: Output, file: Path) -> bool:
    """A review list, or the record of what the copies said that were handed out to be filled in."""
    is_list = file.stem in REVIEW_LISTS and RESTRICTED in file.relative_to(output.folder.parent).parts
    return is_list or file.is_relative_to(output.handed_out)


def _list_files(folder: Path, output: Output) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir():
        return
    for path, _ in walk_files(folder):
        file = folder / path
        if not any(file.is_relative_to(kept) for kept in (output.archive, output.work)) and not file.is_symlink():
            yield path, file


def _read_words(content: bytes) -> Iterator[list[bytes]]:
    """Every word, some million bytes at a time: each stretch ends where a word does."""
    words = content.translate(_BETWEEN_WORDS)
    start = 0
    while start < len(words):
        end = words.find(b" ", start + _STRETCH)
        end = len(words) if end < 0 else end
        yield words[start:end].split()
        start = end


def _unpack(file: Path) -> Iterator[bytes]:
    """The bytes of a file and of what is packed in it; nothing of a file that went while it was looked for."""
    try:
        content = file.read_bytes()
    except OSError:
        return
    yield content
    if content[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
