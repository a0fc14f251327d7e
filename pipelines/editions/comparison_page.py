"""A comparison of two editions as a page for auditors: how many figures each cause moved, then every figure that differs.

Compares nothing itself: it shows what `comparison` found, and says where causes could not be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pipelines.editions.audit_html import RESTRICTED, SIGNATURES, code, escape, write_page, write_section, write_table
from pipelines.editions.comparison import Cause, Change, Comparison, Value

CAUSES: Mapping[Cause, str] = {
    "definition": "The definition of the measure is another",
    "period": "The period is another: other events were counted",
    "removed rows": "Rows that were there are gone",
    "corrected rows": "Rows that are in both were corrected",
    "late rows": "Rows were added late",
    "extracts": "The extracts are other files",
    "code": "The code is another",
    "protection": "The exact figure is the same; what is shown of it is not, because the protection of all figures is another",
    "not told apart": "More than one thing differs, and which of them moved the figure could not be told",
}


def write_comparison_page(comparison: Comparison, *, invented: bool) -> str:
    """The whole page."""
    title = f"What changed between edition {comparison.before} and edition {comparison.after}"
    changes = comparison.changes
    if not changes:
        same = "<p>The two have the same figures, exact and public.</p>"
        return write_page(title, same, mark=RESTRICTED, invented=invented)
    counted = Counter(cause for change in changes for cause in change.causes)
    told = (
        f"<p>Causes were not told apart by replay: {escape(comparison.why_not_replayed)}</p>"
        if comparison.why_not_replayed
        else "<p>Causes were told apart by replay: the archived rows were run again, with one thing changed at a time.</p>"
    )
    by_metric: dict[str, list[Change]] = {}
    for change in changes:
        by_metric.setdefault(change.key[1], []).append(change)
    body = [
        f"<p>{len(changes):,} figures differ, of {len(by_metric)} measures.</p>{told}",
        write_section(
            "Why",
            write_table(
                "Figures that each cause moved; one may have several",
                ("Cause", "Figures"),
                [(CAUSES[cause], counted[cause]) for cause in CAUSES if counted[cause]],
                numbers=(1,),
            ),
        ),
        "<h2>Each figure</h2>",
        *(_write_metric(comparison, metric, found) for metric, found in by_metric.items()),
        write_section("Signed", SIGNATURES),
    ]
    return write_page(title, "\n".join(body), mark=RESTRICTED, invented=invented)


def _write_metric(comparison: Comparison, metric: str, changes: list[Change]) -> str:
    rows = [
        (
            code("/".join((change.key[0], *change.key[2:]))),
            _show(change.before),
            _show(change.after),
            change.public_before or "none",
            change.public_after or "none",
            _tell_parts(change),
        )
        for change in changes
    ]
    one, other = comparison.before, comparison.after
    heads = ("Figure", f"Exact, {one}", f"Exact, {other}", f"Public, {one}", f"Public, {other}", "Because of")
    return write_table(metric, heads, rows, numbers=(1, 2, 3, 4), widths=(30, 10, 10, 10, 10, 30))


def _tell_parts(change: Change) -> str:
    if len(change.parts) > 1:
        return "; ".join(f"{cause}: {_show(before)} to {_show(after)}" for cause, before, after in change.parts)
    return ", ".join(change.causes)


def _show(value: Value) -> str:
    if value is None:
        return "none"
    return value.replace("_", " ") if isinstance(value, str) else f"{value:,}"
