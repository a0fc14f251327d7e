"""The invented children missing education: referrals, the school census that finds some, and the risk groups.

Counts come from the story; only dates, outcomes and circumstances are drawn here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.figures import Edition, Period
from pipelines.intake.sample.clock import date_of, date_text, day_number
from pipelines.intake.sample.draws import Draws, Ints, Texts
from pipelines.intake.sample.people import children_of, pseudonyms
from pipelines.intake.sample.story import (
    ALSO_MISSING_EDUCATION,
    DOCUMENT_COHORT,
    DOCUMENT_EDITION,
    Referrals,
    cohort_of,
    story_of,
)

_AGAIN = 2
"""Children referred a second time: the first two, whose attributes therefore count twice."""
_ALSO_MISSING = len(ALSO_MISSING_EDUCATION)
_FREE = _AGAIN + _ALSO_MISSING
_NO_ETHNICITY_OR_LANGUAGE = 5
_RETURNING = ((_FREE + 3, _FREE), (_FREE + 4, _FREE + 1), (_FREE + 5, _FREE + 2))
"""Places of children who were referred in the edition before, and their places there."""

OUTCOMES = {
    "on_roll_in_area": 0.43,
    "on_roll_elsewhere": 0.17,
    "home_educated": 0.08,
    "other_provision": 0.06,
    "moved_abroad": 0.09,
    "other_authority": 0.09,
    "not_located": 0.03,
    "closed_under_procedures": 0.04,
    "other": 0.01,
}
SOURCES = {
    "school": 0.45, "other_authority": 0.15, "health": 0.1, "family": 0.08, "internal": 0.1, "police": 0.05,
    "other": 0.04, "": 0.03,
}  # fmt: skip
CIRCUMSTANCES = {
    ("primary", False): {"starting_school": 0.3, "armed_forces": 0.12, "home_education_unsuitable": 0.12,
                         "other": 0.34, "exclusion": 0.02, "": 0.1},
    ("secondary", False): {"primary_to_secondary": 0.26, "exclusion": 0.2, "armed_forces": 0.06,
                           "home_education_unsuitable": 0.16, "other": 0.24, "": 0.08},
    ("primary", True): {"starting_school": 0.12, "overseas_student_family": 0.34, "european_migration": 0.34,
                        "other": 0.14, "not_known": 0.06},
    ("secondary", True): {"primary_to_secondary": 0.12, "overseas_student_family": 0.26, "european_migration": 0.36,
                          "other": 0.2, "not_known": 0.06},
}  # fmt: skip
MINORITIES = {"gypsy_roma_traveller": 0.16, "mixed": 0.12, "asian": 0.26, "black": 0.08, "other": 0.1, "white": 0.28}
RISKS = {
    "persistent_absence": 0.36,
    "severe_absence": 0.12,
    "part_time_timetable": 0.17,
    "medical": 0.1,
    "exclusion": 0.07,
    "home_education_suitability_unknown": 0.08,
    "awaiting_place": 0.1,
}


@dataclass(slots=True)
class ReferralRows:
    """Referrals as arrays of shape (units, referrals); days since 1970. The outcome is blank while open."""

    words: dict[str, Texts]
    referred: Ints
    closed: Ints

    def followed_by(self, other: ReferralRows) -> ReferralRows:
        """Both, side by side in each unit."""
        words = {name: np.hstack([column, other.words[name]]) for name, column in self.words.items()}
        return ReferralRows(words, np.hstack([self.referred, other.referred]), np.hstack([self.closed, other.closed]))


@dataclass(slots=True)
class Referred:
    """Children referred, as arrays of shape (units, places)."""

    child_id: Texts
    sex: Texts
    phase: Texts
    ethnicity: Texts
    first_language: Texts


def _referrals_of(cohort: int, *, is_document: bool) -> Referrals:
    return story_of(0 if is_document else cohort).referrals


def _draw_referred(seed: int, cohort: int, units: int, *, is_document: bool) -> Referred:
    """The children whom one edition's referrals are about: exactly as many girls, of primary age, and so on."""
    counts = _referrals_of(cohort, is_document=is_document)
    draws = Draws(seed, cohort, "referred")
    missing = children_of(seed, cohort, units, with_returning=not is_document)
    also = list(ALSO_MISSING_EDUCATION)
    free = counts.referrals - _AGAIN - _FREE
    girls = counts.girls - 2 - _ALSO_MISSING // 2
    primary = counts.primary - 2
    minority = counts.minority_or_language - 2

    def column(again: tuple[str, str], of_missing: Texts, dealt: Texts) -> Texts:
        return np.hstack([np.tile(np.array(again), (units, 1)), of_missing, dealt])

    def dealt(one: str, count: int, other: str) -> Texts:
        return draws.dealt(units, [one] * count + [other] * (free - count))

    sex = column(("female", "male"), missing.sex[:, also], dealt("female", girls, "male"))
    phase = column(
        ("primary", "secondary"), np.full((units, _ALSO_MISSING), "secondary"), dealt("primary", primary, "secondary")
    )
    unknown = min(_NO_ETHNICITY_OR_LANGUAGE, free - minority)
    group = column(
        ("no", "yes"),
        np.full((units, _ALSO_MISSING), "no"),
        draws.dealt(units, ["yes"] * minority + ["unknown"] * unknown + ["no"] * (free - minority - unknown)),
    )
    ethnicity = np.where(group == "yes", draws.chosen(MINORITIES, *group.shape), "white")
    language = np.where(
        (group == "yes") & ((ethnicity == "white") | draws.happens(0.55, *group.shape)), "other", "english"
    )
    no_language = draws.happens(0.4, *group.shape)
    ethnicity = np.where((group == "unknown") & ~no_language, draws.chosen({"not_known": 1, "": 1}, *group.shape),
                         ethnicity)  # fmt: skip
    language = np.where((group == "unknown") & no_language, draws.chosen({"not_known": 1, "": 1}, *group.shape),
                        language)  # fmt: skip
    places = sex.shape[1]
    child_id = pseudonyms(units, places, seed, cohort, "referred")
    child_id[:, _AGAIN:_FREE] = missing.child_id[:, also]
    return Referred(child_id, sex, phase, ethnicity.astype(np.str_), language.astype(np.str_))


