"""`leadloop recalibrate`: let probabilities follow the newest outcomes, without training."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption


def recalibrate(
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    promote: Annotated[
        bool, typer.Option("--promote/--no-promote", help="Put the new version in service, or only make it.")
    ] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Move the probabilities of the version in service to what became of leads, where that surely helps.

    Its models stay, and so does the order of leads. What comes of it is a patch release with a card of its own, and
    going back is rolling back. The daily check does the same; recalibrate = false under [loop] switches that off.

    Examples:

        leadloop recalibrate leads --dry-run
        leadloop recalibrate leads
    """
    from leadloop.cli.console import say
    from leadloop.flows.loop.recalibrate import recalibrate as follow
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, playbook)
    found = follow(place, playbook, save=not dry_run, promote=promote)
    if not found.accepted:
        say(f"Nothing is moved: {found.reason}.")
        return
    say(f"Log-odds times {found.slope:.3f}, then {found.shift:+.3f}: {found.reason}.")
    if found.version is None:
        say("Nothing was done (--dry-run).")
    elif found.promotion is None:
        say(
            f"{found.version.id} ({found.version.release}) waits; `leadloop models promote {playbook} {found.version.id}`."
        )
    else:
        say(
            f"{found.version.id} ({found.version.release}) is in service; `leadloop models rollback {playbook}` goes back."
        )
