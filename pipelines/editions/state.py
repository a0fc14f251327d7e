"""What an output folder holds: its editions, the status of each, which is the latest, which is the previous of which.

Read from the manifests and the log; nothing here changes anything.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.editions.log import Event, read_log
from pipelines.editions.manifest import BrokenManifestError, Manifest, Sealed, read_manifest
from pipelines.editions.names import is_folder_name, name_folder, parse_name
from pipelines.faults import DataFault, UsageFault
from pipelines.paths import Output

Status = Literal["draft", "published", "withdrawn"]


@dataclass(frozen=True, slots=True)
class EditionState:
    """One version of one edition, and where it stands."""

    name: str
    """Its folder: `2016`, `2016-v2`."""
    edition: str
    version: int
    status: Status
    manifest_sha256: str
    inputs: str
    """The key of what it was made from (`manifest.digest_inputs`)."""
    is_invented: bool
    previous: Sealed | None = None
    reason: str | None = None
    """Why it is a correction, or why it was withdrawn."""

    @property
    def sealed(self) -> Sealed:
        """How the manifest of a later edition points at this one."""
        return Sealed(self.edition, self.version, self.manifest_sha256)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the build of an edition goes. `action` is `keep` where nothing is to be built."""

    name: str
    edition: str
    version: int
    action: Literal["add", "replace", "correct", "keep"]
    corrects: Sealed | None = None


def list_editions(output: Output) -> list[EditionState]:
    """The editions of an output folder, sorted by edition and version; none where there is no folder."""
    if not output.editions.is_dir():
        return []
    events = read_log(output.log)
    states = []
    for folder in output.editions.iterdir():
        if folder.is_dir() and is_folder_name(folder.name):
            states.append(describe_folder(folder, folder.name, events))
    return sort_states(states)


def describe_folder(folder: Path, name: str, events: Iterable[Event] = ()) -> EditionState:
    """The state of one sealed folder, staged or installed, under a name. Without events it is a draft.

    A folder that is not what its name says, or has no manifest, is a DataFault.
    """
    manifest = _read(folder, name)
    facts = manifest.facts
    status: Status = "draft"
    reason: str | None = None
    for event in events:
        if (event.edition, event.version) != (facts.edition, facts.version):
            continue
        if event.kind in ("published", "withdrawn"):
            status = "published" if event.kind == "published" else "withdrawn"
        if event.kind in ("sealed", "withdrawn"):
            reason = event.reason or reason
    return EditionState(
        name=name,
        edition=facts.edition,
        version=facts.version,
        status=status,
        manifest_sha256=manifest.sha256,
        inputs=facts.inputs,
        is_invented=facts.is_invented,
        previous=facts.previous,
        reason=reason,
    )


def sort_states(states: Iterable[EditionState]) -> list[EditionState]:
    """By edition and version: `2016`, `2016-v2`, ... `2016-v10`, `2017`."""
    return sorted(states, key=lambda state: (state.edition, state.version))


def find_edition(states: Iterable[EditionState], text: str) -> EditionState:
    """The state that a person means: `2016` is the latest version. UsageFault where there is none."""
    wanted = parse_name(text)
    known = sort_states(states)
    found = [state for state in known if state.edition == wanted.edition and wanted.version in (None, state.version)]
    if not found:
        names = [state.name for state in known]
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageFault(
            f"There is no edition {text} in this folder. {hint}The editions there are: {', '.join(names) or 'none'}."
        )
    return found[-1]


def choose_edition(output: Output, text: str | None) -> EditionState:
    """The edition that a person names, or the latest of all where none is named. DataFault where there are none."""
    states = list_editions(output)
    if not states:
        raise DataFault(f"There is no edition in {output.folder}. Build one first: storyboard build.")
    return find_edition(states, text) if text is not None else states[-1]


def find_previous(states: Iterable[EditionState], edition: str) -> EditionState | None:
    """The latest version, draft or published, of the nearest earlier edition; None where there is none."""
    earlier = [state for state in states if state.edition < edition and state.status != "withdrawn"]
    return max(earlier, key=lambda state: (state.edition, state.version), default=None)


def find_dependants(states: Iterable[EditionState], edition: str) -> list[str]:
    """The editions whose drafts rest on a version of this edition, or on a draft that does; by edition."""
    resting = {edition}
    for state in sort_states(states):
        if state.status == "draft" and state.previous is not None and state.previous.edition in resting:
            resting.add(state.edition)
    return sorted(resting - {edition})


def choose_target(states: Sequence[EditionState], edition: str, *, inputs: str, reason: str | None = None) -> Target:
    """Where a build of this edition from these inputs goes.

    A draft is replaced. A published edition is kept where the input is the same, whatever the code; other input makes
    a new version, and needs a reason (else UsageFault). A withdrawn one is made anew, as a new version, where a
    reason is given.
    """
    versions = [state for state in sort_states(states) if state.edition == edition]
    if not versions:
        return Target(name_folder(edition, 1), edition, 1, "add")
    latest = versions[-1]
    corrects = versions[-2].sealed if len(versions) > 1 else None
    if latest.status == "draft":
        return Target(latest.name, edition, latest.version, "replace", corrects)
    if latest.inputs == inputs and (latest.status == "published" or not reason):
        return Target(latest.name, edition, latest.version, "keep", corrects)
    if not reason:
        raise UsageFault(
            f"Edition {latest.name} is {latest.status}, and the extracts are no longer those it was made from. "
            f'A correction needs its reason: add --reason "..." and it becomes version {latest.version + 1} beside it.'
        )
    version = latest.version + 1
    return Target(name_folder(edition, version), edition, version, "correct", latest.sealed)


def is_same(staged: Path, output: Output, name: str) -> bool:
    """Whether the staged edition is, by the sha256 of its manifest, the one that is already there under this name."""
    try:
        return read_manifest(staged).sha256 == read_manifest(output.editions / name).sha256
    except (OSError, BrokenManifestError):
        return False


def _read(folder: Path, name: str) -> Manifest:
    try:
        manifest = read_manifest(folder)
    except (OSError, BrokenManifestError) as fault:
        raise DataFault(
            f"The edition in {folder} has no manifest that can be read (edition.json). "
            "Restore the folder from a backup, or move it away."
        ) from fault
    if name_folder(manifest.facts.edition, manifest.facts.version) != name:
        raise DataFault(
            f"The folder {folder} holds edition {name_folder(manifest.facts.edition, manifest.facts.version)}, "
            "not the one that it is named after. Give it its own name back, or move it away."
        )
    return manifest
