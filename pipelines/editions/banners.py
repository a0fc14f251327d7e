"""The one banner element that a page on the site may carry above what was sealed: draft, corrected, a newer edition.

It is put in at a marker that each page has, so that the page without it is the sealed page. What else a page says is
not known here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.editions.state import EditionState
from pipelines.faults import MachineFault

MARKER = b"<!-- storyboard:banner -->"
_BODY = re.compile(rb"<body\b[^>]*>", re.IGNORECASE)
_STYLE = (
    "margin:0;padding:.6rem 1rem;background:#fff3bf;color:#1a1a1a;"
    "border-bottom:2px solid #1a1a1a;font:16px/1.5 sans-serif"
)
_LINK_STYLE = "color:#1a1a1a;text-decoration:underline"

Kind = Literal["draft", "superseded", "newer"]


@dataclass(frozen=True, slots=True)
class Banner:
    """What a banner says: its kind, a sentence, and the edition (a folder beside this one) that it leads to."""

    kind: Kind
    text: str
    leads_to: str | None = None
    link_text: str = ""


def choose_banner(state: EditionState, shown: Sequence[EditionState]) -> Banner | None:
    """The banner of one edition among those shown on the same site; None where it needs none.

    A draft says first that it is one; then a correction counts for more than a newer edition.
    """
    standing = [other for other in shown if other.status != "withdrawn"]
    corrected = [other for other in standing if other.edition == state.edition and other.version > state.version]
    later = [other for other in standing if other.edition > state.edition]
    kind: Kind
    if corrected:
        kind = "superseded"
        leads_to = corrected[-1]
        text = f"This edition has been corrected: version {leads_to.version} takes its place."
        if leads_to.status == "draft":
            text = f"A correction of this edition is being prepared: version {leads_to.version} is a draft."
        elif leads_to.reason:
            text += f" Why: {leads_to.reason.rstrip('.')}."
        link_text = f"Go to version {leads_to.version}"
    elif later:
        kind = "newer"
        leads_to = later[-1]
        text = f"A newer edition exists: {leads_to.edition}{' (a draft)' if leads_to.status == 'draft' else ''}."
        link_text = f"Go to {leads_to.edition}"
    elif state.status == "draft":
        return Banner("draft", "Draft: not published. Figures and words may change.")
    else:
        return None
    if state.status == "draft":
        return Banner("draft", f"Draft: not published. {text}", leads_to.name, link_text)
    return Banner(kind, text, leads_to.name, link_text)


def insert_banner(page: bytes, banner: Banner, *, depth: int, path: str, place: str = "") -> bytes:
    """The page with the banner right after its marker (or after `<body>`). `depth` counts the folders between the
    page and its edition's folder; `path` names the page in a fault. `place` is the folder of the edition led to in which
    the same council has its pages, as `E06000014/`; without it the banner leads to the edition's first page."""
    at = page.find(MARKER)
    if at >= 0:
        at += len(MARKER)
    elif found := _BODY.search(page):
        at = found.end()
    else:
        raise MachineFault(f"The page {path} has no place for its banner: it has no <body>.")
    return page[:at] + _render(banner, depth, place).encode("utf-8") + page[at:]


def _render(banner: Banner, depth: int, place: str) -> str:
    link = ""
    if banner.leads_to is not None:
        address = "../" * (depth + 1) + f"{banner.leads_to}/{place}index.html"
        link = f' <a href="{html.escape(address)}" style="{_LINK_STYLE}">{html.escape(banner.link_text)}</a>'
    return (
        f'<aside class="storyboard-banner" data-banner="{banner.kind}" '
        f'aria-label="Status of this edition" style="{_STYLE}">'
        f"{html.escape(banner.text)}{link}</aside>"
    )
