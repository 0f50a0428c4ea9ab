"""The network: needs the extra `recommender`, and skips without it; `make test-recommender` runs it."""

from dataclasses import replace

import numpy as np
import pytest
from tests.recommend.test_histories import random_log

from leadloop.errors import DependencyMissing, VersionError
from leadloop.recommend.competition import compete
from leadloop.recommend.competitors.network import Network
from leadloop.recommend.histories import decisions_of
from leadloop.recommend.settings import NetworkSettings, RecommenderSettings
from leadloop.recommend.splitting import split_in_time
from leadloop.recommend.windows import last_windows, whole_windows

SMALL = NetworkSettings(epochs=4, length=8, patience=2)


def has_keras():
    import importlib.util

    return all(importlib.util.find_spec(name) for name in ("keras", "tensorflow"))


needs_keras = pytest.mark.skipif(not has_keras(), reason="needs the extra recommender: make test-recommender")


@pytest.mark.skipif(has_keras(), reason="Keras is here")
def test_without_its_extra_the_network_is_left_out_and_it_is_said():
    log = random_log(300)
    split = split_in_time(log, within_days=30)
    settings = RecommenderSettings(competitors=("popularity", "network"), within_days=30)
    result = compete(log, split, settings, seed=1)
    assert [one.competitor.name for one in result.entered] == ["popularity"]
    assert "did not take part" in result.notes[0]
    from leadloop.recommend.competitors.keras_network import learn_network

    with pytest.raises(DependencyMissing, match="leadloop\\[recommender\\]"):
        learn_network(log, split.train, split.stop, SMALL, seed=1)


@pytest.fixture(scope="module")
def log():
    return random_log(300)


@pytest.fixture(scope="module")
def trained(log):
    from leadloop.recommend.competitors.keras_network import learn_network

    split = split_in_time(log, within_days=30)
    kept = {}
    return learn_network(log, split.train, split.stop, SMALL, seed=1, checkpoint=kept.__setitem__), split, kept


@needs_keras
@pytest.mark.long
def test_the_graph_says_what_keras_says(log, trained):
    from leadloop.recommend.competitors.keras_network import INPUTS

    network = trained[0].network
    decisions = decisions_of(log, within_days=30)
    for windows, places in (last_windows(log, decisions, 8), whole_windows(log, decisions, 8)):
        inputs = windows.inputs()
        wanted = trained[0].model([inputs[name] for name in INPUTS], training=False)
        got = network.session.run(["next", "won"], inputs)
        for one, other in zip(got, wanted, strict=True):
            assert np.abs(one - np.asarray(other))[places.window, places.place].max() < 2e-5
    assert len(network.graph) < 20e6


@needs_keras
@pytest.mark.long
def test_what_comes_later_and_padding_change_nothing(log, trained):
    network = trained[0].network
    decisions = decisions_of(log, within_days=30)
    early = decisions.take(np.flatnonzero(decisions.row - log.starts[decisions.lead] <= 8))
    alone, _ = network.foresee(log, early)
    windows, places = whole_windows(log, early, 8)
    margins = network.session.run(["next"], windows.inputs())[0][places.window, places.place]
    together = np.exp(margins - margins.max(axis=1, keepdims=True))
    assert together / together.sum(axis=1, keepdims=True) == pytest.approx(alone, abs=1e-5)


@needs_keras
@pytest.mark.long
def test_the_same_seed_gives_the_same_network_and_the_best_epoch_is_kept(log, trained):
    from leadloop.recommend.competitors.keras_network import learn_network

    first, split, kept = trained
    again = learn_network(log, split.train, split.stop, SMALL, seed=1)
    assert again.curve == first.curve
    assert again.network.graph == first.network.graph
    assert first.best_epoch == 1 + int(np.argmin([later for _, later in first.curve]))
    assert max(kept) == first.best_epoch
    assert kept[first.best_epoch]["next/bias"].shape == (2,)


@needs_keras
@pytest.mark.long
def test_leads_without_any_category_are_foreseen_too():
    from leadloop.recommend.competitors.keras_network import learn_network

    log = random_log(200)
    bare = replace(log, vocabulary=replace(log.vocabulary, traits=(), levels=()), traits=log.traits[:, :0])
    split = split_in_time(bare, within_days=30)
    network = learn_network(bare, split.train, split.stop, replace(SMALL, epochs=1), seed=1).network
    following, won = network.foresee(bare, split.test)
    assert following.shape == won.shape == (len(split.test), 2)


@needs_keras
@pytest.mark.long
def test_a_graph_with_another_operator_is_refused(trained):
    import onnx

    model = onnx.load_model_from_string(trained[0].network.graph)
    model.graph.node[0].op_type = "GatherND"
    with pytest.raises(VersionError, match="GatherND"):
        Network.open(model.SerializeToString())


@needs_keras
@pytest.mark.long
def test_the_saved_model_for_tensorflow_serving_says_the_same(log, trained, tmp_path):
    import tensorflow

    from leadloop.flows.recommend.tensorflow_serving import export_for_tensorflow
    from leadloop.recommend.competition import Competition
    from leadloop.recommend.competitors.keras_network import INPUTS

    split = trained[1]
    settings = RecommenderSettings(competitors=("popularity",), within_days=30)
    result = compete(log, split, settings, seed=1)
    beside = Competition(
        result.entered, result.following, result.winning, result.recommender, (), {"network": trained[0]}
    )
    folder = export_for_tensorflow(beside, result.recommender, tmp_path / "served", name="tiny")
    loaded = tensorflow.saved_model.load(str(folder / "tiny" / "1"))
    windows, places = last_windows(log, split.test, 8)
    inputs = windows.inputs()
    said = loaded.serve([tensorflow.constant(inputs[name]) for name in INPUTS])
    wanted = trained[0].network.session.run(["next", "won"], inputs)
    for one, other in zip(said, wanted, strict=True):
        assert np.abs(np.asarray(one) - other)[places.window, places.place].max() < 2e-5
    assert 'name: "tiny"' in (folder / "models.config").read_text()
