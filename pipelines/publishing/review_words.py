"""What is said of a review in words: how its rows were drawn, what came of the one before.

Sentences only. Which rows there are is decided by the list; where a sentence stands, by the workbook or the paper.
"""

from __future__ import annotations

from pipelines.publishing.english import write_date, write_month
from pipelines.publishing.review_lists import ReviewList
from pipelines.review_plans import Plan
from pipelines.reviews import HeldReview


def say_how(found: ReviewList, plan: Plan) -> str:
    """How the rows of a list were drawn, so that anybody can draw them again."""
    if found.subject == "register":
        first = (
            "Every open case is here. Of those closed since the last review some were drawn, by length on the "
            "register and outcome"
        )
    else:
        first = (
            "Of the return interviews that were held some were drawn, by who held them and where the child was placed"
        )
    return (
        f"{first}: one in {plan.one_in} of each stratum, rounded up. The order of the draw is that of the sha256 of the "
        "seed, a line break and the id, so that anybody can draw it again."
    )


def say_last(last: HeldReview | None, plan: Plan) -> str:
    """What is known of the review before."""
    if last is None:
        return "No workbook of the last review was given."
    return f"{write_month(f'{last.month:%Y-%m}')}, position at the end of {write_date(last.as_at)}: {say_counts(last, plan)}"


def say_counts(held: HeldReview, plan: Plan) -> str:
    """What came of a review that was held, in a sentence or two: how many rows were looked at, decided how, signed by whom."""
    decided = held.answers.get(plan.decision.head, {})
    parts = ", ".join(f"{answer} {count}" for answer, count in decided.items() if count)
    unsigned = [role for role in plan.roles if not held.signed.get(role)]
    signed = "Every role has signed." if not unsigned else f"Not signed by: {', '.join(unsigned)}."
    looked = f"{held.looked_at} of {held.rows} looked at" + (f" ({parts})" if parts else "")
    return f"{looked}. {signed}"
