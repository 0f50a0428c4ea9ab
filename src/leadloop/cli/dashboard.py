"""`leadloop dashboard`: pages in a browser."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption


def dashboard(
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. Default: 8501.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show leads, scores, reasons, quality, experiments and data in a browser, and take what people know of leads.

    Sign in with a key of `leadloop keys new`: who scores or gives feedback sees the work list and leads, an analyst all that can
    be looked at, an admin everything. Until a key is made, anybody on this machine sees everything, and no other machine
    is let in. It needs the extra `dashboard`, and goes on until Ctrl-C.

    Examples:

        leadloop dashboard
        leadloop dashboard --port 9000
        leadloop dashboard --host 0.0.0.0
    """
    from leadloop.cli.console import tell
    from leadloop.flows.place.settings import read_settings
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    settings = read_settings(place.root, given={"dashboard_host": host, "dashboard_port": port})
    at, number = settings.dashboard_host, settings.dashboard_port
    shown = f"[{at}]" if ":" in at else at
    # The dashboard is a way in of its own, beside this one: it is started by its name and not built upon.
    run = import_module("leadloop.dashboard.server").run_dashboard
    run(
        place,
        settings,
        host=at,
        port=number,
        begins=lambda: tell(f"LeadLoop shows {place.root} at http://{shown}:{number}"),
    )
