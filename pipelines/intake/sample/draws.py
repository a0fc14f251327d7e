"""Random draws that give the same numbers on every machine and with every release of numpy.

Only how to draw: what is drawn, and how likely it is, belongs to the modules that tell the story.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.str_]

Quantiles = Sequence[tuple[float, float]]
"""Points (share of the rows, value) of a distribution, joined by straight lines."""


class Draws:
    """A stream of draws of its own for each purpose, so that drawing more for one changes nothing of another.

    Built on the raw bits of PCG64 alone: numpy promises that they stay the same, which it does not of its
    distributions.
    """

    def __init__(self, *purpose: object) -> None:
        digest = hashlib.sha256("/".join(map(str, purpose)).encode()).digest()
        self._bits = np.random.PCG64(int.from_bytes(digest[:16], "big"))

    def uniform(self, *shape: int) -> Floats:
        """Numbers from 0 (included) to 1 (not included)."""
        raw = np.atleast_1d(self._bits.random_raw(int(np.prod(shape, dtype=np.int64))))
        return np.asarray((raw >> np.uint64(11)) * 2.0**-53, dtype=np.float64).reshape(shape)

    def from_quantiles(self, quantiles: Quantiles, *shape: int) -> Floats:
        """Values distributed as the points say."""
        shares, values = zip(*quantiles, strict=True)
        return np.asarray(np.interp(self.uniform(*shape), shares, values), dtype=np.float64)

    def between(self, low: int, high: int, *shape: int) -> Ints:
        """Whole numbers from low to high, both included."""
        return (low + np.floor(self.uniform(*shape) * (high - low + 1))).astype(np.int64)

    def chosen(self, weights: Mapping[str, float], *shape: int) -> Texts:
        """Words, each as often as its weight says."""
        shares = np.cumsum(np.array(list(weights.values())))
        return np.array(list(weights))[np.searchsorted(shares[:-1] / shares[-1], self.uniform(*shape), side="right")]

    def happens(self, chance: float, *shape: int) -> Flags:
        """True in about that share of the places."""
        return self.uniform(*shape) < chance

    def dealt(self, units: int, hand: Sequence[str]) -> Texts:
        """The same words for every unit, in an order of its own: exactly as many of each. Shape (units, words)."""
        return np.array(hand)[np.argsort(self.uniform(units, len(hand)), axis=1, kind="stable")]
