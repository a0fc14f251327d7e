"""Who approved what an edition says, whether that still holds, and what changed since for whose approval has lapsed.

An approval is of a meaning (see `meaning`), not of bytes. Recording one is for `publication`; what is needed is in the settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.editions.log import Event, read_log
from pipelines.editions.meaning import Differences, Meaning, list_differences, load_meaning, read_meaning
from pipelines.editions.state import EditionState
from pipelines.paths import Output

_MOST = 40


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval. `since` is what changed after it, None where it is in force or what was approved is no longer kept."""

    role: str
    who: str
    when: str
    in_force: bool
    since: Differences | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """All approvals of one version of an edition, the latest of each person in each role, and who built it as it is now."""

    edition: str
    builders: tuple[str, ...]
    approvals: tuple[Approval, ...]

    def list_missing(self, roles: Iterable[str], people: int) -> list[str]:
        """What is still needed, in words: roles, and people who did not build it."""
        standing = [approval for approval in self.approvals if approval.in_force]
        missing = [f"the role {role}" for role in sorted(set(roles) - {approval.role for approval in standing})]
        others = {approval.who for approval in standing} - set(self.builders)
        if len(others) < people:
            missing.append(f"{people - len(others)} more of {people} people who did not build it")
        return missing

    def as_json(self) -> dict[str, Any]:
        """In JSON's own types."""
        return {
            "edition": self.edition,
            "built_by": list(self.builders),
            "approvals": [
                {
                    "role": approval.role,
                    "who": approval.who,
                    "when": approval.when,
                    "in_force": approval.in_force,
                    "changed_since": approval.since.as_json() if approval.since else None,
                }
                for approval in self.approvals
            ],
        }


def open_sheet(output: Output, state: EditionState) -> Sheet:
    """The sheet of one edition as it is now."""
    events = [e for e in read_log(output.log) if (e.edition, e.version) == (state.edition, state.version)]
    now = read_meaning(output.editions / state.name)
    latest: dict[tuple[str, str], Event] = {}
    for event in events:
        if event.kind == "approved" and event.role is not None:
            latest[event.role, event.who] = event
    approvals = []
    for event in latest.values():
        in_force = is_of(event, state, now)
        before = None if in_force else _load(output, event)
        since = list_differences(before, now) if before is not None else None
        when = event.when.isoformat(timespec="minutes")
        approvals.append(Approval(str(event.role), event.who, when, in_force, since))
    builders = {e.who for e in events if e.kind == "sealed" and e.manifest_sha256 == state.manifest_sha256}
    return Sheet(state.name, tuple(sorted(builders)), tuple(approvals))


def is_of(event: Event, state: EditionState, now: Meaning) -> bool:
    """Whether an approval is of what the edition says now. One from before meanings were recorded is of exact bytes."""
    if event.meaning_sha256 is None:
        return event.manifest_sha256 == state.manifest_sha256
    return event.meaning_sha256 == now.sha256


def show_sheet(sheet: Sheet, needed: Sequence[str]) -> str:
    """The sheet as text, to be printed and passed round."""
    lines = [f"Approvals of edition {sheet.edition}, built by {', '.join(sheet.builders) or 'nobody on record'}"]
    if not sheet.approvals:
        lines.append("  None yet.")
    for approval in sheet.approvals:
        stands = "in force" if approval.in_force else "LAPSED: the edition has changed since"
        lines.append(f"  {approval.role}: {approval.who}, {approval.when}: {stands}")
        if not approval.in_force:
            lines += _show_differences(approval.since)
    lines.append(f"Still needed before it is published: {'; '.join(needed) or 'nothing'}.")
    return "\n".join(lines)


def _show_differences(since: Differences | None) -> list[str]:
    if since is None:
        return ["    What was approved is no longer kept; read the edition as a whole."]
    lines = [f"    {address}: {before} -> {after}" for address, before, after in since.figures]
    lines += [f"    {page}: {sign}: {text}" for page, sign, text in since.sentences]
    lines += [f"    definition changed: {metric}" for metric in since.definitions]
    if since.is_other_policy:
        lines.append("    the disclosure policy changed")
    if len(lines) > _MOST:
        lines = [*lines[:_MOST], f"    ... and {len(lines) - _MOST} more: add --json for all."]
    return lines


def _load(output: Output, event: Event) -> Meaning | None:
    try:
        return load_meaning((output.approvals / f"{event.meaning_sha256}.json").read_bytes())
    except (OSError, ValueError, KeyError):
        return None
