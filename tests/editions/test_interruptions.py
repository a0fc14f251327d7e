"""Whatever is killed, filled up or run twice, an output folder is as it was before or as it is after."""

from __future__ import annotations

import errno
import functools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_editions import ACT, install, list_on_index, put_out, read_tree, stage

from pipelines.editions import disk, switch
from pipelines.editions.lock import hold_lock
from pipelines.editions.publication import install_editions, publish, withdraw
from pipelines.editions.state import list_editions
from pipelines.editions.switch import AtStep, Placement, go_on, recover, settle, staging, work_in
from pipelines.editions.verify import verify
from pipelines.faults import MachineFault
from pipelines.paths import Output

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")

OPERATIONS = (
    *("make_folder", "write_file", "copy_file", "sync_file", "sync_folder"),
    *("rename", "replace_file", "exchange", "remove_tree"),
)
KILLS, KILLS_THOROUGH = 200, 1000
SWAPS, SWAPS_THOROUGH = 500, 5000
RACES, RACES_THOROUGH = 20, 200
REPEATS_THOROUGH = 20
"""How often a process is killed at each labelled step, where it is done thoroughly."""


class Workplace:
    """An output folder with 2016 published and 2017 a draft, and something to do to it: fresh for each attempt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = folder / "made"
        install(Output(self.made / "output"), self.made / "first", "2016", "2017")
        put_out(Output(self.made / "output"), "2016")
        stage(self.made / "staged", "2017", "second")
        stage(self.made / "staged", "2018", "second")
        self.number = 0

    def copy(self) -> tuple[Output, dict[str, Path]]:
        self.number += 1
        here = self.folder / str(self.number)
        shutil.copytree(self.made, here, copy_function=os.link)  # no file is ever written to in place
        return Output(here / "output"), {name: here / "staged" / name for name in ("2017", "2018")}

    def clear(self, output: Output) -> None:
        shutil.rmtree(output.folder.parent)


def do_install(output: Output, staged: dict[str, Path], at_step: AtStep) -> None:
    install_editions(staged, output, ACT, list_on_index, at_step=at_step)


def do_publish(output: Output, staged: dict[str, Path], at_step: AtStep) -> None:
    publish(output, "2017", ACT, list_on_index, at_step=at_step)


def do_withdraw(output: Output, staged: dict[str, Path], at_step: AtStep) -> None:
    withdraw(output, "2016", ACT, list_on_index, reason="wrong", at_step=at_step)


DEEDS = {"install": do_install, "publish": do_publish, "withdraw": do_withdraw}
Deed = Callable[[Output, dict[str, Path], AtStep], None]


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A folder in memory where there is such a place: thousands of synchronising calls would wait for the disk."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def workplace(memory: Path) -> Workplace:
    return Workplace(memory / "a place with spaces é")


@pytest.fixture(params=DEEDS)
def deed(request: pytest.FixtureRequest) -> Deed:
    return DEEDS[request.param]


@pytest.fixture(params=["exchange", "two renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the exchange of two folders in one step, and as on a system that has none."""
    if request.param == "two renames":
        monkeypatch.setattr(disk, "exchange", lambda one, other: False)
    return str(request.param)


def run_apart(work: Callable[[], None]) -> int:
    """Do the work in a process of its own; returns its number. It ends with 0, with 3 on a MachineFault, else 99."""
    process = os.fork()
    if process:
        return process
    status = 99
    try:
        work()
        status = 0
    except MachineFault:
        status = 3
    finally:
        os._exit(status)


