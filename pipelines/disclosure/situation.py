"""What is unknown and what is told of it: the counts of a release, of earlier ones and of other publishers, as ranges and rows.

Lays the policy's ranges over the relations for the attacker to work with. It chooses nothing and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pipelines.disclosure.attacker import UNBOUNDED, Attacker, Row
from pipelines.disclosure.policy import Policy
from pipelines.disclosure.relations import ALL_AUTHORITIES, Relation, Relations
from pipelines.figures import CENSUS_DAY, Figure, FigureKey, Metric, Period, PublicFigure

Linking = Literal["all", "hidden", "none"]
LINKINGS: tuple[Linking, ...] = ("all", "hidden", "none")
"""How far an attacker can take it that a corrected edition left figures as they were: as far as no contradiction shows."""


@dataclass(frozen=True, slots=True)
class ExternalFact:
    """What somebody else has published about a count of this release: a range, or a hidden number known to lie in one."""

    authority: str
    metric_id: str
    breakdown: str
    category: str
    least: int
    most: int
    source: str
    allowance: int = 0
    """How far the other definition may lead away from ours, either way."""
    is_hidden: bool = False
    """True where the other publisher hides the number: it must stay so."""


@dataclass(slots=True)
class Unknown:
    """One count that somebody may want to work out. Figures that are always equal are one unknown."""

    keys: list[FigureKey]
    when_shown: tuple[int, int] | None = None
    """The range that the shown figure gives; None where no release shows or could show it."""
    when_hidden: tuple[int, int] = (1, UNBOUNDED)
    told_before: tuple[int, int] = (0, UNBOUNDED)
    """What earlier editions and others say."""
    told_if_hidden: tuple[int, int] = (0, UNBOUNDED)
    """What an earlier version showed: where a count is hidden now, it may be taken to be what it was."""
    is_hidden_before: bool = False
    is_ours: bool = True
    """False for what only earlier editions or others count, and for what the attacker is granted."""
    is_asked: bool = True
    """False for what stands in another authority's place: whether it stays open is asked there."""
    is_together: bool = False
    """Whether it counts all authorities together, beside the one that is looked at."""
    is_fixed: bool = False
    """Whether it is hidden or shown is decided already."""
    is_granted: bool = False
    """The attacker is taken to know it exactly, although nothing public says it."""
    truth: int | None = None
    others: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """One name for it: the first of its figures, or the other publisher's."""
        return str(self.keys[0]) if self.keys else self.others[0]


@dataclass(frozen=True)
class Question:
    """What must stay open: a hidden count, or a difference of two counts where one is part of the other."""

    label: str
    sum_of: Mapping[int, int]
    is_difference: bool = False


@dataclass(frozen=True)
class Knowledge:
    """What one release says of each of its counts: a shown number, or None where it is hidden. Not available: absent."""

    shown: Mapping[FigureKey, int | None]
    periods: Mapping[FigureKey, Period]
    granted: frozenset[FigureKey] = frozenset()
    """Counts that no release shows and that the attacker is taken to know exactly."""

    @classmethod
    def of(cls, figures: Iterable[PublicFigure], metrics: Mapping[str, Metric]) -> Knowledge:
        """What public figures say."""
        shown: dict[FigureKey, int | None] = {}
        periods: dict[FigureKey, Period] = {}
        for figure in figures:
            metric = metrics.get(figure.key.metric_id)
            if metric and metric.kind == "count" and figure.status in ("published", "suppressed"):
                shown[figure.key] = None if figure.value is None else int(figure.value)
                periods[figure.key] = Period(figure.period_start, figure.period_end, figure.as_at)
        return cls(shown, periods)

    @classmethod
    def possible(cls, figures: Iterable[Figure], metrics: Mapping[str, Metric], policy: Policy) -> Knowledge:
        """What the exact counts would say if every one that is large enough were shown."""
        shown: dict[FigureKey, int | None] = {}
        periods: dict[FigureKey, Period] = {}
        for figure in figures:
            if (
                metrics[figure.key.metric_id].kind == "count"
                and figure.status == "published"
                and figure.value is not None
            ):
                few = policy.is_few(figure.value)
                shown[figure.key] = None if few else int(policy.rounded(figure.value))
                periods[figure.key] = Period(figure.period_start, figure.period_end, figure.as_at)
        return cls(shown, periods)


