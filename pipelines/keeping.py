"""What is made once and taken again while all that it is made of is the same: how a maker says what that is.

Whatever cannot be described completely is made anew. Where made things are kept, and for how long, is not decided here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path, PurePath
from types import FunctionType
from typing import Any, Protocol

PLAIN = (type(None), bool, int, float, Decimal, date, datetime)


class Store(Protocol):
    """Where made things are kept: `of` names what the thing is made of, each part by the hash of its content."""

    def take(self, kind: str, name: str, of: Mapping[str, str], make: Callable[[], bytes]) -> bytes:
        """The thing as it was made of the very same before; made now where it was not. `name` is only for telling."""

    def make(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The thing made now, because not all that it is made of could be described."""


class Indescribable(Exception):
    """A value of which it cannot be said what it consists of."""


_STORE: ContextVar[Store | None] = ContextVar("store of made things", default=None)


@contextmanager
def keeping(store: Store | None) -> Iterator[None]:
    """What is made meanwhile is taken from the store, and put into it."""
    token = _STORE.set(store)
    try:
        yield
    finally:
        _STORE.reset(token)


def make_once(kind: str, of: Mapping[str, object], make: Callable[[], bytes], *, name: str = "") -> bytes:
    """What `make` returns, or what it returned when it was made of the same: `of` must hold everything that decides it, but
    for the program and its tools. `kind` says which maker it is; things of one kind and of the same are the same."""
    store = _STORE.get()
    if store is None:
        return make()
    try:
        described = {part: describe(value) for part, value in of.items()}
    except Indescribable:
        return store.make(name or kind, make)
    return store.take(kind, name or kind, described, make)


def make_file_once(kind: str, into: Path, of: Mapping[str, object], make: Callable[[], object]) -> None:
    """The same for a file that `make` writes."""
    is_made = False

    def write() -> bytes:
        nonlocal is_made
        make()
        is_made = True
        return into.read_bytes()

    content = make_once(kind, of, write, name=str(into))
    if not is_made:
        into.write_bytes(content)


def describe(value: object) -> str:
    """The sha256 of all that a value consists of: the same for equal values in every process.

    A function consists of what it closes over: its code is the program's. Raises Indescribable.
    """
    digest = hashlib.sha256()
    for piece in _walk(value):
        digest.update(piece)
        digest.update(b"\0")
    return digest.hexdigest()


def _walk(value: Any) -> Iterator[bytes]:
    kind = type(value)
    yield f"{kind.__module__}.{kind.__qualname__}".encode()
    if isinstance(value, str):
        yield from (str(len(value)).encode(), value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, bytes):
        yield from (str(len(value)).encode(), value)
    elif kind in PLAIN:
        yield repr(value).encode()
    elif isinstance(value, PurePath):
        yield str(value).encode()
    elif isinstance(value, Mapping):
        yield str(len(value)).encode()
        for key, item in value.items():
            yield from _walk(key)
            yield from _walk(item)
    elif isinstance(value, list | tuple):
        yield str(len(value)).encode()
        for item in value:
            yield from _walk(item)
    elif isinstance(value, set | frozenset):
        yield from sorted(describe(item).encode() for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield each.name.encode()
            yield from _walk(getattr(value, each.name))
    elif isinstance(value, FunctionType):
        yield f"{value.__module__}.{value.__qualname__}".encode()
        yield from _walk([value.__defaults__, value.__kwdefaults__])
        yield from _walk([cell.cell_contents for cell in value.__closure__ or ()])
    elif kind.__module__.startswith("pipelines.") and hasattr(value, "__dict__"):
        yield from _walk(vars(value))
    else:
        raise Indescribable(kind.__qualname__)
