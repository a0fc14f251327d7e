from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.publishing import english


def test_numbers_dates_and_lists_read_as_a_british_reader_writes_them() -> None:
    assert english.write_number(Decimal("1240")) == "1,240"
    assert english.write_number(Decimal("3.3")) == "3.3"
    assert english.write_date(date(2014, 4, 1)) == "1 April 2014"
    assert english.write_period(date(2014, 4, 1), date(2015, 3, 31)) == "1 April 2014 to 31 March 2015"
    assert english.write_list(["one", "two", "three"]) == "one, two and three"
    assert [english.write_day(day) for day in ("2015-04-01", "2015-04", "2015")] == [
        "1 April 2015",
        "April 2015",
        "2015",
    ]
    assert [english.write_number_in_words(n) for n in (0, 5, 12)] == ["zero", "five", "12"]


@pytest.mark.parametrize("text", ["2015-13-01", "April 2015", "15-04-01", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        english.write_day(text)


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(340, 530, "about two thirds"), (265, 530, "about half"), (0, 5, "none"), (5, 5, "all"), (525, 530, "almost all")],
)
def test_a_share_is_said_without_digits(part: int, whole: int, words: str) -> None:
    assert english.write_share(Decimal(part), Decimal(whole)) == words


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_all_and_none_are_said_of_nothing_less(whole: int, part: int) -> None:
    if part <= whole:
        words = english.write_share(Decimal(part), Decimal(whole))
        assert (words == "all") == (part == whole)
        assert (words == "none") == (part == 0)
        assert not any(letter.isdigit() for letter in words)


def test_a_label_goes_on_in_a_sentence_but_names_keep_their_capital() -> None:
    assert english.lower_first("Family conflict") == "family conflict"
    assert english.lower_first("English") == "English"
    assert english.lower_first("April 2014") == "April 2014"
