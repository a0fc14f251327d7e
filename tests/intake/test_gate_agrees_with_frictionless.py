"""The gate judges distinct values once; Frictionless judging whole rows must come to the same, cell by cell."""

from __future__ import annotations

import json
import string
import tempfile
from pathlib import Path

import pytest
from frictionless import Resource, Schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import paths
from pipelines.intake.gate import examine
from pipelines.intake.schemas import EXTRACTS, read_schema
from tests.intake.extract_files import EDITION, SOUND, as_csv, write_extract

STRICTER = {
    "not_exact",
    "no_such_date",
    "date_out_of_range",
    "not_a_factor_list",
    "repeated_factor",
    "not_a_date",
    "local_time_never_happened",
}
"""What a Table Schema cannot say, or Frictionless lets pass: the gate may find these where Frictionless finds nothing."""

DIRT = st.one_of(
    st.sampled_from(
        ["", " ", "x", "NA", "true ", "True", "-1", "18", "007", "1e3", "nan", "٣", "2015-02-30", "E0600001"]
    ),
    st.sampled_from(["2015-4-1", "20150401", "2015-04-01T10:00", "1989-01-01", "female;male", "friends;friends", "é"]),
    st.text(alphabet=string.printable.replace("\x0b", "").replace("\x0c", ""), max_size=8),
)


@st.composite
def dirty_rows(draw: st.DrawFn, extract: str) -> list[dict[str, str]]:
    columns = list(SOUND[extract][0])
    rows = []
    for number in range(draw(st.integers(1, 6))):
        row = dict(draw(st.sampled_from(SOUND[extract])))
        row[columns[0]] = draw(st.sampled_from([row[columns[0]], f"id-{number}"]))
        for column in draw(st.lists(st.sampled_from(columns), max_size=3)):
            row[column] = draw(DIRT)
        rows.append(row)
    return rows


@pytest.mark.parametrize("extract", EXTRACTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_cell_that_frictionless_refuses_is_refused_and_no_other(extract: str, data: st.DataObject) -> None:
    rows = [row for row in data.draw(dirty_rows(extract)) if any(row.values())]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if extract not in ("missing_episodes", "cme_referrals"):
            write_extract(folder, "missing_episodes")
        (folder / f"{extract}.csv").write_text(as_csv(rows, SOUND[extract][0]), "utf-8", newline="")
        examination = examine(folder, EDITION)
    cells = {"blank_required", "not_unique", "damaged_by_spreadsheet", "out_of_range", "not_in_list", "not_an_id"}
    cells |= {"not_an_authority", "not_a_boolean", "not_a_whole_number", "not_a_timestamp"} | STRICTER
    lines = examination.checked[extract].lines.tolist() if rows else []
    position = {line: place for place, line in enumerate(lines)}
    ours = {
        (position[f.row], f.field, f.rule)
        for f in examination.findings
        if f.extract == extract and f.rule in cells and f.row is not None
    }
    descriptor = json.loads((paths.SCHEMAS / f"{extract}.json").read_text("utf-8"))
    descriptor.pop("foreignKeys", None)  # of another file, which Frictionless is not given here
    schema = Schema.from_descriptor(descriptor)
    data_rows = [list(SOUND[extract][0]), *([row[name] for name in SOUND[extract][0]] for row in rows)]
    report = Resource(data=data_rows, schema=schema).validate()
    key = read_schema(extract).key
    # Frictionless compares keys as values, the gate as text; a row whose key is wrong is refused for that in any case.
    wrong_keys = {row for row, field, rule in ours if field in key and rule != "not_unique"}
    ours = {(row, field, rule) for row, field, rule in ours if rule != "not_unique" or row not in wrong_keys}
    found = {(row, field) for row, field, _ in ours}
    theirs = set()
    for row, field, kind in report.flatten(["rowNumber", "fieldName", "type"]):
        if kind not in ("primary-key", "unique-error", "blank-row"):
            theirs.add((row - 2, field))
        elif kind != "blank-row" and row - 2 not in wrong_keys:
            theirs.add((row - 2, key[0]))
    assert theirs <= found
    assert {(row, field) for row, field, rule in ours if rule not in STRICTER} <= theirs
