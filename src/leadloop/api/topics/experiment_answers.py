"""Experiments as the service answers them: what was planned, what came of it, and the schemas of both."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from leadloop.api.topics.cards import rounded
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.shapes import ANY, FLAG, NUMBER, SHARE, TEXT, WHOLE, array, mapping, maybe, record
from leadloop.experiments import Analysis, Effect, Reading, Verdict
from leadloop.flows.experiments.counting import ACCEPTANCE
from leadloop.flows.experiments.reading import Results, days_left

if TYPE_CHECKING:
    from leadloop.store import AbTest, Variant


def experiment_body(test: AbTest, now: datetime) -> dict[str, Any]:
    """An experiment as it was planned, and how it stands."""
    settings = test.settings
    return {
        "name": test.test_name,
        "state": test.state,
        "target": test.target,
        "unit": test.unit,
        "unit_field": test.unit_field or None,
        "group": test.group or None,
        "part": {"from": test.part[0], "to": test.part[1]},
        "holdout": test.holdout,
        "allocation": settings.get("allocation", "fixed"),
        "ramp": [{"at": step["at"], "percent": step["percent"]} for step in settings.get("ramp", ())],
        "percent_now": test.ramp_percent(now) if test.state == "running" else 0.0,
        "matures_after_days": float(settings.get("matures_after_days", 30.0)),
        "rules": dict(settings.get("rules", {})),
        "guardrails": dict(settings.get("guardrails", {})),
        "started_at": None if test.state == "planned" else write_moment(test.start_date),
        "ended_at": None if test.end_date is None else write_moment(test.end_date),
        "winner": test.winner,
        "arms": [arm_body(one) for one in test.variants],
    }


def arm_body(variant: Variant) -> dict[str, Any]:
    """An arm as it was planned."""
    return {
        "name": variant.variant_name,
        "version": variant.model_version,
        "policy": variant.policy or None,
        "share": variant.traffic_percentage,
        "control": variant.is_control,
    }


def results_body(results: Results, now: datetime) -> dict[str, Any]:
    """What is known of an experiment."""
    analysis = results.analysis
    return {
        "experiment": experiment_body(results.test, now),
        "at": write_moment(results.at),
        "days_run": round(results.days_run, 3),
        "days_left": rounded(days_left(results), 1),
        "open_share": rounded(analysis.open_share) if analysis else None,
        "sample_ratio": _ratio(analysis) if analysis else None,
        "arms": [_arm(results, one.variant_name) for one in results.test.variants],
        "effects": [effect_body(one) for one in analysis.effects] if analysis else [],
        "verdict": verdict_body(analysis.verdict) if analysis else None,
        "verdicts": [verdict_body(one) for one in analysis.verdicts] if analysis else [],
    }


def _ratio(analysis: Analysis) -> dict[str, Any]:
    ratio = analysis.ratio
    return {
        "units": dict(ratio.units),
        "expected": {name: round(value, 2) for name, value in ratio.expected.items()},
        "p_value": ratio.p_value,
        "passed": ratio.passed,
        "said": ratio.said,
    }


def _arm(results: Results, name: str) -> dict[str, Any]:
    arm, conversion = results.arm(name), results.conversion(name)
    variant = results.test.variant(name)
    assert variant is not None
    summary = next((one for one in results.analysis.arms if one.arm == name), None) if results.analysis else None
    units = arm.tally.units
    return {
        **arm_body(variant),
        "units": units,
        "matured_units": conversion.units,
        "open_share": rounded(conversion.open_units / units) if units else None,
        "conversions": conversion.conversions,
        "conversion_rate": rounded(results.rate(name)),
        "acceptance_rate": rounded(acceptance_rate(results, name)),
        "mean_score": rounded(arm.mean_score, 4),
        "mean_days_to_conversion": rounded(arm.mean_days_to_win, 4),
        "revenue": round(arm.revenue, 2),
        "revenue_per_unit": rounded(arm.revenue / conversion.units, 4) if conversion.units else None,
        "crossed_units": arm.crossed,
        "chance_best": rounded(summary.chance_best) if summary else None,
        "expected_loss": rounded(summary.expected_loss) if summary else None,
    }


def acceptance_rate(results: Results, name: str) -> float | None:
    """The share of an arm's units that were taken up, of those for which there was time; None where there was for none."""
    tally: Any = results.arm(name).tally.metrics[ACCEPTANCE]
    return tally.conversions / tally.units if tally.units else None


