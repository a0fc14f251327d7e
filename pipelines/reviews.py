"""The reviews that fall between editions: when they are due, and what came of one that was held.

Records and the calendar, which those who write a review's workbook share with those who read it back; what is asked is planned in
`review_plans`. No case is chosen here, and no file of a review opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

MONTHS = (2, 8)
"""The register is reviewed in February and in August."""

Subject = Literal["register", "return_interviews"]
FILES: Mapping[Subject, str] = {"register": "register-review", "return_interviews": "interview-review"}
"""How the files of a review begin."""

NOTES, LIST, SIGNATURES = "Notes", "To fill in", "Sign here"
"""The sheets of a review's workbook that are read back."""
REVIEW, POSITION = "Review of", "Position at the end of"
"""What stands before the review's month and its date on the sheet of notes."""


def date_review(as_at: date) -> date:
    """The first day of the month of the review that a list drawn up at `as_at` is for: this month, or the next review month."""
    return next(month for month in _months(as_at.year) if (month.year, month.month) >= (as_at.year, as_at.month))


def date_last_review(as_at: date) -> date:
    """The first day of the month of the review before that one."""
    return max(month for month in _months(as_at.year) if month < date_review(as_at))


def _months(year: int) -> list[date]:
    return [date(each, month, 1) for each in (year - 1, year, year + 1) for month in MONTHS]


@dataclass(frozen=True)
class HeldReview:
    """What a workbook that was filled in says: answers counted, and the decision on each row. No free text is kept."""

    subject: Subject
    month: date
    """The first day of the month of the review."""
    as_at: date
    rows: int
    looked_at: int
    answers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Head of a question -> answer -> how many rows."""
    signed: Mapping[str, date | None] = field(default_factory=dict)
    """Role -> when it signed; None where it has not."""
    decisions: Mapping[str, str] = field(default_factory=dict)
    """Id of the row -> what was decided; rows that nobody looked at are not here."""

    @property
    def is_signed(self) -> bool:
        """Whether every role has signed."""
        return bool(self.signed) and all(self.signed.values())
