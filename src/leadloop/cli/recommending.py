"""`leadloop recommend ...`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.cli.options import WorkspaceOption

if TYPE_CHECKING:
    from leadloop.store import Recommendation

recommend = typer.Typer(
    name="recommend",
    help="What to do next about each lead: learn it from the action log, and ask for it.",
    no_args_is_help=True,
)
Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name or folder.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Write everything as JSON, for programs.")]


@recommend.command()
def train(
    playbook: Playbook,
    seed: Annotated[int, typer.Option("--seed", help="What every draw of chance starts from.")] = 0,
    serve: Annotated[
        bool | None,
        typer.Option(
            "--serve/--no-serve", help="Let it serve, or not. Default: unless it is surely worse than before."
        ),
    ] = None,
    tensorflow: Annotated[
        Path | None,
        typer.Option("--tensorflow", metavar="FOLDER", help="Write the network for TensorFlow Serving too."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Learn from what was done about leads and what came of it.

    Example: `leadloop recommend train leads`
    """
    from leadloop.cli.console import say, show_progress, tell
    from leadloop.flows.recommend.train import train_recommender

    with show_progress("learning actions") as tick:
        done = train_recommender(
            playbook, seed=seed, serve=serve, tensorflow=tensorflow, workspace=workspace, tick=tick
        )
    say(done.report)
    tell(
        f"Saved as {done.saved.release} ({done.saved.id}); it {'serves' if done.serves else 'does not serve'}: {done.because}."
    )
    tell(f"Next: leadloop recommend lead {done.saved.facts['playbook']} LEAD")


@recommend.command()
def report(
    playbook: Playbook,
    version: Annotated[str, typer.Option("--version", help="An id or a release. Default: the one that serves.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Show the report of a training.

    Example: `leadloop recommend report leads`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.recommend.saved import report_of

    say(report_of(open_workspace(workspace), playbook_name(playbook), version))


@recommend.command()
def versions(playbook: Playbook, workspace: WorkspaceOption = None) -> None:
    """List the recommenders of a playbook, the newest first.

    Example: `leadloop recommend versions leads`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.recommend.saved import facts_of, served_id
    from leadloop.flows.recommend.saved import versions as all_versions

    place, name = open_workspace(workspace), playbook_name(playbook)
    found = all_versions(place, name)
    if not found:
        say(f"There is none yet. Train one: leadloop recommend train {name}")
        return
    serving = served_id(place, name)
    table = make_table("version", "release", "made", "next by", "success by", "")
    for one in reversed(found):
        facts = facts_of(place, name, one)
        winners = facts.get("winners", {})
        cells = (
            one,
            facts.get("release", ""),
            facts.get("created_at", ""),
            winners.get("next"),
            winners.get("success"),
        )
        add_row(table, *cells, "serves" if one == serving else "")
    out.print(table)


@recommend.command()
def serve(
    playbook: Playbook,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="An id or a release.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Let another version serve, as to go back to the one before.

    Example: `leadloop recommend serve leads leads-recommender-v1.0.0`
    """
    from datetime import UTC, datetime

    from leadloop.cli.console import tell
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.recommend.saved import serve as let_serve

    found = let_serve(open_workspace(workspace), playbook_name(playbook), version, now=datetime.now(UTC))
    tell(f"{found.release} ({found.id}) serves.")


@recommend.command()
def lead(
    playbook: Playbook,
    lead_ids: Annotated[list[str], typer.Argument(metavar="LEAD...", help="Identifiers of leads.", show_default=False)],
    most: Annotated[int | None, typer.Option("--most", min=1, help="How many actions for each lead.")] = None,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0.0, max=1.0, help="Leave out what is less sure than this.")
    ] = 0.0,
    keep: Annotated[bool, typer.Option("--keep/--no-keep", help="Keep them in the store.")] = True,
    as_json: AsJson = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Say what to do next about some leads, and why.

    Example: `leadloop recommend lead leads A-1 A-2`
    """
    from leadloop.cli.console import say, tell
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.recommend.recommend import recommend as recommend_leads

    place, name = open_workspace(workspace), playbook_name(playbook)
    done = recommend_leads(place, name, lead_ids, most=most, min_confidence=min_confidence, keep=keep)
    if as_json:
        _print_json([_plain(one) for one in done.recommendations])
        return
    _show([*done.recommendations])
    for one in done.recommendations:
        if one.rank == 1:
            say(f"{one.lead_id}: {one.kind}. {_why(one)}")
    for lead_id, why in done.nothing.items():
        tell(f"{lead_id}: nothing is recommended ({why}).")


@recommend.command("list")
def list_all(
    playbook: Playbook,
    status: Annotated[str, typer.Option("--status", help="open, accepted, done, dismissed or replaced.")] = "open",
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="How many at most.")] = 50,
    as_json: AsJson = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List what is recommended, the most promising first.

    Example: `leadloop recommend list leads --most 20`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace

    place, name = open_workspace(workspace), playbook_name(playbook)
    count, found = place.store.recommendations.list(name, status=status, limit=most)
    if as_json:
        _print_json([_plain(one) for _, one in found])
        return
    _show([one for _, one in found])
    say(f"{len(found):,} of {count:,}.")


def _show(found: list[Recommendation]) -> None:
    from leadloop.cli.console import add_row, make_table, out

    table = make_table(
        "number", "lead", "", "action", "success", "95 %", "priority", "within", "who", right=("success",)
    )
    for one in found:
        span = f"{one.success_low:.1%} to {one.success_high:.1%}"
        within = f"{one.respond_within_minutes} min"
        add_row(
            table,
            one.id or "",
            one.lead_id,
            one.rank,
            one.kind,
            f"{one.success:.1%}",
            span,
            one.priority,
            within,
            one.actor,
        )
    out.print(table)


def _why(one: Recommendation) -> str:
    events = "; ".join(event["sentence"] for event in one.why.get("events", ()))
    said = f"{events[0].upper()}{events[1:]}. " if events else ""
    return f"{said}Evidence: {one.why.get('evidence', '')}."


def _plain(one: Recommendation) -> dict[str, object]:
    from dataclasses import asdict

    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in asdict(one).items()}


def _print_json(body: object) -> None:
    import json

    typer.echo(json.dumps(body, ensure_ascii=False, allow_nan=False))
