"""Experiments over HTTP: every documented request, answer and refusal, under both documented prefixes and under /v1."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys

from leadloop.store import Feedback, LeadOutcome

LEADS = [{**LEAD, "id": f"L{number}", "visits": number % 9} for number in range(60)]
TESTS, AB = "/api/v1/ml/ab-tests", "/api/v1/ab-testing"


@pytest.fixture
def place(two, tmp_path):
    return copy_workspace(two[0], tmp_path / "copy")


@pytest.fixture
def service(place):
    return open_service(place.root)


@pytest.fixture
def client(service):
    with ask(service) as asked:
        yield asked


def body(two, **more):
    _, first, second = two
    arms = [
        {"name": "old", "version": first, "share": 50, "control": True},
        {"name": "new", "version": second, "share": 50},
    ]
    return {"name": "trial", "arms": arms, "start": True, **more}


def seed_body(two, **more):
    _, first, second = two
    variants = [
        {"variant_name": "control", "model_version": first, "traffic_percentage": 50, "is_control": True},
        {"variant_name": "experimental", "model_version": second, "traffic_percentage": 50, "is_control": False},
    ]
    return {"test_name": "model_comparison_v1", "variants": variants, **more}


def told(place, wins, *, days=40.0, accepted=(), name="trial"):
    """Let what happened have happened some time ago: everybody was exposed then, and some were won two days later."""
    from leadloop.store.tables import EXPOSURES
    from leadloop.store.tables import TESTS as TABLE

    store, then = place.store, datetime.now(UTC) - timedelta(days=days)
    with store._connections.write() as connection:
        connection.execute(EXPOSURES.update().values(at=then))
        connection.execute(TABLE.update().values(start_date=then))
    store.outcomes.add("tiny", [LeadOutcome(f"o-{lead}", lead, "won", 1.0, then + timedelta(days=2)) for lead in wins])
    if accepted:
        store.feedback.add(
            "tiny",
            [
                Feedback(f"f-{lead}", lead, "contact", conversion_value=100.0 if lead in wins else None)
                for lead in accepted
            ],
        )


def test_a_documented_test_is_created_scored_read_and_stopped_with_its_winner_served(client, two, place, service):
    _, first, second = two
    created = client.post(TESTS, json=seed_body(two))
    assert created.status_code == 200, created.text
    assert created.json()["test_name"] == "model_comparison_v1"
    assert created.json()["status"] == "running"
    seen = {}
    for lead in LEADS:
        answer = client.post(
            f"{TESTS}/model_comparison_v1/score",
            json={
                "test_name": "model_comparison_v1",
                "lead_data": {"lead_id": 1, "title": "x", **lead},
                "user_id": "u",
            },
        )
        assert answer.status_code == 200, answer.text
        said = answer.json()
        seen[lead["id"]] = said["ab_test_variant"]
        assert said["model_version"] == {"control": first, "experimental": second}[said["ab_test_variant"]]
    assert set(seen.values()) == {"control", "experimental"}
    assigned = client.post(f"{TESTS}/model_comparison_v1/assign", json={"lead_id": "L0"}).json()
    assert assigned["variant_name"] == seen["L0"]
    listed = client.get(TESTS).json()
    assert listed["total_count"] == 1
    assert listed["ab_tests"][0]["test_name"] == "model_comparison_v1"
    results = client.get(f"{TESTS}/model_comparison_v1/results").json()
    assert {one["variant_name"] for one in results["variants"]} == {"control", "experimental"}
    stopped = client.post(f"{TESTS}/model_comparison_v1/stop?winner_variant=experimental")
    assert stopped.status_code == 200, stopped.text
    assert (stopped.json()["status"], stopped.json()["model_version"]) == ("completed", second)
    assert service.versions.get("tiny").version == second
    assert place.registry.champion("tiny") == second
    assert client.get(TESTS).json()["total_count"] == 0
    assert client.get(TESTS, params={"include_stopped": True}).json()["total_count"] == 1
    actions = [(one.who, one.action) for one in place.store.audit.page().items]
    assert [action for _, action in actions[-2:]] == ["promote", "experiment ended"]


def test_the_documented_results_of_insurance_leads_are_counted_by_lead_and_matured(client, two, place):
    assert client.post("/v1/tiny/experiments", json=body(two)).status_code == 200
    arms = {}
    for lead in LEADS:
        answer = client.post(f"{AB}/assign/{lead['id']}", json={"testName": "trial"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["assigned"] is True
        arms[lead["id"]] = answer.json()["variant"]
    wins = [lead for lead, arm in arms.items() if arm == "new"][:10] + [
        lead for lead, arm in arms.items() if arm == "old"
    ][:3]
    told(place, wins)
    said = client.get(f"{AB}/tests/trial/results").json()
    by_name = {one["variant"]: one for one in said["variants"]}
    new, old = by_name["new"], by_name["old"]
    assert set(old) >= {
        *("leadsCount", "conversionCount", "conversionRate", "avgLeadScore"),
        *("avgTimeToConversion", "acceptanceRate", "revenue"),
    }
    assert (new["conversionCount"], old["conversionCount"]) == (10, 3)
    assert new["conversionRate"] == pytest.approx(10 / new["leadsCount"], abs=1e-6)
    assert new["leadsCount"] + old["leadsCount"] == len(LEADS)
    assert old["avgTimeToConversion"] == pytest.approx(2, abs=1e-3)
    assert said["recommendation"] == "iterate"
    assert 0 < said["pValue"] <= 1
    assert said["openShare"] == 0
    assert said["confidenceInterval"]["lower"] < said["improvementAbsolute"] < said["confidenceInterval"]["upper"]
    kept = place.store.experiments.named("tiny", "trial").variant("new")
    assert kept.sample_size == new["leadsCount"]
    assert kept.conversion_rate == pytest.approx(new["conversionRate"], abs=1e-6)


def test_leads_whose_time_is_not_over_are_shown_as_open_and_not_counted(client, two, place):
    client.post("/v1/tiny/experiments", json=body(two)).raise_for_status()
    for lead in LEADS:
        client.post(f"{AB}/assign/{lead['id']}", json={"testName": "trial"}).raise_for_status()
    told(place, [lead["id"] for lead in LEADS[:20]], days=10)
    said = client.get("/v1/tiny/experiments/trial/results").json()
    assert said["open_share"] == 1.0
    assert {arm["conversions"] for arm in said["arms"]} == {0}
    assert {arm["matured_units"] for arm in said["arms"]} == {0}


def test_what_a_lead_saw_is_told_and_what_it_would_see_is_not_stored(client, two, place):
    client.post("/v1/tiny/experiments", json=body(two)).raise_for_status()
    would = client.get(f"{AB}/variant/L1").json()
    assert would["assigned"] is False
    assert would["variant"] in ("old", "new")
    assert client.post(f"{AB}/assign/L1", json={"testName": "trial"}).json()["variant"] == would["variant"]
    assert client.get(f"{AB}/variant/L1", params={"testName": "trial"}).json()["assigned"] is True
    assert client.get(f"{AB}/tests").json()["count"] == 1
    assert client.get(f"{AB}/tests/trial").json()["test"]["isActive"] is True
    stopped = client.post(f"{AB}/tests/trial/stop", json={})
    assert stopped.status_code == 200, stopped.text
    assert stopped.json()["test"]["status"] == "completed"
    assert stopped.json()["modelVersion"] is None
    assert client.get(f"{AB}/tests").json()["count"] == 0


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"variants": []}, "variants"),
        ({"test_name": ""}, "test_name"),
        ({"test_name": None}, "test_name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_documented_test_that_is_wrong_is_refused_with_the_place(client, two, change, where):
    refused = client.post(TESTS, json={**seed_body(two), **change})
    assert refused.status_code == 422
    assert where in [one["where"] for one in refused.json()["errors"]]


def test_shares_that_do_not_add_up_and_versions_that_are_not_there_are_told_at_once(client, two):
    given = body(two)
    given["arms"][1] |= {"share": 40, "version": "v20200101_000000_00000000"}
    refused = client.post("/v1/tiny/experiments", json=given)
    assert refused.status_code in (404, 422), refused.text
    assert "arm new" in [one["where"] for one in refused.json()["errors"]]
    given["arms"][1]["version"] = two[2]
    refused = client.post("/v1/tiny/experiments", json=given)
    assert refused.status_code == 422
    assert "traffic_percentage" in refused.text
    assert client.get("/v1/tiny/experiments").json()["experiments"] == []


def test_an_experiment_whose_version_is_damaged_does_not_start(client, two, place):
    path = place.registry.folder("tiny", two[2]) / "model.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    refused = client.post("/v1/tiny/experiments", json=body(two))
    assert refused.status_code in (409, 422)
    assert "arm new" in refused.text
    assert client.get("/v1/tiny/experiments").json()["experiments"] == []


def test_two_experiments_that_would_have_the_same_leads_are_refused_and_two_that_share_them_are_not(client, two):
    client.post("/v1/tiny/experiments", json=body(two, part=60)).raise_for_status()
    refused = client.post("/v1/tiny/experiments", json=body(two, name="other", part=50))
    assert refused.status_code == 409
    assert "“trial” has 60 %" in refused.text
    stranger = client.post("/v1/tiny/experiments", json=body(two, name="other", group="elsewhere", part=10))
    assert stranger.status_code == 409
    assert "a lead is scored by one version" in stranger.text
    assert client.post("/v1/tiny/experiments", json=body(two, name="other", part=40)).status_code == 200
    again = client.post("/v1/tiny/experiments", json=body(two, part=10))
    assert again.status_code == 409
    assert "test_name" in again.text


def test_an_experiment_goes_through_its_states(client, two):
    planned = client.post("/v1/tiny/experiments", json=body(two, start=False, ramp=[{"after_days": 0, "percent": 10}]))
    assert planned.json()["state"] == "planned", planned.text
    path = "/v1/tiny/experiments/trial"
    assert client.post(f"{path}/pause").status_code == 409
    started = client.post(f"{path}/start").json()
    assert (started["state"], started["percent_now"]) == ("running", 10)
    assert client.post(f"{path}/start").status_code == 409
    assert client.post(f"{path}/ramp", json={"percent": 50}).json()["percent_now"] == 50
    assert client.post(f"{path}/ramp", json={"percent": 20}).status_code == 422
    assert client.post(f"{path}/pause").json()["state"] == "paused"
    assert client.post(f"{path}/assign", json={"lead_id": "L1"}).status_code == 409
    assert client.post(f"{path}/resume").json()["state"] == "running"
    ended = client.post(f"{path}/stop", json={"cancel": True}).json()
    assert (ended["experiment"]["state"], ended["model_version"]) == ("cancelled", None)
    assert client.post(f"{path}/stop", json={}).status_code == 409
    assert client.get("/v1/tiny/experiments", params={"state": "cancelled"}).json()["experiments"][0]["name"] == "trial"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{TESTS}/nobody/results"),
        ("POST", f"{TESTS}/nobody/stop"),
        ("POST", f"{TESTS}/nobody/assign"),
        ("POST", f"{TESTS}/nobody/score"),
        ("GET", f"{AB}/tests/nobody"),
        ("GET", f"{AB}/tests/nobody/results"),
        ("POST", f"{AB}/tests/nobody/stop"),
        ("POST", f"{AB}/assign/L1"),
        ("GET", f"{AB}/variant/L1"),
        ("GET", "/v1/tiny/experiments/nobody"),
        ("POST", "/v1/tiny/experiments/nobody/start"),
    ],
)
def test_what_is_not_known_is_404(client, method, path):
    given = {"lead_id": "L1"} if path.endswith("assign") else {"lead_data": {"lead_id": "L1", "title": "x"}}
    given = {"testName": "nobody"} if path.startswith(AB) and "assign" in path else given
    given = {} if path.endswith(("stop", "start")) else given
    answer = client.request(method, path, json=given if method == "POST" else None)
    assert answer.status_code == 404, answer.text


def test_units_may_be_users_who_see_one_version_whatever_the_lead(client, two, place):
    assert client.post(TESTS, json=seed_body(two, unit="user")).status_code == 200
    path = f"{TESTS}/model_comparison_v1/score"
    versions = {}
    for user in range(8):
        for lead in LEADS[:4]:
            said = client.post(
                path,
                json={"lead_data": {"lead_id": 1, "title": "x", **lead, "id": f"{user}-{lead['id']}"}, "user_id": user},
            ).json()
            versions.setdefault(user, set()).add(said["ab_test_variant"])
    assert all(len(seen) == 1 for seen in versions.values())
    assert len(set.union(*versions.values())) == 2
    refused = client.post(f"{TESTS}/model_comparison_v1/assign", json={"lead_id": "L1"})
    assert refused.status_code == 422
    assert "unit" in refused.text


def test_each_route_is_for_its_roles(place, two):
    keys = make_keys(place)
    expected = {
        ("POST", TESTS): {"admin"},
        ("GET", TESTS): {"admin", "analyst"},
        ("POST", f"{TESTS}/x/assign"): {"admin", "scorer"},
        ("POST", f"{TESTS}/x/score"): {"admin", "scorer"},
        ("GET", f"{TESTS}/x/results"): {"admin", "analyst"},
        ("POST", f"{TESTS}/x/stop"): {"admin"},
        ("GET", f"{AB}/tests"): {"admin", "analyst"},
        ("GET", f"{AB}/tests/x"): {"admin", "analyst"},
        ("GET", f"{AB}/tests/x/results"): {"admin", "analyst"},
        ("POST", f"{AB}/assign/L1"): {"admin", "scorer"},
        ("GET", f"{AB}/variant/L1"): {"admin", "analyst"},
        ("POST", f"{AB}/tests/x/stop"): {"admin"},
        ("POST", "/v1/tiny/experiments"): {"admin"},
        ("GET", "/v1/tiny/experiments"): {"admin", "analyst"},
        ("POST", "/v1/tiny/experiments/x/pause"): {"admin"},
        ("GET", "/v1/tiny/experiments/x/results"): {"admin", "analyst"},
    }
    with ask(open_service(place.root)) as client:
        for (method, path), roles in expected.items():
            for role, key in keys.items():
                headers = {"Authorization": f"Bearer {key}"}
                answer = client.request(method, path, json={} if method == "POST" else None, headers=headers)
                assert (answer.status_code == 403) == (role not in roles), (method, path, role, answer.text)


def test_a_test_that_is_sent_again_under_its_key_is_created_once(client, two):
    first = client.post(TESTS, json=seed_body(two), headers={"Idempotency-Key": "once"})
    again = client.post(TESTS, json=seed_body(two), headers={"Idempotency-Key": "once"})
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.post(TESTS, json=seed_body(two)).status_code == 409
    key = {"Idempotency-Key": "stop"}
    ends = [client.post(f"{TESTS}/model_comparison_v1/stop?winner_variant=control", headers=key) for _ in range(2)]
    assert [one.status_code for one in ends] == [200, 200]
    assert ends[0].json() == ends[1].json()
