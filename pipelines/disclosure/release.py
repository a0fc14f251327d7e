"""Protects one release as a whole: from exact figures to the only ones that the public side ever sees, with the proof attached.

Decides what is hidden in its own right, has the complements chosen, words the figures, and lets the audit judge the result.
Pure: the same figures give the same release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from pipelines.disclosure.attacker import Contradiction
from pipelines.disclosure.audit import Audit, audit_release, follows_from, insiders_of
from pipelines.disclosure.policy import Policy, check_policy
from pipelines.disclosure.relations import Relations
from pipelines.disclosure.selection import Selection, select
from pipelines.disclosure.situation import LINKINGS, ExternalFact, Knowledge, Linking, Situation, Surroundings
from pipelines.faults import DataFault
from pipelines.figures import (
    TOTAL,
    Category,
    Figure,
    FigureKey,
    Metric,
    Period,
    PublicFigure,
    PublicStatus,
    display_value,
)

Why = Literal[
    "few",
    "few_children",
    "whole_group",
    "hidden_before",
    "equal",
    "complement",
    "follows",
    "median",
    "maximum",
    "denominator",
]

NOT_KNOWN = "not_known"
ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Hidden:
    """Why one figure is hidden. Restricted: that a figure is hidden in its own right tells that it is small."""

    key: FigureKey
    why: Why
    text: str
    protects: str | None = None
    """For a complement: the figure that could be worked out were it shown."""

    @property
    def is_primary(self) -> bool:
        """Whether it is hidden in its own right."""
        return self.why not in ("complement", "follows")


@dataclass(frozen=True)
class ProtectedRelease:
    """Protected figures, their proof and the reasons. `figures` cannot be had where the proof fails."""

    candidates: tuple[PublicFigure, ...]
    """The figures as they would be published; for the audit's page, never for a reader."""
    audit: Audit
    hidden: tuple[Hidden, ...]

    @property
    def figures(self) -> list[PublicFigure]:
        """Every figure of the release, sorted by key. Raises DataFault where too much could be worked out from them."""
        if not self.audit.ok:
            first = " ".join(self.audit.problems[:3])
            raise DataFault(
                f"The figures cannot be published: {first} ({len(self.audit.problems)} in all.) "
                "See the audit in the restricted pack; a larger rounding base or threshold in policy.yml hides more."
            )
        return list(self.candidates)

    @property
    def attacks_prevented(self) -> tuple[str, ...]:
        """What somebody knows against whom complements were hidden, in words that may be public.

        Neither a figure nor a relation is named: that one of two hidden figures is a complement would tell that it is not small.
        """
        return tuple(sorted({hidden.text.rpartition("). ")[2] for hidden in self.hidden if hidden.why == "complement"}))


