"""The names by which Word and Excel files bind a number to its figure: hidden bookmarks and hidden names, made from its address.

Both programs limit the length and the letters of a name, so that it is a digest. How each file carries it is the writer's.
"""

from __future__ import annotations

import hashlib

PREFIX = "_figure_"
"""Word hides a bookmark whose name begins with an underscore."""


def digest_address(address: object) -> str:
    """Twenty hexadecimal digits of the sha256 of an address."""
    return hashlib.sha256(str(address).encode()).hexdigest()[:20]


def name_binding(address: object, number: int) -> str:
    """The name of the `number`th number that a file shows, e.g. `_figure_0123456789abcdef0123_7`: at most 40 characters."""
    return f"{PREFIX}{digest_address(address)}_{number}"


def read_binding(name: str) -> str | None:
    """The digest in such a name; None for any other name."""
    return name.removeprefix(PREFIX).rsplit("_", 1)[0] if name.startswith(PREFIX) else None
