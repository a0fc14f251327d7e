"""What each dimension of a breakdown is called, whether it has an order of its own, and how a finding names its part.

Wording of dimensions only. Their categories and labels come from the category list; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Focus:
    """A category and what goes on after "3 of 5 children", or after "3 of 5 episodes"."""

    category: str
    of_children: str
    of_others: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """What one dimension is called. `label` heads a table; `phrase` goes on after "by".

    `largest` ends "X is the ..."; None where no such sentence reads well.
    """

    label: str
    phrase: str
    largest: str | None
    is_ordered: bool = False
    """Shown in the order of the category list instead of by size."""
    focus: Focus | None = None
    """The category that a finding speaks of, whichever is the largest."""


DIMENSIONS: dict[str, Dimension] = {
    "age_band": Dimension("Age", "age", "largest age group", is_ordered=True),
    "circumstance": Dimension("Circumstance", "circumstance", "most frequent circumstance"),
    "duration": Dimension("Time missing", "time missing", "most frequent length of time", is_ordered=True),
    "duration_band": Dimension("Time missing", "days missing", "most frequent length of time", is_ordered=True),
    "episode_type": Dimension("Type of episode", "type of episode", "most frequent type"),
    "ethnic_minority_or_eal": Dimension(
        "Ethnic minority or English as an additional language",
        "ethnic minority or English as an additional language",
        None,
        is_ordered=True,
        focus=Focus(
            "yes",
            "are of an ethnic minority or have English as an additional language",
            "were of children of an ethnic minority or with English as an additional language",
        ),
    ),
    "ethnicity": Dimension("Ethnic group", "ethnic group", "largest ethnic group"),
    "exploitation_concern": Dimension(
        "Concern about exploitation", "concern about exploitation", None, is_ordered=True
    ),
    "factor": Dimension("Reason", "reason", "reason given most often"),
    "first_language": Dimension("First language", "first language", "most frequent first language"),
    "interviewer": Dimension("Interviewer", "interviewer", "most frequent interviewer"),
    "looked_after_status": Dimension(
        "Looked after or not",
        "whether looked after",
        None,
        is_ordered=True,
        focus=Focus("looked_after", "were looked after", "were of looked-after children"),
    ),
    "missing_episodes_band": Dimension(
        "Missing episodes of a child",
        "number of missing episodes of a child",
        "largest group",
        is_ordered=True,
        focus=Focus("10_or_more", "had 10 or more missing episodes each", "were of children with 10 or more"),
    ),
    "month": Dimension("Month", "month", "busiest month", is_ordered=True),
    "open_length": Dimension("Time open", "time open", "most frequent length of time", is_ordered=True),
    "outcome": Dimension("Outcome", "outcome", "most frequent outcome"),
    "phase": Dimension("School phase", "school phase", "larger group", is_ordered=True),
    "placement_location": Dimension(
        "Where placed",
        "where placed",
        None,
        is_ordered=True,
        focus=Focus("out_of_area", "were placed out of the area", "were of children placed out of the area"),
    ),
    "placement_type": Dimension("Type of placement", "type of placement", "most frequent type of placement"),
    "referred": Dimension(
        "Referred",
        "when referred",
        None,
        is_ordered=True,
        focus=Focus("before_period", "were referred before the period", "were made before the period"),
    ),
    "reported_by": Dimension("Reported by", "who reported", "most frequent source of reports"),
    "risk": Dimension("Risk", "risk", "most frequent risk"),
    "risk_level": Dimension("Level of risk", "level of risk", "most frequent level of risk", is_ordered=True),
    "sex": Dimension("Sex", "sex", None, is_ordered=True),
    "source": Dimension("Source of the referral", "source of the referral", "most frequent source"),
    "time_of_day": Dimension("Start of the episode", "time of day", "most frequent time", is_ordered=True),
    "weekday": Dimension("Day of the week", "day of the week", "busiest day", is_ordered=True),
}


def head_of(breakdown: str) -> str:
    """The head of a table's first column."""
    return ", ".join(
        label if place == 0 else label[0].lower() + label[1:]
        for place, label in enumerate(DIMENSIONS[name].label for name in breakdown.split("/"))
    )


def phrase_of(breakdown: str) -> str:
    """What stands after "by" in a subtitle."""
    return " and ".join(DIMENSIONS[name].phrase for name in breakdown.split("/"))
