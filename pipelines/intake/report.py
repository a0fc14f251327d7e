"""Findings as people read them: text for a terminal, a page to forward, CSV to filter; errors first, then by headline.

The findings themselves come from the gate.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from pipelines.intake.anonymity import Anonymity
from pipelines.intake.findings import Finding
from pipelines.intake.gate import Examination
from pipelines.intake.rules import HEADLINES, RULES

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


def show_as_csv(examinations: Sequence[Examination]) -> str:
    """One line for each finding, to filter and sort in a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for examination in examinations:
        for f in rank(examination.findings):
            place = [f.extract or "", f.field or "", "" if f.row is None else f.row, f.count]
            cells = [f.message, f.fix, " ".join(RULES[f.rule].moves)]
            writer.writerow([examination.edition, f.severity, f.rule, *place, *map(_as_text, cells)])
    return text.getvalue()


_COLUMNS = ("edition", "severity", "rule", "extract", "field", "row", "count", "message", "fix", "moves")


def _as_text(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: a file in the folder may be named like one."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def rank(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first; then by the first headline that the rule moves; then the rule that is broken most often."""
    often = Counter[tuple[str, str | None]]()
    for finding in findings:
        often[finding.rule, finding.extract] += finding.count

    def key(finding: Finding) -> tuple[bool, int, int]:
        places = [HEADLINES.index(metric) for metric in RULES[finding.rule].moves]
        # An error that moves no one figure concerns the whole extract; such a query concerns none.
        otherwise = -1 if finding.severity == "error" else len(HEADLINES)
        return finding.severity != "error", min(places, default=otherwise), -often[finding.rule, finding.extract]

    return sorted(findings, key=key)


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
    for name, anonymity in examination.anonymity.items():
        yield f"  {_anonymity(name, anonymity)}"
    for finding in rank(examination.findings):
        yield f"  {finding.severity.upper()} {finding.rule} {_place(finding)}"
        yield f"      {finding.message} {finding.fix}"
        if moves := RULES[finding.rule].moves:
            yield f"      Moves: {', '.join(moves)}."


def _section(examination: Examination) -> Markup:
    rows = Markup("").join(
        Markup("<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n").format(
            finding.severity,
            finding.rule,
            _place(finding),
            finding.message,
            finding.fix,
            ", ".join(metric.replace("_", " ") for metric in RULES[finding.rule].moves),
        )
        for finding in rank(examination.findings)
    )
    table = (
        Markup(
            '<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table><thead><tr>'
            '<th scope="col">Severity</th><th scope="col">Rule</th><th scope="col">Where</th>'
            '<th scope="col">What is wrong</th><th scope="col">How to mend it</th>'
            '<th scope="col">Figures it may move</th></tr></thead>'
            "<tbody>\n{}</tbody></table></div>"
        ).format(rows)
        if rows
        else Markup("<p>No findings.</p>")
    )
    known = Markup("").join(
        Markup("<p>{}</p>\n").format(_anonymity(name, anonymity)) for name, anonymity in examination.anonymity.items()
    )
    return Markup("<h2>{}</h2>{}{}\n").format(escape(verdict(examination)), table, known)


def _anonymity(extract: str, anonymity: Anonymity) -> str:
    """One sentence of information for those who keep the extract."""
    attributes = f"{', '.join(anonymity.attributes[:-1])} and {anonymity.attributes[-1]}"
    return (
        f"{extract}: by {attributes}, {anonymity.share_alone:.0%} of {anonymity.children:,} children are alone; "
        f"the smallest of {anonymity.groups:,} groups has {anonymity.smallest_group:,} (information: keep it as personal data)"
    )


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
