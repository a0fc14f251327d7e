"""What must hold between figures: the relations that follow from the metrics' entries and those that `relations.yml` adds.

Reads the text it is given and lays the relations over the keys of one release. No values here, and nothing about hiding.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.faults import UsageFault
from pipelines.figures import ALL, CENSUS_DAY, OVER_TIME, TOTAL, Category, FigureKey, Metric, Period
from pipelines.yaml_lines import read_yaml, tell_faults

ALL_AUTHORITIES = "all"
ELSEWHERE = "elsewhere"
LARGEST_ELSEWHERE = "largest elsewhere"
"""Stand for all authorities but those looked at: their counts added up, and the largest of each. See `authorities`."""
EVERY = "?"
MONTH = "month"
_OPEN_LENGTH = "open_length"

_TERM = re.compile(r"(?:(\d+) )?([a-z0-9_]+)(?:\[([a-z0-9_/]+)=([^\]\s]+)\])?")
_LENGTH = re.compile(r"at (most|least) (\d+)")


@dataclass(frozen=True, slots=True)
class Relation:
    """A sum of figures, each times a whole number, that is 0 (`is_equal`) or at most 0 in every possible release."""

    says: str
    because: str
    terms: tuple[tuple[FigureKey, int], ...]
    is_equal: bool
    when: FigureKey | None = None
    """Holds only where this figure is 0."""
    is_declared: bool = True

    @property
    def keys(self) -> tuple[FigureKey, ...]:
        """The figures related, without the condition."""
        return tuple(key for key, _ in self.terms)


@dataclass(frozen=True, slots=True)
class _Term:
    times: int
    metric_id: str
    breakdown: str
    category: str
    is_bare: bool


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str
    because: str
    by: tuple[str, ...] = ()
    when: str | None = None
    period: str | None = None


class _Authorities(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    add: tuple[str, ...] = ()
    at_most_the_sum: tuple[str, ...] = ()
    at_least_each: tuple[str, ...] = ()


class _Elsewhere(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: str
    figure: str
    allowance: int = Field(ge=0)


class _ComingBack(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    children: str
    more_than_once: str
    because: str


class _OnDays(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    children: str
    open: str
    referred: str
    open_at_least: dict[str, int]
    because: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    relations: tuple[_Line, ...]
    stand_alone: dict[str, str] = {}
    authorities: _Authorities = _Authorities()
    coming_back: tuple[_ComingBack, ...] = ()
    on_days: tuple[_OnDays, ...] = ()
    grow_with_the_period: tuple[str, ...] = ()
    published_elsewhere: tuple[_Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True)
class _Statement:
    """One line, read: a sum of terms that is 0 or at most 0."""

    says: str
    because: str
    terms: tuple[_Term, ...]
    is_equal: bool
    by: tuple[str, ...] = ()
    when: _Term | None = None
    most_days: int | None = None
    least_days: int | None = None


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The count of ours that comes nearest to what another publisher prints, and how far the two may lie apart."""

    metric_id: str
    breakdown: str
    category: str
    allowance: int


