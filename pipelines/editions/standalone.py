"""Is this edition whole and unchanged? One file, for those who have nothing but Python: `python verify.py [FOLDER]`.

It ships inside each edition as restricted/audit/verify.py and checks the edition that it lies in, or the folder that is named:
every file against the sha256 in edition.json, nothing missing, nothing added, the manifest's own seal, and, where they
are at hand, editions.log and the edition before. It changes nothing and asks no network. Exit status: 0 whole, 1 not.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MANIFEST = "edition.json"
WITHDRAWAL = "restricted/withdrawal.json"
KEPT = "restricted/withdrawn/"

Problem = tuple[str, str]


def digest(path: Path) -> str:
    """The sha256 of a plain file; a link is not followed."""
    hashed = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()


def as_bytes(stated: Any) -> bytes:
    """JSON as it is sealed: sorted, indented by two, UTF-8, one line feed at the end."""
    return (json.dumps(stated, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")


def check(folder: Path) -> list[Problem]:
    """Every problem of an edition's folder, as (path, what is wrong)."""
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        files = {str(path): str(sha256) for path, sha256 in manifest["files"].items()}
        version = int(manifest["version"])
        name = manifest["edition"] if version == 1 else f"{manifest['edition']}-v{version}"
    except FileNotFoundError:
        return [(MANIFEST, "is missing: this is no sealed edition")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [(MANIFEST, "has been changed: it is not the manifest of an edition")]
    problems: list[Problem] = []
    unsealed = {key: value for key, value in manifest.items() if key != "seal"}
    if manifest.get("seal") != hashlib.sha256(as_bytes(unsealed)).hexdigest() or as_bytes(manifest) != content:
        problems.append((MANIFEST, "has been changed since it was sealed"))
    try:
        expected = list_expected(folder, files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [*problems, (WITHDRAWAL, "has been changed: it is not the record of a withdrawal")]
    problems += check_files(folder, expected)
    problems += check_surroundings(folder, manifest, hashlib.sha256(content).hexdigest(), name)
    return sorted(set(problems))


def list_expected(folder: Path, files: dict[str, str]) -> dict[str, str | None]:
    """Every path that should be there, with its sha256; None for what vouches for itself."""
    if not (folder / WITHDRAWAL).exists():
        return {MANIFEST: None, **files}
    withdrawal = json.loads((folder / WITHDRAWAL).read_bytes())
    moved = {(KEPT + path if path.startswith("public/") else path): sha256 for path, sha256 in files.items()}
    return {MANIFEST: None, WITHDRAWAL: None, **moved, **withdrawal["files"]}


def check_files(folder: Path, expected: dict[str, str | None]) -> Iterator[Problem]:
    """Missing, added and changed files; links and the like."""
    seen = set()
    for entry in sorted(folder.rglob("*")):
        path, status = entry.relative_to(folder).as_posix(), entry.lstat()
        if stat.S_ISDIR(status.st_mode):
            if not any(known.startswith(f"{path}/") for known in expected):
                yield path, "is a folder that does not belong to the edition"
            continue
        seen.add(path)
        if not stat.S_ISREG(status.st_mode):
            yield path, "is not a plain file"
        elif path not in expected:
            yield path, "does not belong to the edition: it was added after sealing"
        elif expected[path] is not None and digest(entry) != expected[path]:
            yield path, "has been changed since it was sealed"
    for path in expected.keys() - seen:
        yield path, "is missing"


def check_surroundings(folder: Path, manifest: dict[str, Any], sha256: str, name: str) -> Iterator[Problem]:
    """The record of the output folder and the edition before, where the edition still stands beside them."""
    for role in ("previous", "corrects"):
        before = manifest.get(role)
        if before is None:
            continue
        version = before["version"]
        other = before["edition"] if version == 1 else f"{before['edition']}-v{version}"
        path = folder.parent / other / MANIFEST
        if path.is_file() and digest(path) != before["manifest_sha256"]:
            yield f"../{other}/{MANIFEST}", f"is not the one that this edition names as {role}"
    log = folder.parent.parent / "editions.log"
    if folder.parent.name != "editions" or not log.is_file():
        return
    if folder.name != name:
        yield MANIFEST, f"is the manifest of edition {name}, not of the folder's"
    try:
        events = [json.loads(line) for line in log.read_bytes().split(b"\n")[:-1]]
        own = [e for e in events if (e["edition"], e["version"]) == (manifest["edition"], manifest["version"])]
        fixed = [e for e in own if e["event"] == "published"] or [e for e in own if e["event"] == "sealed"]
    except (ValueError, KeyError, TypeError):
        yield "../../editions.log", "cannot be read: it has been changed since it was written"
        return
    if not fixed:
        yield MANIFEST, "is not in editions.log"
    elif fixed[-1]["manifest_sha256"] != sha256:
        yield MANIFEST, f"is not the one that was {fixed[-1]['event']} according to editions.log"


def main(words: list[str]) -> int:
    """Check one folder and say what was found."""
    folder = (Path(words[0]) if words else Path(__file__).absolute().parents[2]).absolute()
    problems = check(folder)
    for path, problem in problems:
        shown = path.encode("utf-8", "backslashreplace").decode()
        sys.stdout.write(f"{shown}: {problem}\n")
    sys.stdout.write(f"{folder.name}: {f'{len(problems)} problems' if problems else 'whole and unchanged'}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
