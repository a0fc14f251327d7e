"""What the text of a paper may say, and how it is refused where it may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines import paths
from pipelines.faults import DataFault
from pipelines.publishing.book import Book
from pipelines.publishing.documents import (
    Cited,
    Heading,
    Item,
    OfficerPlace,
    Paper,
    Paragraph,
    Picture,
    Table,
    as_text,
    reviews_around,
    write_paper,
)
from pipelines.review_plans import read_plans
from pipelines.reviews import HeldReview
from tests.reports.sample_book import sample_book

FRONT = "---\ntitle: A paper\n---\n"


@pytest.fixture(scope="module")
def book() -> Book:
    return sample_book()


def write(book: Book, folder: Path, body: str) -> Paper:
    text = folder / "paper.md"
    text.write_text(FRONT + body, "utf-8")
    return write_paper(book, text)


def words_of(paper: Paper) -> str:
    return "\n".join(
        block.text if isinstance(block, Heading) else as_text(block.line)
        for block in paper.blocks
        if isinstance(block, Heading | Paragraph | Item)
    )


def test_a_figure_in_a_sentence_keeps_its_address(book: Book, tmp_path: Path) -> None:
    paper = write(book, tmp_path, 'There were {{ figure("cme_referrals", sex="female") }} of girls.')
    figure = book.figure("cme_referrals", breakdown="sex", category="female")
    assert paper.blocks[0].line[1] == Cited(figure.key, figure.display)
    assert paper.cited == {figure.key: figure.display}


def test_a_paper_citing_an_unknown_metric_is_refused_with_its_file_and_line(book: Book, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"paper\.md, line 6: .*cme_referalls.*cme_referrals"):
        write(book, tmp_path, '# One\n\n{{ figure("cme_referalls") }}\n')


def test_a_paper_citing_an_unknown_breakdown_is_refused(book: Book, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"paper\.md, line 4: .*weekday"):
        write(book, tmp_path, '{{ figure("cme_referrals", weekday="monday") }}\n')


def test_a_table_of_an_unknown_breakdown_is_refused(book: Book, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"paper\.md.*weekday"):
        write(book, tmp_path, '{{ table("cme_referrals", "weekday") }}\n')


def test_an_unknown_word_of_the_template_is_named_with_its_line(book: Book, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"paper\.md, line 5: 'refferals' is undefined"):
        write(book, tmp_path, "\n{{ refferals }}\n")


def test_a_digit_typed_where_a_figure_belongs_is_refused_with_its_line(book: Book, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"paper\.md, line 5: the number 59 is typed"):
        write(book, tmp_path, "\nThere were 59 referrals.\n")


def test_mark_up_that_papers_do_not_know_is_refused(book: Book, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="heading of level 3"):
        write(book, tmp_path, "### Too deep\n")
    with pytest.raises(DataFault, match="A paper knows headings"):
        write(book, tmp_path, "Some <b>words</b>\n")


def test_a_text_cannot_reach_python_through_its_template(book: Book, tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="line 4"):
        write(book, tmp_path, "{{ ''.__class__.__mro__ }}\n")


def test_mark_up_in_an_officers_place_or_a_label_stays_text(book: Book, tmp_path: Path) -> None:
    paper = write(book, tmp_path, '{{ officer("**not bold** # not a heading") }}\n')
    assert paper.blocks == (Paragraph((OfficerPlace("**not bold** # not a heading"),)),)


def test_a_breakdown_table_has_a_row_for_each_category_and_the_total(book: Book, tmp_path: Path) -> None:
    table = write(book, tmp_path, '{{ table("cme_referrals", "phase") }}\n').blocks[0]
    assert isinstance(table, Table)
    assert [as_text(row[0]) for row in table.rows] == ["Primary", "Secondary", "Total"]
    assert as_text(table.rows[2][1]) == book.figure("cme_referrals").display


def test_a_table_of_risks_which_overlap_has_no_total(book: Book, tmp_path: Path) -> None:
    table = write(book, tmp_path, '{{ table("children_at_risk_of_cme", "risk") }}\n').blocks[0]
    assert isinstance(table, Table)
    assert "Total" not in [as_text(row[0]) for row in table.rows]


def test_earlier_editions_stand_beside_this_one_but_not_by_month(tmp_path: Path) -> None:
    book = sample_book(2017, earlier=(sample_book(2016),))
    phase, month = write(
        book, tmp_path, '{{ table("cme_referrals", "phase") }}\n{{ table("cme_referrals", "month") }}\n'
    ).blocks
    assert isinstance(phase, Table)
    assert isinstance(month, Table)
    assert phase.header[1:] == ("2016 edition", "2017 edition")
    assert month.header[1:] == ("2017 edition",)
    assert (
        as_text(phase.rows[0][1])
        == book.earlier[0].figure("cme_referrals", breakdown="phase", category="primary").display
    )


def test_the_annex_defines_every_figure_that_is_cited_and_no_other(book: Book, tmp_path: Path) -> None:
    table = write(
        book, tmp_path, '{{ figure("cme_open") }}\n\n{{ table("cme_closed", "sex") }}\n{{ definitions() }}'
    ).blocks[-1]
    assert isinstance(table, Table)
    assert [as_text(row[-1]) for row in table.rows] == ["cme_closed", "cme_open"]


def test_without_an_extract_the_report_says_so_and_shows_no_number_of_it() -> None:
    paper = write_paper(sample_book(absent=frozenset({"cme_referrals"})), paths.DMT_TEXT)
    assert "not available" in words_of(paper)
    for key, text in paper.cited.items():
        if key.metric_id.startswith("cme_"):
            assert text == "not available"
    assert not any(isinstance(block, Picture) for block in paper.blocks)


@pytest.mark.parametrize("text", [paths.DMT_TEXT, paths.BOARD_PACK_TEXT], ids=["dmt", "board"])
@pytest.mark.parametrize(
    "absent", ["missing_episodes", "return_interviews", "school_census", "education_risk", "population"]
)
def test_every_paper_can_be_written_without_any_one_extract(text: Path, absent: str) -> None:
    assert write_paper(sample_book(absent=frozenset({absent})), text).blocks


def test_one_is_written_in_the_singular() -> None:
    paper = write_paper(sample_book(values={("cme_re_referrals", "total", "all"): 1}), paths.DMT_TEXT)
    assert "1 child was referred more than once" in words_of(paper)


def test_the_report_says_rose_or_fell_only_as_the_figures_do() -> None:
    then = sample_book(
        2016, values={("cme_referrals", "total", "all"): 59, ("children_missing_education", "total", "all"): 6}
    )
    now = sample_book(
        2017,
        values={("cme_referrals", "total", "all"): 48, ("children_missing_education", "total", "all"): 6},
        earlier=(then,),
    )
    text = words_of(write_paper(now, paths.DMT_TEXT))
    assert "the number of referrals fell, and the number of children missing education did not change" in text
    assert "(from 59 to 48)" in text
    assert "There is no earlier edition" in words_of(write_paper(then, paths.DMT_TEXT))


def test_the_report_holds_every_breakdown_of_the_referrals_and_closures() -> None:
    book = sample_book()
    cited = write_paper(book, paths.DMT_TEXT).cited
    for metric_id in ("cme_referrals", "cme_closed", "cme_open", "children_at_risk_of_cme"):
        for by in book.metric(metric_id).breakdowns:
            assert {member.figure.key for member in book.series(metric_id, by)} <= set(cited), (metric_id, by)


@pytest.mark.parametrize(
    ("as_at", "held", "due"),
    [
        (date(2016, 1, 12), [date(2015, 2, 1), date(2015, 8, 1)], date(2016, 2, 1)),
        (date(2016, 2, 1), [date(2015, 8, 1), date(2016, 2, 1)], date(2016, 8, 1)),
        (date(2016, 8, 31), [date(2016, 2, 1), date(2016, 8, 1)], date(2017, 2, 1)),
        (date(2016, 12, 31), [date(2016, 2, 1), date(2016, 8, 1)], date(2017, 2, 1)),
    ],
)
def test_register_reviews_are_due_each_february_and_august(as_at: date, held: list[date], due: date) -> None:
    reviews = list(reviews_around(as_at))
    assert [month for month, is_next in reviews if not is_next] == held
    assert [month for month, is_next in reviews if is_next] == [due]


def test_a_category_that_an_earlier_edition_did_not_have_is_not_available_there(tmp_path: Path) -> None:
    whole = sample_book(2016)
    figures = [figure for figure in whole.figures if figure.key.category != "secondary"]
    then = Book(whole.edition, figures, whole.metrics, whole.categories, audience="restricted")
    table = write(sample_book(2017, earlier=(then,)), tmp_path, '{{ table("cme_referrals", "phase") }}').blocks[0]
    assert isinstance(table, Table)
    assert as_text(table.rows[1][1]) == "not available"


def test_a_review_that_was_held_is_counted_and_one_that_was_not_is_left_to_the_officer(tmp_path: Path) -> None:
    plan = read_plans()["register"]
    held = HeldReview(
        "register",
        date(2015, 8, 1),
        date(2015, 8, 14),
        12,
        9,
        answers={plan.decision.head: {"keep open": 7, "close": 2, "open again": 0}},
        signed=dict.fromkeys(plan.roles, date(2015, 8, 20)),
    )
    of_interviews = replace(held, subject="return_interviews", month=date(2015, 2, 1))
    book = sample_book(2016, reviews=(of_interviews, held))
    (table,) = write(book, tmp_path, "{{ reviews() }}").blocks
    assert isinstance(table, Table)
    said = {as_text(row[0]): (as_text(row[1]), as_text(row[2])) for row in table.rows}
    assert said["August 2015"] == (
        "Held and signed",
        "9 of 12 looked at (keep open 7, close 2). Every role has signed. [Officer to complete: what was found]",
    )
    assert said["February 2015"][0] == "Due before this edition"
    assert said["February 2016"][0] == "Due next"
    unsigned = replace(held, signed={**held.signed, "Link worker": None})
    (table,) = write(sample_book(2016, reviews=(unsigned,)), tmp_path, "{{ reviews() }}").blocks
    assert isinstance(table, Table)
    assert [as_text(row[1]) for row in table.rows][1] == "Held, not signed by every role"
