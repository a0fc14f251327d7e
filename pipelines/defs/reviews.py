"""The lists for people who review records: the register of children missing education, return interviews, the school census.

Restricted. Which rows there are is a model's; which are drawn, and what the lists look like, is `publishing`'s.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import TypeVar

import dagster as dg

from pipelines.defs.workspace import EDITIONS, EditionRun, Workspace
from pipelines.lockdown import connect
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
from pipelines.reviews import FILES, read_plans

Record = TypeVar("Record", RegisterCase, HeldInterview, CensusMatch)


@dg.asset(group_name="papers", partitions_def=EDITIONS, deps=["register_review_cases", "exact_figures"], kinds={"csv"})
def register_review(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """The cases for the next review of the register: all that are open, and a sample of those closed since the last review."""
    run = workspace.open(context)
    found = list_register_review(run)
    write_list(found, run.staged / "restricted" / f"{FILES['register']}.csv")
    return dg.MaterializeResult(metadata={"cases": len(found.rows), "seed": found.seed})


@dg.asset(group_name="papers", partitions_def=EDITIONS, deps=["held_interviews", "exact_figures"], kinds={"csv"})
def interview_review(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """Return interviews drawn for quality assurance; nothing where the edition was made without their extract."""
    run = workspace.open(context)
    if not was_given(run, "missing_episodes", "return_interviews"):
        return dg.MaterializeResult(metadata={"interviews": "not available"})
    found = list_interview_review(run)
    write_list(found, run.staged / "restricted" / f"{FILES['return_interviews']}.csv")
    return dg.MaterializeResult(metadata={"interviews": len(found.rows), "seed": found.seed})


@dg.asset(
    group_name="papers", partitions_def=EDITIONS, deps=["register_census_matches", "exact_figures"], kinds={"csv"}
)
def census_reconciliation(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """The open cases found on roll in the latest school census; nothing where the edition was made without one."""
    run = workspace.open(context)
    if not was_given(run, "cme_referrals", "school_census"):
        return dg.MaterializeResult(metadata={"children": "not available"})
    matches = read_records(run, "register_census_matches", CensusMatch)
    write_census_matches(matches, run.staged / "restricted" / "census-reconciliation.csv")
    return dg.MaterializeResult(metadata={"children": len(matches)})


def list_register_review(run: EditionRun, *, seed: str | None = None) -> ReviewList:
    """The list of the review of the register, from the run's warehouse."""
    return draw_register_review(
        read_records(run, "register_review_cases", RegisterCase),
        read_plans()["register"],
        edition=run.edition.name,
        as_at=run.edition.periods["education"].as_at,
        seed=seed,
    )


def list_interview_review(run: EditionRun, *, seed: str | None = None) -> ReviewList:
    """The return interviews drawn, from the run's warehouse."""
    return draw_interviews(
        read_records(run, "held_interviews", HeldInterview),
        read_plans()["return_interviews"],
        edition=run.edition.name,
        as_at=run.edition.periods["missing"].as_at,
        seed=seed,
    )


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
