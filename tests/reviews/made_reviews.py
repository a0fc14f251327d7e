"""Cases, interviews and filled-in workbooks, made for the tests of the reviews."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import openpyxl

from pipelines.publishing.review_lists import HeldInterview, RegisterCase, ReviewList, draw_register_review
from pipelines.publishing.review_workbooks import write_review_workbook
from pipelines.review_plans import read_plans
from pipelines.reviews import LIST, SIGNATURES, HeldReview

AS_AT = date(2016, 1, 12)
PLAN = read_plans()["register"]
OUTCOMES = ("on_roll_in_area", "moved_abroad", "not_located")


def case(number: int, *, is_open: bool = False, outcome: str = "on_roll_in_area", days: int = 20) -> RegisterCase:
    """A case of the register; every number gives an id, a child and a day of its own."""
    referred_on = AS_AT - timedelta(days=days + (0 if is_open else number % 50))
    return RegisterCase(
        authority="E06000014",
        referral_id=f"r{number}",
        child_id=f"c{number}",
        referred_on=referred_on,
        closed_on=None if is_open else referred_on + timedelta(days=days),
        is_open=is_open,
        outcome="open" if is_open else outcome,
        days_on_list=days,
        length_band="under_28_days" if days < 28 else "365_days_or_more",
        phase="primary",
        source="school",
        circumstance="not_known",
        is_on_roll=None if number % 3 else bool(number % 2),
        last_review_on=date(2015, 8, 1),
    )


def cases() -> list[RegisterCase]:
    """Four open cases and forty closed ones, in six strata."""
    closed = [case(n, outcome=OUTCOMES[n % 3], days=400 if n % 5 == 0 else 20) for n in range(40)]
    return [*closed, *(case(n, is_open=True, days=n) for n in (100, 101, 500, 501))]


def interviews() -> list[HeldInterview]:
    """Thirty interviews by two kinds of interviewer."""
    return [
        HeldInterview(
            interview_id=f"i{n}",
            authority="E06000014",
            child_ids=f"c{n}",
            episode_ids=f"e{n};f{n}",
            held_on=date(2015, 3, 1) + timedelta(days=n),
            interviewer="independent" if n % 3 else "social_worker",
            looked_after_status="looked_after",
            placement_location="out_of_area",
            within_72_hours="not_known",
            has_factors=bool(n % 2),
            is_shared_with_police=not n % 2,
        )
        for n in range(30)
    ]


def register_list(last: HeldReview | None = None) -> ReviewList:
    """The list that is drawn from those cases."""
    return draw_register_review(cases(), PLAN, edition="2016", as_at=AS_AT, last=last)


def write_workbook(into: Path, last: HeldReview | None = None) -> Path:
    """Its workbook, as it is handed out."""
    write_review_workbook(register_list(last), PLAN, into, invented=True, last=last)
    return into


def fill_in(path: Path, answers: dict[str, dict[str, object]], signed: dict[str, date]) -> None:
    """What people do: answers (id of the row -> head -> answer), and signatures."""
    book = openpyxl.load_workbook(path)
    sheet = book[LIST]
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        for head, answer in answers.get(str(row[0].value), {}).items():
            row[heads.index(head)].value = answer
    for row in book[SIGNATURES].iter_rows(min_row=2):
        if row[0].value in signed:
            row[1].value, row[2].value = "AB", signed[str(row[0].value)]
    book.save(path)
