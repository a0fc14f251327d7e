"""A trace as a page for auditors: exact figures, each step with its rows, files with their hashes, lines to sign on.

One page for each metric, the lineage of all of them, and the front page of the folder. Words of steps are `tracing`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.editions.audit_html import (
    RESTRICTED,
    SIGNATURES,
    Html,
    code,
    escape,
    link,
    write_facts,
    write_page,
    write_section,
    write_table,
)
from pipelines.editions.tracing import Kept, Question, Trace

METRIC_PAGES = "metrics"
LINEAGE_PAGE = "lineage.html"
FRONT_PAGE = "index.html"


def write_metric_page(kept: Kept, metric: str, picture: str, *, name: str, invented: bool) -> str:
    """The page of one metric. `picture` is its lineage as SVG, `name` that of the edition's folder."""
    trace = kept.trace(Question(metric))
    about = trace.about
    body = [
        f"<p>{escape(trace.definition)}</p>",
        _write_facts(trace, name),
        write_section("Figures", _write_figures(trace.figures)),
        write_section(
            "From the files to the figures",
            "<p>Each step is made from the SQL that was run; beside it stand the rows that went in and came out.</p>",
            _write_steps(trace.steps),
        ),
        write_section("Files", _write_files(trace.extracts), _write_asked(kept.quality, trace.extracts)),
        write_section("Fields of the extracts that it rests on", picture, _write_fields(trace.extracts)),
        write_section(
            "Tests",
            write_table("Tests of this edition", ("What must hold", "Result", "Name"), _list_tests(trace.tests)),
        ),
        write_section(
            "The last query, as it was run",
            f"<pre><code>{escape(trace.sql)}</code></pre>",
            f"<p>Before it: {', '.join(link(f'../sql/{model}.sql', model) for model in about['path'][:-1])}.</p>",
        ),
        write_section("Approval", _tell_approval(name)),
        write_section("Signed", SIGNATURES),
    ]
    return write_page(f"{about['label']}, edition {name}", "\n".join(body), mark=RESTRICTED, invented=invented)


def write_lineage_page(
    fields: Sequence[Mapping[str, str]], coverage: Mapping[str, Any], picture: str, *, name: str, invented: bool
) -> str:
    """Every metric with the fields of the extracts that it rests on, how much was followed, and the picture of it all."""
    used: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in fields:
        if row["how"] != "frame":
            used.setdefault((row["metric_id"], row["extract"]), {}).setdefault(row["field"], []).append(row["how"])
    rows = [
        (
            link(f"{METRIC_PAGES}/{metric}.html", metric),
            extract,
            "; ".join(f"{f}: {', '.join(h)}" for f, h in of.items()),
        )
        for (metric, extract), of in sorted(used.items())
    ]
    unused = coverage["extract_fields_no_metric_uses"]
    said = [
        f"{coverage['metrics_reaching_an_extract']} of {coverage['metrics']} metrics were followed back to an extract.",
        f"{coverage['column_references_followed']} of {coverage['column_references']} references to a column were followed, "
        "in values, filters, joins and groups.",
        f"Not followed: {'; '.join(coverage['not_followed']) or 'none'}.",
        f"Fields that no metric uses: {', '.join(unused) or 'none'}.",
    ]
    body = [
        write_section("How much was followed", "<ul>", *(f"<li>{escape(text)}</li>" for text in said), "</ul>"),
        write_section("Picture", picture),
        write_section(
            "Table",
            "<p>What a field does: its <b>value</b> is in the figure, it <b>filter</b>s rows, it <b>join</b>s two relations, "
            "it says what one row is (<b>grouping</b>), it cuts the figure into a <b>breakdown</b>. The same as a file: ",
            link("column-lineage.csv", "column-lineage.csv"),
            ".</p>",
            write_table(
                "Fields of the extracts behind each metric", ("Metric", "Extract", "Fields, and what each does"), rows
            ),
        ),
    ]
    return write_page(f"Column lineage, edition {name}", "\n".join(body), mark="Restricted.", invented=invented)


def write_front_page(metrics: Mapping[str, Mapping[str, Any]], *, name: str, invented: bool) -> str:
    """What the folder holds, and a link to each page of it."""
    files = [
        ("assurance.html", "Assurance statement: what it was made of, what was checked, what is hidden"),
        (LINEAGE_PAGE, "Column lineage: each metric back to the fields of the extracts"),
        ("dbt-docs.html", "The models and their columns, tests and what rests on them (dbt's own documentation)"),
        ("../quality.html", "What the gate found in the extracts, and what may follow for the figures"),
        ("protection.csv", "Every figure, exact and as it is public, and why it is hidden"),
        ("policy.yml", "The policy of protection, as it was applied"),
        ("ingredients.json", "What was put in: files, hashes, periods"),
        ("steps.json", "Every step with its rows, for programs"),
        ("verify.py", "Checks this edition with nothing but Python: python verify.py"),
    ]
    rows = [(link(f"{METRIC_PAGES}/{metric}.html", entry["label"]), code(metric)) for metric, entry in metrics.items()]
    body = [
        "<p>Begin with the figure that you were asked about: its measure has a page, which can be printed and signed. "
        f"<code>storyboard trace METRIC --edition {escape(name)}</code> answers the same for one category, "
        "and with <code>--rows</code> shows the rows that were counted, while the extracts are kept.</p>",
        write_section("Measures", write_table("One page for each measure", ("Measure", "Name in files"), rows)),
        write_section(
            "Files",
            write_table("What else lies here", ("File", "What it is"), [(link(f, f), told) for f, told in files]),
        ),
    ]
    return write_page(f"For auditors: edition {name}", "\n".join(body), mark=RESTRICTED, invented=invented)


