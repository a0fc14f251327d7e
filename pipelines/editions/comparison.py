"""What changed between two sealed editions, or two versions of one: each figure that differs, and why as far as it can be told.

Compares what was sealed and puts causes to it; running earlier rows through later SQL is the caller's, who passes in what the
figures were after each change was made alone. What cannot be told apart is said so.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pipelines.editions.manifest import Manifest, read_manifest
from pipelines.editions.tracing import AUDIT, read_audit

Key = tuple[str, str, str, str]
"""Authority, metric, breakdown, category."""
Value = int | float | str | None
"""A number; the status where there is none; None where the edition has no such figure."""
Cause = Literal[
    "definition",
    "period",
    "removed rows",
    "corrected rows",
    "late rows",
    "extracts",
    "code",
    "protection",
    "not told apart",
]


@dataclass(frozen=True, slots=True)
class Stage:
    """All figures after one more thing was changed: `cause` is that thing; the first stage has none."""

    cause: Cause | None
    figures: Mapping[Key, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that differs. `parts` says how far each cause moved it, in the order in which they were tried."""

    key: Key
    before: Value
    after: Value
    public_before: str | None
    public_after: str | None
    causes: tuple[Cause, ...]
    parts: tuple[tuple[Cause, Value, Value], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """`{figure, from, to, causes}`, with the public values and the parts beside them."""
        return {
            "figure": "/".join(self.key),
            "from": self.before,
            "to": self.after,
            "causes": list(self.causes),
            "public_from": self.public_before,
            "public_to": self.public_after,
            "parts": [{"cause": cause, "from": before, "to": after} for cause, before, after in self.parts],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes, sorted by key; `why_not_replayed` is blank where causes were told apart by replay."""

    before: str
    after: str
    changes: tuple[Change, ...]
    why_not_replayed: str = ""

    def as_json(self) -> dict[str, Any]:
        """`{from, to, changes: [{figure, from, to, causes}]}`, and whether causes were told apart by replay."""
        return {
            "from": self.before,
            "to": self.after,
            "replayed": not self.why_not_replayed,
            "why_not_replayed": self.why_not_replayed,
            "changes": [change.as_json() for change in self.changes],
        }


def compare(before: Path, after: Path, stages: Sequence[Stage] = (), *, why_not_replayed: str = "") -> Comparison:
    """Compare two sealed editions' folders. `stages` lead from the first's figures to the second's, one cause at a time."""
    exact = read_exact(before), read_exact(after)
    public = _read_public(before), _read_public(after)
    facts = _Facts.read(before, after)
    changes = []
    for key in sorted({*exact[0], *exact[1]}):
        values = exact[0].get(key), exact[1].get(key)
        shown = public[0].get(key), public[1].get(key)
        is_same, is_shown_alike = values[0] == values[1], shown[0] == shown[1]
        if is_same and is_shown_alike:
            continue
        parts = [] if is_same else _parts(key, values, stages)
        causes: tuple[Cause, ...]
        if is_same:
            causes = ("protection",)
        elif parts:
            causes = tuple(cause for cause, _, _ in parts)
        else:
            causes = facts.guess(key)
        changes.append(Change(key, *values, *shown, causes, tuple(parts)))
    return Comparison(before.name, after.name, tuple(changes), why_not_replayed)


def _parts(key: Key, values: tuple[Value, Value], stages: Sequence[Stage]) -> list[tuple[Cause, Value, Value]]:
    """How far each cause moved the figure; empty where the stages do not lead from what was sealed to what was sealed."""
    if not stages or (stages[0].figures.get(key), stages[-1].figures.get(key)) != values:
        return []
    parts = []
    for earlier, later in pairwise(stages):
        moved = earlier.figures.get(key), later.figures.get(key)
        if later.cause is not None and moved[0] != moved[1]:
            parts.append((later.cause, *moved))
    return parts


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the two editions themselves say of what they were made of: enough where only one thing differs."""

    is_other_period: bool
    is_other_code: bool
    definitions: frozenset[str]
    """Metrics whose SQL or words differ."""
    extracts: frozenset[str]
    """Extracts that are not the same file."""
    needs: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, before: Path, after: Path) -> _Facts:
        one, other = read_manifest(before), read_manifest(after)
        metrics = read_audit(before, "metrics.json"), read_audit(after, "metrics.json")
        hashes = _hashes(one), _hashes(other)
        return cls(
            _periods(before) != _periods(after),
            one.facts.code != other.facts.code,
            frozenset(
                metric
                for metric in {*metrics[0], *metrics[1]}
                if metrics[0].get(metric, {}).get("definition_sha256")
                != metrics[1].get(metric, {}).get("definition_sha256")
            ),
            frozenset(name for name in {*hashes[0], *hashes[1]} if hashes[0].get(name) != hashes[1].get(name)),
            {metric: frozenset(entry.get("needs", ())) for metric, entry in {**metrics[0], **metrics[1]}.items()},
        )

    def guess(self, key: Key) -> tuple[Cause, ...]:
        """The one thing that differs, or all of them, not told apart."""
        metric = key[1]
        possible: list[Cause] = []
        if metric in self.definitions:
            possible.append("definition")
        if self.is_other_period:
            possible.append("period")
        if self.extracts & self.needs.get(metric, frozenset()):
            possible.append("extracts")
        if not possible:
            return ("code",) if self.is_other_code else ("not told apart",)
        return tuple(possible) if possible == ["definition"] else (*possible, "not told apart")


def read_exact(folder: Path) -> dict[Key, Value]:
    """The exact figures of a sealed edition."""
    return {_key(row): number_of(row["value"], row["status"]) for row in _rows(folder / "restricted" / "figures.csv")}


def number_of(value: str, status: str) -> Value:
    """A figure's value as JSON has it; its status where it has none."""
    if value == "":
        return status
    return float(value) if "." in value else int(value)


def _read_public(folder: Path) -> dict[Key, str]:
    path = folder / "public" / "figures.csv"
    if not path.is_file():
        path = folder / "restricted" / "withdrawn" / "public" / "figures.csv"
    return {_key(row): row["display"] for row in _rows(path)}


def _hashes(manifest: Manifest) -> dict[str, str]:
    return {extract.name: extract.sha256 for extract in manifest.facts.extracts}


def _periods(folder: Path) -> Any:
    return json.loads((folder / AUDIT / "ingredients.json").read_text("utf-8"))["periods"]


def _key(row: Mapping[str, str]) -> Key:
    return row["authority"], row["metric_id"], row["breakdown"], row["category"]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def show_comparison(comparison: Comparison) -> str:
    """The comparison as text: each figure, what it was and is, and why."""
    if not comparison.changes:
        return f"{comparison.before} and {comparison.after} have the same figures."
    lines = [f"{len(comparison.changes)} figures differ between {comparison.before} and {comparison.after}."]
    if comparison.why_not_replayed:
        lines.append(f"Causes were not told apart by replay: {comparison.why_not_replayed}")
    metric = ""
    for change in comparison.changes:
        if change.key[1] != metric:
            metric = change.key[1]
            lines.append(f"\n{metric}")
        name = "/".join((change.key[0], *change.key[2:]))
        if change.before == change.after:
            moved = f"{_show(change.before)}, public {change.public_before} -> {change.public_after}"
        else:
            moved = f"{_show(change.before)} -> {_show(change.after)}"
        told = (
            "; ".join(f"{cause} {_show(a)} -> {_show(b)}" for cause, a, b in change.parts)
            if len(change.parts) > 1
            else ""
        )
        lines.append(f"  {name}: {moved}. Because of: {told or ', '.join(change.causes)}.")
    return "\n".join(lines)


def _show(value: Value) -> str:
    if value is None:
        return "none"
    return value.replace("_", " ") if isinstance(value, str) else f"{value:,}"
