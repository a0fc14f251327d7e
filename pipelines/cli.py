"""The command `storyboard`: words in, exit status out.

Gathers the commands of `pipelines.commands` and turns whatever goes wrong into one sentence and a status. The heavy parts are
imported only by the command that needs them, so that help and `check` answer at once.
"""

from __future__ import annotations

import gc
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from pipelines import paths
from pipelines.commands import making, publishing, questions, records, reviewing, templates, workplace
from pipelines.commands.speaking import choose_letters, say
from pipelines.commands.words import configured_defaults
from pipelines.faults import Fault

app = typer.Typer(
    name="storyboard",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="From anonymised extracts to the published story board and the papers that go with it.",
    epilog="Exit status: 0 done, 1 the data needs attention, 2 the command was misused, 3 the machine failed.",
)
for panel, commands in {
    "Make an edition": making.app,
    "Approve and publish it": publishing.app,
    "Ask about a number": questions.app,
    "Keep and prove it": records.app,
    "Between editions": reviewing.app,
    "Where you work": workplace.app,
}.items():
    for command in commands.registered_commands:
        command.rich_help_panel = panel
        app.registered_commands.append(command)
app.add_typer(templates.app, name="template", rich_help_panel="Make an edition")


@app.callback()
def configure(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Configuration file; without it, storyboard.yml of this folder or the project."),
    ] = None,
) -> None:
    # Click's own way: what the file says is the default of each option of that name, and what is typed comes first.
    context.default_map = dict.fromkeys((context.invoked_subcommand or "",), configured_defaults(config))


def main() -> None:
    """Runs the command. A fault becomes its sentence on standard error and its exit status, never a traceback."""
    choose_letters()
    # A command makes hundreds of thousands of small objects that stay: looking through the new ones after every few hundred,
    # and through the old ones again and again, is a fifth of a build. What can go is new; the rest takes a twentieth more memory.
    gc.set_threshold(20_000, 100, 100)
    try:
        app()
    except Fault as fault:
        say(str(fault))
        sys.exit(fault.exit_status)
    except KeyboardInterrupt:
        say("Stopped. Nothing that is published has changed.")
        sys.exit(3)
    except (MemoryError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        say(f"The machine failed: {reason}{where}. Nothing that is published has changed.")
        sys.exit(3)
    except Exception as error:
        # The text of an error that nobody foresaw may quote a cell, so that only its kind and its place in our code are said.
        say(
            f"The program failed ({type(error).__name__} at {_place_in_our_code(error)}): a fault of ours, not of your data. "
            "Nothing that is published has changed. Report it with this line."
        )
        sys.exit(3)


def _place_in_our_code(error: BaseException) -> str:
    ours = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(paths.PROJECT)]
    near = [f for f in ours if ".venv" not in Path(f.filename).parts]
    return f"{Path(near[-1].filename).relative_to(paths.PROJECT).as_posix()}:{near[-1].lineno}" if near else "?"
