"""`leadloop rollout`: a version on its way into service."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

rollout = typer.Typer(
    no_args_is_help=True, help="Bring a version into service step by step; approve, stop, or rehearse going back."
)
Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name.", show_default=False)]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


@rollout.command("list")
def list_all(playbook: Playbook, workspace: WorkspaceOption = None) -> None:
    """List the versions that were on their way into service, the newest first.

    Example: `leadloop rollout list leads`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, playbook)
    found = place.store.rollouts.page(playbook).items
    if not found:
        say("No version was on its way into service yet.")
        return
    table = make_table("rollout", "version", "against", "state", "share", "since (UTC)", "by", "why", right=("share",))
    for one in found:
        since = f"{one.since:%Y-%m-%d %H:%M}"
        add_row(table, one.id, one.model_version, one.against, one.state, f"{one.share:g} %", since, one.who, one.why)
    out.print(table)


@rollout.command("show")
def show(playbook: Playbook, workspace: WorkspaceOption = None) -> None:
    """Show what is known of the version on its way, and everything that happened to it.

    Example: `leadloop rollout show leads`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.loop.rollout import observe
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, playbook)
    newest = place.store.rollouts.current(playbook) or next(
        iter(place.store.rollouts.page(playbook, limit=1).items), None
    )
    if newest is None:
        say("No version was on its way into service yet.")
        return
    say(f"{newest.model_version} against {newest.against}: {newest.state}, {newest.share:g} % of leads.")
    if newest.is_open:
        seen = observe(place, newest)
        for name, arm in (("on trial", seen.trial), ("in service", seen.serving)):
            mean = f", mean score {arm.scores.mean():.1f}" if len(arm.scores) else ""
            took = f", {arm.mean_ms:.1f} ms a lead" if arm.mean_ms is not None else ""
            say(f"  {name}: {arm.leads:,} leads, {arm.failures:,} failures{took}{mean}")
        for one in seen.quality:
            say(f"  on {seen.ended:,} leads that ended: {one}")
    table = make_table("at (UTC)", "state", "share", "by", "why", right=("share",))
    for change in place.store.rollouts.changes(newest.id):
        add_row(table, f"{change.at:%Y-%m-%d %H:%M:%S}", change.state, f"{change.share:g} %", change.who, change.why)
    out.print(table)


@rollout.command("start")
def start(
    playbook: Playbook,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="A version's id or release, or `latest`.", show_default=False)
    ],
    share: Annotated[
        float, typer.Option("--share", min=0, max=100, help="Percent of leads at once; 0: the shadow.")
    ] = 0.0,
    force: Annotated[bool, typer.Option("--force", help="Although it has not shown that it is better.")] = False,
    why: Why = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Begin to bring a version into service: in the shadow, or with a share of the leads.

    It must be surely better than what serves, on leads that neither learned from. What the loop trains comes here by itself.

    Example: `leadloop rollout start leads latest`
    """
    from leadloop.cli.console import say
    from leadloop.flows.loop.rollout import begin_rollout
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    done = begin_rollout(place, playbook, version, who=place.who(), why=why, share=share, force=force)
    say(f"{done.model_version} is on its way: {done.state}, {done.share:g} % of leads.")


@rollout.command("share")
def set_share(
    playbook: Playbook,
    percent: Annotated[float, typer.Argument(metavar="PERCENT", min=0.1, max=100, help="The share of leads.")],
    why: Why = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Let the version on its way score so many percent of the leads from now on.

    Example: `leadloop rollout share leads 25`
    """
    from leadloop.cli.console import say
    from leadloop.flows.loop.rollout import require_rollout
    from leadloop.flows.loop.rollout import set_share as set_share_flow
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    said = why or "asked for by hand"
    done = set_share_flow(place, require_rollout(place, playbook), percent, who=place.who(), why=said)
    say(f"{done.model_version} scores {done.share:g} % of leads.")


@rollout.command("approve")
def approve(playbook: Playbook, why: Why = "", workspace: WorkspaceOption = None) -> None:
    """Let the version on its way score leads for real, where `approval = "manual"` asks for a person's word.

    Example: `leadloop rollout approve leads --why "report read"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.loop.rollout import approve as approve_flow
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    say(f"{approve_flow(place, playbook, who=place.who(), why=why).model_version} is approved.")


@rollout.command("stop")
def stop(playbook: Playbook, why: Why = "", workspace: WorkspaceOption = None) -> None:
    """Give up bringing the version into service; what serves scores all leads.

    Example: `leadloop rollout stop leads --why "sales asked us to wait"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.loop.rollout import stop as stop_flow
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    say(f"{stop_flow(place, playbook, who=place.who(), why=why or 'asked for by hand').model_version} was stopped.")


@rollout.command("finish")
def finish(playbook: Playbook, why: Why = "", workspace: WorkspaceOption = None) -> None:
    """Put the version on its way in service for all leads now.

    Example: `leadloop rollout finish leads --why "nothing speaks against it"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.loop.rollout import finish as finish_flow
    from leadloop.flows.loop.rollout import require_rollout
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    found = require_rollout(place, playbook)
    finish_flow(place, found, who=place.who(), why=why or "asked for by hand")
    say(f"{found.model_version} is in service.")


@rollout.command("drill")
def drill(playbook: Playbook, workspace: WorkspaceOption = None) -> None:
    """Rehearse a rollback: go back to the version from before, see that it scores as it did, and return.

    Leads that come in meanwhile are scored by the version from before. All of it stands on the record.

    Example: `leadloop rollout drill leads`
    """
    from leadloop.cli.console import say
    from leadloop.flows.loop.rollout import rehearse_rollback
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    done = rehearse_rollback(place, playbook, who=place.who())
    say(f"Back to {done.back_to} in {done.seconds_back:.2f} s; {done.leads:,} leads scored the same to the last bit.")
    say(f"Forth again in {done.seconds_forth:.2f} s.")
