"""How far off one lead's probability may be: against leads whose true probability is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.learning.learners_for_tests import QUICK

from leadloop.leads import Field, LeadSchema
from leadloop.learning.labelled import Labelled
from leadloop.learning.training import learn
from leadloop.playbook import Playbook, Target, Training
from leadloop.scoring.calibrator import logistic

FIELDS = tuple(Field(f"x{place}", "number", "intake") for place in range(8))
PLAYBOOK = Playbook(
    name="numbers",
    schema=LeadSchema((*FIELDS, Field("won", "boolean", "outcome"))),
    scores_at="intake",
    target=Target("won", column="won", positive=("yes",)),
    training=Training(learners=("logistic regression", "LightGBM"), trials=1, folds=2),
)


def world(count: int, seed: int):
    """Leads whose chance bends and crosses, so that no learner has it quite right; and that chance."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(count, len(FIELDS)))
    said = (
        values[:, 0] - 0.8 * np.abs(values[:, 1]) + values[:, 2] * (values[:, 3] > 0) + 0.5 * values[:, 4:].sum(axis=1)
    )
    truth = logistic(said)
    won = draw.random(count) < truth
    cells = {field.name: [repr(value) for value in values[:, place].tolist()] for place, field in enumerate(FIELDS)}
    frame = pl.DataFrame(cells | {"won": np.where(won, "yes", "no")})
    return PLAYBOOK.schema.read(frame).leads, won.astype(float), truth


def learned_from(count: int):
    leads, won, _ = world(count, seed=1)
    return learn(PLAYBOOK, Labelled(leads, won), fields=FIELDS, effort=QUICK)


@pytest.fixture(scope="module")
def learned():
    return learned_from(1_500)


def coverage(learned, blend) -> tuple[float, float]:
    leads, _, truth = world(4_000, seed=2)
    margins = blend.margins(learned.features.matrix(leads.data))
    low, high = blend.intervals(margins, blend.probabilities(margins))
    return float(((truth >= low) & (truth <= high)).mean()), float((high - low).mean())


def test_an_interval_holds_the_true_probability_of_most_leads_where_venn_abers_alone_holds_that_of_few(learned):
    """Measured: 0.14 without the doubt (0.03 wide), 0.78 with it (0.28 wide)."""
    before, _ = coverage(learned, replace(learned.blend, doubt=0.0))
    now, width = coverage(learned, learned.blend)
    assert before < 0.35
    assert 0.7 <= now <= 0.97
    assert width < 0.6


def test_doubt_changes_no_probability_and_no_score(learned):
    leads, _, _ = world(50, seed=3)
    margins = learned.blend.margins(learned.features.matrix(leads.data))
    surer = replace(learned.blend, doubt=0.0)
    assert np.array_equal(learned.blend.probabilities(margins), surer.probabilities(margins))
    assert learned.blend.doubt > 0
    inside = learned.blend.intervals(margins, learned.blend.probabilities(margins))
    narrow = surer.intervals(margins, surer.probabilities(margins))
    assert (inside[0] <= narrow[0]).all()
    assert (inside[1] >= narrow[1]).all()


def test_more_leads_leave_less_doubt(learned):
    assert learned_from(6_000).blend.doubt < learned.blend.doubt
