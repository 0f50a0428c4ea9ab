"""The gate before the pages: nothing without a session, nothing to another site, nothing from elsewhere."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from leadloop.dashboard.gate import Gate
from leadloop.dashboard.person import Person
from leadloop.dashboard.sessions import COOKIE, Sessions
from leadloop.errors import LeadLoopError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.key_ring import require_good_key
from leadloop.flows.upkeep.keys import new_key, revoke_key

INDEX = "<html><script>\n  window.ready = false\n</script></html>"


async def page(request):
    return PlainTextResponse("a lead", headers={"X-Frame-Options": "ALLOWALL"})


async def stream(socket):
    await socket.accept()
    await socket.send_text("a lead")
    await socket.close()


@pytest.fixture
def place(tmp_path):
    return Workspace(tmp_path)


def visit(place, *, clock=None, host="127.0.0.1:8501"):
    pages = Starlette(
        routes=[WebSocketRoute("/_stcore/stream", stream), Route("/{rest:path}", page, methods=["GET", "POST"])]
    )
    sessions = Sessions(place, 12, clock)
    sessions._looked_at = float("-inf")
    return TestClient(Gate(pages, sessions, INDEX), base_url=f"http://{host}", follow_redirects=False), sessions


def sign_in(client, text, back="/"):
    return client.post("/sign-in", data={"key": text, "back": back})


def test_without_any_key_this_machine_sees_the_pages_and_no_other_name_does(place):
    client, _ = visit(place)
    assert client.get("/work").text == "a lead"
    stranger, _ = visit(place, host="evil.example")
    assert stranger.get("/work").status_code == 421


def test_with_a_key_nothing_comes_without_it(place):
    made = new_key("feedback", "Ana", workspace=place)
    client, _ = visit(place)
    refused = client.get("/work?lead=<b>")
    assert refused.status_code == 401
    assert "a lead" not in refused.text
    assert "<b>" not in refused.text.split("</style>")[1].replace("<body>", "")
    assert client.get("/static/index.js").status_code == 200
    for never in ("/_stcore/agent/mcp", "/_stcore/upload_file/x/y", "/_stcore/metrics"):
        assert client.get(never).status_code == 404
    assert sign_in(client, made.text + "x").status_code == 401
    done = sign_in(client, f" {made.text} ", "/work?lead=A")
    assert (done.status_code, done.headers["location"]) == (303, "/work?lead=A")
    assert {"HttpOnly", "SameSite=Lax"} <= set(done.headers["set-cookie"].split("; "))
    assert made.text not in done.headers["set-cookie"]
    assert client.get("/work").text == "a lead"


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "/%2fevil.example", "/sign-out"]
)
def test_signing_in_leads_to_no_other_site(place, back):
    made = new_key("feedback", "Ana", workspace=place)
    client, _ = visit(place)
    assert sign_in(client, made.text, back).headers["location"] == "/"


def test_a_revoked_key_an_ended_session_and_signing_out_let_nobody_in(place):
    made, other = new_key("analyst", "Bo", workspace=place), new_key("admin", "Cy", workspace=place)
    now = [datetime.now(UTC)]
    client, sessions = visit(place, clock=lambda: now[0])
    sign_in(client, made.text)
    revoke_key(made.key.id, workspace=place)
    sessions._looked_at = float("-inf")
    assert client.get("/work").status_code == 401
    sign_in(client, other.text)
    assert client.get("/work").status_code == 200
    now[0] += timedelta(hours=13)
    assert client.get("/work").status_code == 401
    sign_in(client, other.text)
    client.get("/sign-out")
    assert client.get("/work").status_code == 401


def test_the_stream_of_pages_is_for_the_signed_in_and_for_this_site_alone(place):
    made = new_key("feedback", "Ana", workspace=place)
    client, _ = visit(place)
    own = {"origin": "http://127.0.0.1:8501", "host": "127.0.0.1:8501"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=own):
        pass
    cookie = {"cookie": sign_in(client, made.text).headers["set-cookie"].split(";")[0]}
    with client.websocket_connect("/_stcore/stream", headers={**own, **cookie}) as socket:
        assert socket.receive_text() == "a lead"
    for origin in ({"origin": "http://evil.example", "host": "127.0.0.1:8501"}, {"host": "127.0.0.1:8501"}):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect("/_stcore/stream", headers={**origin, **cookie}),
        ):
            pass


def test_pages_load_nothing_from_elsewhere_and_run_no_other_script(place):
    client, _ = visit(place)
    headers = client.get("/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert re.search(r"'sha256-[\w+/]+=*'", policy["script-src"])
    assert not [where for where in policy.values() if "http" in where or "*" in where]
    assert headers["x-frame-options"] == "DENY"
    assert sign_in(client, "guess").headers["content-security-policy"] == headers["content-security-policy"]


def test_another_site_cannot_sign_anybody_in(place):
    made = new_key("feedback", "Ana", workspace=place)
    client, _ = visit(place)
    sent = client.post("/sign-in", data={"key": made.text}, headers={"origin": "http://evil.example"})
    assert sent.status_code == 401
    assert COOKIE not in sent.headers.get("set-cookie", "")


def test_who_is_signed_in_is_known_by_the_name_of_the_key(place):
    made = new_key("feedback", "Ana <b>", workspace=place)
    sessions = Sessions(place, 1)
    caller = sessions.who(sessions.begin(made.text))
    person = Person(caller, sessions.ring.name_of(caller))
    assert (person.called, person.may_tell, person.may_study, person.may_run) == ("Ana <b>", True, False, False)
    assert person.teller.name == f"key {made.key.id}"


def test_another_address_asks_for_a_good_key(place):
    sessions = Sessions(place, 1)
    sessions.look()
    with pytest.raises(LeadLoopError, match="no key that is good"):
        require_good_key(sessions.ring, "0.0.0.0", sessions.problem)
