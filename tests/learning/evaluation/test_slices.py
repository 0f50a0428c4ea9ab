"""Slices: a planted fault is found and stands first; without one, hardly ever is one called certain."""

import math

import numpy as np
import polars as pl
import pytest
from tests.learning.evaluation.simulated_scores import simulate

from leadloop.learning.evaluation import Slice, area_under_curve, evaluate_slices, slice_by_fields, slice_by_time
from leadloop.learning.evaluation.slices import promised_auc


def sources(leads, parts=10, seed=0):
    """Slices of equal size that say nothing about the leads."""
    source = np.random.default_rng([seed, 1]).integers(0, parts, leads)  # not the dice that the leads were made with
    return [Slice("level", f"source: {part}", source == part) for part in range(parts)]


def test_a_slice_whose_promise_fails_is_found_and_stands_first():
    positive, truth = simulate(5_000, seed=1)
    slices = sources(5_000)
    promised = np.where(slices[3].inside, np.clip(truth * 1.6, 0, 0.99), truth)
    found = evaluate_slices(positive, promised, slices)
    first, *others = found.lines
    assert (first.name, first.faults) == ("source: 3", ("promised too much",))
    assert first.rate < first.low + (first.high - first.low) < first.promised
    assert not any(line.faults for line in others)
    assert first.positives == positive[slices[3].inside].sum()
    assert first.auc == pytest.approx(area_under_curve(positive[slices[3].inside], promised[slices[3].inside]))


def test_a_slice_whose_order_is_lost_is_found():
    positive, truth = simulate(6_000, seed=2, skill=1.5)
    slices = sources(6_000)
    inside = np.flatnonzero(slices[7].inside)
    blind = truth.copy()
    blind[inside] = np.random.default_rng(0).permutation(truth[inside])
    first = evaluate_slices(positive, blind, slices).lines[0]
    assert first.name == "source: 7"
    assert "order worse" in first.faults
    assert first.auc_low < 0.5 < first.auc_high


def test_leads_that_are_alike_are_told_apart_less_well_and_that_is_no_fault():
    positive, truth = simulate(6_000, seed=4, skill=1.5)
    upper = truth > np.median(truth)
    found = evaluate_slices(positive, truth, [Slice("level", "upper", upper), Slice("level", "lower", ~upper)])
    assert all(line.auc_high < found.auc for line in found.lines)
    assert all(line.auc_low < line.auc_promised < line.auc_high for line in found.lines)
    assert not any(line.faults for line in found.lines)


def test_the_promised_auc_is_what_outcomes_drawn_from_the_probabilities_have_on_average():
    _, truth = simulate(300, seed=9)
    truth = np.sort(np.round(truth, 2))
    dice = np.random.default_rng(0)
    drawn = [area_under_curve((dice.random(300) < truth).astype(float), truth) for _ in range(2_000)]
    assert promised_auc(truth) == pytest.approx(np.mean(drawn), abs=0.003)


def test_without_a_fault_few_looks_seem_bad_and_hardly_a_file_has_a_certain_one():
    certain = seeming = by_chance = 0
    for seed in range(100):
        positive, truth = simulate(2_000, seed=seed)
        found = evaluate_slices(positive, truth, sources(2_000, seed=seed))
        certain += any(line.faults for line in found.lines)
        seeming += found.seeming
        by_chance += found.by_chance
        assert found.looks == 2 * len(found.lines) == 20
    # 5 files of 100 are promised at most; 11 or more would happen once in 100 times.
    assert certain <= 11
    assert 0.6 * by_chance < seeming < 1.4 * by_chance


def test_the_interval_of_a_slices_auc_holds_the_truth_about_as_often_as_it_says():
    many = simulate(200_000, seed=1)
    real = area_under_curve(*many)
    held = looks = 0
    for seed in range(40):
        positive, truth = simulate(1_000, seed=seed)
        for line in evaluate_slices(positive, truth, sources(1_000, 4, seed)).lines:
            held += line.auc_low <= real <= line.auc_high
            looks += 1
    assert looks == 160
    assert 0.90 <= held / looks <= 0.99


