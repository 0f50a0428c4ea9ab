"""Past leads are the same to learn from, whether a file holds them or the store."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK, make_cells
from tests.timed_leads_for_tests import TIMED, make_timed_cells

from leadloop.errors import DataError
from leadloop.flows.past.past_leads import read_past_leads
from leadloop.flows.past.split_targets import divide_targets
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.place.synthetic_mark import mark_folder
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.train import train
from leadloop.flows.upkeep.keeping import keep_leads
from leadloop.flows.upkeep.storekeeping import export_training_set
from leadloop.leads import Field, LeadSchema
from leadloop.playbook import Target, render_playbook
from leadloop.store import Feedback, LeadOutcome, LeadRecord


@pytest.fixture
def place(tmp_path):
    opened = Workspace(tmp_path / "workspace")
    yield opened
    if "store" in opened.__dict__:
        opened.store.close()


def write(tmp_path, playbook, cells):
    folder = write_playbook(tmp_path / playbook.name, render_playbook(playbook))
    cells.write_csv(tmp_path / "past.csv")
    return folder, tmp_path / "past.csv"


def both_ways(place, folder, past):
    keep_leads(folder, past, workspace=place)
    found = read_playbook(folder)
    divided = []
    for data in (past, None):
        read = read_past_leads(found, data, place=place)
        divided.append((read, divide_targets(read.found, read.imported)))
    return divided


def ids_and_outcomes(part, playbook):
    labelled = part.labelled
    return dict(zip(labelled.leads.data[playbook.lead_id], labelled.positive, strict=True))


def test_a_file_that_was_imported_is_learned_from_as_the_file_would_be(place, tmp_path):
    folder, past = write(tmp_path, PLAYBOOK, make_cells(600)[0])
    (_, filed), (stored, kept) = both_ways(place, folder, past)
    assert ids_and_outcomes(filed.main, PLAYBOOK) == ids_and_outcomes(kept.main, PLAYBOOK)
    names = [field.name for field in stored.fields]
    assert filed.main.labelled.leads.data.select(names).equals(kept.main.labelled.leads.data.select(names))
    assert np.array_equal(filed.main.split.test, kept.main.split.test)
    assert stored.imported.sources == ("store (leadloop.db)",)


@pytest.mark.parametrize("open_leads", ["left out", "weighed"])
def test_outcomes_that_take_time_are_as_open_in_the_store_as_in_the_file(place, tmp_path, open_leads):
    target = replace(TIMED.target, horizons=(), within_days=45, open_leads=open_leads)
    playbook = replace(TIMED, target=target)
    folder, past = write(tmp_path, playbook, make_timed_cells(700)[0])
    (_, filed), (_, kept) = both_ways(place, folder, past)
    assert ids_and_outcomes(filed.main, playbook) == ids_and_outcomes(kept.main, playbook)
    one, other = filed.main.labelled, kept.main.labelled
    assert one.open == other.open
    assert one.leads.data["amount"].to_list() == other.leads.data["amount"].to_list()
    won = one.positive > 0
    assert one.leads.take(won).data["ended"].to_list() == other.leads.take(won).data["ended"].to_list()


@pytest.mark.parametrize("within_days", [None, 45])
def test_what_was_won_on_the_day_it_came_is_won_where_a_file_has_days_and_no_clock(place, tmp_path, within_days):
    target = replace(TIMED.target, horizons=(), within_days=within_days)
    cells = make_timed_cells(700)[0].with_columns(pl.col("came").str.head(10), pl.col("ended").str.head(10))
    quick = pl.col("stage").eq("won") & (pl.int_range(pl.len()) % 3 == 0)
    cells = cells.with_columns(ended=pl.when(quick).then("came").otherwise("ended"))
    folder, past = write(tmp_path, replace(TIMED, target=target), cells)
    (_, filed), (_, kept) = both_ways(place, folder, past)
    assert ids_and_outcomes(filed.main, TIMED) == ids_and_outcomes(kept.main, TIMED)
    ended = [
        part.labelled.leads.take(part.labelled.positive > 0).data.sort("id")["ended"]
        for part in (filed.main, kept.main)
    ]
    assert ended[0].equals(ended[1])


def test_the_export_of_what_is_learned_from_says_of_every_lead_what_training_says(place, tmp_path):
    playbook = replace(TIMED, target=replace(TIMED.target, horizons=(), within_days=45))
    folder, past = write(tmp_path, playbook, make_timed_cells(700)[0])
    _, (_, kept) = both_ways(place, folder, past)
    export_training_set(place, folder, tmp_path / "training.csv")
    written = pl.read_csv(tmp_path / "training.csv")
    assert dict(zip(written["id"], written["outcome: won"], strict=True)) == ids_and_outcomes(kept.main, playbook)


KEPT_AS_JSON = [
    ("number", ("decimal_comma",), 12.5, 12.5),
    ("money", ("decimal_comma",), 1234.5, 1234.5),
    ("number", (), True, 1.0),
    ("category", (), 5.0, "5"),
    ("text", (), 5.0, "5"),
]


@pytest.mark.parametrize(("kind", "formats", "value", "read"), KEPT_AS_JSON)
def test_a_value_that_was_sent_as_json_is_learned_from_as_it_is_scored(place, tmp_path, kind, formats, value, read):
    fields = (*PLAYBOOK.schema.fields, Field("more", kind, "intake", formats=formats))
    playbook = replace(PLAYBOOK, schema=LeadSchema(fields))
    folder = write_playbook(tmp_path / "tiny", render_playbook(playbook))
    now = datetime.now(UTC)
    place.store.leads.record("tiny", [LeadRecord("L1", {"id": "L1", "number": 1, "more": value}, now)])
    learned = read_past_leads(read_playbook(folder), None, place=place).imported
    assert (learned.rejects, learned.leads.data["more"].to_list()) == ((), [read])


def test_several_targets_come_back_each_with_its_own_outcomes(place, tmp_path):
    second = Target("quiet", column="opted_out", positive=("yes",))
    fields = tuple(
        replace(one, known_at="outcome") if one.name == "opted_out" else one for one in PLAYBOOK.schema.fields
    )
    playbook = replace(PLAYBOOK, schema=replace(PLAYBOOK.schema, fields=fields), more_targets=(second,))
    folder, past = write(tmp_path, playbook, make_cells(800)[0])
    (_, filed), (_, kept) = both_ways(place, folder, past)
    for one, other in zip(filed.targets, kept.targets, strict=True):
        assert one.name == other.name
        assert ids_and_outcomes(one, playbook) == ids_and_outcomes(other, playbook)


def test_bringing_a_file_again_changes_nothing_and_a_later_outcome_is_added(place, tmp_path):
    cells = make_cells(50)[0]
    folder, past = write(tmp_path, PLAYBOOK, cells)
    first = keep_leads(folder, past, workspace=place)
    assert (first.new, first.outcomes, first.rejected) == (50, 50, 0)
    again = keep_leads(folder, past, workspace=place)
    assert (again.new, again.changed, again.unchanged, again.outcomes) == (0, 0, 50, 0)
    won = cells["won"].to_list()
    won[3] = "no" if won[3] == "yes" else "yes"
    cells.with_columns(won=pl.Series(won)).write_csv(past)
    later = keep_leads(folder, past, workspace=place)
    assert (later.new, later.outcomes) == (0, 1)
    assert place.store.outcomes.of_lead("tiny", "L3")[-1].value == (won[3] == "yes")


def test_rows_that_cannot_be_read_are_written_down_and_the_others_kept(place, tmp_path):
    cells = make_cells(20)[0].with_columns(
        visits=pl.Series(["many", *["3"] * 19]), id=pl.Series(["L0", None, *map(str, range(18))])
    )
    folder, past = write(tmp_path, PLAYBOOK, cells)
    done = keep_leads(folder, past, workspace=place)
    assert (done.rows, done.new, done.rejected) == (20, 18, 2)
    rejects = pl.read_csv(done.rejects_file)
    assert set(rejects["field"]) == {"visits", "id"}


def test_a_version_learned_from_the_store_says_so_and_scores_as_that_of_the_file(workspace, place, tmp_path):
    keep_leads(workspace.playbook, workspace.past, workspace=place)
    result = train(workspace.playbook, workspace=place)
    assert result.version.data["sources"] == ["store (leadloop.db)"] or result.version.data["sources"] == (
        "store (leadloop.db)",
    )
    assert len(result.version.data["fingerprint"]) == 16
    assert any("the store held at" in note for note in result.report.notes)
    filed = workspace.result.version
    assert result.version.metrics["AUC"]["value"] == pytest.approx(filed.metrics["AUC"]["value"], abs=1e-9)
    assert result.version.data["positives"] == filed.data["positives"]


def test_leads_of_files_marked_as_synthetic_make_synthetic_versions(place, tmp_path):
    folder, past = write(tmp_path, replace(PLAYBOOK, synthetic=False), make_cells(50)[0])
    mark_folder(tmp_path, "made up")
    keep_leads(folder, past, workspace=place)
    found = read_past_leads(read_playbook(folder), None, place=place).found
    assert found.playbook.synthetic


def test_without_a_store_or_leads_in_it_nothing_is_made_and_the_way_on_is_told(place, tmp_path):
    folder, _ = write(tmp_path, PLAYBOOK, make_cells(5)[0])
    found = read_playbook(folder)
    with pytest.raises(DataError, match="leadloop import"):
        read_past_leads(found, None, place=place)
    assert not place.root.exists()
    place.store.step()
    with pytest.raises(DataError, match="there are none of “tiny”"):
        read_past_leads(found, None, place=place)
    with pytest.raises(DataError, match="belongs to a file of leads"):
        read_past_leads(found, None, outcomes="deals.csv", place=place)


def test_a_lead_that_was_scored_after_it_had_ended_is_taken_as_it_came_in(place, tmp_path):
    folder, past = write(tmp_path, PLAYBOOK, make_cells(30)[0])
    keep_leads(folder, past, workspace=place)
    from leadloop.store import Score

    at = datetime.now(UTC)
    late = Score("k", "L3", at, "v1", "p", "model", 50.0, "all", "all", fields={"id": "L3", "visits": 999})
    place.store.scores.add("tiny", [late])
    read = read_past_leads(read_playbook(folder), None, place=place)
    assert 999 not in read.imported.leads.data["visits"].to_list()
    assert len(read.imported.leads) == 30


def test_feedback_is_what_a_playbook_graded_by_events_learns_from(place, tmp_path):
    """Postings of long ago with feedback as the store keeps it; the playbook's own functions grade it."""
    store, found = place.store, read_playbook("marketplace")
    now = datetime.now(UTC)
    came = now - timedelta(days=60)
    store.leads.record(
        "marketplace",
        [LeadRecord(f"P{n}", {"title": f"Posting {n}", "scraped_at": came.isoformat()}, came) for n in range(5)],
    )
    told = [
        Feedback("a", "P0", "rate", user_rating=90.0),
        Feedback("b", "P1", "view", interaction_duration=200.0),
        Feedback("c", "P2", "convert", conversion_value=50.0),
    ]
    # What users did is dated by the store's clock: two months later it would be too late, so the clock is set back.
    store._connections._clock = lambda: came + timedelta(days=1)
    store.feedback.add("marketplace", told)
    store._connections._clock = lambda: now
    store.leads.record("marketplace", [LeadRecord("new", {"title": "Of today", "scraped_at": now.isoformat()}, now)])
    read = read_past_leads(found, None, place=place)
    data = read.imported.leads.data
    scores = dict(zip(data["lead_id"], data["target_score"], strict=True))
    sure = dict(zip(data["lead_id"], data["feedback_confidence"], strict=True))
    assert scores == pytest.approx({"P0": 0.9, "P1": 0.5, "P2": 1.0, "P3": 0.0, "P4": 0.0, "new": None})
    assert (sure["P0"], sure["P1"], sure["P2"]) == (1.0, 0.6, 0.95)


