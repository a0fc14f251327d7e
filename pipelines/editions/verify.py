"""Is an edition whole, unchanged, and derived from what it says: every file, the manifest itself, the record, the
chain.

Reads only, and follows no link. What is wrong is named by path; mending it is for people.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.editions.log import Event, read_log
from pipelines.editions.manifest import (
    MANIFEST,
    BrokenManifestError,
    Manifest,
    digest_file,
    read_manifest,
    show_path,
    walk,
)
from pipelines.editions.names import name_folder
from pipelines.editions.seal import PUBLIC
from pipelines.editions.withdrawal import KEPT, RECORD, Withdrawal, read_withdrawal
from pipelines.faults import MachineFault, UsageFault
from pipelines.paths import Output


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: the path inside the edition, and what is wrong with it."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in one edition's folder."""

    edition: str
    """The folder's name: `2016`, `2016-v2`."""
    problems: tuple[Problem, ...]
    is_withdrawn: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """`{edition, ok, problems: [{path, problem}]}`."""
        problems = [{"path": problem.path, "problem": problem.problem} for problem in self.problems]
        return {"edition": self.edition, "ok": self.ok, "problems": problems}


def verify(folder: Path) -> Verification:
    """Check one edition's folder. A folder that is not there is a UsageFault; everything else is found and named."""
    folder = folder.absolute()
    if not folder.is_dir():
        raise UsageFault(f"There is no folder {folder}. Name the folder of an edition, such as output/editions/2016.")
    if folder.is_symlink():
        return Verification(folder.name, (Problem(".", "is a link, not a folder"),))
    try:
        manifest = read_manifest(folder)
    except FileNotFoundError:
        return Verification(folder.name, (Problem(MANIFEST, "is missing: this is no sealed edition"),))
    except OSError as fault:
        return Verification(folder.name, (Problem(MANIFEST, f"cannot be read ({fault.strerror})"),))
    except BrokenManifestError as fault:
        return Verification(folder.name, (Problem(MANIFEST, f"has been changed: {fault}"),))
    withdrawal: Withdrawal | None = None
    problems: list[Problem] = []
    try:
        withdrawal = read_withdrawal(folder)
    except (OSError, BrokenManifestError):
        problems.append(Problem(RECORD, "has been changed: it is not the record of a withdrawal"))
    problems += _check_manifest(folder, manifest)
    problems += _check_files(folder, _expect(manifest, withdrawal))
    problems += _check_record(folder, manifest, withdrawal)
    problems += _check_chain(folder, manifest)
    return Verification(folder.name, tuple(sorted(set(problems))), withdrawal is not None)


def _expect(manifest: Manifest, withdrawal: Withdrawal | None) -> dict[str, str | None]:
    """Every path that should be there, with its sha256; None where another check vouches for the bytes."""
    expected: dict[str, str | None] = {MANIFEST: None}
    if withdrawal is None:
        return expected | dict(manifest.files)
    for path, sha256 in manifest.files.items():
        expected[f"{KEPT}/{path}" if path.startswith(f"{PUBLIC}/") else path] = sha256
    return expected | dict(withdrawal.files) | {RECORD: None}


def _check_manifest(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    if not manifest.is_intact:
        yield Problem(MANIFEST, "has been changed since it was sealed")
    stated = name_folder(manifest.facts.edition, manifest.facts.version)
    if stated != folder.name:
        yield Problem(MANIFEST, f"is the manifest of edition {stated}, not of the folder's")


def _check_files(folder: Path, expected: Mapping[str, str | None]) -> Iterator[Problem]:
    seen = set()
    known_folders = {path[:place] for path in expected for place, letter in enumerate(path) if letter == "/"}
    for path, status in walk(folder):
        if stat.S_ISDIR(status.st_mode):
            if path not in known_folders:
                yield Problem(show_path(path), "is a folder that does not belong to the edition")
            continue
        seen.add(path)
        if stat.S_ISLNK(status.st_mode):
            yield Problem(show_path(path), "is a link; an edition has plain files only")
        elif not stat.S_ISREG(status.st_mode):
            yield Problem(show_path(path), "is not a plain file")
        elif path not in expected:
            yield Problem(show_path(path), "does not belong to the edition: it was added after sealing")
        elif (sha256 := expected[path]) is not None:
            try:
                if digest_file(f"{folder}/{path}") != sha256:
                    yield Problem(show_path(path), "has been changed since it was sealed")
            except OSError as fault:
                yield Problem(show_path(path), f"cannot be read ({fault.strerror})")
    for path in expected.keys() - seen:
        yield Problem(show_path(path), "is missing")


def _check_record(folder: Path, manifest: Manifest, withdrawal: Withdrawal | None) -> Iterator[Problem]:
    """Against the log of the output folder, where the edition stands in one."""
    if folder.parent.name != "editions":
        return
    log = Output(folder.parent.parent).log
    if not log.is_file():
        return
    try:
        events = [
            event
            for event in read_log(log)
            if (event.edition, event.version) == (manifest.facts.edition, manifest.facts.version)
        ]
    except MachineFault:
        yield Problem(f"../../{log.name}", "cannot be read: it has been changed since it was written")
        return
    fixed = _last(events, "published") or _last(events, "sealed")
    if fixed is None:
        yield Problem(MANIFEST, f"is not in {log.name}: this edition was never sealed in this folder")
    elif fixed.manifest_sha256 != manifest.sha256:
        yield Problem(MANIFEST, f"is not the one that was {fixed.kind} according to {log.name}")
    withdrawn = _last(events, "withdrawn")
    if withdrawn is not None and withdrawal is None:
        yield Problem(RECORD, f"is missing: the edition was withdrawn according to {log.name}")
    if withdrawal is not None and (withdrawn is None or withdrawn.withdrawal_sha256 != withdrawal.sha256):
        yield Problem(RECORD, f"is not the withdrawal that {log.name} records")


def _last(events: list[Event], kind: str) -> Event | None:
    return next((event for event in reversed(events) if event.kind == kind), None)


def _check_chain(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    for sealed, role in ((manifest.facts.previous, "rests on"), (manifest.facts.corrects, "corrects")):
        if sealed is None:
            continue
        name = name_folder(sealed.edition, sealed.version)
        try:
            other = read_manifest(folder.parent / name)
        except FileNotFoundError:
            continue  # not there: nothing to compare with
        except (OSError, BrokenManifestError):
            yield Problem(f"../{name}/{MANIFEST}", f"cannot be read, and this edition {role} it")
            continue
        if other.sha256 != sealed.manifest_sha256:
            yield Problem(
                f"../{name}/{MANIFEST}", f"is not the one that this edition {role}: it has been changed or replaced"
            )
