"""The client, asking a real service."""

import inspect
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.api.service_for_tests import LEAD

from leadloop.api.app import all_routes as routes_of
from leadloop.client import (
    AsyncClient,
    Card,
    Client,
    Conflict,
    Event,
    Feedback,
    NotAllowed,
    NotFound,
    NotUnderstood,
    Outcome,
    UnscoredLead,
)
from leadloop.errors import DataError
from leadloop.flows.scoring.score import load, score_leads

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_a_score_is_the_one_that_scoring_gives_and_its_reasons_add_up(client, workspace):
    (wanted,) = score_leads(load("tiny", workspace=workspace.root), [LEAD])
    card = client.score("tiny", LEAD)
    assert (card.score, card.band, card.route, card.lead_id) == (wanted.score, wanted.band, wanted.route, "L1")
    assert card.starts_at + sum(one.points for one in card.reasons) == pytest.approx(card.score, abs=0.01)
    assert [one.field for one in card.reasons_up + card.reasons_down]
    assert card.index is None
    assert abs(card.scored_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert client.score("tiny", LEAD, explain=False).reasons == ()


def test_any_number_of_leads_are_scored_in_order_and_a_bad_one_spoils_none(client):
    leads = [{**LEAD, "id": f"M{number}", "visits": number % 20} for number in range(257)]
    leads[130] = {"visits": "many"}
    cards = list(client.score_many("tiny", leads, explain=False))
    assert [one.index for one in cards] == list(range(257))
    assert [one.lead_id for one in cards if isinstance(one, Card)] == [one["id"] for one in leads if "id" in one]
    (bad,) = [one for one in cards if isinstance(one, UnscoredLead)]
    assert (bad.index, bad.problems[0].where) == (130, "visits")
    assert cards[207].score == client.score("tiny", leads[207]).score


def test_leads_are_taken_as_they_are_needed(client):
    taken = []

    def leads():
        for number in range(1_000):
            taken.append(number)
            yield {**LEAD, "visits": number % 20}

    cards = client.score_many("tiny", leads(), explain=False)
    assert taken == []
    next(cards)
    assert len(taken) <= 101


def test_leads_too_large_for_one_request_are_shared_out_among_several(client):
    leads = [{**LEAD, "source": "x" * 60_000} for _ in range(40)]
    assert len(list(client.score_many("tiny", leads, explain=False))) == 40


def test_what_a_frame_has_no_value_for_counts_as_missing(client):
    missing = client.score("tiny", {**LEAD, "visits": float("nan")})
    assert missing.score == client.score("tiny", {**LEAD, "visits": None}).score


def test_a_lead_is_kept_scored_and_found_again_with_what_became_of_it(client, new_id):
    lead_id = f"{new_id()}/with ü & 100 % ?"
    assert client.keep_leads("tiny", [{**LEAD, "id": lead_id}], at=NOW, source="form").new == 1
    assert client.keep_leads("tiny", [{**LEAD, "id": lead_id, "visits": 9}], at=NOW + timedelta(days=1)).changed == 1
    card = client.score_lead("tiny", lead_id)
    now, before = client.lead("tiny", lead_id), client.lead("tiny", lead_id, as_of=NOW + timedelta(hours=1))
    assert (now.fields["visits"], before.fields["visits"], before.source) == (9, 7, "form")
    assert now.score is not None
    assert now.score.score == card.score
    assert before.score is None
    assert [one.version for one in client.lead_versions("tiny", lead_id)] == [1, 2]

    outcome = Outcome(lead_id, "won", 1, NOW, source="crm", key=f"deal {lead_id}")
    event = Event(lead_id, "quote_sent", NOW, {"by": "mail"}, key=f"quote {lead_id}")
    assert [one.new for one in client.tell_outcomes("tiny", [outcome])] == [True]
    assert [one.new for one in client.tell_outcomes("tiny", [outcome])] == [False]
    assert [one.new for one in client.tell_events("tiny", [event])] == [True]
    (taken,) = client.give_feedback("tiny", [Feedback(lead_id, "rate", user_rating=80)])
    assert (taken.confidence, taken.prediction_score) == (1.0, card.score)
    assert list(client.outcomes("tiny", lead_id=lead_id)) == [outcome]
    assert list(client.events("tiny", lead_id=lead_id)) == [event]
    assert [one.user_rating for one in client.feedback("tiny", lead_id=lead_id)] == [80]


def test_lists_are_walked_page_by_page(client, new_id):
    ids = [new_id() for _ in range(25)]
    client.keep_leads("tiny", [{**LEAD, "id": one} for one in ids])
    for _ in range(3):
        client.score_lead("tiny", ids[0])
    assert set(ids) <= {one.lead_id for one in client.leads("tiny", page_size=7)}
    assert set(ids[1:]) <= {one.lead_id for one in client.leads("tiny", unscored=True, page_size=7)}
    oldest = list(client.scores("tiny", lead_id=ids[0], page_size=2))
    newest = list(client.scores("tiny", lead_id=ids[0], newest_first=True, page_size=2))
    assert len(oldest) == 3
    assert newest == oldest[::-1]


def test_versions_and_health_are_told(client, workspace):
    models = client.models("tiny")
    assert models.champion == models.serving == workspace.result.version.id
    assert [one.in_service for one in models.models] == [True]
    done = client.promote("tiny", models.models[0].release, why="to see")
    assert (done.model_version, done.previous_version) == (models.champion, models.champion)
    readiness = client.ready()
    assert readiness.status == "ready"
    assert readiness.playbooks["tiny"].model_version == models.champion
    assert "# HELP leadloop_predictions_total" in client.metrics()


def test_going_back_where_there_is_nothing_to_go_back_to_is_refused(client, running):
    if "/v1/{playbook}/models/rollback" not in {route.path for route in routes_of(running.service)}:
        pytest.skip("this service has no route to roll back")
    with pytest.raises(Conflict):
        client.rollback("tiny", why="to see")


def test_a_service_that_cannot_score_says_so_and_is_no_error(tmp_path):
    from tests.api.service_for_tests import open_service
    from tests.served_for_tests import serve

    with serve(open_service(tmp_path)) as url, Client(url) as client:
        assert client.ready().status == "not ready"


def test_everything_that_is_wrong_is_told_at_once_with_the_number_of_the_request(client):
    with pytest.raises(NotUnderstood) as refused:
        client.score("tiny", {"visits": "many", "opted_out": "perhaps", "vists": 3})
    error = refused.value
    assert {one.where: one.mend for one in error.problems}["vists"] == "did you mean visits?"
    assert error.status == 422
    assert len(error.request_id) == 32
    assert error.request_id in str(error)
    assert "did you mean visits?" in str(error)


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda client: client.score("no_such", LEAD), NotFound),
        (lambda client: client.lead("tiny", "nobody"), NotFound),
        (lambda client: client.lead("tiny", ".."), NotFound),
        (lambda client: client.keep_leads("tiny", [{**LEAD, "id": str(n)} for n in range(101)]), NotUnderstood),
        (lambda client: client.tell_outcomes("tiny", [Outcome("L1", "no_such", 1, NOW)]), NotUnderstood),
    ],
)
def test_refusals_are_of_kinds_that_can_be_caught(client, ask, kind):
    with pytest.raises(kind):
        ask(client)


