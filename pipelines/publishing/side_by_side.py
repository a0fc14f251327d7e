"""Charts in which several things stand side by side: shares of parts in several wholes, each category over the editions.

Finds what they show, and hands it to the drawing. Charts of one breakdown are in `blocks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from pipelines.figures import Metric, PublicFigure
from pipelines.publishing.blocks import Chart, describe_marks, period_of
from pipelines.publishing.book import Book, UnknownCitation
from pipelines.publishing.charts import Mark
from pipelines.publishing.comparisons import Break, find_breaks, find_direction, find_range
from pipelines.publishing.dimensions import DIMENSIONS, head_of, phrase_of
from pipelines.publishing.english import lower_first, write_list, write_number_in_words
from pipelines.publishing.findings import name_of, subject_of
from pipelines.publishing.markup import Part, mark_up_figure, plain
from pipelines.publishing.panels import Panel, draw_panels
from pipelines.publishing.sentences import is_shown
from pipelines.publishing.stacks import MOST_PARTS, Stack, draw_stacks
from pipelines.publishing.tables import mark_up_table

Rows = list[tuple[str, PublicFigure]]
"""What a chart's file holds: labels and figures, in the order of its table."""


def make_stacks(book: Book, metric_ids: Sequence[str], by: str) -> Chart:
    """A bar for each metric, cut by one breakdown that all share. Raises UnknownCitation where they do not, where the parts
    overlap or are too many to tell apart."""
    metrics = [book.metric(metric_id) for metric_id in metric_ids]
    stacks = [
        Stack(
            Mark(m.metric_id, m.label, book.figure(m.metric_id)),
            tuple(Mark(member.category, member.label, member.figure) for member in book.series(m.metric_id, by)),
        )
        for m in metrics
    ]
    categories = {tuple(part.category for part in stack.parts) for stack in stacks}
    if len(categories) > 1:
        raise UnknownCitation(f'The metrics {write_list(list(metric_ids))} do not share the categories of "{by}".')
    if any(by in m.overlapping or m.kind != "count" for m in metrics):
        raise UnknownCitation(f'shares() needs counts whose parts make the whole; those by "{by}" do not.')
    if len(stacks[0].parts) > MOST_PARTS:
        raise UnknownCitation(f'shares() can tell {MOST_PARTS} parts apart, and "{by}" has more. Use chart() instead.')
    headline = _find_shares(book, metrics, stacks, by)
    marks = tuple(
        Mark(f"{stack.whole.category}-{mark.category}", _name(stack, mark), mark.figure)
        for stack in stacks
        for mark in (*stack.parts, stack.whole)
    )
    names = write_list([m.label if i == 0 else lower_first(m.label) for i, m in enumerate(metrics)])
    subtitle = f"{names} by {phrase_of(by)}, {book.place}, {period_of(book, metrics[0])}"
    text = describe_marks(headline, marks)
    drawn = None
    if any(is_shown(part.figure) and part.figure.value for stack in stacks for part in stack.parts):
        drawn = draw_stacks(stacks, headline, (f"{subtitle}. ", *text))
    ending = "-and-others" if len(metrics) > 1 else ""
    return Chart(f"{metric_ids[0]}{ending}-shares-by-{by}", headline, subtitle, plain(text), marks, drawn)


def _name(stack: Stack, mark: Mark) -> str:
    return stack.whole.label + (", all" if mark is stack.whole else f", {lower_first(mark.label)}")


def _find_shares(book: Book, metrics: Sequence[Metric], stacks: Sequence[Stack], by: str) -> tuple[Part, ...]:
    """The category that the dimension is about, or else the largest, in each whole; whether its share is larger in the last
    than in the first is said only where no rounding could undo it."""
    shown = [part for part in stacks[0].parts if part.figure.value]
    if not shown:
        return (f"{name_of(metrics[0])} by {phrase_of(by)}: too few to show",)
    wanted = DIMENSIONS[by].focus
    focus = next((p for p in shown if p.category == wanted), max(shown, key=lambda p: p.figure.value or 0))
    place = stacks[0].parts.index(focus)
    said: list[list[Part]] = []
    ranges = []
    for metric, stack in zip(metrics, stacks, strict=True):
        part, whole = stack.parts[place].figure, stack.whole.figure
        of: list[Part] = [" of ", whole] if is_shown(whole) else []
        said.append([part, *of, f" {subject_of(metric)}"])
        if is_shown(part) and is_shown(whole) and whole.value:
            (low, high), (least, most) = find_range(book, part), find_range(book, whole)
            ranges.append((low / most, high / least if least else high))
    more = ""
    if len(ranges) == len(stacks) > 1:
        (low, high), (lowest, highest) = ranges[0], ranges[-1]
        more = "a larger share" if lowest > high else "a smaller share" if highest < low else ""
    if more:
        first, last = said[0], said[-1]
        unit = lower_first(subject_of(metrics[-1]))
        return (f"{focus.label}: {more} of {unit}, ", *last[:-1], f", than of {subject_of(metrics[0])}, ", *first[:-1])
    parts: list[Part] = [f"{focus.label}: "]
    for number, words in enumerate(said):
        parts += [" and " if number == len(said) - 1 > 0 else ", " if number else "", *words]
    return tuple(part for part in parts if part != "")


def list_stacked(book: Book, metric_ids: Sequence[str], by: str) -> Rows:
    """The rows of the file of a stacked chart: for each category, then for all, each metric in turn."""
    columns = [book.series(metric_id, by) for metric_id in metric_ids]
    rows = [
        (f"{book.metric(metric_id).label}, {lower_first(member.label)}", member.figure)
        for row in zip(*columns, strict=True)
        for metric_id, member in zip(metric_ids, row, strict=True)
    ]
    return rows + [(f"{book.metric(m).label}, all", book.figure(m)) for m in metric_ids]


