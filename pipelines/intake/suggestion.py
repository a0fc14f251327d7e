"""Drafts a mapping from an export: which column may be which field, its codes, and how its dates are written.

A draft is for a person to finish. It holds values of the export, so that only its owner may read it; columns that may
hold personal data are named in it, and their values never listed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from pipelines.faults import DataFault, MachineFault, UsageFault
from pipelines.intake.header import fold
from pipelines.intake.mapping import suggest_code
from pipelines.intake.privacy import DETECTORS, looks_personal
from pipelines.intake.schemas import EXTRACTS, ExtractSchema, Field, read_schema
from pipelines.intake.source_tables import SourceTable, read_source_table

FILL_IN = "FILL IN"
_MOST_CODES = 25
_LONGEST_CODE = 40
_LEAST_LIKENESS = 0.62
_FORMATS = tuple(
    day + time
    for day in ("%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y")
    for time in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
) + tuple(f"%Y-%m-%dT%H:%M{seconds}" for seconds in ("", ":%S", ":%S.%f", ":%S%z"))
_OTHER_WORDS: dict[str, tuple[str, ...]] = {
    "episode_id": ("missing id", "incident id", "episode number", "table id", "reference"),
    "child_id": ("child", "person id", "client id", "pupil id", "child number", "mosaic id"),
    "episode_type": ("type", "missing type", "missing", "incident type", "category"),
    "started_at": ("start date", "episode start date", "date missing", "mis start", "missing from", "start"),
    "ended_at": ("end date", "episode end date", "date found", "mis end", "date returned", "end"),
    "end_reason": ("outcome", "reason ended", "closure reason"),
    "sex": ("gender",),
    "age": ("age at start", "dob", "date of birth"),
    "ethnicity": ("ethnic", "ethnic origin", "ethnic group"),
    "looked_after": ("lac", "cla", "in care", "child looked after"),
    "placement_type": ("place", "placement"),
    "placement_location": ("location", "in area", "in or out of area"),
    "risk_level": ("risk", "police risk"),
    "exploitation_concern": ("exploitation", "cse", "cse cce"),
    "reported_by": ("reporter", "reported from", "source of report"),
    "interview_id": ("rhi id", "return interview id"),
    "offered_at": ("rhi offered date", "date offered", "offered"),
    "response": ("rhi response", "accepted", "rhi outcome"),
    "held_at": ("rhi date", "date held", "interview date", "date completed"),
    "interviewer": ("rhi by", "completed by", "interviewed by"),
    "referral_id": ("referral number", "cme id", "reference"),
    "referred_on": ("referral date", "date referred", "date of referral"),
    "closed_on": ("closure date", "date closed", "close date"),
    "outcome": ("closure reason", "reason closed", "destination"),
    "phase": ("school phase", "stage", "key stage"),
    "first_language": ("language", "home language"),
    "source": ("referral source", "referred by", "referrer"),
    "circumstance": ("reason", "cme reason"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A draft of a mapping: where it was written, for which extract, and how much of it a person must fill in."""

    path: Path
    extract: str
    fields: int
    """Fields for which a column was found."""
    to_fill_in: int
    unused: int
    """Columns that belong to no field."""

    def as_json(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self) | {"path": str(self.path)}


