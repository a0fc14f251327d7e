"""The words that several commands take, and what each of them stands for: a folder, an edition, the person at the command."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines import memory, paths
from pipelines.commands.speaking import say
from pipelines.faults import DataFault

if TYPE_CHECKING:
    from pipelines.editions.publication import Act


def complete_metric(begun: str) -> list[str]:
    """The metrics whose names go on like that, for the Tab key."""
    return sorted(file.stem for file in paths.METRICS.glob(f"{begun}*.sql"))


def complete_edition(context: typer.Context, begun: str) -> list[str]:
    """The editions of the output folder whose names go on like that."""
    folder = paths.Output(Path(context.params.get("output") or paths.DEFAULT_OUTPUT)).editions
    return sorted(each.name for each in folder.glob(f"{begun}*")) if folder.is_dir() else []


def complete_known_edition(context: typer.Context, begun: str) -> list[str]:
    """The editions whose extracts are there and whose names go on like that."""
    folder = Path(context.params.get("extracts") or paths.DEFAULT_EXTRACTS)
    return sorted(each.name for each in folder.glob(f"{begun}[0-9]*") if each.is_dir()) if folder.is_dir() else []


Editions = Annotated[
    list[str] | None,
    typer.Option(
        "--edition", help="Edition to take, e.g. 2016; may be repeated.", autocompletion=complete_known_edition
    ),
]
Extracts = Annotated[Path | None, typer.Option("--extracts", help="Folder with one folder of extracts per edition.")]
Output = Annotated[Path, typer.Option("--output", help="Folder that receives the site, the editions and the papers.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of CSV files: utf-8, or cp1252 where declared.")]
Through = Annotated[
    str,
    typer.Option(
        "--through",
        metavar="ENGINE",
        help="Engine that the models run on: duckdb, postgres or spark.",
        autocompletion=lambda: ["duckdb", "postgres", "spark"],
    ),
]
ForEdition = Annotated[
    str,
    typer.Argument(
        help="Edition, e.g. 2016 (its latest version) or 2016-v2.",
        autocompletion=complete_edition,
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also say what was made, what was reused, and why.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def configured_defaults(named: Path | None) -> dict[str, Any]:
    """What `storyboard.yml` says of the options that commands share. Reading it costs nothing where there is none."""
    here = any((place / paths.CONFIGURATION).is_file() for place in (Path.cwd(), paths.PROJECT))
    if named is None and not here:
        return {}
    from pipelines.defs.configuration import VARIABLE, find_configuration, read_configuration

    file = find_configuration(named)
    if file is None:
        return {}
    os.environ[VARIABLE] = str(file)
    configuration = read_configuration(file)
    os.environ[memory.VARIABLE] = str(configuration.memory)
    given = {
        "extracts": configuration.extracts,
        "output": configuration.output,
        "encoding": configuration.encoding,
        "through": configuration.through,
        "port": configuration.interface.port,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def choose_extracts(given: Path | None) -> Path:
    """The folder named; else the one beside the project; else the sample. Raises DataFault where the one named is absent."""
    if given is not None:
        if not given.is_dir():
            raise DataFault(f"There is no folder {given}. Name the folder that holds one folder per edition.")
        return given.absolute()
    if paths.DEFAULT_EXTRACTS.is_dir():
        return paths.DEFAULT_EXTRACTS
    say(f"No extracts were named: the sample that comes with the project is used ({paths.SAMPLE_EXTRACTS}).")
    return paths.SAMPLE_EXTRACTS


def choose_edition_folder(out: paths.Output, named: str) -> Path:
    """The folder of an edition that is named (the latest version of `2016`), or that is given as a folder."""
    from pipelines.editions.state import find_edition, list_editions

    path = Path(named)
    if path.is_dir() or len(path.parts) > 1:
        return path.absolute()
    return out.editions / find_edition(list_editions(out), named).name


def act_now() -> Act:
    """Who does it and when: the person who is logged in, now."""
    from pipelines.editions.publication import Act

    return Act(getpass.getuser(), datetime.now(UTC).astimezone())
