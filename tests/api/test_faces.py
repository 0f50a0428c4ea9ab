"""The documented faces: a documented request gets the documented answer, and every documented refusal."""

import re
import shutil

import pytest
from tests.api.service_for_tests import ask, open_service
from tests.api.workspaces_for_tests import copy_workspace

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MINIMAL_CALL = {"company_name": "Test Corp"}
WHOLE_CALL = {
    "company_name": "Acme Corp",
    "domain": "acme.com",
    "industry": "SaaS",
    "employees": "50-100",
    "revenue": "$10M",
    "description": "AI-powered customer service platform",
    "call_title": "Acme <> Us",
    "call_notes": "Discussed Voice AI integration needs. They asked for pricing. We meet again on Monday.",
    "products_discussed": ["Voice AI", "Messaging"],
    "urgency_level": 4,
    "lead_source": "Referral",
    "ae_name": "Ada",
}
WHOLE_POSTING = {
    "lead_id": 123,
    "title": "Software Engineer Position",
    "description": "Looking for Python developer, $120,000 a year",
    "category": "software/qa/dba",
    "subcategory": "python",
    "price": 120000,
    "email": "recruiter@company.com",
    "phone": "+1 312 555 0130",
    "contact_name": "Ada",
    "location_name": "San Francisco",
    "posted_at": "2024-01-01T12:00:00Z",
    "scraped_at": "2024-01-01T13:00:00Z",
}
CALL_ANSWER = {
    *("lead_id", "company_name", "qualification_score", "voice_ai_fit", "progression_probability", "recommendation"),
    *("reasoning", "priority", "confidence", "model_version", "scored_at"),
}
ADDITIONS = {
    "method",
    "explored",
    "degraded",
    "probability",
    "probability_low",
    "probability_high",
    "starts_at",
    "contributions",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory, trained_on_calls):
    """The packaged playbooks with their documented names: calls trained on a small world, the others by their rules."""
    root = tmp_path_factory.mktemp("packaged")
    copy_workspace(trained_on_calls, root)
    named = {"calls_playbook": "b2b_calls", "marketplace_playbook": "marketplace", "insurance_playbook": "insurance"}
    with ask(open_service(root, fallback=("rules",), **named)) as client:
        yield client


def test_a_call_is_scored_as_documented(client):
    for body in (MINIMAL_CALL, WHOLE_CALL, {**WHOLE_CALL, "employees": 75, "lead_id": "A-7"}):
        answer = client.post("/score", json=body)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert set(said) == CALL_ANSWER | ADDITIONS
        assert said["company_name"] == body["company_name"]
        assert 0 <= said["qualification_score"] <= 100
        assert 0 <= said["voice_ai_fit"] <= 100
        assert 0 <= said["progression_probability"] <= 1
        assert 0 <= said["confidence"] <= 1
        assert said["recommendation"] in ("AE_HANDOFF", "NURTURE_TRACK", "SELF_SERVICE")
        assert said["priority"] in ("HIGH_VOICE_AI", "HIGH", "MEDIUM", "LOW", "VERY_LOW")
        assert all(isinstance(one, str) for one in said["reasoning"])
        assert re.fullmatch(r"v\d{8}_\d{6}_[0-9a-f]{8}", said["model_version"])
        assert ISO.fullmatch(said["scored_at"])
        total = said["starts_at"] + sum(one["points"] for one in said["contributions"])
        assert total == pytest.approx(said["qualification_score"], abs=0.02)
    assert said["lead_id"] == "A-7"


