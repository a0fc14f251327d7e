"""Rules of the house about where things are said: one directory module, no machine of ours, nothing undescribed."""

import ast
import re
import subprocess

import pytest
import typer.main

from pipelines import cli, paths
from pipelines.reference import make_pages

OURS = list(paths.PROJECT.joinpath("pipelines").rglob("*.py"))


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=paths.PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def test_every_module_says_what_belongs_in_it():
    silent = [
        str(f) for f in OURS if f.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(f.read_text("utf-8")))
    ]
    assert silent == []


def test_every_command_and_option_is_described():
    group = typer.main.get_command(cli.app)
    undescribed = [
        f"{name} {parameter.name}"
        for name, command in group.commands.items()
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ] + [name for name, command in group.commands.items() if not command.help]
    assert undescribed == []


def test_no_file_names_a_machine_or_a_registry():
    hosts = re.compile("/wo" "rk/|/fa" "rm/|py" r"pi\.org|python" r"hosted\.org|registry\.npm" "js")
    named = []
    for name in tracked():
        file = paths.PROJECT / name
        try:
            text = file.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        if not name.endswith(".svg") and hosts.search(text):
            named.append(name)
    assert named == []


def test_the_reference_pages_say_what_the_code_says():
    for name, text in make_pages().items():
        told = f"docs/running/{name} is not what the code says: renew it with `make reference` and read the difference"
        assert (paths.DOCS / "running" / name).read_text("utf-8") == text, told
