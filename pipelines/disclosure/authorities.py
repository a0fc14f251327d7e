"""Protects a release of many authorities one by one, so that the work grows with their number and not with its square.

Each is looked at beside a few partners; the attacker is granted every count of all others. What is safe from somebody who knows
that much is safe from anybody. How a single authority is protected is the business of `release`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pipelines.disclosure.audit import Audit
from pipelines.disclosure.policy import Policy
from pipelines.disclosure.relations import ALL_AUTHORITIES, ELSEWHERE, LARGEST_ELSEWHERE, Relations
from pipelines.disclosure.release import Hidden, ProtectedRelease, count_reasons, protect_release
from pipelines.disclosure.situation import LINKINGS, ExternalFact, Surroundings
from pipelines.figures import Category, Figure, FigureKey, Metric, PublicFigure

TOGETHER = 3
"""Up to so many authorities are protected in one go, with nothing granted."""
VIEWED = 12
"""Beside so many a count of all authorities is looked at again, where it is given away beside fewer."""
PARTNERS = 4
COVERED = 2
"""How many partners should hide the same count, so that the sum of all tells less of each."""

_Place = tuple[str, str, str]


def protect_authorities(
    figures: Iterable[Figure],
    metrics: Mapping[str, Metric],
    categories: Mapping[str, tuple[Category, ...]],
    policy: Policy,
    relations: Relations,
    earlier: Sequence[Iterable[PublicFigure]] = (),
    external_facts: Sequence[ExternalFact] = (),
) -> ProtectedRelease:
    """Protects all figures of one edition, of however many authorities. Arguments and errors as for `protect_release`."""
    by_authority: dict[str, list[Figure]] = defaultdict(list)
    for figure in sorted(figures, key=lambda figure: figure.key):
        by_authority[figure.key.authority].append(figure)
    releases = [list(release) for release in earlier]
    many = _Many(by_authority, metrics, categories, policy, relations, releases, external_facts)
    if ALL_AUTHORITIES not in by_authority or len(by_authority) <= TOGETHER + 1:
        return many.protect(list(by_authority))
    return many.protect_each()


@dataclass
class _Many:
    """The release as a whole, with what has been hidden in it so far: that only ever grows."""

    by_authority: Mapping[str, Sequence[Figure]]
    metrics: Mapping[str, Metric]
    categories: Mapping[str, tuple[Category, ...]]
    policy: Policy
    relations: Relations
    earlier: Sequence[Sequence[PublicFigure]]
    facts: Sequence[ExternalFact]
    hidden: dict[FigureKey, Hidden] = field(default_factory=dict)
    places: dict[str, set[_Place]] = field(default_factory=dict)
    """What each authority hides for its own sake."""

    @cached_property
    def names(self) -> list[str]:
        """The authorities, without `all`."""
        return sorted(name for name in self.by_authority if name != ALL_AUTHORITIES)

    def protect(self, names: Sequence[str], within: Surroundings | None = None) -> ProtectedRelease:
        """These authorities, with everything public of them."""
        wanted = set(names)
        return protect_release(
            [figure for name in names for figure in self.by_authority[name]],
            self.metrics,
            self.categories,
            self.policy,
            self.relations,
            [
                self._seen(release, wanted, within is None or bool(within.granted_before[number]))
                for number, release in enumerate(self.earlier)
            ],
            [fact for fact in self.facts if fact.authority in wanted],
            within,
        )

    def protect_each(self) -> ProtectedRelease:
        """Every authority by itself first; then each beside its partners and with `all`; `all` last, with all that was hidden."""
        for name in (ALL_AUTHORITIES, *self.names):
            alone = self.protect([name])
            self._take_over(alone)
            self.places[name] = {_place(hidden.key) for hidden in alone.hidden}
        parts: dict[str, ProtectedRelease] = {}
        beside: dict[tuple[FigureKey, ...], bool] = {}
        for name in self.names:
            partners = self._partners(name)
            part = self.protect([ALL_AUTHORITIES, name, *partners], self._surroundings(name, partners))
            self._take_over(part)
            parts[name] = part
            for asked, is_open in part.audit.beside.items():
                beside[asked] = is_open or beside.get(asked, False)
        told = [asked for asked, is_open in beside.items() if not is_open]
        mended = [self._protect_together(asked) for asked in told]
        parts[ALL_AUTHORITIES] = self.protect([ALL_AUTHORITIES], self._settled())
        self._take_over(parts[ALL_AUTHORITIES])
        return self._join(parts, mended)

    def _take_over(self, part: ProtectedRelease) -> None:
        for hidden in part.hidden:
            self.hidden.setdefault(hidden.key, hidden)

    def _protect_together(self, asked: tuple[FigureKey, ...]) -> ProtectedRelease:
        """Counts of all authorities that every view so far gave away, beside all who hide the same: more of `all` is hidden.

        After those who hide it come those with the largest counts: what is shown of them is rounded.
        """
        places = {_place(key) for key in asked}
        hiding = {key.authority for key in self.hidden if _place(key) in places} - {ALL_AUTHORITIES}
        sizes = dict.fromkeys(self.names, 0)
        for key, value in self._counts.items():
            if _place(key) in places:
                sizes[key.authority] += value
        largest = sorted(self.names, key=lambda name: (name not in hiding, -sizes[name], name))
        beside = sorted(largest[:VIEWED])
        view = self._surroundings(ALL_AUTHORITIES, beside)
        part = self.protect([ALL_AUTHORITIES, *beside], replace(view, together=view.together - set(asked)))
        self._take_over(part)
        return part

    def _partners(self, name: str) -> list[str]:
        """Others who hide what this one hides, each of its hidden counts by two of them where that can be."""
        wanted = dict.fromkeys(self.places[name], COVERED)
        others = [other for other in self.names if other != name]
        found: list[str] = []
        while others and len(found) < PARTNERS:
            best = max(others, key=lambda other: sum(wanted.get(place, 0) > 0 for place in self.places[other]))
            others.remove(best)
            found.append(best)
            for place in self.places[best] & wanted.keys():
                wanted[place] -= 1
        return found

    def _surroundings(self, name: str, partners: Sequence[str]) -> Surroundings:
        unknown = {name, *partners}
        together = frozenset(figure.key for figure in self.by_authority[ALL_AUTHORITIES])
        outside = {key: value for key, value in self._counts.items() if key.authority not in unknown}
        before = [
            _add_up({key: value for key, value in release.items() if key.authority not in unknown})
            for release in self._counts_before
        ]
        return Surroundings(
            hidden=frozenset(key for key in self.hidden if key.authority in unknown or key in together),
            together=together,
            partners=frozenset(figure.key for partner in partners for figure in self.by_authority[partner]),
            granted=_add_up(outside),
            granted_before=before,
        )

    def _settled(self) -> Surroundings:
        """`all`, with everything hidden that was hidden for the sake of an authority."""
        hidden = frozenset(key for key in self.hidden if key.authority == ALL_AUTHORITIES)
        return Surroundings(hidden=hidden, granted_before=[{} for _ in self.earlier])

    @staticmethod
    def _seen(release: Sequence[PublicFigure], names: set[str], is_whole: bool) -> list[PublicFigure]:
        """What an earlier release says of these authorities; of `all` only with what is known of the others."""
        seen = names if is_whole or names == {ALL_AUTHORITIES} else names - {ALL_AUTHORITIES}
        return [figure for figure in release if figure.key.authority in seen]

    @cached_property
    def _counts(self) -> dict[FigureKey, int]:
        return {
            figure.key: int(figure.value or 0)
            for name in self.names
            for figure in self.by_authority[name]
            if figure.status == "published" and self.metrics[figure.key.metric_id].kind == "count"
        }

    @cached_property
    def _counts_before(self) -> list[dict[FigureKey, int]]:
        """Of each earlier release the counts of the same period.

        What it hides is taken to be what it is now: so would anybody who knows that it was not corrected.
        """
        figures = [figure for name in self.names for figure in self.by_authority[name]]
        periods = {figure.key: (figure.period_start, figure.period_end, figure.as_at) for figure in figures}
        return [
            {
                figure.key: self._counts[figure.key] if figure.value is None else int(figure.value)
                for figure in release
                if figure.key in self._counts
                and periods[figure.key] == (figure.period_start, figure.period_end, figure.as_at)
            }
            for release in self.earlier
        ]

    def _join(self, parts: Mapping[str, ProtectedRelease], mended: Sequence[ProtectedRelease]) -> ProtectedRelease:
        candidates = [
            figure for name, part in parts.items() for figure in part.candidates if figure.key.authority == name
        ]
        shown = {figure.key for figure in candidates if figure.status != "suppressed"}
        hidden = tuple(self.hidden[key] for key in sorted(self.hidden) if key not in shown)
        audits = [part.audit for part in (*parts.values(), *mended)]
        audit = Audit(
            problems=list(dict.fromkeys(problem for audit in audits for problem in audit.problems)),
            widths={label: width for audit in audits for label, width in audit.widths.items()},
            already_known=sorted({label for audit in audits for label in audit.already_known}),
            facts_left_out=sorted({source for audit in audits for source in audit.facts_left_out}),
            figures=len(candidates),
            counts_hidden=sum(self.metrics[reason.key.metric_id].kind == "count" for reason in hidden),
            differences=sum(audit.differences for audit in audits),
            insiders=sum(audit.insiders for audit in audits),
            questions=sum(audit.questions for audit in audits),
            searches=sum(audit.searches for audit in audits),
            earlier_editions=max(audit.earlier_editions for audit in audits),
            linking=max((audit.linking for audit in audits), key=LINKINGS.index),
            relations=sorted({says for audit in audits for says in audit.relations}),
            selection=count_reasons(hidden) | {"method": "authority by authority"},
        )
        return ProtectedRelease(tuple(sorted(candidates, key=lambda figure: figure.key)), audit, hidden)


def _add_up(counts: Mapping[FigureKey, int]) -> dict[FigureKey, int]:
    """What authorities count in all, and the largest of each."""
    parts: dict[FigureKey, list[int]] = defaultdict(list)
    for key, value in counts.items():
        parts[replace(key, authority=ELSEWHERE)].append(value)
    largest = {replace(key, authority=LARGEST_ELSEWHERE): max(values) for key, values in parts.items()}
    return {key: sum(values) for key, values in parts.items()} | largest


def _place(key: FigureKey) -> _Place:
    return key.metric_id, key.breakdown, key.category