@dataclass(frozen=True)
class Surroundings:
    """The larger release that one authority is looked at within: what is hidden there, and what the attacker is granted of it."""

    hidden: frozenset[FigureKey] = frozenset()
    """Counts of whatever authority that are hidden already and stay so."""
    together: frozenset[FigureKey] = frozenset()
    """Counts of all authorities together: they may be hidden for the sake of this one, and are asked about elsewhere."""
    partners: frozenset[FigureKey] = frozenset()
    """Counts of other authorities whose hidden ones stay unknown: neither asked about nor hidden."""
    granted: Mapping[FigureKey, int] = field(default_factory=dict)
    """What all further authorities count."""
    granted_before: Sequence[Mapping[FigureKey, int]] = ()
    """The same for each earlier release."""

    @staticmethod
    def grant(knowledge: Knowledge, granted: Mapping[FigureKey, int]) -> Knowledge:
        """A release with what the attacker knows besides."""
        periods = {(k.authority, k.metric_id, k.breakdown, k.category): p for k, p in knowledge.periods.items()}
        places = {k: (ALL_AUTHORITIES, k.metric_id, k.breakdown, k.category) for k in granted}
        known = {key: periods[place] for key, place in places.items() if place in periods}
        return Knowledge(
            {**knowledge.shown, **{key: granted[key] for key in known}},
            {**knowledge.periods, **known},
            frozenset(known),
        )


