"""`leadloop schedules`: what workers ask for by the clock."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

schedules = typer.Typer(no_args_is_help=True, help="See and change what workers ask for by the clock.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.", show_default=False)]


@schedules.command("list")
def list_all(workspace: WorkspaceOption = None) -> None:
    """List all schedules, when each is next due, and which job it asked for last.

    Example: `leadloop schedules list`
    """
    from leadloop.cli.console import add_row, make_table, out
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.schedules import add_defaults

    place = open_workspace(workspace)
    add_defaults(place)
    table = make_table("name", "job", "playbook", "when", "zone", "next (UTC)", "last (UTC)", "last job")
    for one in place.store.schedules.all():
        following = f"{one.next_at:%Y-%m-%d %H:%M}" if one.is_on else "off"
        last = f"{one.last_at:%Y-%m-%d %H:%M}" if one.last_at else ""
        job = str(one.last_job or "")
        add_row(table, one.name, one.kind, one.playbook or "every one", one.cron, one.zone, following, last, job)
    out.print(table)


@schedules.command("set")
def put(
    name: Name,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="The kind of job, as `loop`.", show_default=False)],
    cron: Annotated[
        str,
        typer.Argument(
            metavar="WHEN", help="Minute, hour, day, month, weekday, as in “0 6 * * *”.", show_default=False
        ),
    ],
    playbook: Annotated[
        str, typer.Option("--playbook", help="Only this playbook; default: every one.", show_default=False)
    ] = "",
    zone: Annotated[str, typer.Option("--zone", help="The time zone that WHEN is meant in.")] = "UTC",
    argument: Annotated[
        list[str] | None,
        typer.Option(
            "--argument", metavar="NAME=VALUE", help="What the job is told. May be repeated.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Let a kind of job be asked for by the clock; a schedule of this name is replaced.

    Where clocks go forward over a time of day, it is due when they have; where they go back over it, once. Times that pass while
    no worker runs count as one.

    Examples:

        leadloop schedules set "daily check" loop "30 7 * * MON-FRI" --zone Europe/Berlin --argument if_due=true
        leadloop schedules set nightly score_leads "0 2 * * *" --playbook leads
    """
    from leadloop.cli.arguments import read_arguments
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.schedules import put_schedule

    told = read_arguments(argument or [], "--argument")
    done = put_schedule(open_workspace(workspace), name, kind, cron=cron, zone=zone, playbook=playbook, payload=told)
    say(f"“{done.name}” asks for {done.kind}, next at {done.next_at:%Y-%m-%d %H:%M} UTC.")


@schedules.command("on")
def switch_on(name: Name, workspace: WorkspaceOption = None) -> None:
    """Switch a schedule on.

    Example: `leadloop schedules on "weekly tick"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.schedules import switch_schedule

    done = switch_schedule(open_workspace(workspace), name, on=True)
    say(f"“{done.name}” is on, next at {done.next_at:%Y-%m-%d %H:%M} UTC.")


@schedules.command("off")
def switch_off(name: Name, workspace: WorkspaceOption = None) -> None:
    """Switch a schedule off; it stays in the list.

    Example: `leadloop schedules off "weekly tick"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.schedules import switch_schedule

    say(f"“{switch_schedule(open_workspace(workspace), name, on=False).name}” is off.")


@schedules.command("remove")
def remove(name: Name, workspace: WorkspaceOption = None) -> None:
    """Remove a schedule. Those that every workspace begins with come back; switch them off instead.

    Example: `leadloop schedules remove nightly`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace

    open_workspace(workspace).store.schedules.remove(name)
    say(f"“{name}” is no more.")
