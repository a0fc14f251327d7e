"""The models that were run, as SQL that can be read: their order, what they read, and the tests beside them.

Takes the plain dictionaries of a manifest and of run results; nothing here runs or explains SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

FRAMED = "figures"
"""The layer that puts results in their places; its counts are one for each figure and need no steps of their own."""


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


def order_path(reads: Mapping[str, Iterable[str]], name: str) -> list[str]:
    """The models that one model rests on, itself last, in the order of `reads`: of each what it reads."""
    needed, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current in reads and current not in needed:
            needed.add(current)
            waiting += reads[current]
    return [model for model in reads if model in needed]


def _one_line(text: str) -> str:
    return " ".join(text.split())
