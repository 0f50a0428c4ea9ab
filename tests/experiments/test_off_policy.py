"""What a policy would have brought, from the log of another one: held against the truth that made the log."""

from dataclasses import replace

import numpy as np
import pytest

from leadloop.errors import ExperimentError
from leadloop.experiments import Policy, PolicyLog, compare_policies, evaluate_policy

TRUE = 0.4263
"""What the new policy brings; a test below holds it against two million units."""
ESTIMATORS = ["ips", "snips", "doubly_robust"]


def make(rng, units=2_000, uniform=False):
    """A log with three actions, what is true of each unit, and a new policy that prefers the best one."""
    x = rng.normal(size=units)
    true = 1 / (1 + np.exp(-np.column_stack([x - 1, -x - 1, 0 * x - 1])))
    logged = np.full((units, 3), 1 / 3) if uniform else np.column_stack([0.6 + 0 * x, 0.3 + 0 * x, 0.1 + 0 * x])
    taken = (rng.random((units, 1)) > logged.cumsum(axis=1)).sum(axis=1)
    reward = (rng.random(units) < true[np.arange(units), taken]).astype(float)
    log = PolicyLog(taken=taken, propensity=logged[np.arange(units), taken], reward=reward)
    new = Policy(name="new", probabilities=0.85 * np.eye(3)[true.argmax(axis=1)] + 0.05)
    return log, new, true


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_limits_hold_the_true_value_as_often_as_promised(estimator):
    rng = np.random.default_rng(1)
    held, widths, off = 0, [], []
    for _ in range(400):
        log, new, true = make(rng)
        expected = 0.8 * true + 0.1  # a model that is none too good
        value = evaluate_policy(log, new, estimator=estimator, expected=expected)
        held += value.low <= TRUE <= value.high
        widths.append(value.high - value.low)
        off.append(value.value - TRUE)
    print(f"\n{estimator}: held the truth in {held / 400:.1%}, width {np.mean(widths):.3f}")
    assert held / 400 == pytest.approx(0.95, abs=0.025)
    assert abs(np.mean(off)) < 0.005


def test_the_true_value_that_these_tests_stand_on_is_true():
    _, new, true = make(np.random.default_rng(2), units=2_000_000)
    assert (new.probabilities * true).sum(axis=1).mean() == pytest.approx(TRUE, abs=0.0005)


def test_a_good_model_makes_the_doubly_robust_limits_the_narrowest():
    log, new, true = make(np.random.default_rng(3), units=20_000)
    width = {}
    for estimator in ESTIMATORS:
        value = evaluate_policy(log, new, estimator=estimator, expected=true)
        width[estimator] = value.high - value.low
    assert width["doubly_robust"] < width["snips"] < width["ips"]


def test_the_policy_that_made_the_log_is_worth_what_the_log_brought():
    log, _, _ = make(np.random.default_rng(4), uniform=True)
    logged = Policy(name="logged", probabilities=np.full((log.units, 3), 1 / 3))
    for estimator in ("ips", "snips"):
        assert evaluate_policy(log, logged, estimator=estimator).value == pytest.approx(log.reward.mean())
    assert evaluate_policy(log, logged).effective_units == pytest.approx(log.units)


def test_two_policies_are_compared_from_the_same_units():
    log, new, _ = make(np.random.default_rng(5), units=20_000)
    always = Policy.always("the first with everybody", 0, log.units, 3)
    found = compare_policies(log, new, always)
    values = [evaluate_policy(log, policy) for policy in (always, new)]
    assert found.difference_absolute == pytest.approx(values[1].value - values[0].value)
    assert found.difference_absolute_low > 0
    assert "new brings more than the first with everybody" in found.said
    same = compare_policies(log, always, always)
    assert (same.difference_absolute, same.p_value) == (0, 1)
    assert "nothing shows" in same.said


def test_a_policy_that_the_log_hardly_knows_is_told_with_a_warning():
    log, _, _ = make(np.random.default_rng(6), units=600)
    rare = evaluate_policy(log, Policy.always("rare", 2, log.units, 3))
    assert rare.effective_units < 100
    assert "do not rely" in rare.notes[0]
    assert rare.largest_weight == pytest.approx(10)
    assert "cut to 5" in evaluate_policy(log, Policy.always("rare", 2, log.units, 3), largest_weight=5).notes[-1]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"propensity": np.zeros(4)}, "log.propensity"),
        ({"reward": np.array([0, 1, np.nan, 1])}, "log.reward"),
        ({"taken": np.array([0, 0, 1, 1])}, "nobody in the log got: 2"),
        ({"taken": np.array([0, 1, 2, 3])}, "does not know"),
    ],
)
def test_a_log_that_cannot_tell_is_refused(change, part):
    log = PolicyLog(taken=np.array([0, 1, 2, 2]), propensity=np.full(4, 0.3), reward=np.ones(4))
    with pytest.raises(ExperimentError, match=part):
        evaluate_policy(replace(log, **change), Policy.always("third", 2, 4, 3))


def test_probabilities_that_are_none_are_refused():
    log = PolicyLog(taken=np.array([0, 1]), propensity=np.full(2, 0.5), reward=np.ones(2))
    with pytest.raises(ExperimentError, match="add up to 1"):
        evaluate_policy(log, Policy(name="half", probabilities=np.full((2, 2), 0.4)))
    with pytest.raises(ExperimentError, match="of the shape"):
        evaluate_policy(log, Policy.always("first", 0, 2, 2), estimator="doubly_robust")
