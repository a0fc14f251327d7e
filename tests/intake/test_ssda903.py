"""Preparing a looked-after children return: what each code becomes, what is left out and said, and what never leaves.

The synthetic return of another project is used where it is there; the rest of the returns are written here.
"""

from __future__ import annotations

import csv
import json
import os
import stat
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from pipelines.faults import DataFault, UsageFault
from pipelines.intake.preparation import Preparation
from pipelines.intake.ssda903 import prepare_ssda903
from pipelines.paths import PROJECT

FAKE_RETURN = PROJECT.parent / "shared" / "data" / "ssda903_fake_validator"
needs_fake_return = pytest.mark.skipif(
    not FAKE_RETURN.is_dir(), reason="the synthetic return is not beside the project (../shared/data)"
)

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"
EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"
MISSING = "CHILD,DOB,MISSING,MIS_START,MIS_END"


def write_return(folder: Path, *, header: list[str], episodes: list[str], missing: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns, rows in (
        ("header.csv", HEADER, header),
        ("episodes.csv", EPISODES, episodes),
        ("missing.csv", MISSING, missing),
    ):
        (folder / name).write_text("\n".join([columns, *rows, ""]), encoding="utf-8")
    return folder


def prepare_one(
    tmp_path: Path, missing: list[str], header: list[str] | None = None, episodes: list[str] | None = None
) -> tuple[Preparation, list[dict[str, str]]]:
    source = write_return(
        tmp_path / "return",
        header=["7,2,01/06/2004,WBRI,,,"] if header is None else header,
        episodes=["7,01/01/2016,S,C2,N1,U1,PR1,,,,YO1 1AA,YO1 1AB,1"] if episodes is None else episodes,
        missing=missing,
    )
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "keys" / "key")
    return done, read_rows(done.folder / "missing_episodes.csv")


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@needs_fake_return
def test_the_synthetic_return_gives_one_episode_for_each_of_its_rows_with_the_age_at_the_start(tmp_path: Path) -> None:
    done = prepare_ssda903(FAKE_RETURN, "2019", tmp_path / "out", key=tmp_path / "key")
    rows = read_rows(done.folder / "missing_episodes.csv")
    assert (done.rows_read, done.rows_written, done.rows_left_out, done.children) == (43, 43, 0, 39)
    assert Counter(row["episode_type"] for row in rows) == {"missing": 19, "away": 24}
    assert len({row["child_id"] for row in rows}) == 39
    assert len({row["episode_id"] for row in rows}) == 43
    assert sum(row["placement_type"] == "" for row in rows) == 11
    assert sum(row["started_at"] < "2017-04-01" for row in rows) == 3
    assert {row["looked_after"] for row in rows} == {"true"}

    def read_day(text: str) -> date:
        day, month, year = map(int, text.split("/"))
        return date(year, month, day)

    header = {row["CHILD"]: row for row in read_rows(FAKE_RETURN / "header.csv")}
    expected = Counter()
    for row in read_rows(FAKE_RETURN / "missing.csv"):
        born, started, ended = (read_day(row[name]) for name in ("DOB", "MIS_START", "MIS_END"))
        age = next(years for years in range(18) if started < born.replace(year=born.year + years + 1))
        sex = {"1": "male", "2": "female"}[header[row["CHILD"]]["SEX"]]
        kind = {"M": "missing", "A": "away"}[row["MISSING"]]
        expected[(kind, started.isoformat(), ended.isoformat(), str(age), sex)] += 1
    found = Counter(
        tuple(row[name] for name in ("episode_type", "started_at", "ended_at", "age", "sex")) for row in rows
    )
    assert found == expected


@needs_fake_return
def test_no_number_birthday_or_postcode_of_the_return_is_in_what_comes_out(tmp_path: Path) -> None:
    done = prepare_ssda903(FAKE_RETURN, "2019", tmp_path / "out", key=tmp_path / "key")
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.csv"))
    text += " ".join(done.notes) + json.dumps(done.as_json())
    cells = set(text.replace("\n", ",").split(","))
    for row in read_rows(FAKE_RETURN / "missing.csv"):
        assert row["CHILD"] not in cells
        assert row["DOB"] not in text
        day, month, year = row["DOB"].split("/")
        assert f"{year}-{month}-{day}" not in text
    key = (tmp_path / "key").read_text(encoding="ascii").strip()
    assert key not in text
    assert not list((tmp_path / "out").rglob("*key*"))


