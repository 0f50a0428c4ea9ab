"""On a Dask cluster of two processes leads get the scores, and trainings the version, that they get on one machine."""

import pytest

from leadloop.errors import LeadLoopError
from leadloop.flows.scoring import score as scoring
from leadloop.flows.scoring.hands import score_on_worker
from leadloop.flows.scoring.score import score
from leadloop.flows.training.train import train

distributed = pytest.importorskip("distributed", reason="Dask is not installed")


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


def test_a_file_is_scored_as_here(cluster, workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "_BATCH_ROWS", 40)
    for name, how in (("here", {}), ("there", {"dask": cluster})):
        done = score("tiny", workspace.new, tmp_path / f"{name}.csv", workspace=workspace.root, **how)
        assert (done.scored, done.rejected) == (300, 0)
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


@pytest.mark.long
def test_a_training_makes_the_same_version(cluster, workspace, tmp_path):
    there = train(workspace.playbook, workspace.past, workspace=tmp_path, dask=cluster)
    for version, name in ((workspace.root, "here"), (tmp_path, "there")):
        score("tiny", workspace.new, tmp_path / f"{name}.csv", workspace=version, reasons=False)
    names = {"here": workspace.result.version.id, "there": there.version.id}
    said = [(tmp_path / f"{name}.csv").read_text().replace(version, "") for name, version in names.items()]
    assert said[0] == said[1]
    assert there.version.metrics == workspace.result.version.metrics


def test_a_worker_of_another_release_is_refused(workspace):
    with pytest.raises(LeadLoopError, match=r"and 0\.0\.0 asks"):
        score_on_worker(None, (), "v1", None, "0.0.0")


def test_nobody_at_the_address_is_said(workspace, tmp_path, monkeypatch):
    import dask

    dask.config.set({"distributed.comm.timeouts.connect": "100ms"})
    with pytest.raises(LeadLoopError, match="no scheduler answers"):
        score("tiny", workspace.new, tmp_path / "x.csv", workspace=workspace.root, dask="tcp://127.0.0.1:1")
