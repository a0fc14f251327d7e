"""The rows of one extract in memory, column by column, each column as its distinct values and a code per row.

A shape only: it neither reads files nor judges values. Judging distinct values once is what makes large extracts quick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """One column: `values` are its distinct filled cells, `codes` say per row which of them, -1 for a blank cell."""

    values: tuple[str, ...]
    codes: npt.NDArray[np.int32]

    @property
    def is_filled(self) -> Mask:
        """Per row, whether the cell is filled."""
        return self.codes >= 0

    def where(self, matches: Sequence[bool]) -> Mask:
        """Per row, whether its value is one for which `matches` (one entry per distinct value) is true."""
        return np.append(np.asarray(matches, dtype=bool), False)[self.codes]

    def is_any_of(self, *values: str) -> Mask:
        """Per row, whether the cell holds one of the values."""
        return self.where([value in values for value in self.values])

    def numbers(self, measure: Callable[[str], int], blank: int) -> Numbers:
        """Per row, a whole number worked out from the value; `blank` for a blank cell."""
        return np.array([*map(measure, self.values), blank], dtype=np.int64)[self.codes]

    def counts(self) -> npt.NDArray[np.intp]:
        """Per distinct value, how many cells hold it."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def text(self, row: int) -> str:
        """The cell of one row (counted from 0); blank is the empty string."""
        return self.values[self.codes[row]] if self.codes[row] >= 0 else ""


@dataclass(frozen=True)
class Sheet:
    """One extract: its header as it stands, its columns in that order, and the line where each row starts."""

    header: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: Numbers

    @property
    def rows(self) -> int:
        """How many rows there are, the header not counted."""
        return len(self.lines)

    def named(self) -> dict[str, Column]:
        """The columns by name; of columns that share a name, the first."""
        return dict(reversed(list(zip(self.header, self.columns, strict=True))))


class ColumnBuilder:
    """Gathers the cells of one column, batch by batch."""

    def __init__(self) -> None:
        self._places: defaultdict[str, int] = defaultdict()
        self._places.default_factory = self._places.__len__
        self._batches: list[npt.NDArray[np.int32]] = []

    def extend(self, cells: Sequence[str]) -> None:
        """Add cells; the empty string is a blank."""
        self._batches.append(np.fromiter(map(self._places.__getitem__, cells), np.int32, len(cells)))

    def build(self) -> Column:
        """The column of all cells so far."""
        codes = np.concatenate(self._batches) if self._batches else np.empty(0, dtype=np.int32)
        return build_column(list(self._places), codes)


def build_column(values: list[str], codes: npt.NDArray[np.int32]) -> Column:
    """A column of these distinct values, among which the empty string is a blank, as is a code of -1."""
    if "" not in values:
        return Column(tuple(values), codes)
    blank = values.index("")
    codes = np.where(codes == blank, -1, codes - (codes > blank)).astype(np.int32)
    return Column((*values[:blank], *values[blank + 1 :]), codes)


def blank_column(rows: int) -> Column:
    """A column in which every cell is blank."""
    return Column((), np.full(rows, -1, dtype=np.int32))
