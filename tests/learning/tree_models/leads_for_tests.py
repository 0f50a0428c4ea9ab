"""Leads, rows on the very edges of a model's splits, and what an ONNX graph answers: for the tests of every tree library."""

import numpy as np

from leadloop.learning.tree_models import to_onnx
from leadloop.scoring.onnx_session import open_session
from leadloop.scoring.trees.ensemble import TreeEnsemble

TINY = np.float32(1e-35)
EXTREMES = np.array(
    [
        *(0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf),
        *(np.finfo(np.float32).max, np.finfo(np.float32).min, np.finfo(np.float32).tiny, 1e-45, -1e-45),
        *(TINY, -TINY, np.nextafter(TINY, np.float32(1)), np.nextafter(-TINY, np.float32(-1))),
    ],
    np.float32,
)


def leads(n: int = 1500, missing: float = 0.15, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows and outcomes: a straight number, a count with a long tail, a flag, a tiny number, an amount, a number without gaps."""
    rng = np.random.default_rng(seed)
    straight, whole = rng.normal(size=(2, n))
    count, flag = rng.poisson(3, n) ** 2, rng.integers(0, 2, n)
    tiny, amount = rng.normal(size=n) * 3e-35, np.exp(rng.normal(size=n) * 8)
    log_odds = straight + 0.1 * count * flag - 1 + (tiny > 0) + 0.1 * np.log(amount) + 0.5 * whole
    rows = np.stack([straight, count, flag, tiny, amount, whole], axis=1).astype(np.float32)
    rows[:, :5][rng.random((n, 5)) < missing] = np.nan
    return rows, (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)


def edges(ensemble: TreeEnsemble, *, infinite: bool = True, seed: int = 1) -> np.ndarray:
    """Rows made of every threshold of the model, its two float32 neighbours, and the ends of the scale (infinite or not)."""
    rng = np.random.default_rng(seed)
    thresholds = ensemble.threshold[ensemble.feature >= 0]
    with np.errstate(over="ignore"):
        near = [np.nextafter(thresholds, np.float32(side)) for side in (-np.inf, np.inf)]
    pool = np.concatenate([thresholds, *near, np.repeat(EXTREMES, 1 + len(thresholds) // 16)])
    if not infinite:
        pool = pool[~np.isinf(pool)]
    return rng.choice(pool, size=(2000, ensemble.n_features)).astype(np.float32)


def weights(n: int = 1500, seed: int = 5) -> np.ndarray:
    """How much each lead counts: little, much, or (each ninth) nothing."""
    drawn = np.random.default_rng(seed).exponential(size=n)
    drawn[::9] = 0
    return drawn


def probability(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-margin.astype(np.float64)))


def answers(session, rows: np.ndarray) -> np.ndarray:
    return session.run(None, {"features": rows})[0]


def check_onnx(ensemble: TreeEnsemble, rows: np.ndarray) -> None:
    """That the graph of an ensemble gives the probabilities of its arrays."""
    said = answers(open_session(to_onnx(ensemble)), rows)
    assert said.shape == (len(rows), 1)
    assert np.abs(probability(said[:, 0]) - probability(ensemble.margins(rows))).max() < 1e-5
