"""Makes a sealed edition again from the archive, beside everything else, and compares the two byte for byte.

What stands in the way - other code, destroyed extracts, an edition it rested on that is gone - is said, and nothing is changed.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines import paths
from pipelines.defs.archive import find_missing, read_ingredients, restore_extracts
from pipelines.defs.inputs import describe_code
from pipelines.editions.log import Event, extend_log, read_log
from pipelines.editions.manifest import Manifest, read_manifest
from pipelines.editions.names import name_folder
from pipelines.editions.switch import copy_tree, work_in
from pipelines.editions.verify import Problem, verify
from pipelines.editions.withdrawal import read_withdrawal
from pipelines.faults import DataFault

Say = Callable[[str], None]
_DBT_DOCS = "restricted/audit/dbt-docs.html"


@dataclass(frozen=True)
class Rebuilt:
    """What came of it. `ok`: the edition is whole, and either the same bytes again or, by the rules, no longer rebuildable."""

    edition: str
    ok: bool
    text: str
    problems: tuple[Problem, ...] = ()


def rebuild(folder: Path, output: paths.Output, *, say: Say) -> Rebuilt:
    """Make the edition in `folder`, one of the output's, again and compare. Takes as long as a build."""
    found = verify(folder)
    if not found.ok:
        return Rebuilt(found.edition, False, "not whole, so that there is nothing to compare with", found.problems)
    manifest = read_manifest(folder)
    ingredients = read_ingredients(folder)
    missing = find_missing(ingredients, output)
    if missing is not None and missing.destroyed is not None:
        return Rebuilt(found.edition, True, f"whole; no longer rebuildable: {missing.text}")
    if missing is not None:
        return Rebuilt(found.edition, False, f"whole; not rebuilt: {missing.text}")
    needed, here = manifest.facts.code, describe_code()
    if needed != here:
        return Rebuilt(
            found.edition,
            False,
            f"whole; not rebuilt: it needs the code of version {needed.version} with the sha256 {needed.sha256}"
            f"{_name_commit(output, manifest)}, and this is version {here.version} with {here.sha256}. Check out that code, "
            "and run this again",
        )
    engine = manifest.facts.further.get("engine", "duckdb")
    with work_in(output):
        work = output.work / f"rebuild-{uuid.uuid4().hex}"
        work.mkdir(mode=0o700, parents=True)
        try:
            reason = _restore_context(output, manifest, work / "output")
            restore_extracts(ingredients, output, work / "extracts")
            with _policy(ingredients.policy):
                made = _build(manifest, work, ingredients.encoding, reason, say)
            problems = tuple(_compare(manifest, read_manifest(made), is_elsewhere=engine != "duckdb"))
        finally:
            shutil.rmtree(work, ignore_errors=True)
    if problems:
        return Rebuilt(found.edition, False, "whole; made again, and not the same", problems)
    if engine != "duckdb":
        return Rebuilt(found.edition, True, f"whole; counted by {engine}; made again on DuckDB, the same byte for byte")
    return Rebuilt(found.edition, True, "whole; made again from the archive, the same byte for byte")


def _build(manifest: Manifest, work: Path, encoding: str, reason: str | None, say: Say) -> Path:
    from pipelines.defs.batch import Request, build_editions

    request = Request(work / "extracts", paths.Output(work / "output"), encoding, say, reason=reason)
    made = build_editions([manifest.facts.edition], request)
    return made[0].folder


def _restore_context(output: paths.Output, manifest: Manifest, into: Path) -> str | None:
    """The editions that were there when this one was sealed, and the record up to then. Returns the reason of a correction.

    What is public of them decides what this one hides. DataFault where one of them is no longer what it was.
    """
    events = read_log(output.log)
    own = (manifest.facts.edition, manifest.facts.version)
    sealed = [
        number
        for number, event in enumerate(events)
        if event.kind == "sealed" and event.manifest_sha256 == manifest.sha256 and _of(event) == own
    ]
    if not sealed:
        raise DataFault(f"{output.log.name} does not say when edition {name_folder(*own)} was sealed.")
    before = events[: sealed[-1]]
    # Editions of one batch are sealed one after the other and recorded together; those before this one were there.
    published = {_of(event) for event in before if event.kind == "published"}
    needed = {_of(e) for e in before if e.kind == "sealed" and (e.edition <= own[0] or _of(e) in published)} - {own}
    kept = [event for event in before if _of(event) in needed]
    for edition, version in sorted(needed):
        name = name_folder(edition, version)
        last = next(e for e in reversed(kept) if e.kind == "sealed" and _of(e) == (edition, version))
        source = output.editions / name
        if not source.is_dir() or read_manifest(source).sha256 != last.manifest_sha256:
            raise DataFault(
                f"Edition {name_folder(*own)} was protected against edition {name} as it then was, and that has been replaced "
                "since: it cannot be made again as it was."
            )
        if read_withdrawal(source) is not None and not any(
            e.kind == "withdrawn" and _of(e) == (edition, version) for e in before
        ):
            raise DataFault(
                f"Edition {name} has been withdrawn since: the bytes of its pages are kept, not in their place."
            )
        copy_tree(source, into / "editions" / name)
    if kept:
        (into / output.log.name).write_bytes(extend_log(into / output.log.name, kept))
    return next((e.reason for e in reversed(events[: sealed[-1] + 1]) if _of(e) == own and e.reason), None)


def _name_commit(output: paths.Output, manifest: Manifest) -> str:
    """The commit that the record names for what was sealed, in words; blank where it names none."""
    commits = [e.commit for e in read_log(output.log) if e.manifest_sha256 == manifest.sha256 and e.commit]
    return f" (commit {commits[-1]})" if commits else ""


def _of(event: Event) -> tuple[str, int]:
    return event.edition, event.version


@contextmanager
def _policy(sealed: Path) -> Iterator[None]:
    """The policy that the edition was sealed with, in the place of the project's own of today."""
    today = paths.POLICY
    paths.POLICY = sealed
    try:
        yield
    finally:
        paths.POLICY = today


def _compare(sealed: Manifest, made: Manifest, *, is_elsewhere: bool) -> Iterator[Problem]:
    """What differs. An edition that was counted elsewhere says so in its manifest, and dbt's own pages say which macros ran."""
    for path in sorted({*sealed.files, *made.files}):
        if is_elsewhere and path == _DBT_DOCS:
            continue
        if path not in made.files:
            yield Problem(path, "was not made again")
        elif path not in sealed.files:
            yield Problem(path, "was made now and is not in the edition")
        elif sealed.files[path] != made.files[path]:
            yield Problem(path, "is not the same bytes")
    if not is_elsewhere and sealed.files == made.files and sealed.sha256 != made.sha256:
        yield Problem("edition.json", "is not the same bytes, though every other file is")
