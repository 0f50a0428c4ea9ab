"""Every learner on made-up leads whose true log-odds are known."""

import numpy as np
import pytest
from tests.learning.learners_for_tests import COLUMNS, make_examples, make_folds

from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.learners import LEARNERS, Examples, SmoteLearner, held_out_log_loss
from leadloop.learning.tuning import fade
from leadloop.scoring.calibrator import logistic

ROUNDS = {"LightGBM": 60, "XGBoost": 60, "CatBoost": 60, "gradient boosting": 60}


def settings_of(name: str) -> dict[str, float | int | str]:
    settings = dict(LEARNERS[name]().usual())
    return {**settings, "rounds": ROUNDS[name]} if name in ROUNDS else settings


@pytest.fixture(scope="module", params=list(LEARNERS))
def fitted(request):
    learner = LEARNERS[request.param]()
    examples, _ = make_examples(2_000)
    return learner, learner.fit(examples, COLUMNS, settings_of(request.param), seed=1)


def test_it_ranks_new_leads_nearly_as_well_as_the_truth(fitted):
    _, member = fitted
    new, truth = make_examples(4_000, seed=5)
    best = area_under_curve(new.positive, truth)
    least = 0.8 if fitted[0].name.endswith("SMOTE") else 0.93  # straight lines cannot follow what bends
    assert (area_under_curve(new.positive, member.margins(new.matrix)) - 0.5) / (best - 0.5) > least


def test_its_contributions_add_up_to_its_margins(fitted):
    _, member = fitted
    new, _ = make_examples(300, seed=6)
    said = member.contributions(new.matrix)
    assert said.sum(axis=1) + member.expected == pytest.approx(member.margins(new.matrix), abs=1e-5)


def test_a_lead_has_the_same_margin_alone_and_among_others(fitted):
    _, member = fitted
    new, _ = make_examples(200, seed=7)
    together = member.margins(new.matrix)
    assert all(member.margins(new.matrix[row : row + 1])[0] == together[row] for row in range(0, 200, 17))


def test_the_same_seed_gives_the_same_bits(fitted):
    learner, member = fitted
    examples, _ = make_examples(2_000)
    again = learner.fit(examples, COLUMNS, settings_of(learner.name), seed=1)
    for name, values in member.arrays().items():
        assert np.array_equal(values, again.arrays()[name], equal_nan=True), name


def test_what_it_says_of_a_fold_is_what_it_says_when_fitted(fitted):
    learner, _ = fitted
    (fold,) = make_folds(folds=1)
    settings = settings_of(learner.name)
    own = {name: value for name, value in settings.items() if name != "rounds"}
    judged = learner.judge(fold, own, seed=3).margins(ROUNDS.get(learner.name, 0))
    member = learner.fit(fold.train, COLUMNS, settings, seed=3)
    assert member.margins(fold.held_out.matrix) == pytest.approx(judged, abs=5e-3)


def test_leads_that_count_more_are_followed_more(fitted):
    learner, _ = fitted
    draw = np.random.default_rng(2)
    matrix = draw.normal(size=(3_000, 4)).astype(np.float32)
    positive = (draw.random(3_000) < np.repeat([0.2, 0.6], 1_500)).astype(float)
    settings = settings_of(learner.name)
    same = learner.fit(Examples(matrix, positive), COLUMNS, settings, seed=1).margins(matrix)
    newest = learner.fit(Examples(matrix, positive).fading(0.1), COLUMNS, settings, seed=1).margins(matrix)
    assert logistic(same).mean() == pytest.approx(0.4, abs=0.05)
    assert logistic(newest).mean() > 0.5


def test_fading_halves_what_a_lead_counts_with_each_half_life():
    faded = make_examples(1_000)[0].fading(0.5)
    assert faded.weight.mean() == pytest.approx(1)
    assert faded.weight[499] / faded.weight[999] == pytest.approx(0.5)
    assert make_examples(10)[0].fading(0).weight is None
    assert fade(make_examples(10)[0], {"depth": 3, "half_life": 0.0})[1] == {"depth": 3}


@pytest.mark.parametrize("base", [-4.0, -2.5, -1.0])
def test_smote_never_moves_the_mean_probability_by_more_than_a_tenth(base):
    examples, truth = make_examples(4_000, base=base)
    member = SmoteLearner().fit(examples, COLUMNS, {"strength": 1.0}, seed=1)
    served = logistic(member.margins(examples.matrix)).mean()
    assert served == pytest.approx(examples.positive.mean(), rel=0.1)
    later, truth = make_examples(20_000, seed=9, base=base)
    assert logistic(member.margins(later.matrix)).mean() == pytest.approx(logistic(truth).mean(), rel=0.15)
    assert held_out_log_loss(member.margins(later.matrix), later.positive) < 1.1 * held_out_log_loss(
        truth, later.positive
    )


@pytest.mark.parametrize("name", list(LEARNERS))
def test_a_column_of_which_nothing_is_known_yet_spoils_nothing(name):
    examples, _ = make_examples(400)
    blank = examples.matrix.copy()
    blank[:, 3] = np.nan
    member = LEARNERS[name]().fit(Examples(blank, examples.positive), COLUMNS, settings_of(name), seed=1)
    said = member.margins(examples.matrix)
    assert said == pytest.approx(member.margins(blank))
    assert np.std(said) > 0.2
