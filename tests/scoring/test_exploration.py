"""Exploration: which leads are worked by a drawn score, where they go, and how probable that was."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.playbook import Policy
from leadloop.playbook.policy import Route
from leadloop.scoring import ScoreCard
from leadloop.scoring.exploration import explore
from leadloop.scoring.score_card import TargetScore

POLICY = Policy()


def card(lead_id: str, score: float, upsell: float = 0.0) -> ScoreCard:
    return ScoreCard(
        lead_id, 1, 0.1, 0.05, 0.2, score, POLICY.band(score), POLICY.route(score), 0.85, "v1", "", "model", False, score,
        (), targets=(TargetScore("upsell", 0.1, 0.0, 0.2, upsell),),
    )  # fmt: skip


def test_about_the_declared_share_is_explored_and_goes_where_bands_share_leads_out():
    cards = [explore(card(f"L{number}", 12.0), POLICY, 0.2, "salt") for number in range(6_000)]
    explored = [one for one in cards if one.explored]
    assert len(explored) / 6_000 == pytest.approx(0.2, abs=0.02)
    routes = Counter(one.route for one in explored)
    for route, share in zip(POLICY.routes, (0.1, 0.2, 0.3, 0.4), strict=True):
        assert routes[route.name] / len(explored) == pytest.approx(share, abs=0.05)
    assert {one.route for one in cards if not one.explored} == {"no_action"}
    assert {one.score for one in cards} == {12.0}


def test_what_was_drawn_is_drawn_again_for_the_same_lead_and_not_in_another_playbook():
    again = [[explore(card(f"L{n}", 12.0), POLICY, 0.3, salt).explored for n in range(500)] for salt in ("a", "a", "b")]
    assert again[0] == again[1]
    assert again[0] != again[2]


def test_a_lead_that_is_explored_stays_so_when_the_share_grows():
    for number in range(300):
        few, more = (explore(card(f"L{number}", 12.0), POLICY, share, "s") for share in (0.1, 0.4))
        assert more.explored or not few.explored


@settings(deadline=None)
@given(score=st.floats(0, 100), share=st.floats(0, 0.5), upsell=st.floats(0, 100), lead=st.text(max_size=8))
def test_chances_add_up_to_one_and_the_route_taken_had_one(score, share, upsell, lead):
    policy = Policy(
        routes=(
            Route("call", 80.0, priority="high", when=(("upsell", 50.0),), key="call_first"),
            Route("call", 80.0, priority="normal"),
            Route("mail", 45.0),
            Route("wait", 0.0),
        )
    )
    found = explore(card(lead, score, upsell), policy, share, "salt").exploration
    assert found is not None
    assert sum(found.chances.values()) == pytest.approx(1)
    assert 0 < found.propensity <= 1
    assert ("call_first" in found.chances) <= (upsell >= 50)
    if not found.explored:
        assert found.taken == found.route_by_score
        assert found.propensity >= 1 - share


def test_chances_are_how_often_it_really_happens():
    drawn = Counter(explore(card(f"L{n}", 65.0), POLICY, 0.4, "salt").route for n in range(8_000))
    chances = explore(card("L", 65.0), POLICY, 0.4, "salt").exploration.chances
    for route, chance in chances.items():
        assert drawn[route] / 8_000 == pytest.approx(chance, abs=0.02)


def test_more_than_half_of_all_leads_is_refused():
    with pytest.raises(ValueError, match=r"at most 0\.5"):
        explore(card("L", 65.0), POLICY, 0.6, "salt")
