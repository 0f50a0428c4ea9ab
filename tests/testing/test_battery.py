"""The battery as a whole: real playbooks on disk, really trained."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from tests.leads_for_tests import make_cells
from tests.testing.broken_playbooks import HEAD, SOUND, feature, lay, with_fields
from tests.two_targets_for_tests import TWO, make_two_cells
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.errors import PlaybookError
from leadloop.leads import Field
from leadloop.playbook import Target
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


HISTORY = '\n[[history]]\nof = ["won"]\n'
LATE = HEAD + feature("paid", "amount", 'pl.col("amount")')
COMPUTED = 'import polars as pl\n\n\ndef won():\n    return pl.col("visits") > 5\n'
AMOUNT = Field("amount", "money", "outcome")
SIGNED = Field("signed", "boolean", "outcome")
TWO_TARGETS = replace(with_fields(SOUND, SIGNED), more_targets=(Target("signed", "signed", ("yes",)),))
BROKEN = {
    "a feature of what comes later": (
        replace(with_fields(SOUND, AMOUNT), features=("features:paid",)),
        {"features": LATE},
        ("features_know_nothing_later", "features.paid"),
    ),
    "a label computed from a feature": (
        replace(SOUND, target=replace(SOUND.target, positive=(), label="labels:won")),
        {"labels": COMPUTED},
        ("labels_stand_apart", "targets.won"),
    ),
    "a label that three questions give away": (
        replace(SOUND, target=replace(SOUND.target, positive=(), label="labels:won")),
        {"labels": COMPUTED},
        ("no_tree_rebuilds_the_label", "targets.won"),
    ),
    "a feature that looks at the whole batch": (
        replace(SOUND, features=("features:place",)),
        {"features": HEAD + feature("place", "visits", 'pl.col("visits").rank() / pl.len()')},
        ("features_know_nothing_later", "features.place"),
    ),
    "a feature that knows three sources and no other": (
        replace(SOUND, features=("features:cost",)),
        {"features": HEAD + feature("cost", "source", 'pl.col("source").replace_strict({"Google": 3, "Chat": 1})')},
        ("features_know_nothing_later", "features.cost"),
    ),
    "a required field that nobody can give when leads are scored": (
        with_fields(SOUND, Field("amount", "money", "outcome", required=True)),
        {},
        ("required_fields_are_asked_for", "fields.amount.required"),
    ),
    "a README that forgets a target": (TWO_TARGETS, {}, ("readme_names_every_target", "README.md")),
    "a feature that rolls dice": (
        replace(SOUND, features=("features:luck",)),
        {"features": CHANCE},
        ("same_seed_same_scores", "seed"),
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_playbook_that_breaks_a_promise_fails(how, tmp_path, sample):
    playbook, files, (promise, where) = BROKEN[how]
    cells = pl.read_csv(sample, infer_schema=False).with_columns(amount=pl.lit("5"), signed="won")
    cells.write_csv(sample)
    kept = {one.promise: one for one in try_playbook(lay(tmp_path / "tiny", playbook, **files), sample)}
    assert where in [problem.where for problem in kept[promise].problems]


def test_a_sample_that_trains_too_slowly_fails(tmp_path, sample):
    with pytest.raises(PlaybookError, match=r"sample  took .* it may take 0\.001 s"):
        check_playbook(lay(tmp_path / "tiny"), sample, seconds=0.001)


def test_a_gap_in_the_routes_or_a_history_of_the_outcome_cannot_even_be_read(tmp_path, sample):
    for text in (HISTORY, "\n[routes]\ncall = 10\n"):
        folder = lay(tmp_path / "tiny")
        file = folder / "playbook.toml"
        said = file.read_text()
        bare = said[: said.index("[routes]")] + said[said.index("[", said.index("[routes]") + 1) :]
        file.write_text((bare if "routes" in text else said) + text)
        with pytest.raises(PlaybookError) as refused:
            check_playbook(folder, sample)
        assert {problem.where.split("[")[0] for problem in refused.value.problems} <= {"history", "routes"}


def test_every_target_is_held_to_the_promises(tmp_path):
    """The second target is computed from visits; the first one is honest."""
    cells = make_two_cells(400)[0]
    known = pl.when(pl.col("visits").cast(float) > 5).then(pl.lit("fit")).otherwise(pl.lit("no fit"))
    cells.with_columns(fits=known).write_csv(tmp_path / "sample.csv")
    quick = replace(TWO, training=replace(TWO.training, learners=("logistic regression",), trials=1))
    folder = lay(tmp_path / "two", quick, readme="Predicts progression and voice_fit.")
    kept = {one.promise: one for one in try_playbook(folder, tmp_path / "sample.csv")}
    assert [one.where for one in kept["no_tree_rebuilds_the_label"].problems] == ["targets.voice_fit"]
    make_two_cells(400)[0].write_csv(tmp_path / "sample.csv")
    assert [one for one in try_playbook(folder, tmp_path / "sample.csv") if not one.holds] == []


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
