"""A disk that is really full, to the last page or the last file, and a limit on the size of files: all or nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_interruptions import DEEDS, Workplace, require_whole, see_before_and_after

from pipelines.editions import disk
from pipelines.editions.switch import go_on, work_in
from pipelines.faults import MachineFault
from pipelines.paths import Output
from tests.editions.made_editions import read_tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a disk in memory is mounted for one process alone")

NEW_USER, NEW_MOUNTS, PRIVATE = 0x10000000, 0x00020000, (1 << 18) | (1 << 14)
DISK = "size=4m,nr_inodes=2000"
NO_DISK = 77


@pytest.fixture(scope="module")
def workplace() -> Iterator[Workplace]:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Workplace(Path(folder) / "a place with spaces é")


def mount_disk(folder: Path) -> bool:
    """A small disk in memory that this process alone sees, and that goes when it ends. False where that is not allowed."""
    system = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if system.unshare(NEW_MOUNTS | (NEW_USER if user else 0)) != 0:
        return False
    if user:
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", "ascii")
    if system.mount(b"none", b"/", None, PRIVATE, None) != 0:
        return False
    return bool(system.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, DISK.encode()) == 0)


def do_apart(work: Callable[[], int], told: Path) -> int:
    """Do the work in a process of its own, and fail with what it says where it fails. Returns its exit status."""
    process = os.fork()
    if not process:
        status = 99
        try:
            status = work()
        except BaseException:
            told.write_text(traceback.format_exc(), "utf-8")
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status != 99, told.read_text("utf-8")
    return status


def fill_bytes(where: Path, left: int) -> None:
    free = os.statvfs(where)
    with (where / "filler").open("wb") as file:
        file.write(bytes(max(0, (free.f_bavail - left) * free.f_frsize)))


def fill_files(where: Path, left: int) -> None:
    (where / "filler").mkdir()
    for number in range(os.statvfs(where).f_favail - left):
        (where / "filler" / str(number)).touch()


FILLS = {"pages of 4 KB": fill_bytes, "files": fill_files}


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("what", FILLS)
def test_a_disk_with_too_little_left_leaves_what_was_there_and_with_enough_the_deed_is_done(
    workplace: Workplace, mounted: Path, tmp_path: Path, deed: str, what: str, thorough: bool
) -> None:
    before, after = see_before_and_after(workplace, DEEDS[deed])
    fill, step = FILLS[what], 1 if thorough else 3

    def work() -> int:
        if not mount_disk(mounted):
            return NO_DISK
        disk.free_bytes = lambda path: 1 << 40  # as if another program filled it meanwhile
        refused = 0
        for left in range(0, 500, step):
            source, staged = workplace.copy()
            here = mounted / "here"
            output = Output(here / "output")
            shutil.copytree(source.folder, output.folder)
            fill(mounted, left)
            said = ""
            try:
                with work_in(output):
                    DEEDS[deed](output, staged, go_on)
            except MachineFault as fault:
                said = str(fault)
            is_done = not said
            assert is_done or "No space left on device" in said
            assert read_tree(output.folder) == (after if is_done else before), left
            require_whole(output)
            refused += not is_done
            disk.remove_tree(mounted / "filler")
            disk.remove_tree(here)
            disk.remove_tree(mounted / ".here.storyboard")
            workplace.clear(source)
            if is_done:
                (tmp_path / "refused").write_text(str(refused), "ascii")
                return 0
        raise AssertionError("there was never enough")

    if do_apart(work, tmp_path / "told") == NO_DISK:
        pytest.skip("no disk may be mounted here")
    refused = int((tmp_path / "refused").read_text("ascii"))
    assert refused > 1
    print(
        f"{deed} on a full disk: refused {refused} times, with from 0 to {(refused - 1) * step} {what} left; then done"
    )


@pytest.mark.parametrize("deed", DEEDS)
def test_a_limit_on_the_size_of_files_leaves_all_or_nothing(workplace: Workplace, tmp_path: Path, deed: str) -> None:
    import resource

    before, after = see_before_and_after(workplace, DEEDS[deed])
    refused = 0
    for limit in range(0, 8000, 500):
        output, staged = workplace.copy()

        def work(output: Output = output, staged: dict[str, Path] = staged, limit: int = limit) -> int:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                with work_in(output):
                    DEEDS[deed](output, staged, go_on)
            except MachineFault:
                return 3
            return 0

        status = do_apart(work, tmp_path / "told")
        assert read_tree(output.folder) == (after if status == 0 else before)
        refused += status == 3
        require_whole(output)
        workplace.clear(output)
    assert 0 < refused < 16
