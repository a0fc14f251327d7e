"""The proof that goes with a release: from published figures alone, how far every hidden one is open, and whether that is enough.

Works on what the public sees, now and before; given the exact figures too, it checks that they fit and plays the insider.
It hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pipelines.disclosure.attacker import Contradiction, solver_name
from pipelines.disclosure.policy import Policy
from pipelines.disclosure.relations import Relations
from pipelines.disclosure.selection import Examiner, Insider, Met, near
from pipelines.disclosure.situation import (
    LINKINGS,
    ExternalFact,
    Knowledge,
    Linking,
    Question,
    Situation,
    Surroundings,
)
from pipelines.figures import Figure, FigureKey, Metric, PublicFigure

OPEN_WIDTH = 1_000
"""Widths from here on are recorded as this: no end in sight."""


@dataclass
class Audit:
    """The record of one release. Widths, never values; nothing that depends on when or how fast it was made."""

    problems: list[str] = field(default_factory=list)
    """Why the release may not be published, in words without values. Empty where it may."""
    widths: dict[str, int] = field(default_factory=dict)
    """Hidden count -> highest less lowest possible value, as far as all that is public tells. Looked at within a larger release:
    at least so much, as the possible truths that were met show it."""
    already_known: list[str] = field(default_factory=list)
    """Hidden counts that earlier editions or others gave away: reported, not refused."""
    facts_left_out: list[str] = field(default_factory=list)
    """Sources whose numbers the exact figures contradict, definitions allowed for."""
    figures: int = 0
    counts_hidden: int = 0
    differences: int = 0
    insiders: int = 0
    questions: int = 0
    searches: int = 0
    earlier_editions: int = 0
    linking: Linking = "all"
    relations: list[str] = field(default_factory=list)
    selection: dict[str, Any] = field(default_factory=dict)
    beside: dict[tuple[FigureKey, ...], bool] = field(default_factory=dict)
    """A count of all authorities together, or two whose difference is asked -> whether it stays open to somebody who knows
    everything of the authorities that are not looked at."""

    @property
    def ok(self) -> bool:
        """Whether the release may be published."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """The record for the manifest and the restricted audit folder."""
        return {
            "ok": self.ok,
            "problems": self.problems,
            "solver": solver_name(),
            "figures": self.figures,
            "hidden": {"counts": self.counts_hidden, **self.selection},
            "widths": self.widths,
            "narrowest": min(self.widths.values(), default=None),
            "already_known": self.already_known,
            "facts_left_out": self.facts_left_out,
            "differences": self.differences,
            "insiders": self.insiders,
            "questions": self.questions,
            "searches": self.searches,
            "earlier_editions": self.earlier_editions,
            "linking": self.linking,
            "relations": self.relations,
        }


def audit_release(
    published: Iterable[PublicFigure],
    metrics: Mapping[str, Metric],
    policy: Policy,
    relations: Relations,
    *,
    earlier: Sequence[Iterable[PublicFigure]] = (),
    facts: Sequence[ExternalFact] = (),
    exact: Iterable[Figure] | None = None,
    within: Surroundings | None = None,
    met: Met | None = None,
) -> Audit:
    """What can be worked out from published figures, those of earlier editions and what others published.

    The figures may be of one authority `within` a larger release, with what stands beside it there. With the exact figures it
    also checks that they fit what is published, and what somebody who knows one child could work out. `met` are numbers that
    whoever chose what to hide found possible: each is tried on what is published before it counts.
    """
    figures = sorted(published, key=lambda figure: figure.key)
    before = [Knowledge.of(release, metrics) for release in earlier]
    audit = Audit(figures=len(figures))
    exact_by_key = {figure.key: figure for figure in exact} if exact is not None else {}
    audit.problems += _faults_of_single_figures(figures, exact_by_key, metrics, policy)
    unknown = [f"{figure.key} is of no metric." for figure in figures if figure.key.metric_id not in metrics]
    audit.problems += unknown
    if audit.problems:
        # What is wrong by itself is refused before anybody asks what else could be worked out from it.
        return audit
    now = Knowledge.of(figures, metrics)
    if within:
        now = within.grant(now, within.granted)
        before = [within.grant(*pair) for pair in zip(before, within.granted_before, strict=True)]
    truth = {
        key: int(figure.value)
        for key, figure in exact_by_key.items()
        if key in now.shown and figure.status == "published" and figure.value is not None
    }
    for linking in LINKINGS:
        situation = Situation(
            now,
            metrics,
            policy,
            relations,
            earlier=before,
            facts=facts,
            linking=linking,
            truth=truth,
            within=within,
        )
        audit.linking = linking
        try:
            # Asked at once, so that a contradiction shows before anything is recorded.
            situation.open_attack(_hidden_in(situation)).reach({})
            _attack(situation, now, relations, exact_by_key, audit, met)
        except Contradiction:
            # A correction was seen to change something: what was taken to be unchanged is taken so more carefully.
            if linking != LINKINGS[-1] and before:
                continue
            audit.problems.append("What is published contradicts itself: no numbers fit all of it.")
        break
    return audit


def follows_from(
    figure_key: FigureKey,
    metric: Metric,
    shown: Mapping[FigureKey, Decimal | None],
    population: Decimal | None,
    policy: Policy,
) -> Decimal | None:
    """The rate or mean that published parts give, rounded as it is shown; None where it may not be shown.

    Source: contract section 4: public rates follow from public counts and from population.
    """
    over = _part(figure_key, metric.numerator, shown)
    under_key = _key_of(figure_key, metric.denominator)
    under = shown[under_key] if under_key is not None and under_key in shown else population
    if over is None or not under:
        return None
    if under < policy.least_denominators.get(metric.unit, 1) and not policy.exempts(figure_key, "denominator"):
        return None
    step = Decimal(1) if metric.unit == "per cent" else Decimal("0.1")
    return (over * metric.scale / under).quantize(step, ROUND_HALF_UP)


def insiders_of(situation: Situation, exact: Mapping[FigureKey, Figure], hidden: Iterable[int]) -> list[Insider]:
    """Those who know the one child behind most of a hidden count: the count is at least what that child brings.

    Only counts behind which fewer children stand than the threshold: behind more of them nobody's part is known to weigh so much.
    """
    found = []
    for position in sorted(hidden):
        figures = [exact[key] for key in situation.unknowns[position].keys if key in exact]
        parts = [
            int(figure.value) - (figure.contributors - 1)
            for figure in figures
            if figure.value and figure.contributors and figure.contributors < situation.policy.threshold
        ]
        if parts and max(parts) > situation.range_of(position, True)[0]:
            found.append(Insider(position, max(parts)))
    return found


def _attack(
    situation: Situation,
    now: Knowledge,
    relations: Relations,
    exact: Mapping[FigureKey, Figure],
    audit: Audit,
    met: Met | None,
) -> None:
    hidden = _hidden_in(situation)
    examiner = Examiner(situation, hidden)
    if met is not None:
        examiner.take_over(met)
    audit.problems += [f"{says}: the exact figures break this relation." for says in situation.contradicted()]
    audit.problems += [f"{key} stands in no relation to any other figure." for key in _outside(now, relations)]
    audit.problems += _half_hidden(situation, now)
    audit.counts_hidden = sum(value is None for value in now.shown.values())
    audit.earlier_editions = situation.linked_editions
    audit.relations = sorted({relation.says for relation in situation.relations})
    questions = situation.questions(hidden)
    is_within = any(unknown.is_granted for unknown in situation.unknowns)
    for question in questions:
        if question.is_difference:
            audit.differences += 1
        elif not is_within:
            audit.widths[question.label] = _width(examiner, question)
        finding = examiner.examine(question)
        if finding is not None:
            audit.problems.append(f"{question.label} can be worked out too closely from what is public.")
    if is_within:
        # The exact width would cost two searches more for each count, most of the work where there are many authorities.
        for question in questions:
            if not question.is_difference:
                least, most = examiner.attacker.seen(question.sum_of)
                audit.widths[question.label] = min(OPEN_WIDTH, max(0, int(most - least))) if most >= least else 0
    for question in situation.questions_beside(hidden):
        asked = tuple(situation.unknowns[position].keys[0] for position in question.sum_of)
        audit.beside[asked] = examiner.examine(question) is None
    for insider in insiders_of(situation, exact, hidden):
        audit.insiders += 1
        for finding in examiner.examine_insider(insider, near(situation, insider, hidden)):
            who = situation.unknowns[insider.position].label
            audit.problems.append(
                f"{finding.question.label} can be worked out too closely by somebody who knows a child of {who}."
            )
    audit.already_known = sorted(examiner.already_known)
    audit.questions, audit.searches = examiner.attacker.questions, examiner.attacker.searches


def _hidden_in(situation: Situation) -> list[int]:
    return [p for p, unknown in enumerate(situation.unknowns) if unknown.is_ours and unknown.when_shown is None]


def _width(examiner: Examiner, question: Question) -> int:
    upward, downward = examiner.attacker.reach(question.sum_of), examiner.attacker.fall(question.sum_of)
    return min(OPEN_WIDTH, max(0, upward.most + downward.most))


def _outside(now: Knowledge, relations: Relations) -> list[FigureKey]:
    periods = {key.metric_id: period for key, period in now.periods.items()}
    return [key for key in relations.outside(now.shown, periods) if key not in now.granted]


def _half_hidden(situation: Situation, now: Knowledge) -> list[str]:
    """Figures that are always equal, of which one is hidden and another shown, or two are shown as different."""
    problems = []
    for unknown in situation.unknowns[: situation.ours]:
        told = [now.shown[key] for key in unknown.keys]
        if any(value is None for value in told) and any(value is not None for value in told):
            key = next(key for key in unknown.keys if now.shown[key] is None)
            problems.append(f"{key} is hidden, but a figure that is always equal to it is shown.")
        elif len({value for value in told if value is not None}) > 1:
            problems.append(f"{unknown.label} is shown as one number and an equal figure as another.")
    return problems


def _faults_of_single_figures(
    figures: Sequence[PublicFigure],
    exact: Mapping[FigureKey, Figure],
    metrics: Mapping[str, Metric],
    policy: Policy,
) -> list[str]:
    """What is wrong without any attack: unrounded or small counts, rates that do not follow from published parts."""
    shown = {figure.key: figure.value for figure in figures}
    problems = []
    for figure in figures:
        metric = metrics.get(figure.key.metric_id)
        if metric is None or figure.status != "published":
            if figure.value is not None:
                problems.append(f"{figure.key} has a value although it is not shown.")
            continue
        if figure.value is None:
            problems.append(f"{figure.key} is said to be shown and has no value.")
        elif metric.kind == "maximum" or not metric.public:
            problems.append(f"{figure.key} describes a single child and is never public.")
        elif metric.kind == "count":
            problems += _faults_of_a_count(figure, figure.value, exact.get(figure.key), policy)
        elif metric.kind in ("rate", "mean"):
            population = exact[figure.key].denominator if figure.key in exact else None
            known = _key_of(figure.key, metric.denominator) in shown or population is not None
            if known and follows_from(figure.key, metric, shown, population, policy) != figure.value:
                problems.append(f"{figure.key} does not follow from the published figures that it is made of.")
    return problems


def _faults_of_a_count(figure: PublicFigure, value: Decimal, exact: Figure | None, policy: Policy) -> list[str]:
    if value % policy.base or 0 < value < policy.threshold:
        return [f"{figure.key} is not rounded as the policy says, or is under the threshold."]
    if exact is None:
        return []
    if exact.value is None or policy.is_few(exact.value):
        return [f"{figure.key} is shown although it is under the threshold."]
    if policy.is_few(exact.contributors) and not policy.exempts(figure.key, "contributors"):
        return [f"{figure.key} is shown although too few children stand behind it."]
    low, high = policy.range_of(int(value))
    return [] if low <= exact.value <= high else [f"{figure.key} is not its exact figure rounded."]


def _key_of(key: FigureKey, metric_id: str | None) -> FigureKey | None:
    return FigureKey(key.edition, key.authority, metric_id, key.breakdown, key.category) if metric_id else None


def _part(key: FigureKey, metric_id: str | None, shown: Mapping[FigureKey, Decimal | None]) -> Decimal | None:
    part = _key_of(key, metric_id)
    return shown.get(part) if part else None
