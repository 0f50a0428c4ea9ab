"""Whatever is asked, the answer is one that the interface's own document names: no 5xx that is our mistake, no other shape.

Requests are made from the document: right ones, and ones that are wrong in one place; then stories of several, beside a
model of what must be there. `TEST_REQUESTS` says how many of each and on each
database (1,000 in all by default, 10,000 with `make test-requests`).
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from leadloop.api.app import create_app
from leadloop.api.service import Service

REQUESTS = int(os.environ.get("TEST_REQUESTS", "250"))
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
quietly = {
    "deadline": None,
    "database": None,
    "derandomize": "CI" in os.environ,
    "verbosity": Verbosity.quiet,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate, Phase.shrink],
}


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    """Where the service listens, as it does in earnest."""
    config = uvicorn.Config(create_app(service), port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def document(address: str) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


def test_every_request_right_or_wrong_gets_a_documented_answer(document):
    operations = [found.ok() for found in document.get_all_operations()]
    ways = [(one, mode, place) for one in operations for mode in GenerationMode for place in places_of(one, mode)]
    told: Counter[int] = Counter()
    wrong: dict[str, str] = {}
    for operation, mode, place in ways:
        cases = operation.as_strategy(generation_mode=mode, path_parameters=place)

        @settings(max_examples=-(-REQUESTS // len(ways)), **quietly)
        @given(case=cases)
        def ask(case):
            answer = case.call()
            told[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)
            assert answer.status_code != 500, answer.text

        try:
            ask()
        except Exception as error:  # all that is wrong, not the first
            wrong[f"{operation.label}, {mode.value}"] = str(error)
    print(f"{sum(told.values()):,} requests to {len(operations)} routes: {dict(sorted(told.items()))}")
    assert not wrong, "\n\n".join(f"{where}\n{what}" for where, what in wrong.items())
    assert sum(told.values()) >= 0.8 * REQUESTS
    assert told[200] >= 0.2 * sum(told.values()), "few of the requests did anything"


def places_of(operation: schemathesis.APIOperation, mode: GenerationMode) -> list[dict[str, str] | None]:
    """Paths to ask for: any, and those of playbooks that are there. Where nothing can be given, nothing can be wrong."""
    if mode is GenerationMode.NEGATIVE and not (operation.body or list(operation.iter_parameters())):
        return []
    names = {one.name for one in operation.path_parameters}
    return [None, *({"playbook": name} for name in ("tiny", "insurance") if "playbook" in names)]


class Stories(RuleBasedStateMachine):
    """What is kept, told, scored and erased in any order, beside a plain dictionary that says what must be there."""

    document: schemathesis.BaseSchema
    told: Counter[int]
    numbers = count(1)

    def __init__(self):
        super().__init__()
        self.client = httpx2.Client(base_url=self.document.get_base_url())
        self.kept: dict[str, list[int]] = {}
        self.outcomes: dict[str, dict[str, int]] = {}

    def ask(self, method, path, wanted, body=None, *, parts=None, **sent):
        where = path.format(playbook="tiny", **(parts or {}))
        answer = self.client.request(method, where, json=body, **sent)
        self.told[answer.status_code] += 1
        assert answer.status_code == wanted, answer.text
        self.document[path][method].validate_response(answer)
        return answer.json()

    leads = Bundle("leads")

    @rule(target=leads, visits=st.integers(0, 30))
    def keep(self, visits):
        lead_id = f"story {next(self.numbers)}"
        self.tell(lead_id, visits)
        return lead_id

    @rule(lead_id=leads, visits=st.integers(0, 30))
    def tell(self, lead_id, visits):
        self.ask("POST", "/v1/{playbook}/leads", 200, {"leads": [{"id": lead_id, "visits": visits}]})
        versions = self.kept.setdefault(lead_id, [])
        if versions[-1:] != [visits]:
            versions.append(visits)

    @rule(lead_id=leads)
    def look(self, lead_id):
        known = self.kept.get(lead_id)
        said = self.ask("GET", "/v1/{playbook}/leads/{lead_id}", 200 if known else 404, parts={"lead_id": lead_id})
        if known:
            assert float(said["fields"]["visits"]) == known[-1]
            assert said["version"] == len(known)

    @rule(lead_id=leads)
    def score(self, lead_id):
        status = 200 if lead_id in self.kept else 404
        self.ask("POST", "/v1/{playbook}/leads/{lead_id}/score", status, parts={"lead_id": lead_id})

    @rule(lead_id=leads, value=st.integers(0, 1), key=st.sampled_from("abc"), times=st.integers(1, 3))
    def tell_outcome(self, lead_id, value, key, times):
        told = self.outcomes.setdefault(lead_id, {})
        body = {
            "key": f"{lead_id} {key}",
            "lead_id": lead_id,
            "target": "won",
            "value": value,
            "at": "2026-01-05T10:00:00Z",
        }
        for _ in range(times):
            self.ask(
                "POST", "/v1/{playbook}/outcomes", 200 if told.get(key, value) == value else 409, {"outcomes": [body]}
            )
            told.setdefault(key, value)

    @rule(lead_id=leads)
    def count_outcomes(self, lead_id):
        page = self.ask("GET", "/v1/{playbook}/outcomes", 200, params={"lead_id": lead_id})
        assert sorted(row["value"] for row in page["outcomes"]) == sorted(self.outcomes.get(lead_id, {}).values())

    @rule(lead_id=leads)
    def erase(self, lead_id):
        self.ask("DELETE", "/v1/{playbook}/leads/{lead_id}", 200, parts={"lead_id": lead_id})
        self.kept.pop(lead_id, None)
        self.outcomes.pop(lead_id, None)

    def teardown(self):
        self.client.close()


def test_whatever_happens_in_whatever_order_is_answered_as_documented(document):
    Stories.document, Stories.told = document, Counter()
    stories = max(1, REQUESTS // 20)
    run_state_machine_as_test(Stories, settings=settings(max_examples=stories, stateful_step_count=20, **quietly))
    print(f"{sum(Stories.told.values()):,} requests in {stories:,} stories: {dict(sorted(Stories.told.items()))}")
    assert Stories.told[200] > Stories.told[404] > 0
