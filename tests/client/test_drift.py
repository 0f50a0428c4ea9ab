"""Client and service cannot drift apart: what one asks and reads is what the other's document promises, key by key."""

import inspect
import io
import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import httpx2
import pytest
from tests.api.service_for_tests import LEAD

from leadloop.client import Arm, AsyncClient, Client, Event, ExperimentPlan, Feedback, Outcome, RampStep, asks
from leadloop.client.course import Ask
from leadloop.client.files import Sent
from leadloop.client.reading import names_of
from leadloop.flows.work.jobs import KINDS

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
WHOLE_OUTCOME = Outcome("L1", "won", 1, NOW, "crm", "k")
WHOLE_EVENT = Event("L1", "called", NOW, {"by": "mail"}, "k")
WHOLE_FEEDBACK = Feedback("L1", "rate", 80, 5, True, 1, 9, "s", "browser", "127.0.0.1", "k", "manual", 2)
WHOLE_PLAN = ExperimentPlan(
    "trial", [Arm("old", "champion", 50, True, "playbook"), Arm("new", "latest", 50, False, "playbook")], "won", "user",
    "account", "group", 50, 5, "fixed", [RampStep(0, 10)], 30, 7, "at_end", 0.05, 100, 0.02, 0.05, 5000, {"latency": 0.2},
)  # fmt: skip
LISTED = {"lead_id": "L1", "page_size": 5}

# Every request with everything that it can say.
ASKS: Mapping[str, Ask[Any]] = {
    "score": asks.score("tiny", LEAD, explain=True),
    "score_many": asks.score_many("tiny", 0, [b"{}"], explain=True),
    "score_lead": asks.score_lead("tiny", "L1", explain=True, key=None),
    "keep_leads": asks.keep_leads("tiny", [LEAD], at=NOW, source="crm", key=None),
    "lead": asks.lead("tiny", "L1", as_of=NOW),
    "lead_versions": asks.lead_versions("tiny", "L1"),
    "tell_outcomes": asks.tell_outcomes("tiny", [WHOLE_OUTCOME], key=None),
    "tell_events": asks.tell_events("tiny", [WHOLE_EVENT], key=None),
    "give_feedback": asks.give_feedback("tiny", [WHOLE_FEEDBACK], key=None),
    "scores": asks.scores("tiny", newest_first=True, **LISTED),
    "leads": asks.leads("tiny", unscored=True, since=NOW, page_size=5),
    "outcomes": asks.outcomes("tiny", **LISTED),
    "events": asks.events("tiny", **LISTED),
    "feedback": asks.feedback("tiny", **LISTED),
    "models": asks.models("tiny"),
    "promote": asks.promote("tiny", "latest", why="better", anyway=True, key=None),
    "rollback": asks.rollback("tiny", why="worse", key=None),
    "train": asks.train(
        "tiny", promote=False, trials=3, time_budget="5m", validation_split=0.2, params={"seed": 1}, key=None
    ),
    "score_stored": asks.score_stored(
        "tiny", everything=True, segment="pc", days=7, batch_size=5, version="latest", key=None
    ),
    "send_file": asks.send_file(
        "tiny",
        Sent.of(io.BytesIO(b"id\n1\n")),
        name="leads.csv",
        version="latest",
        output="jsonl",
        reasons=False,
        keep_columns=True,
        allow_missing_columns=True,
        key=None,
    ),
    "jobs": asks.jobs("tiny", state="done", page_size=5),
    "job": asks.job("tiny", 1),
    "cancel": asks.cancel("tiny", 1, key=None),
    "retry": asks.retry("tiny", 1, key=None),
    "result": asks.result("tiny", 1, Path("scores.csv")),
    "rejects": asks.rejects("tiny", 1, Path("rejects.csv")),
    "experiments": asks.experiments("tiny", state="running", page_size=5),
    "experiment": asks.experiment("tiny", "trial"),
    "plan_experiment": asks.plan_experiment("tiny", WHOLE_PLAN, start=True, key=None),
    "start_experiment": asks.start_experiment("tiny", "trial", key=None),
    "pause_experiment": asks.pause_experiment("tiny", "trial", key=None),
    "resume_experiment": asks.resume_experiment("tiny", "trial", key=None),
    "ramp_experiment": asks.ramp_experiment("tiny", "trial", 50, key=None),
    "stop_experiment": asks.stop_experiment("tiny", "trial", winner="new", why="better", cancel=False, key=None),
    "experiment_results": asks.experiment_results("tiny", "trial"),
    "assign_arm": asks.assign_arm("tiny", "trial", "L1", unit="U1", key=None),
    "score_by_arm": asks.score_by_arm("tiny", "trial", LEAD, unit="U1"),
    "ready": asks.ready(),
    "metrics": asks.metrics(),
}


@pytest.fixture(scope="module")
def document(running):
    return httpx2.get(f"{running.url}/openapi.json").json()


