"""Turns an export with a mapping file into extracts: columns to fields, codes to codes, numbers to pseudonyms.

What a mapping may say is checked in `mapping`; what an extract may hold, by the gate. Values that the mapping does not
foresee are counted and placed, never shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from pipelines.faults import DataFault, UsageFault
from pipelines.intake.gate import YORK
from pipelines.intake.mapping import (
    ISO,
    JOINED_BY,
    ExtractMapping,
    Lookup,
    ReadMapping,
    list_columns,
    read_mapping,
    suggest_code,
)
from pipelines.intake.preparation import (
    Draft,
    Preparation,
    Questions,
    count_age,
    explain_new_key,
    find_place,
    put_in_place,
    refuse_if_empty,
)
from pipelines.intake.pseudonyms import Pseudonyms, read_or_make_key
from pipelines.intake.schemas import ExtractSchema, read_schema
from pipelines.intake.schemas import Field as SchemaField
from pipelines.intake.source_tables import SourceTable, read_source_table
from pipelines.paths import PSEUDONYM_KEY

_FIRST_YEAR, _LAST_YEAR = 1990, 2099


def prepare_mapped(
    source: Path, mapping: Path, edition: str, out: Path, *, key: Path | None = None, authority: str = YORK
) -> Preparation:
    """Turn an export (a folder, or its only file) into the extracts that a mapping file describes.

    Numbers of children and records become keyed pseudonyms, the same as those of any other source prepared with the
    same key; a date of birth becomes the age at the start and is dropped; columns that the mapping does not name are
    not used. Rows that no extract may hold are left out and named in the findings.

    Raises UsageFault for a name that is no edition, a source that is not there or a folder in which nothing may be
    written, DataFault for a mapping or an export that cannot be used, MachineFault when the disk refuses.
    """
    place = find_place(edition, out, PSEUDONYM_KEY if key is None else key, authority)
    described = read_mapping(mapping)
    export = _Export(source, described)
    parts = described.mapping.extracts
    for extract, part in parts.items():
        export.check_columns(extract, part)
    secret, is_new_key = read_or_make_key(place.key)
    questions, notes = Questions(), []
    drafts = []
    for extract, part in parts.items():
        draft, unused = _apply(extract, part, export, Pseudonyms(secret), questions)
        drafts.append(draft)
        passed_over = len(export.read(part).rows) - draft.rows_read
        if passed_over:
            notes.append(f"{extract}: {passed_over:,} rows of {draft.source} are not those that the mapping keeps.")
        if unused:
            notes.append(
                f"{extract}: {unused} columns of {draft.source} are not mapped, and nothing of them was taken."
            )
        refuse_if_empty(draft, questions)
        # By its key, which is pseudonyms mostly, so that the order says nothing about the export.
        draft.sort(*read_schema(extract).key)
    if is_new_key:
        notes.append(explain_new_key(place.key))
    return put_in_place(drafts, place, questions, notes)


class _Export:
    """The files of an export, each read once."""

    def __init__(self, source: Path, described: ReadMapping) -> None:
        self._described = described
        self._tables: dict[tuple[str, str, str], SourceTable] = {}
        self._files: dict[str, Path] = {}
        parts: list[ExtractMapping | Lookup] = []
        for extract in described.mapping.extracts.values():
            parts += [extract, *extract.lookups.values()]
        names = {part.file for part in parts}
        if source.is_file():
            if len(names) > 1:
                raise UsageFault(
                    f"The mapping names {len(names)} files. Give the folder that holds them instead of one of them."
                )
            self._files = dict.fromkeys(names, source)
        elif source.is_dir():
            here = {path.name.lower(): path for path in source.iterdir()}
            self._files = {name: here[name.lower()] for name in names if name.lower() in here}
        else:
            raise UsageFault(f"There is no {source}. Name the file, or the folder that holds the files of the mapping.")

    def read(self, part: ExtractMapping | Lookup) -> SourceTable:
        """The table of a part of the mapping. Raises DataFault where the file is not there or cannot be read."""
        path = self._files.get(part.file)
        if path is None:
            raise DataFault(f"{part.file}, which the mapping names, is not there.")
        settings = (part.file, part.encoding, part.delimiter)
        if settings not in self._tables:
            self._tables[settings] = read_source_table(path, encoding=part.encoding, delimiter=part.delimiter)
        return self._tables[settings]

    def check_columns(self, extract: str, part: ExtractMapping) -> None:
        """Raises DataFault for a column that the mapping names and the file does not have."""
        own = self.read(part)
        others = {name: self.read(lookup) for name, lookup in part.lookups.items()}
        for where, lookup, column in list_columns(part):
            table = own if lookup is None else others[lookup]
            if table.column(column) is None:
                close = get_close_matches(column.lower(), [name for name in table.columns if name], 1, 0.75)
                hint = f" Did you mean {close[0]}?" if close else ""
                raise self._described.fault(("extracts", extract, *where), f"{table.name} has no such column.{hint}")


@dataclass(frozen=True, slots=True)
class _Value:
    """What a cell becomes; with a rule, why it becomes a blank."""

    text: str
    rule: str | None = None


_Convert = Callable[[str], _Value]


@dataclass
class _Unmapped:
    """Values that the codes of one field do not list, with the lines where they stand."""

    lines: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def _apply(
    extract: str, part: ExtractMapping, export: _Export, pseudonyms: Pseudonyms, questions: Questions
) -> tuple[Draft, int]:
    """The draft of one extract, and how many columns of its file nothing names."""
    schema, table = read_schema(extract), export.read(part)
    names = [name for name in schema.fields if name in part.fields]
    draft = Draft(extract, table.name, tuple(names), rows_read=0)
    sources = {name: _Source(schema, name, part, table, export, pseudonyms) for name in names}
    lookups = {name: _Index(lookup, export.read(lookup), table, questions) for name, lookup in part.lookups.items()}
    unmapped: dict[str, _Unmapped] = defaultdict(_Unmapped)
    keeps = [(_column(table, keep.column), {value.casefold() for value in keep.values}) for keep in part.keep]
    # A time that a lookup must cover, and the age, need the start: those fields come last.
    order = sorted(names, key=lambda name: sources[name].needs_start)
    for line, cells in table.rows:
        if not all(cells[place].casefold() in values for place, values in keeps):
            continue
        draft.rows_read += 1
        row = dict.fromkeys(names, "")
        is_sound = True
        absent: set[str] = set()
        for name in order:
            value = sources[name].take(cells, row, lookups, absent)
            if value.rule is None:
                row[name] = value.text
                continue
            is_sound &= not (schema.fields[name].is_required or value.rule == "not_a_child_at_start")
            if value.rule == "value_not_mapped":
                unmapped[name].lines[value.text].append(line)
            else:
                _ask(value.rule, schema.fields[name], sources[name].column, draft.source, line, questions)
        for lookup in sorted(absent):
            questions.add("not_in_lookup", draft.source, None, line, lookup=part.lookups[lookup].file)
        if is_sound:
            draft.add(row, line)
    for name, found in unmapped.items():
        _ask_about_codes(schema.fields[name], sources[name].column, draft.source, found, questions)
    named = {table.column(column) for _, lookup, column in list_columns(part) if lookup is None}
    return draft, len(table.columns) - len(named)


def _ask(rule: str, field_: SchemaField, column: str, source: str, line: int, questions: Questions) -> None:
    if field_.is_required and rule not in ("required_blank", "not_a_child_at_start"):
        rule = f"required_{rule}"
    questions.add(rule, source, field_.name, line, column=column, field=field_.name)


def _ask_about_codes(field_: SchemaField, column: str, source: str, found: _Unmapped, questions: Questions) -> None:
    rule = "required_value_not_mapped" if field_.is_required else "value_not_mapped"
    for value, lines in sorted(found.lines.items(), key=lambda entry: entry[1][0]):
        likely = suggest_code(value, field_.allowed)
        known = f"Our codes are {', '.join(field_.allowed)}" if field_.allowed else "List it under yes or under no"
        questions.add(
            rule,
            source,
            field_.name,
            lines[0],
            count=len(lines),
            column=column,
            field=field_.name,
            first=lines[0],
            times="once" if len(lines) == 1 else f"{len(lines):,} times",
            hint=f" It resembles our code {likely}." if likely else f" {known}.",
        )


def _column(table: SourceTable, name: str) -> int:
    place = table.column(name)
    assert place is not None  # checked before any row is read
    return place


class _Index:
    """The rows of a lookup by their key."""

    def __init__(self, lookup: Lookup, table: SourceTable, own: SourceTable, questions: Questions) -> None:
        self.table = table
        self._by = _column(own, lookup.by)
        self._at = lookup.during.at if lookup.during else None
        self._rows: dict[str, list[tuple[date, date, tuple[str, ...]]]] = defaultdict(list)
        first: dict[str, int] = {}
        key = _column(table, lookup.key)
        for line, cells in table.rows:
            if lookup.during is None:
                start, end = date.min, date.max
                if first.setdefault(cells[key], line) != line:
                    questions.add(
                        "lookup_repeated", table.name, lookup.key, line, lookup=table.name, line=first[cells[key]]
                    )
                    continue
            else:
                formats = lookup.during.format
                read = partial(_read_day, formats=(formats,) if isinstance(formats, str) else formats)
                begun, ended = (cells[_column(table, name)] for name in (lookup.during.start, lookup.during.end))
                start, end = read(begun) or date.max, read(ended) or date.max
            self._rows[cells[key]].append((start, end, cells))

    def find(self, cells: tuple[str, ...], row: Mapping[str, str]) -> tuple[str, ...] | None:
        """The cells of the row that belongs to a row of the extract's own file; of several, the latest begun."""
        rows = self._rows.get(cells[self._by], [])
        if self._at is not None:
            if not row[self._at]:
                return None
            day = date.fromisoformat(row[self._at][:10])
            rows = [each for each in rows if each[0] <= day <= each[1]]
        return max(rows, key=lambda each: each[0])[2] if rows else None


