"""The routes of versions: seen, put in service, taken back, named and cleaned up, all on the record."""

from datetime import UTC, datetime

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.conftest import copy_workspace
from tests.waiting_for_tests import within

from leadloop.api.topics import models
from leadloop.errors import (
    AliasRefused,
    JobLost,
    LeadLoopError,
    Problem,
    StoreConflict,
    StoreFull,
    StoreUnavailable,
    VersionError,
    VersionMissing,
)
from leadloop.flows.place.workspace import Workspace
from leadloop.registry import Registry

SECOND = "v20990101_000000_00000002"


@pytest.fixture
def place(workspace, tmp_path):
    """A workspace of its own with the trained version in service, and the same under another name."""
    from dataclasses import replace

    place = Workspace(copy_workspace(workspace.root, tmp_path))
    version = workspace.result.version
    other = replace(version, id=SECOND, release="tiny-v1.1.0")
    place.registry.save(other, version.read_files(workspace.result.folder))
    return place


@pytest.fixture
def client(place):
    with ask(open_service(place.root)) as client:
        yield client


def serving(client):
    return client.post("/v1/tiny/score", json=LEAD).json()["model_version"]


def test_a_version_that_is_no_better_than_chance_is_served_only_where_somebody_insists(place, workspace):
    from dataclasses import replace

    chancy, auc = "v20990102_000000_00000003", {"value": 0.52, "low": 0.44, "high": 0.6}
    version = replace(workspace.result.version, id=chancy, release="tiny-v1.2.0")
    version = replace(version, metrics={**version.metrics, "AUC": auc})
    place.registry.save(version, version.read_files(workspace.result.folder))
    with ask(open_service(place.root)) as client:
        before = serving(client)
        refused = client.put("/v1/tiny/models/champion", json={"version": chancy})
        assert (refused.status_code, serving(client)) == (409, before)
        assert "0.520 (0.440 to 0.600)" in refused.text
        assert "anyway" in refused.text
        wrong = client.put("/v1/tiny/models/champion", json={"version": chancy, "anyway": "yes"})
        assert wrong.status_code == 422
        done = client.put("/v1/tiny/models/champion", json={"version": chancy, "anyway": True, "why": "to try it"})
        assert (done.status_code, serving(client)) == (200, chancy)
        named = client.put("/v1/tiny/aliases/challenger", json={"version": chancy})
        assert named.status_code == 200


def test_a_version_is_put_in_service_and_taken_back_with_who_and_why(client, workspace):
    first = workspace.result.version.id
    done = client.put("/v1/tiny/models/champion", json={"version": "latest", "why": "newer"})
    assert (done.status_code, done.json()["model_version"], serving(client)) == (200, SECOND, SECOND)
    done = client.post("/v1/tiny/models/rollback", json={"why": "too hot"})
    assert (done.status_code, done.json()["model_version"], serving(client)) == (200, first, first)
    assert done.json()["previous_version"] == SECOND
    again = client.post("/v1/tiny/models/rollback", json={})
    assert again.status_code == 409
    changes = client.get("/v1/tiny/models/history").json()["changes"]
    assert [(one["action"], one["version"], one["previous"], one["why"]) for one in changes[1:]] == [
        ("promote", SECOND, first, "newer"),
        ("rollback", first, SECOND, "too hot"),
    ]
    assert changes[1]["who"]
    assert changes[1]["evidence"]["metrics"]["AUC"]["value"] > 0.5


def test_what_was_in_service_on_a_day_can_be_asked(client, workspace):
    today = datetime.now(UTC).date().isoformat()
    (change,) = client.get(f"/v1/tiny/models/history?on={today}").json()["changes"]
    assert change["version"] == workspace.result.version.id
    assert client.get("/v1/tiny/models/history?on=2020-05-03").json()["changes"] == []
    refused = client.get("/v1/tiny/models/history?on=yesterday")
    assert refused.status_code == 422
    assert "2026-05-03" in refused.json()["errors"][0]["how_to_mend"]


def test_a_version_gets_a_name_and_loses_it(client, workspace):
    first = workspace.result.version.id
    done = client.put("/v1/tiny/aliases/challenger", json={"version": "latest", "why": "to compare"})
    assert (done.status_code, done.json()["version"]) == (200, SECOND)
    assert client.put("/v1/tiny/aliases/challenger", json={"version": SECOND}).status_code == 409
    assert client.put("/v1/tiny/aliases/Not a name", json={"version": SECOND}).status_code == 422
    assert client.put("/v1/tiny/aliases/challenger", json={"version": "tiny-v9.0.0"}).status_code == 404
    named = client.get("/v1/tiny/aliases").json()["aliases"]
    assert [(one["alias"], one["version"]) for one in named] == [("challenger", SECOND), ("champion", first)]
    assert client.get("/v1/tiny/models/challenger").json()["id"] == SECOND
    assert serving(client) == first
    assert client.delete("/v1/tiny/aliases/challenger?why=done").json()["previous"] == SECOND
    assert client.delete("/v1/tiny/aliases/challenger").status_code == 404
    assert client.delete("/v1/tiny/aliases/champion").status_code == 409
    assert client.put("/v1/tiny/aliases/champion", json={"version": SECOND}).json()["alias"] == "champion"
    assert serving(client) == SECOND


