"""Training on leads whose outcome is made of a file of events."""

from datetime import datetime

import polars as pl
import pytest
from tests.conftest import write_playbook

from leadloop.errors import DataError
from leadloop.flows.past.check import check
from leadloop.flows.scoring.score import load, score, score_leads
from leadloop.flows.training.train import train
from leadloop.leads import Field, LeadSchema
from leadloop.playbook import Events, Order, Playbook, Target, Training, render_playbook

PLAYBOOK = Playbook(
    "posts",
    LeadSchema(
        (
            Field("id", "id", "intake"),
            Field("came", "time", "intake"),
            Field("opened", "time", "intake"),
            Field("kind", "category", "intake"),
            Field("grade", "number", "outcome"),
        )
    ),
    "intake",
    Target("good", "grade", graded=True),
    order=Order("field", "came", absent="now"),
    lead_id="id",
    training=Training(min_leads=100, min_positives=20, learners=("logistic regression",)),
    events=Events(
        fields=(
            Field("lead", "id", "event", required=True),
            Field("at", "time", "event", required=True),
            Field("stars", "number", "event"),
            Field("mood", "category", "event"),
        ),
        lead="lead",
        at="at",
        within_days=5.0,
        makes=("labels:grade",),
        without=(("grade", 0.0),),
    ),
)
LABELS = "import polars as pl\n\n\ndef grade():\n    return pl.col('stars').max() / 5\n"


@pytest.fixture
def files(tmp_path):
    """A playbook with 900 leads over 90 days; most of kind a get four stars or five, most of kind b one or two, and every
    tenth lead gets nothing."""
    folder = write_playbook(tmp_path / "posts", render_playbook(PLAYBOOK))
    (folder / "labels.py").write_text(LABELS)
    rows = pl.DataFrame({"number": range(900)}).with_columns(
        id=pl.format("L{}", "number"),
        came=pl.lit(datetime(2026, 1, 1)) + pl.duration(minutes=pl.col("number") * 144),
        kind=pl.when(pl.col("number") % 3 == 0).then(pl.lit("a")).otherwise(pl.lit("b")),
    )
    leads = rows.select("id", "came", opened=pl.col("came") - pl.duration(hours=pl.col("number") % 50), kind="kind")
    happened = rows.filter(pl.col("number") % 10 > 0).select(
        lead="id",
        at=pl.col("came") + pl.duration(hours=30),
        stars=pl.when((pl.col("kind") == "a") != (pl.col("number") * 7919 % 11 < 3)).then(4).otherwise(1)
        + pl.col("number") % 2,
    )
    past, events = tmp_path / "past.csv", tmp_path / "events.csv"
    leads.write_csv(past)
    happened.write_csv(events)
    return folder, past, events


def test_outcomes_are_made_of_events_and_the_notes_say_what_was_left_out(files, tmp_path):
    folder, past, events = files
    odd = {"lead": ["L1", "L2", "Z9"], "at": ["2026-02-01", "2025-12-01", "2026-01-01"], "stars": ["5"] * 3}
    pl.concat([pl.read_csv(events, infer_schema=False), pl.DataFrame(odd)]).write_csv(events)
    assert check(folder, past).playbook.events
    result = train(folder, past, events=events, workspace=tmp_path, promote=True)
    notes = result.imported.notes
    assert "1 events are of leads that the file of leads does not hold." in notes
    assert "1 events came before their lead and were left out." in notes
    assert "1 events came more than 5 days after their lead and were left out." in notes
    assert "The file of events has no column for mood." in notes
    assert result.imported.sources == ("past.csv", "events.csv")
    grades = result.imported.leads.data["grade"]
    assert grades[:4].to_list() == [0.0, 0.4, 0.2, 1.0]
    assert grades.is_null().sum() == 38  # those of the last five days before the newest event
    times = {"came": "2026-04-01 10:00", "opened": "2026-04-01 05:00"}
    new = [{"id": "1", "kind": "a", **times}, {"id": "2", "kind": "b", **times}]
    good, poor = score_leads(load("posts", workspace=tmp_path), new)
    assert good.probability > 0.55 > 0.5 > poor.probability


def test_without_the_file_of_events_training_says_what_is_missing(files, tmp_path):
    folder, past, _ = files
    with pytest.raises(DataError, match="make “grade”; name the file of events with --events"):
        train(folder, past, workspace=tmp_path)


def test_leads_that_hold_what_is_to_be_made_are_refused_beside_events_and_enough_alone(files, tmp_path):
    folder, past, events = files
    cells = pl.read_csv(past).with_columns(grade=pl.Series([0.1, 0.9, 0.4] * 300))
    cells.write_csv(past)
    with pytest.raises(DataError, match="which this file holds already"):
        train(folder, past, events=events, workspace=tmp_path)
    assert train(folder, past, workspace=tmp_path).imported.sources == ("past.csv",)


def test_an_event_that_cannot_be_read_is_refused_by_its_line(files, tmp_path):
    folder, past, events = files
    cells = pl.read_csv(events, infer_schema=False)
    cells.with_columns(stars=pl.when(pl.col("lead") == "L2").then(pl.lit("many")).otherwise("stars")).write_csv(events)
    with pytest.raises(DataError, match="line 3  stars “many” is not a number"):
        train(folder, past, events=events, workspace=tmp_path)


def test_events_without_their_lead_or_time_are_refused(files, tmp_path):
    folder, past, events = files
    pl.read_csv(events).rename({"at": "when"}).write_csv(events)
    with pytest.raises(DataError, match="at  has no column in this file"):
        train(folder, past, events=events, workspace=tmp_path)


def test_a_playbook_that_knows_of_no_events_refuses_a_file_of_them(workspace, files, tmp_path):
    with pytest.raises(DataError, match="not declared in the playbook"):
        train(workspace.playbook, workspace.past, events=files[2], workspace=tmp_path)


def test_a_lead_without_its_own_time_is_scored_as_of_now(files, tmp_path):
    folder, past, events = files
    train(folder, past, events=events, workspace=tmp_path, promote=True)
    model = load("posts", workspace=tmp_path)
    now = datetime(2026, 5, 4, 13)
    row = {"id": "1", "kind": "a", "opened": "2026-05-03 12:00"}
    (absent,) = score_leads(model, [row], now=now)
    (given,) = score_leads(model, [{**row, "came": "2026-05-04 13:00"}])
    (other,) = score_leads(model, [{**row, "came": "2026-05-08 13:00"}])
    assert absent == given
    assert absent != other
    new = tmp_path / "new.csv"
    pl.DataFrame([row]).write_csv(new)
    assert score("posts", new, tmp_path / "scored.csv", workspace=tmp_path).scored == 1
