"""How figures are made, for those who want to know: the proof under a chart, the list of all metrics.

Says of a metric what its definition, its figures and the rule of protection say; the page of each metric is in `metric_pages`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.comparisons import Break, find_breaks
from pipelines.publishing.dimensions import DIMENSIONS, phrase_of
from pipelines.publishing.english import lower_first, write_date, write_list, write_period
from pipelines.publishing.markup import explain_symbols, mark_up_figure

POPULATIONS = {
    "children_0_17": "children aged 0 to 17 who live in the area",
    "children_5_16": "children aged 5 to 16 who live in the area",
    "looked_after_during_year": "children looked after at any time during the year",
}

SECTIONS = {"missing": "Missing and absent from home or care", "education": "Children missing education"}

LinkTo = Callable[[str], str]
"""From a metric's id to the address of its page, from the page that asks."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The folded part under a chart, and the figures that it shows."""

    markup: Markup
    figures: tuple[PublicFigure, ...]


def make_proof(
    book: Book, metric_ids: Sequence[str], protection: str, *, link: LinkTo | None = None, breaks: Sequence[Break] = ()
) -> Proof:
    """What is counted, unit, edition, dates, parts, the same figure in earlier editions, rule of protection, where to read on.

    The metrics share their collection.
    """
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    metric = metrics[-1]
    shown: list[PublicFigure] = []
    rows: list[tuple[str, Markup | str]] = [
        ("What is counted" if len(metrics) == 1 else m.label, m.description) for m in metrics
    ]
    rows += describe_metric(book, metric, protection, shown)
    units = list(dict.fromkeys(m.unit for m in metrics))
    rows[len(metrics)] = ("Unit" if len(units) == 1 else "Units", write_list(units))
    if earlier := _mark_up_earlier(book, metric, breaks, shown):
        whose = "Earlier editions" if len(metrics) == 1 else f"{metric.label}, earlier editions"
        rows.insert(-1, (whose, earlier))
    if link is not None:
        pages = [Markup('<a href="{}">{}</a>').format(link(m.metric_id), m.label) for m in metrics]
        rows.append(("How it is worked out", Markup(", ").join(pages)))
    return Proof(
        Markup(
            '<details class="proof"><summary>How we know<span class="unseen">: {}</span></summary>{}</details>'
        ).format(_name_all(metrics), mark_up_facts(rows)),
        tuple(shown),
    )


def _name_all(metrics: Sequence[Metric]) -> str:
    """Several by the first and the last, where there are more than three."""
    if len(metrics) > 3:
        return f"{metrics[0].label} to {lower_first(metrics[-1].label)}"
    return write_list([m.label if m is metrics[0] else lower_first(m.label) for m in metrics])


def describe_metric(
    book: Book, metric: Metric, protection: str, shown: list[PublicFigure]
) -> list[tuple[str, Markup | str]]:
    """Unit, edition, dates, parts and, last, protection. The figures of the parts are added to `shown`."""
    period = book.period(metric.collection)
    rows: list[tuple[str, Markup | str]] = [
        ("Unit", metric.unit),
        ("Edition", book.edition.name),
        ("Period", write_period(period.start, period.end)),
        ("Position on", write_date(period.as_at)),
    ]
    if parts := _mark_up_parts(book, metric, shown):
        rows.append(("Worked out from", parts))
    rows.append(("Protection", own_protection(metric) or protection))
    return rows


def mark_up_facts(rows: Sequence[tuple[str, Markup | str]]) -> Markup:
    """Terms and what they are, as a list."""
    items = Markup(" ").join(Markup("<div><dt>{}</dt> <dd>{}</dd></div>").format(*row) for row in rows)
    return Markup('<dl class="facts">{}</dl>').format(items)


def _mark_up_parts(book: Book, metric: Metric, shown: list[PublicFigure]) -> Markup:
    """What a rate or mean divides, each with its figure; empty for other kinds."""
    if metric.numerator is None or metric.denominator is None or metric.numerator not in book.metrics:
        return Markup("")
    said = []
    for name in (metric.numerator, metric.denominator):
        if name in book.metrics:
            figure = book.figure(name)
            shown.append(figure)
            said.append(Markup("{} ({})").format(lower_first(book.metrics[name].label), mark_up_figure(figure)))
        else:
            said.append(Markup("{}").format(POPULATIONS.get(name, name)))
    return Markup(", divided by ").join(said)