def test_old_versions_are_cleaned_up_and_what_serves_stays(client, place, workspace):
    first = workspace.result.version.id
    said = client.post("/v1/tiny/models/prune", json={"keep": 1, "dry_run": True}).json()
    assert (said["removed"], said["kept"]) == ([], {first: "champion", SECOND: "the newest"})
    client.put("/v1/tiny/models/champion", json={"version": SECOND})
    (place.root / "leadloop.toml").write_text("model_retention_days = 0\n")
    client.post("/v1/tiny/models/rollback", json={})
    client.put("/v1/tiny/models/champion", json={"version": SECOND})
    assert client.post("/v1/tiny/models/prune", json={"keep": 1}).json()["removed"] == []  # a rollback goes back to it
    for bad in ({}, {"keep": 0}, {"keep": True}, {"keep": "5"}, {"keep": 1, "dry_run": 1}, {"keep": 1, "no": 1}):
        assert client.post("/v1/tiny/models/prune", json=bad).status_code == 422
    assert [version.id for version in place.registry.versions("tiny")] == [first, SECOND]


def test_the_documented_clean_up_keeps_so_many(client, place, workspace):
    from dataclasses import replace

    version = workspace.result.version
    for number in range(3, 6):
        other = replace(version, id=f"v2099010{number}_000000_0000000{number}")
        place.registry.save(other, version.read_files(workspace.result.folder))
    said = client.post("/api/v1/ml/cleanup/models?keep_count=2").json()
    assert (said["success"], said["deleted_count"]) == (True, 2)
    assert said["deleted_versions"] == [SECOND, "v20990103_000000_00000003"]
    assert said["kept_versions"][0] == version.id
    assert client.post("/api/v1/ml/cleanup/models").json()["deleted_count"] == 0
    for bad in ("0", "-1", "many", "", "1.5", "99999999999999"):
        assert client.post(f"/api/v1/ml/cleanup/models?keep_count={bad}").status_code == 422


def test_a_damaged_version_is_not_one_that_is_missing(client, place):
    manifest = place.registry.folder("tiny", SECOND) / "manifest.json"
    manifest.write_text("{}", encoding="utf-8")
    assert client.get(f"/v1/tiny/models/{SECOND}").status_code == 409
    assert client.put("/v1/tiny/models/champion", json={"version": SECOND}).status_code == 409
    assert client.put("/v1/tiny/aliases/challenger", json={"version": SECOND}).status_code == 409
    assert client.get("/v1/tiny/models").status_code == 409
    assert client.get("/v1/tiny/models/v20990101_000000_00000003").status_code == 404
    missing = {"version": "v20990101_000000_00000003"}
    assert client.put("/v1/tiny/models/champion", json=missing).status_code == 404
    assert client.delete("/v1/tiny/aliases/Not a name").status_code == 422


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (VersionMissing, 404),
        (AliasRefused, 422),
        (VersionError, 409),
        (JobLost, 409),
        (StoreConflict, 409),
        (StoreUnavailable, 503),
        (StoreFull, 507),
        (LeadLoopError, 422),
    ],
)
def test_a_status_comes_of_the_kind_of_error_and_of_no_word_in_it(client, monkeypatch, error, status):
    def refuse(*_, **__):
        raise error("tiny", Problem("version", "there is no such thing, no"))

    monkeypatch.setattr(Registry, "in_service", refuse)
    assert client.get("/v1/tiny/models").status_code == status


def test_without_its_database_the_service_goes_on_and_starts_again_and_says_why_it_cannot_be_sure(
    client, place, workspace
):
    client.put("/v1/tiny/models/champion", json={"version": SECOND})
    (place.root / "leadloop.db").rename(place.root / "elsewhere.db")
    with ask(open_service(place.root)) as started:
        said = started.post("/v1/tiny/score", json=LEAD).json()
        assert (said["model_version"], said["degraded"]) == (SECOND, False)
        ready = started.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        told = ready.json()["playbooks"]["tiny"]
        assert told["model_version"] == SECOND
        assert "last known to be in service" in told["problem"]
        refused = started.put("/v1/tiny/models/champion", json={"version": workspace.result.version.id})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        for path in ("/v1/tiny/models/history", "/v1/tiny/aliases"):
            assert started.get(path).status_code == 503
        assert started.post("/v1/tiny/models/prune", json={"keep": 1}).status_code == 503
        assert started.get("/v1/tiny/models").json()["champion"] == SECOND
        assert started.get("/v1/tiny/models/champion").json()["promotions"] is None
        assert serving(started) == SECOND
        (place.root / "elsewhere.db").rename(place.root / "leadloop.db")
        assert within(5, lambda: started.get("/readyz").json()["status"] == "ready")
        assert len(started.get("/v1/tiny/models/history").json()["changes"]) == 2


def test_the_example_of_each_route_runs_and_answers_as_its_schema_says(client):
    parts = {"playbook": "tiny", "version": "latest", "alias": "challenger"}
    order = {"PUT": 0, "GET": 1, "POST": 2, "DELETE": 3}
    for route in sorted(models.ROUTES, key=lambda route: order[route.method]):
        answer = client.request(
            route.method, route.path.format(**parts), json=route.body.example if route.body else None
        )
        assert answer.status_code == 200, (route.path, answer.text)
        required = set(route.gives["required"])
        assert required <= set(answer.json()) <= set(route.gives.get("properties", answer.json())), route.path
        listed = [row for value in answer.json().values() if isinstance(value, list) for row in value]
        assert listed or route.method != "GET" or "{version}" in route.path
