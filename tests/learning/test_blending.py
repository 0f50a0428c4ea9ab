import numpy as np
import pytest
from scipy.optimize import minimize

from leadloop.learning import blending
from leadloop.learning.blending import fit_weights, stack, weigh_models
from leadloop.learning.calibration import fit_platt
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


def calibrated_loss(margins, positive, weights):
    blended = sum(weight * values for weight, values in zip(weights, margins, strict=True))
    return held_out_log_loss(fit_platt(blended, positive).margins(blended), positive)


def make_timid(seed: int, count: int = 8_000):
    """Two models that know different halves of the truth: only loud enough together do they tell all of it."""
    draw = np.random.default_rng(seed)
    halves = draw.normal(0, 1.5, (2, count))
    positive = (draw.random(count) < logistic(halves.sum(axis=0) - 1)).astype(float)
    loud, meek = halves[0] - 1, 0.3 * halves[1] - 0.5
    return [loud, meek], positive


def test_stacking_hears_a_timid_model_as_much_as_it_deserves_after_calibration():
    margins, positive = make_timid(0)
    stacked = stack(margins, positive)
    assert sum(stacked) == pytest.approx(1, abs=1e-5)
    assert stacked[1] / stacked[0] == pytest.approx(1 / 0.3, rel=0.15)
    assert calibrated_loss(margins, positive, stacked) < calibrated_loss(
        margins, positive, fit_weights(margins, positive)
    )


def test_stacking_is_believed_only_where_later_blocks_prove_it():
    margins, positive = make_timid(1)
    blocks = np.repeat(np.arange(4), len(positive) // 4)
    assert weigh_models(margins, positive, np.ones(len(positive)), blocks).how == "stacking"
    alike, positive = make_margins(2)
    blocks = np.repeat(np.arange(4), len(positive) // 4)
    assert weigh_models(alike, positive, np.ones(len(positive)), blocks).how == "weights"


def test_leads_that_do_not_count_do_not_choose():
    margins, positive = make_margins(5)
    spoilt = positive.copy()
    spoilt[::2] = 1 - spoilt[::2]
    counts = np.tile([1e-9, 1.0], len(positive) // 2)
    for way in (fit_weights, stack):
        rest = [member[1::2] for member in margins]
        assert way(margins, spoilt, counts) == pytest.approx(way(rest, positive[1::2]), abs=0.02)


@pytest.fixture
def fits(monkeypatch):
    """What each fit was given, by its name: the amounts by which leads count, which tell them apart."""
    given = {name: [] for name in ("fit_weights", "stack", "fit_platt")}

    def watch(name, real):
        def fit(margins, positive, counts):
            given[name].append(counts)
            return real(margins, positive, counts)

        return fit

    for name in given:
        monkeypatch.setattr(blending, name, watch(name, getattr(blending, name)))
    return given


def test_a_way_to_weigh_is_judged_on_each_block_by_what_it_learned_from_those_before(fits):
    margins, positive = make_timid(1, 2_000)
    blocks = np.repeat(np.arange(4), 500)
    counts = 1 + np.arange(2_000) / 1e6
    block_of = dict(zip(counts.tolist(), blocks.tolist(), strict=True))
    found = weigh_models(margins, positive, counts, blocks)
    last = {"weights": "fit_weights", "stacking": "stack"}[found.how]
    assert fits[last].pop().tolist() == counts.tolist()
    seen = {name: [{block_of[count] for count in one.tolist()} for one in given] for name, given in fits.items()}
    before = [{0}, {0, 1}, {0, 1, 2}]
    assert seen["fit_weights"] == seen["stack"] == before
    assert seen["fit_platt"] == [blocks for blocks in before for _ in range(2)]
    assert [len(one) for one in fits["stack"]] == [500, 1_000, 1_500]
