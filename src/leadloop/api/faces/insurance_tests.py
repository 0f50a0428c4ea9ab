"""`/api/v1/ab-testing`: experiments on insurance leads under the names that have been documented. Keys are camelCase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.topics.cards import rounded
from leadloop.api.topics.experiment_answers import acceptance_rate, finite
from leadloop.api.topics.experiments import choose, end, found, put, read
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.forms import Entry, Form
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import FLAG, NUMBER, SHARE, TEXT, WHOLE, array, maybe, record
from leadloop.errors import Problem
from leadloop.flows.experiments.reading import Results

if TYPE_CHECKING:
    from leadloop.flows.scoring.arms import Chosen
    from leadloop.store import AbTest

PREFIX = "/api/v1/ab-testing"
_ASSIGN = Form((Entry("testName", required=True, most=100), Entry("userId", "id")))
_STOP = Form((Entry("winner", most=50), Entry("reason", most=1000)))
_NAMED = f"{PREFIX}/tests/{{name}}"
_PARTS = {"name": "The test's name."}
_LEAD = {"leadId": "The lead's identifier."}


async def list_tests(call: Call) -> dict[str, Any]:
    """The tests that run."""
    playbook = _playbook(call)
    tests = await call.look_up(lambda store: store.experiments.running(playbook))
    return {"success": True, "count": len(tests), "tests": [_test(one) for one in tests]}


async def show(call: Call) -> dict[str, Any]:
    """One test."""
    return {"success": True, "test": _test(await _found(call))}


async def results(call: Call) -> dict[str, Any]:
    """What is known of a test."""
    known = await read(call, await _found(call))
    first = _foremost(known)
    return {
        "success": True,
        "testName": known.test.test_name,
        "status": known.test.state,
        "daysRunning": round(known.days_run, 3),
        "openShare": rounded(known.analysis.open_share) if known.analysis else None,
        "variants": [_arm(known, one.variant_name) for one in known.test.variants],
        **first,
        "comparisons": [_comparison(known, one.variant_name) for one in known.test.variants if not one.is_control],
        "notes": list(known.analysis.verdict.notes) if known.analysis else [],
    }


async def assign(call: Call) -> dict[str, Any]:
    """Put a lead into its variant, on the record."""
    said, problems = _ASSIGN.read(await call.json())
    if problems:
        raise Refusal(422, problems)
    lead_id, test = call.path("leadId"), await found(call, _playbook(call), said["testName"])
    return _assigned(test, lead_id, await put(call, test, lead_id, said["userId"]))


async def variant(call: Call) -> dict[str, Any]:
    """The variant that a lead saw, or would see."""
    playbook, lead_id, name = _playbook(call), call.path("leadId"), call.query("testName")
    if name:
        test = await found(call, playbook, name)
    else:
        running = await call.look_up(lambda store: store.experiments.running(playbook))
        if not running:
            raise Refusal(404, Problem("testName", "names no test, and none runs", "name one"))
        test = running[0]
    seen = await call.look_up(lambda store: store.experiments.seen_by(test, lead_id))
    if seen is not None:
        return {**_body(test, lead_id, seen), "assigned": True}
    if test.state != "running" or test.unit != "lead":
        return {**_body(test, lead_id, None), "assigned": False}
    chosen = await choose(call, test, lead_id, None)
    return {**_body(test, lead_id, chosen.arm.name if chosen else None), "assigned": False}


async def stop(call: Call) -> dict[str, Any]:
    """End a test; its winner serves from now on."""
    said, problems = _STOP.read(await call.json() if await call.request.body() else {})
    if problems:
        raise Refusal(422, problems)
    ended = await end(call, await _found(call), said["winner"], why=said["reason"] or "")
    return {
        "success": True,
        "test": _test(ended.test),
        "modelVersion": ended.served,
        "previousVersion": ended.previous,
    }


async def _found(call: Call) -> AbTest:
    return await found(call, _playbook(call), call.path("name"))


def _playbook(call: Call) -> str:
    return call.service.settings.insurance_playbook


def _test(test: AbTest) -> dict[str, Any]:
    return {
        "testName": test.test_name,
        "status": test.state,
        "isActive": test.state == "running",
        "target": test.target,
        "startDate": write_moment(test.start_date),
        "endDate": None if test.end_date is None else write_moment(test.end_date),
        "winner": test.winner,
        "variants": [
            {
                "name": one.variant_name,
                "modelVersion": one.model_version,
                "trafficPercentage": one.traffic_percentage,
                "isControl": one.is_control,
            }
            for one in test.variants
        ],
    }


def _arm(results: Results, name: str) -> dict[str, Any]:
    arm, conversion = results.arm(name), results.conversion(name)
    return {
        "variant": name,
        "isControl": arm.tally.is_control,
        "leadsCount": arm.tally.units,
        "conversionCount": conversion.conversions,
        "conversionRate": rounded(results.rate(name)),
        "avgLeadScore": rounded(arm.mean_score, 4),
        "avgTimeToConversion": rounded(arm.mean_days_to_win, 4),
        "acceptanceRate": rounded(acceptance_rate(results, name)),
        "revenue": round(arm.revenue, 2),
        "maturedLeadsCount": conversion.units,
    }


def _foremost(results: Results) -> dict[str, Any]:
    """The difference of the variant that is spoken of first, and what to do."""
    others = [one.variant_name for one in results.test.variants if not one.is_control]
    told = _comparison(results, results.analysis.verdict.arm if results.analysis else others[0])
    return {name: value for name, value in told.items() if name != "variant"}


def _comparison(results: Results, name: str) -> dict[str, Any]:
    effect = results.effect(name)
    verdicts = results.analysis.verdicts if results.analysis else ()
    verdict = next((one for one in verdicts if one.arm == name), None)
    alpha = float(results.test.settings.get("rules", {}).get("alpha", 0.05))
    reading = effect.deciding if effect else None
    return {
        "variant": name,
        "improvement": finite(effect.relative_lift) if effect else None,
        "improvementAbsolute": finite(effect.difference_absolute) if effect else None,
        "pValue": finite(effect.p_value_corrected) if effect else None,
        "isSignificant": effect.significant(alpha) if effect else False,
        "confidenceInterval": {
            "level": effect.level if effect else 0.95,
            "lower": finite(reading.difference_absolute_low) if reading else None,
            "upper": finite(reading.difference_absolute_high) if reading else None,
        },
        "recommendation": verdict.decision if verdict else None,
        "reason": verdict.because if verdict else "Nobody has seen every variant yet.",
    }


def _assigned(test: AbTest, lead_id: str, chosen: Chosen | None) -> dict[str, Any]:
    return {**_body(test, lead_id, chosen.arm.name if chosen else None), "assigned": chosen is not None}


def _body(test: AbTest, lead_id: str, name: str | None) -> dict[str, Any]:
    one = test.variant(name) if name else None
    return {
        "success": True,
        "testName": test.test_name,
        "leadId": lead_id,
        "variant": name,
        "modelVersion": one.model_version if one else None,
        "isControl": one.is_control if one else None,
    }


_TEST = record(
    {
        "testName": TEXT,
        "status": TEXT,
        "isActive": FLAG,
        "target": TEXT,
        "startDate": TEXT,
        "endDate": maybe(TEXT),
        "winner": maybe(TEXT),
        "variants": array(record({"name": TEXT, "modelVersion": TEXT, "trafficPercentage": NUMBER, "isControl": FLAG})),
    }
)
_COMPARED: dict[str, Any] = {
    "improvement": maybe(NUMBER),
    "improvementAbsolute": maybe(NUMBER),
    "pValue": maybe(SHARE),
    "isSignificant": FLAG,
    "confidenceInterval": record({"level": SHARE, "lower": maybe(NUMBER), "upper": maybe(NUMBER)}),
    "recommendation": maybe({"enum": ["deploy", "iterate", "rollback"]}),
    "reason": TEXT,
}
_ARM = record(
    {
        "variant": TEXT,
        "isControl": FLAG,
        "leadsCount": WHOLE,
        "conversionCount": WHOLE,
        "conversionRate": maybe(SHARE),
        "avgLeadScore": maybe(NUMBER),
        "avgTimeToConversion": maybe(NUMBER),
        "acceptanceRate": maybe(SHARE),
        "revenue": NUMBER,
        "maturedLeadsCount": WHOLE,
    }
)
_SEEN = record(
    {
        "success": FLAG,
        "testName": TEXT,
        "leadId": TEXT,
        "variant": maybe(TEXT),
        "modelVersion": maybe(TEXT),
        "isControl": maybe(FLAG),
        "assigned": FLAG,
    }
)

ROUTES = [
    Route(
        "GET", f"{PREFIX}/tests", "analyst", list_tests, "The tests that run.",
        record({"success": FLAG, "count": WHOLE, "tests": array(_TEST)}), refuses=(503,),
    ),
    Route(
        "GET", _NAMED, "analyst", show, "One test.", record({"success": FLAG, "test": _TEST}), None, _PARTS,
        refuses=(404, 503),
    ),
    Route(
        "GET", f"{_NAMED}/results", "analyst", results,
        "What is known of a test: each variant, the improvement with its interval, and whether to deploy, iterate or roll back.",
        record({
            "success": FLAG, "testName": TEXT, "status": TEXT, "daysRunning": NUMBER, "openShare": maybe(SHARE),
            "variants": array(_ARM), **_COMPARED, "comparisons": array(record({"variant": TEXT, **_COMPARED})),
            "notes": array(TEXT),
        }),
        None, _PARTS, refuses=(404, 503),
    ),
    Route(
        "POST", f"{PREFIX}/assign/{{leadId}}", "scorer", assign,
        "Put a lead into its variant, on the record; what it saw first stays.",
        _SEEN, Body(_ASSIGN.schema, {"testName": "ml_lead_scoring_v2"}), _LEAD, refuses=(404, 409, 503), writes=True,
    ),
    Route(
        "GET", f"{PREFIX}/variant/{{leadId}}", "analyst", variant,
        "The variant that a lead saw (`assigned`), or would see.",
        _SEEN, None, _LEAD, {"testName": Query("", "The test; the oldest that runs where none is named.")},
        refuses=(404, 409, 503),
    ),
    Route(
        "POST", f"{_NAMED}/stop", "admin", stop, "End a test; its winner serves from then on.",
        record({"success": FLAG, "test": _TEST, "modelVersion": maybe(TEXT), "previousVersion": maybe(TEXT)}),
        Body(_STOP.schema, {"winner": "treatment"}), _PARTS, refuses=(404, 409, 503), writes=True,
    ),
]  # fmt: skip
