"""`/api/v1/ml/ab-tests`: experiments on postings under the names that have been documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadloop.api.faces.fields import as_lead, served_by_face
from leadloop.api.faces.marketplace import FIELDS, answer
from leadloop.api.faces.marketplace_feedback import PREFIX
from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.scoring.live import Unscored
from leadloop.api.topics.cards import rounded
from leadloop.api.topics.experiment_answers import finite, verdict_body
from leadloop.api.topics.experiments import end, found, planned, put, read, score_by_arm
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.forms import Entry, Form, read_form
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import ANY, FLAG, NUMBER, SHARE, TEXT, WHOLE, array, maybe, record
from leadloop.errors import Problem
from leadloop.flows.experiments.planning import Asked, AskedArm
from leadloop.flows.experiments.reading import Results

if TYPE_CHECKING:
    from leadloop.store import AbTest, Variant

_VARIANT = Form(
    (
        Entry("variant_name", required=True, most=50),
        Entry("model_version", required=True, most=100),
        Entry("traffic_percentage", "number", required=True, low=0, high=100),
        Entry("is_control", "flag"),
    )
)
_TEST = Form((Entry("test_name", required=True, most=100), Entry("unit", choices=("lead", "user"))))
_UNIT = Form((Entry("lead_id", "id", required=True), Entry("user_id", "id"), Entry("test_name", most=100)))
_NAMED = f"{PREFIX}/ab-tests/{{name}}"
_PARTS = {"name": "The test's name."}


async def create(call: Call) -> dict[str, Any]:
    """Create a test, which runs at once."""
    given = dict(await call.json())
    variants = given.pop("variants", None)
    said, problems = _TEST.read(given)
    if not isinstance(variants, list) or len(variants) < 2:
        problems.append(Problem("variants", "are not two or more", "give a list of them, one with is_control: true"))
        variants = []
    rows = []
    for place, one in enumerate(variants):
        row, wrong = _VARIANT.read(one, f"variants[{place}]")
        problems += wrong
        rows.append(row)
    if problems:
        raise Refusal(422, problems)
    settings = call.service.settings
    arms = [
        AskedArm(row["variant_name"], row["model_version"], row["traffic_percentage"], bool(row["is_control"]))
        for row in rows
    ]
    asked = Asked(
        said["test_name"],
        arms,
        unit=said["unit"] or "lead",
        alpha=settings.ab_test_significance_level,
        min_units=settings.ab_test_min_sample_size,
        min_effect_absolute=settings.ab_test_min_effect_size,
        relative_lift=None,
    )
    playbook = _playbook(call)
    served_by_face(call, playbook)
    await planned(call, playbook, asked, start=True)
    return {"success": True, **_test(await found(call, playbook, asked.name))}


async def list_tests(call: Call) -> dict[str, Any]:
    """The tests that run; on request every one."""
    playbook, every = _playbook(call), call.query("include_stopped")
    tests = await call.look_up(
        lambda store: (
            store.experiments.page(playbook, limit=1_000).items if every else store.experiments.unended(playbook)
        )
    )
    return {"ab_tests": [_test(one) for one in tests], "total_count": len(tests)}


async def assign(call: Call) -> dict[str, Any]:
    """Put a lead into its variant, on the record."""
    said = await read_form(call, _UNIT)
    test = await _named(call, said["test_name"])
    chosen = await put(call, test, said["lead_id"], said["user_id"])
    return {
        "test_name": test.test_name,
        "lead_id": said["lead_id"],
        "user_id": said["user_id"],
        "variant_name": chosen.arm.name if chosen else None,
        "model_version": chosen.arm.version if chosen else None,
        "is_control": chosen.arm.is_control if chosen else None,
    }


async def score(call: Call) -> dict[str, Any]:
    """Score a lead by its variant."""
    body = dict(await call.json())
    lead, user, named = body.pop("lead_data", None), body.pop("user_id", None), body.pop("test_name", None)
    problems = [Problem(name, "is not read here", "give test_name, lead_data and user_id") for name in body]
    user, wrong, mend = Entry("user_id", "id").read(user) if user is not None else (None, "", "")
    problems += [Problem("user_id", wrong, mend)] if wrong else []
    problems += _explain_name(call, named)
    if problems:
        raise Refusal(422, problems)
    playbook = _playbook(call)
    read_lead = as_lead(FIELDS, served_by_face(call, playbook), lead)
    if isinstance(read_lead, Unscored):
        raise Refusal(422, [Problem(f"lead_data.{one.where}", one.what, one.mend) for one in read_lead.problems])
    scored = await score_by_arm(call, playbook, call.path("name"), read_lead, user)
    chosen = scored.chosen
    return {
        **answer(scored),
        "ab_test_name": call.path("name"),
        "ab_test_variant": chosen.arm.name if chosen else None,
    }


async def results(call: Call) -> dict[str, Any]:
    """What is known of a test."""
    test = await _named(call, None)
    known = await read(call, test)
    test = known.test
    return {
        **_test(test),
        "variants": [_result(known, one) for one in test.variants],
        "statistical_analysis": _analysis(known),
        "recommendations": list(known.analysis.verdict.recommendations) if known.analysis else [],
        "verdict": verdict_body(known.analysis.verdict) if known.analysis else None,
    }


async def stop(call: Call) -> dict[str, Any]:
    """End a test; its winner serves from now on."""
    test, winner = await _named(call, None), call.query("winner_variant") or None
    ended = await end(call, test, winner)
    return {
        "success": True,
        **_test(ended.test),
        "winner_variant": winner,
        "model_version": ended.served,
        "previous_version": ended.previous,
    }


async def _named(call: Call, also: str | None) -> AbTest:
    """The test of the path, which a body may name once more."""
    if problems := _explain_name(call, also):
        raise Refusal(422, problems)
    return await found(call, _playbook(call), call.path("name"))


def _explain_name(call: Call, named: Any) -> list[Problem]:
    if named in (None, call.path("name")):
        return []
    return [Problem("test_name", "is another than that of the path", "leave it out, or give the same")]


def _playbook(call: Call) -> str:
    return call.service.settings.marketplace_playbook


def _test(test: AbTest) -> dict[str, Any]:
    return {
        "test_name": test.test_name,
        "status": test.state,
        "unit": test.unit,
        "start_date": write_moment(test.start_date),
        "end_date": None if test.end_date is None else write_moment(test.end_date),
        "variants": [_variant(one) for one in test.variants],
    }


def _variant(one: Variant) -> dict[str, Any]:
    return {
        "variant_name": one.variant_name,
        "model_version": one.model_version,
        "traffic_percentage": one.traffic_percentage,
        "is_control": one.is_control,
        "is_active": one.is_active,
        "sample_size": one.sample_size,
        "conversion_rate": rounded(one.conversion_rate),
        "avg_score": rounded(one.avg_score, 4),
        "confidence_interval_lower": rounded(one.confidence_interval_lower),
        "confidence_interval_upper": rounded(one.confidence_interval_upper),
        "statistical_significance": rounded(one.statistical_significance),
    }


def _result(results: Results, one: Variant) -> dict[str, Any]:
    arm, effect = results.arm(one.variant_name), results.effect(one.variant_name)
    conversion = results.conversion(one.variant_name)
    reading = effect.deciding if effect else None
    return {
        **_variant(one),
        "sample_size": arm.tally.units,
        "conversion_rate": rounded(results.rate(one.variant_name)),
        "avg_score": rounded(arm.mean_score, 4),
        "confidence_interval_lower": finite(reading.difference_absolute_low) if reading else None,
        "confidence_interval_upper": finite(reading.difference_absolute_high) if reading else None,
        "statistical_significance": finite(effect.p_value_corrected) if effect else None,
        "conversions": conversion.conversions,
        "matured_sample_size": conversion.units,
    }


def _analysis(results: Results) -> dict[str, Any] | None:
    """The difference that is spoken of first: that of the variant to deploy, or of the most promising one."""
    if results.analysis is None:
        return None
    verdict, rules = results.analysis.verdict, results.test.settings.get("rules", {})
    effect = results.effect(verdict.arm)
    if effect is None:
        return None
    smallest = min(effect.arm_units, effect.control_units)
    return {
        "variant_name": effect.arm,
        "control_name": effect.control,
        "difference_absolute": finite(effect.difference_absolute),
        "relative_lift": finite(effect.relative_lift),
        "p_value": finite(effect.p_value_corrected),
        "confidence_level": effect.level,
        "confidence_interval_lower": finite(effect.deciding.difference_absolute_low),
        "confidence_interval_upper": finite(effect.deciding.difference_absolute_high),
        "is_significant": effect.significant(float(rules.get("alpha", 0.05))),
        "sample_size_adequate": smallest >= int(rules.get("min_units", 100)),
        "sample_ratio_ok": results.analysis.ratio.passed,
    }


_VARIANT_ANSWER: dict[str, Any] = {
    "variant_name": TEXT,
    "model_version": TEXT,
    "traffic_percentage": NUMBER,
    "is_control": FLAG,
    "is_active": FLAG,
    "sample_size": WHOLE,
    "conversion_rate": maybe(SHARE),
    "avg_score": maybe(NUMBER),
    "confidence_interval_lower": maybe(NUMBER),
    "confidence_interval_upper": maybe(NUMBER),
    "statistical_significance": maybe(SHARE),
}
_TEST_ANSWER: dict[str, Any] = {
    "test_name": TEXT,
    "status": TEXT,
    "unit": TEXT,
    "start_date": TEXT,
    "end_date": maybe(TEXT),
    "variants": array(record(_VARIANT_ANSWER)),
}
_ANALYSIS = record(
    {
        "variant_name": TEXT,
        "control_name": TEXT,
        "difference_absolute": maybe(NUMBER),
        "relative_lift": maybe(NUMBER),
        "p_value": maybe(SHARE),
        "confidence_level": SHARE,
        "confidence_interval_lower": maybe(NUMBER),
        "confidence_interval_upper": maybe(NUMBER),
        "is_significant": FLAG,
        "sample_size_adequate": FLAG,
        "sample_ratio_ok": FLAG,
    }
)
_EXAMPLE = {
    "test_name": "model_comparison_v1",
    "variants": [
        {"variant_name": "control", "model_version": "champion", "traffic_percentage": 50, "is_control": True},
        {"variant_name": "experimental", "model_version": "latest", "traffic_percentage": 50, "is_control": False},
    ],
}
_CREATED = record(
    {"test_name": _TEST.schema["properties"]["test_name"], "variants": array(_VARIANT.schema, minItems=2)},
    {"unit": _TEST.schema["properties"]["unit"]},
)
_SCORED = {"type": "object", "required": ["lead_id", "score", "model_version", "ab_test_name", "ab_test_variant"]}

TEST_ROUTES = [
    Route(
        "POST", f"{PREFIX}/ab-tests", "admin", create,
        "Create a test of two or more versions, whose shares add up to 100 and one of which is the control; it runs at once.",
        record({"success": FLAG, **_TEST_ANSWER}),
        Body(_CREATED, _EXAMPLE),
        refuses=(404, 409, 503), writes=True,
    ),
    Route(
        "GET", f"{PREFIX}/ab-tests", "analyst", list_tests, "The tests that have not ended; on request every one.",
        record({"ab_tests": array(record(_TEST_ANSWER)), "total_count": WHOLE}),
        query={"include_stopped": Query(False, "Whether tests that have ended are told of too.")}, refuses=(503,),
    ),
    Route(
        "POST", f"{_NAMED}/assign", "scorer", assign, "Put a lead into its variant, on the record; what it saw first stays.",
        record({"test_name": TEXT, "lead_id": TEXT, "user_id": maybe(TEXT), "variant_name": maybe(TEXT),
                "model_version": maybe(TEXT), "is_control": maybe(FLAG)}),
        Body(_UNIT.schema, {"lead_id": 123, "user_id": "user_123"}), _PARTS, refuses=(404, 409, 503), writes=True,
    ),
    Route(
        "POST", f"{_NAMED}/score", "scorer", score,
        "Score a lead by its variant; by the version in service where it takes no part.",
        _SCORED,
        Body(record({"lead_data": {"type": "object"}}, {"test_name": TEXT, "user_id": ANY}),
             {"test_name": "model_comparison_v1", "lead_data": {"lead_id": 123, "title": "Software Engineer"},
              "user_id": "user_123"}),
        _PARTS, refuses=(404, 409, 503),
    ),
    Route(
        "GET", f"{_NAMED}/results", "analyst", results,
        "What is known of a test: each variant, the difference with its interval, and what to do.",
        record({
            **_TEST_ANSWER,
            "variants": array(record({**_VARIANT_ANSWER, "conversions": WHOLE, "matured_sample_size": WHOLE})),
            "statistical_analysis": maybe(_ANALYSIS), "recommendations": array(TEXT), "verdict": maybe({"type": "object"}),
        }),
        None, _PARTS, refuses=(404, 503),
    ),
    Route(
        "POST", f"{_NAMED}/stop", "admin", stop, "End a test; `winner_variant` is then served.",
        record({"success": FLAG, **_TEST_ANSWER, "winner_variant": maybe(TEXT), "model_version": maybe(TEXT),
                "previous_version": maybe(TEXT)}),
        None, _PARTS, {"winner_variant": Query("", "The variant that won, and serves from now on.")},
        refuses=(404, 409, 503), writes=True,
    ),
]  # fmt: skip
