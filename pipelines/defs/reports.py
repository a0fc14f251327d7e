"""The papers: those for readers entitled to exact figures, and the same from protected figures for everybody.

An asset that is given exact figures never writes under `public/`, and one that is given protected ones never beside it.
"""

import json

import dagster as dg
import pyarrow.parquet as pq

from pipelines import paths, register
from pipelines.defs.books import each_public_paper, each_restricted_paper
from pipelines.defs.templates import choose_template
from pipelines.defs.workspace import EDITIONS, EditionRun, Workspace
from pipelines.figures import Figure, PublicFigure
from pipelines.intake.explanations import read_explanations
from pipelines.intake.quality import describe_quality, write_quality
from pipelines.intake.schemas import EXTRACTS
from pipelines.lockdown import connect
from pipelines.publishing.heat_map import DAYS, Start, write_starts
from pipelines.publishing.reports import write_board_pack, write_dmt_report, write_inspection_pack
from pipelines.publishing.scorecard import write_scorecard


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"word"})
def dmt_report(
    context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]
) -> dg.MaterializeResult[None]:
    """The report to the directorate management team on children missing education, as Word and as tagged PDF."""
    run = workspace.open(context)
    shown = 0
    for book, restricted in each_restricted_paper(run, exact_figures):
        paper = write_dmt_report(book, choose_template(run.extracts), restricted / "dmt-report.docx")
        shown += len(set(paper.cited))
    return dg.MaterializeResult(metadata={"figures": shown})


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"word"})
def inspection_pack(context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]) -> None:
    """Exact figures beside what the SSDA903 return and Ofsted's Annex A count, with the reasons why they may differ."""
    run = workspace.open(context)
    for book, restricted in each_restricted_paper(run, exact_figures):
        write_inspection_pack(book, paths.DMT_TEMPLATE, restricted / "inspection-pack.docx")


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"word"})
def public_dmt_report(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """The same report from protected figures, as Word and as tagged PDF. Nobody writes in it: it has no places for that."""
    run = workspace.open(context)
    shown = 0
    for book, public in each_public_paper(run, protected_figures):
        paper = write_dmt_report(book, choose_template(run.extracts), public / "dmt-report.docx")
        shown += len(set(paper.cited))
    return dg.MaterializeResult(metadata={"figures": shown})


@dg.asset(group_name="papers", partitions_def=EDITIONS, deps=["episode_starts"], kinds={"pdf"})
def board_pack(context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]) -> None:
    """The key figures and tables of the edition for the board's own use, as a tagged PDF."""
    run = workspace.open(context)
    for book, restricted in each_restricted_paper(run, exact_figures):
        starts = read_starts(run, book.authority)
        write_starts(starts, book, restricted / "episodes-by-day-and-hour.csv")
        write_board_pack(book, restricted / "board-pack.pdf", starts=starts)


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"excel"})
def scorecard(context: dg.AssetExecutionContext, workspace: Workspace, exact_figures: list[Figure]) -> None:
    """The board's scorecard: key metrics by quarter and term, this year and the one before."""
    run = workspace.open(context)
    for book, restricted in each_restricted_paper(run, exact_figures):
        write_scorecard(book, restricted / "scorecard.xlsx")


@dg.asset(group_name="papers", partitions_def=EDITIONS, kinds={"excel"})
def public_scorecard(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> None:
    """The same scorecard from protected figures."""
    run = workspace.open(context)
    for book, public in each_public_paper(run, protected_figures):
        write_scorecard(book, public / "scorecard.xlsx")


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


def read_starts(run: EditionRun, authority: str) -> list[Start]:
    """When the episodes of one area began, from the run's warehouse, in the order of the week."""
    with connect(run.warehouse, reach=run.admitted, read_only=True) as warehouse:
        rows = warehouse.execute(
            "select weekday, hour_of_day, episodes from episode_starts where authority = $authority",
            {"authority": authority},
        ).fetchall()
    starts = [Start(*row) for row in rows]
    return sorted(starts, key=lambda s: (DAYS.index(s.weekday), s.hour_of_day is None, s.hour_of_day or 0))
