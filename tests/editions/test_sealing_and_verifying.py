"""The manifest, the seal and the verification of one edition's folder, on real files."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from made_editions import ACT, install, list_on_index, put_out, read_tree, stage

from pipelines.editions.manifest import digest_inputs, read_manifest
from pipelines.editions.publication import withdraw
from pipelines.editions.seal import seal_edition
from pipelines.editions.switch import work_in
from pipelines.editions.verify import verify
from pipelines.faults import MachineFault, UsageFault
from pipelines.paths import Output


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "été and ünder" / "output")


def test_the_manifest_names_every_file_but_itself_with_its_hash(tmp_path: Path) -> None:
    edition = stage(tmp_path, "2016")
    stated = json.loads((edition / "edition.json").read_text(encoding="utf-8"))
    on_disk = {path: hashlib.sha256(content).hexdigest() for path, content in read_tree(edition).items()}
    del on_disk["edition.json"]
    assert stated["files"] == on_disk
    assert "public/charts/épisodes déclarés.svg" in stated["files"]
    assert stated["edition"] == "2016"
    assert stated["version"] == 1
    assert stated["policy"] == {"threshold": 5, "base": 5}
    assert stated["extracts"] == [
        {
            "name": "missing_episodes",
            "sha256": "ab" * 32,
            "rows": 540,
            "kept": 530,
            "out_of_period": 10,
            "file": "missing_episodes.csv",
            "period_start": "2014-04-01",
            "period_end": "2015-03-31",
            "by_rule": {"out_of_period": 10},
        }
    ]
    assert stated["code"] == {"version": "0.1.0", "sha256": "cd" * 32}
    assert stated["previous"] is None
    assert stated["invented"] is True


def test_the_same_files_and_facts_give_the_same_manifest_in_another_folder(tmp_path: Path) -> None:
    one, other = stage(tmp_path / "here", "2016"), stage(tmp_path / "over there", "2016")
    content = (one / "edition.json").read_bytes()
    assert content == (other / "edition.json").read_bytes()
    assert b"\r" not in content
    assert content.endswith(b"}\n")


def test_the_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    first = read_manifest(stage(tmp_path, "2016"))
    second = read_manifest(stage(tmp_path, "2017", previous=first.sealed))
    assert second.facts.previous == first.sealed
    assert first.is_intact
    assert second.is_intact
    assert first.facts.inputs == digest_inputs({"missing_episodes": "first"})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owner's permissions")
def test_restricted_files_and_the_manifest_are_the_owners_alone(tmp_path: Path) -> None:
    edition = stage(tmp_path, "2016")
    modes = {entry.relative_to(edition).as_posix(): stat.S_IMODE(entry.stat().st_mode) for entry in edition.rglob("*")}
    assert {mode for path, mode in modes.items() if path.startswith("restricted/") and path.endswith("v")} == {0o600}
    assert modes["restricted"] == modes["restricted/audit"] == 0o700
    assert modes["edition.json"] == 0o600
    assert modes["public"] == 0o755
    assert modes["public/figures.csv"] == 0o644


def test_a_folder_with_a_link_is_not_sealed(tmp_path: Path) -> None:
    edition = stage(tmp_path, "2016")
    (edition / "public" / "link.csv").symlink_to("/etc/hostname")
    facts = read_manifest(edition).facts
    with pytest.raises(MachineFault, match=r"public/link\.csv is not a plain file"):
        seal_edition(edition, facts)


def test_a_sealed_edition_is_whole_wherever_it_is_copied(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016", "2017")
    copied = tmp_path / "a memory stick" / "2017"
    shutil.copytree(output.editions / "2017", copied)
    assert verify(output.editions / "2017").as_json() == {"edition": "2017", "ok": True, "problems": []}
    assert verify(copied).ok


def test_500_random_flips_deletions_and_additions_are_all_found_and_named(tmp_path: Path) -> None:
    dice = random.Random(2016)
    edition = stage(tmp_path, "2016")
    files = sorted(read_tree(edition))
    missed = []
    for number in range(500):
        path = dice.choice(files)
        file = edition / path
        content = file.read_bytes()
        kind = dice.choice(("flip", "flip", "cut", "delete", "add"))
        if kind == "flip":
            at = dice.randrange(len(content))
            file.write_bytes(content[:at] + bytes([content[at] ^ (1 << dice.randrange(8))]) + content[at + 1 :])
        elif kind == "cut":
            file.write_bytes(content[: dice.randrange(len(content))])
        elif kind == "delete":
            file.unlink()
        else:
            path = f"{Path(path).parent.as_posix()}/added {number}".removeprefix("./")
            (edition / path).write_bytes(b"")
        if path not in {problem.path for problem in verify(edition).problems}:
            missed.append((number, kind, path))
        if kind == "add":
            (edition / path).unlink()
        file.write_bytes(content)
    assert missed == []
    assert verify(edition).ok


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links need a privilege on Windows")
def test_links_pipes_and_strange_folders_are_named_and_not_followed(tmp_path: Path) -> None:
    edition = stage(tmp_path, "2016")
    (edition / "public" / "figures.csv").rename(tmp_path / "figures.csv")
    (edition / "public" / "figures.csv").symlink_to(tmp_path / "figures.csv")
    os.mkfifo(edition / "restricted" / "pipe")
    (edition / "more").mkdir()
    (edition / "public" / "up").symlink_to("..")
    found = {problem.path: problem.problem for problem in verify(edition).problems}
    assert set(found) == {"public/figures.csv", "restricted/pipe", "more", "public/up"}
    assert "link" in found["public/figures.csv"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a name be any bytes")
def test_a_file_with_an_unprintable_name_is_named_readably(tmp_path: Path) -> None:
    edition = stage(tmp_path, "2016")
    with open(os.fsencode(edition) + b"/public/\xff\n.csv", "wb"):  # noqa: PTH123 - a Path cannot be such bytes
        pass
    assert [problem.path for problem in verify(edition).problems] == [r"public/\xff\n.csv"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"edition": 2016}', b"[" * 100_000])
def test_a_manifest_that_is_none_is_a_problem_and_no_traceback(tmp_path: Path, content: bytes) -> None:
    edition = stage(tmp_path, "2016")
    (edition / "edition.json").write_bytes(content)
    assert [problem.path for problem in verify(edition).problems] == ["edition.json"]


def test_a_folder_that_is_not_there_is_a_misuse(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="no folder"):
        verify(tmp_path / "2031")


def test_an_edition_sealed_anew_by_hand_disagrees_with_the_log(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    put_out(output, "2016")
    forged = stage(tmp_path / "b", "2016", "forged")
    shutil.rmtree(output.editions / "2016")
    forged.rename(output.editions / "2016")
    assert [problem.path for problem in verify(output.editions / "2016").problems] == ["edition.json"]


def test_the_chain_to_the_previous_edition_is_checked_where_it_is_there(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016", "2017")
    install(output, tmp_path / "b", "2016", words="late rows")
    assert verify(output.editions / "2016").ok
    assert [problem.path for problem in verify(output.editions / "2017").problems] == ["../2016/edition.json"]
    shutil.rmtree(output.editions / "2016")
    assert verify(output.editions / "2017").ok


def test_a_withdrawn_edition_is_whole_and_a_changed_file_of_it_is_still_found(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016", "2017")
    put_out(output, "2016")
    sealed = read_tree(output.editions / "2016")
    with work_in(output):
        withdraw(output, "2016", ACT, list_on_index, reason="a figure <was> wrong")
    edition = output.editions / "2016"
    assert verify(edition).ok
    assert verify(edition).is_withdrawn
    assert verify(output.editions / "2017").ok, "the chain holds"
    kept = read_tree(edition / "restricted" / "withdrawn")
    assert kept == {path: content for path, content in sealed.items() if path.startswith("public/")}
    for path in ("restricted/withdrawn/public/figures.csv", "public/pages/index.html", "restricted/withdrawal.json"):
        content = (edition / path).read_bytes()
        (edition / path).chmod(0o600)
        (edition / path).write_bytes(content.replace(b"2016", b"2061").replace(b"wrong", b"right"))
        assert path in {problem.path for problem in verify(edition).problems}, path
        (edition / path).write_bytes(content)
    (edition / "public" / "figures.csv").write_bytes(b"back again")
    assert [problem.path for problem in verify(edition).problems] == ["public/figures.csv"]


def test_a_withdrawal_that_the_log_does_not_know_is_a_problem(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    put_out(output, "2016")
    with work_in(output):
        withdraw(output, "2016", ACT, list_on_index, reason="wrong")
    lines = output.log.read_bytes().splitlines(keepends=True)
    output.log.write_bytes(b"".join(lines[:-1]))
    assert [problem.path for problem in verify(output.editions / "2016").problems] == ["restricted/withdrawal.json"]


def test_nothing_in_a_manifest_depends_on_hash_seed_time_zone_or_locale(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[2]);"
        "from made_editions import stage;"
        "print(stage(pathlib.Path(sys.argv[1]), '2016').joinpath('edition.json').read_text('utf-8'))"
    )
    seen = set()
    for number, zone in enumerate(("Pacific/Kiritimati", "America/New_York")):
        environment = os.environ | {"PYTHONHASHSEED": str(number), "TZ": zone, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / str(number)), str(Path(__file__).parent)],
            env=environment,
            capture_output=True,
            check=True,
        )
        seen.add(done.stdout)
    assert len(seen) == 1
