"""The list of editions: which one is used, and what it may not say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.faults import DataFault
from pipelines.figures import Period
from pipelines.intake.calendar import read_calendar

HEADER = "edition,collection,period_start,period_end,as_at\n"
MISSING = "2016,missing,2014-04-01,2015-03-31,2016-01-12\n"
EDUCATION = "2016,education,2015-09-01,2016-01-12,2016-01-12\n"


def test_the_project_s_own_editions_are_read_where_the_extracts_have_none(tmp_path: Path) -> None:
    for calendar in (read_calendar(None), read_calendar(tmp_path)):
        assert calendar["2016"].periods["missing"] == Period(date(2014, 4, 1), date(2015, 3, 31), date(2016, 1, 12))
        assert calendar["2017"].periods["education"] == Period(date(2016, 9, 1), date(2017, 1, 12), date(2017, 1, 12))


def test_the_editions_of_the_extracts_folder_are_used_instead(tmp_path: Path) -> None:
    (tmp_path / "editions.csv").write_text("\ufeff" + HEADER + (MISSING + EDUCATION).replace("2016,", "2031,") + "\n\n")
    assert list(read_calendar(tmp_path)) == ["2031"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (HEADER.replace("as_at", "date") + MISSING + EDUCATION, 1, "header"),
        ("", None, "0 bytes"),
        (HEADER + MISSING, 2, "no row for education"),
        (HEADER + MISSING + MISSING + EDUCATION, 3, "has this collection already"),
        (HEADER + MISSING.replace("2016,", "../x,") + EDUCATION, 2, "not a year"),
        (HEADER + MISSING.replace("2016,", "2016-v2,") + EDUCATION, 2, "not a year"),
        (HEADER + MISSING.replace("missing", "Missing") + EDUCATION, 2, "neither missing nor education"),
        (HEADER + MISSING + EDUCATION.replace("2015-09-01", "1 Sep 2015"), 3, "period_start is not a date"),
        (HEADER + MISSING + EDUCATION.replace("2015-09-01", "2015-09-31"), 3, "period_start is not a date"),
        (HEADER + MISSING + EDUCATION.replace("2015-09-01", "20150901"), 3, "period_start is not a date"),
        (HEADER + MISSING + EDUCATION.replace("2015-09-01", "1899-09-01"), 3, "period_start is not a date"),
        (HEADER + MISSING + EDUCATION.replace("2015-09-01", "2016-09-01"), 3, "period_start is after period_end"),
        (HEADER + MISSING.replace("2016-01-12", "2015-03-30") + EDUCATION, 2, "period_end is after as_at"),
        (HEADER + MISSING + EDUCATION.replace("2016-01-12\n", "2016-01-13\n"), 3, "as_at of education"),
        (HEADER + MISSING + "\n" + EDUCATION, 3, "blank line"),
        (HEADER + MISSING.replace(",missing", "") + EDUCATION, 2, "five cells"),
        (HEADER + MISSING + '2016,"education,2015-09-01', 3, "quotation marks"),
    ],
)
def test_a_list_that_breaks_the_calendar_is_refused_with_its_line(
    text: str, line: int | None, said: str, tmp_path: Path
) -> None:
    (tmp_path / "editions.csv").write_text(text)
    with pytest.raises(DataFault) as caught:
        read_calendar(tmp_path)
    assert str(caught.value).startswith("editions.csv" if line is None else f"editions.csv, line {line}: ")
    assert said in str(caught.value)


def test_a_list_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "editions.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(DataFault, match="a link"):
        read_calendar(tmp_path)
