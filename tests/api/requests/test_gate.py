"""The gate: who may ask, how much, and in which form."""

import asyncio
import json
from io import StringIO

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys

from leadloop.api.app import all_routes
from leadloop.api.service import require_key
from leadloop.errors import LeadLoopError
from leadloop.flows.upkeep.keys import ROLES, new_key

# Every route and who may use it, besides admin, who may use all of them. A route that is not here fails the test.
MAY = {
    ("GET", "/"): None,
    ("GET", "/health"): None,
    ("GET", "/livez"): None,
    ("GET", "/readyz"): None,
    ("GET", "/docs"): None,
    ("GET", "/openapi.json"): None,
    ("GET", "/api/v1/ml/health"): None,
    ("GET", "/metrics"): "analyst",
    ("POST", "/v1/hooks/fellow"): None,
    ("POST", "/score"): "scorer",
    ("POST", "/score/batch"): "scorer",
    ("GET", "/models/info"): "analyst",
    ("POST", "/models/reload/{version}"): "admin",
    ("POST", "/api/v1/ml/score"): "scorer",
    ("POST", "/api/v1/ml/batch-score"): "scorer",
    ("GET", "/api/v1/ml/models"): "analyst",
    ("POST", "/api/v1/ml/models/{version}/activate"): "admin",
    ("POST", "/api/v1/ml/cleanup/models"): "admin",
    ("GET", "/api/v1/ml/metrics"): "analyst",
    ("GET", "/api/v1/lead-scoring-ml/model-info"): "analyst",
    ("POST", "/api/v1/ml/feedback"): "feedback",
    ("POST", "/api/v1/ml/feedback/implicit"): "feedback",
    ("POST", "/api/v1/ml/feedback/batch"): "feedback",
    ("GET", "/api/v1/ml/feedback/{lead_id}"): "analyst",
    ("GET", "/api/v1/ml/analytics/feedback"): "analyst",
    ("POST", "/api/v1/ml/cleanup/feedback"): "admin",
    ("POST", "/api/v1/lead-scoring-ml/score/{leadId}"): "scorer",
    ("POST", "/api/v1/lead-scoring-ml/batch-score"): "scorer",
    ("GET", "/api/v1/lead-scoring-ml/score-distribution"): "analyst",
    ("POST", "/v1/{playbook}/leads"): ("scorer", "feedback"),
    ("GET", "/v1/{playbook}/leads"): "analyst",
    ("GET", "/v1/{playbook}/leads/{lead_id}"): "analyst",
    ("GET", "/v1/{playbook}/leads/{lead_id}/versions"): "analyst",
    ("GET", "/v1/{playbook}/leads/{lead_id}/everything"): "analyst",
    ("POST", "/v1/{playbook}/leads/{lead_id}/score"): "scorer",
    ("DELETE", "/v1/{playbook}/leads/{lead_id}"): "admin",
    ("GET", "/v1/{playbook}/scores"): "analyst",
    ("POST", "/v1/{playbook}/outcomes"): "feedback",
    ("GET", "/v1/{playbook}/outcomes"): "analyst",
    ("POST", "/v1/{playbook}/events"): "feedback",
    ("GET", "/v1/{playbook}/events"): "analyst",
    ("POST", "/v1/{playbook}/feedback"): "feedback",
    ("GET", "/v1/{playbook}/feedback/analytics"): "analyst",
    ("GET", "/v1/{playbook}/feedback"): "analyst",
    ("POST", "/v1/{playbook}/score"): "scorer",
    ("POST", "/v1/{playbook}/scores"): "scorer",
    ("GET", "/v1/{playbook}/models"): "analyst",
    ("GET", "/v1/{playbook}/models/history"): "analyst",
    ("GET", "/v1/{playbook}/models/{version}"): "analyst",
    ("PUT", "/v1/{playbook}/models/champion"): "admin",
    ("POST", "/v1/{playbook}/models/rollback"): "admin",
    ("POST", "/v1/{playbook}/models/prune"): "admin",
    ("GET", "/v1/{playbook}/aliases"): "analyst",
    ("PUT", "/v1/{playbook}/aliases/{alias}"): "admin",
    ("DELETE", "/v1/{playbook}/aliases/{alias}"): "admin",
    ("POST", "/api/v1/ml/retrain"): "admin",
    ("POST", "/v1/{playbook}/jobs"): "admin",
    ("GET", "/v1/{playbook}/jobs"): "admin",
    ("GET", "/v1/{playbook}/jobs/{job}"): "scorer",
    ("DELETE", "/v1/{playbook}/jobs/{job}"): "scorer",
    ("POST", "/v1/{playbook}/jobs/{job}/retry"): "admin",
    ("GET", "/v1/{playbook}/jobs/{job}/result"): "scorer",
    ("GET", "/v1/{playbook}/jobs/{job}/rejects"): "scorer",
    ("POST", "/v1/{playbook}/files"): "scorer",
    ("GET", "/v1/webhooks"): "admin",
    ("POST", "/v1/webhooks"): "admin",
    ("DELETE", "/v1/webhooks/{webhook}"): "admin",
    ("POST", "/v1/webhooks/{webhook}/rotate"): "admin",
    ("POST", "/v1/webhooks/{webhook}/on"): "admin",
    ("POST", "/v1/webhooks/{webhook}/test"): "admin",
    ("GET", "/v1/webhooks/{webhook}/deliveries"): "admin",
    ("POST", "/api/v1/ml/ab-tests"): "admin",
    ("GET", "/api/v1/ml/ab-tests"): "analyst",
    ("POST", "/api/v1/ml/ab-tests/{name}/assign"): "scorer",
    ("POST", "/api/v1/ml/ab-tests/{name}/score"): "scorer",
    ("GET", "/api/v1/ml/ab-tests/{name}/results"): "analyst",
    ("POST", "/api/v1/ml/ab-tests/{name}/stop"): "admin",
    ("GET", "/api/v1/ab-testing/tests"): "analyst",
    ("GET", "/api/v1/ab-testing/tests/{name}"): "analyst",
    ("GET", "/api/v1/ab-testing/tests/{name}/results"): "analyst",
    ("POST", "/api/v1/ab-testing/assign/{leadId}"): "scorer",
    ("GET", "/api/v1/ab-testing/variant/{leadId}"): "analyst",
    ("POST", "/api/v1/ab-testing/tests/{name}/stop"): "admin",
    ("GET", "/v1/{playbook}/experiments"): "analyst",
    ("POST", "/v1/{playbook}/experiments"): "admin",
    ("GET", "/v1/{playbook}/experiments/{name}"): "analyst",
    ("POST", "/v1/{playbook}/experiments/{name}/start"): "admin",
    ("POST", "/v1/{playbook}/experiments/{name}/pause"): "admin",
    ("POST", "/v1/{playbook}/experiments/{name}/resume"): "admin",
    ("POST", "/v1/{playbook}/experiments/{name}/ramp"): "admin",
    ("POST", "/v1/{playbook}/experiments/{name}/stop"): "admin",
    ("GET", "/v1/{playbook}/experiments/{name}/results"): "analyst",
    ("POST", "/v1/{playbook}/experiments/{name}/assign"): "scorer",
    ("POST", "/v1/{playbook}/experiments/{name}/score"): "scorer",
    ("GET", "/v1/{playbook}/retraining"): "analyst",
    ("POST", "/v1/{playbook}/retraining"): "admin",
    ("GET", "/v1/{playbook}/rollouts"): "analyst",
    ("GET", "/v1/{playbook}/rollouts/current"): "analyst",
    ("POST", "/v1/{playbook}/rollouts"): "admin",
    ("POST", "/v1/{playbook}/rollouts/current/{action}"): "admin",
    ("GET", "/v1/alerts"): "analyst",
    ("GET", "/v1/{playbook}/quality"): "analyst",
    ("GET", "/v1/{playbook}/quality/history"): "analyst",
    ("GET", "/v1/{playbook}/performance"): "analyst",
    ("GET", "/v1/{playbook}/drift"): "analyst",
}


