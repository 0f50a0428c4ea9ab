"""What counts as unusual, on counts small enough to work out by hand; `tests/learning/test_novelty.py` has the whole."""

import numpy as np
import pytest

from leadloop.scoring.novelty import SeenPair


def pair(*rows: list[int]) -> SeenPair:
    return SeenPair(0, 1, np.array(rows))


def test_a_combination_is_expected_as_often_as_two_fields_that_know_nothing_of_each_other_would_have_it():
    assert pair([30, 10], [10, 50]).expected.tolist() == [[16.0, 24.0], [24.0, 36.0]]


def test_a_combination_that_was_never_seen_surprises_by_how_often_it_was_to_be_expected():
    seen = pair([0, 40], [60, 0])
    assert seen.expected.tolist() == [[24.0, 16.0], [36.0, 24.0]]
    assert seen.surprises == pytest.approx(np.array([[np.log(49.0), 0.0], [0.0, np.log(49.0)]]))


def test_what_may_be_missing_by_chance_is_no_surprise():
    # Expected nine times, and not seen; expected ten times, and not seen.
    assert pair([0, 10], [90, 0]).expected[0, 0] == 9.0
    assert pair([0, 10], [90, 0]).surprises[0, 0] == 0.0
    nearly = pair([0, 20], [20, 0])
    assert nearly.expected[0, 0] == 10.0
    assert nearly.surprises[0, 0] == pytest.approx(np.log(21.0))


@pytest.mark.parametrize(
    ("leads", "times", "surprises"), [(1_000, 1, True), (1_000, 2, False), (100_000, 10, True), (100_000, 11, False)]
)
def test_once_is_as_good_as_never_and_so_is_once_in_ten_thousand_leads(leads, times, surprises):
    half = leads // 2
    seen = pair([times, half - times], [half - times, times])
    assert seen.counts.sum() == leads
    assert (seen.surprises[0, 0] > 0) == surprises


def test_a_pair_is_worth_the_surprise_that_it_would_hold_for_fields_that_know_nothing_of_each_other():
    assert pair([16, 24], [24, 36]).worth == 0.0
    seen = pair([0, 40], [60, 0])
    assert seen.worth == pytest.approx((24 + 24) / 100 * np.log(49.0))


def test_pairs_of_no_leads_at_all_are_worth_nothing():
    nothing = pair([0, 0], [0, 0])
    assert nothing.worth == 0.0
    assert not nothing.surprises.any()
