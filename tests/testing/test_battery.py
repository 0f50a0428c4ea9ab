"""The battery as a whole: real playbooks on disk, really trained."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.leads_for_tests import make_cells
from tests.testing.broken_playbooks import HEAD, SOUND, feature, lay, with_fields
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.errors import PlaybookError
from leadloop.leads import Field
from leadloop.testing import PROMISES, check_playbook, try_playbook


@pytest.fixture
def sample(tmp_path):
    make_cells(400)[0].write_csv(tmp_path / "sample.csv")
    return tmp_path / "sample.csv"


def test_a_sound_playbook_keeps_every_promise_and_leaves_nothing_behind(tmp_path, sample, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = lay(tmp_path / "tiny")
    before = sorted(path.name for path in tmp_path.iterdir())
    tried = try_playbook(folder, sample)
    assert [kept.promise for kept in tried] == list(PROMISES)
    assert [kept for kept in tried if not kept.holds] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_playbook_that_cannot_be_read_is_told_with_all_that_is_wrong(tmp_path, sample):
    folder = lay(tmp_path / "tiny")
    text = (
        (folder / "playbook.toml").read_text().replace("call_today", "call").replace("no_action = 0", "no_action = 5")
    )
    (folder / "playbook.toml").write_text(text + "\n[nonsense]\n")
    with pytest.raises(PlaybookError) as refused:
        check_playbook(folder, sample)
    assert {problem.where for problem in refused.value.problems} == {"routes", "nonsense"}
    tried = try_playbook(folder, sample)
    assert {kept.untried for kept in tried[1:]} == {"the playbook cannot be read"}


def test_several_broken_promises_come_at_once_and_what_cannot_be_tried_says_why(tmp_path, sample):
    playbook = with_fields(replace(SOUND, features=("features:paid",)), Field("amount", "money", "outcome"))
    folder = lay(tmp_path / "tiny", playbook, readme="", features=HEAD + feature("paid", "amount", 'pl.col("amount")'))
    with pytest.raises(PlaybookError) as refused:
        check_playbook(folder, sample)
    assert {"features.paid", "README.md"} <= {problem.where for problem in refused.value.problems}
    untried = [kept.promise for kept in try_playbook(folder, sample) if kept.untried]
    assert "alone_as_in_a_batch" in untried


CHANCE = HEAD.replace("import polars", "import random\n\nimport polars") + feature(
    "luck", "visits", 'pl.col("visits") > random.uniform(2, 12)'
)


def test_a_feature_that_rolls_dice_gives_other_scores_each_time(tmp_path, sample):
    folder = lay(tmp_path / "tiny", replace(SOUND, features=("features:luck",)), features=CHANCE)
    tried = {kept.promise: kept for kept in try_playbook(folder, sample)}
    assert [problem.where for problem in tried["same_seed_same_scores"].problems] == ["seed"]


def test_a_sample_without_enough_outcomes_is_told_as_training_tells_it(tmp_path):
    make_cells(60)[0].write_csv(tmp_path / "few.csv")
    with pytest.raises(PlaybookError) as refused:
        check_playbook(lay(tmp_path / "tiny"), tmp_path / "few.csv")
    assert "not enough leads: 60 of 100" in str(refused.value)


def test_the_command_shows_every_promise_and_ends_with_2_where_one_is_broken(tmp_path, sample, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay(tmp_path / "tiny", readme="")
    done = CliRunner().invoke(app, ["check", "tiny", "--data", "sample.csv", "--battery"])
    assert done.exit_code == 2
    assert done.stdout.count("kept") == len(PROMISES) - 1
    assert "README.md  does not exist" in done.stderr


def test_the_command_needs_leads_for_the_battery(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay(tmp_path / "tiny")
    done = CliRunner().invoke(app, ["check", "tiny", "--battery"])
    assert done.exit_code == 2
    assert "--data" in done.stderr
