"""What can be done to the editions of an output folder: install, approve, publish, withdraw. Each is one switch.

Each stages everything, the new site included, and hands it to `switch`, so that editions, record and site change
together. The caller holds the output (`switch.work_in`) and passes in the moment, the person, the run and the index
page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipelines.editions import disk
from pipelines.editions.approvals import open_sheet
from pipelines.editions.assembly import IndexPage, assemble_site, choose_released
from pipelines.editions.log import Event, EventKind, extend_log
from pipelines.editions.manifest import read_manifest, walk_files
from pipelines.editions.meaning import Meaning, read_meaning
from pipelines.editions.names import is_folder_name
from pipelines.editions.seal import PAGES
from pipelines.editions.state import (
    EditionState,
    describe_folder,
    find_edition,
    is_same,
    list_editions,
    sort_states,
)
from pipelines.editions.switch import (
    AtStep,
    Placement,
    bring,
    copy_tree,
    explained,
    go_on,
    staging,
    switch,
    tree_digest,
)
from pipelines.editions.verify import verify
from pipelines.editions.withdrawal import make_withdrawn
from pipelines.faults import DataFault, MachineFault, UsageFault
from pipelines.paths import Output

_SPARE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Act:
    """Who does it, when (with an offset), and in which run: what the record says of an event."""

    who: str
    when: datetime
    run_id: str | None = None
    commit: str | None = None
    """The commit of the code that acts, where it is a clone, and whether it was clean: for what is sealed."""


def install_edition(
    staged: Path, output: Output, name: str, act: Act, index_page: IndexPage, *, reason: str | None = None
) -> bool:
    """Put one sealed, staged edition in place (see `install_editions`). True where anything changed."""
    return bool(install_editions({name: staged}, output, act, index_page, reasons={name: reason} if reason else {}))


def install_editions(
    staged: Mapping[str, Path],
    output: Output,
    act: Act,
    index_page: IndexPage,
    *,
    reasons: Mapping[str, str] | None = None,
    at_step: AtStep = go_on,
) -> list[str]:
    """Put sealed, staged editions (by folder name) in place, each replacing a draft as a whole or added, and renew
    `site/`.

    Editions that are the same already, by manifest, are passed over; where nothing at all changes, nothing is written
    or logged. `reasons` are those of corrections, by name; a first version has none. The staged folders are moved away.
    An edition that is not whole is a DataFault. Returns the names that changed.
    """
    states = {state.name: state for state in list_editions(output)}
    changed: dict[str, Path] = {}
    for name, folder in sorted(staged.items()):
        if not is_folder_name(name):
            raise UsageFault(f"{name} is no edition's name.")
        there = states.get(name)
        if there is not None:
            is_unchanged = is_same(folder, output, name)
            if is_unchanged and (there.status != "draft" or verify(output.editions / name).ok):
                continue
            if there.status != "draft":
                raise UsageFault(
                    f"Edition {name} is {there.status} and never changes. A correction is a new version beside it."
                )
        changed[name] = folder
    if not states and not changed:
        return []
    with staging(output) as area:
        _require_room(output, [*changed.values(), *(output.editions / name / PAGES for name in states)])
        folders = {name: output.editions / name for name in states}
        placements, events = [], []
        for name, folder in changed.items():
            waiting = area / "editions" / name
            disk.make_folder(waiting.parent)
            bring(folder, waiting)
            state = describe_folder(waiting, name)
            reason = (reasons or {}).get(name) if state.version > 1 else None
            events.append(_record("sealed", state, act, reason=reason))
            states[name] = replace(state, reason=reason or (states[name].reason if name in states else None))
            folders[name] = waiting
            placements.append(Placement(waiting, f"editions/{name}"))
        for name in changed:
            _require_whole(folders[name])
        shown = sort_states(states.values())
        _switch(output, area, shown, folders, index_page, placements=placements, events=events, at_step=at_step)
    return sorted(changed)


def approve(output: Output, text: str, *, role: str, act: Act) -> EditionState:
    """Record that a role has approved what an edition says, as it is now sealed. `text` is `2016` (the latest) or
    `2016-v2`."""
    state = find_edition(list_editions(output), text)
    if state.status == "withdrawn":
        raise UsageFault(f"Edition {state.name} has been withdrawn, and cannot be approved.")
    meaning = read_meaning(output.editions / state.name)
    event = _record("approved", state, act, role=_require_text(role, "The role"), meaning_sha256=meaning.sha256)
    with explained(output):
        _keep_meaning(output, meaning)
    with staging(output) as area:
        _switch(output, area, events=[event])
    return state


def publish(
    output: Output,
    text: str,
    act: Act,
    index_page: IndexPage,
    *,
    needed_roles: Iterable[str] = (),
    needed_people: int = 0,
    at_step: AtStep = go_on,
) -> EditionState:
    """From now on this edition never changes: record it, renew `release/` and `site/`, make its files read-only.

    An edition that is published already is returned as it is. One that is not whole, or lacks the approval of a
    needed role for exactly what is sealed, is a DataFault; a withdrawn one a UsageFault.
    """
    states = list_editions(output)
    state = find_edition(states, text)
    if state.status == "published":
        return state
    if state.status == "withdrawn":
        raise UsageFault(
            f"Edition {state.name} has been withdrawn. Build it again with --reason: it becomes a new version."
        )
    _require_whole(output.editions / state.name)
    needed_roles = tuple(needed_roles)
    missing: list[str] = []
    if needed_roles or needed_people:
        missing = open_sheet(output, state).list_missing(needed_roles, needed_people)
    if missing:
        raise DataFault(
            f"Edition {state.name}, as it is now, lacks the approval of: {', '.join(missing)}. "
            f"Each approves it with: storyboard approve {state.name} --role ROLE. What changed since an approval is listed "
            f"by: storyboard approvals {state.name}"
        )
    published = replace(state, status="published")
    shown = [published if other == state else other for other in states]
    with staging(output) as area:
        _require_room(output, [output.editions / other.name / PAGES for other in states] * 2)
        _switch(
            output,
            area,
            shown,
            {other.name: output.editions / other.name for other in states},
            index_page,
            events=[_record("published", state, act)],
            renew_release=True,
            read_only=[f"editions/{state.name}"],
            at_step=at_step,
        )
    return published


def withdraw(
    output: Output, text: str, act: Act, index_page: IndexPage, *, reason: str, at_step: AtStep = go_on
) -> EditionState:
    """The public files of a published edition give way to a tombstone that gives the reason, in one switch.

    What was sealed stays on the restricted side with its hashes. A draft is a UsageFault: nothing of it was published.
    """
    states = list_editions(output)
    state = find_edition(states, text)
    reason = _require_text(reason, "The reason")
    if state.status == "withdrawn":
        return state
    if state.status == "draft":
        raise UsageFault(f"Edition {state.name} is a draft: there is nothing published to withdraw.")
    source = output.editions / state.name
    _require_whole(source)
    with staging(output) as area:
        _require_room(output, [source, *(output.editions / other.name / PAGES for other in states)] * 2)
        waiting = area / "editions" / state.name
        sha256 = make_withdrawn(source, read_manifest(source), waiting, reason=reason, on=act.when.date())
        withdrawn = replace(state, status="withdrawn", reason=reason)
        shown = [withdrawn if other == state else other for other in states]
        folders = {other.name: output.editions / other.name for other in states} | {state.name: waiting}
        _switch(
            output,
            area,
            shown,
            folders,
            index_page,
            placements=[Placement(waiting, f"editions/{state.name}")],
            events=[_record("withdrawn", state, act, reason=reason, withdrawal_sha256=sha256)],
            renew_release=True,
            read_only=[f"editions/{state.name}"],
            at_step=at_step,
        )
    return withdrawn


def place_papers(output: Output, papers: Mapping[Path, Path], *, at_step: AtStep = go_on) -> list[Path]:
    """Put copies of finished files and folders in their places in the output (place -> file), for their owner alone: all or none.

    What stood there gives way. Those that are the same already are left. Returns the places that changed.
    """
    with staging(output) as area:
        placements = []
        for number, (place, file) in enumerate(papers.items()):
            waiting = area / str(number)
            if file.is_dir():
                copy_tree(file, waiting)
            else:
                disk.copy_file(file, waiting)
            for each in (waiting, *waiting.rglob("*")):
                each.chmod(0o700 if each.is_dir() else 0o600)
            if tree_digest(waiting) != tree_digest(place):
                placements.append(Placement(waiting, place.relative_to(output.folder).as_posix()))
        switch(output, placements, at_step=at_step)
    return [output.folder / placement.target for placement in placements]


def list_approvals(output: Output, state: EditionState) -> set[str]:
    """The roles whose approval of what an edition says is in force."""
    return {approval.role for approval in open_sheet(output, state).approvals if approval.in_force}


def _keep_meaning(output: Output, meaning: Meaning) -> None:
    """Keep what was approved, for its owner alone, so that what changes later can be listed."""
    output.approvals.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = output.approvals / f"{meaning.sha256}.json"
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        disk.write_file(draft, meaning.as_bytes())
        draft.chmod(0o600)
        disk.sync_file(draft)
        disk.replace_file(draft, path)


def _switch(
    output: Output,
    area: Path,
    shown: Sequence[EditionState] = (),
    folders: Mapping[str, Path] | None = None,
    index_page: IndexPage | None = None,
    *,
    placements: Sequence[Placement] = (),
    events: Sequence[Event] = (),
    renew_release: bool = False,
    read_only: Sequence[str] = (),
    at_step: AtStep = go_on,
) -> None:
    """Stage the record and the sites, then switch all of it, the site last. What is the same stays."""
    ordered = list(placements)
    if events:
        at_step("stage log")
        disk.write_file(area / output.log.name, extend_log(output.log, events))
        ordered.append(Placement(area / output.log.name, output.log.name))
    if index_page is not None and folders is not None:
        if renew_release:
            at_step("stage release")
            released = assemble_site(area / output.release.name, choose_released(shown), folders, index_page)
            ordered.append(Placement(released, output.release.name))
        at_step("stage site")
        ordered.append(Placement(assemble_site(area / output.site.name, shown, folders, index_page), output.site.name))
    known = [replace(place, digest=tree_digest(place.staged)) for place in ordered]
    different = [place for place in known if place.digest != tree_digest(output.folder / place.target)]
    switch(output, different, read_only=read_only, at_step=at_step)


def _record(kind: EventKind, state: EditionState, act: Act, **further: str | None) -> Event:
    if kind == "sealed":
        further["commit"] = act.commit
    return Event(
        kind, act.when, act.who, state.edition, state.version, state.manifest_sha256, run_id=act.run_id, **further
    )


def _require_whole(folder: Path) -> None:
    found = verify(folder)
    if not found.ok:
        first = found.problems[0]
        raise DataFault(
            f"Edition {folder.name} is not whole: {first.path} {first.problem}"
            f"{f' (and {len(found.problems) - 1} more)' if len(found.problems) > 1 else ''}. "
            "See them all with: storyboard verify. Build it again, or restore it from a backup."
        )


def _require_room(output: Output, trees: Iterable[Path]) -> None:
    needed = _SPARE_BYTES + sum(status.st_size for tree in trees for _, status in walk_files(tree))
    if disk.free_bytes(output.folder) < needed:
        raise MachineFault(
            f"The disk of {output.folder} is too full: {needed // (1 << 20) + 1} MB are needed. "
            "Make room, then try again."
        )


def _require_text(text: str, what: str) -> str:
    text = " ".join(text.split())
    if not text or not text.isprintable():
        raise UsageFault(f"{what} must be said, in plain text.")
    return text
