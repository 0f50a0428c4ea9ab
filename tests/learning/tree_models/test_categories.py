"""Splits on sets of categories, of every library that has them: served as the library itself would answer."""

import numpy as np
import pytest
from tests.learning.tree_models.categories_for_tests import (
    CODES,
    COLUMNS,
    SEEN,
    any_leads,
    category_leads,
    check_served,
)
from tests.scoring.trees.trees_for_tests import shapley_by_definition

from leadloop.errors import VersionError
from leadloop.learning.learners import LEARNERS, Examples
from leadloop.learning.tree_models import (
    catboost_rows,
    ensemble_from_catboost,
    ensemble_from_gradient_boosting,
    ensemble_from_lightgbm,
    ensemble_from_xgboost,
)

for library in ("lightgbm", "xgboost", "catboost", "sklearn"):
    pytest.importorskip(library, reason=f"{library} belongs to the extra `train`")
ROWS, WON = category_leads()
GIVEN, NEW = SEEN.matrix(ROWS), SEEN.matrix(any_leads())


def lightgbm_grown(**settings):
    import lightgbm

    chosen = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 12, **settings}
    return lightgbm.train(chosen, lightgbm.Dataset(GIVEN, WON, categorical_feature=CODES), 40)


@pytest.mark.parametrize("settings", [{}, {"min_data_per_group": 5, "cat_smooth": 1.0}, {"max_cat_to_onehot": 100}])
def test_lightgbm(settings):
    booster, sets = lightgbm_grown(**settings), SEEN.sets()
    check_served(ensemble_from_lightgbm(booster, sets), sets, booster.predict(NEW, raw_score=True), 0.0)


@pytest.mark.parametrize("one_by_one", [2, 16, 200])
def test_xgboost(one_by_one):
    import xgboost

    def matrix(rows, won=None):
        kinds = ["c" if place in CODES else "q" for place in range(4)]
        return xgboost.DMatrix(rows, label=won, feature_types=kinds, enable_categorical=True)

    settings = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": 5, "max_cat_to_onehot": one_by_one}
    booster = xgboost.train({**settings, "nthread": 1, "seed": 1}, matrix(GIVEN, WON), 40)
    sets = SEEN.sets()
    said = booster.predict(matrix(NEW), output_margin=True)
    check_served(ensemble_from_xgboost(booster, sets), sets, said, 1e-5)


@pytest.mark.parametrize("one_by_one", [2, 16, 200])
def test_catboost(one_by_one):
    import catboost

    model = catboost.CatBoostClassifier(
        iterations=60,
        depth=5,
        one_hot_max_size=one_by_one,
        max_ctr_complexity=1,
        thread_count=1,
        verbose=False,
        random_seed=1,
        allow_writing_files=False,
    )
    model.fit(catboost.Pool(catboost_rows(GIVEN, 2), WON))
    sets = SEEN.sets()
    said = model.predict(catboost.Pool(catboost_rows(NEW, 2)), prediction_type="RawFormulaVal")
    check_served(ensemble_from_catboost(model, sets), sets, said, 1e-12)


@pytest.mark.parametrize("missing_there", [False, True])
def test_gradient_boosting(missing_there):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    rows = GIVEN.copy()
    if missing_there:
        rows[:300, CODES[0]] = np.nan
    with threadpool_limits(limits=1):
        model = HistGradientBoostingClassifier(categorical_features=CODES, max_iter=40, random_state=1).fit(rows, WON)
        said = model.decision_function(NEW)
    sets = SEEN.sets()
    check_served(ensemble_from_gradient_boosting(model, sets), sets, said, 0.0)


def test_reasons_about_sets_are_shapley_values_by_their_definition_field_by_field():
    booster, sets = lightgbm_grown(num_leaves=4, num_iterations=3), SEEN.sets()
    member = SEEN.member(ensemble_from_lightgbm(booster, sets), sets)
    for row in any_leads(4):
        wide = member.sets.widen(row[None])
        by_set = shapley_by_definition(member.ensemble, wide[0])
        assert member.contributions(row[None])[0] == pytest.approx(member.sets.fold(by_set[None], 4)[0], abs=1e-10)


def test_without_a_list_of_sets_a_split_on_categories_is_refused():
    with pytest.raises(VersionError, match="category"):
        ensemble_from_lightgbm(lightgbm_grown())


@pytest.mark.parametrize("name", ["LightGBM", "XGBoost", "CatBoost", "gradient boosting"])
def test_a_learner_may_be_given_categories_or_their_flags_and_serves_either(name):
    examples = Examples(ROWS, WON)
    learner, rows = LEARNERS[name](), any_leads(500)
    from_sets, without = (
        learner.fit(examples, COLUMNS, {**learner.usual(), "rounds": 60, "native_categories": native}, seed=1)
        for native in (1, 0)
    )
    assert len(from_sets.sets) > 0
    assert without.sets is None
    # Without categories, flags or rates two of four columns say nothing.
    assert not without.contributions(rows)[:, [1, 3]].any()
    assert np.abs(from_sets.contributions(rows)[:, [1, 3]]).mean() > 0.05


@pytest.mark.parametrize("name", ["logistic regression", "random forest", "extra trees"])
def test_a_learner_of_numbers_never_reads_the_number_of_a_category(name):
    learner = LEARNERS[name]()
    member = learner.fit(Examples(ROWS, WON), COLUMNS, learner.usual(), seed=1)
    assert not member.contributions(any_leads(300))[:, [1, 3]].any()