def wait_for(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def die(_reason: object = None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def count_operations(monkeypatch: pytest.MonkeyPatch, act: Callable[[int, str], None]) -> None:
    """Call `act` with the number and name of each operation on the disk, just before it."""
    count = iter(range(1, 10_000_000))

    def watch(name: str, operation: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(operation)
        def watched(*arguments: object) -> object:
            act(next(count), name)
            return operation(*arguments)

        return watched

    for name in OPERATIONS:
        monkeypatch.setattr(disk, name, watch(name, getattr(disk, name)))
    for name in ("link", "fsync"):  # where the disk is asked without `disk`
        monkeypatch.setattr(os, name, watch(f"sync: {name}", getattr(os, name)))


def fail_once(monkeypatch: pytest.MonkeyPatch, nth: int, number: int) -> list[str]:
    """The nth operation on the disk fails with this error number. Its name is in the list once it has."""
    failed: list[str] = []

    def fail(count: int, name: str) -> None:
        if count == nth:
            failed.append(name)
            raise OSError(number, os.strerror(number))

    count_operations(monkeypatch, fail)
    return failed


def see_before_and_after(workplace: Workplace, deed: Deed) -> tuple[dict[str, bytes], dict[str, bytes]]:
    output, staged = workplace.copy()
    before = read_tree(output.folder)
    with work_in(output):
        deed(output, staged, go_on)
    after = read_tree(output.folder)
    workplace.clear(output)
    assert before != after
    return before, after


def require_readable_site(output: Output, before: dict[str, bytes], after: dict[str, bytes], way: str) -> None:
    """Even before anything is recovered, what readers see is one of the two, whole."""
    for tree in (output.site, output.release):
        if way == "two renames" and not tree.exists():
            continue
        parts = [
            {path: content for path, content in whole.items() if path.startswith(f"{tree.name}/")}
            for whole in (before, after)
        ]
        assert {f"{tree.name}/{path}": content for path, content in read_tree(tree).items()} in parts


def require_whole(output: Output) -> None:
    assert not output.incoming.exists()
    for state in list_editions(output):
        assert verify(output.editions / state.name).ok


def test_a_process_killed_at_each_labelled_step_leaves_all_or_nothing(
    workplace: Workplace, deed: Deed, way: str, thorough: bool
) -> None:
    before, after = see_before_and_after(workplace, deed)
    labels: list[str] = []
    output, staged = workplace.copy()
    with work_in(output):
        deed(output, staged, labels.append)
    workplace.clear(output)
    assert {"journal", "site", "close"} <= set(labels)
    seen = set()
    for label in labels * (REPEATS_THOROUGH if thorough else 1):
        output, staged = workplace.copy()

        def work(output: Output = output, staged: dict[str, Path] = staged, label: str = label) -> None:
            with work_in(output):
                deed(output, staged, lambda here: die() if here == label else None)

        assert wait_for(run_apart(work)) == -signal.SIGKILL
        require_readable_site(output, before, after, way)
        with work_in(output):
            pass
        now = read_tree(output.folder)
        assert now in (before, after), label
        seen.add(now == after)
        require_whole(output)
        again, staged_again = workplace.copy()
        with work_in(output):
            deed(output, staged_again, go_on)
        assert read_tree(output.folder) == after, f"what was killed at {label} comes to its end when it is done again"
        workplace.clear(again)
        workplace.clear(output)
    assert seen == {True, False}
    print(f"killed at {len(labels)} labelled steps: {len(labels) * (REPEATS_THOROUGH if thorough else 1)} kills")


def test_a_process_killed_before_each_operation_on_the_disk_leaves_all_or_nothing(
    workplace: Workplace, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = see_before_and_after(workplace, do_install)
    number = 0
    while True:
        number += 1
        output, staged = workplace.copy()

        def work(output: Output = output, staged: dict[str, Path] = staged, number: int = number) -> None:
            # The synchronising operations are many, and change nothing that a process killed there could leave behind.
            reached = iter(range(1, 10_000_000))

            def stop(_count: int, name: str) -> None:
                if not name.startswith("sync") and next(reached) == number:
                    die()

            count_operations(monkeypatch, stop)
            with work_in(output):
                do_install(output, staged, go_on)

        status = wait_for(run_apart(work))
        require_readable_site(output, before, after, way)
        with work_in(output):
            pass
        assert read_tree(output.folder) in (before, after), number
        require_whole(output)
        workplace.clear(output)
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert number > 40


def test_recovery_that_is_killed_itself_is_recovered_by_the_next(
    workplace: Workplace, deed: Deed, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, after = see_before_and_after(workplace, deed)
    for number in range(1, 200):
        output, staged = workplace.copy()

        def interrupted(output: Output = output, staged: dict[str, Path] = staged) -> None:
            with work_in(output):
                deed(output, staged, lambda label: die() if label == "site" else None)

        def recovering(output: Output = output, number: int = number) -> None:
            count_operations(monkeypatch, lambda count, _name: die() if count == number else None)
            with hold_lock(output):
                recover(output)

        assert wait_for(run_apart(interrupted)) == -signal.SIGKILL
        status = wait_for(run_apart(recovering))
        settle(output)
        assert read_tree(output.folder) == after, number
        require_whole(output)
        workplace.clear(output)
        if status == 0:
            return
    pytest.fail("recovery never came to its end")


def test_a_process_killed_at_random_times_never_publishes_half(memory: Path, thorough: bool) -> None:
    kills = KILLS_THOROUGH if thorough else KILLS
    here = memory / "at random"
    output = Output(here / "output")
    install(output, here / "first", "2016", "2017", words="generation 0")
    dice = random.Random(19)
    longest = 0.0
    killed = 0
    for number in range(1, kills + 2):
        shutil.rmtree(here / str(number - 1), ignore_errors=True)
        staged = {name: stage(here / str(number), name, f"generation {number}") for name in ("2016", "2017")}

        def work(staged: dict[str, Path] = staged) -> None:
            with work_in(output):
                install_editions(staged, output, ACT, list_on_index)

        started = time.monotonic()
        process = run_apart(work)
        if longest == 0.0:
            assert wait_for(process) == 0
            longest = time.monotonic() - started
            continue
        time.sleep(dice.uniform(0, longest))
        os.kill(process, signal.SIGKILL)
        killed += wait_for(process) == -signal.SIGKILL
        assert len(find_generations(output.site)) == 1, "before anything is recovered"
        with work_in(output):
            pass
        assert len(find_generations(output.site)) == 1
        assert find_generations(output.site) == find_generations(output.editions)
        require_whole(output)
    assert killed > kills / 6, "most of them should be killed at their work"
    print(f"{kills} kills at random times: {killed} met the publisher at its work, none left half an edition")


def find_generations(folder: Path) -> set[bytes]:
    return {found for content in read_tree(folder).values() for found in re.findall(rb"generation \d+", content)}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["disk full", "input or output error"])
def test_each_operation_on_the_disk_that_fails_once_is_undone(
    workplace: Workplace, deed: Deed, way: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = see_before_and_after(workplace, deed)
    failures = 0
    for nth in range(1, 10_000):
        output, staged = workplace.copy()
        with monkeypatch.context() as patch:
            failed = fail_once(patch, nth, number)
            fault: MachineFault | None = None
            try:
                with work_in(output):
                    deed(output, staged, go_on)
            except MachineFault as raised:
                fault = raised
        if fault is not None:
            failures += 1
            assert "Traceback" not in str(fault)
            assert not output.incoming.exists(), failed
            assert read_tree(output.folder) == before, failed
        else:
            # Only tidying up may fail in silence: the next command does it.
            settle(output)
            assert read_tree(output.folder) == after, failed
        require_whole(output)
        workplace.clear(output)
        if not failed:
            break
    assert failures > 40


def test_a_disk_that_fails_for_good_from_any_moment_on_leaves_all_or_nothing(
    workplace: Workplace, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = see_before_and_after(workplace, do_install)
    for nth in range(1, 10_000):
        output, staged = workplace.copy()
        failed: list[str] = []

        def fail(count: int, name: str, nth: int = nth, failed: list[str] = failed) -> None:
            if count >= nth:
                failed.append(name)
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        with monkeypatch.context() as patch:
            count_operations(patch, fail)
            try:
                with work_in(output):
                    do_install(output, staged, go_on)
            except MachineFault:
                pass
            else:
                assert set(failed) <= {"sync_folder", "sync: fsync", "remove_tree"}
        require_readable_site(output, before, after, way)
        settle(output)
        assert read_tree(output.folder) in (before, after), failed
        require_whole(output)
        workplace.clear(output)
        if not failed:
            break


def test_a_disk_without_room_is_said_before_anything_is_written(
    workplace: Workplace, deed: Deed, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, staged = workplace.copy()
    before = read_tree(output.folder)
    monkeypatch.setattr(disk, "free_bytes", lambda path: 1000)
    with pytest.raises(MachineFault, match="too full"), work_in(output):
        deed(output, staged, go_on)
    assert read_tree(output.folder) == before
    assert not output.incoming.exists()


def test_of_two_runs_at_once_one_works_and_the_other_is_told_so(workplace: Workplace) -> None:
    output, staged = workplace.copy()
    is_working, works = os.pipe()
    may_go_on, go = os.pipe()

    def first() -> None:
        def wait(label: str) -> None:
            if label == "journal":
                os.write(works, b"x")
                os.read(may_go_on, 1)

        with work_in(output):
            do_install(output, staged, wait)

    process = run_apart(first)
    os.read(is_working, 1)
    before = read_tree(output.folder)
    with pytest.raises(MachineFault, match="Another run is working in this folder"), work_in(output):
        pytest.fail("the lock was not held")
    settle(output)
    assert read_tree(output.folder) == before, "a command that only reads leaves the other at its work"
    os.write(go, b"x")
    assert wait_for(process) == 0
    require_whole(output)
    with work_in(output):
        pass
    workplace.clear(output)


def test_races_of_two_publishers_have_one_winner_or_two_in_turn(memory: Path, thorough: bool) -> None:
    races = RACES_THOROUGH if thorough else RACES
    told = 0
    here = memory / "races"
    output = Output(here / "output")
    install(output, here / "first", "2016", words="generation 0")
    for number in range(1, races + 1):
        processes = []
        for runner in ("a", "b"):
            staged = {"2016": stage(here / f"{number}{runner}", "2016", f"generation {number}")}

            def work(staged: dict[str, Path] = staged) -> None:
                with work_in(output):
                    install_editions(staged, output, ACT, list_on_index)

            processes.append(run_apart(work))
        ended = sorted(wait_for(process) for process in processes)
        assert ended in ([0, 0], [0, 3])
        told += ended == [0, 3]
        assert find_generations(output.folder) == {b"generation %d" % number}
        require_whole(output)
    assert len(output.log.read_bytes().splitlines()) == races + 1, "the second of a pair finds the same edition there"
    print(f"{races} races: one won and the other was told so in {told}, both in turn in {races - told}")


def test_the_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    output = Output(tmp_path / "output")

    def work() -> None:
        with hold_lock(output):
            die()

    assert wait_for(run_apart(work)) == -signal.SIGKILL
    with hold_lock(output):
        assert not output.folder.exists()


def test_readers_during_many_switches_see_one_edition_or_the_other(memory: Path, thorough: bool) -> None:
    swaps = SWAPS_THOROUGH if thorough else SWAPS
    here = memory / "readers"
    here.mkdir()
    output = Output(here / "output")

    def put(number: int) -> None:
        with work_in(output), staging(output) as area:
            site = area / "site"
            for path in ("index.html", "2016/index.html", "2017/index.html"):
                disk.make_folder((site / path).parent)
                disk.write_file(site / path, b"generation %d" % number)
            switch.switch(output, [Placement(site, "site")])

    put(0)
    answer, asked = os.pipe()
    stop = here / "stop"

    def read() -> None:
        reads = 0
        while not stop.exists():
            (output.site / "index.html").read_bytes()  # the address itself is never empty
            site = os.open(output.site, os.O_RDONLY)
            try:
                seen = {read_at(site, path) for path in ("index.html", "2017/index.html", "2016/index.html")}
            finally:
                os.close(site)
            # An old site that has been removed meanwhile may come to an end, but never change into another.
            assert len(seen - {b""}) <= 1
            reads += 1
        os.write(asked, str(reads).encode())

    process = run_apart(read)
    for number in range(1, swaps + 1):
        put(number)
    stop.touch()
    assert wait_for(process) == 0
    reads = int(os.read(answer, 100))
    assert reads > swaps
    assert (output.site / "2017" / "index.html").read_bytes() == b"generation %d" % swaps
    print(f"{swaps} switches, looked at {reads} times: one edition or the other, never a mixture, never nothing")


def read_at(folder: int, path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY, dir_fd=folder)
    except FileNotFoundError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may look into; pytest's own are the owner's alone."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_to_is_a_fault_of_the_machine(open_folder: Path) -> None:
    output = Output(open_folder / "output")
    open_folder.chmod(0o555)

    def work() -> None:
        if os.getuid() == 0:
            os.setuid(65534)  # the superuser may write anywhere
        with work_in(output):
            pass

    assert wait_for(run_apart(work)) == 3
    assert list(open_folder.iterdir()) == []


def test_an_output_that_is_a_file_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("something else")
    output = Output(tmp_path / "output")
    with pytest.raises(MachineFault), work_in(output):
        do_install(output, {"2016": stage(tmp_path / "staged", "2016")}, go_on)
    assert (tmp_path / "output").read_text() == "something else"


@pytest.mark.parametrize("place", ["site", "release", "editions", "editions.log"])
def test_a_link_in_the_place_of_a_folder_is_refused_and_not_written_through(
    workplace: Workplace, deed: Deed, place: str
) -> None:
    output, staged = workplace.copy()
    elsewhere = output.folder.parent / "elsewhere"
    (output.folder / place).rename(elsewhere)
    (output.folder / place).symlink_to(elsewhere)
    before = read_tree(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
    with pytest.raises(MachineFault, match="is a link"), work_in(output):
        deed(output, staged, go_on)
    assert (read_tree(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()) == before
    workplace.clear(output)


def test_a_link_planted_where_finished_files_wait_is_removed_and_not_followed(workplace: Workplace) -> None:
    output, staged = workplace.copy()
    elsewhere = output.folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "journal.json").write_text("{}")
    output.incoming.symlink_to(elsewhere)
    with work_in(output):
        do_install(output, staged, go_on)
    assert [entry.name for entry in elsewhere.iterdir()] == ["journal.json"]
    require_whole(output)
    workplace.clear(output)


def test_an_interrupted_switch_whose_files_were_tampered_with_is_not_finished(workplace: Workplace) -> None:
    output, staged = workplace.copy()

    def work() -> None:
        with work_in(output):
            do_install(output, staged, lambda label: die() if label == "site" else None)

    assert wait_for(run_apart(work)) == -signal.SIGKILL
    (output.incoming / "staged" / "site" / "index.html").write_text("planted")
    with pytest.raises(MachineFault, match="site"), work_in(output):
        pass
    assert "planted" not in (output.site / "index.html").read_text()
    workplace.clear(output)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_an_edition_staged_on_another_file_system_is_installed_too(tmp_path: Path) -> None:
    elsewhere = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        output = Output(tmp_path / "output")
        install(output, elsewhere, "2016")
        require_whole(output)
        assert (output.editions / "2016" / "restricted").stat().st_mode & 0o777 == 0o700
        assert not (elsewhere / "2016").exists()
    finally:
        shutil.rmtree(elsewhere)


@pytest.mark.skipif(sys.platform != "linux", reason="the exchange of folders is Linux's")
def test_linux_exchanges_two_folders_in_one_step(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not disk.exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("this file system cannot exchange folders")
    assert (tmp_path / "one" / "other").exists()
    assert (tmp_path / "other" / "one").exists()


def test_removing_a_tree_takes_read_only_files_with_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").touch()
    (tmp_path / "a" / "b" / "c").chmod(0o400)
    disk.remove_tree(tmp_path / "a")
    disk.remove_tree(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_the_editions_package_knows_nothing_of_the_rest(tmp_path: Path) -> None:
    program = "import sys, pipelines.editions.publication; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"dagster", "duckdb", "pipelines.intake", "pipelines.publishing", "pipelines.disclosure"}


def test_what_readers_see_changes_last(workplace: Workplace, deed: Deed) -> None:
    output, staged = workplace.copy()
    labels: list[str] = []
    with work_in(output):
        deed(output, staged, labels.append)
    switched = labels[labels.index("journal") + 1 : labels.index("read-only")]
    assert switched[-1] == "site"
    assert switched.index("editions.log") == len([label for label in switched if label.startswith("editions/")])
    workplace.clear(output)
