"""The open files as others would read them: with the libraries of the two standards, and rule by rule of a third."""

import csv
import html
import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import csvw
import pytest
from frictionless import Package, system

from pipelines.publishing.csvw import SUFFIX
from pipelines.publishing.open_data import OPEN_FILES, list_open_files
from pipelines.register import read_metrics
from tests.build.conftest import SampleBuild

METRICS = read_metrics()
PATHS = [file.path for file in OPEN_FILES]
FIGURES = ["figures.csv", "scorecard.csv"]


@pytest.fixture(scope="module")
def public(built: SampleBuild) -> Path:
    return built.edition("2017") / "public"


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_described(file: Path) -> tuple[csvw.Table, list[dict[str, object]]]:
    """A file as CSV on the Web: every cell is parsed as its description says, or this raises."""
    table = csvw.Table.from_file(f"{file}{SUFFIX}")
    rows = list(table.iterdicts())
    assert table.check_primary_key()
    return table, rows


def test_the_data_package_and_each_row_are_valid(public):
    with system.use_context(trusted=True):
        package = Package(str(public / "datapackage.json"))
        report = package.validate()
    assert report.flatten(["type", "fieldName", "rowNumber"]) == []
    assert [resource.path for resource in package.resources] == PATHS
    assert sum(task.stats["rows"] for task in report.tasks) == sum(len(read(public / path)) for path in PATHS)


def test_a_figure_that_the_dictionary_does_not_explain_is_found(public, tmp_path):
    for path in [*PATHS, "datapackage.json"]:
        shutil.copy(public / path, tmp_path)
    categories = tmp_path / "categories.csv"
    shorter = categories.read_text("utf-8").replace("\nepisodes_reported,sex,female,Girls", "")
    categories.write_text(shorter, "utf-8")
    report = Package(str(tmp_path / "datapackage.json")).validate()
    assert {kind for (kind,) in report.flatten(["type"])} == {"foreign-key"}


@pytest.mark.parametrize("path", PATHS)
def test_each_cell_is_what_its_csvw_description_says(path, public):
    table, rows = read_described(public / path)
    written = read(public / path)
    assert len(rows) == len(written)
    assert list(rows[0]) == list(written[0])
    for column in table.tableSchema.columns:
        assert column.header == column.name
        assert column.common_props["dc:description"]
    if path in FIGURES:
        assert {type(row["as_at"]) for row in rows} == {date}
        assert [row["value"] is None for row in rows] == [row["status"] != "published" for row in rows]
    if path == "data-dictionary.csv":
        assert all(set(row["extracts"]) <= {need for m in METRICS.values() for need in m.needs} for row in rows)


SPOILT = {
    "a date that is none": (r",\d{4}-03-31,", ",31/03/2016,"),
    "a number in words": (r",(\d+),\1,published", r",many,\1,published"),
    "a status that does not exist": (r",published,", ",printed,"),
    "a row twice": (r"\n([^\n]*)\n", r"\n\1\n\1\n"),
    "a column of another name": ("metric_id", "measure"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_the_csvw_description_finds(what, public, tmp_path):
    for name in ("figures.csv", f"figures.csv{SUFFIX}"):
        shutil.copy(public / name, tmp_path)
    file = tmp_path / "figures.csv"
    text = file.read_text("utf-8")
    spoilt = re.sub(*SPOILT[what], text, count=1)
    assert spoilt != text
    file.write_text(spoilt, "utf-8")
    with pytest.raises((ValueError, AssertionError)):
        read_described(file)


@pytest.mark.parametrize("path", PATHS)
def test_the_description_tells_licence_and_invention_and_no_time_of_making(path, public):
    described = json.loads((public / f"{path}{SUFFIX}").read_text("utf-8"))
    assert described["@context"][0] == "http://www.w3.org/ns/csvw"
    assert described["url"] == path
    for column in described["tableSchema"]["columns"]:
        assert column["name"] in column["titles"], "readers match the header with the titles"
    assert described["dc:license"]["@id"].endswith("/open-government-licence/version/3/")
    assert "invented" in described["dc:description"]
    assert "invented" in described["rdfs:comment"]
    assert not {"dc:created", "dc:modified", "dc:issued", "dc:date"} & set(described)


@pytest.mark.parametrize("path", PATHS)
class TestTabularDataStandard:
    """The tabular data standard of government, a rule at a time."""

    def test_the_file_is_utf_8_without_a_mark_of_byte_order(self, path, public):
        data = (public / path).read_bytes()
        data.decode("utf-8", "strict")
        assert not data.startswith(b"\xef\xbb\xbf")

    def test_one_header_row_comes_first_and_names_each_column_once(self, path, public):
        with (public / path).open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines))
        assert len(set(header)) == len(header)
        assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in header)

    def test_there_is_one_table_and_each_row_has_as_many_cells_as_the_header(self, path, public):
        with (public / path).open(encoding="utf-8", newline="") as lines:
            assert len({len(row) for row in csv.reader(lines, strict=True)}) == 1

    def test_no_row_is_blank(self, path, public):
        assert all(any(row.values()) for row in read(public / path))
        assert "\n\n" not in (public / path).read_text("utf-8")

    def test_no_row_stands_twice(self, path, public):
        assert max(Counter(tuple(row.values()) for row in read(public / path)).values()) == 1

    def test_cells_are_parted_by_commas_and_lines_end_alike(self, path, public):
        text = (public / path).read_text("utf-8")
        assert csv.Sniffer().sniff(text.partition("\n")[0]).delimiter == ","
        assert "\r" not in text
        assert text.endswith("\n")

    def test_no_cell_has_spaces_around_it_or_a_line_break_in_it(self, path, public):
        assert [c for row in read(public / path) for c in row.values() if c != " ".join(c.split())] == []

    def test_dates_are_iso_8601(self, path, public):
        for row in read(public / path):
            for name in {"period_start", "period_end", "as_at"} & set(row):
                assert date.fromisoformat(row[name]).isoformat() == row[name]

    def test_a_number_has_no_comma_no_unit_and_no_symbol(self, path, public):
        values = {row.get("value", "") for row in read(public / path)}
        assert [value for value in values if not re.fullmatch(r"(-?\d+(\.\d+)?)?", value)] == []

    def test_no_row_is_a_note_or_a_title(self, path, public):
        key = list(json.loads((public / f"{path}{SUFFIX}").read_text("utf-8"))["tableSchema"]["primaryKey"])
        assert all(row[name] for row in read(public / path) for name in key)


