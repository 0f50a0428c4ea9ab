"""What leads are told of earlier ones, through training as a whole: nobody hears of an outcome before it could be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.conftest import write_playbook

from leadloop.features.feature_set import usable_fields
from leadloop.features.history import HistoryBlock
from leadloop.flows.past.labelled import label
from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import train
from leadloop.leads import Field, LeadSchema
from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.folds import fit_features
from leadloop.learning.labelled import Labelled
from leadloop.learning.splits import divide_leads, split_leads
from leadloop.playbook import History, Order, Playbook, Target, Training, render_playbook

WITHIN = 10
START = datetime(2026, 1, 1)
PLAYBOOK = Playbook(
    "batches",
    LeadSchema(
        (
            Field("id", "id", "intake"),
            Field("came", "time", "intake"),
            Field("visits", "number", "intake"),
            Field("batch", "category", "intake"),
            Field("won", "boolean", "outcome"),
            Field("won_at", "time", "outcome"),
        )
    ),
    "intake",
    Target("won", "won", ("yes",), at="won_at", within_days=WITHIN),
    order=Order("field", "came"),
    lead_id="id",
    history=(History(("batch",), "others of its batch"),),
    training=Training(min_leads=100, min_positives=20, learners=("logistic regression",), trials=1),
)
RATE, COUNT = PLAYBOOK.history[0].columns
DAYS = np.arange(1_200) * 0.1
BATCHES = np.random.default_rng(1).integers(0, 300, len(DAYS))


def cells(won: np.ndarray) -> pl.DataFrame:
    came = [START + timedelta(days=float(day)) for day in DAYS]
    return pl.DataFrame(
        {
            "id": [f"L{number}" for number in range(len(won))],
            "came": [str(time) for time in came],
            "visits": [str(number) for number in np.random.default_rng(2).integers(1, 30, len(won))],
            "batch": [f"B{number}" for number in BATCHES],
            "won": ["yes" if yes else "no" for yes in won],
            "won_at": [str(time + timedelta(days=3)) if yes else "" for time, yes in zip(came, won, strict=True)],
        }
    )


def labelled(won: np.ndarray, playbook: Playbook = PLAYBOOK) -> Labelled:
    reading = playbook.schema.read(cells(won))
    assert not reading.rejects
    return label(playbook, reading.leads, None)


def toss(seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).random(len(DAYS)) < 0.4


def fitted(leads: Labelled, places: np.ndarray, moment: float):
    features, examples = fit_features(PLAYBOOK, leads, places, moment, usable_fields(PLAYBOOK), ())
    names = [column.name for column in features.columns]
    return features, examples.matrix[:, [names.index(RATE), names.index(COUNT)]]


def told(features, leads: Labelled) -> np.ndarray:
    names = [column.name for column in features.columns]
    return features.matrix(leads.leads.data)[:, [names.index(RATE), names.index(COUNT)]]


def divisions(leads: Labelled):
    """Where rolling origins begin, and what the test is judged on: (training leads, held-out leads, the moment)."""
    found = [
        (one.train, one.held_out, one.moment) for one in divide_leads(leads, PLAYBOOK.training, in_time_order=True)
    ]
    split = split_leads(leads, test_share=0.3, seed=7)
    return [*found, (split.train, split.test, leads.starts(split.test))]


@pytest.mark.parametrize("open_leads", ["left out", "weighed"])
def test_leads_that_are_judged_hear_of_no_outcome_that_was_not_known_when_the_first_of_them_came(open_leads):
    target = replace(PLAYBOOK.target, open_leads=open_leads)
    leads = labelled(toss(), replace(PLAYBOOK, target=target))
    came = leads.maturity.came
    for places, held_out, moment in divisions(leads):
        unknown = moment - came <= WITHIN
        assert unknown.sum() > 100
        changed = replace(leads, positive=np.where(unknown, 1 - leads.positive, leads.positive))
        before, trained_on = fitted(leads, places, moment)
        after, trained_on_then = fitted(changed, places, moment)
        np.testing.assert_array_equal(told(before, leads.take(held_out)), told(after, changed.take(held_out)))
        np.testing.assert_array_equal(trained_on, trained_on_then)
        assert np.expm1(told(before, leads.take(held_out))[:, 1]).sum() > 100, "nobody was told anything"


def test_every_count_is_that_of_leads_whose_window_was_over():
    leads = labelled(toss())
    _, matrix = fitted(leads, np.arange(len(leads)), float("inf"))
    batches, came = leads.leads.data["batch"].to_numpy(), leads.leads.data["came"].to_list()
    for place in range(0, len(leads), 50):
        over = np.array([time + timedelta(days=WITHIN) < came[place] for time in came])
        assert np.expm1(matrix[place, 1]) == pytest.approx((over & (batches == batches[place])).sum(), abs=1e-4)


def test_where_batches_say_nothing_histories_say_nothing_to_learn_either():
    """Each lead is alone with three others: had it heard of its own outcome, the rate would give it away."""
    ranked = []
    for seed in range(6):
        leads = labelled(toss(seed))
        _, matrix = fitted(leads, np.arange(len(leads)), float("inf"))
        heard = ~np.isnan(matrix[:, 0])
        ranked.append(area_under_curve(leads.positive[heard], matrix[heard, 0]))
    # 1,100 leads a seed: the mean of six has a standard error of 0.007.
    assert abs(np.mean(ranked) - 0.5) < 0.025


def test_where_batches_differ_histories_tell():
    kinds = np.random.default_rng(9).random(300)
    won = np.random.default_rng(3).random(len(DAYS)) < kinds[BATCHES]
    leads = labelled(won)
    _, matrix = fitted(leads, np.arange(len(leads)), float("inf"))
    heard = ~np.isnan(matrix[:, 0])
    assert area_under_curve(leads.positive[heard], matrix[heard, 0]) > 0.6


def history_of(version) -> HistoryBlock:
    (block,) = [block for block in version.features.blocks if isinstance(block, HistoryBlock)]
    return block


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two versions; for the second, every outcome that was not known when the test began came out the other way."""
    place = tmp_path_factory.mktemp("batches")
    folder = write_playbook(place / "batches", render_playbook(PLAYBOOK))
    first = toss()
    leads = labelled(first)
    split = split_leads(leads, test_share=0.3, seed=7)
    starts = leads.starts(split.test) - (START - datetime(1970, 1, 1)).days
    # But for the youngest leads: which of them are open depends on it, and so does where the test begins.
    unknown = (starts - WITHIN <= DAYS) & (DAYS[-1] - WITHIN > DAYS)
    made = []
    for name, won in (("first", first), ("second", np.where(unknown, ~first, first))):
        cells(won).write_csv(place / f"{name}.csv")
        train(folder, place / f"{name}.csv", workspace=place / name, promote=True)
        made.append(load("batches", workspace=place / name))
    return made


