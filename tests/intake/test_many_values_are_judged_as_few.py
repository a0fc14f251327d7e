"""However many distinct values a column has, the gate finds the same as when each is judged by itself."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.intake import consistency, files, parquet, reading, sheets, side_by_side
from pipelines.intake.admission import build_table
from pipelines.intake.gate import Examination, examine
from pipelines.intake.many_moments import NO_DAY, NO_SECOND, read_plain_moments
from pipelines.intake.moments import NotAMoment, read_moment
from pipelines.intake.schemas import EXTRACTS
from pipelines.intake.sheets import Texts
from tests.intake.extract_files import EDITION, SOUND, Row, as_csv, write_extract
from tests.intake.test_gate_agrees_with_frictionless import dirty_rows

FORENAMES_AND_NUMBERS = st.sampled_from(
    ["emma-smith", "Oliver_Jones", "ch07911123456", "9434765919", "AB123456C", "YO1 7HH", "YO17HH", "a@b.uk", "14-03-2009",
     "H801200001001", "20090314", "07911 123456", "MIS000000012y00n001", "x" * 70]
)  # fmt: skip


def look_at(extract: str, rows: list[Row], *, many: int) -> Examination:
    with (
        tempfile.TemporaryDirectory() as made,
        mock.patch.object(sheets, "MANY", many),
        # Large extracts are looked at two columns at a time.
        mock.patch.object(side_by_side, "LARGE", many),
        mock.patch.object(side_by_side, "count_processors", return_value=2),
    ):
        folder = Path(made)
        if extract not in ("missing_episodes", "cme_referrals"):
            write_extract(folder, "missing_episodes")
        (folder / f"{extract}.csv").write_text(as_csv(rows, SOUND[extract][0]), "utf-8", newline="")
        return examine(folder, EDITION)


def assert_alike(extract: str, rows: list[Row]) -> None:
    few, many = (look_at(extract, rows, many=many) for many in (5_000, 0))
    assert [finding.as_json() for finding in many.findings] == [finding.as_json() for finding in few.findings]
    assert many.extracts == few.extracts
    for name, checked in few.checked.items():
        if few.ok:
            assert build_table(many.checked[name], "E06000014").equals(build_table(checked, "E06000014"))


@pytest.mark.parametrize("extract", EXTRACTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_dirty_rows_have_the_same_findings(extract: str, data: st.DataObject) -> None:
    rows = [row for row in data.draw(dirty_rows(extract)) if any(row.values())]
    for row in rows:
        if data.draw(st.integers(0, 2)) == 0:
            row[next(iter(row))] = data.draw(FORENAMES_AND_NUMBERS)
    assert_alike(extract, list(rows))


@st.composite
def one_childs_episodes(draw: st.DrawFn) -> list[Row]:
    """Episodes that overlap, touch and lie inside one another, on few days, so that days without a time matter."""

    def moment() -> str:
        day = date(2014, 10, 25) + timedelta(days=draw(st.integers(0, 3)))
        return f"{day}{draw(st.sampled_from(['', 'T00:00', 'T01:30', 'T12:00', 'T23:59', 'T12:00+01:00', 'T12:00Z']))}"

    rows = []
    for number in range(draw(st.integers(2, 7))):
        row = dict(SOUND["missing_episodes"][0])
        row |= {"episode_id": f"e{number}", "child_id": draw(st.sampled_from(["a", "b"])), "end_reason": ""}
        row |= {"started_at": moment(), "ended_at": draw(st.sampled_from(["", moment(), moment()]))}
        row |= {"age": draw(st.sampled_from(["", "13", "14", "16"])), "sex": draw(st.sampled_from(["female", "male"]))}
        rows.append(row)
    return list(rows)


@settings(max_examples=150, deadline=None)
@given(one_childs_episodes())
def test_children_whose_rows_cannot_contradict_one_another_are_passed_over_and_no_other(rows: list[Row]) -> None:
    def look_at_every_child(child: np.ndarray, *_: object) -> np.ndarray:
        return np.ones(len(child), dtype=bool)

    quick = look_at("missing_episodes", rows, many=0).findings
    with (
        mock.patch.object(consistency, "_children_with_a_row_before", look_at_every_child),
        mock.patch.object(consistency, "_leave_nothing_in_common", look_at_every_child),
    ):
        assert quick == look_at("missing_episodes", rows, many=5_000).findings


DAYS = st.one_of(
    st.dates(date(1989, 12, 25), date(2100, 1, 10)).map(str),
    st.sampled_from(["2015-03-29", "2015-10-25", "2015-02-29", "2016-02-29", "2014-13-01", "2014-00-10", "0000-01-01"]),
)  # fmt: skip
TIMES = st.sampled_from(
    ["", "T00:00", "T23:59", "T23:59:59", "T24:00", "T01:30", "T10:60", "T10:00:61", "T10:00Z", "T1:00"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(DAYS, TIMES).map("".join), min_size=1, max_size=20))
@example(["2015-06-01", "2015-06-01T10:00", "2015-12-01T10:00:01", "2015-03-29T01:30"])
def test_moments_that_are_read_together_are_those_that_are_read_one_by_one(texts: list[str]) -> None:
    plain, moments = read_plain_moments(Texts(pa.array(texts, pa.string())))
    for place, text in enumerate(texts):
        if plain[place]:
            alone = read_moment(text)
            second = NO_SECOND if alone.second is None else alone.second
            assert (moments.days[place], moments.seconds[place]) == (alone.day, second)
            assert not alone.never_happened
        else:
            assert moments.days[place] == NO_DAY
            try:
                sound = read_moment(text)
            except (NotAMoment, ValueError):
                continue
            on_change = date.fromordinal(sound.day) in (date(2015, 3, 29), date(2015, 10, 25)) or "T" in text
            assert text.endswith("Z") or len(text) not in (10, 16, 19) or on_change


def test_what_is_larger_than_the_memory_of_a_build_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_extract(tmp_path, "missing_episodes")
    monkeypatch.setattr(files, "read_memory", lambda: 200)
    assert {"file_too_large"} <= {finding.rule for finding in examine(tmp_path, EDITION).findings}


def test_a_column_read_in_parts_is_the_column(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [dict(SOUND["missing_episodes"][0]) | {"episode_id": f"e{number}"} for number in range(3_000)]
    content = as_csv(list(rows), SOUND["missing_episodes"][0]).encode()
    whole = reading.read_plain_text(files.PlainFile("missing_episodes.csv", content, ""))
    monkeypatch.setattr(reading, "_BLOCK", 4_096)
    parts = reading.read_plain_text(files.PlainFile("missing_episodes.csv", content, ""))
    assert whole is not None
    assert parts is not None
    assert [column.values for column in parts.columns] == [column.values for column in whole.columns]
    assert all((one.codes == other.codes).all() for one, other in zip(parts.columns, whole.columns, strict=True))
    monkeypatch.setattr(parquet, "MOST_ROWS", 2_999)
    assert reading.read_plain_text(files.PlainFile("missing_episodes.csv", content, "")) is None
