"""What the department publishes: the latest release, breaks, neighbours, and numbers that are never taken for ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree, html

from pipelines import paths
from pipelines.intake.published_statistics import read
from pipelines.publishing.book import Book, PublishedStatistic
from pipelines.publishing.citations import choose_registers, read_registers
from pipelines.publishing.department import (
    MEASURES,
    Published,
    find_middle,
    mark_up_neighbours,
    mark_up_revisions,
    mark_up_several,
    say_place,
    write_published_data,
)
from pipelines.publishing.department_chart import draw_years, mark_up_published_chart
from pipelines.register import read_categories, read_metrics
from tests.publishing.fabricated import YORK, make_edition, make_figures

REGISTERS = choose_registers(read_registers(paths.DOCS), "2016", None, "E06000014")
REAL = paths.PROJECT.parent / "shared" / "data" / "dfe_cla_missing"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the department's files are not beside the project")


def make(*statistics: PublishedStatistic) -> tuple[Published, Book]:
    book = Book(
        make_edition("2016"),
        make_figures("2016"),
        read_metrics(),
        read_categories(),
        audience="public",
        published_statistics=statistics,
    )
    return Published(book, REGISTERS), book


def stat(
    measure: str, year: int, value: str, *, area: str = YORK, name: str = "York", release: int = 2023
) -> PublishedStatistic:
    is_number = value.replace(".", "").isdigit()
    number, symbol = (Decimal(value), "") if is_number else (None, value)
    return PublishedStatistic(area, name, date(year, 3, 31), measure, number, symbol, f"A release, {release}")


def read_files(folder: Path, pattern: str = "*.csv") -> list[PublishedStatistic]:
    return [
        PublishedStatistic(s.authority, s.area_name, s.year_ending, s.measure, s.value, s.symbol, s.release)
        for s in read(sorted(folder.glob(pattern)))
    ]


def rows_of(markup: str) -> list[list[str]]:
    page = html.fragment_fromstring(markup, create_parent="div")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in page.iter("tr")]


@pytest.fixture(scope="module")
def sample() -> tuple[Published, Book]:
    return make(*read_files(paths.SAMPLE_EXTRACTS / "2016", "published_statistics*.csv"))


def test_the_value_released_last_is_shown_and_the_first_is_told_beside_it() -> None:
    published, book = make(stat("missing_incidents", 2019, "195", release=2022), stat("missing_incidents", 2019, "199"))
    assert [s.value for s in published.own("missing_incidents")] == [199]
    assert rows_of(mark_up_revisions(published, book))[1][1:] == ["195", "A release, 2022", "199", "A release, 2023"]


def test_the_sample_shows_york_its_region_and_england_for_ten_years(sample: tuple[Published, Book]) -> None:
    published, book = sample
    figure = mark_up_published_chart(published, book, "missing_incidents", b'viewBox="0 0 1 1"', "x.svg", "x.csv")
    rows = rows_of(figure)
    assert rows[0] == ["Year ending 31 March", "York", "Yorkshire and The Humber", "England", "Release"]
    assert rows[1] == ["2015 (A: recorded differently from here on)", "202", "3,430", "28,570", "SFR34/2015"]
    assert rows[10] == ["2024", "278", "5,760", "83,920", "2024"]
    assert [row[0][:4] for row in rows[1:] if "recorded differently" in row[0]] == ["2015", "2017", "2018"]


def test_what_the_department_hides_keeps_its_symbol_and_is_explained(sample: tuple[Published, Book]) -> None:
    published, book = sample
    figure = mark_up_published_chart(published, book, "away_incidents", b'viewBox="0 0 1 1"', "x.svg", "x.csv")
    assert [row[1] for row in rows_of(figure)[1:]] == ["48", "140", "158", "8", "c", "c", "c", "0", "0", "c"]
    assert "c: hidden by the department" in figure
    assert "hidden by the department in the year ending 31 March 2024" in figure


def test_no_value_of_the_department_can_be_taken_for_a_figure_of_ours(sample: tuple[Published, Book]) -> None:
    published, book = sample
    figure = mark_up_published_chart(published, book, "missing_incidents", b'viewBox="0 0 1 1"', "x.svg", "x.csv")
    assert "data-figure" not in figure
    page = html.fragment_fromstring(figure)
    cells = [cell for row in page.findall(".//tbody/tr") for cell in row.findall("td")[:-1]]
    assert all(cell.find("data").get("class") == "published" for cell in cells)


def test_a_drawing_has_a_bar_for_each_year_a_hatch_for_each_hidden_one_and_a_line_at_each_break(
    sample: tuple[Published, Book],
) -> None:
    published, book = sample
    drawing = etree.fromstring(draw_years(published, book, "away_incidents"))
    ids = {element.get("id") for element in drawing.iter() if element.get("id")}
    assert {i for i in ids if i.startswith("bar-")} == {f"bar-{y}" for y in (2015, 2016, 2017, 2018, 2022, 2023)}
    assert {i for i in ids if i.startswith("hidden-")} == {f"hidden-{y}" for y in (2019, 2020, 2021, 2024)}
    texts = ["".join(element.itertext()) for element in drawing.iter("{*}text")]
    for letter in "ABC":
        assert f"{letter}: recorded differently from here on" in texts
    description = drawing.findtext("{*}desc")
    assert "2017 158; 2018 8; 2019 hidden" in description
    assert "Recorded differently from 2018 on" in description


def test_the_middle_of_neighbours_is_as_wide_as_what_is_hidden_leaves_open() -> None:
    def middle(*values: str) -> tuple[Decimal, Decimal | None]:
        return find_middle([stat("missing_incidents", 2020, value) for value in values])

    assert middle("1", "3", "8") == (3, 3)
    assert middle("1", "3", "8", "10") == (Decimal("5.5"), Decimal("5.5"))
    assert middle("10", "20", "30", "40", "c") == (20, 30)
    assert middle("10", "c", "c")[1] is None


def test_the_area_is_placed_among_its_neighbours_without_a_judgement() -> None:
    published, book = make(
        stat("missing_incidents_per_child", 2023, "8.9"),
        *(
            stat("missing_incidents_per_child", 2023, value, area=code, name=name)
            for (code, name), value in zip(
                make()[0].neighbours("2025"), ["9", "1", "2", "8.9", "c", "3", "4", "5", "6", "7"], strict=True
            )
        ),
    )
    said = say_place(published, book, "missing_incidents_per_child", "2025", date(2023, 3, 31))
    assert said.endswith(
        "of 10 neighbours, one had a higher number, seven a lower one, one the same and one a hidden one."
    )
    assert not {"good", "bad", "better", "worse", "best", "worst"} & set(said.lower().replace(",", "").split())


@needs_real
@pytest.mark.parametrize(("model", "nearest"), [("2025", "Gloucestershire"), ("2021", "Warwickshire")])
def test_the_real_files_give_every_neighbour_of_both_models(model: str, nearest: str) -> None:
    published, book = make(*read_files(REAL, "cla_missing_la_*.csv"))
    rows = rows_of(mark_up_neighbours(published, book, model))
    assert [row[0] for row in rows[1:3]] == ["York", nearest]
    assert len(rows) == 1 + 1 + 10 + 2
    assert all("not given" not in row for row in rows)
    assert {s.area_name for s in book.published_statistics if s.authority in dict(published.neighbours(model))} == {
        name for _, name in published.neighbours(model)
    }


def test_an_edition_without_the_departments_files_says_so_and_names_the_neighbours() -> None:
    published, book = make()
    assert not any(published.has(measure) for measure in MEASURES)
    assert "do not hold the neighbours" in mark_up_neighbours(published, book, "2025")
    assert "Gloucestershire" in mark_up_neighbours(published, book, "2025")


def test_home_education_stands_by_school_year(sample: tuple[Published, Book]) -> None:
    published, book = sample
    rows = rows_of(mark_up_several(published, book, ["home_educated_at_any_time", "home_education_notices"], "Home"))
    assert rows[1] == ["2021 to 2022", "240", "20", "2025"]
    assert rows[3] == ["2023 to 2024", "300", "low", "2025"]


def test_the_file_beside_a_drawing_keeps_every_release_and_symbol(sample: tuple[Published, Book]) -> None:
    lines = write_published_data(*sample, "away_incidents").splitlines()
    release = "Children looked after in England including adoptions"
    assert "York,E06000014,2015-03-31,away_incidents,48,,SFR34/2015" in lines
    assert f'York,E06000014,2019-03-31,away_incidents,,c,"{release}, 2022"' in lines
    lines = write_published_data(*sample, "missing_incidents").splitlines()
    assert [line.split(",")[4] for line in lines if "York,E06000014,2019" in line] == ["195", "199"]


def test_the_region_of_every_council_is_known_once() -> None:
    listed = [code for region in REGISTERS["regions"] for code in region["authorities"]]
    assert len(REGISTERS["regions"]) == 9
    assert len(listed) == len(set(listed)) >= 153
    neighbours = {n["code"] for model in REGISTERS["neighbours"] for n in model["listed"]}
    assert neighbours <= set(listed)


@pytest.mark.parametrize(
    ("authority", "region"), [("E10000017", "North West"), ("E09000007", "London"), (YORK, "Yorkshire and The Humber")]
)
def test_a_council_of_any_region_stands_beside_its_own_region_and_no_other(authority: str, region: str) -> None:
    figures = [replace(f, key=replace(f.key, authority=authority)) for f in make_figures("2016")]
    codes = {r["name"]: r["code"] for r in REGISTERS["regions"]}
    statistics = [stat("missing_incidents", 2015, "9", area=code, name=name) for name, code in codes.items()]
    statistics.append(stat("missing_incidents", 2015, "9", area=authority, name="Here"))
    statistics.append(stat("missing_incidents", 2015, "9", area="E92000001", name="England"))
    book = Book(
        make_edition("2016"),
        figures,
        read_metrics(),
        read_categories(),
        audience="public",
        published_statistics=statistics,
    )
    assert [name for _, name in Published(book, REGISTERS).areas()] == ["Here", region, "England"]
