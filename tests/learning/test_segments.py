"""Segments on made-up leads: one follows rules of its own, one does not, one is too small to tell."""

import io
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.leads_for_tests import FIELDS, PLAYBOOK, make_cells
from tests.learning.learners_for_tests import QUICK

from leadloop.errors import VersionError
from leadloop.features.feature_set import usable_fields
from leadloop.leads import Field, LeadSchema
from leadloop.learning.evaluation import log_loss
from leadloop.learning.labelled import Labelled
from leadloop.learning.training import learn
from leadloop.registry.artefacts import make_probe, pack, unpack
from leadloop.scoring import TrainedPlaybook

LINES = replace(
    PLAYBOOK,
    schema=LeadSchema((*FIELDS, Field("line", "category", "intake"))),
    segment_by="line",
    training=replace(PLAYBOOK.training, learners=("logistic regression",), min_positives=40),
)
VERSION = "v20240101_000000_00000000"


def make_lines(count, seed):
    """Leads of three lines of business; in `health` visits speak against a lead, and it is seldom won."""
    cells, truth = make_cells(count, seed)
    draw = np.random.default_rng(seed + 1)
    line = draw.choice(["home", "health", "boats"], count, p=[0.59, 0.4, 0.01])
    visits = cells["visits"].cast(pl.Float64).fill_null(6.0).to_numpy()
    other = 1 / (1 + np.exp(0.5 + 0.3 * visits))
    chance = np.where(line == "health", other, truth)
    won = draw.random(count) < chance
    cells = cells.with_columns(
        pl.Series("line", line),
        pl.Series("won", np.where(won, "yes", "no")),
    )
    return LINES.schema.read(cells).leads, won.astype(float), line


@pytest.fixture(scope="module")
def trained():
    leads, positive, _ = make_lines(6_000, 0)
    labelled = Labelled(leads, positive, np.arange(len(leads)))
    learned = learn(LINES, labelled, fields=usable_fields(LINES), effort=QUICK)
    return learned, TrainedPlaybook(LINES, learned.features, learned.blend, VERSION, learned.segments)


def test_only_the_segment_with_rules_of_its_own_gets_a_model_of_its_own(trained):
    learned, _ = trained
    verdicts = {verdict.segment: verdict for verdict in learned.verdicts}
    assert verdicts["health"].serves
    assert verdicts["health"].low > 0
    assert not verdicts["boats"].serves
    assert "not enough outcomes" in verdicts["boats"].reason
    assert set(learned.segments) == {name for name, verdict in verdicts.items() if verdict.serves}


def test_its_leads_are_predicted_better_than_by_the_model_of_all_leads(trained):
    _, with_segments = trained
    leads, positive, line = make_lines(4_000, 50)
    alone = replace(with_segments, segments={})
    ours, pooled = (one.score_table(leads, explain=False)["probability"].to_numpy() for one in (with_segments, alone))
    health = line == "health"
    assert log_loss(positive[health], ours[health]) < log_loss(positive[health], pooled[health]) - 0.01
    assert ours[line == "boats"].tolist() == pooled[line == "boats"].tolist()


def test_a_card_says_which_model_spoke_and_its_reasons_add_up(trained):
    _, with_segments = trained
    leads, _, line = make_lines(60, 7)
    for card, segment in zip(with_segments.score(leads), line, strict=True):
        own = segment in with_segments.segments
        assert card.segment == segment
        assert card.method == ("segment model" if own else "model")
        assert card.starts_at + sum(reason.points for reason in card.reasons) == pytest.approx(card.score, abs=1e-6)


def test_one_lead_alone_is_scored_as_among_others(trained):
    _, with_segments = trained
    leads, _, _ = make_lines(40, 8)
    together = with_segments.score_table(leads, explain=False)
    alone = pl.concat([with_segments.score_table(leads.take(np.array([place])), explain=False) for place in range(40)])
    assert together.equals(alone)


