"""Between trainings, probabilities follow outcomes as a patch release that can be taken back."""

import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.conftest import copy_workspace
from tests.leads_for_tests import make_cells

from leadloop.flows.loop.facts import read_facts
from leadloop.flows.loop.recalibrate import finish_recalibration, recalibrate
from leadloop.flows.loop.rules import LoopRules
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_rows import score_row
from leadloop.flows.upkeep.model_card import tell_changes, write_card
from leadloop.flows.watch.asked import ask_quality
from leadloop.flows.watch.check import check
from leadloop.flows.work.jobs import ask_for
from leadloop.flows.work.worker import Worker
from leadloop.store import LeadOutcome

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def log(place, *, count, odds, mark, began, source="crm"):
    """Leads scored by what serves over four weeks, whose odds to be won are so many times what they were."""
    trained = place.registry.load(place.registry.find("tiny", "champion"))
    cells, truth = make_cells(count, seed=len(mark) + count)
    cards = trained.score(trained.schema.read(cells.drop("won")).leads, explain=False)
    moved = odds * truth / (1 - truth + odds * truth)
    won = np.random.default_rng(count).random(count) < moved
    rows = cells.drop("won").to_dicts()
    scores, ended = [], []
    for place_, (row, card) in enumerate(zip(rows, cards, strict=True)):
        at = began + timedelta(days=28) * place_ / count
        lead = f"{mark}{row['id']}"
        scores.append(score_row(lead, trained.playbook, card, {**row, "id": lead}, lead_id=lead, at=at))
        ended.append(LeadOutcome(f"o{lead}", lead, "won", float(won[place_]), at + timedelta(hours=5), source=source))
    place.store.scores.add("tiny", scores)
    place.store.outcomes.add("tiny", ended)


@pytest.fixture
def place(workspace, tmp_path):
    root = tmp_path / "workspace"
    root.mkdir()
    copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    return Workspace(root)


def follow(place, **more):
    return recalibrate(place, "tiny", who="a test", now=NOW, **more)


def test_probabilities_follow_outcomes_and_nothing_else_changes(place):
    before = place.registry.find("tiny", "champion")
    log(place, count=900, odds=2.5, mark="a", began=NOW - timedelta(days=29))
    assert follow(place, save=False).version is None
    found = follow(place)
    assert found.accepted, found.reason
    made = place.registry.find("tiny", "champion")
    assert (made.id, made.parent) == (found.version.id, before.id)
    assert before.release.endswith(".0")
    assert made.release == f"{before.release[:-1]}1"
    old, new = place.registry.load(before), place.registry.load(made)
    leads = old.schema.read(make_cells(400, seed=77)[0].drop("won")).leads
    one, other = old.score_table(leads, explain=False), new.score_table(leads, explain=False)
    assert other["probability"].mean() > one["probability"].mean() + 0.05
    assert np.array_equal(
        np.argsort(one["probability"], kind="stable"), np.argsort(other["probability"], kind="stable")
    )
    assert other["band"].to_list() == one["band"].to_list()
    assert other["route"].to_list() == one["route"].to_list()
    assert (
        (other["probability_low"] <= other["probability"]) & (other["probability"] <= other["probability_high"])
    ).all()
    for card in new.score(leads.take(np.arange(20))):
        assert card.starts_at + sum(one.points for one in card.reasons) == pytest.approx(card.score, abs=1e-9)
    same = {name for name in before.files if before.files[name] == made.files[name]}
    assert {name for name in before.files if name.startswith("member_")} <= same
    assert "features.json" in same

    # Its card and its change log say what changed; it is as old as its models.
    assert f"Recalibrated by {found.outcomes:,} outcomes" in "\n".join(tell_changes("tiny", workspace=place))
    assert f"the models are those of `{before.id}`" in write_card("tiny", workspace=place)
    assert read_facts(place, "tiny").newest == before.id
    rows = [one.action for one in place.store.audit.page().items]
    assert "promote" in rows

    # What it was judged by before is still known, as it would say it now.
    quality = ask_quality("tiny", start=NOW - timedelta(days=29), end=NOW, now=NOW, workspace=place)
    assert quality.matured == 900
    assert check(place, "tiny", now=NOW, keep=False).model_version == made.id

    # No outcome moves anything twice.
    again = follow(place)
    assert not again.accepted
    assert "0 outcomes became known since" in again.reason

    place.registry.rollback("tiny", who="a test", why="to see that it can be")
    assert place.registry.champion("tiny") == before.id
    assert not follow(place).accepted


