"""Promotion: whether a challenger has shown that it is better than what serves, by a rule that was declared beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["better", "no better", "worse", "too few leads", "held"]


@dataclass(frozen=True, slots=True)
class PromotionRule:
    """What a challenger must show. It is decided before anything is measured."""

    decisive: str = "log-loss"
    """The measure that must be surely better: log-loss, AUC, average precision or Brier score."""
    guarded: tuple[str, ...] = ("AUC", "log-loss", "Brier score")
    """The measures of which none may be surely worse."""
    fewest_leads: int = 100
    """With fewer leads than this, nothing is decided."""
    fewest_of_each: int = 10
    """Nor with fewer won leads, or fewer lost ones."""


@dataclass(frozen=True, slots=True)
class MeasuredDifference:
    """By how much a challenger differs from what serves in one measure, on the same leads, with its 95% interval."""

    name: str
    """The measure."""
    challenger: float
    """Its value for the challenger."""
    champion: float
    """Its value for what serves."""
    low: float
    """The lower end of the difference, the challenger's less the other's."""
    high: float
    """The upper end."""
    higher_is_better: bool
    """Whether more is better."""

    @property
    def surely(self) -> str:
        """`better` or `worse` where the whole interval says so, else nothing.

        >>> MeasuredDifference("AUC", 0.8, 0.7, 0.05, 0.15, True).surely
        'better'
        >>> MeasuredDifference("log-loss", 0.5, 0.51, -0.03, 0.01, False).surely
        ''
        """
        if not (self.low > 0 or self.high < 0):
            return ""
        return "better" if (self.low > 0) == self.higher_is_better else "worse"

    def __str__(self) -> str:
        return f"{self.name} {self.challenger:.3f} against {self.champion:.3f} ({self.low:+.3f} to {self.high:+.3f})"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to become of a challenger."""

    promote: bool
    """Whether it may go on towards service."""
    verdict: Verdict
    """Why, in a word."""
    reasons: tuple[str, ...]
    """And in sentences."""


def judge_challenger(
    differences: Sequence[MeasuredDifference],
    *,
    leads: int,
    won: int,
    rule: PromotionRule,
    objections: Sequence[str] = (),
) -> Judgement:
    """Whether a challenger is better than what serves, by the rule; never where the difference may be chance.

    `objections` are what speaks against trusting the comparison at all (a source whose outcomes contradict all others, a field
    that broke): with any of them nothing is promoted, however good it looks.

    >>> tie = MeasuredDifference("log-loss", 0.50, 0.51, -0.03, 0.01, False)
    >>> judge_challenger([tie], leads=800, won=200, rule=PromotionRule()).verdict
    'no better'
    """
    if objections:
        return Judgement(False, "held", tuple(objections))
    if leads < rule.fewest_leads or min(won, leads - won) < rule.fewest_of_each:
        need = f"{rule.fewest_leads:,} with {rule.fewest_of_each} won and as many lost are needed"
        return Judgement(False, "too few leads", (f"it was compared on {leads:,} leads, {won:,} of them won; {need}",))
    by_name = {one.name: one for one in differences}
    decisive = by_name.get(rule.decisive)
    if decisive is None:
        return Judgement(False, "too few leads", (f"{rule.decisive} was not measured of both",))
    worse = [one for name in rule.guarded if (one := by_name.get(name)) and one.surely == "worse"]
    if worse:
        return Judgement(False, "worse", tuple(f"surely worse: {one}" for one in worse))
    if decisive.surely != "better":
        return Judgement(False, "no better", (f"it may be chance: {decisive}",))
    return Judgement(True, "better", (f"surely better on {leads:,} leads: {decisive}",))
