"""A plausible protected edition for tests of publishing: every metric, breakdown and category, from no warehouse.

Totals are those of the source document where it prints one; parts are made by a fixed rule, rounded and hidden.
"""

from __future__ import annotations

import zlib
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from pipelines.figures import (
    Edition,
    ExactStatus,
    Figure,
    FigureKey,
    Metric,
    Period,
    PublicFigure,
    PublicStatus,
    display_value,
)
from pipelines.publishing.book import Book, PublishedStatistic, months_between
from pipelines.register import read_categories, read_metrics

YORK = "E06000014"
THRESHOLD = BASE = 5

PERIODS = {
    "2016": (date(2014, 4, 1), date(2015, 3, 31), date(2015, 9, 1), date(2016, 1, 12)),
    "2017": (date(2015, 4, 1), date(2016, 3, 31), date(2016, 9, 1), date(2017, 1, 12)),
    "2018": (date(2016, 4, 1), date(2017, 3, 31), date(2017, 9, 1), date(2018, 1, 12)),
}

TOTALS = {
    "episodes_reported": 530,
    "children_reported": 161,
    "missing_episodes": 472,
    "looked_after_missing_episodes": 208,
    "looked_after_children_reported": 19,
    "most_missing_episodes_of_one_looked_after_child": 64,
    "children_located": 161,
    "children_not_located": 0,
    "children_repeatedly_missing": 58,
    "children_missing_three_times_in_90_days": 27,
    "looked_after_children_missing": 17,
    "return_interviews_due": 470,
    "return_interviews_offered": 402,
    "return_interviews_offered_within_72_hours": 331,
    "return_interviews_accepted": 288,
    "return_interviews_declined": 61,
    "return_interviews_held": 261,
    "return_interviews_held_within_72_hours": 204,
    "return_interviews_with_factors": 168,
    "push_factors_cited": 210,
    "pull_factors_cited": 190,
    "return_interviews_shared_with_police": 96,
    "return_interviews_timeliness_not_known": 12,
    "cme_referrals": 59,
    "cme_closed": 53,
    "cme_located": 47,
    "cme_children_referred": 57,
    "children_missing_education": 6,
    "children_missing_and_cme": 7,
    "cme_open": 6,
    "cme_re_referrals": 2,
    "cme_removed_after_census": 4,
    "cme_found_on_roll": 1,
    "children_at_risk_of_cme": 210,
}

KNOWN = {
    ("episodes_reported", "episode_type", "missing"): 472,
    ("episodes_reported", "episode_type", "absent"): 58,
    ("episodes_reported", "episode_type", "away"): 0,
    ("episodes_reported", "sex", "female"): 341,
    ("episodes_reported", "sex", "male"): 189,
    ("episodes_reported", "sex", "not_known"): 0,
    ("episodes_reported", "looked_after_status", "looked_after"): 266,
    ("episodes_reported", "looked_after_status", "not_looked_after"): 264,
    ("cme_referrals", "sex", "female"): 27,
    ("cme_referrals", "sex", "male"): 32,
    ("cme_referrals", "sex", "not_known"): 0,
    ("looked_after_missing_episodes", "duration", "under_24_hours"): 194,
    ("looked_after_missing_episodes", "duration", "24_hours_or_more"): 14,
}

MEASURES = {"episodes_per_child": "3.3", "median_missing_hours": "11", "median_hours_to_return_interview": "41"}


def make_edition(name: str = "2016") -> Edition:
    """The edition of that name with the periods of the seed."""
    start, end, school, as_at = PERIODS[name]
    return Edition(name, {"missing": Period(start, end, as_at), "education": Period(school, as_at, as_at)})


def make_figures(name: str = "2016", absent: frozenset[str] = frozenset()) -> list[PublicFigure]:
    """Protected figures of every metric, breakdown and category; `absent` names extracts that were not given."""
    edition = make_edition(name)
    found: list[PublicFigure] = []
    for metric in read_metrics().values():
        period = edition.periods[metric.collection]
        for breakdown, category in _cells(metric, edition):
            key = FigureKey(name, YORK, metric.metric_id, breakdown, category)
            value, display, status = _protected(metric, breakdown, category, name)
            if absent & set(metric.needs):
                value, display, status = None, "[x]", "not_available"
            found.append(PublicFigure(key, value, display, metric.unit, status, period.start, period.end, period.as_at))
    return found


