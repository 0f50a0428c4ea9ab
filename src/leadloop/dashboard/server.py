"""The dashboard's server: one process, its pages behind the gate."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from leadloop.dashboard.gate import Gate, read_index
from leadloop.dashboard.sessions import Sessions
from leadloop.dashboard.theme import OPTIONS
from leadloop.dashboard.view import warm_up
from leadloop.errors import DependencyMissing, LeadLoopError, Problem
from leadloop.flows.place.settings import LOOPBACK, Settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.key_ring import require_good_key

_SCRIPT = Path(__file__).parent / "script" / "main.py"


def run_dashboard(
    place: Workspace, settings: Settings, *, host: str, port: int, begins: Callable[[], None] = lambda: None
) -> None:
    """Show the pages until stopped; calls `begins` once nothing stands in the way.

    Raises DependencyMissing without the extra `dashboard`, and LeadLoopError where the address is taken, or can be reached
    from other machines while there is no key.
    """
    require_streamlit()
    _require_free(host, port)
    sessions = Sessions(place, settings.dashboard_session_hours)
    sessions.look()
    if host not in LOOPBACK:
        require_good_key(sessions.ring, host, sessions.problem)
    import uvicorn

    application = make_application(place, settings, sessions)
    threading.Thread(target=warm_up, args=(place,), name="warm up", daemon=True).start()
    begins()
    uvicorn.run(
        application,
        host=host,
        port=port,
        ws="websockets-sansio",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )


def make_application(place: Workspace, settings: Settings, sessions: Sessions) -> Any:
    """The pages as an application that any server can run; there can be one in a process."""
    from streamlit import config
    from streamlit.starlette import App

    from leadloop.dashboard.service import Service, begin

    begin(Service(place, settings, sessions))
    for name, value in OPTIONS.items():
        config.set_option(name, value, "leadloop")
    # It warns of every page that is asked for before its session began, which is nobody's mistake.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    pages = App(_SCRIPT, on_script_error=_note)
    return Gate(pages, sessions, read_index())


def require_streamlit() -> None:
    """Raise DependencyMissing where what the pages are drawn with is not installed."""
    from importlib.util import find_spec

    if missing := [name for name in ("streamlit", "altair") if find_spec(name) is None]:
        mend = "install leadloop with the extra: pip install 'leadloop[dashboard]'"
        raise DependencyMissing("dashboard", [Problem(name, "is not installed", mend) for name in missing])


def _note(error: Exception) -> bool:
    logging.getLogger("leadloop.dashboard").error("a page failed", exc_info=error)
    return False


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            if os.name == "posix":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        what = f"cannot listen there: {error.strerror or error}"
        raise LeadLoopError(
            "dashboard", Problem(f"{host}:{port}", what, "name another with --host and --port")
        ) from None
