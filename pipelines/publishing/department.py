"""What the department publishes over years and areas, as tables and sentences: as it prints it, each release named.

Chooses and arranges published statistics; nothing of ours stands here. The drawing is in `department_chart`.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from pipelines.publishing.book import Book, PublishedStatistic, UnknownCitation
from pipelines.publishing.english import write_list, write_number, write_number_in_words
from pipelines.publishing.markup import Foreign
from pipelines.publishing.tables import address_statistic, mark_up_statistic, mark_up_table, write_statistic

MEASURES: Mapping[str, tuple[str, str]] = {
    "children_missing": ("Looked-after children who went missing", "children"),
    "children_missing_percentage": ("Share of looked-after children who went missing, per cent", "per cent"),
    "children_missing_more_than_once": ("Looked-after children who went missing more than once", "children"),
    "missing_incidents": ("Times that looked-after children went missing", "times"),
    "missing_incidents_per_child": ("Times for each looked-after child who went missing", "times for each child"),
    "children_away": ("Looked-after children away without authorisation", "children"),
    "away_incidents": ("Times that looked-after children were away without authorisation", "times"),
    "home_educated_at_any_time": ("Children educated at home at any time in the school year", "children"),
    "home_education_started": ("Home education began", "children"),
    "home_education_returned_to_school": ("Returned to school from home education", "children"),
    "home_education_notices": ("Notices under section 437", "notices"),
    "home_education_orders_issued": ("School attendance orders issued", "orders"),
    "missing_education_autumn_term": ("Children missing education on the census date in autumn", "children"),
    "missing_education_spring_term": ("Children missing education on the census date in spring", "children"),
    "missing_education_summer_term": ("Children missing education on the census date in summer", "children"),
    "missing_education_academic_year": ("Children missing education at any time in the school year", "children"),
}
"""What pages may show: the name of a measure in words, and what is counted."""

SYMBOLS: Mapping[str, str] = {
    "c": "hidden by the department, because the number is small or would give another away",
    "x": "hidden by the department, because the number is one to five or would give another away",
    "z": "not applicable",
    "k": "not none, but rounds to none",
    "low": "not none, but rounds to none",
    "u": "too uncertain to show",
    "..": "not available",
    ":": "not available",
    ".": "not applicable",
    "~": "hidden by the department",
    "-": "none, or not available",
    "": "left blank",
}
"""What the department's symbols mean."""

WIDER = ("E12", "E92")
"""How the codes of regions and of England begin. The parts of London (E13) are left out."""

AGAINST = ("missing_incidents_per_child", "children_missing_percentage")
"""Measures that councils of different size can be held against one another by."""


@dataclass(frozen=True, slots=True)
class PublishedBreak:
    """A change in what the department or the councils record: years from `year` on do not compare with those before."""

    year: int
    measures: tuple[str, ...]
    text: str


def read_published_breaks(registers: Mapping[str, Any]) -> tuple[PublishedBreak, ...]:
    """The breaks in the department's figures, from the register of definitions; none where it has none."""
    entries = (registers.get("definitions") or {}).get("published_breaks", ())
    found = [PublishedBreak(int(e["year"]), tuple(e["measures"]), " ".join(str(e["text"]).split())) for e in entries]
    return tuple(sorted(found, key=lambda b: b.year))


def keep_latest(given: Iterable[PublishedStatistic]) -> dict[tuple[str, str, date], PublishedStatistic]:
    """Of several values for one area, measure and year the one released last, by area, measure and year."""
    latest: dict[tuple[str, str, date], PublishedStatistic] = {}
    for statistic in given:
        key = (statistic.authority, statistic.measure, statistic.year_ending)
        if key not in latest or _released(latest[key]) < _released(statistic):
            latest[key] = statistic
    return latest


def _released(statistic: PublishedStatistic) -> str:
    return statistic.release[-4:]


