"""The finished scorecard, opened again and held against the figures."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.figures import PublicFigure
from pipelines.publishing.book import Book, PublishedStatistic
from pipelines.publishing.scorecard import read_plan, write_scorecard
from pipelines.register import read_metrics
from tests.reports.sample_book import YORK, sample_book
from tests.reports.test_workbooks import data_of

METRICS = read_metrics()
PLAN = read_plan(paths.SCORECARD_PLAN)


def without_notes(cells: tuple[object, ...]) -> list[str]:
    return [re.sub(r"\s*\[note \d+\]", "", str(cell)).strip() for cell in cells]


def table_of(book: Book, folder: Path, title: str) -> list[dict[str, object]]:
    """The rows of one table of the scorecard that this book gives, by the head of each column."""
    write_scorecard(book, folder / "s.xlsx")
    head, *rows = data_of(openpyxl.load_workbook(folder / "s.xlsx"), title)
    return [dict(zip(without_notes(head), row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("title", "collection"),
    [
        ("Children missing or absent from home or care, by quarter", "missing"),
        ("Return interviews, by quarter", "missing"),
        ("Children missing education, by school term", "education"),
    ],
)
def test_each_quarter_and_term_of_this_year_and_the_one_before_is_its_figure(
    tmp_path: Path, title: str, collection: str
) -> None:
    then = sample_book(2016)
    now = sample_book(2017, earlier=(then,))
    rows = table_of(now, tmp_path, title)
    assert [row["Year"] for row in rows[:2]] == (
        ["2015 to 2016", "2014 to 2015"] if collection == "missing" else ["2016 to 2017", "2015 to 2016"]
    )
    for row, each in zip(rows, [now, then] * len(rows), strict=False):
        (metric,) = (m for m in METRICS.values() if m.label == row["Measure"] and m.over_time)
        figures = each.over_time(metric.metric_id)
        assert list(row.values())[3:-1] == [float(figure.value or 0) for figure in figures.values()]
        assert row["Whole period"] == float(each.figure(metric.metric_id).value or 0)
        assert row["Unit"] == metric.unit


def test_every_measure_that_is_counted_over_time_stands_on_the_scorecard() -> None:
    planned = {metric_id for sheet in PLAN.over_time for metric_id in sheet.metrics}
    assert planned == {metric.metric_id for metric in METRICS.values() if metric.over_time}


def test_quarters_and_terms_are_named_with_their_months(tmp_path: Path) -> None:
    book = sample_book()
    assert list(table_of(book, tmp_path, "Return interviews, by quarter")[0])[3:] == [
        "First quarter (April to June)",
        "Second quarter (July to September)",
        "Third quarter (October to December)",
        "Fourth quarter (January to March)",
        "Whole period",
    ]
    assert list(table_of(book, tmp_path, "Children missing education, by school term")[0])[3:] == [
        "Autumn term (September to December)",
        "Spring term (January to March)",
        "Whole period",
    ]


def all_of(book: Book) -> list[PublicFigure]:
    return [*book.figures, *(figure for metric_id in METRICS for figure in book.over_time(metric_id).values())]


def words_of(book: Book, folder: Path, title: str) -> str:
    write_scorecard(book, folder / "s.xlsx")
    (sheet,) = (s for s in openpyxl.load_workbook(folder / "s.xlsx") if str(s["A1"].value).startswith(title))
    return " ".join(str(row[0].value) for row in sheet.iter_rows())


def test_a_year_before_that_is_not_there_is_said_and_not_made_up(tmp_path: Path) -> None:
    assert "no earlier edition" in words_of(sample_book(2017), tmp_path, "Return interviews, by quarter")
    then = sample_book(2016)
    annual = Book(then.edition, then.figures, then.metrics, then.categories, audience=then.audience)
    now = sample_book(2017, earlier=(annual,))
    said = words_of(now, tmp_path, "Return interviews, by quarter")
    assert "the 2016 edition was made without quarters and terms" in said
    assert {row["Year"] for row in table_of(now, tmp_path, "Return interviews, by quarter")} == {"2015 to 2016"}


def test_a_change_is_judged_only_where_it_is_known_what_is_better(tmp_path: Path) -> None:
    key = ("return_interview_offer_rate", "total", "all")
    then = sample_book(2016, values={key: 700, ("return_interviews_due", "total", "all"): 59})
    now = sample_book(2017, values={key: 800, ("return_interviews_due", "total", "all"): 70}, earlier=(then,))
    rows = {row["Measure"]: row for row in table_of(now, tmp_path, "The year: return interviews")}
    rate = rows[METRICS["return_interview_offer_rate"].label]
    assert (rate["2016 edition"], rate["2017 edition"]) == (70, 80)
    assert (rate["Against 2016"], rate["Better or worse"]) == ("rose", "better")
    due = rows[METRICS["return_interviews_due"].label]
    assert (due["Against 2016"], due["Better or worse"]) == ("rose", "not judged")
    judged = {label for label, row in rows.items() if row["Better or worse"] != "not judged"}
    assert judged == {METRICS[metric_id].label for metric_id in PLAN.polarity if METRICS[metric_id].label in rows}
    fallen = sample_book(2017, values={key: 600}, earlier=(then,))
    rows = {row["Measure"]: row for row in table_of(fallen, tmp_path, "The year: return interviews")}
    assert rows[METRICS["return_interview_offer_rate"].label]["Better or worse"] == "worse"


def test_referrals_that_rise_are_never_called_bad() -> None:
    assert not {"cme_referrals", "cme_open", "children_missing_education", "episodes_reported"} & set(PLAN.polarity)


def test_the_departments_figure_of_the_same_year_stands_beside_ours_as_it_is_printed(tmp_path: Path) -> None:
    book = sample_book()
    of_the_year = PublishedStatistic(
        YORK, "York", date(2015, 3, 31), "missing_incidents", Decimal(202), "", "SFR34/2015"
    )
    hidden = PublishedStatistic(YORK, "York", date(2015, 3, 31), "children_missing", None, "x", "SFR34/2015")
    of_another = replace(of_the_year, year_ending=date(2016, 3, 31), value=Decimal(999))
    given = Book(
        book.edition,
        all_of(book),
        book.metrics,
        book.categories,
        audience="restricted",
        published_statistics=[of_the_year, hidden, of_another],
    )
    rows = {row["Measure"]: row for row in table_of(given, tmp_path, "The year: children missing or absent")}
    incidents = rows[METRICS["looked_after_missing_episodes"].label]
    assert (incidents["The department's figure"], incidents["Its publication"]) == (202, "SFR34/2015")
    assert rows[METRICS["looked_after_children_missing"].label]["The department's figure"] == "x"
    assert rows[METRICS["episodes_reported"].label]["The department's figure"] == "not published"
    said = words_of(given, tmp_path, "The year: children missing or absent")
    assert "x is hidden by the department" in said


def test_what_is_not_recorded_stands_beside_all_that_was_counted(tmp_path: Path) -> None:
    book = sample_book()
    rows = table_of(book, tmp_path, "What is not recorded")
    figure = book.figure("cme_referrals", breakdown="ethnicity", category="not_known")
    assert {
        "Measure": "Referrals of children missing education (referrals)",
        "What is not recorded": "Ethnic group",
        "Not recorded, 2016 edition": figure.value,
        "Of all, 2016 edition": book.figure("cme_referrals").value,
    } in rows


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("sheets: [{name: One, title: One, metrics: [cme_referalls]}]\nquality: []\n", "cme_referalls.*cme_referrals"),
        ("over_time: [{name: A, title: A, metrics: [cme_open]}]\nsheets: []\nquality: []\n", "cme_open is not counted"),
        ("sheets: []\nquality: []\npolarity: {cme_open: {better: up, because: x}}\n", "polarity.cme_open.better"),
    ],
)
def test_a_plan_that_asks_for_what_there_is_not_is_refused_by_name(tmp_path: Path, plan: str, said: str) -> None:
    file = tmp_path / "plan.yml"
    file.write_text(plan)
    with pytest.raises(DataFault, match=re.compile(rf"plan\.yml.*{said}")):
        write_scorecard(sample_book(), tmp_path / "s.xlsx", plan=file)


def test_an_extract_that_is_absent_leaves_words_and_not_zeros(tmp_path: Path) -> None:
    book = sample_book(absent=frozenset({"cme_referrals"}))
    assert table_of(book, tmp_path, "The year: children missing education")[0]["2016 edition"] == "not available"
    assert set(list(table_of(book, tmp_path, "Children missing education, by school term")[0].values())[3:]) == {
        "not available"
    }


def test_the_scorecard_of_hidden_figures_shows_their_symbol_and_says_what_it_means(tmp_path: Path) -> None:
    book = sample_book(2017, audience="public")
    hidden = [
        replace(figure, value=None, display="[c]", status="suppressed")
        if (figure.key.metric_id, figure.key.category) == ("cme_closed", "2017-spring")
        else figure
        for figure in all_of(book)
    ]
    protected = Book(book.edition, hidden, book.metrics, book.categories, audience="public", invented=True)
    row = table_of(protected, tmp_path, "Children missing education, by school term")[2]
    assert row["Spring term (January to March)"] == "[c]"
    said = words_of(protected, tmp_path, "Children missing education, by school term")
    assert "[c] hidden so that no child can be recognised" in said
