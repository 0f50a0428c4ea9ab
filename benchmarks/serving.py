"""Time `POST /score` over the network beside a route that only echoes and beside MLflow's server, all in one run.

    python -m benchmarks.serving [--workspace FOLDER] [--playbook NAME]... [--requests N] [--rounds N]

Without a workspace, synthetic worlds are made and trained on. The cache is off and no lead comes twice within a measurement;
timed is reading, features, models, intervals, novelty, reasons and the answer; the log is written as usual. All servers have one
worker, the client is `benchmarks.load` in a process of its own. Every figure is the best of several rounds, in which the servers
take turns: a figure is worth something beside those of the same run only.

MLflow's server is there where `make mlflow` has made it; it scores the very same version.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MLFLOW = ROOT / ".build" / "mlflow" / "bin"
BENTO = ROOT / ".build" / "bentoml" / "bin"
ECHO, SCORES, REASONS = "a Starlette route that echoes", "score, without reasons", "score, with all reasons"
MLFLOWS, BENTOS = "mlflow models serve", "BentoML"
LEADS = 3_000
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1"}
_ECHO = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")
app = Starlette(routes=[Route("/echo", echo, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""
_SAVE = """
import json, sys, mlflow.pyfunc
from pathlib import Path
from leadloop.flows import mlflow_model
from leadloop.registry import ModelVersion
from leadloop.registry.artefacts import unpack
folder, place = Path(sys.argv[1]), sys.argv[2]
version = ModelVersion.read(folder)
signature = mlflow_model.describe_columns(unpack(version.read_files(folder), version.id))
mlflow.pyfunc.save_model(place, loader_module="leadloop.flows.mlflow_model", data_path=str(folder), signature=signature,
                         pip_requirements=["polars"])
print(json.dumps([[column.name, column.type.name] for column in signature.inputs.inputs]))
"""


@dataclass(frozen=True)
class Times:
    """What a service was seen to do: the best for each that was asked and each number of connections."""

    best: Mapping[tuple[str, int], Measured]
    bytes_each: float
    ready: float
    """Seconds until it could be asked."""
    memory: float
    """MB of its process, when all of this was answered."""


@dataclass(frozen=True)
class Asked:
    """What is timed: where it is asked, and with which bodies."""

    name: str
    port: int
    path: str
    bodies: Sequence[bytes]
    requests: int


@dataclass(frozen=True)
class Measured:
    """The best that was seen: milliseconds, and requests a second."""

    p50: float
    p99: float
    rate: float


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str], port: int, **more: str) -> Iterator[tuple[float, int]]:
    """A server while it runs: how many seconds it took until it listened, and its process."""
    environment = {**os.environ, **more}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
            time.sleep(0.02)
        yield time.perf_counter() - started, process.pid
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def load(asked: Asked, connections: int, requests: int) -> Measured:
    """Ask so many times, from another process."""
    command = [sys.executable, "-m", "benchmarks.load", str(asked.port), asked.path, str(connections), str(requests)]
    done = subprocess.run(
        command, input=b"\n".join(asked.bodies), capture_output=True, check=True, cwd=ROOT, timeout=300
    )
    said = json.loads(done.stdout)
    if said["refused"]:
        raise SystemExit(f"{asked.path} refused {said['refused']} of {requests} requests")
    return Measured(said["p50"], said["p99"], said["rate"])


def best(measured: Sequence[Measured]) -> Measured:
    """The best of several rounds, figure by figure."""
    return Measured(
        min(one.p50 for one in measured), min(one.p99 for one in measured), max(one.rate for one in measured)
    )


def make_workspace(folder: Path, playbooks: Sequence[str]) -> Path:
    """A workspace with a version of each playbook in service, trained on its synthetic world."""
    from leadloop.flows.demo import run_demo

    run_demo(folder, list(playbooks), past_leads=3_000, new_leads=400)
    return folder


def make_leads(workspace: Path, playbook: str, folder: Path) -> tuple[list[dict[str, Any]], Path]:
    """Leads that no version has seen, as a client would write them, and where the version lies that scores them."""
    from leadloop.api.served.versions import ServedVersions
    from leadloop.flows.place.settings import Settings
    from leadloop.flows.place.workspace import Workspace
    from leadloop.flows.simulate import simulate

    place = Workspace(workspace)
    versions = ServedVersions(place, Settings(playbooks=(playbook,)))
    versions.refresh()
    served = versions.get(playbook)
    kinds = {field.name: field.type for field in served.scorer.playbook.scoring_schema.fields}
    with simulate(playbook, folder / playbook, leads=LEADS, seed=99).leads_file.open(
        encoding="utf-8", newline=""
    ) as file:
        leads = [
            {
                name: _typed(text, kinds[field])
                for name, text in row.items()
                if text and (field := served.field_of(name))
            }
            for row in csv.DictReader(file)
        ]
    return leads, place.root / "registry" / playbook / served.version


def _typed(text: str, kind: str) -> Any:
    if kind == "boolean":
        return text == "true"
    return float(text) if kind == "number" else text


@contextlib.contextmanager
def mlflow_server(version: Path, leads: Sequence[Mapping[str, Any]], folder: Path) -> Iterator[list[Asked]]:
    """MLflow's own server of the same version; nothing where it has not been made."""
    if not (MLFLOW / "mlflow").exists():
        print("MLflow's server is not here: `make mlflow` makes it.")
        yield []
        return
    model, port = folder / "model", free_port()
    environment = {**_QUIET, "PYTHONPATH": str(ROOT / "src"), "PATH": f"{MLFLOW}{os.pathsep}{os.environ['PATH']}"}
    saved = [str(MLFLOW / "python"), "-c", _SAVE, str(version), str(model)]
    done = subprocess.run(saved, env={**os.environ, **environment}, check=True, capture_output=True)
    columns = json.loads(done.stdout.splitlines()[-1])
    bodies = [
        json.dumps({"dataframe_records": [{name: _as_column(lead.get(name), kind) for name, kind in columns}]}).encode()
        for lead in leads[:400]
    ]
    words = ["models", "serve", "-m", str(model), "--env-manager", "local", "--host", "127.0.0.1"]
    command = [str(MLFLOW / "mlflow"), *words, "--port", str(port), "--workers", "1"]
    with running(command, port, **environment):
        yield [Asked(MLFLOWS, port, "/invocations", bodies, 200)]


