"""How far the children of an extract could be told apart by what it says of them: groups, the smallest, and who is alone.

For information: an extract must be at the level of the child, so that small groups are no fault. It says how it must be kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.intake.cells import Extract, group_rows
from pipelines.intake.sheets import Numbers

_BAND_STARTS = (10, 13, 16)
_ATTRIBUTES = {
    "missing_episodes": {"age": "age band", "sex": "sex", "ethnicity": "ethnicity", "looked_after": "status"},
    "cme_referrals": {"phase": "phase", "sex": "sex", "ethnicity": "ethnicity", "first_language": "first language"},
}


@dataclass(frozen=True, slots=True)
class Anonymity:
    """The groups of children of one extract who have the same attributes."""

    attributes: tuple[str, ...]
    children: int
    groups: int
    smallest_group: int
    """The k of k-anonymity: how many children the smallest group has; 0 where there are none."""
    alone: int
    """Children who are the only one of some group."""

    @property
    def share_alone(self) -> float:
        """The share of children who are alone, from 0 to 1."""
        return self.alone / self.children if self.children else 0.0


def measure_anonymity(extracts: Mapping[str, Extract]) -> dict[str, Anonymity]:
    """The anonymity of each extract of children's attributes that has rows. A blank is an attribute like another."""
    return {
        name: _measure(extracts[name], attributes)
        for name, attributes in _ATTRIBUTES.items()
        if name in extracts and extracts[name].rows
    }


def _measure(extract: Extract, attributes: Mapping[str, str]) -> Anonymity:
    group = group_rows(*(_codes(extract, column) for column in attributes))
    children = extract.columns["child_id"]
    named = children.is_filled
    # Each child once in each group in which it stands: both as one number.
    count = max(len(children.values), 1)
    groups, child = np.divmod(np.unique(group[named] * count + children.codes[named]), count)
    sizes = np.unique(groups, return_counts=True)
    small = np.isin(groups, sizes[0][sizes[1] == 1])
    return Anonymity(
        attributes=tuple(attributes.values()),
        children=len(np.unique(child)),
        groups=len(sizes[0]),
        smallest_group=int(sizes[1].min()) if len(sizes[0]) else 0,
        alone=len(np.unique(child[small])),
    )


def _codes(extract: Extract, column: str) -> Numbers:
    cells = extract.columns[column]
    if column == "age":
        return cells.numbers(_band, -1)
    return cells.codes.astype(np.int64)


def _band(age: str) -> int:
    return int(np.searchsorted(_BAND_STARTS, int(age), "right")) if age.isdecimal() and len(age) < 3 else -2
