"""Which further counts to hide, so that nothing hidden can be worked out, losing as little as can be.

A cut loop: ask the attacker, turn each of its successes into a condition on what to hide, choose the cheapest set that meets all
conditions, ask again. When the rounds run out it hides one count after another; when that does not help it says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import highspy
import numpy as np

from pipelines.disclosure.attacker import UNBOUNDED, Attacker, Contradiction, Reach, Vector
from pipelines.disclosure.situation import Question, Situation
from pipelines.figures import APART, TOTAL, FigureKey

ROUNDS = 25
GREEDY_STEPS = 400
MASTER_BRANCHES = 2_000

WEIGHT_OF_A_TOTAL = 10
WEIGHT_OF_A_YEAR = 10
"""What is for the year is kept before what is for one quarter or term of it."""
WEIGHT_OF_A_NOUGHT = 50
WEIGHT_OF_WHAT_STAYS = 1_000


@dataclass(frozen=True)
class Insider:
    """Somebody who knows one child, and so that a hidden count is at least this."""

    position: int
    least: int


@dataclass(frozen=True)
class Finding:
    """One thing that could be worked out: which question, how far it is open, and what holds it."""

    question: Question
    least: int
    most: int
    need_most: int
    need_width: int
    upward: Reach
    downward: Reach | None
    insider: Insider | None = None

    @property
    def rows(self) -> tuple[int, ...]:
        """The names of the rows that the finding follows from."""
        return tuple(sorted({*self.upward.rows, *(self.downward.rows if self.downward else ())}))

    @property
    def width(self) -> int:
        """The highest less the lowest possible value."""
        return self.most - self.least


@dataclass(frozen=True)
class Met:
    """Sets of numbers that may be the truth, one a row, and of which figures they are. Whoever takes them over tries them."""

    figures: tuple[tuple[FigureKey, ...], ...]
    points: Vector


@dataclass
class Selection:
    """The choice: what is hidden beside what had to be, for whose sake, and how it was found."""

    primary: frozenset[int]
    complements: set[int] = field(default_factory=set)
    protects: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Complement -> what could be worked out were it shown, and the relation that it would follow from."""
    method: str = "none needed"
    rounds: int = 0
    conditions: int = 0
    open_questions: list[str] = field(default_factory=list)
    """What could not be protected. Empty, or nothing may be published."""
    already_known: set[str] = field(default_factory=set)
    met: Met | None = None
    """What may be the truth behind the release that hides this."""

    @property
    def hidden(self) -> set[int]:
        """All positions that are hidden."""
        return {*self.primary, *self.complements}


@dataclass(frozen=True)
class _Condition:
    """Hiding has to add up to this: the sum of what each hidden count brings, for one that is itself hidden."""

    brings: Mapping[int, float]
    least: float
    of: int | None


