"""For every promise a playbook that breaks it, and one that does not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.leads_for_tests import make_cells
from tests.testing.broken_playbooks import HEAD, SOUND, feature, lay, with_fields

from leadloop.flows.past.labelled import label
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import train
from leadloop.leads import Field, LeadFrame
from leadloop.playbook import Policy, Route, Target
from leadloop.testing import PROMISES, promises
from leadloop.testing.promises import Trained


@pytest.fixture
def found(tmp_path):
    return read_playbook(lay(tmp_path / "tiny"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place = tmp_path_factory.mktemp("sound")
    folder = lay(place / "tiny")
    make_cells(500)[0].write_csv(place / "past.csv")
    train(folder, place / "past.csv", workspace=place, promote=True)
    scorer = load("tiny", workspace=place)
    leads = scorer.schema.read(make_cells(500)[0]).leads
    return Trained(read_playbook(folder), scorer, scorer, leads, 1.0, 60.0)


class Changed:
    """A scorer whose table is changed on its way out."""

    def __init__(self, scorer, change):
        self.scorer, self.change = scorer, change

    def __getattr__(self, name):
        return getattr(self.scorer, name)

    def score_table(self, leads: LeadFrame, *, explain: bool = True) -> pl.DataFrame:
        return self.change(leads, self.scorer.score_table(leads, explain=explain))


def told(problems):
    listed = list(problems)
    assert all(problem.where and problem.what and problem.mend for problem in listed)
    return [(problem.where, problem.what) for problem in listed]


def one(problems):
    (problem,) = told(problems)
    return problem


def test_a_sound_declaration_keeps_every_promise(found):
    for name in (
        "reads_back",
        "features_know_nothing_later",
        "labels_stand_apart",
        "routes_cover_every_score",
        "readme_names_every_target",
    ):
        assert told(getattr(promises, name)(found)) == []


def test_a_sound_version_keeps_every_promise(trained):
    for name in (
        "trains_in_seconds",
        "same_seed_same_scores",
        "alone_as_in_a_batch",
        "unseen_values_are_scored",
        "required_fields_are_asked_for",
    ):
        assert told(getattr(promises, name)(trained)) == []


def test_every_promise_says_in_a_sentence_what_it_is():
    assert all(says[0].isupper() and says.endswith(".") for says in PROMISES.values())
    assert len(PROMISES) == 11


def test_a_setting_that_changes_on_the_way_back_is_told(found):
    # A playbook made in Python can hold what no file can say: a negative zero has no place on a scale from 0.
    routes = (Route("call", 50.0), Route("call", 0.0))
    twice = replace(found, playbook=replace(found.playbook, policy=Policy(routes=routes)))
    where, what = one(promises.reads_back(twice))
    assert "routes" in where or "policy" in where
    assert what


def test_a_feature_of_the_outcome_is_told(tmp_path):
    playbook = with_fields(replace(SOUND, features=("features:paid",)), Field("amount", "money", "outcome"))
    found = read_playbook(lay(tmp_path / "t", playbook, features=HEAD + feature("paid", "amount", 'pl.col("amount")')))
    assert one(promises.features_know_nothing_later(found)) == (
        "features.paid",
        "reads “amount”, known at outcome; this playbook scores at intake",
    )


COMPUTED = 'import polars as pl\n\n\ndef won():\n    return (pl.col("visits") > 5) & (pl.col("number") > 0)\n'


def test_a_label_computed_from_a_feature_is_told(tmp_path):
    target = replace(SOUND.target, positive=(), label="labels:won")
    found = read_playbook(lay(tmp_path / "t", replace(SOUND, target=target), labels=COMPUTED))
    where, what = one(promises.labels_stand_apart(found))
    assert where == "targets.won"
    assert "made of “visits”, which features read" in what


@pytest.mark.parametrize(("routes", "bare"), [((Route("call", 10.0),), "0"), ((), "0")])
def test_a_score_without_a_route_is_told(found, routes, bare):
    gap = replace(found, playbook=replace(found.playbook, policy=Policy(routes=routes)))
    assert one(promises.routes_cover_every_score(gap)) == ("routes", f"have nothing for a score of {bare}")


def test_a_readme_that_is_not_there_or_does_not_name_the_target_is_told(tmp_path):
    silent = read_playbook(lay(tmp_path / "silent", readme=""))
    assert one(promises.readme_names_every_target(silent)) == ("README.md", "does not exist")
    vague = read_playbook(lay(tmp_path / "vague", readme="Predicts something."))
    assert one(promises.readme_names_every_target(vague)) == ("README.md", "does not name the target won")


def test_an_outcome_that_three_questions_give_away_is_told(tmp_path):
    cells = make_cells(500)[0].with_columns(
        pl.when(pl.col("visits").cast(float).fill_null(0) > 6).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("won")
    )
    found = read_playbook(lay(tmp_path / "t"))
    labelled = label(found.playbook, found.playbook.schema.read(cells).leads, None)
    where, what = one(promises.no_tree_rebuilds_the_label(found, labelled))
    assert where == "targets.won"
    assert "“visits”" in what
    honest = label(found.playbook, found.playbook.schema.read(make_cells(500)[0]).leads, None)
    assert told(promises.no_tree_rebuilds_the_label(found, honest)) == []


def test_a_sample_that_takes_too_long_is_told(trained):
    slow = replace(trained, took_seconds=61.0)
    where, what = one(promises.trains_in_seconds(slow))
    assert (where, "took 61 s" in what) == ("sample", True)


def test_scores_that_differ_from_training_to_training_are_told(trained):
    other = Changed(trained.scorer, lambda leads, table: table.with_columns(pl.col("score") + 0.5))
    where, what = one(promises.same_seed_same_scores(replace(trained, again=other)))
    assert (where, "by up to 0.5 points" in what) == ("seed", True)


def test_a_lead_that_scores_otherwise_alone_is_told(trained):
    beside = Changed(trained.scorer, lambda leads, table: table.with_columns(pl.col("score") / len(leads)))
    where, what = one(promises.alone_as_in_a_batch(replace(trained, scorer=beside)))
    assert where == "line 1"
    assert "alone and" in what


@pytest.mark.parametrize("column", ["score", "probability"])
def test_an_unseen_value_without_an_honest_score_is_told(trained, column):
    def change(leads, table):
        known = np.isin(leads.data["source"].to_list(), ["Google", "Reference", "Chat", None])
        return table.with_columns(pl.when(pl.Series(known)).then(pl.col(column)).otherwise(math.inf).alias(column))

    found = told(promises.unseen_values_are_scored(replace(trained, scorer=Changed(trained.scorer, change))))
    assert [where for where, _ in found] == ["“never seen before” in source", "“ʎɐʍ ʇɐɥʇ” in source"]


def test_an_unseen_value_that_ends_in_an_error_is_told(trained):
    def change(leads, table):
        if leads.data["visits"][0] == 1e12:
            raise OverflowError("too large")
        return table

    where, what = one(promises.unseen_values_are_scored(replace(trained, scorer=Changed(trained.scorer, change))))
    assert (where, what) == ("“1000000000000.0” in visits", "cannot be scored: OverflowError: too large")


def test_a_required_field_that_comes_too_late_is_told(trained, tmp_path):
    playbook = with_fields(SOUND, Field("signed_by", "category", "outcome", required=True))
    late = replace(trained, found=read_playbook(lay(tmp_path / "t", playbook)))
    where, what = one(promises.required_fields_are_asked_for(late))
    assert (where, "known at outcome" in what) == ("fields.signed_by.required", True)


def test_a_required_field_that_scoring_does_not_read_is_told(trained, tmp_path):
    playbook = with_fields(SOUND, Field("company", "text", "intake", required=True, use=False))
    forgotten = replace(trained, found=read_playbook(lay(tmp_path / "t", playbook)))
    assert one(promises.required_fields_are_asked_for(forgotten)) == (
        "fields.company.required",
        "is not asked for: scoring does not read the field",
    )


def test_every_target_is_held_to_its_promises(tmp_path):
    further = Target("looked", label="labels:looked", optional=True)
    labels = "import polars as pl\n\n\ndef looked():\n    return pl.col('visits') > 5\n"
    found = read_playbook(lay(tmp_path / "t", replace(SOUND, more_targets=(further,)), labels=labels))
    where, what = one(promises.labels_stand_apart(found))
    assert where == "targets.looked"
    assert "made of “visits”" in what
    assert one(promises.readme_names_every_target(found)) == ("README.md", "does not name the target looked")
    leads = found.playbook.schema.read(make_cells(500)[0]).leads
    labelled = label(found.playbook.aimed_at("looked"), leads, found.label_of("looked"))
    aimed = replace(found, playbook=found.playbook.aimed_at("looked"))
    where, what = one(promises.no_tree_rebuilds_the_label(aimed, labelled))
    assert where == "targets.looked"
    assert "“visits”" in what
