"""The rows of one extract in memory, column by column, each column as its distinct values and a code per row.

A shape only: it neither reads files nor judges values. Judging distinct values once is what makes large extracts quick, and
keeping many of them as Arrow's text is what makes them small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

MANY = 5_000
"""Distinct values from which Arrow is worth its start: from here on they are `Texts`."""
_AT_ONCE = 100_000

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


class Texts(Sequence[str]):
    """Many distinct values, as Arrow keeps them: in a fraction of the memory. Texts of Python are made as they are asked for."""

    def __init__(self, array: pa.StringArray) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        text: str = self.array[int(place)].as_py()
        return text

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self.array), _AT_ONCE):
            yield from self.array.slice(start, _AT_ONCE).to_pylist()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(str.__eq__, self, other))

    def __hash__(self) -> int:
        return hash(len(self))

    def matching(self, pattern: str) -> Mask:
        """Per value, whether some part of it matches a pattern of Arrow's engine."""
        import pyarrow.compute as pc

        found: Mask = pc.match_substring_regex(self.array, pattern).to_numpy(zero_copy_only=False)
        return found


@dataclass(frozen=True)
class Column:
    """One column: `values` are its distinct filled cells, `codes` say per row which of them, -1 for a blank cell."""

    values: Sequence[str]
    """A tuple; or `Texts` where there are many."""
    codes: npt.NDArray[np.int32]

    @property
    def is_filled(self) -> Mask:
        """Per row, whether the cell is filled."""
        return self.codes >= 0

    def where(self, matches: Sequence[bool] | Mask) -> Mask:
        """Per row, whether its value is one for which `matches` (one entry per distinct value) is true."""
        return np.append(np.asarray(matches, dtype=bool), False)[self.codes]

    def is_any_of(self, *values: str) -> Mask:
        """Per row, whether the cell holds one of the values."""
        if isinstance(self.values, Texts):
            import pyarrow as pa
            import pyarrow.compute as pc

            return self.where(pc.is_in(self.values.array, pa.array(values)).to_numpy(zero_copy_only=False))
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


def build_column(values: list[str] | pa.StringArray, codes: npt.NDArray[np.int32]) -> Column:
    """A column of these distinct values, among which the empty string is a blank, as is a code of -1."""
    if not isinstance(values, list):
        return _build_large(values, codes) if len(values) > MANY else build_column(values.to_pylist(), codes)
    if "" in values:
        blank = values.index("")
        values = [*values[:blank], *values[blank + 1 :]]
        codes = _without(codes, blank)
    if len(values) > MANY:
        import pyarrow as pa

        return Column(Texts(pa.array(values, pa.string())), codes)
    return Column(tuple(values), codes)


def _build_large(values: pa.StringArray, codes: npt.NDArray[np.int32]) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    blank = pc.index(values, "").as_py()
    if blank >= 0:
        values = pa.concat_arrays([values.slice(0, blank), values.slice(blank + 1)])
        codes = _without(codes, blank)
    return Column(Texts(values), codes)


def _without(codes: npt.NDArray[np.int32], blank: int) -> npt.NDArray[np.int32]:
    return np.where(codes == blank, -1, codes - (codes > blank)).astype(np.int32)


def blank_column(rows: int) -> Column:
    """A column in which every cell is blank."""
    return Column((), np.full(rows, -1, dtype=np.int32))


def match_values(columns: Sequence[Column]) -> tuple[list[Numbers], int]:
    """Per column, a number for each distinct value that equal values share across the columns; and how many there are."""
    if not any(isinstance(column.values, Texts) for column in columns):
        places: dict[str, int] = {}
        found = [[places.setdefault(value, len(places)) for value in column.values] for column in columns]
        return [np.array(each, dtype=np.int64) for each in found], len(places)
    import pyarrow as pa

    arrays = [
        column.values.array if isinstance(column.values, Texts) else pa.array(column.values, pa.string())
        for column in columns
    ]
    encoded = pa.concat_arrays(arrays).dictionary_encode()
    numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return np.split(numbers, np.cumsum([len(array) for array in arrays])[:-1]), len(encoded.dictionary)
