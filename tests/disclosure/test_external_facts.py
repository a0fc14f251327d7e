"""What the department prints, read as what an attacker knows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from pipelines import paths
from pipelines.disclosure.external import facts_from
from pipelines.disclosure.relations import read_relations
from pipelines.figures import FigureKey, Period
from pipelines.register import read_categories, read_metrics

KEY = FigureKey("2016", "E06000014", "looked_after_children_missing")
PERIODS = {KEY: Period(date(2014, 4, 1), date(2015, 3, 31), date(2016, 1, 12))}
RELATIONS = read_relations(paths.RELATIONS.read_text("utf-8"), read_metrics(), read_categories())


@dataclass(frozen=True)
class Printed:
    symbol: str
    release: str
    value: Decimal | None = None
    authority: str = KEY.authority
    measure: str = "children_missing"
    year_ending: date = date(2015, 3, 31)


@pytest.mark.parametrize(("symbol", "release"), [("c", "2022"), ("x", "SFR34/2015")])
def test_a_number_that_the_department_hides_is_one_to_five(symbol, release):
    (fact,) = facts_from([Printed(symbol, release)], RELATIONS, PERIODS)
    assert (fact.least, fact.most, fact.is_hidden) == (1, 5, True)


@pytest.mark.parametrize(("symbol", "release"), [("x", "2022"), ("..", "SFR50/2017"), ("z", "2022")])
def test_a_number_that_the_department_does_not_have_tells_nothing(symbol, release):
    assert facts_from([Printed(symbol, release)], RELATIONS, PERIODS) == []


def test_a_printed_number_of_the_same_year_is_known():
    (fact,) = facts_from([Printed("", "SFR34/2015", Decimal(24))], RELATIONS, PERIODS)
    assert (fact.least, fact.most, fact.is_hidden) == (24, 24, False)


def test_another_year_or_authority_tells_nothing_of_ours():
    others = [
        Printed("", "SFR34/2015", Decimal(24), year_ending=date(2014, 3, 31)),
        Printed("", "SFR34/2015", Decimal(24), authority="E06000011"),
    ]
    assert facts_from(others, RELATIONS, PERIODS) == []