def test_segments_are_saved_and_come_back(trained):
    _, with_segments = trained
    leads, _, _ = make_lines(200, 9)
    matrix = with_segments.features.matrix(leads.data)
    again = unpack(pack(with_segments, make_probe(matrix)), VERSION)
    assert set(again.segments) == set(with_segments.segments)
    assert again.score_table(leads).equals(with_segments.score_table(leads))


def test_segments_that_are_alike_get_nothing_of_their_own():
    cells, _ = make_cells(3_000, 3)
    draw = np.random.default_rng(4)
    cells = cells.with_columns(pl.Series("line", draw.choice(["a", "b"], 3_000)))
    leads = LINES.schema.read(cells).leads
    positive = leads.data["won"].cast(pl.Float64).to_numpy()
    learned = learn(LINES, Labelled(leads, positive, np.arange(3_000)), fields=usable_fields(LINES), effort=QUICK)
    assert not learned.segments
    assert all(verdict.reason == "the model of all leads is as good" for verdict in learned.verdicts)


def test_a_segments_own_calibrator_and_interval_make_its_probabilities(trained):
    _, with_segments = trained
    leads, _, line = make_lines(400, 11)
    leads = leads.take(np.flatnonzero(line == "health"))
    own, pooled = with_segments.segments["health"], with_segments.blend
    table = with_segments.score_table(leads, explain=False)
    margins = own.margins(with_segments.features.matrix(leads.data))
    assert table["probability"].to_numpy() == pytest.approx(own.calibrator.probabilities(margins), abs=1e-9)
    low, high = own.intervals(margins, own.calibrator.probabilities(margins))
    assert table["probability_low"].to_numpy() == pytest.approx(low, abs=1e-9)
    assert table["probability_high"].to_numpy() == pytest.approx(high, abs=1e-9)
    # Or this would say nothing: the calibrator of all leads makes something else of the same margins.
    assert np.abs(own.calibrator.probabilities(margins) - pooled.calibrator.probabilities(margins)).max() > 1e-3


@pytest.fixture(scope="module")
def saved(trained):
    _, with_segments = trained
    leads, _, _ = make_lines(200, 9)
    return pack(with_segments, make_probe(with_segments.features.matrix(leads.data)))


def changed(files, segment, **said):
    """The files with something else said of one segment; empty for the blend of all leads."""
    model = json.loads(files["model.json"])
    for described in model["blends"]:
        if described["segment"] == segment:
            described |= {name: change(described[name]) for name, change in said.items()}
    return {**files, "model.json": json.dumps(model).encode()}


@pytest.mark.parametrize("segment", ["", "health"])
@pytest.mark.parametrize(
    "said",
    [
        {"weights": lambda weights: [0.9 * weight for weight in weights]},
        {"calibrator": lambda state: {**state, "shift": state["shift"] + 0.01}},
        {"intervals": lambda name: {"venn_abers.npz": "venn_abers_1.npz", "venn_abers_1.npz": "venn_abers.npz"}[name]},
    ],
    ids=["models", "calibrator", "intervals"],
)
def test_a_version_whose_models_answer_otherwise_is_refused_whichever_segment_they_are_of(saved, segment, said):
    with pytest.raises(VersionError, match=r"of 16 probe rows get another answer"):
        unpack(changed(saved, segment, **said), VERSION)


def test_a_version_from_before_its_segments_were_probed_still_loads_and_its_pooled_models_are_still_probed(
    saved, trained
):
    with np.load(io.BytesIO(saved["probe.npz"])) as probe:
        kept = {name: probe[name] for name in ("matrix", "margins")}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **kept)
    older = {**saved, "probe.npz": buffer.getvalue()}
    leads, _, _ = make_lines(50, 12)
    assert unpack(older, VERSION).score_table(leads).equals(trained[1].score_table(leads))
    with pytest.raises(VersionError, match="probe rows get another answer"):
        unpack(changed(older, "", weights=lambda weights: [0.9 * weight for weight in weights]), VERSION)
