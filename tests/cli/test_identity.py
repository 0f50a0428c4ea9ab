import pytest
from tests.ingest.calls.calls_for_tests import START, VERA, make_call
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.flows.calls import keep_calls
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.calls import Person
from leadloop.store import LeadRecord


@pytest.fixture
def run(monkeypatch, tmp_path):
    (tmp_path / "leadloop.toml").write_text('own_domains = ["dialtone.example"]\n')
    monkeypatch.setenv("LEADLOOP_WORKSPACE", str(tmp_path))
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_person_reviews_accepts_and_undoes(run, tmp_path):
    place = Workspace(tmp_path)
    calls = [
        make_call(title="Apex Systems", people=(VERA, Person("a@apex-systems.example"))),
        make_call(id="c2", title="Apex Systems", people=(VERA, Person("b@apexhq.example")), start=START),
        make_call(id="c3", title="Apex Systems", people=()),
    ]
    keep_calls(place, "b2b_calls", calls, source="fellow")
    listed = run("identity", "review", "b2b_calls")
    assert listed.exit_code == 0, listed.output
    assert "apexhq.example" in listed.output
    assert "several of that name" in listed.output
    number = place.store.identity.matches("b2b_calls").items[0].id
    assert "Take it back: leadloop identity undo" in run("identity", "accept", number).output
    assert run("identity", "accept", number).exit_code == 2
    assert "apexhq" not in run("identity", "review", "b2b_calls", "--state", "merged").output
    assert "1 records went back" in run("identity", "undo", number).output
    other = place.store.identity.matches("b2b_calls").items[0].id
    assert "stay apart" in run("identity", "reject", other).output
    assert "There is none." in run("identity", "review", "b2b_calls").output
    shown = run("identity", "show", "b2b_calls", "fellow:c1").output
    assert "a@apex-systems.example" in shown


def test_stored_leads_are_matched(run, tmp_path):
    place = Workspace(tmp_path)
    rows = [LeadRecord(f"F-{number}", {"company_name": "Acme", "domain": "acme.example"}) for number in range(3)]
    place.store.leads.record("b2b_calls", rows, source="import")
    assert "6 records looked at" not in run("identity", "match", "b2b_calls").output
    assert "0 joined" in run("identity", "match", "b2b_calls").output
    assert "Nothing is known" in run("identity", "show", "b2b_calls", "F-9").output


def test_where_there_is_no_store_it_is_said(run):
    refused = run("identity", "review", "b2b_calls")
    assert refused.exit_code == 2
    assert "does not exist" in refused.output
