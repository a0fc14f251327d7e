"""Reads the SQL of a whole project at once: what each model reads, its steps, and the lineage of every column.

What is read depends on the SQL alone, so that whoever has read it once may keep it: `records.Reading` holds no tree.
"""

from __future__ import annotations

from pipelines.lineage.columns import trace_columns
from pipelines.lineage.project import FRAMED, Project
from pipelines.lineage.queries import list_relations
from pipelines.lineage.records import Reading
from pipelines.lineage.steps import read_steps


def read_sql(project: Project) -> Reading:
    """All that the SQL of the project says. `models` of the project must be in an order in which they can be run."""
    return Reading(
        {name: list_relations(model.sql) for name, model in project.models.items()},
        {name: read_steps(model) for name, model in project.models.items() if model.layer != FRAMED},
        trace_columns(project),
    )