class Published:
    """The department's statistics that were given with an edition, for its authority and the areas around it."""

    def __init__(self, book: Book, registers: Mapping[str, Any]) -> None:
        self._book = book
        self._latest = keep_latest(book.published_statistics)
        self._breaks = read_published_breaks(registers)
        self._region = next(
            (str(r["code"]) for r in registers.get("regions") or () if book.authority in r["authorities"]), None
        )
        self._models = {
            str(model["model"]): model
            for model in registers.get("neighbours") or ()
            if model["authority"] == book.authority
        }

    def has(self, measure: str) -> bool:
        """Whether the department's values of this measure for the area were given. Raises UnknownCitation for no measure."""
        _check(measure)
        return self.covers(measure)

    def covers(self, measure: str) -> bool:
        """The same, false for a name that is no measure of the department."""
        return bool(self.years(measure))

    def years(self, measure: str) -> list[date]:
        """The years for which the area has a value or a symbol, the oldest first."""
        return sorted(year for area, name, year in self._latest if (area, name) == (self._book.authority, measure))

    def value(self, area: str, measure: str, year: date) -> PublishedStatistic | None:
        """One statistic as last released; None where none was given."""
        return self._latest.get((area, measure, year))

    def own(self, measure: str) -> list[PublishedStatistic]:
        """The area's own statistics of a measure, one a year, the oldest first."""
        return [self._latest[self._book.authority, measure, year] for year in self.years(measure)]

    def breaks(self, measure: str) -> list[PublishedBreak]:
        """The breaks that lie among the years given for a measure, or at the first of them."""
        years = [year.year for year in self.years(measure)]
        return [b for b in self._breaks if years and measure in b.measures and years[0] <= b.year <= years[-1]]

    def areas(self) -> list[tuple[str, str]]:
        """(code, name) of the area itself, then of the wider areas that the files hold."""
        names = {s.authority: s.area_name for s in self._book.published_statistics}
        own = self._book.authority
        wider = sorted(code for code in names if code.startswith(WIDER) and self._is_around(code))
        return [(own, names.get(own, self._book.place)), *((code, names[code]) for code in wider)]

    def _is_around(self, code: str) -> bool:
        """England, and the region of the area where that is known."""
        return code.startswith("E92") or code == self._region

    def neighbours(self, model: str) -> list[tuple[str, str]]:
        """(code, name) of the statistical neighbours of the area by that model, the nearest first."""
        if model not in self._models:
            known = ", ".join(self._models) or "none for this area"
            raise UnknownCitation(f'There is no model "{model}" of statistical neighbours. There are: {known}.')
        return [(str(n["code"]), str(n["name"])) for n in self._models[model]["listed"]]

    def models(self) -> list[str]:
        """The models of neighbours known for the area, the newest first."""
        return sorted(self._models, reverse=True)

    def find_neighbours_year(self, model: str) -> date | None:
        """The latest year for which any neighbour has a value; None where the files hold no neighbours."""
        codes = {code for code, _ in self.neighbours(model)}
        found = [year for area, measure, year in self._latest if area in codes and measure == "missing_incidents"]
        return max(found, default=None)

    def list_revised(self) -> list[tuple[PublishedStatistic, PublishedStatistic]]:
        """The area's statistics that a later release changed: the first release and the last, by measure and year."""
        first: dict[tuple[str, date], PublishedStatistic] = {}
        for s in sorted(self._book.published_statistics, key=_released):
            if s.authority == self._book.authority and s.measure in MEASURES:
                first.setdefault((s.measure, s.year_ending), s)
        revised = []
        for (measure, year), then in sorted(first.items(), key=lambda e: (list(MEASURES).index(e[0][0]), e[0][1])):
            now = self._latest[self._book.authority, measure, year]
            if (now.value, now.symbol) != (then.value, then.symbol):
                revised.append((then, now))
        return revised


def _check(measure: str) -> None:
    if measure not in MEASURES:
        raise UnknownCitation(f'The department publishes no "{measure}" here. There are: {", ".join(MEASURES)}.')


def mark_up_years(published: Published, measure: str) -> Markup:
    """The table of one measure: a row for each year, a column for each area, the middle of the neighbours, the release.

    Words stand at the year from which on the values do not compare with those before.
    """
    _check(measure)
    label, _ = MEASURES[measure]
    areas = published.areas()
    years = published.years(measure)
    model = next((m for m in published.models() if published.find_neighbours_year(m) is not None), None)
    neighbours = [] if model is None else published.neighbours(model)
    with_middle = any(_of_neighbours(published, neighbours, measure, year) for year in years)
    heads = [write_year_head(measure), *(name for _, name in areas)]
    heads += [f"Middle of the neighbours ({model} model)"] if with_middle else []
    letters = {b.year: letter for letter, b in zip("ABCDEFGH", published.breaks(measure), strict=False)}
    rows: list[list[Markup | str]] = []
    for year in years:
        found = [published.value(code, measure, year) for code, _ in areas]
        head: Markup | str = write_year(measure, year)
        if year.year in letters:
            words = Markup(
                '{} <span class="break">({}<span class="unseen">: recorded differently from here on</span>)</span>'
            )
            head = words.format(head, letters[year.year])
        row: list[Markup | str] = [head, *map(_mark_up_or_say, found)]
        if with_middle:
            row.append(_say_middle(_of_neighbours(published, neighbours, measure, year), len(neighbours)))
        rows.append([*row, write_releases(found)])
    return mark_up_table(f"{label}, as the department publishes it", [*heads, "Release"], rows, total=False)