def test_a_key_that_may_not_is_told_and_never_shown(running, caplog):
    caplog.set_level(logging.DEBUG)
    key = running.keys["scorer"]
    with Client(running.url, key) as client:
        with pytest.raises(NotAllowed) as refused:
            client.models("tiny")
        client.score("tiny", LEAD)
        shown = [repr(client), str(client), repr(refused.value), str(refused.value), repr(vars(client)), caplog.text]
    assert not [text for text in shown if key in text or key.split("_")[-1] in text]
    with pytest.raises(ValueError, match="key is empty") as wrong:
        Client(running.url, f"{key}\n")
    assert key not in str(wrong.value)
    with Client(running.url, "llk_wrong") as client, pytest.raises(NotAllowed):
        client.score("tiny", LEAD)


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://key@127.0.0.1", "http://", ""])
def test_an_address_that_is_none_is_refused_at_once(address):
    with pytest.raises(ValueError, match="base_url"):
        Client(address)


def test_what_json_cannot_say_is_refused_before_anything_is_sent(client):
    with pytest.raises(DataError, match="lead"):
        client.score("tiny", {"visits": float("inf")})
    with pytest.raises(DataError, match="no zone"):
        client.tell_outcomes("tiny", [Outcome("L1", "won", 1, datetime(2026, 1, 5))])
    with pytest.raises(ValueError, match="lead_id is empty"):
        client.lead("tiny", "")


def test_many_threads_share_one_client(client, new_id):
    leads = [{**LEAD, "id": new_id(), "visits": number % 20} for number in range(40)]

    def work(lead):
        client.keep_leads("tiny", [lead])
        return client.score("tiny", lead, explain=False).lead_id, client.lead("tiny", lead["id"]).fields["visits"]

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(work, leads))
    assert done == [(one["id"], one["visits"]) for one in leads]


def test_both_clients_have_the_same_methods_with_the_same_arguments():
    for name, method in inspect.getmembers(Client, inspect.isfunction):
        if name.startswith("_"):
            continue
        other = getattr(AsyncClient, name)
        wanted, said = inspect.signature(method), inspect.signature(other)
        assert list(wanted.parameters.values())[3:] == list(said.parameters.values())[3:], name
        assert list(wanted.parameters) == list(said.parameters), name
        assert method.__doc__ == other.__doc__, name
    assert inspect.signature(Client) == inspect.signature(AsyncClient)


def test_the_client_loads_nothing_of_the_engine():
    code = "import leadloop.client, sys; print(sorted({name.split('.')[0] for name in sys.modules}))"
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True)
    loaded = set(eval(done.stdout))
    assert "httpx2" in loaded
    assert loaded.isdisjoint(
        {"polars", "numpy", "sqlalchemy", "fastapi", "starlette", "onnxruntime", "msgspec", "typer"}
    )


def test_without_its_extra_the_client_says_what_to_install():
    code = "import sys; sys.modules['httpx2'] = None\nimport leadloop.client"
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
    assert "pip install 'leadloop[client]'" in done.stderr
    assert "DependencyMissing" in done.stderr
