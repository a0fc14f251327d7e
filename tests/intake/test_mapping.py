"""An export with a mapping: what the mapping may say, what becomes of each value, and what is never said of it."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.faults import DataFault, UsageFault
from pipelines.intake.explanations import read_explanations
from pipelines.intake.gate import examine
from pipelines.intake.mapped import prepare_mapped
from pipelines.intake.mapping import ExtractMapping, FieldMapping, make_json_schema, read_mapping, suggest_code
from pipelines.intake.preparation import Preparation, infer_calendar
from pipelines.intake.preparation_report import show_preparation_as_text
from pipelines.intake.ssda903 import prepare_ssda903
from pipelines.intake.suggestion import suggest
from pipelines.paths import DOCS, SCHEMAS
from tests.intake.test_ssda903 import write_return

SSD_MISSING = SCHEMAS / "mappings" / "ssd_missing.yml"
MINIMAL = """
extracts:
  missing_episodes:
    file: export.csv
    fields:
      episode_id: {column: No}
      child_id: {column: Person}
      episode_type: {column: Type, codes: {Missing: missing, Absent: absent}}
      started_at: {column: From, format: "%d/%m/%Y %H:%M"}
      ended_at: {column: To, format: "%d/%m/%Y %H:%M"}
      sex: {column: Sex, codes: {F: female, M: male}}
      looked_after: {column: Care, yes: [Y], no: [N]}
