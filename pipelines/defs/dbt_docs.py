"""dbt's own documentation as one file for auditors: the models, columns and tests of the run, and what rests on them.

The page is dbt's; what is put into it is the run's manifest without anything of when, where or by which run, and without the
packages that dbt brings. The same models give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

PAGE = "dbt-docs.html"
_OURS = "storyboard"
_KEPT = ("nodes", "sources", "macros", "docs", "exposures", "parent_map", "child_map")
_LISTED = ("metrics", "groups", "unit_tests", "semantic_models", "saved_queries", "disabled", "selectors", "group_map")
_NOT_CONTENT = {"created_at", "root_path", "build_path", "compiled_path", "deferred", "invocation_id"}
_SEALED = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
"""The page may fetch nothing from anywhere, whatever is written in it."""


def write_docs(manifest: Mapping[str, Any], columns: Iterable[Sequence[Any]]) -> str:
    """The page, from a run's manifest and the columns of its warehouse: (relation, column, type), in order."""
    kept = {key: _scrub(manifest.get(key, {})) for key in _KEPT}
    for key in ("macros", "docs"):
        kept[key] = {name: entry for name, entry in kept[key].items() if entry["package_name"] == _OURS}
    kept |= {key: {} for key in _LISTED}
    kept["metadata"] = {
        "dbt_schema_version": manifest["metadata"]["dbt_schema_version"],
        "dbt_version": manifest["metadata"]["dbt_version"],
        "project_name": manifest["metadata"]["project_name"],
        "adapter_type": manifest["metadata"]["adapter_type"],
        "send_anonymous_usage_stats": False,
    }
    return _fill(json.dumps(kept, sort_keys=True), json.dumps(_catalogue(manifest, columns), sort_keys=True))


@lru_cache(maxsize=2)  # the editions of one command are made by the same models
def _fill(manifest: str, catalogue: str) -> str:
    from dbt.task.docs import DOCS_INDEX_FILE_PATH

    page = Path(DOCS_INDEX_FILE_PATH).read_text("utf-8")
    page = page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{_SEALED}', 1)
    page = page.replace('"MANIFEST.JSON INLINE DATA"', _for_script(manifest))
    return page.replace('"CATALOG.JSON INLINE DATA"', _for_script(catalogue))


def _for_script(stated: str) -> str:
    return stated.replace("</", "<\\/")


def _scrub(entry: Any) -> Any:
    if isinstance(entry, Mapping):
        return {key: _scrub(value) for key, value in entry.items() if key not in _NOT_CONTENT}
    return [_scrub(value) for value in entry] if isinstance(entry, list) else entry


def _catalogue(manifest: Mapping[str, Any], columns: Iterable[Sequence[Any]]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for relation, column, kind in columns:
        of = found.setdefault(relation, {})
        of[column] = {"type": kind, "index": len(of) + 1, "name": column, "comment": None}
    nodes = {
        unique_id: {
            "metadata": {
                "type": node["config"]["materialized"],
                "schema": node["schema"],
                "name": node["name"],
                "database": node["database"],
                "comment": None,
                "owner": None,
            },
            "columns": found[node["name"]],
            "stats": {},
            "unique_id": unique_id,
        }
        for unique_id, node in manifest["nodes"].items()
        if node["name"] in found
    }
    return {"metadata": {}, "nodes": nodes, "sources": {}, "errors": None}
