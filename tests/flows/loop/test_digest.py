"""The weekly digest: one paragraph, numbers with intervals, nothing of any person unless it is asked for."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.conftest import TrainedWorkspace, copy_workspace

from leadloop.errors import LeadLoopError
from leadloop.flows.loop.alerts import NotTold
from leadloop.flows.loop.digest import digests_of, make_digest, send_digest, write_html, write_text
from leadloop.flows.loop.kinds import DIGEST
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.jobs import KINDS
from leadloop.flows.work.schedules import add_defaults
from leadloop.store import LeadOutcome, LeadRecord, Score

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def place(workspace: TrainedWorkspace, tmp_path):
    root = copy_workspace(workspace.root, tmp_path)
    place = Workspace(root)
    store = place.store
    for number in range(40):
        came = NOW - timedelta(days=number / 4, hours=1)
        lead = f"D{number}"
        store.leads.record("tiny", [LeadRecord(lead, {"company_name": f"Secret {number}", "owner": "Vera"}, came)])
        band, score = ("hot", 90.0) if number % 4 == 0 else ("cold", 20.0)
        given = Score(lead, lead, came, "v1", "p", "model", score, band, "call_today", probability=score / 100)
        store.scores.add("tiny", [given])
        if number % 2:
            store.outcomes.add(
                "tiny", [LeadOutcome(lead, lead, "won", float(number % 4 == 1), came + timedelta(hours=1))]
            )
    return place


@pytest.fixture
def taker():
    """A server of our own that takes what is sent to it."""
    taken: list[dict[str, str]] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self):
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *said):
            pass

    server = HTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/", taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_answer_has_the_numbers_of_these_days_and_of_those_before(place):
    digest = make_digest(place, "tiny", days=5, now=NOW)
    assert "In the 5 days to 22 November 2026, 20 leads of tiny came in (20 in the 5 days before)" in digest.answer
    assert "25% (" in digest.answer, "five of the twenty are hot, with an interval"
    assert "Of 10 leads whose time ended, 50% (" in digest.answer
    assert "no clear change from 50% before" in digest.answer
    assert "5 leads among the best were not touched yet." in digest.answer


def test_it_names_no_lead_and_nobody_unless_that_is_set(place):
    for told in (write_text([make_digest(place, "tiny", now=NOW)]), write_html([make_digest(place, "tiny", now=NOW)])):
        assert "Secret" not in told
        assert "Vera" not in told
        assert "D12" not in told
    (place.root / "leadloop.toml").write_text(
        'digest_leads = 2\ndashboard_url = "https://leads.example/"\n', encoding="utf-8"
    )
    told = write_text([make_digest(place, "tiny", now=NOW)])
    assert told.count("Secret") == 2
    assert "https://leads.example/work?playbook=tiny" in told


def test_the_page_shows_what_people_wrote_as_text_and_loads_nothing(place):
    place.store.alerts.add("source", playbook="tiny", severity="critical", title=_HOSTILE, text=_HOSTILE, mend="look")
    page = write_html([make_digest(place, "tiny", now=NOW)])
    assert _HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "Somebody should look at this now" in page


def test_it_is_sent_to_the_addresses_of_alerts_and_a_job_does_so(place, taker, monkeypatch):
    address, taken = taker
    digests = digests_of(place, ["tiny"], now=NOW)
    with pytest.raises(LeadLoopError, match="names no address"):
        send_digest(place, digests)
    monkeypatch.setenv("LEADLOOP_ALERT_URLS", "json://127.0.0.1:9/")
    with pytest.raises(NotTold):
        send_digest(place, digests)
    monkeypatch.setenv("LEADLOOP_ALERT_URLS", address)
    assert send_digest(place, digests) == []
    assert taken[0]["title"] == "LeadLoop: tiny, the 7 days to 2026-11-22"
    assert digests[0].answer in taken[0]["message"]

    class Work:
        def __init__(self):
            self.place, self.told = place, {"days": 7, "playbook": ""}

    assert KINDS[DIGEST].run(Work()) == {"told": 1, "failed": []}
    assert len(taken) == 2


def test_its_schedule_is_there_and_off_and_schedules_begin_with_what_their_jobs_are_told(place):
    add_defaults(place)
    found = {one.name: one for one in place.store.schedules.all()}
    assert found["weekly digest"].is_on is False
    assert found["daily check"].payload == {"if_due": True}
    assert found["weekly tick"].payload == {"if_due": True, "slack_days": 0.5}


def test_a_playbook_without_leads_is_named(place):
    with pytest.raises(LeadLoopError, match="has no leads here"):
        make_digest(place, "nobody", now=NOW)
