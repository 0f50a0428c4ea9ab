"""The routes of the loop: whether training again is worth while, versions on their way into service, and alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread

from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.topics.jobs import RETRAIN_BODY, RETRAINING, ask_to_retrain
from leadloop.api.wire.arguments import PAGE
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import FLAG, NUMBER, TEXT, WHOLE, array, maybe, record
from leadloop.errors import Problem
from leadloop.flows.loop import rollout as flow
from leadloop.flows.training.retrain import look_at_retraining

if TYPE_CHECKING:
    from leadloop.store import Alert, RetrainCheck, Rollout

_PLAYBOOK = {"playbook": "The playbook's name."}


async def look(call: Call) -> dict[str, Any]:
    """Whether training again is worth while."""
    playbook = _served(call)
    place = call.service.workspace
    found = await to_thread.run_sync(look_at_retraining, place, playbook)
    page = await call.look_up(lambda store: store.checks.page(playbook, limit=20))
    return {
        "playbook": playbook,
        "due": found.due,
        "reasons": list(found.reasons),
        "model_version": found.newest,
        "age_days": None if found.age_days is None else round(found.age_days, 2),
        "new_outcomes": found.new_outcomes,
        "checks": [_check(one) for one in page.items],
    }


async def retrain(call: Call) -> dict[str, Any]:
    """Ask for a training on what is stored by now."""
    return await ask_to_retrain(call, _served(call))


async def list_rollouts(call: Call) -> dict[str, Any]:
    """Versions that are or were on their way into service."""
    playbook = _served(call)
    after, limit = call.query("after"), call.query("limit")
    page = await call.look_up(lambda store: store.rollouts.page(playbook, after=after, limit=limit))
    return {"rollouts": [_line(one) for one in page.items], "next": page.next}


async def show_rollout(call: Call) -> dict[str, Any]:
    """The version on its way into service, with what was seen of it."""
    playbook, place = _served(call), call.service.workspace

    def read() -> dict[str, Any]:
        found = place.store.rollouts.current(playbook)
        if found is None:
            raise Refusal(404, Problem("rollout", "none goes on", "see the list of all"))
        changes = place.store.rollouts.changes(found.id)
        told = [
            {"at": one.at.isoformat(), "state": one.state, "share": one.share, "who": one.who, "why": one.why}
            for one in changes
        ]
        return {**_line(found), "seen": flow.observe(place, found).as_json(), "changes": told}

    return await to_thread.run_sync(read)


async def start_rollout(call: Call) -> dict[str, Any]:
    """Begin to bring a version into service."""
    playbook, place, who = _served(call), call.service.workspace, call.caller.name
    said = await _read(call, version="", share=0.0, why="", force=False)
    if not said["version"]:
        raise Refusal(422, Problem("version", "is missing", "give its id or release, or latest"))

    def begin() -> dict[str, Any]:
        return _line(
            flow.begin_rollout(
                place, playbook, said["version"], who=who, why=said["why"], share=said["share"], force=said["force"]
            )
        )

    return await to_thread.run_sync(begin)


async def change_rollout(call: Call) -> dict[str, Any]:
    """Give the version on its way another share, approve of it, stop it, or put it in service for all."""
    playbook, place, who = _served(call), call.service.workspace, call.caller.name
    action = call.path("action")
    said = await _read(call, share=0.0, why="")
    why = said["why"] or f"request {call.ask.request_id}"

    def change() -> dict[str, Any]:
        found = place.store.rollouts.current(playbook)
        if found is None:
            raise Refusal(404, Problem("rollout", "none goes on", "begin one first"))
        if action == "approve":
            return _line(flow.approve(place, playbook, who=who, why=why))
        if action == "stop":
            return _line(flow.stop(place, playbook, who=who, why=why))
        if action == "share":
            if not 0 < said["share"] <= 100:
                raise Refusal(422, Problem("share", f"is {said['share']:g}", "give more than 0 and up to 100 percent"))
            return _line(flow.set_share(place, found, said["share"], who=who, why=why))
        flow.finish(place, found, who=who, why=why)
        ended = place.store.rollouts.get(found.id)
        assert ended is not None
        call.service.versions.refresh()
        return _line(ended)

    if action not in ("approve", "stop", "share", "finish"):
        raise Refusal(404, Problem("action", f"“{action[:40]}” is none", "take approve, stop, share or finish"))
    changed = await to_thread.run_sync(change)
    await to_thread.run_sync(call.service.arms.refresh)
    return changed


async def list_alerts(call: Call) -> dict[str, Any]:
    """What somebody should look at."""
    after, limit, everything = call.query("after"), call.query("limit"), call.query("all")
    if not everything:
        found = await call.look_up(lambda store: store.alerts.open())
        return {"alerts": [_alert(one) for one in found], "next": None}
    page = await call.look_up(lambda store: store.alerts.page(after=after, limit=limit))
    return {"alerts": [_alert(one) for one in page.items], "next": page.next}


def _served(call: Call) -> str:
    playbook = call.path("playbook")
    call.service.versions.require(playbook)
    return playbook


async def _read(call: Call, **defaults: Any) -> dict[str, Any]:
    """The body with a default for each field that may be left out; raises Refusal for a field that is none or of another kind."""
    body = await call.json() if await call.request.body() else {}
    problems = [
        Problem(name, "is not read here", f"give {', '.join(defaults)}") for name in body if name not in defaults
    ]
    for name, default in defaults.items():
        value = body.get(name, default)
        if isinstance(default, float):
            right = isinstance(value, int | float) and not isinstance(value, bool)
        else:
            right = type(value) is type(default)
        if not right:
            kind = {bool: "true or false", float: "a number"}.get(type(default), "text")
            problems.append(Problem(name, f"is not {kind}", f"give {kind}"))
    if problems:
        raise Refusal(422, problems)
    return {**defaults, **body}


def _line(one: Rollout) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.model_version,
        "against": one.against,
        "state": one.state,
        "share": one.share,
        "begun_at": one.begun_at.isoformat(),
        "since": one.since.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "who": one.who,
        "why": one.why,
        "evidence": dict(one.evidence),
    }


def _check(one: RetrainCheck) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "due": one.due,
        "reasons": [dict(each) for each in one.reasons],
        "job": one.job_id,
    }


def _alert(one: Alert) -> dict[str, Any]:
    return {
        "id": one.id,
        "playbook": one.playbook,
        "rule": one.rule,
        "severity": one.severity,
        "title": one.title,
        "text": one.text,
        "what_to_do": one.mend,
        "times": one.times,
        "first_at": one.first_at.isoformat(),
        "last_at": one.last_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
    }


_ROLLOUT: dict[str, Any] = {
    "id": WHOLE,
    "version": TEXT,
    "against": TEXT,
    "state": {"enum": ["shadow", "canary", "promoted", "rolled_back", "stopped"]},
    "share": NUMBER,
    "begun_at": TEXT,
    "since": TEXT,
    "ended_at": maybe(TEXT),
    "who": TEXT,
    "why": TEXT,
    "evidence": {"type": "object"},
}
_CHANGE = record({"at": TEXT, "state": TEXT, "share": NUMBER, "who": TEXT, "why": TEXT})
_CHECK = record({"at": TEXT, "due": FLAG, "reasons": array({"type": "object"}), "job": maybe(WHOLE)})
_ALERT = record(
    {
        "id": WHOLE,
        "playbook": TEXT,
        "rule": TEXT,
        "severity": {"enum": ["info", "warning", "critical"]},
        "title": TEXT,
        "text": TEXT,
        "what_to_do": TEXT,
        "times": WHOLE,
        "first_at": TEXT,
        "last_at": TEXT,
        "ended_at": maybe(TEXT),
    }
)

ROUTES = [
    Route(
        "GET", "/v1/{playbook}/retraining", "analyst", look,
        "Whether training again is worth while by now, and every look at it before, the newest first.",
        record({"playbook": TEXT, "due": FLAG, "reasons": array(TEXT), "model_version": maybe(TEXT),
                "age_days": maybe(NUMBER), "new_outcomes": WHOLE, "checks": array(_CHECK)}),
        None, _PLAYBOOK, {}, (404, 503),
    ),
    Route(
        "POST", "/v1/{playbook}/retraining", "admin", retrain,
        "Train on what is stored by now, as a job, and bring the version into service if it is surely better; refused where "
        "that is not worth while yet, unless `force_retrain` is true.",
        RETRAINING, RETRAIN_BODY, _PLAYBOOK, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "GET", "/v1/{playbook}/rollouts", "analyst", list_rollouts,
        "Versions that are or were on their way into service, the newest first.",
        record({"rollouts": array(record(_ROLLOUT)), "next": maybe(TEXT)}), None, _PLAYBOOK, PAGE, (404, 503),
    ),
    Route(
        "GET", "/v1/{playbook}/rollouts/current", "analyst", show_rollout,
        "The version on its way into service: what was seen of it, and everything that happened to it.",
        record({**_ROLLOUT, "seen": {"type": "object"}, "changes": array(_CHANGE)}),
        None, _PLAYBOOK, {}, (404, 409, 503),
    ),
    Route(
        "POST", "/v1/{playbook}/rollouts", "admin", start_rollout,
        "Begin to bring a version into service: in the shadow, or with a share of the leads.",
        record(_ROLLOUT),
        Body(record({"version": TEXT}, {"share": NUMBER, "why": TEXT, "force": FLAG}), {"version": "latest"}),
        _PLAYBOOK, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "POST", "/v1/{playbook}/rollouts/current/{action}", "admin", change_rollout,
        "Change the version on its way: `approve` of it, give it another `share` of the leads, `stop` it, or `finish`: put it "
        "in service for all.",
        record(_ROLLOUT), Body(record({}, {"share": NUMBER, "why": TEXT}), {"why": "nothing speaks against it"}),
        {**_PLAYBOOK, "action": "`approve`, `share`, `stop` or `finish`."}, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "GET", "/v1/alerts", "analyst", list_alerts,
        "What somebody should look at, the most urgent first, each with what to do; with `all` also what is over.",
        record({"alerts": array(_ALERT), "next": maybe(TEXT)}), None, {},
        {**PAGE, "all": Query(False, "Also those that are over, the newest first.")}, (503,),
    ),
]  # fmt: skip