def _read_day(text: str, formats: Iterable[str]) -> date | None:
    for form in formats:
        moment = _read_moment(text, form)
        if moment is not None:
            return moment.date()
    return None


def _read_moment(text: str, form: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)
    except ValueError:
        return None


class _Source:
    """Where one field of an extract comes from, and how a cell becomes its value. Each distinct cell is read once."""

    def __init__(
        self,
        schema: ExtractSchema,
        name: str,
        part: ExtractMapping,
        table: SourceTable,
        export: _Export,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._schema, self._field, self._mapping = schema, schema.fields[name], part.fields[name]
        mapping = self._mapping
        owner = table if mapping.lookup is None else export.read(part.lookups[mapping.lookup])
        columns = mapping.columns or tuple(c for c in (mapping.column, mapping.date_of_birth) if c is not None)
        self._places = [_column(owner, column) for column in columns]
        self.column = " and ".join(columns) or name
        self._blanks = {"", *(value.strip().casefold() for value in (*part.blank, *mapping.blank))}
        self._codes = {value.strip().casefold(): code for value, code in (mapping.codes or {}).items()}
        self._pseudonyms = pseudonyms
        self._convert = self._find_conversion()
        self._known: dict[str, _Value] = {}
        lookup = mapping.lookup or mapping.found_in
        self.needs_start = mapping.date_of_birth is not None or (
            lookup is not None and part.lookups[lookup].during is not None
        )

    def take(
        self, cells: tuple[str, ...], row: Mapping[str, str], lookups: Mapping[str, _Index], absent: set[str]
    ) -> _Value:
        """The value for one row. A lookup that has no row for it is added to `absent`."""
        mapping = self._mapping
        if mapping.constant is not None:
            return _Value(mapping.constant)
        if mapping.found_in is not None:
            return _Value("true" if lookups[mapping.found_in].find(cells, row) else "false")
        if mapping.lookup is not None:
            found = lookups[mapping.lookup].find(cells, row)
            if found is None:
                absent.add(mapping.lookup)
                return _Value("", "required_blank") if self._field.is_required else _Value("")
            cells = found
        texts = [cells[place] for place in self._places]
        if all(text.casefold() in self._blanks for text in texts):
            return _Value("", "required_blank") if self._field.is_required else _Value("")
        text = JOINED_BY.join(texts)
        if mapping.date_of_birth is not None:
            return self._age(text, row.get("started_at", ""))
        if text not in self._known:
            self._known[text] = self._judge(self._convert(text))
        return self._known[text]

    def _judge(self, value: _Value) -> _Value:
        """The value, unless the schema does not allow it."""
        if value.rule is None and value.text and self._schema.judge(self._field.name, value.text).rule:
            return _Value("", "value_not_fitting")
        return value

    def _find_conversion(self) -> _Convert:
        form = self._field.form
        if form == "id":
            return self._pseudonym
        if form == "boolean":
            yes = {value.strip().casefold() for value in self._mapping.yes or ()}
            no = {value.strip().casefold() for value in self._mapping.no or ()}
            return partial(_as_boolean, yes=yes, no=no)
        if form in ("date", "timestamp"):
            return self._moment
        if form == "codes":
            return self._code_list
        if form == "integer":
            return lambda text: _Value(text.replace(",", ""))
        return self._code

    def _pseudonym(self, text: str) -> _Value:
        if self._mapping.already_pseudonymous:
            return _Value(text)
        if self._field.name == "child_id":
            return _Value(self._pseudonyms.of_child(text))
        return _Value(self._pseudonyms.of_record(self._field.name, text))

    def _code(self, text: str) -> _Value:
        if self._mapping.codes is None:
            return _Value(text) if text in self._field.allowed or not self._field.allowed else _unmapped(text)
        code = self._codes.get(text.casefold())
        return _unmapped(text) if code is None else _Value(code)

    def _code_list(self, text: str) -> _Value:
        separator = self._mapping.separator or ";"
        codes: dict[str, None] = {}
        for part in (part.strip() for part in text.split(separator)):
            if part.casefold() in self._blanks:
                continue
            value = self._code(part)
            if value.rule:
                return value
            codes[value.text] = None
        return _Value(";".join(codes))

    def _moment(self, text: str) -> _Value:
        for form in self._mapping.formats:
            moment = _read_moment(text, form)
            if moment is None:
                continue
            if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
                return _Value("", "moment_out_of_range")
            is_day = self._field.form == "date" or not _has_time(form, text)
            if is_day or (self._mapping.midnight_is_no_time and moment.time() == time()):
                return _Value(moment.date().isoformat())
            moment = moment.replace(microsecond=0)
            return _Value(moment.isoformat(timespec="seconds" if moment.second else "minutes"))
        return _Value("", "moment_not_as_declared")

    def _age(self, text: str, started: str) -> _Value:
        born = _read_day(text, self._mapping.formats)
        if born is None or not 1900 <= born.year <= _LAST_YEAR:
            return _Value("", "moment_not_as_declared")
        if not started:
            return _Value("")
        age = count_age(born, date.fromisoformat(started[:10]))
        return _Value(str(age)) if 0 <= age <= 17 else _Value("", "not_a_child_at_start")


def _as_boolean(text: str, yes: set[str], no: set[str]) -> _Value:
    folded = text.casefold()
    return _Value("true") if folded in yes else _Value("false") if folded in no else _unmapped(text)


def _unmapped(text: str) -> _Value:
    return _Value(text, "value_not_mapped")


def _has_time(form: str, text: str) -> bool:
    return len(text) > 10 if form == ISO else any(mark in form for mark in ("%H", "%I", "%c", "%X", "%T"))
