"""`leadloop replay` says what another version would have done with yesterday's leads."""

import json

import polars as pl
from tests.conftest import copy_workspace
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_stored import score_stored


def test_the_same_version_would_have_done_the_same(workspace, tmp_path):
    root, version = copy_workspace(workspace.root, tmp_path), workspace.result.version.id
    run = CliRunner().invoke
    pl.read_csv(workspace.new).with_columns(won=pl.lit(None)).write_csv(tmp_path / "open.csv")
    kept = run(app, ["import", str(workspace.playbook), str(tmp_path / "open.csv"), "--workspace", str(root)])
    assert kept.exit_code == 0, kept.output
    score_stored(Workspace(root), "tiny", run="once", days=0)
    told = run(app, ["replay", "tiny", version, "--workspace", str(root)])
    assert told.exit_code == 0, told.output
    assert "0 of 300 leads would have gone elsewhere" in told.output
    assert "Too few outcomes are known" in told.output
    told = run(app, ["replay", "tiny", version, "--workspace", str(root), "--json"])
    answer = json.loads(told.stdout)
    assert (answer["scores"], answer["mean_change"], answer["rank_correlation"]) == (300, 0, 1)
