"""The lists for people who review records: the register of children missing education, return interviews, the school census.

Restricted. Which rows there are is a model's; which are drawn, and what the lists look like, is `publishing`'s.
"""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import dagster as dg

from pipelines import paths
from pipelines.defs.workspace import EDITIONS, EditionRun, Workspace
from pipelines.figures import ALL
from pipelines.intake.review_answers import choose_last, find_reviews
from pipelines.lockdown import connect
from pipelines.publishing.authorities import choose_folders, read_plan
from pipelines.publishing.citations import read_registers
from pipelines.publishing.review_lists import (
    CensusMatch,
    HeldInterview,
    RegisterCase,
    ReviewList,
    draw_interviews,
    draw_register_review,
    write_census_matches,
    write_list,
)
from pipelines.publishing.review_workbooks import write_review_workbook
from pipelines.register import read_metrics
from pipelines.review_plans import Plan, read_plans
from pipelines.reviews import FILES, HeldReview

Record = TypeVar("Record", RegisterCase, HeldInterview, CensusMatch)


@dg.asset(
    group_name="papers",
    partitions_def=EDITIONS,
    deps=["register_review_cases", "exact_figures"],
    kinds={"csv", "excel"},
)
def register_review(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """The cases for the next review of the register, as a list and as a workbook: all that are open, a sample of those closed."""
    run = workspace.open(context)
    held, drawn = find_reviews(run.extracts), []
    for into, authority in _list_folders(run):
        drawn.append(write_register_review(run, into, held, authority=authority))
    return dg.MaterializeResult(metadata={"cases": sum(len(each.rows) for each in drawn), "seed": drawn[0].seed})


@dg.asset(
    group_name="papers", partitions_def=EDITIONS, deps=["held_interviews", "exact_figures"], kinds={"csv", "excel"}
)
def interview_review(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """Return interviews drawn for quality assurance; nothing where the edition was made without their extract."""
    run = workspace.open(context)
    held, drawn = find_reviews(run.extracts), []
    for into, authority in _list_folders(run):
        found = write_interview_review(run, into, held, authority=authority)
        if found is None:
            return dg.MaterializeResult(metadata={"interviews": "not available"})
        drawn.append(found)
    return dg.MaterializeResult(metadata={"interviews": sum(len(each.rows) for each in drawn), "seed": drawn[0].seed})


@dg.asset(
    group_name="papers", partitions_def=EDITIONS, deps=["register_census_matches", "exact_figures"], kinds={"csv"}
)
def census_reconciliation(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """The open cases found on roll in the latest school census; nothing where the edition was made without one."""
    run = workspace.open(context)
    found = [write_census_reconciliation(run, into, authority=authority) for into, authority in _list_folders(run)]
    children = sum(len(matches) for matches in found if matches is not None)
    return dg.MaterializeResult(metadata={"children": "not available" if None in found else children})


def _list_folders(run: EditionRun) -> list[tuple[Path, str | None]]:
    """Where lists go, and whose cases they hold: with several authorities each list is for the one that reviews it."""
    restricted = run.staged / "restricted"
    plan = read_plan(read_registers(paths.DOCS), read_metrics())
    with connect(run.warehouse, reach=run.admitted, read_only=True) as warehouse:
        authorities = [code for (code,) in warehouse.execute("select distinct authority from areas").fetchall()]
    places = choose_folders(authorities, plan.pages_for)
    if "" in places:
        return [(restricted, None)]
    folders: list[tuple[Path, str | None]] = [
        (restricted / place, authority) for place, authority in places.items() if authority != ALL
    ]
    for folder, _ in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return folders


def write_register_review(
    run: EditionRun, into: Path, held: Sequence[HeldReview], *, seed: str | None = None, authority: str | None = None
) -> ReviewList:
    """The list and the workbook of the review of the register, from the run's warehouse, into a folder; of one authority
    alone where it is named."""
    as_at = run.edition.periods["education"].as_at
    plan, last = read_plans()["register"], choose_last(held, "register", as_at)
    cases = _keep(read_records(run, "register_review_cases", RegisterCase), authority)
    found = draw_register_review(cases, plan, edition=run.edition.name, as_at=as_at, seed=seed, last=last)
    _write(found, into, plan, last, invented=run.is_invented)
    return found


def write_interview_review(
    run: EditionRun, into: Path, held: Sequence[HeldReview], *, seed: str | None = None, authority: str | None = None
) -> ReviewList | None:
    """The same of return interviews; None, and no file, where their extract was not given."""
    if not was_given(run, "missing_episodes", "return_interviews"):
        return None
    as_at = run.edition.periods["missing"].as_at
    plan, last = read_plans()["return_interviews"], choose_last(held, "return_interviews", as_at)
    interviews = _keep(read_records(run, "held_interviews", HeldInterview), authority)
    found = draw_interviews(interviews, plan, edition=run.edition.name, as_at=as_at, seed=seed)
    _write(found, into, plan, last, invented=run.is_invented)
    return found


def write_census_reconciliation(
    run: EditionRun, into: Path, *, authority: str | None = None
) -> Sequence[CensusMatch] | None:
    """The list of open cases found on roll; None, and no file, where no census or no referrals were given."""
    if not was_given(run, "cme_referrals", "school_census"):
        return None
    matches = _keep(read_records(run, "register_census_matches", CensusMatch), authority)
    write_census_matches(matches, into / "census-reconciliation.csv")
    return matches


def _write(found: ReviewList, into: Path, plan: Plan, last: HeldReview | None, *, invented: bool) -> None:
    name = FILES[found.subject]
    write_list(found, into / f"{name}.csv")
    write_review_workbook(found, plan, into / f"{name}.xlsx", invented=invented, last=last)


def _keep(records: Sequence[Record], authority: str | None) -> Sequence[Record]:
    return [record for record in records if authority in (None, record.authority)]


def read_records(run: EditionRun, model: str, kind: type[Record]) -> Sequence[Record]:
    """The rows of one of these models, in no order that means anything."""
    columns = ", ".join(field.name for field in fields(kind))
    with connect(run.warehouse, reach=run.admitted, read_only=True) as warehouse:
        return [kind(*row) for row in warehouse.execute(f"select {columns} from {model}").fetchall()]


def was_given(run: EditionRun, *extracts: str) -> bool:
    """Whether all of these extracts were given, as the gate found them."""
    with connect(run.warehouse, reach=run.admitted, read_only=True) as warehouse:
        warehouse.execute("set variable admitted = $folder", {"folder": str(run.admitted)})
        there = warehouse.execute("select extract_name from stg_inventory where is_present").fetchall()
    return set(extracts) <= {name for (name,) in there}
