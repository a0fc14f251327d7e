"""Questions about numbers: where a figure comes from, and why it changed. The answers are in `editions` and `defs`."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say
from pipelines.commands.words import AsJson, Output, choose_edition_folder, complete_edition, complete_metric
from pipelines.faults import DataFault

app = typer.Typer()


@app.command()
def trace(
    metric: Annotated[
        str, typer.Argument(help="Metric to follow back, e.g. episodes_reported.", autocompletion=complete_metric)
    ],
    edition: Annotated[
        str | None,
        typer.Option("--edition", help="Edition, e.g. 2016; the latest if none.", autocompletion=complete_edition),
    ] = None,
    authority: Annotated[str | None, typer.Option("--authority", help="ONS code, or all.")] = None,
    breakdown: Annotated[str | None, typer.Option("--breakdown", help="Breakdown, e.g. sex, or total.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Category, e.g. female.")] = None,
    output: Output = paths.DEFAULT_OUTPUT,
    rows: Annotated[
        bool, typer.Option("--rows", help="The pseudonymised rows counted, from the archive, as CSV.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """From a figure back to the rows: definition, SQL, rows at each step, tests, files and their hashes. Exact: restricted."""
    from pipelines.editions.approvals import open_sheet
    from pipelines.editions.state import choose_edition, list_editions
    from pipelines.editions.switch import settle
    from pipelines.editions.tracing import Question
    from pipelines.editions.tracing import trace as follow
    from pipelines.editions.tracing_text import show_trace

    out = paths.Output(output)
    settle(out)
    state = choose_edition(out, edition)
    found = follow(out.editions / state.name, Question(metric, authority, breakdown, category))
    before = {s.edition: out.editions / s.name for s in list_editions(out) if s.edition < state.edition}
    found = found.with_records(open_sheet(out, state).as_json()["approvals"], list(before.values()))
    if rows:
        from pipelines.defs.replay import list_rows, restored, tell_engine, why_not

        if reason := why_not([out.editions / state.name], out):
            raise DataFault(f"The rows cannot be shown: {reason}.")
        with restored([out.editions / state.name], out) as (recipes, _):
            header, counted = list_rows(recipes[0], Question(metric, authority, breakdown, category))
        if told := tell_engine([out.editions / state.name]):
            say(told)
        if as_json:
            print_json({**found.as_json(), "rows": _as_texts(header, counted)})
            return
        csv.writer(sys.stdout, lineterminator="\n").writerows([header, *counted])
        say(f"{len(counted)} rows. They are personal data: do not send them on, and destroy what you copied.")
    elif as_json:
        print_json(found.as_json())
    else:
        print(show_trace(found))


@app.command()
def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="E1", help="Edition, e.g. 2016 or 2016-v2, or the folder of one.", autocompletion=complete_edition
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="E2", help="The edition to compare it with.")],
    output: Output = paths.DEFAULT_OUTPUT,
    replay: Annotated[bool, typer.Option(help="Tell causes apart by running archived rows again.")] = True,
    form: Annotated[Literal["text", "json", "html"], typer.Option("--format", help="How to show it.")] = "text",
    into: Annotated[Path | None, typer.Option("--out", help="File to write; without it, standard output.")] = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two editions, or two versions of one, and why. Exact figures: restricted."""
    from pipelines.editions.comparison import compare, show_comparison
    from pipelines.editions.comparison_page import write_comparison_page
    from pipelines.editions.manifest import read_manifest
    from pipelines.editions.switch import settle

    out = paths.Output(output)
    settle(out)
    folders = [choose_edition_folder(out, named) for named in (before, after)]
    if folders[0] == folders[1]:
        # Beside one of its versions, the bare name of an edition is its first one: `diff 2016 2016-v2`.
        folders = [
            f.parent / n if (f.parent / n).is_dir() else f for f, n in zip(folders, (before, after), strict=True)
        ]
    if replay:
        from pipelines.defs.replay import list_stages, restored, tell_engine, why_not

        reason = why_not(folders, out)
    else:
        reason = "it was not asked for."
    if reason:
        found = compare(folders[0], folders[1], why_not_replayed=reason)
    else:
        with restored(folders, out) as (recipes, work):
            found = compare(folders[0], folders[1], list_stages(recipes[0], recipes[1], work))
        if told := tell_engine(folders):
            say(told)
    if as_json or form == "json":
        shown = json.dumps(found.as_json(), indent=2, ensure_ascii=False)
    elif form == "html":
        is_invented = any(read_manifest(folder).facts.is_invented for folder in folders)
        shown = write_comparison_page(found, invented=is_invented).rstrip("\n")
    else:
        shown = show_comparison(found)
    if into is None:
        print(shown)
    else:
        into.write_text(shown + "\n", "utf-8", newline="\n")
        say(f"What changed: {into}")


def _as_texts(header: list[str], rows: list[tuple[Any, ...]]) -> list[dict[str, str | None]]:
    return [{n: None if v is None else str(v) for n, v in zip(header, row, strict=True)} for row in rows]
