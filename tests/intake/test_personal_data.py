"""Identifiers are told from random ids: by shape where it cannot come by chance, by share of the column where it can."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import paths
from pipelines.intake.findings import Finding, Findings
from pipelines.intake.privacy import DETECTORS, check_privacy
from pipelines.intake.schemas import EXTRACTS, read_schema
from pipelines.intake.sheets import ColumnBuilder, Sheet

NHS = "9434765919"


def rules_for(values: Sequence[str], column: str = "child_id") -> set[str]:
    return {finding.rule for finding in findings_for(values, column)}


def findings_for(values: Sequence[str], column: str = "child_id") -> tuple[Finding, ...]:
    builder = ColumnBuilder()
    builder.extend(values)
    lines = np.arange(2, len(values) + 2, dtype=np.int64)
    findings = Findings()
    check_privacy(Sheet((column,), (builder.build(),), lines), read_schema("missing_episodes"), findings)
    return findings.all()


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "hexadecimal, 8": lambda r: f"{r.getrandbits(32):08x}",
    "hexadecimal, 32": lambda r: f"{r.getrandbits(128):032x}",
    "hexadecimal in capitals": lambda r: f"{r.getrandbits(64):016X}",
    "ten digits": lambda r: f"{r.randrange(10**10):010}",
    "eight digits": lambda r: f"{r.randrange(10**8):08}",
    "twelve digits": lambda r: f"{r.randrange(10**12):012}",
    "UUIDs": lambda r: str(uuid.UUID(int=r.getrandbits(128), version=4)),
    "letters and digits": lambda r: "".join(r.choices(string.ascii_letters + string.digits + "-_", k=22)),
    "capitals and digits, 7": lambda r: "".join(r.choices(string.ascii_uppercase + string.digits, k=7)),
    "a letter and nine digits": lambda r: f"C{r.randrange(10**9):09}",
}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("rows", [60, 500, 20_000])
def test_random_ids_pass(maker: str, rows: int) -> None:
    generator = random.Random(f"{maker} {rows}")
    assert rules_for([MAKERS[maker](generator) for _ in range(rows)]) == set()


def test_a_running_number_passes() -> None:
    assert rules_for([f"{n:06}" for n in range(1, 5000)]) == set()
    assert rules_for([f"MIS1500{n:04}" for n in range(1, 5000)]) == set()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.uuids(version=4), min_size=1, max_size=30))
def test_uuids_pass_however_few(ids: list[uuid.UUID]) -> None:
    assert rules_for([str(each) for each in ids]) == set()


def test_one_child_s_id_that_passes_the_checksum_by_chance_is_no_evidence() -> None:
    others = [f"{n:010}" for n in range(1_000_000_000, 1_000_000_011) if n % 11 not in (0, 1)]
    assert rules_for([NHS] * 64 + others) == set()


@pytest.mark.parametrize(
    ("found", "rows", "expected"),
    [(1, 2, set()), (1, 10, set()), (2, 20, {"holds_upns"}), (2, 21, set()), (3, 30, {"holds_upns"}), (3, 31, set())],
)
def test_what_may_come_by_chance_counts_from_a_tenth_of_the_values_and_two(
    found: int, rows: int, expected: set[str]
) -> None:
    values = ["A801201500012"] * found + [f"c{n}" for n in range(rows - found)]
    assert rules_for(values) == expected


def test_half_of_the_values_decide_on_nhs_numbers() -> None:
    valid = [NHS, "9434765870", "4010232137"]
    assert rules_for([*valid, "a", "b", "c"]) == {"holds_nhs_numbers"}
    assert rules_for([*valid, "a", "b", "c", "d"]) == set()
    assert rules_for([NHS, NHS]) == {"holds_nhs_numbers"}
    assert rules_for([NHS]) == set()


def test_dates_where_the_schema_has_dates_are_no_dates_of_birth() -> None:
    assert rules_for(["2014-05-01T22:10", "2014-05-02", "01/05/2014"], "started_at") == set()


def test_codes_of_the_schema_are_never_taken_for_identifiers() -> None:
    for name, field in read_schema("missing_episodes").fields.items():
        if field.allowed:
            assert rules_for(list(field.allowed), name) == set()


@pytest.mark.parametrize(
    "text",
    [
        "someone@example.org",
        "YO1 7HH",
        "flat 2, yo1  7hh",
        "+44 (0)1904 551550",
        "07700 900123",
        "(01904) 551 550",
        "3/2/2001",
        "2001.02.03",
        "3rd February 2001",
        "3-Feb-01",
        "Dr. Watson",
        "221b Baker Street",
    ],
)
def test_one_hit_is_enough_where_the_shape_cannot_come_by_chance(text: str) -> None:
    assert rules_for([f"c{n}" for n in range(500)] + [text])


@pytest.mark.parametrize(
    ("values", "column", "shape"),
    [
        (["YO1 7HH"], "child_id", "AA9 9AA"),
        (["flat 2, yo31  8rt"], "reported_by", "AA99 9AA"),
        ([NHS, "9434765870"], "child_id", "9999999999"),
        (["943 476 5919", "943-476-5870"], "child_id", "999 999 9999"),
        (["A801201500012"] * 2, "child_id", "A999999999999"),
        (["AB 12 34 56 C"] * 2, "reported_by", "AA 99 99 99 A"),
        (["(01904) 551 550"], "child_id", "(99999) 999 999"),
        (["3 February 2001"], "reported_by", "9 AAA 9999"),
        (["jo.bloggs@example.org"], "child_id", "A.A@A.A"),
        (["Mrs Featherstonehaugh"], "reported_by", "A A"),
        (["Smith", "Featherstonehaugh"], "child_id", "A"),
        (["lives with Charlotte"], "reported_by", "A"),
        (["221b Baker Street"], "child_id", "9A A A"),
    ],
)
def test_a_finding_tells_the_masked_shape_and_never_the_value(values: list[str], column: str, shape: str) -> None:
    (finding,) = [f for f in findings_for(values, column) if f.rule.startswith("holds_")]
    assert f"(of the shape {shape})" in finding.message
    said = f"{finding.message} {finding.fix}".casefold()
    assert not any(word.casefold() in said for value in values for word in value.split() if len(word) > 2)


def test_the_length_of_a_free_text_is_not_told() -> None:
    (finding,) = findings_for(["she said that her aunt had taken her to the shops"], "end_reason")
    assert finding.message == "end_reason holds free text."


@pytest.mark.parametrize("text", ["sarah", "Mohammed", "mum OLIVIA", "police (Sean)", "family/isla"])
def test_a_forename_among_codes_is_a_name(text: str) -> None:
    assert "holds_names" in rules_for(["police", text], "reported_by")


@pytest.mark.parametrize("text", ["amber", "May", "will call", "Christian", "grant", "the carers", "Scottish"])
def test_a_word_that_is_also_a_forename_is_not_taken_for_one(text: str) -> None:
    assert "holds_names" not in rules_for(["police", text], "reported_by")


def test_forenames_in_ids_count_from_a_tenth_of_the_values_and_two() -> None:
    others = [f"c{n}" for n in range(18)]
    assert rules_for(["sarah-1", "david_2", *others]) == {"holds_names"}
    assert rules_for(["sarah-1", "david_2", *others, "c99"]) == set()
    assert rules_for(["xsarahx", "davidson"]) == set()


def test_the_forenames_are_sorted_and_none_is_a_code_of_a_schema() -> None:
    names = paths.FORENAMES.read_text("utf-8").split()
    assert names == sorted(set(names))
    codes = {
        word
        for extract in EXTRACTS
        for field in read_schema(extract).fields.values()
        for code in field.allowed
        for word in code.split("_")
    }
    assert not codes & set(names)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=string.ascii_letters + string.digits + " -./@+()'", max_size=40))
def test_a_detector_s_hint_never_hides_what_it_would_recognise(text: str) -> None:
    import pyarrow.compute as pc

    for detector in DETECTORS:
        if detector.recognises(text):
            assert pc.match_substring_regex(pa.array([text]), detector.hint).to_pylist() == [True], detector.rule
