"""A training that was poisoned is never promoted: labels turned by one source, a field that broke, a field that leaks.

TEST_POISON says of how many worlds each (1 by default; 20 in the long test).
"""

import os

import numpy as np
import polars as pl
import pytest
from tests.flows.loop.worlds_for_tests import keep, open_world
from tests.leads_for_tests import make_cells

from leadloop.errors import LeadLoopError
from leadloop.flows.loop.rollout import begin_rollout
from leadloop.flows.training.train import train
from leadloop.flows.work.jobs import ask_for
from leadloop.flows.work.worker import Worker
from leadloop.store import LeadOutcome, LeadRecord

WORLDS = int(os.environ.get("TEST_POISON", "1"))
NO_WAITING = "[loop]\nshadow_leads = 0\ncanary_shares = []\nfewest_leads = 50\n"


def tell(place, cells, sources):
    """Leads, and their outcomes as each one's source tells it."""
    rows = cells.rows(named=True)
    known = [{name: value for name, value in row.items() if name != "won"} for row in rows]
    place.store.leads.record("tiny", [LeadRecord(row["id"], row) for row in known])
    now = place.store.now()
    outcomes = [
        LeadOutcome(f"o-{row['id']}", row["id"], "won", float(row["won"] == "yes"), now, source)
        for row, source in zip(rows, sources, strict=True)
    ]
    place.store.outcomes.add("tiny", outcomes)


def learn(place):
    """Let the loop do its work; the job and what serves then."""
    number = ask_for(place, "loop", "tiny", {}, who="a test")
    return Worker(place).run_one(number), place.registry.champion("tiny")


def told_by(count, seed, share=0.3):
    draw = np.random.default_rng(seed)
    return np.where(draw.random(count) < share, "partner", np.where(draw.random(count) < 0.5, "crm", "form"))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(WORLDS))
def test_labels_that_one_source_turned_are_held_back_and_nothing_is_learned_from_them(workspace, tmp_path, seed):
    place = open_world(workspace, tmp_path, rules=NO_WAITING, leads=0)
    before = place.registry.champion("tiny")
    cells = make_cells(700, seed=100 + seed)[0].with_columns(pl.lit("P").add(pl.col("id")).alias("id"))
    sources = told_by(700, seed)
    turned = pl.when(pl.col("won") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes"))
    cells = cells.with_columns(pl.when(pl.Series(sources) == "partner").then(turned).otherwise("won").alias("won"))
    tell(place, cells, sources)
    poisoned = train(place.root / "tiny", workspace=place, promote=False).version
    with pytest.raises(LeadLoopError, match="contradict the others"):
        begin_rollout(place, "tiny", poisoned.id, who="a test")
    job, serving = learn(place)
    assert job.state == "done", job.error
    assert place.store.quarantine.held("tiny") == {"partner"}
    assert place.store.steps.of(job.id)["drift"]["sources_held"] == 1
    made = place.registry.find("tiny", place.store.steps.of(job.id)["retrain"]["version"])
    assert made.data["used"] == int((sources != "partner").sum()), "what was held was not learned from"
    assert serving in (before, made.id)
    assert ("source", "critical") in {(one.rule, one.severity) for one in place.store.alerts.open()}
    place.store.close()


@pytest.mark.parametrize("seed", range(WORLDS))
@pytest.mark.parametrize(
    "how", ["emptied", *(pytest.param(how, marks=pytest.mark.long) for how in ("another scale", "the same for all"))]
)
def test_a_field_that_broke_stops_the_training_and_what_was_trained_by_hand(workspace, tmp_path, seed, how):
    place = open_world(workspace, tmp_path, rules=NO_WAITING, leads=0)
    before = place.registry.champion("tiny")
    cells = make_cells(700, seed=200 + seed)[0].with_columns(pl.lit("P").add(pl.col("id")).alias("id"))
    late = pl.int_range(pl.len()) >= 450 + 10 * (seed % 10)
    broken = {
        "emptied": pl.lit(None, pl.String),
        "another scale": (pl.col("visits").cast(pl.Float64) * 1000).cast(pl.String),
        "the same for all": pl.lit("0"),
    }[how]
    cells = cells.with_columns(pl.when(late).then(broken).otherwise("visits").alias("visits"))
    keep(place, cells)
    job, serving = learn(place)
    assert serving == before
    assert job.state == "done"
    assert job.result["outcome"].startswith("nothing is learned from leads that went wrong: “visits”")
    assert [one.id for one in place.registry.versions("tiny")] == [before], "nothing was trained"
    by_hand = train(place.root / "tiny", workspace=place, promote=False).version
    with pytest.raises(LeadLoopError, match="visits"):
        begin_rollout(place, "tiny", by_hand.id, who="a test")
    assert [(one.rule, one.about) for one in place.store.alerts.open()] == [("field", "visits")]
    place.store.close()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_field_that_leaks_ends_the_training_before_there_is_a_version(workspace, tmp_path, seed):
    place = open_world(workspace, tmp_path, rules=NO_WAITING, leads=0)
    before = place.registry.champion("tiny")
    draw = np.random.default_rng(seed)
    cells = make_cells(700, seed=300 + seed)[0].with_columns(pl.lit("P").add(pl.col("id")).alias("id"))
    won = cells["won"].to_numpy() == "yes"
    noise = draw.random(700) < 0.01 * (seed % 4)
    leak = np.where(won ^ noise, "signed", "open")
    cells = cells.with_columns(pl.Series("contract", leak))
    text = (place.root / "tiny" / "playbook.toml").read_text(encoding="utf-8")
    field = '\n[fields.contract]\ntype = "category"\nknown_at = "intake"\n'
    (place.root / "tiny" / "playbook.toml").write_text(text + field, encoding="utf-8")
    keep(place, cells)
    job, serving = learn(place)
    assert serving == before
    assert job.state == "parked"
    assert "contract" in job.error
    assert [one.id for one in place.registry.versions("tiny")] == [before]
    place.store.close()
