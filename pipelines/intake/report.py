"""Findings as people read them: text for a terminal, a page to forward. The findings themselves come from the gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from pipelines.intake.findings import Finding
from pipelines.intake.gate import Examination

STYLE = """
body { font: 1.05rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .4rem .6rem;
border-bottom: 1px solid #767676 } .scroll { overflow-x: auto }
"""


def show_as_text(examinations: Sequence[Examination]) -> str:
    """First line: can I publish? Then each finding with its place and its mend."""
    return "\n\n".join("\n".join(_lines(examination)) for examination in examinations)


def show_as_html(examinations: Sequence[Examination]) -> str:
    """One page that needs nothing but a browser, to forward to the team that must mend the extract."""
    parts = [_section(examination) for examination in examinations]
    return Markup(
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>Findings of the gate</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{}</style></head>'
        "<body><main><h1>Findings of the gate</h1>{}</main></body></html>\n"
    ).format(Markup(STYLE), Markup("").join(parts))


def verdict(examination: Examination) -> str:
    """Can it be published? One sentence."""
    errors, queries = (_count(examination.findings, severity) for severity in ("error", "query"))
    to_explain = f"{queries} {'query' if queries == 1 else 'queries'} to explain"
    if examination.ok:
        return f"Edition {examination.edition} can be built: no errors, {to_explain}."
    return (
        f"Edition {examination.edition} cannot be built: "
        f"{errors} {'error' if errors == 1 else 'errors'} to mend, {to_explain}."
    )


def _lines(examination: Examination) -> Iterator[str]:
    yield verdict(examination)
    for name, summary in sorted(examination.extracts.items()):
        yield f"  {name}: {summary.rows:,} rows, {summary.rejected:,} rejected"
    for finding in examination.findings:
        yield f"  {finding.severity.upper()} {finding.rule} {_place(finding)}"
        yield f"      {finding.message} {finding.fix}"


def _section(examination: Examination) -> Markup:
    rows = Markup("").join(
        Markup("<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>\n").format(
            finding.severity, finding.rule, _place(finding), finding.message, finding.fix
        )
        for finding in examination.findings
    )
    table = (
        Markup(
            '<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table><thead><tr>'
            '<th scope="col">Severity</th><th scope="col">Rule</th><th scope="col">Where</th>'
            '<th scope="col">What is wrong</th><th scope="col">How to mend it</th></tr></thead>'
            "<tbody>\n{}</tbody></table></div>"
        ).format(rows)
        if rows
        else Markup("<p>No findings.</p>")
    )
    return Markup("<h2>{}</h2>{}\n").format(escape(verdict(examination)), table)


def _place(finding: Finding) -> str:
    parts = [finding.extract or "the folder"]
    if finding.row is not None:
        parts.append(f"line {finding.row}")
    if finding.field:
        parts.append(f"column {finding.field}")
    if finding.count and finding.count > 1:
        parts.append(f"{finding.count:,} times")
    return ", ".join(parts)


def _count(findings: Sequence[Finding], severity: str) -> int:
    return sum(finding.severity == severity for finding in findings)
