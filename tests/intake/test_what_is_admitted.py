"""Sound extracts in every format, and rows that must be explained but not mended: what the gate counts and hands on."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from pipelines import paths
from pipelines.faults import MachineFault, UsageFault
from pipelines.intake import files, findings, parquet, reading
from pipelines.intake.admission import admit
from pipelines.intake.calendar import read_calendar
from pipelines.intake.gate import Examination, examine
from pipelines.intake.rules import RULES
from pipelines.intake.schemas import EXTRACTS, read_schema
from tests.intake.extract_files import (
    EDITION,
    SOUND,
    as_csv,
    header_of,
    sound_rows,
    write_extract,
    write_sound_folder,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "2016"
    made.mkdir()
    return made


def rules_of(examination: Examination) -> set[str]:
    return {finding.rule for finding in examination.findings} - {"month_without_rows"}


def admitted(examination: Examination, folder: Path, extract: str) -> list[dict[str, object]]:
    admit(examination, EDITION, folder)
    rows: list[dict[str, object]] = pq.read_table(folder / f"{extract}.parquet").to_pylist()
    return rows


def test_sound_extracts_have_no_error_and_are_counted(folder: Path) -> None:
    write_sound_folder(folder)
    examination = examine(folder, EDITION)
    assert examination.ok
    assert rules_of(examination) == {"interview_before_episode"}
    assert list(examination.extracts) == list(EXTRACTS)
    for extract, summary in examination.extracts.items():
        content = (folder / f"{extract}.csv").read_bytes()
        assert summary.sha256 == hashlib.sha256(content).hexdigest()
        assert (summary.rows, summary.rejected) == (len(SOUND[extract]), 0)
        assert summary.path_name == f"{extract}.csv"


def test_the_json_has_the_shape_that_other_people_read(folder: Path) -> None:
    rows = sound_rows("missing_episodes")
    rows[1]["sex"] = "F"
    rows[1]["age"] = "99"
    write_extract(folder, "missing_episodes", rows)
    result = json.loads(json.dumps(examine(folder, EDITION).as_json()))
    assert set(result) == {"edition", "ok", "extracts", "findings"}
    assert (result["edition"], result["ok"]) == ("2016", False)
    assert set(result["extracts"]) == {"missing_episodes"}
    assert set(result["extracts"]["missing_episodes"]) == {"rows", "rejected", "sha256"}
    assert result["extracts"]["missing_episodes"]["rejected"] == 1
    shape = {"extract", "rule", "severity", "field", "row", "count", "message", "fix"}
    assert all(set(finding) == shape for finding in result["findings"])
    assert [(f["rule"], f["field"], f["row"]) for f in result["findings"] if f["severity"] == "error"] == [
        ("not_in_list", "sex", 3),
        ("out_of_range", "age", 3),
    ]


def test_what_is_admitted_is_text_with_nulls_and_the_lines_of_the_file(folder: Path, tmp_path: Path) -> None:
    write_sound_folder(folder)
    out = tmp_path / "admitted"
    rows = admitted(examine(folder, EDITION, authority="E06000014"), out, "missing_episodes")
    assert rows[2] == {
        **{name: value or None for name, value in SOUND["missing_episodes"][2].items()},
        "authority": "E06000014",
        "age": None,
        "source_row": 4,
    }
    assert rows[0]["age"] == 14
    schema = pq.read_schema(out / "missing_episodes.parquet")
    assert {str(schema.field(name).type) for name in schema.names} == {"string", "int32", "int64"}
    assert str(pq.read_schema(out / "population.parquet").field("population").type) == "int64"


def test_all_six_extracts_are_written_even_where_there_is_none(folder: Path, tmp_path: Path) -> None:
    write_sound_folder(folder, "cme_referrals")
    admit(examine(folder, EDITION), EDITION, tmp_path / "admitted")
    for extract in EXTRACTS:
        table = pq.read_table(tmp_path / "admitted" / f"{extract}.parquet")
        assert table.column_names == [*read_schema(extract).fields, "source_row"]
        assert table.num_rows == (2 if extract == "cme_referrals" else 0)
    inventory = pq.read_table(tmp_path / "admitted" / "inventory.parquet").to_pylist()
    assert [(row["extract"], row["is_present"], row["rows"]) for row in inventory] == [
        (extract, extract == "cme_referrals", 2 if extract == "cme_referrals" else 0) for extract in EXTRACTS
    ]
    periods = pq.read_table(tmp_path / "admitted" / "edition_periods.parquet").to_pylist()
    assert {row["collection"]: (row["period_start"], row["as_at"]) for row in periods} == {
        "missing": (date(2014, 4, 1), date(2016, 1, 12)),
        "education": (date(2015, 9, 1), date(2016, 1, 12)),
    }


def test_a_header_without_rows_counts_nought_and_is_queried(folder: Path) -> None:
    (folder / "missing_episodes.csv").write_text(header_of("missing_episodes"), "utf-8", newline="")
    examination = examine(folder, EDITION)
    assert examination.ok
    assert rules_of(examination) == {"no_rows"}
    assert examination.extracts["missing_episodes"].rows == 0


def test_columns_may_come_in_any_order_and_optional_ones_may_be_away(folder: Path, tmp_path: Path) -> None:
    write_extract(
        folder,
        "missing_episodes",
        columns=["sex", "looked_after", "ended_at", "started_at", "episode_type", "child_id", "episode_id"],
    )
    rows = admitted(examine(folder, EDITION), tmp_path / "admitted", "missing_episodes")
    assert [row["episode_id"] for row in rows] == ["ep-one", "ep-two", "ep-three"]
    assert {row["age"] for row in rows} == {None}
    assert {row["authority"] for row in rows} == {"E06000014"}


def test_ids_that_look_like_numbers_or_blanks_stay_as_they_are(folder: Path, tmp_path: Path) -> None:
    rows = sound_rows("missing_episodes")
    for row, child in zip(rows, ("007", "NA", "null"), strict=True):
        row["child_id"] = child
    write_extract(folder, "missing_episodes", rows)
    seen = admitted(examine(folder, EDITION), tmp_path / "admitted", "missing_episodes")
    assert [row["child_id"] for row in seen] == ["007", "NA", "null"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(as_csv(SOUND["missing_episodes"]).encode(), id="CRLF"),
        pytest.param(as_csv(SOUND["missing_episodes"]).replace("\r\n", "\n").encode(), id="LF"),
        pytest.param(b"\xef\xbb\xbf" + as_csv(SOUND["missing_episodes"]).encode(), id="a mark"),
        pytest.param(as_csv(SOUND["missing_episodes"]).rstrip().encode(), id="no line end at the end"),
        pytest.param(as_csv(SOUND["missing_episodes"]).encode() + b"\r\n\r\n", id="blank lines at the end"),
        pytest.param(as_csv(SOUND["missing_episodes"]).replace("ep-two", '"ep-two"').encode(), id="quotes"),
    ],
)
def test_the_same_rows_are_read_however_the_text_is_written(content: bytes, folder: Path) -> None:
    (folder / "missing_episodes.csv").write_bytes(content)
    examination = examine(folder, EDITION)
    assert examination.ok
    assert examination.tables["missing_episodes"].column("episode_id").to_pylist() == ["ep-one", "ep-two", "ep-three"]
    assert examination.tables["missing_episodes"].column("source_row").to_pylist() == [2, 3, 4]


def test_a_workbook_gives_the_rows_of_the_csv_file(folder: Path, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(SOUND["missing_episodes"][0]))
    typed: list[dict[str, object]] = [{k: v or None for k, v in row.items()} for row in SOUND["missing_episodes"]]
    for row in typed:
        row["looked_after"] = row["looked_after"] == "true"
        row["age"] = int(str(row["age"])) if row["age"] else None
    typed[0]["started_at"] = datetime(2014, 5, 1, 22, 10)
    typed[0]["ended_at"] = datetime(2014, 5, 2, 7, 40)
    typed[1]["started_at"] = datetime(2014, 6, 11, 16, 0, 30)
    typed[2]["started_at"] = date(2015, 3, 30)
    for row in typed:
        sheet.append(list(row.values()))
    sheet["A9"] = None
    book.save(folder / "missing_episodes.xlsx")
    other = tmp_path / "other"
    other.mkdir()
    write_extract(other, "missing_episodes")
    assert examine(folder, EDITION).tables["missing_episodes"] == examine(other, EDITION).tables["missing_episodes"]


def test_a_workbook_cell_at_midnight_is_a_time_where_its_format_has_one(folder: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(SOUND["missing_episodes"][0]))
    row: dict[str, object] = dict(SOUND["missing_episodes"][0])
    row |= {"started_at": datetime(2014, 5, 1), "ended_at": date(2014, 5, 2)}
    sheet.append(list(row.values()))
    book.save(folder / "missing_episodes.xlsx")
    table = examine(folder, EDITION).tables["missing_episodes"]
    assert table.column("started_at").to_pylist() == ["2014-05-01T00:00"]
    assert table.column("ended_at").to_pylist() == ["2014-05-02"]


def test_a_date_in_a_workbook_is_read_in_a_date_column_whatever_its_format(folder: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(SOUND["cme_referrals"][0]))
    row: dict[str, object] = dict(SOUND["cme_referrals"][0])
    row |= {"referred_on": datetime(2015, 10, 5), "closed_on": date(2015, 11, 1)}
    sheet.append([value or None for value in row.values()])
    book.save(folder / "cme_referrals.xlsx")
    table = examine(folder, EDITION).tables["cme_referrals"]
    assert table.column("referred_on").to_pylist() == ["2015-10-05"]


def test_typed_parquet_gives_the_rows_of_the_csv_file(folder: Path) -> None:
    table = pa.table(
        {
            "episode_id": pa.array(["a", "b"]).dictionary_encode(),
            "child_id": pa.array([7, 8]),
            "episode_type": pa.array(["missing", "missing"], pa.large_string()),
            "started_at": pa.array([datetime(2014, 5, 1, 22, 10), datetime(2014, 5, 2)], pa.timestamp("ns")),
            "ended_at": pa.array([datetime(2014, 5, 2, 7, 40, 5, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
            "sex": ["male", "female"],
            "age": [14.0, None],
            "looked_after": [True, False],
            "risk_level": pa.nulls(2),
        }
    )
    pq.write_table(table, folder / "missing_episodes.parquet")
    examination = examine(folder, EDITION)
    assert examination.ok
    first, second = examination.tables["missing_episodes"].to_pylist()
    assert (first["child_id"], first["age"], first["looked_after"]) == ("7", 14, "true")
    assert (first["started_at"], first["ended_at"]) == ("2014-05-01T22:10:00", "2014-05-02T07:40:05Z")
    assert (second["started_at"], second["ended_at"], second["age"]) == ("2014-05-02T00:00:00", None, None)
    assert [first["source_row"], second["source_row"]] == [2, 3]


def test_cp1252_is_read_only_when_it_is_declared(folder: Path) -> None:
    write_extract(folder, "missing_episodes")
    name = "published_statistics_2015.csv"
    (folder / name).write_bytes("geog_n\nYorkshire – caf\u00e9\n".encode("cp1252"))
    assert "not_utf_8" in rules_of(examine(folder, EDITION))
    assert "not_utf_8" not in rules_of(examine(folder, EDITION, encoding="cp1252"))
    (folder / name).write_bytes(b"geog_n\n\x81\n")
    assert "not_cp1252" in rules_of(examine(folder, EDITION, encoding="cp1252"))


def test_an_encoding_that_is_not_offered_is_a_misuse(folder: Path) -> None:
    write_extract(folder, "missing_episodes")
    for name in ("utf-16", "latin-1", "../../etc/passwd", ""):
        with pytest.raises(UsageFault, match="utf-8 or cp1252"):
            examine(folder, EDITION, encoding=name)


def test_a_file_that_may_not_be_opened_is_the_machine_s_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_extract(folder, "missing_episodes")

    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(MachineFault, match=r"missing_episodes\.csv cannot be read"):
        examine(folder, EDITION)


def test_a_file_that_grows_while_it_is_read_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_extract(folder, "missing_episodes")
    stat_of = files.os.fstat
    seen: list[int] = []

    def grow(descriptor: int) -> object:
        if seen:
            with path.open("ab") as file:
                file.write(b"ep-four,")
        seen.append(descriptor)
        return stat_of(descriptor)

    monkeypatch.setattr(files.os, "fstat", grow)
    assert "file_changing" in rules_of(examine(folder, EDITION))


@pytest.mark.parametrize(
    ("module", "limit", "value", "suffix", "rule"),
    [
        (files, "LARGEST_FILE", 100, ".csv", "file_too_large"),
        (reading, "MOST_ROWS", 2, ".csv", "too_many_rows"),
        (parquet, "MOST_ROWS", 2, ".parquet", "parquet_too_large"),
        (parquet, "MOST_BYTES", 50, ".parquet", "parquet_too_large"),
    ],
)
def test_limits_on_size_refuse_the_file(
    module: object, limit: str, value: int, suffix: str, rule: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if suffix == ".csv":
        write_extract(folder, "missing_episodes")
    else:
        pq.write_table(pa.Table.from_pylist(SOUND["missing_episodes"]), folder / "missing_episodes.parquet")
    monkeypatch.setattr(module, limit, value)
    examination = examine(folder, EDITION)
    assert rule in rules_of(examination)
    assert not examination.ok


@dataclass(frozen=True)
class Query:
    """Rows that are legal and must be explained."""

    name: str
    rule: str
    extract: str | None
    row: int | None
    write: Callable[[Path], object]


def episodes(*changes: dict[str, str]) -> Callable[[Path], object]:
    rows = [row | change for row, change in zip_longest(sound_rows("missing_episodes"), changes, fillvalue={})]
    return lambda folder: write_extract(folder, "missing_episodes", rows)


def beside_episodes(extract: str, **cells: str) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        write_extract(folder, "missing_episodes")
        write_extract(folder, extract, [sound_rows(extract)[0] | cells])

    return write


def referrals(*changes: dict[str, str]) -> Callable[[Path], object]:
    """Referrals of one child, changed one by one."""
    rows = [
        {**row, "child_id": "kid-gamma", **change}
        for row, change in zip(sound_rows("cme_referrals"), changes, strict=True)
    ]
    return lambda folder: write_extract(folder, "cme_referrals", rows)


def other_file(name: str) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        write_extract(folder, "missing_episodes")
        (folder / name).write_text("x", "utf-8")

    return write


QUERIES = [
    Query("another file", "unknown_file", None, None, other_file("minutes.docx")),
    Query("a hidden file", "unknown_file", None, None, other_file(".DS_Store")),
    Query("an old kind of workbook", "unknown_file", None, None, other_file("cme_referrals.xls")),
    Query("a time that the clocks skipped", "local_time_never_happened", "missing_episodes", 2,
          episodes({"started_at": "2014-03-30T01:30"})),
    Query("absent after January 2017", "absent_after_2017", "missing_episodes", 3,
          episodes({}, {"started_at": "2017-02-01", "ended_at": "2017-02-01"})),
    Query("away without being looked after", "away_not_looked_after", "missing_episodes", 4,
          episodes({}, {}, {"episode_type": "away"})),
    Query("an episode that starts in another", "overlapping_episodes", "missing_episodes", 3,
          episodes({}, {"started_at": "2014-05-02T07:39", "ended_at": "2014-05-02T07:40"})),
    Query("an episode inside another", "overlapping_episodes", "missing_episodes", 3,
          episodes({"ended_at": "2014-07-01"}, {})),
    Query("an episode after an open one", "overlapping_episodes", "missing_episodes", 3,
          episodes({"ended_at": "", "end_reason": ""}, {})),
    Query("an age that goes down", "age_contradicts", "missing_episodes", 3, episodes({}, {"age": "13"})),
    Query("an age that grows too fast", "age_contradicts", "missing_episodes", 3, episodes({}, {"age": "16"})),
    Query("a sex that changes", "sex_contradicts", "missing_episodes", 3, episodes({}, {"sex": "male"})),
    Query("a sex that differs in another extract", "sex_contradicts", "cme_referrals", 2,
          beside_episodes("cme_referrals", child_id="kid-beta", sex="female")),
    Query("rows of other years", "out_of_period", "missing_episodes", None, episodes({"started_at": "2013-05-01"})),
    Query("a month without rows", "month_without_rows", "missing_episodes", None, episodes()),
    Query("an interview before the return", "interview_before_return", "return_interviews", 2,
          beside_episodes("return_interviews", held_at="2014-05-02T07:39")),
    Query("an interview before the episode", "interview_before_episode", "return_interviews", 2,
          beside_episodes("return_interviews", offered_at="", response="", held_at="2014-04-30")),
    Query("a referral while another is open", "referred_while_open", "cme_referrals", 3,
          referrals({"closed_on": "", "outcome": ""}, {"referred_on": "2015-10-06"})),
    Query("a referral before another is closed", "referred_while_open", "cme_referrals", 3,
          referrals({}, {"referred_on": "2015-10-31"})),
    Query("a referral soon after the closure", "referred_again_at_once", "cme_referrals", 3,
          referrals({}, {"referred_on": "2015-11-08"})),
    Query("a referral of one who was too old", "referred_after_over_age", "cme_referrals", 3,
          referrals({"outcome": "over_compulsory_age"}, {})),
    Query("an end after the day of the edition", "after_as_at", "missing_episodes", None,
          episodes({"ended_at": "2016-01-13"})),
    Query("a closure after the day of the edition", "after_as_at", "cme_referrals", None,
          referrals({}, {"closed_on": "2016-01-13", "outcome": "other"})),
    Query("a risk that ends before it starts", "risk_ended_before_started", "education_risk", 2,
          beside_episodes("education_risk", ended_on="2015-09-08")),
    Query("leaving before entering", "left_before_entered", "school_census", 2,
          beside_episodes("school_census", leaving_date="2012-08-31")),
    Query("the population of another authority", "population_of_unknown_authority", "population", 2,
          beside_episodes("population", authority="E06000015")),
    Query("a file of the department that nobody knows", "published_statistics_not_read", "published_statistics_x", None,
          other_file("published_statistics_x.csv")),
]  # fmt: skip


def test_the_analyst_who_made_a_workbook_may_be_named_in_it(folder: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(list(SOUND["missing_episodes"][0]))
    for row in SOUND["missing_episodes"]:
        book.active.append([cell or None for cell in row.values()])
    book.properties.creator = "Sarah Smith"
    book.properties.lastModifiedBy = "Charlotte Jones"
    book.properties.title = "Missing episodes 2014-04-01 to 2015-03-31"
    book.active.title = "Missing Episodes"
    book.active.auto_filter.ref = "A1:P4"
    book.save(folder / "missing_episodes.xlsx")
    assert examine(folder, EDITION).ok


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_what_must_be_explained_is_queried_and_admitted(query: Query, folder: Path) -> None:
    query.write(folder)
    examination = examine(folder, EDITION)
    assert examination.ok, examination.findings
    assert (query.rule, query.extract, query.row) in {(f.rule, f.extract, f.row) for f in examination.findings}
    assert RULES[query.rule].severity == "query"
    assert all(summary.rejected == 0 for summary in examination.extracts.values())


SOUND_CASES = [
    ("an end on the day of the start", {"started_at": "2014-05-01T22:10", "ended_at": "2014-05-01"}),
    ("an end at the very start", {"started_at": "2014-05-01T22:10", "ended_at": "2014-05-01T22:10"}),
    (
        "an end that is earlier on the clock only",
        {"started_at": "2014-10-26T01:50+01:00", "ended_at": "2014-10-26T01:10Z"},
    ),
    (
        "an end whose date is earlier where it was written",
        {"started_at": "2014-05-02", "ended_at": "2014-05-01T23:30Z"},
    ),
    ("the first of two local times", {"started_at": "2014-10-26T01:50+01:00", "ended_at": "2014-10-26T01:50"}),
    ("the earliest date", {"started_at": "1990-01-01", "ended_at": "1990-01-02"}),
    ("the latest date", {"started_at": "2014-05-01", "ended_at": "2099-12-31T23:59:59"}),
    ("a leap day", {"started_at": "2016-02-29T00:00", "ended_at": "2016-02-29T24:00".replace("24:00", "23:59")}),
    ("a child of 17", {"age": "17"}),
    ("a child of 0", {"age": "0"}),
    ("an id of 64 characters", {"child_id": "x" * 64}),
    (
        "absent on the last day of the category",
        {"episode_type": "absent", "started_at": "2017-01-31T23:59", "ended_at": ""},
    ),
]


@pytest.mark.parametrize(("name", "cells"), SOUND_CASES, ids=[name for name, _ in SOUND_CASES])
def test_what_is_unusual_but_sound_is_not_found_fault_with(name: str, cells: dict[str, str], folder: Path) -> None:
    row = sound_rows("missing_episodes")[0] | {"end_reason": ""} | cells
    write_extract(folder, "missing_episodes", [row])
    assert rules_of(examine(folder, EDITION)) <= {"out_of_period", "after_as_at"}, name


def test_a_referral_some_time_after_the_closure_is_not_questioned(folder: Path) -> None:
    referrals({}, {"referred_on": "2015-11-09"})(folder)
    assert not rules_of(examine(folder, EDITION))


def test_two_day_precise_episodes_may_touch_on_one_day(folder: Path) -> None:
    rows = sound_rows("missing_episodes")[:2]
    rows[0] |= {"started_at": "2014-05-01", "ended_at": "2014-05-03"}
    rows[1] |= {"started_at": "2014-05-03", "ended_at": "2014-05-04"}
    write_extract(folder, "missing_episodes", rows)
    assert rules_of(examine(folder, EDITION)) == set()


def test_a_birthday_between_two_episodes_is_no_contradiction(folder: Path) -> None:
    write_extract(
        folder,
        "missing_episodes",
        [r | {"age": a} for r, a in zip(sound_rows("missing_episodes"), ("14", "15"), strict=False)],
    )
    assert "age_contradicts" not in rules_of(examine(folder, EDITION))


def test_rows_outside_the_period_are_counted_by_the_period_of_their_collection(folder: Path) -> None:
    rows = sound_rows("missing_episodes")
    rows[0]["started_at"] = "2014-03-31T23:59"
    # 23:30 in UTC on the last day of March is the first of April in London.
    rows[1] |= {"started_at": "2014-03-31T23:30Z", "ended_at": "2014-04-01T09:00"}
    write_extract(folder, "missing_episodes", rows)
    write_extract(folder, "return_interviews")
    write_extract(folder, "cme_referrals", [sound_rows("cme_referrals")[0] | {"referred_on": "2015-08-31"}])
    summaries = examine(folder, EDITION).extracts
    assert {name: (s.kept, s.out_of_period) for name, s in summaries.items()} == {
        "missing_episodes": (2, 1),
        "return_interviews": (1, 1),
        "cme_referrals": (0, 1),
    }


def test_the_risk_of_an_authority_with_referrals_only_is_sound(folder: Path) -> None:
    write_extract(folder, "cme_referrals", [sound_rows("cme_referrals")[0] | {"authority": "E06000015"}])
    write_extract(folder, "education_risk", [sound_rows("education_risk")[0] | {"authority": "E06000015"}])
    assert examine(folder, EDITION).ok
    write_extract(folder, "education_risk")
    refused = examine(folder, EDITION, authority="E06000014")
    assert [(f.rule, f.row) for f in refused.findings if f.severity == "error"] == [("risk_of_unknown_authority", 2)]


def test_beyond_a_thousand_rows_of_one_rule_the_rest_are_counted(folder: Path) -> None:
    row = SOUND["missing_episodes"][0]
    count = findings.ROWS_NAMED + 500
    write_extract(folder, "missing_episodes", [row | {"episode_id": f"e{n}", "sex": "x"} for n in range(count)])
    examination = examine(folder, EDITION)
    found = [finding for finding in examination.findings if finding.rule == "not_in_list"]
    assert len(found) == findings.ROWS_NAMED + 1
    assert (found[-1].row, found[-1].count) == (None, 500)
    assert examination.extracts["missing_episodes"].rejected == count


def test_a_row_after_a_quoted_line_break_is_named_by_its_line(folder: Path) -> None:
    rows = sound_rows("missing_episodes")
    rows[0]["reported_by"] = "line\r\nbreak"
    rows[2]["sex"] = "x"
    write_extract(folder, "missing_episodes", rows)
    found = {(f.field, f.row) for f in examine(folder, EDITION).findings if f.rule == "not_in_list"}
    assert found == {("reported_by", 2), ("sex", 5)}


def test_all_that_is_wrong_in_several_files_is_said_at_once(folder: Path) -> None:
    write_sound_folder(folder)
    (folder / "school_census.csv").write_bytes(b"")
    write_extract(folder, "population", [sound_rows("population")[0] | {"population": "0"}])
    write_extract(folder, "cme_referrals", [sound_rows("cme_referrals")[0] | {"sex": "x"}])
    errors = {f.extract for f in examine(folder, EDITION).findings if f.severity == "error"}
    assert errors == {"school_census", "population", "cme_referrals"}


def test_the_name_of_another_file_is_given_but_not_where_it_names_a_person(folder: Path) -> None:
    write_extract(folder, "missing_episodes")
    for name in ("Missing_Episodes.CSV", "Jane Smith.docx", "notes 4000000004.txt"):
        (folder / name).write_text("x", "utf-8")
    messages = " ".join(f.message for f in examine(folder, EDITION).findings if f.rule == "unknown_file")
    assert "Missing_Episodes.CSV is not an extract" in messages
    assert "It may be meant to be missing_episodes.csv" in messages
    assert "Smith" not in messages
    assert "4000000004" not in messages


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_the_sample_passes_the_gate_and_says_that_it_is_invented(edition: str) -> None:
    examination = examine(paths.SAMPLE_EXTRACTS / edition, read_calendar(paths.SAMPLE_EXTRACTS)[edition])
    assert examination.ok
    assert examination.invented
    assert examination.statistics
    assert "unknown_file" not in rules_of(examination)


def test_the_gate_starts_without_dagster_dbt_and_the_libraries_of_other_formats() -> None:
    program = (
        "import sys; from pathlib import Path; from pipelines import paths; from pipelines.intake.gate import examine;"
        "from pipelines.intake.calendar import read_calendar;"
        "assert 'frictionless' not in sys.modules and 'numpy' not in sys.modules;"
        "examine(paths.SAMPLE_EXTRACTS / '2016', read_calendar(None)['2016']);"
        "heavy = {'dagster', 'dbt', 'duckdb', 'openpyxl', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=paths.PROJECT)
