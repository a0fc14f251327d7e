"""Compares an edition's extracts with those of the edition before: rows that come late, were corrected, or have vanished.

Counts only, as queries: nothing here says that either extract is wrong. The earlier files are not judged again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.figures import Collection, Edition
from pipelines.intake.cells import Extract, check_cells
from pipelines.intake.consistency import find_rows, number_moments
from pipelines.intake.files import list_folder, read_plain_file
from pipelines.intake.findings import Findings
from pipelines.intake.header import check_header
from pipelines.intake.many_moments import NO_DAY
from pipelines.intake.reading import read_sheet
from pipelines.intake.schemas import read_schema
from pipelines.intake.sheets import Column, Mask, Numbers, match_values

ENOUGH_CHILDREN = 20
"""Fewer children than these in either extract may well have none in common."""


@dataclass(frozen=True)
class Compared:
    """How the rows of one extract are told apart from year to year."""

    collection: Collection
    identity: str
    happened: str
    """The date or time that says in which month a row belongs."""
    ended: str
    """Blank while the row is open."""


COMPARED = {
    "missing_episodes": Compared("missing", "episode_id", "started_at", "ended_at"),
    "cme_referrals": Compared("education", "referral_id", "referred_on", "closed_on"),
}


def compare_with_previous(
    extracts: Mapping[str, Extract],
    previous: Path,
    edition: Edition,
    encoding: str,
    authority: str,
    findings: Findings,
) -> None:
    """Add queries on how the extracts differ from those in the folder `previous`.

    An earlier file that cannot be read as an extract is passed over: it was judged in its own year.
    """
    here = {name: extracts[name] for name in COMPARED if name in extracts and extracts[name].rows}
    listing = list_folder(previous)
    for name, extract in here.items():
        files = listing.extracts.get(name, ())
        earlier = _read(previous / files[0], name, encoding) if len(files) == 1 else None
        if earlier is not None and earlier.rows:
            start = edition.periods[COMPARED[name].collection].start.toordinal()
            _compare(extract, earlier, COMPARED[name], start, authority, findings)


def _read(path: Path, name: str, encoding: str) -> Extract | None:
    unheeded = Findings()
    schema = read_schema(name)
    file = read_plain_file(path, name, unheeded)
    sheet = read_sheet(file, schema, encoding, unheeded) if file else None
    if sheet is None or not check_header(sheet, schema, unheeded):
        return None
    return check_cells(sheet, schema, unheeded)


def _compare(
    extract: Extract, earlier: Extract, compared: Compared, start: int, authority: str, findings: Findings
) -> None:
    children = [set(each.columns["child_id"].values) for each in (extract, earlier)]
    if min(map(len, children)) >= ENOUGH_CHILDREN and children[0].isdisjoint(children[1]):
        findings.add("pseudonyms_not_kept", extract.name, "child_id")
    days, days_before = extract.days(compared.happened), earlier.days(compared.happened)
    months, months_before = _months(days), _months(days_before)
    place = _places(extract, earlier, compared.identity)
    kept = place >= 0
    if not kept.any():
        both = np.intersect1d(months[days != NO_DAY], months_before[days_before != NO_DAY])
        if len(both):
            findings.add("ids_not_kept", extract.name, compared.identity)
        return
    covered = np.isin(months, months_before[days_before != NO_DAY]) & (days <= days_before.max())
    late = ~kept & (days != NO_DAY) & (days < start) & covered
    corrected = kept & _differs(extract, earlier, place, authority)
    # A month counts as exported again only where some row of it is the same: a stray row is no export.
    again = np.isin(months_before, months[kept & (days != NO_DAY)]) & (days_before != NO_DAY)
    is_open = ~earlier.columns[compared.ended].is_filled
    vanished = (_places(earlier, extract, compared.identity) < 0) & (again | is_open)
    for rule, rows in (("late_rows", late), ("corrected_rows", corrected), ("vanished_rows", vanished)):
        if rows.any():
            findings.add(rule, extract.name, count=int(rows.sum()))


def _months(days: Numbers) -> Numbers:
    """Per row, a number for the calendar month of its day."""
    return ((days - 1).astype("timedelta64[D]") + np.datetime64("0001-01-01")).astype("datetime64[M]").astype(np.int64)


def _places(extract: Extract, other: Extract, identity: str) -> Numbers:
    """Per row of the first, the row of the other that has its id; -1 where there is none."""
    return find_rows(extract.columns[identity], other.columns[identity])


def _differs(extract: Extract, earlier: Extract, place: Numbers, authority: str) -> Mask:
    """Per row, whether a cell that was filled means something else than it did."""
    differs: Mask = np.zeros(extract.rows, dtype=bool)
    for name in extract.schema.fields:
        now, before = _meanings(extract, earlier, name, authority)
        then = before[place]
        differs |= (then >= 0) & (then != now)
    return differs


def _meanings(extract: Extract, earlier: Extract, name: str, authority: str) -> tuple[Numbers, Numbers]:
    """Per row of either extract, a number that is the same for cells that mean the same; -1 for a blank."""
    columns = [each.columns[name] for each in (extract, earlier)]
    # A blank authority is the one that is configured.
    ours = [Column((authority,), np.empty(0, dtype=np.int32))] if name == "authority" else []
    numbers, count = match_values([*columns, *ours])
    blank = int(numbers[2][0]) if ours else -1
    meanings = []
    for each, column, number in zip((extract, earlier), columns, numbers, strict=False):
        moments = each.moments.get(name)
        if moments is not None:
            number = np.where(moments.days == NO_DAY, number, count + number_moments(moments))
        meanings.append(np.append(number, blank)[column.codes])
    return meanings[0], meanings[1]
