"""Time `POST /score` over the network, with and without reasons, beside a bare route that only echoes, all in one run.

    python -m benchmarks.serving [--workspace FOLDER --playbook NAME] [--requests N]

Without a workspace, a small synthetic world of calls is made and trained on. The cache is off: what is timed is reading,
features, models, intervals, reasons and the answer. Both servers run on uvicorn with uvloop, as `leadloop serve` does; the client
is a plain socket, so that little of the time is its own. Figures are only worth something beside those of the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_ECHO = """
import sys, uvicorn
from fastapi import FastAPI, Request
from starlette.responses import Response
app = FastAPI()
@app.post("/echo")
async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str], port: int) -> Iterator[float]:
    """A server while it runs, and how many seconds it took until it answered."""
    started = time.perf_counter()
    environment = {**os.environ, "LEADLOOP_CACHE_TTL_MINUTES": "0", "LEADLOOP_LOG_LEVEL": "error"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
            time.sleep(0.02)
        yield time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


async def ask(port: int, path: str, bodies: Sequence[bytes], connections: int) -> tuple[np.ndarray, float]:
    """The milliseconds of every request, and how many requests a second were answered."""
    waiting, times = iter(bodies), []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in waiting:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            sent = time.perf_counter()
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.decode("latin-1").split("\r\n")
            length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length"))
            content = await reader.readexactly(length)
            times.append((time.perf_counter() - sent) * 1000)
            if " 200 " not in lines[0]:
                raise SystemExit(f"{path} answered {lines[0]}: {content[:300]!r}")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(connections)))
    return np.array(times), len(times) / (time.perf_counter() - started)


def make_workspace(folder: Path) -> Path:
    """A workspace with a version of the playbook of calls in service, trained on a synthetic world."""
    from leadloop.flows.demo import run_demo

    run_demo(folder, ["b2b_calls"], past_leads=2_500, new_leads=400, budget=4.0)
    return folder


def read_leads(workspace: Path, playbook: str) -> list[dict[str, Any]]:
    """The new leads of a demo's workspace, with the fields that the playbook has when it scores."""
    from leadloop.api.versions import ServedVersions
    from leadloop.flows.settings import Settings
    from leadloop.flows.workspace import Workspace

    versions = ServedVersions(Workspace(workspace), Settings(playbooks=(playbook,)))
    versions.refresh()
    served = versions.get(playbook)
    with (workspace / playbook / "new_leads.csv").open(encoding="utf-8", newline="") as file:
        return [
            {name: text for name, text in row.items() if text and served.field_of(name)} for row in csv.DictReader(file)
        ]


def main() -> None:
    """Time everything and print it as a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--playbook", default="b2b_calls")
    parser.add_argument("--requests", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        workspace = given.workspace or make_workspace(Path(made) / "workspace")
        leads = read_leads(workspace, given.playbook)
        bodies = [json.dumps(leads[place % len(leads)]).encode() for place in range(given.requests)]
        port, echo = free_port(), free_port()
        serve = [sys.executable, "-m", "leadloop", "serve", given.playbook, "--port", str(port), "-w", str(workspace)]
        path = f"/v1/{given.playbook}/score"
        print(f"{'what':<34}{'connections':>12}{'p50 ms':>9}{'p99 ms':>9}{'requests/s':>12}")
        with running([sys.executable, "-c", _ECHO, str(echo)], echo), running(serve, port) as ready:
            for connections in (1, 32):
                for name, place, where in (
                    ("bare echo", echo, "/echo"),
                    ("score, without reasons", port, f"{path}?explain=false"),
                    ("score, with all reasons", port, path),
                ):
                    asyncio.run(ask(place, where, bodies[:50], connections))
                    times, rate = asyncio.run(ask(place, where, bodies, connections))
                    p50, p99 = np.percentile(times, [50, 99])
                    print(f"{name:<34}{connections:>12}{p50:>9.2f}{p99:>9.2f}{rate:>12.0f}")
        print(f"ready after {ready:.1f} s")


if __name__ == "__main__":
    main()
