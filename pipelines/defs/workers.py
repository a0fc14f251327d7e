"""Processes beside this one, for pure work that can be done on several processors at a time. They see no files and no warehouse.

What the work is, is not known here; with one processor, or with little to do, everything stays in this process.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from pipelines.processors import count_processors

MOST = 8
"""More have nothing to do: views of the country are looked at in waves of so many."""


@contextmanager
def open_workers(*, needed: bool) -> Iterator[Any]:
    """Something like `map` that works on several at once; the built-in `map` where that is not `needed`."""
    number = min(MOST, count_processors())
    if not needed or number == 1:
        yield map
        return
    # Started anew, not forked: this process has threads, and a fork would take over their locks.
    start_anew = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, mp_context=start_anew, initializer=_end_with_parent) as workers:
        yield workers.map


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
