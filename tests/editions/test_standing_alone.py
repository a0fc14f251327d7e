"""verify.py, which ships inside each edition and needs nothing of ours; and the statement derived from the manifest."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.editions import standalone
from pipelines.editions.manifest import MANIFEST, read_manifest
from pipelines.editions.publication import withdraw
from pipelines.editions.statement import STATEMENT_TYPE, check_statement, make_statement, sign
from pipelines.editions.switch import work_in
from pipelines.editions.verify import verify
from pipelines.faults import DataFault
from pipelines.paths import Output
from tests.editions.made_editions import ACT, install, list_on_index, put_out


@pytest.fixture
def output(tmp_path: Path) -> Output:
    output = Output(tmp_path / "output")
    install(output, tmp_path, "2016")
    install(output, tmp_path, "2017")
    return output


def as_found(folder: Path) -> list[tuple[str, str]]:
    return [(problem.path, problem.problem) for problem in verify(folder).problems]


def test_it_runs_without_our_package_and_without_the_network(output: Output, tmp_path: Path) -> None:
    alone = tmp_path / "verify.py"
    shutil.copyfile(standalone.__file__, alone)
    run = [sys.executable, "-I", "-S", str(alone), str(output.editions / "2017")]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=tmp_path, env={})
    assert (done.returncode, done.stdout) == (0, "2017: whole and unchanged\n"), done.stderr
    (output.editions / "2017" / "public" / "figures.csv").write_text("x", encoding="utf-8")
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=tmp_path, env={})
    assert done.returncode == 1
    assert "public/figures.csv: has been changed since it was sealed" in done.stdout


def test_it_imports_nothing_but_the_standard_library() -> None:
    import ast

    tree = ast.parse(Path(standalone.__file__).read_text("utf-8"))
    named = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    named |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert {str(name).split(".")[0] for name in named} <= sys.stdlib_module_names


def flip(path: Path, dice: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def test_500_random_flips_deletions_and_additions_are_found_and_named_by_both(output: Output) -> None:
    dice = random.Random(2016)
    folder = output.editions / "2017"
    files = [MANIFEST, *read_manifest(folder).files]
    deeds: list[Callable[[Path], None]] = [lambda path: flip(path, dice), lambda path: path.unlink()]
    for number in range(500):
        path = folder / dice.choice(files)
        before = path.read_bytes()
        if number % 5 == 4:
            added = path.with_name(f"added {number}.txt")
            added.write_bytes(b"x")
            wanted = added.relative_to(folder).as_posix()
        else:
            deeds[number % 2](path)
            wanted = path.relative_to(folder).as_posix()
        alone, ours = standalone.check(folder), as_found(folder)
        assert wanted in {found for found, _ in alone}, (number, wanted, alone)
        assert wanted in {found for found, _ in ours}, (number, wanted, ours)
        if number % 5 == 4:
            added.unlink()
        path.write_bytes(before)
    assert standalone.check(folder) == as_found(folder) == []


def test_it_knows_withdrawn_editions_and_the_chain(output: Output) -> None:
    put_out(output, "2016")
    with work_in(output):
        withdraw(output, "2016", ACT, list_on_index, reason="It named a child.")
    assert standalone.check(output.editions / "2016") == as_found(output.editions / "2016") == []
    path = output.editions / "2016" / MANIFEST
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"threshold": 5', b'"threshold": 6'))
    named = {path for path, _ in standalone.check(output.editions / "2017")}
    assert named == {path for path, _ in as_found(output.editions / "2017")} == {"../2016/edition.json"}


def state(folder: Path) -> bytes:
    return make_statement(read_manifest(folder), (folder / MANIFEST).read_bytes())


def test_the_statement_names_every_file_and_the_manifest(output: Output) -> None:
    folder = output.editions / "2016"
    statement = json.loads(state(folder))
    manifest = read_manifest(folder)
    named = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    assert named == {**manifest.files, MANIFEST: manifest.sha256}
    assert statement["_type"] == STATEMENT_TYPE
    assert statement["predicate"]["edition"] == "2016"
    assert "files" not in statement["predicate"]


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed here")
def test_a_signed_statement_names_its_signer_and_a_changed_one_none(output: Output, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"head@example.org {key.with_suffix('.pub').read_text('utf-8')}", encoding="utf-8")
    path = tmp_path / "2016.intoto.json"
    expected = state(output.editions / "2016")
    path.write_bytes(expected)
    sign(path, key)
    assert "signed by head@example.org" in check_statement(path, expected, signers)
    with pytest.raises(DataFault, match="not the statement of this edition"):
        check_statement(path, state(output.editions / "2017"), signers)
    signers.write_text(f"other@example.org {'ssh-ed25519 ' + 'A' * 68}\n", encoding="utf-8")
    with pytest.raises(DataFault, match="nobody"):
        check_statement(path, expected, signers)