class Examiner:
    """Puts the questions of a situation to the attacker and says which are answered too well."""

    def __init__(self, situation: Situation, hidden: Iterable[int]) -> None:
        self.situation = situation
        self.hidden = set(hidden)
        self.attacker = situation.open_attack(self.hidden)
        self.already_known: set[str] = set()
        self._before: Attacker | None = None
        self._needs: dict[tuple[str, Insider | None], tuple[int, int]] = {}
        truths = situation.truths()
        if truths is not None:
            self.attacker.remember(truths)

    @property
    def met(self) -> Met:
        """The possible truths that were met."""
        return Met(self._figures, self.attacker.met)

    def take_over(self, met: Met) -> None:
        """Possible truths that somebody else met: those that fit everything here are as good as if met here."""
        if met.figures == self._figures:
            self.attacker.remember_all(met.points)

    @property
    def _figures(self) -> tuple[tuple[FigureKey, ...], ...]:
        return tuple(tuple(unknown.keys) for unknown in self.situation.unknowns)

    def hide(self, hidden: Iterable[int]) -> None:
        """Changes what the release hides."""
        wanted = set(hidden)
        changed = sorted(wanted ^ self.hidden)
        if any(self.situation.is_nought(p) for p in changed):
            self._before = None
            self._needs.clear()
        ranges = [self.situation.range_of(p, p in wanted) for p in changed]
        self.attacker.set_ranges(changed, [low for low, _ in ranges], [high for _, high in ranges])
        self.hidden = wanted

    def findings(self, *, only_one: bool = False, first: Iterable[str] = ()) -> list[Finding]:
        """What could be worked out. `first` names questions to begin with; `only_one` stops at the first answer."""
        order = {label: n for n, label in enumerate(first)}
        questions = self.situation.questions(self.hidden)
        if order:
            questions.sort(key=lambda question: order.get(question.label, len(order)))
        found = []
        for question in questions:
            finding = self.examine(question)
            if finding is not None:
                found.append(finding)
                if only_one:
                    break
        return found

    def examine(self, question: Question, insider: Insider | None = None) -> Finding | None:
        """The finding for one question; None where it stays open."""
        policy = self.situation.policy
        if question.is_difference:
            return self._examine_difference(question)
        need_most, need_width = policy.threshold, policy.least_interval
        least, most = self.attacker.seen(question.sum_of)
        if most >= need_most and most - least >= need_width:
            return None
        upward = self.attacker.reach(question.sum_of, max(need_most, least + need_width) if least <= most else None)
        if upward.is_proven:
            least = min(least, upward.most)
            if upward.most >= need_most and upward.most - least >= need_width:
                return None
        is_large = upward.is_proven and upward.most >= need_most
        downward = self.attacker.fall(question.sum_of, need_width - upward.most if is_large else None)
        proven = upward.is_proven and downward.is_proven
        width = upward.most + downward.most
        if proven and upward.most >= need_most and width >= need_width:
            return None
        need_most, need_width = self._what_is_left_to_keep(question, need_most, need_width, insider)
        if proven and upward.most >= need_most and width >= need_width:
            self.already_known.add(question.label)
            return None
        return Finding(question, -downward.most, upward.most, need_most, need_width, upward, downward, insider)

    def examine_insider(self, insider: Insider, questions: Iterable[Question]) -> list[Finding]:
        """What somebody can work out who knows that one count is at least so much."""
        low, high = self.situation.range_of(insider.position, insider.position in self.hidden)
        self.attacker.set_ranges([insider.position], [max(low, insider.least)], [high])
        try:
            found = [self.examine(question, insider) for question in questions]
        except Contradiction:
            # What the insider knows does not fit what has to be taken as unchanged: there is no such insider.
            return []
        finally:
            self.attacker.set_ranges([insider.position], [low], [high])
        return [finding for finding in found if finding is not None]

    def _examine_difference(self, question: Question) -> Finding | None:
        """A difference is told where it is sure to be at least one and under the threshold."""
        threshold = self.situation.policy.threshold
        least, most = self.attacker.seen(question.sum_of)
        if least <= 0 or most >= threshold:
            return None
        upward = self.attacker.reach(question.sum_of, threshold)
        if upward.is_proven and upward.most >= threshold:
            return None
        downward = self.attacker.fall(question.sum_of, 0)
        if downward.is_proven and -downward.most <= 0:
            return None
        if self.situation.has_past:
            before = self._attack_before()
            if before.reach(question.sum_of).most < threshold and before.fall(question.sum_of).most < 0:
                self.already_known.add(question.label)
                return None
        return Finding(question, -downward.most, upward.most, threshold, 0, upward, downward)

    def _what_is_left_to_keep(
        self, question: Question, most: int, width: int, insider: Insider | None
    ) -> tuple[int, int]:
        """What a release must leave open: what the policy asks, or as much of it as the past and the insider leave open.

        They are given the release that tells least, one that shows noughts alone, and of these no hidden one: so does the
        audit, to which every hidden count is a hidden count.
        """
        if insider is None and not self.situation.has_past:
            return most, width
        asked = (question.label, insider)
        if asked not in self._needs:
            before = self._attack_before()
            position = [] if insider is None else [insider.position]
            low, high = (0, 0) if insider is None else self.situation.range_of(insider.position, True)
            before.set_ranges(position, [max(low, i.least) for i in (insider,) if i], [high for _ in position])
            try:
                self._needs[asked] = self._what_stays_open(before, question, most, width)
            except Contradiction:
                self._needs[asked] = most, width
            finally:
                before.set_ranges(position, [low for _ in position], [high for _ in position])
        return self._needs[asked]

    @staticmethod
    def _what_stays_open(before: Attacker, question: Question, most: int, width: int) -> tuple[int, int]:
        least, highest = before.seen(question.sum_of)
        enough = max(most, least + width) if least <= highest else None
        upward = before.reach(question.sum_of, enough)
        if enough is not None and upward.is_proven and upward.most >= enough:
            return most, width
        downward = before.fall(question.sum_of)
        return min(most, upward.most), min(width, upward.most + downward.most)

    def _attack_before(self) -> Attacker:
        if self._before is None:
            self._before = self.situation.open_attack(self.hidden, least_told=True)
            self._before.remember_all(self.attacker.met)
        return self._before


