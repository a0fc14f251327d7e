"""Finished files are opened again: a number that is missing, different or unknown is found and named, in every format."""

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from openpyxl import load_workbook

from pipelines import paths, register
from pipelines.defs.proving import is_asset
from pipelines.disclosure.policy import describe, read_policy
from pipelines.intake.published_statistics import read
from pipelines.publishing.downloads import read_public_figures, read_restricted_figures
from pipelines.publishing.proving.edition import INDEX, Proof, prove
from pipelines.publishing.proving.knowledge import know
from tests.build.conftest import SampleBuild

METRICS = register.read_metrics()
EDITION = "2017"


@pytest.fixture(scope="module")
def prove_folder(built: SampleBuild) -> Callable[[Path], Proof]:
    """Proves a folder against the figures of the edition as it was built."""
    editions = [built.edition("2016"), built.edition("2017")]
    with (paths.SAMPLE_EXTRACTS / EDITION / "population.csv").open(encoding="utf-8", newline="") as lines:
        population = list(csv.DictReader(lines))
    public, restricted = know(
        [figure for each in editions for figure in read_public_figures(each / "public", METRICS)],
        [figure for each in editions for figure in read_restricted_figures(each / "restricted", METRICS)],
        metrics=METRICS,
        categories=register.read_categories(),
        statistics=read(sorted((paths.SAMPLE_EXTRACTS / EDITION).glob("published_statistics*"))),
        population=population,
        policy=describe(read_policy(paths.POLICY.read_text("utf-8"))),
    )
    cited = json.loads((built.edition(EDITION) / "restricted" / "audit" / "shown-on.json").read_text("utf-8"))
    return lambda folder: prove(folder, public, restricted, cited=cited, is_asset=is_asset)


@pytest.fixture
def finished(built: SampleBuild, tmp_path: Path) -> Path:
    """A copy of the sealed edition, to be spoilt."""
    return Path(shutil.copytree(built.edition(EDITION), tmp_path / EDITION))


def spoil(file: Path, pattern: str, replacement: str) -> None:
    text = file.read_text("utf-8")
    changed = re.sub(pattern, replacement, text, count=1, flags=re.DOTALL)
    assert changed != text, "nothing was spoilt"
    file.write_text(changed, "utf-8")


KEY = "2017/E06000014/episodes_reported/total/all"


def test_the_finished_edition_shows_its_figures_and_no_other_numbers(prove_folder, finished):
    proof = prove_folder(finished)
    assert [str(problem) for problem in proof.problems] == []
    assert proof.numbers > 1000


