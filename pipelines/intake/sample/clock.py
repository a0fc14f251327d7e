"""Local clock time in York and elapsed time, for whole columns at once. Times are whole minutes since 1970.

Only conversions and the text of timestamps; when something happens is drawn elsewhere.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from pipelines.intake.sample.draws import Flags, Ints, Texts

LONDON = ZoneInfo("Europe/London")
DAY = 24 * 60
_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def date_of(number: int) -> date:
    """The date of a number of days since 1970."""
    return _EPOCH + timedelta(days=number)


def date_text(days: Ints) -> Texts:
    """ISO dates of days since 1970."""
    return np.datetime_as_string(days.astype("datetime64[D]")).astype(np.str_)


def _offset(minutes: Ints, *, local: bool) -> Ints:
    hours, places = np.unique(minutes // 60, return_inverse=True)
    offsets = []
    for hour in hours.tolist():
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        shown = moment.replace(tzinfo=LONDON) if local else moment.astimezone(LONDON)
        offset = shown.utcoffset()
        assert offset is not None
        offsets.append(int(offset.total_seconds()) // 60)
    return np.array(offsets, dtype=np.int64)[places.reshape(minutes.shape)]


def to_universal(local: Ints) -> Ints:
    """Local clock minutes as minutes of universal time; a time that happens twice is the first of the two."""
    return local - _offset(local, local=True)


def to_local(universal: Ints) -> Ints:
    """Minutes of universal time as minutes of the local clock."""
    return universal + _offset(universal, local=False)


def timestamp_text(universal: Ints, with_offset: Flags, day_only: Flags) -> Texts:
    """ISO local timestamps; with their offset where asked or where the local time alone would be misread."""
    if not universal.size:
        return np.array([], dtype=np.str_)
    local = to_local(universal)
    texts = np.datetime_as_string(local.astype("datetime64[m]")).astype("U22")
    offset = local - universal
    marked = np.char.add(texts.astype(np.str_), np.where(offset == 60, "+01:00", "+00:00"))
    misread = to_universal(local) != universal
    texts = np.where(with_offset | misread, marked, texts)
    return np.where(day_only, date_text(local // DAY), texts).astype(np.str_)


def clock_changes(first: date, last: date) -> tuple[list[date], list[date]]:
    """The days between two dates on which the clocks go forward, and those on which they go back."""
    forward, back = [], []
    for number in range(day_number(first), day_number(last) + 1):
        edges = np.array([number * DAY, (number + 1) * DAY], dtype=np.int64)
        start, end = _offset(edges, local=True).tolist()
        if end > start:
            forward.append(date_of(number))
        elif end < start:
            back.append(date_of(number))
    return forward, back
