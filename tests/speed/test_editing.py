"""What is built upon an earlier build is, byte for byte, what is built from nothing; and no old number is ever shown.

In a copy of the project, because its pages, policy and program are edited. Hypothesis draws which edits follow one another.
"""

import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines import paths

EDITION = "2016"
COPIED = ("pipelines", "dbt_project", "docs", "schemas", "requirements")
SENTENCES = (
    "The board asked for this to be said again.",
    "Ask the partnership if a word here is not clear.",
    "Read this page together with the others.",
    "The partnership will come back to this.",
)
ADDED = "docs/missing/added.md"


class Copy:
    """A copy of the project with the extracts of one edition, and what is built in it."""

    def __init__(self, folder: Path, pick: random.Random) -> None:
        self.project, self.extracts = folder / "project", folder / "extracts"
        self.pick = pick
        self.noted: list[Path] = []
        for name in COPIED:
            shutil.copytree(
                paths.PROJECT / name, self.project / name, ignore=shutil.ignore_patterns("__pycache__", "target")
            )
        for file in (*paths.PROJECT.glob("*.yml"), *paths.PROJECT.glob("*.yaml"), paths.PROJECT / "pyproject.toml"):
            shutil.copy(file, self.project)
        shutil.copytree(paths.SAMPLE_EXTRACTS / EDITION, self.extracts / EDITION)

    def build(self, output: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pipelines",
                "build",
                "-v",
                "--extracts",
                str(self.extracts),
                "--output",
                str(output),
            ],
            cwd=self.project,
            env={"PYTHONPATH": str(self.project), "PATH": os.environ["PATH"], "HOME": str(self.project)},
            capture_output=True,
            text=True,
            check=False,
        )

    def rewrite(self, path: str, change: Callable[[str], str]) -> None:
        file = self.project / path
        file.write_text(change(file.read_text("utf-8")), "utf-8")

    def read_rows(self) -> tuple[list[str], list[list[str]]]:
        with self.episodes.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        return header, rows

    def write_rows(self, header: list[str], rows: list[list[str]]) -> None:
        with self.episodes.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])

    @property
    def episodes(self) -> Path:
        return self.extracts / EDITION / "missing_episodes.csv"

    def choose_row(self) -> tuple[list[str], list[list[str]], list[str]]:
        """A missing episode of the period."""
        header, rows = self.read_rows()
        began, kind = header.index("started_at"), header.index("episode_type")
        free = [r for r in rows if r[kind] == "missing" and "2014-05" < r[began] < "2015-03"]
        return header, rows, self.pick.choice(free)

    # The edits. Each returns whether nothing but words changed.

    def edit_sentence(self) -> bool:
        page = self.pick.choice(sorted((self.project / "docs" / "missing").glob("*.md")))
        said = self.pick.choice(SENTENCES)
        page.write_text(f"{page.read_text('utf-8').rstrip()}\n\n{said}\n", "utf-8")
        return True

    def correct_row(self) -> bool:
        header, rows, row = self.choose_row()
        row[header.index("episode_type")] = "absent"
        self.write_rows(header, rows)
        return False

    def add_row(self) -> bool:
        header, rows, row = self.choose_row()
        rows.append([f"ADDED{self.pick.randrange(10**9):09}", *row[1:]])
        self.write_rows(header, rows)
        return False

    def remove_row(self) -> bool:
        header, rows, row = self.choose_row()
        self.write_rows(header, [each for each in rows if each is not row])
        return False

    def add_or_remove_page(self) -> bool:
        """A page of the navigation comes, or the one that came before goes."""
        page, entry = self.project / ADDED, "      - missing/added.md\n"
        if page.exists():
            page.unlink()
            self.rewrite("mkdocs.yml", lambda text: text.replace(entry, ""))
        else:
            page.write_text('# An added page\n\n{{ figure("episodes_reported") }} episodes were reported.\n', "utf-8")
            place = "      - missing/why.md\n"
            self.rewrite("mkdocs.yml", lambda text: text.replace(place, place + entry))
        return True

    def change_title(self) -> bool:
        """The title of a page stands in the navigation of every other one."""
        said = self.pick.choice(("Some children", "More about children", "About children"))
        self.rewrite(
            "docs/education/risk.md", lambda text: re.sub("^title: .*", f"title: {said}", text, flags=re.MULTILINE)
        )
        return True

    def edit_register(self) -> bool:
        told = f"Before this nobody could count the episodes, {self.pick.choice(('anywhere', 'ever', 'at all'))}."
        self.rewrite(
            "docs/registers/developments.yml",
            lambda text: text.replace("Before this nobody could count the episodes.", told),
        )
        return True

    def edit_paper(self) -> bool:
        self.rewrite("docs/reports/board-pack.md", lambda text: text.replace("# Main figures", "# The main figures"))
        return True

    def change_policy(self) -> bool:
        change = ("base: 5\n", "base: 10\n")
        change = change if change[0] in (self.project / "policy.yml").read_text("utf-8") else change[::-1]
        self.rewrite("policy.yml", lambda text: text.replace(*change))
        return False

    def change_publication(self) -> bool:
        years = self.pick.choice(("5", "6", "7"))
        self.rewrite("publication.yml", lambda text: text.replace("keep_years: 6", f"keep_years: {years}"))
        return False

    def change_site(self) -> bool:
        told = f"site_description: Children who go missing, {self.pick.choice(('again', 'and more', 'and others'))}"
        self.rewrite(
            "mkdocs.yml",
            lambda text: (
                "\n".join(told if line.startswith("site_description") else line for line in text.splitlines()) + "\n"
            ),
        )
        return True

    def change_program(self) -> bool:
        self.rewrite("pipelines/figures.py", lambda text: f"{text}# {self.pick.randrange(10**6)}\n")
        return False

    def note(self) -> None:
        """Remember how all stands now."""
        state = self.project.parent / f"state {len(self.noted)}"
        shutil.copytree(self.project, state / "project", ignore=shutil.ignore_patterns("__pycache__", "target"))
        shutil.copytree(self.extracts, state / "extracts")
        self.noted.append(state)

    def revert(self) -> bool:
        """All is again as it was at some earlier moment."""
        state = self.pick.choice(self.noted)
        for name in ("docs", "pipelines"):
            shutil.rmtree(self.project / name)
        shutil.copytree(state / "project", self.project, dirs_exist_ok=True)
        shutil.copytree(state / "extracts", self.extracts, dirs_exist_ok=True)
        return False


