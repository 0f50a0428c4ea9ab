"""`leadloop keys`: who may ask the service, and for what."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

keys = typer.Typer(no_args_is_help=True, help="Make keys for the service, list them, revoke them.")


@keys.command("new")
def new(
    role: Annotated[
        str,
        typer.Argument(
            metavar="ROLE", help="What the key is for: scorer, feedback, analyst or admin.", show_default=False
        ),
    ],
    name: Annotated[str, typer.Option(help="Who or what will use it, for the record.", show_default=False)],
    expires: Annotated[str, typer.Option(help="How long it is good for: 12h, 90d, 4w. Default: until revoked.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Make a key and print it, this one time; only a hash of it is kept.

    A scorer may score, feedback tells what became of leads, an analyst looks at models and measures, an admin may do everything.
    From the first key on nobody is let in without one. Servers know a new key within seconds.

    Example: `leadloop keys new scorer --name "web form" --expires 90d`
    """
    from leadloop.cli.console import say, tell
    from leadloop.flows.upkeep.keys import new_key

    made = new_key(role, name, expires=expires, workspace=workspace)
    until = f"good until {made.key.expires_at:%Y-%m-%d %H:%M} UTC" if made.key.expires_at else "good until revoked"
    tell(f"Key {made.key.id} of the role {role}, {until}. It is shown once:")
    say(made.text)


@keys.command("list")
def list_all(workspace: WorkspaceOption = None) -> None:
    """List every key with its role and how long it is good for; the keys themselves are not known here.

    Example: `leadloop keys list`
    """
    from datetime import UTC, datetime

    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.upkeep.keys import list_keys

    found = list_keys(workspace=workspace)
    if not found:
        say("There is no key: on this machine anybody may ask. Make one: leadloop keys new admin --name NAME")
        return
    table = make_table("key", "role", "name", "made", "good")
    now = datetime.now(UTC)
    for key in found:
        if key.revoked_at:
            good = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
        elif key.expires_at:
            good = f"{'expired' if key.expires_at <= now else 'until'} {key.expires_at:%Y-%m-%d %H:%M}"
        else:
            good = "until revoked"
        add_row(table, key.id, key.role, key.name, f"{key.created_at:%Y-%m-%d %H:%M}", good)
    out.print(table)


@keys.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `list` shows it.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Let a key be good for nothing from now on; running servers refuse it within seconds.

    Example: `leadloop keys revoke 0a1b2c3d4e5f`
    """
    from leadloop.cli.console import say
    from leadloop.flows.upkeep.keys import revoke_key

    revoke_key(key, workspace=workspace)
    say(f"Key {key} is good for nothing any more.")
