import numpy as np
import pytest
from tests.recommend.test_histories import random_log

from leadloop.recommend.competition import compete
from leadloop.recommend.competitors.boosted import Boosted, boosted_from, learn_boosted
from leadloop.recommend.competitors.counting import count_markov, count_popularity, counts_from
from leadloop.recommend.competitors.sequence_features import feature_names, sequence_features
from leadloop.recommend.histories import decisions_of, next_decisions
from leadloop.recommend.measures import measure, ranks_of
from leadloop.recommend.people import Skill, assign
from leadloop.recommend.recommender import Recommender
from leadloop.recommend.settings import RecommenderSettings
from leadloop.recommend.splitting import split_in_time


@pytest.fixture(scope="module")
def log():
    return random_log(400)


@pytest.fixture(scope="module")
def split(log):
    return split_in_time(log, within_days=30)


@pytest.fixture(scope="module")
def boosted(log, split):
    return learn_boosted(log, split.train, split.stop, seed=1)


def test_popularity_says_the_shares_and_the_chain_those_after_the_last_event(log, split):
    popular, chain = count_popularity(log, split.train), count_markov(log, split.train)
    shares = np.bincount(split.train.action, minlength=2) / len(split.train)
    following, won = popular.foresee(log, split.test)
    assert following[0] == pytest.approx(shares, abs=0.01)
    assert ((won > 0) & (won < 1)).all()
    after, _ = chain.foresee(log, split.test)
    assert after.sum(axis=1) == pytest.approx(1)
    assert len(np.unique(after[:, 0])) > 1
    assert (counts_from(chain.arrays(), chain.state()).next == chain.next).all()


def test_every_column_of_a_history_has_a_name_and_none_looks_ahead(log, split):
    matrix = sequence_features(log, split.test)
    assert matrix.shape == (len(split.test), len(feature_names(log.vocabulary)))
    cut = log.take(np.unique(split.test.lead)[:1])
    own = decisions_of(cut, within_days=30)
    alone = sequence_features(cut, own)[0]
    assert alone == pytest.approx(matrix[split.test.lead == np.unique(split.test.lead)[0]][0], nan_ok=True)


def test_trees_foresee_alike_after_they_were_saved_and_for_a_lead_alone(log, split, boosted):
    following, won = boosted.foresee(log, split.test)
    assert following.sum(axis=1) == pytest.approx(1)
    again = boosted_from(boosted.files(), boosted.state())
    assert isinstance(again, Boosted)
    one = split.test.take(np.array([5]))
    assert again.foresee(log, one)[1][0] == pytest.approx(won[5], abs=1e-6)


def test_the_trees_of_each_class_are_those_of_the_library(log, split):
    import lightgbm

    from leadloop.learning.tree_models.onnx import to_onnx
    from leadloop.recommend.competitors.boosted import _of_class
    from leadloop.scoring.onnx_session import open_session

    matrix = sequence_features(log, split.train)
    target = np.minimum(split.train.action + (matrix[:, 0] > 0), 2)
    settings = {"objective": "multiclass", "num_class": 3, "num_leaves": 5, "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(matrix, label=target), num_boost_round=5)
    ensembles = [_of_class(booster, number, 3) for number in range(3)]
    wanted = booster.predict(matrix, raw_score=True)
    for number, ensemble in enumerate(ensembles):
        assert ensemble.margins(matrix) == pytest.approx(wanted[:, number], abs=1e-9)
    (got,) = open_session(to_onnx(*ensembles)).run(None, {"features": matrix})
    assert got == pytest.approx(wanted, abs=1e-5)


def test_the_competition_serves_whoever_foresees_later_leads_best(log, split):
    settings = RecommenderSettings(competitors=("popularity", "Markov chain"), within_days=30)
    result = compete(log, split, settings, seed=1)
    losses = {one.competitor.name: one.loss_next for one in result.entered}
    assert result.following == min(losses, key=losses.__getitem__)
    assert {"accuracy", "top 3", "AUC of winning"} <= result.entered[0].measures.keys()
    served = result.recommender
    said = served.foresee(log, next_decisions(log, float(log.at.max())))
    assert ((said.low <= said.success) & (said.success <= said.high)).all()
    again = Recommender.load(served.state(), served.arrays(), served.files())
    assert (again.foresee(log, split.test).success == served.foresee(log, split.test).success).all()


def test_ranks_count_from_nought_and_a_perfect_foresight_is_measured_so():
    following = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])
    assert ranks_of(following, np.array([1, 1])).tolist() == [0, 1]
    sure = np.eye(3)[[0, 1, 2, 0]]
    won = np.array([0.0, 1.0, 0.0, 1.0])
    chance = np.tile(won[:, None], 3) * 0.98 + 0.01
    found = measure(sure, chance, np.array([0, 1, 2, 0]), won, np.arange(4), seed=1)
    assert found["accuracy"].value == 1
    assert found["AUC of winning"].value == 1


def test_promising_leads_go_first_and_a_full_desk_takes_no_more():
    skills = {"ada": Skill(1.5, {"size=large": 2.0}, 90), "bob": Skill(1.0, {}, 90)}
    leads = [("size=large",)] * 5
    chosen = assign(leads, np.array([0.1, 0.5, 0.4, 0.3, 0.2]), ["ada", "bob"], skills, {"ada": 1}, desk=3)
    assert chosen.count("ada") == 2
    assert chosen.count("bob") == 3
    assert chosen[1] == "ada"
    assert assign(leads[:1], np.ones(1), ["ada"], skills, {"ada": 3}, desk=3) == [""]