def test_a_saved_version_remembers_nothing_that_was_not_known_when_its_test_began(versions):
    first, second = versions
    assert history_of(first).state() == history_of(second).state()
    assert sum(history_of(first).counts) > 500


def test_a_lead_alone_has_the_score_and_the_history_that_it_has_in_a_batch(versions):
    scorer = versions[0]
    new = cells(toss())[:200].with_columns(pl.Series("batch", ["B7", "never seen", None, "b7 "] * 50))
    leads = scorer.schema.read(new).leads
    every, matrix = scorer.score_table(leads, explain=False), scorer.features.matrix(leads.data)
    for place in (0, 1, 2, 3, 199):
        alone = leads[place : place + 1]
        np.testing.assert_array_equal(scorer.features.matrix(alone.data)[0], matrix[place])
        assert scorer.score_table(alone, explain=False)["probability"][0] == every["probability"][place]


def test_outcomes_beside_new_leads_change_nothing(versions):
    scorer = versions[0]
    rows = cells(toss())[:50]
    other = rows.with_columns(won=pl.lit("yes"), won_at=pl.lit("2026-01-02"))
    said, again = (scorer.score_table(scorer.schema.read(one).leads, explain=False) for one in (rows, other))
    assert said.equals(again)


def test_a_longer_wait_for_outcomes_tells_leads_of_fewer():
    longer = replace(PLAYBOOK, training=replace(PLAYBOOK.training, gap_days=40.0))
    leads = labelled(toss())
    usual, later = (
        fit_features(one, leads, np.arange(len(leads)), float("inf"), usable_fields(one), ())[1].matrix
        for one in (PLAYBOOK, longer)
    )
    assert np.all(later[:, -1] <= usual[:, -1])
    assert later[:, -1].sum() < usual[:, -1].sum()
