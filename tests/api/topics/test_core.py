"""The routes of any playbook, as their document says."""

import json
import time
from io import StringIO

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.conftest import copy_workspace

from leadloop.api.scoring.score_log import NoScoreLog
from leadloop.flows.scoring.score import load, score_leads
from leadloop.flows.training.train import train


@pytest.fixture(scope="module")
def client(workspace):
    with ask(open_service(workspace.root)) as client:
        yield client


def test_a_score_is_the_one_that_scoring_gives_with_reasons_that_add_up(client, workspace):
    answer = client.post("/v1/tiny/score", json=LEAD)
    assert answer.status_code == 200
    said = answer.json()
    (card,) = score_leads(load("tiny", workspace=workspace.root), [LEAD])
    assert said["score"] == card.score
    assert said["probability"] == pytest.approx(card.probability, abs=1e-6)
    assert said["probability_low"] <= said["probability"] <= said["probability_high"]
    assert (said["lead_id"], said["route"], said["band"]) == ("L1", card.route, card.band)
    assert said["model_version"] == workspace.result.version.id
    assert (said["method"], said["degraded"]) == ("model", False)
    total = said["starts_at"] + sum(reason["points"] for reason in said["reasons"])
    assert total == pytest.approx(said["score"], abs=0.01)


def test_without_reasons_the_score_is_the_same(client):
    whole, bare = (client.post(f"/v1/tiny/score?explain={flag}", json=LEAD).json() for flag in ("true", "false"))
    assert bare["reasons"] == []
    assert bare["starts_at"] == bare["score"] == whole["score"]


def test_a_lead_scores_alone_as_it_does_among_others_and_a_bad_one_spoils_none(client):
    leads = [LEAD, {"visits": "many"}, {**LEAD, "visits": "3"}, {"no_such": 1}, "text", {}]
    said = client.post("/v1/tiny/scores", json={"leads": leads}).json()
    assert (said["scored"], said["errors"]) == (2, 4)
    assert [row["index"] for row in said["results"]] == list(range(6))
    alone = client.post("/v1/tiny/score", json=LEAD).json()
    for name in ("score", "probability", "route", "reasons"):
        assert said["results"][0][name] == alone[name]
    assert said["results"][1]["errors"][0]["where"] == "visits"
    assert "visits" not in json.dumps(said["results"][3]["errors"][0]["what"])
    assert said["results"][4]["errors"][0]["what"] == "is not an object"
    assert said["results"][5]["errors"][0]["what"] == "is empty"


def test_a_large_batch_is_scored_in_order(client):
    leads = [{**LEAD, "id": f"L{number}", "visits": number % 20} for number in range(100)]
    said = client.post("/v1/tiny/scores", json={"leads": leads}).json()
    assert [row["lead_id"] for row in said["results"]] == [lead["id"] for lead in leads]
    one = client.post("/v1/tiny/score", json=leads[57]).json()
    assert said["results"][57]["score"] == one["score"]


def test_a_misspelt_field_does_not_hide_what_is_wrong_with_the_others(client):
    told = client.post("/v1/tiny/score", json={"sorce": "Google", "visits": "a lot", "id": "L1"}).json()["errors"]
    assert [one["where"] for one in told] == ["sorce", "visits"]


def test_every_mistake_of_a_lead_is_told_at_once_with_its_cure(client):
    answer = client.post(
        "/v1/tiny/score", json={"visits": "many", "opted_out": "perhaps", "vists": 3, "won": "yes", "source": ["a"]}
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    told = {error["where"]: error for error in answer.json()["errors"]}
    assert told["vists"]["how_to_mend"] == "did you mean visits?"
    assert "known at outcome" in told["won"]["what"]
    answer = client.post("/v1/tiny/score", json={"visits": "many", "opted_out": "perhaps", "source": ["a"]})
    assert {error["where"] for error in answer.json()["errors"]} == {"visits", "opted_out", "source"}


def test_a_name_in_another_writing_is_the_same_field_and_may_be_given_once(client):
    other = client.post("/v1/tiny/score", json={"ID": "L1", "Visits": 7, "SOURCE": "Reference", "Opted Out": False})
    assert other.json()["score"] == client.post("/v1/tiny/score", json=LEAD).json()["score"]
    twice = client.post("/v1/tiny/score", json={"visits": 7, "Visits": 8})
    assert "given already" in twice.json()["errors"][0]["what"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"leads": []}, 422),
        ({"leads": {}}, 422),
        ({"leads": [LEAD], "explain": False}, 422),
        ({"leads": [LEAD] * 101}, 413),
        ([LEAD], 422),
    ],
)
def test_a_batch_that_is_none_is_refused(client, body, status):
    assert client.post("/v1/tiny/scores", json=body).status_code == status


def test_an_unknown_playbook_or_argument_is_refused_by_name(client):
    answer = client.post("/v1/nowhere/score", json=LEAD)
    assert answer.status_code == 404
    assert "tiny" in answer.json()["errors"][0]["how_to_mend"]
    assert client.post("/v1/tiny/score?explian=false", json=LEAD).json()["errors"][0]["how_to_mend"] == (
        "did you mean explain?"
    )
    assert client.post("/v1/tiny/score?explain=perhaps", json=LEAD).status_code == 422
    assert client.post("/v1/tiny/score?explain=true&explain=false", json=LEAD).status_code == 422


