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
BRANCHES = 2_000
NEARLY = 1e-6
MEMORY = 256
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
        self._points: Vector = np.empty((MEMORY, len(self.least)))
        self._forget()
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
        self.least[at] = [low for _, low, _ in changed]
        self.most[at] = [high for _, _, high in changed]
        self.relaxation.changeColsBounds(len(at), at, self.least[at], self.most[at])
        self._stale.update(int(p) for p in at)
        points = self._points[: self._remembered]
        fits = np.all((points[:, at] >= self.least[at]) & (points[:, at] <= self.most[at]), axis=1)
        if not fits.all():
            kept = points[fits].copy()
            self._forget()
            for point in kept:
                self._keep(point)

    def remember(self, values: Sequence[float]) -> bool:
        """Adds a set of whole numbers that may be the truth. Says whether it fits everything."""
        point = np.array(values, dtype=float)
        if not self._fits(point) or not self._keeps_rows(point):
            return False
        self._keep(point)
        return True

    def seen(self, sum_of: Mapping[int, int]) -> tuple[float, float]:
        """The least and the most that a sum has in the possible truths met so far; (inf, -inf) where there are none."""
        if not self._remembered:
            return float("inf"), float("-inf")
        if len(sum_of) == 1:
            ((p, times),) = sum_of.items()
            ends = times * float(self._lowest[p]), times * float(self._highest[p])
            return min(ends), max(ends)
        values = self._points[: self._remembered, list(sum_of)] @ np.array(list(sum_of.values()), dtype=float)
        return float(values.min()), float(values.max())

    def reach(self, sum_of: Mapping[int, int]) -> Reach:
        """The most that a sum of unknowns can be. Raises Contradiction where nothing fits."""
        self.questions += 1
        self._ask(sum_of)
        if not self._solve():
            return Reach(0, is_proven=False)
        solution = self.relaxation.getSolution()
        point: Vector = np.asarray(solution.col_value, dtype=float)
        relaxed = sum(times * float(point[p]) for p, times in sum_of.items())
        duals = np.asarray(solution.col_dual, dtype=float)
        held_by = {int(p): -float(duals[p]) for p in np.flatnonzero(np.abs(duals) > NEARLY)}
        row_duals = np.asarray(solution.row_dual, dtype=float)
        names = tuple(sorted({self.rows[int(r)].name for r in np.flatnonzero(np.abs(row_duals) > NEARLY)}))
        most = int(np.floor(relaxed + NEARLY))
        if _is_whole(point):
            self._keep(np.rint(point))
        elif not self._find_whole_beside(point, sum_of, most):
            found = self._search(sum_of)
            return Reach(most if found is None else found, found is not None, relaxed, held_by, names)
        return Reach(most, True, relaxed, held_by, names)

    def fall(self, sum_of: Mapping[int, int]) -> Reach:
        """The least that a sum of unknowns can be, as the `reach` of its negative."""
        return self.reach({p: -times for p, times in sum_of.items()})

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

    def _find_whole_beside(self, point: Vector, sum_of: Mapping[int, int], most: int) -> bool:
        """Looks for whole numbers as far out, by fixing one fraction after another to a whole number beside it."""
        fixed: list[int] = []
        is_found = False
        while len(fixed) < DEPTH:
            fractions = np.flatnonzero(np.abs(point - np.rint(point)) > NEARLY)
            if not len(fractions):
                self._keep(np.rint(point))
                is_found = True
                break
            p = int(fractions[-1])
            fixed.append(p)
            below, above = float(np.floor(point[p])), float(np.ceil(point[p]))
            nearest_first = (below, above) if point[p] - below <= 0.5 else (above, below)
            after = next(
                (x for x in (self._with_fixed(p, v, sum_of, most) for v in nearest_first) if x is not None), None
            )
            if after is None:
                break
            point = after
        for p in fixed:
            self.relaxation.changeColBounds(p, self.least[p], self.most[p])
        return is_found

    def _with_fixed(self, position: int, value: float, sum_of: Mapping[int, int], most: int) -> Vector | None:
        """The relaxation with one unknown fixed; None where the sum then falls short."""
        self.relaxation.changeColBounds(position, value, value)
        self.relaxation.run()
        if self.relaxation.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        point: Vector = np.asarray(self.relaxation.getSolution().col_value, dtype=float)
        return point if sum(times * float(point[p]) for p, times in sum_of.items()) >= most - NEARLY else None

    def _search(self, sum_of: Mapping[int, int]) -> int | None:
        """The most in whole numbers, by branch and bound; None where the branches run out."""
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
        solver.run()
        # All is read before the costs are put back, because putting them back forgets it.
        bound, solution = solver.getInfo().mip_dual_bound, solver.getSolution()
        is_found = solution.value_valid
        whole: Vector = np.rint(np.asarray(solution.col_value, dtype=float))
        for p in sum_of:
            solver.changeColCost(p, 0.0)
        if not is_found:
            return None
        if not (self._fits(whole) and self._keeps_rows(whole)):
            return None
        self._keep(whole)
        found = int(sum(times * float(whole[p]) for p, times in sum_of.items()))
        is_best = bound >= -found - 1 + 1e-4
        return found if is_best else None

    def _ask(self, sum_of: Mapping[int, int]) -> None:
        for p in self._asked:
            if p not in sum_of:
                self.relaxation.changeColCost(p, 0.0)
        for p, times in sum_of.items():
            self.relaxation.changeColCost(p, -float(times))
        self._asked = tuple(sum_of)

    def _forget(self) -> None:
        self._remembered = 0
        self._next = 0
        self._lowest: Vector = np.full(len(self.least), np.inf)
        self._highest: Vector = np.full(len(self.least), -np.inf)

    def _keep(self, point: Vector) -> None:
        if self._next == MEMORY:
            # The first is the truth, where the caller gave it: it stays, and the oldest of the others go.
            self._next = 1
        self._points[self._next] = point
        self._next += 1
        self._remembered = max(self._remembered, self._next)
        np.minimum(self._lowest, point, out=self._lowest)
        np.maximum(self._highest, point, out=self._highest)

    def _fits(self, point: Vector) -> bool:
        return bool(np.all(point >= self.least) and np.all(point <= self.most))

    def _keeps_rows(self, point: Vector) -> bool:
        for row in self.rows:
            total = sum(times * point[p] for p, times in zip(row.positions, row.times, strict=True))
            if total > NEARLY or (row.is_equal and total < -NEARLY):
                return False
        return True

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


def _is_whole(point: Vector) -> bool:
    return bool(np.abs(point - np.rint(point)).max(initial=0.0) < NEARLY)


def solver_name() -> str:
    """The solver and its version, for the record."""
    return f"HiGHS {highspy.Highs().version()}"
