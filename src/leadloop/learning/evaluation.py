"""How good the scores are, with intervals and beside what one would get without a model.

All measures take probabilities and outcomes of rows that the model never saw. Intervals are 95% percentile bootstrap
intervals over leads (Efron 1979), seeded; groups of leads that belong together are drawn together. The calibration error
has a lower end of its own (see `_lowest_calibration_error`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

DRAWS = 500
_TINY = 1e-15


def area_under_curve(positive: np.ndarray, scores: np.ndarray) -> float:
    """How often a lead that was won has a higher score than one that was not; 0.5 is chance (ties count half).

    >>> area_under_curve(np.array([0, 1, 1]), np.array([0.1, 0.4, 0.1]))
    0.75
    """
    won = float(positive.sum())
    lost = len(positive) - won
    if won == 0 or lost == 0:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[inverse][positive == 1].sum() - won * (won + 1) / 2) / (won * lost))


def average_precision(positive: np.ndarray, scores: np.ndarray) -> float:
    """The mean share of won leads above each won lead, in score order."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    precision = hits[ends] / (ends + 1)
    recall = hits[ends] / max(hits[-1], 1)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def log_loss(positive: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean surprise at the outcomes, in nats; smaller is better."""
    held = np.clip(probabilities, _TINY, 1 - _TINY)
    return float(-np.mean(np.where(positive == 1, np.log(held), np.log1p(-held))))


def brier_score(positive: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean squared distance between probability and outcome; smaller is better."""
    return float(np.mean((probabilities - positive) ** 2))


def calibration_error(positive: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """How far probabilities are from what happened, averaged over ten groups of equal size (expected calibration error)."""
    gaps = [
        abs(probabilities[group].mean() - positive[group].mean()) * len(group)
        for group in equal_groups(probabilities, bins)
    ]
    return float(sum(gaps) / len(positive))


def equal_groups(probabilities: np.ndarray, groups: int = 10) -> list[np.ndarray]:
    """Leads in up to ten groups of about equal size, from the least to the most probable, as row numbers.

    Leads with the same probability stay together: otherwise the order of the file would decide who is in which group,
    and one probability for everybody would look badly calibrated in a file sorted by outcome.

    >>> [group.tolist() for group in equal_groups(np.array([0.5, 0.1, 0.5, 0.5]), 2)]
    [[1, 0, 2, 3]]
    """
    order = np.argsort(probabilities, kind="stable")
    ranked = probabilities[order]
    edges = np.linspace(0, len(ranked), min(groups, len(ranked)) + 1)[1:-1].round().astype(int)
    ends = np.unique(np.searchsorted(ranked, ranked[edges - 1], side="right"))
    return [group for group in np.split(order, ends) if len(group)]


def lift_at(positive: np.ndarray, scores: np.ndarray, share: float) -> float:
    """How many times the average conversion the best-scored share of leads has."""
    base = positive.mean()
    return (
        float(_won_at(positive, scores, share) / (share_count(len(positive), share) * base)) if base else float("nan")
    )


def gain_at(positive: np.ndarray, scores: np.ndarray, share: float) -> float:
    """Which share of all won leads is among the best-scored share of leads."""
    total = positive.sum()
    return float(_won_at(positive, scores, share) / total) if total else float("nan")


def share_count(leads: int, share: float) -> int:
    """How many leads a share of them is, at least one."""
    return max(1, round(share * leads))


def _won_at(positive: np.ndarray, scores: np.ndarray, share: float) -> float:
    """Won leads among the best-scored; leads tied at the cut count by their share of the tie."""
    count = share_count(len(positive), share)
    order = np.argsort(-scores, kind="stable")
    cut = scores[order[count - 1]]
    above = scores > cut
    tied = scores == cut
    room = count - above.sum()
    return float(positive[above].sum() + positive[tied].mean() * room)


def accuracy_at(positive: np.ndarray, probabilities: np.ndarray, threshold: float = 0.5) -> float:
    """Which share of leads is on the right side of a threshold."""
    return float(np.mean((probabilities >= threshold) == (positive == 1)))


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of quality on the test leads, with its 95% interval and the same measure of each baseline."""

    name: str
    """What it is called, as in “AUC” or “lift at 20%”."""
    value: float
    """The measure on the test leads."""
    low: float
    """The lower end of its 95% interval."""
    high: float
    """The upper end of its 95% interval."""
    higher_is_better: bool
    """Whether more is better; of errors, less is."""
    baselines: Mapping[str, float]
    """The same measure of each baseline, by its name."""
    meaning: str
    """What it says, in a few plain words."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What the pictures show, each as plain lists.

    `roc` holds (false positive rate, true positive rate), `precision_recall` (recall, precision), `gain` (share of leads
    worked, share of won leads found), `lift` (share of leads worked, lift), `calibration` one row a group: (mean
    probability, observed rate, low, high, leads); low and high are a 95% Wilson interval.
    """

    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]
    gain: tuple[tuple[float, float], ...]
    lift: tuple[tuple[float, float], ...]
    calibration: tuple[tuple[float, float, float, float, int], ...]


_MeasureOf = Callable[[np.ndarray, np.ndarray], float]


def measures_for(capacity: float) -> dict[str, tuple[_MeasureOf, bool, str]]:
    """The measures of a report by name: how each is computed, whether higher is better, and what it means."""
    percent = f"{capacity:.0%}"
    return {
        "AUC": (area_under_curve, True, "how often a won lead is ranked above a lost one; 0.5 is chance"),
        "average precision": (average_precision, True, "mean share of won leads above each won lead"),
        "log-loss": (log_loss, False, "mean surprise at the outcomes; punishes false certainty"),
        "Brier score": (brier_score, False, "mean squared distance between probability and outcome"),
        "calibration error": (calibration_error, False, "mean distance between probability and what happened"),
        f"lift at {percent}": (
            lambda positive, scores: lift_at(positive, scores, capacity),
            True,
            f"conversion among the best {percent} of leads, as a multiple of the average",
        ),
        f"gain at {percent}": (
            lambda positive, scores: gain_at(positive, scores, capacity),
            True,
            f"share of all won leads that is among the best {percent}",
        ),
        "accuracy": (accuracy_at, True, "share of leads on the right side of 50%; look at the majority beside it"),
    }


def evaluate(
    positive: np.ndarray,
    probabilities: np.ndarray,
    baselines: Mapping[str, np.ndarray],
    *,
    capacity: float,
    seed: int,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> tuple[Measure, ...]:
    """Measure probabilities on leads that were kept back.

    `positive` holds 0 or 1 a lead, `baselines` the probabilities that each baseline gives to the same leads, `groups`
    (optional) the account or person of each lead.
    """
    # Sorted once, and drawn in order, so that no measure has to sort each draw anew: several times faster on many leads.
    order = np.argsort(-probabilities, kind="stable")
    positive, probabilities = positive[order], probabilities[order]
    groups = None if groups is None else groups[order]
    wanted = measures_for(capacity)
    drawn = np.array(
        [
            [measure(positive[rows], probabilities[rows]) for measure, _, _ in wanted.values()]
            for rows in map(np.sort, _draws(len(positive), draws, seed, groups))
        ]
    )
    measures = []
    for (name, (measure, higher_is_better, meaning)), values in zip(wanted.items(), drawn.T, strict=True):
        value = measure(positive, probabilities)
        low, high = _interval(values)
        if measure is calibration_error:
            low = _lowest_calibration_error(probabilities, value, high, draws, seed)
        beside = {label: measure(positive, other[order]) for label, other in baselines.items()}
        measures.append(Measure(name, value, low, high, higher_is_better, beside, meaning))
    return tuple(measures)


def _interval(drawn: np.ndarray) -> tuple[float, float]:
    """The middle 95% of what was drawn; unknown where no draw could be measured."""
    if np.isnan(drawn).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def _lowest_calibration_error(probabilities: np.ndarray, value: float, high: float, draws: int, seed: int) -> float:
    """The lower end of the calibration error: 0 where even perfect probabilities would often seem this far off.

    A drawn sample is always further off than the leads it was drawn from, so the plain bootstrap interval of this measure
    never reaches 0 and may even lie above the value itself. Chance alone is simulated instead (consistency resampling,
    Broecker and Smith 2007); beyond it the interval is mirrored at the value (the basic bootstrap).
    """
    generator = np.random.default_rng(seed)
    by_chance = [
        calibration_error(generator.random(len(probabilities)) < probabilities, probabilities) for _ in range(draws)
    ]
    return 0.0 if value <= np.quantile(by_chance, 0.95) else max(0.0, 2 * value - high)


def difference_interval(
    positive: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    measure: _MeasureOf = log_loss,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> tuple[float, float, float]:
    """How much `first` exceeds `second` in a measure on the same leads: the difference and its 95% interval."""
    drawn = [
        measure(positive[rows], first[rows]) - measure(positive[rows], second[rows])
        for rows in _draws(len(positive), draws, seed, groups)
    ]
    return measure(positive, first) - measure(positive, second), *_interval(np.array(drawn))


def _draws(count: int, draws: int, seed: int, groups: np.ndarray | None) -> Iterator[np.ndarray]:
    """Rows of one drawn sample after another (one at a time: 500 samples of a million leads would take 4 GB)."""
    generator = np.random.default_rng(seed)
    if groups is None:
        for _ in range(draws):
            yield generator.integers(0, count, count)
        return
    _, codes = np.unique(groups, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    for _ in range(draws):
        yield np.concatenate([members[index] for index in generator.integers(0, len(members), len(members))])


def draw_curves(positive: np.ndarray, probabilities: np.ndarray, points: int = 200) -> Curves:
    """The points of every picture of a report."""
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(positive[order])
    count = np.arange(1, len(positive) + 1)
    won, lost = max(float(hits[-1]), 1.0), max(float(len(positive) - hits[-1]), 1.0)
    ends = np.flatnonzero(np.append(np.diff(probabilities[order]) != 0, True))
    if len(ends) > points:
        ends = np.unique(ends[np.linspace(0, len(ends) - 1, points).astype(int)])
    recall, precision, fall_out = hits[ends] / won, hits[ends] / count[ends], (count[ends] - hits[ends]) / lost
    worked = count[ends] / len(positive)
    base = positive.mean() or 1.0
    calibration = []
    for group in equal_groups(probabilities):
        rate = positive[group].mean()
        low, high = wilson_interval(int(positive[group].sum()), len(group))
        calibration.append((float(probabilities[group].mean()), float(rate), low, high, len(group)))
    return Curves(
        roc=((0.0, 0.0), *_pairs(fall_out, recall)),
        precision_recall=_pairs(recall, precision),
        gain=((0.0, 0.0), *_pairs(worked, recall)),
        lift=_pairs(worked, precision / base),
        calibration=tuple(calibration),
    )


def wilson_interval(hits: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927), which stays within 0 and 1 for small counts.

    >>> tuple(round(end, 3) for end in wilson_interval(5, 10))
    (0.237, 0.763)
    """
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    middle = share + z * z / (2 * count)
    reach = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return float(max(0.0, (middle - reach) / scale)), float(min(1.0, (middle + reach) / scale))


def _pairs(across: np.ndarray, up: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in zip(across, up, strict=True))
