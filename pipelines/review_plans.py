"""What is asked in the reviews that fall between editions: the plan in `docs/reports/reviews.yml`.

Records and their reading. When a review is due, and what came of one, is in `reviews`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines import paths
from pipelines.reviews import Subject


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


@cache
def read_plans() -> Mapping[Subject, Plan]:
    """What each review draws and asks. Raises ValidationError where the plan is not as it should be."""
    stated = yaml.safe_load(paths.REVIEWS_PLAN.read_text("utf-8"))
    return {
        "register": Plan.model_validate(stated["register"]),
        "return_interviews": Plan.model_validate(stated["return_interviews"]),
    }
