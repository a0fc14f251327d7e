"""Numbers, dates, shares and lists as English. Takes values that may be shown and gives words.

Knows nothing of figures, metrics or pages; what a value means is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import humanize
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

if TYPE_CHECKING:
    import inflect

LOCALE = "en_GB"

_SHARES: tuple[tuple[Fraction, str], ...] = (
    (Fraction(0), "almost none"),
    (Fraction(1, 10), "about one in ten"),
    (Fraction(1, 5), "about a fifth"),
    (Fraction(1, 4), "about a quarter"),
    (Fraction(1, 3), "about a third"),
    (Fraction(2, 5), "about two fifths"),
    (Fraction(1, 2), "about half"),
    (Fraction(3, 5), "about three fifths"),
    (Fraction(2, 3), "about two thirds"),
    (Fraction(3, 4), "about three quarters"),
    (Fraction(4, 5), "about four fifths"),
    (Fraction(9, 10), "about nine in ten"),
    (Fraction(1), "almost all"),
)


@cache
def _engine() -> inflect.engine:
    # typeguard compiles every function of the library anew as it is imported: longer than all that is asked of it here.
    import typeguard

    checked = typeguard.typechecked
    vars(typeguard)["typechecked"] = lambda function: function
    try:
        import inflect
    finally:
        vars(typeguard)["typechecked"] = checked
    return inflect.engine()


def write_number(value: Decimal | int) -> str:
    """A number as it is printed, with commas, e.g. `1,240`."""
    return str(format_decimal(value, locale=LOCALE))


def write_number_in_words(value: int) -> str:
    """Whole numbers below ten as words, others as digits, as in British official style."""
    return humanize.apnumber(value) if 0 <= value < 10 else write_number(value)


def write_date(day: date) -> str:
    """E.g. `1 April 2014`."""
    return str(format_date(day, "d MMMM y", locale=LOCALE))


def write_day(text: str) -> str:
    """An ISO date, month or year in words: `2015-04-01`, `2015-04` or `2015`. Raises ValueError for anything else."""
    if re.fullmatch(r"\d{4}", text):
        return text
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return write_month(text)
    return write_date(date.fromisoformat(text))


def write_month(month: str) -> str:
    """`2014-04` as `April 2014`."""
    return str(format_date(date.fromisoformat(f"{month}-01"), "MMMM y", locale=LOCALE))


_STRETCHES = {
    "Q1": "First quarter (April to June)",
    "Q2": "Second quarter (July to September)",
    "Q3": "Third quarter (October to December)",
    "Q4": "Fourth quarter (January to March)",
    "autumn": "Autumn term (September to December)",
    "spring": "Spring term (January to March)",
    "summer": "Summer term (April to August)",
}
_IN_THE_NEXT_YEAR = ("spring", "summer")


def write_stretch(stretch: str) -> str:
    """The quarter of the financial year or the school term of `2014-Q1` or `2015-autumn`, without its year."""
    return _STRETCHES[stretch.partition("-")[2]]


def write_year_of_stretch(stretch: str) -> str:
    """The financial year or school year that a quarter or term is in: `2016-spring` is in `2015 to 2016`."""
    year, _, name = stretch.partition("-")
    first = int(year) - (name in _IN_THE_NEXT_YEAR)
    return f"{first} to {first + 1}"


def order_of_stretch(stretch: str) -> tuple[str, int]:
    """What quarters and terms are sorted by, the earliest first."""
    return write_year_of_stretch(stretch), list(_STRETCHES).index(stretch.partition("-")[2])


def write_period(start: date, end: date) -> str:
    """E.g. `1 April 2014 to 31 March 2015`."""
    return f"{write_date(start)} to {write_date(end)}"


def write_list(items: Sequence[str]) -> str:
    """E.g. `a, b and c`."""
    return str(format_list(list(items), locale=LOCALE))


def write_share(part: Decimal, whole: Decimal) -> str:
    """A part of a whole in words without digits, e.g. `about two thirds`. Raises ValueError for a whole of nothing."""
    if whole <= 0 or part < 0 or part > whole:
        raise ValueError("A share needs a part between nothing and a whole that is something.")
    share = Fraction(part) / Fraction(whole)
    if share in (0, 1):
        return "none" if share == 0 else "all"
    return min(_SHARES, key=lambda known: abs(known[0] - share))[1]


def write_plural(noun: str, count: Decimal | int | None) -> str:
    """`episodes` for one is `episode`; units of two words keep the rest, e.g. `episode per child`."""
    if count != 1:
        return noun
    head, _, rest = noun.partition(" ")
    singular = _engine().singular_noun(head)
    return " ".join(filter(None, (singular if isinstance(singular, str) else head, rest)))


def lower_first(text: str) -> str:
    """The text with a small first letter, to go on in a sentence; names of months, days and abbreviations are left."""
    first = text.split(" ")[0]
    keeps = first.isupper() and len(first) > 1
    names = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October"}
    names |= {"November", "December", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
    names |= {"English", "Asian", "Black", "White", "Gypsy,", "Europe", "Traveller"}
    return text if keeps or first in names else text[:1].lower() + text[1:]