def write_year_head(measure: str) -> str:
    """The head of the column of years."""
    return "School year" if _is_of_schools(measure) else "Year ending 31 March"


def write_year(measure: str, year: date) -> str:
    """`2015`, or `2021 to 2022` for a school year."""
    return f"{year.year - 1} to {year.year}" if _is_of_schools(measure) else str(year.year)


def _is_of_schools(measure: str) -> bool:
    return measure.startswith(("home_edu", "missing_education"))


def write_releases(found: Iterable[PublishedStatistic | None]) -> str:
    """The releases that a row comes from, short: `SFR34/2015`, or the year of a release. The title stands below."""
    return ", ".join(sorted({_shorten(s.release) for s in found if s is not None}))


def _shorten(release: str) -> str:
    return release[-4:] if ", " in release else release


def mark_up_titles(found: Iterable[PublishedStatistic]) -> Markup:
    """A line that names the publications that values come from; empty where there are none."""
    titles = sorted({s.release.rpartition(", ")[0] or "Statistical first releases (SFR)" for s in found})
    if not titles:
        return Markup("")
    return Markup('<p class="symbols">Source: Department for Education, {}. Release: number or year.</p>').format(
        write_list(titles)
    )


def _mark_up_or_say(statistic: PublishedStatistic | None) -> Markup | str:
    return "not given" if statistic is None else mark_up_statistic(statistic)


def _of_neighbours(
    published: Published, neighbours: Sequence[tuple[str, str]], measure: str, year: date
) -> list[PublishedStatistic]:
    found = [published.value(code, measure, year) for code, _ in neighbours]
    return [s for s in found if s is not None]


def find_middle(found: Sequence[PublishedStatistic]) -> tuple[Decimal, Decimal | None]:
    """The lowest and highest that the median can be, as a hidden value may be anything; None for no upper limit."""
    shown = [s.value for s in found if s.value is not None]
    hidden = len(found) - len(shown)
    most = max(shown, default=Decimal(0)) + 1
    low = statistics.median([*shown, *[Decimal(0)] * hidden])
    high = statistics.median([*shown, *[most] * hidden])
    return low, None if high >= most else high


def _say_middle(found: Sequence[PublishedStatistic], of: int) -> str:
    if len(found) < of:
        return "not all given" if found else "not given"
    low, high = find_middle(found)
    if high is None or sum(s.value is None for s in found) * 5 > len(found):
        return "too many hidden"
    return write_number(low) if low == high else f"{write_number(low)} to {write_number(high)}"


BESIDE = (
    *("children_missing", "children_missing_percentage", "missing_incidents", "missing_incidents_per_child"),
    "away_incidents",
)
"""What the table of neighbours shows."""


def mark_up_neighbours(published: Published, book: Book, model: str) -> Markup:
    """The area and its neighbours by one model in the latest year given, with the area's place among them in words."""
    year = published.find_neighbours_year(model)
    if year is None:
        names = write_list([name for _, name in published.neighbours(model)])
        return Markup(
            "<p>The files given with this edition do not hold the neighbours. By the model of {} they are {}.</p>"
        ).format(model, names)
    areas = [*published.areas()[:1], *published.neighbours(model), *published.areas()[1:]]
    rows: list[list[Markup | str]] = []
    shown: list[PublishedStatistic] = []
    for code, name in areas:
        found = [published.value(code, measure, year) for measure in BESIDE]
        shown += [s for s in found if s is not None]
        rows.append([name, *map(_mark_up_or_say, found)])
    heads = ["Council or area", *(MEASURES[measure][0] for measure in BESIDE)]
    caption = f"{book.place}, its statistical neighbours by the model of {model}, its region and England, "
    caption += f"year ending 31 March {year.year}"
    sentences = [s for measure in AGAINST if (s := say_place(published, book, measure, model, year))]
    words = Markup("").join(Markup("<p>{}</p>").format(s) for s in sentences)
    table = mark_up_table(caption, heads, rows, total=False)
    return words + table + mark_up_published_symbols(shown) + mark_up_titles(shown)