def test_an_outcome_of_a_lead_that_was_only_scored_counts(place, tmp_path):
    folder, past = write(tmp_path, PLAYBOOK, make_cells(30)[0])
    keep_leads(folder, past, workspace=place)
    now = datetime.now(UTC)
    place.store.leads.record(
        "tiny", [LeadRecord("N1", {"id": "N1", "number": "500", "visits": "2"}, now - timedelta(days=1))]
    )
    place.store.outcomes.add("tiny", [LeadOutcome("o1", "N1", "won", 1.0, now)])
    read = read_past_leads(read_playbook(folder), None, place=place)
    parts = read.imported.leads.data
    assert parts.height == 31
    shutil.rmtree(folder)


def test_rows_that_repeat_a_lead_in_every_field_are_kept_once_and_counted(tmp_path):
    cells, _ = make_cells(60)
    changed = cells[5:7].with_columns(visits=pl.lit("99"))
    folder, file = write(tmp_path, PLAYBOOK, pl.concat([cells, cells[:4], changed]))
    imported = read_past_leads(read_playbook(folder), file).imported
    assert (imported.rows, imported.copies, len(imported.leads)) == (66, 4, 62)
    assert "4 rows repeat the id and every field of another row; one of each was kept" in imported.notes
    assert imported.leads.data["id"].to_list()[:60] == cells["id"].to_list()


def test_rows_that_are_alike_without_an_id_all_stay(tmp_path):
    cells, _ = make_cells(30)
    folder, file = write(tmp_path, replace(PLAYBOOK, lead_id=""), pl.concat([cells, cells[:4]]))
    imported = read_past_leads(read_playbook(folder), file).imported
    assert (imported.copies, len(imported.leads)) == (0, 34)
