"""Protected releases for the tests: the invented ones, made once each, and ways to spoil them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache

from pipelines import paths
from pipelines.disclosure.policy import Policy, read_policy
from pipelines.disclosure.relations import Relations, read_relations
from pipelines.disclosure.release import ProtectedRelease, protect_release
from pipelines.figures import Figure, PublicFigure, display_value
from tests.disclosure import invented
from tests.disclosure.invented import CATEGORIES, METRICS

POLICY = read_policy(paths.POLICY.read_text("utf-8"))
RELATIONS_TEXT = (paths.DBT_PROJECT / "relations.yml").read_text("utf-8")
RELATIONS = read_relations(RELATIONS_TEXT, METRICS, CATEGORIES)
SIZES = ((160, 60), (90, 40), (120, 50), (60, 30), (160, 60), (120, 50), (90, 40), (160, 60), (5, 3), (30, 15))
"""Children missing and referrals: from a town to a village, where nearly everything has to be hidden."""


@cache
def exact(seed: int) -> tuple[Figure, ...]:
    """The exact figures of one invented year."""
    return tuple(invented.count(invented.invent(seed, *SIZES[seed % len(SIZES)])))


@cache
def release(seed: int) -> ProtectedRelease:
    """The same, protected."""
    return protect(exact(seed))


def protect(
    figures: tuple[Figure, ...] | list[Figure],
    policy: Policy = POLICY,
    relations: Relations = RELATIONS,
    earlier: tuple[list[PublicFigure], ...] = (),
    **other: object,
) -> ProtectedRelease:
    """Protects with the project's own policy and relations, unless told otherwise."""
    return protect_release(figures, METRICS, CATEGORIES, policy, relations, earlier, **other)


def shown_as(figure: PublicFigure, value: Decimal | int) -> PublicFigure:
    """The figure, shown with this value."""
    value = Decimal(value)
    return replace(figure, value=value, display=display_value(value, figure.unit), status="published")


def with_complements_shown(protected: ProtectedRelease, figures: tuple[Figure, ...]) -> Iterator[list[PublicFigure]]:
    """The release once for each complement (with what always equals it), that one shown."""
    values = {figure.key: figure.value for figure in figures}
    groups: dict[tuple[object, str | None, str], set[object]] = {}
    for hidden in protected.hidden:
        if hidden.why == "complement":
            groups.setdefault((values[hidden.key], hidden.protects, hidden.text), set()).add(hidden.key)
    for keys in groups.values():
        yield [
            shown_as(f, POLICY.rounded(values[f.key] or Decimal(0))) if f.key in keys else f
            for f in protected.candidates
        ]


def pick(seed: int, things: list, most: int) -> list:
    """A few of them, the same for the same seed."""
    return random.Random(seed).sample(things, min(most, len(things)))
