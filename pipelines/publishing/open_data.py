"""The open files of one edition: figures, data dictionary and categories, with what describes them to machines.

Puts together what `downloads`, `dictionary` and `csvw` write, and the data package that names all of it. Only protected figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book
from pipelines.publishing.csvw import SUFFIX, write_csvw
from pipelines.publishing.dictionary import list_categories, list_metrics
from pipelines.publishing.downloads import FIGURES, SCORECARD, write_public_figures, write_rows

DICTIONARY, CATEGORIES, PACKAGE = "data-dictionary.csv", "categories.csv", "datapackage.json"
OFFERED = "open-data"
"""The folder of the site that holds copies of them."""
LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A table that everybody may have. `schema` is the name of its Table Schema in `schemas/figures/`."""

    path: str
    title: str
    schema: str


OPEN_FILES = (
    OpenFile(FIGURES, "Every figure", "public"),
    OpenFile(SCORECARD, "Figures by quarter and by school term", "public"),
    OpenFile(DICTIONARY, "What each metric and breakdown means", "data_dictionary"),
    OpenFile(CATEGORIES, "What each category is called", "categories"),
)
"""All of them, in the order in which they are described."""

_LEADS_TO: Mapping[str, Sequence[tuple[str, Sequence[str]]]] = {
    FIGURES: ((DICTIONARY, ("metric_id", "breakdown")), (CATEGORIES, ("metric_id", "breakdown", "category"))),
    SCORECARD: ((DICTIONARY, ("metric_id", "breakdown")), (CATEGORIES, ("metric_id", "breakdown", "category"))),
    CATEGORIES: ((DICTIONARY, ("metric_id", "breakdown")),),
}
"""The columns by which a row of one file leads to its row in another."""


def list_open_files() -> list[str]:
    """The names of all files that `write_open_data` writes."""
    return [*(name for file in OPEN_FILES for name in (file.path, file.path + SUFFIX)), PACKAGE]


def mark_up_open_files(schemas: Mapping[str, Mapping[str, Any]], link: Callable[[str], str]) -> Markup:
    """Each open file with its address, what a row is, and its columns, as Markdown.

    `link` gives the address of a file of the site from the page.
    """
    lines: list[str] = []
    described: dict[str, str] = {}
    for file in OPEN_FILES:
        schema, address = schemas[file.schema], link(f"{OFFERED}/{file.path}")
        lines += [
            f"## {file.title}",
            "",
            f'{schema["description"]} <a href="{address}" download>{file.path}</a>, described for machines in '
            f'<a href="{address}{SUFFIX}" download>{file.path}{SUFFIX}</a>.',
            "",
        ]
        if file.schema in described:
            lines += [f"Its columns are those of {described[file.schema]}.", ""]
            continue
        described[file.schema] = file.path
        lines += ["| Column | What it holds |", "|---|---|"]
        lines += [f"| `{field['name']}` | {Markup.escape(field['description'])} |" for field in schema["fields"]]
        lines.append("")
    address = link(f"{OFFERED}/{PACKAGE}")
    lines += [
        "## All of it as a data package",
        "",
        f'The file <a href="{address}" download>{PACKAGE}</a> names all tables and columns, how the tables belong together, '
        "and the number of people that rates rest on.",
        "",
    ]
    return Markup("\n".join(lines))


def write_open_data(
    into: Path,
    book: Book,
    figures: Iterable[PublicFigure],
    *,
    schemas: Mapping[str, Mapping[str, Any]],
    population: Sequence[Mapping[str, Any]],
    protection: str,
) -> None:
    """Writes every open file into the folder `into`.

    `figures` are all protected figures, `book` those of the authority that labels are looked up with. `schemas` are Table
    Schemas by name; `population` is what rates rest on; `protection` the rule for counts, without its full stop.
    """
    figures = list(figures)
    write_public_figures((f for f in figures if not f.key.is_over_time), into / FIGURES)
    write_public_figures((f for f in figures if f.key.is_over_time), into / SCORECARD)
    dictionary = list_metrics(book, protection, whole=FIGURES, over_time=SCORECARD)
    write_rows(into / DICTIONARY, schemas["data_dictionary"], dictionary)
    write_rows(into / CATEGORIES, schemas["categories"], list_categories(book))
    notice = "Every figure in this edition is invented: it comes from sample extracts. " if book.invented else ""
    for file in OPEN_FILES:
        schema = schemas[file.schema]
        write_csvw(
            into / file.path,
            title=f"{file.title}, {book.edition.name} edition",
            description=notice + schema["description"],
            licence=LICENCE,
            invented=book.invented,
            schema=schema,
        )
    package = _describe_package(book, schemas, population, notice + protection[:1].upper() + protection[1:] + ".")
    (into / PACKAGE).write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", "utf-8", newline="\n")


def _describe_package(
    book: Book, schemas: Mapping[str, Mapping[str, Any]], population: Sequence[Mapping[str, Any]], description: str
) -> dict[str, Any]:
    """The Frictionless descriptor, with the definitions and the population that rates rest on."""
    edition = book.edition
    return {
        "name": f"story-board-{edition.name}",
        "title": f"Children missing from home, care and education: figures of the {edition.name} edition",
        "description": description,
        "licenses": [{"name": "OGL-UK-3.0", "title": "Open Government Licence v3.0", "path": LICENCE}],
        "resources": [_describe_resource(file, schemas[file.schema]) for file in OPEN_FILES],
        "invented": book.invented,
        "symbols": {"[c]": "hidden to protect children", "[x]": "not available", "[z]": "not applicable"},
        "periods": {
            name: {"period_start": p.start.isoformat(), "period_end": p.end.isoformat(), "as_at": p.as_at.isoformat()}
            for name, p in edition.periods.items()
        },
        "population": list(population),
        "metrics": [
            {
                "metric_id": m.metric_id,
                "label": m.label,
                "description": m.description,
                "unit": m.unit,
                "collection": m.collection,
                "breakdowns": list(m.breakdowns),
            }
            for m in book.metrics.values()
        ],
        "categories": {name: {c.category: c.label for c in each} for name, each in sorted(book.categories.items())},
    }


def _describe_resource(file: OpenFile, schema: Mapping[str, Any]) -> dict[str, Any]:
    leads_to = [
        {"fields": list(columns), "reference": {"resource": _name(other), "fields": list(columns)}}
        for other, columns in _LEADS_TO.get(file.path, ())
    ]
    return {
        "name": _name(file.path),
        "path": file.path,
        "title": file.title,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {**schema, **({"foreignKeys": leads_to} if leads_to else {})},
    }


def _name(path: str) -> str:
    return path.removesuffix(".csv")
