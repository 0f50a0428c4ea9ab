"""When training again is worth while: each trigger by itself, and what is said of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.monitoring.triggers import SWITCHED, LoopFacts, TriggerRules, decide_retraining

QUIET = LoopFacts("v1", age_days=2.0, new_outcomes=3, accuracy=0.82, majority=0.8, matured=400, f1=0.5, f1_before=0.52)
RULES = TriggerRules()


def said_by(facts, rules=RULES):
    return [(reason.trigger, reason.severity) for reason in decide_retraining(facts, rules).reasons]


def test_without_a_version_it_is_due():
    assert said_by(LoopFacts(None)) == [("first", "info")]


def test_where_nothing_speaks_for_it_it_is_said_why_not():
    decision = decide_retraining(QUIET, RULES)
    assert not decision.due
    assert decision.said == (
        "the newest version is 2.0 days old, and 7 count as old",
        "3 outcomes came since, and 50 count as many",
    )


@pytest.mark.parametrize(
    ("change", "spoken"),
    [
        ({"age_days": 7.0}, ("age", "info")),
        ({"age_days": 6.99}, None),
        ({"new_outcomes": 50}, ("outcomes", "info")),
        ({"new_outcomes": 49}, None),
        ({"accuracy": 0.75}, None),
        ({"accuracy": 0.749}, ("accuracy", "warning")),
        ({"accuracy": 0.65}, ("accuracy", "warning")),
        ({"accuracy": 0.649}, ("accuracy", "critical")),
        ({"accuracy": None}, None),
        ({"earlier": (0.93, 0.92, 0.94, 0.93, 0.93)}, ("decline", "warning")),
        ({"earlier": (0.92,)}, None),
        ({"earlier": (0.80, 0.80, 0.80, 0.80, 0.80, 5.0)}, None),  # the sixth last is not looked at
        ({"f1": 0.46}, ("f1", "warning")),
        ({"f1": 0.48}, None),
        ({"f1_before": None, "f1": 0.0}, None),
        ({"f1": 0.40, "f1_doubt": 0.10}, None),  # of so few leads that it goes up and down by as much
        ({"f1": 0.40, "f1_doubt": 0.07}, ("f1", "warning")),
        ({"drift": "alarm", "drift_reasons": ("industry moved",)}, ("drift", "warning")),
        ({"drift": "noted"}, None),
        ({"features_added": ("field budget (money)",)}, ("features", "info")),
        ({"features_removed": ("function speed",)}, ("features", "info")),
    ],
)
def test_each_trigger_speaks_at_its_limit_and_not_before(change, spoken):
    assert said_by(replace(QUIET, **change)) == ([spoken] if spoken else [])


@pytest.mark.parametrize("trigger", SWITCHED)
def test_each_trigger_can_be_switched_off(trigger):
    everything = LoopFacts(
        "v1", 30.0, 900, 0.5, 0.8, 400, (0.9,), 0.1, 0.6, "alarm", ("prices moved",), ("field budget (money)",)
    )
    assert {name for name, _ in said_by(everything)} == set(SWITCHED)
    rest = tuple(name for name in SWITCHED if name != trigger)
    assert {name for name, _ in said_by(everything, TriggerRules(triggers=rest))} == set(rest)
    assert not decide_retraining(everything, TriggerRules(triggers=())).due


def test_what_is_bad_is_not_trained_for_again_right_after_a_training():
    bad = replace(QUIET, accuracy=0.5, drift="alarm", f1=0.0, earlier=(0.9,))
    assert said_by(replace(bad, age_days=0.5)) == []
    assert len(said_by(replace(bad, age_days=1.0))) == 4


def test_a_low_accuracy_is_told_beside_what_calling_every_lead_the_same_would_get():
    (reason,) = decide_retraining(replace(QUIET, accuracy=0.6), RULES).reasons
    assert reason.said == (
        "accuracy on 400 matured leads is 0.600 (calling every lead what most are: 0.800), under 0.65"
    )
    assert decide_retraining(replace(QUIET, accuracy=0.6), RULES).severity == "critical"


@given(
    st.floats(0, 60), st.integers(0, 500), st.none() | st.floats(0, 1), st.none() | st.floats(0, 1),
    st.sampled_from(["quiet", "noted", "alarm"]),
)  # fmt: skip
def test_more_of_what_speaks_for_it_never_makes_it_less_due(age, told, accuracy, f1, drift):
    facts = LoopFacts("v1", age, told, accuracy, f1=f1, f1_before=0.5, drift=drift)
    if decide_retraining(facts, RULES).due:
        assert decide_retraining(replace(facts, age_days=age + 10, new_outcomes=told + 100), RULES).due
