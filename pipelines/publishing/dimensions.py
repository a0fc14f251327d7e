"""What each dimension of a breakdown is called, and what a sentence says of the things in one of its categories.

Wording of dimensions only. Their categories and labels come from the category list; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Predicate = str | tuple[str, str]
"""What goes on after "5 episodes ..."; of children in another way where there are two: first of children, then of the rest."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """What one dimension is called. `label` heads a table; `phrase` goes on after "by".

    `predicates` says of each category what goes on after "5 episodes"; `pattern` does where all read alike, with the label
    in it. `rest` ends "more than ...". `superlative` ends "X was the ..." where that reads better.
    """

    label: str
    phrase: str
    rest: str
    pattern: Predicate = ""
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    superlative: tuple[str, str] | None = None
    """Of one and of several, e.g. `busiest day` and `busiest days`."""
    is_ordered: bool = False
    """Shown in the order of the category list instead of by size."""
    focus: str | None = None
    """The category that a finding speaks of, whichever is the largest."""


_LOOKED_AFTER: dict[str, Predicate] = {
    "looked_after": ("were looked after", "involved looked-after children"),
    "not_looked_after": ("were not looked after", "involved children who were not looked after"),
}
_LOCATION: dict[str, Predicate] = {
    "in_area": ("were placed in the area", "involved placements in the area"),
    "out_of_area": ("were placed out of the area", "involved placements out of the area"),
    "not_looked_after": _LOOKED_AFTER["not_looked_after"],
}

DIMENSIONS: dict[str, Dimension] = {
    "age_band": Dimension(
        "Age",
        "age",
        "of any other age",
        pattern=("were aged {}", "involved children aged {}"),
        is_ordered=True,
    ),
    "circumstance": Dimension(
        "Circumstance",
        "circumstance",
        "about anything else",
        predicates={
            "starting_school": "were about starting school",
            "primary_to_secondary": "were about the move from primary to secondary school",
            "overseas_student_family": "were about the family of an overseas student",
            "european_migration": "were about migration from Europe",
            "armed_forces": "were about an armed forces family",
            "traveller": "were about a Traveller family",
            "exclusion": "were about an exclusion",
            "home_education_unsuitable": "were about home education that does not suit the child",
            "other": "were about something else",
        },
    ),
    "duration": Dimension(
        "Time missing",
        "time missing",
        "any other length of time",
        pattern="lasted {}",
        predicates={"not_yet_located": "had not ended with the child located"},
        is_ordered=True,
    ),
    "duration_band": Dimension(
        "Time missing",
        "days missing",
        "any other length of time",
        pattern="lasted {}",
        predicates={"not_yet_located": "had not ended with the child located"},
        is_ordered=True,
    ),
    "episode_type": Dimension("Type of episode", "type of episode", "as anything else", pattern="were recorded as {}"),
    "ethnic_minority_or_eal": Dimension(
        "Ethnic minority or English as an additional language",
        "ethnic minority or English as an additional language",
        "others",
        predicates={
            "yes": (
                "are of an ethnic minority or have English as an additional language",
                "involved children of an ethnic minority or with English as an additional language",
            ),
            "no": (
                "are of no ethnic minority and have English as a first language",
                "involved children of no ethnic minority with English as a first language",
            ),
        },
        is_ordered=True,
        focus="yes",
    ),
    "ethnicity": Dimension(
        "Ethnic group",
        "ethnic group",
        "in any other",
        pattern=("were in the {} ethnic group", "involved children in the {} ethnic group"),
    ),
    "exploitation_concern": Dimension(
        "Concern about exploitation",
        "concern about exploitation",
        "any other concern",
        predicates={
            "none": "had no concern about exploitation on record",
            "sexual": "had a concern about sexual exploitation on record",
            "criminal": "had a concern about criminal exploitation on record",
            "both": "had a concern about sexual and criminal exploitation on record",
        },
        is_ordered=True,
    ),
    "factor": Dimension(
        "Reason",
        "reason",
        "any other reason",
        pattern="were {}",
        superlative=("reason recorded most often", "reasons recorded most often"),
    ),
    "first_language": Dimension(
        "First language",
        "first language",
        "any other",
        predicates={
            "english": ("speak English as their first language", "involved children whose first language is English"),
            "other": ("speak another first language", "involved children whose first language is not English"),
        },
    ),
    "interviewer": Dimension(
        "Interviewer",
        "interviewer",
        "by anyone else",
        predicates={
            "independent": "were by someone independent",
            "social_worker": "were by a social worker",
            "youth_worker": "were by a youth worker",
            "other": "were by someone else",
        },
    ),
    "looked_after_status": Dimension(
        "Looked after or not",
        "whether looked after",
        "others",
        predicates=_LOOKED_AFTER,
        is_ordered=True,
        focus="looked_after",
    ),
    "missing_episodes_band": Dimension(
        "Missing episodes of a child",
        "number of missing episodes of a child",
        "any other number",
        pattern=("had {} missing episodes each", "involved children with {} missing episodes"),
        is_ordered=True,
        focus="10_or_more",
    ),
    "month": Dimension(
        "Month",
        "month",
        "in any other month",
        pattern="began in {}",
        superlative=("busiest month", "busiest months"),
        is_ordered=True,
    ),
    "open_length": Dimension(
        "Time open", "time open", "for any other length of time", pattern="had been open for {}", is_ordered=True
    ),
    "outcome": Dimension(
        "Outcome",
        "outcome",
        "in any other way",
        predicates={
            "on_roll_in_area": "ended with the child on roll in the area",
            "on_roll_elsewhere": "ended with the child on roll elsewhere",
            "home_educated": "ended with the child educated at home",
            "other_provision": "ended with the child in other provision",
            "moved_abroad": "ended with the child abroad",
            "other_authority": "were taken over by another authority",
            "census_reconciled": "ended with the child found in the school census",
            "over_compulsory_age": "ended with the child over compulsory school age",
            "not_located": "ended with the child not located",
            "closed_under_procedures": "were closed under the procedures",
            "other": "ended in another way",
        },
    ),
    "phase": Dimension(
        "School phase",
        "school phase",
        "of any other age",
        pattern=("were of {} age", "involved children of {} age"),
        is_ordered=True,
    ),
    "placement_location": Dimension(
        "Where placed", "where placed", "anywhere else", predicates=_LOCATION, is_ordered=True, focus="out_of_area"
    ),
    "placement_type": Dimension(
        "Type of placement",
        "type of placement",
        "in any other placement",
        predicates={
            "foster": "involved foster care",
            "childrens_home": "involved a children's home",
            "semi_independent": "involved semi-independent living",
            "with_parents": "involved children placed with their parents",
            "secure": "involved a secure unit",
            "other": "involved another placement",
        },
    ),
    "referred": Dimension(
        "Referred",
        "when referred",
        "at any other time",
        pattern="were referred {}",
        is_ordered=True,
        focus="before_period",
    ),
    "reported_by": Dimension(
        "Reported by",
        "who reported",
        "by anyone else",
        predicates={
            "family": "were reported by the family",
            "carer": "were reported by a carer",
            "placement": "were reported by a placement",
            "school": "were reported by a school",
            "police": "were reported by the police",
            "other": "were reported by someone else",
        },
    ),
    "risk": Dimension(
        "Risk",
        "risk",
        "for anything else",
        predicates={
            "persistent_absence": "were listed for persistent absence",
            "severe_absence": "were listed for severe absence",
            "part_time_timetable": "were listed for a part-time timetable",
            "medical": "were listed for medical needs",
            "exclusion": "were listed for an exclusion",
            "home_education_suitability_unknown": "were listed for home education of unknown suitability",
            "awaiting_place": "were listed as waiting for a school place",
        },
    ),
    "risk_level": Dimension(
        "Level of risk",
        "level of risk",
        "at any other level",
        pattern="were judged {} risk",
        predicates={"no_apparent_risk": "were judged no apparent risk"},
        is_ordered=True,
    ),
    "sex": Dimension("Sex", "sex", "others", pattern=("were {}", "involved {}"), is_ordered=True),
    "source": Dimension(
        "Source of the referral",
        "source of the referral",
        "from anyone else",
        predicates={
            "school": "came from schools",
            "police": "came from the police",
            "health": "came from health services",
            "family": "came from families",
            "other_authority": "came from other authorities",
            "internal": "came from within the council",
            "other": "came from someone else",
        },
    ),
    "time_of_day": Dimension(
        "Start of the episode", "time of day", "at any other time", pattern="began from {}", is_ordered=True
    ),
    "weekday": Dimension(
        "Day of the week",
        "day of the week",
        "on any other day",
        pattern="began on a {}",
        superlative=("busiest day", "busiest days"),
        is_ordered=True,
    ),
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


def predicate_of(name: str, category: str, label: str, *, of_children: bool) -> str:
    """What goes on after "5 episodes ..." or "5 children ...". `label` is the category's, as it goes on in a sentence."""
    dimension = DIMENSIONS[name]
    predicate = dimension.predicates.get(category, dimension.pattern)
    text = predicate if isinstance(predicate, str) else predicate[0 if of_children else 1]
    return text.format(label)
