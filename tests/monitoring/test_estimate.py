"""The estimate of quality before outcomes are known comes true, as often as its interval promises."""

from datetime import UTC, datetime

import numpy as np
import pytest

from leadloop.monitoring.estimate import estimate_quality, learn_correction
from leadloop.monitoring.measuring import measure_scores

AT = datetime(2026, 1, 5, tzinfo=UTC)


def estimate(probabilities, correction):
    return estimate_quality(
        probabilities, playbook="tiny", model_version="v1", start=AT, end=AT, capacity=0.2, correction=correction
    )


def bend(probabilities, shift, slope):
    return 1 / (1 + np.exp(-(shift + slope * np.log(probabilities / (1 - probabilities)))))


NAMES = ("AUC", "log-loss", "Brier score", "accuracy", "F1")


def trials(count):
    """Of each measure, for so many worlds: whether the interval held what came, and how far off the expectation was."""
    held, errors = {name: [] for name in NAMES}, {name: [] for name in NAMES}
    for seed in range(count):
        draw = np.random.default_rng(seed)
        # Probabilities of a model that is somewhat too sure of itself, as far as its matured leads tell.
        shift, slope = draw.normal(0, 0.2), draw.normal(1, 0.1)
        past, new = draw.beta(1, 5, 2_000), draw.beta(1, 4, 600)
        correction = learn_correction(past, (draw.random(2_000) < bend(past, shift, slope)).astype(float))
        real = measure_scores((draw.random(600) < bend(new, shift, slope)).astype(float), new, capacity=0.2, draws=0)
        for found in estimate(new, correction).measures:
            if found.name in NAMES:
                held[found.name].append(found.low <= real[found.name].value <= found.high)
                errors[found.name].append(found.value - real[found.name].value)
    return held, errors


def test_what_is_expected_comes_true():
    held, errors = trials(12)
    assert all(sum(each) >= 9 for each in held.values())
    assert all(abs(np.mean(each)) < 0.03 for each in errors.values())


@pytest.mark.long
def test_what_is_expected_comes_true_as_often_as_promised():
    held, errors = trials(200)
    for name in NAMES:
        off = np.sqrt(np.mean(np.square(errors[name])))
        within, bias = np.mean(held[name]), np.mean(errors[name])
        print(f"{name}: within the interval {within:.1%}, off by {off:.4f} (root mean square), bias {bias:+.4f}")
        assert np.mean(held[name]) >= 0.90
        assert abs(np.mean(errors[name])) < 0.01


def test_before_any_lead_has_matured_the_interval_is_wider():
    probabilities = np.random.default_rng(0).beta(1, 4, 3_000)
    blind = learn_correction(np.empty(0), np.empty(0))
    taught = learn_correction(probabilities, (np.random.default_rng(1).random(3_000) < probabilities).astype(float))
    widths = [
        next(one.high - one.low for one in estimate(probabilities, each).measures if one.name == "log-loss")
        for each in (blind, taught)
    ]
    assert widths[0] > 1.5 * widths[1]
    assert blind.leads == 0


def test_of_too_few_leads_nothing_is_estimated():
    report = estimate(np.full(20, 0.2), learn_correction(np.empty(0), np.empty(0)))
    assert not report.is_judged
    assert report.as_json()["is_estimate"] is True
