"""Several editions as one: examined first, built one run after the other, switched together or not at all.

What a build means for editions that are there already is decided here; Dagster is imported only where something is to be built.
"""

from __future__ import annotations

import getpass
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines import paths
from pipelines.defs.checking import choose_authority, choose_editions
from pipelines.defs.examined import examine_and_keep, keeping_examinations
from pipelines.defs.forgetting import forget
from pipelines.defs.history import close_killed_runs, open_history, prepare_history, tell_code_location
from pipelines.defs.inputs import describe_code, digest_edition_inputs
from pipelines.defs.progress import watch_run
from pipelines.defs.templates import refuse_wrong_templates
from pipelines.editions.manifest import read_manifest
from pipelines.editions.standing import note_site, stands
from pipelines.editions.state import (
    EditionState,
    choose_target,
    find_dependants,
    find_previous,
    list_editions,
)
from pipelines.editions.switch import work_in
from pipelines.editions.verify import verify
from pipelines.editions.working import hand_out_copies, show_copy
from pipelines.faults import DataFault, Fault, MachineFault, UsageFault
from pipelines.figures import Edition
from pipelines.intake.calendar import read_calendar
from pipelines.intake.quarantine import purge
from pipelines.keeping import keeping
from pipelines.paths import Output

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

    from pipelines.defs.runs import EditionRun
    from pipelines.defs.store import Store

Say = Callable[[str], None]
Outcome = Literal["built", "unchanged", "published, left as it is"]


@dataclass(frozen=True)
class Built:
    """What became of one edition."""

    edition: str
    outcome: Outcome
    folder: Path


@dataclass(frozen=True)
class Planned:
    """One edition to build, and the folder name that it will have."""

    edition: Edition
    name: str


@dataclass(frozen=True)
class Request:
    """What a build is asked for besides its editions: of which extracts, where to, and who is told how it goes.

    `through` is the engine that the models run on; `explain` is told what was made, what was reused, and why.
    """

    extracts: Path
    output: Output
    encoding: str
    say: Say
    explain: Say = lambda _: None
    reason: str | None = None
    through: str = "duckdb"

    def digest(self, edition: Edition) -> str:
        """SHA-256 of all that an edition would be made of."""
        return digest_edition_inputs(
            self.extracts / edition.name,
            edition,
            encoding=self.encoding,
            through=self.through,
            authority=choose_authority(),
        )

    def open_run(self, planned: Planned, batch: Path) -> EditionRun:
        """The run that makes one edition, in a folder that all of a command share."""
        from pipelines.defs.runs import EditionRun
        from pipelines.disclosure.policy import read_policy

        return EditionRun(
            edition=planned.edition,
            extracts=self.extracts / planned.edition.name,
            output=self.output,
            batch=batch,
            encoding=self.encoding,
            authority=choose_authority(),
            through=self.through,
            policy=read_policy(paths.POLICY.read_text("utf-8")),
        )


@keeping_examinations()
def build_editions(names: Sequence[str], request: Request) -> list[Built]:
    """All editions named (or all that are there) or none. Raises a Fault, with nothing changed, where one cannot be built."""
    purge()
    _refuse_absent_engine(request.through)
    chosen = choose_editions(names, request.extracts)
    standing = _find_standing(chosen, request)
    if standing is not None:
        return standing
    from pipelines.defs.words import refuse_wrong_words

    refuse_wrong_words(request.output)
    reworded = _reword(chosen, request)
    if reworded is not None:
        return reworded
    output, say = request.output, request.say
    _examine(chosen, request)
    with work_in(output):
        states = list_editions(output)
        todo, settled = _plan(chosen, states, request)
        rest = _later_drafts(todo, states, request.extracts, say)
        _examine([planned.edition for planned in rest], request)
        todo = sorted([*todo, *rest], key=lambda planned: planned.edition.name)
        for built in settled:
            say(_tell(built))
        # What a killed run left of its rows; nobody else is at work, for the lock is ours.
        shutil.rmtree(output.work, ignore_errors=True)
        if not todo:
            _mend_site(output)
            note_site(output, list_editions(output), describe_code())
        else:
            before = {state.name: state.manifest_sha256 for state in states}
            settled += _run(todo, before, request)
        _hand_out(output, settled, say)
    return sorted(settled, key=lambda built: built.edition)