def test_a_perfect_order_does_not_make_a_perfect_interval():
    positive = np.tile([1.0, 0.0], 100)
    line = evaluate_slices(positive, positive * 0.8 + 0.1, slice_by_time(200, str, blocks=2)).lines[0]
    assert line.auc == 1.0
    assert line.auc_high == pytest.approx(1.0)
    assert 0.8 < line.auc_low < 0.95


def test_leads_that_belong_together_count_as_one():
    positive, truth = (np.repeat(each, 10) for each in simulate(200, seed=3))
    slices = slice_by_time(2_000, str, blocks=2)
    promised = np.clip(truth + 0.06, 0, 1)
    alone, together = (
        evaluate_slices(positive, promised, slices, groups=each) for each in (None, np.arange(2_000) // 10)
    )
    for one, many in zip(*(sorted(each.lines, key=lambda line: line.name) for each in (alone, together)), strict=True):
        assert many.auc_high - many.auc_low > 2 * (one.auc_high - one.auc_low)
        assert many.chance_of_gap > one.chance_of_gap


def test_a_slice_where_nothing_came_of_a_large_promise_is_judged_and_a_small_one_is_not():
    positive, truth = simulate(2_000, seed=5)
    nothing, few = np.arange(2_000) < 100, np.arange(2_000) >= 1_960
    positive[nothing] = 0
    found = evaluate_slices(positive, truth, [Slice("level", "nothing", nothing), Slice("level", "few", few)])
    assert [(line.name, line.positives, line.faults) for line in found.lines] == [
        ("nothing", 0, ("promised too much",))
    ]
    assert math.isnan(found.lines[0].auc)
    assert (found.too_small, found.looks) == (1, 1)


def test_a_slice_whose_grades_never_reach_the_best_is_judged_by_its_promise_alone():
    _, truth = simulate(5_000, seed=1)
    inside = np.arange(5_000) < 1_000
    grades = np.where(inside, 0.6, (truth > 0.5).astype(float))
    (line,) = evaluate_slices(grades, truth, [Slice("level", "middling", inside)]).lines
    assert math.isnan(line.auc)
    assert line.rate == pytest.approx(0.6)


def test_fields_with_few_levels_are_cut_by_level_and_every_field_by_being_filled():
    table = pl.DataFrame(
        {
            "source": ["web", "fair", None, "web"],
            "call": [True, False, True, None],
            "note": ["x", " ", "y", "z"],
            "price": [1.0, float("nan"), None, 2.0],
            "size": [{"low": 1.0, "high": None}, {"low": None, "high": None}, None, {"low": 5.0, "high": 9.0}],
            "id": [f"{number}" for number in range(4)],
        }
    )
    kinds = {"source": "category", "call": "boolean", "note": "text", "price": "number", "size": "employees"}
    slices = {each.name: each.inside.tolist() for each in slice_by_fields(table, kinds)}
    assert slices["source: web"] == [True, False, False, True]
    assert slices["call: yes"] == [True, False, True, False]
    assert slices["source: blank"] == [False, False, True, False]
    # “note: blank” are the leads of “source: fair” and of “call: no”, and “price: filled in” those of “source: web”: once each.
    assert {"call: no", "note: blank", "price: filled in", "size: blank"} & set(slices) == set()
    assert len({tuple(inside) for inside in slices.values()}) == len(slices)


def test_a_field_with_many_levels_makes_no_slices_of_them():
    table = pl.DataFrame({"city": [f"city {place % 13}" for place in range(130)]})
    assert list(slice_by_fields(table, {"city": "category"})) == []
    assert len(list(slice_by_fields(table.with_columns(pl.col("city").str.slice(0, 6)), {"city": "category"}))) == 10


def test_stretches_of_time_are_in_order_and_hold_every_lead_once():
    slices = slice_by_time(103, str, opening="day ")
    assert sum(each.inside for each in slices).tolist() == [1] * 103
    assert [each.name for each in slices][::4] == ["day 0 to 20", "day 82 to 102"]
