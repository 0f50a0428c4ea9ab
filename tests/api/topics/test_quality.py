"""The routes of quality and drift: what analysts read, and what is refused."""

from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from tests.api.service_for_tests import ask, open_service
from tests.conftest import copy_workspace
from tests.leads_for_tests import make_cells

from leadloop.api.topics.quality import ROUTES
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_rows import score_row
from leadloop.flows.watch.check import check
from leadloop.store import LeadOutcome

SCHEMAS = {route.path.partition("}/")[2]: route.gives for route in ROUTES}


@pytest.fixture
def client(workspace, tmp_path):
    place = Workspace(copy_workspace(workspace.root, tmp_path))
    trained = place.registry.load(place.registry.find("tiny", "champion"))
    cells, at = make_cells(300, seed=41)[0], datetime.now(UTC) - timedelta(days=2)
    rows = cells.drop("won").to_dicts()
    cards = trained.score(trained.schema.read(cells.drop("won")).leads, explain=False)
    scores = [
        score_row(row["id"], trained.playbook, card, row, lead_id=row["id"], at=at)
        for card, row in zip(cards, rows, strict=True)
    ]
    place.store.scores.add("tiny", scores)
    won = [float(each == "yes") for each in cells["won"]]
    place.store.outcomes.add(
        "tiny", [LeadOutcome(one.key, one.lead_id, "won", each, at) for one, each in zip(scores, won, strict=True)]
    )
    check(place, "tiny")
    place.store.close()
    with ask(open_service(place.root)) as client:
        yield client


def test_what_analysts_read_is_what_the_document_says(client):
    for path, schema in SCHEMAS.items():
        answer = client.get(f"/v1/tiny/{path}")
        assert answer.status_code == 200, answer.text
        jsonschema.validate(answer.json(), schema)
    assert client.get("/v1/tiny/quality").json()["matured"] == 300
    assert client.get("/v1/tiny/drift").json()["level"] in ("quiet", "noted")
    assert len(client.get("/v1/tiny/quality/history").json()["history"]) == 1
    [model] = client.get("/v1/tiny/performance").json()["models"]
    assert set(model["metrics"]) == {"accuracy", "precision", "recall", "f1_score", "auc_roc"}
    assert model["matured"][0]["matured"] == 300


def test_any_days_and_any_version_may_be_asked_about(client):
    long_ago = {"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z", "version": "served"}
    found = client.get("/v1/tiny/quality", params=long_ago).json()
    assert (found["scored"], found["measures"]) == (0, [])
    assert "too few" in found["note"]


def test_what_cannot_be_answered_is_refused(client):
    backwards = {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    refused = client.get("/v1/tiny/quality", params=backwards)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "query from"
    assert client.get("/v1/nobody/quality").status_code == 404
    assert client.get("/v1/tiny/quality", params={"version": "v20200101_000000_00000000"}).status_code == 404
    assert client.get("/v1/tiny/drift", params={"days": "many"}).status_code == 422
