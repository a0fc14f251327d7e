"""What is known of a count at earlier days: true of every list of cases, and enough to find what would tell a hidden one."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from pipelines import paths
from pipelines.disclosure.relations import Relation, read_relations
from pipelines.figures import ALL, TOTAL, FigureKey, Period
from pipelines.register import read_categories, read_metrics

METRICS = read_metrics()
RELATIONS = read_relations(paths.RELATIONS.read_text("utf-8"), METRICS, read_categories())
PERIOD = Period(date(2022, 9, 1), date(2023, 6, 1), date(2023, 6, 1))
DAYS = [date(2022, 8, 30), date(2022, 8, 31), date(2022, 10, 6), date(2023, 1, 19), date(2023, 5, 18), date(2023, 6, 1)]
LENGTHS = {"under_28_days": 0, "28_to_83_days": 28, "84_to_364_days": 84, "365_days_or_more": 365}
MONTHS = ["2022-09", "2022-10", "2022-11", "2022-12", *(f"2023-{n:02}" for n in range(1, 7))]
Case = tuple[int, date, date | None]


def invent(seed: int) -> list[Case]:
    draw = random.Random(seed)
    cases: list[Case] = []
    for _ in range(draw.randrange(12)):
        made = PERIOD.as_at - timedelta(draw.randrange(draw.choice([20, 300, 500])))
        closed = made + timedelta(draw.randrange(300))
        cases.append((draw.randrange(8), made, None if draw.random() < 0.3 or closed > PERIOD.as_at else closed))
    return cases


def key(metric_id: str, breakdown: str = TOTAL, category: str = ALL) -> FigureKey:
    return FigureKey("2023", "E06000014", metric_id, breakdown, category)


def open_at(cases: Iterable[Case], day: date) -> list[Case]:
    return [case for case in cases if case[1] <= day and (case[2] is None or case[2] > day)]


def count(cases: list[Case]) -> dict[FigureKey, int]:
    still = open_at(cases, PERIOD.as_at)
    made = [c for c in cases if c[1] >= PERIOD.start]
    ages = [(PERIOD.as_at - c[1]).days for c in still]
    names = list(LENGTHS)
    found = {
        key("children_missing_education"): len({c[0] for c in still}),
        key("cme_open"): len(still),
        key("cme_open", "referred", "before_period"): sum(c[1] < PERIOD.start for c in still),
        key("cme_open", "referred", "in_period"): sum(c[1] >= PERIOD.start for c in still),
        key("cme_referrals"): len(made),
    }
    for month in MONTHS:
        found[key("cme_referrals", "month", month)] = sum(c[1].isoformat()[:7] == month for c in made)
    for place, (name, least) in enumerate(LENGTHS.items()):
        most = LENGTHS[names[place + 1]] if place + 1 < len(names) else 10**6
        found[key("cme_open", "open_length", name)] = sum(least <= age < most for age in ages)
    for day in DAYS:
        found[key("children_missing_education", "census_day", day.isoformat())] = len(
            {c[0] for c in open_at(cases, day)}
        )
    return found


def lay(figures: Iterable[FigureKey]) -> list[Relation]:
    return RELATIONS.among(figures, dict.fromkeys(METRICS, PERIOD))


def about_days(relations: Iterable[Relation]) -> list[Relation]:
    return [r for r in relations if any(k.breakdown == "census_day" for k in (*r.keys, *([r.when] if r.when else [])))]


def test_what_is_said_of_census_days_is_true_of_every_list_of_cases() -> None:
    noughts = 0
    for seed in range(300):
        figures = count(invent(seed))
        for relation in about_days(lay(figures)):
            if relation.when is not None and figures[relation.when]:
                continue
            noughts += relation.when is not None
            told = sum(times * figures[k] for k, times in relation.terms)
            assert told == 0 if relation.is_equal else told <= 0, (seed, relation.says)
    assert noughts > 300


def test_the_date_of_the_edition_is_the_total_and_no_two_days_are_added_up() -> None:
    relations = about_days(lay(count(invent(1))))
    same = [r for r in relations if r.is_equal and r.when is None]
    assert [sorted(k.category for k in r.keys) for r in same] == [["2023-06-01", "all"]]
    assert all(sum(k.breakdown == "census_day" for k in r.keys) <= 1 for r in relations)


@pytest.mark.parametrize(
    ("day", "were_open"),
    [
        # Before the day on which the period began nobody knows who was referred since.
        ("2022-08-30", {"365_days_or_more"}),
        ("2022-08-31", {"365_days_or_more", "before_period"}),
        ("2023-05-18", {"28_to_83_days", "84_to_364_days", "365_days_or_more", "before_period"}),
    ],
)
def test_cases_as_old_as_a_day_were_open_on_it(day: str, were_open: set[str]) -> None:
    whens = [r for r in lay(count(invent(1))) if r.when and r.when.category == day]
    assert {k.category for r in whens for k in r.keys} == were_open


def test_every_census_day_is_reached_by_a_relation() -> None:
    figures = count(invent(1))
    outside = RELATIONS.outside(figures, dict.fromkeys(METRICS, PERIOD))
    assert not [k for k in outside if k.breakdown == "census_day"]
