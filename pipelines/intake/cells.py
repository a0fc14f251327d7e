"""Checks every cell of an extract by its schema, and its keys; makes the extract that later rules read.

Each distinct value is judged once. Rules about several cells or rows belong in `consistency`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.intake.findings import Findings
from pipelines.intake.many_moments import NO_DAY, NO_SECOND, Moments, read_plain_moments
from pipelines.intake.schemas import ExtractSchema, Field
from pipelines.intake.sheets import Column, Mask, Numbers, Sheet, Texts, blank_column
from pipelines.intake.side_by_side import side_by_side


@dataclass(frozen=True)
class Extract:
    """One extract with every column of its schema, and the moments that its cells name."""

    schema: ExtractSchema
    lines: Numbers
    columns: dict[str, Column]
    moments: dict[str, Moments]
    """Per date or timestamp column, the moments of its distinct values."""

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def rows(self) -> int:
        return len(self.lines)

    def days(self, column: str) -> Numbers:
        """Per row, the local date as an ordinal; NO_DAY where there is none."""
        return np.append(self.moments[column].days, NO_DAY)[self.columns[column].codes]

    def seconds(self, column: str) -> Numbers:
        """Per row, the instant in seconds since 1970; NO_SECOND where only a date is known, or nothing."""
        return np.append(self.moments[column].seconds, NO_SECOND)[self.columns[column].codes]


def check_cells(sheet: Sheet, schema: ExtractSchema, findings: Findings) -> Extract:
    """Add a finding for each cell that its schema does not allow, and for each repeated key."""
    named = sheet.named()
    columns = {name: named.get(name) or blank_column(sheet.rows) for name in schema.fields}
    moments: dict[str, Moments] = {}
    judged = side_by_side(lambda name: _judge(schema, name, columns[name]), schema.fields, rows=sheet.rows)
    for (name, field), verdicts in zip(schema.fields.items(), judged, strict=True):
        column = columns[name]
        if verdicts.moments is not None:
            moments[name] = verdicts.moments
            skipped = column.where(verdicts.never_happened)
            findings.add_rows("local_time_never_happened", schema.name, name, sheet.lines[skipped])
        if field.is_required and name in named:
            findings.add_rows("blank_required", schema.name, name, sheet.lines[~column.is_filled])
        for rule, broken in sorted(verdicts.broken.items()):
            findings.add_rows(rule, schema.name, name, sheet.lines[column.where(broken)], **field.words)
    extract = Extract(schema, sheet.lines, columns, moments)
    _check_key(extract, findings)
    return extract


@dataclass(frozen=True)
class _Verdicts:
    """What the distinct values of a column are: per rule which of them break it, the moments that they name."""

    broken: dict[str, Mask]
    moments: Moments | None
    never_happened: Mask


def _judge(schema: ExtractSchema, name: str, column: Column) -> _Verdicts:
    """Of many values, those that are plainly sound are accepted together; any other is judged by itself."""
    values = column.values
    count = len(values)
    moments = Moments.none(count) if schema.fields[name].form in ("date", "timestamp") else None
    verdicts = _Verdicts({}, moments, np.zeros(count, dtype=bool))
    places: Iterable[int] = range(count)
    if isinstance(values, Texts):
        plain, read = _accept(schema.fields[name], values)
        places = np.flatnonzero(~plain).tolist()
        verdicts = _Verdicts({}, moments if read is None else read, verdicts.never_happened)
    for place in places:
        judgement = schema.judge(name, values[place])
        if judgement.rule:
            verdicts.broken.setdefault(judgement.rule, np.zeros(count, dtype=bool))[place] = True
        if verdicts.moments is not None and judgement.moment is not None:
            verdicts.moments.put(place, judgement.moment)
            verdicts.never_happened[place] = judgement.moment.never_happened
    return verdicts


def _accept(field: Field, values: Texts) -> tuple[Mask, Moments | None]:
    """Which of many values are plainly sound, and the moments that they name."""
    if field.form in ("date", "timestamp"):
        return read_plain_moments(values, with_times=field.form == "timestamp")
    if field.pattern is None:
        return np.zeros(len(values), dtype=bool), None
    return values.matching(f"^(?:{field.pattern.pattern})$"), None


def _check_key(extract: Extract, findings: Findings) -> None:
    key = extract.schema.key
    filled: Mask = np.ones(extract.rows, dtype=bool)
    for name in key:
        filled &= extract.columns[name].is_filled
    groups = group_rows(*(extract.columns[name].codes for name in key))
    rows = np.flatnonzero(filled & (groups != np.arange(extract.rows)))
    if not len(rows):
        return
    fields = " and ".join([", ".join(key[:-1]), key[-1]]) if len(key) > 1 else key[0]
    firsts = [int(line) for line in extract.lines[groups[rows]]]
    findings.add_rows("not_unique", extract.name, key[0], extract.lines[rows], fields=fields, line=firsts)


def group_rows(*codes: npt.NDArray[np.integer]) -> Numbers:
    """Per row, the first row that has the same codes in every one of the columns."""
    if not len(codes[0]):
        return np.empty(0, dtype=np.int64)
    if len(codes) == 1:
        firsts = np.empty(int(codes[0].max()) + 2, dtype=np.int64)
        firsts[codes[0][::-1]] = np.arange(len(codes[0]))[::-1]  # of several rows with one code, the first is put last
        found: Numbers = firsts[codes[0]]
        return found
    combined = np.zeros(len(codes[0]), dtype=np.int64)
    for column in codes:
        combined = combined * (int(column.max()) + 2) + column.astype(np.int64) + 1
        # Numbered anew after each column, so that the product cannot overflow.
        combined = np.unique(combined, return_inverse=True)[1].astype(np.int64)
    firsts = np.unique(combined, return_index=True)[1].astype(np.int64)
    return firsts[combined]
