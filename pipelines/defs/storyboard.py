"""The public side: one asset for each page of `docs/`, the site, the open files. It sees protected figures and nothing else."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import dagster as dg

from pipelines import register
from pipelines.defs.books import open_public_books
from pipelines.defs.release import protected_figures as protected_figures_asset
from pipelines.defs.warehouse import CITATIONS
from pipelines.defs.wording import fill_pages, list_places, make_site, write_pack
from pipelines.defs.workspace import EDITIONS, REASON_TAG, Workspace
from pipelines.defs.writing import write_answers, write_workbooks
from pipelines.figures import PublicFigure
from pipelines.publishing.open_data import write_open_data
from pipelines.publishing.pages import PolicyWords
from pipelines.publishing.pdf import release_memory

_CHART = re.compile(r"charts/([\w-]+\.svg)")


def page_key(page: str) -> dg.AssetKey:
    """`missing/looked-after.md` -> pages / missing / looked_after."""
    return dg.AssetKey(["pages", *(part.replace("-", "_") for part in PurePosixPath(page).with_suffix("").parts)])


@dg.multi_asset(
    name="pages",
    group_name="story_board",
    partitions_def=EDITIONS,
    ins={"protected_figures": dg.AssetIn(protected_figures_asset.key)},
    specs=[
        dg.AssetSpec(
            page_key(page),
            deps=[protected_figures_asset.key, *(dg.AssetKey(metric_id) for metric_id in sorted(cited))],
            kinds={"markdown"},
            description=f"The page docs/{page}, filled in.",
        )
        for page, cited in CITATIONS.items()
    ],
)
def pages(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> Iterator[dg.MaterializeResult[None]]:
    run = workspace.open(context)
    shown = fill_pages(run, protected_figures, context.run.tags.get(REASON_TAG))
    first = list_places(run)[0]
    filled = run.rendered / first
    for page in CITATIONS:
        yield dg.MaterializeResult(
            asset_key=page_key(page),
            metadata={
                "figures": len(set(shown.get(str(PurePosixPath(first, page)), ()))),
                "page": dg.MetadataValue.path(
                    str(run.output.site / run.edition.name / first / page).removesuffix(".md") + ".html"
                ),
                **_show_charts(filled / page, filled / "charts"),
            },
        )


@dg.asset(group_name="story_board", partitions_def=EDITIONS, deps=[*map(page_key, CITATIONS), "open_data"])
def story_board(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """The site of the edition: the pages as HTML that opens from the file system, and the charts as files of their own."""
    run = workspace.open(context)
    make_site(run)
    public = run.staged / "public"
    made, charts = list((public / "pages").rglob("*.html")), list((public / "charts").rglob("*.svg"))
    return dg.MaterializeResult(metadata={"pages": len(made), "charts": len(charts)})


@dg.asset(group_name="story_board", partitions_def=EDITIONS, deps=["story_board"], kinds={"pdf"})
def public_board_pack(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """All pages of the edition as one tagged PDF, with the protected figures that the pages show."""
    run = workspace.open(context)
    shown = write_pack(run, protected_figures)
    release_memory()
    return dg.MaterializeResult(metadata={"figures": shown})


@dg.asset(group_name="story_board", partitions_def=EDITIONS)
def open_data(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """The protected figures as open files, their data dictionary, and what describes them to machines."""
    run = workspace.open(context)
    public = run.staged / "public"
    public.mkdir(parents=True, exist_ok=True)
    write_open_data(
        public,
        next(iter(open_public_books(run, protected_figures).values())),
        protected_figures,
        schemas=register.read_open_schemas(),
        population=run.read_population(),
        protection=PolicyWords(run.policy.threshold, run.policy.base).rule,
    )
    return dg.MaterializeResult(metadata={"figures": len(protected_figures)})


@dg.asset(group_name="story_board", partitions_def=EDITIONS, kinds={"word"})
def foi_answers(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """What people ask under the Freedom of Information Act, answered from the protected figures, as a Word file to send."""
    return dg.MaterializeResult(metadata={"figures": write_answers(workspace.open(context), protected_figures)})


@dg.asset(group_name="story_board", partitions_def=EDITIONS, kinds={"excel"})
def workbook(context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]) -> None:
    """The protected figures as an accessible workbook, one table a sheet."""
    write_workbooks(workspace.open(context), protected_figures)


def _show_charts(page: Path, charts: Path) -> dict[str, dg.MetadataValue[Any]]:
    """The charts of a page as pictures in the UI: those of protected figures, as everybody may see them."""
    names = dict.fromkeys(_CHART.findall(page.read_text("utf-8")))
    shown = [charts / name for name in names if (charts / name).is_file()]
    pictures = [base64.b64encode(path.read_bytes()).decode("ascii") for path in shown]
    if not pictures:
        return {}
    lines = (
        f"#### {path.stem}\n\n![{path.stem}](data:image/svg+xml;base64,{picture})"
        for path, picture in zip(shown, pictures, strict=True)
    )
    return {"charts": dg.MetadataValue.md("\n\n".join(lines))}
