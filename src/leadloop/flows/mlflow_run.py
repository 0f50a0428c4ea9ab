"""A training run in MLflow: a saved version's settings, figures, pictures and report, and the model itself, ready to be served.

Everything comes from the version's folder, so that a version can be logged when it is trained or at any later time. No row of
anybody's leads is in it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.mlflow_model import describe_columns, make_example
from leadloop.flows.mlflow_server import MlflowServer
from leadloop.flows.place.workspace import Workspace
from leadloop.registry import ModelVersion
from leadloop.registry.artefacts import unpack

if TYPE_CHECKING:
    from mlflow import MlflowClient

_LOADER = "leadloop.flows.mlflow_model"
_SERVING = ("leadloop", "numpy", "onnxruntime", "polars")
_REPORT = (".svg", ".png", ".html", ".md")
_A_BATCH = 100
_LONGEST = 500


@dataclass(frozen=True)
class MlflowRun:
    """Where a version was logged."""

    id: str
    """The run's id; `runs:/ID/model` is the model."""
    address: str
    """The page of the run, or the database that holds it."""
    experiment: str
    """The name of its experiment."""


def log_version(place: Workspace, version: ModelVersion, server: MlflowServer) -> MlflowRun:
    """Log a version to MLflow as a run of its own.

    A version that was logged before keeps its run; what has changed since (whether it is in service) is noted there.
    A run that was begun and not ended is taken up again. Raises LeadLoopError where MLflow does not do what it is asked,
    without a word of its password, and VersionError where the version is damaged.
    """
    folder = place.registry.folder(version.playbook, version.id)
    files = version.read_files(folder)
    try:
        with server.spoken_to() as address:
            return _log(version, files, server, address, serves=place.registry.champion(version.playbook) == version.id)
    except LeadLoopError:
        raise
    except Exception as error:  # MLflow raises whatever its server, its store or the network raise
        said = server.mask(" ".join(str(error).split()))[:_LONGEST]
        problem = Problem(
            server.shown,
            f"{type(error).__name__}: {said}",
            f"log it when the server answers: leadloop models log {version.playbook} {version.id}",
        )
        raise LeadLoopError(f"{version.id} is saved, but not logged to MLflow", problem) from None


def _log(
    version: ModelVersion, files: Mapping[str, bytes], server: MlflowServer, address: str, *, serves: bool
) -> MlflowRun:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=address)
    experiment = _find_experiment(client, server)
    tags = dict(_tags(version, serves=serves))
    run, whole = _find_run(client, experiment, version, tags)
    if whole:
        for name, value in tags.items():
            client.set_tag(run, name, value)
    else:
        _log_figures(client, run, version, json.loads(files["report.json"]))
        with tempfile.TemporaryDirectory() as temporary:
            _log_files(client, run, version, files, Path(temporary))
        client.set_terminated(run)
    page = f"{server.shown.rstrip('/')}/#/experiments/{experiment}/runs/{run}"
    return MlflowRun(run, page if server.shown.startswith("http") else server.shown, server.experiment)


