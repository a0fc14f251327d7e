"""Checks the header of an extract against its schema: listed columns only, written exactly, none of them absent.

A header that is not ours is never repeated, as it may be data: the column is named by its position.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from pipelines.intake.findings import Findings
from pipelines.intake.schemas import ExtractSchema
from pipelines.intake.sheets import Sheet

_PERSONAL = {
    "a name": r"(?:(?:fore|sur|first|last|middle|full|given|family|child|pupil|mother|father|carer)_?)?names?|initials",
    "a date of birth": r"d_?o_?b|mc_dob|.*birth.*|born",
    "an address": r".*address.*|street|house(?:_?(?:no|number|name))?|town|city",
    "a postcode": r".*post_?codes?|.*_post|zip",
    "an NHS number": r".*nhs.*",
    "a unique pupil number": r".*upn.*|unique_?pupil.*",
    "a learner number": r"uln|.*learner.*",
    "a National Insurance number": r"nino|ni_?(?:no|number)|national_?insurance.*",
    "an e-mail address": r".*e_?mail.*",
    "a telephone number": r".*(?:phone|mobile|telephone)(?:_?(?:no|number))?|tel",
    "free text": r".*(?:notes?|comments?|narrative|description|free_?text|details?)",
}
_PERSONAL_PATTERNS = {word: re.compile(rf"(?:{pattern})\Z") for word, pattern in _PERSONAL.items()}


def check_header(sheet: Sheet, schema: ExtractSchema, findings: Findings) -> bool:
    """Add what is wrong with the header. False when it is no header at all, so that the rows say nothing."""
    extract = schema.name
    folded = [fold(name) for name in sheet.header]
    if not any(name in schema.fields for name in folded):
        separator = _other_separator(sheet.header)
        if separator:
            findings.add("wrong_separator", extract, row=1, separator=separator)
        else:
            findings.add("header_absent", extract, row=1)
        return False
    seen: set[str] = set()
    for position, (name, likely) in enumerate(zip(sheet.header, folded, strict=True), start=1):
        column = f"column {position}"
        if name in schema.fields:
            if name in seen:
                findings.add("repeated_column", extract, name, 1)
            seen.add(name)
        elif likely in schema.fields:
            findings.add("header_not_exact", extract, likely, 1, position=position)
            seen.add(likely)
        elif not name.strip():
            findings.add("unnamed_column", extract, column, 1, position=position)
        elif word := next((word for word, pattern in _PERSONAL_PATTERNS.items() if pattern.match(likely)), None):
            findings.add("identifier_column", extract, column, 1, position=position, word=word)
        else:
            close = get_close_matches(likely, [field for field in schema.fields if field not in sheet.header], 1, 0.75)
            hint = f" It may be meant to be {close[0]}." if close else ""
            findings.add("unknown_column", extract, column, 1, position=position, hint=hint)
    for field in schema.fields.values():
        if field.name in seen:
            continue
        if field.is_required:
            findings.add("column_absent", extract, field.name, title=field.title.lower())
        elif field.blank_means:
            findings.add("meaningful_column_absent", extract, field.name, meaning=field.blank_means)
    return True


def fold(name: str) -> str:
    """A column name without the differences that people make by hand: case, spaces, hyphens, invisible marks."""
    visible = "".join(character for character in name if character.isprintable())
    return re.sub(r"[\s_\-./]+", "_", visible.strip()).strip("_").casefold()


def _other_separator(header: tuple[str, ...]) -> str | None:
    if len(header) != 1:
        return None
    return next(
        (name for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")) if mark in header[0]), None
    )
