from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.recommend.test_forecast import draw
from tests.store.stores_for_tests import make_score

from leadloop.errors import DataError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.recommend.forecast import as_table, forecast_pipeline
from leadloop.store import LeadOutcome

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Leads of 150 days, scored when they came; what ended later is not known yet."""
    place = Workspace(tmp_path_factory.mktemp("pipeline"))
    pipeline = draw(4, days=150, per_day=6)
    begun = NOW - timedelta(days=140)

    def when(day):
        return begun + timedelta(days=float(day))

    there = np.flatnonzero(pipeline.came <= 140)
    scores = [
        make_score(f"s{one}", f"L{one}", at=when(pipeline.came[one]), probability=float(pipeline.probability[one]))
        for one in there
    ]
    place.store.scores.add("b2b_calls", scores)
    outcomes = [
        LeadOutcome(f"o{one}{value}", f"L{one}", "progression", value, when(at[one]))
        for one in there
        for value, at in ((1.0, pipeline.won), (0.0, pipeline.lost))
        if at[one] <= 140
    ]
    place.store.outcomes.add("b2b_calls", outcomes)
    return place


def test_the_pipeline_of_a_playbook_is_forecast_from_its_store(place):
    found = forecast_pipeline("b2b_calls", weeks=6, value=1_000, now=NOW, workspace=place)
    assert len(found.weeks) == 6
    assert found.starts()[0] == NOW
    assert found.open_leads > 50
    assert found.weeks[0].won == pytest.approx(6 * 7 * 2 / 14, rel=0.4)
    assert found.weeks[0].value == pytest.approx(1_000 * found.weeks[0].won)
    assert found.backtest.weeks > 20
    table = as_table(found)
    assert table.columns[:4] == ["week", "won", "won_low", "won_high"]
    assert (table["won_low"] <= table["won_high"]).all()


def test_without_amounts_nothing_is_said_of_value(place):
    found = forecast_pipeline("b2b_calls", weeks=2, now=NOW, workspace=place)
    assert not found.has_value
    assert found.weeks[0].value == 0


def test_too_little_to_forecast_from_is_refused(place, tmp_path):
    with pytest.raises(DataError, match="dated wins"):
        forecast_pipeline("b2b_calls", now=NOW - timedelta(days=135), workspace=place)
    with pytest.raises(DataError):
        forecast_pipeline("b2b_calls", now=NOW, workspace=tmp_path)
