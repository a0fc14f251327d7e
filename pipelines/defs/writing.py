"""The papers of an edition, each for every area that gets some: what an asset of Dagster and one council's run both write.

Which files a paper consists of, and where they stand; what they say is `publishing`'s. Nothing of Dagster here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipelines import paths
from pipelines.defs.books import each_public_paper, each_restricted_paper
from pipelines.defs.runs import EditionRun
from pipelines.defs.templates import choose_template
from pipelines.figures import Figure, PublicFigure
from pipelines.publishing.heat_map import STARTS, Start, write_starts
from pipelines.publishing.reports import write_board_pack, write_dmt_report, write_foi_answers, write_inspection_pack
from pipelines.publishing.scorecard import write_scorecard
from pipelines.publishing.workbooks import write_tables


def write_dmt_reports(run: EditionRun, figures: Sequence[Figure]) -> int:
    """The report to the DMT from exact figures; returns how many it shows, over all areas."""
    return sum(
        len(set(write_dmt_report(book, choose_template(run.extracts), folder / "dmt-report.docx").cited))
        for book, folder in each_restricted_paper(run, figures)
    )


def write_public_dmt_reports(run: EditionRun, figures: Sequence[PublicFigure]) -> int:
    """The same from protected figures."""
    return sum(
        len(set(write_dmt_report(book, choose_template(run.extracts), folder / "dmt-report.docx").cited))
        for book, folder in each_public_paper(run, figures)
    )


def write_inspection_packs(run: EditionRun, figures: Sequence[Figure]) -> None:
    """Exact figures beside what returns and inspectors count."""
    for book, folder in each_restricted_paper(run, figures):
        write_inspection_pack(book, paths.DMT_TEMPLATE, folder / "inspection-pack.docx")


def write_board_packs(run: EditionRun, figures: Sequence[Figure], read: Callable[[str], Sequence[Start]]) -> None:
    """The board's own pack; `read` tells when the episodes of an area began, in the order of the week."""
    for book, folder in each_restricted_paper(run, figures):
        starts = read(book.authority)
        write_starts(starts, book, folder / STARTS)
        write_board_pack(book, folder / "board-pack.pdf", starts=starts)


def write_scorecards(run: EditionRun, figures: Sequence[Figure]) -> None:
    """The scorecard from exact figures."""
    for book, folder in each_restricted_paper(run, figures):
        write_scorecard(book, folder / "scorecard.xlsx")


def write_public_scorecards(run: EditionRun, figures: Sequence[PublicFigure]) -> None:
    """The scorecard from protected figures."""
    for book, folder in each_public_paper(run, figures):
        write_scorecard(book, folder / "scorecard.xlsx")


def write_answers(run: EditionRun, figures: Sequence[PublicFigure]) -> int:
    """What people ask under the Freedom of Information Act; returns how many figures are cited."""
    return sum(
        len(write_foi_answers(book, paths.DMT_TEMPLATE, folder / "foi-answers.docx").cited)
        for book, folder in each_public_paper(run, figures)
    )


def write_workbooks(run: EditionRun, figures: Sequence[PublicFigure]) -> None:
    """The protected figures as an accessible workbook."""
    for book, folder in each_public_paper(run, figures):
        write_tables(book, folder / "tables.xlsx")
