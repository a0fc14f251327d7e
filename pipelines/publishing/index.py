"""The page above the editions of a site: one self-contained HTML file that lists them, made without the site generator.

Says of each edition where it stands and whether it is invented; no figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jinja2 import Environment

TITLE = "Story board: children missing from home, care and education"

STATES = {
    "draft": "Draft: not published. Figures and words may change.",
    "approved": "Approved, not yet published.",
    "published": "Published.",
    "withdrawn": "Withdrawn: its figures must not be used.",
}


class Listed(Protocol):
    """What the list says of one version of one edition. `name` is its folder beside the page."""

    @property
    def name(self) -> str: ...
    @property
    def edition(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def is_invented(self) -> bool: ...
    @property
    def reason(self) -> str | None: ...


def index_page(entries: Sequence[Listed]) -> str:
    """The whole page. The newest edition stands first; among versions, the latest."""
    newest_first = sorted(entries, key=lambda entry: (entry.edition, entry.version), reverse=True)
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_INDEX)
    return template.render(title=TITLE, entries=newest_first, words=STATES)


_INDEX = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 1.125rem/1.5 Arial, Helvetica, "Liberation Sans", sans-serif; color: #0b0c0c; margin: 0; }
header { background: #12436d; color: #fff; padding: 1.5rem 1rem; }
header h1, main { max-width: 46rem; margin: 0 auto; }
h1 { font-size: 1.75rem; line-height: 1.2; }
main { padding: 1.5rem 1rem 3rem; }
ul { list-style: none; padding: 0; }
li { border-top: 4px solid #12436d; background: #f3f5f7; padding: 0.8rem 1rem; margin: 0 0 1rem; }
li p { margin: 0.2rem 0 0; }
h2 { font-size: 1.25rem; margin: 0; }
a { color: #12436d; }
a:focus-visible { outline: 3px solid #801650; outline-offset: 2px; }
@media print { header { background: none; color: #0b0c0c; } }
</style>
</head>
<body>
<header><h1>{{ title }}</h1></header>
<main>
<p>Choose an edition. Each edition keeps its own figures and is not changed once it is published.</p>
<ul>
{% for entry in entries %}
<li>
<h2><a href="{{ entry.name }}/index.html">The {{ entry.edition }} edition
{%- if entry.version > 1 %}, version {{ entry.version }}{% endif %}</a></h2>
<p>{{ words[entry.status] }}{% if entry.reason %} Why: {{ entry.reason }}{% endif %}</p>
{% if entry.is_invented %}
<p><strong>These figures are invented.</strong> They come from sample records and describe no real child.</p>
{% endif %}
</li>
{% endfor %}
</ul>
</main>
</body>
</html>
"""
