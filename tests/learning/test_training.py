"""Learning on synthetic leads whose true probabilities are known."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.leads_for_tests import FIELDS, PLAYBOOK, UNORDERED, make_leads
from tests.learning.learners_for_tests import QUICK

from leadloop.errors import NotEnoughOutcomes, PlaybookError
from leadloop.features.feature_set import usable_fields
from leadloop.learning import training
from leadloop.learning.evaluation import area_under_curve, calibration_error, log_loss
from leadloop.learning.labelled import Labelled
from leadloop.learning.maturity import Maturity
from leadloop.learning.training import USUAL_LEARNERS, learn, require_enough, require_learners
from leadloop.scoring import TrainedPlaybook
from leadloop.scoring.calibrator import logistic

FEW = replace(PLAYBOOK.training, learners=("logistic regression", "LightGBM"))
"""Two learners say as much about what all have in common, in less time."""


def known(leads, positive, *, ordered=True):
    return Labelled(leads, positive, np.arange(len(leads)) if ordered else None)


ALL = replace(PLAYBOOK, training=replace(PLAYBOOK.training, learners=()))


@pytest.fixture(scope="module")
def learned():
    leads, positive, _ = make_leads(6_000)
    return learn(ALL, known(leads, positive), fields=usable_fields(PLAYBOOK), effort=QUICK)


def score_new(learned, count=6_000, seed=99):
    leads, positive, truth = make_leads(count, seed)
    trained = TrainedPlaybook(PLAYBOOK, learned.features, learned.blend, "v20240101_000000_00000000")
    return trained.score_table(leads, explain=False)["probability"].to_numpy(), positive, truth


def test_it_comes_close_to_the_truth_on_leads_it_has_never_seen(learned):
    probabilities, positive, truth = score_new(learned)
    gained = (area_under_curve(positive, probabilities) - 0.5) / (area_under_curve(positive, truth) - 0.5)
    assert gained > 0.93


def test_its_probabilities_come_true(learned):
    probabilities, _, truth = score_new(learned, 20_000)
    assert calibration_error(truth, probabilities) < 0.02


def test_every_learner_competed_and_the_prior_is_there_to_be_beaten(learned):
    by_name = {contender.name: contender for contender in learned.contenders}
    assert set(by_name) == {"prior", *USUAL_LEARNERS}
    assert by_name["prior"].auc == pytest.approx(0.5, abs=0.06)
    assert min(by_name["logistic regression"].log_loss, by_name["LightGBM"].log_loss) < by_name["prior"].log_loss


def test_the_same_seed_gives_the_same_bits(learned):
    leads, positive, _ = make_leads(6_000)
    again = learn(ALL, known(leads, positive), fields=usable_fields(PLAYBOOK), effort=QUICK)
    first, second = score_new(learned, 500)[0], score_new(again, 500)[0]
    assert first.tolist() == second.tolist()


def test_noise_alone_teaches_nothing():
    """Features that know nothing must not seem to: held-out AUC stays at a half, target rates of folds included."""
    leads, positive, _ = make_leads(2_000)
    shuffled = np.random.default_rng(0).permutation(positive)
    for playbook, ordered in ((replace(PLAYBOOK, training=FEW), True), (replace(UNORDERED, training=FEW), False)):
        found = learn(playbook, known(leads, shuffled, ordered=ordered), fields=usable_fields(playbook), effort=QUICK)
        assert found.held_out_auc == pytest.approx(0.5, abs=0.06)
        assert all(contender.auc == pytest.approx(0.5, abs=0.07) for contender in found.contenders)


def test_a_field_with_a_level_for_each_lead_does_not_fool_the_target_rates():
    fields = tuple(replace(field, type="category") if field.name == "id" else field for field in FIELDS)
    playbook = replace(PLAYBOOK, schema=replace(PLAYBOOK.schema, fields=fields), lead_id="", training=FEW)
    leads, positive, _ = make_leads(1_500, playbook=playbook)
    leads = replace(leads, data=leads.data.with_columns(id=leads.data["id"].str.slice(0, 4)))
    shuffled = np.random.default_rng(2).permutation(positive)
    found = learn(playbook, known(leads, shuffled), fields=usable_fields(playbook), effort=QUICK)
    assert found.held_out_auc == pytest.approx(0.5, abs=0.07)


def test_rules_compete_as_rules_and_stay_what_they_were():
    import polars as pl

    from leadloop.features.rules import rule
    from leadloop.scoring.members import STRAIGHT

    @rule(points=30, reads=["source"])
    def was_recommended():
        return pl.col("source") == "Reference"

    @rule(points=-20, reads=["opted_out"])
    def opted_out_of_mail():
        return pl.col("opted_out")

    leads, positive, _ = make_leads(2_000)
    rules = (was_recommended, opted_out_of_mail)
    found = learn(
        replace(PLAYBOOK, training=FEW),
        known(leads, positive),
        fields=usable_fields(PLAYBOOK),
        effort=QUICK,
        functions=rules,
        rules={one.__name__: one.points for one in rules},
    )
    assert "rules" in {contender.name for contender in found.contenders}
    assert found.rules is not None
    ruled = found.rules.member
    matrix = found.features.matrix(leads.data)
    places = [
        place for place, column in enumerate(found.features.columns) if column.name in {r.__name__ for r in rules}
    ]
    first, second = ruled.weight[ruled.term == STRAIGHT]
    ratio = first / second
    assert len(places) == 2
    assert ratio == pytest.approx(30 / -20)
    assert area_under_curve(positive, ruled.margins(matrix)) > 0.6


@pytest.mark.parametrize("calibrate", ["by confidence", "all alike"])
def test_rules_are_calibrated_on_what_they_said_themselves_as_the_models_are(monkeypatch, calibrate):
    from leadloop.features.rules import rule

    @rule(points=30, reads=["source"])
    def was_recommended():
        return pl.col("source") == "Reference"

    given, real = [], training.calibrate_for_now

    def watch(margins, positive, counts, ages, *, seed):
        given.append((margins, positive, counts, real(margins, positive, counts, ages, seed=seed)))
        return given[-1][-1]

    monkeypatch.setattr(training, "calibrate_for_now", watch)
    leads, positive, _ = make_leads(1_500)
    found = learn(
        replace(PLAYBOOK, training=FEW, target=replace(PLAYBOOK.target, calibrate=calibrate)),
        replace(known(leads, positive), confidence=np.tile([0.5, 1.5], 750)),
        fields=usable_fields(PLAYBOOK),
        effort=QUICK,
        functions=(was_recommended,),
        rules={"was_recommended": 30.0},
    )
    (blended, _, counts, _), (alone, judged, counts_of_rules, calibrator) = given
    assert counts_of_rules.tolist() == counts.tolist()
    assert (len(set(counts.tolist())) == 1) == (calibrate == "all alike")
    by_name = {contender.name: contender for contender in found.contenders}
    assert log_loss(judged, logistic(alone)) == pytest.approx(by_name["rules"].log_loss)
    assert blended.tolist() != alone.tolist()
    matrix = found.features.matrix(leads.data[:50])
    expected = calibrator.probabilities(found.rules.member.margins(matrix))
    assert found.rules.probabilities(matrix).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("won", "lost", "said"),
    [(17, 500, "17 of 20 positives"), (500, 3, "3 of 20 negatives"), (10, 20, "30 of 100")],
)
def test_too_few_outcomes_are_refused_with_the_count(won, lost, said):
    with pytest.raises(NotEnoughOutcomes, match=said):
        require_enough(PLAYBOOK, np.repeat([1.0, 0.0], [won, lost]))


def test_a_playbook_may_say_who_competes():
    training = replace(PLAYBOOK.training, learners=("logistic regression with SMOTE", "extra trees"))
    leads, positive, _ = make_leads(1_500)
    found = learn(
        replace(PLAYBOOK, training=training),
        known(leads, positive),
        fields=usable_fields(PLAYBOOK),
        effort=QUICK,
    )
    assert {one.name for one in found.contenders} == {"prior", "logistic regression with SMOTE", "extra trees"}


def test_a_learner_that_does_not_exist_is_named_with_the_likely_one():
    training = replace(PLAYBOOK.training, learners=("LightGMB", "oracle"))
    with pytest.raises(PlaybookError) as refused:
        require_learners(replace(PLAYBOOK, training=training))
    assert next(problem.mend for problem in refused.value.problems) == "did you mean “LightGBM”?"
    assert "oracle" in str(refused.value)


def test_labels_shuffled_inside_accounts_teach_nothing():
    """Leads of one account look alike; where its outcomes are shuffled among them, nothing is left to learn from them."""
    leads, _, _ = make_leads(2_400)
    draw = np.random.default_rng(5)
    accounts = np.repeat(np.arange(300), 8)
    rates = draw.random(300) < 0.4
    outcomes = (draw.random(2_400) < np.where(rates[accounts], 0.6, 0.15)).astype(float)
    known = leads.data.with_columns(noise=np.round(draw.normal(size=300), 3)[accounts])
    found = learn(
        replace(UNORDERED, training=FEW),
        Labelled(replace(leads, data=known), outcomes, groups=accounts),
        fields=usable_fields(UNORDERED),
        effort=QUICK,
    )
    assert found.held_out_auc == pytest.approx(0.5, abs=0.06)


def test_grades_teach_the_expected_grade():
    """A lead worth a half is half won: probabilities come out as the mean grade, and rank as the truth does."""
    leads, _, truth = make_leads(4_000)
    draw = np.random.default_rng(1)
    grades = np.clip(truth + draw.normal(0, 0.15, len(truth)), 0, 1).round(2)
    found = learn(replace(PLAYBOOK, training=FEW), known(leads, grades), fields=usable_fields(PLAYBOOK), effort=QUICK)
    probabilities, _, truth_now = score_new(found, 4_000)
    assert np.mean(np.abs(probabilities - truth_now)) < 0.04
    assert np.corrcoef(probabilities, truth_now)[0, 1] > 0.95


def test_outcomes_nobody_is_sure_of_count_for_less():
    """Half of the outcomes are wrong for all leads of one source, and marked as doubtful: the others are believed."""
    leads, positive, _ = make_leads(4_000)
    doubtful = np.random.default_rng(2).random(4_000) < 0.5
    turned = np.where(doubtful, 1 - positive, positive)
    confidence = np.where(doubtful, 0.05, 1.0)
    some = replace(known(leads, turned), confidence=confidence / confidence.mean())
    playbook = replace(PLAYBOOK, training=FEW)
    believed = learn(playbook, some, fields=usable_fields(PLAYBOOK), effort=QUICK)
    fooled = learn(playbook, known(leads, turned), fields=usable_fields(PLAYBOOK), effort=QUICK)
    aucs = []
    for found in (believed, fooled):
        probabilities, outcomes, _ = score_new(found)
        aucs.append(area_under_curve(outcomes, probabilities))
    assert aucs[0] > 0.75
    assert aucs[1] < aucs[0] - 0.1


def test_half_ripe_outcomes_are_learned_from_as_they_were_known_and_still_tell_the_true_rate():
    leads, positive, _ = make_leads(6_000)
    draw = np.random.default_rng(3)
    came = np.arange(6_000) / 60  # a hundred days
    took = np.where(positive == 1, 25 * draw.random(6_000) ** 2, np.inf)
    for weigh in (True, False):
        labelled = replace(known(leads, positive), maturity=Maturity(came, took, 25.0, weigh), until=101.0)
        ripe = labelled.take(np.flatnonzero(labelled.counts(101.0) > 0))
        found = learn(replace(PLAYBOOK, training=FEW), ripe, fields=usable_fields(PLAYBOOK), effort=QUICK)
        probabilities, _, truth_now = score_new(found)
        assert len(ripe) > 4_900 if weigh else len(ripe) < 4_600
        assert probabilities.mean() == pytest.approx(truth_now.mean(), abs=0.03)


def test_a_score_never_falls_along_a_direction_although_the_leads_say_so():
    """More visits win and opting out loses; the playbook swears the contrary, and is obeyed by all that compete."""
    ways = {"visits": "down", "opted_out": "up"}
    fields = tuple(replace(field, direction=ways.get(field.name, "")) for field in FIELDS)
    competing = replace(PLAYBOOK.training, learners=USUAL_LEARNERS)
    playbook = replace(PLAYBOOK, schema=replace(PLAYBOOK.schema, fields=fields), training=competing)
    leads, positive, _ = make_leads(1_500, playbook=playbook)
    found = learn(playbook, known(leads, positive), fields=usable_fields(playbook), effort=QUICK)
    trained = TrainedPlaybook(playbook, found.features, found.blend, "v20240101_000000_00000000")
    some = leads.take(np.arange(40))

    def scored(**cells):
        changed = replace(some, data=some.data.with_columns(**cells))
        return trained.score_table(changed, explain=False)["probability"].to_numpy()

    climbed = [scored(visits=pl.lit(float(visits))) for visits in range(0, 40, 2)]
    assert np.diff(climbed, axis=0).max() <= 0
    assert (scored(opted_out=pl.lit(True)) >= scored(opted_out=pl.lit(False))).all()
