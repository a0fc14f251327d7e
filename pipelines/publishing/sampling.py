"""Draws a stratified sample that anybody can draw again from the seed and the ids.

Who may be drawn, and what the strata are, is decided before; nothing random, and no clock, is used here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One record that was drawn: its stratum, its place in the order of the draw, and how many of how many were drawn."""

    stratum: Stratum
    place: int
    drawn: int
    of: int


def draw_sample(strata: Mapping[str, Stratum], *, seed: str, share: Fraction) -> dict[str, Drawn]:
    """Of the records (id -> stratum), the part `share` of each stratum, rounded up: so at least one of each.

    The order of the draw is that of the sha256 of the seed, a line break and the id. A record's place in its stratum
    therefore depends on the other ids of the stratum alone, and a record that comes or goes moves at most one other in
    or out of the sample.
    Raises ValueError for a share that is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError("the share to draw must lie above 0 and be at most 1")
    members: defaultdict[Stratum, list[str]] = defaultdict(list)
    for unit, stratum in strata.items():
        members[stratum].append(unit)
    sample: dict[str, Drawn] = {}
    for stratum in sorted(members):
        ordered = sorted(members[stratum], key=lambda unit: order_of(unit, seed))
        drawn = ceil(share * len(ordered))
        for place, unit in enumerate(ordered[:drawn], start=1):
            sample[unit] = Drawn(stratum, place, drawn, len(ordered))
    return sample


def order_of(unit: str, seed: str) -> str:
    """Where a record stands in the draw: the sha256 of the seed, a line break and the id, as hexadecimal digits."""
    return hashlib.sha256(f"{seed}\n{unit}".encode()).hexdigest()
