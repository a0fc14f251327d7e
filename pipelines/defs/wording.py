"""Words and figures put together: the pages of an edition, their site, and what the audit keeps of them.

What an asset of Dagster and a change of words alone both do. Nothing of Dagster here.
"""

from __future__ import annotations

import base64
import csv
import json
import shutil
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from pipelines import paths
from pipelines.defs.books import list_earlier, open_public_book
from pipelines.defs.inputs import describe_code
from pipelines.defs.runs import EditionRun
from pipelines.defs.trails import open_trails
from pipelines.disclosure.policy import describe
from pipelines.editions.assurance import PAGE, Subject, write_assurance
from pipelines.editions.manifest import Policy, SealedExtract
from pipelines.editions.state import list_editions
from pipelines.editions.tracing import AUDIT, Kept
from pipelines.editions.tracing_page import (
    FRONT_PAGE,
    LINEAGE_PAGE,
    METRIC_PAGES,
    write_front_page,
    write_lineage_page,
    write_metric_page,
)
from pipelines.figures import PublicFigure
from pipelines.publishing.charts import kept_drawings
from pipelines.publishing.documents import Paper
from pipelines.publishing.pages import EditionEntry, PolicyWords, RenderedPages, render_pages
from pipelines.publishing.reports import write_public_pack
from pipelines.publishing.site import build_site


def fill_pages(run: EditionRun, figures: list[PublicFigure], reason: str | None) -> RenderedPages:
    """Every page of `docs/` as plain Markdown with its drawings, in the run's folder. Raises DataFault with file and line."""
    shutil.rmtree(run.rendered, ignore_errors=True)
    drawings = _read_drawings(run.drawings)
    with kept_drawings(drawings):
        rendered = render_pages(
            paths.DOCS,
            open_public_book(run, figures),
            run.rendered,
            policy=PolicyWords(
                run.policy.threshold,
                run.policy.base,
                stated=describe(run.policy),
                prevented=tuple(json.loads(run.disclosure.read_text("utf-8"))["attacks_prevented"]),
            ),
            editions=_list_editions(run, reason),
            trails=open_trails(run),
        )
    run.drawings.write_text(
        json.dumps({key: base64.b64encode(svg).decode("ascii") for key, svg in drawings.items()}), "utf-8"
    )
    run.citations.write_text(
        json.dumps({page: sorted(map(str, keys)) for page, keys in rendered.citations.items()}, indent=1), "utf-8"
    )
    return rendered


def make_site(run: EditionRun) -> None:
    """The filled pages as HTML under `public/pages`, and the drawings as files of their own."""
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


def write_pack(run: EditionRun, figures: list[PublicFigure]) -> Paper:
    """All pages of the finished site as one PDF beside them."""
    site = run.staged / "public" / "pages"
    return write_public_pack(open_public_book(run, figures), site, site / "board-pack.pdf")


def record_what_is_shown(run: EditionRun, extracts: list[SealedExtract], reason: str | None) -> None:
    """Which figures each page shows, and the assurance statement: all of the audit that words have a part in."""
    shown = run.staged / AUDIT / "shown-on.json"
    if not shown.is_file() or shown.read_bytes() != run.citations.read_bytes():
        shutil.copyfile(run.citations, shown)
        _write_trail_pages(run, extracts, reason)
    subject = Subject(
        run.choose_target(reason).name,
        Policy(run.policy.threshold, run.policy.base),
        describe_code(),
        extracts,
        json.loads(run.disclosure.read_text("utf-8")),
        run.is_invented,
    )
    _write(run.staged / PAGE, write_assurance(run.staged, subject))


def _write_trail_pages(run: EditionRun, extracts: list[SealedExtract], reason: str | None) -> None:
    """The trail as pages: one for each metric, the lineage of all, and the front page."""
    audit = run.staged / AUDIT
    kept = Kept(run.staged, extracts)
    named: dict[str, Any] = {"name": run.choose_target(reason).name, "invented": run.is_invented}
    for metric in kept.metrics:
        picture = (audit / METRIC_PAGES / f"{metric}.svg").read_text("utf-8")
        _write(audit / METRIC_PAGES / f"{metric}.html", write_metric_page(kept, metric, picture, **named))
    with (audit / "column-lineage.csv").open(encoding="utf-8", newline="") as file:
        fields = list(csv.DictReader(file))
    coverage = json.loads((audit / "column-lineage.json").read_text("utf-8"))["coverage"]
    picture = (audit / "lineage.svg").read_text("utf-8")
    _write(audit / LINEAGE_PAGE, write_lineage_page(fields, coverage, picture, **named))
    _write(audit / FRONT_PAGE, write_front_page(kept.metrics, **named))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


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


def _read_drawings(file: Path) -> dict[str, bytes]:
    if not file.is_file():
        return {}
    return {key: base64.b64decode(svg) for key, svg in json.loads(file.read_text("utf-8")).items()}
