"""Runs are logged whole, once, and without anybody's data: here into MLflow's own store on SQLite, without a server between."""

import shutil
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK, make_cells

from leadloop.errors import DependencyMissing, LeadLoopError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import score
from leadloop.flows.training.train import train
from leadloop.flows.upkeep import models
from leadloop.playbook import render_playbook

mlflow = pytest.importorskip("mlflow", reason="mlflow-skinny of the extra `mlflow` is not installed")
pytest.importorskip("pandas", reason="pandas of the extra `mlflow` is not installed")


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """MLflow takes seconds to make its tables: once for all."""
    file = tmp_path_factory.mktemp("empty") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def store(empty_store, tmp_path, monkeypatch):
    """An MLflow store in a folder of its own; gives a client that looks into it."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADLOOP_MLFLOW_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return mlflow.MlflowClient()


@pytest.fixture
def logged(store, workspace):
    """The version of the shared workspace, logged."""
    return models.log("tiny", "latest", workspace=workspace.root)


def test_a_run_holds_the_settings_figures_and_tags_of_its_version(store, logged, workspace):
    run, version = store.get_run(logged.id), workspace.result.version
    assert run.info.status == "FINISHED"
    assert run.info.run_name == version.id
    assert store.get_experiment(run.info.experiment_id).name == "tiny"
    params = run.data.params
    assert params["seed"] == "7"
    assert params["split"] == "time"
    assert params["playbook fingerprint"] == version.playbook_fingerprint
    for member in version.members:
        for name, value in member["settings"].items():
            assert params[f"{member['name']}/{name}"] == str(value)
    metrics = run.data.metrics
    for name, measure in version.metrics.items():
        name = name.replace("%", " percent")
        assert metrics[f"test/{name}"] == measure["value"]
        assert (metrics[f"test/{name}/low"], metrics[f"test/{name}/high"]) == (measure["low"], measure["high"])
        assert metrics[f"baseline/prior/{name}"] == measure["baselines"]["prior"]
    for member in workspace.result.report.members:
        assert metrics[f"held-out/{member.name}/AUC"] == member.auc
    (curve,) = workspace.result.report.learning_curves
    history = store.get_metric_history(logged.id, f"held-out/LightGBM/log-loss by {curve.unit}")
    assert sorted((point.step, point.value) for point in history) == list(zip(curve.rounds, curve.losses, strict=True))
    tags = run.data.tags
    assert tags["leadloop.version"] == version.id
    assert tags["leadloop.release"] == "tiny-v1.0.0"
    assert (tags["leadloop.synthetic"], tags["leadloop.promoted"]) == ("true", "true")


def test_a_run_holds_the_report_its_pictures_and_the_playbook(store, logged, workspace):
    names = {item.path for item in store.list_artifacts(logged.id, "report")}
    pictures = {f"report/{path.name}" for path in workspace.result.folder.glob("*.svg")}
    assert len(pictures) > 5
    assert names == pictures | {
        f"report/{name}" for name in ("report.html", "report.md", "report.json", "playbook.toml")
    }
    page = mlflow.artifacts.download_artifacts(run_id=logged.id, artifact_path="report/report.html")
    assert Path(page).read_bytes() == (workspace.result.folder / "report.html").read_bytes()


def test_a_version_that_was_logged_keeps_its_run_and_the_run_hears_of_its_promotion(store, tmp_path, workspace):
    result = train(workspace.playbook, workspace.past, workspace=tmp_path / "work", promote=False)
    assert result.not_logged is None
    assert store.get_run(result.run.id).data.tags["leadloop.promoted"] == "false"
    models.promote("tiny", "latest", workspace=tmp_path / "work")
    assert models.log("tiny", "latest", workspace=tmp_path / "work") == result.run
    assert store.get_run(result.run.id).data.tags["leadloop.promoted"] == "true"
    assert len(store.search_runs([store.get_run(result.run.id).info.experiment_id])) == 1


def test_a_run_that_broke_off_is_taken_up_again(store, workspace):
    version = workspace.result.version
    begun = store.create_run(store.create_experiment("tiny"), tags={"leadloop.version": version.id})
    store.log_param(begun.info.run_id, "seed", version.seed)
    logged = models.log("tiny", version.id, workspace=workspace.root)
    assert logged.id == begun.info.run_id
    assert store.get_run(logged.id).info.status == "FINISHED"
    assert store.list_artifacts(logged.id, "model")


def test_no_lead_is_logged(store, tmp_path):
    cells = make_cells(900)[0].with_columns(id=pl.lit("zebra-") + pl.col("number"))
    cells.write_csv(tmp_path / "past.csv")
    folder = write_playbook(tmp_path / "tiny", render_playbook(PLAYBOOK))
    result = train(folder, tmp_path / "past.csv", workspace=tmp_path / "work")
    assert result.run is not None
    files = [path for path in (*tmp_path.glob("mlflow.db*"), *(tmp_path / "mlruns").rglob("*")) if path.is_file()]
    assert len(files) > 30
    assert not [path for path in files if b"zebra-" in path.read_bytes()]
    assert not [path for path in files if path.suffix in (".pkl", ".pickle", ".joblib", ".py")]


def test_the_logged_model_scores_as_score_does(logged, workspace, tmp_path):
    import pandas

    model = mlflow.pyfunc.load_model(f"runs:/{logged.id}/model")
    said = model.predict(pandas.read_csv(workspace.new, dtype={"id": str, "phone": str}))
    score("tiny", workspace.new, tmp_path / "scored.csv", workspace=workspace.root)
    scored = pandas.read_csv(tmp_path / "scored.csv", dtype={"lead_id": str}, keep_default_na=False)
    assert len(said) == 300
    assert list(said.columns) == list(scored.columns)
    for name in set(scored.columns) - {"line"}:
        assert said[name].tolist() == scored[name].tolist(), name
    assert model.metadata.signature.inputs.input_names() == ["id", "visits", "source", "phone", "opted_out", "noise"]


def test_the_example_of_the_model_is_a_request_that_it_answers(logged, workspace):
    model = mlflow.pyfunc.load_model(f"runs:/{logged.id}/model")
    example = model.metadata.load_input_example()
    assert model.predict(example)["score"].between(0, 100).all()


def test_a_lead_that_cannot_be_read_is_refused_with_every_mistake(logged):
    import pandas

    model = mlflow.pyfunc.load_model(f"runs:/{logged.id}/model")
    leads = {
        "id": ["a", "b"],
        "visits": [1.0, 2.0],
        "source": ["Google", None],
        "phone": [None, None],
        "noise": [0.0, 1.0],
    }
    frame = pandas.DataFrame({**leads, "opted_out": ["perhaps", "maybe"]})
    with pytest.raises(mlflow.exceptions.MlflowException) as refused:
        model.predict(frame)
    assert "“perhaps” is not yes or no" in str(refused.value)
    assert "“maybe” is not yes or no" in str(refused.value)
    assert refused.value.get_http_status_code() == 400
    with pytest.raises(mlflow.exceptions.MlflowException, match="opted_out"):
        model.predict(frame.drop(columns="opted_out"))


def test_a_model_whose_files_have_changed_is_refused(logged, workspace):
    place = mlflow.artifacts.download_artifacts(run_id=logged.id, artifact_path="model", dst_path="copy")
    (file,) = Path(place).rglob("model.json")
    file.write_text(file.read_text().replace("0.", "1.", 1))
    with pytest.raises(LeadLoopError, match=r"model.json  has other contents than when it was saved"):
        mlflow.pyfunc.load_model(place)


def test_a_server_that_does_not_answer_costs_nothing_but_the_log(tmp_path, monkeypatch, workspace):
    monkeypatch.setenv("LEADLOOP_MLFLOW_URI", "http://me:s3cret@127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    result = train(workspace.playbook, workspace.past, workspace=tmp_path)
    assert result.run is None
    assert Workspace(tmp_path).registry.champion("tiny") == result.version.id
    said = str(result.not_logged)
    assert said.startswith(f"{result.version.id} is saved, but not logged to MLflow: 1 problem\n  http://127.0.0.1:1  ")
    assert said.endswith(f"leadloop models log tiny {result.version.id}")
    assert "s3cret" not in said


def test_an_experiment_that_was_deleted_is_named(store, workspace):
    store.delete_experiment(store.create_experiment("tiny"))
    with pytest.raises(LeadLoopError, match="its experiment “tiny” was deleted; restore it, or name another"):
        models.log("tiny", "latest", workspace=workspace.root)


def test_without_mlflow_training_does_not_even_begin(tmp_path, monkeypatch, workspace):
    monkeypatch.setenv("LEADLOOP_MLFLOW_URI", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "mlflow", None)  # to Python the same as not installed
    with pytest.raises(DependencyMissing, match="mlflow"):
        train(workspace.playbook, workspace.past, workspace=tmp_path, tick=pytest.fail)
    assert list(tmp_path.iterdir()) == []
