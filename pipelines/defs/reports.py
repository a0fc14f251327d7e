"""The papers: those for readers entitled to exact figures, and the same from protected figures for everybody.

An asset that is given exact figures never writes under `public/`, and one that is given protected ones never beside it.
"""

import json

import dagster as dg
import pyarrow.parquet as pq

from pipelines import register
from pipelines.defs.workspace import EDITIONS, EditionRun, Workspace
from pipelines.defs.writing import (
    write_board_packs,
    write_dmt_reports,
    write_inspection_packs,
    write_public_dmt_reports,
    write_public_scorecards,
    write_scorecards,
)
from pipelines.figures import Figure, PublicFigure
from pipelines.intake.explanations import read_explanations
from pipelines.intake.quality import describe_quality, write_quality
from pipelines.intake.schemas import EXTRACTS
from pipelines.lockdown import connect
from pipelines.publishing.heat_map import Start, sort_starts


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"word"})
def dmt_report(
    context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]
) -> dg.MaterializeResult[None]:
    """The report to the directorate management team on children missing education, as Word and as tagged PDF."""
    return dg.MaterializeResult(metadata={"figures": write_dmt_reports(workspace.open(context), exact_figures)})


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"word"})
def inspection_pack(context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]) -> None:
    """Exact figures beside what the SSDA903 return and Ofsted's Annex A count, with the reasons why they may differ."""
    write_inspection_packs(workspace.open(context), exact_figures)


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"word"})
def public_dmt_report(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """The same report from protected figures, as Word and as tagged PDF. Nobody writes in it: it has no places for that."""
    shown = write_public_dmt_reports(workspace.open(context), protected_figures)
    return dg.MaterializeResult(metadata={"figures": shown})


@dg.asset(group_name="papers", partitions_def=EDITIONS, deps=["episode_starts"], kinds={"pdf"})
def board_pack(context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]) -> None:
    """The key figures and tables of the edition for the board's own use, as a tagged PDF."""
    run = workspace.open(context)
    write_board_packs(run, exact_figures, lambda authority: count_starts(run, authority))


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"excel"})
def scorecard(context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]) -> None:
    """The board's scorecard: key metrics by quarter and term, this year and the one before."""
    write_scorecards(workspace.open(context), exact_figures)


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"excel"})
def public_scorecard(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> None:
    """The same scorecard from protected figures."""
    write_public_scorecards(workspace.open(context), protected_figures)


@dg.asset(group_name="papers", partitions_def=EDITIONS, deps=[dg.AssetKey(["extracts", name]) for name in EXTRACTS])
def quality(
    context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]
) -> dg.MaterializeResult[None]:
    """What the gate found in the extracts, what was explained, and within which range each headline could lie."""
    run = workspace.open(context)
    found = describe_quality(
        json.loads(run.examination.read_text("utf-8")),
        {name: pq.read_table(run.admitted / f"{name}.parquet") for name in EXTRACTS},
        run.edition,
        exact_figures,
        register.read_metrics(),
        read_explanations(run.extracts),
        invented=run.is_invented,
    )
    write_quality(found, run.staged / "restricted")
    return dg.MaterializeResult(metadata={"page": "restricted/quality.html"})


def count_starts(run: EditionRun, authority: str) -> list[Start]:
    """When the episodes of one area began, from the run's warehouse, in the order of the week."""
    with connect(run.warehouse, reach=run.admitted, read_only=True) as warehouse:
        rows = warehouse.execute(
            "select weekday, hour_of_day, episodes from episode_starts where authority = $authority",
            {"authority": authority},
        ).fetchall()
    return sort_starts(Start(*row) for row in rows)
