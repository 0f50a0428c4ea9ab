"""`/api/v1/lead-scoring-ml`: leads that are kept are scored, and carry their score from then on."""

import pytest

ML = "/api/v1/lead-scoring-ml"
DOCUMENTED = {
    *("leadId", "score", "probability", "confidence", "qualityLevel", "topFactors", "modelVersion", "modelType"),
    *("vertical", "processingTimeMs", "createdAt"),
}
LEVELS = ("high", "medium", "low", "very_low")


@pytest.fixture
def kept(client, new_id):
    def keep(**fields):
        lead_id = new_id()
        row = {"lead_id": lead_id, "created_at": "2026-01-05T10:00:00Z", "insurance_type": "auto", **fields}
        assert client.post("/v1/insurance/leads", json={"leads": [row]}).status_code == 200
        return lead_id

    return keep


@pytest.mark.parametrize("body", [None, {}, {"useVerticalModel": True}, {"useVerticalModel": None}])
def test_a_lead_is_scored_as_documented_and_carries_score_and_level(client, kept, body):
    lead_id = kept()
    answer = client.post(f"{ML}/score/{lead_id}", json=body)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert set(said) == {"success", "leadId", "score"}
    assert (said["success"], said["leadId"]) == (True, lead_id)
    score = said["score"]
    assert set(score) >= DOCUMENTED
    assert not [name for name in score if "_" in name]
    assert score["qualityLevel"] in LEVELS
    assert score["score"] == round(score["score"], 2)
    assert len(score["topFactors"]) <= 5
    for factor in score["topFactors"]:
        assert set(factor) == {"feature", "contribution", "description"}
    written = client.get(f"/v1/insurance/leads/{lead_id}").json()["score"]
    assert round(written["score"], 2) == score["score"]
    assert (written["band"], written["scored_at"]) == (score["qualityLevel"], score["createdAt"])


def test_a_lead_that_is_not_kept_is_not_scored(client):
    answer = client.post(f"{ML}/score/nobody", json={"useVerticalModel": True})
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (404, "leadId")


@pytest.mark.parametrize(
    "body", [{"useVerticalModel": "yes"}, {"useVerticalModel": False}, {"useVerticalModels": True}, [True]]
)
def test_what_cannot_be_asked_for_is_refused(client, kept, body):
    assert client.post(f"{ML}/score/{kept()}", json=body).status_code == 422


def test_many_leads_are_scored_and_those_that_are_not_there_are_named(client, kept):
    one, other = kept(), kept(phone="+44 20 7946 0999")
    said = client.post(f"{ML}/batch-score", json={"leadIds": [one, "nobody", other, one]}).json()
    assert {"success", "count", "scores", "performance"} <= set(said)
    assert (said["success"], said["count"]) == (True, 2)
    assert [score["leadId"] for score in said["scores"]] == [one, other]
    assert set(said["performance"]) == {"totalTimeMs", "avgTimePerLeadMs", "throughput"}
    assert [error["leadId"] for error in said["errors"]] == ["nobody"]
    for lead_id in (one, other):
        assert client.get(f"/v1/insurance/leads/{lead_id}").json()["score"] is not None
    alone = client.post(f"{ML}/score/{other}").json()["score"]
    assert alone["score"] == said["scores"][1]["score"]


def test_a_batch_that_cannot_be_meant_is_refused(client):
    assert (
        client.post(f"{ML}/batch-score", json={"leadIds": [f"L{number}" for number in range(101)]}).status_code == 413
    )
    for body in (
        {"leadIds": []},
        {"leadIds": "L1"},
        {"leadIds": [1.5]},
        {"leadIds": [""]},
        {},
        {"leadIds": ["a"], "x": 1},
    ):
        assert client.post(f"{ML}/batch-score", json=body).status_code == 422, body


def test_the_distribution_counts_each_lead_once_by_its_newest_score(client, kept):
    before = client.get(f"{ML}/score-distribution").json()
    lead_id = kept()
    level = [client.post(f"{ML}/score/{lead_id}").json()["score"]["qualityLevel"] for _ in range(2)][-1]
    said = client.get(f"{ML}/score-distribution").json()
    assert said["totalScored"] == before["totalScored"] + 1
    assert set(said["distribution"]) == set(LEVELS)
    assert said["distribution"][level] == before["distribution"].get(level, 0) + 1
    assert sum(said["distribution"].values()) == sum(one["count"] for one in said["histogram"]) == said["totalScored"]
    assert sum(one["percentage"] for one in said["levels"]) == pytest.approx(100, abs=0.1)
    assert [one["from"] for one in said["histogram"]] == list(range(0, 100, 10))
