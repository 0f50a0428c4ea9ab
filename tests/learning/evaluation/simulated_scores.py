"""Outcomes whose true probabilities are known, and small tables full of ties."""

import numpy as np
from hypothesis import strategies as st

# Few levels, so that ties are common; both outcomes always occur.
outcomes_and_scores = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 0.95])), min_size=1, max_size=60
).map(lambda rows: np.array([(1, 0.5), (0, 0.5), *rows], dtype=float).T)


def simulate(leads, seed=0, skill=1.0, base=-1.5):
    """Outcomes and their true probabilities."""
    dice = np.random.default_rng(seed)
    truth = 1 / (1 + np.exp(-(base + skill * dice.normal(size=leads))))
    return (dice.random(leads) < truth).astype(float), truth