def _find_experiment(client: MlflowClient, server: MlflowServer) -> str:
    """The id of the experiment, which is made where there is none."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(server.experiment)
    if found is None:
        try:
            return str(client.create_experiment(server.experiment))
        except MlflowException:
            found = client.get_experiment_by_name(server.experiment)  # another training has just made it
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        problem = Problem(
            server.shown, f"its experiment “{server.experiment}” was deleted", "restore it, or name another"
        )
        raise LeadLoopError("MLflow", problem)
    return str(found.experiment_id)


def _find_run(
    client: MlflowClient, experiment: str, version: ModelVersion, tags: Mapping[str, str]
) -> tuple[str, bool]:
    """The run of a version, and whether all of it is there already."""
    for run in client.search_runs([experiment], f"tags.`leadloop.version` = '{version.id}'"):
        return run.info.run_id, run.info.status == "FINISHED"
    run = client.create_run(experiment, start_time=_moment(version), tags=dict(tags), run_name=version.id)
    return run.info.run_id, False


def _tags(version: ModelVersion, *, serves: bool) -> Iterator[tuple[str, str]]:
    for name in ("id", "release", "playbook", "target", "parent"):
        yield f"leadloop.{'version' if name == 'id' else name}", str(getattr(version, name))
    if version.targets:
        yield "leadloop.targets", ", ".join((version.target, *version.targets))
    yield "leadloop.synthetic", str(version.synthetic).lower()
    yield "leadloop.promoted", str(serves).lower()
    yield "mlflow.user", version.created_by
    yield "mlflow.source.name", "leadloop train"


def _log_figures(client: MlflowClient, run: str, version: ModelVersion, report: Mapping[str, Any]) -> None:
    """Settings and measures. Names and moments are the same each time, so a run may be taken up where it broke off."""
    from mlflow.entities import Metric, Param

    params = [Param(_plain(name), str(value)[:_LONGEST]) for name, value in _settings(version)]
    moment = _moment(version)
    metrics = [Metric(_plain(name), float(value), moment, step) for name, value, step in _measures(version, report)]
    for start in range(0, len(params), _A_BATCH):
        client.log_batch(run, params=params[start : start + _A_BATCH])
    for start in range(0, len(metrics), _A_BATCH):
        client.log_batch(run, metrics=metrics[start : start + _A_BATCH])


def _settings(version: ModelVersion) -> Iterator[tuple[str, object]]:
    """Everything that shaped the training: the playbook, the leads, the split, the seed, and the settings of all who competed."""
    yield "playbook", version.playbook
    yield "playbook fingerprint", version.playbook_fingerprint
    yield "policy fingerprint", version.policy_fingerprint
    yield "configuration", version.configuration
    yield "target", version.target
    yield "seed", version.seed
    for name, value in version.data.items():
        yield ("split" if name == "split" else f"data/{name}"), ", ".join(value) if isinstance(value, list) else value
    yield "features", len(version.columns)
    for member in version.members:
        for setting, value in member["settings"].items():
            yield f"{member['name']}/{setting}", value
    for name, told in version.targets.items():
        yield f"{name}/weight in the score", told["weight"]
        for count, value in told["data"].items():
            yield f"{name}/data/{count}", value
        yield f"{name}/features", told["columns"]
        for member in told["members"]:
            for setting, value in member["settings"].items():
                yield f"{name}/{member['name']}/{setting}", value
    for library, number in version.libraries.items():
        yield f"library/{library}", number


def _measures(version: ModelVersion, report: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Figures on the test leads with intervals and baselines, on held-out training leads, and what training took."""
    yield from _figures("", version.metrics, report)
    others = {other["target"]: other for other in report.get("others", [])}
    for name, told in version.targets.items():
        yield from _figures(f"{name}/", told["metrics"], others[name])
    for line in (report.get("score") or {}).get("order", []):
        yield f"score/{line['target']}/{line['name']}", line["value"], 0
    yield "training/seconds", report["seconds"]["total"], 0
    yield "training/CPU seconds", report["seconds"]["CPU"], 0
    yield "training/peak memory MB", report["peak_memory_mb"], 0


def _figures(
    opening: str, metrics: Mapping[str, Mapping[str, Any]], report: Mapping[str, Any]
) -> Iterator[tuple[str, float, int]]:
    """The figures of one target; `opening` stands before the measure for every target but the main one."""
    for name, measure in metrics.items():
        yield f"test/{opening}{name}", measure["value"], 0
        yield f"test/{opening}{name}/low", measure["low"], 0
        yield f"test/{opening}{name}/high", measure["high"], 0
        for baseline, value in measure["baselines"].items():
            yield f"baseline/{opening}{baseline}/{name}", value, 0
    for member in report["members"]:
        for figure, name in (("auc", "AUC"), ("log_loss", "log-loss"), ("weight", "weight")):
            yield f"held-out/{opening}{member['name']}/{name}", member[figure], 0
    for curve in report["learning_curves"]:
        for round_, loss in zip(curve["rounds"], curve["losses"], strict=True):
            yield f"held-out/{opening}{curve['learner']}/log-loss by {curve['unit']}", loss, int(round_)


def _log_files(client: MlflowClient, run: str, version: ModelVersion, files: Mapping[str, bytes], place: Path) -> None:
    import mlflow.pyfunc
    from mlflow.models import Model

    folder, report, model = place / version.id, place / "report", place / "model"
    folder.mkdir()
    report.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        if name.endswith(_REPORT) or name in ("report.json", "playbook.toml"):
            (report / name).write_bytes(content)
    (folder / "manifest.json").write_bytes(version.as_bytes())
    client.log_artifacts(run, str(report), "report")
    import pandas

    trained = unpack(files, version.id)
    mlflow.pyfunc.save_model(
        path=str(model),
        loader_module=_LOADER,
        data_path=str(folder),
        mlflow_model=Model(run_id=run, artifact_path="model"),
        signature=describe_columns(trained),
        input_example=pandas.DataFrame(make_example(trained)),
        pip_requirements=[f"{name}=={version.libraries[name]}" for name in _SERVING],
        metadata={"leadloop.version": version.id, "leadloop.synthetic": version.synthetic},
    )
    client.log_artifacts(run, str(model), "model")


def _moment(version: ModelVersion) -> int:
    """When the version was made, in milliseconds."""
    return round(datetime.fromisoformat(version.created_at).timestamp() * 1000)


def _plain(name: str) -> str:
    """A name of the letters that MLflow allows.

    >>> _plain("test/lift at 20%")
    'test/lift at 20 percent'
    """
    return re.sub(r"[^\w\-. :/]", "_", name.replace("%", " percent"))