@needs_fake_return
def test_the_calendar_beside_the_extracts_names_the_year_of_the_return(tmp_path: Path) -> None:
    done = prepare_ssda903(FAKE_RETURN, "2019", tmp_path / "out", key=tmp_path / "key")
    assert done.calendar is not None
    assert done.calendar.read_text(encoding="utf-8").splitlines()[-2:] == [
        "2019,missing,2017-04-01,2018-03-31,2019-01-12",
        "2019,education,2018-09-01,2019-01-12,2019-01-12",
    ]


def test_the_calendar_keeps_the_editions_that_it_already_has_and_their_own_periods(tmp_path: Path) -> None:
    source = write_return(tmp_path / "r", header=[], episodes=[], missing=[])
    (tmp_path / "out").mkdir()
    calendar = tmp_path / "out" / "editions.csv"
    own = "2018,missing,2016-04-01,2017-03-31,2018-02-01\n2018,education,2017-09-01,2018-02-01,2018-02-01\n"
    calendar.write_text("edition,collection,period_start,period_end,as_at\n" + own, encoding="utf-8")
    done = [prepare_ssda903(source, e, tmp_path / "out", key=tmp_path / "key") for e in ("2019", "2018", "2019")]
    assert [each.calendar is None for each in done] == [False, True, True]
    assert own in calendar.read_text(encoding="utf-8")
    assert [(row["edition"], row["collection"]) for row in read_rows(calendar)] == [
        ("2018", "missing"),
        ("2018", "education"),
        ("2019", "missing"),
        ("2019", "education"),
    ]


def test_an_edition_that_the_project_knows_needs_no_calendar_of_its_own(tmp_path: Path) -> None:
    source = write_return(tmp_path / "r", header=[], episodes=[], missing=[])
    done = prepare_ssda903(source, "2018", tmp_path / "out", key=tmp_path / "key")
    assert done.calendar is None
    assert not (tmp_path / "out" / "editions.csv").exists()


def test_a_module_without_rows_becomes_an_extract_without_rows(tmp_path: Path) -> None:
    done, rows = prepare_one(tmp_path, [])
    assert rows == []
    assert done.rows_read == 0
    assert (done.folder / "missing_episodes.csv").read_text(encoding="utf-8").startswith("episode_id,child_id,")


def test_codes_become_the_words_of_the_contract(tmp_path: Path) -> None:
    _, rows = prepare_one(
        tmp_path,
        header=["1,1,01/01/2005,WIRT,,,", "2,F,01/01/2005,CHNE,,,", "3,U,01/01/2005,REFU,,,", "4,M,01/01/2005,MWAS,,,"],
        episodes=[
            "1,01/01/2016,S,C2,N1,K2,PR1,,,,,,",
            "2,01/01/2016,S,C2,N1,H5,PR1,,,,,,",
            "3,01/01/2016,S,C2,N1,P1,PR1,,,,,,",
            "4,01/01/2016,S,C2,N1,K1,PR1,,,,,,",
        ],
        missing=[
            "1,01/01/2005,M,01/05/2017,02/05/2017",
            "2,01/01/2005,A,02/05/2017,",
            "3,01/01/2005,m,03/05/2017,03/05/2017",
            "4,01/01/2005,a,04/05/2017,05/05/2017",
        ],
    )
    names = ("episode_type", "sex", "ethnicity", "placement_type", "started_at", "ended_at", "end_reason")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("missing", "male", "gypsy_roma_traveller", "childrens_home", "2017-05-01", "2017-05-02", ""),
        ("away", "female", "asian", "semi_independent", "2017-05-02", "", ""),
        ("missing", "not_known", "not_known", "with_parents", "2017-05-03", "2017-05-03", ""),
        ("away", "male", "mixed", "secure", "2017-05-04", "2017-05-05", ""),
    ]
    assert {row["placement_location"] for row in rows} == {""}


def test_the_age_is_that_of_the_day_before_and_on_the_birthday(tmp_path: Path) -> None:
    _, rows = prepare_one(tmp_path, ["7,01/06/2004,M,31/05/2017,31/05/2017", "7,01/06/2004,M,01/06/2017,01/06/2017"])
    assert [row["age"] for row in rows] == ["12", "13"]


