"""An estimate of today's quality, before anybody knows how the leads will end.

It rests on the probabilities alone: where they mean what they say, they tell how often the scores are right (confidence-based
performance estimation, as NannyML's CBPE). It is an estimate and is called one wherever it is shown. It cannot see that the
same leads have begun to end differently; only matured outcomes can.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from leadloop.monitoring.measuring import MEANINGS, Figure, measure_scores
from leadloop.monitoring.plain import as_plain


@dataclass(frozen=True, slots=True)
class EstimatedMeasure:
    """One measure as it is to be expected of leads whose outcomes are not known yet."""

    name: str
    """The measure, by the name that it has in a QualityReport."""
    value: float
    """What is to be expected."""
    low: float
    """The lower end of the interval that the real one lies in 19 times in 20, if probabilities are what they were."""
    high: float
    """The upper end of this interval."""
    before: float | None
    """The same measure of the leads that `learned_from` is about; None where there are none."""
    higher_is_better: bool
    """Whether more is better."""


@dataclass(frozen=True, slots=True)
class QualityEstimate:
    """What quality is to be expected of the scores given in one stretch of time; an estimate, not a measurement."""

    playbook: str
    """The playbook."""
    model_version: str
    """The version whose scores these are; empty for whatever served."""
    start: datetime
    """The first moment of the stretch in which the scores were given."""
    end: datetime
    """The first moment after it."""
    leads: int
    """How many leads were scored in it."""
    expected_rate: float
    """The share of them that is to be expected to be won."""
    measures: tuple[EstimatedMeasure, ...] = ()
    """What is to be expected; nothing where there are too few leads."""
    calibrated_on: int = 0
    """By how many matured leads the probabilities were corrected first; 0 where there were too few of them."""
    note: str = ""
    """What a reader must know of this estimate."""

    @property
    def is_judged(self) -> bool:
        """Whether there were leads enough."""
        return bool(self.measures)

    def value(self, name: str) -> float | None:
        """The expected value of a measure; None where there are too few leads."""
        return next((measure.value for measure in self.measures if measure.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """Everything in plain values, as the store and the interface keep it."""
        return {**as_plain(self), "is_estimate": True}


FEWEST_LEADS = 100
"""With fewer scored leads than this, nothing is estimated."""
_DRAWS = 200
_MOST_DRAWN = 20_000
_TINY = 1e-6
_BELIEVED = (0.25, 0.15)
"""How far off shift and slope of the probabilities are taken to be before any lead has matured: a normal prior's spread."""


@dataclass(frozen=True, slots=True)
class Correction:
    """How probabilities are to be read, by what came of matured leads: log-odds times `slope` plus `shift`.

    `spread` is the covariance of (shift, slope): what is not known of them.
    """

    shift: float
    slope: float
    spread: np.ndarray
    leads: int
    """By how many matured leads."""

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """The corrected probabilities."""
        return _bend(_log_odds(probabilities), self.shift, self.slope)


def learn_correction(probabilities: np.ndarray, outcomes: np.ndarray) -> Correction:
    """How the probabilities of matured leads have to be bent to mean what came of them (a logistic fit with a prior).

    Without any lead it is none at all, with the uncertainty that any version has on its first day.
    """
    scale = np.diag([1 / spread**2 for spread in _BELIEVED])
    start = np.array([0.0, 1.0])
    if not len(outcomes):
        return Correction(0.0, 1.0, np.linalg.inv(scale), 0)
    margins = _log_odds(probabilities)
    matrix = np.column_stack([np.ones(len(margins)), margins])
    held = start.copy()
    for _ in range(50):
        said = 1 / (1 + np.exp(-np.clip(matrix @ held, -30, 30)))
        gradient = matrix.T @ (outcomes - said) - scale @ (held - start)
        curvature = (matrix * (said * (1 - said))[:, None]).T @ matrix + scale
        step = np.linalg.solve(curvature, gradient)
        held = held + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-10:
            break
    return Correction(float(held[0]), float(held[1]), np.linalg.inv(curvature), len(outcomes))


