"""Two services on one PostgreSQL, asked in turn as by a balancer: whoever asks cannot tell that they are two.

What one was told the other knows, and where one is killed the other goes on.
"""

import itertools
import os
import shutil
import time

import httpx2
import pytest
from tests.api.service_process_for_tests import Preloaded, ServiceProcess, free_port
from tests.conftest import put_in_service_there
from tests.leads_for_tests import make_cells

from leadloop.flows.place.workspace import Workspace

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's"),
]


class Balancer:
    """Sends each request to the next service, and to the one after it where nobody answers."""

    def __init__(self, services):
        self._client = httpx2.Client(timeout=60)
        self._services, self._turn = services, itertools.cycle(services)

    def ask(self, method, path, **more):
        for _ in self._services:
            try:
                return self._client.request(method, f"{next(self._turn).url}{path}", **more)
            except httpx2.TransportError:
                continue
        raise AssertionError("nobody answers")


@pytest.fixture
def services(two, tmp_path, new_postgres):
    """Two services, each with a workspace folder of its own as on a machine of its own, and one database."""
    root, first, second = two
    address, preloaded, started = new_postgres(), Preloaded(), []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    put_in_service_there(root, tmp_path / "a", address)
    shutil.copytree(tmp_path / "a" / "registry", tmp_path / "b" / "registry")
    shutil.copy(tmp_path / "a" / "leadloop.toml", tmp_path / "b")
    try:
        started += [
            ServiceProcess(tmp_path / name, free_port(), "--reload-models", "0.5", preloaded=preloaded) for name in "ab"
        ]
        for one in started:
            one.wait()
        yield started, Workspace(tmp_path / "a"), (first, second)
    finally:
        for one in started:
            one.clean_up()
        preloaded.close()


def test_two_services_answer_as_one(services):
    (one, other), place, (first, second) = services
    balancer = Balancer([one, other])
    leads = make_cells(30, seed=8)[0].drop("won").rows(named=True)

    def score(lead):
        answer = balancer.ask("POST", "/v1/tiny/score", json={key: value for key, value in lead.items() if value})
        assert answer.status_code == 200, answer.text
        card = answer.json()
        return {key: value for key, value in card.items() if key not in ("scored_at", "request_id")}

    # Each lead is asked about twice in a row, so by both: to the last digit they say the same.
    for lead in leads[:10]:
        assert score(lead) == score(lead)

    # What one keeps the other knows, under an idempotency key too: it is kept once.
    sent = {"leads": [{"id": "S-1", "visits": 3, "source": "web"}]}
    kept = [balancer.ask("POST", "/v1/tiny/leads", json=sent, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in kept] == [200, 200], kept[0].text
    assert kept[0].json() == kept[1].json()
    shown = [balancer.ask("GET", "/v1/tiny/leads/S-1").json() for _ in range(2)]
    assert shown[0] == shown[1]
    assert len(place.store.leads.versions("tiny", "S-1")) == 1

    # Another version is put in service: both take it up.
    versions = {score(leads[0])["model_version"] for _ in range(2)}
    assert len(versions) == 1
    (old,) = versions
    new = first if old == second else second
    place.registry.promote("tiny", new, who="a test", why="to change")
    until = time.monotonic() + 60
    while {score(leads[1])["model_version"] for _ in range(2)} != {new}:
        assert time.monotonic() < until
        time.sleep(0.2)

    # One is killed while leads come in: every lead is answered, and every answer is stored.
    answered = []
    for number, lead in enumerate(leads):
        if number == 10:
            other.kill()
        answered.append(score({**lead, "id": f"K-{number}"})["lead_id"])
    assert answered == [f"K-{number}" for number in range(30)]
    late = {f"K-{number}" for number in range(11, 30)}
    until = time.monotonic() + 60
    while not late <= {row.lead_id for row in place.store.scores.stream("tiny")}:
        assert time.monotonic() < until
        time.sleep(0.2)
    place.store.close()
    assert "Traceback" not in one.told
