"""The server: one process or several, each with the versions in memory, on one port."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import msgspec

from leadloop.api.measures.logs import EventLog
from leadloop.api.measures.server_log import server_log
from leadloop.api.measures.traces import open_traces
from leadloop.api.orphans import end_with_parent, take_name
from leadloop.api.service import make_service, require_key
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.settings import Settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.worker import WorkersBeside

_TOLD = "_LEADLOOP_SERVICE"
"""How the processes of one server are told their settings; set by the first for those that it starts."""
_SILENT_SECONDS = 60
"""After how long a process that does not answer the first one is taken for hung, and replaced; one that ended is at once.

It cannot answer before it has loaded what it needs. On a busy machine that takes longer than the five seconds that uvicorn
gives, and processes were replaced again and again before they were ready.
"""


def run_server(workspace: Workspace, settings: Settings, begins: Callable[[str], None] = lambda advice: None) -> None:
    """Serve until stopped; calls `begins` once nothing stands in the way, with what to do where there is nothing to serve.

    Raises LeadLoopError where the address is taken, or open to others without a key, or where the database's can be none.
    """
    import uvicorn

    from leadloop.api.wire.connections import Guard
    from leadloop.store.engine import address_of

    address_of(workspace.database)  # one that is away may come back; one that is misspelt never does
    _require_free(settings)
    begins(_require_key(workspace, settings))
    told = {"workspace": str(workspace.root.resolve()), "settings": asdict(settings)}
    os.environ[_TOLD] = msgspec.json.encode(told).decode()
    beside = WorkersBeside(workspace, settings.job_workers)
    with tempfile.TemporaryDirectory(prefix="leadloop-measures-") as measures, beside:
        if settings.workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = measures
        uvicorn.run(
            "leadloop.api.server:application",
            factory=True,
            host=settings.host,
            port=settings.port,
            http=cast("Any", Guard(settings.max_connections, settings.header_seconds)),
            timeout_keep_alive=settings.keep_alive_seconds,
            workers=settings.workers if settings.workers > 1 else None,
            log_level="warning",
            log_config=server_log(settings.log_format),
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=30,
            timeout_worker_healthcheck=_SILENT_SECONDS,
            h11_max_incomplete_event_size=65_536,
        )


def application() -> Any:
    """The application of one process, made of what the first process was told."""
    from leadloop.api.app import create_app

    take_name()
    # Threads take turns every millisecond, not every five: while scores are written down, answers wait less for their turn.
    sys.setswitchinterval(0.001)
    told = msgspec.json.decode(os.environ[_TOLD])
    settings = _settings(told["settings"])
    end_with_parent(os.environ.get("PROMETHEUS_MULTIPROC_DIR") if settings.workers > 1 else None)
    log = EventLog(settings.log_level, settings.log_format)
    return create_app(make_service(Workspace(Path(told["workspace"])), settings, log=log, traces=open_traces(log)))


def _require_key(workspace: Workspace, settings: Settings) -> str:
    """Look into the database once before anything is served: it is made where there is none, and keys are known.

    Says what to do where there is nothing to serve.
    """
    # What it finds is logged by the processes that serve; here only what keeps them from it matters.
    first = make_service(workspace, settings, log=EventLog("error", settings.log_format))
    try:
        first.database.start()
        require_key(first)
        return first.versions.look_for_any()
    finally:
        first.database.close()


def _settings(told: Mapping[str, Any]) -> Settings:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    return Settings(**values)


def _require_free(settings: Settings) -> None:
    """Say that the address is taken before anything is loaded."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            if os.name == "posix":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((settings.host, settings.port))
    except OSError as error:
        what = f"cannot listen there: {error.strerror or error}"
        raise LeadLoopError(
            "service", Problem(f"{settings.host}:{settings.port}", what, "name another with --host and --port")
        ) from None
