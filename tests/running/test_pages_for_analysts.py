"""What analysts read is run: every block of commands in the tutorial and the how-tos, in their order, in a copy of the project.

A line of output stands as the command prints it; `...` stands for what may differ. `<!-- edit FILE LINE "OLD" "NEW" -->` does
what the sentence before it asks of a person with an editor.
"""

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import paths

RUNNING = paths.DOCS / "running"
HOME = "/home/ana/storyboard"
"""The folder of the project as the pages print it."""
PARTS = ("pipelines", "dbt_project", "docs", "schemas", "requirements", "tests/sample_extracts")
FILES = ("mkdocs.yml", "dagster.yaml", "policy.yml", "publication.yml")
_STEP = re.compile(r"^```console\n(?P<block>.*?)^```$|^<!-- (?P<act>(?:edit|exit) [^>]*) -->$", re.M | re.S)


@dataclass(frozen=True)
class Step:
    """One command with what it must print and its status, or an edit of a file."""

    line: int
    words: tuple[str, ...]
    printed: tuple[str, ...] = ()
    status: int = 0


def read_steps(page: Path) -> Iterator[Step]:
    text, status = page.read_text("utf-8"), 0
    for found in _STEP.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["act"]:
            words = tuple(shlex.split(found["act"]))
            if words[0] == "exit":
                status = int(words[-1])
            else:
                yield Step(line, words)
            continue
        for each in re.split(r"^\$ ", found["block"], flags=re.M)[1:]:
            command, *printed = each.rstrip("\n").split("\n")
            yield Step(line, tuple(shlex.split(command)), tuple(printed), status)
        status = 0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("analyst") / "storyboard"
    for part in PARTS:
        shutil.copytree(paths.PROJECT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "logs"))
    for file in FILES:
        shutil.copy(paths.PROJECT / file, copy / file)
    return copy


def run(project: Path, step: Step) -> None:
    if step.words[0] == "edit":
        file, line, old, new = step.words[1:]
        lines = (project / file).read_text("utf-8").split("\n")
        assert old in lines[int(line) - 1], f"line {line} of {file} has no {old}"
        lines[int(line) - 1] = lines[int(line) - 1].replace(old, new, 1)
        (project / file).write_text("\n".join(lines), "utf-8")
        return
    assert step.words[0] == "storyboard", step
    done = subprocess.run(
        [sys.executable, "-u", "-m", "pipelines", *step.words[1:]],
        cwd=project,
        env={"PYTHONPATH": str(project), "PATH": os.environ["PATH"], "HOME": str(project)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    printed = done.stdout.replace(str(project), HOME).rstrip("\n").split("\n")
    assert done.returncode == step.status, done.stdout
    assert agree(list(step.printed), printed), f"the page says\n{chr(10).join(step.printed)}\nbut\n{done.stdout}"


def agree(told: list[str], printed: list[str]) -> bool:
    """Whether what was printed is what the page tells; a line `...` stands for any lines."""
    if not told:
        return not printed
    if told[0] == "...":
        return any(agree(told[1:], printed[start:]) for start in range(len(printed) + 1))
    pattern = re.sub(r"([\[\]?*])", r"[\1]", told[0]).replace("...", "*")
    return bool(printed) and fnmatch.fnmatchcase(printed[0], pattern) and agree(told[1:], printed[1:])


@pytest.mark.parametrize("page", ["tutorial.md", "how-to.md"])
def test_every_command_of_the_page_prints_what_the_page_says(project: Path, page: str):
    steps = list(read_steps(RUNNING / page))
    assert len(steps) > 5
    for step in steps:
        try:
            run(project, step)
        except AssertionError as fault:
            raise AssertionError(f"{page}, block at line {step.line}: {shlex.join(step.words)}\n{fault}") from None


def test_every_link_between_the_pages_for_analysts_leads_somewhere():
    broken = []
    for page in sorted(RUNNING.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
