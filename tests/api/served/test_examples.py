"""Examples of the document of the interface run: each is sent as it stands, and answered as its route promises."""

import re

import pytest
from jsonschema import Draft202012Validator
from jsonschema import validate as hold
from tests.api.service_for_tests import ask, open_service
from tests.api.workspaces_for_tests import copy_workspace

# What the parts of a path stand for, where it is not the version in service.
TESTS = {"/v1": "trial", "/api/v1/ml": "model_comparison_v1", "/api/v1/ab-testing": "ml_lead_scoring_v2"}
"""The name of the experiment that routes of a prefix speak of."""
PARTS = {"playbook": "b2b_calls", "version": "latest", "alias": "challenger"}
# Routes whose example needs what no example can bring, each with why.
NEEDS_MORE = {
    "/api/v1/ml/ab-tests": "postings have no version here, only rules",
    "/v1/{playbook}/models/rollback": "there is no version to go back to",
    "/v1/{playbook}/files": "its example is of another playbook's file",
    "/v1/hooks/fellow": "it is signed with a secret that no example may know",
    "/v1/webhooks/{webhook}/test": "its address would have to be on the internet",
    "/api/v1/recommendations/generate": "there is no recommender yet",
    "/api/v1/recommendations/{id}": "there is no recommendation yet",
    "/v1/{playbook}/rollouts": "there is no second version to try",
    "/v1/{playbook}/rollouts/current": "there is no second version to try",
    "/v1/{playbook}/rollouts/current/{action}": "there is no second version to try",
}

# Batches whose example has a lead that cannot be read on purpose: it shows what becomes of one.
SHOWS_A_BAD_LEAD = {"/score/batch", "/v1/{playbook}/scores", "/api/v1/ml/batch-score"}


@pytest.fixture(scope="module")
def client(tmp_path_factory, trained_on_calls):
    """The packaged playbooks: calls trained on a small world, the others by their rules."""
    root = tmp_path_factory.mktemp("examples")
    copy_workspace(trained_on_calls, root)
    named = {"calls_playbook": "b2b_calls", "marketplace_playbook": "marketplace", "insurance_playbook": "insurance"}
    with ask(open_service(root, fallback=("rules",), **named)) as client:
        for playbook, name in zip(("b2b_calls", "marketplace", "insurance"), TESTS.values(), strict=True):
            new = "treatment" if playbook == "insurance" else "new"
            arms = [{"name": "old", "version": "rules", "share": 50, "control": True}]
            arms.append({"name": new, "version": "rules", "share": 50})
            asked = {"name": name, "arms": arms, "start": True, "ramp": [{"after_days": 0, "percent": 10}]}
            answer = client.post(f"/v1/{playbook}/experiments", json=asked)
            assert answer.status_code == 200, answer.text
        told = client.post("/v1/webhooks", json={"url": "https://crm.example.com/hook"})
        assert told.status_code == 200, told.text
        client.webhook = told.json()["id"]
        yield client


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def operations(document):
    """Every route with a body: those first that keep what the others speak of, and last those that end it."""
    found = [
        (method, path, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
        if "requestBody" in said
    ]
    return sorted(found, key=lambda one: (one[1].endswith("/stop"), not one[1].endswith("/leads")))


def filled(client, path, lead_id):
    test = next((name for prefix, name in TESTS.items() if path.startswith(f"{prefix}/")), "")
    parts = {**PARTS, "lead_id": lead_id, "leadId": lead_id, "name": test, "webhook": client.webhook}
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], path)


def test_every_example_of_a_body_is_answered_as_its_route_promises(client, document):
    wrong, tried = [], 0
    # The face of insurance scores leads that are kept.
    lead = {"lead_id": "A-1", "created_at": "2026-01-05T10:00:00Z", "insurance_type": "auto"}
    kept = client.post("/v1/insurance/leads", json={"leads": [lead]})
    assert kept.status_code == 200, kept.text
    for method, path, said in operations(document):
        content = said["requestBody"]["content"].get("application/json")
        if path in NEEDS_MORE or content is None:
            continue
        if path not in SHOWS_A_BAD_LEAD:
            hold(content["example"], {**content["schema"], "components": document["components"]}, Draft202012Validator)
        answer = client.request(method, filled(client, path, "A-1"), json=content["example"])
        tried += 1
        if answer.status_code != 200:
            wrong.append(f"{method.upper()} {path} {answer.status_code}: {answer.text[:300]}")
            continue
        hold(answer.json(), promised(said, document, answer), Draft202012Validator)
    assert wrong == []
    assert tried >= 15


def test_every_list_and_page_that_needs_nothing_more_is_as_its_route_promises(client, document):
    wrong, tried = [], 0
    for path, methods in document["paths"].items():
        if "get" not in methods or path in NEEDS_MORE or "{lead" in path or "{job}" in path:
            continue
        answer = client.get(filled(client, path, ""))
        tried += 1
        if answer.status_code != 200:
            wrong.append(f"GET {path} {answer.status_code}: {answer.text[:300]}")
        elif answer.headers["content-type"].startswith("application/json"):
            hold(answer.json(), promised(methods["get"], document, answer), Draft202012Validator)
    assert wrong == []
    assert tried >= 15


def test_a_refusal_is_as_every_route_promises(client, document):
    for path, body in (
        ("/v1/b2b_calls/score", {"no_such": 1}),
        ("/score", {}),
        ("/v1/no_such/scores", {"leads": [{}]}),
    ):
        answer = client.post(path, json=body)
        assert 400 <= answer.status_code < 500
        route = path.replace("b2b_calls", "{playbook}").replace("no_such", "{playbook}")
        said = document["paths"][route]["post"]["responses"][str(answer.status_code)]
        schema = said["content"]["application/problem+json"]["schema"]
        hold(answer.json(), {**schema, "components": document["components"]}, Draft202012Validator)


def promised(said, document, answer):
    """The schema of an answer, with what it refers to."""
    content = said["responses"][str(answer.status_code)]["content"]
    return {**content["application/json"]["schema"], "components": document["components"]}
