"""One door: whatever way there may be from an exact figure to a reader, no exact figure takes it."""

import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import paths
from tests.build import canary

PDFTOTEXT = shutil.which("pdftotext")
"""Without it the papers in PDF are not listened to."""


def contents(file: Path) -> Iterator[bytes]:
    """The bytes of a file, and of all that is packed in it."""
    data = file.read_bytes()
    yield data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    elif data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    elif data[:5] == b"%PDF-" and PDFTOTEXT:
        yield subprocess.run([PDFTOTEXT, str(file), "-"], check=True, capture_output=True).stdout


def canaries_in(folder: Path) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        for data in contents(file):
            text = data.decode("utf-8", "replace")
            for seen in re.findall(r"(?<!\d)7,?[3-4]\d\d,?\d{3}(?!\d)", text):
                number = int(seen.replace(",", ""))
                if number >= canary.FIRST and (number - canary.FIRST) % canary.STEP in (0, 1) and number < 7_400_000:
                    found.setdefault(file.relative_to(folder).as_posix(), set()).add(number)
    return found


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canary")
    words = ["build", "--extracts", paths.SAMPLE_EXTRACTS, "--edition", "2018", "--output", folder / "output"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.build.canary", *map(str, words)],
        cwd=paths.PROJECT,
        env={**os.environ, "PYTHONPATH": str(paths.PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "output"


def test_no_exact_figure_reaches_anything_that_is_public(output: Path):
    assert canaries_in(output / "site") == {}
    assert canaries_in(output / "editions" / "2018" / "public") == {}


def test_the_canary_sings_on_the_restricted_side(output: Path):
    heard = canaries_in(output / "editions" / "2018" / "restricted")
    assert len(heard["figures.csv"]) > 250
    assert heard["dmt-report.docx"]
    assert heard["scorecard.xlsx"]
    assert len(heard["scorecard.csv"]) > 30
    assert not PDFTOTEXT or heard["dmt-report.pdf"]
