"""Reading the department's statistics: every vintage of its layout, its symbols, and files that are none of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.faults import DataFault
from pipelines.intake.published_statistics import (
    EDUCATION_MEASURES,
    MEASURES,
    PublishedStatistic,
    keep_latest_release,
    read,
)
from pipelines.paths import PROJECT, SAMPLE_EXTRACTS

PUBLISHED = PROJECT.parent / "shared" / "data" / "dfe_cla_missing"
needs_published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the department's files are not beside the project (../shared/data)"
)
YORK, ENGLAND, REGION = "E06000014", "E92000001", "E12000003"
FIRST_COLUMNS = (
    "New_geog_code,geog_l,geog_c,geog_n,CLA_MissDuringYear,CLA_MissIncs,CLA_MissMoreOnce,CLA_Miss31Mar,"
    "CLA_AwayDuringYear,CLA_AwayIncs,CLA_AwayMoreOnce,CLA_Away31Mar"
)


def pick(statistics: Iterable[PublishedStatistic], authority: str, year: int, measure: str) -> PublishedStatistic:
    (one,) = [
        statistic
        for statistic in statistics
        if (statistic.authority, statistic.year_ending, statistic.measure) == (authority, date(year, 3, 31), measure)
    ]
    return one


def write(tmp_path: Path, *lines: str, name: str = "published_statistics.csv") -> Path:
    path = tmp_path / name
    path.write_text("\r\n".join([*lines, ""]), encoding="utf-8-sig", newline="")
    return path


@needs_published
def test_yorks_published_year_is_24_children_with_202_incidents_and_48_away() -> None:
    statistics = read([PUBLISHED / "SFR34_Missing2015.csv"])
    values = {
        measure: pick(statistics, YORK, 2015, measure).value
        for measure in ("children_missing", "missing_incidents", "children_missing_more_than_once", "away_incidents")
    }
    assert values == {
        "children_missing": 24,
        "missing_incidents": 202,
        "children_missing_more_than_once": 21,
        "away_incidents": 48,
    }
    york = pick(statistics, YORK, 2015, "children_missing")
    assert (york.area_name, york.level, york.release, york.symbol) == ("York", "LA", "SFR34/2015", "")
    assert pick(statistics, ENGLAND, 2015, "missing_incidents").value == 28570
    hidden = pick(statistics, REGION, 2015, "away_at_31_march")
    assert (hidden.area_name, hidden.value, hidden.symbol) == ("Yorkshire and The Humber", None, "x")


@needs_published
@pytest.mark.parametrize(
    ("name", "year", "expected"),
    [
        # children missing, incidents, more than once, away incidents: York, as the department printed them
        ("SFR41_Missing2016.csv", 2016, (18, 61, 8, 140)),
        ("SFR50_Missing_2017.csv", 2017, (18, 51, 9, 158)),
        ("cla_missing_la_2018_2022.csv", 2018, (34, 247, 20, 8)),
        ("cla_missing_la_2018_2022.csv", 2022, (27, 161, 16, 0)),
        ("cla_missing_la_2019_2023.csv", 2019, (32, 199, 25, "c")),
        ("cla_missing_la_2019_2023.csv", 2023, (28, 248, 18, 0)),
    ],
)
def test_every_vintage_for_authorities_gives_yorks_figures(
    name: str, year: int, expected: tuple[int | str, ...]
) -> None:
    statistics = read([PUBLISHED / name])
    measures = ("children_missing", "missing_incidents", "children_missing_more_than_once", "away_incidents")
    found = [pick(statistics, YORK, year, measure) for measure in measures]
    assert tuple(one.symbol if one.value is None else one.value for one in found) == expected
    assert {statistic.measure for statistic in statistics} <= set(MEASURES)


@needs_published
def test_a_year_that_a_later_release_corrects_is_taken_from_that_one() -> None:
    files = [PUBLISHED / "cla_missing_la_2019_2023.csv", PUBLISHED / "cla_missing_la_2018_2022.csv"]
    statistics = read(files)
    values = {
        statistic.value
        for statistic in statistics
        if (statistic.authority, statistic.year_ending.year, statistic.measure) == (YORK, 2020, "missing_incidents")
    }
    assert values == {246, 247}
    kept = keep_latest_release(statistics)
    assert pick(kept, YORK, 2020, "missing_incidents").value == 247
    assert pick(kept, YORK, 2018, "missing_incidents").release.endswith("2022")


@needs_published
def test_the_national_files_give_totals_and_breakdowns_under_the_same_names() -> None:
    statistics = read([PUBLISHED / "cla_missing_national_2020_2024.csv", PUBLISHED / "cla_away_national_2020_2024.csv"])
    assert pick(statistics, ENGLAND, 2024, "missing_incidents").value == 83920
    assert pick(statistics, ENGLAND, 2024, "missing_incidents/duration_band/under_1_day").value == 28000
    assert pick(statistics, ENGLAND, 2024, "missing_incidents/placement_location/outside_boundary").value == 38780
    assert pick(statistics, ENGLAND, 2024, "missing_incidents/mean_days").value == Decimal("1.9")
    assert pick(statistics, ENGLAND, 2024, "away_incidents/age/10_to_15_years").value == 2440
    assert not any(statistic.measure.startswith("other/") for statistic in statistics)


@needs_published
def test_the_parts_of_london_have_codes_of_their_own() -> None:
    statistics = read([PUBLISHED / "SFR34_Missing2015.csv"])
    assert [
        pick(statistics, code, 2015, "missing_incidents").value for code in ("E12000007", "E13000001", "E13000002")
    ] == [
        4710,
        1140,
        3570,
    ]


@needs_published
@pytest.mark.parametrize("name", ["SFR36_CLA2014.csv", "SFR34_CLA2015.csv"])
def test_another_table_of_the_same_release_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(DataFault, match="none of the department's files"):
        read([PUBLISHED / name])


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_the_samples_hold_the_departments_rows_of_2015_to_2024_in_its_own_layouts(edition: str) -> None:
    statistics = read(sorted((SAMPLE_EXTRACTS / edition).glob("published_statistics*.csv")))
    assert {statistic.area_name for statistic in statistics} == {"York", "Yorkshire and The Humber", "England"}
    kept = keep_latest_release(statistics)
    york = {
        measure: [pick(kept, YORK, year, measure) for year in range(2015, 2025)]
        for measure in ("children_missing", "missing_incidents", "children_missing_more_than_once", "away_incidents")
    }
    assert {
        measure: " ".join(str(s.value) if s.symbol == "" else s.symbol for s in found)
        for measure, found in york.items()
    } == {
        "children_missing": "24 18 18 34 32 28 33 27 28 34",
        "missing_incidents": "202 61 51 247 199 247 157 161 248 278",
        "children_missing_more_than_once": "21 8 9 20 25 22 20 16 18 21",
        "away_incidents": "48 140 158 8 c c c 0 0 c",
    }
    assert [pick(kept, ENGLAND, year, "missing_incidents").value for year in (2015, 2024)] == [28570, 83920]
    assert pick(kept, REGION, 2024, "missing_incidents_per_child").value == Decimal("4.9")
    assert pick_school_year(kept, "home_educated_at_any_time", 2025).value == 290


@needs_published
def test_what_the_samples_say_of_the_department_is_what_its_files_say() -> None:
    sample = read(sorted((SAMPLE_EXTRACTS / "2018").glob("published_statistics*.csv")))
    names = ["SFR34_Missing2015", "SFR41_Missing2016", "SFR50_Missing_2017", "cla_missing_la_2018_2022"]
    names += ["cla_missing_la_2019_2023"]
    real = read([*(PUBLISHED / f"{name}.csv" for name in names), HOME_EDUCATION])
    known = {s for s in real if s.area_name in ("York", "Yorkshire and The Humber", "England")}
    assert {s for s in sample if not s.release.endswith("2024")} <= known


def test_a_file_of_2015_or_2016_without_england_takes_its_year_from_its_name(tmp_path: Path) -> None:
    row = "E06000014,LA,816,York,24,202,21,0,11,48,7,0"
    named = write(tmp_path, FIRST_COLUMNS, row, name="published_statistics_2015.csv")
    assert pick(read([named]), YORK, 2015, "away_incidents").value == 48
    with pytest.raises(DataFault, match="does not say which year"):
        read([write(tmp_path, FIRST_COLUMNS, row)])


@pytest.mark.parametrize("column", ["cla_group", "CLA_group", "missing_status"])
def test_the_column_of_the_measure_is_known_by_all_its_names(tmp_path: Path, column: str) -> None:
    path = write(
        tmp_path,
        "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,"
        f"la_name,new_la_code,{column},number",
        "2024,Reporting year,Local authority,E92000001,England,E12000003,Yorkshire and The Humber,816,York,E06000014,"
        "Number of missing incidents during the year ,278",
        "2024,Reporting year,Local authority,E92000001,England,E12000003,Yorkshire and The Humber,816,York,E06000014,"
        "Children missing at 31 March,k",
        '2024,Reporting year,National,E92000001,England,,,,,,Number of missing incidents during the year,"83,920"',
    )
    statistics = read([path])
    assert pick(statistics, YORK, 2024, "missing_incidents").value == 278
    assert pick(statistics, YORK, 2024, "missing_at_31_march").symbol == "k"
    assert pick(statistics, ENGLAND, 2024, "missing_incidents").value == 83920
    assert {statistic.release for statistic in statistics} == {
        "Children looked after in England including adoptions, 2024"
    }


def test_a_value_that_is_neither_number_nor_symbol_is_refused_without_repeating_it(tmp_path: Path) -> None:
    path = write(tmp_path, FIRST_COLUMNS, "E06000014,LA,816,York,many,202,21,0,11,48,7,0", name="stats_2015.csv")
    with pytest.raises(DataFault, match="neither a number nor one of the department's symbols") as fault:
        read([path])
    assert "many" not in str(fault.value)
    assert "row 2" in str(fault.value)


def test_a_link_an_empty_file_and_utf_16_are_refused(tmp_path: Path) -> None:
    real = write(tmp_path, FIRST_COLUMNS)
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    empty = tmp_path / "empty.csv"
    empty.touch()
    wide = tmp_path / "wide.csv"
    wide.write_text(FIRST_COLUMNS, encoding="utf-16")
    for path, words in ((link, "a link"), (empty, "0 bytes"), (wide, "UTF-16")):
        with pytest.raises(DataFault, match=words):
            read([path])


HOME_EDUCATION = PUBLISHED.parent / "dfe_ehe" / "ehe_academic_year.csv"
AREA_COLUMNS = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,"
    "new_la_code,la_name"
)
IN_YORK = "Local authority,E92000001,England,E12000003,Yorkshire and The Humber,816,E06000014,York"


def pick_school_year(statistics: Iterable[PublishedStatistic], measure: str, year: int) -> PublishedStatistic:
    (one,) = [s for s in statistics if (s.measure, s.year_ending, s.authority) == (measure, date(year, 8, 31), YORK)]
    return one


@needs_published
def test_yorks_home_education_is_read_for_every_school_year_with_its_symbols() -> None:
    statistics = read([HOME_EDUCATION])
    assert {s.measure for s in statistics} <= set(EDUCATION_MEASURES)
    numbers = [pick_school_year(statistics, "home_educated_at_any_time", y).value for y in (2022, 2023, 2024, 2025)]
    assert numbers == [240, 270, 300, 290]
    notices = [pick_school_year(statistics, "home_education_notices", y) for y in (2022, 2023, 2024, 2025)]
    assert [notice.value if notice.symbol == "" else notice.symbol for notice in notices] == [20, 10, "low", 10]
    assert pick_school_year(statistics, "home_educated_at_any_time", 2022).release == "Elective home education, 2025"


@pytest.mark.parametrize(
    ("columns", "cells", "expected"),
    [
        ("cme_census_date", ["40"], {"missing_education_autumn_term": Decimal(40)}),
        (
            "filter_group,filter,number,pc,rate",
            ["Total,Total,40,100,0.2", "Sex,Female,20,45,z"],
            {"missing_education_autumn_term": Decimal(40), "missing_education_autumn_term_rate": Decimal("0.2")},
        ),
        (
            "breakdown_topic,breakdown,child_count,child_percent,rate_per_100",
            ["Total,Total,low,z,low", "Sex,Female,20,45,z"],
            {"missing_education_autumn_term": None, "missing_education_autumn_term_rate": None},
        ),
    ],
)
def test_every_layout_of_children_missing_education_gives_the_total_of_its_term(
    tmp_path: Path, columns: str, cells: list[str], expected: dict[str, Decimal | None]
) -> None:
    path = write(tmp_path, f"{AREA_COLUMNS},{columns}", *(f"202425,Autumn term,{IN_YORK},{each}" for each in cells))
    statistics = read([path])
    assert {s.measure: s.value for s in statistics} == expected
    assert {(s.authority, s.year_ending, s.release) for s in statistics} == {
        (YORK, date(2025, 8, 31), "Children missing education, 2025")
    }
