"""`leadloop alerts` and `leadloop sources`: what somebody should look at."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

alerts = typer.Typer(no_args_is_help=True, help="See what somebody should look at, and try whether alerts arrive.")
sources = typer.Typer(no_args_is_help=True, help="See which sources of outcomes are held back, and rule on them.")
Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name.", show_default=False)]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="The source, as outcomes name it.", show_default=False)]


@alerts.command("list")
def list_all(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List what goes on, the most urgent first, each with what to do.

    Example: `leadloop alerts list`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, "PLAYBOOK")
    store = place.store.alerts
    found = store.page().items if everything else store.open()
    if not found:
        say("Nothing calls for anybody.")
        return
    table = make_table("alert", "severity", "playbook", "since (UTC)", "seen", "what", "what to do", right=("seen",))
    for one in found:
        since = f"{one.first_at:%Y-%m-%d %H:%M}{', over' if one.ended_at else ''}"
        add_row(table, one.id, one.severity, one.playbook, since, one.times, f"{one.title}. {one.text}", one.mend)
    out.print(table)


@alerts.command("close")
def close(
    alert: Annotated[int, typer.Argument(metavar="NUMBER", help="The alert's number.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Note that somebody has looked at an alert; seen again, it is a new one.

    Example: `leadloop alerts close 3`
    """
    from leadloop.cli.console import say
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.place.workspace import open_workspace

    if not open_workspace(workspace).store.alerts.close(alert):
        raise LeadLoopError(
            "alerts", Problem(f"alert {alert}", "does not go on", "`leadloop alerts list` shows what does")
        )
    say(f"Alert {alert} is over.")


@alerts.command("test")
def test(workspace: WorkspaceOption = None) -> None:
    """Send a message to every address of `alert_urls` now, and say whether it arrived.

    Example: `leadloop alerts test`
    """
    from leadloop.cli.console import say
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.loop.alerts import read_addresses
    from leadloop.flows.place.settings import read_settings
    from leadloop.flows.place.workspace import open_workspace

    urls = read_settings(open_workspace(workspace).root).alert_urls
    if not urls:
        say("No address is set: alerts go to the worker's log. Set LEADLOOP_ALERT_URLS.")
        return
    failed = []
    for shown, sender in read_addresses(urls):
        if sender.notify(title="LeadLoop: a test", body="Alerts arrive here.", notify_type="info"):
            say(f"{shown} took it.")
        else:
            failed.append(
                Problem(shown, "did not take it", "see whether the address is right, and reachable from here")
            )
    if failed:
        raise LeadLoopError("alerts", failed)


@sources.command("list")
def list_sources(playbook: Playbook, workspace: WorkspaceOption = None) -> None:
    """List sources of outcomes that somebody or the loop has ruled on.

    Example: `leadloop sources list leads`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, playbook)
    found = place.store.quarantine.all(playbook)
    if not found:
        say("No source is held back.")
        return
    table = make_table("source", "state", "since (UTC)", "by", "why")
    for one in found:
        add_row(table, one.source, one.state, f"{one.at:%Y-%m-%d %H:%M}", one.who, one.why)
    out.print(table)


@sources.command("hold")
def hold(
    playbook: Playbook,
    source: Source,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Learn nothing from what a source tells of outcomes, until it is vouched for.

    Example: `leadloop sources hold leads partner --why "their export was mixed up"`
    """
    _settle(playbook, source, "held", why, workspace)


@sources.command("trust")
def trust(
    playbook: Playbook,
    source: Source,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Vouch for a source: what it tells is learned from, and it is not held back by itself again.

    Example: `leadloop sources trust leads partner --why "looked at 20 of them with sales"`
    """
    _settle(playbook, source, "trusted", why, workspace)


def _settle(playbook: str, source: str, state: str, why: str, workspace: WorkspaceOption) -> None:
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    place.store.quarantine.settle(playbook, source, state, who=place.who(), why=why)
    say(f"“{source}” is {state}.")
