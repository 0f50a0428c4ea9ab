"""Features of several targets: made once as far as they are the same, and the same to the last bit."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.two_targets_for_tests import TWO, make_two_cells

from leadloop.features import FeatureSet
from leadloop.features.shared import SharedFeatures
from leadloop.features.text import TextBlock
from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.playbook import History, Order


@pytest.fixture(scope="module")
def leads():
    return TWO.schema.read(make_two_cells(600)[0]).leads


@pytest.fixture(scope="module")
def sets(leads):
    moved = leads.data["moved_on"].cast(pl.Float64).to_numpy()
    fits = (leads.data["fits"] == "fit").fill_null(False).cast(pl.Float64).to_numpy()
    return {name: FeatureSet.fit(TWO, leads, won)[0] for name, won in (("progression", moved), ("voice_fit", fits))}


def test_each_matrix_is_the_sets_own_to_the_last_bit(sets, leads):
    made = SharedFeatures(sets).matrices(leads.data)
    assert list(made) == ["progression", "voice_fit"]
    for name, features in sets.items():
        assert np.array_equal(made[name], features.matrix(leads.data), equal_nan=True)


def test_a_lead_alone_is_read_as_among_others(sets, leads):
    shared = SharedFeatures(sets)
    every, alone = shared.matrices(leads.data), shared.matrices(leads.data[7:8])
    assert all(np.array_equal(every[name][7:8], alone[name], equal_nan=True) for name in sets)


def test_blocks_that_learned_nothing_from_outcomes_are_one(sets):
    assert sum(len(features.blocks) for features in sets.values()) == 6
    assert SharedFeatures(sets).distinct == 5  # the numbers; rates and words follow the outcome


def test_texts_are_split_into_words_once_for_all_targets(sets, leads, monkeypatch):
    from leadloop.features.tokens import Vocabulary

    encoded = []
    real = Vocabulary.encode
    monkeypatch.setattr(Vocabulary, "encode", lambda self, texts: encoded.append(len(texts)) or real(self, texts))
    SharedFeatures(sets).matrices(leads.data)
    assert sum(encoded) == leads.data["notes"].n_unique()  # and a text that comes again is not read again
    words = [block.words for features in sets.values() for block in features.blocks if isinstance(block, TextBlock)]
    assert words[0] != words[1]


def test_each_target_remembers_its_own_outcomes(leads):
    """Two targets may look back at the same leads, and yet each is told of its own outcome."""
    came = pl.Series("came", [datetime(2026, 1, 1) + timedelta(hours=hour) for hour in range(len(leads))])
    timed = LeadFrame(
        LeadSchema((*TWO.schema.fields, Field("came", "time", "intake"))), leads.data.with_columns(came), leads.lines
    )
    playbook = replace(
        TWO,
        schema=timed.schema,
        order=Order("field", "came"),
        target=replace(TWO.target, within_days=2.0),
        more_targets=(replace(TWO.more_targets[0], within_days=9.0),),
        history=(History(("source",), "alike"),),
    )
    outcomes = {"progression": np.ones(len(leads)), "voice_fit": np.zeros(len(leads))}
    sets = {name: FeatureSet.fit(playbook.aimed_at(name), timed, won)[0] for name, won in outcomes.items()}
    made = SharedFeatures(sets).matrices(timed.data)
    for name, rate in (("progression", 1.0), ("voice_fit", 0.0)):
        at = [column.name for column in sets[name].columns].index("success rate of alike")
        assert (made[name][:, at] == rate).all()
    assert [playbook.aimed_at(name).outcome_days for name in sets] == [2.0, 9.0]
