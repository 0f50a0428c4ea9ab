"""From tallies to a verdict: the one function that an experiment is read by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, sqrt

import numpy as np

from leadloop.errors import ExperimentError
from leadloop.experiments.amounts import bootstrap, capped
from leadloop.experiments.chances import Chances, conversion_chances, mean_chances
from leadloop.experiments.corrections import benjamini_hochberg, holm
from leadloop.experiments.effects import Analysis, ArmSummary, Effect, Reading, Verdict
from leadloop.experiments.means import difference_of, relative, welch
from leadloop.experiments.metrics import Metric, Rules
from leadloop.experiments.moments import Moments, covariate_middle, covariate_slope, moments_of
from leadloop.experiments.proportions import z_test
from leadloop.experiments.ratio import check_ratio
from leadloop.experiments.sequential import any_time
from leadloop.experiments.tallies import AmountTally, ArmTally, ConversionTally, MeanTally, Tally, TimeTally
from leadloop.experiments.tally_check import check_tallies
from leadloop.experiments.times import compare_times, mean_time, shared_horizon
from leadloop.experiments.verdict import judge

_BEST_FIRST = ("deploy", "iterate", "rollback", None)


def analyse(
    arms: Sequence[ArmTally], metrics: Sequence[Metric], rules: Rules, *, days_run: float, seed: int = 0
) -> Analysis:
    """Read an experiment: is the split right, how do the arms differ, what to do.

    `arms` holds one control and one or more others; `metrics` holds one whose role is decision; every arm has a tally for every
    metric, of the metric's kind. `days_run` is how long units have been exposed. `seed` is for the bootstrap of amounts: the same
    tallies and seed give the same answer. Raises ExperimentError with everything that is wrong with these.

    >>> arms = [
    ...     ArmTally(name=name, share=0.5, units=5000, is_control=won == 400, metrics={"won": _won})
    ...     for name, won in (("rules", 400), ("model", 560))
    ...     for _won in [ConversionTally(units=5000, conversions=won)]
    ... ]
    >>> analysis = analyse(arms, [Metric(name="won", kind="conversion", role="decision")], Rules(), days_run=30)
    >>> analysis.verdict.decision, round(analysis.effects[0].relative_lift, 2)
    ('deploy', 0.4)
    """
    if problems := check_tallies(arms, metrics):
        raise ExperimentError("experiment", problems)
    arms = sorted(arms, key=lambda arm: not arm.is_control)
    metrics = sorted(metrics, key=lambda metric: _ROLES.index(metric.role))
    ratio = check_ratio(arms, threshold=rules.ratio_threshold)
    read = [_read(arms, metric, rules, seed + number) for number, metric in enumerate(metrics)]
    effects = _corrected([effect for metric in read for effect in metric.effects])
    summaries = _summaries(arms, metrics, read)
    open_share = _open_share([arm.metrics[metrics[0].name] for arm in arms])
    verdicts = tuple(
        judge(
            ratio,
            next(one for one in effects if one.arm == arm.name and one.metric.role == "decision"),
            [one for one in effects if one.arm == arm.name and one.metric.role == "guardrail"],
            rules,
            days_run=days_run,
            open_share=open_share,
        )
        for arm in arms[1:]
    )
    return Analysis(
        ratio=ratio,
        arms=summaries,
        effects=effects,
        verdicts=verdicts,
        verdict=_foremost(verdicts, effects),
        open_share=open_share,
        reading=rules.reading,
    )


_ROLES = ("decision", "secondary", "guardrail")


@dataclass(frozen=True, slots=True)
class _Read:
    """What one metric says: its effects (not yet corrected), the values of all arms, and which is likely the best."""

    effects: list[Effect]
    values: list[float | None]
    chances: Chances | None


def _read(arms: Sequence[ArmTally], metric: Metric, rules: Rules, seed: int) -> _Read:
    """One metric of all arms, the control first."""
    tallies = [arm.metrics[metric.name] for arm in arms]
    # The pair's part of the planned units.
    whole = sum(arm.share for arm in arms)
    planned = [
        max(1, round((rules.planned_units or 10 * rules.min_units * len(arms)) * (arms[0].share + arm.share) / whole))
        for arm in arms
    ]
    names = [arm.name for arm in arms]
    if metric.kind == "time":
        return _read_times([one for one in tallies if isinstance(one, TimeTally)], names, metric, rules, planned)
    if metric.cap is not None:
        tallies = [capped(one, metric.cap) if isinstance(one, AmountTally) else one for one in tallies]
    plain = [one for one in tallies if isinstance(one, ConversionTally | MeanTally)]
    slope = covariate_slope(plain) if len(plain) == len(tallies) else 0.0
    middle = covariate_middle(plain) if slope else 0.0
    counted = [one for one in tallies if not isinstance(one, TimeTally)]
    moments = [moments_of(one, slope, middle) for one in counted]
    effects = []
    for number in range(1, len(arms)):
        control, arm = moments[0], moments[number]
        at_end = _at_end(
            counted[0], counted[number], control, arm, adjusted=bool(slope), rules=rules, seed=seed + 7919 * number
        )
        always = any_time(control, arm, planned_units=planned[number], alpha=rules.alpha)
        effects.append(
            _effect(
                metric,
                (names[0], names[number]),
                (control, arm),
                at_end,
                always,
                rules,
                saved=_saved(counted[number], counted[0], control, arm) if slope else 0.0,
            )
        )
    values = [one.plain_mean if one.units else None for one in moments]
    return _Read(effects, values, _chances(counted, moments, metric))


def _at_end(
    control_tally: Tally, arm_tally: Tally, control: Moments, arm: Moments, *, adjusted: bool, rules: Rules, seed: int
) -> Reading:
    """The reading for one look, by the method that fits the kind of number."""
    if isinstance(control_tally, ConversionTally) and isinstance(arm_tally, ConversionTally) and not adjusted:
        return z_test(control_tally, arm_tally, alpha=rules.alpha)
    if isinstance(control_tally, AmountTally) and isinstance(arm_tally, AmountTally):
        return bootstrap(control_tally, arm_tally, rng=np.random.default_rng(seed), alpha=rules.alpha)
    reading = welch(control, arm, alpha=rules.alpha)
    return replace(reading, method=f"{reading.method}, adjusted by the covariate") if adjusted else reading


def _effect(
    metric: Metric,
    names: tuple[str, str],
    moments: tuple[Moments, Moments],
    at_end: Reading,
    always: Reading,
    rules: Rules,
    *,
    saved: float,
) -> Effect:
    """An effect in a share, a mean or an amount."""
    control, arm = moments
    difference, error, _ = difference_of(control, arm)
    return Effect(
        metric=metric,
        arm=names[1],
        control=names[0],
        arm_units=arm.units,
        control_units=control.units,
        arm_value=arm.plain_mean,
        control_value=control.plain_mean,
        difference_absolute=difference,
        relative_lift=relative(difference, control.mean),
        standard_error=error,
        level=1 - rules.alpha,
        at_end=at_end,
        any_time=always,
        reading=rules.reading,
        p_value_corrected=(always if rules.reading == "any_time" else at_end).p_value,
        correction="none",
        variance_saved=saved,
    )


def _read_times(
    tallies: Sequence[TimeTally], names: Sequence[str], metric: Metric, rules: Rules, planned: Sequence[int]
) -> _Read:
    """One metric of times to conversion."""
    horizon = min(metric.horizon_days or inf, shared_horizon(list(tallies)))
    effects, control = [], tallies[0]
    for number in range(1, len(tallies)):
        first, second, at_end, always = compare_times(
            control, tallies[number], horizon_days=horizon, planned_units=planned[number], alpha=rules.alpha
        )
        notes = (f"Times are looked at up to day {horizon:g}.",)
        if metric.horizon_days is not None and horizon < metric.horizon_days:
            notes = (
                f"No arm was watched up to day {metric.horizon_days:g} yet: times are looked at up to day {horizon:g}.",
            )
        both = control.units and tallies[number].units
        error = sqrt(first.error**2 + second.error**2) if both else inf
        effects.append(
            Effect(
                metric=metric,
                arm=names[number],
                control=names[0],
                arm_units=tallies[number].units,
                control_units=control.units,
                arm_value=second.days,
                control_value=first.days,
                difference_absolute=second.days - first.days,
                relative_lift=relative(second.days - first.days, first.days),
                standard_error=error or inf,
                level=1 - rules.alpha,
                at_end=at_end,
                any_time=always,
                reading=rules.reading,
                p_value_corrected=(always if rules.reading == "any_time" else at_end).p_value,
                correction="none",
                notes=notes,
            )
        )
    means = [mean_time(one, horizon) for one in tallies]
    values = [one.days if tally.units else None for one, tally in zip(means, tallies, strict=True)]
    known = all(one.error > 0 for one in means)
    as_moments = [Moments(1, one.days, one.error**2, one.days) for one in means]
    chances = mean_chances(as_moments, lower_is_better=metric.better == "lower") if known else None
    return _Read(effects, values, chances)


def _saved(arm_tally: Tally, control_tally: Tally, control: Moments, arm: Moments) -> float:
    """The share of the variance of the difference that the covariate took away."""
    if isinstance(arm_tally, TimeTally) or isinstance(control_tally, TimeTally):
        return 0.0
    before = moments_of(control_tally).squared_error + moments_of(arm_tally).squared_error
    return max(0.0, 1 - (control.squared_error + arm.squared_error) / before) if before else 0.0


def _chances(tallies: Sequence[Tally], moments: Sequence[Moments], metric: Metric) -> Chances | None:
    """Which arm is likely the best; None before every arm has something to say."""
    if any(one.units < 2 for one in moments):
        return None
    lower = metric.better == "lower"
    conversions = [one for one in tallies if isinstance(one, ConversionTally)]
    if conversions:
        turned = [replace(one, conversions=one.units - one.conversions) if lower else one for one in conversions]
        return conversion_chances(turned)
    if all(one.squared_error == 0 for one in moments):
        return None
    return mean_chances(moments, lower_is_better=lower)


def _corrected(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects with p-values that bear in mind how many there are.

    Of the decision metric each arm may be deployed: not one false finding among them is wanted (Holm). Secondary metrics are for
    ideas: few of the findings shall be false (Benjamini and Hochberg). Guardrails are left alone: harm must not be harder to see
    for being looked for in more places.
    """
    done = list(effects)
    for role, method, name in (("decision", holm, "Holm"), ("secondary", benjamini_hochberg, "Benjamini-Hochberg")):
        places = [place for place, effect in enumerate(done) if effect.metric.role == role]
        if len(places) > 1:
            corrected = method([done[place].deciding.p_value for place in places])
            for place, p_value in zip(places, corrected, strict=True):
                done[place] = replace(done[place], p_value_corrected=p_value, correction=name)
    return tuple(done)