"""
COLUMNS = "No,Person,Type,From,To,Sex,Care,Worker"


def prepare(tmp_path: Path, rows: list[str], mapping: str = MINIMAL, columns: str = COLUMNS) -> Preparation:
    source = tmp_path / "export.csv"
    source.write_text("\n".join([columns, *rows, ""]), encoding="utf-8")
    described = tmp_path / "mapping.yml"
    described.write_text(mapping, encoding="utf-8")
    return prepare_mapped(source, described, "2016", tmp_path / "out", key=tmp_path / "key")


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_episodes(done: Preparation) -> list[dict[str, str]]:
    return sorted(read_rows(done.folder / "missing_episodes.csv"), key=lambda row: row["started_at"])


def test_an_export_becomes_an_extract_that_passes_the_gate(tmp_path: Path) -> None:
    done = prepare(
        tmp_path,
        [
            "1,70001,Missing,01/05/2014 23:30,02/05/2014 01:00,F,Y,Jane Smith",
            "2,70001,absent,03/06/2014 10:00,,f,n,Jane Smith",
        ],
    )
    assert done.ok
    assert done.findings == ()
    first, second = read_episodes(done)
    assert (first["started_at"], first["ended_at"]) == ("2014-05-01T23:30", "2014-05-02T01:00")
    assert (first["episode_type"], first["sex"], first["looked_after"]) == ("missing", "female", "true")
    assert (second["episode_type"], second["ended_at"], second["looked_after"]) == ("absent", "", "false")
    assert first["child_id"] == second["child_id"] != "70001"
    text = (done.folder / "missing_episodes.csv").read_text(encoding="utf-8")
    assert "70001" not in text
    assert "Jane" not in text
    assert examine(done.folder, infer_calendar("2016")).ok


def test_a_child_has_the_same_pseudonym_from_an_export_as_from_a_return(tmp_path: Path) -> None:
    done = prepare(tmp_path, ["1,7,Missing,01/05/2014 23:30,02/05/2014 01:00,F,Y,"])
    source = write_return(
        tmp_path / "r", header=["7,2,01/06/2004,WBRI,,,"], episodes=[], missing=["7,01/06/2004,M,01/05/2014,"]
    )
    other = prepare_ssda903(source, "2016", tmp_path / "other", key=tmp_path / "key")
    assert read_episodes(done)[0]["child_id"] == read_episodes(other)[0]["child_id"]


def test_values_that_codes_do_not_list_are_counted_and_placed_with_what_they_resemble_and_never_shown(
    tmp_path: Path,
) -> None:
    mapping = MINIMAL + "      reported_by: {column: By, codes: {Home: family}}\n"
    sound = "01/05/2014 23:30,02/05/2014 01:00,F,Y,"
    done = prepare(
        tmp_path,
        [
            f"1,7,Missing,{sound},Home",
            f"2,8,Missing,{sound},Police Xyzzy",
            f"3,9,Missing,{sound},Police Xyzzy",
            f"4,9,Missing Plugh,{sound},",
        ],
        mapping,
        COLUMNS + ",By",
    )
    assert not done.ok
    assert done.is_written
    assert [row["reported_by"] for row in read_episodes(done)].count("") == 2
    error, query = done.findings
    assert (error.rule, error.row, error.count) == ("required_value_not_mapped", 5, 1)
    assert "our code missing" in error.message
    assert "left out" in error.fix
    assert (query.rule, query.row, query.count) == ("value_not_mapped", 3, 2)
    assert "2 times (first in line 3)" in query.message
    assert "our code police" in query.message
    said = json.dumps(done.as_json()) + show_preparation_as_text(done)
    assert "Xyzzy" not in said
    assert "Plugh" not in said


def test_dates_are_read_as_declared_and_never_guessed(tmp_path: Path) -> None:
    rows = [
        "1,7,Missing,05/04/2014 10:00,,F,Y,",
        "2,8,Missing,2014-04-05 10:00,,F,Y,",
        "3,9,Missing,31/12/1899 00:00,,F,Y,",
    ]
    done = prepare(tmp_path, rows)
    assert [row["started_at"] for row in read_episodes(done)] == ["2014-04-05T10:00"]
    assert [(finding.row, finding.rule) for finding in done.findings] == [
        (3, "required_moment_not_as_declared"),
        (4, "required_moment_out_of_range"),
    ]
    american = MINIMAL.replace("%d/%m", "%m/%d")
    done = prepare(tmp_path, rows[:1], american)
    assert [row["started_at"] for row in read_episodes(done)] == ["2014-05-04T10:00"]


def test_midnight_can_stand_for_a_day_whose_time_is_not_known(tmp_path: Path) -> None:
    mapping = MINIMAL.replace(
        'From, format: "%d/%m/%Y %H:%M"', 'From, format: "%d/%m/%Y %H:%M", midnight_is_no_time: true'
    )
    done = prepare(tmp_path, ["1,7,Missing,05/04/2014 00:00,06/04/2014 00:00,F,Y,"], mapping)
    (row,) = read_episodes(done)
    assert (row["started_at"], row["ended_at"]) == ("2014-04-05", "2014-04-06T00:00")


def test_a_date_of_birth_gives_the_age_at_the_start_and_is_dropped(tmp_path: Path) -> None:
    mapping = MINIMAL + '      age: {date_of_birth: Born, format: "%d/%m/%Y"}\n'
    end = "F,Y,,"
    done = prepare(
        tmp_path,
        [
            f"1,7,Missing,31/05/2014 10:00,,{end}01/06/2001",
            f"2,7,Missing,01/06/2014 10:00,,{end}01/06/2001",
            f"3,8,Missing,01/06/2014 10:00,,{end}1/6/96",
            f"4,9,Missing,01/06/2014 10:00,,{end}01/06/1996",
        ],
        mapping,
        COLUMNS + ",Born",
    )
    rows = read_episodes(done)
    assert sorted(row["age"] for row in rows) == ["", "12", "13"]
    assert "2001" not in (done.folder / "missing_episodes.csv").read_text(encoding="utf-8")
    assert {(finding.row, finding.rule) for finding in done.findings if finding.extract == "export.csv"} == {
        (4, "moment_not_as_declared"),
        (5, "not_a_child_at_start"),
    }


def test_rows_that_the_gate_would_refuse_are_left_out_under_the_line_of_the_export(tmp_path: Path) -> None:
    done = prepare(
        tmp_path,
        [
            "1,7,Missing,05/06/2014 10:00,06/06/2014 10:00,F,Y,",
            "2,8,Missing,05/04/2014 10:00,04/04/2014 10:00,F,Y,",
            "1,9,Missing,07/07/2014 10:00,,F,Y,",
        ],
    )
    assert done.rows_left_out == 2
    assert {(finding.row, finding.rule) for finding in done.findings} == {
        (3, "ended_before_started"),
        (4, "not_unique"),
    }
    repeated = next(finding for finding in done.findings if finding.rule == "not_unique")
    assert "those of line 2" in repeated.message
    assert examine(done.folder, infer_calendar("2016")).ok


def test_a_column_of_personal_data_is_refused_by_the_gate_and_nothing_is_left_behind(tmp_path: Path) -> None:
    mapping = MINIMAL.replace("{column: Person}", "{column: Person, already_pseudonymous: true}")
    numbers = ["9434765919", "4505577104", "9876543210"]
    rows = [f"{place},{number},Missing,05/06/2014 10:00,,F,Y," for place, number in enumerate(numbers)]
    done = prepare(tmp_path, rows, mapping)
    assert not done.is_written
    assert "holds_nhs_numbers" in {finding.rule for finding in done.findings}
    assert not (tmp_path / "out").exists()
    assert not any(number in json.dumps(done.as_json()) for number in numbers)


def test_one_export_gives_several_extracts_that_belong_together(tmp_path: Path) -> None:
    mapping = (
        MINIMAL
        + """
  return_interviews:
    file: interviews.csv
    fields:
      interview_id: {column: Id}
      episode_id: {column: Episode}
      offered_at: {column: Offered, format: "%d/%m/%Y"}
      response: {constant: ''}
      held_at: {column: Held, format: "%d/%m/%Y"}
      push_factors: {column: Push, separator: ",", codes: {Family: family_conflict, Bullied: bullying}}
      pull_factors: {constant: ''}
      shared_with_police_on: {constant: ''}
