"""Exact figures as they are shown on the restricted side, in the shape that the public side uses.

One record for both sides keeps pages and papers alike. Nothing is hidden or rounded here; nothing of it is ever public.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.figures import Figure, PublicFigure, display_value

WORDS = {"not_available": "not available", "not_applicable": "not applicable"}


def show_exact(figures: Iterable[Figure]) -> list[PublicFigure]:
    """Exact figures with their text: `1,240`, `3.3`, `39.2%`, `not available`, `not applicable`."""
    return [_show(figure) for figure in figures]


def _show(figure: Figure) -> PublicFigure:
    if figure.status == "published" and figure.value is not None:
        display = display_value(figure.value, figure.unit)
    else:
        display = WORDS[figure.status]
    return PublicFigure(
        key=figure.key,
        value=figure.value,
        display=display,
        unit=figure.unit,
        status=figure.status,
        period_start=figure.period_start,
        period_end=figure.period_end,
        as_at=figure.as_at,
    )
