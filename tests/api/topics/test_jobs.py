"""Jobs over HTTP: asked for here, done by a worker, and told of; files of any size are sent, scored and fetched."""

import io
import json
import os
import shutil

import polars as pl
import pytest
from tests.api.service_for_tests import ask, open_service
from tests.api.workspaces_for_tests import copy_workspace
from tests.leads_for_tests import make_cells

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.keeping import keep_leads
from leadloop.flows.upkeep.keys import new_key
from leadloop.flows.work.worker import Worker
from leadloop.store import LeadOutcome, LeadRecord

needs_posix = pytest.mark.skipif(os.name != "posix", reason="workers are stopped by POSIX's signals")


@pytest.fixture
def root(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path / "workspace").root
    shutil.copytree(workspace.playbook, place / "tiny")
    return place


@pytest.fixture
def client(root):
    with ask(open_service(root)) as client:
        yield client


def work(root):
    place = Workspace(root)
    try:
        return Worker(place).run(until_idle=True)
    finally:
        place.store.close()


def new_leads(count=50):
    return make_cells(count, seed=8)[0].drop("won")


def as_bytes(cells, kind):
    sink = io.BytesIO()
    {"csv": cells.write_csv, "jsonl": cells.write_ndjson, "parquet": cells.write_parquet}[kind](sink)
    return sink.getvalue()


TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}


@needs_posix
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_is_sent_scored_and_fetched_with_what_could_not_be_read(client, root, kind):
    cells = new_leads().with_columns(visits=pl.Series(["many", *["3"] * 49]))
    sent = client.post(
        f"/v1/tiny/files?output={kind}", content=as_bytes(cells, kind), headers={"Content-Type": TYPES[kind]}
    )
    assert sent.status_code == 200, sent.text
    job = sent.json()
    assert (job["kind"], job["state"]) == ("score", "waiting")
    place = f"/v1/tiny/jobs/{job['id']}"
    early = client.get(f"{place}/result")
    assert early.status_code == 409
    assert early.headers["retry-after"]
    assert work(root) == 1
    done = client.get(place).json()
    assert done["state"] == "done", done
    assert (done["result"]["scored"], done["result"]["rejected"], done["progress"]) == (49, 1, 1)
    answer = client.get(f"{place}/result")
    assert answer.headers["content-type"].startswith(TYPES[kind])
    read = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}[kind](io.BytesIO(answer.content))
    assert read.height == 49
    lead = {**new_leads().rows(named=True)[1], "visits": "3"}
    told = client.post("/v1/tiny/score", json=lead).json()
    assert read.row(0, named=True)["score"] == pytest.approx(told["score"])
    assert b"many" in client.get(f"{place}/rejects").content


def test_a_file_that_is_too_large_or_of_no_known_form_leaves_nothing_behind(root):
    with ask(open_service(root, max_upload_bytes=1_000)) as client:
        for body, kind, status in (
            (b"x" * 1_001, "text/csv", 413),
            (iter([b"x" * 600, b"x" * 600]), "text/csv", 413),  # whose length nobody said
            (b"", "text/csv", 422),
            (b"PK", "application/zip", 415),
            (b"a,b", "application/octet-stream", 415),
        ):
            answer = client.post("/v1/tiny/files", content=body, headers={"Content-Type": kind})
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
        assert (
            client.post("/v1/tiny/files?output=xls", content=b"a", headers={"Content-Type": "text/csv"}).status_code
            == 422
        )
        assert client.post("/v1/nowhere/files", content=b"a", headers={"Content-Type": "text/csv"}).status_code == 404
        named = client.post(
            "/v1/tiny/files?name=leads.csv", content=b"id\n1\n", headers={"Content-Type": "application/octet-stream"}
        )
        assert named.status_code == 200
    assert len(list((root / "files").iterdir())) == 1


def test_only_a_route_that_takes_files_reads_other_things_than_json(client):
    assert client.post("/v1/tiny/score", content=b"a,b", headers={"Content-Type": "text/csv"}).status_code == 415
    assert client.post("/v1/tiny/jobs", content=b"a,b", headers={"Content-Type": "text/csv"}).status_code == 415
    assert client.post("/v1/tiny/files/x", content=b"a,b", headers={"Content-Type": "text/csv"}).status_code == 415


