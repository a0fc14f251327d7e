"""What a reader finds in a finished file, whatever its format: numbers bound to a figure, and words that may hold some.

Records only. A reader does not know the figures; what is found is judged in `verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """A number that the file binds to one figure by its address. `value` is the machine's copy of it, where there is one."""

    place: str
    address: str
    text: str | None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Words. Every number in them is told apart by rule, or is that of one of `addresses`, in their order."""

    place: str
    text: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quoted:
    """A number that somebody else publishes, marked as such: its text, or its value alone."""

    place: str
    text: str | None
    value: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of the policy of protection, marked as such."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Described:
    """The words that stand for a drawing of the same edition, for those who do not see it. `drawing` is its path."""

    place: str
    text: str
    drawing: str


@dataclass(frozen=True, slots=True)
class Indexed:
    """Every number of a page's own text, in order: the search index must hold the same."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A row that explains figures: their metric, breakdown and category as codes, joined by slashes."""

    place: str
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """One figure's row in a table of figures: the text of each column by its name."""

    place: str
    address: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """(place, words) of each page of a paper, and the addresses of all numbers in them, in the order of reading."""

    pages: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    is_complete: bool = True
    """Whether the paper shows no other numbers: a drawing of what is no figure does."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The file binds its numbers in a way that cannot be read."""

    place: str
    problem: str


Found = Shown | Said | Quoted | Setting | Described | Row | Listed | Indexed | Named | Broken
