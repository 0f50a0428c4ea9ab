"""The routes of a playbook's versions: see them, put one in service, go back, give names, and clean up."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.served.versions import Served
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import ANY, FLAG, TEXT, WHOLE, array, mapping, maybe, record
from leadloop.errors import Problem, StoreError
from leadloop.flows.upkeep.models import prune as prune_flow
from leadloop.flows.upkeep.promotions import find_changes, tell_moment
from leadloop.registry import CHAMPION, ModelVersion, Pruned, Registry

if TYPE_CHECKING:
    from leadloop.store import Alias, PromotionRecord

_PLAYBOOK = {"playbook": "The playbook's name."}
_ALIAS = {
    **_PLAYBOOK,
    "alias": "A name of versions: `champion` is the one in service; others are yours, as `challenger`.",
}
_MOST = 10_000


# ------------------------------------------------------------------------------------------------------------------- to see


async def list_models(call: Call) -> dict[str, Any]:
    """Every saved version of a playbook."""
    name = call.path("playbook")
    return await to_thread.run_sync(lambda: versions_page(call, name))


def versions_page(call: Call, playbook: str) -> dict[str, Any]:
    """Every saved version, oldest first, and which of them is in service."""
    versions, registry = call.service.versions, _registry(call, playbook)
    serving = versions.served.get(playbook)
    standing, saved = registry.in_service(playbook), registry.versions(playbook)
    return {
        "playbook": playbook,
        "champion": standing.version,
        "serving": serving.version if serving else None,
        "problem": versions.problems.get(playbook) or standing.doubt or None,
        "models": [version_line(one, standing.version) for one in saved],
    }


def version_line(version: ModelVersion, champion: str | None) -> dict[str, Any]:
    """A saved version in short."""
    return {
        "version": version.id,
        "release": version.release,
        "target": version.target,
        "created_at": version.created_at,
        "in_service": version.id == champion,
        "synthetic": version.synthetic,
        "metrics": {name: told["value"] for name, told in version.metrics.items()},
    }


async def show_model(call: Call) -> dict[str, Any]:
    """One saved version, with all that its manifest says."""
    playbook, name = call.path("playbook"), call.path("version")
    return await to_thread.run_sync(lambda: version_page(call, playbook, name))


def version_page(call: Call, playbook: str, name: str) -> dict[str, Any]:
    """One saved version in full; raises VersionMissing where there is none of this name, VersionError where it is damaged."""
    registry = _registry(call, playbook)
    version = registry.find(playbook, name)
    page = asdict(version)
    del page["files"]
    try:
        steps = registry.history(playbook, None)
    except StoreError:  # the version is as good without
        page["promotions"] = None
    else:
        about = [step for step in steps if version.id in (step.model_version, step.previous)]
        page["promotions"] = [change_line(step) for step in about]
    return {**page, "in_service": version.id == registry.champion(playbook)}


async def show_history(call: Call) -> dict[str, Any]:
    """Which version was in service when."""
    playbook, on, alias = call.path("playbook"), call.query("on"), call.query("alias")

    def read() -> dict[str, Any]:
        changes = find_changes(_registry(call, playbook), playbook, on=on, alias=alias)
        return {"playbook": playbook, "alias": alias, "changes": [change_line(one) for one in changes]}

    return await to_thread.run_sync(read)


def change_line(change: PromotionRecord) -> dict[str, Any]:
    """One change of what a name stands for."""
    return {
        "at": tell_moment(change.at),
        "who": change.who,
        "action": change.action,
        "alias": change.alias,
        "version": change.model_version,
        "previous": change.previous,
        "why": change.why,
        "evidence": dict(change.evidence),
    }


async def list_aliases(call: Call) -> dict[str, Any]:
    """Every name that a version has."""
    playbook = call.path("playbook")
    found = await to_thread.run_sync(lambda: _registry(call, playbook).aliases(playbook))
    return {"playbook": playbook, "aliases": [_alias_line(one) for one in found]}


def _alias_line(alias: Alias) -> dict[str, Any]:
    return {"alias": alias.alias, "version": alias.model_version, "since": tell_moment(alias.since)}


# ---------------------------------------------------------------------------------------------------------------- to change


async def change_champion(call: Call) -> dict[str, Any]:
    """Put a version in service."""
    version, why, anyway = await _read_change(call)
    return await reload(call, call.path("playbook"), version, why, anyway=anyway)


async def reload(call: Call, playbook: str, version: str, why: str, *, anyway: bool = False) -> dict[str, Any]:
    """Put a version in service and serve it from now on; what is being answered is answered by the one before."""
    versions, said = call.service.versions, _reason(call, why)
    before = versions.served.get(playbook)
    served = await to_thread.run_sync(
        lambda: versions.reload(playbook, version, who=call.caller.name, why=said, anyway=anyway)
    )
    return _loaded(playbook, served, before)


async def roll_back(call: Call) -> dict[str, Any]:
    """Go back to the version that was in service before."""
    playbook, said = call.path("playbook"), _reason(call, (await _read(call, why=""))["why"])
    versions = call.service.versions
    before = versions.served.get(playbook)
    served = await to_thread.run_sync(lambda: versions.rollback(playbook, who=call.caller.name, why=said))
    return _loaded(playbook, served, before)


async def change_alias(call: Call) -> dict[str, Any]:
    """Give a version a name."""
    playbook, alias = call.path("playbook"), call.path("alias")
    version, why, anyway = await _read_change(call)
    if alias == CHAMPION:
        await reload(call, playbook, version, why, anyway=anyway)

    def change() -> dict[str, Any]:
        registry = _registry(call, playbook)
        if alias != CHAMPION:
            found, said = registry.find(playbook, version), _reason(call, why)
            evidence = {"metrics": dict(found.metrics)}
            registry.promote(playbook, found.id, alias=alias, who=call.caller.name, why=said, evidence=evidence)
        named = next((one for one in registry.aliases(playbook) if one.alias == alias), None)
        if named is None:
            raise Refusal(409, Problem(alias, "was taken away by somebody else meanwhile", "look again"))
        return {"playbook": playbook, **_alias_line(named)}

    return await to_thread.run_sync(change)


async def clear_alias(call: Call) -> dict[str, Any]:
    """Take a name from its version."""
    playbook, alias, why = call.path("playbook"), call.path("alias"), _reason(call, call.query("why"))

    def clear() -> dict[str, Any]:
        done = _registry(call, playbook).clear(playbook, alias, who=call.caller.name, why=why)
        return {"playbook": playbook, "alias": alias, "previous": done.previous}

    return await to_thread.run_sync(clear)


async def prune_models(call: Call) -> dict[str, Any]:
    """Delete old versions."""
    said = await _read(call, keep=None, dry_run=False)
    done = await prune(call, call.path("playbook"), said["keep"], dry_run=said["dry_run"])
    return {
        "playbook": call.path("playbook"),
        "dry_run": said["dry_run"],
        "removed": list(done.removed),
        "kept": done.kept,
    }


async def prune(call: Call, playbook: str, keep: Any, *, dry_run: bool = False) -> Pruned:
    """Delete old versions but so many of the newest; raises Refusal for what is no number of versions."""
    if isinstance(keep, bool) or not isinstance(keep, int) or not 1 <= keep <= _MOST:
        raise Refusal(422, Problem("keep", "is no number of versions", f"give 1 to {_MOST:,}"))
    place, who = call.service.workspace, call.caller.name

    def delete() -> Pruned:
        _registry(call, playbook)
        return prune_flow(playbook, keep, who=who, dry_run=dry_run, workspace=place)

    return await to_thread.run_sync(delete)


def _registry(call: Call, playbook: str) -> Registry:
    """The registry, once it is clear that the playbook is one that is served here."""
    call.service.versions.require(playbook)
    return call.service.workspace.registry


async def _read(call: Call, **defaults: Any) -> dict[str, Any]:
    """The body with a default for each field that may be left out; raises Refusal for a field that is none or of another kind."""
    body = await call.json()
    problems = [Problem(name, "is not read here", "leave it out") for name in body if name not in defaults]
    for name, default in defaults.items():
        if name in body and default is not None and type(body[name]) is not type(default):
            kind = "true or false" if isinstance(default, bool) else "text"
            problems.append(Problem(name, f"is not {kind}", f"give {kind}"))
    if problems:
        raise Refusal(422, problems)
    return {**defaults, **body}


async def _read_change(call: Call) -> tuple[str, str, bool]:
    """The version and the reason in a body, and whether it is wanted in any case; raises Refusal where they are none."""
    body = await call.json()
    read = ("version", "why", "anyway")
    problems = [Problem(name, "is not read here", "leave it out") for name in body if name not in read]
    version, why, anyway = body.get("version"), body.get("why", ""), body.get("anyway", False)
    if not isinstance(anyway, bool):
        problems.append(Problem("anyway", "is neither true nor false", "send true, or leave it out"))
    if not isinstance(version, str) or not version:
        problems.append(Problem("version", "is no name of a version", "give its id or release, or latest"))
    if not isinstance(why, str):
        problems.append(Problem("why", "is not text", "say it in a sentence"))
    if problems:
        raise Refusal(422, problems)
    return str(version), str(why), anyway is True


def _reason(call: Call, why: str) -> str:
    return why or f"request {call.ask.request_id}"


def _loaded(playbook: str, served: Served, before: Served | None) -> dict[str, Any]:
    return {
        "playbook": playbook,
        "model_version": served.version,
        "previous_version": before.version if before else None,
        "loaded_at": served.loaded_at,
    }


_LINE = record(
    {
        "version": TEXT,
        "release": TEXT,
        "target": TEXT,
        "created_at": TEXT,
        "in_service": FLAG,
        "synthetic": FLAG,
        "metrics": mapping({"type": "number"}),
    }
)
_CHANGE = record(
    {
        "at": TEXT,
        "who": TEXT,
        "action": {"enum": ["promote", "rollback", "clear"]},
        "alias": TEXT,
        "version": maybe(TEXT),
        "previous": maybe(TEXT),
        "why": TEXT,
        "evidence": {"type": "object"},
    }
)
_NAMED = {"alias": TEXT, "version": TEXT, "since": TEXT}
LOADED: dict[str, Any] = {"playbook": TEXT, "model_version": TEXT, "previous_version": maybe(TEXT), "loaded_at": TEXT}
_CHOSEN = Body(
    record({"version": TEXT}, {"why": TEXT, "anyway": FLAG}), {"version": "latest", "why": "better on the test leads"}
)

ROUTES = [
    Route(
        "GET", "/v1/{playbook}/models", "analyst", list_models,
        "Every saved version of a playbook, and which one is in service.",
        record({"playbook": TEXT, "champion": maybe(TEXT), "serving": maybe(TEXT), "problem": maybe(TEXT),
                "models": array(_LINE)}),
        None, _PLAYBOOK, {}, (404, 409, 503),
    ),
    Route(
        "GET", "/v1/{playbook}/models/history", "analyst", show_history,
        "Which version was in service when: every change with who, why, and what was known of the version, oldest first.",
        record({"playbook": TEXT, "alias": TEXT, "changes": array(_CHANGE)}),
        None, _PLAYBOOK,
        {"on": Query("", "Only a day, as `2026-05-03`, or a moment, as `2026-05-03T14:00` (UTC)."),
         "alias": Query(CHAMPION, "Whose history: `champion`, or another name of versions.")},
        (404, 503),
    ),
    Route(
        "GET", "/v1/{playbook}/models/{version}", "analyst", show_model,
        "One saved version with all that is known of it; `champion` is the one in service, `latest` the newest.",
        {"type": "object", "required": ["id", "release", "metrics", "in_service"], "additionalProperties": ANY},
        None, {**_PLAYBOOK, "version": "Its id, release or name; `champion` is in service, `latest` the newest."}, {},
        (404, 409, 503),
    ),
    Route(
        "PUT", "/v1/{playbook}/models/champion", "admin", change_champion,
        "Put a version in service, on the record; no request is dropped.",
        record(LOADED), _CHOSEN, _PLAYBOOK, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "POST", "/v1/{playbook}/models/rollback", "admin", roll_back,
        "Go back to the version that was in service before, on the record; no request is dropped.",
        record(LOADED), Body(record({}, {"why": TEXT}), {"why": "too many hot leads"}),
        _PLAYBOOK, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "POST", "/v1/{playbook}/models/prune", "admin", prune_models,
        "Delete old versions but the `keep` newest. What has a name, had one within `model_retention_days`, or is what a "
        "rollback would go back to, stays.",
        record({"playbook": TEXT, "dry_run": FLAG, "removed": array(TEXT), "kept": mapping(TEXT)}),
        Body(record({"keep": {**WHOLE, "minimum": 1, "maximum": _MOST}}, {"dry_run": FLAG}), {"keep": 5, "dry_run": True}),
        _PLAYBOOK, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "GET", "/v1/{playbook}/aliases", "analyst", list_aliases,
        "Every name that a version has, and since when.",
        record({"playbook": TEXT, "aliases": array(record(_NAMED))}), None, _PLAYBOOK, {}, (404, 503),
    ),
    Route(
        "PUT", "/v1/{playbook}/aliases/{alias}", "admin", change_alias,
        "Give a version a name, on the record; `champion` puts it in service.",
        record({"playbook": TEXT, **_NAMED}), _CHOSEN, _ALIAS, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "DELETE", "/v1/{playbook}/aliases/{alias}", "admin", clear_alias,
        "Take a name from its version, on the record; `champion` can only be given to another.",
        record({"playbook": TEXT, "alias": TEXT, "previous": TEXT}), None, _ALIAS,
        {"why": Query("", "The reason, for the record.")}, (404, 409, 503), writes=True,
    ),
]  # fmt: skip
