"""A composed score: a rising map of the weighted mean, whose bands hold their shares and whose reasons add up to it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.learning.learners_for_tests import QUICK
from tests.two_targets_for_tests import TWO, make_two_cells

from leadloop.errors import VersionError
from leadloop.features.feature_set import usable_fields
from leadloop.flows.past.labelled import label
from leadloop.learning.composition import Heard, compose_score
from leadloop.learning.training import learn
from leadloop.playbook import Route
from leadloop.scoring import TargetModel, TrainedPlaybook
from leadloop.scoring.composition import Composition
from leadloop.scoring.score_map import ScoreMap

VERSION = "v20240101_000000_00000000"
MOST = 1e-6
LEADS = st.fixed_dictionaries(
    {
        "visits": st.none() | st.floats(-1e300, 1e300, allow_nan=False).map(str),
        "source": st.none() | st.sampled_from(["Google", "Reference", "Chat"]) | st.text(max_size=20),
        "budget": st.none() | st.floats(-50, 50).map(str),
        "notes": st.none() | st.sampled_from(["they asked about voice", "mail only"]) | st.text(max_size=40),
    }
)


@pytest.fixture(scope="module")
def learned():
    cells, _ = make_two_cells(1_500)
    imported = TWO.schema.read(cells).leads
    found = {}
    for target in TWO.targets:
        playbook = TWO.aimed_at(target.name)
        labelled = label(playbook, imported, None)
        one = learn(playbook, labelled, fields=usable_fields(playbook), effort=QUICK)
        found[target.name] = Heard(
            TargetModel(target.name, one.features, one.blend, one.segments), labelled.leads, one.held_out
        )
    return found


def make(playbook, learned):
    main, *others = [learned[target.name].model for target in playbook.targets]
    return TrainedPlaybook(
        playbook, main.features, main.blend, VERSION, others=tuple(others),
        composition=compose_score(playbook, list(learned.values())),
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(learned):
    return make(TWO, learned)


@pytest.fixture(scope="module")
def leads():
    return TWO.schema.read(make_two_cells(2_000, seed=5)[0]).leads


@settings(max_examples=60, deadline=None)
@given(LEADS)
def test_start_and_points_are_the_composed_score_of_any_lead(trained, lead):
    cells = pl.DataFrame({name: pl.Series([value], dtype=pl.String) for name, value in lead.items()})
    (card,) = trained.score(trained.schema.read(cells).leads)
    assert abs(card.starts_at + sum(reason.points for reason in card.reasons) - card.score) <= MOST
    assert card.probability == card.targets[0].probability
    for told in card.targets:
        assert 0 <= told.probability_low <= told.probability <= told.probability_high <= 1
        assert 0 <= told.score <= 100


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=6),
    st.floats(0.25, 0.75),
    st.lists(st.floats(0.01, 0.99), min_size=5, max_size=40),
)
def test_points_of_any_parts_add_up_even_where_targets_cancel_each_other_out(parts, average, past):
    composition = Composition((("a", 0.5), ("b", 0.5)), ScoreMap.fit(TWO.policy, np.array(past)))
    rows = np.array([parts, [-part for part in parts], [0.0] * len(parts), [*parts[:-1], -sum(parts[:-1])]])
    means = average + rows.sum(axis=1)
    scores = np.round(composition.score_map.scores(means), 1)
    points, starts = composition.points(rows, np.full(len(rows), average), scores)
    assert np.isfinite(points).all()
    assert np.abs(starts + points.sum(axis=1) - scores).max() <= MOST


def test_a_start_differs_from_the_average_leads_score_by_rounding_only(trained, leads):
    starts = np.array([card.starts_at for card in trained.score(leads[:300])])
    assert np.ptp(starts) <= 0.12


def test_the_score_rises_with_the_weighted_mean_of_the_probabilities(trained, leads):
    table = trained.score_table(leads, explain=False)
    means = 0.7 * table["probability"].to_numpy() + 0.3 * table["voice_fit_probability"].to_numpy()
    order = np.argsort(means, kind="stable")
    assert (np.diff(table["score"].to_numpy()[order]) >= 0).all()


def test_bands_of_a_composed_score_hold_their_shares_on_leads_of_later(trained, leads):
    table = trained.score_table(leads, explain=False)
    for band in TWO.policy.bands:
        assert (table["band"] == band.name).mean() == pytest.approx(band.share, abs=0.05)


def test_both_targets_are_told_as_they_are(trained):
    cells, truth = make_two_cells(2_000, seed=6)
    table = trained.score_table(trained.schema.read(cells).leads, explain=False)
    assert np.corrcoef(table["probability"].to_numpy(), truth.progression)[0, 1] > 0.95
    assert np.corrcoef(table["voice_fit_probability"].to_numpy(), truth.voice_fit)[0, 1] > 0.95
    assert np.corrcoef(table["voice_fit_probability"].to_numpy(), truth.progression)[0, 1] < 0.7


def test_a_field_that_only_one_target_follows_is_a_reason_of_the_composed_score(trained):
    cells = pl.DataFrame(
        {"visits": ["6"], "source": ["Google"], "budget": ["2.5"], "notes": ["they asked about voice"]}
    )
    (card,) = trained.score(trained.schema.read(cells).leads)
    points = {reason.field: reason.points for reason in card.reasons}
    assert points["budget"] > 5
    assert points["notes"] > 2


def test_a_row_scores_alone_as_it_does_in_a_batch(trained, leads):
    together = trained.score(leads[:60])
    assert [trained.score(leads[row : row + 1])[0] for row in range(60)] == together


def test_a_version_aimed_at_one_target_scores_as_if_it_were_the_only_one(trained, leads):
    alone, both = trained.aimed_at("voice_fit").score(leads[:50]), trained.score(leads[:50])
    assert [card.score for card in alone] == [card.targets[1].score for card in both]
    assert [card.probability for card in alone] == [card.targets[1].probability for card in both]
    assert all(
        abs(card.starts_at + sum(reason.points for reason in card.reasons) - card.score) <= MOST for card in alone
    )
    with pytest.raises(VersionError, match=r"“voice” is not predicted; name one of progression, voice_fit"):
        trained.aimed_at("voice")


def test_times_and_amounts_are_of_the_main_target_and_no_other_has_them(trained):
    told = replace(trained, timing="when", worth="how much")
    main, other = told.aimed_at("progression"), told.aimed_at("voice_fit")
    assert (main.timing, main.worth) == ("when", "how much")
    assert (other.timing, other.worth) == (None, None)


def test_without_weights_the_score_is_the_main_targets_own(learned, leads):
    alone = make(replace(TWO, more_targets=(), score=()), {"progression": learned["progression"]})
    both = make(replace(TWO, score=()), learned)
    assert both.composition is None
    one, two = alone.score_table(leads), both.score_table(leads)
    assert two.select(one.columns).equals(one)
    assert [name for name in two.columns if name not in one.columns] == [
        "voice_fit_probability", "voice_fit_probability_low", "voice_fit_probability_high", "voice_fit_score",
    ]  # fmt: skip


def test_a_score_may_rest_on_a_further_target_alone(learned, leads):
    trained = make(replace(TWO, score=(("voice_fit", 2.0),)), learned)
    table = trained.score_table(leads)
    order = np.argsort(table["voice_fit_probability"].to_numpy(), kind="stable")
    assert (np.diff(table["score"].to_numpy()[order]) >= 0).all()


@pytest.mark.parametrize("weights", [{"a": 0.5, "b": 0.4}, {"a": 1.5, "b": -0.5}])
def test_weights_that_are_no_shares_are_refused_when_read(weights):
    state = {"weights": weights, "score_map": {"probabilities": [0, 1], "anchors": [0, 100]}}
    with pytest.raises(ValueError, match="do not add up to 1"):
        Composition.from_state(state)


def test_a_lead_goes_the_route_of_its_composed_score_and_of_each_targets_own(learned, leads):
    routes = (
        Route("call", 60.0, priority="both", when=(("voice_fit", 70.0), ("progression", 65.0)), key="call_both"),
        Route("call", 60.0, priority="voice", when=(("voice_fit", 70.0),), key="call_voice"),
        Route("call", 60.0, priority="high", key="call_high"),
        Route("wait", 0.0, priority="low"),
    )
    trained = make(replace(TWO, policy=replace(TWO.policy, routes=routes)), learned)
    table = trained.score_table(leads, explain=False)
    fits, moves = pl.col("voice_fit_score") >= 70, pl.col("progression_score") >= 65
    expected = (
        pl.when(pl.col("score") < 60)
        .then(pl.lit("low"))
        .when(fits & moves)
        .then(pl.lit("both"))
        .when(fits)
        .then(pl.lit("voice"))
        .otherwise(pl.lit("high"))
    )
    assert table["priority"].to_list() == table.select(expected).to_series().to_list()
    assert set(table["priority"]) == {"both", "voice", "high", "low"}
    cards = trained.score(leads[:40])
    assert [card.priority for card in cards] == table["priority"][:40].to_list()
