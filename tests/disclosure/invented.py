"""Invented releases: random children, episodes, interviews and referrals, counted in plain Python into exact figures.

A second, independent reading of what the metrics count; it knows nothing of the warehouse, and nothing here is hidden.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import median

from pipelines.figures import ALL, TOTAL, Figure, FigureKey, Period
from pipelines.register import read_categories, read_metrics

METRICS, CATEGORIES = read_metrics(), read_categories()
PERIODS = {
    "missing": Period(date(2014, 4, 1), date(2015, 3, 31), date(2016, 1, 12)),
    "education": Period(date(2015, 9, 1), date(2016, 1, 12), date(2016, 1, 12)),
}
POPULATION = {"children_0_17": 36360, "children_5_16": 23980, "looked_after_during_year": 281}
YORK = "E06000014"
MONTHS = {
    "missing": [f"2014-{m:02}" for m in range(4, 13)] + [f"2015-{m:02}" for m in range(1, 4)],
    "education": ["2015-09", "2015-10", "2015-11", "2015-12", "2016-01"],
}
OVER_TIME = {
    "quarter": {month: f"2014-Q{n // 3 + 1}" for n, month in enumerate(MONTHS["missing"])},
    "term": {month: "2016-spring" if month == "2016-01" else "2015-autumn" for month in MONTHS["education"]},
}
"""The quarter or the term of each month."""
PUSH = [c.category for c in CATEGORIES["push_factor"]]
PULL = [c.category for c in CATEGORIES["pull_factor"]]
WHERE_THE_CHILD_IS = {
    "on_roll_in_area",
    "on_roll_elsewhere",
    "home_educated",
    "other_provision",
    "moved_abroad",
    "other_authority",
    "census_reconciled",
}


@dataclass(frozen=True)
class Thing:
    """One row: an episode, an interview, a referral, a child or a risk."""

    child: int
    says: dict[str, object]

    def __getitem__(self, name: str) -> object:
        return self.says.get(name)


@dataclass(frozen=True)
class World:
    """All rows of one edition of one authority."""

    episodes: tuple[Thing, ...]
    interviews: tuple[Thing, ...]
    referrals: tuple[Thing, ...]
    risks: tuple[Thing, ...]

    def without(self, child: int) -> World:
        """The same, had one child never been reported: what a correction may take away."""
        return World(
            *(
                tuple(t for t in rows if t.child != child)
                for rows in (self.episodes, self.interviews, self.referrals, self.risks)
            )
        )

    def children(self) -> list[int]:
        return sorted({t.child for rows in (self.episodes, self.referrals) for t in rows})


def invent(seed: int, children: int = 60, referred: int = 30) -> World:
    """A random year of about so many children missing and so many referred."""
    draw = random.Random(seed)

    def pick(dimension: str, skew: float = 1.0) -> str:
        names = [c.category for c in CATEGORIES[dimension]]
        return draw.choices(names, [(i + 1) ** -skew for i in range(len(names))])[0]

    episodes: list[Thing] = []
    interviews: list[Thing] = []
    lowest_location = draw.choice([0.9, 0.97, 1.0])
    absences = draw.choice([0.0, 0.1, 0.4])
    for child in range(children):
        attributes = {
            "sex": pick("sex", 2),
            "age_band": draw.choice(["10_to_12", "13_to_15", "13_to_15", "16_to_17", "under_10"]),
        }
        attributes["ethnicity"] = pick("ethnicity", 2)
        may_be_looked_after = draw.random() < 0.2
        for _ in range(min(40, 1 + int(draw.paretovariate(0.9 if may_be_looked_after else 1.6)) - 1)):
            episodes.append(
                _invent_episode(
                    draw, pick, child, len(episodes), attributes, may_be_looked_after, lowest_location, absences
                )
            )
    for episode in episodes:
        if episode["due"] and draw.random() < 0.8:
            held = draw.random() < 0.6
            interviews.append(
                Thing(
                    episode.child,
                    {
                        "episode": episode["id"],
                        "in_time": draw.random() < 0.7,
                        "response": draw.choice(["accepted", "declined", "no_reply"]),
                        "held": held,
                        "held_in_time": held and draw.random() < 0.6,
                        "interviewer": pick("interviewer"),
                        "push": [f for f in PUSH if held and draw.random() < 0.2],
                        "pull": [f for f in PULL if held and draw.random() < 0.1],
                        "shared": held and draw.random() < 0.3,
                        "not_known": draw.random() < 0.03,
                        "hours": draw.randrange(1, 300),
                    },
                )
            )
    referrals = tuple(_invent_referral(draw, pick, children, referred) for _ in range(referred))
    risks = tuple(
        Thing(draw.randrange(referred), {"risk": pick("risk")}) for _ in range(draw.randrange(2 * referred + 1))
    )
    return World(tuple(episodes), tuple(interviews), referrals, risks)


def _invent_episode(
    draw: random.Random,
    pick: Callable[..., str],
    child: int,
    number: int,
    attributes: dict[str, str],
    may_be_looked_after: bool,
    located: float,
    absences: float,
) -> Thing:
    looked_after = may_be_looked_after and draw.random() < 0.9
    kind = (
        "missing"
        if draw.random() > absences
        else draw.choice(["absent", "absent", "away"] if looked_after else ["absent"])
    )
    is_located = draw.random() < located
    duration, band = "not_yet_located", "not_yet_located"
    if is_located:
        band = pick("duration_band", 2.5)
        band = "over_30_days" if band == "not_yet_located" else band
        duration = "under_24_hours" if band == "under_1_day" else "24_hours_or_more"
        if draw.random() < 0.04:
            duration = "not_known"
    return Thing(
        child,
        {
            **attributes,
            "id": number,
            "episode_type": kind,
            "looked_after_status": "looked_after" if looked_after else "not_looked_after",
            "month": draw.choice(MONTHS["missing"]),
            "weekday": pick("weekday", 0.2),
            "time_of_day": pick("time_of_day"),
            "reported_by": pick("reported_by"),
            "risk_level": pick("risk_level"),
            "exploitation_concern": pick("exploitation_concern", 2),
            "duration": duration,
            "duration_band": band,
            "placement_type": pick("placement_type") if looked_after else None,
            "placement_location": pick("placement_location") if looked_after else None,
            "return_placement_location": None,
            "located": is_located,
            "due": is_located and kind == "missing" and draw.random() > 0.005,
            "hours": draw.randrange(1, 700),
            "day": draw.randrange(365),
        },
    )


def _invent_referral(draw: random.Random, pick: Callable[..., str], children: int, referred: int) -> Thing:
    ethnicity, language = pick("ethnicity", 1.5), pick("first_language", 2)
    if language == "other" or ethnicity not in ("white", "not_known"):
        minority = "yes"
    else:
        minority = "no" if ethnicity == "white" and language == "english" else "not_known"
    days_open = draw.choice([draw.randrange(134), draw.randrange(134), draw.randrange(134), draw.randrange(134, 500)])
    in_period = days_open <= 133
    closed = draw.random() < (0.85 if in_period else 0.9)
    lengths = (("under_28_days", 27), ("28_to_83_days", 83), ("84_to_364_days", 364), ("365_days_or_more", 10**6))
    return Thing(
        draw.randrange(children // 2, children // 2 + 2 * referred),
        {
            "sex": pick("sex", 2),
            "phase": pick("phase", 0.5),
            "ethnicity": ethnicity,
            "first_language": language,
            "ethnic_minority_or_eal": minority,
            "source": pick("source"),
            "circumstance": pick("circumstance"),
            "month": draw.choice(MONTHS["education"]),
            "in_period": in_period,
            "referred": "in_period" if in_period else "before_period",
            "closed": closed,
            "outcome": pick("outcome", 0.8) if closed else None,
            "open_length": next(name for name, most in lengths if days_open <= most),
            "on_roll": draw.random() < 0.1,
            "days": draw.randrange(1, 90),
        },
    )


def count(world: World, edition: str = "2016", authority: str = YORK) -> list[Figure]:
    """The exact figures of all metrics, sorted by key."""
    counter = _Counter(edition, authority)
    _count_missing(world, counter)
    _count_interviews(world, counter)
    _count_education(world, counter)
    return sorted(counter.figures.values(), key=lambda f: f.key)


def stretches_of(thing: Thing, over_time: str) -> list[str]:
    """The quarters or terms that a thing is counted in: of an episode or a referral one, of a child each of its own."""
    months = thing["months"] or [thing["month"]]
    return sorted({OVER_TIME[over_time][str(month)] for month in months})


class _Counter:
    def __init__(self, edition: str, authority: str) -> None:
        self.edition, self.authority = edition, authority
        self.figures: dict[FigureKey, Figure] = {}

    def categories(self, metric_id: str, breakdown: str) -> list[str]:
        metric = METRICS[metric_id]
        if breakdown in OVER_TIME:
            return sorted(set(OVER_TIME[breakdown].values()))
        lists = [
            MONTHS[metric.collection]
            if name == "month"
            else [c.category for c in CATEGORIES[metric.dimension_of(name)]]
            for name in breakdown.split("/")
        ]
        return lists[0] if len(lists) == 1 else [f"{a}/{b}" for a in lists[0] for b in lists[1]]

    def cuts(self, metric_id: str) -> Iterable[tuple[str, str]]:
        yield TOTAL, ALL
        for breakdown in METRICS[metric_id].every_breakdown:
            for category in self.categories(metric_id, breakdown):
                yield breakdown, category

    def add(self, metric_id: str, cut: tuple[str, str], value: Decimal | None, **other: object) -> None:
        metric, period = METRICS[metric_id], PERIODS[METRICS[metric_id].collection]
        key = FigureKey(self.edition, self.authority, metric_id, *cut)
        figure = Figure(key, value, None, value, metric.unit, "published", period.start, period.end, period.as_at)
        self.figures[key] = replace(figure, **other)

    def count(self, metric_id: str, things: Iterable[Thing], distinct: str = "") -> None:
        """Counts things by each breakdown; each of `distinct` once."""
        groups: dict[tuple[str, str], list[Thing]] = {}
        for thing in things:
            groups.setdefault((TOTAL, ALL), []).append(thing)
            for breakdown in METRICS[metric_id].breakdowns:
                category = "/".join(str(thing[METRICS[metric_id].dimension_of(name)]) for name in breakdown.split("/"))
                groups.setdefault((breakdown, category), []).append(thing)
            over_time = METRICS[metric_id].over_time
            for stretch in stretches_of(thing, over_time) if over_time else ():
                groups.setdefault((over_time or "", stretch), []).append(thing)
        cuts = list(self.cuts(metric_id))
        assert set(groups) <= set(cuts), (metric_id, set(groups) - set(cuts))
        for cut in cuts:
            members = groups.get(cut, [])
            value = len({t.child if distinct == "child" else t[distinct] for t in members} if distinct else members)
            self.add(metric_id, cut, Decimal(value), contributors=len({t.child for t in members}))

    def divide(self, metric_id: str) -> None:
        metric = METRICS[metric_id]
        for cut in self.cuts(metric_id):
            over = self.value(metric.numerator or "", cut)
            under = (
                Decimal(POPULATION[metric.denominator])
                if metric.denominator in POPULATION
                else self.value(metric.denominator or "", cut)
            )
            value = (over * metric.scale / under).quantize(Decimal("0.1")) if under else None
            self.add(
                metric_id,
                cut,
                value,
                numerator=over,
                denominator=under,
                status="published" if under else "not_applicable",
            )

    def middle(self, metric_id: str, things: Iterable[Thing], of: str) -> None:
        things = list(things)
        for breakdown, category in self.cuts(metric_id):
            members = [t for t in things if breakdown == TOTAL or t[breakdown] == category]
            value = Decimal(str(median(t[of] for t in members))).quantize(Decimal("0.1")) if members else None
            self.add(
                metric_id,
                (breakdown, category),
                value,
                numerator=None,
                denominator=Decimal(len(members)),
                status="published" if members else "not_applicable",
                contributors=len({t.child for t in members}),
            )

    def value(self, metric_id: str, cut: tuple[str, str]) -> Decimal:
        return self.figures[FigureKey(self.edition, self.authority, metric_id, *cut)].value or Decimal(0)


def _count_missing(world: World, counter: _Counter) -> None:
    by_child: dict[int, list[Thing]] = {}
    for episode in world.episodes:
        by_child.setdefault(episode.child, []).append(episode)
    children = [_sum_up(child, episodes) for child, episodes in by_child.items()]
    missing = [e for e in world.episodes if e["episode_type"] == "missing"]
    looked_after_missing = [e for e in missing if e["looked_after_status"] == "looked_after"]
    counter.count("episodes_reported", world.episodes)
    counter.count("missing_episodes", missing)
    counter.count("looked_after_missing_episodes", looked_after_missing)
    counter.count("children_reported", children)
    counter.count("looked_after_children_reported", [c for c in children if c["looked_after_status"] == "looked_after"])
    counter.count("children_located", [c for c in children if c["located"]])
    counter.count("children_not_located", [c for c in children if not c["located"]])
    counter.count("children_repeatedly_missing", [c for c in children if c["missing"] >= 2])
    counter.count("children_missing_three_times_in_90_days", [c for c in children if c["thrice"]])
    counter.count("looked_after_children_missing", [c for c in children if c["looked_after_missing"]])
    most = max((c["looked_after_missing"] for c in children), default=0)
    counter.add("most_missing_episodes_of_one_looked_after_child", (TOTAL, ALL), Decimal(most), contributors=1)
    counter.divide("episodes_per_child")
    counter.divide("children_reported_per_10000")
    counter.divide("looked_after_children_missing_rate")
    counter.middle(
        "median_missing_hours", [e for e in missing if e["located"] and e["duration"] != "not_known"], "hours"
    )


def _sum_up(child: int, episodes: list[Thing]) -> Thing:
    missing = [e for e in episodes if e["episode_type"] == "missing"]
    days = sorted(e["day"] for e in missing)
    while_looked_after = sum(e["looked_after_status"] == "looked_after" for e in missing)
    looked_after = any(e["looked_after_status"] == "looked_after" for e in episodes)
    return Thing(
        child,
        {
            **{name: episodes[0][name] for name in ("sex", "age_band", "ethnicity")},
            "looked_after_status": "looked_after" if looked_after else "not_looked_after",
            "months": [e["month"] for e in episodes],
            "located": all(e["located"] for e in episodes),
            "missing": len(missing),
            "looked_after_missing": while_looked_after,
            "thrice": any(third - first <= 90 for first, third in zip(days, days[2:], strict=False)),
            "missing_episodes_band": "under_5"
            if while_looked_after < 5
            else "5_to_9"
            if while_looked_after < 10
            else "10_or_more",
        },
    )


def _count_interviews(world: World, counter: _Counter) -> None:
    of = {i["episode"]: i for i in world.interviews}
    due = []
    for e in world.episodes:
        if e["due"]:
            i = of.get(e["id"], Thing(e.child, {}))
            where = e["placement_location"] if e["looked_after_status"] == "looked_after" else "not_looked_after"
            due.append(
                Thing(e.child, {**e.says, **i.says, "return_placement_location": where, "offered": e["id"] in of})
            )
    offered = [d for d in due if d["offered"]]
    held = [d for d in offered if d["held"]]
    records = [i for i in world.interviews if i["held"]]
    counter.count("return_interviews_due", due)
    counter.count("return_interviews_offered", offered)
    counter.count(
        "return_interviews_offered_within_72_hours", [d for d in offered if d["in_time"] or d["held_in_time"]]
    )
    counter.count("return_interviews_accepted", [d for d in offered if d["held"] or d["response"] == "accepted"])
    counter.count("return_interviews_declined", [d for d in offered if not d["held"] and d["response"] == "declined"])
    counter.count("return_interviews_held", held)
    counter.count("return_interviews_held_within_72_hours", [d for d in held if d["held_in_time"]])
    counter.count(
        "return_interviews_timeliness_not_known", [d for d in offered if d["not_known"] and not d["held_in_time"]]
    )
    counter.divide("return_interview_offer_rate")
    counter.divide("return_interview_completion_rate")
    counter.middle(
        "median_hours_to_return_interview",
        [replace(d, says={**d.says, "hours": of[d["id"]]["hours"]}) for d in held],
        "hours",
    )
    counter.count("return_interviews_with_factors", [i for i in records if i["push"] or i["pull"]])
    for direction in ("push", "pull"):
        cited = [Thing(i.child, {f"{direction}_factor": f}) for i in records for f in i[direction]]
        counter.count(f"{direction}_factors_cited", cited)
    counter.count("return_interviews_shared_with_police", [i for i in records if i["shared"]])


def _count_education(world: World, counter: _Counter) -> None:
    referrals = [r for r in world.referrals if r["in_period"]]
    still_open = [r for r in world.referrals if not r["closed"]]
    closed = [r for r in referrals if r["closed"]]
    firsts: dict[int, Thing] = {}
    for referral in referrals:
        months = [r["month"] for r in referrals if r.child == referral.child]
        firsts.setdefault(referral.child, replace(referral, says={**referral.says, "months": months}))
    missing = {e.child for e in world.episodes if e["episode_type"] == "missing"}
    counter.count("cme_referrals", referrals)
    counter.count("cme_closed", closed)
    counter.count("cme_located", [r for r in closed if r["outcome"] in WHERE_THE_CHILD_IS])
    counter.count("cme_children_referred", firsts.values())
    counter.count("children_missing_education", still_open, "child")
    counter.count("children_missing_and_cme", [r for r in firsts.values() if r.child in missing])
    counter.count("cme_open", still_open)
    counter.count("cme_re_referrals", [r for r in firsts.values() if sum(o.child == r.child for o in referrals) > 1])
    counter.count("cme_removed_after_census", [r for r in world.referrals if r["outcome"] == "census_reconciled"])
    counter.count("cme_found_on_roll", [r for r in still_open if r["on_roll"]], "child")
    counter.count("children_at_risk_of_cme", world.risks, "child")
    counter.divide("children_missing_education_rate")
    counter.middle("cme_median_days_to_close", closed, "days")