def make_book(name: str = "2016", absent: frozenset[str] = frozenset(), earlier: tuple[Book, ...] = ()) -> Book:
    """A public book of those figures."""
    return Book(
        make_edition(name),
        make_figures(name, absent),
        read_metrics(),
        read_categories(),
        audience="public",
        earlier=earlier,
        invented=True,
        published_statistics=STATISTICS,
    )


STATISTICS = tuple(
    PublishedStatistic(authority, area, date(2015, 3, 31), measure, Decimal(value), "", "SFR34/2015")
    for authority, area, values in (
        (YORK, "York", (24, 202, 48)),
        ("E12000003", "Yorkshire and The Humber", (510, 2950, 340)),
        ("E92000001", "England", (6110, 28570, 3740)),
    )
    for measure, value in zip(("children_missing", "missing_incidents", "away_incidents"), values, strict=True)
)


def _cells(metric: Metric, edition: Edition) -> list[tuple[str, str]]:
    cells = [("total", "all")]
    for breakdown in metric.breakdowns:
        combined = [""]
        for dimension in breakdown.split("/"):
            combined = [f"{c}/{m}".lstrip("/") for c in combined for m in _members(metric, dimension, edition)]
        cells += [(breakdown, category) for category in combined]
    return cells


def _members(metric: Metric, dimension: str, edition: Edition) -> list[str]:
    if dimension == "month":
        period = edition.periods[metric.collection]
        return months_between(period.start, period.end)
    return [c.category for c in read_categories()[metric.dimension_of(dimension)]]


def _protected(metric: Metric, breakdown: str, category: str, edition: str) -> tuple[Decimal | None, str, PublicStatus]:
    if metric.kind == "maximum":
        return None, "[c]", "suppressed"
    if metric.kind in ("rate", "mean", "median"):
        value = Decimal(MEASURES.get(metric.metric_id, "62"))
        if breakdown != "total":
            value = (value * (70 + _draw(metric, breakdown, category)) / 100).quantize(value, ROUND_HALF_UP)
        return value, display_value(value, metric.unit), "published"
    count = _count(metric, breakdown, category, make_edition(edition))
    if 0 < count < THRESHOLD:
        return None, "[c]", "suppressed"
    value = (Decimal(count) / BASE).quantize(Decimal(1), ROUND_HALF_UP) * BASE
    return value, display_value(value, metric.unit), "published"


def _count(metric: Metric, breakdown: str, category: str, edition: Edition) -> int:
    total = TOTALS[metric.metric_id] * {"2016": 100, "2017": 108, "2018": 97}[edition.name] // 100
    if breakdown == "total":
        return total
    if (count := KNOWN.get((metric.metric_id, breakdown, category))) is not None:
        return count
    members = [c for b, c in _cells(metric, edition) if b == breakdown]
    weights = {member: _draw(metric, breakdown, member) ** 2 for member in members}
    return total * weights[category] // sum(weights.values())


def _draw(metric: Metric, breakdown: str, category: str) -> int:
    if "not_known" in category or category in ("away", "not_yet_located"):
        return 9
    return 10 + zlib.crc32(f"{metric.metric_id}{breakdown}{category}".encode()) % 90


def make_exact(authority: str) -> list[Figure]:
    """A few exact figures, one of each kind and status."""
    period = make_edition("2016").periods["missing"]

    def make(metric_id: str, value: str | None, unit: str, status: ExactStatus = "published") -> Figure:
        number = None if value is None else Decimal(value)
        key = FigureKey("2016", authority, metric_id)
        return Figure(key, number, None, number, unit, status, period.start, period.end, period.as_at)

    return [
        make("episodes_reported", "1240", "episodes"),
        make("episodes_per_child", "3.3", "episodes per child"),
        make("return_interview_offer_rate", "39.2", "per cent"),
        make("cme_referrals", None, "referrals", "not_available"),
        make("median_missing_hours", None, "hours", "not_applicable"),
    ]