def _mark_up_earlier(book: Book, metric: Metric, breaks: Sequence[Break], shown: list[PublicFigure]) -> Markup:
    """The total in each earlier edition that has it, the latest first, with a word where it was recorded differently."""
    now = book.figure(metric.metric_id)
    said = []
    for earlier in reversed(book.earlier):
        try:
            figure = earlier.figure(metric.metric_id)
        except UnknownCitation:
            continue
        shown.append(figure)
        apart = " (recorded differently)" if find_breaks(breaks, metric, figure, now) else ""
        told = "".join(f" ({words})" for _, words in explain_symbols([figure]))
        said.append(Markup("{}: {}{}{}").format(earlier.edition.name, mark_up_figure(figure), told, apart))
    return Markup("; ").join(said)


def own_protection(metric: Metric) -> str:
    """The rule of a metric that has one of its own; else nothing."""
    if not metric.public:
        return "never published, because it describes one child"
    if metric.kind in ("rate", "mean"):
        return "worked out from the counts that are shown"
    if metric.kind == "median":
        return "a whole number, shown only where enough values stand behind it"
    return ""


def write_metrics_index(book: Book, protection: str, link: LinkTo | None = None) -> Markup:
    """Every metric as Markdown, its id as the anchor of its heading; then the breakdowns and categories."""
    lines = [f"Protection of all counts: {protection}. Where a measure has a rule of its own, its entry says so.", ""]
    for collection, title in SECTIONS.items():
        lines += [f"## {title}", ""]
        for metric in book.metrics.values():
            if metric.collection == collection:
                lines += _write_entry(book, metric, link)
    lines += ["## Breakdowns and their categories", "", "| Breakdown | Name in files | Categories |", "|---|---|---|"]
    for name in sorted({name for m in book.metrics.values() for by in m.breakdowns for name in by.split("/")}):
        lists = {
            m.dimension_of(name) for m in book.metrics.values() if any(name in by.split("/") for by in m.breakdowns)
        }
        members = [c for key in sorted(lists) for c in book.categories.get(key, ())]
        texts = [f"{Markup.escape(c.label)} (`{c.category}`)" for c in members] or [
            "each month of the period (`2015-04`)"
        ]
        lines.append(f"| {DIMENSIONS[name].label} | `{name}` | {'; '.join(dict.fromkeys(texts))} |")
    return Markup("\n".join([*lines, ""]))


def _write_entry(book: Book, metric: Metric, link: LinkTo | None) -> list[str]:
    lines = [f"### {metric.label} {{ #{metric.metric_id} }}", "", str(Markup.escape(metric.description)), ""]
    lines += [f"- Unit: {metric.unit}", f"- Name in files: `{metric.metric_id}`"]
    if metric.breakdowns:
        lines.append(f"- Broken down by: {write_breakdowns(metric)}")
    if parts := parts_of(book, metric):
        lines.append(f"- Worked out from: {parts}")
    lines.append(f"- Records that it needs: {write_list([name.replace('_', ' ') for name in metric.needs])}")
    if own := own_protection(metric):
        lines.append(f"- Protection: {own}")
    if link is not None:
        lines.append(
            f"- [How {lower_first(metric.label)} is worked out, and where it is shown]({link(metric.metric_id)})"
        )
    return [*lines, ""]


def write_breakdowns(metric: Metric) -> str:
    """What a metric is broken down by, as a list in words."""
    return write_list([phrase_of(by) for by in metric.breakdowns])


def parts_of(book: Book, metric: Metric) -> str:
    """What a rate or mean divides, in words; empty for other kinds."""
    if metric.numerator is None or metric.denominator is None or metric.numerator not in book.metrics:
        return ""
    below = metric.denominator
    below = lower_first(book.metrics[below].label) if below in book.metrics else POPULATIONS.get(below, below)
    return f"{lower_first(book.metrics[metric.numerator].label)}, divided by {below}"
