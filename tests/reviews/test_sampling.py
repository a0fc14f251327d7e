"""The sampler: anybody draws the same records again, and a record that comes or goes moves no more than it must."""

from __future__ import annotations

import hashlib
from collections import Counter
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.publishing.sampling import draw_sample

RECORDS = st.dictionaries(
    st.text("abcxyz0123456789-_", min_size=1, max_size=12),
    st.tuples(st.sampled_from(["short", "long"]), st.sampled_from(["open", "found", "gone"])),
    max_size=40,
)
SHARES = st.fractions(min_value=Fraction(1, 50), max_value=1, max_denominator=50)
SEEDS = st.text(max_size=20)


@given(RECORDS, SHARES, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_change_the_sample(records, share, seed, shuffle):
    rows = list(records.items())
    shuffle.shuffle(rows)
    assert draw_sample(dict(rows), seed=seed, share=share) == draw_sample(records, seed=seed, share=share)


@given(RECORDS, SHARES, SEEDS)
def test_every_stratum_gives_its_share_rounded_up_and_so_at_least_one(records, share, seed):
    sample = draw_sample(records, seed=seed, share=share)
    drawn = Counter(records[unit] for unit in sample)
    assert drawn == {stratum: ceil(share * count) for stratum, count in Counter(records.values()).items()}
    for unit, found in sample.items():
        assert found.stratum == records[unit]
        assert found.drawn == drawn[found.stratum]
        assert 1 <= found.place <= found.drawn <= found.of


@given(RECORDS, SHARES, SEEDS, st.text("pqr", min_size=1, max_size=5), st.sampled_from(["short", "long"]))
def test_a_record_that_comes_moves_at_most_one_other_and_none_of_another_stratum(records, share, seed, new, length):
    assume(new not in records)
    stratum = (length, "found")
    before = draw_sample(records, seed=seed, share=share)
    after = draw_sample({**records, new: stratum}, seed=seed, share=share)
    moved = (set(before) ^ set(after)) - {new}
    assert len(moved) <= 1
    assert all(records[unit] == stratum for unit in moved)


@given(RECORDS, SEEDS)
def test_the_draw_can_be_done_by_hand_with_sha256(records, seed):
    def order(unit: str) -> str:
        return hashlib.sha256(f"{seed}\n{unit}".encode()).hexdigest()

    sample = draw_sample(records, seed=seed, share=Fraction(1, 3))
    for stratum in set(records.values()):
        members = sorted((unit for unit in records if records[unit] == stratum), key=order)
        assert [u for u in members if u in sample] == members[: ceil(len(members) / 3)]


def test_another_seed_gives_another_sample():
    records = {f"r{number}": ("one",) for number in range(100)}
    samples = {frozenset(draw_sample(records, seed=str(seed), share=Fraction(1, 10))) for seed in range(20)}
    assert len(samples) == 20


def test_over_many_seeds_every_record_has_the_same_chance():
    records = {f"r{number}": ("one",) for number in range(10)}
    drawn = Counter(unit for seed in range(2000) for unit in draw_sample(records, seed=str(seed), share=Fraction(1, 5)))
    assert all(320 < count < 480 for count in drawn.values()), drawn


@pytest.mark.parametrize("share", [Fraction(0), Fraction(-1, 2), Fraction(3, 2)])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        draw_sample({"a": ("b",)}, seed="", share=share)
