"""The scorecard and the report for everybody as the build leaves them: files opened again and held against the figures."""

import csv
import json
import re
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from shutil import which

import docx
import openpyxl
import pikepdf
import pytest

from pipelines.figures import OVER_TIME
from pipelines.register import read_metrics
from tests.build.conftest import SampleBuild, storyboard

METRICS = read_metrics()
KEY = ("edition", "authority", "metric_id", "breakdown", "category")
SHEETS = {"Missing by quarter": "quarter", "Interviews by quarter": "quarter", "Education by term": "term"}
STRETCHES = {
    "First quarter": "Q1", "Second quarter": "Q2", "Third quarter": "Q3", "Fourth quarter": "Q4",
    "Autumn term": "autumn", "Spring term": "spring",
}  # fmt: skip


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def by_key(file: Path) -> dict[tuple[str, ...], dict[str, str]]:
    return {tuple(row[name] for name in KEY): row for row in read(file)}


@pytest.fixture(scope="module", params=("2016", "2017", "2018"))
def edition(request: pytest.FixtureRequest, built: SampleBuild) -> Path:
    return built.edition(request.param)


def test_both_sides_hold_every_quarter_and_term_of_the_measures_that_are_counted_so(edition):
    exact, public = (by_key(edition / side / "scorecard.csv") for side in ("restricted", "public"))
    assert list(exact) == list(public) == sorted(exact)
    assert {(key[2], key[3]) for key in exact} == {(m.metric_id, m.over_time) for m in METRICS.values() if m.over_time}
    year = int(edition.name) - 2
    for metric in METRICS.values():
        found = [key[4] for key in exact if key[2] == metric.metric_id]
        if metric.over_time == "quarter":
            assert found == [f"{year}-Q{n}" for n in (1, 2, 3, 4)]
        elif metric.over_time:
            assert found == [f"{year + 1}-autumn", f"{year + 2}-spring"]


def test_quarters_and_terms_sum_to_the_figures_of_the_year(edition):
    totals = {
        row["metric_id"]: row for row in read(edition / "restricted" / "figures.csv") if row["breakdown"] == "total"
    }
    sums: dict[str, int] = {}
    for row in read(edition / "restricted" / "scorecard.csv"):
        metric = METRICS[row["metric_id"]]
        if metric.kind == "count" and row["value"] and row["breakdown"] not in metric.overlapping:
            sums[metric.metric_id] = sums.get(metric.metric_id, 0) + int(row["value"])
    assert len(sums) >= 7
    assert sums == {metric_id: int(totals[metric_id]["value"]) for metric_id in sums}


def test_the_public_side_hides_small_quarters_and_rounds_the_others(edition):
    exact, public = (by_key(edition / side / "scorecard.csv") for side in ("restricted", "public"))
    hidden = [key for key, row in public.items() if row["status"] == "suppressed"]
    assert hidden
    for key, row in public.items():
        if METRICS[key[2]].kind == "count" and row["value"]:
            assert int(row["value"]) % 5 == 0
            assert int(exact[key]["value"]) == 0 or int(exact[key]["value"]) >= 5
        if row["status"] == "suppressed":
            assert (row["value"], row["display"]) == ("", "[c]")


def test_no_figure_of_the_scorecard_stands_among_those_of_the_year(edition):
    for side in ("restricted", "public"):
        assert not {row["breakdown"] for row in read(edition / side / "figures.csv")} & set(OVER_TIME)


