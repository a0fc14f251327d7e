"""The reference pages for analysts, made from the code: `python -m pipelines.reference` writes them anew.

Commands, settings, metrics and extracts; the rules of the gate have a module of their own. No fact is written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import typer.main

from pipelines import cli, paths, register
from pipelines.defs.configuration import Configuration
from pipelines.intake.rules_page import PAGE as RULES_PAGE
from pipelines.intake.rules_page import show_rules
from pipelines.intake.schemas import EXTRACTS, read_schema

FOLDER = paths.DOCS / "running"


def make_pages() -> dict[str, str]:
    """The text of each page by its name."""
    pages = {
        "commands.md": _show_commands(),
        "settings.md": _show_settings(),
        "metrics.md": _show_metrics(),
        "extracts.md": _show_extracts(),
    }
    return {name: "\n".join(lines) + "\n" for name, lines in pages.items()}


def _head(title: str, description: str, source: str) -> Iterator[str]:
    yield from ("---", f"title: {title}", f"description: {description}", "---", "", "{% raw %}")
    yield f"<!-- Made from {source} by `make reference`. Change it there. -->"
    yield from ("", f"# {title}", "")


def _show_commands() -> Iterator[str]:
    group: Any = typer.main.get_command(cli.app)
    yield from _head("Commands", "Every command and option of storyboard.", "the commands themselves")
    yield (
        "`storyboard COMMAND --help` says the same. Exit status: 0 done, 1 the data need attention, 2 the command was misused, "
        "3 the machine failed. Results go to standard output, messages to standard error. `storyboard --install-completion` "
        "lets the Tab key finish words. `storyboard --config FILE COMMAND` takes another [configuration file](settings.md)."
    )
    panels: dict[str, list[tuple[str, Any]]] = {}
    for name, command in group.commands.items():
        # A command with commands of its own, as `template write`, is told by those.
        told = {f"{name} {part}": of for part, of in getattr(command, "commands", {}).items()} or {name: command}
        panels.setdefault(str(command.rich_help_panel or "Other"), []).extend(told.items())
    for panel, commands in panels.items():
        yield from ("", f"## {panel}")
        for name, command in commands:
            yield from ("", f"### storyboard {name}", "", _plain(command.help), "")
            yield from ("| word | what it is |", "|---|---|")
            for parameter in command.params:
                options = [*parameter.opts, *parameter.secondary_opts]
                is_option = options[0].startswith("-")
                written = ", ".join(options) if is_option else str(parameter.metavar or parameter.name).upper()
                if written != "--help":
                    yield f"| `{written}` | {_plain(parameter.help)} |"
    yield "{% endraw %}"


def _show_settings() -> Iterator[str]:
    yield from _head(
        "Settings", "Every setting of storyboard.yml, and where the others are.", "the configuration itself"
    )
    yield (
        f"`{paths.CONFIGURATION}` lies in the folder in which you run the command, or in the project. It holds what you would "
        "otherwise type each time. Every setting may be left out; what you type comes first. Folders are relative to the file. "
        "`schemas/storyboard.schema.json` has it all for your editor."
    )
    yield from ("", "```yaml", "extracts: D:/Story board/extracts", "output: D:/Story board/output")
    yield from ("drop_folder: {folder: D:/Story board/drop}", "```")
    schema = Configuration.model_json_schema()
    yield from ("", "| setting | default | what it is for |", "|---|---|---|")
    yield from _list_settings(schema, schema["$defs"], "")
    yield ""
    yield (
        "What is hidden and rounded is set in `policy.yml`, who must approve and how long extracts are kept in "
        "`publication.yml`. Both are part of the project, because they belong to the authority and not to a place of work; each "
        "setting is explained beside it. One more is taken from the environment: `STORYBOARD_MAIL_PASSWORD`, the password of "
        "the mail server, so that it stands in no file. `NO_COLOR` switches colour off."
    )
    yield "{% endraw %}"


def _list_settings(part: Mapping[str, Any], parts: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, field in part["properties"].items():
        reference = next(
            (each["$ref"] for each in [field, *field.get("anyOf", ()), *field.get("allOf", ())] if "$ref" in each), None
        )
        default = field.get("default")
        shown = f"`{json.dumps(default)}`" if default is not None and not reference else ""
        yield f"| `{prefix}{name}` | {shown} | {_plain(field.get('description', ''))} |"
        if reference:
            yield from _list_settings(parts[reference.rsplit("/", 1)[1]], parts, f"{prefix}{name}.")


def _show_metrics() -> Iterator[str]:
    yield from _head(
        "Metrics", "Every metric, what it counts, in which unit and by what it can be cut.", "_metrics.yml"
    )
    yield "The board reads the same words on the page of each measure. `storyboard trace METRIC` shows where a figure comes from."
    yield from ("", "| metric | what it counts | unit | needs | breakdowns |", "|---|---|---|---|---|")
    for name, metric in register.read_metrics().items():
        cut = ", ".join(f"`{each}`" for each in metric.breakdowns)
        needs = ", ".join(f"`{each}`" for each in metric.needs)
        yield f"| `{name}` | **{metric.label}.** {_plain(metric.description)} | {metric.unit} | {needs} | {cut} |"
    yield "{% endraw %}"


def _show_extracts() -> Iterator[str]:
    yield from _head("Extracts", "Every extract and each of its columns.", "schemas/")
    yield (
        "One file per extract, `<extract>.csv`, `.xlsx` or `.parquet`, in a folder named after the edition. Any other column is "
        "refused. [The rules of the gate](rules.md) say what is checked besides."
    )
    for name in EXTRACTS:
        schema = read_schema(name)
        yield from (
            "",
            f"## {name}",
            "",
            _plain(schema.description),
            "",
            "| column | type | what it is |",
            "|---|---|---|",
        )
        stated = json.loads((paths.SCHEMAS / f"{name}.json").read_text("utf-8"))
        for field in stated["fields"]:
            limits = field.get("constraints", {})
            told = [_plain(field["description"])]
            told += ["**Required.**"] if limits.get("required") else []
            told += [f"One of {', '.join(f'`{code}`' for code in limits['enum'])}."] if "enum" in limits else []
            yield f"| `{field['name']}` | {field['type']} | {' '.join(told)} |"
    yield "{% endraw %}"


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", r"\|")


if __name__ == "__main__":
    for name, text in make_pages().items():
        (FOLDER / name).write_text(text, "utf-8", newline="\n")
    RULES_PAGE.write_text(show_rules(), "utf-8", newline="\n")
