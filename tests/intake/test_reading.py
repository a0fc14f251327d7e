"""A large plain text is split by Arrow, everything else record by record: the same rows, lines and findings either way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.intake import reading
from pipelines.intake.files import PlainFile
from pipelines.intake.findings import Findings
from pipelines.intake.gate import examine
from pipelines.intake.reading import read_plain_text, read_sheet
from pipelines.intake.schemas import read_schema
from pipelines.intake.sheets import Sheet
from tests.intake.extract_files import EDITION, as_csv, header_of, sound_rows
from tests.intake.test_what_is_refused import CASES

CELLS = st.text(alphabet=st.sampled_from(list("ab7 ,;'\"\t\x0b\x1f\u2028é=\\")), max_size=4)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=5)


def plain(text: str) -> PlainFile:
    return PlainFile("missing_episodes.csv", text.encode(), "")


def cells(sheet: Sheet) -> list[list[str]]:
    return [[column.text(row) for column in sheet.columns] for row in range(sheet.rows)]


@settings(max_examples=400, deadline=None)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\r\n\r\n", "\r"]))
@example([["a", "b"], ["c", ""], ["NA", "null"]], "\n", "\n")
@example([["a", "b"], ["", ""]], "\n", "")
@example([["a", "b"], ["c", "d"], ["e"]], "\r\n", "")
@example([["a", "a"], ["\\", "x"]], "\n", "")
def test_what_arrow_splits_is_what_the_records_are(rows: list[list[str]], end: str, last: str) -> None:
    text = end.join(",".join(row) for row in rows) + last
    quick = read_plain_text(plain(text))
    if quick is None:
        return
    findings = Findings()
    slow = read_sheet(
        PlainFile("missing_episodes.csv", text.encode(), ""), read_schema("missing_episodes"), "utf-8", findings
    )
    assert slow is not None
    assert not findings.all()
    assert quick.header == slow.header
    assert cells(quick) == cells(slow)
    assert quick.lines.tolist() == slow.lines.tolist()
    assert [column.values for column in quick.columns] == [column.values for column in slow.columns]


def test_a_sound_extract_is_split_by_arrow() -> None:
    for end in ("\n", "\r\n"):
        sheet = read_plain_text(plain(as_csv(sound_rows("missing_episodes")).replace("\r\n", end)))
        assert sheet is not None
        assert sheet.rows == 3
        assert sheet.columns[0].values == ("ep-one", "ep-two", "ep-three")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b",
        header_of("missing_episodes"),
        "a\nb\n",
        'a,b\n"c",d\n',
        "a,b\n\nc,d\n",
        "a,b\nc,d\n,\n",
        "a,b\nc\n",
        "a,b\nc,d,e\n",
        "a,b\rc,d\n",
        "a,b\n" + "x" * 10_001 + ",d\n",
        ",".join("a" * 101) + "\n" + ",".join("b" * 101),
    ],
)
def test_whatever_is_out_of_the_ordinary_is_read_record_by_record(text: str) -> None:
    assert read_plain_text(plain(text)) is None


def test_broken_files_have_the_same_findings_however_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        case.write(folder)
        if not list(folder.glob("*.csv")):
            continue
        monkeypatch.setattr(reading, "_LARGE", 10**9)
        slow = examine(folder, EDITION)
        monkeypatch.setattr(reading, "_LARGE", 0)
        quick = examine(folder, EDITION)
        assert quick.as_json() == slow.as_json(), case.name
