"""Reads ISO dates and times as moments: the local date in Europe/London and, where there is a time, the instant.

The way a moment is written is checked by the schema; whether it may stand where it does, by the rules on rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EARLIEST, LATEST = date(1990, 1, 1), date(2099, 12, 31)
_LENGTHS_OF_LOCAL = (len("YYYY-MM-DDTHH:MM"), len("YYYY-MM-DDTHH:MM:SS"))
EPOCH = date(1970, 1, 1).toordinal()
LARGEST_OFFSET = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a date and time. Two ways of writing one instant are equal."""

    day: int
    """The local date in Europe/London, as a proleptic ordinal."""
    second: int | None
    """Seconds since 1970 in UTC; None where only the date is known."""
    never_happened: bool = False
    """A local time that the clocks skipped, read with the offset before the change."""


class NotAMoment(ValueError):
    """The text is no moment; `rule` says which rule it breaks."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def read_moment(text: str) -> Moment:
    """Read `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM[:SS][Z|±hh:mm]`.

    The form itself must have been checked. Local times that happen twice are read as the first of the two.
    Raises NotAMoment with `no_such_date` or `date_out_of_range`.
    """
    day, offset = read_day(text[:10])
    if len(text) == len("YYYY-MM-DD"):
        return Moment(day, None)
    if offset is not None and len(text) in _LENGTHS_OF_LOCAL:
        return Moment(day, (day - EPOCH) * 86400 + _seconds(text[11:]) - offset)
    return _read_instant(text)


@lru_cache(maxsize=50_000)
def read_day(text: str) -> tuple[int, int | None]:
    """The ordinal of an ISO date, and its offset from UTC in seconds; None where the clocks change on that day.

    Raises NotAMoment with `no_such_date` or `date_out_of_range`.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotAMoment("no_such_date") from None
    if not EARLIEST <= day <= LATEST:
        raise NotAMoment("date_out_of_range")
    midnights = [datetime.combine(day + timedelta(days=number), time(), LONDON) for number in (0, 1)]
    offsets = {int((midnight.utcoffset() or timedelta()).total_seconds()) for midnight in midnights}
    return day.toordinal(), offsets.pop() if len(offsets) == 1 else None


def _seconds(text: str) -> int:
    """Seconds since midnight of `HH:MM[:SS]`."""
    hour, minute, second = int(text[:2]), int(text[3:5]), int(text[6:] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise NotAMoment("no_such_date")
    return hour * 3600 + minute * 60 + second


def _read_instant(text: str) -> Moment:
    """A time with an offset of its own, or on a day on which the clocks change."""
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise NotAMoment("no_such_date") from None
    if text[11:13] == "24" or abs(written.utcoffset() or timedelta()) > LARGEST_OFFSET:
        raise NotAMoment("no_such_date")
    if written.tzinfo is not None:
        instant = written.astimezone(UTC)
        return Moment(instant.astimezone(LONDON).toordinal(), int(instant.timestamp()))
    instant = written.replace(tzinfo=LONDON).astimezone(UTC)
    back = instant.astimezone(LONDON).replace(tzinfo=None)
    return Moment(written.toordinal(), int(instant.timestamp()), never_happened=back != written)


def is_before(first: Moment, second: Moment) -> bool:
    """Whether the first comes before the second: by instant where both have a time, else by date."""
    if first.second is None or second.second is None:
        return first.day < second.day
    return first.second < second.second
