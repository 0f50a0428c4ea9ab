"""A unit gets its arm by its id alone, keeps it while the ramp goes up, and is in one experiment of a group at most."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.errors import ExperimentError
from leadloop.experiments import Part, Ramp, Split, free_slot, hold_out, place_on_line
from leadloop.experiments.distributions import chi_square_tail

UNITS = [f"lead {number}" for number in range(20_000)]
THREE = Split("salt", ("rules", "model", "new"), (0.5, 0.3, 0.2))


def counts(split, units=UNITS):
    given_arms = [split.assign(unit).arm for unit in units]
    return {arm: given_arms.count(arm) for arm in split.arms}


def test_arms_get_their_shares():
    seen = counts(THREE)
    expected = [share * len(UNITS) for share in THREE.shares]
    value = sum((seen[arm] - want) ** 2 / want for arm, want in zip(THREE.arms, expected, strict=True))
    assert chi_square_tail(value, 2) > 0.001


def test_a_unit_gets_the_same_arm_again_and_in_another_process():
    assert [THREE.assign(unit).arm for unit in UNITS[:100]] == [THREE.assign(unit).arm for unit in UNITS[:100]]
    # Written down once: whoever changes the hash moves units of running experiments.
    assert [THREE.assign(f"lead {number}").arm for number in range(8)] == GOLDEN


def test_another_salt_divides_units_anew_and_independently():
    other = Split("another", THREE.arms, THREE.shares)
    together = sum(THREE.assign(unit).arm == other.assign(unit).arm for unit in UNITS)
    assert together / len(UNITS) == pytest.approx(0.5**2 + 0.3**2 + 0.2**2, abs=0.015)


@settings(deadline=None)
@given(st.text(max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_a_unit_that_is_in_stays_in_its_arm_while_the_ramp_goes_up(unit, low, high):
    low, high = sorted((low, high))
    before, after = THREE.reaching(low).assign(unit), THREE.reaching(high).assign(unit)
    if before.arm is not None:
        assert after == before


def test_the_ramp_lets_in_its_share_and_divides_it_as_agreed():
    reached = counts(THREE.reaching(0.1))
    assert sum(reached.values()) / len(UNITS) == pytest.approx(0.1, abs=0.01)
    assert reached["rules"] / sum(reached.values()) == pytest.approx(0.5, abs=0.04)


def test_the_propensity_is_the_share_of_the_arm():
    for unit in UNITS[:50]:
        found = THREE.assign(unit)
        assert found.propensity == dict(zip(THREE.arms, THREE.shares, strict=True))[found.arm]
        assert found.why == "in"


def test_an_arm_without_a_share_gets_nobody():
    split = THREE.dividing((1.0, 0.0, 0.0))
    assert counts(split)["rules"] == len(UNITS)


def test_held_out_units_are_in_no_experiment_and_stay_held_out_when_more_are():
    few, more = hold_out("playbook", 0.05), hold_out("playbook", 0.1)
    held = [unit for unit in UNITS if Split("a", ("x", "y"), (0.5, 0.5), held_out=few).assign(unit).why == "held_out"]
    assert len(held) / len(UNITS) == pytest.approx(0.05, abs=0.006)
    assert all(Split("b", ("x", "y"), (0.5, 0.5), held_out=more).assign(unit).arm is None for unit in held)


def test_experiments_of_a_group_share_no_unit():
    first = free_slot("group", [], 0.5)
    second = free_slot("group", [first], 0.5)
    one, other = (Split(salt, ("x", "y"), (0.5, 0.5), slot=slot) for salt, slot in (("a", first), ("b", second)))
    both = [(one.assign(unit).arm is not None, other.assign(unit).arm is not None) for unit in UNITS]
    assert all(sum(places) == 1 for places in both)
    assert sum(first for first, _ in both) / len(UNITS) == pytest.approx(0.5, abs=0.015)


def test_a_slot_is_found_in_a_gap_and_refused_where_there_is_none():
    taken = [Part("group", 0.0, 0.3), Part("group", 0.5, 1.0)]
    assert free_slot("group", taken, 0.2) == Part("group", 0.3, 0.5)
    with pytest.raises(ExperimentError, match="no gap left"):
        free_slot("group", taken, 0.25)


def test_a_ramp_never_falls():
    ramp = Ramp(((0, 0.05), (3, 0.25), (7, 1.0)))
    assert [ramp.share(days) for days in (-1, 0, 2.9, 3, 6, 100)] == [0, 0.05, 0.05, 0.25, 0.25, 1.0]
    with pytest.raises(ExperimentError, match="share that falls"):
        Ramp(((0, 0.5), (3, 0.25)))


def test_everything_that_is_wrong_with_a_split_is_said_at_once():
    with pytest.raises(ExperimentError) as refused:
        Split("", ("x", "x"), (0.5, 0.6), reached=2)
    assert [problem.where for problem in refused.value.problems] == ["salt", "arms", "shares", "ramp"]


def test_salts_and_units_that_read_alike_together_are_told_apart():
    assert place_on_line("ab", "c") != place_on_line("a", "bc")


def test_a_unit_is_assigned_in_under_twenty_microseconds():
    split = Split("salt", THREE.arms, THREE.shares, held_out=hold_out("p", 0.05), slot=Part("g", 0.0, 0.95))
    fastest = min(_seconds(split) for _ in range(5))
    assert fastest / 2_000 < 20e-6


def _seconds(split):
    start = time.process_time()
    for unit in UNITS[:2_000]:
        split.assign(unit)
    return time.process_time() - start


GOLDEN = ["new", "rules", "new", "rules", "rules", "new", "model", "new"]
