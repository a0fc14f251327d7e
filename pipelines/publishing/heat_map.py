"""The week by hour as SVG: when episodes began, a cell for each hour of each day. Exact counts, so for restricted papers alone.

Drawing and finding; the numbers are a model's of the dbt project. No breakdown of the contract is by day and hour at once.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.publishing.book import Book
from pipelines.publishing.charts import CHARACTER, INK, PALE, SMALL, WIDTH, colours, render
from pipelines.publishing.english import write_number
from pipelines.publishing.stacks import legible_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = range(24)
STARTS = "episodes-by-day-and-hour.csv"
"""The file that the numbers are written to, beside the paper that draws them."""
_LEFT, _TOP, _TALL = 48.0, 26.0, 20.0


@dataclass(frozen=True, slots=True)
class Start:
    """How many episodes began in one hour of the local day (0 to 23; None where no time was recorded) of one weekday."""

    weekday: str
    hour_of_day: int | None
    episodes: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The drawing, what is found in it, and every number of it in words."""

    svg: str
    finding: str
    alternative: str


def draw_week(starts: Sequence[Start]) -> HeatMap:
    """Hours down, days across; each cell as dark as its number is large beside the largest, with the number in it."""
    cells = {(day, hour): 0 for day in DAYS for hour in HOURS}
    for start in starts:
        if start.hour_of_day is not None:
            cells[start.weekday, start.hour_of_day] += start.episodes
    finding = _find_busiest(cells)
    unknown = sum(start.episodes for start in starts if start.hour_of_day is None)
    alternative = f"{finding}. {_describe(cells)} No time of day was recorded for {write_number(unknown)} episodes."
    largest = max(cells.values()) or 1
    wide = (WIDTH - _LEFT) / len(DAYS)

    def draw(axes: Axes) -> None:
        from matplotlib.patches import Rectangle

        for across, day in enumerate(DAYS):
            x = _LEFT + wide * across
            axes.text(x + wide / 2, 16, day[:3].capitalize(), fontsize=SMALL, fontweight="bold", color=INK, ha="center")
            for hour in HOURS:
                y = _TOP + _TALL * hour
                number = cells[day, hour]
                colour = _shade(number / largest)
                cell = Rectangle((x, y), wide, _TALL, facecolor=colour, edgecolor="white", linewidth=1)
                cell.set_gid(f"cell-{day}-{hour}")
                axes.add_artist(cell)
                size = SMALL if CHARACTER * len(write_number(number)) < wide - 2 else 9.0
                axes.text(
                    *(x + wide / 2, y + _TALL / 2 + 4.5, write_number(number)),
                    fontsize=size,
                    color=legible_on(colour) if number else PALE,
                    ha="center",
                )
        for hour in HOURS:
            axes.text(
                _LEFT - 8, _TOP + _TALL * (hour + 0.5) + 4.5, f"{hour:02}:00", fontsize=SMALL, color=INK, ha="right"
            )

    return HeatMap(render(draw, _TOP + _TALL * len(HOURS) + 4, finding, alternative).decode(), finding, alternative)


def _shade(part: float) -> str:
    """From white to the first colour of the style."""
    dark = [int(colours()[0][i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 + (channel - 255) * part):02x}" for channel in dark)


def _find_busiest(cells: dict[tuple[str, int], int]) -> str:
    largest = max(cells.values())
    total = sum(cells.values())
    if not largest:
        return "No episode has a time of day on record"
    busiest = [key for key, number in cells.items() if number == largest]
    if len(busiest) > 1:
        return f"No single hour of the week stands out: the most in any is {write_number(largest)} of {write_number(total)}"
    day, hour = busiest[0]
    of = f"{write_number(largest)} of {write_number(total)}"
    return f"Most episodes in one hour began on {day.capitalize()}s from {hour:02}:00: {of}"


def _describe(cells: dict[tuple[str, int], int]) -> str:
    """Every number, day by day; hours without an episode are left out."""
    said = []
    for day in DAYS:
        hours = [f"{hour:02}:00 {write_number(cells[day, hour])}" for hour in HOURS if cells[day, hour]]
        said.append(f"{day.capitalize()}: {', '.join(hours) or 'none'}.")
    return " ".join(said)


def write_starts(starts: Sequence[Start], book: Book, into: Path) -> None:
    """The same numbers as a file: a row for each day and hour in which an episode began."""
    with into.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["edition", "authority", "weekday", "hour_of_day", "episodes"])
        for start in starts:
            hour = "not_known" if start.hour_of_day is None else start.hour_of_day
            writer.writerow([book.edition.name, book.authority, start.weekday, hour, start.episodes])


def read_starts(file: Path) -> list[Start]:
    """What `write_starts` wrote."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Start(
                row["weekday"],
                None if row["hour_of_day"] == "not_known" else int(row["hour_of_day"]),
                int(row["episodes"]),
            )
            for row in csv.DictReader(lines)
        ]


def sort_starts(starts: Iterable[Start]) -> list[Start]:
    """In the order of the week; those without a time of day after the hours of their day."""
    return sorted(starts, key=lambda s: (DAYS.index(s.weekday), s.hour_of_day is None, s.hour_of_day or 0))
