"""Runs the command with a canary in every exact figure: its value becomes a number that stands for nothing else.

The public figures are protected from the true ones, so that a canary on the public side came by a way of its own.
"""

import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pipelines.cli import main
from pipelines.defs.manifest import ensure_manifest
from pipelines.figures import Figure

FIRST = 7_310_011
STEP = 97


def sing(number: int, figure: Figure) -> Figure:
    if figure.status != "published":
        return figure
    canary = Decimal(FIRST + STEP * number)
    parts = {"numerator": canary} if figure.denominator is None else {"numerator": canary, "denominator": canary + 1}
    return replace(figure, value=canary, **parts)


def plant() -> None:
    from pipelines.defs import release

    read_figures, protect_authorities = release.read_figures, release.protect_authorities
    true: list[Figure] = []

    def read_canaries(warehouse: Path, admitted: Path) -> list[Figure]:
        true[:] = read_figures(warehouse, admitted)
        return [sing(number, figure) for number, figure in enumerate(true)]

    def protect_true_figures(_: Any, *arguments: Any, **options: Any) -> Any:
        return protect_authorities(true, *arguments, **options)

    release.read_figures, release.protect_authorities = read_canaries, protect_true_figures


if __name__ == "__main__":
    sys.argv[0] = "storyboard"
    from pathlib import Path

    from pipelines.defs.history import tell_code_location
    from pipelines.paths import Output

    tell_code_location(extracts=Path(), output=Output(Path("output")), encoding="utf-8")
    ensure_manifest()
    plant()
    main()