def protect_release(
    figures: Iterable[Figure],
    metrics: Mapping[str, Metric],
    categories: Mapping[str, tuple[Category, ...]],
    policy: Policy,
    relations: Relations,
    earlier: Sequence[Iterable[PublicFigure]] = (),
    external_facts: Sequence[ExternalFact] = (),
    within: Surroundings | None = None,
) -> ProtectedRelease:
    """Protects all figures of one edition together, or those of one authority `within` a larger release.

    `earlier` holds the public figures of each release that is already out, earlier versions of the same edition among them;
    `external_facts` what others print about the same children. Raises UsageFault where the policy does not fit the metrics.
    """
    check_policy(policy, metrics, categories)
    exact = {figure.key: figure for figure in sorted(figures, key=lambda figure: figure.key)}
    releases = [list(release) for release in earlier]
    before = [Knowledge.of(release, metrics) for release in releases]
    possible = Knowledge.possible(exact.values(), metrics, policy)
    truth = {key: int(exact[key].value or 0) for key in possible.shown}
    facts, left_out = _facts_that_fit(external_facts, truth)
    primary = _find_primaries(exact, metrics, policy, before)
    if within:
        possible = within.grant(possible, within.granted)
        before = [within.grant(*pair) for pair in zip(before, within.granted_before, strict=True)]
        others = within.together | within.partners
        primary = {key: why for key, why in primary.items() if key not in others}
        primary |= {key: "complement" for key in within.hidden if key not in primary and key in possible.shown}
    broken = Situation(possible, metrics, policy, relations, truth=truth).contradicted()
    if broken:
        return _refuse(exact, metrics, policy, [f"{says}: the exact figures break this relation." for says in broken])
    choice = _Choice(exact, primary, possible, metrics, policy, relations, before, facts, truth, within)
    chosen = choice.make(LINKINGS if before else LINKINGS[-1:])
    if chosen is None:
        return _refuse(exact, metrics, policy, ["The exact figures contradict what is public already."])
    for _ in range(ATTEMPTS if before else 1):
        situation, selection = chosen
        hidden = _reasons(situation, selection, primary)
        public = _word(exact, metrics, policy, hidden)
        audit = audit_release(
            public,
            metrics,
            policy,
            relations,
            earlier=releases,
            facts=facts,
            exact=exact.values(),
            within=within,
            met=selection.met,
        )
        _complete(audit, selection, hidden, left_out)
        outcome = ProtectedRelease(tuple(public), audit, tuple(hidden[key] for key in sorted(hidden)))
        if audit.ok:
            break
        # What is hidden now may be taken to be what was shown before, more of it than was reckoned with: more is hidden.
        complements = [key for key, reason in hidden.items() if reason.why == "complement"]
        linkings = LINKINGS[LINKINGS.index(audit.linking) :]
        chosen = choice.make(linkings, frozenset(hidden), complements) or chosen
    return outcome


@dataclass(frozen=True)
class _Choice:
    """All that the choice of complements rests on."""

    exact: Mapping[FigureKey, Figure]
    primary: Mapping[FigureKey, Why]
    possible: Knowledge
    metrics: Mapping[str, Metric]
    policy: Policy
    relations: Relations
    before: Sequence[Knowledge]
    facts: Sequence[ExternalFact]
    truth: Mapping[FigureKey, int]
    within: Surroundings | None

    def make(
        self,
        linkings: Sequence[Linking],
        concealed: frozenset[FigureKey] = frozenset(),
        start: Sequence[FigureKey] = (),
    ) -> tuple[Situation, Selection] | None:
        """The complements, with as much taken to be unchanged since earlier versions as does not contradict itself.

        None where all of it does. `concealed` are taken to be hidden, `start` are complements to add to.
        """
        for linking in linkings:
            situation = Situation(
                self.possible,
                self.metrics,
                self.policy,
                self.relations,
                earlier=self.before,
                facts=self.facts,
                linking=linking,
                truth=self.truth,
                concealed=concealed,
                within=self.within,
            )
            positions = {situation.position[key] for key in self.primary}
            insiders = insiders_of(situation, self.exact, positions)
            try:
                return situation, select(situation, positions, insiders, {situation.position[key] for key in start})
            except Contradiction:
                continue
        return None


def _find_primaries(
    exact: Mapping[FigureKey, Figure],
    metrics: Mapping[str, Metric],
    policy: Policy,
    before: Sequence[Knowledge],
) -> dict[FigureKey, Why]:
    """The counts that are hidden in their own right, and why."""
    found: dict[FigureKey, Why] = {}
    counts = {k: f for k, f in exact.items() if metrics[k.metric_id].kind == "count" and f.status == "published"}
    places = {
        (key.authority, key.metric_id, key.breakdown, key.category, period)
        for knowledge in before
        for key, period in knowledge.periods.items()
        if knowledge.shown[key] is None
    }
    for key, figure in counts.items():
        if not figure.value:
            continue
        period = _period_of(figure)
        if policy.is_few(figure.value):
            found[key] = "few"
        elif policy.is_few(figure.contributors) and not policy.exempts(key, "contributors"):
            found[key] = "few_children"
        elif (
            figure.value < 2 * policy.threshold
            and (key.authority, key.metric_id, key.breakdown, key.category, period) in places
        ):
            # A corrected count that has just passed the threshold tells what it was before.
            found[key] = "hidden_before"
    for key in _whole_groups(counts, metrics, policy):
        found.setdefault(key, "whole_group")
    return found


