"""Reviews between editions. Words in, words out: what is on the lists is said in `defs.between_editions`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say, say_next
from pipelines.commands.words import AsJson, Encoding, Extracts, Output, choose_extracts
from pipelines.faults import UsageFault

app = typer.Typer()


@app.command()
def review(
    as_at: Annotated[str, typer.Option("--as-at", help="The day whose position is looked at, e.g. 2016-08-15.")],
    edition: Annotated[
        str | None,
        typer.Option("--edition", help="Edition whose extracts are taken; without it, the one for that day."),
    ] = None,
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="The workbook of the last review, filled in and signed.")
    ] = None,
    seed: Annotated[str | None, typer.Option("--seed", help="Another seed draws another sample.")] = None,
    encoding: Encoding = "utf-8",
    as_json: AsJson = False,
) -> None:
    """Draw up a review of the register (February, August): lists and workbooks in papers/<date>/. No edition changes."""
    try:
        day = date.fromisoformat(as_at)
    except ValueError:
        raise UsageFault("That is no date: write --as-at as year-month-day, such as 2016-08-15.") from None
    if answers is not None and not answers.is_file():
        raise UsageFault(f"There is no file {answers}. Name the workbook of the last review, or leave --answers out.")
    folder = choose_extracts(extracts)

    from pipelines.defs.between_editions import draw_up_review

    made = draw_up_review(
        day,
        folder,
        paths.Output(output),
        edition=edition,
        answers=answers,
        seed=seed,
        encoding=encoding,
    )
    if as_json:
        print_json(
            {
                "folder": str(made.folder),
                "edition": made.edition,
                "new": made.is_new,
                "looks_back_to": made.looks_back_to.isoformat(),
                "cases": made.cases,
                "interviews": made.interviews,
                "found_on_roll": made.on_roll,
            }
        )
        return
    print(f"Review: {made.folder}{'' if made.is_new else ' (the same lists were there already)'}")
    print(f"Cases: {made.cases}, looking back to {made.looks_back_to.isoformat()}")
    print(f"Return interviews: {'not given' if made.interviews is None else made.interviews}")
    print(f"Open cases found on roll: {'not known' if made.on_roll is None else made.on_roll}")
    say("The lists are restricted: they have a row for each child. Do not publish or pass on.")
    say_next(
        f"fill in and sign the workbooks in {made.folder}, then put them into the next edition's folder of extracts."
    )
