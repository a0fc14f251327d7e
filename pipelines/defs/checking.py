"""Which editions a command means, and the gate over all of them. Light: nothing of Dagster or dbt is imported here."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.faults import DataFault, UsageFault
from pipelines.figures import Edition
from pipelines.intake.calendar import read_calendar
from pipelines.intake.files import find_previous
from pipelines.intake.gate import Examination, examine

EDITION_NAME = re.compile(r"\d{4}")
AUTHORITY = "E06000014"
"""The authority of rows that name none where `storyboard.yml` names no other: the City of York."""
VARIABLE = "STORYBOARD_CONFIGURATION"
"""Which `storyboard.yml` the command was given: how the code location, a process of its own, learns it."""


def choose_authority() -> str:
    """The authority of rows that name none."""
    if not os.environ.get(VARIABLE):
        return AUTHORITY
    from pipelines.defs.configuration import read_from_environment

    return read_from_environment().authority


def find_edition(name: str, calendar: Mapping[str, Edition]) -> Edition:
    """The edition of that name. Raises UsageFault with the editions that there are."""
    if name in calendar:
        return calendar[name]
    if not EDITION_NAME.fullmatch(name):
        raise UsageFault("That is no name of an edition: an edition is named after its year, such as 2016.")
    near = difflib.get_close_matches(name, calendar, n=1, cutoff=0.5)
    raise UsageFault(
        f"Edition {name} has no rows in editions.csv, which has {', '.join(sorted(calendar)) or 'none'}."
        + (f" Did you mean {near[0]}?" if near else "")
        + f" Begin it with `storyboard init {name}`, or name another edition."
    )


def choose_editions(names: Sequence[str], extracts: Path) -> list[Edition]:
    """Those named, else all that have both their rows and their folder; in order of their names.

    Raises UsageFault for an unknown edition, DataFault where a folder of extracts is absent.
    """
    calendar = read_calendar(extracts)
    if names:
        chosen = [find_edition(name, calendar) for name in sorted(set(names))]
        absent = [edition.name for edition in chosen if not (extracts / edition.name).is_dir()]
        if absent:
            raise DataFault(
                f"There is no folder of extracts for {', '.join(absent)} in {extracts}. "
                f"Put the extracts in {extracts / absent[0]} and run again."
            )
        return chosen
    chosen = [calendar[name] for name in sorted(calendar) if (extracts / name).is_dir()]
    if not chosen:
        raise DataFault(
            f"{extracts} has no folder of extracts for any edition of editions.csv "
            f"({', '.join(sorted(calendar))}). Put the extracts in a folder named after their edition and run again."
        )
    return chosen


def examine_editions(
    names: Sequence[str], extracts: Path, *, encoding: str, authority: str | None = None
) -> list[Examination]:
    """The gate over the editions chosen, each compared with the extracts of the edition before. Writes nothing."""
    authority = authority or choose_authority()
    return [
        examine(folder, edition, encoding=encoding, authority=authority, previous=find_previous(folder))
        for edition in choose_editions(names, extracts)
        for folder in [extracts / edition.name]
    ]
