"""Forests that move one way only, grown from numbers that stood in for missing values, and read back without them."""

import numpy as np
import pytest
from tests.learning.tree_models.leads_for_tests import edges, leads

from leadloop.learning.tree_models import StandIns, ensemble_from_forest

forests = pytest.importorskip("sklearn.ensemble", reason="scikit-learn belongs to the extra `train`")
WAYS = (1, 1, 0, 0, 0, 0)


def test_a_missing_value_is_below_all_others_or_in_their_middle_with_a_flag():
    rows = np.array([[1, 5, 7], [np.nan, np.nan, 8], [3, 6, 9]], np.float32)
    stand_ins = StandIns.of(rows, (0, 1, 0))
    filled = stand_ins.filled(rows)
    assert filled.shape == (3, 4)
    assert filled[1, 0] < 1
    assert (filled[1, 1], filled[:, 3].tolist(), stand_ins.directions.tolist()) == (5.5, [0, 1, 0], [0, 1, 0, 0])
    assert filled[[0, 2], :3].tolist() == rows[[0, 2]].tolist()


@pytest.mark.parametrize("kind", ["RandomForestClassifier", "ExtraTreesClassifier"])
def test_each_row_falls_to_the_leaf_that_its_filled_row_falls_to(kind):
    """Told by the reach of the leaves: where nothing is held apart, margins are those of the filled rows."""
    rows, outcomes = leads(missing=0.2)
    free = (0,) * 6
    stand_ins = StandIns.of(rows, free)
    forest = getattr(forests, kind)(12, min_samples_leaf=5, random_state=1, n_jobs=1)
    forest.fit(stand_ins.filled(rows), outcomes)
    there, here = ensemble_from_forest(forest, 2.0), ensemble_from_forest(forest, 2.0, stand_ins)
    new = leads(800, seed=7)[0]
    assert here.margins(new) == pytest.approx(there.margins(stand_ins.filled(new)), abs=1e-12)


@pytest.mark.parametrize("kind", ["RandomForestClassifier", "ExtraTreesClassifier"])
def test_margins_never_fall_along_a_direction_whatever_else_a_row_holds(kind):
    rows, outcomes = leads(missing=0.2)
    stand_ins = StandIns.of(rows, WAYS)
    forest = getattr(forests, kind)(
        12, min_samples_leaf=5, random_state=1, n_jobs=1, monotonic_cst=stand_ins.directions
    )
    forest.fit(stand_ins.filled(rows), outcomes)
    ensemble = ensemble_from_forest(forest, 2.0, stand_ins)
    for place in (0, 1):
        some = edges(ensemble)[:300]
        values = np.sort(some[:, place][~np.isnan(some[:, place])])
        climbed = np.repeat(some[:60], len(values), axis=0)
        climbed[:, place] = np.tile(values, 60)
        said = ensemble.margins(climbed).reshape(60, -1)
        assert np.diff(said, axis=1).min() >= 0


def test_what_is_missing_may_still_speak_for_itself():
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(600, 1)).astype(np.float32)
    rows[:200] = np.nan
    outcomes = np.isnan(rows[:, 0]).astype(int)
    stand_ins = StandIns.of(rows, (1,))
    forest = forests.RandomForestClassifier(10, random_state=1, n_jobs=1, monotonic_cst=stand_ins.directions)
    ensemble = ensemble_from_forest(forest.fit(stand_ins.filled(rows), outcomes), 2.0, stand_ins)
    missing, given = ensemble.margins(np.array([[np.nan], [0.0]], np.float32))
    assert missing > 2
    assert given < -2
