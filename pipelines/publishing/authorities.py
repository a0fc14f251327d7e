"""Several councils in one edition: which of them get pages and papers, what they are called, and the page that lists them all.

The index stands above the page sets, without the site generator, with the protected figures of each council. It ranks nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jinja2 import Environment
from markupsafe import Markup

from pipelines.figures import ALL, TOTAL, Edition, FigureKey, Metric, PublicFigure
from pipelines.publishing.book import PLACES, UnknownCitation
from pipelines.publishing.department import MEASURES
from pipelines.publishing.english import write_date, write_period
from pipelines.publishing.markup import mark_up_figure, mark_up_symbols

REGISTER = "authorities"
OTHER = "Other areas"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the register says: who gets pages, the measures of the index, names by ONS code, regions with their codes, and the
    measures by which councils are held against one another, with that of the department that comes nearest."""

    pages_for: Literal["all"] | frozenset[str]
    compared: tuple[str, ...]
    places: Mapping[str, str]
    regions: tuple[tuple[str, frozenset[str]], ...] = ()
    held_against: tuple[tuple[str, str | None], ...] = ()


def read_plan(registers: Mapping[str, Any], metrics: Mapping[str, Metric]) -> Plan:
    """The plan of `registers` (as `read_registers` gives them). UnknownCitation where it names what does not exist."""
    stated = registers.get(REGISTER) or {}
    names = {str(code): str(name) for code, name in (stated.get("names") or {}).items()}
    wanted, compared = stated.get("pages_for", ALL), tuple(stated.get("compared") or ())
    held_against: Mapping[str, str | None] = stated.get("held_against") or {}
    where = f"docs/registers/{REGISTER}.yml"
    if wanted != ALL and not (isinstance(wanted, list) and all(isinstance(code, str) for code in wanted)):
        raise UnknownCitation(f"{where}: pages_for is all, or a list of ONS codes: [E06000014, E08000035].")
    if wanted != ALL and (unknown := sorted(set(wanted) - set(names) - {ALL})):
        raise UnknownCitation(f"{where}: pages_for has {', '.join(unknown)}, which names: does not have.")
    if unknown := [metric_id for metric_id in compared if metric_id not in metrics]:
        raise UnknownCitation(f"{where}: compared has {', '.join(unknown)}, which is no metric.")
    if unknown := [metric_id for metric_id in held_against if metric_id not in metrics]:
        raise UnknownCitation(f"{where}: held_against has {', '.join(unknown)}, which is no metric.")
    if counted := [metric_id for metric_id in held_against if metrics[metric_id].kind in ("count", "maximum")]:
        raise UnknownCitation(f"{where}: held_against has {', '.join(counted)}, a count: councils differ in size.")
    if unknown := [measure for measure in held_against.values() if measure is not None and measure not in MEASURES]:
        raise UnknownCitation(f"{where}: held_against has {', '.join(unknown)}, which the department does not print.")
    return Plan(
        "all" if wanted == ALL else frozenset(wanted),
        compared,
        {**names, **PLACES},
        tuple((str(r["name"]), frozenset(r["authorities"])) for r in registers.get("regions") or ()),
        tuple(held_against.items()),
    )


def choose_folders(authorities: Iterable[str], pages_for: Literal["all"] | Collection[str]) -> dict[str, str]:
    """Folder of a page set -> its authority. Of one authority alone the folder has no name; of several, `all` comes first.

    Those of several that `pages_for` leaves out have figures, and no pages or papers of their own.
    """
    present = sorted(set(authorities) - {ALL})
    if len(present) < 2:
        return {"": present[0] if present else ALL}
    return {code: code for code in (ALL, *(a for a in present if pages_for == ALL or a in pages_for))}


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    address: str | None
    cells: tuple[str, ...]


def write_index_of_authorities(
    edition: Edition,
    figures: Iterable[PublicFigure],
    metrics: Mapping[str, Metric],
    plan: Plan,
    folders: Collection[str],
    *,
    protection: str,
    invented: bool,
) -> tuple[str, tuple[FigureKey, ...]]:
    """The whole page (HTML) and the keys of the figures on it. `folders` are those that have a page set beside it;
    `protection` says how numbers are protected, in a sentence without its full stop."""
    compared = [metrics[metric_id] for metric_id in plan.compared]
    wanted = {metric.metric_id for metric in compared}
    found = {
        (f.key.authority, f.key.metric_id): f
        for f in figures
        if f.key.breakdown == TOTAL and f.key.category == ALL and f.key.metric_id in wanted
    }
    authorities = sorted({authority for authority, _ in found} - {ALL}, key=lambda a: (plan.places.get(a, a), a))
    shown = [found[authority, m.metric_id] for authority in (ALL, *authorities) for m in compared]

    def row(authority: str) -> _Row:
        cells = tuple(mark_up_figure(found[authority, m.metric_id]) for m in compared)
        name = "All of them together" if authority == ALL else plan.places.get(authority, authority)
        return _Row(name, f"{authority}/index.html" if authority in folders else None, cells)

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_INDEX)
    page = template.render(
        edition=edition.name,
        style=Markup(STYLE),
        invented=invented,
        metrics=[(m.label, m.description) for m in compared],
        together=row(ALL),
        groups=[(name, [row(a) for a in members]) for name, members in _group(authorities, plan.regions)],
        symbols=mark_up_symbols(shown),
        protection=protection,
        periods=[
            (words, write_period(period.start, period.end), write_date(period.as_at))
            for words, period in (
                ("Missing and absent", edition.periods["missing"]),
                ("Missing education", edition.periods["education"]),
            )
        ],
        has_all_pages=all(authority in folders for authority in authorities),
    )
    return page, tuple(figure.key for figure in shown)


