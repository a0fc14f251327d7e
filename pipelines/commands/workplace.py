"""The analyst's own place of work: which editions there are, the site in a browser, the Dagster UI."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say
from pipelines.commands.words import AsJson, Encoding, Extracts, Output, choose_extracts
from pipelines.faults import DataFault

app = typer.Typer()


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


@app.command("open")
def open_site(output: Output = paths.DEFAULT_OUTPUT) -> None:
    """Open the site in a browser, from the file system."""
    index = paths.Output(output).site / "index.html"
    if not index.is_file():
        raise DataFault(f"There is no site in {output} yet. Build it first: storyboard build.")
    print(index)
    typer.launch(index.as_uri())


@app.command()
def ui(
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    encoding: Encoding = "utf-8",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 3000,
) -> None:
    """The Dagster UI, on this machine alone: the asset graph, the history, one edition materialised from a button."""
    from pipelines.defs.interface import serve

    serve(choose_extracts(extracts), paths.Output(output), encoding=encoding, port=port, say=say)
