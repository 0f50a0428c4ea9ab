"""`leadloop replay`"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.cli.options import PlaybookArgument, WorkspaceOption

if TYPE_CHECKING:
    from leadloop.flows.experiments.replay import Replay


def replay(
    playbook: PlaybookArgument,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="The version that scores again: an id or a release.")
    ],
    days: Annotated[float, typer.Option(help="How many days of the log, up to --until.", min=0.0)] = 1.0,
    until: Annotated[datetime | None, typer.Option(help="Up to when (UTC). Default: now.", show_default=False)] = None,
    most: Annotated[int, typer.Option(help="No more scores than these, the newest first.", min=1)] = 50_000,
    workspace: WorkspaceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Score yesterday's leads again with another version, and see what would have been different.

    Nothing is stored. Leads are read as the score log noted them; of those whose outcome is known by now it also says which of
    the two put the winners higher.

    Examples:

        leadloop replay leads v20261121_183822_e2c487a9
        leadloop replay leads 1.2.0 --days 30
    """
    from leadloop.cli.console import show_progress
    from leadloop.flows.experiments.replay import as_answer
    from leadloop.flows.experiments.replay import replay as replay_flow
    from leadloop.flows.place.workspace import open_workspace

    end = datetime.now(UTC) if until is None else until.replace(tzinfo=until.tzinfo or UTC)
    with show_progress("replaying") as tick:
        done = replay_flow(
            open_workspace(workspace),
            playbook,
            version,
            since=end - timedelta(days=days),
            until=end,
            most=most,
            tick=tick,
        )
    if as_json:
        typer.echo(json.dumps(as_answer(done), indent=1, ensure_ascii=False))
    else:
        _tell(done)


def _tell(done: Replay) -> None:
    from leadloop.cli.console import add_row, make_table, out, say

    by = ", ".join(f"{version} ({count:,})" for version, count in done.logged_by.items())
    say(f"{done.scores:,} scores from {done.since:%Y-%m-%d %H:%M} to {done.until:%Y-%m-%d %H:%M}, given by {by}.")
    if done.unread:
        say(f"{done.unread:,} leads cannot be read by {done.version}; they are left out.")
    if done.not_asked:
        say(f"{done.not_asked:,} older scores of that time were left out; raise --most to see them.")
    say(
        f"{done.version} would have given {done.mean_replayed:.1f} on average instead of {done.mean_logged:.1f}; a score "
        f"changes by {done.mean_change:.1f}, and the order of the leads agrees by {done.rank_correlation:.2f} (1 is the same)."
    )
    say(f"{done.rerouted:,} of {done.scores:,} leads would have gone elsewhere.")
    table = make_table("went to", "would have gone to", "leads", right=("leads",))
    for (before, after), count in done.routes.items():
        add_row(table, before, after if after != before else "the same", f"{count:,}")
    out.print(table)
    if done.most_changed:
        table = make_table("lead", "score", "would be", "route", right=("score", "would be"))
        for one in done.most_changed:
            route = one.route_logged + (f" -> {one.route_replayed}" if one.route_replayed != one.route_logged else "")
            add_row(table, one.lead_id or "(no name)", f"{one.score_logged:.1f}", f"{one.score_replayed:.1f}", route)
        out.print(table)
    if done.ranked is None:
        say("Too few outcomes are known by now to say which puts the winners higher.")
        return
    ranked = done.ranked
    sure = (
        f"{done.version} puts the winners higher"
        if ranked.difference_low > 0
        else f"{done.version} puts the winners lower"
        if ranked.difference_high < 0
        else "nothing shows that either puts the winners higher"
    )
    say(
        f"Of {ranked.leads:,} leads whose outcome is known ({ranked.won:,} won), {sure}: AUC {ranked.auc_replayed:.3f} "
        f"instead of {ranked.auc_logged:.3f}, a difference between {ranked.difference_low:+.3f} and "
        f"{ranked.difference_high:+.3f} (95%). These leads were worked as the log's scores said, which favours the log."
    )