def _refuse_absent_engine(through: str) -> None:
    """Before anything is looked at: what the engine needs that is not here."""
    if through == "duckdb":
        return
    from pipelines.defs.configuration import read_from_environment
    from pipelines.defs.engines import choose_engine

    engine = choose_engine(through, read_from_environment())
    if engine is not None:
        engine.check()


def _tell(built: Built) -> str:
    return f"Edition {built.edition}: {built.outcome}. Its input is what it was made from."


def _find_standing(chosen: Sequence[Edition], request: Request) -> list[Built] | None:
    """What is asked for, where all of it stands as it would be built, the site and the working copies too; else None.

    By content alone: what is there passed the gate with this very code, or is published. Nothing is imported for it.
    """
    output = request.output
    if not output.editions.is_dir() or output.incoming.exists() or _is_littered(output):
        return None
    with work_in(output):
        states = list_editions(output)
        try:
            todo, settled = _plan(chosen, states, request)
        except UsageFault:
            return None  # the gate speaks first
        if todo or not stands(output, states, describe_code()):
            return None
        for built in settled:
            request.say(_tell(built))
        _hand_out(output, settled, request.say)
    return settled


def _is_littered(output: Output) -> bool:
    """Whether a killed run left some of its work."""
    return output.work.is_dir() and any(output.work.iterdir())


def _reword(chosen: Sequence[Edition], request: Request) -> list[Built] | None:
    """What is asked for, where nothing but words changed since it was built: without Dagster, for no figure is made. Else None.

    The gate passed the same extracts with the same code; what is kept of them is compared by content in `rewording`.
    """
    output, say = request.output, request.say
    if not output.editions.is_dir() or output.incoming.exists() or _is_littered(output) or not output.parts.is_dir():
        return None
    from pipelines.defs.rewording import find_rewording, install, reword
    from pipelines.defs.store import Store

    batch = output.work / uuid.uuid4().hex
    with work_in(output):
        states = list_editions(output)
        try:
            todo, settled = _plan(chosen, states, request)
        except UsageFault:
            return None
        resting = _later_drafts(todo, states, request.extracts, lambda _: None)
        todo = sorted([*todo, *resting], key=lambda planned: planned.edition.name)
        before = {state.name: state for state in states}
        runs, stores = [], []
        try:
            for planned in todo:
                run = request.open_run(planned, batch)
                inputs = request.digest(planned.edition)
                found = find_rewording(run, before[planned.name], inputs) if planned.name in before else None
                if found is None:
                    return None
                kept = "figures" if found.has_papers else "figures and papers"
                say(f"Edition {planned.edition.name}: nothing but words changed. Its {kept} are kept.")
                stores.append(Store(output, planned.edition.name, run.staged))
                with keeping(stores[-1]):
                    reword(run, found, request.reason)
                stores[-1].carry(found.parts)
                runs.append(run)
            if not runs:
                return None
            install(runs, output, request.reason)
            known = {state.name: state.manifest_sha256 for state in states}
            settled += _keep(todo, runs, stores, known, request)
        finally:
            shutil.rmtree(batch, ignore_errors=True)
        for built in settled:
            if built.edition not in {planned.edition.name for planned in todo}:
                say(_tell(built))
        _hand_out(output, settled, say)
    return sorted(settled, key=lambda built: built.edition)


