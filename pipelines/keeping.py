"""What is made once and taken again while all that it is made of is the same: how a maker says what that is.

Whatever cannot be described completely is made anew. Where made things are kept, and for how long, is not decided here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path, PurePath
from types import FunctionType
from typing import Any, Protocol

_AS_THEY_ARE = frozenset((type(None), bool, int, str))
_SAID_BY_REPR = frozenset((float, Decimal, date, datetime))


class Store(Protocol):
    """Where made things are kept: `of` names what the thing is made of, each part by the hash of its content."""

    def take(self, kind: str, name: str, of: Mapping[str, str], make: Callable[[], bytes]) -> bytes:
        """The thing as it was made of the very same before; made now where it was not. `name` is only for telling."""

    def make(self, kind: str, name: str, make: Callable[[], bytes]) -> bytes:
        """The thing made now, because not all that it is made of could be described."""

    def tell(self) -> list[str]:
        """What was made so far, what was reused, and why."""


class Indescribable(Exception):
    """A value of which it cannot be said what it consists of."""


class DescribedOnce:
    """A value that many things are made of: it is described once, when the first of them is asked for."""

    def __init__(self, value: object) -> None:
        self._value = value

    @cached_property
    def description(self) -> str:
        """The sha256 of all that the value consists of. Raises Indescribable."""
        return describe(self._value)


_STORE: ContextVar[Store | None] = ContextVar("store of made things", default=None)


@contextmanager
def keeping(store: Store | None) -> Iterator[None]:
    """What is made meanwhile is taken from the store, and put into it."""
    token = _STORE.set(store)
    try:
        yield
    finally:
        _STORE.reset(token)


def tell_made() -> list[str]:
    """What was made meanwhile, what was reused, and why; nothing where all is made."""
    store = _STORE.get()
    return [] if store is None else store.tell()


def make_once(kind: str, of: Mapping[str, object], make: Callable[[], bytes], *, name: str = "") -> bytes:
    """What `make` returns, or what it returned when it was made of the same: `of` must hold everything that decides it, but
    for the program and its tools. `kind` says which maker it is; things of one kind and of the same are the same."""
    store = _STORE.get()
    if store is None:
        return make()
    try:
        described = {part: describe(value) for part, value in of.items()}
    except Indescribable:
        return store.make(kind, name or kind, make)
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
    return hashlib.sha256(json.dumps(_spell(value), check_circular=False).encode()).hexdigest()


def _spell(value: Any) -> Any:
    """The value as JSON in which nothing is lost: what JSON does not know stands behind the name of its type."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is list or kind is tuple:
        return [_spell(item) for item in value]
    name = f"{kind.__module__}.{kind.__qualname__}"
    if is_dataclass(kind):
        return {name: [_spell(getattr(value, field)) for field in _fields_of(kind)]}
    if kind is DescribedOnce:
        return {name: value.description}
    if kind in _SAID_BY_REPR:
        return {name: repr(value)}
    if isinstance(value, str | PurePath):
        return {name: str(value)}
    if kind is bytes:
        return {name: hashlib.sha256(value).hexdigest()}
    if isinstance(value, Mapping):
        return {name: [[_spell(key), _spell(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {name: [_spell(item) for item in value]}
    if isinstance(value, set | frozenset):
        return {name: sorted(describe(item) for item in value)}
    if isinstance(value, FunctionType):
        enclosed = [cell.cell_contents for cell in value.__closure__ or ()]
        named = f"{value.__module__}.{value.__qualname__}"
        return {name: [named, _spell([value.__defaults__, value.__kwdefaults__, enclosed])]}
    if kind.__module__.startswith("pipelines.") and hasattr(value, "__dict__"):
        return {name: _spell(vars(value))}
    raise Indescribable(name)


@cache
def _fields_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
