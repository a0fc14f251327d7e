"""Checks every cell of an extract by its schema, and its keys; makes the extract that later rules read.

Each distinct value is judged once. Rules about several cells or rows belong in `consistency`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.intake.findings import Findings
from pipelines.intake.moments import Moment
from pipelines.intake.schemas import ExtractSchema
from pipelines.intake.sheets import Column, Mask, Numbers, Sheet, blank_column

NO_DAY = -1
NO_SECOND = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Extract:
    """One extract with every column of its schema, and the moments that its cells name."""

    schema: ExtractSchema
    lines: Numbers
    columns: dict[str, Column]
    moments: dict[str, tuple[Moment | None, ...]]
    """Per date or timestamp column, the moment of each distinct value; None where the value is wrong."""

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def rows(self) -> int:
        return len(self.lines)

    def days(self, column: str) -> Numbers:
        """Per row, the local date as an ordinal; NO_DAY where there is none."""
        days = [moment.day if moment else NO_DAY for moment in self.moments[column]]
        return np.array([*days, NO_DAY], dtype=np.int64)[self.columns[column].codes]

    def seconds(self, column: str) -> Numbers:
        """Per row, the instant in seconds since 1970; NO_SECOND where only a date is known, or nothing."""
        seconds = [NO_SECOND if m is None or m.second is None else m.second for m in self.moments[column]]
        return np.array([*seconds, NO_SECOND], dtype=np.int64)[self.columns[column].codes]


def check_cells(sheet: Sheet, schema: ExtractSchema, findings: Findings) -> Extract:
    """Add a finding for each cell that its schema does not allow, and for each repeated key."""
    named = sheet.named()
    columns = {name: named.get(name) or blank_column(sheet.rows) for name in schema.fields}
    moments: dict[str, tuple[Moment | None, ...]] = {}
    for name, field in schema.fields.items():
        column = columns[name]
        judgements = [schema.judge(name, value) for value in column.values]
        if field.form in ("date", "timestamp"):
            moments[name] = tuple(judgement.moment for judgement in judgements)
            skipped = [bool(judgement.moment and judgement.moment.never_happened) for judgement in judgements]
            findings.add_rows("local_time_never_happened", schema.name, name, sheet.lines[column.where(skipped)])
        if field.is_required and name in named:
            findings.add_rows("blank_required", schema.name, name, sheet.lines[~column.is_filled])
        for rule in sorted({judgement.rule for judgement in judgements if judgement.rule}):
            broken = column.where([judgement.rule == rule for judgement in judgements])
            findings.add_rows(rule, schema.name, name, sheet.lines[broken], **field.words)
    extract = Extract(schema, sheet.lines, columns, moments)
    _check_key(extract, findings)
    return extract


def _check_key(extract: Extract, findings: Findings) -> None:
    key = extract.schema.key
    filled: Mask = np.ones(extract.rows, dtype=bool)
    for name in key:
        filled &= extract.columns[name].is_filled
    groups = group_rows(*(extract.columns[name].codes.astype(np.int64) for name in key))
    rows = np.flatnonzero(filled & (groups != np.arange(extract.rows)))
    if not len(rows):
        return
    fields = " and ".join([", ".join(key[:-1]), key[-1]]) if len(key) > 1 else key[0]
    firsts = [int(line) for line in extract.lines[groups[rows]]]
    findings.add_rows("not_unique", extract.name, key[0], extract.lines[rows], fields=fields, line=firsts)


def group_rows(*codes: Numbers) -> Numbers:
    """Per row, the first row that has the same codes in every one of the columns."""
    if not len(codes[0]):
        return np.empty(0, dtype=np.int64)
    combined = np.zeros(len(codes[0]), dtype=np.int64)
    for column in codes:
        combined = combined * (int(column.max()) + 2) + column + 1
        # Numbered anew after each column, so that the product cannot overflow.
        combined = np.unique(combined, return_inverse=True)[1].astype(np.int64)
    firsts = np.unique(combined, return_index=True)[1].astype(np.int64)
    return firsts[combined]
