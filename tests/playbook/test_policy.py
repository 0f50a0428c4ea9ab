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
    ],
)
def test_any_change_of_a_policy_changes_its_fingerprint(changed):
    assert changed.fingerprint != USUAL.fingerprint


@given(policies(), policies())
def test_policies_share_a_fingerprint_exactly_when_they_are_equal(one, other):
    assert (one.fingerprint == other.fingerprint) == (one == other)
    assert len(one.fingerprint) == 12