def _keep(
    todo: Sequence[Planned],
    runs: Sequence[EditionRun],
    stores: Sequence[Store],
    before: Mapping[str, str],
    request: Request,
) -> list[Built]:
    """What became of the editions that were made, with what the next build starts from."""
    from pipelines.defs.rewording import keep_parts
    from pipelines.defs.store import forget_parts

    for planned, run, store in zip(todo, runs, stores, strict=True):
        store.keep(keep_parts(run, planned.name))
        for told in store.tell():
            request.explain(f"{planned.name}: {told}")
    output = request.output
    forget_parts(output)
    states = list_editions(output)
    note_site(output, states, describe_code())
    after = {state.name: state.manifest_sha256 for state in states}
    return [
        Built(
            planned.edition.name,
            "unchanged" if before.get(planned.name) == after[planned.name] else "built",
            output.editions / planned.name,
        )
        for planned in todo
    ]


def _hand_out(output: Output, settled: Iterable[Built], say: Say) -> None:
    for copy in hand_out_copies(output, names=[built.edition for built in settled]):
        say(show_copy(copy))


def _examine(editions: Sequence[Edition], request: Request) -> None:
    from pipelines.intake.quarantine import quarantine
    from pipelines.intake.report import show_as_text

    extracts, refused = request.extracts, []
    for edition in editions:
        examination = examine_and_keep(
            extracts / edition.name, edition, encoding=request.encoding, authority=choose_authority()
        )
        if not examination.ok:
            refused.append(examination)
        # The rows of one edition may be all that memory has room for: whether they are kept is decided there.
        del examination
    if refused:
        kept = [said for each in refused for said in quarantine(each, extracts / each.edition)]
        unchanged = "Nothing was built, and nothing that is published has changed."
        raise DataFault("\n".join([show_as_text(refused), *kept, unchanged]))
    refuse_wrong_templates(extracts / edition.name for edition in editions)


def _plan(
    chosen: Sequence[Edition], states: Sequence[EditionState], request: Request
) -> tuple[list[Planned], list[Built]]:
    todo: list[Planned] = []
    settled: list[Built] = []
    for edition in chosen:
        inputs = request.digest(edition)
        target = choose_target(states, edition.name, inputs=inputs, reason=request.reason)
        folder = request.output.editions / target.name
        if target.action == "keep":
            settled.append(Built(edition.name, "published, left as it is", folder))
        elif target.action == "replace" and not todo and _is_current(folder, inputs, states, edition):
            settled.append(Built(edition.name, "unchanged", folder))
        else:
            todo.append(Planned(edition, target.name))
    return todo, settled


def _is_current(folder: Path, inputs: str, states: Sequence[EditionState], edition: Edition) -> bool:
    """Whether the draft that is there was made of this input, by this code, and rests on the edition that is now before it."""
    facts = read_manifest(folder).facts
    previous = find_previous(states, edition.name)
    return (
        facts.inputs == inputs
        and facts.code == describe_code()
        and facts.previous == (previous.sealed if previous else None)
        and verify(folder).ok
    )


def _mend_site(output: Output) -> None:
    """Nothing is to be built; a site that was removed or changed since is put together again from the sealed editions."""
    from pipelines.editions.publication import Act, install_editions
    from pipelines.publishing.index import index_page

    install_editions({}, output, Act(getpass.getuser(), datetime.now(UTC).astimezone()), index_page)


def _later_drafts(todo: Sequence[Planned], states: Sequence[EditionState], extracts: Path, say: Say) -> list[Planned]:
    """Drafts that rest on an edition which is to be built: they are built again where their extracts are here."""
    calendar = read_calendar(extracts)
    ours = {planned.edition.name for planned in todo}
    latest = {state.edition: state.name for state in states}
    resting = {name for planned in todo for name in find_dependants(states, planned.edition.name)} - ours
    here = sorted(name for name in resting if name in calendar and (extracts / name).is_dir())
    for name in sorted(resting - set(here)):
        say(
            f"Edition {name} compares itself with one that is built anew, and its extracts are not here: build it again."
        )
    for name in here:
        say(f"Edition {name} is a draft that rests on an earlier one: it is built again too.")
    return [Planned(calendar[name], latest[name]) for name in here]


