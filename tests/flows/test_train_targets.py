"""Trainings whose outcomes take time, are graded, are more or less sure, or differ by segment."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import FIELDS, PLAYBOOK, make_cells

from leadloop.errors import DataError, NotEnoughOutcomes
from leadloop.flows.scoring.score import load, score
from leadloop.flows.training.train import train
from leadloop.leads import Field, LeadSchema
from leadloop.learning.report.text import render_markdown
from leadloop.playbook import Order, Playbook, Target, parse_playbook, render_playbook

START = datetime(2024, 1, 1)


def files(tmp_path, playbook: Playbook, cells: pl.DataFrame):
    folder = write_playbook(tmp_path / "tiny", render_playbook(playbook))
    cells.write_csv(tmp_path / "past.csv")
    return folder, tmp_path / "past.csv"


def with_fields(*fields: Field, **changes) -> Playbook:
    kept = tuple(field for field in FIELDS if field.name != "won")
    return replace(PLAYBOOK, schema=LeadSchema((*kept, *fields)), **changes)


def timed(open_leads="left out", **training) -> Playbook:
    """Leads that are won within forty days, or lost."""
    return with_fields(
        Field("came", "time", "intake"),
        Field("won_at", "time", "outcome"),
        order=Order("field", "came"),
        target=Target("won", "won_at", filled=True, at="won_at", within_days=40.0, open_leads=open_leads),
        training=replace(PLAYBOOK.training, **training),
    )


def timed_cells(count=2_000):
    """Five leads a day; a win takes up to forty days; today is the day after the last lead."""
    cells, truth = make_cells(count)
    draw = np.random.default_rng(1)
    days = np.arange(count) / 5
    took = 40 * draw.random(count) ** 2
    today = days.max() + 1
    won = (cells["won"] == "yes").to_numpy() & (days + took < today)
    came = [START + timedelta(days=day) for day in days]
    won_at = [START + timedelta(days=d + t) if w else None for d, t, w in zip(days, took, won, strict=True)]
    # The newest time in the data is what counts as today.
    came[-1] = START + timedelta(days=today)
    return cells.drop("won").with_columns(pl.Series("came", came), pl.Series("won_at", won_at)), truth


@pytest.mark.parametrize("open_leads", ["left out", "weighed"])
def test_only_what_was_known_by_then_is_learned_from_and_the_report_says_so(tmp_path, open_leads):
    cells, _ = timed_cells()
    folder, past = files(tmp_path, timed(open_leads), cells)
    report = train(folder, past, workspace=tmp_path).report
    assert report.data.open == pytest.approx(200, abs=10)  # forty days of five leads
    test_starts = datetime.fromisoformat(report.split.test.first)
    last_trained = datetime.fromisoformat(report.split.train.last)
    if open_leads == "left out":
        assert test_starts - last_trained > timedelta(days=40)
        assert "came so shortly before them" in report.split.how
        assert "were not learned from" in report.judged
    else:
        assert test_starts - last_trained < timedelta(days=10)
        assert "inverse of how likely" in report.judged
    promised = report.measure("calibration error")
    assert promised.value < 0.09
    assert report.measure("AUC").value > 0.7


def test_leads_of_a_time_too_short_for_their_window_are_refused_with_what_can_be_done(tmp_path):
    cells, _ = timed_cells(600)
    folder, past = files(tmp_path, timed(), cells)
    with pytest.raises(NotEnoughOutcomes, match=r"an outcome is known after 40; .* set open_leads = .weighed."):
        train(folder, past, workspace=tmp_path)


def test_a_gap_may_be_declared_where_outcomes_have_no_time(tmp_path):
    cells, _ = make_cells(1_500)
    came = [(START + timedelta(days=number / 15)).isoformat() for number in range(1_500)]
    gapped = replace(
        with_fields(Field("came", "time", "intake"), FIELDS[-1], order=Order("field", "came")),
        training=replace(PLAYBOOK.training, gap_days=7.0),
    )
    folder, past = files(tmp_path, gapped, cells.with_columns(pl.Series("came", came)))
    report = train(folder, past, workspace=tmp_path).report
    assert report.data.open == 0
    apart = datetime.fromisoformat(report.split.test.first) - datetime.fromisoformat(report.split.train.last)
    assert apart > timedelta(days=7)


@pytest.mark.parametrize("validation", ["k-fold", "hold-out"])
def test_a_playbook_chooses_how_settings_are_judged(tmp_path, validation):
    playbook = replace(PLAYBOOK, training=replace(PLAYBOOK.training, validation=validation))
    folder, past = files(tmp_path, playbook, make_cells(1_000)[0])
    report = train(folder, past, workspace=tmp_path).report
    assert f"({validation})" in report.judged
    assert report.split.kind == "time"


GRADED = with_fields(
    Field("stars", "number", "outcome"),
    Field("sure", "number", "outcome"),
    target=Target("liked", "stars", graded=True, top=5.0, confidence="sure"),
)


def graded_cells(count=1_500):
    cells, truth = make_cells(count)
    draw = np.random.default_rng(4)
    stars = np.clip(np.round(5 * truth + draw.normal(0, 1.6, count)), 0, 5)
    return cells.drop("won").with_columns(pl.Series("stars", stars), pl.Series("sure", draw.uniform(0.3, 1, count)))


def test_grades_are_learned_and_a_probability_is_the_expected_grade(tmp_path):
    cells = graded_cells()
    folder, past = files(tmp_path, GRADED, cells)
    result = train(folder, past, workspace=tmp_path)
    report = result.report
    assert report.measure("AUC").value > 0.65
    assert report.measure("calibration error").low == 0.0  # no further off than chance explains
    assert "counted as much as “sure” says" in report.judged
    assert render_markdown(report)
    score("tiny", past, tmp_path / "scored.csv", workspace=tmp_path, reasons=False)
    scored = pl.read_csv(tmp_path / "scored.csv")
    said = scored["probability"].to_numpy()
    assert np.corrcoef(said, cells["stars"].to_numpy())[0, 1] > 0.4
    assert said.mean() == pytest.approx(cells["stars"].mean() / 5, abs=0.03)


def test_an_outcome_without_a_confidence_is_refused_by_line(tmp_path):
    cells = graded_cells(400).with_columns(
        sure=pl.when(pl.int_range(pl.len()) == 7).then(None).otherwise(pl.col("sure"))
    )
    folder, past = files(tmp_path, GRADED, cells)
    with pytest.raises(DataError, match="line 9, sure  is not given"):
        train(folder, past, workspace=tmp_path)


def test_segments_with_rules_of_their_own_are_scored_by_their_own_models_and_reported(tmp_path):
    cells, truth = make_cells(2_400)
    draw = np.random.default_rng(9)
    line = draw.choice(["home", "health"], 2_400)
    visits = cells["visits"].cast(pl.Float64).fill_null(6.0).to_numpy()
    chance = np.where(line == "health", 1 / (1 + np.exp(0.5 + 0.3 * visits)), truth)
    won = np.where(draw.random(2_400) < chance, "yes", "no")
    playbook = replace(
        PLAYBOOK,
        schema=LeadSchema((*FIELDS, Field("line", "category", "intake"))),
        segment_by="line",
        training=replace(PLAYBOOK.training, learners=("logistic regression",)),
    )
    folder, past = files(tmp_path, playbook, cells.with_columns(pl.Series("line", line), pl.Series("won", won)))
    report = train(folder, past, workspace=tmp_path).report
    by_name = {line.segment: line for line in report.segments}
    assert by_name["health"].serves
    assert by_name["health"].test_loss < by_name["health"].test_loss_pooled
    assert "Segments, and which have models of their own" in render_markdown(report)
    assert "health" in load("tiny", workspace=tmp_path).segments
    score("tiny", past, tmp_path / "scored.csv", workspace=tmp_path)
    scored = pl.read_csv(tmp_path / "scored.csv")
    assert scored["segment"].to_list() == line.tolist()
    assert set(scored.filter(pl.col("segment") == "health")["method"]) == {"segment model"}


def test_everything_that_can_be_declared_survives_being_written_down():
    for playbook in (
        timed("weighed"),
        timed(validation="hold-out", folds=3),
        GRADED,
        replace(PLAYBOOK, segment_by="source"),
    ):
        assert parse_playbook(render_playbook(playbook)) == playbook