def _write_facts(trace: Trace, name: str) -> str:
    about, first = trace.about, trace.figures[0]
    rows: list[tuple[str, object]] = [
        ("Name in files", code(trace.metric)),
        ("Edition", name),
        ("Unit", about["unit"]),
        ("Period", f"{first['period_start']} to {first['period_end']}, as at {first['as_at']}"),
        ("Version of the definition", code(about["definition_sha256"])),
        ("Needs", ", ".join(about.get("needs", ()))),
    ]
    if about.get("numerator"):
        rows.append(("Worked out from", f"{about['numerator']} / {about['denominator']} x {about.get('scale', 1)}"))
    pages = sorted({page for figure in trace.figures for page in figure["shown_on"]})
    rows.append(("Shown on", ", ".join(pages) or "no page"))
    return write_facts(rows)


def _write_figures(figures: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            figure["authority"],
            f"{figure['breakdown']}/{figure['category']}",
            figure["status"].replace("_", " ") if figure["value"] is None else figure["value"],
            figure["numerator"],
            figure["denominator"],
            figure["public"],
            figure["why_hidden"],
        )
        for figure in figures
    ]
    heads = ("Authority", "Figure", "Exact", "Numerator", "Denominator", "Public", "Why hidden")
    return write_table("Exact and public", heads, rows, numbers=(2, 3, 4, 5))


def _write_steps(steps: Sequence[Mapping[str, Any]]) -> str:
    by_model: dict[str, list[tuple[object, ...]]] = {}
    for number, step in enumerate(steps, start=1):
        model, _, part = step["relation"].partition(".")
        row = (number, _mark_up_sql(step["step"]), code(part), step["rows_in"], step["rows_out"])
        by_model.setdefault(model, []).append(row)
    heads = ("Step", "What is done", "In part", "Rows in", "Rows out")
    return "".join(
        write_table(model, heads, rows, numbers=(0, 3, 4), widths=(6, 56, 16, 11, 11))
        for model, rows in by_model.items()
    )


def _write_files(extracts: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            extract["name"],
            "absent" if extract["sha256"] is None else extract["rows"],
            extract["kept"],
            extract["out_of_period"],
            extract["rejected"],
            code(extract["sha256"] or ""),
        )
        for extract in extracts
    ]
    heads = ("Extract", "Rows", "In the period", "Outside it", "Rejected", "sha256")
    return write_table("Extracts", heads, rows, numbers=(1, 2, 3, 4))


def _write_asked(quality: Mapping[str, Any], extracts: Sequence[Mapping[str, Any]]) -> str:
    asked: dict[tuple[str, str, str], int] = {}
    for finding in quality["findings"]:
        if finding["extract"] in {extract["name"] for extract in extracts}:
            key = (finding["extract"], finding["rule"], finding["severity"])
            asked[key] = asked.get(key, 0) + finding["count"]
    if not asked:
        return "<p>The gate found nothing to ask about in these extracts.</p>"
    rows = [(*key, count) for key, count in sorted(asked.items())]
    return write_table("What the gate found in them", ("Extract", "Rule", "Severity", "Rows"), rows, numbers=(3,)) + (
        '<p>In full: <a href="../../quality.html">the quality report</a>.</p>'
    )


def _write_fields(extracts: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (extract["name"], field, ", ".join(how)) for extract in extracts for field, how in extract["fields"].items()
    ]
    return write_table("Fields, and what each does to the figure", ("Extract", "Field", "What it does"), rows)


def _list_tests(tests: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    return [
        (test["says"], "held" if test["status"] == "pass" else test["status"], code(test["test"])) for test in tests
    ]


def _tell_approval(name: str) -> str:
    return (
        "<p>Approvals come after the seal and stand in editions.log. "
        f"<code>storyboard approvals {escape(name)}</code> shows who did, in which role and when, and whether it holds.</p>"
    )


def _mark_up_sql(text: str) -> Html:
    parts = text.split("`")
    return Html("".join(f"<code>{escape(p)}</code>" if n % 2 else escape(p) for n, p in enumerate(parts)))