def effect_body(effect: Effect) -> dict[str, Any]:
    """How an arm differs from the control in one metric."""
    return {
        "metric": effect.metric.name,
        "role": effect.metric.role,
        "better": effect.metric.better,
        "unit": effect.metric.unit or None,
        "arm": effect.arm,
        "control": effect.control,
        "arm_units": effect.arm_units,
        "control_units": effect.control_units,
        "arm_value": finite(effect.arm_value),
        "control_value": finite(effect.control_value),
        "difference_absolute": finite(effect.difference_absolute),
        "relative_lift": finite(effect.relative_lift),
        "level": effect.level,
        "p_value_corrected": finite(effect.p_value_corrected),
        "correction": effect.correction,
        "reading": effect.reading,
        "any_time": _reading(effect.any_time),
        "at_end": _reading(effect.at_end),
        "variance_saved": finite(effect.variance_saved),
        "notes": list(effect.notes),
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "p_value": finite(reading.p_value),
        "difference_absolute_low": finite(reading.difference_absolute_low),
        "difference_absolute_high": finite(reading.difference_absolute_high),
        "relative_lift_low": finite(reading.relative_lift_low),
        "relative_lift_high": finite(reading.relative_lift_high),
        "method": reading.method,
    }


def verdict_body(verdict: Verdict) -> dict[str, Any]:
    """What to do, and why."""
    return {
        "decision": verdict.decision,
        "arm": verdict.arm,
        "row": verdict.row,
        "because": verdict.because,
        "would_change": verdict.would_change,
        "recommendations": list(verdict.recommendations),
        "notes": list(verdict.notes),
        "sure": verdict.sure,
    }


def finite(value: float | None) -> float | None:
    """A number that JSON can say; None for one without end, which nothing is known of."""
    return None if value is None or not isfinite(value) else float(value)


_ARM = {"name": TEXT, "version": TEXT, "policy": maybe(TEXT), "share": NUMBER, "control": FLAG}
EXPERIMENT = record(
    {
        "name": TEXT,
        "state": {"enum": ["planned", "running", "paused", "completed", "cancelled"]},
        "target": TEXT,
        "unit": {"enum": ["lead", "account", "user", "rep"]},
        "unit_field": maybe(TEXT),
        "group": maybe(TEXT),
        "part": record({"from": NUMBER, "to": NUMBER}),
        "holdout": NUMBER,
        "allocation": TEXT,
        "ramp": array(record({"at": TEXT, "percent": NUMBER})),
        "percent_now": NUMBER,
        "matures_after_days": NUMBER,
        "rules": mapping(ANY),
        "guardrails": mapping(NUMBER),
        "started_at": maybe(TEXT),
        "ended_at": maybe(TEXT),
        "winner": maybe(TEXT),
        "arms": array(record(_ARM)),
    }
)
_READING = record(
    {
        "p_value": maybe(SHARE),
        "difference_absolute_low": maybe(NUMBER),
        "difference_absolute_high": maybe(NUMBER),
        "relative_lift_low": maybe(NUMBER),
        "relative_lift_high": maybe(NUMBER),
        "method": TEXT,
    }
)
_EFFECT = record(
    {
        "metric": TEXT,
        "role": {"enum": ["decision", "secondary", "guardrail"]},
        "better": {"enum": ["higher", "lower"]},
        "unit": maybe(TEXT),
        "arm": TEXT,
        "control": TEXT,
        "arm_units": WHOLE,
        "control_units": WHOLE,
        "arm_value": maybe(NUMBER),
        "control_value": maybe(NUMBER),
        "difference_absolute": maybe(NUMBER),
        "relative_lift": maybe(NUMBER),
        "level": SHARE,
        "p_value_corrected": maybe(SHARE),
        "correction": TEXT,
        "reading": {"enum": ["any_time", "at_end"]},
        "any_time": _READING,
        "at_end": _READING,
        "variance_saved": maybe(NUMBER),
        "notes": array(TEXT),
    }
)
_VERDICT = record(
    {
        "decision": maybe({"enum": ["deploy", "iterate", "rollback"]}),
        "arm": TEXT,
        "row": TEXT,
        "because": TEXT,
        "would_change": TEXT,
        "recommendations": array(TEXT),
        "notes": array(TEXT),
        "sure": FLAG,
    }
)
RESULTS = record(
    {
        "experiment": EXPERIMENT,
        "at": TEXT,
        "days_run": NUMBER,
        "days_left": maybe(NUMBER),
        "open_share": maybe(SHARE),
        "sample_ratio": maybe(
            record(
                {
                    "units": mapping(WHOLE),
                    "expected": mapping(NUMBER),
                    "p_value": SHARE,
                    "passed": FLAG,
                    "said": TEXT,
                }
            )
        ),
        "arms": array(
            record(
                {
                    **_ARM,
                    "units": WHOLE,
                    "matured_units": WHOLE,
                    "open_share": maybe(SHARE),
                    "conversions": WHOLE,
                    "conversion_rate": maybe(SHARE),
                    "acceptance_rate": maybe(SHARE),
                    "mean_score": maybe(NUMBER),
                    "mean_days_to_conversion": maybe(NUMBER),
                    "revenue": NUMBER,
                    "revenue_per_unit": maybe(NUMBER),
                    "crossed_units": WHOLE,
                    "chance_best": maybe(SHARE),
                    "expected_loss": maybe(NUMBER),
                }
            )
        ),
        "effects": array(_EFFECT),
        "verdict": maybe(_VERDICT),
        "verdicts": array(_VERDICT),
    }
)