EDITS = (
    Copy.edit_sentence,
    Copy.correct_row,
    Copy.add_row,
    Copy.remove_row,
    Copy.add_or_remove_page,
    Copy.change_title,
    Copy.edit_register,
    Copy.edit_paper,
    Copy.change_policy,
    Copy.change_publication,
    Copy.change_site,
    Copy.change_program,
    Copy.revert,
)


WRITTEN = (Copy.edit_register, Copy.edit_paper, Copy.add_or_remove_page, Copy.change_site)
"""Edits of what is written besides pages."""


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("edited"), random.Random(2016))


def test_edits_one_after_the_other_give_the_bytes_that_a_build_from_nothing_gives(edited: Copy, thorough: bool) -> None:
    folder = edited.project.parent
    first = edited.build(folder / "output")
    assert first.returncode == 0, first.stderr
    edited.note()
    count = 0

    def follow(edits: list[Callable[[Copy], bool]], seed: int) -> None:
        nonlocal count
        edited.pick.seed(seed)
        for edit in edits:
            before = _files(folder / "output")
            only_words = edit(edited)
            done = edited.build(folder / "output")
            assert done.returncode == 0, f"{edit.__name__}: {done.stderr}"
            after = _files(folder / "output")
            assert only_words <= ("nothing but words changed" in done.stderr or before == after), edit.__name__
            assert _published(after) == _count(edited), f"{edit.__name__}: an old number is shown"
            told = [line.removeprefix(f"{EDITION}: ") for line in done.stderr.splitlines()]
            for path in (path for path in before if f"{path}: reused" in "\n".join(told)):
                assert before[path] == after[path], f"{edit.__name__}: {path} is said to be reused and is another"
            if edit == Copy.edit_sentence and before != after:
                assert "public/pages/board-pack.pdf: made, because its text and figures changed" in told
            edited.note()
        count += 1
        nothing = edited.build(folder / f"from nothing {count}")
        assert nothing.returncode == 0, nothing.stderr
        told, wanted = _files(folder / "output"), _files(folder / f"from nothing {count}")
        names = ", ".join(edit.__name__ for edit in edits)
        assert sorted(path for path in {*told, *wanted} if told.get(path) != wanted.get(path)) == [], names
        assert "unchanged" in edited.build(folder / "output").stdout

    # Each build takes seconds: few sequences, and no search for a shorter one.
    longest = 6 if thorough else 2
    sequences = st.lists(st.sampled_from(EDITS), min_size=longest, max_size=longest, unique=True)
    settings(
        max_examples=6 if thorough else 1,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=not thorough,
        suppress_health_check=list(HealthCheck),
    )(given(sequences.map(_with_a_sentence), st.integers(0, 2**31))(follow))()


def _with_a_sentence(edits: list[Callable[[Copy], bool]]) -> list[Callable[[Copy], bool]]:
    """Words are what is edited most: between what else changes, and after it. Of each kind of words one is always edited."""
    return [*edits[:1], Copy.edit_sentence, *edits[1:], Copy.correct_row, Copy.edit_sentence, *WRITTEN]


def _published(files: dict[str, bytes]) -> int:
    """The number of missing episodes that the edition states."""
    rows = csv.DictReader(files["restricted/figures.csv"].decode("utf-8").splitlines())
    (value,) = [r["value"] for r in rows if (r["metric_id"], r["breakdown"]) == ("missing_episodes", "total")]
    return int(value)


def _count(edited: Copy) -> int:
    """The same, counted here."""
    header, rows = edited.read_rows()
    kind, began = header.index("episode_type"), header.index("started_at")
    return sum(row[kind] == "missing" and "2014-04-01" <= row[began][:10] <= "2015-03-31" for row in rows)


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
    assert set(made) == {"machinery", "making", "words", "context"}


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
