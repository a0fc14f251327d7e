"""What a Windows laptop does otherwise, as far as Linux can be made to do it: open files, locks, names, code pages, no links."""

import ast
import importlib
import os
import re
import shutil
import sys
import types
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.editions import disk, lock
from pipelines.editions.switch import explained
from pipelines.faults import MachineFault
from pipelines.intake import files
from pipelines.intake.calendar import read_calendar
from pipelines.intake.gate import examine
from tests.command.test_command import storyboard
from tests.editions.made_editions import install

OURS = sorted((paths.PROJECT / "pipelines").rglob("*.py"))
EDITION = "2016"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "Zoë Grün" / "Auszüge für 2016" / EDITION
    shutil.copytree(paths.SAMPLE_EXTRACTS / EDITION, copy)
    return copy


def test_a_workbook_that_is_open_in_excel_is_told_in_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "population.csv").unlink()
    (folder / "population.xlsx").write_bytes(b"held by another program")
    (folder / "~$population.xlsx").write_bytes(b"who holds it")
    opened = os.open

    def refuse(path: Path, *how: int) -> int:
        if Path(path).suffix == ".xlsx":
            raise PermissionError(13, "Permission denied")
        return opened(path, *how)

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(MachineFault) as fault:
        examine(folder, read_calendar(None)[EDITION])
    assert str(fault.value) == "population.xlsx is open in Excel. Close it there, then run again."


def test_the_file_that_excel_keeps_beside_an_open_workbook_is_said_to_be_that(folder: Path):
    (folder / "~$cme_referrals.xlsx").write_bytes(b"who holds it")
    told = [f.message for f in examine(folder, read_calendar(None)[EDITION]).findings if f.rule == "unknown_file"]
    assert any("cme_referrals.xlsx is open in Excel" in message for message in told)


def test_a_paper_that_is_open_in_word_while_editions_are_switched_is_told_in_one_sentence(tmp_path: Path):
    with pytest.raises(MachineFault, match="open in Word, Excel or a browser"), explained(paths.Output(tmp_path)):
        raise PermissionError(13, "Permission denied")


def test_spaces_and_accents_in_every_folder_do_no_harm(folder: Path, tmp_path: Path):
    done = storyboard("check", "--extracts", folder.parent, cwd=tmp_path / "Zoë Grün")
    assert done.returncode == 0, done.stderr
    output = paths.Output(tmp_path / "Zoë Grün" / "fertige Ausgaben")
    install(output, tmp_path / "staged", "2016")
    done = storyboard("verify", "--output", output.folder, cwd=tmp_path)
    assert done.stdout.strip() == "2016: whole and unchanged"


def test_where_folders_cannot_be_exchanged_in_one_step_editions_are_switched_all_the_same(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(disk, "_exchange_call", lambda: None)
    output = paths.Output(tmp_path / "out")
    install(output, tmp_path / "first", "2016", words="first")
    install(output, tmp_path / "second", "2016", words="second")
    assert "second" in (output.site / "2016" / "index.html").read_text("utf-8")


def test_no_link_is_ever_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a symbolic link needs rights that nobody has on Windows")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    install(paths.Output(tmp_path / "out"), tmp_path / "staged", "2016", "2017")


def test_the_lock_of_windows_is_one_that_a_second_run_does_not_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    held: set[tuple[int, int]] = set()

    def locking(descriptor: int, _mode: int, _bytes: int) -> None:
        place = os.fstat(descriptor)
        if (place.st_dev, place.st_ino) in held:
            raise OSError(36, "Resource deadlock avoided")
        held.add((place.st_dev, place.st_ino))

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(sys, "platform", "win32")
    windows = importlib.reload(lock)
    try:
        output = paths.Output(tmp_path / "out")
        with windows.hold_lock(output), pytest.raises(MachineFault, match="Another run"), windows.hold_lock(output):
            pass
    finally:
        monkeypatch.undo()
        importlib.reload(lock)


def test_no_text_is_read_or_written_in_the_code_page_of_the_machine():
    """Without a named encoding Windows takes cp1252."""
    silent = []
    for file in OURS:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            words = {keyword.arg for keyword in node.keywords}
            is_binary = any(isinstance(a, ast.Constant) and "b" in str(a.value) for a in node.args[:2])
            unnamed = (name == "read_text" and not node.args) or (name == "write_text" and len(node.args) < 2)
            unnamed |= (
                name == "open" and isinstance(node.func, ast.Attribute) and not is_binary and not _is_descriptor(node)
            )
            if unnamed and "encoding" not in words:
                silent.append(f"{file.relative_to(paths.PROJECT)}:{node.lineno}")
    assert silent == []


def _is_descriptor(node: ast.Call) -> bool:
    """`os.open`, what a workspace, engine or workbook opens, and a file opened from bytes or in its own way: no text files."""
    owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    return owner in ("os", "workspace", "engine", "self", "zipfile") or bool(re.search(r"archive|Image", owner))


def test_no_name_that_is_made_is_one_that_windows_refuses(tmp_path: Path):
    output = paths.Output(tmp_path / "out")
    install(output, tmp_path / "staged", "2016")
    refused = re.compile(r'[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.I)
    assert [path.name for path in output.folder.rglob("*") if refused.search(path.name)] == []
    metrics = [path.stem for path in paths.METRICS.glob("*.sql")]
    assert [name for name in metrics if refused.search(name)] == []


def test_no_two_files_of_the_project_differ_only_in_capitals():
    seen: dict[str, Path] = {}
    for folder in ("pipelines", "docs", "dbt_project/models", "schemas"):
        for path in (paths.PROJECT / folder).rglob("*"):
            if "__pycache__" not in path.parts:
                key = str(path).lower()
                assert key not in seen, f"{path} and {seen.get(key)}"
                seen[key] = path


def test_a_read_only_file_is_removed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "sealed").mkdir()
    (tmp_path / "sealed" / "page.html").write_text("page", "utf-8")
    (tmp_path / "sealed" / "page.html").chmod(0o400)
    unlink, refused = os.unlink, []

    def as_windows(path: str, *, dir_fd: int | None = None) -> None:
        # By the mode of the file, because nothing is refused to the superuser.
        if not os.stat(path, dir_fd=dir_fd).st_mode & 0o200:
            refused.append(path)
            raise PermissionError(13, "Access is denied", path)
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", as_windows)
    disk.remove_tree(tmp_path / "sealed")
    assert len(refused) == 1
    assert not (tmp_path / "sealed").exists()