def test_versions_are_listed_and_shown_with_what_was_measured(client, workspace):
    listed = client.get("/v1/tiny/models").json()
    (line,) = listed["models"]
    assert line["version"] == listed["champion"] == listed["serving"] == workspace.result.version.id
    assert line["in_service"]
    for name in ("champion", "latest", line["version"], line["release"]):
        shown = client.get(f"/v1/tiny/models/{name}").json()
        assert shown["id"] == line["version"]
        assert shown["metrics"]["AUC"]["value"] == line["metrics"]["AUC"]
        assert "files" not in shown
    assert client.get("/v1/tiny/models/v20200101_000000_00000000").status_code == 404


def test_liveness_readiness_and_measures(client):
    assert client.get("/livez").json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    client.post("/v1/tiny/score", json=LEAD)
    page = client.get("/metrics").text
    for name in (
        *("leadloop_inference_latency_seconds_count", "leadloop_memory_usage_bytes", "leadloop_predictions_total"),
        *("leadloop_prediction_distribution_bucket", "leadloop_model_info", "http_server_request_duration_seconds_sum"),
    ):
        assert name in page
    assert "L1" not in page


def test_the_same_lead_is_answered_from_memory_until_another_version_serves(workspace, tmp_path):
    root = copy_workspace(workspace.root, tmp_path / "workspace")
    service = open_service(root)
    with ask(service) as client:
        first = client.post("/v1/tiny/score", json=LEAD).json()
        again = client.post("/v1/tiny/score", json=LEAD).json()
        assert first == again  # the time of scoring included
        second = train(workspace.playbook, workspace.past, workspace=root, promote=False).version.id
        done = client.put("/v1/tiny/models/champion", json={"version": second, "why": "newer"})
        assert done.json()["model_version"] == second
        assert done.json()["previous_version"] == workspace.result.version.id
        after = client.post("/v1/tiny/score", json=LEAD).json()
        assert after["model_version"] == second
        assert after["scored_at"] != first["scored_at"]
        history = client.get("/v1/tiny/models/champion").json()["promotions"]
        assert [step["why"] for step in history][-1] == "newer"


def test_nothing_of_a_lead_is_logged_and_every_answer_has_its_request_id(workspace):
    written = StringIO()
    marked = {"id": "marked-7431", "source": "marked-7431", "visits": "marked-7431"}
    with ask(open_service(workspace.root, log=written)) as client:
        mine = client.post("/v1/tiny/score", json=marked, headers={"X-Request-ID": "abc-1"})
        assert mine.headers["x-request-id"] == mine.json()["request_id"] == "abc-1"
        other = client.post("/v1/tiny/score", json=LEAD, headers={"X-Request-ID": "no good\u00e9".encode("latin-1")})
        assert len(other.headers["x-request-id"]) == 32
        client.get("/marked-7431")
        client.get("/v1/marked-7431/models")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in requests] == [422, 200, 404, 404]
    assert requests[0]["request_id"] == "abc-1"
    assert "marked-7431" not in written.getvalue()


def test_a_mistake_of_ours_is_a_documented_answer_without_our_insides(workspace, monkeypatch):
    written = StringIO()
    service = open_service(workspace.root, log=written)
    with ask(service) as client:

        def fail(*args, **named):
            raise RuntimeError("secret lead value")

        monkeypatch.setattr(service.live, "score_together", fail)
        answer = client.post("/v1/tiny/score", json=LEAD)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text + written.getvalue()
    assert "RuntimeError" in written.getvalue()
    assert "Traceback" not in answer.text


def test_a_log_that_fails_keeps_no_answer_back(workspace):
    class Broken(NoScoreLog):
        def record(self, scores):
            raise OSError("disk full")

    with ask(open_service(workspace.root, parts={"score_log": Broken()})) as client:
        assert client.post("/v1/tiny/score", json=LEAD).status_code == 200
        assert "leadloop_score_log_failures_total 1.0" in client.get("/metrics").text


def test_a_log_is_told_of_every_score_with_its_card(workspace):
    class Kept(NoScoreLog):
        def record(self, scores):
            kept.extend(scores)

    kept = []
    with ask(open_service(workspace.root, parts={"score_log": Kept()})) as client:
        for _ in range(2):
            client.post("/v1/tiny/scores", json={"leads": [LEAD, {"visits": "many"}]})
    assert [(one.lead["id"], one.cached) for one in kept] == [("L1", False), ("L1", True)]
    assert kept[0].card.model_version == workspace.result.version.id


@pytest.mark.parametrize("path", ["/v1/tiny/score", "/v1/tiny/leads"])
def test_very_many_names_that_are_none_are_refused_soon_and_in_few_words(client, path):
    lead = {f"visit{number}": 1 for number in range(20_000)}
    began = time.process_time()
    answer = client.post(path, json=lead if path.endswith("score") else {"leads": [lead]})
    assert time.process_time() - began < 4
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert len(errors) == 101
    assert errors[0]["how_to_mend"] == "did you mean visits?"
    assert "more are not listed" in errors[-1]["what"]


def test_a_lead_whose_name_no_database_keeps_is_refused_and_not_scored_unnoted(client):
    answer = client.post("/v1/tiny/score", json={**LEAD, "id": "L\u00001"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "id"
    assert "NUL" in answer.json()["errors"][0]["what"]
