import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.playbook.playbooks_for_tests import policies

from leadloop.playbook import Band, Policy, Route


@pytest.mark.parametrize(
    ("score", "band", "route"),
    [
        (100, "hot", "call_today"),
        (80, "hot", "call_today"),
        (math.nextafter(80, 0), "warm", "call_soon"),
        (60, "warm", "call_soon"),
        (40, "cool", "nurture"),
        (39.99, "cold", "no_action"),
        (0, "cold", "no_action"),
        (-0.0, "cold", "no_action"),
    ],
)
def test_a_band_begins_at_its_lowest_score(score, band, route):
    assert (Policy().band(score), Policy().route(score)) == (band, route)


@pytest.mark.parametrize("score", [-0.001, 100.001, math.nan, math.inf, -math.inf])
def test_what_is_no_score_falls_into_no_band(score):
    with pytest.raises(ValueError, match="scores run from 0 to 100"):
        Policy().band(score)
    with pytest.raises(ValueError, match="scores run from 0 to 100"):
        Policy().route(score)


@given(policies(), st.floats(0, 100))
def test_every_score_has_the_highest_band_that_it_reaches(policy, score):
    reached = [band for band in policy.bands if band.lowest <= score]
    assert policy.band(score) == max(reached, key=lambda band: band.lowest).name


@given(policies(), st.floats(0, 100), st.floats(0, 100))
def test_a_higher_score_never_has_a_lower_route(policy, one, other):
    names = [route.name for route in policy.routes]  # highest first
    low, high = sorted((one, other))
    assert names.index(policy.route(high)) <= names.index(policy.route(low))


USUAL = Policy()


@pytest.mark.parametrize(
    "changed",
    [
        replace(USUAL, capacity=0.21),
        replace(USUAL, bands=(Band("hot", 81.0, 0.10), *USUAL.bands[1:])),
        replace(USUAL, bands=(Band("hot", 80.0, 0.11), *USUAL.bands[1:])),
        replace(USUAL, bands=(Band("boiling", 80.0, 0.10), *USUAL.bands[1:])),
        replace(USUAL, routes=USUAL.routes[1:]),
        replace(USUAL, routes=(Route("call_today", 90.0), *USUAL.routes[1:])),
        replace(USUAL, routes=(Route("call_today", 80.0, priority="high"), *USUAL.routes[1:])),
        replace(USUAL, routes=(Route("call_today", 80.0, when=(("won", 5.0),)), *USUAL.routes)),
    ],
)
def test_any_change_of_a_policy_changes_its_fingerprint(changed):
    assert changed.fingerprint != USUAL.fingerprint


@given(policies(), policies())
def test_policies_share_a_fingerprint_exactly_when_they_are_equal(one, other):
    assert (one.fingerprint == other.fingerprint) == (one == other)
    assert len(one.fingerprint) == 12


HANDOFF = Policy(
    routes=(
        Route("AE_HANDOFF", 85.0, "HIGH_VOICE_AI", (("voice_ai_fit", 60.0),), "voice_ai"),
        Route("AE_HANDOFF", 85.0, "HIGH", key="high"),
        Route("AE_HANDOFF", 70.0, "MEDIUM", key="medium"),
        Route("NURTURE_TRACK", 50.0, "LOW"),
        Route("SELF_SERVICE", 0.0, "VERY_LOW"),
    )
)


@pytest.mark.parametrize(
    ("score", "fit", "name", "priority"),
    [
        (100, 100, "AE_HANDOFF", "HIGH_VOICE_AI"),
        (85, 60, "AE_HANDOFF", "HIGH_VOICE_AI"),
        (85, 59.99, "AE_HANDOFF", "HIGH"),
        (85, None, "AE_HANDOFF", "HIGH"),
        (84.99, 100, "AE_HANDOFF", "MEDIUM"),
        (70, 0, "AE_HANDOFF", "MEDIUM"),
        (69.99, 100, "NURTURE_TRACK", "LOW"),
        (50, 100, "NURTURE_TRACK", "LOW"),
        (49.99, 100, "SELF_SERVICE", "VERY_LOW"),
        (0, 0, "SELF_SERVICE", "VERY_LOW"),
    ],
)
def test_a_route_may_ask_for_the_score_of_another_target(score, fit, name, priority):
    route = HANDOFF.route_of(score, {} if fit is None else {"voice_ai_fit": fit})
    assert (route.name, route.priority) == (name, priority)
    assert HANDOFF.route(score) == name


def test_how_a_route_is_called_in_the_playbook_is_no_part_of_the_policy():
    renamed = replace(HANDOFF, routes=(replace(HANDOFF.routes[0], key="other"), *HANDOFF.routes[1:]))
    assert renamed.fingerprint == HANDOFF.fingerprint