def suggest(file: Path, into: Path, *, extract: str | None = None, encoding: str = "utf-8") -> Suggestion:
    """Draft a mapping for one file of an export and write it where only its owner can read it.

    `extract` says which extract it is for; without it, the one that most columns fit. Raises UsageFault where the draft
    would overwrite a file or lies among the project's own, DataFault for a file that cannot be read or fits no extract.
    """
    if into.exists():
        raise UsageFault(f"{into} is there already. Name another file with --out: a draft never replaces a mapping.")
    if extract is not None and extract not in EXTRACTS:
        raise UsageFault(f"There is no such extract. There are {', '.join(EXTRACTS)}.")
    table = read_source_table(file, encoding=encoding)
    fits = {name: _match(read_schema(name), table) for name in (EXTRACTS if extract is None else (extract,))}
    best = max(fits, key=lambda name: (sum(likeness for _, likeness in fits[name].values()), -EXTRACTS.index(name)))
    if not fits[best]:
        raise DataFault(
            f"No column of {table.name} looks like a field of an extract. Check that its first line holds the names of "
            "its columns, or write the mapping by hand: docs/running/preparing.md."
        )
    schema = read_schema(best)
    columns = {name: place for name, (place, _) in fits[best].items()}
    text = "\n".join(_draft(schema, table, columns)) + "\n"
    _write(into, text)
    to_fill_in = sum(FILL_IN in line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return Suggestion(into, best, len(columns), to_fill_in, len(table.columns) - len(columns))


def _match(schema: ExtractSchema, table: SourceTable) -> dict[str, tuple[int, float]]:
    """Fields with the column that is most like each, and how like it is: the likest pairs first, no column twice."""
    pairs = []
    for place, column in enumerate(table.columns):
        for name in schema.fields:
            if (likeness := _likeness(column, name)) >= _LEAST_LIKENESS:
                pairs.append((-likeness, place, name))
    found: dict[str, tuple[int, float]] = {}
    used: set[int] = set()
    for unlikeness, place, name in sorted(pairs):
        if name not in found and place not in used:
            found[name] = (place, -unlikeness)
            used.add(place)
    return found


def _likeness(column: str, name: str) -> float:
    own = set(fold(column).split("_"))
    best = 0.0
    for words in (name.replace("_", " "), *_OTHER_WORDS.get(name, ())):
        wanted = set(words.split())
        shared = len(wanted & own) / len(wanted)
        close = SequenceMatcher(None, " ".join(sorted(own)), " ".join(sorted(wanted))).ratio()
        # A column may have more words than the field: a table's prefix, for example.
        best = max(best, close, 0.6 + 0.05 * len(wanted) + 0.2 * len(wanted) / len(own) if shared == 1 else 0.0)
    return best


def _draft(schema: ExtractSchema, table: SourceTable, columns: dict[str, int]) -> Iterator[str]:
    yield "# A draft. Fill in what is marked, check the rest against your case system, and keep this file to yourselves:"
    yield "# it holds values of the export."
    yield "extracts:"
    yield f"  {schema.name}:"
    yield f"    file: {_quote(table.name)}"
    yield "    blank: [NULL]"
    yield "    fields:"
    for name, field in schema.fields.items():
        if name in columns:
            yield f"      {name}:  # {field.title}"
            yield from (f"        {line}" for line in _describe(field, table, columns[name]))
        elif field.is_required:
            yield f"      {name}: {{column: {FILL_IN}}}  # {field.title}: required"
        elif field.blank_means:
            yield f"      {name}: {{constant: ''}}  # {field.title}: no column was found; a blank says {field.blank_means}"
        else:
            yield f"      # {name}: {field.title}: no column was found"


def _describe(field: Field, table: SourceTable, place: int) -> Iterator[str]:
    values = sorted({cells[place] for _, cells in table.rows if cells[place]})
    if field.name == "age" and not all(value.isdigit() and len(value) <= 2 for value in values):
        yield f"date_of_birth: {_quote(table.columns[place])}  # gives the age and is dropped"
        yield from _describe_dates(values)
        return
    yield f"column: {_quote(table.columns[place])}"
    if field.form in ("date", "timestamp"):
        yield from _describe_dates(values)
    elif field.form in ("code", "codes", "boolean"):
        yield from _describe_codes(field, values)


def _describe_dates(values: Sequence[str]) -> Iterator[str]:
    fitting = [form for form in _FORMATS if values and all(_fits(value, form) for value in values)]
    if len(fitting) == 1:
        yield f"format: {_quote(fitting[0])}  # fits every filled cell"
        return
    yield f"format: {FILL_IN}"
    if fitting:
        yield f"# {len(fitting)} formats fit every filled cell: {', '.join(fitting)}. Only you can know which is meant."
    else:
        yield "# No format that is known here fits every filled cell; several may be given as a list."


def _fits(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def _describe_codes(field: Field, values: Sequence[str]) -> Iterator[str]:
    if not _may_be_listed(field, values):
        yield "# The values of this column are not listed: they are too many, too long, or may be personal data."
        yield f"codes: {{}}  # {FILL_IN}" if field.form != "boolean" else f"yes: [{FILL_IN}]"
        if field.form == "boolean":
            yield f"no: [{FILL_IN}]"
        return
    if field.form == "boolean":
        yes = [value for value in values if value.casefold() in ("y", "yes", "true", "1", "t")]
        no = [value for value in values if value.casefold() in ("n", "no", "false", "0", "f")]
        yield f"yes: [{', '.join(map(_quote, yes)) or FILL_IN}]"
        yield f"no: [{', '.join(map(_quote, no)) or FILL_IN}]"
        others = len(values) - len(yes) - len(no)
        if others:
            yield f"# {others} more values are neither: {', '.join(_quote(v) for v in values if v not in yes + no)}"
        return
    yield f"codes:  # {', '.join(field.allowed)}"
    for value in values:
        yield f"  {_quote(value)}: {suggest_code(value, field.allowed) or FILL_IN}"


def _may_be_listed(field: Field, values: Sequence[str]) -> bool:
    """Whether the values look like a list of codes and like nothing personal."""
    if not values or len(values) > _MOST_CODES or max(map(len, values)) > _LONGEST_CODE:
        return False
    if any(detector.recognises(value) for detector in DETECTORS for value in values):
        return False
    strange = [value for value in values if suggest_code(value, field.allowed) is None]
    return not any(looks_personal(value) or re.fullmatch(r"\d{5,}", value) for value in strange)


def _quote(text: str) -> str:
    """A text as YAML reads it back: a JSON text is one."""
    return json.dumps(text, ensure_ascii=False)


def _write(into: Path, text: str) -> None:
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - from a descriptor
            file.write(text)
    except OSError as problem:
        raise MachineFault(f"{into} could not be written: {problem.strerror}.") from None
