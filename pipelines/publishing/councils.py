"""The councils of one edition held against one another: a page with a row of dots and numbers for each measure.

Protected figures alone; what protects them is decided elsewhere, and so is which measures are compared. It stands beside the
index of authorities, without the site generator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jinja2 import Environment
from markupsafe import Markup

from pipelines.figures import ALL, TOTAL, Edition, FigureKey, Metric, PublicFigure
from pipelines.publishing.authorities import STYLE, Plan
from pipelines.publishing.book import PublishedStatistic
from pipelines.publishing.department import MEASURES, keep_latest, write_year
from pipelines.publishing.english import write_date, write_period
from pipelines.publishing.markup import mark_up_figure, mark_up_symbols
from pipelines.publishing.tables import mark_up_statistic

FEW = 20
"""Rates of fewer cases are called uncertain: the convention of the Office for National Statistics, and its symbol [u]."""
UNCERTAIN = Markup(' <abbr title="uncertain: few cases stand behind it">[u]</abbr>')


@dataclass(frozen=True, slots=True)
class _Row:
    authority: str
    name: str
    cell: Markup
    at: str
    """Where its dot lies on the scale, in per cent of it; nothing where no number is shown."""
    uncertain: bool
    department: Markup


@dataclass(frozen=True, slots=True)
class _Measure:
    metric: Metric
    finding: Markup
    together: _Row
    rows: Sequence[_Row]
    published: str
    """What the department calls the nearest number of its own, and of which year; nothing where it prints none."""


def write_comparison(
    edition: Edition,
    figures: Iterable[PublicFigure],
    metrics: Mapping[str, Metric],
    plan: Plan,
    folders: Collection[str],
    statistics: Sequence[PublishedStatistic] = (),
    *,
    protection: str,
    invented: bool,
) -> tuple[str, tuple[FigureKey, ...]]:
    """The whole page (HTML) and the keys of the figures on it. Arguments as for the index of authorities; `statistics` are
    what the department prints of whatever councils."""
    found = {
        (f.key.authority, f.key.metric_id): f for f in figures if f.key.breakdown == TOTAL and f.key.category == ALL
    }
    wanted = [metrics[metric_id] for metric_id, _ in plan.held_against]
    shown = [f for m in wanted for (_, metric_id), f in found.items() if metric_id == m.metric_id]
    measures = [
        _hold_against(metrics[metric_id], measure, found, plan, statistics, edition)
        for metric_id, measure in plan.held_against
    ]
    named = sorted({authority for authority, _ in found} - {ALL}, key=lambda a: (plan.places.get(a, a), a))
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    page = template.render(
        edition=edition.name,
        style=Markup(STYLE),
        invented=invented,
        measures=measures,
        owners=[(a, plan.places.get(a, a)) for a in named if a in folders],
        folders=folders,
        symbols=mark_up_symbols(shown),
        uncertain=any(row.uncertain for measure in measures for row in measure.rows),
        protection=protection,
        periods=[
            (words, write_period(period.start, period.end), write_date(period.as_at))
            for words, period in (
                ("Missing and absent", edition.periods["missing"]),
                ("Missing education", edition.periods["education"]),
            )
        ],
    )
    return page, tuple(figure.key for figure in shown)


def _hold_against(
    metric: Metric,
    measure: str | None,
    found: Mapping[tuple[str, str], PublicFigure],
    plan: Plan,
    statistics: Sequence[PublishedStatistic],
    edition: Edition,
) -> _Measure:
    ours = {authority: f for (authority, metric_id), f in found.items() if metric_id == metric.metric_id}
    theirs, published = _find_published(measure, ours, statistics, edition)
    highest = max((f.value for f in ours.values() if f.value is not None), default=Decimal(0)) or Decimal(1)

    def row(authority: str) -> _Row:
        figure = ours[authority]
        uncertain = figure.value is not None and _is_uncertain(metric, authority, found)
        name = "All of them together" if authority == ALL else plan.places.get(authority, authority)
        return _Row(
            authority,
            name,
            mark_up_figure(figure) + (UNCERTAIN if uncertain else ""),
            "" if figure.value is None else f"{figure.value / highest:.1%}",
            uncertain,
            theirs.get(authority, Markup("")),
        )

    rows = [row(authority) for authority in ours if authority != ALL]
    rows.sort(key=lambda r: (ours[r.authority].value is None, -(ours[r.authority].value or 0), r.name))
    return _Measure(metric, _find(metric, rows, ours), row(ALL), rows, published)


def _is_uncertain(metric: Metric, authority: str, found: Mapping[tuple[str, str], PublicFigure]) -> bool:
    """Whether few cases stand behind a rate or a mean: those that it counts, or those of which it is a share."""
    parts = [found.get((authority, part)) for part in (metric.numerator, metric.denominator) if part]
    return any(part is not None and part.value is not None and part.value < FEW for part in parts)


def _find(metric: Metric, rows: Sequence[_Row], ours: Mapping[str, PublicFigure]) -> Markup:
    """The finding of a measure: from which number in which council to which, of those that are shown."""
    shown = [row for row in rows if row.at]
    if not shown:
        return Markup("{}: no council’s number can be shown").format(metric.label)
    first, last = ours[shown[0].authority], ours[shown[-1].authority]
    if len(shown) == 1:
        return Markup("{}: {} in {}; no other council’s number can be shown").format(
            metric.label, mark_up_figure(first), shown[0].name
        )
    if first.value == last.value:
        return Markup("{}: {} wherever a number can be shown").format(metric.label, mark_up_figure(first))
    among = "" if len(shown) == len(rows) else ", among those whose number can be shown"
    return Markup("{}: from {} in {} to {} in {}{}").format(
        metric.label,
        mark_up_figure(last),
        _name_all(shown, last, ours),
        mark_up_figure(first),
        _name_all(shown, first, ours),
        among,
    )


def _name_all(shown: Sequence[_Row], figure: PublicFigure, ours: Mapping[str, PublicFigure]) -> str:
    names = [row.name for row in shown if ours[row.authority].value == figure.value]
    return (
        names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} and others"
    )


def _find_published(
    measure: str | None, ours: Collection[str], statistics: Sequence[PublishedStatistic], edition: Edition
) -> tuple[dict[str, Markup], str]:
    """What the department prints of the councils, of the latest year that is not after the edition's; and what it is."""
    latest = [
        s
        for s in keep_latest(statistics).values()
        if s.measure == measure and s.authority in ours and s.year_ending <= edition.periods["missing"].as_at
    ]
    if measure is None or not latest:
        return {}, ""
    year = max(s.year_ending for s in latest)
    what = f"{MEASURES[measure][0]}, {write_year(measure, year)}"
    return {s.authority: mark_up_statistic(s) for s in latest if s.year_ending == year}, what


