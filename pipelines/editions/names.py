"""What an edition's folder may be called: `2016` for the first version, `2016-v2` for a correction of it.

Names only: which folders exist, and which of them are drafts, is for `state`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelines.faults import UsageFault

_NAME = re.compile(r"(?P<edition>[0-9]{4})(?:-v(?P<version>[1-9][0-9]{0,3}))?", re.ASCII)

_PLACE = re.compile(r"E[0-9]{8}|all", re.ASCII)


class EditionName(NamedTuple):
    """An edition and one of its versions; `version` is None where the person asked for the latest."""

    edition: str
    version: int | None


def parse_name(text: str) -> EditionName:
    """`2016` -> ("2016", None), `2016-v2` -> ("2016", 2). Anything else is a UsageFault."""
    found = _NAME.fullmatch(text)
    if not found:
        raise UsageFault(
            "That is no edition's name. An edition is named after the year it is published in, such as 2016; "
            "a correction of it is 2016-v2."
        )
    version = found["version"]
    return EditionName(found["edition"], int(version) if version else None)


def name_folder(edition: str, version: int) -> str:
    """The folder of a version under `editions/` and `site/`: `2016`, then `2016-v2`."""
    return edition if version == 1 else f"{edition}-v{version}"


def is_folder_name(text: str) -> bool:
    """Whether a folder of this name can be an edition's. `2016-v1` cannot: the first version has no suffix."""
    found = _NAME.fullmatch(text)
    return found is not None and found["version"] != "1"


def is_place(text: str) -> bool:
    """Whether a folder of this name among an edition's pages holds those of one of several councils, or of all of them."""
    return _PLACE.fullmatch(text) is not None
