"""The edition of one place that a page, a chart or a paper speaks about: its figures, definitions and earlier editions.

Looks figures up and says plainly what does not exist. Nothing here counts, hides, words or draws.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pipelines.faults import DataFault
from pipelines.figures import ALL, TOTAL, Category, Collection, Edition, FigureKey, Metric, Period, PublicFigure
from pipelines.publishing.english import order_of_stretch, write_date, write_month

if TYPE_CHECKING:
    from pipelines.reviews import HeldReview

Audience = Literal["public", "restricted"]

PLACES: Mapping[str, str] = {"E06000014": "York", "all": "all authorities"}
"""What an authority is called in a sentence. An authority that is not named here is called by its code."""


class UnknownCitation(DataFault):
    """A page, chart or paper names a metric, breakdown, category or edition that does not exist."""


@dataclass(frozen=True, slots=True)
class PublishedStatistic:
    """One value that the department publishes, as it prints it: never mixed with our figures."""

    authority: str
    area_name: str
    year_ending: date
    measure: str
    value: Decimal | None
    symbol: str
    release: str


@dataclass(frozen=True, slots=True)
class Member:
    """One category of a breakdown of one metric with its figure; `label` is for people."""

    category: str
    label: str
    figure: PublicFigure


class Book:
    """The figures of one edition and one authority, as one audience may see them."""

    def __init__(
        self,
        edition: Edition,
        figures: Iterable[PublicFigure],
        metrics: Mapping[str, Metric],
        categories: Mapping[str, Sequence[Category]],
        *,
        audience: Audience,
        authority: str | None = None,
        earlier: Sequence[Book] = (),
        published_statistics: Sequence[PublishedStatistic] = (),
        invented: bool = False,
        base: int = 5,
        sql: Mapping[str, str] | None = None,
        checks: Sequence[str] = (),
        places: Mapping[str, str] = PLACES,
        reviews: Sequence[HeldReview] = (),
    ) -> None:
        """`authority` may be left out where the figures are of one alone, and is `all` where they are of several.

        `earlier` holds the sealed earlier editions of the same authority, in any order. `base` is what public counts
        are rounded to. `sql` is the text of each metric's model; `checks` says what must hold of all figures, in sentences.
        `reviews` are the reviews of records that were held; only restricted papers speak of them.
        """
        self.edition = edition
        self.metrics = metrics
        self.categories = categories
        self.audience = audience
        self.invented = invented
        self.base = base
        self.sql = sql or {}
        self.checks = tuple(checks)
        self.published_statistics = tuple(published_statistics)
        self.reviews = tuple(reviews)
        self._places = places
        given = {figure.key: figure for figure in figures if figure.key.edition == edition.name}
        every = {key: figure for key, figure in given.items() if not key.is_over_time}
        self._over_time = {key: figure for key, figure in given.items() if key.is_over_time}
        authorities = sorted({key.authority for key in every})
        if authority is None:
            authority = authorities[0] if len(authorities) == 1 else ALL
        self.authority = authority
        self.authorities = tuple(a for a in authorities if a != ALL)
        self._figures = every
        self.earlier: tuple[Book, ...] = tuple(sorted(earlier, key=lambda book: book.edition.name))

    @property
    def place(self) -> str:
        """The area in words, e.g. `York`."""
        return self._places.get(self.authority, self.authority)

    @property
    def previous(self) -> Book | None:
        """The nearest earlier edition, where there is one."""
        return self.earlier[-1] if self.earlier else None

    @property
    def figures(self) -> tuple[PublicFigure, ...]:
        """Every figure of this book's authority but those of quarters and terms, sorted by key."""
        return tuple(self._figures[key] for key in sorted(self._figures) if key.authority == self.authority)

    def metric(self, metric_id: str) -> Metric:
        """The metric of that id. Raises UnknownCitation, with the nearest names, where there is none."""
        if metric_id in self.metrics:
            return self.metrics[metric_id]
        raise UnknownCitation(f'There is no metric "{metric_id}".{_suggest(metric_id, self.metrics)}')

    def figure(
        self, metric_id: str, authority: str | None = None, breakdown: str = TOTAL, category: str = ALL
    ) -> PublicFigure:
        """One figure. Raises UnknownCitation where the metric, the breakdown or the category does not exist."""
        metric = self.metric(metric_id)
        if breakdown == metric.on_days:
            return self._figure_on_day(metric, authority or self.authority, category)
        if breakdown != TOTAL:
            self._check_breakdown(metric, breakdown)
            known = dict(self._categories_of(metric, breakdown))
            if category not in known:
                missing = f'The breakdown "{breakdown}" of "{metric_id}" has no category "{category}".'
                raise UnknownCitation(missing + _suggest(category, known))
        key = FigureKey(self.edition.name, authority or self.authority, metric_id, breakdown, category)
        if key in self._figures:
            return self._figures[key]
        if key.authority not in {*self.authorities, ALL, self.authority}:
            raise UnknownCitation(
                f'The edition has no authority "{key.authority}".{_suggest(key.authority, self.authorities)}'
            )
        raise UnknownCitation(f"The edition has no figure {key}.")

    def _figure_on_day(self, metric: Metric, authority: str, day: str) -> PublicFigure:
        key = FigureKey(self.edition.name, authority, metric.metric_id, metric.on_days or "", day)
        if key in self._over_time:
            return self._over_time[key]
        raise UnknownCitation(f"The edition has no figure {key}.")

    def over_time(self, metric_id: str) -> dict[str, PublicFigure]:
        """The figure of each quarter or term of this book's authority (`2014-Q1`, `2015-autumn`), the earliest first.

        Empty where the edition has none: it was made before there was a scorecard of quarters.
        """
        name = self.metric(metric_id).over_time
        found = {
            key.category: figure
            for key, figure in self._over_time.items()
            if (key.authority, key.metric_id, key.breakdown) == (self.authority, metric_id, name)
        }
        return {category: found[category] for category in sorted(found, key=order_of_stretch)}

    def on_days(self, metric_id: str) -> dict[date, PublicFigure]:
        """The figure of each census day of this book's authority, the earliest first. A day that several editions count is
        taken from the latest of them."""
        name = self.metric(metric_id).on_days
        found = {
            date.fromisoformat(key.category): figure
            for book in (*self.earlier, self)
            for key, figure in book._over_time.items()
            if (key.authority, key.metric_id, key.breakdown) == (self.authority, metric_id, name)
        }
        return dict(sorted(found.items()))

    def figure_of(self, metric_id: str, categories: Mapping[str, str], authority: str | None = None) -> PublicFigure:
        """One figure by its dimensions, in any order, e.g. `{"sex": "female"}`; the total where there are none."""
        breakdown, category = self.breakdown_of(metric_id, categories)
        return self.figure(metric_id, authority, breakdown, category)

    def breakdown_of(self, metric_id: str, categories: Mapping[str, str]) -> tuple[str, str]:
        """The breakdown and category that a set of dimensions means, the dimensions in the metric's own order."""
        metric = self.metric(metric_id)
        if not categories:
            return TOTAL, ALL
        for breakdown in metric.breakdowns:
            dimensions = breakdown.split("/")
            if set(dimensions) == set(categories):
                return breakdown, "/".join(str(categories[name]) for name in dimensions)
        asked = "/".join(categories)
        self._check_breakdown(metric, asked)
        raise AssertionError(asked)

    def series(self, metric_id: str, by: str, authority: str | None = None) -> list[Member]:
        """Each category of a breakdown with its figure, in the order in which the categories are listed."""
        metric = self.metric(metric_id)
        self._check_breakdown(metric, by)
        return [
            Member(category, label, self.figure(metric_id, authority, by, category))
            for category, label in self._categories_of(metric, by)
        ]

    def label_of(self, metric_id: str, breakdown: str, category: str) -> str:
        """The label of one category, for people: of a census day its date."""
        if breakdown == self.metric(metric_id).on_days:
            return write_date(date.fromisoformat(category))
        return dict(self._categories_of(self.metric(metric_id), breakdown))[category]

    def period(self, collection: Collection) -> Period:
        """The dates that a collection covers in this edition."""
        if collection not in self.edition.periods:
            raise UnknownCitation(
                f'There is no collection "{collection}".{_suggest(collection, [str(c) for c in self.edition.periods])}'
            )
        return self.edition.periods[collection]

    def _check_breakdown(self, metric: Metric, breakdown: str) -> None:
        if breakdown in metric.breakdowns:
            return
        if not metric.breakdowns:
            raise UnknownCitation(f'"{metric.metric_id}" has no breakdown "{breakdown}": it has none at all.')
        raise UnknownCitation(
            f'"{metric.metric_id}" has no breakdown "{breakdown}".{_suggest(breakdown, metric.breakdowns)}'
        )

    def _categories_of(self, metric: Metric, breakdown: str) -> list[tuple[str, str]]:
        """(category, label) of a breakdown. Where it has two dimensions, the pairs that the edition has figures for."""
        if "/" not in breakdown:
            return self._members_of(metric, breakdown)
        found: list[tuple[str, str]] = [("", "")]
        for name in breakdown.split("/"):
            found = [
                (f"{category}/{member}".lstrip("/"), f"{label}, {text.lower()}" if label else text)
                for category, label in found
                for member, text in self._members_of(metric, name)
            ]
        return [(category, label) for category, label in found if self._holds(metric, breakdown, category)]

    def _holds(self, metric: Metric, breakdown: str, category: str) -> bool:
        return FigureKey(self.edition.name, self.authority, metric.metric_id, breakdown, category) in self._figures

    def _members_of(self, metric: Metric, name: str) -> list[tuple[str, str]]:
        if name == "month":
            period = self.period(metric.collection)
            return [(month, write_month(month)) for month in months_between(period.start, period.end)]
        return [(member.category, member.label) for member in self.categories[metric.dimension_of(name)]]


def months_between(start: date, end: date) -> list[str]:
    """Every month from the one of `start` to the one of `end`, as `YYYY-MM`."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(first, last + 1)]


def _suggest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name), list(known), n=3, cutoff=0.5)
    if not near:
        return f" There are: {', '.join(known)}." if len(list(known)) <= 12 else ""
    return f" Did you mean {' or '.join(near)}?"
