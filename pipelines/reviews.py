"""The reviews that fall between editions: when they are due, what is asked in them, what came of one that was held.

Records, the calendar and the plan in `docs/reports/reviews.yml`, which those who write a review's workbook share with those who
read it back. No case is chosen here, and no file of a review opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines import paths

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


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Part):
    """One column that a role fills in for each row."""

    head: str = Field(min_length=1, description="The head of the column.")
    role: str = Field(min_length=1, description="Who fills it in.")
    answers: tuple[str, ...] = Field((), description="The answers that there are; none where it is words or a date.")
    decides: bool = Field(False, description="Whether a row with an answer here has been looked at.")


class Plan(_Part):
    """What one review draws and asks."""

    title: str = Field(min_length=1, description="What the review is called.")
    about: tuple[str, ...] = Field(
        min_length=1, description="What those who fill it in must know, a sentence or two each."
    )
    one_in: int = Field(ge=1, description="One in how many is drawn from each stratum, rounded up.")
    roles: tuple[str, ...] = Field(min_length=1, description="Who signs.")
    questions: tuple[Question, ...] = Field(min_length=1, description="What is asked of each row, in order.")

    @property
    def share(self) -> Fraction:
        """The part of each stratum that is drawn."""
        return Fraction(1, self.one_in)

    @property
    def decision(self) -> Question:
        """The question whose answer says that a row has been looked at."""
        return next(question for question in self.questions if question.decides)


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


@cache
def read_plans() -> Mapping[Subject, Plan]:
    """What each review draws and asks. Raises ValidationError where the plan is not as it should be."""
    stated = yaml.safe_load(paths.REVIEWS_PLAN.read_text("utf-8"))
    return {
        "register": Plan.model_validate(stated["register"]),
        "return_interviews": Plan.model_validate(stated["return_interviews"]),
    }
