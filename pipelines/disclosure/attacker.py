"""The attacker: what somebody who knows the rules can work out from ranges and relations, as whole numbers.

Linear programming over unknown counts. It knows nothing of metrics, policies or files, and limits work by steps, never by time,
so that the same question always has the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

UNBOUNDED = 100_000
"""More than any count of an authority: an unknown count is taken to lie between 0 and this."""

SIMPLEX_STEPS = 200_000
PRIMAL = int(highspy.simplex_constants.SimplexStrategy.kSimplexStrategyPrimal)
DUAL = int(highspy.simplex_constants.SimplexStrategy.kSimplexStrategyDual)
BRANCHES = 2_000
NEARLY = 1e-6
MEMORY = 1_024
CHECKED_AT_ONCE = 64
DEPTH = 12


@dataclass(frozen=True)
class Row:
    """A sum of unknowns, by their positions, each times a whole number: equal to 0, or at most 0."""

    positions: tuple[int, ...]
    times: tuple[int, ...]
    is_equal: bool
    name: int = 0
    """The caller's number for it, to say later which relations gave something away."""


@dataclass(frozen=True)
class Reach:
    """The most that a sum of unknowns can be, and what keeps it there."""

    most: int
    is_proven: bool
    """False where the search was given up: `most` is then an upper limit only."""
    relaxed: float = 0.0
    """The most without whole numbers: never less than `most`."""
    held_by: Mapping[int, float] | None = None
    """Unknown -> how much the sum rises at most with each unit that its range grows: upwards, or where negative downwards."""
    rows: tuple[int, ...] = ()
    """The names of the rows that the limit follows from."""


class Contradiction(Exception):
    """No numbers at all fit what is public."""