def test_the_dictionary_says_what_the_definitions_say(public):
    rows = read(public / "data-dictionary.csv")
    assert [(row["metric_id"], row["breakdown"]) for row in rows] == [
        (m.metric_id, breakdown) for m in METRICS.values() for breakdown in ("total", *m.every_breakdown)
    ]
    for row in rows:
        metric = METRICS[row["metric_id"]]
        told = (row["label"], row["definition"], row["unit"], row["kind"], row["collection"])
        assert told == (metric.label, metric.description, metric.unit, metric.kind, metric.collection)
        assert row["extracts"].split(";") == list(metric.needs)
        assert (row["sums_to_total"] == "false") == (row["breakdown"] in metric.overlapping and metric.kind == "count")


def test_the_dictionary_says_how_each_metric_is_protected(public):
    told = {row["metric_id"]: row["protection"] for row in read(public / "data-dictionary.csv")}
    for metric in METRICS.values():
        if metric.kind == "count":
            assert told[metric.metric_id].startswith("Counts of 1 to 4 are hidden")
        if not metric.public:
            assert told[metric.metric_id].startswith("Never published")


def test_every_row_of_figures_has_its_explanation_and_every_explanation_its_figures(public):
    names = ("metric_id", "breakdown", "category")
    figures = {path: {tuple(row[n] for n in names) for row in read(public / path)} for path in FIGURES}
    explained = [tuple(row[n] for n in names) for row in read(public / "categories.csv")]
    assert set(explained) == figures["figures.csv"] | figures["scorecard.csv"]
    for row in read(public / "data-dictionary.csv"):
        assert any((row["metric_id"], row["breakdown"]) == key[:2] for key in figures[row["file"]])


def test_the_page_of_definitions_names_the_same_categories(public):
    page = html.unescape((public / "pages" / "evidence" / "definitions.html").read_text("utf-8"))
    for row in read(public / "categories.csv"):
        if "/" not in row["breakdown"] and row["breakdown"] not in ("total", "month", "quarter", "term"):
            assert f"{row['label']} (<code>{row['category']}</code>)" in page


def test_readers_of_the_site_find_every_open_file_beside_its_page(public):
    page = (public / "pages" / "evidence" / "open-data.html").read_text("utf-8")
    offered = public / "pages" / "open-data"
    linked = set(re.findall(r'href="\.\./open-data/([^"]+)"', page))
    assert linked == {file.name for file in offered.iterdir()} == set(list_open_files())
    for name in linked:
        assert (offered / name).read_bytes() == (public / name).read_bytes()


def test_the_page_says_what_each_column_holds(public):
    page = html.unescape((public / "pages" / "evidence" / "open-data.html").read_text("utf-8"))
    for path in PATHS:
        for field in json.loads((public / f"{path}{SUFFIX}").read_text("utf-8"))["tableSchema"]["columns"]:
            assert f"<code>{field['name']}</code>" in page
            assert field["dc:description"] in page