_PAGE = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Story board {{ edition }}: the councils compared</title>
<style>
{{ style }}
h2 { line-height: 1.3; border-top: 4px solid #12436d; padding-top: 0.8rem; }
.measure { margin: 0 0 0.5rem; color: #505a5f; }
table.compared { font-size: 1rem; }
.compared th:first-child { width: 14rem; min-width: 0; }
.compared th, .compared td { padding: 0.15rem 0.5rem; vertical-align: middle; line-height: 1.25; }
.compared td.number { text-align: left; }
.compared thead th { text-align: left; }
.compared tbody:first-of-type th, .compared tbody:first-of-type td { font-weight: bold; border-bottom: 2px solid #0b0c0c; }
.line { display: grid; grid-template-columns: minmax(6rem, 1fr) 6rem; gap: 0.9rem; align-items: center; }
.plot { position: relative; height: 1.1rem; margin-right: 0.5rem; border-left: 1px solid #505a5f;
  background: linear-gradient(#d0d5d9, #d0d5d9) center / 100% 1px no-repeat; }
.plot i { position: absolute; top: 50%; width: 0.75rem; height: 0.75rem; margin: -0.375rem 0 0 -0.375rem; border-radius: 50%;
  background: #12436d; border: 2px solid #12436d; box-sizing: border-box; }
.plot i.uncertain { background: #fff; }
.plot b { position: absolute; top: -0.2rem; bottom: -0.2rem; border-left: 2px dashed #801650; }
.own { display: none; border-left: 6px solid #12436d; background: #f3f5f7; padding: 0.6rem 1rem; }
.own:target { display: block; }
{% for authority, _ in owners %}
body:has(#{{ authority }}:target) tr.of-{{ authority }} > * { background: #fff3bf; font-weight: bold; }
{% endfor %}
@media (max-width: 40rem) {
  .compared th:first-child { width: 8rem; }
  .compared th, .compared td { padding: 0.15rem 0.25rem; }
  .line { grid-template-columns: minmax(3.5rem, 1fr) 5rem; gap: 0.5rem; }
}
@media print { .plot i, .plot { print-color-adjust: exact; } tr { break-inside: avoid; } }
</style>
</head>
<body>
<!-- storyboard:banner -->
<header>
<h1>The councils compared</h1>
<p>Children missing from home, care and education: story board, {{ edition }} edition.
<a href="index.html">The areas of this edition</a></p>
</header>
<main>
{% if invented %}
<p class="invented"><strong>These figures are invented.</strong> They come from sample records that were made to try out
the story board. They describe no real child.</p>
{% endif %}
{% for authority, name in owners %}
<p class="own" id="{{ authority }}">{{ name }} is marked in each table. <a href="{{ authority }}/index.html">Its own pages</a></p>
{% endfor %}
<p>Each measure is a rate, a share or a length of time, so that large and small councils can be held against one another. The
councils stand in the order of their numbers. <strong>This is no ranking of their work</strong>: councils record differently, and
a higher number can mean that more is found. The dashed line is all of them together.</p>
<p>How sure the numbers are: all counts are rounded before a rate is worked out ({{ protection }}), and in a small council chance
moves a rate much from one year to the next. Small differences between councils mean nothing.
{% if uncertain %}
A hollow dot and [u] mark the rates behind which fewer than twenty cases stand: they are uncertain, and should be read with care.
{% endif %}
</p>
<ul>
{% for m in measures %}
<li><a href="#{{ m.metric.metric_id }}">{{ m.metric.label }}</a></li>
{% endfor %}
</ul>
{% macro line(row, m, mark) %}
<tr class="of-{{ row.authority }}">
<th scope="row">{% if row.authority in folders %}<a href="{{ row.authority }}/index.html">{{ row.name }}</a>
{%- else %}{{ row.name }}{% endif %}</th>
<td class="number"><span class="line"><span class="plot" aria-hidden="true">
{%- if mark %}<b style="left: {{ mark }}"></b>{% endif %}
{%- if row.at %}<i {% if row.uncertain %}class="uncertain" {% endif %}style="left: {{ row.at }}"></i>{% endif -%}
</span><span>{{ row.cell }}</span></span></td>
{% if m.published %}<td>{{ row.department }}</td>
{% endif %}
</tr>
{% endmacro %}
{% for m in measures %}
<section aria-labelledby="{{ m.metric.metric_id }}">
<h2 id="{{ m.metric.metric_id }}">{{ m.finding }}</h2>
<p class="measure">{{ m.metric.description }}</p>
<div class="scroll" role="region" aria-label="{{ m.metric.label }}, a table" tabindex="0">
<table class="compared">
<caption>{{ m.metric.label }}{% if m.metric.unit not in m.metric.label | lower %} ({{ m.metric.unit }}){% endif %}</caption>
<thead><tr><th scope="col">Council</th><th scope="col">This story board</th>
{% if m.published %}<th scope="col">The department: {{ m.published }}</th>
{% endif %}</tr></thead>
<tbody>
{{ line(m.together, m, m.together.at) }}
</tbody>
<tbody>
{% for row in m.rows %}
{{ line(row, m, m.together.at) }}
{% endfor %}
</tbody>
</table>
</div>
</section>
{% endfor %}
{{ symbols }}
<p>All areas are protected together, so that no hidden number can be worked out from the others.</p>
<dl>
{% for words, period, as_at in periods %}
<dt>{{ words }}</dt><dd>{{ period }}; the position at the end of {{ as_at }}</dd>
{% endfor %}
</dl>
</main>
</body>
</html>
"""