class Situation:
    """Unknowns with what is told of them, and the rows between them."""

    def __init__(
        self,
        now: Knowledge,
        metrics: Mapping[str, Metric],
        policy: Policy,
        relations: Relations,
        *,
        earlier: Sequence[Knowledge] = (),
        facts: Sequence[ExternalFact] = (),
        linking: Linking = "all",
        truth: Mapping[FigureKey, int] | None = None,
        concealed: frozenset[FigureKey] = frozenset(),
        within: Surroundings | None = None,
    ) -> None:
        self.policy = policy
        self.metrics = metrics
        self.relations = relations.among(now.shown, periods_by_metric(now))
        self.unknowns: list[Unknown] = []
        self.position: dict[FigureKey, int] = {}
        self.rows: list[Row] = []
        self._concealed = concealed
        self._within = within or Surroundings()
        self._at_zero: list[tuple[Relation, Mapping[FigureKey, int]]] = []
        self._names: list[Relation | str] = []
        self.linked_editions = 0
        self._add_release(now, self.relations, truth or {})
        self.ours = len(self.unknowns)
        for knowledge in earlier:
            self._add_earlier(now, knowledge, relations, linking)
        for fact in facts:
            self._add_fact(fact)

    @property
    def has_past(self) -> bool:
        """Whether anything public before this release bears on it."""
        return any(u.told_before != (0, UNBOUNDED) or not (u.is_ours or u.is_granted) for u in self.unknowns)

    def name_of_relation(self, rows: Sequence[int], position: int) -> str:
        """What the first of these relations says that an unknown stands in, or the first of all."""
        named = [self._names[number] for number in rows]
        keys = set(self.unknowns[position].keys)
        with_it = [r for r in named if isinstance(r, Relation) and keys & set(r.keys)] or named
        return "what is public" if not with_it else with_it[0].says if isinstance(with_it[0], Relation) else with_it[0]

    def relation_of(self, number: int) -> Relation | None:
        """The relation of a row; None for a tie to another publication."""
        named = self._names[number]
        return named if isinstance(named, Relation) else None

    def range_of(self, position: int, is_hidden: bool) -> tuple[int, int]:
        """What is public of an unknown, when this release hides or shows it. The first range wins where two contradict."""
        unknown = self.unknowns[position]
        told = unknown.when_hidden if is_hidden or unknown.when_shown is None else unknown.when_shown
        told = _meet([told, unknown.told_before]) or told
        return (_meet([told, unknown.told_if_hidden]) or told) if is_hidden else told

    def open_attack(self, hidden: Iterable[int], *, least_told: bool = False) -> Attacker:
        """The attacker who sees a release that hides these unknowns; or one that hides all but the noughts besides."""
        concealed = set(hidden)
        if least_told:
            concealed |= {p for p, u in enumerate(self.unknowns) if u.is_ours and u.when_shown != (0, 0)}
        ranges = [self.range_of(p, p in concealed or u.when_shown is None) for p, u in enumerate(self.unknowns)]
        rows = list(self.rows)
        for relation, position in self._at_zero:
            if relation.when is not None and ranges[position[relation.when]] == (0, 0):
                rows.append(self._row(relation, position))
        return Attacker([low for low, _ in ranges], [high for _, high in ranges], rows)

    def is_nought(self, position: int) -> bool:
        """Whether it would be shown as 0."""
        return self.unknowns[position].when_shown == (0, 0)

    @cached_property
    def beside(self) -> Mapping[int, frozenset[int]]:
        """Unknown -> those that share a relation with it."""
        found: dict[int, set[int]] = {}
        for row in self.rows:
            for position in row.positions:
                found.setdefault(position, set()).update(row.positions)
        return {position: frozenset(others - {position}) for position, others in found.items()}

    def questions_of(self, positions: Iterable[int], hidden: Iterable[int]) -> list[Question]:
        """Those of these unknowns that are hidden and asked about, each as a question."""
        concealed = self._concealed_by(hidden) & set(positions)
        found = [Question(self.unknowns[p].label, {p: 1}) for p in sorted(concealed)]
        return [question for question in found if self._is_asked(question)]

    def questions(self, hidden: Iterable[int]) -> list[Question]:
        """What must stay open when these are hidden: each of them, what was hidden before, and differences between counts.

        Not those about nothing but other authorities: see `questions_beside`."""
        return [question for question in self._all_questions(hidden) if self._is_asked(question)]

    def questions_beside(self, hidden: Iterable[int]) -> list[Question]:
        """The questions about all authorities together, alone or less the one that is looked at: what is left is the others'."""
        beside = [question for question in self._all_questions(hidden) if not self._is_asked(question)]
        return [q for q in beside if not any(self.unknowns[position].is_fixed for position in q.sum_of)]

    def _all_questions(self, hidden: Iterable[int]) -> list[Question]:
        concealed = sorted(self._concealed_by(hidden))
        # Less a nought that is shown, a count is itself: that is asked already.
        noughts = {p for p in range(len(self.unknowns)) if self.is_nought(p)} - set(concealed)
        differences = [q for q in self.differences if noughts.isdisjoint(q.sum_of)]
        return [*(Question(self.unknowns[p].label, {p: 1}) for p in concealed), *differences]

    def _concealed_by(self, hidden: Iterable[int]) -> set[int]:
        return {*hidden, *self._hidden_before}

    @cached_property
    def _hidden_before(self) -> frozenset[int]:
        return frozenset(p for p, u in enumerate(self.unknowns) if u.is_hidden_before and u.when_shown is None)

    def _is_asked(self, question: Question) -> bool:
        unknowns = [self.unknowns[position] for position in question.sum_of]
        return any(u.is_asked for u in unknowns) and not any(u.is_together for u in unknowns)

    @cached_property
    def differences(self) -> list[Question]:
        """Differences of two counts, where a relation says that the one is part of the other: what is left is a count, too."""
        found = []
        for row in self.rows:
            relation = self.relation_of(row.name)
            if relation is None or row.is_equal or sorted(row.times) != [-1, 1]:
                continue
            part, whole = row.positions if row.times == (1, -1) else row.positions[::-1]
            if self.unknowns[part].is_granted:
                continue
            if len({self.metrics[key.metric_id].unit for key in relation.keys}) == 1:
                label = f"{self.unknowns[whole].label} less {self.unknowns[part].label}"
                found.append(Question(label, {whole: 1, part: -1}, is_difference=True))
        return found

    def truths(self) -> list[int] | None:
        """The exact counts by position, where all are known."""
        truths = [u.truth for u in self.unknowns]
        return None if any(t is None for t in truths) else [t for t in truths if t is not None]

    def contradicted(self) -> list[str]:
        """The relations that the exact counts break: none where the figures and the relations are right."""
        broken = []
        for relation in self.relations:
            values = {key: self.unknowns[self.position[key]].truth for key in relation.keys}
            when = self.unknowns[self.position[relation.when]].truth if relation.when else 0
            if when or any(value is None for value in values.values()):
                continue
            total = sum(times * (values[key] or 0) for key, times in relation.terms)
            if total > 0 or (relation.is_equal and total):
                broken.append(relation.says)
        return sorted(set(broken))

    def _add_release(self, knowledge: Knowledge, relations: Sequence[Relation], truth: Mapping[FigureKey, int]) -> None:
        groups = _equal_groups(knowledge.shown, relations)
        for members in groups:
            self.position.update(dict.fromkeys(members, len(self.unknowns)))
            self.unknowns.append(self._unknown(members, knowledge, truth))
        self._add_rows(relations, self.position)

    def _unknown(self, members: list[FigureKey], knowledge: Knowledge, truth: Mapping[FigureKey, int]) -> Unknown:
        told = [knowledge.shown[key] for key in members]
        if members[0] in knowledge.granted:
            value = told[0] or 0
            return Unknown(
                keys=members,
                when_shown=(value, value),
                is_ours=False,
                is_asked=False,
                is_fixed=True,
                is_granted=True,
                truth=value,
            )
        ranges = [self.policy.range_of(value) for value in told if value is not None]
        shown = _meet(ranges)
        low = 0 if all(self.policy.may_hide_nought(key, self.metrics[key.metric_id]) for key in members) else 1
        return Unknown(
            keys=members,
            when_shown=shown,
            when_hidden=(low, UNBOUNDED),
            is_asked=any(key not in self._within.together | self._within.partners for key in members),
            is_together=all(key in self._within.together for key in members),
            is_fixed=any(key in self._within.partners for key in members),
            truth=truth.get(members[0]),
        )

    def _add_rows(self, relations: Sequence[Relation], position: Mapping[FigureKey, int]) -> None:
        known = {(row.positions, row.times, row.is_equal) for row in self.rows}
        for relation in relations:
            if relation.when is not None:
                self._at_zero.append((relation, position))
                continue
            row = self._row(relation, position)
            if row.positions and (row.positions, row.times, row.is_equal) not in known:
                known.add((row.positions, row.times, row.is_equal))
                self.rows.append(row)

    def _row(self, relation: Relation, position: Mapping[FigureKey, int]) -> Row:
        sums: dict[int, int] = {}
        for key, times in relation.terms:
            sums[position[key]] = sums.get(position[key], 0) + times
        terms = [(p, times) for p, times in sums.items() if times]
        self._names.append(relation)
        return Row(tuple(p for p, _ in terms), tuple(t for _, t in terms), relation.is_equal, len(self._names) - 1)

    def _add_earlier(self, now: Knowledge, before: Knowledge, relations: Relations, linking: Linking) -> None:
        """Joins an earlier release: counts of the same period are the same unknown, unless they were seen to change."""
        same = {_place(key, now.periods[key]): key for key in now.shown}
        links: dict[FigureKey, FigureKey] = {}
        nested: list[tuple[FigureKey, FigureKey]] = []
        ours = {(key.authority, key.metric_id, key.breakdown, key.category): key for key in now.shown}
        for key, period in before.periods.items():
            match = same.get(_place(key, period))
            if match is not None:
                links[key] = match
            else:
                other = ours.get((key.authority, key.metric_id, key.breakdown, key.category))
                if other is not None and _contains(now.periods[other], period):
                    nested.append((key, other))
                elif other is not None and _contains(period, now.periods[other]):
                    nested.append((other, key))
        if not links and not nested:
            return
        self.linked_editions += 1
        earlier_relations = relations.among(before.shown, periods_by_metric(before))
        position: dict[FigureKey, int] = {}
        for members in _equal_groups(before.shown, earlier_relations):
            unknown = self._unknown(members, before, {})
            target = next((self.position[links[key]] for key in members if key in links), None)
            if target is not None and self._is_unchanged(self.unknowns[target], unknown, linking):
                told = unknown.when_shown or unknown.when_hidden
                current = self.unknowns[target]
                current.told_before = _meet([current.told_before, told]) or current.told_before
                current.is_hidden_before |= unknown.when_shown is None
                position.update(dict.fromkeys(members, target))
                continue
            if target is not None and unknown.when_shown is not None and linking != "none":
                current = self.unknowns[target]
                current.told_if_hidden = _meet([current.told_if_hidden, unknown.when_shown]) or current.told_if_hidden
            position.update(dict.fromkeys(members, len(self.unknowns)))
            unknown.is_ours = False
            unknown.is_hidden_before = unknown.when_shown is None
            self.unknowns.append(unknown)
        self._add_rows(earlier_relations, position)
        for shorter, longer in nested:
            # One key may name a count of each period, so each side is looked up in its own release.
            inner, outer = (
                (position[shorter], self.position[longer])
                if shorter in before.periods and _contains(now.periods[longer], before.periods[shorter])
                else (self.position[shorter], position[longer])
            )
            if relations.grows_with_the_period(shorter):
                self._names.append("a shorter period <= the longer one that contains it")
                self.rows.append(Row((inner, outer), (1, -1), False, len(self._names) - 1))

    def _is_unchanged(self, current: Unknown, before: Unknown, linking: Linking) -> bool:
        if linking == "none":
            return False
        is_concealed = any(key in self._concealed for key in current.keys)
        now, then = None if is_concealed else current.when_shown, before.when_shown
        if linking == "hidden" and now is not None and then is not None:
            return False
        return _meet([now or current.when_hidden, then or before.when_hidden, current.told_before]) is not None

    def _add_fact(self, fact: ExternalFact) -> None:
        place = (fact.authority, fact.metric_id, fact.breakdown, fact.category)
        key = next((k for k in self.position if (k.authority, k.metric_id, k.breakdown, k.category) == place), None)
        if key is None:
            return
        target = self.position[key]
        current = self.unknowns[target]
        if not fact.is_hidden:
            told = max(0, fact.least - fact.allowance), fact.most + fact.allowance
            current.told_before = _meet([current.told_before, told]) or current.told_before
            return
        other = len(self.unknowns)
        self.unknowns.append(
            Unknown([], None, (fact.least, fact.most), is_hidden_before=True, is_ours=False, others=[fact.source])
        )
        # Their number is ours, give or take: what lies between is an unknown of its own, from 0 to twice the allowance.
        between = len(self.unknowns)
        self.unknowns.append(
            Unknown([], (0, 2 * fact.allowance), (0, 2 * fact.allowance), is_ours=False, others=[fact.source])
        )
        fixed = len(self.unknowns)
        self.unknowns.append(Unknown([], (1, 1), (1, 1), is_ours=False, others=[fact.source]))
        self._names.append(fact.source)
        self.rows.append(Row((target, other, between, fixed), (1, -1, -1, fact.allowance), True, len(self._names) - 1))


