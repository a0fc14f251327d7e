"""Descriptions of the open files as CSV on the Web, beside each file: `figures.csv` has `figures.csv-metadata.json`.

Made from the Table Schemas that the data package holds, so that the two cannot differ. No figures, and no date of making.
Source: W3C, Metadata Vocabulary for Tabular Data (2015).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SUFFIX = "-metadata.json"
CONTEXT = "http://www.w3.org/ns/csvw"

_PROPERTIES = {
    "authority": "http://purl.org/linked-data/sdmx/2009/dimension#refArea",
    "value": "http://purl.org/linked-data/sdmx/2009/measure#obsValue",
    "status": "http://purl.org/linked-data/sdmx/2009/attribute#obsStatus",
    "unit": "http://purl.org/linked-data/sdmx/2009/attribute#unitMeasure",
    "period_start": "http://schema.org/startDate",
    "period_end": "http://schema.org/endDate",
    "definition": "http://www.w3.org/2004/02/skos/core#definition",
    "label": "http://www.w3.org/2004/02/skos/core#prefLabel",
}
"""Columns whose meaning has a name that others use too."""

_DATATYPES: Mapping[str, dict[str, str]] = {
    "string": {"base": "string"},
    "number": {"base": "decimal"},
    "date": {"base": "date", "format": "yyyy-MM-dd"},
    "boolean": {"base": "boolean", "format": "true|false"},
}
_SEPARATORS = {"extracts": ";"}
"""Columns whose cells are lists."""


def write_csvw(
    file: Path, *, title: str, description: str, licence: str, invented: bool, schema: Mapping[str, Any]
) -> Path:
    """Writes the description of `file` beside it, and answers its path. `schema` is a Frictionless Table Schema."""
    described: dict[str, Any] = {
        "@context": [CONTEXT, {"@language": "en"}],
        "url": file.name,
        "dc:title": title,
        "dc:description": description,
        "dc:license": {"@id": licence},
        "dialect": {"encoding": "utf-8", "header": True, "delimiter": ",", "quoteChar": '"', "lineTerminators": ["\n"]},
        "tableSchema": {
            "columns": [_describe_column(field) for field in schema["fields"]],
            "primaryKey": list(schema["primaryKey"]),
        },
    }
    if invented:
        described["rdfs:comment"] = "Every figure is invented."
    into = file.with_name(file.name + SUFFIX)
    into.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", "utf-8", newline="\n")
    return into


def _describe_column(field: Mapping[str, Any]) -> dict[str, Any]:
    """The header of the file is one of the titles: that is how readers know that the description fits."""
    name, rules = field["name"], field.get("constraints", {})
    datatype = dict(_DATATYPES[field["type"]])
    if "pattern" in rules:
        datatype["format"] = rules["pattern"]
    if "enum" in rules:
        datatype["format"] = f"^({'|'.join(map(re.escape, rules['enum']))})$"
    datatype |= {limit: rules[limit] for limit in ("minimum", "maximum") if limit in rules}
    column: dict[str, Any] = {
        "name": name,
        "titles": [name, field["title"]],
        "dc:description": field["description"],
        "datatype": datatype,
        "required": rules.get("required", False),
        "null": "",
    }
    if name in _SEPARATORS:
        column["separator"] = _SEPARATORS[name]
    if name in _PROPERTIES:
        column["propertyUrl"] = _PROPERTIES[name]
    return column
