"""`leadloop identity`: which companies and people are the same, and what a person says of it."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import PlaybookArgument, WorkspaceOption

identity = typer.Typer(
    no_args_is_help=True,
    help="See which companies and people were found to be the same, decide where that is in doubt, and take it back.",
)
_MatchArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", help="The match's number, as `review` shows it.", show_default=False)
]


@identity.command("match")
def match(playbook: PlaybookArgument, workspace: WorkspaceOption = None) -> None:
    """Match the companies and people in all stored leads with one another, and with those of calls.

    Calls are matched as they come in; this is for leads that came by file or over HTTP. Run again, it looks at what is new.

    Example: `leadloop identity match b2b_calls`
    """
    from leadloop.cli.console import say, show_progress
    from leadloop.flows.calls.stored_leads import match_leads
    from leadloop.flows.place.workspace import open_workspace

    with show_progress("matching") as tick:
        done = match_leads(open_workspace(workspace), playbook, tick=tick)
    say(
        f"{done.records:,} records looked at, {done.joined:,} joined with others, {done.doubtful:,} for a person to say."
    )


@identity.command("review")
def review(
    playbook: PlaybookArgument,
    state: Annotated[
        str, typer.Option(help="Show others than those that wait: merged, rejected or undone.")
    ] = "doubtful",
    most: Annotated[int, typer.Option(min=1, max=10_000, help="Show so many at most.")] = 50,
    workspace: WorkspaceOption = None,
) -> None:
    """List pairs of companies or people that may be the same, each with what speaks for it.

    Say `leadloop identity accept NUMBER` or `reject NUMBER`. With `--state merged` it lists what was joined: `undo NUMBER` takes
    that back.

    Example: `leadloop identity review b2b_calls`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.calls.review import list_matches
    from leadloop.flows.place.workspace import open_workspace

    found = list_matches(open_workspace(workspace), playbook, state=state, most=most)
    if not found:
        say("There is none.")
        return
    table = make_table("match", "kind", "one", "other", "because", "sure", right=("match", "sure"))
    for one in found:
        add_row(
            table,
            str(one.match.id),
            one.match.kind,
            one.one,
            one.other,
            ", ".join(one.match.reasons),
            f"{one.match.score:.2f}",
        )
    out.print(table)


@identity.command("accept")
def accept(number: _MatchArgument, workspace: WorkspaceOption = None) -> None:
    """Say that two are the same: they are joined, and `undo` takes it back.

    Example: `leadloop identity accept 12`
    """
    from leadloop.cli.console import say
    from leadloop.flows.calls.review import accept_match
    from leadloop.flows.place.workspace import open_workspace

    done = accept_match(open_workspace(workspace), number)
    say(f"Joined: {len(done.moved)} records went over. Take it back: leadloop identity undo {number}")


@identity.command("reject")
def reject(number: _MatchArgument, workspace: WorkspaceOption = None) -> None:
    """Say that two are not the same: they stay apart, and nobody is asked again.

    Example: `leadloop identity reject 12`
    """
    from leadloop.cli.console import say
    from leadloop.flows.calls.review import reject_match
    from leadloop.flows.place.workspace import open_workspace

    reject_match(open_workspace(workspace), number)
    say("They stay apart.")


@identity.command("undo")
def undo(number: _MatchArgument, workspace: WorkspaceOption = None) -> None:
    """Take back that two were joined, by a rule or by a person; no rule joins them again.

    Example: `leadloop identity undo 12`
    """
    from leadloop.cli.console import say
    from leadloop.flows.calls.review import undo_match
    from leadloop.flows.place.workspace import open_workspace

    done = undo_match(open_workspace(workspace), number)
    say(f"Undone: {len(done.moved)} records went back to where they were.")


@identity.command("show")
def show(
    playbook: PlaybookArgument,
    lead_id: Annotated[str, typer.Argument(metavar="LEAD", help="The lead's identifier.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Show the company and the people of a lead, what was ever said of them, and the other leads that they are in.

    Example: `leadloop identity show b2b_calls fellow:ab12`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.calls.review import tell_of
    from leadloop.flows.place.workspace import open_workspace

    found = tell_of(open_workspace(workspace), playbook, lead_id)
    if not found:
        say("Nothing is known of a company or a person of this lead.")
        return
    table = make_table("kind", "said by", "since", "what", "also in")
    for one in found:
        for version in one.versions:
            said = ", ".join(f"{name}: {value}" for name, value in version.fields.items())
            now = version.version == one.record.version
            also = ", ".join(one.with_leads[:5]) + (
                f" and {len(one.with_leads) - 5} more" if len(one.with_leads) > 5 else ""
            )
            add_row(
                table, one.record.kind, one.record.source, f"{version.at:%Y-%m-%d %H:%M}", said, also if now else ""
            )
    out.print(table)