@needs_posix
def test_stored_leads_are_scored_by_a_job_that_can_be_looked_at(client, root):
    place = Workspace(root)
    place.store.leads.record("tiny", [LeadRecord(row["id"], row) for row in new_leads(30).rows(named=True)])
    asked = client.post("/v1/tiny/jobs", json={"kind": "score_leads", "arguments": {"batch_size": 7}}).json()
    again = client.post("/v1/tiny/jobs", json={"kind": "score_leads", "arguments": {"batch_size": 7}}).json()
    assert asked["id"] == again["id"]
    work(root)
    done = client.get(f"/v1/tiny/jobs/{asked['id']}").json()
    assert (done["state"], done["result"]["scored"]) == ("done", 30)
    assert len(list(place.store.scores.stream("tiny"))) == 30
    place.store.close()


def test_jobs_are_listed_by_pages_and_cancelled_once(client):
    numbers = [
        client.post("/v1/tiny/jobs", json={"kind": "score_leads", "arguments": {"days": days}}).json()["id"]
        for days in range(1, 6)
    ]
    first = client.get("/v1/tiny/jobs?limit=3").json()
    rest = client.get(f"/v1/tiny/jobs?limit=3&after={first['next']}").json()
    assert [job["id"] for job in first["jobs"] + rest["jobs"]] == numbers[::-1]
    assert rest["next"] is None
    assert client.delete(f"/v1/tiny/jobs/{numbers[0]}").json()["state"] == "cancelled"
    assert client.delete(f"/v1/tiny/jobs/{numbers[0]}").status_code == 409
    assert [job["id"] for job in client.get("/v1/tiny/jobs?state=cancelled").json()["jobs"]] == [numbers[0]]
    for bad in ("state=sleeping", "limit=0", "limit=x", "after=nonsense"):
        assert client.get(f"/v1/tiny/jobs?{bad}").status_code == 422
    assert client.get("/v1/tiny/jobs/999999").status_code == 404
    assert client.get("/v1/tiny/jobs/x").status_code == 404
    assert client.get(f"/v1/tiny/jobs/{numbers[1]}/result").status_code == 404