def _group(authorities: Sequence[str], regions: Sequence[tuple[str, frozenset[str]]]) -> list[tuple[str, list[str]]]:
    """The authorities by region, in the order of the regions; those of no known region last."""
    groups = [(name, [a for a in authorities if a in members]) for name, members in regions]
    known = {authority for _, members in groups for authority in members}
    groups.append((OTHER, [a for a in authorities if a not in known]))
    return [(name, members) for name, members in groups if members]


STYLE = """body { font: 1.125rem/1.5 Arial, Helvetica, "Liberation Sans", sans-serif; color: #0b0c0c; margin: 0; }
header { background: #12436d; color: #fff; padding: 1.5rem 1rem; }
header > *, main { max-width: 64rem; margin-left: auto; margin-right: auto; }
header p { margin-top: 0.25rem; margin-bottom: 0; }
header a { color: #fff; }
h1 { font-size: 1.75rem; line-height: 1.2; margin-top: 0; margin-bottom: 0; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; }
main { padding: 1rem 1rem 3rem; }
.invented { border-left: 6px solid #801650; background: #f3f5f7; padding: 0.6rem 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; padding: 0.5rem 0; }
th, td { padding: 0.45rem 0.6rem; border-bottom: 1px solid #b1b4b6; text-align: right; vertical-align: baseline; }
thead th { vertical-align: bottom; font-size: 1rem; line-height: 1.3; border-bottom: 2px solid #0b0c0c; }
th:first-child { text-align: left; min-width: 12rem; }
tbody th { font-weight: normal; }
tbody th[colspan] { font-weight: bold; background: #f3f5f7; }
.together th, .together td { font-weight: bold; }
dt { font-weight: bold; margin-top: 0.6rem; }
dd { margin: 0; }
a { color: #12436d; }
a:focus-visible, .scroll:focus-visible { outline: 3px solid #801650; outline-offset: 2px; }
header a:focus-visible { outline-color: #fff; }
@media print { header { background: none; color: #0b0c0c; } header a { color: #0b0c0c; } .scroll { overflow: visible; } }"""
"""The look of the pages that stand above the page sets."""

_INDEX = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Story board {{ edition }}: the areas</title>
<style>
{{ style }}
</style>
</head>
<body>
<!-- storyboard:banner -->
<header>
<h1>Children missing from home, care and education</h1>
<p>Story board, {{ edition }} edition. <a href="../index.html">Every edition</a></p>
</header>
<main>
{% if invented %}
<p class="invented"><strong>These figures are invented.</strong> They come from sample records that were made to try out
the story board. They describe no real child.</p>
{% endif %}
<p>This edition speaks of several councils. Choose one to read its pages, or read of
<a href="{{ together.address }}">all of them together</a>. Rates of all councils stand beside one another on
<a href="comparison.html">the councils compared</a>.</p>
<h2>The councils side by side</h2>
<p>The councils of a region stand in the order of the alphabet. This is no ranking. Large councils have more
children, so a number is larger there. A higher number is not always worse: better recording finds more episodes, and a school
that knows its duty refers more children.</p>
{% macro line(row) %}
<th scope="row">{% if row.address %}<a href="{{ row.address }}">{{ row.name }}</a>{% else %}{{ row.name }}{% endif %}</th>
{% for cell in row.cells %}<td>{{ cell }}</td>
{% endfor %}
{% endmacro %}
<div class="scroll" role="region" aria-label="The councils side by side, a table" tabindex="0">
<table>
<caption>The main figures of each council</caption>
<thead><tr><th scope="col">Area</th>
{% for label, _ in metrics %}<th scope="col">{{ label }}</th>
{% endfor %}</tr></thead>
<tbody class="together"><tr>{{ line(together) }}</tr></tbody>
{% for region, rows in groups %}
<tbody>
<tr><th scope="rowgroup" colspan="{{ metrics | length + 1 }}">{{ region }}</th></tr>
{% for row in rows %}
<tr>{{ line(row) }}</tr>
{% endfor %}
</tbody>
{% endfor %}
</table>
</div>
{{ symbols }}
{% if not has_all_pages %}
<p>A council without a link has figures here and in the open files, and no pages of its own in this edition.</p>
{% endif %}
<p>All areas are protected together, so that no hidden number can be worked out from the others: {{ protection }}.
Children are counted once in each area and once in all of them together, so the areas need not add up.</p>
<h2>What the figures mean</h2>
<dl>
{% for label, description in metrics %}
<dt>{{ label }}</dt><dd>{{ description }}</dd>
{% endfor %}
{% for words, period, as_at in periods %}
<dt>{{ words }}</dt><dd>{{ period }}; the position at the end of {{ as_at }}</dd>
{% endfor %}
</dl>
</main>
</body>
</html>
"""
