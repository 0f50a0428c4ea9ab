"""What happens while there are too few outcomes: rules score, or the version in service goes on, and everybody is told."""

from dataclasses import replace

import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK, make_cells

from leadloop.errors import NotEnoughOutcomes, PlaybookError, VersionError
from leadloop.flows.scoring.score import load_scorer, score
from leadloop.flows.training.train import train
from leadloop.playbook import Order, render_playbook

RULES = (
    "import polars as pl\nfrom leadloop.features.rules import rule\n\n\n"
    '@rule(points=30, reads=["source"])\ndef was_recommended():\n    return pl.col("source") == "Reference"\n'
)


@pytest.fixture
def ruled(tmp_path):
    folder = write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, rules=("rules:was_recommended",))))
    (folder / "rules.py").write_text(RULES)
    cells, _ = make_cells(900)
    rare = pl.when(pl.int_range(pl.len()) % 52 == 0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    cells.with_columns(won=rare).write_csv(tmp_path / "past.csv")
    return folder, tmp_path


def test_rules_score_until_there_are_enough_outcomes(ruled):
    folder, place = ruled
    with pytest.raises(NotEnoughOutcomes, match=r"18 of 20 positives[\s\S]*goes on by the playbook's own rules"):
        train(folder, place / "past.csv", workspace=place)
    done = score(str(folder), place / "past.csv", place / "scored.csv", workspace=place)
    assert done.by_rules
    scored = pl.read_csv(place / "scored.csv")
    assert set(scored["method"]) == {"rules"}
    assert scored["degraded"].all()
    assert scored["probability"].null_count() == 900
    assert set(scored["score"]) == {0.0, 100.0}


def test_the_version_in_service_stays_where_new_outcomes_are_too_few(ruled):
    folder, place = ruled
    make_cells(900)[0].write_csv(place / "enough.csv")
    serving = train(folder, place / "enough.csv", workspace=place, promote=True).version.id
    with pytest.raises(NotEnoughOutcomes, match=f"scoring +goes on with {serving}"):
        train(folder, place / "past.csv", workspace=place)
    assert load_scorer(str(folder), workspace=place).version == serving


def test_without_rules_and_without_a_version_nothing_is_scored(ruled, tmp_path):
    _, place = ruled
    bare = write_playbook(tmp_path / "bare", render_playbook(PLAYBOOK))
    with pytest.raises(NotEnoughOutcomes, match="has nothing to go by yet; write rules"):
        train(bare, place / "past.csv", workspace=place)
    with pytest.raises(VersionError, match="no version is in service"):
        score(str(bare), place / "past.csv", place / "scored.csv", workspace=place)


def test_a_version_that_was_named_is_never_replaced_by_rules(ruled):
    folder, place = ruled
    with pytest.raises(VersionError, match="there is no"):
        score(str(folder), place / "past.csv", place / "scored.csv", version="latest", workspace=place)


LEARNER = '''
from leadloop.learning.learners import PriorLearner


class StubbornLearner(PriorLearner):
    """Says the base rate, whatever happens."""

    name = "stubborn"
'''


def test_a_learner_beside_the_playbook_competes_under_its_own_name(tmp_path):
    training = replace(PLAYBOOK.training, learners=("logistic regression", "mine:StubbornLearner"))
    folder = write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, training=training)))
    (folder / "mine.py").write_text(LEARNER)
    make_cells(900)[0].write_csv(tmp_path / "past.csv")
    report = train(folder, tmp_path / "past.csv", workspace=tmp_path).report
    assert "stubborn" in {member.name for member in report.members}


def test_a_class_that_is_no_learner_is_refused_with_what_it_lacks(tmp_path):
    training = replace(PLAYBOOK.training, learners=("mine:Stub", "mine:Nobody"))
    folder = write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, training=training)))
    (folder / "mine.py").write_text("class Stub:\n    name = 'stub'\n")
    with pytest.raises(PlaybookError) as refused:
        train(folder, tmp_path / "past.csv", workspace=tmp_path)
    assert "lacks cost, start, usual, suggest, judge, fit" in str(refused.value)
    assert "has no function Nobody" in str(refused.value)


def test_a_file_that_is_sorted_by_its_outcome_is_refused_before_anything_is_learned(tmp_path):
    folder = write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, order=Order("field", "number"))))
    cells = make_cells(900)[0].sort("won", descending=True)
    cells.with_columns(number=pl.int_range(pl.len()).cast(pl.String)).write_csv(tmp_path / "past.csv")
    with pytest.raises(
        NotEnoughOutcomes, match=r"0 of 1 won leads in the test part; .*sorted by its outcome"
    ) as refused:
        train(folder, tmp_path / "past.csv", workspace=tmp_path)
    assert "“number”" in str(refused.value)
    assert not (tmp_path / "registry").exists()
