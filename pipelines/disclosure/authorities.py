"""Protects a release of many authorities one by one, so that the work grows with their number and not with its square.

Each is looked at beside a few partners; the attacker is granted every count of all others. What is safe from somebody who knows
that much is safe from anybody. How a single authority is protected is the business of `release`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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

WAVE = 8
"""So many are looked at from where the release then stands, whatever the number of processors. The first waves are smaller:
what is hidden in them is hidden for most of those that follow."""

_Place = tuple[str, str, str]


@dataclass(frozen=True)
class View:
    """Some authorities with everything public of them, as they are looked at within the whole: pure, and so to be protected
    wherever there is a processor free."""

    figures: Sequence[Figure]
    metrics: Mapping[str, Metric]
    categories: Mapping[str, tuple[Category, ...]]
    policy: Policy
    relations: Relations
    earlier: Sequence[Sequence[PublicFigure]]
    facts: Sequence[ExternalFact]
    within: Surroundings | None


def protect_view(view: View) -> ProtectedRelease:
    """One view protected."""
    return protect_release(
        view.figures,
        view.metrics,
        view.categories,
        view.policy,
        view.relations,
        view.earlier,
        view.facts,
        view.within,
    )


Each = Callable[[Callable[[View], ProtectedRelease], Sequence[View]], Iterable[ProtectedRelease]]
"""Does the same with each view, as `map` does, in their order."""


def are_many(figures: Iterable[Figure]) -> bool:
    """Whether these authorities are protected one by one."""
    names = {figure.key.authority for figure in figures}
    return ALL_AUTHORITIES in names and len(names) > TOGETHER + 1


def protect_authorities(
    figures: Iterable[Figure],
    metrics: Mapping[str, Metric],
    categories: Mapping[str, tuple[Category, ...]],
    policy: Policy,
    relations: Relations,
    earlier: Sequence[Iterable[PublicFigure]] = (),
    external_facts: Sequence[ExternalFact] = (),
    *,
    each: Each = map,
    exact_before: Sequence[Iterable[Figure] | None] = (),
) -> ProtectedRelease:
    """Protects all figures of one edition, of however many authorities. Arguments and errors as for `protect_release`.

    `each` may work on several views at a time: the release is the same as if it worked on one after the other.
    `exact_before` holds the exact figures of each earlier release, where they are kept: the attacker is granted those of other
    authorities, too.
    """
    by_authority: dict[str, list[Figure]] = defaultdict(list)
    figures = list(figures)
    for figure in sorted(figures, key=lambda figure: figure.key):
        by_authority[figure.key.authority].append(figure)
    releases = [list(release) for release in earlier]
    many = _Many(by_authority, metrics, categories, policy, relations, releases, external_facts, each)
    many.exact_before = [None if release is None else list(release) for release in exact_before]
    return many.protect_each() if are_many(figures) else many.protect(list(by_authority))


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
    each: Each = map
    exact_before: Sequence[Sequence[Figure] | None] = ()
    hidden: dict[FigureKey, Hidden] = field(default_factory=dict)
    places: dict[str, set[_Place]] = field(default_factory=dict)
    """What each authority hides for its own sake."""

    @cached_property
    def names(self) -> list[str]:
        """The authorities, without `all`."""
        return sorted(name for name in self.by_authority if name != ALL_AUTHORITIES)

    def protect(self, names: Sequence[str], within: Surroundings | None = None) -> ProtectedRelease:
        """These authorities, with everything public of them."""
        return protect_view(self._view(names, within))

    def _view(self, names: Sequence[str], within: Surroundings | None = None) -> View:
        wanted = set(names)
        return View(
            [figure for name in names for figure in self.by_authority[name]],
            self.metrics,
            self.categories,
            self.policy,
            self.relations,
            [
                self._seen(number, wanted, within is None or bool(within.granted_before[number]))
                for number in range(len(self.earlier))
            ],
            [fact for fact in self.facts if fact.authority in wanted],
            within,
        )

    def protect_each(self) -> ProtectedRelease:
        """Every authority by itself first; then each beside its partners and with `all`; `all` last, with all that was hidden."""
        everybody = [ALL_AUTHORITIES, *self.names]
        for name, alone in zip(
            everybody, self.each(protect_view, [self._view([name]) for name in everybody]), strict=True
        ):
            self._take_over(alone)
            self.places[name] = {_place(hidden.key) for hidden in alone.hidden}
        parts = self._protect_beside()
        beside: dict[tuple[FigureKey, ...], bool] = {}
        for part in parts.values():
            for asked, is_open in part.audit.beside.items():
                beside[asked] = is_open or beside.get(asked, False)
        told = [asked for asked, is_open in beside.items() if not is_open]
        mended = [self._protect_together(asked) for asked in told]
        parts[ALL_AUTHORITIES] = self.protect([ALL_AUTHORITIES], self._settled())
        self._take_over(parts[ALL_AUTHORITIES])
        return self._join(parts, mended)

    def _protect_beside(self) -> dict[str, ProtectedRelease]:
        """Each authority beside its partners, wave after wave: what is hidden for one wave is hidden when the next is looked at.

        What others of its wave hide an authority does not know of. It may hide more than it need, and never less: whatever else
        is hidden, an attacker knows no more.
        """
        parts: dict[str, ProtectedRelease] = {}
        waiting = list(self.names)
        while waiting:
            wave, waiting = waiting[: min(WAVE, len(parts) + 1)], waiting[min(WAVE, len(parts) + 1) :]
            views = [self._view_beside(name) for name in wave]
            for name, part in zip(wave, self.each(protect_view, views), strict=True):
                self._take_over(part)
                parts[name] = part
        return parts

    def _view_beside(self, name: str) -> View:
        partners = self._partners(name)
        return self._view([ALL_AUTHORITIES, name, *partners], self._surroundings(name, partners))

    def _take_over(self, part: ProtectedRelease) -> None:
        for hidden in part.hidden:
            self.hidden.setdefault(hidden.key, hidden)

    def _protect_together(self, asked: tuple[FigureKey, ...]) -> ProtectedRelease:
        """Counts of all authorities that every view so far gave away, beside all who hide the same: more of `all` is hidden.

        After those who hide it come those with the largest counts: what is shown of them is rounded.
        """
        places = {_place(key) for key in asked}
        named = {key.authority for key in asked}
        hiding = {key.authority for key in self.hidden if _place(key) in places}
        sizes = self._counts.add_up_by_authority(places)
        first = sorted(self.names, key=lambda name: (name not in named, name not in hiding, -sizes[name], name))
        beside = sorted(first[:VIEWED])
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
        return Surroundings(
            hidden=frozenset(key for key in self.hidden if key.authority in unknown or key in self._together),
            together=self._together,
            partners=frozenset(figure.key for partner in partners for figure in self.by_authority[partner]),
            granted=self._counts.add_up_without(unknown),
            granted_before=[counts.add_up_without(unknown) for counts in self._counts_before],
        )

    @cached_property
    def _together(self) -> frozenset[FigureKey]:
        return frozenset(figure.key for figure in self.by_authority[ALL_AUTHORITIES])

    def _settled(self) -> Surroundings:
        """`all`, with everything hidden that was hidden for the sake of an authority."""
        hidden = frozenset(key for key in self.hidden if key.authority == ALL_AUTHORITIES)
        return Surroundings(hidden=hidden, granted_before=[{} for _ in self.earlier])

    def _seen(self, number: int, names: set[str], is_whole: bool) -> list[PublicFigure]:
        """What an earlier release says of these authorities; of `all` only with what is known of the others."""
        seen = names if is_whole or names == {ALL_AUTHORITIES} else names - {ALL_AUTHORITIES}
        return [figure for name in sorted(seen) for figure in self._earlier_by_authority[number].get(name, ())]

    @cached_property
    def _earlier_by_authority(self) -> list[dict[str, list[PublicFigure]]]:
        found: list[dict[str, list[PublicFigure]]] = []
        for release in self.earlier:
            found.append(defaultdict(list))
            for figure in release:
                found[-1][figure.key.authority].append(figure)
        return found

    @cached_property
    def _counts(self) -> _Counts:
        return _Counts(
            {
                figure.key: int(figure.value or 0)
                for name in self.names
                for figure in self.by_authority[name]
                if figure.status == "published" and self.metrics[figure.key.metric_id].kind == "count"
            }
        )

    @cached_property
    def _counts_before(self) -> list[_Counts]:
        """Of each earlier release the counts of the same period.

        Where its exact figures are not kept, what it hides is taken to be what it is now: so would anybody who knows that it was
        not corrected.
        """
        figures = [figure for name in self.names for figure in self.by_authority[name]]
        periods = {figure.key: (figure.period_start, figure.period_end, figure.as_at) for figure in figures}
        now = self._counts.by_key
        kept: list[dict[FigureKey, int]] = [
            {f.key: int(f.value) for f in release or () if f.status == "published" and f.value is not None}
            for release in (*self.exact_before, *[None] * (len(self.earlier) - len(self.exact_before)))
        ]
        return [
            _Counts(
                {
                    figure.key: exact.get(figure.key, now[figure.key] if figure.value is None else int(figure.value))
                    for figure in release
                    if figure.key in now
                    and periods[figure.key] == (figure.period_start, figure.period_end, figure.as_at)
                }
            )
            for release, exact in zip(self.earlier, kept, strict=True)
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


class _Counts:
    """The counts of one release, so kept that those of all authorities but a few are added up quickly."""

    def __init__(self, by_key: Mapping[FigureKey, int]) -> None:
        self.by_key = by_key
        self._ranked: dict[_Place, list[tuple[int, str]]] = defaultdict(list)
        self._edition = next((key.edition for key in by_key), "")
        for key, value in by_key.items():
            self._ranked[_place(key)].append((value, key.authority))
        for values in self._ranked.values():
            values.sort(reverse=True)
        self._sums = {place: sum(value for value, _ in values) for place, values in self._ranked.items()}

    def add_up_by_authority(self, places: Iterable[_Place]) -> Counter[str]:
        """How much each authority counts in these places."""
        found: Counter[str] = Counter()
        for place in sorted(places):
            for value, name in self._ranked.get(place, ()):
                found[name] += value
        return found

    def add_up_without(self, authorities: Collection[str]) -> dict[FigureKey, int]:
        """What the other authorities count in all, and the largest of each."""
        found: dict[FigureKey, int] = {}
        for place, values in self._ranked.items():
            largest = next((value for value, name in values if name not in authorities), None)
            if largest is None:
                continue
            inside = sum(self.by_key.get(FigureKey(self._edition, name, *place), 0) for name in authorities)
            found[FigureKey(self._edition, ELSEWHERE, *place)] = self._sums[place] - inside
            found[FigureKey(self._edition, LARGEST_ELSEWHERE, *place)] = largest
        return found


def _place(key: FigureKey) -> _Place:
    return key.metric_id, key.breakdown, key.category
