"""The numbers of one chart or table as a small CSV file, to lie beside it: figures that may be shown, with their labels.

Files of figures as a whole are for `downloads`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from pipelines.figures import PublicFigure

COLUMNS = (
    *("label", "value", "display", "status", "unit"),
    *("edition", "authority", "metric_id", "breakdown", "category"),
    *("period_start", "period_end", "as_at"),
)
INVENTED = "invented figures, made to try out the story board"


def write_chart_data(rows: Sequence[tuple[str, PublicFigure]], *, invented: bool) -> str:
    """One row for each (label, figure), in the order given; a column `note` where the figures are invented."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*COLUMNS, *(["note"] if invented else [])])
    for label, figure in rows:
        value = "" if figure.value is None else f"{figure.value:f}"
        key = figure.key
        writer.writerow(
            [
                *(label, value, figure.display, figure.status, figure.unit),
                *(key.edition, key.authority, key.metric_id, key.breakdown, key.category),
                *(figure.period_start, figure.period_end, figure.as_at),
                *([INVENTED] if invented else []),
            ]
        )
    return file.getvalue()
