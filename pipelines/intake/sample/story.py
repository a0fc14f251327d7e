"""What the invented editions tell: how many children, episodes, interviews and referrals there are in each.

Numbers only. The first story is the source document's own, to the last figure; the two after it are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.figures import Edition

DOCUMENT_EDITION = "2016"
DOCUMENT_COHORT = 2014
"""The calendar year in which the source document's financial year begins."""

F, M = "female", "male"


@dataclass(frozen=True, slots=True)
class LookedAfterChild:
    """One looked-after child of the document's year: episodes missing and absent in care, and missing before care."""

    sex: str
    missing: int
    absent: int
    before_care: int = 0


# 208 missing and 58 absent episodes of 19 children: 12 with fewer than 5 missing episodes, 3 with 5 to 9, 4 with more.
LOOKED_AFTER: tuple[LookedAfterChild, ...] = (
    LookedAfterChild(F, 64, 14),
    LookedAfterChild(M, 48, 9),
    LookedAfterChild(F, 31, 6),
    LookedAfterChild(M, 22, 5),
    LookedAfterChild(F, 9, 4),
    LookedAfterChild(M, 7, 3),
    LookedAfterChild(F, 6, 2),
    LookedAfterChild(M, 4, 3, before_care=2),
    LookedAfterChild(F, 4, 2),
    LookedAfterChild(F, 3, 1),
    LookedAfterChild(M, 3, 1),
    LookedAfterChild(F, 2, 0, before_care=1),
    LookedAfterChild(M, 2, 0),
    LookedAfterChild(F, 1, 1),
    LookedAfterChild(F, 1, 0),
    LookedAfterChild(M, 1, 1),
    LookedAfterChild(F, 0, 3),
    LookedAfterChild(M, 0, 2),
    LookedAfterChild(F, 0, 1),
)

# 261 missing episodes of 142 children never looked after; with the 3 before care that is 264.
_GIRLS = (14, 11, 9, 8, 7, 6, 5, 5, 4, 4, 3, 3, 3, *(2,) * 23, *(1,) * 57)
_BOYS = (6, 4, 4, 3, 3, 3, 3, *(2,) * 8, *(1,) * 34)
OTHERS: tuple[tuple[str, int], ...] = (*((F, count) for count in _GIRLS), *((M, count) for count in _BOYS))

FIRST_GIRL = len(LOOKED_AFTER)
FIRST_BOY = FIRST_GIRL + len(_GIRLS)
CHILDREN = FIRST_GIRL + len(OTHERS)

SEXES: tuple[str, ...] = (*(child.sex for child in LOOKED_AFTER), *(sex for sex, _ in OTHERS))

RETURNING: tuple[tuple[int, int, int], ...] = (
    # (place in this edition, editions ago, place then): the same child again, of the same sex
    (6, 1, 2),
    (7, 1, 3),
    (8, 1, 4),
    (10, 1, 5),
    (9, 2, 2),
    (12, 2, 3),
    (13, 1, FIRST_GIRL + 50),  # not looked after then, looked after now
    (FIRST_GIRL + 3, 1, FIRST_GIRL + 2),
    (FIRST_GIRL + 6, 1, FIRST_GIRL + 5),
    (FIRST_GIRL + 10, 1, FIRST_GIRL + 9),
    (FIRST_GIRL + 14, 1, FIRST_GIRL + 13),
    (FIRST_GIRL + 21, 1, FIRST_GIRL + 20),
    (FIRST_BOY + 3, 1, FIRST_BOY + 2),
    (FIRST_BOY + 9, 1, FIRST_BOY + 8),
)
BEYOND_THE_PERIOD: tuple[int, ...] = tuple(FIRST_GIRL + place for place in (2, 5, 9, 13, 20)) + tuple(
    FIRST_BOY + place for place in (2, 8, 20)
)
"""Children of whom the extract also holds an episode just before or just after the period."""
ALSO_MISSING_EDUCATION: tuple[int, ...] = tuple(FIRST_GIRL + place for place in (60, 61, 62)) + tuple(
    FIRST_BOY + place for place in (30, 31, 32)
)
"""Children who are also referred as missing education: three girls, three boys, of secondary age."""
SEEN_ONCE: tuple[int, ...] = (*range(FIRST_BOY - 20, FIRST_BOY), *range(CHILDREN - 16, CHILDREN))
"""Children with one episode, and no part in anything else, whom another edition may do without."""
YOUNG_ENOUGH: tuple[int, ...] = tuple(
    sorted({place for _, _, place in RETURNING} | set(BEYOND_THE_PERIOD) | set(ALSO_MISSING_EDUCATION))
)
"""Children who are still under 18 wherever else they appear."""


@dataclass(frozen=True, slots=True)
class Interviews:
    """How well return interviews go: shares of the episodes, of the offers, of the interviews."""

    offered: float
    offered_in_time: float
    accepted: float
    declined: float
    held_of_accepted: float
    independent: float
    shared_with_police: float


@dataclass(frozen=True, slots=True)
class Referrals:
    """Referrals of children missing education in the period, counted; days to close is the median."""

    referrals: int
    girls: int
    primary: int
    minority_or_language: int
    closed: int
    days_to_close: float
    removed_after_census: int
    long_standing: int


@dataclass(frozen=True, slots=True)
class Story:
    """One edition. The factors are applied to the document's counts of each child."""

    long_looked_after: int
    """Missing episodes of looked-after children that last 24 hours or more."""
    looked_after_missing: float
    looked_after_absent: float
    looked_after_away: float
    others_missing: float
    others_absent: float
    """Share of the children not looked after who have an absence too."""
    once_only: float
    """Share of the children seen once in the document's year who have their like in this one."""
    not_located: bool
    interviews: Interviews | None
    referrals: Referrals
    has_school_census: bool
    has_education_risk: bool


_STORIES = (
    Story(14, 1, 1, 0, 1, 0, 1, False, None, Referrals(59, 27, 33, 16, 53, 24, 4, 0), True, True),
    Story(
        12, 0.74, 0.3, 0.35, 1.02, 0.03, 0.5, False,
        Interviews(0.62, 0.66, 0.62, 0.2, 0.84, 0.55, 0.5),
        Referrals(71, 33, 40, 20, 65, 17, 3, 1), False, True,
    ),
    Story(
        9, 0.68, 0.12, 0.45, 1.1, 0.015, 0.85, True,
        Interviews(0.93, 0.89, 0.74, 0.15, 0.92, 0.86, 0.82),
        Referrals(86, 41, 48, 26, 81, 12, 2, 2), True, True,
    ),
)  # fmt: skip


def cohort_of(edition: Edition) -> int:
    """The calendar year in which the edition's period of missing episodes begins."""
    return edition.periods["missing"].start.year


def story_of(cohort: int) -> Story:
    """The story of a year; years before the document's are told like it, later ones like the last."""
    return _STORIES[min(max(cohort - DOCUMENT_COHORT, 0), len(_STORIES) - 1)]
