"""Reads back the workbooks of reviews that were held: choices are checked and counted, free text is read by nobody.

What is asked, and where it stands, is said in `pipelines.reviews`; what the counts mean for a paper is said there.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pipelines.faults import DataFault
from pipelines.intake.files import REVIEWS, read_plain_file
from pipelines.intake.findings import Findings
from pipelines.intake.workbook import is_safe
from pipelines.review_plans import Plan, Question, read_plans
from pipelines.reviews import FILES, LIST, NOTES, POSITION, REVIEW, SIGNATURES, HeldReview, Subject, date_review

_ROWS = 20_000
"""More rows than any review has; a sheet that says it is longer is not read to its end."""


def find_reviews(folder: Path) -> tuple[HeldReview, ...]:
    """The reviews whose workbooks lie in an edition's folder of extracts, the earliest first; none where there are none.

    Raises DataFault, naming file, sheet and cell, for a workbook that cannot be read, and for two of the same review.
    """
    names = sorted(entry.name for entry in folder.iterdir() if any(fnmatchcase(entry.name, each) for each in REVIEWS))
    held: dict[tuple[Subject, date], tuple[str, HeldReview]] = {}
    for name in names:
        review = read_review(folder / name)
        key = (review.subject, review.as_at)
        if key in held:
            raise DataFault(f"{name}: {held[key][0]} holds the same review. Keep the one that was signed.")
        held[key] = name, review
    return tuple(review for _, (_, review) in sorted(held.items()))


def choose_last(reviews: Sequence[HeldReview], subject: Subject, before: date) -> HeldReview | None:
    """The latest review of a kind that looked at an earlier position."""
    earlier = [review for review in reviews if review.subject == subject and review.as_at < before]
    return max(earlier, key=lambda review: review.as_at, default=None)


def read_review(path: Path) -> HeldReview:
    """What a workbook says that was filled in. Raises DataFault naming the place, never what stands there."""
    findings = Findings()
    file = read_plain_file(path, "review", findings)
    if file is None or not is_safe(file.content, "review", findings):
        told = " ".join(f"{finding.message} {finding.fix}" for finding in findings.all())
        raise DataFault(f"{path.name}: the workbook of a review cannot be read. {told}")
    sheets = _read_sheets(path.name, file.content)
    facts = {str(row[0]): row[1] for row in sheets[NOTES] if len(row) > 1 and row[0] is not None and row[1] is not None}
    subject = _find_subject(path.name, sheets[LIST])
    plan = read_plans()[subject]
    as_at = _read_day(facts.get(POSITION))
    if as_at is None or REVIEW not in facts:
        raise DataFault(f"{path.name}, sheet {NOTES}: {REVIEW!r} and {POSITION!r} must stand as they were handed out.")
    keys, answers = _read_answers(path.name, sheets[LIST], plan)
    decided = answers[plan.decision.head]
    return HeldReview(
        subject=subject,
        month=date_review(as_at),
        as_at=as_at,
        rows=len(keys),
        looked_at=sum(answer is not None for answer in decided),
        answers={
            question.head: {answer: Counter(answers[question.head])[answer] for answer in question.answers}
            for question in plan.questions
            if question.answers
        },
        signed=_read_signatures(path.name, sheets[SIGNATURES], plan),
        decisions={key: answer for key, answer in zip(keys, decided, strict=True) if answer is not None},
    )


def _read_sheets(name: str, content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        found = {}
        for sheet in (NOTES, LIST, SIGNATURES):
            if sheet in book.sheetnames:
                book[sheet].reset_dimensions()
                found[sheet] = list(book[sheet].iter_rows(values_only=True, max_row=_ROWS))
    except Exception:
        # A hostile workbook can make the library fail in any way; whatever it says may quote a cell.
        raise DataFault(f"{name}: the workbook cannot be read. Save it again as .xlsx.") from None
    for sheet in (NOTES, LIST, SIGNATURES):
        if sheet not in found or not found[sheet]:
            raise DataFault(f"{name}: the sheet {sheet!r} is not there. Use the workbook as it was handed out.")
    return found


def _find_subject(name: str, rows: Sequence[Sequence[Any]]) -> Subject:
    """The review whose questions stand in the head of the list."""
    heads = set(rows[0])
    for subject in FILES:
        if {question.head for question in read_plans()[subject].questions} <= heads:
            return subject
    raise DataFault(
        f"{name}, sheet {LIST!r}, row 1: the heads are not those of a review. Leave them as they were handed out."
    )


def _read_answers(
    name: str, rows: Sequence[Sequence[Any]], plan: Plan
) -> tuple[list[str], Mapping[str, list[str | None]]]:
    """The ids of the rows, and for each question with a list the answer of each row."""
    heads = list(rows[0])
    asked = {question: heads.index(question.head) for question in plan.questions}
    keys: list[str] = []
    answers: dict[str, list[str | None]] = {question.head: [] for question in plan.questions if question.answers}
    for number, row in enumerate(rows[1:], start=2):
        if not row or row[0] is None:
            if any(cell is not None for cell in row):
                raise DataFault(f"{name}, sheet {LIST!r}, row {number}: the first column is blank, and the row is not.")
            continue
        if str(row[0]) in keys:
            raise DataFault(f"{name}, sheet {LIST!r}, row {number}: the row is there twice. Keep one of them.")
        keys.append(str(row[0]))
        for question, place in asked.items():
            if question.answers:
                cell = row[place] if place < len(row) else None
                answers[question.head].append(_read_answer(name, number, question, cell))
    return keys, answers


def _read_answer(name: str, number: int, question: Question, cell: Any) -> str | None:
    text = "" if cell is None else str(cell).strip()
    if text and text not in question.answers:
        raise DataFault(
            f"{name}, sheet {LIST!r}, row {number}, {question.head!r}: that is none of the answers. "
            f"Choose one of: {', '.join(question.answers)}."
        )
    return text or None


def _read_signatures(name: str, rows: Sequence[Sequence[Any]], plan: Plan) -> dict[str, date | None]:
    signed: dict[str, date | None] = dict.fromkeys(plan.roles)
    for number, row in enumerate(rows[1:], start=2):
        role, initials, day = (*row, None, None, None)[:3]
        if role in signed and initials is not None:
            signed[role] = _read_day(day)
            if signed[role] is None:
                raise DataFault(f"{name}, sheet {SIGNATURES!r}, row {number}: a signature needs its date.")
    return signed


def _read_day(cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(str(cell).strip(), form).date()
        except ValueError:
            continue
    return None
