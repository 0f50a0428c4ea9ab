"""From a file with dates and amounts to scores that tell when and how much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.timed_leads_for_tests import TIMED, WITHOUT, make_timed_cells, share_won_by

from leadloop.errors import DataError
from leadloop.flows.scoring.score import load, score, score_leads
from leadloop.flows.training.train import TrainingResult, train
from leadloop.playbook import render_playbook

TOLD = [
    "days_to_win", "days_to_win_low", "days_to_win_high",
    "won_within_7_days", "won_within_30_days", "won_within_90_days", "expected_value",
]  # fmt: skip

# So that no search is cut short by a busy machine: two trainings are compared.
PLENTY = 1_000.0


@dataclass(frozen=True)
class Timed:
    """A workspace whose version tells times and amounts."""

    root: Path
    result: TrainingResult


@pytest.fixture(scope="module")
def timed(tmp_path_factory) -> Timed:
    root = tmp_path_factory.mktemp("timed")
    folder = write_playbook(root / "timed", render_playbook(TIMED))
    make_timed_cells(2_500)[0].write_csv(root / "past.csv")
    make_timed_cells(400, seed=8)[0].write_csv(root / "new.csv")
    return Timed(root, train(folder, root / "past.csv", workspace=root, promote=True, time_budget=PLENTY))


def test_a_scored_file_tells_when_and_how_much(timed, tmp_path):
    score("timed", timed.root / "new.csv", tmp_path / "scored.csv", workspace=timed.root)
    scored = pl.read_csv(tmp_path / "scored.csv")
    place = scored.columns.index("days_to_win")
    assert scored.columns[place : place + len(TOLD)] == TOLD
    chances = scored.select("won_within_7_days", "won_within_30_days", "won_within_90_days", "probability").to_numpy()
    assert (np.diff(chances, axis=1) >= -1e-6).all()
    span = scored.select("days_to_win_low", "days_to_win", "days_to_win_high").drop_nulls().to_numpy()
    assert (np.diff(span, axis=1) > 0).all()
    assert (scored["expected_value"] > 0).all()


def test_what_is_told_is_near_the_truth(timed):
    trained = load("timed", workspace=timed.root)
    cells, truth = make_timed_cells(3_000, seed=9)
    table = trained.score_table(trained.schema.read(cells).leads, explain=False)
    for days in (7, 30, 90):
        told = (table[f"won_within_{days}_days"] / table["probability"]).to_numpy()
        assert np.abs(told - share_won_by(truth.plan, days)).mean() < 0.06
    by_plan = {
        plan: float(table.filter(pl.Series(truth.plan == plan))["expected_value"].sum()) for plan in ("basic", "max")
    }
    assert 8 < by_plan["max"] / by_plan["basic"] < 16  # 12 in truth


def test_a_card_tells_the_same_as_the_table(timed):
    trained = load("timed", workspace=timed.root)
    lead = {"came": "2025-02-01T10:00:00", "visits": 9.0, "plan": "max", "noise": 0.1}
    (card,) = score_leads(trained, [lead])
    assert [days for days, _ in card.won_within] == [7, 30, 90]
    assert card.days_to_win_low < card.days_to_win < card.days_to_win_high
    assert card.won_within[-1][1] <= card.probability
    (slow,) = score_leads(trained, [lead | {"plan": "basic"}])
    assert slow.days_to_win > 1.5 * card.days_to_win
    assert slow.expected_value < card.expected_value


def test_the_report_shows_both_with_their_baselines(timed):
    text = (timed.result.folder / "report.md").read_text(encoding="utf-8")
    page = (timed.result.folder / "report.html").read_text(encoding="utf-8")
    for words in ("When leads are won", "integrated Brier score", "What leads are worth", "were promised to bring"):
        assert words in text
        assert words in page
    assert (timed.result.folder / "days.svg").exists()
    assert timed.result.report.timing.published == "by lead"


def test_neither_the_amount_nor_the_time_of_the_outcome_is_a_feature_or_a_finding(timed):
    trained = load("timed", workspace=timed.root)
    assert not {"amount", "ended", "stage"} & set(trained.features.reads)
    assert not {"amount", "ended"} & {finding.field for finding in timed.result.report.findings}
    reasons = {line.field: line.reason for line in timed.result.report.left_out}
    assert reasons["amount"].startswith("it is the outcome")


def test_scores_are_the_same_whether_or_not_times_and_amounts_are_asked_for(timed, tmp_path):
    folder = write_playbook(tmp_path / "timed", render_playbook(WITHOUT))
    train(folder, timed.root / "past.csv", workspace=tmp_path, promote=True, time_budget=PLENTY)
    cells = make_timed_cells(200, seed=8)[0]
    with_them, without = (load("timed", workspace=place) for place in (timed.root, tmp_path))
    told, plain = (each.score_table(each.schema.read(cells).leads) for each in (with_them, without))
    assert not set(TOLD) & set(plain.columns)
    assert without.timing is None
    assert without.worth is None
    names = [name for name in plain.columns if name != "model_version"]
    assert told.select(names).equals(plain.select(names))


def test_more_days_than_any_lead_was_followed_for_are_refused(timed, tmp_path):
    far = replace(TIMED, target=replace(TIMED.target, horizons=(30, 900)))
    folder = write_playbook(tmp_path / "timed", render_playbook(far))
    with pytest.raises(DataError, match="ask about 900 days, and the oldest lead came in 400 days before"):
        train(folder, timed.root / "past.csv", workspace=tmp_path)


def test_amounts_below_nothing_are_refused(timed, tmp_path):
    cells, _ = make_timed_cells(500)
    first = cells["amount"].str.len_chars().arg_max()
    cells = cells.with_columns(
        pl.when(pl.int_range(pl.len()) == first).then(pl.lit("-5")).otherwise("amount").alias("amount")
    )
    cells.write_csv(tmp_path / "past.csv")
    folder = write_playbook(tmp_path / "timed", render_playbook(TIMED))
    with pytest.raises(DataError, match=f"below 0 for 1 won leads, the first in line {first + 2}"):
        train(folder, tmp_path / "past.csv", workspace=tmp_path)


def test_an_outcome_that_counts_for_some_days_is_won_by_then_for_certain(timed, tmp_path):
    within = replace(TIMED, target=replace(TIMED.target, within_days=30.0, horizons=(7, 30), value=""))
    folder = write_playbook(tmp_path / "timed", render_playbook(within))
    train(folder, timed.root / "past.csv", workspace=tmp_path, promote=True)
    trained = load("timed", workspace=tmp_path)
    cells, _ = make_timed_cells(200, seed=8)
    table = trained.score_table(trained.schema.read(cells).leads, explain=False)
    assert table["won_within_30_days"].equals(table["probability"])
    assert (table["won_within_7_days"] < table["probability"]).all()
    assert table["days_to_win_high"].max() <= 30.0
