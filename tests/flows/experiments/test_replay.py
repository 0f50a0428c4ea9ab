"""A stretch of the log is scored again by another version: what would be different, and who put the winners higher."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.conftest import copy_workspace

from leadloop.errors import DataError, VersionError
from leadloop.flows.experiments.replay import _placements, as_answer, replay
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import load, read_rows
from leadloop.flows.scoring.score_rows import score_row
from leadloop.learning.evaluation.measures import area_under_curve
from leadloop.store import LeadOutcome

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(hours=5)
OLD = "v20250101_000000_00000000"


@pytest.fixture(scope="module")
def place(workspace, tmp_path_factory):
    """A workspace whose log holds 200 leads that an older version scored: in the same order, with ten leads turned over."""
    place = Workspace(copy_workspace(workspace.root, tmp_path_factory.mktemp("replay")))
    scorer = load("tiny", workspace=place)
    rows = pl.read_csv(workspace.new).head(200).to_dicts()
    known = [field.name for field in scorer.schema.fields]
    cards = scorer.score(read_rows(scorer, rows))
    scores = []
    for number, (row, card) in enumerate(zip(rows, cards, strict=True)):
        given = {name: row[name] for name in known if row.get(name) is not None}
        score = score_row(f"k{number}", scorer.playbook, card, given, lead_id=f"L{number}", at=YESTERDAY)
        other = {"score": 100 - score.score, "route": "elsewhere"} if number < 10 else {}
        scores.append(replace(score, model_version=OLD, **other))
    place.store.scores.add("tiny", scores)
    return place


def test_only_what_would_be_different_is_different(place):
    done = replay(place, "tiny", "champion", now=NOW)
    assert (done.scores, done.unread, done.not_asked) == (200, 0, 0)
    assert done.logged_by == {OLD: 200}
    assert done.rerouted == 10
    assert {one.lead_id for one in done.most_changed} <= {f"L{number}" for number in range(10)}
    changed = [score for score in place.store.scores.stream("tiny") if int(score.lead_id[1:]) < 10]
    expected = np.mean([abs(100 - 2 * score.score) for score in changed]) * 10 / 200
    assert done.mean_change == pytest.approx(expected)
    assert 0.7 < done.rank_correlation < 1
    assert done.ranked is None


def test_nothing_is_stored(place):
    before = sum(1 for _ in place.store.scores.stream("tiny"))
    replay(place, "tiny", "champion", now=NOW)
    assert sum(1 for _ in place.store.scores.stream("tiny")) == before


def test_another_time_has_other_scores(place):
    with pytest.raises(DataError, match="has no scores then"):
        replay(place, "tiny", "champion", now=NOW - timedelta(days=3))
    with pytest.raises(VersionError):
        replay(place, "tiny", "v20240101_000000_12345678", now=NOW)


def test_only_the_newest_are_taken_where_fewer_were_asked_for(place):
    done = replay(place, "tiny", "champion", now=NOW, most=50)
    assert (done.scores, done.not_asked) == (50, 150)


def test_the_version_that_puts_the_winners_higher_is_told_once_outcomes_are_known(place, workspace):
    scorer = load("tiny", workspace=place)
    target = scorer.playbook.targets[0]
    later = NOW + timedelta(days=(target.within_days or 0) + 2)
    scores = {score.lead_id: score for score in place.store.scores.stream("tiny")}
    again = {one: 100 - score.score if int(one[1:]) < 10 else score.score for one, score in scores.items()}
    best = sorted(again, key=again.get, reverse=True)[:60]
    place.store.outcomes.add(
        "tiny",
        [
            LeadOutcome(
                key=f"o{one}",
                lead_id=one,
                target=target.name,
                value=float(one in best),
                at=YESTERDAY + timedelta(hours=1),
            )
            for one in scores
        ],
    )
    done = replay(place, "tiny", "champion", since=YESTERDAY - timedelta(hours=1), until=NOW, now=later)
    assert (done.ranked.leads, done.ranked.won) == (200, 60)
    won = np.array([one in best for one in scores])
    assert done.ranked.auc_logged == pytest.approx(
        area_under_curve(won, np.array([one.score for one in scores.values()]))
    )
    assert done.ranked.auc_replayed > 0.99
    assert done.ranked.difference_low < done.ranked.difference < done.ranked.difference_high
    answer = as_answer(done)
    assert answer["rerouted"] == 10
    assert sum(one["leads"] for one in answer["routes"]) == 200


def test_limits_of_the_difference_hold_it_as_often_as_promised():
    """Of two equally good scores: the difference is 0, and 95 of 100 intervals hold it."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        positive = rng.random(200) < 0.3
        both = [positive + rng.normal(size=200) + 0.5 * rng.normal(size=200) for _ in range(2)]
        parts = [_placements(positive, scores.round(1)) for scores in both]
        assert parts[0][0].mean() == pytest.approx(area_under_curve(positive.astype(float), both[0].round(1)))
        assert parts[0][1].mean() == pytest.approx(parts[0][0].mean())
        spread = sum(np.var(parts[1][side] - parts[0][side], ddof=1) / len(parts[0][side]) for side in (0, 1))
        held += abs(parts[1][0].mean() - parts[0][0].mean()) < 1.96 * np.sqrt(spread)
    assert held / 400 == pytest.approx(0.95, abs=0.03)
