"""A world in files: what is written is what was asked for, apart from the truth, and nothing else is touched."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from leadloop.errors import LeadLoopError
from leadloop.flows.draft import draft
from leadloop.flows.simulate import START, read_drift, simulate
from leadloop.simulate import WORLDS


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("world", list(WORLDS))
def test_the_files_hold_the_world_as_of_its_last_day(world, tmp_path):
    done = simulate(world, tmp_path / "made", leads=3_000, days=200)
    assert set(contents(tmp_path / "made")) == {
        *("SYNTHETIC.txt", "leads.csv", "events.csv", "outcomes.csv", "truth/truth.csv")
    }
    leads, events, outcomes, truth = (pl.read_csv(file, infer_schema=False) for file in done.files)
    part = next(
        WORLDS[world].stream(3_000, 3_000, seed=7, start=START, leads_per_day=15.0, today=START + timedelta(days=200))
    )
    assert leads.drop(part.outcomes.columns[1:]).equals(part.leads)
    assert leads.select(part.outcomes.columns).equals(part.outcomes)
    assert outcomes.equals(part.outcomes)
    assert events.equals(part.events)
    assert truth.with_columns(pl.col(truth.columns[1:]).cast(pl.Float64)).equals(part.truth)
    assert (done.leads, done.events) == (leads.height, events.height)
    assert done.open == leads[done.outcome].null_count() > 0
    assert done.won == (leads[done.outcome] == "Yes").sum()


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl"])
def test_the_same_arguments_write_the_same_bytes_over_an_older_folder(format, tmp_path):
    folder = tmp_path / "made"
    simulate("insurance", folder, leads=500, format=format)
    first = contents(folder)
    (folder / "older.csv").write_text("left behind")
    simulate("insurance", folder, leads=500, format=format)
    assert contents(folder) == first
    simulate("insurance", folder, leads=500, seed=8, format=format)
    assert contents(folder)[f"leads.{format}"] != first[f"leads.{format}"]


def test_every_folder_says_that_it_is_synthetic_and_how_it_was_made(tmp_path):
    simulate("b2b_calls", tmp_path / "made", leads=50, drift=["base_rate:2025-06-01:-0.5:14"])
    text = (tmp_path / "made" / "SYNTHETIC.txt").read_text(encoding="utf-8")
    for word in (
        "Synthetic data",
        "b2b_calls",
        "seed 7",
        "base_rate from 2025-06-01, strength -0.5",
        "Never train on them",
    ):
        assert word in text


def test_a_drift_in_words_changes_the_world_from_its_day_on(tmp_path):
    plain = simulate("insurance", tmp_path / "plain", leads=3_000, days=300)
    drifted = simulate("insurance", tmp_path / "drifted", leads=3_000, days=300, drift=["concept:2025-06-01"])
    one, other = (pl.read_csv(done.files[3], schema_overrides={"probability": pl.Float64}) for done in (plain, drifted))
    came = pl.read_csv(plain.leads_file, infer_schema=False)["created_at"]
    changed = one["probability"] != other["probability"]
    assert not changed.filter(came < "2025-06-01").any()
    assert changed.filter(came >= "2025-06-01").mean() > 0.99


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_written(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(LeadLoopError) as refused:
        simulate(
            *("weather", tmp_path),
            leads=0,
            seed=-1,
            days=0.0,
            start="next week",
            drift=[
                "gossip:2025-01-01",
                "concept",
                "concept:yesterday",
                "concept:2025-01-01:2",
                "concept:2025-01-01:1:2:3",
            ],
        )
    where = [problem.where for problem in refused.value.problems]
    assert where[:5] == ["world", "leads", "seed", "days", str(tmp_path)]
    assert len(where) == 11
    assert all(problem.mend for problem in refused.value.problems)
    assert contents(tmp_path) == {"mine.txt": b"keep me"}


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "made").write_text("keep me")
    with pytest.raises(LeadLoopError, match="is a file"):
        simulate("insurance", tmp_path / "made", leads=10)


def test_a_drift_in_words_reads_as_it_is_meant():
    drift = read_drift("covariate:2025-03-01:0.5:30")
    assert (drift.kind, drift.at, drift.strength, drift.over_days) == ("covariate", datetime(2025, 3, 1), 0.5, 30.0)
    assert read_drift("concept:2025-03-01").strength == 1.0


@pytest.mark.parametrize("world", list(WORLDS))
def test_a_playbook_can_be_drafted_from_the_leads(world, tmp_path):
    done = simulate(world, tmp_path / "made", leads=3_000)
    drafted = draft(done.leads_file, done.outcome, to=tmp_path / world, synthetic=True)
    playbook = (drafted.folder / "playbook.toml").read_text(encoding="utf-8")
    assert WORLDS[world].time_column in playbook
    types = {"b2b_calls": "call_notes", "marketplace": "description", "insurance": "time_on_site"}
    assert types[world] in playbook
