"""What is built upon an earlier build is, byte for byte, what is built from nothing; and no old number is ever shown.

In a copy of the project, because its pages and its policy are edited. The sequence of edits is drawn at random, from a seed.
"""

import csv
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import paths

EDITION = "2016"
COPIED = ("pipelines", "dbt_project", "docs", "schemas", "requirements")
SENTENCES = (
    "The board asked for this to be said again.",
    "Ask the partnership if a word here is not clear.",
    "Read this page together with the others.",
    "The partnership will come back to this.",
)


class Copy:
    """A copy of the project with the extracts of one edition, and what is built in it."""

    def __init__(self, folder: Path, pick: random.Random) -> None:
        self.project, self.extracts = folder / "project", folder / "extracts"
        self.pick = pick
        for name in COPIED:
            shutil.copytree(
                paths.PROJECT / name, self.project / name, ignore=shutil.ignore_patterns("__pycache__", "target")
            )
        for file in (*paths.PROJECT.glob("*.yml"), *paths.PROJECT.glob("*.yaml"), paths.PROJECT / "pyproject.toml"):
            shutil.copy(file, self.project)
        shutil.copytree(paths.SAMPLE_EXTRACTS / EDITION, self.extracts / EDITION)

    def build(self, output: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipelines", "build", "--extracts", str(self.extracts), "--output", str(output)],
            cwd=self.project,
            env={"PYTHONPATH": str(self.project), "PATH": os.environ["PATH"], "HOME": str(self.project)},
            capture_output=True,
            text=True,
            check=False,
        )

    def edit_words(self) -> None:
        page = self.pick.choice(sorted((self.project / "docs" / "missing").glob("*.md")))
        page.write_text(f"{page.read_text('utf-8').rstrip()}\n\n{self.pick.choice(SENTENCES)}\n", "utf-8")

    def correct_row(self) -> None:
        file = self.extracts / EDITION / "missing_episodes.csv"
        header, *rows = csv.reader(file.read_text("utf-8").splitlines())
        kind, began = header.index("episode_type"), header.index("started_at")
        row = self.pick.choice([row for row in rows if row[kind] == "missing" and row[began] > "2014-05"])
        row[kind] = "absent"
        with file.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows([header, *rows])


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("edited"), random.Random(2016))


def test_edits_one_after_the_other_give_the_bytes_that_a_build_from_nothing_gives(edited: Copy) -> None:
    folder = edited.project.parent
    first = edited.build(folder / "output")
    assert first.returncode == 0, first.stderr
    assert "nothing but words" not in first.stderr
    edits: list[Callable[[], None]] = [edited.edit_words, edited.edit_words, edited.correct_row]
    edited.pick.shuffle(edits)
    for edit in [*edits, edited.edit_words]:
        before = _files(folder / "output")
        edit()
        done = edited.build(folder / "output")
        assert done.returncode == 0, done.stderr
        only_words = edit == edited.edit_words
        assert ("nothing but words changed" in done.stderr) == only_words
        after = _files(folder / "output")
        kept = [path for path in before if path.startswith("restricted/") and path.endswith((".docx", "figures.csv"))]
        assert all((before[path] == after[path]) for path in kept if only_words)
        assert (before["restricted/figures.csv"] == after["restricted/figures.csv"]) == only_words
    again = edited.build(folder / "output")
    assert "unchanged" in again.stdout
    nothing = edited.build(folder / "from nothing")
    assert nothing.returncode == 0, nothing.stderr
    assert _files(folder / "output") == _files(folder / "from nothing")


def test_what_is_kept_for_a_change_of_words_is_its_owners_and_names_no_child(edited: Copy) -> None:
    parts = edited.project.parent / ".output.storyboard" / "parts"
    kept = [file for file in parts.rglob("*") if file.is_file()]
    assert kept
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in parts.iterdir())
    with (edited.extracts / EDITION / "missing_episodes.csv").open(encoding="utf-8") as file:
        ids = {row[name] for row in csv.DictReader(file) for name in ("episode_id", "child_id")}
    for file in kept:
        assert file.stat().st_mode & 0o077 == 0 or file.parent.stat().st_mode & 0o077 == 0
        text = _read_with_what_is_packed(file)
        assert not any(each in text for each in ids), file.name
    made = json.loads(next(file for file in kept if file.name == "made.json").read_text("utf-8"))
    assert set(made) == {"machinery", "words", "context"}


def test_a_wrong_page_stops_the_build_before_anything_is_made(edited: Copy) -> None:
    page = edited.project / "docs" / "missing" / "index.md"
    sound = page.read_text("utf-8")
    line = sound.rstrip().count("\n") + 3
    page.write_text(
        f'{sound.rstrip()}\n\nThe police know of 17 others. {{{{ figure("episodes_reprted") }}}}\n', "utf-8"
    )
    done = edited.build(edited.project.parent / "elsewhere")
    page.write_text(sound, "utf-8")
    assert done.returncode == 1
    assert f'docs/missing/index.md, line {line}: "17" is typed where a figure belongs.' in done.stderr
    assert f'line {line}: There is no metric "episodes_reprted". Did you mean "episodes_reported"?' in done.stderr
    assert not (edited.project.parent / "elsewhere").exists()
    assert not (edited.project.parent / ".elsewhere.storyboard").exists()


def _read_with_what_is_packed(file: Path) -> str:
    if not zipfile.is_zipfile(file):
        return file.read_bytes().decode("utf-8", "replace")
    with zipfile.ZipFile(file) as packed:
        return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def _files(output: Path) -> dict[str, bytes]:
    folder = output / "editions" / EDITION
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
