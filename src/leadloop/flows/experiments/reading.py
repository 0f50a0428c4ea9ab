"""Reading an experiment: what is counted of its arms, what the statistics make of it, and where both are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from leadloop.experiments import (
    Analysis,
    ConversionTally,
    Effect,
    Metric,
    MetricKind,
    Rules,
    analyse,
    plan_conversion,
)
from leadloop.flows.experiments.counting import (
    ACCEPTANCE,
    CONVERSION,
    DEGRADED,
    LATENCY,
    REVENUE,
    SCORE,
    TIME,
    Counted,
    count_arms,
)

if TYPE_CHECKING:
    from leadloop.store import AbTest, Store

_KINDS: Mapping[str, tuple[MetricKind, Literal["higher", "lower"], str]] = {
    CONVERSION: ("conversion", "higher", ""),
    ACCEPTANCE: ("conversion", "higher", ""),
    TIME: ("time", "lower", "days"),
    REVENUE: ("amount", "higher", ""),
    SCORE: ("mean", "higher", "score points"),
    LATENCY: ("mean", "lower", "ms"),
    DEGRADED: ("conversion", "lower", ""),
}


@dataclass(frozen=True)
class Results:
    """What is known of an experiment at a moment."""

    test: AbTest
    """The experiment."""
    at: datetime
    """The moment."""
    days_run: float
    """For how many days it has run, or did."""
    arms: tuple[Counted, ...]
    """What was counted of each arm, in the order of the experiment."""
    analysis: Analysis | None
    """What the statistics make of it; None while nobody has seen any arm."""

    def arm(self, name: str) -> Counted:
        """What was counted of an arm."""
        return next(one for one in self.arms if one.tally.name == name)

    def conversion(self, name: str) -> ConversionTally:
        """The matured conversions of an arm."""
        tally = self.arm(name).tally.metrics[CONVERSION]
        assert isinstance(tally, ConversionTally)
        return tally

    def rate(self, name: str) -> float | None:
        """The share of an arm's matured units that was won; None while none has matured."""
        tally = self.conversion(name)
        return tally.conversions / tally.units if tally.units else None

    def effect(self, name: str, metric: str = CONVERSION) -> Effect | None:
        """How an arm differs from the control in a metric; None where nothing is known."""
        effects = self.analysis.effects if self.analysis else ()
        return next((one for one in effects if one.arm == name and one.metric.name == metric), None)


def read_experiment(store: Store, test: AbTest, *, now: datetime, keep: bool = False) -> Results:
    """Count and analyse an experiment as of a moment; with `keep`, note what came out with its variants."""
    settings = test.settings
    matures = float(settings.get("matures_after_days", 30.0))
    until = now if test.end_date is None else min(now, test.end_date + timedelta(days=matures))
    arms = tuple(
        count_arms(
            store,
            test,
            now=until,
            matures_days=matures,
            within_days=settings.get("within_days") or matures,
            amount_field=settings.get("amount_field", ""),
            accepted_within_days=float(settings.get("accepted_within_days", 7.0)),
        )
    )
    days = ((test.end_date or now) - test.start_date).total_seconds() / 86_400
    analysis = None
    if all(one.tally.units for one in arms):
        tallies = [one.tally for one in arms]
        analysis = analyse(tallies, metrics_of(test, arms), rules_of(test), days_run=max(0.0, days), seed=test.id)
    results = Results(test, now, max(0.0, days), arms, analysis)
    if keep:
        store.experiments.note_results(test, [_noted(results, one.variant_name) for one in test.variants])
    return results


def metrics_of(test: AbTest, arms: tuple[Counted, ...]) -> list[Metric]:
    """What the arms are compared by: what was counted of every arm, and may not get worse where the plan says so."""
    guarded: Mapping[str, float] = test.settings.get("guardrails", {})
    metrics = []
    for name, (kind, better, unit) in _KINDS.items():
        if name != CONVERSION and not all(_is_known(one.tally.metrics[name]) for one in arms):
            continue
        role: Literal["decision", "secondary", "guardrail"] = "guardrail" if name in guarded else "secondary"
        metrics.append(
            Metric(
                name=name,
                kind=kind,
                role="decision" if name == CONVERSION else role,
                better=better,
                unit=unit,
                tolerance=float(guarded.get(name, 0.02)),
            )
        )
    return metrics


def _is_known(tally: Any) -> bool:
    amounts = getattr(tally, "amounts", None)
    return bool(tally.units) and (amounts is None or len(amounts) > 0)


def rules_of(test: AbTest) -> Rules:
    """What was settled before anybody looked."""
    return Rules(**test.settings.get("rules", {}))


def leads_a_day(results: Results) -> float | None:
    """How many units came a day while it ran; None where it has run for too short a time to say."""
    units = sum(one.tally.units for one in results.arms)
    return units / results.days_run if results.days_run >= 1 and units else None


def days_left(results: Results) -> float | None:
    """In how many days it should have matured units enough for the smallest difference worth acting on; None where that
    cannot be told.
    """
    pace, control = leads_a_day(results), results.test.control.variant_name
    rate, rules = results.rate(control), rules_of(results.test)
    if not pace or not rate or rate >= 1:
        return None
    effect = rules.min_effect_absolute or (rules.relative_lift or 0.05) * rate
    if rate + effect >= 1:
        return None
    shares = [one.traffic_percentage / 100 for one in sorted(results.test.variants, key=lambda one: not one.is_control)]
    plan = plan_conversion(
        rate,
        effect,
        units_per_day=pace,
        shares=shares,
        alpha=rules.alpha,
        reading=rules.reading,
        matures_after_days=float(results.test.settings.get("matures_after_days", 0.0)),
    )
    return max(0.0, (plan.days or 0.0) - results.days_run)


def _noted(results: Results, name: str) -> Any:
    """What the experiment's own table says of an arm."""
    variant, arm, effect = results.test.variant(name), results.arm(name), results.effect(name)
    assert variant is not None
    reading = effect.deciding if effect else None
    return replace(
        variant,
        sample_size=arm.tally.units,
        conversion_rate=results.rate(name),
        avg_score=arm.mean_score,
        confidence_interval_lower=_finite(reading.difference_absolute_low) if reading else None,
        confidence_interval_upper=_finite(reading.difference_absolute_high) if reading else None,
        statistical_significance=effect.p_value_corrected if effect else None,
    )


def _finite(value: float) -> float | None:
    return value if abs(value) != float("inf") and value == value else None
