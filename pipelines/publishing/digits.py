"""Finds digits that are typed into a page where a figure belongs.

Dates, years, ages, names of law, durations that a definition states, list numbers and code are told apart by rule. A
rule speaks of what surrounds a number; there is no list of pages or sentences that are let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_N = r"\d[\d,]*(?:\.\d+)?"
_YEAR = r"(?:19|20)\d\d"

_NOT_PROSE = re.compile(
    r"""
    \A---\n.*?\n---\n                       # front matter
    | ^(?P<fence>```|~~~).*?^(?P=fence)     # code
    | <!--.*?-->
    | \{\#.*?\#\} | \{%.*?%\} | \{\{.*?\}\} # what the template fills in
    | `[^`\n]+`
    | (?<=\])\([^)\n]*\) | (?<=\])\[[^\]\n]*\] | ^\[[^\]\n]+\]:\s.*$ | \[\^[^\]\n]+\]   # links, their targets, notes
    | <https?://[^>\s]*> | https?://\S+ | [\w./-]+\.(?:gov|org|co|ac)\.uk\S*
    | </?[A-Za-z][^>]*>
    | \{[:.\#][^}\n]*\} | \{\s[.\#][^}\n]*\}  # attribute lists
    | &\#?\w+;
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)

_SPAN = r"(?:\s*(?:to|and|or|-|–)\s*"
_LAW = r"sections?|regulations?|reg\.|articles?|art\.|schedules?|paragraphs?|para\.|parts?|chapters?|clauses?|rules?"
_CLAUSE = r"\d+[A-Za-z]{0,2}(?:\(\w+\))*"
_NUMBERED = (
    r"Outcome|Aim|Action|Stage|Quarter|Key\sStage|Year|Level|Tier|Table|Chart|Figure|Question|Step|Edition|Version|Volume|Principle"
    r"|Priority|WCAG|volume|version|item"
)
_COUNTED = "episodes|children|referrals|interviews|citations|cases|boys|girls|young"

_ALLOWED = re.compile(
    rf"""
    # the number of a list item or a heading
    ^\s*(?:\#+\s+)?\d{{1,2}}[.)]\s | ^\#+\s+\d{{1,2}}(?=\s)
    # dates, spans of years, times of day
    | \b\d{{1,2}}(?:st|nd|rd|th)?{_SPAN}\d{{1,2}}(?:st|nd|rd|th)?)?\s+(?:{_MONTHS})\b(?:\s+{_YEAR})?
    | \b(?:{_MONTHS})\s+{_YEAR}\b
    | \b{_YEAR}-\d\d(?:-\d\d)?\b | \b\d{{1,2}}[./]\d{{1,2}}[./](?:\d\d|{_YEAR})\b
    | \b{_YEAR}\s*(?:[-–/]|to|and)\s*(?:{_YEAR}|\d\d)\b
    | \b\d{{1,2}}(?:[.:]\d\d)?\s?(?:am|pm)\b | \b\d\d:\d\d\b | \b24\s?/\s?7\b
    # ages
    | \b(?:aged?|ages|age\sof)\s+\d{{1,2}}{_SPAN}\d{{1,2}})?\b(?!\s*(?:%|per\s|of\s|,\d))
    | \b(?:under|over)[\s-](?:5|10|11|16|18|21|25)s?\b(?!\s*(?:%|per\s|of\s|,\d))(?!\s+(?:{_COUNTED}))
    | \b\d{{1,2}}{_SPAN}\d{{1,2}})?[\s-]years?[\s-]olds?\b
    | \b\d{{1,2}}(?:th|st|nd|rd)\s+birthday\b
    # law
    | (?:\b(?:{_LAW})\s?|(?<!['’])\bss?\.?){_CLAUSE}(?:\s*(?:,|to|and|-|–)\s*{_CLAUSE})*
    | \b(?-i:SI|S\.I\.|No\.?|SSI)\s*{_YEAR}?\s*(?:/|No\.?\s*)?\s*\d+\b | \b{_YEAR}/\d+\b
    # names with a number
    | \b(?-i:{_NUMBERED})\s\d{{1,2}}(?:\.\d)*(?:\s*(?:,|to|and|-|–)\s*\d{{1,2}})*\b
    | (?<![A-Za-z])[A-Za-z]+[\w./-]*\d[\w/]*(?:-\w+)* | \b\d+[A-Z]{{1,3}}\b
    # sizes of screens and files
    | \b\d+\s(?:pixels|kB|MB)\b
    # telephone numbers
    | \b(?:call|ring|phone|dial|text|telephone)\s+(?:116\s?\d{{3}}|0[\d\s]{{8,12}}|\d{{3}})\b
    # a year by itself, that counts nothing: what is counted is no name, so that it has no capital
    | (?<![\w.,])(?:19|20)\d\d(?![\w%]|[.,]\d)(?!\s+(?-i:{_COUNTED})\b)
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)

_STATED = re.compile(rf"\b{_N}\s+(?:elapsed\s+)?(?:hours|days|weeks|months|years)\b|\b(?:per|every)\s+{_N}\b")
_DIGITS = re.compile(rf"{_N}\s?%?")


@dataclass(frozen=True, slots=True)
class TypedFigure:
    """A digit that stands where a figure belongs. `line` counts from 1."""

    line: int
    text: str


def read_stated(definitions: Iterable[str]) -> frozenset[str]:
    """The numbers with their units that definitions and labels themselves state, e.g. `72 hours`, `per 10,000`."""
    return frozenset(
        " ".join(found.group().lower().replace("elapsed ", "").split())
        for text in definitions
        for found in _STATED.finditer(text)
    )


def find_typed_figures(source: str, stated: frozenset[str] = frozenset()) -> list[TypedFigure]:
    """Every digit of a page's source that is typed where a figure belongs, in order."""
    text = tell_numbers_apart(_NOT_PROSE.sub(_blank, source), stated)
    return [
        TypedFigure(text.count("\n", 0, found.start()) + 1, found.group().strip()) for found in _DIGITS.finditer(text)
    ]


def tell_numbers_apart(text: str, stated: frozenset[str] = frozenset()) -> str:
    """Plain text with every number blanked that is a date, an age, a law, a name or a duration that is stated."""
    if stated:
        text = _known(stated).sub(_blank, text)
    return _ALLOWED.sub(_blank, text)


@cache
def _known(stated: frozenset[str]) -> re.Pattern[str]:
    words = "|".join(re.escape(each).replace(r"\ ", r"\s+") for each in sorted(stated, key=lambda t: (-len(t), t)))
    return re.compile(rf"(?<![\d.,])(?:{words})\b", re.IGNORECASE)


def _blank(found: re.Match[str]) -> str:
    """Spaces in place of the text found, so that lines keep their numbers; words stay apart."""
    return re.sub(r"[^\n]", " ", found.group())