def test_a_job_that_was_given_up_is_tried_again_by_an_admin_and_only_then(root):
    scorer, boss = (new_key(role, "a program", workspace=root).text for role in ("scorer", "admin"))
    place = Workspace(root)
    with ask(open_service(root)) as client:
        admin, other = {"X-API-Key": boss}, {"X-API-Key": scorer}
        body = {"kind": "score_leads"}
        number = client.post("/v1/tiny/jobs", json=body, headers=admin).json()["id"]
        path = f"/v1/tiny/jobs/{number}/retry"
        assert client.post(path, headers=admin).status_code == 409, "it waits, and is not parked"
        place.store.jobs.park(place.store.jobs.claim("w", seconds=60, number=number), "no version")
        assert client.post(path, headers=other).status_code == 403
        again = client.post(path, headers=admin)
        assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (200, "waiting", 0)
        assert client.post("/v1/tiny/jobs", json=body, headers=admin).json()["id"] == number
        assert client.post("/v1/tiny/jobs/999999/retry", headers=admin).status_code == 404
        assert client.post(f"/v1/marketplace/jobs/{number}/retry", headers=admin).status_code == 404
    place.store.close()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "forget"},
        {"kind": "score", "arguments": {"file": "0" * 32}},
        {"kind": "train", "arguments": []},
        {"kind": "train", "arguments": {"params": {"max_depth": 3}}},
        {"kind": "train", "arguments": {"validation_split": 0.9}},
        {"kind": "score_leads", "arguments": {"file": "x"}},
        {"kind": "score_leads", "more": 1},
    ],
)
def test_a_job_that_is_none_is_refused(client, body):
    answer = client.post("/v1/tiny/jobs", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_training_again_is_refused_with_reasons_until_enough_is_new_or_somebody_insists(client, root):
    refused = client.post("/api/v1/ml/retrain", json={"force_retrain": False})
    assert refused.status_code == 409
    told = " ".join(error["what"] for error in refused.json()["errors"])
    assert "days old" in told
    assert "0 outcomes came since" in told
    assert client.post("/api/v1/ml/retrain").status_code == 409
    forced = client.post(
        "/api/v1/ml/retrain",
        json={
            "force_retrain": True,
            "validation_split": 0.25,
            "params": {"learners": ["logistic regression"], "trials": 3},
        },
    ).json()
    assert forced["success"]
    assert forced["forced"]
    job = client.get(f"/v1/tiny/jobs/{forced['job_id']}").json()
    assert job["arguments"]["validation_split"] == 0.25
    assert job["arguments"]["params"] == {"learners": ["logistic regression"], "trials": 3}
    place = Workspace(root)
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    place.store.outcomes.add("tiny", [LeadOutcome(f"k{n}", f"L{n}", "won", 1.0, now) for n in range(50)])
    place.store.close()
    other = client.post("/api/v1/ml/retrain", json={})
    assert other.status_code == 409, "it goes on with other settings, which nobody leaves out in silence"
    assert f"job {forced['job_id']}" in other.text
    client.delete(f"/v1/tiny/jobs/{forced['job_id']}")
    due = client.post("/api/v1/ml/retrain", json={}).json()
    again = client.post("/api/v1/ml/retrain", json={}).json()
    assert again["job_id"] == due["job_id"]
    assert (due["success"], due["forced"], due["new_outcomes"]) == (True, False, 50)
    wrong = client.post("/api/v1/ml/retrain", json={"force": True, "validation_split": 0.05, "params": {"depth": 6}})
    assert wrong.status_code == 422
    assert {error["where"] for error in wrong.json()["errors"]} == {"force", "validation_split", "params.depth"}


@needs_posix
@pytest.mark.long
def test_a_retraining_over_http_makes_a_version_with_what_was_asked_of_it(client, root, workspace):
    place = Workspace(root)
    keep_leads(workspace.playbook, workspace.past, workspace=place)
    params = {"learners": ["logistic regression"], "seed": 11}
    body = {"force_retrain": True, "validation_split": 0.5, "params": params}
    number = client.post("/api/v1/ml/retrain", json=body).json()["job_id"]
    work(root)
    job = client.get(f"/v1/tiny/jobs/{number}").json()
    assert job["state"] == "done", job
    version = client.get(f"/v1/tiny/models/{job['result']['version']}").json()
    assert version["seed"] == 11
    assert version["data"]["test"] == 750
    assert version["data"]["sources"] == ["store (leadloop.db)"]
    assert not version["in_service"], "a later version must surely be better"
    place.store.close()


def test_one_client_neither_sees_nor_fetches_what_another_sent(root):
    mine, others, boss = (new_key(role, "a program", workspace=root).text for role in ("scorer", "scorer", "admin"))
    with ask(open_service(root)) as client:
        kind = {"Content-Type": "text/csv"}
        sent = client.post("/v1/tiny/files", content=b"id\n1\n", headers={"X-API-Key": mine, **kind})
        place = f"/v1/tiny/jobs/{sent.json()['id']}"
        assert client.get(place, headers={"X-API-Key": mine}).status_code == 200
        assert client.get(place, headers={"X-API-Key": others}).status_code == 404
        assert client.get(f"{place}/result", headers={"X-API-Key": others}).status_code == 404
        assert client.delete(place, headers={"X-API-Key": others}).status_code == 404
        assert client.get(place, headers={"X-API-Key": boss}).status_code == 200
        assert client.get("/v1/tiny/jobs", headers={"X-API-Key": mine}).status_code == 403
        assert client.post("/v1/tiny/files", content=b"id\n1\n", headers=kind).status_code == 401
        assert json.dumps(mine) not in client.get(place, headers={"X-API-Key": boss}).text


def test_another_file_of_the_same_length_under_the_same_key_is_refused_and_not_kept(client, root):
    kind = {"Content-Type": "text/csv", "Idempotency-Key": "f1"}
    first, other = b"id,visits\nAAAA,1\n", b"id,visits\nBBBB,1\n"
    sent = client.post("/v1/tiny/files", content=first, headers=kind)
    assert sent.status_code == 200, sent.text
    again = client.post("/v1/tiny/files", content=first, headers=kind)
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (200, sent.json(), "true")
    for body in (other, iter([other])):  # with a length, and in pieces without one
        refused = client.post("/v1/tiny/files", content=body, headers=kind)
        assert refused.status_code == 422, refused.text
        assert "was used for another request" in refused.text
    (kept,) = (root / "files").iterdir()
    assert (kept / "leads").read_bytes() == first
    in_pieces = client.post("/v1/tiny/files", content=iter([first[:5], first[5:]]), headers=kind)
    assert in_pieces.json()["id"] == sent.json()["id"]


def test_a_file_that_was_refused_leaves_its_key_free(client):
    kind = {"Content-Type": "text/csv", "Idempotency-Key": "f2"}
    assert client.post("/v1/tiny/files", content=b"", headers=kind).status_code == 422
    sent = client.post("/v1/tiny/files", content=b"id,visits\nA,1\n", headers=kind)
    assert (sent.status_code, "idempotency-replayed" in sent.headers) == (200, False)
