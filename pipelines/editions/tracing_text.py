"""A trace as text for people at a terminal: the figure, what it means, each step with its rows, files, tests.

Words and layout only; what is said is `tracing`'s.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.editions.tracing import Trace

_WIDTH = 110
_MOST_FIGURES = 24


def show_trace(trace: Trace) -> str:
    """The whole trace."""
    about = trace.about
    lines = [
        f"{about['label']} ({trace.metric}), edition {trace.edition}",
        *_wrap(trace.definition, "  "),
        f"  Unit: {about['unit']}. Definition sha256: {about['definition_sha256']}",
        "",
        "Figures",
        *_show_figures(trace.figures),
        "",
        "From the files to the figure (rows in -> rows out)",
        *_show_steps(trace.steps),
        "",
        "Files",
        *_show_extracts(trace.extracts),
        "",
        "Tests",
        *(f"  {test['status']}: {test['says']} ({test['test']})" for test in trace.tests),
        "",
        "Approvals of the edition",
        *(_show_approvals(trace.approvals)),
        "",
        "In earlier editions",
        *(_show_earlier(trace.earlier)),
        "",
        "SQL, as it was run (that of every step is in restricted/audit/sql)",
        textwrap.indent(trace.sql.rstrip(), "  "),
    ]
    return "\n".join(lines)


def _show_figures(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    shown = figures if len(figures) <= _MOST_FIGURES else [f for f in figures if f["breakdown"] == "total"]
    width = max((len(f"{f['breakdown']}/{f['category']}") for f in shown), default=0)
    for figure in shown:
        name = f"{figure['breakdown']}/{figure['category']}"
        value = figure["status"].replace("_", " ") if figure["value"] is None else f"{figure['value']:,}"
        of = (
            f" = {figure['numerator']:,} / {figure['denominator']:,}"
            if figure["denominator"] and figure["numerator"]
            else ""
        )
        why = f" {figure['why_hidden']}" if figure["why_hidden"] else ""
        yield f"  {figure['authority']}  {name:<{width}}  {value}{of}  (public: {figure['public']}{why})"
    if len(shown) < len(figures):
        yield f"  ... and {len(figures) - len(shown)} more by breakdown: name one with --breakdown, --category or --authority."
    if shown:
        first = shown[0]
        yield f"  Period {first['period_start']} to {first['period_end']}, as at {first['as_at']}."
        pages = sorted({page for figure in shown for page in figure["shown_on"]})
        yield f"  Shown on: {', '.join(pages) if pages else 'no page of the site'}."


def _show_steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    model = ""
    for number, step in enumerate(steps, start=1):
        if (now := step["relation"].split(".")[0]) != model:
            model = now
            yield f"  {model}"
        rows = f"{step['rows_in']:,} -> {step['rows_out']:,}"
        first, *others = textwrap.wrap(step["step"], _WIDTH - 22)
        yield f"  {number:>4}. {rows:>16}  {first}"
        yield from (" " * 26 + other for other in others)


def _show_extracts(extracts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for extract in extracts:
        if extract["sha256"] is None:
            yield f"  {extract['name']}: absent"
            continue
        yield (
            f"  {extract['name']}: {extract['rows']:,} rows, {extract['kept']:,} in the period, {extract['out_of_period']:,} "
            f"outside it, {extract['rejected']} rejected, {extract['queries']} queries"
        )
        yield f"    sha256 {extract['sha256']}"
        yield from _wrap("fields: " + ", ".join(extract["fields"]), "    ")


def _show_approvals(approvals: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for approval in approvals:
        stands = "in force" if approval["in_force"] else "lapsed: the edition has changed since"
        yield f"  {approval['role']}: {approval['who']}, {approval['when']}: {stands}"
    if not approvals:
        yield "  None on record."


def _show_earlier(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    shown = figures if len(figures) <= _MOST_FIGURES else [f for f in figures if f["breakdown"] == "total"]
    for figure in shown:
        value = figure["status"].replace("_", " ") if figure["value"] is None else f"{figure['value']:,}"
        name = f"{figure['authority']}  {figure['breakdown']}/{figure['category']}"
        yield f"  {figure['edition']}  {name}  {value}  (public: {figure['public']})"
    if not shown:
        yield "  No earlier edition here has it."


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
