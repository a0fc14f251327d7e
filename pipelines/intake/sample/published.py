"""The department's published statistics in its own layouts: York, its region and England, every release since 2015.

Nothing is invented here. SFR34/2015, SFR41/2016 and SFR50/2017; "Children looked after in England including adoptions" of
2022, 2023 and 2024; "Elective home education", school years 2021/22 to 2024/25. Of 2024 only what is known is given.
"""

from __future__ import annotations

from collections.abc import Iterator

_EARLY_COLUMNS = (
    "New_geog_code,geog_l,geog_c,geog_n,CLA_MissDuringYear,CLA_MissIncs,CLA_MissMoreOnce,CLA_Miss31Mar,"
    "CLA_AwayDuringYear,CLA_AwayIncs,CLA_AwayMoreOnce,CLA_Away31Mar"
)
_COLUMNS_2017 = (
    "LA_order,New_geog_code,geog_l,geog_c,geog_n,Miss_Miss_DuringYear,Miss_Miss_Incs,Miss_Miss_MoreOnce,"
    "Miss_Miss_31Mar,Miss_Away_DuringYear,Miss_Away_Incs,Miss_Away_MoreOnce,Miss_Away_31Mar"
)
_FIRST_RELEASES = {
    "SFR34_Missing2015": (
        _EARLY_COLUMNS,
        "E92000001,NATIONAL,999,ENGLAND,6110,28570,3580,160,3230,13080,1730,50",
        "E12000003,REGION,C,YORKSHIRE AND THE HUMBER,660,3430,410,10,360,1870,230,x",
        "E06000014,LA,816,York,24,202,21,0,11,48,7,0",
    ),
    "SFR41_Missing2016": (
        _EARLY_COLUMNS,
        "E92000001,NATIONAL,999,ENGLAND,8670,43000,5200,260,4430,17560,2420,50",
        "E12000003,REGION,C,YORKSHIRE AND THE HUMBER,870,5120,560,10,490,2470,300,10",
        "E06000014,LA,816,York,18,61,8,0,19,140,11,0",
    ),
    "SFR50_Missing_2017": (
        _COLUMNS_2017,
        "1,E92000001,NATIONAL,999,ENGLAND,10700,60720,6660,330,4860,20330,2730,70",
        "39,E12000003,REGION,C,YORKSHIRE AND THE HUMBER,1080,6760,690,30,480,2150,280,x",
        "54,E06000014,LA,816,York,18,51,9,0,20,158,15,0",
    ),
}

