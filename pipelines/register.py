"""Reads what is defined once: the metrics from their entries, the category lists, the tree hash of the code.

No dbt and no warehouse: the entries are plain YAML, so that `check`, pages and tests can read them at once.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from pipelines import paths
from pipelines.figures import Category, Metric


@cache
def read_metrics() -> dict[str, Metric]:
    """Every metric by its id, in the order of the entries. Source: `_metrics.yml`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load(paths.METRIC_ENTRIES.read_text("utf-8"), Loader=loader)["models"]
    return {entry["name"]: _metric(entry) for entry in entries}


def _metric(entry: Mapping[str, Any]) -> Metric:
    meta = entry["config"]["meta"]
    return Metric(
        metric_id=entry["name"],
        description=" ".join(entry["description"].split()),
        label=meta["label"],
        unit=meta["unit"],
        collection=meta["collection"],
        kind=meta["kind"],
        needs=tuple(meta["needs"]),
        breakdowns=tuple(meta.get("breakdowns", ())),
        dimensions=meta.get("dimensions", {}),
        over_time=meta.get("over_time"),
        on_days=meta.get("on_days"),
        overlapping=tuple(meta.get("overlapping", ())),
        numerator=meta.get("numerator"),
        denominator=meta.get("denominator"),
        scale=meta.get("scale", 1),
        public=meta.get("public", True),
    )


@cache
def read_categories() -> dict[str, tuple[Category, ...]]:
    """The categories of each dimension, in the order in which they are shown. Months are not listed: a period has its own."""
    with paths.CATEGORIES.open(encoding="utf-8", newline="") as file:
        rows = [Category(r["dimension"], r["category"], int(r["position"]), r["label"]) for r in csv.DictReader(file)]
    by_dimension: dict[str, list[Category]] = {}
    for row in sorted(rows, key=lambda c: (c.dimension, c.position)):
        by_dimension.setdefault(row.dimension, []).append(row)
    return {name: tuple(members) for name, members in by_dimension.items()}


@cache
def read_open_schemas() -> dict[str, dict[str, Any]]:
    """The Table Schema of each kind of file that goes out, by name. Source: `schemas/figures/`."""
    files = sorted((paths.SCHEMAS / "figures").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


@cache
def read_metric_models() -> dict[str, str]:
    """The SQL of each metric as it is written, by metric id."""
    return {metric_id: (paths.METRICS / f"{metric_id}.sql").read_text("utf-8") for metric_id in read_metrics()}


@cache
def read_checks() -> tuple[str, ...]:
    """What must hold of all figures each time an edition is built, in sentences: the descriptions of dbt's own data tests."""
    entries = yaml.safe_load((paths.DBT_PROJECT / "tests" / "_tests.yml").read_text("utf-8"))["data_tests"]
    return tuple(" ".join(entry["description"].split()) for entry in entries)