def _summaries(arms: Sequence[ArmTally], metrics: Sequence[Metric], read: Sequence[_Read]) -> tuple[ArmSummary, ...]:
    """Every arm as it stands."""
    found = []
    for number, arm in enumerate(arms):
        tally = arm.metrics[metrics[0].name]
        chances = read[0].chances
        found.append(
            ArmSummary(
                arm=arm.name,
                is_control=arm.is_control,
                units=arm.units,
                matured_units=tally.units,
                open_share=_open_share([tally]),
                chance_best=chances.best[number] if chances else None,
                expected_loss=chances.expected_loss[number] if chances else None,
                values={metric.name: one.values[number] for metric, one in zip(metrics, read, strict=True)},
            )
        )
    return tuple(found)


def _open_share(tallies: Sequence[Tally]) -> float:
    """The share of units whose time is not over."""
    still_open = sum(0 if isinstance(one, TimeTally) else one.open_units for one in tallies)
    units = still_open + sum(one.units for one in tallies)
    return still_open / units if units else 0.0


def _foremost(verdicts: Sequence[Verdict], effects: Sequence[Effect]) -> Verdict:
    """The verdict that is given for the experiment: the arm to deploy with the largest gain, else the most promising one."""
    gains: Mapping[str, float] = {one.arm: one.gain for one in effects if one.metric.role == "decision"}
    return min(
        verdicts,
        key=lambda one: (_BEST_FIRST.index(one.decision), -gains[one.arm] if isfinite(gains[one.arm]) else inf),
    )