class Attacker:
    """Unknown whole numbers with ranges, and rows between them. Ranges may be changed between questions."""

    def __init__(self, least: Sequence[int], most: Sequence[int], rows: Sequence[Row]) -> None:
        self.least: Vector = np.array(least, dtype=float)
        self.most: Vector = np.array(most, dtype=float)
        self.rows = rows
        self.relaxation = self._open(whole=False)
        self._whole: Any = None
        self._asked: tuple[int, ...] = ()
        self._stale: set[int] = set()
        # By column, as they are asked for.
        self._points: Vector = np.empty((MEMORY, len(self.least)), order="F")
        self._broken = np.zeros(MEMORY, dtype=np.int64)
        self._remembered = self._next = 0
        self.questions = 0
        self.searches = 0

    def set_ranges(self, positions: Sequence[int], least: Sequence[int], most: Sequence[int]) -> None:
        """Changes what is known of some unknowns."""
        changed = [
            (p, low, high)
            for p, low, high in zip(positions, least, most, strict=True)
            if self.least[p] != low or self.most[p] != high
        ]
        if not changed:
            return
        at = np.array([p for p, _, _ in changed], dtype=np.int32)
        points = self._points[: self._remembered, at]
        self._broken[: self._remembered] -= self._count_outside(points, at)
        self.least[at] = [low for _, low, _ in changed]
        self.most[at] = [high for _, _, high in changed]
        # Those that do not fit now are set aside, and fit again when the ranges are what they were.
        self._broken[: self._remembered] += self._count_outside(points, at)
        self.relaxation.changeColsBounds(len(at), at, self.least[at], self.most[at])
        self._stale.update(int(p) for p in at)

    def remember(self, values: Sequence[float]) -> bool:
        """Adds a set of whole numbers that may be the truth. Says whether it fits everything."""
        return self.remember_all(np.array([values], dtype=float)) == 1

    def remember_all(self, points: Vector) -> int:
        """Adds those sets of whole numbers, one a row, that may be the truth. Says how many fit everything."""
        fitting = points[np.all((points >= self.least) & (points <= self.most), axis=1)]
        fitting = fitting[np.all(fitting == np.rint(fitting), axis=1)]
        fitting = fitting[self._keep_rows(fitting)]
        for point in fitting:
            self._keep(point)
        return len(fitting)

    @property
    def met(self) -> Vector:
        """The possible truths that are remembered and fit, one a row."""
        return np.ascontiguousarray(self._points[: self._remembered][self._broken[: self._remembered] == 0])

    def seen(self, sum_of: Mapping[int, int]) -> tuple[float, float]:
        """The least and the most that a sum has in the possible truths met so far; (inf, -inf) where there are none."""
        fits = self._broken[: self._remembered] == 0
        if not fits.any():
            return float("inf"), float("-inf")
        values = sum(times * self._points[: self._remembered, p] for p, times in sum_of.items())
        fitting = np.broadcast_to(np.asarray(values, dtype=float), fits.shape)[fits]
        return float(fitting.min()), float(fitting.max())

    def reach(self, sum_of: Mapping[int, int], enough: float | None = None) -> Reach:
        """The most that a sum of unknowns can be; where it can be `enough`, any proof of that will do, and `most` is what
        the proof shows. Raises Contradiction where nothing fits."""
        self.questions += 1
        self._ask(sum_of)
        if not self._solve():
            return Reach(0, is_proven=False)
        solution = self.relaxation.getSolution()
        point: Vector = np.asarray(solution.col_value, dtype=float)
        relaxed = _add_up(sum_of, point)
        duals = np.asarray(solution.col_dual, dtype=float)
        held_by = {int(p): -float(duals[p]) for p in np.flatnonzero(np.abs(duals) > NEARLY)}
        row_duals = np.asarray(solution.row_dual, dtype=float)
        names = tuple(sorted({self.rows[int(r)].name for r in np.flatnonzero(np.abs(row_duals) > NEARLY)}))
        most = int(np.floor(relaxed + NEARLY))
        goal = most if enough is None else min(most, int(np.ceil(enough)))
        if _is_whole(point):
            self._keep(np.rint(point))
            return Reach(most, True, relaxed, held_by, names)
        whole = self._find_whole_beside(point, sum_of, goal)
        found = self._search(sum_of, goal) if whole is None else int(_add_up(sum_of, whole))
        return Reach(most if found is None else found, found is not None, relaxed, held_by, names)

    def fall(self, sum_of: Mapping[int, int], enough: float | None = None) -> Reach:
        """The least that a sum of unknowns can be, as the `reach` of its negative."""
        return self.reach({p: -times for p, times in sum_of.items()}, enough)

    def _solve(self) -> bool:
        """Solves the relaxation; from scratch once more on trouble. Says whether it has an answer."""
        for attempt in (1, 2):
            self.relaxation.run()
            status = self.relaxation.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                return True
            if status == highspy.HighsModelStatus.kInfeasible and attempt == 2:
                raise Contradiction
            self.relaxation.clearSolver()
        return False

    def _find_whole_beside(self, point: Vector, sum_of: Mapping[int, int], goal: int) -> Vector | None:
        """Looks for whole numbers as far out as the goal, by fixing one fraction after another to a whole number beside it."""
        fixed: list[int] = []
        found: Vector | None = None
        # A fixed unknown leaves the costs as they are: the dual method goes on from the last answer.
        self.relaxation.setOptionValue("simplex_strategy", DUAL)
        while len(fixed) < DEPTH:
            fractions = np.flatnonzero(np.abs(point - np.rint(point)) > NEARLY)
            if not len(fractions):
                found = np.rint(point)
                self._keep(found)
                break
            p = int(fractions[-1])
            fixed.append(p)
            below, above = float(np.floor(point[p])), float(np.ceil(point[p]))
            nearest_first = (below, above) if point[p] - below <= 0.5 else (above, below)
            after = next(
                (x for x in (self._with_fixed(p, v, sum_of, goal) for v in nearest_first) if x is not None), None
            )
            if after is None:
                break
            point = after
        for p in fixed:
            self.relaxation.changeColBounds(p, self.least[p], self.most[p])
        self.relaxation.setOptionValue("simplex_strategy", PRIMAL)
        return found

    def _with_fixed(self, position: int, value: float, sum_of: Mapping[int, int], goal: int) -> Vector | None:
        """The relaxation with one unknown fixed; None where the sum then falls short."""
        self.relaxation.changeColBounds(position, value, value)
        self.relaxation.run()
        if self.relaxation.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        point: Vector = np.asarray(self.relaxation.getSolution().col_value, dtype=float)
        return point if _add_up(sum_of, point) >= goal - NEARLY else None

    def _search(self, sum_of: Mapping[int, int], goal: int) -> int | None:
        """The most in whole numbers, or what reaches the goal, by branch and bound; None where the branches run out."""
        self.searches += 1
        if self._whole is None:
            self._whole = self._open(whole=True)
        elif self._stale:
            at = np.array(sorted(self._stale), dtype=np.int32)
            self._whole.changeColsBounds(len(at), at, self.least[at], self.most[at])
        self._stale.clear()
        solver = self._whole
        for p, times in sum_of.items():
            solver.changeColCost(p, -float(times))
        solver.setOptionValue("objective_target", 0.5 - goal)
        solver.run()
        # All is read before the costs are put back, because putting them back forgets it.
        bound, solution = solver.getInfo().mip_dual_bound, solver.getSolution()
        is_found = solution.value_valid
        whole: Vector = np.rint(np.asarray(solution.col_value, dtype=float))
        for p in sum_of:
            solver.changeColCost(p, 0.0)
        if not is_found:
            return None
        if not self.remember_all(whole[np.newaxis]):
            return None
        found = int(_add_up(sum_of, whole))
        is_best = bound >= -found - 1 + 1e-4
        return found if is_best or found >= goal else None

    def _ask(self, sum_of: Mapping[int, int]) -> None:
        for p in self._asked:
            if p not in sum_of:
                self.relaxation.changeColCost(p, 0.0)
        for p, times in sum_of.items():
            self.relaxation.changeColCost(p, -float(times))
        self._asked = tuple(sum_of)

    def _keep(self, point: Vector) -> None:
        if self._next == MEMORY:
            # The first is the truth, where the caller gave it: it stays, and the oldest of the others go.
            self._next = 1
        self._points[self._next] = point
        self._broken[self._next] = 0
        self._next += 1
        self._remembered = max(self._remembered, self._next)

    def _count_outside(self, points: Vector, at: NDArray[np.int32]) -> NDArray[np.int64]:
        """How many of these unknowns are out of their range, in each point."""
        outside = (points < self.least[at]) | (points > self.most[at])
        return np.asarray(outside.sum(axis=1), dtype=np.int64)

    def _keep_rows(self, points: Vector) -> NDArray[np.bool_]:
        """Which of the points keep every row."""
        rows = [row for row in self.rows if row.positions]
        if not rows:
            return np.ones(len(points), dtype=np.bool_)
        at = np.array([p for row in rows for p in row.positions])
        times = np.array([t for row in rows for t in row.times], dtype=float)
        starts = np.cumsum([0, *(len(row.positions) for row in rows[:-1])])
        is_equal = np.array([row.is_equal for row in rows])
        kept = [np.ones(0, dtype=np.bool_)]
        for first in range(0, len(points), CHECKED_AT_ONCE):
            totals = np.add.reduceat(points[first : first + CHECKED_AT_ONCE, at] * times, starts, axis=1)
            kept.append(np.all((totals <= NEARLY) & (~is_equal | (totals >= -NEARLY)), axis=1))
        return np.concatenate(kept)

    def _open(self, *, whole: bool) -> Any:
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("parallel", "off"),
            ("random_seed", 0),
            ("time_limit", highspy.kHighsInf),
        ):
            solver.setOptionValue(option, value)
        model = highspy.HighsLp()
        columns, rows = len(self.least), len(self.rows)
        model.num_col_, model.num_row_ = columns, rows
        model.col_cost_ = np.zeros(columns)
        model.col_lower_, model.col_upper_ = self.least, self.most
        model.row_lower_ = np.array([0.0 if row.is_equal else -highspy.kHighsInf for row in self.rows])
        model.row_upper_ = np.zeros(rows)
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.cumsum([0, *(len(row.positions) for row in self.rows)])
        matrix.index_ = np.array([p for row in self.rows for p in row.positions], dtype=np.int32)
        matrix.value_ = np.array([t for row in self.rows for t in row.times], dtype=float)
        if whole:
            model.integrality_ = [highspy.HighsVarType.kInteger] * columns
            solver.setOptionValue("mip_max_nodes", BRANCHES)
            solver.setOptionValue("mip_rel_gap", 0.0)
            solver.setOptionValue("mip_abs_gap", 0.9)
        else:
            solver.setOptionValue("solver", "simplex")
            # From one question to the next the costs change and the rows stay: the last answer is where the primal method starts.
            solver.setOptionValue("simplex_strategy", PRIMAL)
            solver.setOptionValue("presolve", "off")
            solver.setOptionValue("simplex_iteration_limit", SIMPLEX_STEPS)
        solver.passModel(model)
        return solver


def _add_up(sum_of: Mapping[int, int], point: Vector) -> float:
    return sum(times * float(point[p]) for p, times in sum_of.items())


def _is_whole(point: Vector) -> bool:
    return bool(np.abs(point - np.rint(point)).max(initial=0.0) < NEARLY)


def solver_name() -> str:
    """The solver and its version, for the record."""
    return f"HiGHS {highspy.Highs().version()}"
