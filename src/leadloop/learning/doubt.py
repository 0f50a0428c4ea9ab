"""How far off the probability of one lead may be: what the models of a blend differ by, and what other leads would have taught.

Venn-Abers tells how uncertain a probability is for leads of one margin together. A single lead's own probability differs from
theirs by what the models did not learn of it. Outcomes cannot show how much that is: where hardly two leads are alike, no method
gives a useful interval of a lead's own probability without assumptions (Barber 2020, "Is distribution-free inference possible for
binary regression?"). What can be seen of it is summed up here, in log-odds:

- how far apart models of different kinds are that learned from the same leads (their spread, weighted as they are heard), and
- how far apart models of one kind are that learned from two halves of the leads. Two halves differ by four times the variance
  that chance leaves in a model of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadloop.learning.folds import Folds
from leadloop.learning.learners import Examples, Fold
from leadloop.learning.steadiness import quickest_half
from leadloop.learning.tuning import fade
from leadloop.learning.voice import Voice
from leadloop.scoring.blend import blend_margins
from leadloop.scoring.calibrator import Calibrator

_MOST_LEARNED_FROM = 5_000
_FEWEST = 10


def measure_doubt(
    voices: Sequence[Voice], folds: Folds, calibrator: Calibrator, blended: np.ndarray, *, leads: int, seed: int
) -> float:
    """The standard deviation, in calibrated log-odds, by which a lead's own probability may differ from what is said of it.

    `blended` are the margins of the held-out leads of `folds`, as `calibrator` takes them; `leads` is how many leads the models
    finally learn from. For a single learner only chance is left to count.
    """
    weights = np.array([voice.weight for voice in voices])
    said = np.stack([voice.search.margins for voice in voices])
    together = np.average(said, axis=0, weights=weights)
    spread = float(np.average((said - together) ** 2, axis=0, weights=weights).mean())
    doubt = np.sqrt(spread + _chance(voices, folds, leads=leads, seed=seed))
    return float(doubt * slope_of(calibrator, blended))


def slope_of(calibrator: Calibrator, margins: np.ndarray) -> float:
    """By how much calibration stretches margins, over all of these."""
    apart = float(margins.std())
    return float(calibrator.margins(margins).std()) / apart if apart else 1.0


def _chance(voices: Sequence[Voice], folds: Folds, *, leads: int, seed: int) -> float:
    """The variance that the choice of leads leaves in the margins of a model of all leads.

    Only the quickest learners that have half of the blend's weight learn again, from the newest leads of each fold.
    """
    generator = np.random.default_rng(seed)
    heard = quickest_half(voices)
    found, sizes = [], []
    for division, fold in zip(folds.divisions, folds.folds, strict=True):
        groups = None if folds.labelled.groups is None else folds.labelled.groups[division.train]
        first = _half(len(division.train), groups, generator)
        parts = [fold.train.pick(some).newest(_MOST_LEARNED_FROM // 2) for some in (first, ~first)]
        if min(min(part.positive.sum(), (1 - part.positive).sum()) for part in parts) < _FEWEST:
            continue
        one, other = (_say(heard, part, fold, seed) for part in parts)
        learned_from = sum(len(part) for part in parts)
        # Half of the leads leave twice the variance, and two such models are twice as far apart as one is from the truth.
        found.append(float(((one - other) ** 2).mean()) / 4 * learned_from / max(leads, learned_from))
        sizes.append(len(division.held_out))
    return float(np.average(found, weights=sizes)) if found else 0.0


def _half(count: int, groups: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
    """A random half of leads, those of one group together."""
    if groups is None:
        return generator.permutation(count) < count // 2
    _, codes = np.unique(groups, return_inverse=True)
    drawn = generator.permutation(codes.max() + 1) % 2 == 0
    return np.asarray(drawn[codes])


def _say(voices: Sequence[Voice], examples: Examples, fold: Fold, seed: int) -> np.ndarray:
    said = []
    for voice in voices:
        faded, settings = fade(examples, voice.search.settings)
        said.append(voice.learner.fit(faded, fold.columns, settings, seed=seed).margins(fold.held_out.matrix))
    total = sum(voice.weight for voice in voices)
    return fold.held_out.by_lead(blend_margins(said, [voice.weight / total for voice in voices]))