def select(
    situation: Situation, primary: Iterable[int], insiders: Iterable[Insider] = (), start: Iterable[int] = ()
) -> Selection:
    """The complements that protect the primaries, and one another. Raises Contradiction where nothing fits what is public.

    With complements to start from, it only adds to them: a choice that fell short is made good.
    """
    start = set(start)
    selection = Selection(frozenset(primary), set(start))
    known = tuple(insiders)
    examiner = Examiner(situation, selection.hidden)
    conditions: list[_Condition] = []
    weights = [_weight(situation, p) for p in range(len(situation.unknowns))]
    if selection.complements:
        selection.rounds = ROUNDS
    while selection.rounds < ROUNDS:
        found = _examine_all(examiner, known)
        if not found:
            break
        selection.rounds += 1
        selection.method = "cut loop"
        new = [c for c in (_condition(situation, selection, finding) for finding in found) if c is not None]
        if len(new) < len(found):
            # Something that no condition can express, or that nothing helps against: left to the steps below.
            selection.rounds = ROUNDS
            break
        conditions += new
        chosen = _cheapest(conditions, weights)
        if chosen is None or chosen == selection.complements:
            selection.rounds = ROUNDS
            break
        selection.complements = chosen
        examiner.hide(selection.hidden)
    selection.conditions = len(conditions)
    if selection.rounds >= ROUNDS:
        try:
            _hide_one_by_one(situation, selection, examiner, known, weights)
        except Contradiction:
            if not start:
                raise
            # What is hidden by now cannot have stayed what it was: whoever assumes so is refuted. The audit judges the rest.
            selection.met = examiner.met
            return selection
    if not selection.open_questions and not start:
        _give_back(situation, selection, examiner, known, weights)
    selection.already_known, selection.met = examiner.already_known, examiner.met
    return selection


def _examine_all(
    examiner: Examiner, insiders: tuple[Insider, ...], *, only_one: bool = False, first: Iterable[str] = ()
) -> list[Finding]:
    found = examiner.findings(only_one=only_one, first=first)
    if found:
        return found
    for insider in insiders:
        found += examiner.examine_insider(insider, near(examiner.situation, insider, examiner.hidden))
        if found and only_one:
            break
    return found


def near(situation: Situation, insider: Insider, hidden: Iterable[int]) -> list[Question]:
    """The hidden counts that share a relation with the one that the insider knows something of."""
    return situation.questions_of(situation.beside.get(insider.position, ()), hidden)


