"""`leadloop sync`: calls are fetched from where they were recorded, by hand, and how that fares."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

sync = typer.Typer(
    no_args_is_help=True, help="Fetch calls from where they were recorded, and see whether they come in by themselves."
)
_UNHEALTHY = 1


@sync.command("fellow")
def fellow(
    since: Annotated[
        str,
        typer.Option(
            help="Only what changed since then, as in 2026-11-01. Default: since the last time.", show_default=False
        ),
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="Everything, whenever it changed.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Fetch recordings, notes and action items from Fellow that changed, and keep the leads that they make.

    Each page is kept with the place where it ends: stopped (Ctrl-C) or killed, the next sync goes on there. What has not changed
    changes nothing. Leads that are new or changed are scored by a job, which `leadloop worker` or the service does. The key is
    read from LEADLOOP_FELLOW_API_KEY, or from the file that `fellow_api_key_file` names.

    Examples:

        leadloop sync fellow
        leadloop sync fellow --since 2026-11-01
        leadloop sync fellow --full
    """
    from leadloop.cli.console import say, show_progress, tell
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.sync.work import sync_by_hand

    if since and full:
        raise LeadLoopError("sync", Problem("--full", "is everything, and --since is not", "leave one of them out"))
    with show_progress("sync") as tick:
        done = sync_by_hand(open_workspace(workspace), since=since, full=full, tick=tick)
    for kind, merged in done.records.items():
        name = kind.replace("_", " ")
        tell(f"{name}s: {merged.new:,} new, {merged.changed:,} changed, {merged.unchanged:,} as they were.")
        if merged.unreadable:
            tell(f"  {merged.unreadable:,} have no identifier, and were not kept.")
    say(f"{done.leads_new:,} new leads and {done.leads_changed:,} changed ones from {done.pages:,} pages.")
    if done.left_out:
        say(f"{done.left_out:,} calls make no lead: nobody outside took part, or nothing names the company.")
    if done.leads_new or done.leads_changed:
        say("They are scored by the next worker: `leadloop worker --until-idle`, or the one beside the service.")


@sync.command("status")
def status(workspace: WorkspaceOption = None) -> None:
    """Say whether calls come in: what failed last, and how long ago the last sync came to its end. Exits with 1 where not.

    Example: `leadloop sync status`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.sync.health import look_at_sync

    health = look_at_sync(open_workspace(workspace), ask=True)
    if health.last_began_at is not None:
        say(f"The last sync that came to its end began at {health.last_began_at:%Y-%m-%d %H:%M} UTC.")
    say(
        f"Fellow was asked {health.requests_today:,} times today; {health.events_waiting:,} events wait to be worked on."
    )
    for problem in health.problems:
        say(f"Problem: {problem}.")
    if health.last_began_at is None:
        say("`leadloop sync fellow` begins one.")
    if not health.healthy:
        raise typer.Exit(_UNHEALTHY)


@sync.command("webhook")
def webhook(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="Where the service is reached from Fellow, with its path.", show_default=False
        ),
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Replace what Fellow was told of URL before, as where its secret was lost.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Have Fellow tell of each call by itself, as soon as its AI note is written.

    The service must run and be reached at URL, as Fellow looks at once whether it answers. The secret that signs what Fellow
    sends is added to the file that `fellow_webhook_secrets_file` names, and shown nowhere.

    Example: `leadloop sync webhook https://leads.example.com/v1/hooks/fellow`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.sync.subscribe import subscribe_to_fellow

    path = subscribe_to_fellow(open_workspace(workspace), url, again=again)
    say(f"Fellow sends events to {url}. Their secret is in {path}.")
