"""An invented edition whose year holds days of the department's census: our count of them beside the department's."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from tests.build.conftest import SampleBuild, storyboard

EDITIONS = """\
edition,collection,period_start,period_end,as_at
2024,missing,2022-04-01,2023-03-31,2024-01-11
2024,education,2023-09-01,2024-01-11,2024-01-11
"""
REFERRALS = [
    # (children, referred on, closed on): 23 children are open at the end of 19 January 2023, 3 at the end of 18 May.
    *((f"a{n}", "2022-11-10", f"2023-03-{n + 1:02}") for n in range(17)),
    *((f"b{n}", "2022-12-05", "2023-05-18") for n in range(2)),
    *((f"c{n}", "2022-12-05", "2023-10-02") for n in range(3)),
    ("d0", "2023-01-19", "2023-01-20"),
    ("e0", "2022-10-01", "2023-01-19"),
    ("e1", "2023-01-20", "2023-05-17"),
    # A child with two cases on one day is one child.
    ("a0", "2023-01-02", "2023-02-01"),
    *(
        (f"f{n}", f"2023-{9 + n % 3:02}-{5 + n % 20:02}", f"2023-12-{1 + n % 20:02}" if n < 20 else "")
        for n in range(30)
    ),
]
AREA = "Local authority,E92000001,England,E12000003,Yorkshire and The Humber,816,E06000014,York"
DEPARTMENT = [
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,"
    "new_la_code,la_name,cme_census_date",
    f"202223,Autumn term,{AREA},30",
    f"202223,Spring term,{AREA},20",
    f"202223,Summer term,{AREA},low",
    f"202223,Academic year,{AREA},60",
]


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("census")
    extracts = folder / "extracts" / "2024"
    extracts.mkdir(parents=True)
    (extracts.parent / "editions.csv").write_text(EDITIONS, "utf-8")
    rows = [
        f"R{number:03},{child},E06000014,{made},{closed},{'on_roll_in_area' if closed else ''},female,primary"
        for number, (child, made, closed) in enumerate(REFERRALS)
    ]
    header = "referral_id,child_id,authority,referred_on,closed_on,outcome,sex,phase"
    (extracts / "cme_referrals.csv").write_text("\n".join([header, *rows, ""]), "utf-8")
    (extracts / "published_statistics_census.csv").write_text("\n".join([*DEPARTMENT, ""]), "utf-8")
    done = storyboard("build", "--extracts", extracts.parent, "--output", folder / "output", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "output" / "editions" / "2024"


def read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def by_day(path: Path) -> dict[str, tuple[str, str]]:
    return {
        row["category"]: (row["value"], row["as_at"])
        for row in read(path)
        if row["breakdown"] == "census_day" and row["authority"] == "E06000014"
    }


def test_children_are_counted_at_the_end_of_each_day_in_the_year_up_to_the_edition(edition: Path) -> None:
    # 6 October 2022 lies more than a year before the edition: cases closed since may be in no extract.
    assert by_day(edition / "restricted" / "scorecard.csv") == {
        "2023-01-19": ("23", "2023-01-19"),
        "2023-05-18": ("3", "2023-05-18"),
    }


def test_the_public_count_is_protected_with_all_others(edition: Path) -> None:
    assert by_day(edition / "public" / "scorecard.csv") == {
        "2023-01-19": ("25", "2023-01-19"),
        "2023-05-18": ("", "2023-05-18"),
    }


def test_the_file_of_figures_holds_no_census_day(edition: Path) -> None:
    for side in ("restricted", "public"):
        assert {row["breakdown"] for row in read(edition / side / "figures.csv")}.isdisjoint({"census_day"})


def test_the_page_shows_both_numbers_and_says_why_they_differ(edition: Path) -> None:
    page = html.parse(str(edition / "public" / "pages" / "education" / "index.html")).getroot()
    (table,) = [
        t
        for t in page.iter("table")
        if (t.findtext("caption") or "").startswith("Children missing education in York on the days")
    ]
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in table.iter("tr")][1:]
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("Autumn term, 2022 to 2023", "30", "not counted", "none"),
        ("19 January 2023", "20", "25", "2024"),
        ("18 May 2023", "low", "[c]", "2024"),
    ]
    text = " ".join(page.text_content().split())
    assert "Why the two differ" in text
    assert "the two do not compare" not in text


def test_the_sample_editions_have_no_census_day(built: SampleBuild) -> None:
    for name in ("2016", "2017", "2018"):
        rows = read(built.edition(name) / "restricted" / "scorecard.csv")
        assert "census_day" not in {row["breakdown"] for row in rows}