def _with_returning(referred: Referred, earlier: Referred) -> None:
    """Some children were referred in the edition before too; the older of them have changed school since."""
    for place, place_then in _RETURNING:
        for name in ("child_id", "sex", "phase", "ethnicity", "first_language"):
            getattr(referred, name)[:, place] = getattr(earlier, name)[:, place_then]


def write_education(edition: Edition, seed: int, authorities: Texts) -> dict[str, dict[str, Texts]]:
    """The tables cme_referrals and, where the edition has them, school_census and education_risk."""
    cohort, units, period = cohort_of(edition), len(authorities), edition.periods["education"]
    is_document = edition.name == DOCUMENT_EDITION
    story = story_of(0 if is_document else cohort)
    referred = _draw_referred(seed, cohort, units, is_document=is_document)
    if not is_document:
        follows_document = cohort - 1 == DOCUMENT_COHORT
        _with_returning(referred, _draw_referred(seed, cohort - 1, units, is_document=follows_document))
    draws = Draws(seed, edition.name, "referrals")
    rows = _draw_referrals(draws, story.referrals, period, referred)
    older = _draw_older(Draws(seed, edition.name, "older"), story.referrals, period, units, seed, cohort)
    joined = rows.followed_by(older)
    names = np.broadcast_to(authorities[:, None], joined.referred.shape)
    referred_on, closed_on = joined.referred.ravel(), joined.closed.ravel()
    order = np.argsort(referred_on, kind="stable")
    words = {name: column.ravel()[order] for name, column in joined.words.items()}
    table = {
        "referral_id": np.array([f"CME{cohort % 100:02d}{number:06d}" for number in range(1, len(order) + 1)]),
        "child_id": words["child_id"],
        "authority": names.ravel()[order],
        "referred_on": date_text(referred_on[order]),
        "closed_on": np.where(words["outcome"] == "", "", date_text(closed_on[order])),
        **{
            name: words[name]
            for name in ("outcome", "sex", "phase", "ethnicity", "first_language", "source", "circumstance")
        },
    }
    tables = {"cme_referrals": table}
    if story.has_school_census:
        tables["school_census"] = _draw_census(Draws(seed, edition.name, "census"), period, joined, seed, cohort)
    if story.has_education_risk:
        tables["education_risk"] = _draw_risks(
            Draws(seed, edition.name, "risks"), period, referred, authorities, seed, cohort
        )
    return tables


