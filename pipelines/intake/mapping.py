"""The mapping file: which column of an export becomes which field of an extract, and what its codes, dates and blanks mean.

What a mapping may say stands here, and the checks that it says something possible, with the line at fault. Applying it
to an export belongs to `mapped`. A mapping holds an export's codes, so it is never repeated in a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.faults import DataFault
from pipelines.intake.plain_yaml import read_plain_yaml
from pipelines.intake.schemas import EXTRACTS, read_schema
from pipelines.intake.schemas import Field as SchemaField
from pipelines.intake.source_tables import make_slug
from pipelines.yaml_lines import Where, find_line

ISO = "iso"
JOINED_BY = " | "
_MOST_PROBLEMS = 20
_SOURCES = ("column", "columns", "constant", "date_of_birth", "found_in")

Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class During(_Part):
    """Rows of a lookup that hold for a time: only the row whose time covers the start of the episode counts."""

    start: Text = Field(description="Column of the first day.")
    end: Text = Field(description="Column of the last day; blank where it has none yet.")
    format: Text | tuple[Text, ...] = Field(description="How both are written: a strptime format, several, or iso.")
    at: Text = Field("started_at", description="The field of the extract whose day must be covered.")


class Lookup(_Part):
    """Another file of the same export that has more about each row."""

    file: Text = Field(description="Name of the file.")
    key: Text = Field(description="Column of that file.")
    by: Text = Field(description="Column of the extract's own file that holds the same number.")
    during: During | None = Field(None, description="For rows that hold for a time.")
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","


class Keep(_Part):
    """Which rows of the file the extract takes: those that hold one of these values."""

    column: Text
    values: tuple[str, ...] = Field(min_length=1)


class FieldMapping(_Part):
    """Where one field comes from. Exactly one of column, columns, constant, date_of_birth and found_in is given."""

    column: Text | None = Field(None, description="The column that it comes from.")
    columns: tuple[Text, ...] | None = Field(
        None, description=f"Several columns, whose cells are joined by '{JOINED_BY}' before codes are looked up."
    )
    constant: str | None = Field(None, description="The same value in every row; '' where the export does not have it.")
    date_of_birth: Text | None = Field(None, description="For age: the column of the date of birth, which is dropped.")
    found_in: Text | None = Field(None, description="For yes or no: whether the lookup has a row.")
    lookup: Text | None = Field(None, alias="from", description="The lookup that has the column.")
    codes: dict[str, str] | None = Field(None, description="The export's values and our codes for them.")
    yes: tuple[str, ...] | None = Field(None, description="The values that mean true.")
    no: tuple[str, ...] | None = Field(None, description="The values that mean false.")
    format: Text | tuple[Text, ...] | None = Field(
        None, description="How dates are written: a strptime format, several of them, or iso."
    )
    midnight_is_no_time: bool = Field(False, description="Whether 00:00 stands for a day of which no time is known.")
    blank: tuple[str, ...] = Field((), description="Values that mean a blank here, beside those of the extract.")
    separator: Text | None = Field(None, description="For several codes in one cell: what stands between them.")
    already_pseudonymous: bool = Field(
        False, description="Whether the ids are pseudonyms already and stay as they are."
    )

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats in the order in which they are tried."""
        return () if self.format is None else (self.format,) if isinstance(self.format, str) else self.format

    @model_validator(mode="after")
    def _has_one_source(self) -> FieldMapping:
        given = [name for name in _SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_SOURCES)}")
        return self


class ExtractMapping(_Part):
    """One extract: its file, and the source of each field."""

    file: Text = Field(description="Name of the file in the export, .csv or .xlsx.")
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    blank: tuple[str, ...] = Field((), description="Values that mean a blank in every column, for example NULL.")
    keep: tuple[Keep, ...] = Field((), description="Rows that the extract takes; without it, all.")
    lookups: dict[Text, Lookup] = Field(default_factory=dict, description="Other files, by names of your own.")
    fields: dict[Text, FieldMapping] = Field(description="The extract's fields.")


class ExportMapping(_Part):
    """A mapping file."""

    description: str = Field("", description="What export this is for.")
    extracts: dict[Literal[EXTRACTS], ExtractMapping] = Field(min_length=1)  # type: ignore[valid-type]


@dataclass(frozen=True)
class ReadMapping:
    """A mapping that can be applied, and the lines of its parts for messages."""

    name: str
    mapping: ExportMapping
    lines: Mapping[Where, int]

    def fault(self, where: Where, what: str) -> DataFault:
        """What to raise when something that the mapping names is not there."""
        return DataFault(f"{self.name}, line {find_line(self.lines, where)}: {what}")


