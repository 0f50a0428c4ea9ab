"""The routes of experiments: plan one, let it run, see which arm a lead has, score it by that arm, read it, and end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.scoring.live import Scored
from leadloop.api.served.arms import Asked as Of
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.cards import card_body
from leadloop.api.topics.experiment_answers import EXPERIMENT, RESULTS, experiment_body, results_body
from leadloop.api.wire.arguments import PAGE
from leadloop.api.wire.forms import Entry, Form, read_form
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import CARD, FLAG, NUMBER, SHARE, TEXT, array, mapping, maybe, record
from leadloop.errors import Problem
from leadloop.flows.experiments.ending import Ended, end_experiment
from leadloop.flows.experiments.planning import (
    ALLOCATIONS,
    Asked,
    AskedArm,
    begin_experiment,
    find_experiment,
    plan_experiment,
)
from leadloop.flows.experiments.reading import Results, read_experiment
from leadloop.flows.scoring.arms import Chosen, is_adaptive, running_of
from leadloop.flows.scoring.known_units import KnownUnits

if TYPE_CHECKING:
    from leadloop.store import AbTest, Store

_PARTS = {"playbook": "The playbook's name.", "name": "The experiment's name."}
_READINGS = ("any_time", "at_end")
_ARM = Form(
    (
        Entry("name", required=True, most=50),
        Entry("version", required=True, most=100),
        Entry("share", "number", required=True, low=0, high=100),
        Entry("control", "flag"),
        Entry("policy", most=100),
    )
)
_PLAN = Form(
    (
        Entry("name", required=True, most=100),
        Entry("target", most=63),
        Entry("unit", choices=("lead", "account", "user", "rep")),
        Entry("unit_field", most=63),
        Entry("group", most=100),
        Entry("part", "number", low=0, high=100),
        Entry("holdout", "number", low=0, high=100),
        Entry("allocation", choices=ALLOCATIONS),
        Entry("matures_after_days", "number", low=0, high=3650),
        Entry("accepted_within_days", "number", low=0, high=3650),
        Entry("reading", choices=_READINGS),
        Entry("alpha", "number", low=0, high=0.5),
        Entry("min_units", "whole", low=2, high=1_000_000_000),
        Entry("min_effect_absolute", "number", low=0, high=1),
        Entry("relative_lift", "number", low=0, high=100),
        Entry("planned_units", "whole", low=1, high=1_000_000_000),
        Entry("guardrails", "object"),
        Entry("start", "flag"),
    )
)
_STEP = Form(
    (
        Entry("after_days", "number", required=True, low=0, high=3650),
        Entry("percent", "number", required=True, high=100),
    )
)
_UNIT = Form((Entry("lead_id", "id", required=True), Entry("unit", "id")))
_STOP = Form((Entry("winner", most=50), Entry("why", most=1000), Entry("cancel", "flag")))
_RAMP = Form((Entry("percent", "number", required=True, low=0, high=100),))


# ------------------------------------------------------------------------------------------------------------- to plan one


async def plan(call: Call) -> dict[str, Any]:
    """Plan an experiment, and on request start it."""
    playbook = call.path("playbook")
    call.service.versions.require(playbook)
    asked, start = read_plan(await call.json())
    return await planned(call, playbook, asked, start=start)


def read_plan(body: Mapping[str, Any]) -> tuple[Asked, bool]:
    """An experiment as a body asks for it, and whether it shall start; raises Refusal with every mistake at once."""
    given = dict(body)
    arms, ramp = given.pop("arms", None), given.pop("ramp", None)
    said, problems = _PLAN.read(given)
    rows = []
    if not isinstance(arms, list) or len(arms) < 2:
        problems.append(Problem("arms", "are not two or more", "give a list of them, one with control: true"))
        arms = []
    for place, one in enumerate(arms):
        values, wrong = _ARM.read(one, f"arms[{place}]")
        problems += wrong
        rows.append(values)
    steps = []
    if ramp is not None and not isinstance(ramp, list):
        problems.append(Problem("ramp", "is no list", "give steps, as {after_days: 0, percent: 10}"))
        ramp = None
    for place, one in enumerate(ramp or []):
        values, wrong = _STEP.read(one, f"ramp[{place}]")
        problems += wrong
        steps.append(values)
    guardrails = said.pop("guardrails", None)
    for name, value in (guardrails or {}).items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
            problems.append(Problem(f"guardrails.{name}", "is no share", "as 0.05: five percent worse is too much"))
    if problems:
        raise Refusal(422, problems)
    start = bool(said.pop("start"))
    kept = {name: value for name, value in said.items() if value is not None}
    return (
        Asked(
            **kept,
            arms=[
                AskedArm(row["name"], row["version"], row["share"], bool(row["control"]), row["policy"] or "")
                for row in rows
            ],
            ramp=[(step["after_days"], step["percent"]) for step in steps],
            guardrails=guardrails,
        ),
        start,
    )


async def planned(call: Call, playbook: str, asked: Asked, *, start: bool) -> dict[str, Any]:
    """What was planned; where it is to start and cannot, nothing was planned either."""
    place, store = call.service.workspace, call.service.database.store()

    def work() -> AbTest:
        with store.transaction():
            test = plan_experiment(place, playbook, asked)
            return begin_experiment(place, test) if start else test

    return await changed(call, lambda: work())


async def changed(call: Call, work: Callable[[], AbTest]) -> dict[str, Any]:
    """What became of an experiment that is changed; the process that was asked knows of it at once."""
    test = await to_thread.run_sync(work)
    await to_thread.run_sync(call.service.arms.refresh)
    return experiment_body(test, _now(call))


# ---------------------------------------------------------------------------------------------------------------- to see it


async def list_all(call: Call) -> dict[str, Any]:
    """Every experiment of a playbook."""
    playbook = call.path("playbook")
    await declared(call, playbook)
    state = call.query("state")
    told = {"after": call.query("after"), "limit": call.query("limit"), "state": state or None}
    page = await call.look_up(lambda store: store.experiments.page(playbook, **told))
    return {"experiments": [experiment_body(one, _now(call)) for one in page.items], "next": page.next}


async def show(call: Call) -> dict[str, Any]:
    """One experiment."""
    return experiment_body(await found(call, call.path("playbook"), call.path("name")), _now(call))


async def results(call: Call) -> dict[str, Any]:
    """What is known of an experiment."""
    test = await found(call, call.path("playbook"), call.path("name"))
    return results_body(await read(call, test), _now(call))


async def found(call: Call, playbook: str, name: str) -> AbTest:
    """The experiment of this name; raises Refusal (404) where there is none, 503 where the database is away."""
    call.service.database.store()
    return await to_thread.run_sync(lambda: find_experiment(call.service.workspace, playbook, name))


async def read(call: Call, test: AbTest) -> Results:
    """An experiment counted and analysed now."""
    now = _now(call)
    return await call.look_up(lambda store: read_experiment(store, test, now=now, keep=True))


# ------------------------------------------------------------------------------------------------------------- to change it


async def start(call: Call) -> dict[str, Any]:
    """Let a planned experiment run."""
    test = await found(call, call.path("playbook"), call.path("name"))
    _require(test, "planned", "start")
    return await changed(call, lambda: begin_experiment(call.service.workspace, test))


async def pause(call: Call) -> dict[str, Any]:
    """Let an experiment take no part in scoring for a while."""
    test = await found(call, call.path("playbook"), call.path("name"))
    return await changed(call, lambda: call.service.database.store().experiments.pause(test))


async def resume(call: Call) -> dict[str, Any]:
    """Let a paused experiment go on."""
    test = await found(call, call.path("playbook"), call.path("name"))
    _require(test, "paused", "resume")
    return await changed(call, lambda: begin_experiment(call.service.workspace, test))


async def ramp(call: Call) -> dict[str, Any]:
    """Let a larger share of units take part."""
    percent = (await read_form(call, _RAMP))["percent"]
    test = await found(call, call.path("playbook"), call.path("name"))
    return await changed(call, lambda: call.service.database.store().experiments.ramp(test, percent))


async def stop(call: Call) -> dict[str, Any]:
    """End an experiment; its winner serves from then on."""
    said = _STOP.read(await call.json() if await call.request.body() else {})
    if said[1]:
        raise Refusal(422, said[1])
    values = said[0]
    test = await found(call, call.path("playbook"), call.path("name"))
    ended = await end(call, test, values["winner"], why=values["why"] or "", cancelled=bool(values["cancel"]))
    return {
        "experiment": experiment_body(ended.test, _now(call)),
        "model_version": ended.served,
        "previous_version": ended.previous,
    }


async def end(call: Call, test: AbTest, winner: str | None, *, why: str = "", cancelled: bool = False) -> Ended:
    """End an experiment, and serve its winner from now on."""
    service, who = call.service, call.caller.name

    def work() -> Ended:
        done = end_experiment(service.workspace, test, who=who, why=why, winner=winner, cancelled=cancelled)
        service.versions.refresh()
        service.arms.refresh()
        return done

    return await to_thread.run_sync(work)


def _require(test: AbTest, state: str, to: str) -> None:
    if test.state != state:
        raise Refusal(409, Problem("experiment", f"is {test.state}", f"only what is {state} can {to}"))


# ----------------------------------------------------------------------------------------------------------- to take part


async def assign(call: Call) -> dict[str, Any]:
    """Put a lead into an arm, on the record."""
    said = await read_form(call, _UNIT)
    test = await found(call, call.path("playbook"), call.path("name"))
    chosen = await put(call, test, said["lead_id"], said["unit"])
    return _assigned(test, said["lead_id"], chosen)


async def put(call: Call, test: AbTest, lead_id: str, unit: str | None) -> Chosen | None:
    """Put a lead into its arm, on the record; None where its unit takes no part. What it saw first stays.

    Raises Refusal: 409 where the experiment does not run, 422 where its units are not leads and none is named.
    """
    chosen = await choose(call, test, lead_id, unit)
    if chosen is None:
        return None

    def note(store: Store) -> str:
        return store.experiments.expose(
            test,
            lead_id,
            chosen.arm.name,
            unit="" if chosen.unit == lead_id else chosen.unit,
            propensity=chosen.propensity,
        )

    seen = await call.look_up(note)
    if seen == chosen.arm.name:
        return chosen
    return Chosen(running_of(test, _now(call)).arms[seen], chosen.unit, chosen.propensity)


async def choose(call: Call, test: AbTest, lead_id: str, unit: str | None) -> Chosen | None:
    """The arm that a lead has or would have; None where its unit takes no part."""
    if test.state != "running":
        raise Refusal(409, Problem("experiment", f"is {test.state}", "start it first, or name one that runs"))
    if test.unit != "lead" and not unit:
        raise Refusal(422, Problem("unit", f"is missing: this experiment is by {test.unit}", "name it"))
    of = lead_id if test.unit == "lead" else str(unit)
    running = call.service.arms.test(test.playbook, test.test_name)
    if running is not None and running.running.id == test.id:
        return running.running.choose(of)
    return await call.look_up(lambda store: _look(store, test, of, _now(call)))


def _look(store: Store, test: AbTest, unit: str, now: datetime) -> Chosen | None:
    """The same where this process does not know of the experiment yet."""
    known = None
    if is_adaptive(test):
        known = KnownUnits([one.variant_name for one in test.variants])
        known.add((unit, variant) for _, unit, variant in store.experiments.exposures.since(test.id, 0))
    return running_of(test, now, known).choose(unit)


async def score(call: Call) -> dict[str, Any]:
    """Score a lead by its arm in this experiment."""
    playbook, body = call.path("playbook"), dict(await call.json())
    unit, lead = body.pop("unit", None), body.pop("lead", None)
    problems = [Problem(name, "is not read here", "give lead, and unit where it is none") for name in body]
    if not isinstance(lead, dict):
        problems.append(Problem("lead", "is no object", "send the lead's fields"))
    if unit is not None and not (isinstance(unit, str) and 0 < len(unit) <= 255):
        problems.append(Problem("unit", "is no identifier", "give 1 to 255 signs"))
    if problems:
        raise Refusal(422, problems)
    scored = await score_by_arm(call, playbook, call.path("name"), lead, unit)
    return card_body(scored)


async def score_by_arm(call: Call, playbook: str, name: str, lead: Any, unit: str | None) -> Scored:
    """The score of a lead by its arm in an experiment; by what is in service where its unit takes no part.

    Raises Refusal: 404 for an experiment that is not known, 409 for one that does not run.
    """
    served = call.service.versions.get(playbook)
    if call.service.arms.test(playbook, name) is None:
        test = await found(call, playbook, name)
        if test.state != "running":
            raise Refusal(409, Problem("experiment", f"is {test.state}", "start it first, or name one that runs"))
        await to_thread.run_sync(call.service.arms.refresh)
    return await call.score_one(served, lead, of=Of(name, unit or ""))


def _assigned(test: AbTest, lead_id: str, chosen: Chosen | None) -> dict[str, Any]:
    return {
        "experiment": test.test_name,
        "lead_id": lead_id,
        "unit": chosen.unit if chosen else None,
        "arm": chosen.arm.name if chosen else None,
        "version": chosen.arm.version if chosen else None,
        "propensity": chosen.propensity if chosen else None,
        "takes_part": chosen is not None,
    }


def _now(call: Call) -> datetime:
    return call.service.live.clock().astimezone(UTC)


_ASSIGNED = record(
    {
        "experiment": TEXT,
        "lead_id": TEXT,
        "unit": maybe(TEXT),
        "arm": maybe(TEXT),
        "version": maybe(TEXT),
        "propensity": maybe(SHARE),
        "takes_part": FLAG,
    }
)
_ENDED = record({"experiment": EXPERIMENT, "model_version": maybe(TEXT), "previous_version": maybe(TEXT)})
_PLANNED_BODY = {
    "type": "object",
    "properties": {
        **_PLAN.schema["properties"],
        "arms": array(_ARM.schema, minItems=2),
        "ramp": maybe(array(_STEP.schema)),
        "guardrails": maybe(mapping(NUMBER)),
    },
    "required": ["name", "arms"],
    "additionalProperties": False,
}
_EXAMPLE = {
    "name": "new model",
    "arms": [
        {"name": "old", "version": "champion", "share": 50, "control": True},
        {"name": "new", "version": "latest", "share": 50},
    ],
    "ramp": [{"after_days": 0, "percent": 10}, {"after_days": 3, "percent": 100}],
}
_NAMED = "/v1/{playbook}/experiments/{name}"


def _change(verb: str, answer: Any, summary: str, body: Body | None = None) -> Route:
    return Route(
        "POST", f"{_NAMED}/{verb}", "admin", answer, summary, EXPERIMENT, body, _PARTS, {}, (404, 409, 503), writes=True,
    )  # fmt: skip


def routes(examples: Mapping[str, Any]) -> list[Route]:
    """The routes of any playbook's experiments; `examples` holds a lead of each playbook that is served."""
    lead: Any = next(iter(examples.values()), {})
    return [
        Route(
            "GET", "/v1/{playbook}/experiments", "analyst", list_all,
            "Every experiment of a playbook, the newest first.",
            record({"experiments": array(EXPERIMENT), "next": maybe(TEXT)}), None, {"playbook": _PARTS["playbook"]},
            {**PAGE, "state": Query("", "Only those in this state: planned, running, paused, completed or cancelled.")},
            (404, 503),
        ),
        Route(
            "POST", "/v1/{playbook}/experiments", "admin", plan,
            "Plan an experiment between versions, policies or the rules; with `start` it runs at once.",
            EXPERIMENT, Body(_PLANNED_BODY, _EXAMPLE), {"playbook": _PARTS["playbook"]}, {}, (404, 409, 503), writes=True,
        ),
        Route("GET", _NAMED, "analyst", show, "One experiment.", EXPERIMENT, None, _PARTS, {}, (404, 503)),
        _change("start", start, "Let a planned experiment run, once every arm's version has been loaded and checked."),
        _change("pause", pause, "Let an experiment take no part in scoring for a while; its units stay its own."),
        _change("resume", resume, "Let a paused experiment go on; every unit has the arm that it had."),
        _change(
            "ramp", ramp, "Let a larger share of units take part; those who do already stay, each in its arm.",
            Body(_RAMP.schema, {"percent": 50}),
        ),
        Route(
            "POST", f"{_NAMED}/stop", "admin", stop,
            "End an experiment; with a winner, that arm scores everybody from then on, in the same transaction.",
            _ENDED, Body(_STOP.schema, {"winner": "new", "why": "3 points more were won"}), _PARTS, {}, (404, 409, 503),
            writes=True,
        ),
        Route(
            "GET", f"{_NAMED}/results", "analyst", results,
            "What is known of an experiment: the split, each arm, each difference with its limits, and a verdict.",
            RESULTS, None, _PARTS, {}, (404, 503),
        ),
        Route(
            "POST", f"{_NAMED}/assign", "scorer", assign,
            "Put a lead into its arm, on the record, for whoever scores it elsewhere.",
            _ASSIGNED, Body(_UNIT.schema, {"lead_id": "A-1"}), _PARTS, {}, (404, 409, 503), writes=True,
        ),
        Route(
            "POST", f"{_NAMED}/score", "scorer", score, "Score a lead by its arm in this experiment.",
            CARD, Body(record({"lead": {"type": "object"}}, {"unit": TEXT}), {"lead": lead}), _PARTS, {}, (404, 409, 503),
        ),
    ]  # fmt: skip