@dataclass(frozen=True)
class Relations:
    """All relations of the project's metrics. Made by `read_relations`."""

    metrics: Mapping[str, Metric]
    statements: tuple[_Statement, ...]
    stand_alone: Mapping[str, str]
    adding: tuple[_Term, ...]
    at_most_the_sum: tuple[_Term, ...]
    at_least_each: tuple[_Term, ...]
    coming_back: tuple[tuple[_Term, _Term, str], ...]
    """Children counted in each quarter or term, those with more than one thing in the period, and why these bound those."""
    on_days: tuple[_OnDays, ...]
    """Positions counted again at the end of earlier days, and what ties them to the position at the date of the edition."""
    growing: tuple[_Term, ...]
    published_elsewhere: Mapping[str, Counterpart]
    """By measure of the published statistics."""

    def among(self, keys: Iterable[FigureKey], periods: Mapping[str, Period]) -> list[Relation]:
        """The relations between the counts among `keys`, which are of one release. A figure that is not there is not related.

        `periods` gives the period of each metric: some relations hold only for short, or for long ones.
        """
        present: dict[str, _Release] = {}
        for key in sorted(keys):
            if self.metrics[key.metric_id].kind == "count":
                present.setdefault(key.authority, _Release(key.edition, key.authority)).add(key)
        found: list[Relation] = []
        for release in present.values():
            if release.authority in (ELSEWHERE, LARGEST_ELSEWHERE):
                continue
            found += self._derived(release)
            for statement in self.statements:
                if _holds_for(statement, periods):
                    found += _lay_over(statement, release)
            for children, more_than_once, because in self.coming_back:
                found += self._coming_back(release, children, more_than_once, because)
            for line in self.on_days:
                if line.children in periods:
                    found += _tie_days(line, release, periods[line.children])
        if ALL_AUTHORITIES in present:
            parts = [release for name, release in present.items() if name != ALL_AUTHORITIES]
            found += self._between_authorities(present[ALL_AUTHORITIES], parts)
        return found

    @property
    def sayings(self) -> list[str]:
        """What the declared relations say and why they hold, as it is quoted where a figure is hidden for their sake."""
        return [text for statement in self.statements for text in (statement.says, statement.because)]

    def grows_with_the_period(self, key: FigureKey) -> bool:
        """Whether the count over a longer period can never be less. Source: `grow_with_the_period`, for editions that overlap."""
        release = _Release(key.edition, key.authority)
        release.add(key)
        return any(release.matching(term) for term in self.growing)

    def outside(self, keys: Iterable[FigureKey], periods: Mapping[str, Period]) -> list[FigureKey]:
        """The counts that no relation reaches and that are not named as standing alone, and breakdowns without their sum."""
        counts = [key for key in keys if self.metrics[key.metric_id].kind == "count"]
        relations = self.among(counts, periods)
        reached = {key for relation in relations for key in relation.keys}
        reached |= {relation.when for relation in relations if relation.when}
        return [key for key in sorted(counts) if key not in reached and key.metric_id not in self.stand_alone]

    def _derived(self, release: _Release) -> list[Relation]:
        found: list[Relation] = []
        for (metric_id, breakdown), categories in release.cuts.items():
            if breakdown in (TOTAL, CENSUS_DAY):
                continue
            metric, total = self.metrics[metric_id], release.find(metric_id, TOTAL, ALL)
            found += _within_cut(metric, breakdown, list(categories.values()), total)
            if breakdown in OVER_TIME:
                found += _sums_of_months(metric_id, breakdown, categories, release.cuts.get((metric_id, MONTH), {}))
            first, _, second = breakdown.partition("/")
            for side, margin in enumerate((first, second) if second else ()):
                groups: dict[str, list[FigureKey]] = defaultdict(list)
                for category, key in categories.items():
                    groups[category.split("/")[side]].append(key)
                for category, members in groups.items():
                    whole = release.find(metric_id, margin, category)
                    if whole:
                        says = f"{metric_id} by {breakdown} = by {margin}"
                        found.append(_sum(says, "A breakdown by two sums to the breakdown by each.", members, whole))
        return found

    def _coming_back(self, release: _Release, children: _Term, more_than_once: _Term, because: str) -> list[Relation]:
        """Children of all quarters or terms together are at most the children, and those of them who may be in all again."""
        over_time = self.metrics[children.metric_id].over_time or ""
        in_each = list(release.cuts.get((children.metric_id, over_time), {}).values())
        whole = release.find(children.metric_id, TOTAL, ALL)
        again = release.find(more_than_once.metric_id, TOTAL, ALL)
        if not in_each or whole is None or again is None:
            return []
        says = (
            f"{children.metric_id} of every {over_time} <= {children.metric_id} + others of {more_than_once.metric_id}"
        )
        terms = (*((key, 1) for key in in_each), (whole, -1), (again, 1 - len(in_each)))
        return [Relation(says, because, tuple(term for term in terms if term[1]), is_equal=False)]

    def _between_authorities(self, together: _Release, parts: Sequence[_Release]) -> list[Relation]:
        found: list[Relation] = []
        for terms, is_equal, because in (
            (self.adding, True, "Each is of one authority."),
            (self.at_most_the_sum, False, "Counted once for all authorities."),
        ):
            for term in terms:
                for key in together.matching(term, with_breakdowns=is_equal):
                    members = [
                        part.find(key.metric_id, key.breakdown, key.category)
                        for part in parts
                        if part.authority != LARGEST_ELSEWHERE
                    ]
                    if members and all(members):
                        found.append(
                            Relation(
                                f"{key.metric_id} of all authorities {'=' if is_equal else '<='} the sum of theirs",
                                because,
                                ((key, 1), *((member, -1) for member in members if member)),
                                is_equal,
                            )
                        )
        for term in self.at_least_each:
            for key in together.matching(term):
                for part in parts:
                    member = part.find(key.metric_id, key.breakdown, key.category)
                    if member and part.authority != ELSEWHERE:
                        says = f"{key.metric_id} of an authority <= of all authorities"
                        found.append(Relation(says, "Counted in all, too.", ((member, 1), (key, -1)), False))
        return found