def test_the_placement_is_that_of_the_care_episode_that_begins_on_the_day_the_last_one_ends(tmp_path: Path) -> None:
    _, rows = prepare_one(
        tmp_path,
        episodes=[
            "7,01/01/2016,S,C2,N1,U1,PR1,10/05/2017,X1,,,,",
            "7,10/05/2017,P,C2,N1,K2,PR1,20/05/2017,E8,,,,",
        ],
        missing=[
            "7,01/06/2004,M,09/05/2017,09/05/2017",
            "7,01/06/2004,M,10/05/2017,10/05/2017",
            "7,01/06/2004,M,20/05/2017,20/05/2017",
            "7,01/06/2004,M,21/05/2017,21/05/2017",
        ],
    )
    assert [row["placement_type"] for row in rows] == ["foster", "childrens_home", "childrens_home", ""]


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        (",01/06/2004,M,01/05/2017,", ["child_blank"]),
        ("7,01/06/2004,X,01/05/2017,", ["1006"]),
        ("7,01/06/2004,,01/05/2017,", ["565"]),
        ("7,01/06/2004,,01/05/2017,02/05/2017", ["565", "566"]),
        ("7,01/06/2004,M,,", ["564"]),
        ("7,01/06/2004,,,02/05/2017", ["1004", "566"]),
        ("7,01/06/2004,M,2017-05-01,", ["1004"]),
        ("7,01/06/2004,M,31/02/2017,", ["1004"]),
        ("7,01/06/2004,M,01/05/2017,soon", ["1005"]),
        ("7,01/06/2004,M,02/05/2017,01/05/2017", ["567"]),
        ("7,01/06/2004,M,01/05/2003,02/05/2003", ["586"]),
        ("7,01/06/2004,M,01/06/2022,02/06/2022", ["not_a_child"]),
        ("7,01/06/2004,M,01/04/2017,02/04/2017", ["row_repeated"]),
    ],
)
def test_a_row_that_no_extract_may_hold_is_left_out_under_its_rule_and_without_its_values(
    tmp_path: Path, row: str, rules: list[str]
) -> None:
    done, rows = prepare_one(tmp_path, ["7,01/06/2004,M,01/04/2017,02/04/2017", row])
    assert len(rows) == 1
    assert done.rows_left_out == 1
    errors = [finding for finding in done.findings if finding.severity == "error"]
    assert sorted(finding.rule for finding in errors) == rules
    assert not done.ok
    for finding in errors:
        assert (finding.extract, finding.row) == ("missing", 3)
        said = finding.message + finding.fix
        assert not any(value in said for value in ("2004", "/2017", "soon", "2003", "2022"))


def test_a_return_of_which_no_row_can_be_used_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"No row of missing can be used\. Line 2: MISSING is neither M nor A"):
        prepare_one(tmp_path, ["7,01/06/2004,X,01/05/2017,"])
    assert not (tmp_path / "out").exists()


def test_a_child_who_is_not_in_the_header_keeps_the_age_and_is_reported(tmp_path: Path) -> None:
    done, rows = prepare_one(tmp_path, ["8,01/06/2004,M,01/05/2017,", "8,01/06/2004,M,01/04/2017,02/04/2017"])
    assert {(row["sex"], row["ethnicity"], row["age"]) for row in rows} == {("not_known", "not_known", "12")}
    assert [finding.row for finding in done.findings if finding.rule == "INT04"] == [2, 3]


def test_dates_of_birth_that_differ_leave_the_age_blank(tmp_path: Path) -> None:
    done, rows = prepare_one(tmp_path, ["7,02/06/2004,M,01/05/2017,"])
    assert rows[0]["age"] == ""
    assert [finding.rule for finding in done.findings] == ["INT13"]


def test_missing_until_the_eighteenth_birthday_is_not_found(tmp_path: Path) -> None:
    header = ["7,2,01/05/2000,WBRI,,,"]
    _, rows = prepare_one(
        tmp_path, ["7,01/05/2000,M,01/02/2018,01/05/2018", "7,01/05/2000,A,01/01/2018,01/05/2018"], header=header
    )
    assert [row["end_reason"] for row in rows] == ["", "turned_18_not_found"]


