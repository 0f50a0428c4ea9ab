"""`leadloop serve`: scores over HTTP."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption


def serve(
    playbooks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PLAYBOOK]...",
            help="Playbooks to serve. Default: every one that has a saved version.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. Default: 8000.")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes answer. Default: 1.")] = None,
    reload_models: Annotated[
        float | None,
        typer.Option("--reload-models", help="Look for another version in service every so many seconds. Default: 2."),
    ] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Start no worker beside the service; jobs wait for `leadloop worker`.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Score leads over HTTP, with the versions in service.

    Routes and examples are at /docs, once it runs. Another address than this machine's own asks for a key, which `leadloop keys
    new` makes. Other settings stand in `leadloop.toml` or in `LEADLOOP_*` variables. Ctrl-C
    stops it when what is being answered has been answered.

    Examples:

        leadloop serve
        leadloop serve insurance --port 9000 --workers 2
        leadloop serve --host 0.0.0.0
    """
    from leadloop.cli.console import tell
    from leadloop.flows.place.settings import read_settings
    from leadloop.flows.place.workspace import open_workspace

    given = {
        "host": host,
        "port": port,
        "workers": workers,
        "watch_seconds": reload_models,
        "playbooks": playbooks or None,
        "job_workers": 0 if no_worker else None,
    }
    place = open_workspace(workspace)
    settings = read_settings(place.root, given=given)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    text = f"LeadLoop serves {place.root} at http://{shown}:{settings.port}; read http://{shown}:{settings.port}/docs"

    def begins(advice: str) -> None:
        tell(text)
        if advice:
            tell(f"Nothing can be scored yet: {advice}.")

    # The service is a way in of its own, beside this one: it is started by its name and not built upon.
    import_module("leadloop.api.server").run_server(place, settings, begins)