class _Release:
    """The counts of one authority in one release, by metric, breakdown and category."""

    def __init__(self, edition: str, authority: str) -> None:
        self.edition = edition
        self.authority = authority
        self.cuts: dict[tuple[str, str], dict[str, FigureKey]] = {}

    def add(self, key: FigureKey) -> None:
        self.cuts.setdefault((key.metric_id, key.breakdown), {})[key.category] = key

    def find(self, metric_id: str, breakdown: str, category: str) -> FigureKey | None:
        return self.cuts.get((metric_id, breakdown), {}).get(category)

    def matching(self, term: _Term, *, with_breakdowns: bool = False) -> list[FigureKey]:
        """The keys that a term may stand for: one, or with `?` or breakdowns several."""
        if with_breakdowns and term.is_bare:
            cuts = [cut for (metric_id, _), cut in self.cuts.items() if metric_id == term.metric_id]
            return [key for cut in cuts for key in cut.values()]
        return [key for key, _ in self.matches(term)]

    def matches(self, term: _Term) -> list[tuple[FigureKey, str]]:
        """Keys with what `?` stands for in each (nothing where there is none)."""
        cut = self.cuts.get((term.metric_id, term.breakdown), {})
        if EVERY not in term.category:
            return [(cut[term.category], "")] if term.category in cut else []
        before, _, after = term.category.partition(EVERY)
        found = []
        for category, key in cut.items():
            middle = category[len(before) : len(category) - len(after)]
            if category == before + middle + after and middle and "/" not in middle:
                found.append((key, middle))
        return found


def read_relations(
    text: str,
    metrics: Mapping[str, Metric],
    categories: Mapping[str, Sequence[Category]],
    name: str = "relations.yml",
) -> Relations:
    """The relations in a YAML text, checked against the metrics and their categories.

    Raises UsageFault, naming the line, where one cannot be read or speaks of a figure that no metric has.
    """
    stated, lines = read_yaml(text, name)
    try:
        file = _File.model_validate(stated)
    except ValidationError as error:
        wrong = tell_faults(name, lines, [(each["loc"], each["msg"]) for each in error.errors()])
        raise UsageFault(f"{wrong}. Mend what is named and run again.") from None
    reader = _Reader(metrics, categories, name)
    return Relations(
        metrics=metrics,
        statements=tuple(reader.read_statement(line) for line in file.relations),
        stand_alone=file.stand_alone,
        adding=reader.read_terms(file.authorities.add),
        at_most_the_sum=reader.read_terms(file.authorities.at_most_the_sum),
        at_least_each=reader.read_terms(file.authorities.at_least_each),
        coming_back=tuple(reader.read_coming_back(line) for line in file.coming_back),
        on_days=tuple(reader.read_days(line) for line in file.on_days),
        growing=reader.read_terms(file.grow_with_the_period),
        published_elsewhere={line.measure: reader.read_counterpart(line) for line in file.published_elsewhere},
    )


