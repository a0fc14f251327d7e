"""Extracts of three councils: an index, pages and papers for each and for all of them, nothing of another."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document

from pipelines import paths
from pipelines.figures import ALL
from pipelines.intake.calendar import read_calendar
from pipelines.intake.sample import generate
from pipelines.publishing.open_data import OFFERED
from tests.build.conftest import storyboard
from tests.build.interface import Ask, open_interface, run_job

COUNCILS = {"E06000010": "Kingston upon Hull", "E06000011": "East Riding of Yorkshire", "E06000014": "York"}
PLACES = [*COUNCILS, ALL]
FIGURE = re.compile(r'<data class="figure" value="([^"]*)" data-figure="([^"]+)">([^<]*)</data>')


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("councils")
    generate(read_calendar(paths.SAMPLE_EXTRACTS)["2016"], folder / "in", scale=3)
    done = storyboard("build", "--extracts", folder / "in", "--output", folder / "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture(scope="module")
def ask(output: Path) -> Iterator[Ask]:
    with open_interface(output.parent / "in", output) as query:
        yield query


@pytest.fixture(scope="module")
def edition(output: Path) -> Path:
    return output / "editions" / "2016"


def read_displays(edition: Path) -> dict[str, tuple[str, str]]:
    """The value and the text of each public figure, by its address."""
    found = {}
    for name in ("figures.csv", "scorecard.csv"):
        with (edition / "public" / name).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                key = "/".join(row[part] for part in ("edition", "authority", "metric_id", "breakdown", "category"))
                found[key] = (row["value"], row["display"])
    return found


def test_each_council_and_all_of_them_have_a_site_and_papers(output: Path, edition: Path):
    site = output / "site" / "2016"
    assert sorted(each.name for each in site.iterdir()) == sorted(
        [*PLACES, "assets", "comparison.html", "index.html", "open-data"]
    )
    assert not (edition / "restricted" / "dmt-report.docx").exists()
    for place in PLACES:
        assert (site / place / "missing" / "patterns.html").is_file()
        assert (site / place / "search" / "search_index.js").is_file()
        assert (edition / "public" / "charts" / place / "episodes_reported-by-sex.svg").is_file()
        for name in ("dmt-report.docx", "dmt-report.pdf", "board-pack.pdf", "scorecard.xlsx"):
            assert (edition / "restricted" / place / name).is_file()
        for name in ("dmt-report.docx", "tables.xlsx", "foi-answers.docx", "scorecard.xlsx"):
            assert (edition / "public" / place / name).is_file()
        assert (output / "working" / "2016" / place / "dmt-report.docx").is_file()
    for side in ("public", "restricted"):
        (figures,) = [file for file in (edition / side).rglob("figures.csv") if OFFERED not in file.parts]
        assert figures.parent == edition / side


def test_what_is_the_same_for_all_councils_is_there_once_and_every_page_finds_it(output: Path):
    site = output / "site" / "2016"
    for place in PLACES:
        assert not (site / place / "assets").exists()
        assert not (site / place / OFFERED).exists()
        for page in (site / place).rglob("*.html"):
            text = page.read_text("utf-8")
            (search,) = re.findall(r'"search": "([^"]+)"', text)
            linked = re.findall(r'(?:href|src)="((?:\.\./)*(?:assets|open-data)/[^"#?]+)"', text)
            assert len(linked) > 3
            for address in [*linked, search]:
                assert (page.parent / address).resolve().is_relative_to(site.resolve())
                assert (page.parent / address).is_file(), (page, address)


def test_the_index_holds_the_public_figures_and_leads_everywhere(output: Path, edition: Path):
    page = (output / "site" / "2016" / "index.html").read_text("utf-8")
    displays = read_displays(edition)
    shown = FIGURE.findall(page)
    assert {address.split("/")[1] for _, address, _ in shown} == set(PLACES)
    assert [(value, text) for value, _, text in shown] == [displays[address] for _, address, _ in shown]
    for place in PLACES:
        assert f'href="{place}/index.html"' in page
    assert all(name in page for name in COUNCILS.values())
    assert 'data-banner="draft"' in page
    assert "These figures are invented" in page


def test_the_councils_stand_beside_one_another_with_their_public_rates(output: Path, edition: Path):
    site = output / "site" / "2016"
    page = (site / "comparison.html").read_text("utf-8")
    displays = read_displays(edition)
    shown = FIGURE.findall(page)
    assert {address.split("/")[1] for _, address, _ in shown} == set(PLACES)
    assert [(value, text) for value, _, text in shown] == [displays[address] for _, address, _ in shown]
    assert 'data-banner="draft"' in page
    assert 'href="comparison.html"' in (site / "index.html").read_text("utf-8")
    for place in COUNCILS:
        own = (site / place / "missing" / "patterns.html").read_text("utf-8")
        assert f'href="../../comparison.html#{place}"' in own
        assert f'id="{place}"' in page


@pytest.mark.parametrize("place", PLACES)
def test_the_pages_of_one_council_show_its_own_protected_figures_alone(place: str, output: Path, edition: Path):
    displays = read_displays(edition)
    site = output / "site" / "2016" / place
    count = 0
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        for value, address, shown in FIGURE.findall(text):
            assert address.split("/")[1] == place, page
            assert (value, shown) == displays[address], page
            count += 1
        assert 'data-banner="draft"' in text
        assert "These figures are invented" in text
        (up,) = re.findall(r'<nav class="areas"[^>]*><a href="([^"]+)"', text)
        assert (page.parent / up).resolve() == (site.parent / "index.html").resolve()
    assert count > 500
    files = [file for file in site.rglob("*.csv") if OFFERED not in file.parts]  # the open files are those of all
    named = {authority for file in files for authority in re.findall(r"\bE06\d{6}\b", file.read_text("utf-8"))}
    assert named & set(COUNCILS) <= {place, "E06000014"}  # the department's files speak of York alone


def test_what_was_done_in_one_council_stands_on_its_own_pages_alone(output: Path):
    for place in PLACES:
        pages = [
            output / "site" / "2016" / place / page for page in ("missing/developments.html", "evidence/terms.html")
        ]
        words = " ".join(re.sub(r"<[^>]+>", " ", page.read_text("utf-8")) for page in pages)
        told = re.search(r"\bCity of York\b|\bin York\b|York's", words)
        assert bool(told) == (COUNCILS.get(place) == "York"), place


def test_a_report_speaks_of_its_own_council(edition: Path):
    for place, name in COUNCILS.items():
        document = Document(str(edition / "restricted" / place / "dmt-report.docx"))
        words = " ".join(
            [p.text for p in document.paragraphs]
            + [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        )
        assert name in words
        assert not [other for other in COUNCILS.values() if other != name and re.search(rf"\b{other}\b(?! and)", words)]


def test_review_lists_hold_the_cases_of_one_council(edition: Path):
    for place in COUNCILS:
        with (edition / "restricted" / place / "register-review.csv").open(encoding="utf-8", newline="") as lines:
            assert {row["authority"] for row in csv.DictReader(lines)} == {place}
    assert not (edition / "restricted" / ALL / "register-review.csv").exists()


def list_partitions(ask: Ask, asset: str) -> dict[str, set[str]]:
    """The councils that an asset is there for, by edition."""
    node = ask(
        "query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { partitionKeysByDimension { name"
        " partitionKeys } assetPartitionStatuses { ... on MultiPartitionStatuses { ranges { primaryDimStartKey primaryDimEndKey"
        " secondaryDim { ... on DefaultPartitionStatuses { materializedPartitions } } } } } } } }",
        k={"path": [asset]},
    )["assetNodeOrError"]
    keys = {each["name"]: each["partitionKeys"] for each in node["partitionKeysByDimension"]}
    assert set(keys) == {"edition", "authority"}
    councils = keys["authority"]
    found: dict[str, set[str]] = {}
    for each in node["assetPartitionStatuses"]["ranges"]:
        start, end = councils.index(each["primaryDimStartKey"]), councils.index(each["primaryDimEndKey"])
        for edition in each["secondaryDim"]["materializedPartitions"]:
            found.setdefault(edition, set()).update(councils[start : end + 1])
    return found


def read_all(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def why_it_failed(ask: Ask, run_id: str) -> str:
    events = ask(
        "query($r: ID!) { logsForRun(runId: $r) { ... on EventConnection { events { ... on ExecutionStepFailureEvent {"
        " error { message errorChain { error { message } } } } } } } }",
        r=run_id,
    )["logsForRun"]["events"]
    return str([event for event in events if event])


def test_dagster_shows_which_council_has_pages_and_papers_in_which_edition(ask: Ask):
    for asset in ("council_pages", "council_public_papers", "council_restricted_papers"):
        assert list_partitions(ask, asset) == {"2016": set(PLACES)}


def test_one_council_made_again_is_a_copy_with_the_bytes_of_what_is_sealed(ask: Ask, output: Path, edition: Path):
    council = "E06000010"
    sealed, site = read_all(edition), read_all(output / "site")
    assert run_job(ask, "council", "2016", council)[1] == "SUCCESS"
    assert (read_all(edition), read_all(output / "site")) == (sealed, site)
    (copy,) = (output / "papers").glob(f"*/2016-{council}")
    pages = read_all(copy / "pages" / council)
    assert len(pages) > 100
    banner = rb'<aside class="storyboard-banner".*?not sealed, and not on the site.*?</aside>'
    for path, content in pages.items():
        plain, marked = re.subn(banner, b"", content)
        assert marked == path.endswith(".html")
        assert plain == sealed[f"public/pages/{council}/{path}"], path
    assert {path.name for path in (copy / "pages").iterdir()} == {
        council,
        "assets",
        "comparison.html",
        "index.html",
        "open-data",
    }
    for side in ("public", "restricted"):
        papers = read_all(copy / side)
        assert "dmt-report.docx" in papers
        for path, content in papers.items():
            assert content == sealed[f"{side}/{council}/{path}"], path
    assert {file.stat().st_mode & 0o077 for file in copy.rglob("*")} == {0}


def test_one_council_is_not_made_alone_when_its_figures_are_no_longer_those_that_are_sealed(ask: Ask, output: Path):
    population = output.parent / "in" / "2016" / "population.csv"
    before, papers = population.read_bytes(), read_all(output / "papers")
    try:
        population.write_bytes(before + b"E06000010,children_0_17,2010-06-30,50000\n")
        run_id, status = run_job(ask, "council", "2016", "E06000010")
    finally:
        population.write_bytes(before)
    assert status == "FAILURE"
    told = why_it_failed(ask, run_id)
    assert "they change together" in told
    assert "storyboard build --edition 2016" in told
    assert read_all(output / "papers") == papers


def test_the_edition_is_whole(output: Path):
    done = storyboard("verify", "2016", "--output", output, cwd=output.parent)
    assert done.returncode == 0, done.stderr