def test_a_child_has_the_same_pseudonym_with_the_same_key_and_another_with_another(tmp_path: Path) -> None:
    source = write_return(
        tmp_path / "r", header=["7,2,01/06/2004,WBRI,,,"], episodes=[], missing=["7,01/06/2004,M,01/05/2017,"]
    )
    names = [
        read_rows(prepare_ssda903(source, edition, tmp_path / out, key=tmp_path / key).folder / "missing_episodes.csv")[
            0
        ]
        for edition, out, key in (("2019", "a", "k1"), ("2020", "b", "k1"), ("2019", "c", "k2"))
    ]
    assert names[0]["child_id"] == names[1]["child_id"] != names[2]["child_id"]


def test_an_episode_keeps_its_id_when_its_end_becomes_known(tmp_path: Path) -> None:
    _, before = prepare_one(tmp_path, ["7,01/06/2004,M,01/05/2017,"])
    _, after = prepare_one(tmp_path, ["7,01/06/2004,M,01/05/2017,03/05/2017"])
    assert before[0]["episode_id"] == after[0]["episode_id"]
    assert after[0]["ended_at"] == "2017-05-03"


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_the_key_is_its_owners_alone_and_one_that_others_may_read_is_refused(tmp_path: Path) -> None:
    prepare_one(tmp_path, ["7,01/06/2004,M,01/05/2017,"])
    key = tmp_path / "keys" / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o644)
    with pytest.raises(DataFault, match="chmod 600"):
        prepare_one(tmp_path, ["7,01/06/2004,M,01/05/2017,"])


def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key"
    key.parent.mkdir()
    key.write_text("shopping list")
    key.chmod(0o600)
    with pytest.raises(DataFault, match="not a key file"):
        prepare_one(tmp_path, ["7,01/06/2004,M,01/05/2017,"])
    assert key.read_text() == "shopping list"


def test_a_key_among_the_extracts_is_refused(tmp_path: Path) -> None:
    source = write_return(tmp_path / "r", header=[], episodes=[], missing=[])
    with pytest.raises(UsageFault, match="may not lie among the extracts"):
        prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "out" / "2019" / "key")
    assert not (tmp_path / "out").exists()


def test_files_are_found_whatever_their_case_and_read_with_a_mark(tmp_path: Path) -> None:
    source = write_return(
        tmp_path / "r", header=["7,2,01/06/2004,WBRI,,,"], episodes=[], missing=["7,01/06/2004,M,01/05/2017,"]
    )
    (source / "missing.csv").rename(source / "Missing.CSV")
    (source / "header.csv").write_bytes(b"\xef\xbb\xbf" + (source / "header.csv").read_bytes().replace(b"SEX", b"Sex"))
    done = prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    assert done.rows_written == 1
    assert read_rows(done.folder / "missing_episodes.csv")[0]["sex"] == "female"


def test_a_return_without_one_of_its_files_or_columns_is_refused(tmp_path: Path) -> None:
    source = write_return(tmp_path / "r", header=[], episodes=[], missing=[])
    (source / "missing.csv").write_text("CHILD,DOB,MISSING\n")
    with pytest.raises(DataFault, match="no column MIS_START, MIS_END"):
        prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    (source / "missing.csv").unlink()
    with pytest.raises(DataFault, match=r"holds no missing\.csv"):
        prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("edition", ["19", "2019-v2", "../2019", "", "next"])
def test_a_name_that_is_no_edition_is_refused(tmp_path: Path, edition: str) -> None:
    source = write_return(tmp_path / "r", header=[], episodes=[], missing=[])
    with pytest.raises(UsageFault, match="named after the year"):
        prepare_ssda903(source, edition, tmp_path / "out", key=tmp_path / "key")


def test_real_rows_are_never_put_among_a_samples(tmp_path: Path) -> None:
    source = write_return(tmp_path / "r", header=[], episodes=[], missing=[])
    (tmp_path / "out" / "2019").mkdir(parents=True)
    (tmp_path / "out" / "2019" / "SAMPLE.txt").touch()
    with pytest.raises(UsageFault, match="holds a sample"):
        prepare_ssda903(source, "2019", tmp_path / "out", key=tmp_path / "key")