def _period_of(figure: Figure) -> Period:
    return Period(figure.period_start, figure.period_end, figure.as_at)


def _whole_groups(counts: Mapping[FigureKey, Figure], metrics: Mapping[str, Metric], policy: Policy) -> list[FigureKey]:
    """Where everybody in a group has the same attribute: that count, and a nought beside it."""
    cuts: dict[tuple[str, str, str, str], list[FigureKey]] = {}
    for key in counts:
        metric = metrics[key.metric_id]
        if key.breakdown == TOTAL or key.breakdown in metric.overlapping or not policy.may_hide_nought(key, metric):
            continue
        names = key.breakdown.split("/")
        fixed = [
            value
            for name, value in zip(names, key.category.split("/"), strict=True)
            if metric.dimension_of(name) not in policy.whole_groups.dimensions
        ]
        cuts.setdefault((key.authority, key.metric_id, key.breakdown, "/".join(fixed)), []).append(key)
    found = []
    for members in cuts.values():
        filled = [key for key in members if counts[key].value]
        if len(filled) != 1 or NOT_KNOWN in filled[0].category.split("/"):
            continue
        # A nought of those not known is hidden first: it leaves it open whether the others share the attribute.
        noughts = sorted(
            (key for key in members if not counts[key].value),
            key=lambda key: (NOT_KNOWN not in key.category.split("/"), key),
        )
        if noughts and not policy.exempts(filled[0], "whole_group"):
            found += [filled[0], noughts[0]]
    return found


def _facts_that_fit(
    facts: Sequence[ExternalFact], truth: Mapping[FigureKey, int]
) -> tuple[list[ExternalFact], list[str]]:
    """The facts that may be true of our counts, and the sources of those that are not: nobody is misled by us to believe them."""
    fitting, left_out = [], []
    for fact in facts:
        place = (fact.authority, fact.metric_id, fact.breakdown, fact.category)
        values = [v for k, v in truth.items() if (k.authority, k.metric_id, k.breakdown, k.category) == place]
        if values and not fact.least - fact.allowance <= values[0] <= fact.most + fact.allowance:
            left_out.append(fact.source)
        else:
            fitting.append(fact)
    return fitting, sorted(set(left_out))


def _reasons(situation: Situation, selection: Selection, primary: Mapping[FigureKey, Why]) -> dict[FigureKey, Hidden]:
    """Why each count is hidden. Figures that are always equal are hidden together."""
    hidden: dict[FigureKey, Hidden] = {}
    for position in sorted(selection.hidden):
        for key in situation.unknowns[position].keys:
            if position in selection.complements:
                protected, relation = selection.protects.get(position, (None, "what is public"))
                hidden[key] = Hidden(key, "complement", _attack_in_words(situation, relation), protected)
            else:
                why = primary.get(key, "equal")
                hidden[key] = Hidden(key, why, _WORDS[why])
    return hidden


_WORDS: Mapping[Why, str] = {
    "few": "It is under the threshold.",
    "few_children": "Fewer children than the threshold stand behind it.",
    "whole_group": "It would tell that everybody in a group has the same attribute.",
    "hidden_before": "An earlier version hid it, and the change would tell what it was.",
    "equal": "It is always equal to a figure that is hidden.",
    "complement": "A hidden figure could be worked out from it and other published figures.",
    "follows": "It is worked out from a figure that is hidden.",
    "median": "It is the middle of too few values, or too few children stand behind them.",
    "maximum": "It describes a single child.",
    "denominator": "It is a share of too small a number.",
}


def _attack_in_words(situation: Situation, relation: str) -> str:
    because = next((r.because for r in situation.relations if r.says == relation), "")
    return f"A hidden figure could be worked out from it and other published figures ({relation}). {because}".strip()


