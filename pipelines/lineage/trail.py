"""The audit trail of an edition as files: SQL, steps with their rows, rows behind each figure, column lineage, tests.

Composes texts, the same for the same run of the same input; writing them and running the counting SQL is for the caller.
Those who read them later (`editions.tracing`) need none of this package.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.lineage.picture import Box, draw, place_in_columns
from pipelines.lineage.project import FRAMED, Model, Project, order_path
from pipelines.lineage.records import EXTRACT, Lineage, ModelSteps, Named, Reading, apply_counts

TRAIL_FORMAT = 1
Rows = Callable[[str], Sequence[Sequence[Any]]]
"""Runs SQL on the warehouse of the run; gives all its rows."""

_AN_EXTRACT = "extract "


def compose_trail(
    project: Project, reading: Reading, definitions: Mapping[str, Mapping[str, Any]], rows: Rows
) -> dict[str, str]:
    """The files of the trail by path. `reading` is of this project; `definitions` is what each metric's entry says, by its id."""
    lineage, steps = reading.lineage, reading.steps
    paths = {metric: order_path(reading.reads, metric) for metric in project.list_metrics()}
    return {
        **{f"sql/{name}.sql": model.sql for name, model in project.models.items()},
        "steps.json": _as_json(_compose_steps(project, reading, paths, rows)),
        "rows-counted.csv": _compose_rows_counted(project, steps, rows),
        "column-lineage.json": _as_json(_compose_lineage(project, lineage)),
        "column-lineage.csv": _as_csv(
            ("metric_id", "extract", "field", "how"),
            [(metric, use.extract, use.field, use.how) for metric, uses in lineage.fields.items() for use in uses],
        ),
        "metrics.json": _as_json(_compose_metrics(project, definitions, paths)),
        "lineage.svg": _draw_all(project, reading),
        **{f"metrics/{metric}.svg": _draw_metric(project, reading, metric) for metric in lineage.fields},
        "tests.json": _as_json(
            [
                {
                    "test": test.name,
                    "says": test.description,
                    "looks_at": list(test.models),
                    "status": test.status,
                    "failures": test.failures,
                }
                for test in project.tests
            ]
        ),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """One relation on the way to a metric: what it is, the steps that concern the metric in words, its SQL as it was run."""

    relation: str
    layer: str
    description: str
    steps: tuple[str, ...]
    sql: str


def tell_paths(project: Project, reading: Reading) -> dict[str, list[Told]]:
    """For each metric the relations from its extracts to itself. Words and SQL alone: no rows are counted."""
    told = {}
    for metric in project.list_metrics():
        needed = reading.lineage.worked_out[metric]
        told[metric] = [
            Told(
                name,
                project.models[name].layer,
                project.models[name].description,
                tuple(
                    step.text
                    for step in reading.steps[name].steps
                    if step.kind != "work out" or (name, step.part.split("#")[0], step.column) in needed
                ),
                project.models[name].sql,
            )
            for name in order_path(reading.reads, metric)
        ]
    return told


def digest_definitions(
    project: Project, reading: Reading, definitions: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """For each metric one hash of what it means: the version of its definition."""
    return {
        metric: _digest(
            [project.models[name] for name in order_path(reading.reads, metric)], definitions.get(metric, {})
        )
        for metric in project.list_metrics()
    }


def _compose_steps(
    project: Project, reading: Reading, paths: Mapping[str, Sequence[str]], rows: Rows
) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for name, model in project.models.items():
        entry: dict[str, Any] = {
            "layer": model.layer,
            "description": model.description,
            "reads": sorted(reading.reads[name]),
        }
        if name in reading.steps:
            made = reading.steps[name]
            found = dict(zip(made.counts, rows(made.counting_sql)[0], strict=True)) if made.counts else {}
            entry["steps"] = [
                {
                    "kind": step.kind,
                    "part": step.part,
                    "step": step.text,
                    "rows_in": before,
                    "rows_out": after,
                    "sql": step.sql,
                    **({"column": step.column} if step.column else {}),
                }
                for step, before, after in apply_counts(made, found)
            ]
            entry["rows_sql"] = made.rows_sql
        models[name] = entry
    shown = {row[0]: row[1] for row in rows("select metric_id, count(*) from figures group by metric_id")}
    metrics = {
        metric: {
            "path": list(path),
            "worked_out": _group(reading.lineage.worked_out[metric]),
            "figures": int(shown.get(metric, 0)),
        }
        for metric, path in paths.items()
    }
    return {"format": TRAIL_FORMAT, "models": models, "metrics": metrics}


def _compose_rows_counted(project: Project, steps: Mapping[str, ModelSteps], rows: Rows) -> str:
    counted = [
        (metric, part, authority, breakdown, category, count)
        for metric in project.list_metrics()
        if metric in steps and steps[metric].cut_sql
        for part, authority, breakdown, category, count in rows(steps[metric].cut_sql)
    ]
    return _as_csv(
        ("metric_id", "part", "authority", "breakdown", "category", "rows"),
        sorted(counted, key=lambda row: tuple(map(str, row[:5]))),
    )


def _compose_lineage(project: Project, lineage: Lineage) -> dict[str, Any]:
    known = {EXTRACT + name for name in project.extracts}
    edges = set()
    for name, model in lineage.models.items():
        for column, uses in model.columns.items():
            edges |= {(u.relation, u.column, name, column, u.how) for u in uses if not isinstance(u, Named)}
        edges |= {(u.relation, u.column, name, "*", u.how) for u in model.rows if not isinstance(u, Named)}
    reached = [metric for metric, uses in lineage.fields.items() if any(use.how != "frame" for use in uses)]
    return {
        "coverage": {
            "metrics": len(lineage.fields),
            "metrics_reaching_an_extract": len(reached),
            "column_references": lineage.references,
            "column_references_followed": lineage.references - len(lineage.unresolved),
            "not_followed": lineage.unresolved,
            "extract_fields": sum(len(columns) for columns in project.extracts.values()),
            "extract_fields_no_metric_uses": _unused(project, lineage),
        },
        "edges": [
            {"from": relation, "from_column": column, "to": to, "to_column": to_column, "how": how}
            for relation, column, to, to_column, how in sorted(edges)
            if relation in known or relation in project.models or relation in project.seeds
        ],
    }


def _draw_all(project: Project, reading: Reading) -> str:
    """Every relation between the extracts and the metrics. Staging is one to one, so that an extract stands for its own."""
    lineage = reading.lineage
    reads = _read_without_staging(project, reading, [n for n, m in project.models.items() if m.layer != FRAMED])
    used = Counter(source for metric in lineage.fields for source in reads[metric])
    everywhere = sorted(name for name, count in used.items() if 2 * count > len(lineage.fields))
    reads = {
        name: [source for source in sources if source not in everywhere]
        for name, sources in reads.items()
        if name not in everywhere
    }
    read = {source for sources in reads.values() for source in sources}
    reads = {name: sources for name, sources in reads.items() if name in read or name in lineage.fields}
    column = place_in_columns(reads)
    last = max(column[metric] for metric in lineage.fields)
    boxes = [Box(name, last if name in lineage.fields else column[name], (), _role(name, lineage)) for name in reads]
    arrows = [(source, name) for name, sources in reads.items() for source in sources]
    described = (
        "Extracts on the left, metrics on the right, and between them what each is made from. The same as a table: "
        "column-lineage.csv."
        + (f" Left out, because most metrics read it: {', '.join(everywhere)}." if everywhere else "")
    )
    return draw(boxes, arrows, title="From extracts to metrics", described=described, key="all")


def _draw_metric(project: Project, reading: Reading, metric: str) -> str:
    """One metric with the fields of the extracts that it rests on, and what each does to it."""
    lineage = reading.lineage
    fields: dict[str, dict[str, list[str]]] = {}
    for use in lineage.fields[metric]:
        if use.how != "frame":
            fields.setdefault(use.extract, {}).setdefault(use.field, []).append(use.how)
    reads = _read_without_staging(project, reading, order_path(reading.reads, metric))
    column = place_in_columns(reads)
    boxes = [
        Box(
            name,
            column[name],
            tuple(f"{f}: {', '.join(how)}" for f, how in fields.get(name.removeprefix(_AN_EXTRACT), {}).items())
            if name.startswith(_AN_EXTRACT)
            else (),
            _role(name, lineage),
        )
        for name in reads
    ]
    told = "; ".join(f"{extract}: {', '.join(used)}" for extract, used in fields.items())
    arrows = [(source, name) for name, sources in reads.items() for source in sources]
    return draw(
        boxes,
        arrows,
        title=f"From fields of the extracts to {metric}",
        described=f"It rests on these fields. {told}.",
        key=metric,
    )


def _read_without_staging(project: Project, reading: Reading, names: Sequence[str]) -> dict[str, list[str]]:
    """What each relation reads, the extracts first, with what a staging model reads in its place."""
    staged = {
        name: sorted(_AN_EXTRACT + source.removeprefix(EXTRACT) for source in reading.reads[name])
        for name, model in project.models.items()
        if model.layer == "staging"
    }
    reads: dict[str, list[str]] = {}
    for name in names:
        if name in staged:
            reads |= {extract: [] for extract in staged[name] if extract not in reads}
    for name in names:
        if name not in staged:
            sources = [source for one in sorted(reading.reads[name]) for source in staged.get(one, [one])]
            reads[name] = list(dict.fromkeys(source for source in sources if source in reads))
    return reads


def _role(name: str, lineage: Lineage) -> int:
    return 0 if name.startswith(_AN_EXTRACT) else 2 if name in lineage.fields else 1


def _unused(project: Project, lineage: Lineage) -> list[str]:
    used = {(use.extract, use.field) for uses in lineage.fields.values() for use in uses}
    return sorted(
        f"{name}.{column}"
        for name, columns in project.extracts.items()
        for column in columns
        if (name, column) not in used
    )


def _compose_metrics(
    project: Project, definitions: Mapping[str, Mapping[str, Any]], paths: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    return {
        metric: {
            **definitions.get(metric, {}),
            "written": project.models[metric].written,
            "definition_sha256": _digest([project.models[name] for name in path], definitions.get(metric, {})),
        }
        for metric, path in paths.items()
    }


def _digest(models: Sequence[Model], definition: Mapping[str, Any]) -> str:
    """One hash of what a metric means: its words, and the SQL of every model from the extracts to it."""
    stated = json.dumps([dict(definition), [(model.name, model.sql) for model in models]], sort_keys=True)
    return hashlib.sha256(stated.encode()).hexdigest()


def _group(worked_out: frozenset[tuple[str, str, str]]) -> dict[str, list[list[str]]]:
    grouped: dict[str, list[list[str]]] = {}
    for model, part, column in sorted(worked_out):
        grouped.setdefault(model, []).append([part, column])
    return grouped


def _as_json(stated: Any) -> str:
    return json.dumps(stated, indent=1, ensure_ascii=False) + "\n"


def _as_csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