@pytest.fixture(params=list(ASKS))
def pair(request, document):
    """A request of the client, and what the document says of it."""
    ask = ASKS[request.param]
    if ask.route not in document["paths"]:
        pytest.skip(f"this service has no {ask.route}")
    return ask, document["paths"][ask.route][ask.method.lower()]


def resolve(schema, document):
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def differences(kind, schema, document, where="answer"):
    """Every way in which a type does not say what a schema promises."""
    schema = resolve(schema, document)
    if kind is Any or not schema:
        return
    if get_origin(kind) in (Union, types.UnionType):
        kinds, schemas = list(get_args(kind)), schema.get("anyOf", [schema])
        if len(kinds) != len(schemas):
            yield f"{where}: {kind} for {schema}"
            return
        for one, other in zip(kinds, schemas, strict=True):
            yield from differences(one, other, document, where)
    elif is_dataclass(kind):
        names, hints = names_of(kind), get_type_hints(kind)
        promised = schema.get("properties", {})
        yield from (f"{where}: {name} is promised and not read" for name in promised if name not in names.values())
        for one in fields(kind):
            name = names[one.name]
            if name not in promised:
                if one.default is not None:
                    yield f"{where}: {name} is read and not promised"
                continue
            # What may be left out when it is told is there, or null, when it is answered.
            hint, part = hints[one.name], promised[name]
            if type(None) in get_args(hint) and "anyOf" not in part:
                hint = next(other for other in get_args(hint) if other is not type(None))
            yield from differences(hint, part, document, f"{where}.{name}")
            if one.default is MISSING and name not in schema["required"]:
                yield f"{where}.{name} may be missing"
    elif get_origin(kind) is tuple:
        yield from differences(get_args(kind)[0], schema.get("items", {}), document, f"{where}[]")
    elif get_origin(kind) is Mapping:
        of = schema.get("additionalProperties", {})
        yield from differences(get_args(kind)[1], of if isinstance(of, dict) else {}, document, f"{where}.*")
    else:
        wanted = {"string": (str, datetime), "number": (float,), "integer": (int,), "boolean": (bool,)}
        wanted |= {"null": (type(None),)}
        said = "string" if "enum" in schema and "type" not in schema else schema.get("type")
        if kind not in wanted.get(said, ()):
            yield f"{where}: {kind} for {schema}"


def test_what_is_read_is_what_is_promised(pair, document):
    ask, said = pair
    (content,) = said["responses"]["200"]["content"].values()
    assert list(differences(ask.gives, content["schema"], document)) == []


def test_every_argument_is_one_that_the_service_reads(pair):
    ask, said = pair
    known = {one["in"]: set() for one in said["parameters"]}
    for one in said["parameters"]:
        known[one["in"]].add(one["name"])
    assert set(ask.parts) == known.get("path", set())
    assert set(ask.query) == known.get("query", set()) - {"after"}


def test_every_field_of_a_body_is_one_that_the_service_reads_and_none_is_forgotten(pair, document):
    ask, said = pair
    if ask.file is not None:
        assert ask.headers["Content-Type"] in said["requestBody"]["content"]
        return
    if ask.body is None:
        assert "requestBody" not in said
        return
    schema = resolve(said["requestBody"]["content"]["application/json"]["schema"], document)
    body = json.loads(ask.body)
    if "properties" not in schema:  # a lead: its fields are the playbook's
        return
    assert set(body) == set(schema["properties"])
    for name, items in body.items():
        told = schema["properties"][name].get("items", {}).get("properties")
        if told is not None:
            assert set(items[0]) == set(told)


@pytest.mark.parametrize(("name", "kind"), [("train", "train"), ("score_stored", "score_leads")])
def test_a_job_can_be_told_everything_that_its_kind_reads(name, kind):
    said = json.loads(ASKS[name].body)
    assert said["kind"] == kind
    assert set(said["arguments"]) == set(KINDS[kind].arguments)
    KINDS[kind].read(said["arguments"])


def test_what_is_sent_again_is_done_once_as_the_service_promises(pair):
    ask, said = pair
    promised = "Idempotency-Key" in {one["name"] for one in said["parameters"]}
    assert promised == bool(ask.idempotency_key), "it may be sent again, and the service would do it again"


def test_every_request_is_held_here_and_both_clients_have_it():
    made = {name for name, one in inspect.getmembers(asks, inspect.isfunction) if one.__module__ == asks.__name__}
    assert {name for name in made if not name.startswith("_")} - {"next_page"} == set(ASKS)
    for kind in (Client, AsyncClient):
        methods = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
        assert methods - {"close", "wait"} == set(ASKS)


@dataclass
class Older:
    score: float
    grade: str


def test_a_difference_is_noticed():
    schema = {"type": "object", "properties": {"score": {"type": "string"}, "band": {"type": "string"}}}
    assert list(differences(Older, {**schema, "required": []}, {})) == [
        "answer: band is promised and not read",
        "answer.score: <class 'float'> for {'type': 'string'}",
        "answer.score may be missing",
        "answer: grade is read and not promised",
    ]
