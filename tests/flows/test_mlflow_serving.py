"""A training logs to a real MLflow server, and `mlflow models serve` then gives the scores that `leadloop score` gives.

MLflow's server is too much for everybody's environment; it has one of its own, which `make mlflow` makes.
"""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.commands_for_tests import COMMAND, environment, leadloop

ROOT = Path(__file__).parents[2]
MLFLOW = ROOT / ".build" / "mlflow" / "bin" / "mlflow"

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the server's environment is made for POSIX systems"),
    pytest.mark.skipif(not MLFLOW.exists(), reason="there is no MLflow server here; `make mlflow` makes one"),
]
pytest.importorskip("mlflow", reason="mlflow-skinny of the extra `mlflow` is not installed")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(folder: Path, health: str, *words: str, **more: str) -> Iterator[str]:
    """A program of MLflow's while the block lasts; gives its address once it answers."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    # No services of its own besides, and one worker: enough for a test.
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "OMP_NUM_THREADS": "1"}
    path = f"{MLFLOW.parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(MLFLOW), *words, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
            cwd=folder,
            env={**environment(**quiet, **more), "PATH": path},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + 240
            while True:
                try:
                    urllib.request.urlopen(f"{address}{health}", timeout=5).close()
                    break
                except OSError:
                    told = (folder / f"{words[0]}.log").read_text(errors="replace")
                    assert process.poll() is None, told
                    assert time.monotonic() < until, told
                    time.sleep(0.2)
            yield address
        finally:
            os.killpg(process.pid, 15)
            process.wait(30)


@pytest.fixture(scope="module")
def served(workspace, tmp_path_factory) -> Iterator[tuple[str, dict, Path]]:
    """The address of a served model, the run that it comes from, and the workspace of its version."""
    place = tmp_path_factory.mktemp("mlflow")
    store = ["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", str(place / "artefacts")]
    with running(place, "/health", "server", *store) as tracking:
        trained = subprocess.run(
            [*COMMAND, "train", workspace.playbook, "-d", workspace.past, "-w", place / "work"],
            env=environment(LEADLOOP_MLFLOW_URI=tracking, LEADLOOP_MLFLOW_EXPERIMENT="from the tests"),
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert trained.returncode == 0, trained.stderr
        (page,) = [line for line in trained.stdout.splitlines() if line.startswith("Logged to MLflow: ")]
        assert page.startswith(f"Logged to MLflow: {tracking}/#/experiments/")
        run = ask(f"{tracking}/api/2.0/mlflow/runs/get?run_id={page.rpartition('/')[2]}")["run"]
        model = f"runs:/{run['info']['run_id']}/model"
        serve = ["models", "serve", "--model-uri", model, "--env-manager", "local"]
        with running(place, "/ping", *serve, MLFLOW_TRACKING_URI=tracking) as address:
            yield address, run, place / "work"


def ask(address: str, body: bytes | None = None, kind: str = "application/json") -> dict:
    request = urllib.request.Request(address, data=body, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def scored(workspace, work: Path, tmp_path: Path) -> list[dict[str, str]]:
    done = leadloop("score", "tiny", workspace.new, "-o", tmp_path / "scored.csv", "-w", work)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "scored.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def require_the_same(said: list[dict], rows: list[dict[str, str]]) -> None:
    assert len(said) == len(rows) == 300
    for one, row in zip(said, rows, strict=True):
        assert set(one) == set(row)
        for name in row.keys() - {"line"}:
            same = (
                float(row[name]) == one[name] if isinstance(one[name], float) else row[name] == str(one[name]).lower()
            )
            assert same or row[name] == one[name], (name, row, one)


def test_a_run_is_in_the_servers_experiment_and_its_model_gives_the_very_scores_that_leadloop_gives(
    served, workspace, tmp_path
):
    """All of it in one test: the two servers take longer to start than everything that is asked of them."""
    address, run, work = served
    require_run(run)
    rows = scored(workspace, work, tmp_path)
    require_the_same(ask(f"{address}/invocations", workspace.new.read_bytes(), "text/csv")["predictions"], rows)
    body = json.dumps({"dataframe_records": leads_as_json(workspace)}).encode()
    require_the_same(ask(f"{address}/invocations", body)["predictions"], rows)
    lead = {"id": "x", "visits": 1, "source": "Chat", "phone": None, "opted_out": "perhaps", "noise": 0.5}
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{address}/invocations", json.dumps({"dataframe_records": [lead]}).encode())
    assert refused.value.code == 400
    assert "“perhaps” is not yes or no" in json.load(refused.value)["message"]


def require_run(run: dict) -> None:
    assert run["info"]["status"] == "FINISHED"
    metrics = {metric["key"] for metric in run["data"]["metrics"]}
    assert {"test/AUC", "test/AUC/low", "test/AUC/high", "baseline/prior/AUC", "held-out/LightGBM/AUC"} <= metrics
    assert {"LightGBM/num_leaves", "seed", "split"} <= {param["key"] for param in run["data"]["params"]}


def leads_as_json(workspace) -> list[dict]:
    """The new leads with numbers and nulls where the file has text."""
    numbers = ("visits", "noise")
    with workspace.new.open(newline="", encoding="utf-8") as file:
        return [
            {name: (float(cell) if name in numbers else cell) if cell else None for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]