SPOILT = {
    "text of a page": (
        "public/pages/missing/index.html", rf'(data-figure="{KEY}">)435<', r"\g<1>436<", KEY,
    ),
    "value of a page": (
        "public/pages/missing/index.html", rf'value="435"( data-figure="{KEY}")', r'value="436"\1', KEY,
    ),
    "number in no element": (
        "public/pages/missing/index.html", "children had", "and 17 more children had", "17",
    ),
    "alternative text": (
        "public/pages/missing/patterns.html", r'(alt="[^"]*Girls )285', r"\g<1>286", "alternative text",
    ),
    "figure of another edition": (
        "public/pages/missing/index.html", rf'data-figure="{KEY}"', f'data-figure="{KEY.replace("2017", "2015", 1)}"',
        "does not exist",
    ),
    "drawn number": (
        "public/charts/episodes_reported-by-sex.svg", ">285<", ">286<", "2017/E06000014/episodes_reported/sex/female",
    ),
    "description of a drawing": (
        "public/charts/episodes_reported-by-sex.svg", r"(<desc.*?Girls )285", r"\g<1>286",
        "2017/E06000014/episodes_reported/sex/female",
    ),
    "open figures": (
        "public/figures.csv", r"(E06000014,episodes_reported,total,all,)435,435", r"\g<1>436,435", KEY,
    ),
    "numbers of a chart": (
        "public/pages/data/episodes_reported-by-sex.csv", "Girls,285,285", "Girls,285,286",
        "2017/E06000014/episodes_reported/sex/female",
    ),
    "department's numbers": (
        "public/pages/data/published-missing-incidents.csv", r"(missing_incidents,)\d+", r"\g<1>987654", "987654",
    ),
    "search index": (
        "public/pages/search/search_index.json", "435 episodes", "436 episodes", "the entries of index.html",
    ),
    "search index as a script": (
        "public/pages/search/search_index.js", "435 episodes", "436 episodes", "the entries of index.html",
    ),
    "descriptor": (
        "public/datapackage.json", r'"population": \d+', '"population": 1', "population/E06000014",
    ),
    "names of categories": (
        "public/categories.csv", "(episodes_reported,sex,)female", r"\g<1>girls", "episodes_reported/sex/girls",
    ),
    "data dictionary": (
        "public/data-dictionary.csv", "Counts of 1 to 4", "Counts of 1 to 17", "17",
    ),
    "exact figures": (
        "restricted/figures.csv", r"(,episodes_reported,total,all,)433,", r"\g<1>432,", KEY,
    ),
    "side by side": (
        "restricted/audit/protection.csv", r"(,episodes_reported,total,all,)433,", r"\g<1>432,", KEY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("where", SPOILT)
def test_one_spoilt_number_is_found_and_named(where, prove_folder, finished):
    path, pattern, replacement, named = SPOILT[where]
    spoil(finished / path, pattern, replacement)
    problems = prove_folder(finished).problems
    assert problems
    # The search index is proved against the pages, so that a page that is spoilt differs from it too.
    assert {problem.file for problem in problems if not problem.file.startswith(INDEX) or path.startswith(INDEX)} == {
        path
    }
    assert any(named in str(problem) for problem in problems)


def spoil_part(file: Path, part: str, pattern: bytes, replacement: bytes) -> None:
    """Changes one part of a Word or Excel file."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed = re.sub(pattern, replacement, parts[part], count=1, flags=re.DOTALL)
    assert changed != parts[part], "nothing was spoilt"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (parts | {part: changed}).items():
            archive.writestr(name, content)


def test_one_spoilt_number_of_a_word_file_is_found_and_named(prove_folder, finished):
    file = finished / "restricted" / "dmt-report.docx"
    spoil_part(file, "word/document.xml", rb">71<", b">72<")
    (problem,) = prove_folder(finished).problems
    assert problem.file == "restricted/dmt-report.docx"
    assert problem.address == "2017/E06000014/cme_referrals/total/all"
    assert problem.place.startswith("document, paragraph")


def test_a_number_typed_into_a_word_file_is_found(prove_folder, finished):
    file = finished / "restricted" / "dmt-report.docx"
    spoil_part(file, "word/document.xml", rb" made, of ", b" made in 37 schools, of ")
    (problem,) = prove_folder(finished).problems
    assert "the number 37 stands for no figure" in problem.says


def test_a_spoilt_alternative_text_of_a_word_file_is_found(prove_folder, finished):
    file = finished / "restricted" / "dmt-report.docx"
    spoil_part(file, "word/document.xml", rb'(descr="[^"]*: )27( of 71)', rb"\g<1>28\2")
    (problem,) = prove_folder(finished).problems
    assert "alternative text" in problem.place
    assert problem.address.startswith("2017/E06000014/cme_referrals/")


@pytest.mark.parametrize("path", ["public/tables.xlsx", "restricted/scorecard.xlsx"])
def test_one_spoilt_number_of_a_workbook_is_found_and_named(path, prove_folder, finished):
    book = load_workbook(finished / path)
    sheet, cell = next(
        (sheet, cell)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, int) and cell.value > 4
    )
    cell.value += 5
    book.save(finished / path)
    (problem,) = prove_folder(finished).problems
    assert problem.file == path
    assert problem.place == f"sheet {sheet.title}, cell {cell.coordinate}"
    assert problem.address.startswith("2017/E06000014/") or problem.address.startswith("2016/E06000014/")


def spoil_pdf(file: Path, shown: str, instead: str) -> None:
    """Sets other glyphs of the same font for the first line that begins with a text."""
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        for page in pdf.pages:
            fonts: dict[str, dict[str, bytes]] = {}
            for name, font in page.Resources.Font.items():
                mapped = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>", font.ToUnicode.read_bytes())
                fonts[name] = {chr(int(char, 16)): bytes.fromhex(glyph.decode()) for glyph, char in mapped}
            glyphs: dict[str, bytes] = {}
            operations = list(pikepdf.parse_content_stream(page))
            for operation in operations:
                if str(operation.operator) == "Tf":
                    glyphs = fonts[str(operation.operands[0])]
                if str(operation.operator) not in ("Tj", "TJ") or not set(shown + instead) <= set(glyphs):
                    continue
                held = operation.operands[0]
                whole = held if isinstance(held, pikepdf.String) else held[0]
                sought, wanted = (b"".join(glyphs[char] for char in text) for text in (shown, instead))
                if bytes(whole).startswith(sought):
                    changed = pikepdf.String(wanted + bytes(whole)[len(sought) :])
                    if isinstance(held, pikepdf.String):
                        operation.operands[0] = changed
                    else:
                        held[0] = changed
                    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(operations))
                    pdf.save(file)
                    return
    raise AssertionError("nothing was spoilt")


def test_one_spoilt_number_of_a_pdf_is_found_and_named_with_its_page(prove_folder, finished):
    spoil_pdf(finished / "restricted" / "dmt-report.pdf", "71 r", "17 r")
    (problem,) = prove_folder(finished).problems
    assert problem.file == "restricted/dmt-report.pdf"
    assert problem.place.startswith("page ")
    assert problem.address == "2017/E06000014/cme_referrals/total/all"


def test_a_page_that_lost_a_figure_is_named_with_it(prove_folder, finished):
    index = finished / "public" / "pages" / "missing" / "index.html"
    stripped = re.sub(rf'<data class="figure"[^>]*data-figure="{KEY}">435</data>', "many", index.read_text("utf-8"))
    index.write_text(stripped, "utf-8")
    told = [str(problem) for problem in prove_folder(finished).problems]
    assert f"public/pages/missing/index.html: a figure that the page cites is missing ({KEY})" in told


@pytest.mark.parametrize("path", ["public/notes.txt", "public/pages/extra.js", "restricted/letter.rtf"])
def test_a_file_of_a_type_that_nobody_can_read_is_refused(path, prove_folder, finished):
    (finished / path).write_text("Nothing to see", "utf-8")
    assert [problem.file for problem in prove_folder(finished).problems] == [path]
