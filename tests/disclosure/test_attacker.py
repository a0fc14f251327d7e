"""The attacker against counting on one's fingers: every combination of small whole numbers is tried."""

import random
from itertools import product

import numpy as np
import pytest

from pipelines.disclosure.attacker import UNBOUNDED, Attacker, Contradiction, Row


def reachable(ranges, rows, sum_of):
    """The least and the most of a sum, over all whole numbers within the ranges that keep the rows; None where none do."""
    found = []
    for numbers in product(*(range(low, high + 1) for low, high in ranges)):
        totals = [(sum(t * numbers[p] for p, t in zip(r.positions, r.times, strict=True)), r.is_equal) for r in rows]
        if all(total == 0 if is_equal else total <= 0 for total, is_equal in totals):
            found.append(sum(times * numbers[p] for p, times in sum_of.items()))
    return (min(found), max(found)) if found else None


def a_small_system(seed):
    draw = random.Random(seed)
    unknowns = draw.randrange(2, 6)
    ranges = []
    for _ in range(unknowns):
        low = draw.randrange(4)
        ranges.append((low, low + draw.choice([0, 1, 3, 5])))
    rows = []
    for _ in range(draw.randrange(1, 4)):
        positions = tuple(sorted(draw.sample(range(unknowns), draw.randrange(2, unknowns + 1))))
        times = tuple(draw.choice([1, 1, 1, -1, -1, 2, -2, 3, -4]) for _ in positions)
        rows.append(Row(positions, times, draw.random() < 0.5))
    return ranges, rows


def test_the_tightest_range_is_the_one_that_counting_gives():
    asked = agreed = 0
    for seed in range(400):
        ranges, rows = a_small_system(seed)
        attacker = Attacker([low for low, _ in ranges], [high for _, high in ranges], rows)
        for sum_of in ({0: 1}, {1: 1}, {0: 1, 1: -1}):
            truth = reachable(ranges, rows, sum_of)
            try:
                up, down = attacker.reach(sum_of), attacker.fall(sum_of)
            except Contradiction:
                assert truth is None
                continue
            if truth is None:
                # Fractions fit where no whole numbers do; then nothing may be taken as proven.
                assert not (up.is_proven and down.is_proven)
                continue
            asked += 1
            if up.is_proven:
                assert up.most == truth[1]
            assert up.most >= truth[1]
            if down.is_proven:
                assert -down.most == truth[0]
            assert -down.most <= truth[0]
            agreed += up.is_proven and down.is_proven
    assert asked > 300
    assert agreed == asked


def test_what_has_been_seen_to_be_possible_is_possible():
    for seed in range(100):
        ranges, rows = a_small_system(seed)
        attacker = Attacker([low for low, _ in ranges], [high for _, high in ranges], rows)
        try:
            attacker.reach({0: 1})
            attacker.fall({1: 1})
        except Contradiction:
            continue
        for p in range(len(ranges)):
            least, most = attacker.seen({p: 1})
            truth = reachable(ranges, rows, {p: 1})
            if least <= most:
                assert truth is not None
                assert truth[0] <= least <= most <= truth[1]


def test_a_changed_range_is_taken_into_account_at_once():
    attacker = Attacker([1, 1, 5], [UNBOUNDED, UNBOUNDED, 7], [Row((0, 1, 2), (1, 1, -1), True)])
    assert attacker.reach({0: 1}).most == 6
    attacker.set_ranges([1], [4], [UNBOUNDED])
    assert attacker.reach({0: 1}).most == 3
    assert attacker.seen({0: 1})[1] <= 3
    attacker.set_ranges([1], [1], [UNBOUNDED])
    assert attacker.reach({0: 1}).most == 6


def test_a_halved_total_is_worked_out_in_whole_numbers():
    attacker = Attacker([1, 1, 5], [UNBOUNDED, UNBOUNDED, 7], [Row((0, 1, 2), (2, 2, -1), True)])
    reach = attacker.reach({0: 1})
    assert (reach.most, reach.is_proven) == (2, True)
    assert reach.relaxed == pytest.approx(2.5)


def test_numbers_that_fit_nothing_are_a_contradiction_and_not_an_answer():
    with pytest.raises(Contradiction):
        Attacker([1, 1, 9], [3, 3, 9], [Row((0, 1, 2), (1, 1, -1), True)]).reach({0: 1})


def test_only_what_fits_everything_is_remembered_as_possible():
    attacker = Attacker([1, 1, 5], [9, 9, 7], [Row((0, 1, 2), (1, 1, -1), True)])
    assert attacker.remember([2, 3, 5])
    assert not attacker.remember([2, 2, 5])
    assert not attacker.remember([0, 5, 5])


def test_the_same_question_has_the_same_answer_whatever_was_asked_before():
    ranges, rows = (
        [(1, UNBOUNDED)] * 4 + [(18, 22), (8, 12)],
        [Row((0, 1, 2, 3, 4), (1, 1, 1, 1, -1), True), Row((0, 1, 5), (1, 1, -1), True)],
    )
    one = Attacker([a for a, _ in ranges], [b for _, b in ranges], rows)
    other = Attacker([a for a, _ in ranges], [b for _, b in ranges], rows)
    other.reach({3: 1})
    other.fall({4: 1})
    for p in range(6):
        assert one.reach({p: 1}).most == other.reach({p: 1}).most


def test_where_enough_is_asked_any_proof_of_that_much_will_do_and_never_more_than_there_is():
    for seed in range(150):
        ranges, rows = a_small_system(seed)
        truth = reachable(ranges, rows, {0: 1, 1: -1})
        for enough in (-2, 0, 2):
            attacker = Attacker([low for low, _ in ranges], [high for _, high in ranges], rows)
            try:
                found = attacker.reach({0: 1, 1: -1}, enough)
            except Contradiction:
                assert truth is None
                continue
            if truth is not None and found.is_proven:
                assert min(enough, truth[1]) <= found.most <= truth[1]


def test_what_was_set_aside_is_possible_again_when_the_range_is_what_it_was():
    attacker = Attacker([1, 1, 5], [9, 9, 7], [Row((0, 1, 2), (1, 1, -1), True)])
    assert attacker.remember_all(np.array([[2.0, 3.0, 5.0], [1.0, 5.0, 6.0], [4.0, 2.0, 5.0], [2.5, 2.5, 5.0]])) == 2
    attacker.set_ranges([0], [2], [9])
    assert attacker.seen({1: 1}) == (3, 3)
    assert attacker.met.tolist() == [[2, 3, 5]]
    attacker.set_ranges([0], [1], [9])
    assert attacker.seen({1: 1}) == (3, 5)
