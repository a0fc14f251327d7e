"""A withdrawn edition: its public files move to the restricted side, and a tombstone page stands at each of their
addresses.

Making that folder from the sealed one, and reading its own short list of files, belong here. The manifest stays as it
was sealed, so that later editions still point at it; putting the folder in place is for `publication`.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.editions import disk
from pipelines.editions.manifest import MANIFEST, BrokenManifestError, Manifest, walk_files
from pipelines.editions.seal import PAGES, PUBLIC, RESTRICTED
from pipelines.editions.switch import copy_tree

RECORD = f"{RESTRICTED}/withdrawal.json"
KEPT = f"{RESTRICTED}/withdrawn"
"""Under it the public files stand as they were sealed: `restricted/withdrawn/public/...`."""

# The calendar's own names follow the machine's locale; the page is English everywhere.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why an edition was withdrawn, and the files that stand in the place of its public ones (path to sha256)."""

    reason: str
    files: Mapping[str, str]
    sha256: str


def make_withdrawn(folder: Path, manifest: Manifest, target: Path, *, reason: str, on: date) -> str:
    """Copy a sealed edition to `target` with tombstones for its public files; returns the sha256 of the withdrawal's
    record.

    The reason is printed on the tombstones. `on` is the day of the withdrawal.
    """
    copy_tree(folder / RESTRICTED, target / RESTRICTED)
    copy_tree(folder / PUBLIC, target / KEPT / PUBLIC)
    disk.copy_file(folder / MANIFEST, target / MANIFEST)
    page = _write_tombstone(manifest, reason, on).encode("utf-8")
    addresses = {f"{PAGES}/index.html"} | {
        path for path in manifest.files if path.startswith(f"{PAGES}/") and path.endswith((".html", ".htm"))
    }
    for path in sorted(addresses):
        disk.make_folder((target / path).parent)
        disk.write_file(target / path, page)
    digest = hashlib.sha256(page).hexdigest()
    record = json.dumps({"files": dict.fromkeys(sorted(addresses), digest), "reason": reason}, indent=2, sort_keys=True)
    content = (record + "\n").encode("utf-8")
    disk.write_file(target / RECORD, content)
    target.chmod(0o755)
    (target / MANIFEST).chmod(0o600)
    for path, _ in walk_files(target / RESTRICTED):
        (target / RESTRICTED / path).chmod(0o600)
    for inner in (target / RESTRICTED, *(entry for entry in (target / RESTRICTED).rglob("*") if entry.is_dir())):
        inner.chmod(0o700)
    return hashlib.sha256(content).hexdigest()


def read_withdrawal(folder: Path) -> Withdrawal | None:
    """The withdrawal of an edition's folder, None where there was none. A damaged record: BrokenManifestError."""
    try:
        content = (folder / RECORD).read_bytes()
    except FileNotFoundError:
        return None
    try:
        stated = json.loads(content)
        files = {str(path): str(sha256) for path, sha256 in stated["files"].items()}
        return Withdrawal(str(stated["reason"]), files, hashlib.sha256(content).hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BrokenManifestError("it is not the record of a withdrawal") from fault


def _write_tombstone(manifest: Manifest, reason: str, on: date) -> str:
    facts = manifest.facts
    day = f"{on.day} {_MONTHS[on.month - 1]} {on.year}"
    name = f"story board of {facts.edition}" + (f", version {facts.version}" if facts.version > 1 else "")
    invented = "<p>This edition was a sample: its figures were invented.</p>\n" if facts.is_invented else ""
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Withdrawn: {html.escape(name)}</title>
<style>
body {{ font: 1.125rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }}
</style>
</head>
<body>
<main>
<h1>This edition has been withdrawn</h1>
<p>The {html.escape(name)} was withdrawn on {day}. Its figures are no longer published and should not be used.</p>
<p>Why: {html.escape(reason)}</p>
{invented}</main>
</body>
</html>
"""