@contextlib.contextmanager
def bento_server(version: Path, leads: Sequence[Mapping[str, Any]]) -> Iterator[list[Asked]]:
    """BentoML's server of the same version; nothing where it has not been made."""
    if not (BENTO / "bentoml").exists():
        print("BentoML is not here: `make bentoml` makes it.")
        yield []
        return
    port = free_port()
    environment = {
        "BENTOML_DO_NOT_TRACK": "true",
        "OMP_NUM_THREADS": "1",
        "BENCH_VERSION": str(version),
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": f"{BENTO}{os.pathsep}{os.environ['PATH']}",
    }
    service = ["serve", "benchmarks.speed.bento_service:Leads", "--host", "127.0.0.1", "--port", str(port)]
    bodies = [json.dumps({"lead": lead}).encode() for lead in leads[:400]]
    with running([str(BENTO / "bentoml"), *service, "--working-dir", str(ROOT)], port, **environment):
        yield [Asked(BENTOS, port, "/score", bodies, 200)]


def _as_column(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "double":
        return float(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def time_service(workspace: Path, playbook: str, folder: Path, requests: int, rounds: int) -> Times:
    """Time one playbook."""
    leads, version = make_leads(workspace, playbook, folder)
    bodies = [json.dumps(lead).encode() for lead in leads]
    port, echo = free_port(), free_port()
    serve = [sys.executable, "-m", "leadloop", "serve", playbook, "--port", str(port), "-w", str(workspace)]
    path = f"/v1/{playbook}/score"
    with (
        running([sys.executable, "-c", _ECHO, str(echo)], echo),
        running(serve, port, LEADLOOP_CACHE_TTL_MINUTES="0") as (ready, process),
        mlflow_server(version, leads, folder / playbook) as mlflow,
        bento_server(version, leads) as bento,
    ):
        others = [*mlflow, *bento]
        asked = [
            Asked(ECHO, echo, "/echo", bodies, requests),
            Asked(SCORES, port, f"{path}?explain=false", bodies, requests),
            Asked(REASONS, port, path, bodies, requests),
            *others,
        ]
        seen: dict[tuple[str, int], list[Measured]] = {}
        for one in asked:
            load(one, 1, 50)
        for _ in range(rounds):
            for connections in (1, 32):
                for one in asked:
                    seen.setdefault((one.name, connections), []).append(load(one, connections, one.requests))
        memory = _resident_mb(process)
    bytes_each = sum(map(len, bodies)) / len(bodies)
    return Times({name: best(measured) for name, measured in seen.items()}, bytes_each, ready, memory)


def measure(workspace: Path, playbook: str, folder: Path, requests: int, rounds: int) -> None:
    """Time one playbook and print its table."""
    times = time_service(workspace, playbook, folder, requests, rounds)
    bytes_each, seen, ready, memory = times.bytes_each, times.best, times.ready, times.memory
    print(f"\n### {playbook} ({bytes_each:,.0f} bytes a lead)\n")
    print("| what | connections | p50 ms | p99 ms | requests a second | p50 beside the echo | requests beside MLflow |")
    print("|---|---|---|---|---|---|---|")
    for (name, connections), figures in seen.items():
        bare = seen[ECHO, connections]
        beside = f"{figures.p50 / bare.p50:.1f} times"
        mlflow = seen.get((MLFLOWS, connections))
        rate = f"{figures.rate / mlflow.rate:.1f} times" if mlflow else "-"
        print(
            f"| {name} | {connections} | {figures.p50:.2f} | {figures.p99:.2f} | {figures.rate:,.0f} | {beside} | {rate} |"
        )
    print(f"\nReady after {ready:.1f} s; {memory:,.0f} MB of memory when all of this was answered.")


def _resident_mb(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def time_help() -> float:
    """The seconds that `leadloop --help` takes, at best."""
    command = [sys.executable, "-m", "leadloop", "--help"]
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main() -> None:
    """Time everything and print it as tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--playbook", action="append")
    parser.add_argument("--requests", type=int, default=LEADS // 2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    playbooks = given.playbook or ["insurance", "b2b_calls"]
    with tempfile.TemporaryDirectory() as made:
        workspace = given.workspace or make_workspace(Path(made) / "workspace", playbooks)
        print(
            "Goals: with reasons p50 8 ms, p99 25 ms, 250 requests a second at 32 connections, 5 times MLflow's; without reasons "
            "p50 3 ms and 10 times the echo, 1,000 requests a second; ready in 3 s, 250 MB; help in 0.3 s."
        )
        print(f"`leadloop --help` takes {time_help():.2f} s.")
        for playbook in playbooks:
            measure(workspace, playbook, Path(made), given.requests, given.rounds)


if __name__ == "__main__":
    main()