@pytest.fixture(scope="module")
def client(workspace):
    with ask(open_service(workspace.root)) as client:
        yield client


@pytest.fixture(scope="module")
def locked(workspace, tmp_path_factory):
    """A workspace with a key for every role, and the keys."""
    place = copy_workspace(workspace.root, tmp_path_factory.mktemp("locked"))
    return place, make_keys(place)


@pytest.fixture(scope="module")
def keys(locked):
    return {role: {"Authorization": f"Bearer {key}"} for role, key in locked[1].items()}


@pytest.fixture(scope="module")
def guarded(locked):
    with ask(open_service(locked[0].root)) as client:
        yield client


def test_the_table_of_roles_names_every_route_and_no_other(workspace):
    declared = {(route.method, route.path): route.role for route in all_routes(open_service(workspace.root))}
    assert declared == MAY


@pytest.mark.parametrize(("method", "path"), MAY, ids=lambda part: str(part))
def test_each_role_may_use_its_routes_and_no_others(guarded, keys, method, path):
    place = path.replace("{playbook}", "nowhere").replace("{version}", "v20200101_000000_00000000")
    place = place.replace("{lead_id}", "nobody").replace("{leadId}", "nobody")
    needed = MAY[method, path]
    for role in ROLES:
        answer = guarded.request(method, place, json={} if method != "GET" else None, headers=keys[role])
        allowed = needed is None or role == "admin" or role in ((needed,) if isinstance(needed, str) else needed)
        assert (answer.status_code == 403) == (not allowed), (role, answer.status_code)
    bare = guarded.request(method, place, json={} if method != "GET" else None)
    if "hooks" not in path:  # a message without a signature is refused as one without a key is
        assert (bare.status_code == 401) == (needed is not None)