def test_a_list_of_products_counts_as_the_text_of_a_file_does(client):
    listed = client.post("/score", json=WHOLE_CALL).json()
    written = client.post(
        "/v1/b2b_calls/score", json={**WHOLE_CALL, "products_discussed": "Voice AI; Messaging"}
    ).json()
    assert listed["qualification_score"] == written["score"]
    assert listed["contributions"] == written["reasons"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "company_name"),
        ({"company_name": ""}, "company_name"),
        ({"company_name": 7}, "company_name"),
        ({**MINIMAL_CALL, "urgency_level": 6}, "urgency_level"),
        ({**MINIMAL_CALL, "urgency_level": True}, "urgency_level"),
        ({**MINIMAL_CALL, "products_discussed": "Voice"}, "products_discussed"),
        ({**MINIMAL_CALL, "products_discussed": [1]}, "products_discussed"),
        ({**MINIMAL_CALL, "employees": "a few"}, "employees"),
        ({**MINIMAL_CALL, "call_nots": "x"}, "call_nots"),
        ({**MINIMAL_CALL, "progressed": "yes"}, "progressed"),
        ({**MINIMAL_CALL, "score": 99}, "score"),
    ],
)
def test_a_call_that_cannot_be_read_is_refused_at_the_field(client, body, where):
    answer = client.post("/score", json=body)
    assert answer.status_code == 422, answer.text
    assert where in {error["where"] for error in answer.json()["errors"]}


def test_a_batch_of_calls_has_its_summary_and_an_error_row_for_the_bad_one(client):
    said = client.post("/score/batch", json={"leads": [WHOLE_CALL, {"industry": "SaaS"}, MINIMAL_CALL]}).json()
    assert set(said) == {"batch_id", "results", "summary"}
    good = [said["results"][0], said["results"][2]]
    assert set(said["summary"]) == {
        *("total_leads", "processed_successfully", "errors", "average_score", "recommendations", "processing_time_ms"),
    }
    assert (said["summary"]["total_leads"], said["summary"]["processed_successfully"], said["summary"]["errors"]) == (
        3, 2, 1,
    )  # fmt: skip
    assert said["summary"]["average_score"] == pytest.approx(
        sum(one["qualification_score"] for one in good) / 2, abs=0.01
    )
    assert sum(said["summary"]["recommendations"].values()) == 2
    assert said["results"][1]["error"] == "company_name is required"
    alone = client.post("/score", json=WHOLE_CALL).json()
    assert good[0]["qualification_score"] == alone["qualification_score"]
    named = client.post("/score/batch", json={"leads": [MINIMAL_CALL], "batch_id": "monday"})
    assert named.json()["batch_id"] == "monday"


def test_a_batch_larger_than_documented_is_refused(client):
    assert client.post("/score/batch", json={"leads": [MINIMAL_CALL] * 100}).status_code == 200
    assert client.post("/score/batch", json={"leads": [MINIMAL_CALL] * 101}).status_code == 413
    assert client.post("/score/batch", json={"leads": []}).status_code == 422
    assert client.post("/score/batch", json={"leads": [MINIMAL_CALL], "batch_id": 7}).status_code == 422


def test_health_and_information_of_the_model_of_calls(client):
    health = client.get("/health").json()
    assert set(health) == {"status", "model_loaded", "model_version", "timestamp"}
    assert (health["status"], health["model_loaded"]) == ("healthy", True)
    info = client.get("/models/info").json()
    assert set(info) == {"model_version", "metadata", "feature_count", "loaded_at"}
    assert info["model_version"] == health["model_version"]
    assert info["feature_count"] > 50
    assert client.get("/").json()["service"] == "LeadLoop"


def test_reloading_serves_the_version_that_is_named(client):
    version = client.get("/health").json()["model_version"]
    for name in ("champion", "latest", version):
        done = client.post(f"/models/reload/{name}")
        assert (done.status_code, done.json()["model_version"]) == (200, version)
    missing = client.post("/models/reload/v20200101_000000_00000000")
    assert missing.status_code == 404
    assert client.get("/health").json()["model_version"] == version
    assert client.get("/models/reload/latest").status_code == 405