def periods_by_metric(knowledge: Knowledge) -> dict[str, Period]:
    """The period of each metric in a release; a census day is a period of its own, and not the metric's."""
    return {key.metric_id: period for key, period in knowledge.periods.items() if key.breakdown != CENSUS_DAY}


def _equal_groups(keys: Iterable[FigureKey], relations: Sequence[Relation]) -> list[list[FigureKey]]:
    """The keys in groups that are always equal, each sorted, in the order of their first."""
    parent = {key: key for key in keys}

    def root(key: FigureKey) -> FigureKey:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for relation in relations:
        if relation.is_equal and relation.when is None and sorted(t for _, t in relation.terms) == [-1, 1]:
            one, other = sorted(root(key) for key in relation.keys)
            parent[other] = one
    groups: dict[FigureKey, list[FigureKey]] = {}
    for key in sorted(parent):
        groups.setdefault(root(key), []).append(key)
    return [groups[key] for key in sorted(groups)]


def _meet(ranges: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """What is in all of the ranges; None where nothing is."""
    ends = list(ranges)
    if not ends:
        return None
    low, high = max(low for low, _ in ends), min(high for _, high in ends)
    return (low, high) if low <= high else None


def _place(key: FigureKey, period: Period) -> tuple[str, str, str, str, Period]:
    return key.authority, key.metric_id, key.breakdown, key.category, period


def _contains(longer: Period, shorter: Period) -> bool:
    return (
        longer.start <= shorter.start
        and shorter.end <= longer.end
        and (longer.start, longer.end)
        != (
            shorter.start,
            shorter.end,
        )
    )
