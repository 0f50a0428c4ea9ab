"""Outcomes from a CRM's file: understood, or rejected with the line and what to do; sent again, they change nothing."""

from datetime import UTC, datetime

import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK

from leadloop.errors import DataError
from leadloop.flows.past.outcome_file import keep_outcome_file
from leadloop.flows.place.workspace import Workspace
from leadloop.playbook import render_playbook
from leadloop.store import LeadRecord

CAME = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def place(tmp_path):
    write_playbook(tmp_path / "tiny", render_playbook(PLAYBOOK))
    place = Workspace(tmp_path)
    place.store.leads.record(
        "tiny", [LeadRecord(name, {"visits": "3"}, CAME) for name in ("A", "B", "C")], source="crm"
    )
    yield place
    place.store.close()


def bring(place, text, name="deals.csv", **more):
    path = place.root / name
    path.write_text(text, encoding="utf-8")
    return keep_outcome_file(place.root / "tiny", path, workspace=place, **more)


def told(place):
    return [(one.lead_id, one.value, one.dated) for one in place.store.outcomes.stream("tiny")]


def test_words_of_crms_are_understood(place):
    done = bring(place, "Lead,Stage,Close Date\nA,Closed Won,2026-02-01\nB,closed lost,2026-02-02\nC,not worked,\n")
    assert (done.new, done.not_worked, done.rejected) == (2, 1, 0)
    assert told(place) == [("A", 1.0, True), ("B", 0.0, True)]
    [event] = place.store.events.of_lead("tiny", "C")
    assert (event.name, event.at) == ("not_worked", CAME)


def test_the_same_file_again_changes_nothing_and_a_correction_holds(place):
    first = "lead_id,value,at\nA,won,2026-02-01\nB,lost,\n"
    bring(place, first)
    again = bring(place, first)
    assert (again.new, again.known) == (0, 2)
    bring(place, "lead_id,value,at\nA,lost,2026-02-03\n")
    assert [one.value for one in place.store.outcomes.of_lead("tiny", "A")] == [1.0, 0.0]
    assert ("B", 0.0, False) in told(place)


def test_json_lines_are_read_as_well(place):
    lines = (
        '{"lead_id": "A", "value": 1, "at": "2026-02-01T10:00:00Z", "key": "d-1"}\n{"lead_id": "B", "value": "yes"}\n'
    )
    done = bring(place, lines, "deals.jsonl")
    assert (done.new, done.rejected) == (2, 0)
    assert place.store.outcomes.of_lead("tiny", "A")[0].key == "d-1"


def test_every_row_that_cannot_be_understood_is_told_with_its_line_and_what_to_do(place):
    done = bring(
        place,
        "lead_id,value,at,target\nA,maybe,2026-02-01,\nB,won,2999-01-01,\n,won,2026-02-01,\nC,won,someday,\nA,won,,upsell\nZ,won,,\n",
    )
    assert (done.new, done.rejected) == (0, 6)
    rejects = pl.read_csv(done.rejects_file)
    assert rejects["line"].to_list() == [2, 3, 4, 5, 6, 7]
    said = dict(zip(rejects["line"], rejects["reason"], strict=True))
    assert said[2] == "is no outcome of won; give “yes” or “won”, “lost”, or “not worked”"
    assert "future" in said[3]
    assert "is no target of tiny; give won" in said[6]
    assert "no lead of this name is known" in said[7]


def test_a_file_without_the_columns_is_refused(place):
    with pytest.raises(DataError, match="column value") as refused:
        bring(place, "company,amount\nA,1\n")
    assert len(refused.value.problems) == 2
    with pytest.raises(DataError, match="give one of won"):
        bring(place, "lead_id,value\nA,won\n", target="upsell")