def _weight(situation: Situation, position: int) -> int:
    """What hiding a count costs a reader: more for large counts, for totals, and most for what the policy would keep."""
    unknown = situation.unknowns[position]
    size = unknown.when_shown[1] if unknown.when_shown else 0
    weight = round(10 * (1 + math.log1p(size))) * len(unknown.keys)
    if any(key.breakdown == TOTAL for key in unknown.keys):
        weight *= WEIGHT_OF_A_TOTAL
    if unknown.when_shown == (0, 0):
        weight *= WEIGHT_OF_A_NOUGHT
    if unknown.keys and any(key.breakdown not in APART for key in unknown.keys):
        weight *= WEIGHT_OF_A_YEAR
    kept = situation.policy.keep_visible
    names = {key.metric_id if key.breakdown == TOTAL else f"{key.metric_id}[{key.breakdown}]" for key in unknown.keys}
    return weight * WEIGHT_OF_WHAT_STAYS if names & set(kept) else weight


def _can_be_hidden(situation: Situation, position: int) -> bool:
    unknown = situation.unknowns[position]
    # A nought is hidden only where the legend says that it may be.
    return (
        unknown.is_ours
        and not unknown.is_fixed
        and unknown.when_shown is not None
        and (unknown.when_shown[1] > 0 or unknown.when_hidden[0] == 0)
    )


def _gains(situation: Situation, selection: Selection, reach: Reach) -> tuple[dict[int, float], float]:
    """By how much a limit can rise for each count, were it hidden instead of shown; and the limit with none of them hidden."""
    gains: dict[int, float] = {}
    limit = reach.relaxed
    for position, force in (reach.held_by or {}).items():
        if position in selection.primary or not _can_be_hidden(situation, position):
            continue
        shown, hidden = situation.range_of(position, False), situation.range_of(position, True)
        gain = force * (hidden[1] - shown[1]) if force > 0 else -force * (shown[0] - hidden[0])
        if gain > 1e-9:
            gains[position] = gain
            if position in selection.complements:
                limit -= gain
    return gains, limit


def _condition(situation: Situation, selection: Selection, finding: Finding) -> _Condition | None:
    """What has to be hidden for a finding to fail: at least one of a few counts, or several together."""
    up, limit = _gains(situation, selection, finding.upward)
    asked = set(finding.question.sum_of)
    (own,) = asked if len(asked) == 1 else (None,)
    if finding.question.is_difference:
        assert finding.downward is not None
        down, lower = _gains(situation, selection, finding.downward)
        rise, drop = finding.need_most - limit, -lower
        if rise <= 0 or drop <= 0:
            return None
        brings = {p: min(1.0, up.get(p, 0.0) / rise + down.get(p, 0.0) / drop) for p in sorted({*up, *down})}
        return _Condition(brings, 1.0, None) if brings else None
    if finding.most < finding.need_most:
        brings, least = up, finding.need_most - limit
    else:
        assert finding.downward is not None
        down, lower = _gains(situation, selection, finding.downward)
        brings = {p: up.get(p, 0.0) + down.get(p, 0.0) for p in sorted({*up, *down})}
        least = finding.need_width - (limit + lower)
    brings = {p: min(gain, least) for p, gain in brings.items() if p != own}
    is_left = sum(gain for p, gain in brings.items() if p not in selection.complements) > 1e-9
    if least <= 1e-9 or not is_left or sum(brings.values()) < least - 1e-6:
        return None
    return _Condition(brings, least, own if own in selection.complements else None)


