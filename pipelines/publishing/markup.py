"""Figures as HTML: the one element in which a figure stands, and the words that explain its symbols.

Markup only. Which figure it is, and what is said about it, is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.figures import PublicFigure, PublicStatus

SYMBOLS: dict[PublicStatus, str] = {
    "suppressed": "hidden so that no child can be recognised",
    "not_available": "not available: the records were not given",
    "not_applicable": "not applicable: there is nothing to count",
}


@dataclass(frozen=True, slots=True)
class Foreign:
    """A number that somebody else publishes, with an address of its own."""

    key: str
    display: str


Part = str | PublicFigure
"""A sentence is a sequence of these: words, and figures that keep their address."""

Spoken = str | PublicFigure | Foreign
"""The same in the words of a drawing, which are plain text."""


def mark_up_figure(figure: PublicFigure) -> Markup:
    """The element of contract section 4; without a value where none is shown."""
    value = "" if figure.value is None else f"{figure.value:f}"
    return Markup('<data class="figure" value="{}" data-figure="{}">{}</data>').format(
        value, str(figure.key), figure.display
    )


def mark_up(parts: Iterable[Part]) -> Markup:
    """A sentence as HTML."""
    return Markup("").join(part if isinstance(part, str) else mark_up_figure(part) for part in parts)


def plain(parts: Iterable[Spoken]) -> str:
    """The same sentence as text."""
    return "".join(part if isinstance(part, str) else part.display for part in parts)


def list_addresses(parts: Iterable[Spoken]) -> list[str]:
    """The addresses of the numbers in a sentence, in order."""
    return [str(part.key) for part in parts if not isinstance(part, str)]


def explain_symbols(figures: Iterable[PublicFigure]) -> list[tuple[str, str]]:
    """(symbol, meaning) of each symbol among the figures, in a fixed order. Texts that are words explain themselves."""
    shown: dict[PublicStatus, str] = {
        figure.status: figure.display for figure in figures if figure.status != "published"
    }
    return [(shown[status], words) for status, words in SYMBOLS.items() if shown.get(status, "").startswith("[")]


def mark_up_symbols(figures: Sequence[PublicFigure]) -> Markup:
    """A line that explains the symbols among the figures; empty where there are none."""
    known = explain_symbols(figures)
    if not known:
        return Markup("")
    lines = Markup("; ").join(Markup("{} {}").format(symbol, words) for symbol, words in known)
    return Markup('<p class="symbols">{}.</p>').format(lines)
