"""The public side: one asset for each page of `docs/`, the site, the open files. It sees protected figures and nothing else."""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any

import dagster as dg

from pipelines import paths, register
from pipelines.defs.books import list_earlier, open_public_book
from pipelines.defs.release import protected_figures as protected_figures_asset
from pipelines.defs.trails import open_trails
from pipelines.defs.warehouse import CITATIONS
from pipelines.defs.workspace import EDITIONS, REASON_TAG, EditionRun, Workspace
from pipelines.disclosure.policy import describe
from pipelines.editions.state import list_editions
from pipelines.figures import PublicFigure
from pipelines.publishing.downloads import FIGURES, SCORECARD, write_datapackage, write_public_figures
from pipelines.publishing.pages import EditionEntry, PolicyWords, render_pages
from pipelines.publishing.reports import write_foi_answers, write_public_pack
from pipelines.publishing.site import build_site
from pipelines.publishing.workbooks import write_tables

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
    shutil.rmtree(run.rendered, ignore_errors=True)
    rendered = render_pages(
        paths.DOCS,
        open_public_book(run, protected_figures),
        run.rendered,
        policy=PolicyWords(
            run.policy.threshold,
            run.policy.base,
            stated=describe(run.policy),
            prevented=tuple(json.loads(run.disclosure.read_text("utf-8"))["attacks_prevented"]),
        ),
        editions=_list_editions(run, context.run.tags.get(REASON_TAG)),
        trails=open_trails(run),
    )
    run.citations.write_text(
        json.dumps({page: sorted(map(str, keys)) for page, keys in rendered.citations.items()}, indent=1), "utf-8"
    )
    for page in CITATIONS:
        yield dg.MaterializeResult(
            asset_key=page_key(page),
            metadata={
                "figures": len(set(rendered.citations.get(page, ()))),
                "page": dg.MetadataValue.path(
                    str(run.output.site / run.edition.name / page).removesuffix(".md") + ".html"
                ),
                **_show_charts(run.rendered / page, run.rendered / "charts"),
            },
        )


@dg.asset(group_name="story_board", partitions_def=EDITIONS, deps=[page_key(page) for page in CITATIONS])
def story_board(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult[None]:
    """The site of the edition: the pages as HTML that opens from the file system, and the charts as files of their own."""
    run = workspace.open(context)
    public = run.staged / "public"
    public.mkdir(parents=True, exist_ok=True)
    build_site(
        run.rendered,
        paths.MKDOCS_CONFIG,
        public / "pages",
        site_name=f"Story board {run.edition.name}",
        epoch=int(datetime.combine(max(p.as_at for p in run.edition.periods.values()), time(), UTC).timestamp()),
        invented=run.is_invented,
    )
    shutil.copytree(run.rendered / "charts", public / "charts", copy_function=shutil.copyfile)
    made = list((public / "pages").rglob("*.html"))
    return dg.MaterializeResult(metadata={"pages": len(made), "charts": len(list((public / "charts").iterdir()))})


@dg.asset(group_name="story_board", partitions_def=EDITIONS, deps=["story_board"], kinds={"pdf"})
def public_board_pack(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """All pages of the edition as one tagged PDF, with the protected figures that the pages show."""
    run = workspace.open(context)
    site = run.staged / "public" / "pages"
    paper = write_public_pack(open_public_book(run, protected_figures), site, site / "board-pack.pdf")
    return dg.MaterializeResult(metadata={"figures": len(paper.cited)})


@dg.asset(group_name="story_board", partitions_def=EDITIONS)
def open_data(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """The protected figures as open files with their descriptor."""
    run = workspace.open(context)
    public = run.staged / "public"
    public.mkdir(parents=True, exist_ok=True)
    write_public_figures((f for f in protected_figures if not f.key.is_over_time), public / FIGURES)
    write_public_figures((f for f in protected_figures if f.key.is_over_time), public / SCORECARD)
    write_datapackage(
        public / "datapackage.json",
        edition=run.edition,
        metrics=register.read_metrics(),
        categories=register.read_categories(),
        population=run.read_population(),
        schema=json.loads((paths.SCHEMAS / "figures" / "public.json").read_text("utf-8")),
        threshold=run.policy.threshold,
        base=run.policy.base,
        invented=run.is_invented,
    )
    return dg.MaterializeResult(metadata={"figures": len(protected_figures)})


@dg.asset(group_name="story_board", partitions_def=EDITIONS, kinds={"word"})
def foi_answers(
    context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]
) -> dg.MaterializeResult[None]:
    """What people ask under the Freedom of Information Act, answered from the protected figures, as a Word file to send."""
    run = workspace.open(context)
    public = run.staged / "public"
    public.mkdir(parents=True, exist_ok=True)
    paper = write_foi_answers(open_public_book(run, protected_figures), paths.DMT_TEMPLATE, public / "foi-answers.docx")
    return dg.MaterializeResult(metadata={"figures": len(paper.cited)})


@dg.asset(group_name="story_board", partitions_def=EDITIONS, kinds={"excel"})
def workbook(context: dg.AssetExecutionContext, workspace: Workspace, protected_figures: list[PublicFigure]) -> None:
    """The protected figures as an accessible workbook, one table a sheet."""
    run = workspace.open(context)
    public = run.staged / "public"
    public.mkdir(parents=True, exist_ok=True)
    write_tables(open_public_book(run, protected_figures), public / "tables.xlsx")


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


def _list_editions(run: EditionRun, reason: str | None) -> list[EditionEntry]:
    """This edition and those before it, a correction with its reason: pages link backward only. Whether one is published
    is said by the site's index."""
    earlier = [
        EditionEntry(state.edition, state.version, "earlier edition", f"../{state.name}/index.html", state.reason or "")
        for state, _ in list_earlier(run)
    ]
    target = run.choose_target(reason)
    if reason is None:
        reason = next((state.reason for state in list_editions(run.output) if state.name == target.name), None)
    note = (reason or "") if target.version > 1 else ""
    return [EditionEntry(run.edition.name, target.version, "this edition", note=note), *reversed(earlier)]