def estimate_quality(
    probabilities: np.ndarray,
    *,
    playbook: str,
    model_version: str,
    start: datetime,
    end: datetime,
    capacity: float,
    correction: Correction,
    before: Mapping[str, float] | None = None,
    seed: int = 0,
    note: str = "",
) -> QualityEstimate:
    """What quality is to be expected of scores whose leads are still open.

    Each lead counts as won by its (corrected) probability and as lost by the rest. The interval comes from drawing outcomes
    many times, each time with another correction of those that matured leads allow. `before` are the measures to compare with.
    """
    expected = correction.apply(probabilities) if len(probabilities) else probabilities
    report = QualityEstimate(
        playbook,
        model_version,
        start,
        end,
        len(probabilities),
        float(expected.mean()) if len(expected) else float("nan"),
        calibrated_on=correction.leads,
        note=note,
    )
    if len(probabilities) < FEWEST_LEADS:
        few = f"{len(probabilities):,} leads were scored: too few to estimate by ({FEWEST_LEADS} are the least)"
        return replace(report, note=f"{few}. {note}".strip())
    figures = measure_scores(expected, probabilities, capacity=capacity, seed=seed)
    reaches = _reaches(probabilities, correction, capacity, seed)
    measures = tuple(
        EstimatedMeasure(name, figure.value, *_ends(name, figure, reaches), (before or {}).get(name), MEANINGS[name][0])
        for name, figure in figures.items()
        if name != "calibration error"  # what is taken for granted cannot be estimated
    )
    return replace(report, measures=measures)


def _ends(name: str, figure: Figure, reaches: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    low, high = reaches[name]
    bounded = 1.0 if MEANINGS[name][0] or name == "Brier score" else math.inf
    return max(0.0, figure.value + low), min(bounded, figure.value + high)


def _reaches(
    probabilities: np.ndarray, correction: Correction, capacity: float, seed: int
) -> dict[str, tuple[float, float]]:
    """How far below and above what is expected the real measures lie, 19 times in 20."""
    generator = np.random.default_rng(seed)
    shown, scale = probabilities, 1.0
    if len(shown) > _MOST_DRAWN:
        scale = math.sqrt(_MOST_DRAWN / len(shown))
        shown = generator.choice(shown, _MOST_DRAWN, replace=False)
    margins = _log_odds(shown)
    middle = {name: one.value for name, one in _quick(correction.apply(shown), shown, capacity).items()}
    bends = generator.multivariate_normal((correction.shift, correction.slope), correction.spread, _DRAWS)
    chance: dict[str, list[float]] = {name: [] for name in middle}
    belief: dict[str, list[float]] = {name: [] for name in middle}
    for shift, slope in bends:
        bent = _bend(margins, shift, slope)
        won = (generator.random(len(bent)) < bent).astype(float)
        if not 0 < won.sum() < len(won):
            continue
        # What chance makes of one sample shrinks with its size; what is not known of the correction does not.
        meant = _quick(bent, shown, capacity)
        for name, figure in _quick(won, shown, capacity).items():
            belief[name].append(meant[name].value - middle[name])
            chance[name].append(figure.value - meant[name].value)
    reaches = {}
    for name in middle:
        off = np.array(belief[name]) + scale * np.array(chance[name])
        low, high = np.quantile(off, (0.025, 0.975)) if len(off) else (-math.inf, math.inf)
        reaches[name] = (float(low), float(high))
    return reaches


def _quick(positive: np.ndarray, scores: np.ndarray, capacity: float) -> dict[str, Figure]:
    found = measure_scores(positive, scores, capacity=capacity, draws=0)
    return {name: figure for name, figure in found.items() if name != "calibration error"}


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    clipped = np.clip(probabilities, _TINY, 1 - _TINY)
    odds: np.ndarray = np.log(clipped) - np.log1p(-clipped)
    return odds


def _bend(margins: np.ndarray, shift: float, slope: float) -> np.ndarray:
    bent: np.ndarray = 1 / (1 + np.exp(-np.clip(shift + slope * margins, -30, 30)))
    return bent