def test_a_quiet_world_moves_nothing(place):
    log(place, count=900, odds=1.0, mark="a", began=NOW - timedelta(days=29))
    found = follow(place)
    assert not found.accepted
    assert len(place.registry.versions("tiny")) == 1


def test_a_second_step_starts_where_the_first_ended_and_cannot_go_on_for_ever(place):
    first = place.registry.find("tiny", "champion")
    log(place, count=700, odds=2.0, mark="a", began=NOW - timedelta(days=89))
    assert recalibrate(place, "tiny", who="a test", now=NOW - timedelta(days=60)).accepted
    log(place, count=800, odds=4.0, mark="bb", began=NOW - timedelta(days=59))
    second = recalibrate(place, "tiny", who="a test", now=NOW - timedelta(days=30))
    assert second.accepted, second.reason
    assert second.version.release.endswith(".2")
    assert second.version.recalibration["base"] == first.id
    total = second.version.recalibration
    base = place.registry.load(first).blend.calibrator
    moved = place.registry.load(second.version).blend.calibrator
    margins = np.linspace(-3, 3, 7)
    assert moved.margins(margins) == pytest.approx(total["slope"] * base.margins(margins) + total["shift"])
    log(place, count=850, odds=40.0, mark="ccc", began=NOW - timedelta(days=29))
    third = follow(place)
    assert not third.accepted
    assert "a training is due" in third.reason


def test_too_few_outcomes_and_those_of_held_sources_move_nothing(place):
    log(place, count=400, odds=3.0, mark="a", began=NOW - timedelta(days=29), source="partner")
    assert "are the least" in follow(place, rules=LoopRules(recalibrate_outcomes=500)).reason
    place.store.quarantine.settle("tiny", "partner", "held", who="a test", why="doubted")
    assert "0 outcomes became known" in follow(place).reason


def test_a_version_that_is_made_and_not_promoted_waits_and_can_be_put_in_service_once(place):
    before = place.registry.champion("tiny")
    log(place, count=900, odds=2.5, mark="a", began=NOW - timedelta(days=29))
    found = follow(place, promote=False)
    assert found.version is not None
    assert place.registry.champion("tiny") == before
    assert not follow(place).accepted
    assert finish_recalibration(place, found.version, who="a test").model_version == found.version.id
    assert place.registry.champion("tiny") == found.version.id
    assert finish_recalibration(place, found.version, who="a test") is None


@pytest.mark.long
def test_the_daily_check_follows_outcomes_and_can_be_told_not_to(place):
    (place.root / "leadloop.toml").write_text("[loop]\ninterval_days = 3650\ntriggers = ['age']\n", encoding="utf-8")
    before = place.registry.champion("tiny")
    began = place.store.now() - timedelta(days=29)
    log(place, count=900, odds=2.5, mark="a", began=began)
    ended = run_loop(place)
    assert ended.state == "done", ended.error
    assert ended.result["recalibrate"]["in_service"] is True
    assert "not due" in ended.result["outcome"]
    made = place.registry.find("tiny", "champion")
    assert (made.parent, made.created_by) == (before, f"recalibration (job {ended.id})")
    (place.root / "leadloop.toml").write_text("[loop]\nrecalibrate = false\ntriggers = []\n", encoding="utf-8")
    assert run_loop(place).result["recalibrate"] == {"recalibrated": False, "why": "recalibrate is off"}


def run_loop(place):
    number = ask_for(place, "loop", "tiny", {"if_due": True}, who="a test")
    return Worker(place).run_one(number)
