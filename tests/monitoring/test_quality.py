"""Matured quality: what counts, what is left open, and what is not claimed of too few leads."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from leadloop.monitoring import MEASURES
from leadloop.monitoring.quality import measure_quality

FROM, TO, NOW = (datetime(2026, 1, day, tzinfo=UTC) for day in (5, 12, 30))


def scores(count=600, seed=0, **more):
    draw = np.random.default_rng(seed)
    probability = draw.beta(1, 4, count)
    won = draw.random(count) < probability
    return pl.DataFrame(
        {
            "model_version": ["v1"] * count,
            "probability": probability,
            "score": 100 * probability,
            "band": ["high" if each > 0.3 else "low" for each in probability],
            "state": ["won" if each else "lost" for each in won],
            "outcome": won.astype(float),
            **more,
        }
    )


def measure(frame, **more):
    given = {"capacity": 0.2, "bands": ("high", "low"), "prior": 0.2} | more
    return measure_quality(frame, playbook="tiny", target="won", start=FROM, end=TO, as_of=NOW, **given)


def test_every_measure_has_its_interval_and_stands_beside_the_majority():
    report = measure(scores())
    assert tuple(one.name for one in report.measures) == MEASURES
    assert all(one.low <= one.value <= one.high for one in report.measures)
    assert report.of("accuracy").baselines["majority"] == pytest.approx(1 - report.won / report.matured)
    assert report.value("AUC") > 0.6 > report.of("AUC").baselines["prior"] == 0.5


def test_open_leads_and_leads_that_nobody_worked_are_counted_apart():
    frame = scores()
    state = pl.Series(["open"] * 100 + ["not worked"] * 50 + frame["state"][150:].to_list())
    ended = state.is_in(["won", "lost"])
    report = measure(frame.with_columns(state.alias("state"), pl.when(ended).then("outcome").alias("outcome")))
    assert (report.scored, report.matured, report.open, report.not_worked) == (600, 450, 100, 50)
    assert report.open_share == pytest.approx(1 / 6)
    assert sum(band.leads for band in report.bands) == 450


def test_of_too_few_leads_nothing_is_claimed():
    report = measure(scores(60))
    assert (report.is_judged, report.value("AUC")) == (False, None)
    assert "too few" in report.note
    with pytest.raises(KeyError):
        report.of("luck")


def test_scores_of_rules_are_measured_by_their_order_alone():
    report = measure(scores().with_columns(pl.lit(None, pl.Float64).alias("probability")))
    assert {one.name for one in report.measures} == {"precision", "recall", "F1", "AUC"}


def test_rules_stand_beside_the_model_where_they_judged_the_same_leads():
    frame = scores()
    report = measure(frame.with_columns((-pl.col("score")).alias("rules")))
    assert report.of("AUC").baselines["rules"] == pytest.approx(1 - report.value("AUC"))
    assert "rules" not in report.of("Brier score").baselines


def test_the_report_can_be_said_as_json():
    import json

    body = json.loads(json.dumps(measure(scores()).as_json(), allow_nan=False))
    assert body["start"] == "2026-01-05T00:00:00+00:00"
    assert body["measures"][4]["name"] == "AUC"
