"""For every learner, alone and blended: start plus points is the score shown, whatever the lead holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.leads_for_tests import PLAYBOOK, make_leads
from tests.learning.learners_for_tests import QUICK

from leadloop.features.feature_set import usable_fields
from leadloop.features.rules import rule
from leadloop.learning.labelled import Labelled
from leadloop.learning.learners import LEARNERS
from leadloop.learning.training import USUAL_LEARNERS, learn
from leadloop.scoring import TrainedPlaybook

MOST = 1e-6
COMPETITORS = {name: (name,) for name in LEARNERS} | {"all together": USUAL_LEARNERS, "rules": ("logistic regression",)}
LEADS = st.fixed_dictionaries(
    {
        "visits": st.none() | st.floats(-1e300, 1e300, allow_nan=False).map(str),
        "source": st.none() | st.sampled_from(["Google", "Reference", "Chat"]) | st.text(max_size=20),
        "phone": st.none() | st.text(max_size=30),
        "opted_out": st.none() | st.sampled_from(["yes", "no"]),
        "noise": st.none() | st.integers(-(10**30), 10**30).map(str),
    }
)


@rule(points=30, reads=["source"])
def was_recommended():
    return pl.col("source") == "Reference"


@pytest.fixture(scope="module", params=COMPETITORS, ids=str)
def trained(request):
    """A version in which one learner (or all of them) is heard beside the prior."""
    training = replace(PLAYBOOK.training, learners=COMPETITORS[request.param])
    playbook = replace(PLAYBOOK, training=training)
    leads, positive, _ = make_leads(900)
    ruled = request.param == "rules"
    learned = learn(
        playbook,
        Labelled(leads, positive, np.arange(len(leads))),
        fields=usable_fields(playbook),
        effort=QUICK,
        functions=(was_recommended,) if ruled else (),
        rules={was_recommended.__name__: was_recommended.points} if ruled else None,
    )
    weights = {contender.name: contender.weight for contender in learned.contenders}
    blend = learned.blend
    if ruled:
        alone = learned.rules
        blend = replace(blend, members=(alone.member,), weights=(1.0,), calibrator=alone.calibrator)
    assert ruled or max(weights[name] for name in COMPETITORS[request.param]) > 0.2
    return TrainedPlaybook(playbook, learned.features, blend, "v20240101_000000_00000000")


@settings(max_examples=40, deadline=None)
@given(LEADS)
def test_start_and_points_are_the_score_of_any_lead(trained, lead):
    cells = pl.DataFrame({name: pl.Series([value], dtype=pl.String) for name, value in lead.items()})
    (card,) = trained.score(trained.schema.read(cells).leads)
    assert abs(card.starts_at + sum(reason.points for reason in card.reasons) - card.score) <= MOST


def test_start_and_points_are_the_score_of_ordinary_leads(trained):
    leads, _, _ = make_leads(500, seed=5)
    cards = trained.score(leads)
    assert max(abs(c.starts_at + sum(reason.points for reason in c.reasons) - c.score) for c in cards) <= MOST
    assert len({card.score for card in cards}) > 1
    assert all(reason.points for card in cards for reason in card.reasons)
    # Every lead starts where the average one stands, but for the rounding of the score.
    assert all(abs(card.starts_at - trained.blend.base_score) <= 0.06 for card in cards)
