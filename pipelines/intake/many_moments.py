"""The moments of whole columns: as arrays, and read many at a time where the text leaves no room for doubt.

How a single text is read, and what it means, is said by `moments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pipelines.intake.moments import EARLIEST, EPOCH, LATEST, Moment, read_day
from pipelines.intake.sheets import Mask, Numbers, Texts

NO_DAY = -1
NO_SECOND: int = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments that the distinct values of a column name."""

    days: Numbers
    """Per value, the local date as an ordinal; NO_DAY where the value names none."""
    seconds: Numbers
    """Per value, the instant in seconds since 1970; NO_SECOND where only a date is known, or nothing."""

    @classmethod
    def none(cls, count: int) -> Moments:
        """So many values of which none has been read yet."""
        return cls(np.full(count, NO_DAY, dtype=np.int64), np.full(count, NO_SECOND, dtype=np.int64))

    def put(self, place: int, moment: Moment | None) -> None:
        """Fill in what one value names."""
        if moment is not None:
            self.days[place] = moment.day
            self.seconds[place] = NO_SECOND if moment.second is None else moment.second


def read_plain_moments(values: Texts, *, with_times: bool = True) -> tuple[Mask, Moments]:
    """The moments of all values that leave no room for doubt, and which values those are; without times, dates alone.

    A date that there is between 1990 and 2099, alone or with a local time without an offset, on a day on which the clocks do
    not change. `read_moment` reads any other, and says the same of these.
    """
    import pyarrow.compute as pc

    found = Moments.none(len(values))
    plain: Mask = np.zeros(len(values), dtype=bool)
    for length, pattern in _PLAIN.items():
        if length > _DATE_ALONE and not with_times:
            break
        chosen = np.flatnonzero(values.matching(pattern))
        if not len(chosen):
            continue
        cells = pc.take(values.array, chosen)
        start, text = cells.offset, np.frombuffer(cells.buffers()[2], dtype=np.uint8)
        first = int(np.frombuffer(cells.buffers()[1], dtype=np.int32)[start])
        digits = text[first : first + len(chosen) * length].reshape(-1, length).astype(np.int16) - ord("0")
        days, sound = _read_days(digits)
        if length > _DATE_ALONE:
            seconds, timed = _read_times(digits, days)
            sound &= timed
            found.seconds[chosen[sound]] = seconds[sound]
        found.days[chosen[sound]] = days[sound]
        plain[chosen[sound]] = True
    return plain, found


_DATE_ALONE = len("YYYY-MM-DD")
_PLAIN = {
    _DATE_ALONE: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    16: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$",
    19: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$",
}


def _read_days(digits: npt.NDArray[np.int16]) -> tuple[Numbers, Mask]:
    def number(*places: int) -> Numbers:
        whole = np.zeros(len(digits), dtype=np.int64)
        for place in places:
            whole = whole * 10 + digits[:, place]
        return whole

    year, month, day = number(0, 1, 2, 3), number(5, 6), number(8, 9)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    ordinals = months.astype("datetime64[D]").astype(np.int64) + EPOCH + day - 1
    ends = (months + 1).astype("datetime64[D]").astype(np.int64) + EPOCH
    sound = (month >= 1) & (month <= 12) & (day >= 1) & (ordinals < ends)
    return ordinals, sound & (ordinals >= EARLIEST.toordinal()) & (ordinals <= LATEST.toordinal())


def _read_times(digits: npt.NDArray[np.int16], days: Numbers) -> tuple[Numbers, Mask]:
    hour, minute = digits[:, 11] * 10 + digits[:, 12], digits[:, 14] * 10 + digits[:, 15]
    second = digits[:, 17] * 10 + digits[:, 18] if digits.shape[1] > 16 else np.zeros(len(digits), dtype=np.int16)
    sound = (hour < 24) & (minute < 60) & (second < 60)
    kinds, places = np.unique(days, return_inverse=True)
    offsets = [_offset_on(day) for day in kinds.tolist()]
    steady = np.array([offset is not None for offset in offsets], dtype=bool)[places]
    offset = np.array([offset or 0 for offset in offsets], dtype=np.int64)[places]
    seconds = (days - EPOCH) * 86400 + hour.astype(np.int64) * 3600 + minute.astype(np.int64) * 60 + second - offset
    return seconds, sound & steady


def _offset_on(day: int) -> int | None:
    """The offset from UTC on a day, in seconds; None where the clocks change on it, or it lies out of range."""
    if not EARLIEST.toordinal() <= day <= LATEST.toordinal():
        return None
    return read_day(date.fromordinal(day).isoformat())[1]