def _run(todo: Sequence[Planned], before: Mapping[str, str], request: Request) -> list[Built]:
    from pipelines.defs.manifest import ensure_manifest

    output, say = request.output, request.say
    tell_code_location(extracts=request.extracts, output=output, encoding=request.encoding, through=request.through)
    prepare_history(output)
    ensure_manifest()

    import dagster as dg

    from pipelines.definitions import definitions
    from pipelines.defs.store import Store
    from pipelines.defs.workspace import BATCH_TAG, EDITIONS, REASON_TAG

    batch = uuid.uuid4().hex
    place, runs, stores = output.work / batch, [], []
    job = definitions.resolve_job_def("edition")
    everything = set(job.asset_layer.executable_asset_keys)
    tags = {BATCH_TAG: batch, **({REASON_TAG: request.reason} if request.reason else {})}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    try:
        with open_history(output) as instance:
            close_killed_runs(instance, BATCH_TAG)
            instance.add_dynamic_partitions(str(EDITIONS.name), [planned.edition.name for planned in todo])
            for number, planned in enumerate(todo, start=1):
                say(f"Building edition {planned.edition.name} ({number} of {len(todo)}) ...")
                is_last = number == len(todo)
                run_id = str(uuid.uuid4())
                run = request.open_run(planned, place)
                store = Store(output, planned.edition.name, run.staged)
                runs.append(run)
                stores.append(store)
                with watch_run(instance, run_id, planned.edition.name, output), keeping(store):
                    result = job.execute_in_process(
                        instance=instance,
                        run_id=run_id,
                        partition_key=planned.edition.name,
                        tags=tags,
                        run_config=quiet,
                        # The switch comes once, with the last of them: all editions of a command, or none.
                        asset_selection=None if is_last else sorted(everything - {dg.AssetKey("site")}),
                        raise_on_error=False,
                    )
                if not result.success:
                    raise _explain(result, planned.edition.name)
        for planned, store in zip(todo, stores, strict=True):
            if planned.name in before:
                store.carry(output.parts / before[planned.name])
        return _keep(todo, runs, stores, before, request)
    finally:
        for file in forget(output, output.work / batch, [planned.name for planned in todo]):
            say(f"Rows of the extracts were found in {file}, where none should be. Tell the maintainers.")


def _explain(result: ExecuteInProcessResult, edition: str) -> Fault:
    """The sentence of the step that failed. What is no Fault of ours is named by its kind alone: its text may quote a value."""
    for check in result.get_asset_check_evaluations():
        if not check.passed and check.blocking:
            told = check.metadata.get("problems")
            return DataFault(
                f"Edition {edition} could not be built: the check {check.check_name.replace('_', ' ')!r} failed.\n"
                + (str(told.value) if told else "`storyboard ui` shows the run.")
            )
    kinds = {kind.__name__: kind for kind in _heirs(Fault)}
    for event in result.all_events:
        if not event.is_step_failure:
            continue
        failure = event.step_failure_data
        if failure.user_failure_data is not None and failure.user_failure_data.description:
            return DataFault(failure.user_failure_data.description)
        error = failure.error
        while error is not None and error.cls_name not in kinds and error.cause is not None:
            error = error.cause
        if error is not None and error.cls_name in kinds:
            return kinds[error.cls_name](error.message.split(": ", 1)[-1].strip())
        name = error.cls_name if error is not None else "an unknown error"
        return MachineFault(
            f"Edition {edition} could not be built: the step {event.step_key} stopped ({name}). Nothing that is published "
            "has changed. `storyboard ui` shows the run."
        )
    return MachineFault(f"Edition {edition} could not be built. Nothing that is published has changed.")


def _heirs(kind: type[Fault]) -> Iterator[type[Fault]]:
    yield kind
    for heir in kind.__subclasses__():
        yield from _heirs(heir)
