"""What is read out of SQL, as records that can be kept: of each model what it reads, its steps, and what its columns rest on.

How it is read is said in `columns` and `steps`; nothing here knows a tree of SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

EXTRACT = "extracts."
"""Extracts stand in the SQL shown as `extracts.<name>`."""

How = Literal["value", "filter", "join", "grouping", "breakdown", "frame"]
"""What a field does to a figure: it is in the value, it decides which rows are counted, it matches rows of two relations, it
says what one row is, it cuts the figure into categories, it says which figures an edition holds at all."""

Kind = Literal["read", "join", "filter", "cut", "count", "unite", "deduplicate", "unfold", "work out"]


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """A column of a relation that a model reads, and what for."""

    relation: str
    column: str
    how: How


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """A column that was worked out inside a model: the part of its SQL (a named subquery, or "" for the last) and its name."""

    part: str
    column: str


@dataclass(frozen=True, slots=True)
class ModelLineage:
    """One model: what each of its columns rests on in the relations that it reads, and what decides its rows."""

    columns: Mapping[str, frozenset[Use | Named]]
    rows: frozenset[Use | Named]
    references: int
    unresolved: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class FieldUse:
    """A field of an extract that a metric rests on, and what for."""

    extract: str
    field: str
    how: How


@dataclass(frozen=True, slots=True)
class Lineage:
    """All models, and for each metric the fields that it rests on and the worked-out columns on the way."""

    models: Mapping[str, ModelLineage]
    fields: Mapping[str, tuple[FieldUse, ...]]
    worked_out: Mapping[str, frozenset[tuple[str, str, str]]]
    """By metric: (model, part, column)."""

    @property
    def references(self) -> int:
        """How many references to a column all models hold."""
        return sum(model.references for model in self.models.values())

    @property
    def unresolved(self) -> list[str]:
        """Those that could not be followed, as `model: column`."""
        return [f"{name}: {column}" for name, model in self.models.items() for column in model.unresolved]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `rows_in` and `rows_out` name counts (see `ModelSteps.counts`); they are equal where no row goes or comes."""

    kind: Kind
    part: str
    """The named subquery of the model in which it happens; "" for its last query."""
    text: str
    sql: str
    rows_in: str
    rows_out: str
    column: str = ""
    """The column that is worked out, where that is the step."""


@dataclass(frozen=True, slots=True)
class ModelSteps:
    """The steps of a model in order, and the SQL that counts their rows: one row, one column for each name of `counts`."""

    steps: tuple[Step, ...]
    counts: tuple[str, ...]
    counting_sql: str
    cut_sql: str
    """Rows that went into each figure: authority, breakdown, category, rows; "" where the model cuts nothing."""
    rows_sql: str
    """The same rows themselves, with their authority, breakdown and category as `cut_...` columns; "" where it cuts nothing."""


def apply_counts(steps: ModelSteps, found: Mapping[str, int]) -> Iterator[tuple[Step, int, int]]:
    """Each step with the rows that went in and came out, from the counts that were found."""
    for step in steps.steps:
        yield step, found[step.rows_in], found[step.rows_out]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that the SQL of a project says: of each model what it reads and its steps, and the lineage of all columns."""

    reads: Mapping[str, frozenset[str]]
    steps: Mapping[str, ModelSteps]
    """Of the models that make rows; those that put results in their places have none of their own."""
    lineage: Lineage

    def in_order(self, models: Iterable[str], metrics: Iterable[str]) -> Reading:
        """The same with models and metrics in the order in which a run ran them."""
        models, metrics = list(models), list(metrics)
        return Reading(
            {name: self.reads[name] for name in models},
            {name: self.steps[name] for name in models if name in self.steps},
            Lineage(
                {name: self.lineage.models[name] for name in models},
                {metric: self.lineage.fields[metric] for metric in metrics},
                {metric: self.lineage.worked_out[metric] for metric in metrics},
            ),
        )
