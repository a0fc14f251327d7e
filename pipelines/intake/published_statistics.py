"""What the department publishes on looked-after children who are missing or away, and on children educated at home or
missing education, read from its files as downloaded.

Each release has its own columns and words; here they become one record with one set of names. Nothing is counted, and
nothing of this is ever mixed with our own figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pipelines.faults import DataFault
from pipelines.intake.source_tables import SourceTable, list_rows, make_slug, read_source_table

Level = Literal["LA", "REGION", "NATIONAL"]

MEASURES = {
    "looked_after_children": "Children looked after during the year",
    "children_missing": "Children who had a missing incident during the year",
    "children_missing_percentage": "Percentage of children who had a missing incident during the year",
    "children_missing_more_than_once": "Children who went missing more than once during the year",
    "missing_incidents": "Missing incidents during the year",
    "missing_incidents_per_child": "Average number of missing incidents per child who went missing",
    "missing_at_31_march": "Children missing at 31 March",
    "children_away": "Children who were away from placement without authorisation during the year",
    "children_away_percentage": "Percentage of children who were away from placement without authorisation",
    "children_away_more_than_once": "Children who were away from placement without authorisation more than once",
    "away_incidents": "Away from placement without authorisation incidents during the year",
    "away_incidents_per_child": "Average number of away incidents per child who was away",
    "away_at_31_march": "Children away from placement without authorisation at 31 March",
}
"""Our names of what the files for authorities count, with words for people. The national files count more: their names
start with one of these and go on with the breakdown (`missing_incidents/duration_band/under_1_day`)."""

EDUCATION_MEASURES = {
    "home_educated_at_any_time": "Children educated at home at any time during the school year",
    "home_education_started": "Children whose home education began during the school year",
    "home_education_returned_to_school": "Children who returned to school from home education during the school year",
    "home_education_notices": "Notices served under section 437 during the school year",
    "home_education_orders_issued": "School attendance orders issued during the school year",
    "home_education_orders_revoked": "School attendance orders revoked during the school year",
    "missing_education_autumn_term": "Children missing education on the census date in autumn",
    "missing_education_spring_term": "Children missing education on the census date in spring",
    "missing_education_summer_term": "Children missing education on the census date in summer",
    "missing_education_academic_year": "Children missing education at any time during the school year",
}
"""What the files on education count, with words for people. Their year ends on 31 August. A number for each hundred
children has the same name and ends with `_rate`."""

SYMBOLS = frozenset({"x", "c", "z", "k", "u", "low", "..", ".", ":", "~", "-", ""})
"""What stands for a value: hidden (x, c), not applicable (z, .), rounded to nothing (k), not available (.., :)."""


@dataclass(frozen=True, slots=True)
class PublishedStatistic:
    """One value that the department publishes. Either `value` or `symbol` is there, as the file has it."""

    authority: str
    """ONS code of the authority, region or country."""
    area_name: str
    level: Level
    year_ending: date
    measure: str
    value: Decimal | None
    symbol: str
    release: str


def read(paths: Sequence[Path], *, encoding: str = "utf-8") -> list[PublishedStatistic]:
    """The statistics of these files, in the order of the files and their rows.

    Files are told apart by their columns, not by their names. A release corrects earlier ones, so several may give the
    same year: each keeps its release, and `keep_latest_release` chooses.

    Raises DataFault, naming the file and line, for a file that is none of the layouts known.
    """
    return [statistic for path in paths for statistic in _read_one(read_source_table(path, encoding=encoding))]


def keep_latest_release(statistics: Iterable[PublishedStatistic]) -> list[PublishedStatistic]:
    """Of several values for one area, year and measure the one that was released last; otherwise unchanged."""
    latest: dict[tuple[str, date, str], PublishedStatistic] = {}
    for statistic in statistics:
        key = (statistic.authority, statistic.year_ending, statistic.measure)
        known = latest.get(key)
        if known is None or _released(known.release) < _released(statistic.release):
            latest[key] = statistic
    return list(latest.values())


def _released(release: str) -> int:
    return int(release[-4:])


def _read_one(table: SourceTable) -> list[PublishedStatistic]:
    if table.column("geog_l") is not None and _first_release_columns(table) is not None:
        return _read_first_releases(table)
    if (
        table.column("time_period") is not None
        and table.column("number") is not None
        and table.column(*_GROUPS) is not None
    ):
        return _read_explore(table)
    if table.column("time_period") is not None and table.column("ehe_anytime_full_year") is not None:
        return _read_home_education(table)
    if table.column("time_period") is not None and table.column("time_identifier") is not None:
        missing_education = _find_missing_education(table)
        if missing_education is not None:
            return _read_missing_education(table, *missing_education)
    raise DataFault(
        f"{table.name} is none of the department's files that can be read: the tables on looked-after children who "
        "were missing or away of SFR34/2015, SFR41/2016 and SFR50/2017, those of Explore Education Statistics since "
        "2018, and its tables on home education and on children missing education. "
        "Put the file in as it was downloaded, or take it out."
    )


# The statistical first releases of 2015 to 2017: a row for each area, a column for each measure, a file for each year.

_FIRST_RELEASE_MEASURES = {
    "children_missing": ("CLA_MissDuringYear", "Miss_Miss_DuringYear"),
    "missing_incidents": ("CLA_MissIncs", "Miss_Miss_Incs"),
    "children_missing_more_than_once": ("CLA_MissMoreOnce", "Miss_Miss_MoreOnce"),
    "missing_at_31_march": ("CLA_Miss31Mar", "Miss_Miss_31Mar"),
    "children_away": ("CLA_AwayDuringYear", "Miss_Away_DuringYear"),
    "away_incidents": ("CLA_AwayIncs", "Miss_Away_Incs"),
    "children_away_more_than_once": ("CLA_AwayMoreOnce", "Miss_Away_MoreOnce"),
    "away_at_31_march": ("CLA_Away31Mar", "Miss_Away_31Mar"),
}
_FIRST_RELEASES = {2015: "SFR34/2015", 2016: "SFR41/2016", 2017: "SFR50/2017"}
# The files of 2015 and 2016 have the same columns and no year: England's two totals tell which one it is.
_ENGLAND = {("6110", "28570"): 2015, ("8670", "43000"): 2016, ("10700", "60720"): 2017}
_LEVELS: dict[str, Level] = {
    "la": "LA", "region": "REGION", "national": "NATIONAL", "local authority": "LA", "regional": "REGION",
}  # fmt: skip
_AREA_NAMES = {
    "E92000001": "England",
    "E12000001": "North East",
    "E12000002": "North West",
    "E12000003": "Yorkshire and The Humber",
    "E12000004": "East Midlands",
    "E12000005": "West Midlands",
    "E12000006": "East of England",
    "E12000007": "London",
    "E12000008": "South East",
    "E12000009": "South West",
    "E13000001": "Inner London",
    "E13000002": "Outer London",
}
_PARTS_OF_LONDON = {"INNER LONDON": "E13000001", "OUTER LONDON": "E13000002"}


def _first_release_columns(table: SourceTable) -> dict[str, int] | None:
    columns = {measure: table.column(*names) for measure, names in _FIRST_RELEASE_MEASURES.items()}
    found = {measure: place for measure, place in columns.items() if place is not None}
    return found if len(found) == len(columns) and table.column("New_geog_code") is not None else None


def _read_first_releases(table: SourceTable) -> list[PublishedStatistic]:
    columns = _first_release_columns(table) or {}
    code, level, name = (table.column(column) for column in ("New_geog_code", "geog_l", "geog_n"))
    assert code is not None
    assert level is not None
    if name is None:
        raise DataFault(f"{table.name} has no column geog_n, the names of the areas. Put it in as it was downloaded.")
    year = _find_first_release_year(table, columns, code)
    statistics = []
    for row, cells in table.rows:
        authority = _PARTS_OF_LONDON.get(cells[name].upper(), cells[code])
        for measure, place in columns.items():
            value, symbol = _read_number(table, row, cells[place])
            statistics.append(
                PublishedStatistic(
                    authority=authority,
                    area_name=_AREA_NAMES.get(authority, cells[name]),
                    level=_find_level(table, row, cells[level]),
                    year_ending=date(year, 3, 31),
                    measure=measure,
                    value=value,
                    symbol=symbol,
                    release=_FIRST_RELEASES[year],
                )
            )
    return statistics


def _find_first_release_year(table: SourceTable, columns: dict[str, int], code: int) -> int:
    if table.column("Miss_Miss_Incs") is not None:
        return 2017
    children, incidents = columns["children_missing"], columns["missing_incidents"]
    for _, cells in table.rows:
        if cells[code] == "E92000001" and (year := _ENGLAND.get((cells[children], cells[incidents]))) is not None:
            return year
    named = [year for year in _FIRST_RELEASES if re.search(rf"(?<!\d){year}(?!\d)", table.name)]
    if len(named) == 1:
        return named[0]
    raise DataFault(
        f"{table.name} does not say which year it is about. Name it with the year in which the year ended, for example "
        "published_statistics_2015.csv."
    )


# Explore Education Statistics, since 2018: one row for each area, year and measure. The column of the measure has been
# called cla_group, CLA_group and missing_status.

_GROUPS = ("cla_group", "missing_status")
_EXPLORE_MEASURES = {
    "children looked after during the year": "looked_after_children",
    "all children looked after during the year": "looked_after_children",
    "children who had a missing incident during the year": "children_missing",
    "total children who were missing during the year": "children_missing",
    "percentage of children who had a missing incident during the year": "children_missing_percentage",
    "percentage of children looked after during the year who were missing": "children_missing_percentage",
    "children who went missing more than once during the year": "children_missing_more_than_once",
    "children missing more than once during the year": "children_missing_more_than_once",
    "number of missing incidents during the year": "missing_incidents",
    "total number of missing incidents during the year": "missing_incidents",
    "average number of missing incidents per looked after child who went missing": "missing_incidents_per_child",
    "average number of incidents per looked after child who was missing": "missing_incidents_per_child",
    "children missing at 31 march": "missing_at_31_march",
    "children missing on 31 march": "missing_at_31_march",
    "children missing on 31 march who were unaccompanied asylum-seeking children":
        "missing_at_31_march/unaccompanied_asylum_seeking",
    "average (mean) number of days per missing incident": "missing_incidents/mean_days",
    "average (median) number of days per missing incident": "missing_incidents/median_days",
    "children who were away from placement without authorisation during the year": "children_away",
    "total children who were away from placement without authorisation during the year": "children_away",
    "percentage of children who were away from placement without authorisation during the year":
        "children_away_percentage",
    "percentage of children looked after during the year who were away from placement without authorisation":
        "children_away_percentage",
    "children who were away from placement without authorisation more than once during the year":
        "children_away_more_than_once",
    "children away from placement without authorisation more than once during the year": "children_away_more_than_once",
    "number of away from placement without authorisation incidents during the year": "away_incidents",
    "total number of away from placement without authorisation incidents during the year": "away_incidents",
    "average number of away from placement without authorisation incidents per looked after child":
        "away_incidents_per_child",
    "average number of incidents per looked after child who was away from placement without authorisation":
        "away_incidents_per_child",
    "children away from placement without authorisation at 31 march": "away_at_31_march",
    "children away from placement without authorisation on 31 march": "away_at_31_march",
    "children away without authorisation from placement on 31 march who were unaccompanied asylum-seeking children":
        "away_at_31_march/unaccompanied_asylum_seeking",
    "average (mean) number of days per away from placement without authorisation incident": "away_incidents/mean_days",
    "average (median) number of days per away from placement without authorisation incident":
        "away_incidents/median_days",
}  # fmt: skip
_BREAKDOWNS = (
    # (words in the group, what is counted, name of the breakdown)
    ("by ethnic origin", "children", "ethnicity"),
    ("by gender", "children", "sex"),
    ("by sex", "children", "sex"),
    ("age of", "incidents", "age"),
    ("durations of", "incidents", "duration_band"),
    ("placement locations", "incidents", "placement_location"),
    ("placements from", "incidents", "placement"),
)
_CATEGORIES = {
    "less than 1 day": "under_1_day",
    "between 1 and 2 days": "1_to_2_days",
    "between 3 and 7 days": "3_to_7_days",
    "between 8 and 10 days": "8_to_10_days",
    "between 11 and 15 days": "11_to_15_days",
    "between 16 and 20 days": "16_to_20_days",
    "between 21 and 30 days": "21_to_30_days",
    "more than 30 days": "over_30_days",
    "females": "female",
    "males": "male",
}
_NUMBERING = re.compile(r"^\d+[a-z]?[.:]\s*")


def _read_explore(table: SourceTable) -> list[PublishedStatistic]:
    group, number, period = table.column(*_GROUPS), table.column("number"), table.column("time_period")
    characteristic, geography = table.column("characteristic"), table.column("geographic_level")
    assert group is not None
    assert number is not None
    assert period is not None
    if geography is None:
        raise DataFault(f"{table.name} has no column geographic_level. Put it in as it was downloaded.")
    years = [_read_year(table, row, cells[period]) for row, cells in table.rows]
    release = f"Children looked after in England including adoptions, {max(years, default=2018)}"
    statistics: dict[tuple[str, int, str], PublishedStatistic] = {}
    for (row, cells), year in zip(table.rows, years, strict=True):
        level = _find_level(table, row, cells[geography])
        authority, name = _find_area(table, row, cells, level)
        measure = _name_measure(cells[group], None if characteristic is None else cells[characteristic])
        value, symbol = _read_number(table, row, cells[number])
        # the national files repeat a total in every breakdown: the first is enough
        statistics.setdefault(
            (authority, year, measure),
            PublishedStatistic(authority, name, level, date(year, 3, 31), measure, value, symbol, release),
        )
    return list(statistics.values())


# Education: one row for each area and year (home education), or for each area, term and breakdown (missing education).

_HOME_EDUCATION = {
    "home_educated_at_any_time": "ehe_anytime_full_year",
    "home_education_started": "ehe_starts_full_year",
    "home_education_returned_to_school": "ehe_returns_full_year",
    "home_education_notices": "ehe_section_437_full_year",
    "home_education_orders_issued": "ehe_sao_issued_full_year",
    "home_education_orders_revoked": "ehe_sao_revoked_full_year",
}
_TOTALS = frozenset({"total", "all", "all children", "all pupils", "number of children"})


def _read_home_education(table: SourceTable) -> list[PublishedStatistic]:
    found = [(measure, place) for measure, name in _HOME_EDUCATION.items() if (place := table.column(name)) is not None]
    return _read_education(table, "Elective home education", [(None, measure, place) for measure, place in found])


def _find_missing_education(table: SourceTable) -> tuple[int | None, int, int | None] | None:
    """The columns of breakdown, number and rate, which every release has called otherwise; None for another table."""
    wide = table.column("cme_census_date")
    if wide is not None:
        return None, wide, None
    for breakdown, number, rate in (("filter", "number", "rate"), ("breakdown", "child_count", "rate_per_100")):
        places = (table.column(breakdown), table.column(number), table.column(rate))
        if None not in places:
            return places[0], places[1] or 0, places[2]
    return None


def _read_missing_education(
    table: SourceTable, breakdown: int | None, number: int, rate: int | None
) -> list[PublishedStatistic]:
    """Totals alone; its breakdowns are not compared."""
    columns = [(breakdown, "missing_education", number)]
    if rate is not None:
        columns.append((breakdown, "missing_education_rate", rate))
    return _read_education(table, "Children missing education", columns)


def _read_education(
    table: SourceTable, release: str, columns: Sequence[tuple[int | None, str, int]]
) -> list[PublishedStatistic]:
    """`columns` holds, for each measure, the column whose word must be a total (None: every row), its name and its place."""
    period, term = table.column("time_period"), table.column("time_identifier")
    geography = table.column("geographic_level")
    if geography is None or period is None:
        raise DataFault(f"{table.name} has no column geographic_level. Put it in as it was downloaded.")
    years = [_read_year(table, row, cells[period]) for row, cells in table.rows]
    latest = max(years, default=2022)
    statistics = []
    for (row, cells), year in zip(table.rows, years, strict=True):
        level = _find_level(table, row, cells[geography])
        authority, name = _find_area(table, row, cells, level)
        for breakdown, measure, place in columns:
            if breakdown is not None and cells[breakdown].lower() not in _TOTALS:
                continue
            named = measure
            if measure.startswith("missing_education"):
                words = make_slug(cells[term]) if term is not None else "academic_year"
                named = measure.replace("missing_education", f"missing_education_{words}")
            value, symbol = _read_number(table, row, cells[place])
            statistics.append(
                PublishedStatistic(
                    authority, name, level, date(year, 8, 31), named, value, symbol, f"{release}, {latest}"
                )
            )
    return statistics


def _name_measure(group: str, characteristic: str | None) -> str:
    words = " ".join((group if characteristic is None else characteristic).lower().split())
    if words in _EXPLORE_MEASURES:
        return _EXPLORE_MEASURES[words]
    if characteristic is None:
        return f"other/{make_slug(words)}"
    about = " ".join(group.lower().split())
    status = "away" if "away" in about else "missing"
    if words == "total incidents":
        return f"{status}_incidents"
    category = _NUMBERING.sub("", words)
    if "council boundary" in category:
        category = "inside_boundary" if "inside" in category else "outside_boundary"
    for mark, counted, breakdown in _BREAKDOWNS:
        if mark in about:
            measure = f"children_{status}" if counted == "children" else f"{status}_incidents"
            return f"{measure}/{breakdown}/{_CATEGORIES.get(category) or make_slug(category)}"
    return f"other/{make_slug(about)}/{make_slug(category)}"


def _find_area(table: SourceTable, row: int, cells: tuple[str, ...], level: Level) -> tuple[str, str]:
    columns = {
        "LA": ("new_la_code", "la_name"),
        "REGION": ("region_code", "region_name"),
        "NATIONAL": ("country_code", "country_name"),
    }
    code, name = (table.column(column) for column in columns[level])
    if code is None or name is None or not cells[code]:
        raise DataFault(f"{table.name}, line {row}: the area has no code. Put the file in as it was downloaded.")
    return cells[code], _AREA_NAMES.get(cells[code], cells[name])


def _find_level(table: SourceTable, row: int, text: str) -> Level:
    level = _LEVELS.get(text.lower())
    if level is None:
        raise DataFault(
            f"{table.name}, line {row}: the geographic level is none of local authority, region and nation. "
            "Put the file in as it was downloaded."
        )
    return level


def _read_year(table: SourceTable, row: int, text: str) -> int:
    """The calendar year in which a period ends: `2018`, or `201718` for a financial year."""
    if re.fullmatch(r"(19|20)\d\d", text):
        return int(text)
    if re.fullmatch(r"(19|20)\d{4}", text) and (int(text[:4]) + 1) % 100 == int(text[4:]):
        return int(text[:4]) + 1
    raise DataFault(f"{table.name}, line {row}: time_period is not a year. Put the file in as it was downloaded.")


def _read_number(table: SourceTable, row: int, text: str) -> tuple[Decimal | None, str]:
    plain = text.replace(",", "")
    if re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", plain):
        return Decimal(plain), ""
    if text.lower() in SYMBOLS:
        return None, text.lower()
    raise DataFault(
        f"{table.name}, {list_rows([row])}: a value is neither a number nor one of the department's symbols. "
        "Put the file in as it was downloaded."
    )
