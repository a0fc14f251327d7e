"""What the gate found: one record per rule and row, kept in the order of the checks, with the rows that are rejected.

No rule is decided and no sentence written here: the catalogue has those. Nothing here ever holds a cell's value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.intake.rules import RULES, Severity

ROWS_NAMED = 1000
"""How many rows are named for one rule, column and extract; the rest are counted in a finding on the whole file."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or must be explained."""

    extract: str | None
    """None for the folder as a whole."""
    rule: str
    severity: Severity
    field: str | None
    row: int | None
    """The line of the file where the record starts (the header is 1); None for the file as a whole."""
    count: int
    """How many rows or cells the finding stands for."""
    message: str
    fix: str

    def as_json(self) -> dict[str, Any]:
        """The finding as `check --format json` prints it."""
        return asdict(self)


class Findings:
    """The findings of one examination, and per extract the lines with an error."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._named: Counter[tuple[str, str | None, str | None]] = Counter()
        self.rejected: dict[str, set[int]] = {}

    def add(
        self,
        rule: str,
        extract: str | None,
        field: str | None = None,
        row: int | None = None,
        *,
        count: int = 1,
        **words: object,
    ) -> None:
        """Add one finding. `words` are names of ours that the rule's sentence asks for."""
        self._found.append(self._finding(rule, extract, field, row, count, words))
        if row is not None:
            self.reject(rule, extract, (row,))

    def add_rows(self, rule: str, extract: str, field: str | None, rows: Iterable[int], **words: object) -> None:
        """Add one finding for each row; beyond `ROWS_NAMED` of one rule and column the rest are counted together.

        A word that is a list has one entry for each row.
        """
        lines = [int(row) for row in rows]
        places = sorted(range(len(lines)), key=lines.__getitem__)
        key = (rule, extract, field)
        room = max(0, ROWS_NAMED - self._named[key])
        for place in places[:room]:
            own = {name: word[place] if isinstance(word, list) else word for name, word in words.items()}
            self._found.append(self._finding(rule, extract, field, lines[place], 1, own))
        self._named[key] += len(lines)
        if len(lines) > room:
            rest = len(lines) - room
            entry, fix = RULES[rule], RULES[rule].mend.format_map({"field": field, "extract": extract} | words)
            message = f"The same in {rest:,} more rows ({entry.code})."
            self._found.append(Finding(extract, rule, entry.severity, field, None, rest, message, fix))
        self.reject(rule, extract, lines)

    def take(self, others: Findings) -> None:
        """Add all that was found elsewhere of other columns, in its order."""
        self._found += others._found
        self._named += others._named
        for extract, lines in others.rejected.items():
            self.rejected.setdefault(extract, set()).update(lines)

    def reject(self, rule: str, extract: str | None, rows: Iterable[int]) -> None:
        """Count the rows as rejected, if the rule is an error."""
        if extract is not None and RULES[rule].severity == "error":
            self.rejected.setdefault(extract, set()).update(rows)

    def all(self) -> tuple[Finding, ...]:
        """Every finding: errors first, then by extract as they were found."""
        return tuple(sorted(self._found, key=lambda finding: finding.severity != "error"))

    @staticmethod
    def _finding(
        rule: str, extract: str | None, field: str | None, row: int | None, count: int, words: dict[str, object]
    ) -> Finding:
        entry = RULES[rule]
        names = {"field": field, "extract": extract, "count": count} | words
        message, fix = entry.sentence.format_map(names), entry.mend.format_map(names)
        return Finding(extract, rule, entry.severity, field, row, count, message, fix)