def say_place(published: Published, book: Book, measure: str, model: str, year: date) -> str:
    """How many of the neighbours have a higher and a lower value; nothing where the area's own is not shown."""
    own = published.value(book.authority, measure, year)
    found = _of_neighbours(published, published.neighbours(model), measure, year)
    if own is None or own.value is None or not found:
        return ""
    values = [s.value for s in found if s.value is not None]
    counts = {
        "had a higher number": sum(v > own.value for v in values),
        "a lower one": sum(v < own.value for v in values),
        "the same": sum(v == own.value for v in values),
        "a hidden one": len(found) - len(values),
    }
    told = [
        f"{write_number_in_words(count)} {words}"
        for words, count in counts.items()
        if count or words.startswith(("had", "a lower"))
    ]
    return f"{MEASURES[measure][0]}: of {write_number_in_words(len(found))} neighbours, {write_list(told)}."


def mark_up_revisions(published: Published, book: Book) -> Markup:
    """What the department changed later about the area, with both values and both releases."""
    revised = published.list_revised()
    if not revised:
        return Markup("<p>None of the values given here was changed by a later release.</p>")
    rows: list[list[Markup | str]] = [
        [
            f"{MEASURES[then.measure][0]}, {write_year(then.measure, then.year_ending)}",
            mark_up_statistic(then),
            then.release,
            mark_up_statistic(now),
            now.release,
        ]
        for then, now in revised
    ]
    caption = f"Values of {book.place} that the department changed later"
    return mark_up_table(caption, ["What is counted", "First", "Release", "Last", "Release"], rows, total=False)


def mark_up_several(published: Published, book: Book, measures: Sequence[str], caption: str) -> Markup:
    """Several measures of the area side by side, a row for each year; those that were not given are left out."""
    given = [measure for measure in measures if published.has(measure)]
    years = sorted({year for measure in given for year in published.years(measure)})
    rows: list[list[Markup | str]] = []
    shown: list[PublishedStatistic] = []
    for year in years:
        found = [published.value(book.authority, measure, year) for measure in given]
        shown += [s for s in found if s is not None]
        rows.append([write_year(given[0], year), *map(_mark_up_or_say, found), write_releases(found)])
    heads = [write_year_head(given[0]), *(MEASURES[measure][0] for measure in given), "Release"] if given else []
    if not given:
        return Markup("")
    return mark_up_table(caption, heads, rows, total=False) + mark_up_published_symbols(shown) + mark_up_titles(shown)


def mark_up_published_symbols(found: Iterable[PublishedStatistic]) -> Markup:
    """A line that explains the department's symbols among the values; empty where there are none."""
    used = sorted({s.symbol for s in found if s.value is None})
    if not used:
        return Markup("")
    words = "; ".join(f"{symbol or 'blank'}: {SYMBOLS[symbol]}" for symbol in used)
    return Markup('<p class="symbols">The department\'s symbols. {}.</p>').format(words)


def mark_up_breaks(breaks: Sequence[PublishedBreak]) -> Markup:
    """What changed and when, as a list under a drawing and its table; empty where nothing did."""
    if not breaks:
        return Markup("")
    items = Markup("").join(
        Markup("<li><b>{}</b> From {} on: {}</li>").format(letter, b.year, b.text)
        for letter, b in zip("ABCDEFGH", breaks, strict=False)
    )
    return Markup('<ul class="events">{}</ul>').format(items)


DATA_COLUMNS = ("area", "code", "year_ending", "measure", "value", "symbol", "release")


def write_published_data(published: Published, book: Book, measure: str) -> str:
    """A measure as CSV: the area, the areas around it and its neighbours, every year as each release gave it."""
    around = [*published.areas(), *(pair for model in published.models() for pair in published.neighbours(model))]
    places = {code: place for place, (code, _) in reversed(list(enumerate(around)))}
    rows = sorted(
        (s for s in book.published_statistics if s.measure == measure and s.authority in places),
        key=lambda s: (places[s.authority], s.year_ending, _released(s)),
    )
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(DATA_COLUMNS)
    for s in rows:
        value = "" if s.value is None else f"{s.value:f}"
        writer.writerow([s.area_name, s.authority, s.year_ending, s.measure, value, s.symbol, s.release])
    return file.getvalue()


def describe_years(published: Published, book: Book, measure: str) -> tuple[str | Foreign, ...]:
    """What the drawing of one measure shows, for those who do not see it: every value, and the breaks."""
    values = [
        part
        for s in published.own(measure)
        for part in (
            "; ",
            f"{write_year(measure, s.year_ending)} ",
            "hidden" if s.value is None else Foreign(address_statistic(s), write_statistic(s)),
        )
    ][1:]
    breaks = " ".join(f"Recorded differently from {b.year} on: {b.text}" for b in published.breaks(measure))
    return (f"{MEASURES[measure][0]}, {book.place}: ", *values, f". {breaks}".rstrip())
