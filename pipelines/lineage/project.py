"""The models that were run, as SQL that can be read: their order, what they read, and the tests beside them.

Takes the plain dictionaries of a manifest and of run results; nothing here runs or explains SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
EXTRACT = "extracts."
"""Extracts stand in the SQL shown as `extracts.<name>`."""


@dataclass(frozen=True, slots=True)
class Model:
    """One relation: its SQL as it was run, and what its entry says of it and of its columns."""

    name: str
    layer: str
    sql: str
    written: str
    """The SQL as it stands in the project, before it was compiled."""
    description: str
    columns: Mapping[str, str]
    """What is said of each column that is described."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test of the build: what it says, what it looks at, how it ended."""

    name: str
    description: str
    models: tuple[str, ...]
    status: str
    failures: int


@dataclass(frozen=True, slots=True)
class Project:
    """All that was run for one edition. `models` stand behind what they read."""

    models: Mapping[str, Model]
    extracts: Mapping[str, Sequence[str]]
    """The columns of each extract, as dbt read it."""
    seeds: Mapping[str, Sequence[str]]
    tests: Sequence[Test]

    def list_metrics(self) -> list[str]:
        """The ids of the metrics, each behind what it reads."""
        return [name for name, model in self.models.items() if model.layer == "metrics"]


def read_project(
    manifest: Mapping[str, Any], results: Mapping[str, Any], extracts: Mapping[str, Sequence[str]]
) -> Project:
    """The project of one run, from dbt's manifest and run results. KeyError where a result has no node."""
    models: dict[str, Model] = {}
    tests: list[Test] = []
    for result in _in_order(manifest, results["results"]):
        node = manifest["nodes"][result["unique_id"]]
        if node["resource_type"] == "model":
            models[node["name"]] = Model(
                node["name"],
                node["fqn"][1],
                result["compiled_code"].strip() + "\n",
                node["raw_code"].strip() + "\n",
                _one_line(node["description"]),
                {name: _one_line(column["description"]) for name, column in node["columns"].items()},
            )
        elif node["resource_type"] == "test":
            looked_at = tuple(sorted(name.split(".")[-1] for name in node["depends_on"]["nodes"]))
            tests.append(
                Test(
                    node["name"],
                    _one_line(node["description"]),
                    looked_at,
                    result["status"],
                    int(result["failures"] or 0),
                )
            )
    seeds = {
        node["name"]: tuple(node["columns"]) or tuple(node["config"].get("column_types", {}))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "seed"
    }
    return Project(models, extracts, seeds, sorted(tests, key=lambda test: test.name))


def _in_order(manifest: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The results of models and tests: each behind what it reads, else by name. In which order dbt ran them is chance."""
    by_id = {result["unique_id"]: result for result in results if not result["unique_id"].startswith("seed.")}
    sorter = TopologicalSorter({name: manifest["nodes"][name]["depends_on"]["nodes"] for name in sorted(by_id)})
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from (by_id[name] for name in ready if name in by_id)
        sorter.done(*ready)


def parse(sql: str) -> exp.Query:
    """One query as a tree. TypeError where it is none."""
    tree = sqlglot.parse_one(sql, read=DIALECT)
    if not isinstance(tree, exp.Query):
        raise TypeError(f"a model is a query, not {type(tree).__name__}")
    return tree


def with_short_names(tree: exp.Expr) -> exp.Expr:
    """A copy in which relations stand without their database, and what is read from a file as `extracts.<name>`."""
    return tree.transform(_shorten)


@cache  # every way to a metric asks it of the same models
def list_relations(sql: str) -> frozenset[str]:
    """The relations that a query reads: models by their names, extracts as `extracts.<name>`."""
    tree = parse(sql)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(
        name
        for table in tree.find_all(exp.Table)
        for name in [name_of(table)]
        if table.args.get("db") or name not in own
    )


def name_of(table: exp.Table) -> str:
    """The name under which a relation is known here."""
    if isinstance(table.this, exp.Identifier):
        return table.name
    path = next(text.this for text in table.find_all(exp.Literal) if str(text.this).startswith("/"))
    return EXTRACT + str(path).strip("/").rsplit(".", 1)[0]


def order_path(project: Project, name: str) -> list[str]:
    """The models that one model rests on, itself last, in the order in which they were run."""
    needed, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current in project.models and current not in needed:
            needed.add(current)
            waiting += list_relations(project.models[current].sql)
    return [model for model in project.models if model in needed]


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a condition that must all hold."""
    condition = condition.unnest() if isinstance(condition, exp.Paren) else condition
    if isinstance(condition, exp.And):
        yield from conjuncts(condition.left)
        yield from conjuncts(condition.right)
    else:
        yield condition


def names(columns: Iterable[exp.Column]) -> list[str]:
    """The names of columns, each once, in the order in which they first stand."""
    return list(dict.fromkeys(column.name for column in columns))


def _shorten(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.Table):
        return node
    if not isinstance(node.this, exp.Identifier):
        return exp.Table(this=exp.to_identifier(name_of(node), quoted=True), alias=node.args.get("alias"))
    node.set("db", None)
    node.set("catalog", None)
    node.this.set("quoted", False)
    return node


def _one_line(text: str) -> str:
    return " ".join(text.split())
