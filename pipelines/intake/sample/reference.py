"""What the sample takes from published sources instead of inventing it: populations, and the department's figures.

Only the rows for York, its region and England; the sources are named in each sample folder's SAMPLE.txt.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from pipelines.figures import Edition
from pipelines.intake.sample.draws import Texts

YORK = "E06000014"
AUTHORITIES = (
    YORK, "E06000010", "E06000011", "E06000012", "E06000013", "E08000016", "E08000017", "E08000018", "E08000019",
    "E08000032", "E08000033", "E08000034", "E08000035", "E08000036", "E06000065",
)  # fmt: skip
"""York first, then the other authorities of Yorkshire and The Humber: a larger sample is spread over them."""

# Office for National Statistics, mid-year estimates of the population of York aged 0 to 17, by year
_CHILDREN_0_17 = {
    2012: 35850, 2013: 35962, 2014: 36043, 2015: 35966, 2016: 35841, 2017: 35532, 2018: 35331, 2019: 35333,
    2020: 35066, 2021: 34692, 2022: 34590, 2023: 34878, 2024: 34758,
}  # fmt: skip
# Department for Education, children looked after in York during the year ending 31 March; 2016 and 2017 are invented
_LOOKED_AFTER = {
    2014: 298, 2015: 281, 2016: 274, 2017: 268, 2018: 262, 2019: 263, 2020: 318, 2021: 348, 2022: 339, 2023: 336,
}  # fmt: skip
_SHARE_AGED_5_16 = 0.6575

_EARLY_COLUMNS = (
    "New_geog_code,geog_l,geog_c,geog_n,CLA_MissDuringYear,CLA_MissIncs,CLA_MissMoreOnce,CLA_Miss31Mar,"
    "CLA_AwayDuringYear,CLA_AwayIncs,CLA_AwayMoreOnce,CLA_Away31Mar"
)
_COLUMNS_2017 = (
    "LA_order,New_geog_code,geog_l,geog_c,geog_n,Miss_Miss_DuringYear,Miss_Miss_Incs,Miss_Miss_MoreOnce,"
    "Miss_Miss_31Mar,Miss_Away_DuringYear,Miss_Away_Incs,Miss_Away_MoreOnce,Miss_Away_31Mar"
)
_PUBLISHED = {
    2015: (
        "SFR34_Missing2015",
        _EARLY_COLUMNS,
        "E92000001,NATIONAL,999,ENGLAND,6110,28570,3580,160,3230,13080,1730,50",
        "E12000003,REGION,C,YORKSHIRE AND THE HUMBER,660,3430,410,10,360,1870,230,x",
        "E06000014,LA,816,York,24,202,21,0,11,48,7,0",
    ),
    2016: (
        "SFR41_Missing2016",
        _EARLY_COLUMNS,
        "E92000001,NATIONAL,999,ENGLAND,8670,43000,5200,260,4430,17560,2420,50",
        "E12000003,REGION,C,YORKSHIRE AND THE HUMBER,870,5120,560,10,490,2470,300,10",
        "E06000014,LA,816,York,18,61,8,0,19,140,11,0",
    ),
    2017: (
        "SFR50_Missing_2017",
        _COLUMNS_2017,
        "1,E92000001,NATIONAL,999,ENGLAND,10700,60720,6660,330,4860,20330,2730,70",
        "39,E12000003,REGION,C,YORKSHIRE AND THE HUMBER,1080,6760,690,30,480,2150,280,x",
        "54,E06000014,LA,816,York,18,51,9,0,20,158,15,0",
    ),
}


def write_population(edition: Edition, authorities: Texts) -> dict[str, Texts]:
    """The table population: two years of each group, York's numbers once for each unit that an authority has."""
    end = edition.periods["missing"].end
    mid_year = end.year if end >= date(end.year, 6, 30) else end.year - 1
    year_ending_march = end.year if end >= date(end.year, 3, 31) else end.year - 1

    def nearest(numbers: dict[int, int], year: int) -> int:
        return numbers[min(max(year, min(numbers)), max(numbers))]

    rows = []
    codes, units = np.unique(authorities, return_counts=True)
    for code, count in zip(codes.tolist(), units.tolist(), strict=True):
        for year in (mid_year - 1, mid_year):
            children = nearest(_CHILDREN_0_17, year)
            rows.append((code, "children_0_17", date(year, 6, 30), children * count))
            rows.append((code, "children_5_16", date(year, 6, 30), round(children * _SHARE_AGED_5_16) * count))
        for year in (year_ending_march - 1, year_ending_march):
            rows.append((code, "looked_after_during_year", date(year, 3, 31), nearest(_LOOKED_AFTER, year) * count))
    rows.sort()
    return {
        "authority": np.array([row[0] for row in rows]),
        "group": np.array([row[1] for row in rows]),
        "year_ending": np.array([row[2].isoformat() for row in rows]),
        "population": np.array([str(row[3]) for row in rows]),
    }


def published_file(edition: Edition) -> tuple[str, str] | None:
    """Name and text of the department's file for the edition's year, in its own columns; None where there is none."""
    published = _PUBLISHED.get(edition.periods["missing"].end.year)
    if published is None:
        return None
    name, *lines = published
    return f"published_statistics_{name}.csv", "\n".join([*lines, ""])
