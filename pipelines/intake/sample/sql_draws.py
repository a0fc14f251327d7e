"""Draws as SQL, for tables that no Python memory holds: the same numbers on every machine, whatever the threads.

Each is a slice of the MD5 of what it is for, so that no draw rests on the order in which rows are made. What is drawn
is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

MACROS = (
    # Four draws from one hash: slice 0 to 3, each a number from 0 (included) to 1 (not included).
    "create temp macro slice(bits, place) as ((bits >> (16 * place)) & 65535)::double / 65536",
    # A local time that the clocks skip is moved on by an hour, as they are.
    """create temp macro shown(moment) as
       case
           when month(moment) = 3 and day(moment) >= 25 and dayofweek(moment) = 0 and hour(moment) = 1
               then moment + interval 1 hour
           else moment
       end""",
    "create temp macro stamp(moment) as strftime(moment, '%Y-%m-%dT%H:%M')",
    "create temp macro iso(day) as strftime(day, '%Y-%m-%d')",
)


def bits(*purpose: str) -> str:
    """64 random bits for a purpose: SQL expressions that together name what is drawn."""
    return f"md5_number_lower(concat_ws('/', {', '.join(purpose)}))"


def choose(draw: str, weights: Mapping[str, float]) -> str:
    """A word, each as often as its weight says; the empty word is NULL, a blank cell."""
    total, reached, cases = sum(weights.values()), 0.0, []
    *words, last = weights
    for word in words:
        reached += weights[word]
        cases.append(f"when {draw} < {reached / total!r} then {_quoted(word)}")
    return f"(case {' '.join(cases)} else {_quoted(last)} end)"


def spread(draw: str, points: Sequence[tuple[float, float]]) -> str:
    """A number distributed as the points (share of the rows, value) say, joined by straight lines."""
    cases = [
        f"when {draw} < {end!r} then {low!r} + ({draw} - {start!r}) * {(high - low) / (end - start)!r}"
        for (start, low), (end, high) in pairwise(points)
    ]
    return f"(case {' '.join(cases)} else {points[-1][1]!r} end)"


def _quoted(word: str) -> str:
    return f"'{word}'" if word else "null"
