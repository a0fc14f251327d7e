"""The lists that reviewers work from: cases of the register, return interviews, open cases found on roll.

Restricted, pseudonyms only. Which rows there are is decided in the warehouse; here they are drawn from, put in order and
written as CSV. The workbook that people fill in is made elsewhere.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Literal

from pipelines.publishing.sampling import Drawn, Stratum, draw_sample
from pipelines.review_plans import Plan
from pipelines.reviews import HeldReview, Subject, date_review

Cell = str | int | bool | date | None


@dataclass(frozen=True, slots=True)
class RegisterCase:
    """One case that the review of the register is about, as the model `register_review_cases` has it."""

    authority: str
    referral_id: str
    child_id: str
    referred_on: date
    closed_on: date | None
    is_open: bool
    outcome: str
    days_on_list: int
    length_band: str
    phase: str
    source: str
    circumstance: str
    is_on_roll: bool | None
    last_review_on: date


@dataclass(frozen=True, slots=True)
class HeldInterview:
    """One return interview that was held, as the model `held_interviews` has it."""

    interview_id: str
    authority: str
    child_ids: str
    episode_ids: str
    held_on: date
    interviewer: str
    looked_after_status: str
    placement_location: str
    within_72_hours: str
    has_factors: bool
    is_shared_with_police: bool


@dataclass(frozen=True, slots=True)
class CensusMatch:
    """One child with an open case who is on roll, as the model `register_census_matches` has it."""

    authority: str
    child_id: str
    referral_ids: str
    referred_on: date
    open_length: str
    phase: str
    census_on: date
    school_ids: str
    entered_on: str
    left_on: str


@dataclass(frozen=True)
class ReviewList:
    """A finished list: its columns, its rows in the order in which they are worked through, and how it was drawn."""

    subject: Subject
    edition: str
    as_at: date
    seed: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strata: Mapping[Stratum, tuple[int, int]]
    """Stratum -> how many were drawn, of how many. Of open cases all are taken."""

    @property
    def month(self) -> date:
        """The first day of the month of the review that the list is for."""
        return date_review(self.as_at)

    @property
    def keys(self) -> tuple[str, ...]:
        """The id of each row, in the order of the rows."""
        return tuple(str(row[0]) for row in self.rows)


REGISTER_COLUMNS = (
    "referral_id", "child_id", "authority", "why", "referred_on", "closed_on", "outcome", "days_on_list", "length_band",
    "phase", "source", "circumstance", "found_on_roll", "last_decision", "stratum", "stratum_place",
    "stratum_drawn", "stratum_size", "edition", "as_at", "review", "last_review_on", "seed",
)  # fmt: skip
INTERVIEW_COLUMNS = (
    "interview_id", "child_ids", "authority", "episode_ids", "held_on", "interviewer", "looked_after_status",
    "placement_location", "within_72_hours", "has_factors", "is_shared_with_police", "stratum", "stratum_place", "stratum_drawn",
    "stratum_size", "edition", "as_at", "seed",
)  # fmt: skip
CENSUS_COLUMNS = tuple(field.name for field in fields(CensusMatch))

Why = Literal["open", "sampled"]


def seed_of(subject: Subject, edition: str, as_at: date) -> str:
    """The seed of a list for which nobody named one: the review, the edition and the date, so that anybody can say it again."""
    return f"{subject} {edition} {as_at.isoformat()}"


def draw_register_review(
    cases: Sequence[RegisterCase],
    plan: Plan,
    *,
    edition: str,
    as_at: date,
    seed: str | None = None,
    last: HeldReview | None = None,
) -> ReviewList:
    """Every open case, and of those closed since the last review a sample by length and outcome (and authority).

    Rows: the open ones first, the longest on the register before the others. `last` is the review before, whose decision
    stands beside each case that it looked at.
    """
    seed = seed or seed_of("register", edition, as_at)
    closed = {case.referral_id: _stratum_of(case) for case in cases if not case.is_open}
    sample = draw_sample(closed, seed=seed, share=plan.share)
    taken = Counter(_stratum_of(case) for case in cases if case.is_open)
    rows: list[tuple[Cell, ...]] = []
    for case in sorted(cases, key=lambda case: (not case.is_open, case.referred_on, case.referral_id)):
        stratum = _stratum_of(case)
        if case.is_open:
            why: Why = "open"
            place: tuple[Cell, ...] = (None, taken[stratum], taken[stratum])
        elif case.referral_id in sample:
            why = "sampled"
            place = _place(sample[case.referral_id])
        else:
            continue
        rows.append(
            (
                case.referral_id, case.child_id, case.authority, why, case.referred_on, case.closed_on, case.outcome,
                case.days_on_list, case.length_band, case.phase, case.source, case.circumstance, case.is_on_roll,
                last.decisions.get(case.referral_id) if last else None,
                "/".join(stratum), *place, edition, as_at, f"{date_review(as_at):%Y-%m}", case.last_review_on, seed,
            )
        )  # fmt: skip
    counted = {stratum: (count, count) for stratum, count in taken.items()}
    counted |= _count(sample)
    return ReviewList("register", edition, as_at, seed, REGISTER_COLUMNS, tuple(rows), dict(sorted(counted.items())))


def draw_interviews(
    interviews: Sequence[HeldInterview], plan: Plan, *, edition: str, as_at: date, seed: str | None = None
) -> ReviewList:
    """A sample of the return interviews that were held, by who held them and where the child was placed (and authority)."""
    seed = seed or seed_of("return_interviews", edition, as_at)
    strata = {each.interview_id: (each.authority, each.interviewer, each.placement_location) for each in interviews}
    sample = draw_sample(strata, seed=seed, share=plan.share)
    rows: list[tuple[Cell, ...]] = [
        (
            each.interview_id, each.child_ids, each.authority, each.episode_ids, each.held_on, each.interviewer,
            each.looked_after_status, each.placement_location, each.within_72_hours, each.has_factors,
            each.is_shared_with_police, "/".join(strata[each.interview_id]), *_place(sample[each.interview_id]),
            edition, as_at, seed,
        )
        for each in sorted(interviews, key=lambda each: (each.held_on, each.interview_id))
        if each.interview_id in sample
    ]  # fmt: skip
    return ReviewList(
        "return_interviews", edition, as_at, seed, INTERVIEW_COLUMNS, tuple(rows), dict(sorted(_count(sample).items()))
    )


def write_list(found: ReviewList, into: Path) -> None:
    """The list as CSV with a header, whatever its length."""
    _write(found.columns, found.rows, into)


def write_census_matches(matches: Sequence[CensusMatch], into: Path) -> None:
    """The open cases found on roll as CSV with a header, one row for each authority and child, the oldest case first."""
    ordered = sorted(matches, key=lambda match: (match.authority, match.referred_on, match.child_id))
    _write(CENSUS_COLUMNS, [tuple(getattr(match, name) for name in CENSUS_COLUMNS) for match in ordered], into)


def _stratum_of(case: RegisterCase) -> Stratum:
    return (case.authority, case.length_band, case.outcome)


def _place(drawn: Drawn) -> tuple[Cell, ...]:
    return (drawn.place, drawn.drawn, drawn.of)


def _count(sample: Mapping[str, Drawn]) -> dict[Stratum, tuple[int, int]]:
    return {drawn.stratum: (drawn.drawn, drawn.of) for drawn in sample.values()}


def _write(columns: Sequence[str], rows: Sequence[Sequence[Cell]], into: Path) -> None:
    with into.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_as_text(cell) for cell in row] for row in rows)


def _as_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
