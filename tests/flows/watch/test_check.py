"""A check of a version that really scored: its quality, estimate, drift and history, from what was logged."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from tests.conftest import copy_workspace
from tests.leads_for_tests import make_cells

from leadloop.errors import DataError, VersionError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_rows import score_row
from leadloop.flows.training.reference_file import FILE
from leadloop.flows.watch.asked import ask_check, ask_drift, ask_history, ask_quality, export_to
from leadloop.flows.watch.check import check
from leadloop.flows.watch.kept_reference import find_reference, make_of_first_scores
from leadloop.flows.watch.logged_leads import watch_playbook
from leadloop.flows.work.jobs import KINDS, ask_for
from leadloop.flows.work.worker import Worker
from leadloop.learning.evaluation import area_under_curve
from leadloop.store import Event, LeadOutcome

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEGAN = NOW - timedelta(days=28)
COUNT = 900


@pytest.fixture(scope="module")
def scored(workspace, tmp_path_factory):
    """A workspace whose version scored leads over four weeks, most of which have ended; and the leads with what they were
    given.
    """
    root = tmp_path_factory.mktemp("watched") / "workspace"
    root.mkdir()
    copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    place = Workspace(root)
    cells, _ = make_cells(COUNT, seed=21)
    return place, log(place, cells)


def log(place, cells, mark="s"):
    trained = place.registry.load(place.registry.find("tiny", "champion"))
    leads = trained.schema.read(cells.drop("won")).leads
    cards = trained.score(leads, explain=False)
    rows = cells.drop("won").to_dicts()
    times = [BEGAN + timedelta(days=28) * place_ / COUNT for place_ in range(len(rows))]
    scores = [
        score_row(f"{mark}{row['id']}", trained.playbook, card, row, lead_id=f"{mark}{row['id']}", at=at)
        for card, row, at in zip(cards, rows, times, strict=True)
    ]
    place.store.scores.add("tiny", scores)
    ended = [
        LeadOutcome(f"o{one.key}", one.lead_id, "won", float(won == "yes"), one.at + timedelta(hours=3))
        for one, won in list(zip(scores, cells["won"], strict=True))[: COUNT - 100]
    ]
    place.store.outcomes.add("tiny", ended)
    return pl.DataFrame(
        {"probability": [one.probability for one in scores], "won": [float(each == "yes") for each in cells["won"]]}
    )


def test_quality_is_that_of_the_scores_that_were_given(scored):
    place, given = scored
    found = check(place, "tiny", now=NOW, keep=False)
    judged = given[: COUNT - 100]
    first = ask_quality("tiny", start=BEGAN, end=NOW, now=NOW, workspace=place)
    assert (first.scored, first.matured, first.open) == (COUNT, COUNT - 100, 100)
    assert first.value("AUC") == pytest.approx(
        area_under_curve(judged["won"].to_numpy(), judged["probability"].to_numpy())
    )
    assert found.quality.is_judged
    assert found.quality.model_version == place.registry.champion("tiny")
    assert "Nothing says how long a lead takes" in found.quality.note


def test_the_estimate_lies_near_what_came(scored):
    place, _ = scored
    found = check(place, "tiny", now=NOW, keep=False)
    low, high = next((one.low, one.high) for one in found.estimate.measures if one.name == "AUC")
    assert low < ask_quality("tiny", start=BEGAN, end=NOW, now=NOW, workspace=place).value("AUC") < high
    assert found.estimate.calibrated_on == COUNT - 100


def test_leads_like_those_of_the_training_are_no_drift(scored):
    place, _ = scored
    report = ask_drift("tiny", now=NOW, workspace=place)
    assert (report.level, report.reference) == ("quiet", "training")
    assert {one.field for one in report.fields} == {"visits", "source", "phone", "opted_out", "noise"} & {
        one.field for one in report.fields
    }
    assert report.prediction.level == report.confidence.level == "quiet"


def test_checks_become_history_and_a_file_for_dashboards(scored, tmp_path):
    place, _ = scored
    ask_check("tiny", now=NOW - timedelta(days=7), workspace=place)
    found = ask_check("tiny", now=NOW, workspace=place, report=tmp_path / "watch.html")
    assert len(found.before) == 1
    assert found.decline("AUC") == pytest.approx(found.before[0].measures["AUC"] - found.quality.value("AUC"))
    ask_check("tiny", now=NOW, workspace=place)
    points = ask_history("tiny", workspace=place)
    assert [one.end for one in points] == [NOW, NOW - timedelta(days=7)]
    page = (tmp_path / "watch.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert export_to("tiny", tmp_path / "performance.json", workspace=place) == 1
    [line] = json.loads((tmp_path / "performance.json").read_text(encoding="utf-8"))
    assert list(line)[:4] == ["model_version", "training_date", "metrics", "feature_importance"]
    assert set(line["metrics"]) == {"accuracy", "precision", "recall", "f1_score", "auc_roc"}
    assert set(line["feature_importance"][0]) == {"feature", "importance"}
    assert len(line["matured"]) == 2
    rows = place.store.metrics.of_version("tiny", place.registry.champion("tiny"))
    matured = next(one for one in rows if one.model_type == "matured")
    assert matured.auc_roc == pytest.approx(found.quality.value("AUC"))
    assert matured.is_active is False or len(rows) == 2


def test_a_worker_checks_as_a_job(scored):
    place, _ = scored
    number = ask_for(place, "check", "tiny", {"keep": False}, who="a test")
    Worker(place).run(until_idle=True)
    job = place.store.jobs.get(number)
    assert job.state == "done", job.error
    assert job.result["version"] == place.registry.champion("tiny")
    assert "check" in KINDS


def test_leads_that_nobody_worked_are_neither_won_nor_lost(scored):
    place, _ = scored
    before = ask_quality("tiny", start=BEGAN, end=NOW, now=NOW, workspace=place)
    place.store.events.add(
        "tiny",
        [Event(f"n{number}", f"sL{number}", "not_worked", NOW - timedelta(minutes=1)) for number in range(850, 870)],
    )
    after = ask_quality("tiny", start=BEGAN, end=NOW, now=NOW, workspace=place)
    assert (after.not_worked, after.matured, after.open) == (20, before.matured, before.open - 20)


def test_a_version_that_kept_no_reference_is_held_against_its_first_scores(scored):
    place, _ = scored
    watched = watch_playbook(place, "tiny")
    version = place.registry.find("tiny", "champion")
    assert find_reference(watched, version, NOW).made_of == "training"
    found = make_of_first_scores(watched, version, NOW)
    assert (found.made_of, found.leads) == ("first scores", COUNT)
    assert [one.name for one in found.fields] == [one.name for one in find_reference(watched, version, NOW).fields]


def test_a_damaged_reference_is_refused_and_says_what_to_do(scored):
    place, _ = scored
    path = place.registry.folder("tiny", place.registry.champion("tiny")) / FILE
    kept = path.read_bytes()
    try:
        path.write_bytes(b"{}")
        with pytest.raises(VersionError, match=f"{FILE}  has 2 bytes"):
            ask_drift("tiny", now=NOW, workspace=place)
    finally:
        path.write_bytes(kept)


def test_where_nothing_was_stored_there_is_nothing_to_look_at(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        ask_quality("marketplace", workspace=tmp_path)
