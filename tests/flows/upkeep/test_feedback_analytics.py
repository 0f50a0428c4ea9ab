"""Feedback analytics: one picture of any stretch of time, as JSON and as a table."""

import json
from datetime import timedelta

import polars as pl
import pytest
from tests.store.stores_for_tests import START, Clock
from tests.store.test_feedback_sums import tell
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.errors import LeadLoopError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.feedback_analytics import analyse, ask_feedback, rows_of
from leadloop.store import open_store


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("feedback")
    clock = Clock()
    place = Workspace(root)
    _ = place.store
    store = open_store(place.database, now=clock)
    tell(store, clock)
    return place


def test_everything_adds_up_to_the_whole(place):
    found = ask_feedback("tiny", start=START, end=START + timedelta(days=2), workspace=place)
    assert (found["total"], found["leads"], found["sessions"], found["users"]) == (4, 3, 2, 2)
    for name in ("actions", "confidence", "sources", "versions", "hours", "weekdays", "days"):
        assert sum(one["count"] for one in found[name].values()) == 4
        assert sum(one["share"] for one in found[name].values()) == pytest.approx(1)
    assert list(found["hours"]) == [f"{hour:02}" for hour in range(24)]
    assert {day: one["count"] for day, one in found["weekdays"].items() if one["count"]} == {"Monday": 2, "Tuesday": 2}
    assert found["actions"]["contact"] == {"count": 2, "share": 0.5, "average_confidence": 0.9}
    assert (found["average_rating"], found["contact_success_rate"], found["average_seconds"]) == (80.0, 0.5, 40.0)
    assert found["overrides"]["reasons"][0] == {"reason": "knows them", "count": 2, "leads": 2}


def test_nothing_is_nothing_and_an_end_before_its_beginning_is_refused(place):
    found = analyse(place.store, "tiny", START - timedelta(days=9), START - timedelta(days=8), now=START)
    assert (found["total"], found["average_confidence"], found["overrides"]["total"]) == (0, None, 0)
    with pytest.raises(LeadLoopError, match="begin before the end"):
        ask_feedback("tiny", start="2026-03-05", end="2026-03-01", workspace=place)


def test_the_command_writes_json_a_table_and_words(place, tmp_path):
    asked = ["feedback", "analytics", "tiny", "--from", "2026-03-01", "--to", "2026-03-05", "-w", str(place.root)]
    said = CliRunner().invoke(app, [*asked, "--json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert found["total"] == 4
    file = tmp_path / "sums.csv"
    assert CliRunner().invoke(app, [*asked, "--csv", str(file)]).exit_code == 0
    table = pl.read_csv(file)
    assert table.height == len(list(rows_of(found)))
    assert table.filter(pl.col("by") == "actions")["count"].sum() == 4
    words = CliRunner().invoke(app, asked)
    assert "4 pieces of feedback on 3 leads" in words.output
    assert "knows them" in words.output
