"""The analyst's own place of work: a new edition, the machine, which editions there are, the site, the Dagster UI."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say, say_next, show_state
from pipelines.commands.words import AsJson, Encoding, Extracts, Output, Through, choose_extracts
from pipelines.faults import DataFault, MachineFault

app = typer.Typer()


@app.command()
def init(
    edition: Annotated[str, typer.Argument(help="Edition to begin, named after its year, e.g. 2019.")],
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    as_json: AsJson = False,
) -> None:
    """Begin an edition: its rows, its folder, promises carried forward, last year's words to be read again."""
    from pipelines.defs.beginning import begin_edition

    folder = extracts.absolute() if extracts is not None else paths.DEFAULT_EXTRACTS
    parts = begin_edition(edition, folder, paths.Output(output))
    if as_json:
        print_json([{"what": p.what, "path": str(p.path), "new": p.is_new, "told": p.told} for p in parts])
        return
    for part in parts:
        print(f"{part.what}: {part.path} ({'new' if part.is_new else 'as it was'}). {part.told}")
    say_next(
        f"put the extracts into {folder / edition}, then `storyboard check --extracts {folder} --edition {edition}`."
    )


@app.command()
def doctor(
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    through: Through = "duckdb",
    as_json: AsJson = False,
) -> None:
    """Look whether this machine can make an edition: versions, fonts, folders, disk, locks, settings, engines, each with its
    mend."""
    from pipelines.defs.health import examine_machine

    conditions = examine_machine(extracts, paths.Output(output), through)
    faults = [condition for condition in conditions if condition.state == "fault"]
    if as_json:
        listed = [{"name": c.name, "state": c.state, "found": c.found, "mend": c.mend} for c in conditions]
        print_json({"ok": not faults, "conditions": listed})
    else:
        for condition in conditions:
            show_state(condition.state, condition.name, condition.found, condition.mend)
    if faults:
        say_next("mend what is marked as a fault, then `storyboard doctor` again.")
        raise typer.Exit(MachineFault.exit_status)
    say_next("`storyboard check` looks at the extracts.")


@app.command()
def editions(output: Output = paths.DEFAULT_OUTPUT, as_json: AsJson = False) -> None:
    """The editions of the output folder and where each stands."""
    from pipelines.editions.state import list_editions
    from pipelines.editions.switch import settle

    out = paths.Output(output)
    settle(out)
    states = list_editions(out)
    if as_json:
        print_json([{"name": s.name, "edition": s.edition, "version": s.version, "status": s.status} for s in states])
        return
    for state in states:
        print(f"{state.name}: {state.status}{', invented figures' if state.is_invented else ''}")
    drafts = [state.name for state in states if state.status == "draft"]
    if drafts:
        say_next(f"`storyboard approvals {drafts[0]}`, then `storyboard publish {drafts[0]}`.")
    elif not states:
        say_next("`storyboard build`: there is no edition here yet.")


@app.command("open")
def open_site(output: Output = paths.DEFAULT_OUTPUT, as_json: AsJson = False) -> None:
    """Open the site in a browser, from the file system."""
    index = paths.Output(output).site / "index.html"
    if not index.is_file():
        raise DataFault(f"There is no site in {output} yet. Build it first: storyboard build.")
    if as_json:
        print_json({"site": str(index)})
    else:
        print(index)
    typer.launch(index.as_uri())


@app.command()
def ui(
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    encoding: Encoding = "utf-8",
    through: Through = "duckdb",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 3000,
    host: Annotated[str, typer.Option(help="This machine; any other is refused.")] = "127.0.0.1",
) -> None:
    """The Dagster UI, on this machine alone: the asset graph, the history, one edition materialised from a button."""
    from pipelines.defs.interface import serve

    serve(
        choose_extracts(extracts),
        paths.Output(output),
        encoding=encoding,
        port=port,
        host=host,
        say=say,
        through=through,
    )
