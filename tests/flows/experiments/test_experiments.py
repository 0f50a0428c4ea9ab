"""Experiments from plan to end: what is refused, what is counted, what is served after it, and what a person reads."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.conftest import copy_workspace

from leadloop.errors import LeadLoopError, StoreConflict
from leadloop.flows.experiments.allocating import allocate
from leadloop.flows.experiments.ending import end_experiment
from leadloop.flows.experiments.evaluating import BY_SCORE, evaluate
from leadloop.flows.experiments.planning import Asked, AskedArm, begin_experiment, plan_experiment, plan_length
from leadloop.flows.experiments.reading import read_experiment
from leadloop.flows.experiments.report_page import render_page
from leadloop.flows.place.workspace import Workspace
from leadloop.store import Exposure, LeadOutcome

NOW = datetime.now(UTC)


@pytest.fixture
def place(two, tmp_path):
    return Workspace(copy_workspace(two[0], tmp_path / "copy"))


ARMS = [AskedArm("old", "champion", 50, True), AskedArm("new", "latest", 50)]


def run(place, two, wins, *, units=600, days=40.0, **more):
    """An experiment that began some time ago, with these shares won of each arm: spread evenly over scores and leads, so that no
    draw of luck decides what a test sees (the points of Roberts' R2 sequence)."""
    arms = [AskedArm("old", two[1], 50, True), AskedArm("new", two[2], 50)]
    test = begin_experiment(place, plan_experiment(place, "tiny", Asked("trial", arms, **more)))
    then = NOW - timedelta(days=days)
    from leadloop.store.experiment_tables import ALLOCATIONS
    from leadloop.store.tables import TESTS

    store = place.store
    with store._connections.write() as connection:
        connection.execute(TESTS.update().values(start_date=then))
        connection.execute(ALLOCATIONS.update().values(at=then))
    exposures, outcomes = [], []
    for number in range(units):
        arm, lead = ("old", "new")[number % 2], f"L{number}"
        score, luck = 100 * (number // 2 * 0.7548776662466927 % 1), number // 2 * 0.5698402909980532 % 1
        exposures.append(Exposure(test.id, lead, arm, then, "", 0.5, score, 2.0))
        if luck < wins[arm](score):
            outcomes.append(LeadOutcome(f"o{number}", lead, "won", 1.0, then + timedelta(days=3)))
    store.experiments.exposures.add("tiny", exposures)
    store.outcomes.add("tiny", outcomes)
    return store.experiments.get(test.id)


def always(rate):
    return lambda score: rate


def test_names_of_versions_are_settled_when_it_is_planned(place, two):
    test = plan_experiment(place, "tiny", Asked("trial", ARMS))
    assert [one.model_version for one in test.variants] == [two[1], two[2]]
    assert (test.state, test.target) == ("planned", "won")


def test_everything_wrong_with_a_plan_is_said_at_once(place):
    arms = [AskedArm("old", "champion", 50, True), AskedArm("new", "nobody", 50), AskedArm("r", "rules", 0)]
    asked = Asked("a/b", arms, target="gain", unit="account", alpha=0.9, ramp=[(1, 10)], guardrails={"mood": 0.1})
    with pytest.raises(LeadLoopError) as refused:
        plan_experiment(place, "tiny", asked)
    where = {problem.where for problem in refused.value.problems}
    assert where >= {"name", "target", "unit_field", "alpha", "ramp", "guardrails.mood", "arm new", "arm r"}
    assert not place.store.experiments.page("tiny").items


def test_the_length_is_told_before_it_begins():
    told = [plan.said for plan in plan_length(
        base_rate=0.03, leads_a_day=40, shares=(50, 50), effect_absolute=0.02, weeks=4, reading="at_end")]  # fmt: skip
    assert told[0].startswith("With 40 leads a day you need 11 weeks for 2 points")
    assert told[1].startswith("In 4 weeks with 40 leads a day you can see a change of 3.6 points")


def test_a_winner_is_put_in_service_with_the_end_on_the_record(place, two):
    test = run(place, two, {"old": always(0.1), "new": always(0.35)})
    results = read_experiment(place.store, test, now=NOW, keep=True)
    assert results.analysis.verdict.decision == "deploy"
    assert results.analysis.ratio.passed
    ended = end_experiment(place, test, who="ada", why="better", winner="new")
    assert (ended.test.state, ended.test.winner, ended.served, ended.previous) == ("completed", "new", two[2], two[1])
    assert place.registry.champion("tiny") == two[2]
    assert place.registry.history("tiny")[-1].evidence["experiment"] == "trial"
    place.store.audit.verify()
    with pytest.raises(StoreConflict, match="stopped"):
        end_experiment(place, test, who="ada", winner="old")
    assert place.registry.champion("tiny") == two[2]


def test_a_winner_whose_version_is_damaged_leaves_everything_as_it_was(place, two):
    test = run(place, two, {"old": always(0.1), "new": always(0.3)})
    path = place.registry.folder("tiny", two[2]) / "model.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(LeadLoopError):
        end_experiment(place, test, who="ada", winner="new")
    assert place.store.experiments.get(test.id).state == "running"
    assert place.registry.champion("tiny") == two[1]


def test_a_version_that_an_experiment_needs_is_not_cleaned_up(place, two):
    from leadloop.flows.upkeep.models import prune

    plan_experiment(place, "tiny", Asked("trial", [AskedArm("old", two[1], 50, True), AskedArm("new", two[2], 50)]))
    assert prune("tiny", 1, retention_days=0, workspace=place).kept[two[1]]


def test_new_leads_go_where_more_are_won_and_the_control_keeps_its_floor(place, two):
    test = run(place, two, {"old": always(0.1), "new": always(0.4)}, allocation="thompson")
    done = allocate(place.store, test, now=NOW)
    assert done.shares["old"] == pytest.approx(0.1)
    assert done.shares["new"] == pytest.approx(0.9)
    assert place.store.experiments.allocations(test)[-1][2]["new"]["units"] == 300
    # The split is held against what was dealt out at each time, not against the shares of now.
    assert read_experiment(place.store, done.test, now=NOW).analysis.ratio.passed


def test_fixed_shares_are_not_changed(place, two):
    test = run(place, two, {"old": always(0.1), "new": always(0.4)}, units=20)
    with pytest.raises(LeadLoopError, match="allocation"):
        allocate(place.store, test, now=NOW)


def test_other_ways_to_choose_are_weighed_from_the_log_and_told_truthfully(place, two):
    test = run(
        place, two, {"old": lambda score: 0.4 if score < 50 else 0.1, "new": lambda score: 0.1 if score < 50 else 0.4},
        units=3_000,
    )  # fmt: skip
    by_name = {one.values[0].policy: one for one in evaluate(place.store, test, now=NOW)}
    old, new, chosen = by_name["old for everybody"], by_name["new for everybody"], by_name[BY_SCORE]
    for value in (*old.values, *new.values):
        assert value.low < 0.25 < value.high
    assert chosen.values[1].low > 0.3
    assert chosen.instead.difference_absolute_low > 0
    assert new.instead.difference_absolute_low < 0 < new.instead.difference_absolute_high


def test_the_report_is_one_file_with_pictures_that_shows_names_as_text(place, two):
    test = run(place, two, {"old": always(0.1), "new": always(0.3)})
    page = render_page(read_experiment(place.store, test, now=NOW))
    assert page.count("<svg") == 3
    assert "Deploy" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    for number in re.findall(r"[ =\"](-?[0-9.]+)[ \",]", "".join(re.findall(r"<svg.*?</svg>", page))):
        assert np.isfinite(float(number))
    empty = plan_experiment(
        place, "tiny", Asked("<b>late", [AskedArm("o", two[1], 50, True), AskedArm("n", two[2], 50)])
    )
    said = render_page(read_experiment(place.store, empty, now=NOW))
    assert "<b>" not in said.split("<main>")[0]
    assert "Nobody has seen every arm yet" in said
