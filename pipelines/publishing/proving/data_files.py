"""Reads finished CSV files and JSON descriptors.

A table whose columns hold the key of a figure is a table of figures, row by row. Any other is read as words.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.publishing.downloads import KEY
from pipelines.publishing.proving.found import Found, Named, Quoted, Row, Said, Shown
from pipelines.publishing.proving.knowledge import address_population

QUOTED = frozenset(("measure", "value", "symbol", "release"))
"""The columns of a table of what the department publishes."""

NAMING = ("metric_id", "breakdown", "category")
"""The columns of a table that explains figures, whatever their edition and authority."""

MEASURED = frozenset(("value", "display", "exact", "public", "numerator", "denominator"))
"""A table of figures has some of these besides the key."""


CODED = frozenset(("pattern", "format", "url", "@id", "@context", "propertyUrl"))
"""Members of a descriptor whose texts are code."""


def has_figures(file: Path) -> bool:
    """Whether a CSV file is a table of figures."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        columns = set(next(csv.reader(lines), ()))
    return columns >= set(KEY) and bool(columns & MEASURED)


def read_table(file: Path, *, has_records: bool) -> Iterator[Found]:
    """A table of figures, of the department's values, or of words. `has_records`: any other table holds rows of records
    and of evidence, which are no figures (restricted side)."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = set(reader.fieldnames or ())
        if columns >= set(KEY) and columns & MEASURED:
            yield from _read_figures(reader)
        elif columns >= QUOTED:
            for row in reader:
                yield Quoted(f"line {reader.line_num}", None, row["value"])
        elif not has_records:
            for row in reader:
                if columns >= set(NAMING):
                    yield Named(f"line {reader.line_num}", "/".join(row.pop(name) for name in NAMING))
                for column, text in row.items():
                    yield Said(f"line {reader.line_num}, column {column}", text)


def _read_figures(reader: csv.DictReader[str]) -> Iterator[Found]:
    for row in reader:
        address = "/".join(row.pop(name) for name in KEY)
        yield Row(f"line {reader.line_num}", address, row)


def read_descriptor(file: Path) -> Iterator[Found]:
    """The words of a JSON file. Numbers in it are refused unless they are a constraint of a column or the population."""
    yield from _read_json(json.loads(file.read_text("utf-8")), "")


def _read_json(node: Any, place: str) -> Iterator[Found]:
    match node:
        case {"authority": authority, "group": group, "year_ending": year_ending, "population": population}:
            yield Shown(place, address_population(authority, group, year_ending), str(population))
        case dict():
            for name, value in node.items():
                if name in CODED:
                    continue
                yield from _read_json(value, f"{place}.{name}" if place else name)
        case list():
            for number, value in enumerate(node):
                yield from _read_json(value, f"{place}[{number}]")
        case bool() | None:
            return
        case int() | float():
            yield Said(place, str(node))
        case str():
            yield Said(place, node)
