"""The department's rules on the missing module: each found where it is broken, and only there."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.findings import Finding
from pipelines.intake.preparation import Preparation, Questions
from pipelines.intake.preparation_report import (
    show_preparation_as_csv,
    show_preparation_as_html,
    show_preparation_as_text,
)
from pipelines.intake.preparation_rules import PREPARATION_RULES
from pipelines.intake.ssda903 import ETHNICITIES, PLACEMENTS, prepare_ssda903
from pipelines.intake.ssda903_checks import Absence, CareEpisode, check_overlaps, join_care
from pipelines.register import read_metrics
from tests.intake.test_ssda903 import EPISODES, FAKE_RETURN, MISSING, needs_fake_return, read_rows, write_return

CHILD = "7,2,01/06/2004,WBRI,,,"
IN_CARE = "7,01/01/2016,S,C2,N1,U1,PR1,,,,,,"


def prepare(tmp_path: Path, missing: list[str], episodes: list[str], header: str = CHILD) -> Preparation:
    source = write_return(tmp_path / "return", header=[header], episodes=episodes, missing=missing)
    return prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")


def rules_by_row(done: Preparation) -> list[tuple[int | None, str]]:
    return [(finding.row, finding.rule) for finding in done.findings]


def absence(start: str, end: str = "", code: str = "M") -> str:
    return f"7,01/06/2004,{code},{start},{end}"


def care(first: str, last: str = "", *, began: str = "S", ended: str = "", place: str = "U1") -> str:
    return f"7,{first},{began},C2,N1,{place},PR1,{last},{ended},,,,"


@needs_fake_return
def test_in_the_synthetic_return_the_overlap_and_the_rows_outside_care_are_found_and_nothing_sound_is(
    tmp_path: Path,
) -> None:
    done = prepare_ssda903(FAKE_RETURN, "2019", tmp_path / "out", key=tmp_path / "key")
    assert done.ok
    rows = {
        line: (row["CHILD"], row["MIS_START"])
        for line, row in enumerate(read_rows(FAKE_RETURN / "missing.csv"), start=2)
    }
    found = {rule: [rows[f.row] for f in done.findings if f.rule == rule and f.row] for rule in ("574", "1012", "578")}
    assert found["574"] == [("366621", "20/11/2017")]
    assert sorted(child for child, _ in found["1012"]) == [
        "274474", "282241", "366621", "366621", "799906", "813046", "965311",
    ]  # fmt: skip
    assert sorted(child for child, _ in found["578"]) == ["307124", "40219", "894391", "948702"]
    assert len([finding for finding in done.findings if finding.row is not None]) == 12
    # Two more rows end after the care did: one finding for both, as nothing is wrong with them for the story board.
    (late,) = [finding for finding in done.findings if finding.row is None]
    assert (late.rule, late.count, late.severity) == ("577", 2, "query")
    assert "rows 2 and 24" in late.message


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        # apart, and touching on the same day
        ([("01/05/2017", "02/05/2017"), ("02/05/2017", "03/05/2017")], []),
        # a start before the end of the one before, wherever it stands in the file
        ([("02/05/2017", "04/05/2017"), ("01/05/2017", "03/05/2017")], [2]),
        # one inside another, and one more that overlaps the outer one only: the inner one does not hide it
        ([("01/05/2017", "30/05/2017"), ("05/05/2017", "06/05/2017"), ("20/05/2017", "21/05/2017")], [3, 4]),
        # an open one, and whatever starts later
        ([("01/05/2017", ""), ("05/05/2017", "06/05/2017"), ("20/05/2017", "")], [3, 4]),
        ([("01/05/2017", "02/05/2017"), ("05/05/2017", "")], []),
    ],
)
def test_overlaps_are_found_even_one_inside_another(
    tmp_path: Path, missing: list[tuple[str, str]], expected: list[int]
) -> None:
    done = prepare(tmp_path, [absence(*dates) for dates in missing], [IN_CARE])
    assert [row for row, rule in rules_by_row(done) if rule == "574"] == expected


@pytest.mark.parametrize(
    ("missing", "episodes", "expected"),
    [
        (absence("01/05/2017", "02/05/2017"), [care("01/05/2017")], []),
        (absence("30/04/2017", "02/05/2017"), [care("01/05/2017")], ["581"]),
        (absence("02/06/2017", "03/06/2017"), [care("01/05/2017", "01/06/2017", ended="E8")], ["578"]),
        (
            absence("02/06/2017", "03/06/2017"),
            [care("01/05/2017", "01/06/2017"), care("01/07/2017")],
            ["578"],
        ),
        # one episode of care follows another: the child is looked after throughout
        (absence("01/06/2017", "03/06/2017"), [care("01/05/2017", "01/06/2017"), care("01/06/2017", began="P")], []),
        # the placement ended, and then the care
        (absence("05/05/2017"), [care("01/05/2017", "01/06/2017", ended="E8")], ["575", "577"]),
        (
            absence("05/05/2017"),
            [care("01/05/2017", "01/06/2017", ended="X1"), care("01/06/2017", began="P")],
            ["575"],
        ),
        # a change of legal status ends no placement
        (absence("05/05/2017"), [care("01/05/2017", "01/06/2017", ended="X1"), care("01/06/2017", began="L")], []),
        # on the day of a move the child went missing from the new placement, which goes on
        (absence("01/06/2017"), [care("01/05/2017", "01/06/2017", ended="X1"), care("01/06/2017", began="P")], []),
        (absence("05/05/2017"), [], ["1012"]),
        (absence("05/05/2019", "06/05/2019"), [care("01/05/2017")], ["570", "571"]),
        (absence("05/03/2017", "31/03/2017"), [care("01/01/2017")], ["571"]),
        (absence("05/03/2017", "01/04/2017"), [care("01/01/2017")], []),
    ],
)
def test_a_row_is_judged_beside_the_episodes_of_care_and_kept(
    tmp_path: Path, missing: str, episodes: list[str], expected: list[str]
) -> None:
    done = prepare(tmp_path, [missing], episodes)
    assert sorted(finding.rule for finding in done.findings) == expected
    assert {finding.severity for finding in done.findings} <= {"query"}
    assert done.rows_written == 1


@pytest.mark.parametrize(
    ("reason", "expected"), [("E8", ["taken_as_not_found"]), ("E3", ["580", "taken_as_not_found"])]
)
def test_care_that_ends_at_eighteen_while_the_child_is_missing_has_its_own_reason(
    tmp_path: Path, reason: str, expected: list[str]
) -> None:
    header = "7,2,01/05/1999,WBRI,,,"
    missing = "7,01/05/1999,M,01/04/2017,01/05/2017"
    done = prepare(tmp_path, [missing], [care("01/01/2016", "01/05/2017", ended=reason)], header)
    assert sorted(finding.rule for finding in done.findings) == expected


def test_a_period_open_last_year_that_this_years_return_does_not_continue_is_found(tmp_path: Path) -> None:
    source = write_return(
        tmp_path / "r", header=[CHILD], episodes=[IN_CARE], missing=[absence("03/03/2017", "01/05/2017")]
    )
    last = [
        absence("03/03/2017"),  # continued
        absence("01/02/2017"),  # of a child in this year's file, and not continued
        "8,01/06/2004,M,01/02/2017,",  # of a child who is not
        "9,01/06/2004,M,01/02/2017,02/02/2017",  # ended
    ]
    (source / "Missing_last.csv").write_text("\n".join([MISSING, *last]), encoding="utf-8")
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    assert [(f.extract, f.row, f.rule) for f in done.findings] == [
        ("missing_last", 3, "576"),
        ("missing_last", 4, "576"),
    ]


def test_last_years_care_is_looked_up_for_what_began_in_it(tmp_path: Path) -> None:
    source = write_return(
        tmp_path / "r",
        header=[CHILD],
        episodes=[care("10/04/2017")],
        missing=[absence("20/03/2017", "05/04/2017")],
    )
    (source / "last_year").mkdir()
    (source / "last_year" / "episodes.csv").write_text(f"{EPISODES}\n{care('01/01/2016', '10/04/2017', place='K2')}\n")
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    assert done.findings == ()
    assert read_rows(done.folder / "missing_episodes.csv")[0]["placement_type"] == "childrens_home"


def test_without_episodes_of_care_the_placement_is_blank_and_the_note_says_what_was_not_checked(tmp_path: Path) -> None:
    source = write_return(tmp_path / "r", header=[CHILD], episodes=[], missing=[absence("01/05/2017", "02/05/2017")])
    (source / "episodes.csv").unlink()
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    assert done.findings == ()
    assert read_rows(done.folder / "missing_episodes.csv")[0]["placement_type"] == ""
    assert any("577" in note for note in done.notes)


def test_files_are_told_by_their_names_and_columns_whatever_else_is_in_the_name(tmp_path: Path) -> None:
    source = write_return(
        tmp_path / "r", header=[CHILD], episodes=[IN_CARE], missing=[absence("01/05/2017", "02/05/2017")]
    )
    for name, other in (
        ("header.csv", "SSDA903 Header 2017-18.csv"),
        ("episodes.csv", "903_Episodes_1718.csv"),
        ("missing.csv", "MISSING 2018.CSV"),
    ):
        (source / name).rename(source / other)
    (source / "sw_episodes.csv").write_text("CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n", encoding="utf-8-sig")
    (source / "previous_permanence.csv").write_text("CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM\n")
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    assert (done.rows_written, done.findings) == (1, ())


def test_a_module_may_be_a_workbook_with_dates_as_dates(tmp_path: Path) -> None:
    from openpyxl import Workbook

    source = write_return(tmp_path / "r", header=[CHILD], episodes=[IN_CARE], missing=[])
    (source / "missing.csv").unlink()
    book = Workbook()
    book.worksheets[0].append(MISSING.split(","))
    book.worksheets[0].append([7, date(2004, 6, 1), "M", date(2017, 5, 1), date(2017, 5, 2)])
    book.save(source / "missing.xlsx")
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    (row,) = read_rows(done.folder / "missing_episodes.csv")
    assert (row["started_at"], row["ended_at"], row["age"], done.findings) == ("2017-05-01", "2017-05-02", "12", ())


def test_the_location_comes_from_a_column_that_says_it_and_from_no_postcode_distance_or_provider(
    tmp_path: Path,
) -> None:
    columns = "CHILD,DECOM,PLACE,PLACE_PROVIDER,DEC,HOME_POST,PL_POST,PL_DISTANCE,PL_LOCATION,PL_LA"
    stated = {"1": "IN,", "2": "out,", "3": ",E06000014", "4": ",E08000035", "5": ",WAL", "6": ",", "7": ",E07000163"}
    source = write_return(
        tmp_path / "r",
        header=[f"{number},1,01/06/2004,WBRI,,," for number in stated],
        episodes=[],
        missing=[f"{number},01/06/2004,M,0{number}/05/2017,09/05/2017" for number in stated],
    )
    rows = [f"{number},01/01/2016,U1,PR1,,YO1 7HH,YO1 7HH,0.0,{said}" for number, said in stated.items()]
    (source / "episodes.csv").write_text("\n".join([columns, *rows]))
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    text = (done.folder / "missing_episodes.csv").read_text(encoding="utf-8")
    assert "YO1" not in text
    assert [row["placement_location"] for row in read_rows(done.folder / "missing_episodes.csv")] == [
        "in_area", "out_of_area", "in_area", "out_of_area", "out_of_area", "", "",
    ]  # fmt: skip


def test_the_codes_of_all_years_are_known() -> None:
    assert len(ETHNICITIES) == 20
    places = "A3 A4 A5 A6 H5 K1 K2 K3 P1 P2 P3 R1 R2 R3 R5 S1 T0 T1 T2 T3 T4 U1 U2 U3 U4 U5 U6 Z1 Z11 Z12 Z13 Z14"
    assert set(PLACEMENTS) == set(places.split())


def test_a_header_without_its_optional_columns_serves(tmp_path: Path) -> None:
    source = write_return(tmp_path / "r", header=[], episodes=[IN_CARE], missing=[absence("01/05/2017", "02/05/2017")])
    (source / "header.csv").write_text("CHILD\n7\n")
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    (row,) = read_rows(done.folder / "missing_episodes.csv")
    assert (row["sex"], row["ethnicity"], row["age"]) == ("not_known", "not_known", "12")


def test_every_rule_of_preparing_is_a_sentence_with_a_mend_and_moves_known_metrics() -> None:
    metrics = read_metrics()
    for code, rule in PREPARATION_RULES.items():
        assert rule.code == code
        assert rule.sentence.endswith((".", "{hint}")), code
        assert rule.mend.endswith("."), code
        assert set(rule.moves) <= set(metrics), code


def test_the_findings_are_shown_as_text_page_and_csv_with_all_their_rows(tmp_path: Path) -> None:
    done = prepare(tmp_path, [absence("01/05/2017", "02/05/2017"), absence("x"), absence("y")], [care("01/06/2017")])
    text = show_preparation_as_text(done)
    assert text.splitlines()[0] == "Edition 2019 is prepared: 2 errors to mend, 1 query to explain."
    assert "ERROR 1004 missing, rows 3 and 4, column MIS_START" in text
    page = show_preparation_as_html(done)
    assert page.startswith("<!doctype html>")
    assert "rows 3 and 4" in page
    found = list(csv.DictReader(show_preparation_as_csv(done).splitlines()))
    assert [(row["rule"], row["line"]) for row in found] == [("1004", "3"), ("1004", "4"), ("581", "2")]


def test_a_finding_never_holds_a_value(tmp_path: Path) -> None:
    done = prepare(tmp_path, [absence("31/02/2017", "nonsense"), absence("01/05/2017", "02/05/2017")], [IN_CARE])
    for finding in done.findings:
        assert isinstance(finding, Finding)
        assert "nonsense" not in str(finding)
        assert "2017" not in str(finding)


DAYS = st.integers(0, 30).map(lambda days: date(2017, 5, 1) + timedelta(days=days))
SPANS = st.lists(st.tuples(st.sampled_from("ab"), DAYS, st.none() | st.integers(0, 9)), max_size=12)


@given(SPANS)
def test_a_period_overlaps_when_any_earlier_one_of_the_child_ends_after_its_start(
    spans: list[tuple[str, date, int | None]],
) -> None:
    rows = [
        Absence(line, child, "M", start, None if length is None else start + timedelta(days=length))
        for line, (child, start, length) in enumerate(spans, start=2)
    ]
    questions = Questions()
    check_overlaps(rows, "missing", questions)
    ordered = sorted(rows, key=lambda row: (row.start, row.end or date.max, row.line))
    expected = {
        row.line
        for place, row in enumerate(ordered)
        if any(other.child == row.child and (other.end or date.max) > row.start for other in ordered[:place])
    }
    assert {finding.row for finding in questions.all()} == expected


@given(SPANS)
def test_a_day_is_in_a_period_of_care_when_an_episode_has_it_or_joins_two_that_do(
    spans: list[tuple[str, date, int | None]],
) -> None:
    care = [
        CareEpisode(line, start, None if length is None else start + timedelta(days=length), "U1", "", "S", "")
        for line, (_, start, length) in enumerate(spans)
    ]
    periods = join_care(care)
    for before, after in pairwise(periods):
        assert before.last is not None
        assert before.last < after.first
    for days in range(60):
        day = date(2017, 5, 1) + timedelta(days=days)
        assert any(period.covers(day) for period in periods) == any(episode.covers(day) for episode in care)
