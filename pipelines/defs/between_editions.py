"""A review between editions: the gate, the models that it needs, its lists in `papers/<date>/`. No sealed edition changes.

Which rows there are is decided by the models, what is drawn and written by `publishing`.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipelines import paths
from pipelines.defs.archive import read_ingredients
from pipelines.defs.checking import choose_authority, choose_editions
from pipelines.defs.manifest import run_dbt
from pipelines.defs.reviews import write_census_reconciliation, write_interview_review, write_register_review
from pipelines.defs.workspace import EditionRun
from pipelines.disclosure.policy import read_policy
from pipelines.editions.state import list_editions
from pipelines.editions.switch import Placement, staging, switch, work_in
from pipelines.faults import DataFault, MachineFault
from pipelines.figures import Edition, Period
from pipelines.intake.admission import admit
from pipelines.intake.gate import examine
from pipelines.intake.report import show_as_text
from pipelines.intake.review_answers import choose_last, find_reviews, read_review
from pipelines.publishing.review_summary import write_review_summary
from pipelines.review_plans import read_plans
from pipelines.reviews import FILES, HeldReview, date_last_review, date_review

_MODELS = ("register_review_cases", "register_census_matches", "held_interviews")


@dataclass(frozen=True)
class ReviewPapers:
    """What a review between editions came to. The counts are None where the extracts were not given."""

    folder: Path
    edition: str
    is_new: bool
    cases: int
    interviews: int | None
    on_roll: int | None
    looks_back_to: date


def draw_up_review(
    as_at: date,
    extracts: Path,
    output: paths.Output,
    *,
    edition: str | None = None,
    answers: Path | None = None,
    seed: str | None = None,
    encoding: str = "utf-8",
) -> ReviewPapers:
    """The lists, workbooks and summary of a review, complete in `papers/<as_at>/` or not there at all.

    The same lists again change nothing; others come beside them, because people write in the workbooks. Raises DataFault
    where the gate refuses the extracts or a workbook of the last review cannot be read.
    """
    chosen = _choose(edition, extracts, as_at)
    folder = extracts / chosen.name
    held = [*find_reviews(folder), *([read_review(answers)] if answers is not None else [])]
    last = choose_last(held, "register", as_at)
    with work_in(output):
        looks_back_to = _look_back(as_at, last, output)
        work = output.work / f"review-{uuid.uuid4().hex}"
        work.mkdir(mode=0o700, parents=True)
        try:
            run = _admit(chosen, folder, output, work, as_at, looks_back_to, encoding)
            with staging(output) as staged:
                return _write(run, staged / "review", held, last, looks_back_to, seed)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _choose(name: str | None, extracts: Path, as_at: date) -> Edition:
    """The edition named, else the first whose date is not before `as_at`, else the latest: its folder has the newest rows."""
    if name is not None:
        return choose_editions([name], extracts)[0]
    there = choose_editions([], extracts)
    return next((each for each in there if each.periods["education"].as_at >= as_at), there[-1])


def _look_back(as_at: date, last: HeldReview | None, output: paths.Output) -> date:
    """The day whose position the last review looked at: as its answers say, else that of its list, else its month's first."""
    if last is not None:
        return last.as_at
    lists = []
    for folder in output.papers.glob("*"):
        with contextlib.suppress(ValueError):  # a folder that somebody else put there
            lists.append(date.fromisoformat(folder.name[:10]))
    for state in list_editions(output):
        sealed = output.editions / state.name
        if (sealed / "restricted" / f"{FILES['register']}.csv").is_file():
            lists.append(date.fromisoformat(read_ingredients(sealed).periods["education"]["as_at"]))
    known = [day for day in lists if date_review(day) == date_last_review(as_at)]
    return max(known, default=date_last_review(as_at))


def _admit(
    edition: Edition, folder: Path, output: paths.Output, work: Path, as_at: date, looks_back_to: date, encoding: str
) -> EditionRun:
    """The extracts through the gate and into the models, as they stood at the end of `as_at`."""
    first = min(looks_back_to + timedelta(days=1), as_at)
    moved = Edition(
        edition.name,
        {
            "missing": Period(first, as_at, as_at),
            "education": Period(min(edition.periods["education"].start, as_at), as_at, as_at),
        },
    )
    examination = examine(folder, moved, encoding=encoding, authority=choose_authority())
    if not examination.ok:
        raise DataFault(f"{show_as_text([examination])}\nNo list was written.")
    run = EditionRun(
        edition=moved,
        extracts=folder,
        output=output,
        batch=work,
        encoding=encoding,
        authority=choose_authority(),
        policy=read_policy(paths.POLICY.read_text("utf-8")),
    )
    run.work.mkdir(parents=True)
    admit(examination, moved, run.admitted, last_review_on=looks_back_to)
    done = run_dbt(
        ["run", "--select", *(f"+{model}" for model in _MODELS)],
        admitted=run.admitted,
        warehouse=run.warehouse,
        artifacts=run.dbt_artifacts,
    )
    if not done.success:
        raise MachineFault(
            "The models of the review do not come out. `storyboard build` on the same extracts says more."
        )
    return run


def _write(
    run: EditionRun,
    into: Path,
    held: Sequence[HeldReview],
    last: HeldReview | None,
    looks_back_to: date,
    seed: str | None,
) -> ReviewPapers:
    into.mkdir(mode=0o700)
    register = write_register_review(run, into, held, seed=seed)
    interviews = write_interview_review(run, into, held, seed=seed)
    matches = write_census_reconciliation(run, into)
    write_review_summary(
        register,
        interviews,
        matches,
        read_plans(),
        into / "summary.pdf",
        looks_back_to=looks_back_to,
        last=last,
        invented=run.is_invented,
    )
    there, is_new = _find_place(run.output, register.as_at, into)
    if is_new:
        switch(run.output, [Placement(into, there.relative_to(run.output.folder).as_posix())])
    return ReviewPapers(
        there,
        run.edition.name,
        is_new,
        len(register.rows),
        None if interviews is None else len(interviews.rows),
        None if matches is None else len(matches),
        looks_back_to,
    )


def _find_place(output: paths.Output, as_at: date, made: Path) -> tuple[Path, bool]:
    """The folder that holds these very lists already, else the first free name: what people wrote in stays where it is."""
    number = 1
    while (place := output.papers / (as_at.isoformat() + (f" ({number})" if number > 1 else ""))).exists():
        if _lists_in(place) == _lists_in(made):
            return place, False
        number += 1
    return place, True


def _lists_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.csv"))}