@pytest.mark.parametrize("side", ["restricted", "public"])
def test_each_number_of_the_workbook_is_the_figure_of_its_edition(built: SampleBuild, edition: Path, side: str):
    files = {}
    for name in ("2016", "2017", "2018"):
        for file in ("scorecard.csv", "figures.csv"):
            files |= {(key[0], *key[2:]): row for key, row in by_key(built.edition(name) / side / file).items()}
    workbook = openpyxl.load_workbook(edition / side / "scorecard.xlsx")
    checked, years = 0, set()
    for sheet_name, over_time in SHEETS.items():
        sheet = workbook[sheet_name]
        (place,) = (table.ref for table in sheet.tables.values())
        head, *rows = ([cell.value for cell in row] for row in sheet[place])
        for row in rows:
            (metric,) = (m for m in METRICS.values() if m.label == row[0] and m.over_time)
            years.add(row[2])
            first = int(row[2][:4])
            of = str(first + 2 if over_time == "quarter" else first + 1)
            for title, cell in zip(head[3:], row[3:], strict=True):
                if title == "Whole period":
                    figure = files[of, metric.metric_id, "total", "all"]
                else:
                    name = STRETCHES[title.partition(" (")[0]]
                    category = f"{first + (name == 'spring')}-{name}"
                    figure = files[of, metric.metric_id, over_time, category]
                shown = figure["value"] or figure.get("display") or figure["status"].replace("_", " ")
                assert str(cell) == shown or Decimal(str(cell)) == Decimal(shown), (row[0], title)
                checked += 1
    assert checked > 50
    assert len(years) == (2 if edition.name == "2016" else 3)


def test_the_report_for_everybody_is_marked_as_no_restricted_paper_and_has_no_place_to_write_in(edition):
    paper = docx.Document(str(edition / "public" / "dmt-report.docx"))
    with zipfile.ZipFile(edition / "public" / "dmt-report.docx") as packed:
        everything = " ".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    assert "Restricted" not in everything
    assert "Officer to complete" not in everything
    text = " ".join(paragraph.text for paragraph in paper.paragraphs)
    assert "replaced by [c]" in text
    assert not re.search(r"\[c\] (?:of|child|children|referral|referrals|case|cases)\b", text)
    with pikepdf.open(edition / "public" / "dmt-report.pdf") as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith("en")


def test_the_tables_of_the_report_for_everybody_show_protected_figures(edition):
    public = {row["display"] for row in read(edition / "public" / "figures.csv")}
    earlier = edition.parent / str(int(edition.name) - 1)
    if earlier.is_dir():
        public |= {row["display"] for row in read(earlier / "public" / "figures.csv")}
    for table in docx.Document(str(edition / "public" / "dmt-report.docx")).tables:
        if "edition" not in table.rows[0].cells[-1].text:
            continue
        for row in table.rows[1:]:
            assert row.cells[-1].text in public, row.cells[0].text


def test_the_pdf_of_the_report_for_everybody_has_the_same_sentences(edition):
    if which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    pdf = edition / "public" / "dmt-report.pdf"
    said = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    assert "Restricted" not in said
    assert "Officer to complete" not in said
    assert "[c]" in said


def test_the_descriptor_names_both_files_and_their_columns(edition):
    package = json.loads((edition / "public" / "datapackage.json").read_text("utf-8"))
    named = {resource["path"]: resource for resource in package["resources"]}
    assert {"figures.csv", "scorecard.csv"} <= set(named)
    for path in ("figures.csv", "scorecard.csv"):
        fields = [field["name"] for field in named[path]["schema"]["fields"]]
        assert fields == list(read(edition / "public" / path)[0])


def test_a_quarter_is_traced_back_to_its_rows(built: SampleBuild, tmp_path: Path):
    words = ["trace", "missing_episodes", "--edition", "2017", "--breakdown", "quarter", "--category", "2015-Q2"]
    done = storyboard(*words, "--output", built.output, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (figure,) = found["figures"]
    row = by_key(built.edition("2017") / "restricted" / "scorecard.csv")[tuple(figure["figure"].split("/"))]
    assert str(figure["value"]) == row["value"]
    taken = next(step for step in found["steps"] if step["step"].startswith("Of the rows counted"))
    assert taken["rows_out"] == int(row["value"])
    assert found["steps"][-1]["relation"] == "scorecard_figures"