def make_json_schema() -> str:
    """The JSON Schema of mapping files, as it stands in `schemas/mapping.schema.json`."""
    schema = ExportMapping.model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def read_mapping(path: Path) -> ReadMapping:
    """Read and check a mapping file. Raises DataFault with every fault, each with its line and what may be meant."""
    if not path.exists():
        raise DataFault(f"There is no mapping {path}. Draft one with: storyboard prepare --suggest FILE")
    data, lines = read_plain_yaml(path)
    try:
        mapping = ExportMapping.model_validate(data)
    except ValidationError as problem:
        problems = [_word(error, lines) for error in problem.errors()]
        raise _refusal(path.name, problems) from None
    impossible = [(find_line(lines, where), what) for where, what in _check(mapping)]
    if impossible:
        raise _refusal(path.name, impossible)
    return ReadMapping(path.name, mapping, lines)


def suggest_code(value: str, codes: Sequence[str]) -> str | None:
    """The one of our codes that a value resembles, if any."""
    slug = make_slug(value)
    if not slug:
        return None
    if slug in codes:
        return slug
    words = slug.split("_")
    for code in codes:
        if code in words or (len(code) > 3 and f"_{code}_" in f"_{slug}_"):
            return code
    close = get_close_matches(slug, codes, 1, 0.7)
    if close:
        return close[0]
    starting = [code for code in codes if code.startswith(slug) or (len(slug) > 3 and slug.startswith(code[:4]))]
    return starting[0] if len(starting) == 1 else None


def _refusal(name: str, problems: Sequence[tuple[int, str]]) -> DataFault:
    shown = sorted(set(problems))
    sentences = [f"{name}, line {line}: {what}" for line, what in shown[:_MOST_PROBLEMS]]
    if len(shown) > _MOST_PROBLEMS:
        sentences.append(f"{name}: {len(shown) - _MOST_PROBLEMS} more faults.")
    return DataFault("\n".join(sentences))


_KEYS: dict[str, tuple[str, ...]] = {
    "mapping": tuple(ExportMapping.model_fields),
    "extract": tuple(ExtractMapping.model_fields),
    "lookup": tuple(Lookup.model_fields),
    "during": tuple(During.model_fields),
    "keep": tuple(Keep.model_fields),
    "field": tuple(info.alias or name for name, info in FieldMapping.model_fields.items()),
}


def _word(error: Any, lines: Mapping[Where, int]) -> tuple[int, str]:
    """A fault found by the model as a line and a sentence. The library's own words may quote the file."""
    where: Where = tuple(part for part in error["loc"] if part not in ("[key]",))
    line, kind = find_line(lines, where), error["type"]
    if kind == "extra_forbidden":
        return line, f"this name has no place here.{_meant(str(where[-1]), _keys_at(where))}"
    if kind == "missing":
        return line, f"{where[-1]} is missing."
    if kind == "literal_error" and where[:1] == ("extracts",) and len(where) == 2:
        return line, f"there is no such extract.{_meant(str(where[-1]), EXTRACTS)} There are {', '.join(EXTRACTS)}."
    if kind == "literal_error":
        return line, f"{where[-1]} must be {error['ctx']['expected']}."
    if kind == "value_error":
        return line, f"{where[-1]}: {error['ctx']['error']}."
    if kind in ("bool_parsing", "bool_type"):
        return line, f"{where[-1]} must be true or false."
    if kind in ("too_short", "string_too_short"):
        return line, f"{_last_name(where)} is empty."
    if kind in ("tuple_type", "list_type"):
        return line, f"{_last_name(where)} must be a list, for example [a, b]."
    if kind in ("dict_type", "model_type"):
        return line, f"{_last_name(where)} must be names with values, one a line, each indented."
    return line, f"{_last_name(where)} is not as it should be. See docs/running/preparing.md."


def _last_name(where: Where) -> str:
    return next((str(part) for part in reversed(where) if part in _ALL_KEYS or part in EXTRACTS), "this")


def _keys_at(where: Where) -> tuple[str, ...]:
    depth = len(where) - 1
    if depth == 0:
        return _KEYS["mapping"]
    if depth == 2:
        return _KEYS["extract"]
    part = where[2]
    if part == "lookups":
        return _KEYS["lookup"] if depth == 4 else _KEYS["during"]
    return _KEYS["keep"] if part == "keep" else _KEYS["field"]


_ALL_KEYS = frozenset(key for keys in _KEYS.values() for key in keys)


