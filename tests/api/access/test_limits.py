"""Limits of each key: exact within any minute, told with every answer, and one key's use is no other's."""

from hypothesis import given
from hypothesis import strategies as st
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace

from leadloop.api.access.limits import Window
from leadloop.flows.upkeep.keys import new_key


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 4)), max_size=60))
def test_never_more_than_the_limit_is_taken_in_any_minute_and_nothing_is_refused_that_would_fit(asked):
    now, taken = 0.0, []
    window = Window(5, clock=lambda: now)
    for passed, count in asked:
        now += passed
        recent = sum(some for at, some in taken if at > now - 60)
        wait = window.take(count)
        assert (wait == 0) == (recent + count <= 5)
        assert window.left == 5 - recent - (0 if wait else count)
        if wait:
            assert sum(some for at, some in taken if at > now + wait + 1e-6 - 60) + count <= 5
        else:
            taken.append((now, count))


def test_requests_are_limited_for_each_key_and_every_answer_says_what_is_left(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    busy, quiet = ({"X-API-Key": new_key("scorer", name, workspace=place).text} for name in ("busy", "quiet"))
    with ask(open_service(tmp_path, requests_per_minute=3)) as client:
        answers = [client.post("/v1/tiny/score", json=LEAD, headers=busy) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
        assert [one.headers["ratelimit"].split(";")[1] for one in answers] == ["r=2", "r=1", "r=0", "r=0"]
        assert 1 <= int(answers[3].headers["retry-after"]) <= 60
        assert answers[3].headers["content-type"] == "application/problem+json"
        assert client.post("/v1/tiny/score", json=LEAD, headers=quiet).status_code == 200
        assert client.get("/livez").status_code == 200
        admin = {"X-API-Key": new_key("admin", "ops", workspace=place).text}
        client.app.service.database._look()
        assert 'leadloop_rate_limited_total{limit="requests"} 1.0' in client.get("/metrics", headers=admin).text


def test_leads_are_limited_as_they_are_scored_and_a_batch_is_taken_whole_or_not_at_all(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    with ask(open_service(tmp_path, leads_per_minute=5)) as client:
        three = {"leads": [{**LEAD, "visits": number} for number in range(3)]}
        first, second = (client.post("/v1/tiny/scores", json=three) for _ in range(2))
        assert (first.status_code, second.status_code) == (200, 429)
        assert first.headers["ratelimit"].startswith('"leads";r=2;')
        assert "2 are left" in second.json()["errors"][0]["what"]
        assert client.post("/score", json=LEAD).status_code in (200, 422)
        most = client.post("/v1/tiny/scores", json={"leads": [LEAD] * 6})
        assert "at most 5 at once" in most.json()["errors"][0]["how_to_mend"]


def test_without_limits_nothing_is_said_of_them(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    with ask(open_service(tmp_path)) as client:
        assert "ratelimit" not in client.post("/v1/tiny/score", json=LEAD).headers
