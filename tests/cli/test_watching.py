"""Quality and drift as commands: tables for people, JSON for programs, and refusals that say what to do."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from tests.conftest import copy_workspace
from tests.leads_for_tests import make_cells
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_rows import score_row
from leadloop.store import LeadOutcome


@pytest.fixture(scope="module")
def watched(workspace, tmp_path_factory):
    """A workspace whose version scored 400 leads three days ago; all of them have ended."""
    root = tmp_path_factory.mktemp("watching") / "workspace"
    root.mkdir()
    copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    place = Workspace(root)
    trained = place.registry.load(place.registry.find("tiny", "champion"))
    cells, at = make_cells(400, seed=31)[0], datetime.now(UTC) - timedelta(days=3)
    rows = cells.drop("won").to_dicts()
    cards = trained.score(trained.schema.read(cells.drop("won")).leads, explain=False)
    place.store.scores.add(
        "tiny",
        [
            score_row(row["id"], trained.playbook, card, row, lead_id=row["id"], at=at)
            for card, row in zip(cards, rows, strict=True)
        ],
    )
    place.store.outcomes.add(
        "tiny",
        [
            LeadOutcome(row["id"], row["id"], "won", float(won == "yes"), at + timedelta(days=1))
            for row, won in zip(rows, cells["won"], strict=True)
        ],
    )
    place.store.close()
    return root


def run(root, *words):
    return CliRunner().invoke(app, [*words, "-w", str(root)])


def test_quality_is_shown_and_given_as_json(watched):
    shown = run(watched, "quality", "tiny")
    assert shown.exit_code == 0, shown.output
    assert "400 leads scored by v" in shown.stdout
    assert "calibration error" in shown.stdout
    start = (datetime.now(UTC) - timedelta(days=9)).date().isoformat()
    told = json.loads(run(watched, "quality", "tiny", "--from", start, "--json", "--version", "served").stdout)
    assert (told["scored"], told["matured"], told["model_version"]) == (400, 400, "")


def test_a_check_is_kept_and_its_page_written(watched, tmp_path):
    assert "Nothing was measured yet" in run(watched, "quality", "tiny", "--history").stdout
    done = run(watched, "drift", "tiny", "--report", str(tmp_path / "watch.html"))
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] in ("Quiet: nothing changed that matters.", "Small changes, no alarm.")
    assert (tmp_path / "watch.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "quiet" in run(watched, "quality", "tiny", "--history").stdout
    assert run(watched, "quality", "tiny", "--export", str(tmp_path / "out.json")).exit_code == 0
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))[0]["matured"]


def test_outcomes_of_a_file_are_told(watched, tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text("lead_id,value,at\nL1,won,2026-01-01\nL2,perhaps,2026-01-01\n", encoding="utf-8")
    done = run(watched, "outcomes", str(watched / "tiny"), str(path))
    assert "2 rows: 1 new outcomes, 0 known before." in done.stderr
    assert "1 rows were rejected" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("quality", "tiny", "--from", "yesterday"), "write 2026-03-01"),
        (("quality", "tiny", "--from", "2026-03-02", "--to", "2026-03-01"), "begin before the end"),
        (("quality", "nobody"), "is not found"),
        (("drift", "tiny", "--report", "/nowhere/at/all.html"), "name a file in a folder"),
        (("models", "card", "tiny", "v20200101_000000_00000000"), "v20200101_000000_00000000"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_to_do(watched, words, said):
    done = run(watched, *words)
    assert done.exit_code == 2
    assert said in done.stderr
