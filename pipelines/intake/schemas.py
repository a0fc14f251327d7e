"""The Table Schemas of the extracts, read once, and the judgement of a single value by them.

What a column may contain is said in `schemas/*.json` and judged by Frictionless; its verdicts become rules here.
Nothing here knows a file, a row or another column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pipelines import paths
from pipelines.intake.moments import Moment, NotAMoment, read_moment


def _list_extracts() -> tuple[str, ...]:
    schemas = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(paths.SCHEMAS.glob("*.json"))}
    tables = [name for name, schema in schemas.items() if "fields" in schema]
    return tuple(sorted(tables, key=lambda name: schemas[name]["order"]))


EXTRACTS = _list_extracts()
"""The extracts that have a schema, in the order in which they are read and reported."""

Form = Literal["id", "authority", "code", "codes", "boolean", "integer", "date", "timestamp"]

_LIKE_A_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_FROM_A_SPREADSHEET = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+\Z|#[A-Z0-9/]+[!?]?\Z|[=@].+", re.DOTALL)


@dataclass(frozen=True)
class Field:
    """One column of an extract, as its schema describes it."""

    name: str
    title: str
    description: str
    form: Form
    is_required: bool
    blank_means: str | None
    """What a blank says, where it says something: the column must then be there."""
    allowed: tuple[str, ...]
    bounds: tuple[str, str] = ("", "")
    pattern: re.Pattern[str] | None = None
    """Where a pattern is all that the schema asks of a text: what matches it whole needs no other judge."""
    words: dict[str, str] = field(default_factory=dict)
    """What the sentences of rules on single values ask for."""


@dataclass(frozen=True)
class ExtractSchema:
    """One extract: its columns in the order of the schema, and the columns that together are unique."""

    name: str
    title: str
    description: str
    fields: dict[str, Field]
    key: tuple[str, ...]
    readers: dict[str, Callable[[str], tuple[Any, dict[str, str] | None]]] = field(repr=False)
    writers: dict[str, Callable[[Any], tuple[Any, Any]]] = field(repr=False)

    def judge(self, column: str, text: str) -> Judgement:
        """What one filled cell of a column is: the rule that it breaks, if any, and the moment that it names."""
        return _judge(self, self.fields[column], text)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one value. With a rule, the moment is None."""

    rule: str | None = None
    moment: Moment | None = None


_FINE = Judgement()


@cache
def read_schema(extract: str) -> ExtractSchema:
    """The schema of one extract. Source: `schemas/<extract>.json`."""
    from frictionless import Schema

    descriptor = json.loads((paths.SCHEMAS / f"{extract}.json").read_text("utf-8"))
    schema = Schema.from_descriptor(descriptor)
    return ExtractSchema(
        name=extract,
        title=descriptor["title"],
        description=descriptor["description"],
        fields={entry["name"]: _field(entry) for entry in descriptor["fields"]},
        key=tuple(descriptor["primaryKey"]),
        readers={entry.name: entry.create_cell_reader() for entry in schema.fields},
        writers={entry.name: entry.create_cell_writer() for entry in schema.fields},
    )


def _field(entry: dict[str, Any]) -> Field:
    constraints = entry.get("constraints", {})
    allowed = tuple(entry.get("codes") or constraints.get("enum", ()))
    bounds = (str(constraints.get("minimum", "")), str(constraints.get("maximum", "")))
    form: Form
    if entry["type"] in ("boolean", "integer", "date"):
        form = entry["type"]
    elif "form" in entry:
        form = entry["form"]
    elif allowed:
        form = "code"
    else:
        form = "authority" if entry["name"] == "authority" else "id"
    return Field(
        name=entry["name"],
        title=entry["title"],
        description=entry["description"],
        form=form,
        is_required=constraints.get("required", False),
        blank_means=entry.get("blankMeans"),
        allowed=allowed,
        bounds=bounds,
        pattern=_only_pattern(entry),
        words={"allowed": ", ".join(allowed), "minimum": bounds[0], "maximum": bounds[1]},
    )


def _only_pattern(entry: dict[str, Any]) -> re.Pattern[str] | None:
    constraints = entry.get("constraints", {})
    if entry["type"] != "string" or set(constraints) - {"required", "unique"} != {"pattern"}:
        return None
    return re.compile(constraints["pattern"])


_BROKEN = {
    "id": "not_an_id",
    "authority": "not_an_authority",
    "code": "not_in_list",
    "boolean": "not_a_boolean",
    "integer": "not_a_whole_number",
    "date": "not_a_date",
    "timestamp": "not_a_timestamp",
}


def _judge(schema: ExtractSchema, column: Field, text: str) -> Judgement:
    # Frictionless strips integers and lets a pattern end in a line break, so stray spaces are looked for first.
    if text != text.strip():
        return Judgement("not_exact")
    value: Any = text
    if column.pattern is None or not column.pattern.fullmatch(text):
        value, notes = schema.readers[column.name](text)
        if notes:
            return Judgement(_broken_rule(schema, column, text, notes))
    if column.form == "codes":
        return _judge_codes(column, text)
    if column.form in ("date", "timestamp"):
        if column.form == "date" and not _LIKE_A_DATE.match(text):
            return Judgement("not_a_date")
        try:
            return Judgement(None, read_moment(text))
        except NotAMoment as fault:
            return Judgement(fault.rule)
    if column.form == "integer" and schema.writers[column.name](value)[0] != text:
        return Judgement("not_exact")
    return _FINE


def _broken_rule(schema: ExtractSchema, column: Field, text: str, notes: dict[str, str]) -> str:
    if _FROM_A_SPREADSHEET.match(text):
        return "damaged_by_spreadsheet"
    if "minimum" in notes or "maximum" in notes:
        return "date_out_of_range" if column.form == "date" else "out_of_range"
    if column.form == "date" and _LIKE_A_DATE.match(text):
        return "no_such_date"
    folded = "_".join(text.casefold().split())
    if column.form in ("code", "boolean") and folded != text and not schema.readers[column.name](folded)[1]:
        return "not_exact"
    return _BROKEN[column.form]


def _judge_codes(column: Field, text: str) -> Judgement:
    codes = text.split(";")
    filled = [code for code in codes if code]
    if any(code not in column.allowed for code in filled):
        folded = [code.strip().casefold() for code in filled]
        return Judgement("not_exact" if all(code in column.allowed for code in folded) else "not_a_factor_list")
    if len(filled) != len(codes) or len(set(filled)) != len(filled):
        return Judgement("repeated_factor")
    return _FINE
