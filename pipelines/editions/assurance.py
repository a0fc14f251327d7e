"""The assurance statement of an edition, one page to print and sign: what it was made of, what was checked, what is hidden.

The sealed page holds what is true of the bytes for ever. Who built it, who approved it and what was destroyed since stand in the
records; a page with them too is made on request.
"""

from __future__ import annotations

import csv
import html
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.editions.manifest import Code, Policy, SealedExtract
from pipelines.editions.tracing import AUDIT, read_audit

PAGE = f"{AUDIT}/assurance.html"
_STYLE = """
body { font: 1rem/1.45 sans-serif; max-width: 48rem; margin: 1.5rem auto; padding: 0 1rem; color: #1a1a1a }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 1.2rem 0 .3rem } p, ul { margin: .3rem 0 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .15rem .5rem .15rem 0; vertical-align: top }
code { overflow-wrap: anywhere; font-size: .8rem } .sign td { border-bottom: 1px solid #1a1a1a; height: 2.2rem }
@page { size: A4; margin: 15mm }
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """The edition that is spoken of, as its manifest has it."""

    name: str
    policy: Policy
    code: Code
    extracts: Sequence[SealedExtract]
    disclosure: Mapping[str, Any]
    is_invented: bool


@dataclass(frozen=True, slots=True)
class Records:
    """What the records say, line by line: of building and publishing, of approvals, of extracts destroyed or kept."""

    events: Sequence[str]
    approvals: Sequence[str]
    extracts: Sequence[str]


def write_assurance(folder: Path, subject: Subject, records: Records | None = None) -> str:
    """The statement as a whole HTML page, from the files of an edition's folder, sealed or about to be."""
    quality = json.loads((folder / "restricted" / "quality.json").read_text("utf-8"))
    tests = read_audit(folder, "tests.json")
    coverage = read_audit(folder, "column-lineage.json")["coverage"]
    errors = sum(finding["severity"] == "error" for finding in quality["findings"])
    queries = len(quality["findings"]) - errors
    passed = sum(test["status"] == "pass" for test in tests)
    sections = [
        _section("What it was made of", _list_extracts(subject, quality)),
        _section(
            "What was checked",
            _items(
                [
                    f"The gate over the extracts: {errors} errors, {queries} queries (restricted/quality.html lists them).",
                    f"Tests of the figures: {passed} of {len(tests)} passed.",
                    f"Column lineage: {coverage['metrics_reaching_an_extract']} of {coverage['metrics']} metrics traced to "
                    f"extracts; {coverage['column_references_followed']} of {coverage['column_references']} references followed.",
                    *_list_disclosure(subject.disclosure),
                ]
            ),
        ),
        _section("What is hidden from the public, and why", _items(_list_hidden(folder, subject.policy))),
        _section("By which code", _items([f"Version {subject.code.version}, sha256 {subject.code.sha256}"])),
    ]
    if records is None:
        sections.append(
            _section(
                "Who built and approved it, and what was destroyed since",
                "<p>That stands in editions.log and in the archive's record, because a sealed edition says nothing of when or by "
                f"whom it was made. <code>storyboard assurance {_text(subject.name)}</code> prints this page with it.</p>",
            )
        )
    else:
        sections += [
            _section("Who built and published it, and when", _items(records.events)),
            _section("Who approved what it says", _items(records.approvals or ["Nobody yet."])),
            _section("What became of the extracts", _items(records.extracts or ["None were archived."])),
        ]
    sections.append(_section("Signed", _SIGNATURES))
    notice = "<p><strong>The figures of this edition are invented: it was made from a sample.</strong></p>\n"
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Assurance statement: edition {_text(subject.name)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Assurance statement: story board, edition {_text(subject.name)}</h1>
{notice if subject.is_invented else ""}{"".join(sections)}</main>
</body>
</html>
"""


_SIGNATURES = """<table class="sign"><thead><tr><th>Role</th><th>Name</th><th>Date</th><th>Signature</th></tr></thead>
<tbody><tr><td></td><td></td><td></td><td></td></tr><tr><td></td><td></td><td></td><td></td></tr></tbody></table>"""


def _list_extracts(subject: Subject, quality: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{_text(extract.name)}</td><td>{extract.rows}</td><td>{extract.kept}</td><td>{extract.out_of_period}</td>"
        f"<td>{quality['extracts'].get(extract.name, {}).get('rejected', 0)}</td><td><code>{extract.sha256}</code></td></tr>\n"
        for extract in subject.extracts
    )
    heads = "".join(f"<th>{head}</th>" for head in ("Extract", "Rows", "In period", "Outside", "Rejected", "sha256"))
    return f"<table><thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _list_disclosure(disclosure: Mapping[str, Any]) -> list[str]:
    if not disclosure:
        return []
    verdict = "nothing hidden can be worked out" if disclosure.get("ok") else "PROBLEMS WERE FOUND"
    asked = disclosure.get("questions")
    return [
        f"The attacker's audit of the public figures: {verdict}" + (f" ({asked} questions asked)." if asked else ".")
    ]


def _list_hidden(folder: Path, policy: Policy) -> list[str]:
    said = [f"Policy: counts of 1 to {policy.threshold - 1} are hidden, other counts are rounded to {policy.base}."]
    path = folder / AUDIT / "protection.csv"
    if not path.is_file():
        return said
    with path.open(encoding="utf-8", newline="") as lines:
        reasons = Counter(row["why_hidden"] for row in csv.DictReader(lines) if row["status"] == "suppressed")
    total = sum(reasons.values())
    return [*said, f"{total} figures are hidden.", *(f"{count}: {reason}" for reason, count in sorted(reasons.items()))]


def _section(heading: str, body: str) -> str:
    return f"<h2>{heading}</h2>\n{body}\n"


def _items(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(text)}</li>" for text in texts) + "</ul>"


def _text(text: str) -> str:
    return html.escape(text)
