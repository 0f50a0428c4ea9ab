"""What to do, from one table: deploy, iterate or roll back, why, and what would change it.

The table is read from above; the first row that fits decides. It is the same for gains and losses: turn every number around, and
deploy becomes rollback and nothing else changes. Only a guardrail has no other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isinf
from typing import Literal

from leadloop.experiments.distributions import normal_quantile
from leadloop.experiments.effects import Decision, Effect, RatioCheck, Verdict
from leadloop.experiments.metrics import ReadingName, Rules
from leadloop.experiments.planning import POWER
from leadloop.experiments.sequential import any_time_reach
from leadloop.experiments.wording import change, lift, tell

_TOO_LONG = 730.0
"""Days after which an experiment is no advice any more."""

Result = Literal[
    "better_by_enough",
    "better_by_little",
    "worse_by_enough",
    "worse_by_little",
    "no_difference_that_matters",
    "not_known_yet",
]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: when it fits (None where it does not matter), and what it says."""

    name: str
    decision: Decision | None
    split_right: bool | None = None
    enough_units: bool | None = None
    guardrail_broken: bool | None = None
    result: Result | None = None

    def fits(self, split_right: bool, enough_units: bool, guardrail_broken: bool, result: Result) -> bool:
        """Whether this is the state of the experiment."""
        return all(
            asked is None or asked == state
            for asked, state in (
                (self.split_right, split_right),
                (self.enough_units, enough_units),
                (self.guardrail_broken, guardrail_broken),
                (self.result, result),
            )
        )


TABLE = (
    Row("split_not_as_planned", None, split_right=False),
    Row("too_few_units", "iterate", enough_units=False),
    Row("guardrail_broken", "rollback", guardrail_broken=True),
    Row("better_by_enough", "deploy", result="better_by_enough"),
    Row("worse_by_enough", "rollback", result="worse_by_enough"),
    Row("better_by_little", "iterate", result="better_by_little"),
    Row("worse_by_little", "iterate", result="worse_by_little"),
    Row("no_difference_that_matters", "iterate", result="no_difference_that_matters"),
    Row("not_known_yet", "iterate", result="not_known_yet"),
)


def find_row(*, split_right: bool, enough_units: bool, guardrail_broken: bool, result: Result) -> Row:
    """The row of the table that decides.

    >>> find_row(split_right=True, enough_units=True, guardrail_broken=False, result="better_by_enough").decision
    'deploy'
    """
    return next(row for row in TABLE if row.fits(split_right, enough_units, guardrail_broken, result))


def result_of(effect: Effect, rules: Rules) -> Result:
    """What the difference in the decision metric amounts to: its direction where it is significant, and whether it is enough."""
    if effect.significant(rules.alpha) and effect.gain != 0:
        enough = _enough(effect, rules)
        if effect.gain > 0:
            return "better_by_enough" if enough else "better_by_little"
        return "worse_by_enough" if enough else "worse_by_little"
    return "not_known_yet" if _could_be_enough(effect, rules) else "no_difference_that_matters"


def is_broken(guardrail: Effect) -> bool:
    """Whether a guardrail has surely got worse, and by more than it may.

    Guardrails are not corrected for their number: to look at more of them must not make each of them blinder.
    """
    reading = guardrail.deciding
    low, high = reading.difference_absolute_low, reading.difference_absolute_high
    surely_worse = high < 0 if guardrail.metric.better == "higher" else low > 0
    by = guardrail.relative_lift
    return surely_worse and (by is None or abs(by) > guardrail.metric.tolerance)


def judge(
    ratio: RatioCheck, effect: Effect, guardrails: Sequence[Effect], rules: Rules, *, days_run: float, open_share: float
) -> Verdict:
    """The verdict on one arm, from its effect in the decision metric and its guardrails."""
    broken = [guardrail for guardrail in guardrails if is_broken(guardrail)]
    fewest = min(effect.arm_units, effect.control_units)
    result = result_of(effect, rules)
    row = find_row(
        split_right=ratio.passed,
        enough_units=fewest >= rules.min_units,
        guardrail_broken=bool(broken),
        result=result,
    )
    missing = _units_missing(effect, rules)
    return Verdict(
        decision=row.decision,
        arm=effect.arm,
        row=row.name,
        because=_because(row, ratio, effect, broken, rules),
        would_change=_would_change(row, effect, broken, rules, missing, days_run),
        recommendations=_recommendations(row, effect, rules, missing, days_run),
        notes=_notes(effect, guardrails, broken, rules, days_run, open_share),
        sure=ratio.passed and effect.significant(rules.alpha),
    )


