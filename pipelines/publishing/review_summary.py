"""The page that goes with the lists of a review between editions: what is on them, how they were drawn, what came of the last.

Reads finished lists; nothing is drawn or counted but rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from pipelines import paths
from pipelines.publishing.documents import Block, Heading, Item, Line, Paper, Paragraph, Table, Words
from pipelines.publishing.english import write_date, write_month, write_plural
from pipelines.publishing.pdf import write_pdf
from pipelines.publishing.review_lists import CensusMatch, ReviewList
from pipelines.publishing.review_words import say_how, say_last
from pipelines.publishing.review_workbooks import INVENTED, RESTRICTED
from pipelines.register import read_categories
from pipelines.review_plans import Plan
from pipelines.reviews import HeldReview, Subject


def write_review_summary(
    register: ReviewList,
    interviews: ReviewList | None,
    matches: Sequence[CensusMatch] | None,
    plans: Mapping[Subject, Plan],
    into: Path,
    *,
    looks_back_to: date,
    last: HeldReview | None,
    invented: bool,
) -> None:
    """The page as a tagged PDF. `interviews` and `matches` are None where their extracts were not given."""
    plan = plans["register"]
    paper = Paper(
        title=plan.title,
        subtitle=f"{write_month(f'{register.month:%Y-%m}')}: what is on the lists",
        edition=register.edition,
        markings=(RESTRICTED, *((INVENTED,) if invented else ())),
        front=(
            ("Position", _line(f"At the end of {write_date(register.as_at)}")),
            ("Looks back to", _line(write_date(looks_back_to))),
            ("Who signs", _line("; ".join(plan.roles))),
        ),
        blocks=tuple(_say(register, interviews, matches, plans, last)),
        cited={},
        dated=register.as_at,
    )
    write_pdf(paper, paths.PAPER_LAYOUT, into, has_contents=False)


def _say(
    register: ReviewList,
    interviews: ReviewList | None,
    matches: Sequence[CensusMatch] | None,
    plans: Mapping[Subject, Plan],
    last: HeldReview | None,
) -> Iterator[Block]:
    yield Heading(1, "The register")
    yield Paragraph(_line(say_how(register, plans["register"])))
    yield _table(register)
    yield Paragraph(_line(f"{'' if last is None else 'Last review: '}{say_last(last, plans['register'])}"))
    if last is not None:
        still = sum(decision == "close" for decision in _decisions_of_open(register))
        if still:
            cases = write_plural("cases", still)
            yield Paragraph(_line(f"{still} {cases} that the last review decided to close {_be(still)} still open."))
    yield Heading(1, "Open cases found on roll")
    if matches is None:
        yield Paragraph(_line("Not known: no school census, or no referrals, were given."))
    else:
        children = write_plural("children", len(matches))
        yield Paragraph(
            _line(
                f"{len(matches)} {children} with an open case {_be(len(matches))} on the roll of a school in the latest census. "
                "These cases are to be looked at first."
            )
        )
    yield Heading(1, "Return interviews")
    if interviews is None:
        yield Paragraph(_line("No list: the extract of return interviews was not given."))
    else:
        count = len(interviews.rows)
        of = sum(size for _, size in interviews.strata.values())
        yield Paragraph(
            _line(
                f"{count} of {of} {write_plural('records', of)} {'was' if count == 1 else 'were'} drawn. "
                f"{say_how(interviews, plans['return_interviews'])}"
            )
        )
    yield Heading(1, "What to do")
    for number, text in enumerate(plans["register"].about, start=1):
        yield Item(_line(text), number)


def _table(register: ReviewList) -> Table:
    """Length on the register -> open cases, cases drawn, of how many closed."""
    opened: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for (_, length, outcome), (taken, size) in register.strata.items():
        if outcome == "open":
            opened[length] += size
        else:
            drawn[length] += taken
            closed[length] += size
    bands = [(each.category, each.label) for each in read_categories()["open_length"]]
    rows: list[tuple[str, int, int, int]] = [(label, opened[c], drawn[c], closed[c]) for c, label in bands]
    rows.append(("Total", opened.total(), drawn.total(), closed.total()))
    return Table(
        1,
        "Cases on the list, by time on the register",
        ("Time on the register", "Open", "Closed, drawn", "Closed, all"),
        tuple(tuple(_line(str(cell)) for cell in row) for row in rows),
    )


def _decisions_of_open(register: ReviewList) -> Iterator[str | None]:
    for row in register.rows:
        named = dict(zip(register.columns, row, strict=True))
        if named["why"] == "open":
            yield str(named["last_decision"]) if named["last_decision"] else None


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _line(text: str) -> Line:
    return (Words(text),)