def test_a_posting_is_scored_as_documented(client):
    for body in ({"lead_id": "a", "title": "Engineer"}, WHOLE_POSTING):
        answer = client.post("/api/v1/ml/score", json=body)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert {"lead_id", "score", "confidence", "model_version", "feature_importance", "prediction_time"} <= set(said)
        assert said["lead_id"] == body["lead_id"]
        assert 0 <= said["score"] <= 100
        assert (said["method"], said["degraded"], said["probability"], said["confidence"]) == (
            "rules",
            True,
            None,
            None,
        )
        assert ISO.fullmatch(said["prediction_time"])
    assert 0 < sum(said["feature_importance"].values()) <= 1.00001


def test_a_batch_of_postings_lists_what_could_not_be_read(client):
    said = client.post("/api/v1/ml/batch-score", json={"leads": [WHOLE_POSTING, {"lead_id": 5}]}).json()
    assert {"predictions", "total_count", "avg_score", "processing_time"} <= set(said)
    assert said["total_count"] == len(said["predictions"]) == 1
    assert said["avg_score"] == said["predictions"][0]["score"]
    assert said["errors"][0]["lead_id"] == 5
    assert said["errors"][0]["errors"][0]["where"] == "title"


def test_what_has_no_model_says_so_and_makes_nothing_up(client):
    health = client.get("/api/v1/ml/health").json()
    assert health["status"] == "degraded"
    measured = client.get("/api/v1/ml/metrics").json()
    assert set(measured) == {"current_model", "performance_metrics", "training_status", "feedback_analytics"}
    assert measured["performance_metrics"] == {}
    assert measured["feedback_analytics"]["total_feedback"] == 0
    assert client.get("/api/v1/ml/models").json()["models"] == []
    assert client.post("/api/v1/ml/models/latest/activate").status_code == 404
    told = client.get("/api/v1/lead-scoring-ml/model-info").json()
    assert (told["modelType"], told["degraded"]) == ("rules", True)
    assert all("_" not in name for name in told)


def test_where_nothing_can_score_every_face_says_so_and_invents_nothing(workspace, tmp_path, calls_folder):
    bare = calls_folder.parent / "bare"
    if not bare.exists():
        shutil.copytree(calls_folder, bare)
    with ask(open_service(tmp_path, playbooks=(str(calls_folder),), calls_playbook="calls")) as client:
        for method, path, body in (
            ("POST", "/score", MINIMAL_CALL),
            ("POST", "/score/batch", {"leads": [MINIMAL_CALL]}),
            ("GET", "/models/info", None),
            ("POST", "/v1/calls/score", {"urgency_level": 3}),
        ):
            answer = client.request(method, path, json=body)
            assert answer.status_code == 503, (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "30"
        assert client.get("/health").json()["model_loaded"] is False
        assert (client.get("/readyz").status_code, client.get("/readyz").json()["status"]) == (503, "not ready")


def test_declared_rules_stand_in_and_every_answer_says_so(tmp_path, calls_folder):
    settings = {"playbooks": (str(calls_folder),), "calls_playbook": "calls", "fallback": ("rules",)}
    with ask(open_service(tmp_path, **settings)) as client:
        said = client.post("/score", json={**MINIMAL_CALL, "urgency_level": 5, "ae_name": "not a field here"}).json()
        assert (said["method"], said["degraded"], said["model_version"]) == ("rules", True, "rules")
        assert (said["qualification_score"], said["recommendation"], said["priority"]) == (100, "AE_HANDOFF", "HIGH")
        assert (said["progression_probability"], said["voice_ai_fit"], said["confidence"]) == (None, None, None)
        assert client.get("/readyz").json()["status"] == "degraded"
        assert client.get("/readyz").status_code == 200


def test_the_page_for_people_names_every_route_and_runs_nothing(client):
    page = client.get("/docs")
    assert "/api/v1/ml/batch-score" in page.text
    assert "<script" not in page.text
    assert "http://127.0.0.1:8000/v1/b2b_calls/score" in page.text, "an example that is copied runs"
    assert "{playbook}/score -H" not in page.text
