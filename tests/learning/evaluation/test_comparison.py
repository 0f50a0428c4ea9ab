"""Two versions on the same leads: what differs is called so, what does not is not, and old acquaintances are left out."""

import numpy as np
import pytest
from tests.learning.evaluation.simulated_scores import simulate

from leadloop.learning.evaluation import Champion, compare_versions, difference_interval, log_loss


def compare(positive, ours, champion, **options):
    return compare_versions(positive, ours, champion, capacity=0.2, **({"seed": 1, "draws": 100} | options))


def lines(comparison):
    return {line.name: line for line in comparison.lines}


def worse(truth, seed=0):
    """Probabilities that know less."""
    noise = np.random.default_rng([seed, 1]).normal(size=len(truth))
    return 1 / (1 + np.exp(-(0.5 * np.log(truth / (1 - truth)) - 0.8 + 0.8 * noise)))


def test_a_version_beside_itself_differs_in_nothing():
    positive, truth = simulate(500)
    for line in compare(positive, truth, Champion("v1", truth)).lines:
        assert (line.difference, line.low, line.high, line.verdict) == (0.0, 0.0, 0.0, "")


def test_the_better_version_is_called_better_from_either_side():
    positive, truth = simulate(3_000, seed=2)
    up, down = (
        compare(positive, truth, Champion("v1", worse(truth))),
        compare(positive, worse(truth), Champion("v1", truth)),
    )
    assert {line.verdict for line in up.lines} == {"better"}
    assert {line.verdict for line in down.lines} == {"worse"}
    for name, line in lines(up).items():
        assert line.value == pytest.approx(lines(down)[name].champion)
        assert line.difference == pytest.approx(line.value - line.champion)


def test_two_versions_that_are_equally_good_are_rarely_told_apart():
    told = 0
    for seed in range(60):
        positive, truth = simulate(400, seed=300 + seed)
        found = compare(
            positive, worse(truth, 2 * seed), Champion("v1", worse(truth, 2 * seed + 1)), seed=seed, draws=200
        )
        told += lines(found)["log-loss"].verdict != ""
    # 3 of 60 are promised; more than 8 would happen once in 200 times if that were true.
    assert told <= 8


def test_the_interval_is_that_of_the_paired_bootstrap():
    positive, truth = simulate(600, seed=5)
    order = np.argsort(-truth, kind="stable")
    positive, truth = positive[order], truth[order]
    line = lines(compare(positive, truth, Champion("v1", worse(truth))))["log-loss"]
    expected = difference_interval(positive, truth, worse(truth), log_loss, seed=1, draws=100)
    assert (line.difference, line.low, line.high) == pytest.approx(expected)
    by_rows = difference_interval(positive, truth, worse(truth), lambda p, s: log_loss(p, s), seed=1, draws=100)
    assert expected == pytest.approx(by_rows)


def test_leads_that_the_champion_has_learned_from_do_not_count():
    positive, truth = simulate(2_000, seed=7)
    seen = np.arange(2_000) < 800
    # By heart: the champion knows the outcome of what it has learned from and little else.
    by_heart = np.where(seen, np.clip(positive, 0.01, 0.99), worse(truth))
    fair = compare(positive, truth, Champion("v1", by_heart, seen))
    assert (fair.leads, fair.learned_from, fair.unseen_only) == (1_200, 800, True)
    assert fair.positives == positive[800:].sum()
    assert lines(fair)["log-loss"].verdict == "better"
    unfair = compare(positive, truth, Champion("v1", by_heart))
    assert (unfair.leads, unfair.learned_from, unfair.unseen_only) == (2_000, None, False)
    assert lines(unfair)["log-loss"].verdict == "worse"


def test_where_too_few_unseen_leads_are_left_all_count_and_it_is_said():
    positive, truth = simulate(300, seed=7)
    seen = np.arange(300) < 290
    found = compare(positive, truth, Champion("v1", truth, seen))
    assert (found.leads, found.learned_from, found.unseen_only) == (300, 290, False)
    none = compare(positive, truth, Champion("v1", truth, np.zeros(300, dtype=bool)))
    assert (none.leads, none.learned_from, none.unseen_only) == (300, 0, False)


def test_leads_that_belong_together_are_drawn_together_and_widen_the_interval_of_the_difference():
    positive, truth = simulate(120, seed=3)
    champion = worse(truth)
    positive, truth, champion = (np.repeat(values, 10) for values in (positive, truth, champion))
    accounts = np.repeat(np.arange(120), 10)

    def width(**options):
        line = lines(compare(positive, truth, Champion("v1", champion), draws=200, **options))["log-loss"]
        return line.high - line.low

    # Ten copies of a lead say no more than one: the honest interval is about sqrt(10) times as wide.
    assert 2.2 < width(groups=accounts) / width() < 4.5


def test_in_a_comparison_groups_stay_with_their_leads_in_any_order_and_where_some_are_left_out():
    positive, truth = simulate(1_200, seed=5)
    accounts = np.array([f"account {place // 10}" for place in range(1_200)])
    seen = np.arange(1_200) < 400
    champion = worse(truth)
    mixed = np.random.default_rng(0).permutation(1_200)
    straight = compare(positive, truth, Champion("v1", champion, seen), groups=accounts)
    turned = compare(
        positive[mixed], truth[mixed], Champion("v1", champion[mixed], seen[mixed]), groups=accounts[mixed]
    )
    alone = compare(positive[400:], truth[400:], Champion("v1", champion[400:]), groups=accounts[400:])
    for one in (turned, alone):
        for line, other in zip(straight.lines, one.lines, strict=True):
            assert (line.difference, line.low, line.high) == pytest.approx((other.difference, other.low, other.high))