def test_a_key_is_taken_from_either_header_and_a_wrong_one_never(guarded, locked, keys):
    assert guarded.post("/v1/tiny/score", json=LEAD, headers={"X-API-Key": locked[1]["scorer"]}).status_code == 200
    assert guarded.post("/v1/tiny/score", json=LEAD, headers=keys["scorer"]).status_code == 200
    wrong = guarded.get("/livez", headers={"X-API-Key": "guess"})
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")
    assert guarded.get("/no-such-route").status_code == 401


def test_guessing_is_slowed_down_and_a_right_key_still_works(locked, keys):
    with ask(open_service(locked[0].root)) as client:
        statuses = [client.get("/livez", headers={"X-API-Key": f"guess {n}"}).status_code for n in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert client.get("/metrics", headers=keys["analyst"]).status_code == 200


def test_the_service_is_not_opened_to_others_without_a_key(workspace, locked, tmp_path):
    bare = open_service(copy_workspace(workspace.root, tmp_path / "bare").root, host="0.0.0.0")
    bare.database.start()
    with pytest.raises(LeadLoopError, match="there is no key that is good"):
        require_key(bare)
    service = open_service(locked[0].root, host="0.0.0.0")
    service.database.start()
    require_key(service)
    for one in (bare, service):
        one.database.close()


def test_without_keys_only_this_machines_own_names_are_answered(client):
    for host, status in (
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("evil.example:8000", 403),
        ("evil]", 403),
        ("[2001:db8::1]:8000", 403),
        ("127.0.0.1.evil.example", 403),
        ("", 403),
    ):
        assert client.get("/livez", headers={"Host": host}).status_code == status


_PLAIN = (
    ("POST", "/v1/tiny/leads/L1/score"),
    ("POST", "/models/reload/latest"),
    ("POST", "/v1/tiny/files?name=leads.csv"),
)
"""What a page may send to another address without asking it first: no body, or one of no kind."""


@pytest.mark.parametrize(("method", "path"), [*_PLAIN, ("DELETE", "/v1/tiny/leads/L1"), ("POST", "/v1/tiny/score")])
@pytest.mark.parametrize(
    "from_elsewhere",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_without_keys_no_page_of_another_address_changes_anything(client, method, path, from_elsewhere):
    body = {"json": LEAD} if path.endswith("/score") and "leads" not in path else {}
    answer = client.request(method, path, headers=from_elsewhere, **body)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["where"] == "Origin"


def test_without_keys_a_page_of_this_service_may_ask_and_a_link_may_be_followed(client):
    own = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/v1/tiny/score", json=LEAD, headers=own).status_code == 200
    assert client.get("/docs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_without_keys_nobody_comes_in_through_a_proxy(client, name):
    assert client.get("/v1/tiny/models", headers={name: "203.0.113.7"}).status_code == 403


def test_with_keys_it_does_not_matter_where_a_request_comes_from(guarded, keys):
    strange = {"Host": "scores.example", "Origin": "http://shop.example", "X-Forwarded-For": "203.0.113.7"}
    assert guarded.post("/v1/tiny/score", json=LEAD, headers={**strange, **keys["scorer"]}).status_code == 200


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_body_that_does_not_say_it_is_json_is_refused(client, kind):
    headers = {"Content-Type": kind} if kind else {}
    answer = client.post("/v1/tiny/score", content=json.dumps(LEAD).encode(), headers=headers)
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_json_may_say_so_in_any_of_its_ways(client, kind):
    answer = client.post("/v1/tiny/score", content=json.dumps(LEAD).encode(), headers={"Content-Type": kind})
    assert answer.status_code == 200


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(client):
    large = json.dumps({"source": "x" * 1_000_001}).encode()
    headers = {"Content-Type": "application/json"}
    assert client.post("/v1/tiny/score", content=large, headers=headers).status_code == 413
    parts = (large[at : at + 50_000] for at in range(0, len(large), 50_000))
    in_parts = client.post("/v1/tiny/score", content=parts, headers=headers)
    assert in_parts.status_code == 413


def test_a_text_that_is_too_long_is_refused_and_one_of_the_longest_is_not(client):
    assert client.post("/v1/tiny/score", json={"source": "x" * 65_536}).status_code == 200
    assert client.post("/v1/tiny/score", json={"source": "x" * 65_537}).status_code == 422
    assert client.post("/v1/tiny/score", json={"source": "é" * 32_769}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"3", b'"text"', b"{", b'{"visits": NaN}', b'{"visits": 1e999}', b'{"visits": 1, "visits": 2}',
        b'{"visits": ' + b"9" * 500 + b"}", b'{"source": "\\ud800"}', b"[" * 5_000, b'{"source":' * 40 + b"1" + b"}" * 40,
        b'{"visits": {"a": [1]}}', b'{"\\u0000": 1}', b'\xff\xfe{"a": 1}', b'{"visits": 9007199254740993}',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/v1/tiny/score", "/v1/tiny/scores", "/score", "/score/batch", "/api/v1/ml/batch-score"]
)
def test_odd_bodies_get_a_documented_refusal_and_never_an_error_of_ours(client, path, body):
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    assert told["status"] == answer.status_code
    assert all(set(error) == {"where", "what", "how_to_mend"} for error in told["errors"])


def test_unknown_paths_and_methods_are_refused_as_problems(client):
    missing, method = client.get("/nowhere"), client.delete("/score")
    assert (missing.status_code, method.status_code, method.headers["allow"]) == (404, 405, "POST")
    for answer in (missing, method):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"]


def test_a_body_that_never_ends_is_not_waited_for(workspace):
    service = open_service(workspace.root, body_seconds=0.1)
    gate = ask(service).app
    sent = []

    async def receive():
        await asyncio.sleep(30)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/score", "query_string": b"", "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
    }  # fmt: skip
    asyncio.run(gate(scope, receive, send))
    assert sent[0]["status"] == 408


def test_refused_keys_are_logged_with_the_address_and_never_with_their_text(locked):
    written, place = StringIO(), locked[0]
    old = new_key("scorer", "an old program", workspace=place)
    place.store.keys.revoke(old.key.id, who="test")
    with ask(open_service(place.root, log=written)) as client:
        for text in (old.text, *(f"guess {n}" for n in range(10))):
            client.get("/livez", headers={"X-API-Key": text})
        client.get("/metrics")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in told] == [401] * 10 + [429, 401]
    assert {(line["client"], line["level"]) for line in told} == {("testclient", "warning")}
    assert (told[0]["why"], told[0]["key"]) == ("revoked key", old.key.id)
    assert told[1]["why"] == "unknown key"
    assert "guess" not in written.getvalue()
    assert old.text not in written.getvalue()
