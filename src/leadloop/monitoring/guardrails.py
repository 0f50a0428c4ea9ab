"""Guardrails: whether a version that scores beside the one in service, or a share of the leads, must be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from leadloop.learning.evaluation import difference_interval, log_loss, wilson_interval
from leadloop.monitoring.promotion import MeasuredDifference

_PARTS = 10
_FEWEST_FOR_LATENCY = 20
_FEWEST_FOR_SHIFT = 50


@dataclass(frozen=True, slots=True)
class Guardrails:
    """What a version on trial may not do."""

    max_error_rate: float = 0.01
    """The share of leads that it may fail to score, 0 to 1."""
    max_latency_ratio: float = 3.0
    """How many times as long it may take for a lead as the version in service."""
    slack_ms: float = 5.0
    """Differences in time that are smaller than so many milliseconds a lead never count."""
    max_shift: float = 0.5
    """How far its scores may lie from those of the version in service: the population stability index, less what chance makes."""
    max_same: float = 0.9
    """The largest share of leads that may get the very same score."""


@dataclass(frozen=True, eq=False)
class ArmRecord:
    """What one of two versions did."""

    leads: int = 0
    """The leads that it was to score."""
    failures: int = 0
    """Those that it could not."""
    milliseconds: float = 0.0
    """How long all of them took."""
    scores: np.ndarray = field(default_factory=lambda: np.empty(0))
    """The scores that it gave, 0 to 100."""

    @property
    def mean_ms(self) -> float | None:
        """How long a lead took; none where none was timed."""
        return self.milliseconds / self.leads if self.leads and self.milliseconds else None


@dataclass(frozen=True, slots=True)
class Breach:
    """A guardrail that was run into."""

    rail: str
    """`errors`, `latency`, `scores` or `quality`."""
    said: str
    """It in words."""


def check_guardrails(
    trial: ArmRecord,
    serving: ArmRecord,
    rails: Guardrails,
    quality: Sequence[MeasuredDifference] = (),
) -> tuple[Breach, ...]:
    """Every guardrail that a version on trial ran into; nothing where all is well, or nothing is known yet.

    `quality` are the differences measured on leads that have ended. An error rate breaks its rail when it surely lies above
    (Wilson 1927), or is so high that it needs no proof.

    >>> check_guardrails(ArmRecord(leads=40, failures=20), ArmRecord(leads=400), Guardrails())[0].rail
    'errors'
    >>> check_guardrails(ArmRecord(), ArmRecord(), Guardrails())
    ()
    """
    found = [
        _errors(trial, serving, rails),
        _latency(trial, serving, rails),
        _scores(trial, serving, rails),
        *(Breach("quality", f"surely worse on leads that ended: {one}") for one in quality if one.surely == "worse"),
    ]
    return tuple(one for one in found if one is not None)


def _errors(trial: ArmRecord, serving: ArmRecord, rails: Guardrails) -> Breach | None:
    if not trial.failures:
        return None
    allowed = max(rails.max_error_rate, serving.failures / serving.leads if serving.leads else 0.0)
    low, _ = wilson_interval(trial.failures, trial.leads)
    if low <= allowed:
        return None
    return Breach("errors", f"{trial.failures:,} of {trial.leads:,} leads could not be scored, above {allowed:.1%}")


def _latency(trial: ArmRecord, serving: ArmRecord, rails: Guardrails) -> Breach | None:
    ours, theirs = trial.mean_ms, serving.mean_ms
    if ours is None or theirs is None or min(trial.leads, serving.leads) < _FEWEST_FOR_LATENCY:
        return None
    if ours <= rails.max_latency_ratio * theirs or ours - theirs <= rails.slack_ms:
        return None
    said = f"a lead takes {ours:.1f} ms, and {theirs:.1f} with the version in service"
    return Breach("latency", f"{said}: more than {rails.max_latency_ratio:g} times as long")


def _scores(trial: ArmRecord, serving: ArmRecord, rails: Guardrails) -> Breach | None:
    ours, theirs = trial.scores, serving.scores
    if not np.isfinite(ours).all():
        return Breach("scores", "scores that are no numbers")
    if min(len(ours), len(theirs)) < _FEWEST_FOR_SHIFT:
        return None
    same = np.unique(np.round(ours, 2), return_counts=True)[1].max() / len(ours)
    before = np.unique(np.round(theirs, 2), return_counts=True)[1].max() / len(theirs)
    if same > rails.max_same >= before:
        return Breach("scores", f"{same:.0%} of the leads get the very same score")
    shift = score_shift(theirs, ours)
    if shift > rails.max_shift:
        return Breach("scores", f"scores lie {shift:.2f} (PSI) from those of the version in service")
    return None


def score_shift(before: np.ndarray, now: np.ndarray) -> float:
    """How far two sets of scores lie apart: the population stability index over tenths of `before`, less what chance makes of it.

    >>> rng = np.random.default_rng(1)
    >>> score_shift(rng.uniform(0, 100, 1000), rng.uniform(0, 100, 1000)) < 0.05
    True
    >>> score_shift(rng.uniform(0, 100, 1000), rng.uniform(50, 100, 1000)) > 0.5
    True
    """
    edges = np.unique(np.quantile(before, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    parts = len(edges) + 1
    first, second = (np.bincount(np.searchsorted(edges, one, side="right"), minlength=parts) for one in (before, now))
    # Half a lead more in each part: an empty one has no logarithm.
    p, q = ((one + 0.5) / (one.sum() + 0.5 * parts) for one in (first, second))
    chance = (parts - 1) * (1 / len(before) + 1 / len(now))
    return max(0.0, float(((q - p) * np.log(q / p)).sum()) - chance)


def compare_on_ended(positive: np.ndarray, trial: np.ndarray, serving: np.ndarray, *, seed: int) -> MeasuredDifference:
    """By how much the log-loss of a version on trial differs, on leads that both scored and that have ended."""
    _, low, high = difference_interval(positive, trial, serving, log_loss, seed=seed)
    return MeasuredDifference("log-loss", log_loss(positive, trial), log_loss(positive, serving), low, high, False)
