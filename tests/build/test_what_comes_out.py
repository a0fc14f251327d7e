"""What a build of the sample leaves in its folder, against the contract."""

import csv
import hashlib
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.register import read_categories, read_metrics
from tests.build.conftest import SampleBuild

METRICS = read_metrics()
EDITIONS = ("2016", "2017", "2018")
KEY = ("edition", "authority", "metric_id", "breakdown", "category")


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def key_of(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


@pytest.fixture(scope="module", params=EDITIONS)
def edition(request: pytest.FixtureRequest, built: SampleBuild) -> Path:
    return built.edition(request.param)


def test_the_command_says_where_the_site_and_the_reports_are(built):
    for line in built.done.stdout.splitlines():
        for found in re.findall(r"(/.+\.(?:html|docx))$", line):
            assert Path(found).is_file()
    assert built.done.stdout.count("dmt-report.docx") == len(EDITIONS)
    assert str(built.output / "site" / "index.html") in built.done.stdout


def test_every_file_of_the_contract_is_there(edition):
    wanted = [
        "edition.json",
        "public/figures.csv",
        "public/datapackage.json",
        "public/figures.csv-metadata.json",
        "public/scorecard.csv-metadata.json",
        "public/data-dictionary.csv",
        "public/categories.csv",
        "public/tables.xlsx",
        "public/foi-answers.docx",
        "public/scorecard.csv",
        "public/scorecard.xlsx",
        "public/dmt-report.docx",
        "public/dmt-report.pdf",
        "public/pages/index.html",
        "public/pages/board-pack.pdf",
        "restricted/figures.csv",
        "restricted/dmt-report.docx",
        "restricted/dmt-report.pdf",
        "restricted/inspection-pack.docx",
        "restricted/board-pack.pdf",
        "restricted/scorecard.xlsx",
        "restricted/scorecard.csv",
        "restricted/register-review.csv",
        "restricted/register-review.xlsx",
        "restricted/quality.html",
        "restricted/quality.json",
    ]
    assert [name for name in wanted if not (edition / name).is_file()] == []
    assert list((edition / "public" / "charts").glob("*.svg"))


def test_a_copy_of_the_report_is_there_to_write_in_and_the_manifest_says_which_template_it_was_made_with(
    built, edition
):
    copy = built.output / "working" / edition.name / "dmt-report.docx"
    assert copy.read_bytes() == (edition / "restricted" / "dmt-report.docx").read_bytes()
    assert f"To write in: {copy}" in built.done.stderr
    template = json.loads((edition / "edition.json").read_text("utf-8"))["template"]
    assert template == {"from": "project", "sha256": hashlib.sha256(paths.DMT_TEMPLATE.read_bytes()).hexdigest()}


def test_restricted_figures_hold_every_metric_breakdown_and_category(edition):
    rows = read(edition / "restricted" / "figures.csv")
    assert tuple(rows[0]) == (
        *KEY, "numerator", "denominator", "value", "unit", "status", "period_start", "period_end", "as_at",
    )  # fmt: skip
    found = {(row["metric_id"], row["breakdown"], row["category"]) for row in rows}
    assert len(found) == len(rows)
    categories = read_categories()
    for metric in METRICS.values():
        assert (metric.metric_id, "total", "all") in found
        for breakdown in metric.breakdowns:
            if breakdown == "month":
                months = {c for m, b, c in found if (m, b) == (metric.metric_id, "month")}
                assert len(months) == (12 if metric.collection == "missing" else 5)
                continue
            wanted = [()]
            for name in breakdown.split("/"):
                wanted = [(*w, c.category) for w in wanted for c in categories[metric.dimension_of(name)]]
            assert {(metric.metric_id, breakdown, "/".join(w)) for w in wanted} <= found


def test_both_files_have_the_same_keys_sorted_by_code_point(edition):
    exact, public = (read(edition / side / "figures.csv") for side in ("restricted", "public"))
    assert [key_of(row) for row in exact] == [key_of(row) for row in public]
    assert [key_of(row) for row in exact] == sorted(key_of(row) for row in exact)


def test_counts_are_whole_and_everything_else_has_one_decimal(edition):
    for row in read(edition / "restricted" / "figures.csv"):
        if row["status"] != "published":
            continue
        kind = METRICS[row["metric_id"]].kind
        pattern = r"\d+" if kind in ("count", "maximum") else r"\d+\.\d"
        assert re.fullmatch(pattern, row["value"]), row
        if kind == "count":
            assert (row["numerator"], row["denominator"]) == (row["value"], "")


def test_a_metric_whose_extract_is_absent_is_not_available_and_never_nought(built):
    rows = read(built.edition("2016") / "restricted" / "figures.csv")
    absent = {row["status"] for row in rows if "return_interviews" in METRICS[row["metric_id"]].needs}
    assert absent in ({"not_available"}, {"published", "not_applicable"}, {"published"})
    for row in rows:
        if row["status"] == "not_available":
            assert (row["numerator"], row["denominator"], row["value"]) == ("", "", "")


def test_every_optional_extract_is_present_in_at_least_one_edition(built):
    names = set()
    for name in EDITIONS:
        manifest = json.loads((built.edition(name) / "edition.json").read_text("utf-8"))
        names |= {extract["name"] for extract in manifest["extracts"]}
    assert {
        "missing_episodes", "return_interviews", "cme_referrals", "school_census", "education_risk", "population",
    } <= names  # fmt: skip


def test_the_public_side_shows_no_count_below_five_and_none_unrounded(edition):
    for row in read(edition / "public" / "figures.csv"):
        if METRICS[row["metric_id"]].kind == "count" and row["value"]:
            value = Decimal(row["value"])
            assert value == 0 or (value >= 5 and value % 5 == 0), row
        assert (row["status"] == "published") == bool(row["value"])
        assert row["display"] in ("[c]", "[x]", "[z]") or row["status"] == "published"


def test_the_maximum_is_never_public(edition):
    rows = [r for r in read(edition / "public" / "figures.csv") if r["metric_id"].startswith("most_")]
    assert [row["status"] for row in rows] == ["suppressed"]


def test_breakdowns_whose_categories_do_not_overlap_sum_to_their_total(edition):
    rows = read(edition / "restricted" / "figures.csv")
    totals = {r["metric_id"]: r for r in rows if r["breakdown"] == "total"}
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        metric = METRICS[row["metric_id"]]
        if metric.kind == "count" and row["value"] and row["breakdown"] not in ("total", *metric.overlapping):
            key = (row["metric_id"], row["breakdown"])
            sums[key] = sums.get(key, 0) + int(row["value"])
    assert sums
    for (metric_id, _), total in sums.items():
        assert total == int(totals[metric_id]["value"])


def test_the_manifest_names_every_file_with_its_hash(edition):
    manifest = json.loads((edition / "edition.json").read_text("utf-8"))
    files = {f.relative_to(edition).as_posix() for f in edition.rglob("*") if f.is_file()} - {"edition.json"}
    assert set(manifest["files"]) == files
    for name, sha256 in manifest["files"].items():
        assert hashlib.sha256((edition / name).read_bytes()).hexdigest() == sha256
    assert manifest["policy"]["threshold"] == manifest["policy"]["base"] == 5
    assert {"edition", "version", "extracts", "code", "previous"} <= set(manifest)


def test_every_figure_on_every_page_is_the_public_figure_of_its_address(edition):
    shown = {"/".join(key_of(row)): row for row in read(edition / "public" / "figures.csv")}
    cited = 0
    for page in (edition / "public" / "pages").rglob("*.html"):
        html = page.read_text("utf-8")
        for attributes, text in re.findall(r'<data class="figure"([^>]*)>(.*?)</data>', html, re.DOTALL):
            address = re.search(r'data-figure="([^"]+)"', attributes)
            value = re.search(r'value="([^"]*)"', attributes)
            assert address, attributes
            year, *_ = address[1].split("/")
            if year != edition.name:
                continue
            row = shown[address[1]]
            assert (value[1] if value else "") == row["value"]
            assert re.sub(r"<[^>]+>", "", text).strip().startswith(row["display"])
            cited += 1
    assert cited > 100


def test_nothing_in_the_site_is_fetched_from_elsewhere(built):
    for page in (built.output / "site").rglob("*.html"):
        html = page.read_text("utf-8")
        assert not re.findall(r'<(?:script|img|iframe|source)[^>]+src="(?:https?:)?//', html), page
        assert not re.findall(r'<link[^>]+rel="(?:stylesheet|preconnect|icon)"[^>]+href="(?:https?:)?//', html), page


def test_sample_editions_say_on_every_page_that_they_are_invented(built):
    for page in (built.output / "site").rglob("*.html"):
        if page.name != "404.html":
            assert "invented" in page.read_text("utf-8").lower(), page


def test_drafts_are_marked_and_older_editions_point_to_the_newest(built):
    assert "draft" in (built.output / "site" / "2018" / "index.html").read_text("utf-8").lower()
    assert "2018" in (built.output / "site" / "2016" / "index.html").read_text("utf-8")
    assert "2018" not in (built.edition("2016") / "public" / "pages" / "index.html").read_text("utf-8")


def test_no_row_of_an_extract_is_left_beside_the_output_but_in_the_archive(built):
    beside = built.output.parent / f".{built.output.name}.storyboard"
    assert beside.is_dir()
    work = beside / "work"
    left = [f for f in work.rglob("*") if f.is_file()] + list((beside / "dagster").rglob("*.parquet"))
    assert left == []
