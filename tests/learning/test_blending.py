import numpy as np
import pytest
from scipy.optimize import minimize

from leadloop.learning.blending import fit_weights
from leadloop.learning.learners import held_out_log_loss
from leadloop.scoring.calibrator import logistic


def make_margins(seed: int, count: int = 4_000) -> tuple[list[np.ndarray], np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = draw.normal(-1, 1, count)
    positive = (draw.random(count) < logistic(truth)).astype(float)
    return [truth + draw.normal(0, noise, count) for noise in (0.5, 0.8, 1.5)], positive


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_nearly_those_that_a_general_optimiser_finds(seed):
    margins, positive = make_margins(seed, 40_000)
    weights = np.array(fit_weights(margins, positive))
    table = np.column_stack(margins)
    peer = minimize(
        lambda w: held_out_log_loss(table @ w, positive),
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert held_out_log_loss(table @ weights, positive) <= peer.fun + 1e-3


def test_members_that_few_leads_cannot_tell_apart_are_heard_alike():
    draw = np.random.default_rng(3)
    truth = draw.normal(-1, 1, 300)
    positive = (draw.random(300) < logistic(truth)).astype(float)
    alike = [truth + draw.normal(0, 0.4, 300) for _ in range(4)]
    assert np.ptp(fit_weights(alike, positive)) < 0.25


def test_a_member_that_does_not_help_is_dropped():
    margins, positive = make_margins(9)
    nonsense = np.random.default_rng(1).normal(0, 3, len(positive))
    prior = np.full(len(positive), np.log(positive.mean() / (1 - positive.mean())))
    assert fit_weights([margins[0], nonsense, prior], positive)[1] == 0.0


def test_a_blend_is_no_worse_than_its_best_member():
    margins, positive = make_margins(4)
    blended = sum(weight * values for weight, values in zip(fit_weights(margins, positive), margins, strict=True))
    assert held_out_log_loss(blended, positive) <= min(held_out_log_loss(values, positive) for values in margins) + 1e-3
