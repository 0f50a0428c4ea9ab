"""The sample ratio: whether arms got the share of units that they were meant to get. Looked at before anything else.

Where they did not, some units were lost or counted twice, and rarely the same kind of unit in both arms (Fabijan et al. 2019,
doi 10.1145/3292500.3330722). No statistics mend that: the fault has to be found.
"""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.experiments.distributions import chi_square_tail
from leadloop.experiments.effects import RatioCheck
from leadloop.experiments.tallies import ArmTally


def check_ratio(arms: Sequence[ArmTally], *, threshold: float = 0.001) -> RatioCheck:
    """Hold the units of the arms against their shares (chi-square).

    >>> arms = [ArmTally(name="a", share=1, units=24_000), ArmTally(name="b", share=1, units=26_000)]
    >>> check_ratio(arms).passed
    False
    """
    total, shares = sum(arm.units for arm in arms), sum(arm.share for arm in arms)
    expected = {arm.name: total * arm.share / shares for arm in arms}
    # Somebody in an arm that was to get nobody is no chance at all.
    stray = any(arm.units and not arm.share for arm in arms)
    shared = [arm for arm in arms if arm.share > 0]
    value = sum((arm.units - expected[arm.name]) ** 2 / expected[arm.name] for arm in shared) if total else 0.0
    p_value = 0.0 if stray else chi_square_tail(value, len(shared) - 1) if len(shared) > 1 else 1.0
    passed = p_value >= threshold
    seen = ", ".join(f"{arm.name} {arm.units:,} (expected {expected[arm.name]:,.0f})" for arm in arms)
    return RatioCheck(
        units={arm.name: arm.units for arm in arms},
        expected=expected,
        p_value=p_value,
        threshold=threshold,
        passed=passed,
        said=f"The units are split as planned: {seen}."
        if passed
        else f"The units are not split as planned: {seen}; by chance this happens with probability {p_value:.2g}. Some were "
        "lost or counted twice. Look for leads that were scored without being logged, for retries, for arms that answer more "
        "slowly, and for filters that work after the arm was chosen.",
    )