class _Reader:
    """Reads terms and sums, and refuses those that no figure answers to."""

    def __init__(self, metrics: Mapping[str, Metric], categories: Mapping[str, Sequence[Category]], name: str) -> None:
        self.metrics = metrics
        self.categories = {dimension: {c.category for c in members} for dimension, members in categories.items()}
        self.name = name

    def read_statement(self, line: _Line) -> _Statement:
        left, sign, right = self._split(line.says)
        terms = tuple(self._read_sum(left, 1, line.says) + self._read_sum(right, -1, line.says))
        bare = [term for term in terms if term.is_bare]
        for breakdown in line.by:
            if not all(breakdown in self.metrics[term.metric_id].every_breakdown for term in bare):
                raise self._fault(line.says, f"one of its metrics has no breakdown by {breakdown}")
        length = _LENGTH.fullmatch(line.period) if line.period else None
        if line.period and not length:
            raise self._fault(line.says, "its period is neither 'at most N' nor 'at least N' days")
        days = int(length[2]) if length else None
        return _Statement(
            says=line.says,
            because=line.because,
            terms=terms,
            is_equal=sign == "=",
            by=line.by,
            when=self._read_term(line.when, 1, line.says) if line.when else None,
            most_days=days if length and length[1] == "most" else None,
            least_days=days if length and length[1] == "least" else None,
        )

    def read_terms(self, texts: Iterable[str]) -> tuple[_Term, ...]:
        return tuple(self._read_term(text, 1, text) for text in texts)

    def read_coming_back(self, line: _ComingBack) -> tuple[_Term, _Term, str]:
        children, again = self.read_terms((line.children, line.more_than_once))
        if self.metrics[children.metric_id].over_time is None:
            raise self._fault(line.children, "it is not counted by quarter or term")
        return children, again, line.because

    def read_days(self, line: _OnDays) -> _OnDays:
        self.read_terms((line.children, line.open, line.referred))
        self.read_terms(f"{line.open}[{_OPEN_LENGTH}={length}]" for length in line.open_at_least)
        if self.metrics[line.children].on_days is None:
            raise self._fault(line.children, "it is not counted on days of its own")
        return line

    def read_counterpart(self, line: _Elsewhere) -> Counterpart:
        term = self._read_term(line.figure, 1, line.figure)
        return Counterpart(term.metric_id, term.breakdown, term.category, line.allowance)

    def _split(self, says: str) -> tuple[str, Literal["=", "<="], str]:
        if says.count(" <= ") == 1:
            left, _, right = says.partition(" <= ")
            return left, "<=", right
        if says.count(" = ") == 1:
            left, _, right = says.partition(" = ")
            return left, "=", right
        raise self._fault(says, "it has to have one = or one <= with spaces around it")

    def _read_sum(self, text: str, sign: Literal[1, -1], says: str) -> list[_Term]:
        if text.strip() == "0":
            return []
        return [self._read_term(part, sign, says) for part in text.split(" + ")]

    def _read_term(self, text: str, sign: Literal[1, -1], says: str) -> _Term:
        match = _TERM.fullmatch(text.strip())
        if not match:
            raise self._fault(says, "one of its terms is neither a metric nor metric[breakdown=category]")
        times, metric_id, breakdown, category = match.groups()
        metric = self.metrics.get(metric_id)
        if metric is None or metric.kind != "count":
            raise self._fault(says, f"{metric_id} is not a metric that counts")
        if breakdown and not self._is_known(metric, breakdown, category):
            raise self._fault(says, f"{metric_id} has no figure {breakdown}={category}")
        return _Term(sign * int(times or 1), metric_id, breakdown or TOTAL, category or ALL, is_bare=not breakdown)

    def _is_known(self, metric: Metric, breakdown: str, category: str) -> bool:
        if breakdown == metric.on_days:
            return category == EVERY
        if breakdown not in metric.every_breakdown:
            return False
        if breakdown in OVER_TIME:
            return category == EVERY
        names, values = breakdown.split("/"), category.split("/")
        return len(names) == len(values) and all(
            value == EVERY or value in self.categories.get(metric.dimension_of(name), ())
            for name, value in zip(names, values, strict=True)
        )

    def _fault(self, says: str, wrong: str) -> UsageFault:
        return UsageFault(f"{self.name}: the relation '{says}' cannot be used: {wrong}. Mend it and run again.")


def _within_cut(metric: Metric, breakdown: str, members: list[FigureKey], total: FigureKey | None) -> list[Relation]:
    if total is None:
        return []
    says = f"{metric.metric_id} by {breakdown} = total"
    if breakdown not in metric.overlapping:
        return [_sum(says, "Each row is in exactly one category.", members, total)]
    because = "The categories overlap: each is a part, and every child is in one at least."
    relations = [
        Relation(says.replace("=", "<="), because, ((key, 1), (total, -1)), False, None, False) for key in members
    ]
    covered = ((total, 1), *((key, -1) for key in members))
    return [*relations, Relation(f"{metric.metric_id} <= by {breakdown}", because, covered, False, None, False)]


