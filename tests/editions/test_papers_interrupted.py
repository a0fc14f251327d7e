"""Copies that people write in, papers between editions, the archive of extracts: killed at every line, never half written."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from test_interruptions import die, fail_once, run_apart, wait_for
from test_working_copies import build

from pipelines.editions import archive, disk, publication, switch, working
from pipelines.editions.archive import Archive
from pipelines.editions.manifest import digest_file
from pipelines.editions.publication import approve, place_papers
from pipelines.editions.switch import work_in
from pipelines.editions.working import hand_out_copies
from pipelines.faults import MachineFault
from pipelines.paths import Output
from tests.editions.made_editions import ACT, read_tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")

WATCHED = frozenset(str(module.__file__) for module in (archive, disk, publication, switch, working))
STEP = 5
"""Every fifth line is tried on every change, each line where it is done thoroughly."""


@dataclass(frozen=True)
class Deed:
    """Something that a command does in an output folder, and which of its files it is about."""

    prepare: Callable[[Output], None]
    do: Callable[[Output], object]
    about: Callable[[Output], Path]
    is_one_step: bool = False
    """Whether all of it comes at once, or with the next command; otherwise each file does for itself."""


def make_report(output: Output) -> None:
    build(output, output.folder.parent / "made", 59)


def make_newer_report(output: Output) -> None:
    make_report(output)
    hand_out_copies(output)
    build(output, output.folder.parent / "made newer", 61)


def make_papers(output: Output) -> None:
    make_report(output)
    folder = output.papers / "2016-09-30"
    folder.mkdir(parents=True)
    (folder / "2016-scorecard.xlsx").write_bytes(b"as it was")
    for name in ("scorecard.xlsx", "scorecard.pdf"):
        (output.folder.parent / name).write_bytes(b"as it is now" * 1000)


def put_papers(output: Output) -> None:
    folder = output.papers / "2016-09-30"
    files = (output.folder.parent / name for name in ("scorecard.xlsx", "scorecard.pdf"))
    place_papers(output, {folder / f"2016-{file.name}": file for file in files})


def make_extract(output: Output) -> None:
    make_report(output)
    (output.folder.parent / "extract.csv").write_bytes(b"row\n" * 1000)


def keep_extract(output: Output) -> None:
    extract = output.folder.parent / "extract.csv"
    sha256 = digest_file(extract)
    until = date(2016, 2, 1)
    Archive(output.archive).keep(
        extract, sha256, edition="2016", destroy_by=until, rule="a rule", who="an analyst", when=ACT.when
    )


def make_kept_extract(output: Output) -> None:
    make_extract(output)
    with work_in(output):
        keep_extract(output)


def dispose(output: Output) -> None:
    Archive(output.archive).dispose(who="an analyst", when=ACT.when.replace(year=2017))


DEEDS = {
    "a copy": Deed(make_report, hand_out_copies, lambda output: output.working),
    "a newer copy": Deed(make_newer_report, hand_out_copies, lambda output: output.working),
    "papers": Deed(make_papers, put_papers, lambda output: output.papers, is_one_step=True),
    "archiving": Deed(make_extract, keep_extract, lambda output: output.archive),
    "destroying": Deed(make_kept_extract, dispose, lambda output: output.archive),
    "approving": Deed(
        make_report,
        lambda output: approve(output, "2016", role="director", act=ACT),
        lambda output: output.approvals,
    ),
}


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


class Place:
    """The same output folder again and again, each time as it was before the deed."""

    def __init__(self, deed: Deed, folder: Path) -> None:
        self.deed, self.folder = deed, folder
        deed.prepare(Output(folder / "made" / "output"))
        self.number = 0
        output = self.copy()
        self.before = self.read(output)
        self.do(output)
        self.after = self.read(output)
        self.clear(output)
        assert self.before != self.after

    def copy(self) -> Output:
        self.number += 1
        shutil.copytree(self.folder / "made", self.folder / str(self.number))
        return Output(self.folder / str(self.number) / "output")

    def clear(self, output: Output) -> None:
        shutil.rmtree(output.folder.parent)

    def do(self, output: Output) -> None:
        with work_in(output):
            self.deed.do(output)

    def require_all_or_nothing(self, output: Output, where: object) -> None:
        """What is there now, by the names that people see; then the deed done again."""
        shown = {name: content for name, content in self.read(output).items() if not name.endswith(".new")}
        for name, content in shown.items():
            if name == archive.RECORD and self.after[name].startswith(content):
                continue  # a torn last line never happened
            assert content in (self.before.get(name), self.after.get(name)), f"{name} is half written, {where}"
        with work_in(output):
            pass
        now = self.read(output)
        assert not [name for name in now if name.endswith(".new")], where
        assert now in (self.before, self.after) or not self.deed.is_one_step, where
        self.do(output)
        assert self.read(output) == self.after, where
        assert not list(output.beside.rglob("*.new"))

    def read(self, output: Output) -> dict[str, bytes]:
        found = read_tree(self.deed.about(output))
        if archive.RECORD in found:  # said twice is said once: a file that was recorded may not have come to its place
            found[archive.RECORD] = b"".join(dict.fromkeys(found[archive.RECORD].splitlines(keepends=True)))
        return found


@pytest.fixture(params=DEEDS)
def place(request: pytest.FixtureRequest, memory: Path) -> Iterator[Place]:
    folder = memory / request.node.name.replace("/", " ")
    yield Place(DEEDS[request.param], folder)
    shutil.rmtree(folder)


def die_at_line(number: int) -> None:
    """The process is killed just before the n-th line that it runs of the modules that write."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            count += 1
            if count == number:
                die()
        return trace

    sys.settrace(trace)


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_what_is_killed_at_any_line_is_not_half_written_and_comes_to_its_end_when_done_again(
    place: Place, links: bool, thorough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", refuse_link)
    kills = 0
    for number in range(1, 100_000, 1 if thorough else STEP):
        output = place.copy()

        def work(output: Output = output, number: int = number) -> None:
            die_at_line(number)
            place.do(output)

        status = wait_for(run_apart(work))
        place.require_all_or_nothing(output, f"killed at line {number}")
        place.clear(output)
        if status == 0:
            break
        kills += 1
    assert kills > 5
    print(f"killed at {kills} of its lines")


def refuse_link(*_: object) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["disk full", "input or output error"])
def test_each_operation_on_the_disk_that_fails_once_leaves_nothing_half_written(
    place: Place, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for nth in range(1, 10_000):
        output = place.copy()
        with monkeypatch.context() as patch:
            failed = fail_once(patch, nth, number)
            try:
                place.do(output)
            except (MachineFault, OSError):
                assert failed
        place.require_all_or_nothing(output, failed)
        place.clear(output)
        if not failed:
            break
    assert nth > 2
