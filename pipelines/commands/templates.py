"""The Word template of the report to the directorate: write one to begin with, check one that was changed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say
from pipelines.commands.words import AsJson
from pipelines.faults import UsageFault

app = typer.Typer(
    no_args_is_help=True, help="The Word template of the report to the directorate: write one, check one."
)


@app.command()
def write(
    file: Annotated[
        Path, typer.Argument(help="File to write, e.g. dmt-report-template.docx; one that is there stays.")
    ],
) -> None:
    """Write our template, to be changed in Word: its fonts, its logo, its fixed words."""
    if file.suffix.lower() != ".docx":
        raise UsageFault(f"{file.name} is no Word document: give the file a name that ends in .docx.")
    try:
        with paths.DMT_TEMPLATE.open("rb") as ours, file.open("xb") as theirs:
            shutil.copyfileobj(ours, theirs)
    except FileExistsError:
        raise UsageFault(f"{file} is there already, and is left as it is. Name another file.") from None
    print(f"Template: {file}")
    say(f"Change it in Word, then: storyboard template check {file}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The template, a Word document (.docx).")],
    as_json: AsJson = False,
) -> None:
    """What is wrong with a template: fields that are unknown, misspelt or missing, each with its place and how to mend it."""
    from pipelines import register
    from pipelines.publishing.template_check import check_template, know_metrics

    if not file.is_file():
        raise UsageFault(f"There is no file {file}. Name the template, or write one: storyboard template write {file}")
    problems = check_template(file, know_metrics(register.read_metrics(), register.read_categories()))
    wrong = [problem for problem in problems if problem.is_wrong]
    if as_json:
        found = [
            {"place": p.place, "severity": "error" if p.is_wrong else "note", "message": p.problem, "fix": p.fix}
            for p in problems
        ]
        print_json({"template": file.name, "ok": not wrong, "problems": found})
    else:
        state = f"{len(wrong)} to mend" if wrong else "a report can be made with it"
        print(f"{file.name}: {state}")
        for problem in problems:
            print(f"  {'' if problem.is_wrong else 'note: '}{problem}")
        if not wrong:
            say(f"Next: put it into the folder of extracts as {paths.OWN_TEMPLATE}; the next build takes it.")
    if wrong:
        raise typer.Exit(1)
