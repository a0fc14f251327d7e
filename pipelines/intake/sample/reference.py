"""What the sample takes from published sources instead of inventing it: the authorities and their populations.

The department's own statistics are in `published`; the sources are named in each sample folder's SAMPLE.txt.
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


def population_of_york(end: date) -> list[tuple[str, date, int]]:
    """Of each group, the latest year that ends no later than a day, with York's numbers of it."""
    mid_year = end.year if end >= date(end.year, 6, 30) else end.year - 1
    march = end.year if end >= date(end.year, 3, 31) else end.year - 1

    def nearest(numbers: dict[int, int], year: int) -> int:
        return numbers[min(max(year, min(numbers)), max(numbers))]

    children = nearest(_CHILDREN_0_17, mid_year)
    return [
        ("children_0_17", date(mid_year, 6, 30), children),
        ("children_5_16", date(mid_year, 6, 30), round(children * _SHARE_AGED_5_16)),
        ("looked_after_during_year", date(march, 3, 31), nearest(_LOOKED_AFTER, march)),
    ]


def write_population(edition: Edition, authorities: Texts) -> dict[str, Texts]:
    """The table population: two years of each group, York's numbers once for each unit that an authority has."""
    end = edition.periods["missing"].end
    codes, units = np.unique(authorities, return_counts=True)
    rows = sorted(
        (code, group, day, population * count)
        for code, count in zip(codes.tolist(), units.tolist(), strict=True)
        for year in (end.year - 1, end.year)
        for group, day, population in population_of_york(date(year, end.month, end.day))
    )
    return {
        "authority": np.array([row[0] for row in rows]),
        "group": np.array([row[1] for row in rows]),
        "year_ending": np.array([row[2].isoformat() for row in rows]),
        "population": np.array([str(row[3]) for row in rows]),
    }
