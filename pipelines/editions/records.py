"""What the records of an output folder say of one edition, as sentences: events, approvals, extracts destroyed or kept.

Reads the log, the approvals and the archive's record; the page that they stand on is `assurance`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from pipelines.editions.approvals import open_sheet
from pipelines.editions.archive import Archive
from pipelines.editions.assurance import Records, Subject
from pipelines.editions.log import read_log
from pipelines.editions.manifest import Manifest
from pipelines.editions.state import EditionState
from pipelines.paths import Output

_WORDS = {"sealed": "built", "published": "published", "withdrawn": "withdrawn"}


def describe_subject(state: EditionState, manifest: Manifest) -> Subject:
    """A sealed edition as the assurance statement speaks of it."""
    facts = manifest.facts
    disclosure = facts.further.get("disclosure", {})
    return Subject(state.name, facts.policy, facts.code, tuple(facts.extracts), disclosure, facts.is_invented)


def gather_records(output: Output, state: EditionState, hashes: Collection[str]) -> Records:
    """The records of one edition; `hashes` are the sha256 of the files that it was made of."""
    events = [
        f"{event.when.isoformat(' ', 'minutes')}: {_WORDS[event.kind]} by {event.who}"
        + (f" with the code of commit {event.commit}" if event.commit else "")
        + (f". {event.reason}" if event.reason else "")
        for event in read_log(output.log)
        if (event.edition, event.version) == (state.edition, state.version) and event.kind in _WORDS
    ]
    approvals = [
        f"{approval.role}: {approval.who}, {approval.when}"
        + ("" if approval.in_force else " (lapsed: it changed since)")
        for approval in open_sheet(output, state).approvals
    ]
    return Records(events, approvals, _describe_extracts(Archive(output.archive), hashes))


def _describe_extracts(archive: Archive, hashes: Collection[str]) -> list[str]:
    record = archive.read_record()
    said: Counter[str] = Counter()
    for sha256 in hashes:
        kept = record.get(sha256)
        if kept is None:
            said["not archived here"] += 1
        elif kept.destroyed_on is not None:
            said[f"destroyed on {kept.destroyed_on.isoformat()} under: {kept.rule}"] += 1
        else:
            said[f"kept until {kept.destroy_by.isoformat()} under: {kept.rule}"] += 1
    return [f"{count} of {len(hashes)} files {what}" for what, count in sorted(said.items())]
