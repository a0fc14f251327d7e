"""What came of preparing, as people read it: text, a page to forward to the team that keeps the records, and a CSV.

The findings themselves come from the module of the source. Nothing shown here ever holds a cell's value.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup, escape

from pipelines.intake.findings import Finding
from pipelines.intake.preparation import Preparation
from pipelines.intake.source_tables import list_rows

COLUMNS = ("severity", "rule", "file", "line", "column", "count", "message", "fix")
_STYLE = """
body { font: 1.05rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 66rem; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .4rem .6rem;
border-bottom: 1px solid #767676 } .scroll { overflow-x: auto }
"""


def show_preparation_as_text(preparation: Preparation) -> str:
    """First line: what was done. Then each question once, with all its rows."""
    return "\n".join(_lines(preparation))


def show_preparation_as_html(preparation: Preparation) -> str:
    """One page that needs nothing but a browser."""
    parts = [Markup("<p>{}</p>").format(line) for line in _summary(preparation)]
    rows = Markup("").join(
        Markup("<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>\n").format(
            first.severity, first.rule, _place(first, lines), first.message, first.fix
        )
        for first, lines in _grouped(preparation.findings)
    )
    if rows:
        parts.append(
            Markup(
                '<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table><thead><tr>'
                '<th scope="col">Severity</th><th scope="col">Rule</th><th scope="col">Where</th>'
                '<th scope="col">What is wrong</th><th scope="col">How to mend it</th></tr></thead>'
                "<tbody>\n{}</tbody></table></div>"
            ).format(rows)
        )
    else:
        parts.append(Markup("<p>No findings.</p>"))
    if preparation.notes:
        notes = Markup("").join(Markup("<li>{}</li>").format(note) for note in preparation.notes)
        parts.append(Markup("<h2>Notes</h2><ul>{}</ul>").format(notes))
    title = f"Findings of preparing edition {preparation.edition}"
    return Markup(
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        "<body><main><h1>{title}</h1>\n{body}</main></body></html>\n"
    ).format(title=escape(title), style=Markup(_STYLE), body=Markup("\n").join(parts))


def show_preparation_as_csv(preparation: Preparation) -> str:
    """The findings one a row, to be filtered in a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for found in preparation.findings:
        writer.writerow(
            (
                found.severity,
                found.rule,
                found.extract or "",
                "" if found.row is None else found.row,
                found.field or "",
                found.count,
                found.message,
                found.fix,
            )
        )
    return text.getvalue()


def _summary(preparation: Preparation) -> Iterator[str]:
    errors = sum(finding.severity == "error" for finding in preparation.findings)
    queries = len(preparation.findings) - errors
    counted = f"{_count(errors, 'error', 'errors')} to mend, {_count(queries, 'query', 'queries')} to explain"
    if preparation.is_written:
        yield f"Edition {preparation.edition} is prepared: {counted}."
    else:
        yield f"Edition {preparation.edition} was not prepared, and nothing was put in place: {counted}."
    for extract in preparation.extracts:
        left_out = f", {extract.rows_left_out:,} left out" if extract.rows_left_out else ""
        children = f", {extract.children:,} children" if extract.children else ""
        yield (
            f"{extract.extract}: {extract.rows_written:,} of {extract.rows_read:,} rows of "
            f"{extract.source}{left_out}{children}."
        )


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _lines(preparation: Preparation) -> Iterator[str]:
    first, *others = _summary(preparation)
    yield first
    yield from (f"  {line}" for line in others)
    for finding, rows in _grouped(preparation.findings):
        yield f"  {finding.severity.upper()} {finding.rule} {_place(finding, rows)}"
        yield f"      {finding.message} {finding.fix}"
    yield from (f"  {note}" for note in preparation.notes)


def _grouped(findings: Iterable[Finding]) -> Sequence[tuple[Finding, list[int]]]:
    """Findings that say the same of several rows, together with those rows."""
    groups: dict[tuple[object, ...], tuple[Finding, list[int]]] = {}
    for found in findings:
        own = (found.row,) if found.row is None else ()
        key = (found.severity, found.rule, found.extract, found.field, found.message, found.fix, *own)
        groups.setdefault(key, (found, []))[1].extend([] if found.row is None else [found.row])
    return list(groups.values())


def _place(finding: Finding, rows: Sequence[int]) -> str:
    parts = [finding.extract or "the folder"]
    if rows:
        parts.append(list_rows(rows))
    if finding.field:
        parts.append(f"column {finding.field}")
    if not rows and finding.count > 1:
        parts.append(f"{finding.count:,} times")
    return ", ".join(parts)
