"""Keys: known by their hash, each with a role, good until they expire or are revoked, with or without the database."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys
from tests.waiting_for_tests import within

from leadloop.api.database import Database
from leadloop.api.measures.logs import EventLog
from leadloop.errors import LeadLoopError, StoreError
from leadloop.flows.place.key_copy import COPY, KeyCopy
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.key_ring import Caller, KeyRing
from leadloop.flows.upkeep.keys import ROLES, list_keys, new_key, revoke_key
from leadloop.store.tables import KEYS


@pytest.fixture
def place(tmp_path):
    return Workspace(tmp_path)


def test_a_key_is_found_by_what_it_says_and_another_is_not(place):
    made = new_key("analyst", "reports", workspace=place)
    ring = KeyRing(place.store.keys.known())
    assert ring.find(made.text) == Caller(f"key {made.key.id}", "analyst")
    for wrong in ("", "guess", made.text + "x", made.text[:-1], f"leadloop_{made.key.id}_", "leadloop__"):
        assert ring.find(wrong) is None


def test_nothing_is_known_before_the_first_look_and_no_key_at_all_is_something_else():
    assert (KeyRing().is_known, KeyRing().is_empty) == (False, False)
    assert (KeyRing([]).is_known, KeyRing([]).is_empty, KeyRing([]).has_good) == (True, True, False)
    assert KeyRing().find("leadloop_0_0") is None


def test_a_key_ends_when_it_expires_and_when_it_is_revoked_and_still_counts_as_one(place):
    now = [datetime.now(UTC)]
    short, long = (new_key("scorer", "form", expires=span, workspace=place) for span in ("12h", "90d"))
    ring = KeyRing(place.store.keys.known(), clock=lambda: now[0])
    assert ring.find(short.text)
    now[0] += timedelta(days=1)
    assert ring.find(short.text) is None
    assert ring.find(long.text)
    revoke_key(long.key.id, workspace=place)
    ring.learn(place.store.keys.known())
    assert ring.find(long.text) is None
    assert (ring.is_empty, ring.has_good) == (False, False)


def test_a_caller_stands_on_the_record_by_the_keys_id_and_not_by_what_it_was_called(place):
    made = new_key("admin", "Ada Lovelace", workspace=place)
    name = KeyRing(place.store.keys.known()).find(made.text).name
    assert made.key.id in name
    assert "Ada" not in name
    assert made.text.rsplit("_", 1)[1] not in name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_its_own_and_admin_may_do_everything(role):
    assert [other for other in ROLES if Caller("x", role).may(other)] == (list(ROLES) if role == "admin" else [role])


def test_a_role_a_name_and_a_time_that_are_none_are_refused_at_once(place):
    with pytest.raises(LeadLoopError) as refused:
        new_key("owner", " ", expires="soon", workspace=place)
    assert [problem.where for problem in refused.value.problems] == ["role", "name", "expires"]
    with pytest.raises(StoreError, match="not known"):
        revoke_key("nobody", workspace=place)


def test_making_and_revoking_are_on_the_record_with_who_did_it(place):
    made = new_key("scorer", "form", workspace=place)
    revoke_key(made.key.id, workspace=place)
    revoke_key(made.key.id, workspace=place)
    rows = place.store.audit.page().items
    assert [(row.action, row.details["key"], row.who) for row in rows] == [
        (action, made.key.id, place.who()) for action in ("issue key", "revoke key")
    ]
    assert [(key.name, key.revoked_at is not None) for key in list_keys(workspace=place)] == [("form", True)]


def test_the_copy_holds_the_keys_of_its_own_database_for_its_owner_alone(place):
    made = new_key("scorer", "form of Ada", expires="4w", workspace=place)
    copy = KeyCopy(place.root, "one")
    copy.write(place.store.keys.known())
    assert KeyRing(copy.read()).find(made.text).role == "scorer"
    text = copy.path.read_text()
    assert made.text.rsplit("_", 1)[1] not in text
    assert "Ada" not in text
    assert KeyCopy(place.root, "another").read() is None
    if os.name == "posix":
        assert copy.path.stat().st_mode & 0o777 == 0o600
        copy.path.chmod(0o666)
        assert copy.read() is None


def test_a_database_that_lost_its_keys_opens_the_service_to_nobody(place):
    made = new_key("admin", "ada", workspace=place)
    ring = KeyRing()
    database = Database(place, ring, EventLog())
    assert database._look() == ""
    with place.store._connections.write() as connection:
        connection.execute(KEYS.delete())
    for running in (
        database,
        Database(place, KeyRing(), EventLog()),
    ):  # one that knew the keys, and one that starts now
        assert "knows no key" in running._look()
        assert not running.ring.is_empty
    assert ring.find(made.text).role == "admin"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"database": "one", "keys": [{"id": 1}]}', '{"keys": 3}'])
def test_a_copy_that_is_damaged_is_none(place, content):
    (place.root / COPY).write_text(content)
    (place.root / COPY).chmod(0o600)
    assert KeyCopy(place.root, "one").read() is None


def test_running_servers_learn_of_new_and_revoked_keys_within_seconds(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    with ask(open_service(tmp_path)) as first, ask(open_service(tmp_path)) as second:
        assert first.post("/v1/tiny/score", json=LEAD).status_code == 200  # nobody has made a key yet
        made = new_key("scorer", "form", workspace=place)
        with_key = {"X-API-Key": made.text}
        for client in (first, second):
            assert within(5, lambda client=client: client.post("/v1/tiny/score", json=LEAD).status_code == 401)
            assert client.post("/v1/tiny/score", json=LEAD, headers=with_key).status_code == 200
        revoke_key(made.key.id, workspace=place)
        for client in (first, second):
            assert within(
                5,
                lambda client=client: client.post("/v1/tiny/score", json=LEAD, headers=with_key).status_code == 401,
            )
        # Nobody is let in without a key again: the last one was revoked, not unmade.
        assert first.post("/v1/tiny/score", json=LEAD).status_code == 401


def test_a_server_that_starts_without_its_database_goes_by_the_copy_and_without_one_lets_nobody_in(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    keys = make_keys(place)
    with ask(open_service(tmp_path)) as client:
        assert client.post("/v1/tiny/score", json=LEAD, headers={"X-API-Key": keys["scorer"]}).status_code == 200
    database = tmp_path / "leadloop.db"
    database.rename(tmp_path / "away")
    database.mkdir()  # there is no opening this
    with ask(open_service(tmp_path)) as client:
        assert client.post("/v1/tiny/score", json=LEAD, headers={"X-API-Key": keys["scorer"]}).status_code == 200
        assert client.post("/v1/tiny/score", json=LEAD, headers={"X-API-Key": keys["analyst"]}).status_code == 403
        assert client.post("/v1/tiny/score", json=LEAD).status_code == 401
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["database"]["problem"]
    (tmp_path / COPY).unlink()
    with ask(open_service(tmp_path)) as client:
        for headers in ({}, {"X-API-Key": keys["scorer"]}):
            answer = client.post("/v1/tiny/score", json=LEAD, headers=headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz", headers={"X-API-Key": keys["scorer"]}).status_code == 200
        database.rmdir()
        (tmp_path / "away").rename(database)
        assert within(
            5,
            lambda: client.post("/v1/tiny/score", json=LEAD, headers={"X-API-Key": keys["scorer"]}).status_code == 200,
        )
    assert json.loads((tmp_path / COPY).read_text())["keys"]