"""
    )
    (tmp_path / "export.csv").write_text(f"{COLUMNS}\n1,7,Missing,05/06/2014 10:00,06/06/2014 10:00,F,Y,\n")
    (tmp_path / "interviews.csv").write_text(
        'Id,Episode,Offered,Held,Push\n1,1,07/06/2014,08/06/2014,"Family, Bullied"\n2,99,07/06/2014,,\n'
    )
    (tmp_path / "mapping.yml").write_text(mapping)
    done = prepare_mapped(tmp_path, tmp_path / "mapping.yml", "2016", tmp_path / "out", key=tmp_path / "key")
    (episode,) = read_episodes(done)
    (interview,) = read_rows(done.folder / "return_interviews.csv")
    assert interview["episode_id"] == episode["episode_id"]
    assert (interview["held_at"], interview["push_factors"]) == ("2014-06-08", "family_conflict;bullying")
    # an interview of an episode that is not there is left out, under its line in the export
    assert [(f.extract, f.row, f.rule) for f in done.findings] == [("interviews.csv", 3, "orphan_interview")]


def test_whether_a_child_was_looked_after_can_come_from_another_file_by_dates(tmp_path: Path) -> None:
    mapping = MINIMAL.replace(
        "    fields:",
        '    lookups: {care: {file: care.csv, key: Person, by: Person, during: {start: From, end: To, format: "%d/%m/%Y"}}}\n'
        "    fields:",
    ).replace("{column: Care, yes: [Y], no: [N]}", "{found_in: care}")
    mapping += "      placement_type: {column: Place, from: care, codes: {U1: foster, K2: childrens_home}}\n"
    (tmp_path / "export.csv").write_text(
        f"{COLUMNS}\n"
        "1,7,Missing,05/06/2014 10:00,,F,,\n2,7,Missing,05/08/2014 10:00,,F,,\n3,8,Missing,05/06/2014 10:00,,F,,\n"
    )
    (tmp_path / "care.csv").write_text("Person,From,To,Place\n7,01/01/2014,30/06/2014,U1\n7,30/06/2014,01/07/2014,K2\n")
    (tmp_path / "mapping.yml").write_text(mapping)
    done = prepare_mapped(tmp_path, tmp_path / "mapping.yml", "2016", tmp_path / "out", key=tmp_path / "key")
    rows = {(row["started_at"][:10], row["looked_after"], row["placement_type"]) for row in read_episodes(done)}
    assert rows == {
        ("2014-06-05", "true", "foster"),
        ("2014-06-05", "false", ""),
        ("2014-08-05", "false", ""),
    }


def test_a_workbook_is_read_as_a_csv_file_is(tmp_path: Path) -> None:
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS.split(","))
    sheet.append([1, 7, "Missing", datetime(2014, 5, 1, 23, 30), datetime(2014, 5, 2, 1, 0), "F", "Y", ""])
    book.save(tmp_path / "export.xlsx")
    mapping = MINIMAL.replace("export.csv", "export.xlsx").replace('"%d/%m/%Y %H:%M"', "iso")
    (tmp_path / "mapping.yml").write_text(mapping)
    done = prepare_mapped(tmp_path, tmp_path / "mapping.yml", "2016", tmp_path / "out", key=tmp_path / "key")
    (row,) = read_episodes(done)
    assert (row["started_at"], row["ended_at"]) == ("2014-05-01T23:30", "2014-05-02T01:00")


SSD_COLUMNS = (
    "miss_table_id,miss_person_id,miss_missing_episode_start_date,miss_missing_episode_type,"
    "miss_missing_episode_end_date,miss_missing_rhi_offered,miss_missing_rhi_accepted"
)


def test_the_shipped_mapping_of_the_national_dataset_gives_episodes_and_interviews(tmp_path: Path) -> None:
    (tmp_path / "ssd_missing.csv").write_text(
        f"{SSD_COLUMNS}\n"
        "m1,p1,2014-05-01 23:30:00.000,M,2014-05-02 01:00:00.000,Y,Y\n"
        "m2,p1,2014-06-01 00:00:00.000,Missing,2014-06-02 00:00:00.000,Y,N\n"
        "m3,p2,2014-07-01 10:00:00.000,A,NULL,NA,NULL\n"
        "m4,p2,2014-08-01 10:00:00.000,Away,2014-08-01 12:00:00.000,N,NULL\n"
    )
    (tmp_path / "ssd_person.csv").write_text(
        "pers_person_id,pers_sex,pers_dob,pers_ethnicity,pers_common_child_id\n"
        "p1,F,2001-06-01 00:00:00.000,WIRT,9434765919\np2,M,2000-06-01 00:00:00.000,NULL,\n"
    )
    done = prepare_mapped(tmp_path, SSD_MISSING, "2016", tmp_path / "out", key=tmp_path / "key")
    assert done.ok
    assert done.findings == ()
    names = ("episode_type", "started_at", "ended_at", "sex", "age", "ethnicity", "looked_after")
    assert [tuple(row[name] for name in names) for row in read_episodes(done)] == [
        ("missing", "2014-05-01T23:30", "2014-05-02T01:00", "female", "12", "gypsy_roma_traveller", "true"),
        ("missing", "2014-06-01", "2014-06-02", "female", "13", "gypsy_roma_traveller", "true"),
        ("away", "2014-07-01T10:00", "", "male", "14", "", "true"),
        ("away", "2014-08-01T10:00", "2014-08-01T12:00", "male", "14", "", "true"),
    ]
    interviews = read_rows(done.folder / "return_interviews.csv")
    assert sorted(row["response"] for row in interviews) == ["accepted", "declined"]
    assert any("2 rows of ssd_missing.csv are not those that the mapping keeps" in note for note in done.notes)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("file: export.csv", "file: export.csv\n    encodin: utf-8", 5, "Did you mean encoding?"),
        ("column: No", "colum: No", 6, "Did you mean column?"),
        ("missing_episodes:", "missing_episode:", 3, "Did you mean missing_episodes?"),
        ("sex:", "sexx:", 11, "Did you mean sex?"),
        ("Missing: missing", "Missing: misssing", 8, "Did you mean missing?"),
        ("Absent: absent", "missing: absent", 8, "mapped to another code too"),
        (', format: "%d/%m/%Y %H:%M"}\n      ended', "}\n      ended", 9, "never guessed"),
        ('"%d/%m/%Y %H:%M"}\n      ended', '"%d/%m"}\n      ended', 9, "day, month and year"),
        ("yes: [Y], no: [N]", "yes: [Y]", 12, "needs yes and no"),
        ("      child_id: {column: Person}\n", "", 5, "child_id is required"),
        ('      ended_at: {column: To, format: "%d/%m/%Y %H:%M"}\n', "", 5, "its blank has a meaning"),
        ("{column: Sex, codes: {F: female, M: male}}", "{column: Sex, constant: male}", 11, "exactly one of"),
        ("{column: Sex, codes: {F: female, M: male}}", "{constant: girl}", 11, "There are female, male, not_known"),
        ("column: Sex,", "column: Sex, from: person,", 11, "no lookup of that name"),
        ("    fields:", "    fields: [", 6, "not YAML"),
        ("      sex:", "      child_id: {column: x}\n      sex:", 11, "stands here twice"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_its_line_and_what_may_be_meant(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in MINIMAL
    path = tmp_path / "mapping.yml"
    path.write_text(MINIMAL.replace(old, new, 1))
    with pytest.raises(DataFault) as refused:
        read_mapping(path)
    sentences = str(refused.value).splitlines()
    assert any(said in sentence for sentence in sentences), sentences
    if "YAML" not in said:
        assert any(s.startswith(f"mapping.yml, line {line}: ") and said in s for s in sentences), sentences


def test_words_that_yaml_takes_for_yes_and_no_are_codes_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text(MINIMAL.replace("yes: [Y], no: [N]", "yes: [Yes, on, 1], no: [No, off, 0]"))
    field = read_mapping(path).mapping.extracts["missing_episodes"].fields["looked_after"]
    assert (field.yes, field.no) == (("Yes", "on", "1"), ("No", "off", "0"))


def test_a_column_that_the_export_does_not_have_is_named_by_its_line_in_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(
        DataFault, match=r"mapping\.yml, line 7: export\.csv has no such column\. Did you mean person\?"
    ):
        prepare(tmp_path, [], MINIMAL.replace("column: Person", "column: Persom"))


def test_the_json_schema_of_mappings_is_that_of_the_model() -> None:
    assert (SCHEMAS / "mapping.schema.json").read_text(encoding="utf-8") == make_json_schema()


@pytest.mark.parametrize("path", sorted((SCHEMAS / "mappings").glob("*.yml")), ids=lambda path: path.stem)
def test_every_shipped_mapping_is_sound(path: Path) -> None:
    assert read_mapping(path).mapping.description


@pytest.mark.parametrize(
    ("value", "code"),
    [("Female", "female"), ("F", "female"), ("Not known", "not_known"), ("malle", "male"), ("Zebra", None), ("", None)],
)
def test_a_value_is_likened_to_our_codes(value: str, code: str | None) -> None:
    assert suggest_code(value, ("female", "male", "not_known")) == code


def write_export(tmp_path: Path) -> Path:
    lines = ["Missing ID,Person ID,Type,Start Date,End Date,Gender,Is Looked After,Reported By,Ethnicity,Surname,DOB"]
    names = ["Ann Archer", "Ben Baker", "Cat Cook", "Dan Drew"]
    for place in range(12):
        lines.append(
            f"{place},{7000000 + place % 5},{'Missing' if place % 2 else 'Absent'},{place + 1:02}/05/2014 10:30,"
            f"{place + 1:02}/05/2014 21:00,{'Female' if place % 3 else 'M'},{'Y' if place % 2 else 'N'},"
            f"{names[place % 4]},White British,Smith{place},13/06/2001"
        )
    path = tmp_path / "export.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_draft_names_columns_codes_and_formats_and_can_be_finished_by_hand(tmp_path: Path) -> None:
    draft = suggest(write_export(tmp_path), tmp_path / "mapping.yml")
    assert draft.extract == "missing_episodes"
    text = draft.path.read_text(encoding="utf-8")
    assert '"Missing": missing' in text
    assert '"Female": female' in text
    assert '"White British": white' in text
    assert 'yes: ["Y"]' in text
    # 12/05 is 5 December or 12 May; 13 May there is none, so that only a person can know
    assert text.count("formats fit every filled cell") == 2
    assert "date_of_birth" in text
    assert '"%d/%m/%Y"' in text  # of the dates of birth: there is no 13th month
    finished = text.replace("format: FILL IN", 'format: "%d/%m/%Y %H:%M"').replace("codes: {}", "codes: {x: police}")
    assert "FILL IN" not in finished.replace("# FILL IN", "")
    draft.path.write_text(finished, encoding="utf-8")
    done = prepare_mapped(tmp_path, draft.path, "2016", tmp_path / "out", key=tmp_path / "key")
    assert done.is_written
    assert done.rows_written == 12
    assert {row["age"] for row in read_episodes(done)} == {"12"}


def test_a_draft_lists_no_value_of_a_column_that_may_hold_personal_data(tmp_path: Path) -> None:
    text = suggest(write_export(tmp_path), tmp_path / "mapping.yml").path.read_text(encoding="utf-8")
    for personal in ("Archer", "Baker", "Smith", "70000", "13/06/2001"):
        assert personal not in text
    assert "may be personal data" in text


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_draft_is_its_owners_alone_and_replaces_nothing(tmp_path: Path) -> None:
    export = write_export(tmp_path)
    draft = suggest(export, tmp_path / "mapping.yml")
    assert stat.S_IMODE(draft.path.stat().st_mode) == 0o600
    with pytest.raises(UsageFault, match="is there already"):
        suggest(export, tmp_path / "mapping.yml")


def test_a_file_that_is_like_no_extract_gets_no_draft(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("qqqq,wwww\n1,2\n")
    with pytest.raises(DataFault, match="looks like a field"):
        suggest(tmp_path / "x.csv", tmp_path / "mapping.yml")
    assert not (tmp_path / "mapping.yml").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.data())
def test_a_mapping_spoilt_anywhere_is_read_or_refused_with_a_line_and_never_repeated(
    tmp_path: Path, data: st.DataObject
) -> None:
    lines = MINIMAL.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place] = data.draw(
            st.sampled_from(
                ["", "  - plugh", "plugh: [", "    plugh: {a: 1}", "&plugh", "? plugh", "!!plugh x", lines[place] * 2]
            )
        )
    path = tmp_path / "mapping.yml"
    path.write_text("\n".join(lines))
    try:
        read_mapping(path)
    except DataFault as refused:
        for sentence in str(refused).splitlines():
            assert sentence.startswith("mapping.yml")
            assert "plugh" not in sentence


def test_the_page_on_preparing_shows_files_that_are_sound_and_names_every_key(tmp_path: Path) -> None:
    page = (DOCS / "running" / "preparing.md").read_text(encoding="utf-8")
    shown, explained = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "mapping.yml").write_text(shown)
    assert read_mapping(tmp_path / "mapping.yml").mapping.extracts
    (tmp_path / "explanations.yml").write_text(explained)
    assert read_explanations(tmp_path)
    for model in (FieldMapping, ExtractMapping):
        for name, info in model.model_fields.items():
            assert f"`{info.alias or name}`" in page or name == "fields", name