def _draw_referrals(draws: Draws, counts: Referrals, period: Period, referred: Referred) -> ReferralRows:
    """Referrals of the period, shape (units, referrals): every child once, then the two who are referred again."""
    units, children = referred.child_id.shape
    first, length = day_number(period.start), (period.end - period.start).days
    shape = (units, children)
    start = first + np.floor(
        draws.from_quantiles(((0.0, 0.0), (0.45, 0.3), (1.0, 1.0)), *shape) * (length + 0.999)
    ).astype(np.int64)
    start[:, :_AGAIN] = first + draws.between(0, min(20, length // 6), units, _AGAIN)
    as_at = day_number(period.as_at)
    median = counts.days_to_close
    days = draws.from_quantiles(
        ((0.0, 1.0), (0.25, 0.5 * median), (0.5, median), (0.75, 1.8 * median), (1.0, 4.0 * median)), *shape
    ).astype(np.int64)
    days[:, :_AGAIN] = draws.between(6, max(6, length // 6), units, _AGAIN)
    again_after = draws.between(5, max(5, length // 6), units, _AGAIN)
    again = np.minimum(start[:, :_AGAIN] + days[:, :_AGAIN] + again_after, as_at)
    all_days = np.hstack([days, draws.from_quantiles(((0.0, 1.0), (1.0, median)), units, _AGAIN).astype(np.int64)])
    starts = np.hstack([start, again])
    left = as_at - starts
    shortened = np.floor(draws.uniform(*starts.shape) * (left + 1)).astype(np.int64)
    closed = starts + np.where(all_days > left, shortened, all_days)

    is_open = np.zeros(starts.shape, dtype=np.bool_)
    recency = (starts - first) / max(length, 1) + 0.6 * draws.uniform(*starts.shape)
    recency[:, :_AGAIN] = -1
    newest = np.argsort(-recency, axis=1, kind="stable")[:, : counts.referrals - counts.closed]
    np.put_along_axis(is_open, newest, True, axis=1)
    twice = {name: np.hstack([getattr(referred, name), getattr(referred, name)[:, :_AGAIN]]) for name in _ATTRIBUTES}
    words = {
        **twice,
        "outcome": np.where(is_open, "", draws.chosen(OUTCOMES, *starts.shape)),
        "source": draws.chosen(SOURCES, *starts.shape),
        "circumstance": _draw_circumstances(draws, twice["phase"], twice["ethnicity"], twice["first_language"]),
    }
    return ReferralRows(words, referred=starts, closed=closed)


_ATTRIBUTES = ("child_id", "sex", "phase", "ethnicity", "first_language")


def _draw_circumstances(draws: Draws, phase: Texts, ethnicity: Texts, language: Texts) -> Texts:
    foreign = (language == "other") | ~np.isin(ethnicity, ["white", "not_known", ""])
    drawn = np.full(phase.shape, "", dtype="U32")
    for (of_phase, is_foreign), weights in CIRCUMSTANCES.items():
        drawn = np.where((phase == of_phase) & (foreign == is_foreign), draws.chosen(weights, *phase.shape), drawn)
    traveller = (ethnicity == "gypsy_roma_traveller") & draws.happens(0.75, *phase.shape)
    return np.where(traveller, "traveller", drawn).astype(np.str_)


def _draw_older(draws: Draws, counts: Referrals, period: Period, units: int, seed: int, cohort: int) -> ReferralRows:
    """Referrals before the period: found in the school census, still open, or closed in their own year."""
    found, standing, settled = counts.removed_after_census, counts.long_standing, 12
    shape = (units, found + standing + settled)
    first, as_at = day_number(period.start), day_number(period.as_at)
    lag = np.hstack(
        [
            draws.between(250, 900, units, found),
            draws.between(60, 420, units, standing),
            draws.between(130, 330, units, settled),
        ]
    )
    start = first - lag
    settled_on = start[:, found + standing :] + draws.between(4, 100, units, settled)
    closed = np.hstack(
        [as_at - draws.between(5, 80, units, found), np.zeros((units, standing), dtype=np.int64), settled_on]
    )
    outcome = np.hstack(
        [
            np.full((units, found), "census_reconciled"),
            np.full((units, standing), ""),
            draws.chosen(OUTCOMES, units, settled),
        ]
    )
    ethnicity = draws.chosen({"white": 0.8, "asian": 0.07, "mixed": 0.05, "other": 0.04, "not_known": 0.04}, *shape)
    language = draws.chosen({"english": 0.85, "other": 0.1, "not_known": 0.05}, *shape)
    phase = draws.chosen({"primary": 0.5, "secondary": 0.5}, *shape)
    words = {
        "child_id": pseudonyms(units, shape[1], seed, cohort, "referred before"),
        "sex": draws.chosen({"female": 0.47, "male": 0.53}, *shape),
        "phase": phase,
        "ethnicity": ethnicity,
        "first_language": language,
        "outcome": outcome,
        "source": draws.chosen(SOURCES, *shape),
        "circumstance": _draw_circumstances(draws, phase, ethnicity, language),
    }
    return ReferralRows(words, referred=start, closed=closed)


def census_days(period: Period) -> list[date]:
    """The summer census before the period (third Thursday of May) and the autumn one (first Thursday of October)."""
    year = period.start.year
    may, october = date(year, 5, 1), date(year, 10, 1)
    days = [
        may + timedelta(days=(3 - may.weekday()) % 7 + 14),
        october + timedelta(days=(3 - october.weekday()) % 7),
    ]
    return [day for day in days if day <= period.as_at]


def _draw_census(draws: Draws, period: Period, referrals: ReferralRows, seed: int, cohort: int) -> dict[str, Texts]:
    """Children on roll: some hundreds who were never referred, and those whom the reconciliation is about."""
    outcome, child = referrals.words["outcome"], referrals.words["child_id"]
    units = len(outcome)
    pupils = 260
    rows: list[tuple[str, int, str, int, int | None]] = []
    ids = pseudonyms(units, pupils, seed, cohort, "pupils")
    entered = day_number(period.start) - draws.between(300, 2500, units, pupils)
    school = draws.between(1, 62, units, pupils)
    left = draws.happens(0.03, units, pupils)
    start, end = referrals.referred, referrals.closed
    school_found = draws.between(1, 62, *outcome.shape)
    for census_day in census_days(period):
        day = day_number(census_day)
        for unit in range(units):
            for pupil in range(pupils):
                leaving = day - 6 if left[unit, pupil] else None
                rows.append((ids[unit, pupil], day, f"SC{school[unit, pupil]:03d}", int(entered[unit, pupil]), leaving))
            found_on_roll = 1
            for row in range(outcome.shape[1]):
                result, began, closed = str(outcome[unit, row]), int(start[unit, row]), int(end[unit, row])
                place = f"SC{school_found[unit, row]:03d}"
                if result in ("on_roll_in_area", "census_reconciled") and began < day:
                    entry = min(closed, day) - 1 if result == "on_roll_in_area" else day - 28
                    if entry >= began and (closed <= day or result == "census_reconciled"):
                        rows.append((child[unit, row], day, place, entry, None))
                elif result == "" and day > day_number(period.start):
                    # still on the register: one is on roll all the time, the others left their school before
                    if found_on_roll:
                        rows.append((child[unit, row], day, place, day - 20, None))
                        found_on_roll -= 1
                    elif began > day:
                        rows.append((child[unit, row], day, place, day - 400, began - 5))
    # A child referred twice may be found at one school both times: it is on that roll once, since the first.
    on_roll = {(row[1], row[2], row[0]): row for row in sorted(rows, key=lambda row: row[:4], reverse=True)}
    rows = [on_roll[place] for place in sorted(on_roll)]
    return {
        "child_id": np.array([row[0] for row in rows]),
        "census_date": date_text(np.array([row[1] for row in rows])),
        "school_id": np.array([row[2] for row in rows]),
        "entry_date": date_text(np.array([row[3] for row in rows])),
        "leaving_date": np.array(["" if row[4] is None else date_of(row[4]).isoformat() for row in rows]),
    }


def _draw_risks(
    draws: Draws, period: Period, referred: Referred, authorities: Texts, seed: int, cohort: int
) -> dict[str, Texts]:
    """Children at risk of missing education: most with one risk, some with two, a few of them referred already."""
    units, at_risk, with_two = len(authorities), 140, 28
    ids = pseudonyms(units, at_risk, seed, cohort, "at risk")
    known = range(_FREE, _FREE + 8)
    ids[:, : len(known)] = referred.child_id[:, known]
    sex = draws.chosen({"female": 0.49, "male": 0.51}, units, at_risk)
    sex[:, : len(known)] = referred.sex[:, known]
    phase = draws.chosen({"primary": 0.3, "secondary": 0.7}, units, at_risk)
    phase[:, : len(known)] = referred.phase[:, known]
    names = list(RISKS)
    risk = draws.chosen(RISKS, units, at_risk)
    second = np.array([[names[(names.index(str(one)) + 2) % len(names)] for one in unit] for unit in risk])
    as_at = day_number(period.as_at)
    start = as_at - draws.between(10, 480, units, at_risk + with_two)
    ended = draws.happens(0.3, units, at_risk + with_two)
    end = np.minimum(start + draws.between(14, 200, units, at_risk + with_two), as_at - 1)

    def twice(column: Texts) -> Texts:
        return np.hstack([column, column[:, :with_two]])

    table = {
        "child_id": twice(ids).ravel(),
        "authority": np.repeat(authorities, at_risk + with_two),
        "risk": np.hstack([risk, second[:, :with_two]]).ravel(),
        "started_on": date_text(start.ravel()),
        "ended_on": np.where(ended, date_text(end), "").ravel(),
        "sex": twice(sex).ravel(),
        "phase": twice(phase).ravel(),
    }
    order = np.lexsort((table["child_id"], table["started_on"]))
    return {name: column[order] for name, column in table.items()}