def _meant(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(make_slug(word), known, 1, 0.6)
    return f" Did you mean {close[0]}?" if close else ""


def _check(mapping: ExportMapping) -> Iterator[tuple[Where, str]]:
    """What cannot be, although each part is well formed."""
    for extract, part in mapping.extracts.items():
        schema = read_schema(extract)
        root: Where = ("extracts", extract, "fields")
        for name, source in part.fields.items():
            if name not in schema.fields:
                yield (*root, name), f"{extract} has no such field.{_meant(name, tuple(schema.fields))}"
                continue
            for what in _check_field(schema.fields[name], source, part, extract):
                yield (*root, name, what[0]) if what[0] else (*root, name), what[1]
            yield from (((*root, name, "codes", key), what) for key, what in _check_codes(schema.fields[name], source))
        for field in schema.fields.values():
            if field.name in part.fields:
                continue
            if field.is_required:
                yield root, f"{field.name} is required and not mapped."
            elif field.blank_means:
                yield (
                    root,
                    f"{field.name} is not mapped, and its blank has a meaning ({field.blank_means}). Map it, or say "
                    f"{field.name}: {{constant: ''}} if that is so in every row.",
                )
        for name, lookup in part.lookups.items():
            if lookup.during:
                where: Where = ("extracts", extract, "lookups", name, "during")
                if lookup.during.at not in part.fields:
                    yield (*where, "at"), "at must name a mapped field of the extract."
                formats = lookup.during.format
                for form in (formats,) if isinstance(formats, str) else formats:
                    if not _is_format(form):
                        yield (*where, "format"), _NO_FORMAT


_NO_FORMAT = "format must say day, month and year, for example '%d/%m/%Y' or '%Y-%m-%d %H:%M', or be iso."


def _check_field(
    field: SchemaField, source: FieldMapping, part: ExtractMapping, extract: str
) -> Iterator[tuple[str, str]]:
    """The key at fault, or none for the field as a whole, and a sentence."""
    for key, name in (("from", source.lookup), ("found_in", source.found_in)):
        if name is not None and name not in part.lookups:
            yield key, f"there is no lookup of that name.{_meant(name, tuple(part.lookups))}"
    if source.constant is not None:
        if source.constant == "" and field.is_required:
            yield "constant", f"{field.name} is required and cannot be blank."
        elif source.constant and read_schema(extract).judge(field.name, source.constant).rule:
            yield "constant", f"this is no value of {field.name}.{_allowed(field, source.constant)}"
        return
    if source.date_of_birth is not None and field.name != "age":
        yield "date_of_birth", "only age comes from a date of birth, which has no place in an extract."
    elif source.found_in is not None and field.form != "boolean":
        yield "found_in", f"{field.name} is not a matter of yes or no."
    elif source.found_in is None and field.form == "boolean" and not (source.yes and source.no):
        yield "", f"{field.name} needs yes and no, each a list of the values that mean it."
    dated = field.form in ("date", "timestamp") or source.date_of_birth is not None
    if dated and not source.formats:
        yield "", f"{field.name} needs format: how its dates are written is never guessed. For example '%d/%m/%Y'."
    for form in source.formats:
        if not _is_format(form):
            yield "format", _NO_FORMAT
    if source.formats and not dated:
        yield "format", f"{field.name} is no date."
    if source.codes is not None and field.form not in ("code", "codes", "authority"):
        yield "codes", f"{field.name} has no codes."
    if source.already_pseudonymous and field.form != "id":
        yield "already_pseudonymous", f"{field.name} is no id."


def _check_codes(field: SchemaField, source: FieldMapping) -> Iterator[tuple[str, str]]:
    if source.codes is None or field.form not in ("code", "codes", "authority"):
        return
    folded: dict[str, str] = {}
    for value, code in source.codes.items():
        if field.form == "authority":
            if not re.fullmatch(r"E\d{8}", code):
                yield value, "an authority's code is E and eight digits."
        elif code not in field.allowed:
            yield value, f"this is mapped to no code of {field.name}.{_allowed(field, code)}"
        other = folded.setdefault(value.strip().casefold(), code)
        if other != code:
            yield value, "the same value, but for case and spaces, is mapped to another code too."


def _allowed(field: SchemaField, given: str) -> str:
    if not field.allowed:
        return ""
    return f"{_meant(given, field.allowed)} There are {', '.join(field.allowed)}."


def _is_format(form: str) -> bool:
    if form == ISO:
        return True
    moment = datetime(2003, 11, 22, 0, 0)
    try:
        read = datetime.strptime(moment.strftime(form), form)
    except ValueError:
        return False
    return read.date() == moment.date()


def list_columns(part: ExtractMapping) -> Iterator[tuple[Where, str | None, str]]:
    """Every column that an extract's mapping names: its place in the file, the lookup that has it, and its name."""
    for place, keep in enumerate(part.keep):
        yield ("keep", place, "column"), None, keep.column
    for name, lookup in part.lookups.items():
        yield ("lookups", name, "by"), None, lookup.by
        yield ("lookups", name, "key"), name, lookup.key
        if lookup.during:
            yield ("lookups", name, "during", "start"), name, lookup.during.start
            yield ("lookups", name, "during", "end"), name, lookup.during.end
    for name, source in part.fields.items():
        for key in ("column", "date_of_birth"):
            if (column := getattr(source, key)) is not None:
                yield ("fields", name, key), source.lookup, column
        for place, column in enumerate(source.columns or ()):
            yield ("fields", name, "columns", place), source.lookup, column
