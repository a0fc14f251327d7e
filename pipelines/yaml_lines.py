"""YAML with the line of each part, so that a fault in a file that people write is named where it stands.

Reading only: what a file may say belongs to the module that asks. No message repeats what a file says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from pipelines.faults import UsageFault

Where = tuple[str | int, ...]
"""The way to a part of a file: names, and places in lists counted from 0."""

Lines = Mapping[Where, int]
"""The line of each part, counted from 1: of a value in a mapping, the line of its name."""


def read_yaml(text: str, name: str) -> tuple[Any, Lines]:
    """What a text says and the lines of its parts. Raises UsageFault, with the line, where it is not YAML."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader), dict(_find_lines(yaml.compose(text, Loader=loader), ()))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageFault(
            f"{name}{where}: this is not YAML. Mend it, often a colon, an indent or a quotation mark."
        ) from None


def find_line(lines: Lines, where: Where) -> int:
    """The line of a part, or of the nearest part around it."""
    while where not in lines and where:
        where = where[:-1]
    return lines.get(where, 1)


def tell_faults(name: str, lines: Lines, faults: Iterable[tuple[Where, str]]) -> str:
    """Each fault with the file, the line and the setting that it is about, a line each, in the order of the file."""
    told = sorted({(find_line(lines, where), _name_setting(where), what) for where, what in faults})
    return "\n".join(f"{name}, line {line}{setting}: {what}" for line, setting, what in told)


def _name_setting(where: Where) -> str:
    return "".join(f", entry {part + 1}" if isinstance(part, int) else f", {part}" for part in where)


def _find_lines(node: yaml.Node | None, where: Where) -> Iterator[tuple[Where, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*where, key.value)
            yield place, key.start_mark.line + 1
            yield from _find_lines(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for number, part in enumerate(node.value):
            yield (*where, number), part.start_mark.line + 1
            yield from _find_lines(part, (*where, number))