def _enough(effect: Effect, rules: Rules) -> bool:
    """Whether what was seen reaches every minimum that was set."""
    slack = 1 - 1e-9  # 12 % less 10 % is a little under 2 % in binary numbers
    absolute = rules.min_effect_absolute
    return (absolute is None or abs(effect.difference_absolute) >= absolute * slack) and (
        rules.relative_lift is None
        or effect.relative_lift is None
        or abs(effect.relative_lift) >= rules.relative_lift * slack
    )


def _could_be_enough(effect: Effect, rules: Rules) -> bool:
    """Whether a difference that reaches every minimum may still be there, in either direction."""
    reading, absolute = effect.deciding, rules.min_effect_absolute
    low, high = reading.difference_absolute_low, reading.difference_absolute_high
    down = absolute is None or low <= -absolute
    up = absolute is None or high >= absolute
    if rules.relative_lift is not None and reading.relative_lift_low is not None:
        down = down and reading.relative_lift_low <= -rules.relative_lift
        up = up and (reading.relative_lift_high is None or reading.relative_lift_high >= rules.relative_lift)
    return down or up


def _units_missing(effect: Effect, rules: Rules) -> int | None:
    """How many more matured units of both arms it takes, at the variance seen so far, to see the smallest difference that matters
    with a probability of 0.8; None where that cannot be told.
    """
    wanted = _smallest_that_matters(effect, rules)
    if isinf(effect.standard_error) or effect.standard_error <= 0 or not wanted:
        return None
    units = effect.arm_units + effect.control_units
    steps = _reach(1 - effect.level, effect.reading) + normal_quantile(POWER)
    return max(0, ceil(units * (effect.standard_error * steps / wanted) ** 2 - units))


def _smallest_that_matters(effect: Effect, rules: Rules) -> float:
    """The smallest difference that reaches every minimum, in the metric's unit; 0 where none is asked for."""
    by_lift = (rules.relative_lift or 0.0) * abs(effect.control_value)
    return max(rules.min_effect_absolute or 0.0, by_lift)


def _asked(effect: Effect, rules: Rules) -> str:
    """The minimum that is asked for, in words."""
    parts = []
    if rules.min_effect_absolute is not None:
        parts.append(change(rules.min_effect_absolute, effect.metric).lstrip("+"))
    if rules.relative_lift is not None:
        parts.append(f"{100 * rules.relative_lift:.3g}% of the control")
    return " and ".join(parts)


def _because(row: Row, ratio: RatioCheck, effect: Effect, broken: Sequence[Effect], rules: Rules) -> str:
    """Why, with the numbers."""
    if row.name == "split_not_as_planned":
        return f"No verdict: {ratio.said}"
    if row.name == "too_few_units":
        return (
            f"Too early: {effect.arm} has {effect.arm_units:,} and {effect.control} {effect.control_units:,} matured units, "
            f"and {rules.min_units:,} each were asked for. {tell(effect)}"
        )
    if row.name == "guardrail_broken":
        return "A guardrail got worse by more than it may: " + " ".join(tell(one) for one in broken)
    said = {
        "better_by_enough": "Better, surely, and by enough",
        "worse_by_enough": "Worse, surely, and by enough",
        "better_by_little": f"Better, surely, but by less than was asked for ({_asked(effect, rules)})",
        "worse_by_little": f"Worse, surely, but by less than was asked for ({_asked(effect, rules)})",
        "no_difference_that_matters": f"No difference that matters: one of {_asked(effect, rules)} is ruled out, either way",
        "not_known_yet": "Not known yet: what was seen may be chance",
    }[row.name]
    return f"{said}. {tell(effect)}"


def _would_change(
    row: Row, effect: Effect, broken: Sequence[Effect], rules: Rules, missing: int | None, days_run: float
) -> str:
    """What would change the verdict."""
    if row.name == "split_not_as_planned":
        return "Find where units are lost, and run it anew: the units so far cannot be mended by counting differently."
    if row.name == "too_few_units":
        left = max(0, rules.min_units - min(effect.arm_units, effect.control_units))
        return f"{left:,} more matured units in the smaller arm{_in_days(2 * left, effect, days_run)}."
    if row.name == "guardrail_broken":
        names = ", ".join(one.metric.name for one in broken)
        return f"A version that keeps {names} within {broken[0].metric.tolerance:.3g} of the control's, relatively."
    if row.name in ("better_by_enough", "worse_by_enough"):
        reading = effect.deciding
        nearest = min(reading.difference_absolute_low, reading.difference_absolute_high, key=abs)
        return f"Only units that differ much from those so far: even the least likely limit is {change(nearest, effect.metric)}."
    if row.name in ("better_by_little", "worse_by_little"):
        return f"A smaller minimum than {_asked(effect, rules)}, settled for the next experiment and not for this one."
    if row.name == "no_difference_that_matters":
        return "Nothing that more of the same units could bring; a bolder change might."
    if missing is None:
        return "More units."
    if missing == 0:
        return f"A larger difference: there are units enough to see one of {_asked(effect, rules)}, four times out of five."
    return (
        f"About {missing:,} more matured units in these two arms{_in_days(missing, effect, days_run)} would show a difference of "
        f"{_asked(effect, rules)}, if there is one, four times out of five."
    )