_MEASURES = (
    "Children who had a missing incident during the year",
    "Percentage of children who had a missing incident during the year",
    "Children who went missing more than once during the year",
    "Number of missing incidents during the year",
    "Average number of missing incidents per looked after child who went missing",
    "Children who were away from placement without authorisation during the year",
    "Number of away from placement without authorisation incidents during the year",
)
# the release, its column of the measure, and for each area and year the values of the measures above; - is left out
_EXPLORE: dict[str, tuple[str, tuple[tuple[str, int, str], ...]]] = {
    "2018_to_2022": (
        "cla_group",
        (
            ("England", 2018, "11520 11 7440 70170 6.1 3870 15670"),
            ("England", 2019, "11880 11 7680 73670 6.2 3600 13610"),
            ("England", 2020, "12430 11 8010 81070 6.5 3390 13690"),
            ("England", 2021, "10880 10 7010 71440 6.6 2600 10360"),
            ("England", 2022, "12150 11 7770 76890 6.3 2510 8870"),
            ("Yorkshire and The Humber", 2018, "1190 11 820 9090 7.6 380 1360"),
            ("Yorkshire and The Humber", 2019, "1260 11 810 8110 6.5 260 620"),
            ("Yorkshire and The Humber", 2020, "1190 10 780 7570 6.4 280 1000"),
            ("Yorkshire and The Humber", 2021, "1030 9 660 6220 6 240 980"),
            ("Yorkshire and The Humber", 2022, "1080 9 710 6610 6.1 200 640"),
            ("York", 2018, "34 13 20 247 7.3 c 8"),
            ("York", 2019, "32 12 25 195 6.1 c c"),
            ("York", 2020, "28 9 22 246 8.8 c c"),
            ("York", 2021, "33 9 20 157 4.8 c c"),
            ("York", 2022, "27 8 16 161 6 0 0"),
        ),
    ),
    "2019_to_2023": (
        "CLA_group",
        (
            ("England", 2019, "11930 11 7700 74010 6.2 3610 13650"),
            ("England", 2020, "12470 11 8030 81430 6.5 3410 13740"),
            ("England", 2021, "10910 10 7030 71680 6.6 2620 10420"),
            ("England", 2022, "12180 11 7780 77120 6.3 2520 8910"),
            ("England", 2023, "12740 11 8120 81890 6.4 2640 10530"),
            ("Yorkshire and The Humber", 2019, "1260 11 810 8130 6.4 260 620"),
            ("Yorkshire and The Humber", 2020, "1200 10 780 7610 6.4 280 1000"),
            ("Yorkshire and The Humber", 2021, "1040 9 660 6230 6 240 990"),
            ("Yorkshire and The Humber", 2022, "1080 9 710 6620 6.2 200 640"),
            ("Yorkshire and The Humber", 2023, "1090 9 650 5580 5.1 170 670"),
            ("York", 2019, "32 12 25 199 6.2 c c"),
            ("York", 2020, "28 9 22 247 8.8 c c"),
            ("York", 2021, "33 9 20 157 4.8 c c"),
            ("York", 2022, "27 8 16 161 6 0 0"),
            ("York", 2023, "28 8 18 248 8.9 0 0"),
        ),
    ),
    "2024": (
        "missing_status",
        (
            ("England", 2024, "13010 11 8210 83920 6.5 2720 10780"),
            ("Yorkshire and The Humber", 2024, "1170 9 - 5760 4.9 - -"),
            ("York", 2024, "34 11 21 278 8.2 - c"),
        ),
    ),
}
_EXPLORE_AREAS = {
    "England": "National,E92000001,England,,,,,",
    "Yorkshire and The Humber": "Regional,E92000001,England,E12000003,Yorkshire and The Humber,,,",
    "York": "Local authority,E92000001,England,E12000003,Yorkshire and The Humber,816,York,E06000014",
}
_HOME_EDUCATION_COLUMNS = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,"
    "new_la_code,la_name,ehe_starts_full_year,ehe_anytime_full_year,ehe_returns_full_year,ehe_leave,"
    "ehe_section_437_full_year,ehe_sao_issued_full_year,ehe_sao_revoked_full_year"
)
# for each area, the year in which the school year ended and the values of the columns that begin with ehe_
_HOME_EDUCATION = (
    ("England", 2025, "78000 175900 28100 5400 7400 2500 600"),
    ("Yorkshire and The Humber", 2025, "8040 16730 3170 370 1040 310 10"),
    ("York", 2025, "40 290 30 10 10 low low"),
    ("England", 2024, "71500 153300 21500 5000 7000 2100 400"),
    ("Yorkshire and The Humber", 2024, "7030 15680 2070 310 1080 330 120"),
    ("York", 2024, "100 300 30 20 low low low"),
    ("England", 2023, "53200 126100 19800 4300 3900 1100 200"),
    ("Yorkshire and The Humber", 2023, "4750 11200 1980 280 290 100 low"),
    ("York", 2023, "120 270 100 20 10 low 0"),
    ("England", 2022, "44400 116300 19700 4100 3800 1300 300"),
    ("Yorkshire and The Humber", 2022, "4170 10790 2080 360 460 150 low"),
    ("York", 2022, "90 240 60 10 20 0 0"),
)
_HOME_EDUCATION_AREAS = {**_EXPLORE_AREAS, "York": _EXPLORE_AREAS["York"].replace("York,E06000014", "E06000014,York")}


def published_files() -> Iterator[tuple[str, str]]:
    """Name and text of each file, as it would lie in an edition's folder."""
    for name, lines in _FIRST_RELEASES.items():
        yield _file(name, lines)
    for name, (column, rows) in _EXPLORE.items():
        head = (
            "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
            f"old_la_code,la_name,new_la_code,{column},number"
        )
        cells = tuple(
            f"{year},Reporting year,{_EXPLORE_AREAS[area]},{measure},{value}"
            for area, year, values in rows
            for measure, value in zip(_MEASURES, values.split(), strict=True)
            if value != "-"
        )
        yield _file(name, (head, *cells))
    taught_at_home = tuple(
        f"{year - 1}{year % 100},Academic year,{_HOME_EDUCATION_AREAS[area]},{','.join(values.split())}"
        for area, year, values in _HOME_EDUCATION
    )
    yield _file("home_education", (_HOME_EDUCATION_COLUMNS, *taught_at_home))


def _file(name: str, lines: tuple[str, ...]) -> tuple[str, str]:
    return f"published_statistics_{name}.csv", "\n".join([*lines, ""])
