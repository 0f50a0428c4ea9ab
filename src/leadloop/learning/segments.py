"""Models of segments: a line of business may follow rules of its own, and a model of its own must prove that it does.

A segment's model is the model of all leads and one that learned from the segment's leads alone, heard together in shares that
held-out leads choose (partial pooling), and calibrated on the segment. It serves only where it predicted blocks of held-out
leads better than the model of all leads by more than chance explains; elsewhere the model of all leads does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.calibration import fit_platt
from leadloop.learning.doubt import slope_of
from leadloop.learning.folds import Folds
from leadloop.learning.learners import Examples, Fold, lead_log_loss
from leadloop.learning.tuning import fade
from leadloop.learning.voice import Voice
from leadloop.scoring.blend import Blend, blend_margins
from leadloop.scoring.calibrator import Calibrator
from leadloop.scoring.members import Member
from leadloop.scoring.venn_abers import VennAbers

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much the segment's own models may be heard beside those of all leads."""
_LEAST = 10
"""With fewer won or lost leads than this on either side of a fold the segment has no model of its own there."""
_SURE = 1.645
"""Standard errors: one side of a 90% interval."""


@dataclass(frozen=True)
class SegmentVerdict:
    """Whether a segment gets a model of its own, and why.

    `gain` is by how much its log-loss on held-out leads fell, with its 90% interval `low` to `high`; NaN where there were
    too few outcomes to try. `share` is how much its own models are heard.
    """

    segment: str
    leads: int
    positives: float
    serves: bool
    share: float
    gain: float
    low: float
    high: float
    reason: str


def learn_segments(
    segments: np.ndarray,
    folds: Folds,
    voices: Sequence[Voice],
    pooled: Blend,
    examples: Examples,
    columns: Sequence[FeatureColumn],
    segments_of_all: np.ndarray,
    *,
    least: int,
    forward: bool,
    seed: int,
    tick: Callable[[str], None],
) -> tuple[Mapping[str, Blend], tuple[SegmentVerdict, ...]]:
    """Blends of the segments that deserve one, and the verdict on every segment.

    `segments` holds the segment of each lead of the folds (empty where unknown), `segments_of_all` that of each training lead,
    in the order of `examples`; `pooled` is the blend of all leads, whose members stand in the order of `voices`; with fewer
    than `least` won or lost leads a segment gets nothing of its own; `forward` says that blocks follow one another in time.
    """
    blends: dict[str, Blend] = {}
    verdicts = []
    for segment in sorted(set(segments_of_all.tolist()) - {""}):
        everywhere = segments_of_all == segment
        here = examples.pick(everywhere)
        counted = here.counts
        won = float(counted @ here.positive / counted.sum() * everywhere.sum())
        leads = int(everywhere.sum())
        if min(won, leads - won) < least:
            rarer = "won" if won <= leads - won else "lost"
            said = f"not enough outcomes: {round(min(won, leads - won)):,} of {least:,} {rarer} leads"
            verdicts.append(SegmentVerdict(segment, leads, won, False, 0.0, *(float("nan"),) * 3, said))
            continue
        tick(f"a model for {segment}")
        trial = _try_segment(segments == segment, folds, voices, forward=forward, seed=seed)
        verdicts.append(_judge(segment, leads, won, trial))
        if verdicts[-1].serves:
            blends[segment] = _fit_blend(trial, voices, pooled, here, columns, seed=seed)
    return blends, tuple(verdicts)


@dataclass(frozen=True)
class _Trial:
    """A segment's held-out leads: margins of all leads' model and of its own, and what each would have cost and gained."""

    pooled: np.ndarray
    own: np.ndarray
    positive: np.ndarray
    counts: np.ndarray
    gains: np.ndarray

    def mixed(self, share: float) -> np.ndarray:
        return (1 - share) * self.pooled + share * self.own

    def choose(self, some: np.ndarray) -> tuple[float, Calibrator]:
        """The share and the calibrator that would have served these leads best."""
        found = []
        for share in SHARES:
            margins = self.mixed(share)[some]
            calibrator = fit_platt(margins, self.positive[some], self.counts[some])
            losses = lead_log_loss(calibrator.margins(margins), self.positive[some])
            found.append((float(np.average(losses, weights=self.counts[some])), share, calibrator))
        _, share, calibrator = min(found, key=lambda one: one[0])
        return share, calibrator


