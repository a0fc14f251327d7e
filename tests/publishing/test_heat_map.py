"""The week by hour, which only restricted papers show: every number in its cell, in words and in the file."""

import re
from pathlib import Path

from lxml import etree

from pipelines.publishing.heat_map import DAYS, Start, draw_week, write_starts
from tests.publishing.fabricated import make_book

SVG = "{http://www.w3.org/2000/svg}"
STARTS = [
    Start("monday", 8, 3),
    Start("friday", 18, 12),
    Start("friday", 23, 6),
    Start("sunday", 0, 1),
    Start("sunday", None, 4),
]


def test_each_cell_is_as_dark_as_its_number_is_large() -> None:
    drawn = draw_week(STARTS)
    shades = {}
    for group in etree.fromstring(drawn.svg.encode()).iter(f"{SVG}g"):
        if group.get("id", "").startswith("cell-"):
            (colour,) = re.findall(r"fill: #(\w{6})", group.find(f"{SVG}path").get("style"))
            shades[group.get("id").removeprefix("cell-")] = sum(int(colour[i : i + 2], 16) for i in (0, 2, 4))
    assert len(shades) == 7 * 24
    assert (
        shades["friday-18"] < shades["friday-23"] < shades["monday-8"] < shades["sunday-0"] < shades["monday-9"] == 765
    )


def test_every_number_is_written_in_its_cell_and_said_in_words() -> None:
    drawn = draw_week(STARTS)
    texts = ["".join(text.itertext()) for text in etree.fromstring(drawn.svg.encode()).iter(f"{SVG}text")]
    assert sorted(t for t in texts if t.isdigit() and t != "0") == ["1", "12", "3", "6"]
    assert texts.count("0") == 7 * 24 - 4
    assert {day[:3].capitalize() for day in DAYS} <= set(texts)
    assert drawn.finding == "Most episodes in one hour began on Fridays from 18:00: 12 of 22"
    assert "Monday: 08:00 3. Tuesday: none." in drawn.alternative
    assert "Friday: 18:00 12, 23:00 6." in drawn.alternative
    assert drawn.alternative.endswith("No time of day was recorded for 4 episodes.")


def test_no_hour_is_named_where_two_are_alike() -> None:
    drawn = draw_week([Start("monday", 1, 2), Start("tuesday", 1, 2)])
    assert drawn.finding == "No single hour of the week stands out: the most in any is 2 of 4"


def test_the_file_holds_every_row_the_unknown_hours_too(tmp_path: Path) -> None:
    write_starts(STARTS, make_book("2016"), tmp_path / "starts.csv")
    assert (tmp_path / "starts.csv").read_text("utf-8").splitlines()[2:] == [
        "2016,E06000014,friday,18,12",
        "2016,E06000014,friday,23,6",
        "2016,E06000014,sunday,0,1",
        "2016,E06000014,sunday,not_known,4",
    ]
