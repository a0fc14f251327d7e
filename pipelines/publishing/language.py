"""Words that blame or label children, which no page may use, each with the reason and with what to write instead.

A short list, kept with the reasons; spelling and style are for the writer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusedWord:
    """A pattern, what to write instead, and why."""

    pattern: str
    instead: str
    reason: str


REFUSED = (
    RefusedWord(r"abscond\w*", "went missing", "it speaks of a child as of a prisoner"),
    RefusedWord(r"child prostitut\w*", "a child who has been sexually exploited", "a child cannot consent to abuse"),
    RefusedWord(r"promiscuous\w*", "what happened, in plain words", "it blames the child for what others did"),
    RefusedWord(r"lifestyle choices?", "what happened, in plain words", "it calls abuse a choice of the child"),
    RefusedWord(
        r"(?:put|puts|putting) (?:themsel(?:f|ves)|himself|herself) at risk",
        "was put at risk, and by whom",
        "it blames the child for what others did",
    ),
    RefusedWord(r"attention[- ]seeking", "what the child needed", "it makes light of distress"),
    RefusedWord(r"(?:trouble ?makers?|delinquents?)", "a child, and what happened", "it labels the child"),
)


@dataclass(frozen=True, slots=True)
class RefusedUse:
    """One use of a refused word. `line` counts from 1."""

    line: int
    text: str
    word: RefusedWord


def find_refused_words(source: str) -> list[RefusedUse]:
    """Every refused word of a page or data file, in order."""
    found = [
        (match.start(), RefusedUse(source.count("\n", 0, match.start()) + 1, match.group(), word))
        for word in REFUSED
        for match in re.finditer(rf"\b{word.pattern}\b", source, re.IGNORECASE)
    ]
    return [use for _, use in sorted(found, key=lambda pair: pair[0])]