def _try_segment(chosen: np.ndarray, folds: Folds, voices: Sequence[Voice], *, forward: bool, seed: int) -> _Trial:
    held_out, positive, counts, blocks = folds.held_out, folds.positive, folds.calibrating, folds.blocks
    pooled = blend_margins([voice.search.margins for voice in voices], [voice.weight for voice in voices])
    own = pooled.copy()
    for number, (division, fold) in enumerate(zip(folds.divisions, folds.folds, strict=True)):
        train, judged = fold.train.pick(chosen[division.train]), fold.held_out.pick(chosen[division.held_out])
        if min(train.positive.sum(), (1 - train.positive).sum()) < _LEAST or not len(judged):
            continue
        apart = Fold(train, judged, fold.columns)
        said = [_say(voice, apart, seed) for voice in voices]
        rows = (blocks == number) & chosen[held_out]
        own[rows] = blend_margins(said, [voice.weight for voice in voices])
    mine = chosen[held_out]
    trial = _Trial(pooled[mine], own[mine], positive[mine], counts[mine], np.empty(0))
    gains = []
    for number in np.unique(blocks[mine]):
        now = blocks[mine] == number
        others = blocks[mine] < number if forward else ~now
        everyone = blocks < number if forward else blocks != number
        if min(trial.positive[others].sum(), (1 - trial.positive[others]).sum()) < _LEAST:
            continue
        share, calibrator = trial.choose(others)
        common = fit_platt(pooled[everyone], positive[everyone], counts[everyone])
        before = lead_log_loss(common.margins(trial.pooled[now]), trial.positive[now])
        after = lead_log_loss(calibrator.margins(trial.mixed(share)[now]), trial.positive[now])
        gains.append((before - after) * trial.counts[now])
    return _Trial(*(trial.pooled, trial.own, trial.positive, trial.counts), np.concatenate(gains or [np.empty(0)]))


def _say(voice: Voice, fold: Fold, seed: int) -> np.ndarray:
    """What a learner that learned from the segment alone says of its held-out leads."""
    tried = {name: value for name, value in voice.search.settings.items() if name != "rounds"}
    train, settings = fade(fold.train, tried)
    said = voice.learner.judge(Fold(train, fold.held_out, fold.columns), settings, seed=seed)
    rounds = min(int(voice.search.settings.get("rounds", 0)), len(said.curve))
    return fold.held_out.by_lead(said.margins(rounds))


def _judge(segment: str, leads: int, won: float, trial: _Trial) -> SegmentVerdict:
    if len(trial.gains) < 2 * _LEAST:
        said = "too few held-out leads to tell whether a model of its own is better"
        return SegmentVerdict(segment, leads, won, False, 0.0, *(float("nan"),) * 3, said)
    gain = float(trial.gains.mean())
    error = _SURE * float(trial.gains.std(ddof=1)) / len(trial.gains) ** 0.5
    serves = gain > error
    share, _ = trial.choose(np.ones(len(trial.positive), dtype=bool))
    said = "predicted later leads better" if serves else "the model of all leads is as good"
    return SegmentVerdict(segment, leads, won, serves, share if serves else 0.0, gain, gain - error, gain + error, said)


def _fit_blend(
    trial: _Trial,
    voices: Sequence[Voice],
    pooled: Blend,
    examples: Examples,
    columns: Sequence[FeatureColumn],
    *,
    seed: int,
) -> Blend:
    share, calibrator = trial.choose(np.ones(len(trial.positive), dtype=bool))
    members: list[Member] = []
    weights: list[float] = []
    if share < 1:
        members += pooled.members
        weights += [(1 - share) * weight for weight in pooled.weights]
    if share > 0:
        for voice in voices:
            faded, settings = fade(examples, voice.search.settings)
            members.append(voice.learner.fit(faded, columns, settings, seed=seed))
            weights.append(share * voice.weight)
    mixed = trial.mixed(share)
    venn_abers = VennAbers.fit(mixed, trial.positive, trial.counts)
    # The segment's own model and the model of all leads are two more that may differ.
    apart = share * (1 - share) * float(((trial.own - trial.pooled) ** 2).mean()) * slope_of(calibrator, mixed) ** 2
    doubt = float(np.sqrt(pooled.doubt**2 + apart))
    return Blend(tuple(members), tuple(weights), calibrator, venn_abers, pooled.score_map, doubt)
