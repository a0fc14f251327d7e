"""The invented children: a pseudonym, sex, ethnicity, birthday and circumstances that stay theirs in every edition.

What happens to them is not here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np

from pipelines.intake.sample.clock import day_number
from pipelines.intake.sample.draws import Draws, Ints, Texts
from pipelines.intake.sample.story import (
    ALSO_MISSING_EDUCATION,
    CHILDREN,
    LOOKED_AFTER,
    RETURNING,
    SEXES,
    YOUNG_ENOUGH,
)

ETHNICITIES = {
    "white": 0.875,
    "gypsy_roma_traveller": 0.012,
    "mixed": 0.045,
    "asian": 0.03,
    "black": 0.013,
    "other": 0.01,
    "not_known": 0.015,
}
AGES = ((0.0, 6.0), (0.04, 10.0), (0.17, 13.0), (0.68, 16.0), (1.0, 17.95))
_AGES_OF_THE_YOUNG_ENOUGH = (11.6, 14.9)
PLACEMENTS = {"foster": 0.45, "childrens_home": 0.3, "semi_independent": 0.1, "with_parents": 0.1, "other": 0.05}
LOCATIONS = {"in_area": 0.6, "out_of_area": 0.37, "": 0.03}
CONCERNS = {"none": 0.74, "sexual": 0.13, "criminal": 0.07, "both": 0.02, "": 0.04}


@dataclass(frozen=True, slots=True)
class Children:
    """Children as arrays of shape (units, places)."""

    child_id: Texts
    sex: Texts
    ethnicity: Texts
    born: Ints
    """Days since 1970. Decides the age at an episode; written nowhere."""
    concern: Texts
    first_placement: Texts
    second_placement: Texts
    location: Texts


def pseudonyms(units: int, places: int, *purpose: object) -> Texts:
    """One invented pseudonym for each place of each unit."""
    start = "/".join(map(str, purpose))
    names = [
        "ch" + hashlib.sha256(f"{start}/{unit}/{place}".encode()).hexdigest()[:12]
        for unit in range(units)
        for place in range(places)
    ]
    return np.array(names).reshape(units, places)


def draw_cohort(seed: int, cohort: int, units: int) -> Children:
    """The children who first appear in the edition whose period begins in that year."""
    draws = Draws(seed, cohort, "children")
    shape = (units, CHILDREN)
    age = draws.from_quantiles(AGES, *shape)
    low, high = _AGES_OF_THE_YOUNG_ENOUGH
    young = list(YOUNG_ENOUGH)
    age[:, young] = low + draws.uniform(units, len(young)) * (high - low)
    reference = day_number(date(cohort + 1, 3, 31))
    ethnicity = draws.chosen(ETHNICITIES, *shape)
    ethnicity[:, list(ALSO_MISSING_EDUCATION)] = "white"

    heavy = [place for place, child in enumerate(LOOKED_AFTER) if child.missing >= 9]
    first = draws.chosen(PLACEMENTS, *shape)
    first[:, heavy] = draws.chosen({"childrens_home": 0.75, "foster": 0.25}, units, len(heavy))
    second = draws.chosen({**PLACEMENTS, "secure": 0.06}, *shape)
    second[:, heavy] = draws.chosen({"childrens_home": 0.7, "foster": 0.2, "semi_independent": 0.1}, units, len(heavy))
    location = draws.chosen(LOCATIONS, *shape)
    location[:, heavy] = draws.chosen({"in_area": 0.55, "out_of_area": 0.45}, units, len(heavy))
    ethnicity[:, heavy] = "white"  # or one child would make up a quarter of all episodes of a small group
    children = Children(
        child_id=pseudonyms(units, CHILDREN, seed, cohort, "child"),
        sex=np.tile(np.array(SEXES), (units, 1)),
        ethnicity=ethnicity,
        born=(reference - age * 365.25).astype(np.int64),
        concern=draws.chosen(CONCERNS, *shape),
        first_placement=first,
        second_placement=second,
        location=location,
    )
    _move_one_child(children)
    return children


def _move_one_child(children: Children) -> None:
    """The last child of a unit is the last but one of the unit before: a family that moved to another authority."""
    for column in (children.child_id, children.ethnicity, children.born, children.concern):
        column[1:, -1] = column[:-1, -2]


def children_of(seed: int, cohort: int, units: int, *, with_returning: bool) -> Children:
    """The children of one edition: its own cohort, and in some places children of the editions before."""
    children = draw_cohort(seed, cohort, units)
    if not with_returning:
        return children
    earlier = {ago: draw_cohort(seed, cohort - ago, units) for ago in {ago for _, ago, _ in RETURNING}}
    for place, ago, place_then in RETURNING:
        for name in ("child_id", "sex", "ethnicity", "born", "concern"):
            getattr(children, name)[:, place] = getattr(earlier[ago], name)[:, place_then]
    return children