def _word(
    exact: Mapping[FigureKey, Figure],
    metrics: Mapping[str, Metric],
    policy: Policy,
    hidden: dict[FigureKey, Hidden],
) -> list[PublicFigure]:
    """The public figures; adds to `hidden` the rates, means, medians and maxima that cannot be shown."""
    public: dict[FigureKey, PublicFigure] = {}
    later = []
    for key, figure in exact.items():
        metric = metrics[key.metric_id]
        if metric.kind in ("rate", "mean"):
            later.append(key)
        elif figure.status == "not_available":
            public[key] = _without_value(figure, "not_available", policy)
        elif metric.kind == "maximum" or not metric.public:
            public[key] = _without_value(figure, "suppressed" if figure.value else "not_applicable", policy)
            if figure.value:
                hidden[key] = Hidden(key, "maximum", _WORDS["maximum"])
        elif figure.status == "not_applicable" or figure.value is None:
            public[key] = _without_value(figure, "not_applicable", policy)
        elif metric.kind == "median":
            enough = figure.denominator is not None and figure.denominator >= policy.least_values_of_a_median
            if enough and not policy.is_few(figure.contributors):
                public[key] = _with_value(figure, figure.value.quantize(Decimal(1), ROUND_HALF_UP))
            else:
                public[key] = _without_value(figure, "suppressed", policy)
                hidden[key] = Hidden(key, "median", _WORDS["median"])
        elif key in hidden:
            public[key] = _without_value(figure, "suppressed", policy)
        else:
            public[key] = _with_value(figure, policy.rounded(figure.value))
    shown = {key: figure.value for key, figure in public.items()}
    for key in later:
        figure, metric = exact[key], metrics[key.metric_id]
        if figure.status != "published":
            public[key] = _without_value(figure, figure.status, policy)
            continue
        value = follows_from(key, metric, shown, figure.denominator, policy)
        if value is not None:
            public[key] = _with_value(figure, value)
            continue
        public[key] = _without_value(figure, "suppressed", policy)
        parts = [
            FigureKey(key.edition, key.authority, part or "", key.breakdown, key.category)
            for part in (metric.numerator, metric.denominator)
        ]
        why: Why = "follows" if any(part in hidden for part in parts) else "denominator"
        hidden[key] = Hidden(key, why, _WORDS[why])
    return [public[key] for key in sorted(public)]


def _with_value(figure: Figure, value: Decimal) -> PublicFigure:
    return PublicFigure(
        figure.key,
        value,
        display_value(value, figure.unit),
        figure.unit,
        "published",
        figure.period_start,
        figure.period_end,
        figure.as_at,
    )


def _without_value(figure: Figure, status: PublicStatus, policy: Policy) -> PublicFigure:
    symbol = {
        "suppressed": policy.symbols.suppressed,
        "not_available": policy.symbols.not_available,
        "not_applicable": policy.symbols.not_applicable,
    }[status]
    return PublicFigure(
        figure.key, None, symbol.symbol, figure.unit, status, figure.period_start, figure.period_end, figure.as_at
    )


def _complete(audit: Audit, selection: Selection, hidden: Mapping[FigureKey, Hidden], left_out: list[str]) -> None:
    audit.facts_left_out = left_out
    audit.selection = count_reasons(hidden.values()) | {
        "method": selection.method,
        "rounds": selection.rounds,
        "conditions": selection.conditions,
    }
    audit.problems += [f"{label} could not be protected." for label in selection.open_questions]


def count_reasons(hidden: Iterable[Hidden]) -> dict[str, Any]:
    """How many figures are hidden in their own right, for the sake of others, and because they follow from hidden ones."""
    reasons = [reason.why for reason in hidden]
    return {
        "primary": sum(why in ("few", "few_children", "whole_group", "hidden_before", "equal") for why in reasons),
        "complementary": reasons.count("complement"),
        "following": sum(why in ("follows", "denominator", "median", "maximum") for why in reasons),
    }


def _refuse(
    exact: Mapping[FigureKey, Figure], metrics: Mapping[str, Metric], policy: Policy, problems: list[str]
) -> ProtectedRelease:
    """A release that cannot be: every number hidden, and not to be published even so."""
    hidden = {key: Hidden(key, "few", _WORDS["few"]) for key in exact if metrics[key.metric_id].kind == "count"}
    audit = Audit(figures=len(exact), problems=problems)
    return ProtectedRelease(tuple(_word(exact, metrics, policy, hidden)), audit, tuple(hidden.values()))
