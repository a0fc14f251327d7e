"""Hostile and broken files: each is refused by its rule, with its line, admits no row and repeats no value."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from pipelines import paths
from pipelines.intake.admission import admit
from pipelines.intake.gate import examine
from pipelines.intake.rules import RULES
from tests.intake.extract_files import (
    EDITION,
    SOUND,
    as_csv,
    sound_rows,
    write_extract,
    write_sound_folder,
)

CANARY = "Qwixotl"
"""A value that no sentence of ours holds."""


@dataclass(frozen=True)
class Case:
    name: str
    rule: str
    write: Callable[[Path], object]
    row: int | None = None
    """The line that the finding must name, where it must name one."""
    extract: str | None = "missing_episodes"


def text(extract: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / f"{extract}.csv").write_text(content, "utf-8", newline="")


def raw(extract: str, content: bytes, suffix: str = ".csv") -> Callable[[Path], object]:
    return lambda folder: (folder / f"{extract}{suffix}").write_bytes(content)


def changed(extract: str, position: int = 0, /, **cells: str) -> Callable[[Path], object]:
    """The sound extract with some cells of one row changed."""
    rows = sound_rows(extract)
    rows[position] |= cells
    return lambda folder: write_extract(folder, extract, rows)


def headed(extract: str, old: str, new: str) -> Callable[[Path], object]:
    """The sound extract with one name of its header written otherwise."""
    header, _, rest = as_csv(SOUND[extract]).partition("\r\n")
    names = [new if name == old else name for name in header.split(",")]
    return text(extract, ",".join(names) + "\r\n" + rest)


def without(extract: str, column: str) -> Callable[[Path], object]:
    return lambda folder: write_extract(folder, extract, columns=[name for name in SOUND[extract][0] if name != column])


def with_column(name: str, value: str) -> Callable[[Path], object]:
    return lambda folder: write_extract(
        folder, "missing_episodes", [row | {name: value} for row in sound_rows("missing_episodes")]
    )


def column_of(column: str, *values: str, extract: str = "missing_episodes") -> Callable[[Path], object]:
    """An extract in which one column holds these values, one a row."""
    key = next(iter(SOUND[extract][0]))
    rows = [SOUND[extract][0] | {key: f"row{place}"} | {column: value} for place, value in enumerate(values)]
    return lambda folder: write_extract(folder, extract, rows)


def workbook(change: Callable[[Workbook], object]) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(SOUND["missing_episodes"][0]))
        for row in SOUND["missing_episodes"]:
            sheet.append([cell or None for cell in row.values()])
        change(book)
        book.save(folder / "missing_episodes.xlsx")

    return write


def cell(address: str, value: object) -> Callable[[Workbook], object]:
    def change(book: Workbook) -> None:
        assert book.active is not None
        book.active[address] = value

    return change


def repacked(change: Callable[[zipfile.ZipFile], object]) -> Callable[[Path], object]:
    """A sound workbook with further parts put into its archive."""

    def write(folder: Path) -> None:
        workbook(lambda book: None)(folder)
        with zipfile.ZipFile(folder / "missing_episodes.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
            change(archive)

    return write


def resheeted(rows: bytes) -> Callable[[Path], object]:
    """A sound workbook with raw rows put after its own."""

    def write(folder: Path) -> None:
        workbook(lambda book: None)(folder)
        path = folder / "missing_episodes.xlsx"
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content.replace(b"</sheetData>", rows + b"</sheetData>"))

    return write


def property_of(name: str, value: str) -> Callable[[Workbook], object]:
    return lambda book: setattr(book.properties, name, value)


def defined_name(name: str, value: str) -> Callable[[Workbook], object]:
    def change(book: Workbook) -> None:
        book.defined_names[name] = DefinedName(name, attr_text=value)

    return change


def sheet_name(name: str) -> Callable[[Workbook], object]:
    def change(book: Workbook) -> None:
        assert book.active is not None
        book.active.title = name

    return change


def comment(book: Workbook) -> None:
    assert book.active is not None
    book.active["A2"].comment = Comment(CANARY, CANARY)


def hidden_sheet(book: Workbook) -> None:
    book.create_sheet(CANARY).sheet_state = "veryHidden"


def parquet(column: str, values: pa.Array) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        table = pa.Table.from_pylist([{k: v or None for k, v in row.items()} for row in SOUND["missing_episodes"]])
        place = table.column_names.index(column)
        pq.write_table(table.set_column(place, column, values), folder / "missing_episodes.parquet")

    return write


def many(folder: Path, *writers: Callable[[Path], object]) -> None:
    for write in writers:
        write(folder)


def linked(make: Callable[[Path, Path], object]) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        target = folder.parent / "elsewhere.csv"
        target.write_text(as_csv(SOUND["missing_episodes"]), "utf-8", newline="")
        make(target, folder / "missing_episodes.csv")

    return write


EPISODES = as_csv(SOUND["missing_episodes"])
FIRST = EPISODES.split("\r\n")[1]
NHS = ("9434765919", "9434765870", "4000000004", "4010232137")
UPNS = ("A801201500012", "X80120150012A")

FILES = [
    Case(
        "an extract that is in quarantine",
        "in_quarantine",
        lambda f: many(
            f,
            lambda f: write_sound_folder(f, "cme_referrals"),
            lambda f: (f / "missing_episodes.quarantined.json").write_text("{}", "utf-8"),
        ),
    ),
    Case("a folder that is not there", "folder_absent", lambda folder: folder.rmdir(), extract=None),
    Case("an empty folder", "no_required_extract", lambda folder: None, extract=None),
    Case("only optional extracts", "no_required_extract", lambda f: write_sound_folder(f, "population"), extract=None),
    Case(
        "interviews without episodes",
        "interviews_without_episodes",
        lambda f: write_sound_folder(f, "cme_referrals", "return_interviews"),
        extract="return_interviews",
    ),
    Case(
        "two formats for one extract",
        "two_files_for_one_extract",
        lambda f: many(f, text("missing_episodes", EPISODES), workbook(lambda book: None)),
    ),
    Case(
        "a name in capitals",
        "no_required_extract",
        lambda f: (f / "Missing_Episodes.CSV").write_text(EPISODES),
        extract=None,
    ),
    Case("a file of 0 bytes", "empty_file", raw("missing_episodes", b"")),
    Case("a symbolic link", "not_a_plain_file", linked(lambda target, link: link.symlink_to(target))),
    Case("a hard link", "not_a_plain_file", linked(lambda target, link: link.hardlink_to(target))),
    Case("a dangling link", "not_a_plain_file", lambda f: (f / "missing_episodes.csv").symlink_to(f / "nowhere")),
    Case("a pipe", "not_a_plain_file", lambda f: os.mkfifo(f / "missing_episodes.csv")),
    Case("a folder named as a file", "not_a_plain_file", lambda f: (f / "missing_episodes.csv").mkdir()),
    Case(
        "a link among the department's files",
        "not_a_plain_file",
        lambda f: many(
            f, text("missing_episodes", EPISODES), lambda f: (f / "published_statistics.csv").symlink_to("x")
        ),
        extract="published_statistics",
    ),
    Case(
        "the department's file in UTF-16",
        "utf_16",
        lambda f: many(f, text("missing_episodes", EPISODES), raw("published_statistics", EPISODES.encode("utf-16"))),
        extract="published_statistics",
    ),
]

TEXTS = [
    Case("UTF-16 with a mark", "utf_16", raw("missing_episodes", EPISODES.encode("utf-16"))),
    Case("UTF-16 without a mark", "utf_16", raw("missing_episodes", EPISODES.encode("utf-16-le"))),
    Case("UTF-32", "utf_16", raw("missing_episodes", EPISODES.encode("utf-32"))),
    Case(
        "Latin letters in cp1252", "not_utf_8", raw("missing_episodes", EPISODES.encode() + "é".encode("cp1252")), row=5
    ),
    Case(
        "a NUL in a cell",
        "nul_character",
        raw("missing_episodes", EPISODES.replace("ep-two", "ep\0two").encode()),
        row=3,
    ),
    Case("NULs at the end", "nul_character", raw("missing_episodes", EPISODES.encode() + b"\0" * 512), row=5),
    Case(
        "a replacement character",
        "damaged_text",
        text("missing_episodes", EPISODES.replace("ep-two", "ep\ufffd")),
        row=3,
    ),
    Case("a broken emoji", "not_utf_8", raw("missing_episodes", EPISODES.encode() + b"\xf0\x9f\x98"), row=5),
    Case("an encoded surrogate", "not_utf_8", raw("missing_episodes", EPISODES.encode() + b"\xed\xa0\x80"), row=5),
    Case("a zip named .csv", "nul_character", raw("missing_episodes", b"PK\x03\x04" + b"\0" * 10 + CANARY.encode())),
    Case("a mark alone", "header_absent", raw("missing_episodes", b"\xef\xbb\xbf")),
    Case("two marks", "header_not_exact", raw("missing_episodes", b"\xef\xbb\xbf" * 2 + EPISODES.encode()), row=1),
    Case("blank lines alone", "header_absent", raw("missing_episodes", b"\r\n\r\n")),
    Case("a blank line first", "header_absent", text("missing_episodes", "\r\n" + EPISODES)),
    Case("a title above the header", "header_absent", text("missing_episodes", f"{CANARY}\r\n" + EPISODES)),
    Case("no header", "header_absent", text("missing_episodes", EPISODES.partition("\r\n")[2])),
    Case("semicolons", "wrong_separator", text("missing_episodes", EPISODES.replace(",", ";")), row=1),
    Case("tabs", "wrong_separator", text("missing_episodes", EPISODES.replace(",", "\t")), row=1),
    Case("HTML named .csv", "header_absent", text("missing_episodes", f"<html><body>{CANARY}</body></html>")),
    Case("JSON named .csv", "header_absent", text("missing_episodes", json.dumps(SOUND["missing_episodes"]))),
    Case("an unclosed quote", "unclosed_quote", text("missing_episodes", EPISODES.replace("ep-two", '"ep-two')), row=3),
    Case("an unclosed quote in the header", "unclosed_quote", text("missing_episodes", '"' + EPISODES), row=1),
    Case("a file cut off inside quotes", "unclosed_quote", text("missing_episodes", EPISODES + '"ep-fo'), row=5),
    Case(
        "text after a closing quote",
        "broken_quoting",
        text("missing_episodes", EPISODES.replace("ep-two", '"ep"two')),
        row=3,
    ),
    Case("a file cut off inside a row", "ragged_row", text("missing_episodes", EPISODES + "ep-four,kid-del"), row=5),
    Case("a cell too many", "ragged_row", text("missing_episodes", EPISODES.replace(FIRST, FIRST + ",")), row=2),
    Case(
        "a comma in a cell without quotes",
        "ragged_row",
        text("missing_episodes", EPISODES.replace("ep-two", f"{CANARY},x")),
        row=3,
    ),
    Case("a space on a line of its own", "ragged_row", text("missing_episodes", EPISODES + " \r\n"), row=5),
    Case(
        "a blank line between rows",
        "blank_line",
        text("missing_episodes", EPISODES.replace(FIRST, FIRST + "\r\n")),
        row=3,
    ),
    Case("a row of commas", "blank_row", text("missing_episodes", EPISODES + "," * 15 + "\r\n"), row=5),
    Case("a cell of 20,000 characters", "cell_too_long", changed("missing_episodes", episode_id="x" * 20_000), row=2),
    Case("a cell of 200,000 characters", "cell_too_long", changed("missing_episodes", episode_id="x" * 200_000), row=2),
    Case("1,000 columns", "too_many_columns", text("missing_episodes", EPISODES.replace("\r\n", "," * 1000 + "\r\n"))),
    Case(
        "a row after a quoted line break",
        "not_an_id",
        text("missing_episodes", EPISODES.replace("ep-one", '"ep\r\none"').replace("ep-three", "ep three")),
        row=5,
    ),
]

HEADERS = [
    Case("a column of notes", "identifier_column", with_column("notes", CANARY), row=1),
    Case("a surname", "identifier_column", with_column("Surname", CANARY), row=1),
    Case("a forename with another spelling", "identifier_column", with_column("Fore Name", CANARY), row=1),
    Case("a date of birth", "identifier_column", with_column("DOB", "2001-02-03"), row=1),
    Case("a date of birth spelled out", "identifier_column", with_column("date-of-birth", "2001-02-03"), row=1),
    Case("a postcode", "identifier_column", with_column("home_postcode", CANARY), row=1),
    Case("an NHS number", "identifier_column", with_column("NHS No.", CANARY), row=1),
    Case("a UPN", "identifier_column", with_column("UPN", CANARY), row=1),
    Case("an e-mail address", "identifier_column", with_column("carer email", CANARY), row=1),
    Case("a telephone", "identifier_column", with_column("Mobile phone", CANARY), row=1),
    Case("a column that nobody knows", "unknown_column", with_column(CANARY, "1"), row=1),
    Case("a person as a header", "unknown_column", with_column(f"{CANARY} Smith", "1"), row=1),
    Case("a column without a name", "unnamed_column", with_column("", CANARY), row=1),
    Case("a column named with a space", "unnamed_column", with_column(" ", CANARY), row=1),
    Case("a column of another extract", "unknown_column", with_column("outcome", ""), row=1),
    Case("a header in capitals", "header_not_exact", headed("missing_episodes", "sex", "Sex"), row=1),
    Case("a header with a space", "header_not_exact", headed("missing_episodes", "sex", "sex "), row=1),
    Case("a header with an invisible mark", "header_not_exact", headed("missing_episodes", "sex", "sex\u200b"), row=1),
    Case("a header with a hyphen", "header_not_exact", headed("missing_episodes", "child_id", "child-id"), row=1),
    Case("a column twice", "repeated_column", headed("missing_episodes", "risk_level", "sex"), row=1),
    Case("a required column away", "column_absent", without("missing_episodes", "looked_after")),
    Case("ended_at away", "meaningful_column_absent", without("missing_episodes", "ended_at")),
    *(
        Case(
            f"{column} away",
            "meaningful_column_absent",
            lambda f, extract=extract, column=column: many(
                f, text("missing_episodes", EPISODES), without(extract, column)
            ),
            extract=extract,
        )
        for extract, column in (
            ("return_interviews", "offered_at"),
            ("return_interviews", "response"),
            ("return_interviews", "held_at"),
            ("return_interviews", "push_factors"),
            ("return_interviews", "pull_factors"),
            ("return_interviews", "shared_with_police_on"),
            ("cme_referrals", "closed_on"),
            ("cme_referrals", "outcome"),
            ("school_census", "leaving_date"),
            ("education_risk", "ended_on"),
        )
    ),
]

CELLS = [
    *(
        Case(f"{field} blank", "blank_required", changed("missing_episodes", 1, **{field: ""}), row=3)
        for field in ("episode_id", "child_id", "episode_type", "started_at", "sex", "looked_after")
    ),
    *(
        Case(f"the id {shown!r}", rule, changed("missing_episodes", 1, child_id=value), row=3)
        for shown, value, rule in (
            ("with a space", f"{CANARY} x", "not_an_id"),
            ("with a space at its end", f"{CANARY} ", "not_exact"),
            ("with a line break at its end", f"{CANARY}\n", "not_exact"),
            ("with a no-break space", f"{CANARY}\u00a0", "not_exact"),
            ("of 65 characters", "x" * 65, "not_an_id"),
            ("with a letter that only looks Latin", "\u0430bc", "not_an_id"),
            ("with a dot", f"{CANARY}.1", "not_an_id"),
            ("as markup", f"<script>{CANARY}</script>", "not_an_id"),
            ("as a template", "{{ 7*7 }}", "not_an_id"),
            ("as a Markdown link", f"[{CANARY}](javascript:alert)", "not_an_id"),
            ("as SQL", f"'; drop table {CANARY}; --", "not_an_id"),
            ("as a path", f"../../{CANARY}", "not_an_id"),
            ("as a formula", f"=HYPERLINK({CANARY})", "damaged_by_spreadsheet"),
            ("as a command", f"@SUM({CANARY})", "damaged_by_spreadsheet"),
            ("in scientific notation", "3.00E+11", "damaged_by_spreadsheet"),
            ("as an Excel error", "#VALUE!", "damaged_by_spreadsheet"),
            ("in full-width digits", "\uff11\uff12", "not_an_id"),
            ("with a bidirectional mark", "abc\u202e", "not_an_id"),
        )
    ),
    *(
        Case(f"{field} {shown}", rule, changed("missing_episodes", 1, **{field: value}), row=3)
        for field, shown, value, rule in (
            ("authority", "with a name", "York", "not_an_authority"),
            ("authority", "in lower case", "e06000014", "not_an_authority"),
            ("episode_type", "of no kind", CANARY, "not_in_list"),
            ("episode_type", "in capitals", "Missing", "not_exact"),
            ("episode_type", "with a space", " missing", "not_exact"),
            ("sex", "as a code of the return", "1", "not_in_list"),
            ("sex", "as words", "Not known", "not_exact"),
            ("looked_after", "as a digit", "1", "not_a_boolean"),
            ("looked_after", "as yes", "yes", "not_a_boolean"),
            ("looked_after", "in capitals", "TRUE", "not_exact"),
            ("age", "of 18", "18", "out_of_range"),
            ("age", "below nought", "-1", "out_of_range"),
            ("age", "with a decimal", "14.0", "not_a_whole_number"),
            ("age", "in words", "fourteen", "not_a_whole_number"),
            ("age", "with a sign", "+14", "not_exact"),
            ("age", "with an underscore", "1_4", "not_exact"),
            ("age", "in Arabic digits", "\u0661\u0664", "not_exact"),
            ("age", "with a nought before it", "014", "not_exact"),
            ("age", "of 5,000 digits", "9" * 5000, "not_a_whole_number"),
            ("ethnicity", "as the department's code", "WBRI", "not_in_list"),
            ("placement_type", "of no kind", CANARY, "not_in_list"),
            ("started_at", "as in England", "01/05/2014 22:10", "not_a_timestamp"),
            ("started_at", "with a space", "2014-05-01 22:10", "not_a_timestamp"),
            ("started_at", "in a small t", "2014-05-01t22:10", "not_a_timestamp"),
            ("started_at", "in the basic form", "20140501T2210", "not_a_timestamp"),
            ("started_at", "with a fraction", "2014-05-01T22:10:00.5", "not_a_timestamp"),
            ("started_at", "with an hour alone", "2014-05-01T22", "not_a_timestamp"),
            ("started_at", "with a short offset", "2014-05-01T22:10+01", "not_a_timestamp"),
            ("started_at", "with an offset without a colon", "2014-05-01T22:10+0100", "not_a_timestamp"),
            ("started_at", "with a small z", "2014-05-01T22:10z", "not_a_timestamp"),
            ("started_at", "with a zone", "2014-05-01T22:10 GMT", "not_a_timestamp"),
            ("started_at", "as a week", "2014-W18-4", "not_a_timestamp"),
            ("started_at", "as an ordinal date", "2014-121", "not_a_timestamp"),
            ("started_at", "as a serial number", "41760.92", "not_a_timestamp"),
            ("started_at", "on 30 February", "2015-02-30T10:00", "no_such_date"),
            ("started_at", "on 29 February of no leap year", "2015-02-29", "no_such_date"),
            ("started_at", "in month 13", "2014-13-01", "no_such_date"),
            ("started_at", "at 24:00", "2014-05-01T24:00", "no_such_date"),
            ("started_at", "at second 60", "2014-05-01T22:10:60", "no_such_date"),
            ("started_at", "with an offset of a day", "2014-05-01T22:10+24:00", "no_such_date"),
            ("started_at", "in 1900", "1900-01-01T00:00", "date_out_of_range"),
            ("started_at", "in 1989", "1989-12-31", "date_out_of_range"),
            ("ended_at", "in 2100", "2100-01-01", "date_out_of_range"),
            ("ended_at", "in 9999", "9999-12-31T00:00", "date_out_of_range"),
            ("ended_at", "before it started", "2014-06-11T16:00:29", "ended_before_started"),
            ("ended_at", "before it started, as instants", "2014-06-11T16:30+02:00", "ended_before_started"),
            ("ended_at", "the day before it started", "2014-06-10", "ended_before_started"),
            ("ended_at", "without any text but spaces", "  ", "not_exact"),
        )
    ),
    Case(
        "end_reason while open", "end_reason_while_open", changed("missing_episodes", 2, end_reason="returned"), row=4
    ),
    Case(
        "a placement of no looked-after child",
        "placement_not_looked_after",
        changed("missing_episodes", 2, placement_type="other"),
        row=4,
    ),
    Case(
        "a place of no looked-after child",
        "placement_not_looked_after",
        changed("missing_episodes", 2, placement_location="in_area"),
        row=4,
    ),
    Case("an episode twice", "not_unique", changed("missing_episodes", 2, episode_id="ep-one"), row=4),
    *(
        Case(
            f"a referral with {shown}",
            rule,
            changed("cme_referrals", place, **cells),
            row=place + 2,
            extract="cme_referrals",
        )
        for shown, rule, place, cells in (
            ("a closure before it", "closed_before_referred", 0, {"closed_on": "2015-10-04"}),
            ("an outcome while open", "outcome_while_open", 1, {"outcome": "other"}),
            ("no outcome when closed", "outcome_absent", 0, {"outcome": ""}),
            ("a time in a date", "not_a_date", 0, {"referred_on": "2015-10-05T10:00"}),
            ("a short date", "not_a_date", 0, {"referred_on": "2015-10-5"}),
            ("a basic date", "not_a_date", 0, {"referred_on": "20151005"}),
            ("31 September", "no_such_date", 0, {"referred_on": "2015-09-31"}),
            ("a placeholder", "date_out_of_range", 0, {"referred_on": "1899-12-30"}),
            ("the id of another", "not_unique", 1, {"referral_id": "ref-one"}),
            ("no phase", "blank_required", 1, {"phase": ""}),
            ("no sex", "blank_required", 1, {"sex": ""}),
        )
    ),
    *(
        Case(
            f"an interview with {shown}",
            rule,
            lambda f, place=place, cells=cells: many(
                f, text("missing_episodes", EPISODES), changed("return_interviews", place, **cells)
            ),
            row=place + 2,
            extract="return_interviews",
        )
        for shown, rule, place, cells in (
            ("no episode", "orphan_interview", 0, {"episode_id": CANARY}),
            ("its episode twice", "not_unique", 1, {"episode_id": "ep-one"}),
            ("another time than its other row", "interview_rows_disagree", 1, {"held_at": "2014-05-04T10:01"}),
            ("a date where its other row has a time", "interview_rows_disagree", 1, {"held_at": "2014-05-04"}),
            ("another interviewer", "interview_rows_disagree", 1, {"interviewer": "other"}),
            ("a factor that its other row has not", "interview_rows_disagree", 1, {"push_factors": "bullying"}),
            ("shared in one row only", "interview_rows_disagree", 1, {"shared_with_police_on": ""}),
            ("a factor of no list", "not_a_factor_list", 0, {"pull_factors": CANARY}),
            ("a pull factor among the push factors", "not_a_factor_list", 0, {"push_factors": "friends"}),
            ("a factor twice", "repeated_factor", 0, {"pull_factors": "friends;friends"}),
            ("an empty factor", "repeated_factor", 0, {"pull_factors": "friends;;freedom"}),
            ("a semicolon at the end", "repeated_factor", 0, {"pull_factors": "friends;"}),
            ("spaces between factors", "not_exact", 0, {"pull_factors": "friends; freedom"}),
            ("commas between factors", "not_a_factor_list", 0, {"pull_factors": "friends,freedom"}),
        )
    ),
    *(
        Case(
            f"{extract} with {shown}",
            rule,
            lambda f, extract=extract, cells=cells: many(
                f, text("missing_episodes", EPISODES), changed(extract, **cells)
            ),
            row=2,
            extract=extract,
        )
        for extract, shown, rule, cells in (
            ("population", "nobody", "out_of_range", {"population": "0"}),
            ("population", "fewer than nobody", "out_of_range", {"population": "-5"}),
            ("population", "a separator in its number", "not_a_whole_number", {"population": "36,043"}),
            ("population", "no authority", "blank_required", {"authority": ""}),
            ("population", "a group of no kind", "not_in_list", {"group": CANARY}),
            ("education_risk", "an authority of nobody", "risk_of_unknown_authority", {"authority": "E06000015"}),
            ("education_risk", "a risk of no kind", "not_in_list", {"risk": CANARY}),
            ("education_risk", "no start", "blank_required", {"started_on": ""}),
            ("school_census", "no entry", "blank_required", {"entry_date": ""}),
        )
    ),
]

WORKBOOKS = [
    Case("two sheets", "workbook_sheets", workbook(lambda book: book.create_sheet(CANARY))),
    Case("a hidden sheet", "workbook_sheets", workbook(hidden_sheet)),
    Case("a formula", "workbook_formula", workbook(cell("B3", f'="{CANARY}"')), row=3),
    Case("a formula without an equals sign's effect", "workbook_formula", workbook(cell("I2", "=7+7")), row=2),
    Case("an error value", "workbook_error_value", workbook(cell("I2", "#N/A")), row=2),
    Case("a comment", "workbook_contents", workbook(comment)),
    Case("a number that lost its digits", "workbook_long_number", workbook(cell("B2", 12345678901234567890)), row=2),
    Case("a time where a moment belongs", "not_a_timestamp", workbook(cell("E2", time(10, 30))), row=2),
    Case("a serial number where a moment belongs", "not_a_timestamp", workbook(cell("E2", 41760.92)), row=2),
    Case("a date before 1990", "date_out_of_range", workbook(cell("E2", datetime(1980, 1, 1, 9, 0))), row=2),
    Case("a decimal age", "not_a_whole_number", workbook(cell("I2", 14.5)), row=2),
    Case("a column too many", "unknown_column", workbook(cell("Q1", CANARY)), row=1),
    Case("a cell right of the header", "ragged_row", workbook(cell("R3", CANARY)), row=3),
    Case("a cell in the last column that Excel has", "too_many_columns", workbook(cell("XFD3", CANARY)), row=3),
    Case("a cell in the last row that Excel has", "blank_line", workbook(cell("A1048576", "ep-four")), row=5),
    Case(
        "a row beyond all rows",
        "too_many_rows",
        resheeted(b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'),
    ),
    Case("a blank row between rows", "blank_line", workbook(cell("A6", "ep-four")), row=5),
    Case("an e-mail address as author", "workbook_properties", workbook(property_of("creator", "q@example.org"))),
    Case("a child's name as title", "workbook_properties", workbook(property_of("title", f"Mrs {CANARY}"))),
    Case("a forename among the keywords", "workbook_properties", workbook(property_of("keywords", "charlotte"))),
    Case("a pupil number as subject", "workbook_properties", workbook(property_of("subject", UPNS[0]))),
    Case("a defined name with a forename", "workbook_properties", workbook(defined_name("sarah_rows", "Sheet!$A$1"))),
    Case("a postcode as a defined value", "workbook_properties", workbook(defined_name("home", '"YO1 7HH"'))),
    Case("a sheet named after a child", "workbook_properties", workbook(sheet_name("charlotte b"))),
    Case(
        "immense properties",
        "workbook_too_large",
        repacked(lambda a: a.writestr("docProps/custom.xml", "".join(f"<a{n}/>" for n in range(200_000)))),
    ),
    Case("macros", "workbook_contents", repacked(lambda a: a.writestr("xl/vbaProject.bin", b"x"))),
    Case(
        "links to other workbooks", "workbook_contents", repacked(lambda a: a.writestr("xl/externalLinks/a.xml", "x"))
    ),
    Case("an embedded file", "workbook_contents", repacked(lambda a: a.writestr("xl/embeddings/a.bin", "x"))),
    Case("a picture", "workbook_contents", repacked(lambda a: a.writestr("xl/media/a.png", "x"))),
    Case("a bomb", "workbook_too_large", repacked(lambda a: a.writestr("xl/bomb.xml", b"0" * 60_000_000))),
    Case("300 parts", "workbook_too_large", repacked(lambda a: [a.writestr(f"xl/{n}.xml", "x") for n in range(300)])),
    Case(
        "entities",
        "workbook_unreadable",
        repacked(lambda a: a.writestr("xl/e.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a/>')),
    ),
    Case("a workbook that is text", "workbook_unreadable", raw("missing_episodes", EPISODES.encode(), ".xlsx")),
    Case(
        "a workbook with a password",
        "workbook_unreadable",
        raw("missing_episodes", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xlsx"),
    ),
    Case(
        "a workbook cut off",
        "workbook_unreadable",
        lambda f: many(
            f,
            workbook(lambda book: None),
            lambda f: raw("missing_episodes", (f / "missing_episodes.xlsx").read_bytes()[:3000], ".xlsx")(f),
        ),
    ),
    Case("a workbook without cells", "header_absent", workbook(lambda book: book.active.delete_rows(1, 9))),
    Case("a Parquet file that is text", "parquet_unreadable", raw("missing_episodes", EPISODES.encode(), ".parquet")),
    Case(
        "a Parquet file cut off", "parquet_unreadable", raw("missing_episodes", b"PAR1" + CANARY.encode(), ".parquet")
    ),
    Case("a list in Parquet", "parquet_type", parquet("age", pa.array([[1], [2], [3]]))),
    Case("bytes in Parquet", "parquet_type", parquet("child_id", pa.array([b"\xff", b"a", b"b"]))),
    Case(
        "fractions of a second", "parquet_type", parquet("started_at", pa.array([datetime(2014, 5, 1, 1, 1, 1, 5)] * 3))
    ),
    Case("a decimal age in Parquet", "parquet_type", parquet("age", pa.array([14.5, None, None]))),
    Case("an age of 18 in Parquet", "out_of_range", parquet("age", pa.array([14, 18, None])), row=3),
    Case(
        "dates of 1980 in Parquet",
        "date_out_of_range",
        parquet("ended_at", pa.array([None, date(1980, 1, 1), None])),
        row=3,
    ),
    Case("a long cell in Parquet", "cell_too_long", parquet("child_id", pa.array(["x" * 20_000, "a", "b"]))),
]

PERSONAL = [
    Case("NHS numbers as ids", "holds_nhs_numbers", column_of("child_id", *NHS)),
    Case("NHS numbers after a letter", "holds_nhs_numbers", column_of("child_id", *(f"N{number}" for number in NHS))),
    Case(
        "NHS numbers with spaces",
        "holds_nhs_numbers",
        column_of("child_id", *(f"{n[:3]} {n[3:6]} {n[6:]}" for n in NHS)),
    ),
    Case(
        "NHS numbers in half of the rows", "holds_nhs_numbers", column_of("child_id", *NHS, "aaa", "bbb", "ccc", "ddd")
    ),
    Case("UPNs as ids", "holds_upns", column_of("child_id", *UPNS)),
    Case("two UPNs in 20 rows", "holds_upns", column_of("child_id", *UPNS, *(f"c{n}" for n in range(18)))),
    Case(
        "National Insurance numbers",
        "holds_national_insurance_numbers",
        column_of("child_id", "AB123456C", "JG103759A"),
    ),
    Case("unspaced postcodes", "holds_postcodes", column_of("child_id", "YO17HH", "LS98AG", "c3")),
    Case(
        "one spaced postcode", "holds_postcodes", column_of("child_id", "YO1 7HH", *(f"c{n}" for n in range(50))), row=2
    ),
    Case(
        "one postcode in a code",
        "holds_postcodes",
        column_of("reported_by", "police", f"family {CANARY} yo1 7hh"),
        row=3,
    ),
    Case(
        "one e-mail address", "holds_email_addresses", column_of("child_id", "a", "b", f"{CANARY}@example.org"), row=4
    ),
    Case("one international number", "holds_telephone_numbers", column_of("reported_by", "+44 7700 900123"), row=2),
    Case("one spaced number", "holds_telephone_numbers", column_of("reported_by", "01904 551550"), row=2),
    Case("telephone digits", "holds_telephone_numbers", column_of("child_id", "07700900123", "07700900456")),
    Case(
        "telephone digits with hyphens",
        "holds_telephone_numbers",
        column_of("child_id", "07700-900123", "07700-900456"),
    ),
    Case("one dashed date", "holds_dates", column_of("child_id", "2001-02-03", *(f"c{n}" for n in range(50))), row=2),
    Case("one dashed date the English way", "holds_dates", column_of("child_id", "03-02-2001", "c1"), row=2),
    Case("one slashed date", "holds_dates", column_of("child_id", "a", "03/02/2001"), row=3),
    Case("a date after initials", "holds_dates", column_of("child_id", "a", "JS-2001-02-03"), row=3),
    Case("a date in words", "holds_dates", column_of("reported_by", "3 February 2001"), row=2),
    Case("digits that are dates", "holds_dates", column_of("child_id", "20010203", "20020304", "a")),
    Case("digits that are dates the English way", "holds_dates", column_of("child_id", "03022001", "04032002", "a")),
    Case("initials and dates", "holds_dates", column_of("child_id", "JS03022001", "AB04032002", "a")),
    Case("surnames as ids", "holds_names", column_of("child_id", "Smith", "Jones", "Featherstonehaugh")),
    Case("names with a hyphen", "holds_names", column_of("child_id", "Smith-Jane", "Jones-Tom", "c1")),
    Case("one title and name", "holds_names", column_of("reported_by", f"Mrs {CANARY}"), row=2),
    Case("one address", "holds_addresses", column_of("reported_by", "12 Station Road"), row=2),
    Case(
        "free text",
        "holds_free_text",
        column_of("end_reason", f"she said that {CANARY} had taken her to the shops"),
        row=2,
    ),
    Case(
        "personal data in a column of its own",
        "holds_nhs_numbers",
        lambda f: write_extract(
            f, "missing_episodes", [SOUND["missing_episodes"][0] | {"episode_id": f"e{n}", "x": n} for n in NHS]
        ),
    ),
    Case(
        "pupil numbers in the census",
        "holds_upns",
        lambda f: many(f, text("missing_episodes", EPISODES), column_of("school_id", *UPNS, extract="school_census")),
        extract="school_census",
    ),
]

CASES = [*FILES, *TEXTS, *HEADERS, *CELLS, *WORKBOOKS, *PERSONAL]


def _vocabulary() -> str:
    """Every word that a finding may use: the catalogue's and the schemas', and the dates of the edition."""
    sentences = " ".join(f"{rule.code} {rule.sentence} {rule.mend}" for rule in RULES.values())
    schemas = " ".join(path.read_text("utf-8") for path in paths.SCHEMAS.glob("*.json"))
    return f"{sentences} {schemas} {EDITION}".casefold()


VOCABULARY = _vocabulary()


def _values(folder: Path) -> set[str]:
    """The words of the files that are no words of ours."""
    read = [
        path.read_bytes().decode("latin-1") for path in folder.iterdir() if path.is_file() and not path.is_symlink()
    ]
    words = {word.casefold() for text in read for word in re.findall(r"[A-Za-z0-9@.+-]{5,60}", text)}
    return {word for word in words if word not in VOCABULARY}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_or_hostile_file_is_refused_by_its_rule_and_repeats_no_value(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "2016"
    folder.mkdir()
    case.write(folder)
    examination = examine(folder, EDITION)
    found = [finding for finding in examination.findings if finding.rule == case.rule]
    assert found, [(finding.rule, finding.row) for finding in examination.findings]
    assert {finding.extract for finding in found} == {case.extract}
    assert not examination.ok
    assert RULES[case.rule].severity == "error"
    if case.row is not None:
        assert case.row in {finding.row for finding in found}
    assert not examination.tables
    with pytest.raises(ValueError, match="refused"):
        admit(examination, EDITION, tmp_path / "admitted")
    assert not (tmp_path / "admitted").exists()
    said = json.dumps(examination.as_json()["findings"], ensure_ascii=False).casefold()
    assert CANARY.casefold() not in said
    if folder.exists() and "xlsx" not in str(list(folder.iterdir())):
        repeated = {value for value in _values(folder) if value in said}
        assert not repeated


def test_every_rule_that_is_an_error_has_a_file_that_breaks_it() -> None:
    """Save those that only an immense or a changing file can break, which have tests of their own."""
    of_their_own = {"file_too_large", "file_changing", "not_cp1252", "parquet_too_large"}
    errors = {rule.code for rule in RULES.values() if rule.severity == "error"}
    assert errors - {case.rule for case in CASES} == of_their_own
    assert len(CASES) >= 80