def _cheapest(conditions: list[_Condition], weights: list[int]) -> set[int] | None:
    """The set of least weight that meets every condition, by branch and bound; None where none is found."""
    columns = sorted({p for c in conditions for p in c.brings} | {c.of for c in conditions if c.of is not None})
    place = {p: n for n, p in enumerate(columns)}
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(columns), len(conditions)
    model.col_cost_ = np.array([float(weights[p]) for p in columns])
    model.col_lower_, model.col_upper_ = np.zeros(len(columns)), np.ones(len(columns))
    starts, index, value, lower = [0], [], [], []
    for condition in conditions:
        for p, gain in condition.brings.items():
            index.append(place[p])
            value.append(gain / condition.least)
        if condition.of is not None:
            index.append(place[condition.of])
            value.append(-1.0)
        lower.append(0.0 if condition.of is not None else 1.0)
        starts.append(len(index))
    model.row_lower_, model.row_upper_ = np.array(lower) - 1e-7, np.full(len(conditions), highspy.kHighsInf)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_, matrix.index_, matrix.value_ = np.array(starts), np.array(index, dtype=np.int32), np.array(value)
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(columns)
    solver = highspy.Highs()
    for option, setting in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("mip_max_nodes", MASTER_BRANCHES),
        ("mip_rel_gap", 0.0),
    ):
        solver.setOptionValue(option, setting)
    solver.passModel(model)
    solver.run()
    solution = solver.getSolution()
    if not solution.value_valid:
        return None
    return {p for p, x in zip(columns, solution.col_value, strict=True) if x > 0.5}


def _hide_one_by_one(
    situation: Situation,
    selection: Selection,
    examiner: Examiner,
    insiders: tuple[Insider, ...],
    weights: list[int],
) -> None:
    """For what can still be worked out, hides the cheapest count that helps, until nothing can or nothing is left to hide."""
    selection.method = "one by one"
    for _ in range(GREEDY_STEPS):
        found = _examine_all(examiner, insiders)
        helpful = [_candidates(situation, selection, finding) for finding in found]
        selection.open_questions = sorted(
            {f.question.label for f, candidates in zip(found, helpful, strict=True) if not candidates}
        )
        if not any(helpful):
            return
        newly: set[int] = set()
        for candidates in helpful:
            if candidates and not newly & set(candidates):
                newly.add(max(sorted(candidates), key=lambda p: (candidates[p] / weights[p], -p)))
        selection.complements |= newly
        examiner.hide(selection.hidden)
    selection.open_questions = sorted({finding.question.label for finding in _examine_all(examiner, insiders)})


def _candidates(situation: Situation, selection: Selection, finding: Finding) -> dict[int, float]:
    """Counts still shown that hold a finding in place, with what each is worth; failing these, those that share a relation."""
    found: dict[int, float] = {}
    for reach in (finding.upward, finding.downward):
        if reach is not None:
            gains, _ = _gains(situation, selection, reach)
            for p, gain in gains.items():
                if p not in selection.complements and p not in finding.question.sum_of:
                    found[p] = found.get(p, 0.0) + min(gain, float(UNBOUNDED))
    if found or finding.question.is_difference:
        shown_sides = {
            p: 1.0 for p in finding.question.sum_of if p not in selection.hidden and _can_be_hidden(situation, p)
        }
        return found or shown_sides
    asked = set(finding.question.sum_of)
    for row in situation.rows:
        if asked & set(row.positions):
            for p in row.positions:
                if p not in selection.hidden and _can_be_hidden(situation, p):
                    found[p] = 1.0
    return found


def _give_back(
    situation: Situation,
    selection: Selection,
    examiner: Examiner,
    insiders: tuple[Insider, ...],
    weights: list[int],
) -> None:
    """Shows again every complement that turns out not to be needed; notes for the others what they protect."""
    last: list[str] = []
    for position in sorted(selection.complements, key=lambda p: (-weights[p], p)):
        examiner.hide(selection.hidden - {position})
        try:
            found = _examine_all(examiner, insiders, only_one=True, first=last)
        except Contradiction:
            # Shown, it would only show that something was corrected: it is left as it is.
            continue
        if not found:
            selection.complements.discard(position)
            continue
        label = found[0].question.label
        last = [label, *(name for name in last if name != label)]
        selection.protects[position] = (label, situation.name_of_relation(found[0].rows, position))
    examiner.hide(selection.hidden)
