"""Which councils the rows of a folder of extracts name, for what has to know it before the gate has looked at them.

Nothing is checked here: a file that cannot be read names nobody, and the gate says why.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.faults import Fault
from pipelines.intake.files import list_folder, read_plain_file
from pipelines.intake.findings import Findings

_NAMING = ("missing_episodes", "cme_referrals")
"""The extracts that decide it: those of the others must be of a council that these name."""


def list_authorities(folder: Path, *, encoding: str, authority: str) -> frozenset[str]:
    """The ONS codes that the episodes and referrals of one edition name; `authority` is that of rows which name none."""
    from pipelines.intake.reading import check_encoding, read_sheet
    from pipelines.intake.schemas import read_schema

    found: set[str] = set()
    findings = Findings()
    try:
        named = list_folder(folder).extracts
        for extract in _NAMING:
            if len(named.get(extract, ())) != 1:
                continue
            file = read_plain_file(folder / named[extract][0], extract, findings)
            sheet = read_sheet(file, read_schema(extract), check_encoding(encoding), findings) if file else None
            if sheet is None:
                continue
            column = sheet.named().get("authority")
            if column is None or not column.is_filled.all():
                found.add(authority)
            if column is not None:
                found.update(column.values)
    except Fault:
        return frozenset()
    return frozenset(found)
