"""The look of the pages for auditors: whole HTML files that need nothing beside them, and print on A4.

Frame, tables and lines to sign on belong here; what a page says is its own module's.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

_STYLE = """
body { font: 1rem/1.45 Arial, Helvetica, "Liberation Sans", sans-serif; max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem;
  color: #0b0c0c }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem } h3 { font-size: 1rem; margin: 1rem 0 .2rem }
p, ul { margin: .3rem 0 } a { color: #12436d } .mark { font-weight: bold; color: #801650 } .quiet { color: #505a5f }
.scroll { overflow-x: auto } .scroll:focus-visible { outline: 3px solid #801650 }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 } caption { text-align: left; font-weight: bold }
th, td { text-align: left; padding: .2rem .7rem .2rem 0; vertical-align: top; border-bottom: 1px solid #b1b4b6 }
td.n, th.n { text-align: right; white-space: nowrap } code, pre { font-family: Consolas, "Liberation Mono", monospace;
  font-size: .82rem; overflow-wrap: anywhere } pre { background: #f3f5f7; padding: .6rem; overflow-x: auto }
dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .2rem 1rem; margin: .6rem 0 }
dt { font-weight: bold } dd { margin: 0; overflow-wrap: anywhere }
svg { max-width: 100%; height: auto } .sign td { border-bottom: 1px solid #0b0c0c; height: 2.4rem }
@page { size: A4; margin: 15mm }
@media screen { table.wide { min-width: 58rem } }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .4rem } }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 9.5pt } pre { white-space: pre-wrap }
  tr, svg, .sign { break-inside: avoid } h2, h3 { break-after: avoid } a { color: inherit } .scroll { overflow: visible } }
"""


def write_page(title: str, body: str, *, mark: str, invented: bool) -> str:
    """A whole page. `mark` says who may read it; `body` is HTML."""
    notice = "<p><strong>The figures of this edition are invented: it was made from a sample.</strong></p>\n"
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<p class="mark">{escape(mark)}</p>
<h1>{escape(title)}</h1>
{notice if invented else ""}{body}
</main>
</body>
</html>
"""


RESTRICTED = "Restricted: exact figures. For those entitled to them; not to be published or sent on."
SIGNATURES = (
    '<table class="sign"><thead><tr><th>Role</th><th>Name</th><th>Date</th><th>Signature</th></tr></thead><tbody>'
    + "<tr><td></td><td></td><td></td><td></td></tr>" * 3
    + "</tbody></table>"
)


def write_table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Sequence[int] = (),
    widths: Sequence[int] = (),
) -> str:
    """A table. `numbers` are the columns set to the right; `widths` are per cent, where tables are to stand in line."""
    wide = ' class="wide"' if len(heads) > 3 else ""
    columns = "".join(f'<col style="width: {width}%">' for width in widths)
    kinds = [' class="n"' if place in numbers else "" for place in range(len(heads))]
    head = "".join(f'<th scope="col"{kind}>{escape(text)}</th>' for text, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{_cell(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table{wide}><caption>{escape(caption)}</caption>{columns}"
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n"
    )


def write_facts(facts: Iterable[tuple[str, object]]) -> str:
    """Terms and what they are."""
    return "<dl>" + "".join(f"<dt>{escape(term)}</dt><dd>{_cell(fact)}</dd>" for term, fact in facts) + "</dl>\n"


def write_section(heading: str, *parts: str) -> str:
    """A heading with what stands below it, as HTML."""
    return f"<h2>{escape(heading)}</h2>\n{''.join(parts)}"


def code(text: str) -> Html:
    """A text as code."""
    return Html(f"<code>{escape(text)}</code>")


def link(address: str, text: str) -> Html:
    """A link to a file beside the page."""
    return Html(f'<a href="{escape(address)}">{escape(text)}</a>')


class Html(str):
    """HTML of ours, as opposed to a text that is to be shown as it is."""


def escape(text: str) -> str:
    """A text as HTML."""
    return html.escape(text)


def _cell(cell: object) -> str:
    if isinstance(cell, Html):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return f"{cell:,}"
    return "" if cell is None else escape(str(cell))
