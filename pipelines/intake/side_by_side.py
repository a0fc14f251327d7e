"""Columns of a large extract, looked at two at a time: Arrow and numpy do nearly all of it, and leave Python free meanwhile.

What is looked for is not known here. What comes back is in the order of the columns, as if they had been looked at in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pipelines.processors import count_processors

LARGE = 100_000
"""Rows from which a thread is worth its start."""
_AT_ONCE = 2
"""More would each need the room of a column, and memory is bounded."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def side_by_side(look: Callable[[_Item], _Result], items: Iterable[_Item], *, rows: int) -> Iterator[_Result]:
    """As the built-in `map`. An error is raised when the item that it is about is reached."""
    if rows < LARGE or count_processors() == 1:
        yield from map(look, items)
        return
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        yield from threads.map(look, items)


def ahead(items: Iterable[_Item], *, rows: int) -> Iterator[_Item]:
    """The same items, each made while the one before it is used."""
    if rows < LARGE or count_processors() == 1:
        yield from items
        return
    making = iter(items)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, making, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, making, None)
            yield item