def _recommendations(row: Row, effect: Effect, rules: Rules, missing: int | None, days_run: float) -> tuple[str, ...]:
    """Of significance, sizes, the effect and the time to run: a sentence each."""
    sure = effect.significant(rules.alpha)
    fewest = min(effect.arm_units, effect.control_units)
    said = [
        f"Significance: the difference is {'' if sure else 'not '}significant at {rules.alpha:g} "
        f"(p {'< 0.001' if effect.p_value_corrected < 0.001 else f'= {effect.p_value_corrected:.3f}'}).",
        f"Size: {fewest:,} matured units in the smaller arm, of {rules.min_units:,} asked for"
        f"{'' if fewest >= rules.min_units else '; too few to judge'}.",
        f"Effect: {change(effect.difference_absolute, effect.metric)}{lift(effect.relative_lift)}; asked for is "
        f"{_asked(effect, rules) or 'any difference'}.",
    ]
    if row.name == "split_not_as_planned":
        said.append("Running time: stop it; more units of a wrong split bring nothing.")
    elif row.decision in ("deploy", "rollback"):
        said.append("Running time: it may be ended.")
    elif row.name == "no_difference_that_matters":
        said.append("Running time: it may be ended; keep the control, or whichever costs less.")
    elif row.name in ("better_by_little", "worse_by_little"):
        said.append("Running time: it may be ended; the direction is known.")
    elif missing and days_run > 0 and missing / (effect.arm_units + effect.control_units) * days_run > _TOO_LONG:
        said.append(
            "Running time: more than two years at the pace so far; ask for a larger difference, or try a bolder change."
        )
    elif missing:
        said.append(f"Running time: let it run{_in_days(missing, effect, days_run) or f' for {missing:,} more units'}.")
    else:
        said.append("Running time: let it run to its planned size, and not longer.")
    return tuple(said)


def _notes(
    effect: Effect,
    guardrails: Sequence[Effect],
    broken: Sequence[Effect],
    rules: Rules,
    days_run: float,
    open_share: float,
) -> tuple[str, ...]:
    """What to bear in mind whatever the verdict."""
    notes = list(effect.notes)
    if days_run < rules.min_days:
        notes.append(
            f"It ran for {days_run:.3g} days, less than {rules.min_days:g}: weekdays differ, and what is new wears off."
        )
    if open_share > 0:
        notes.append(f"{open_share:.0%} of the exposed units are still open, and are not counted.")
    for guardrail in guardrails:
        worst = _worst(guardrail)
        if guardrail not in broken and worst is not None and worst > guardrail.metric.tolerance:
            notes.append(
                f"Guardrail {guardrail.metric.name}: no harm is proven, but it may be worse by up to {100 * worst:.3g}% of the "
                f"control, and {100 * guardrail.metric.tolerance:.3g}% are allowed."
            )
    return tuple(notes)


def _worst(guardrail: Effect) -> float | None:
    """By how much a guardrail may have got worse, relatively; None where that is not known."""
    reading = guardrail.deciding
    limit = reading.relative_lift_low if guardrail.metric.better == "higher" else reading.relative_lift_high
    return None if limit is None else max(0.0, -limit if guardrail.metric.better == "higher" else limit)


def _in_days(units: int, effect: Effect, days_run: float) -> str:
    """How long so many units take at the pace so far; nothing where there is no pace."""
    so_far = effect.arm_units + effect.control_units
    if days_run <= 0 or so_far == 0 or units == 0:
        return ""
    return f", {max(1, ceil(units / (so_far / days_run))):,} days at the pace so far"


def _reach(alpha: float, reading: ReadingName) -> float:
    return any_time_reach(1, 1, alpha=alpha) if reading == "any_time" else normal_quantile(1 - alpha / 2)
