import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.playbook.playbooks_for_tests import policies, routes

from leadloop.scoring.policy_columns import choose_routes

scores = st.floats(0, 100)


@settings(deadline=None)
@given(
    policies().flatmap(lambda policy: routes(policy, "fit")),
    st.lists(st.tuples(scores, scores | st.none()), min_size=1),
)
def test_many_leads_go_the_routes_that_each_would_go_alone(policy, leads):
    own = np.array([score for score, _ in leads])
    fit = np.array([np.nan if other is None else other for _, other in leads])
    chosen = choose_routes(policy, own, {"fit": fit})
    alone = [policy.route_of(score, {} if other is None else {"fit": other}) for score, other in leads]
    assert chosen["route"].to_list() == [route.name for route in alone]
    assert chosen["priority"].to_list() == [route.priority for route in alone]


@settings(deadline=None)
@given(policies().flatmap(lambda policy: routes(policy, "fit")), st.lists(scores, min_size=1))
def test_without_other_scores_nobody_goes_a_route_that_asks_for_them(policy, own):
    names = choose_routes(policy, np.array(own))["route"].to_list()
    assert names == [policy.route_of(score).name for score in own]