def make_panels(book: Book, metric_id: str, by: str, breaks: Sequence[Break] = ()) -> Chart:
    """A small chart for each category of a breakdown, with a column for each edition that has it, on one scale."""
    metric = book.metric(metric_id)
    panels = list_panels(book, metric_id, by)
    editions = [mark.label for mark in panels[0].marks]
    totals = _over_editions(book, metric_id, editions)
    gaps = {
        place for place, (one, next_) in enumerate(pairwise(totals), start=1) if find_breaks(breaks, metric, one, next_)
    }
    headline = _find_movements(book, metric, by, panels, breaks)
    subtitle = f"{name_of(metric)} by {phrase_of(by)}, {book.place}, editions {editions[0]} to {editions[-1]}"
    marks = tuple(
        Mark(f"{mark.category}-{mark.label}", f"{panel.label}, {mark.label}", mark.figure)
        for panel in panels
        for mark in panel.marks
    )
    apart = [f" Recorded differently from the {editions[gap]} edition on." for gap in sorted(gaps)]
    text = (*describe_marks(headline, marks), *apart)
    drawn = None
    if len(editions) > 1 and any(is_shown(mark.figure) for mark in marks):
        drawn = draw_panels(panels, headline, (f"{subtitle}. ", *text), gaps)
    return Chart(f"{metric_id}-by-{by}-over-editions", headline, subtitle, plain(text), marks, drawn)


def list_panels(book: Book, metric_id: str, by: str) -> list[Panel]:
    """The categories of a breakdown in the order of this edition's chart, each with its figure in every edition that has the
    breakdown."""
    books = []
    for one in (*book.earlier, book):
        try:
            books.append((one, {m.category: m for m in one.series(metric_id, by)}))
        except UnknownCitation:
            if one is book:
                raise
    members = book.series(metric_id, by)
    if by == "month" or "/" in by:
        raise UnknownCitation(f'trends() cannot show "{by}": its categories are not those of other editions.')
    books = [(one, series) for one, series in books if all(m.category in series for m in members)]
    if not DIMENSIONS[by].is_ordered:
        members = sorted(members, key=lambda m: (m.figure.value is None, -(m.figure.value or 0)))
    return [
        Panel(m.label, tuple(Mark(m.category, one.edition.name, series[m.category].figure) for one, series in books))
        for m in members
        if any(series[m.category].figure.value != 0 for _, series in books)
    ] or [
        Panel(m.label, tuple(Mark(m.category, o.edition.name, s[m.category].figure) for o, s in books)) for m in members
    ]


def _over_editions(book: Book, metric_id: str, editions: Sequence[str]) -> list[PublicFigure]:
    books = {one.edition.name: one for one in (*book.earlier, book)}
    return [books[name].figure(metric_id) for name in editions]


def _find_movements(
    book: Book, metric: Metric, by: str, panels: Sequence[Panel], breaks: Sequence[Break]
) -> tuple[Part, ...]:
    """Which categories rose and which fell since the edition before, as far as numbers that are shown can prove it."""
    name = f"{name_of(metric)} by {phrase_of(by)}"
    if len(panels[0].marks) < 2:
        return (f"{name} in the {panels[0].marks[-1].label} edition",)
    before = panels[0].marks[-2].label
    earlier = next(one for one in book.earlier if one.edition.name == before)
    if find_breaks(breaks, metric, earlier.figure(metric.metric_id), book.figure(metric.metric_id)):
        return (f"{name}: recorded differently since the {before} edition",)
    ways: dict[str, list[str]] = {"rose": [], "fell": []}
    for panel in panels:
        one, now = panel.marks[-2].figure, panel.marks[-1].figure
        way = find_direction(earlier, one, book, now)
        if way in ways:
            ways[way].append(lower_first(panel.label))
    said = [f"{way} {_name_some(names, len(panels))}" for way, names in ways.items() if names]
    if not said:
        return (f"{name}: none clearly rose or fell since the {before} edition",)
    return (f"Since the {before} edition, {lower_first(name_of(metric))} {' and '.join(said)}",)


def _name_some(names: Sequence[str], among: int) -> str:
    """Up to three by name; of more, how many, in words: a digit would look like a figure."""
    if len(names) <= 3:
        return "for " + write_list([f"“{name}”" if " " in name else name for name in names])
    if among > 9:
        return "in several categories"
    return f"in {write_number_in_words(len(names))} of {write_number_in_words(among)} categories"


def mark_up_panels_table(book: Book, metric_id: str, by: str) -> Markup:
    """The table of small multiples: a row for each category, a column for each edition."""
    panels = list_panels(book, metric_id, by)
    rows: list[list[Markup | str]] = [
        [panel.label, *(mark_up_figure(mark.figure) for mark in panel.marks)] for panel in panels
    ]
    heads = [head_of(by), *(f"{mark.label} edition" for mark in panels[0].marks)]
    return mark_up_table(f"{book.metric(metric_id).label} by {phrase_of(by)}, {book.place}", heads, rows, total=False)


def list_panelled(book: Book, metric_id: str, by: str) -> Rows:
    """The rows of the file of small multiples, in the order of its table."""
    return [
        (f"{panel.label}, {mark.label} edition", mark.figure)
        for panel in list_panels(book, metric_id, by)
        for mark in panel.marks
    ]