def _sums_of_months(
    metric_id: str, breakdown: str, categories: Mapping[str, FigureKey], months: Mapping[str, FigureKey]
) -> list[Relation]:
    """Where the months are figures, too: those of each quarter or term make it up."""
    by_stretch: dict[str, list[FigureKey]] = defaultdict(list)
    for month, key in months.items():
        by_stretch[stretch_of(breakdown, month)].append(key)
    says = f"{metric_id} by {MONTH} = by {breakdown}"
    return [
        _sum(says, f"The months of a {breakdown} make it up.", by_stretch[category], key)
        for category, key in categories.items()
        if category in by_stretch
    ]


def _tie_days(line: _OnDays, release: _Release, period: Period) -> list[Relation]:
    """What holds between the count at the end of each day, the count at the date of the edition, the cases open then and the
    referrals made since."""
    found: list[Relation] = []
    now = release.find(line.children, TOTAL, ALL)
    months = release.cuts.get((line.referred, MONTH), {})
    lengths = release.cuts.get((line.open, _OPEN_LENGTH), {})
    for category, key in release.cuts.get((line.children, CENSUS_DAY), {}).items():
        day = date.fromisoformat(category)
        since = (period.as_at - day).days
        if since == 0 and now:
            same = ((key, 1), (now, -1))
            found.append(Relation(f"{line.children} on the date of the edition = its total", line.because, same, True))
            continue
        were_open = [lengths[name] for name, least in line.open_at_least.items() if least >= since and name in lengths]
        if day >= period.start - timedelta(days=1):
            before = release.find(line.open, "referred", "before_period")
            were_open += [before] if before else []
            made = [month_key for month, month_key in months.items() if month >= category[:7]]
            if now and made:
                terms = ((now, 1), (key, -1), *((month_key, -1) for month_key in made))
                says = f"{line.children} <= {line.children} on a census day + {line.referred} of the months since"
                found.append(Relation(says, line.because, terms, is_equal=False))
        for case in were_open:
            says = f"{line.open} since before a census day = 0"
            because = "A case that was open on the day has a child who was missing education on it."
            found.append(Relation(says, because, ((case, 1),), is_equal=True, when=key))
    return found


def stretch_of(breakdown: str, month: str) -> str:
    """The quarter or term that a month (`2014-04`) is in: `2014-Q1`, `2015-autumn`. The same as dbt's own macros say."""
    year, number = int(month[:4]), int(month[5:])
    if breakdown == "term":
        return f"{year}-{'autumn' if number >= 9 else 'spring' if number <= 3 else 'summer'}"
    since_april = (number - 4) % 12
    return f"{year - (number < 4)}-Q{since_april // 3 + 1}"


def _sum(says: str, because: str, members: Sequence[FigureKey], whole: FigureKey) -> Relation:
    return Relation(says, because, (*((key, 1) for key in members), (whole, -1)), True, None, False)


def _holds_for(statement: _Statement, periods: Mapping[str, Period]) -> bool:
    if statement.most_days is None and statement.least_days is None:
        return True
    period = periods.get(statement.terms[0].metric_id)
    if period is None:
        return False
    days = (period.as_at - period.start).days
    if statement.most_days is not None:
        return days <= statement.most_days
    return statement.least_days is None or days >= statement.least_days


def _lay_over(statement: _Statement, release: _Release) -> list[Relation]:
    when = None
    if statement.when is not None:
        found = release.matches(statement.when)
        if not found:
            return []
        when = found[0][0]
    laid = []
    for breakdown in (None, *statement.by):
        terms = statement.terms if breakdown is None else tuple(_cut_by(term, breakdown) for term in statement.terms)
        for stands_for in _meanings(terms, release):
            keys = [release.find(t.metric_id, t.breakdown, t.category.replace(EVERY, stands_for)) for t in terms]
            if all(keys):
                sums: dict[FigureKey, int] = defaultdict(int)
                for key, term in zip(keys, terms, strict=True):
                    if key:
                        sums[key] += term.times
                laid.append(
                    Relation(statement.says, statement.because, tuple(sums.items()), statement.is_equal, when, True)
                )
    return laid


def _meanings(terms: Sequence[_Term], release: _Release) -> list[str]:
    for term in terms:
        if EVERY in term.category:
            return [meaning for _, meaning in release.matches(term)]
    return [""]


def _cut_by(term: _Term, breakdown: str) -> _Term:
    return _Term(term.times, term.metric_id, breakdown, EVERY, False) if term.is_bare else term
