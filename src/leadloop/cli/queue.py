"""`leadloop queue`: the leads of whose companies more is to be known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

queue = typer.Typer(no_args_is_help=True, help="See which leads wait to be enriched, bring in others, export it all.")
_Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="The playbook of the leads.", show_default=False)]
_SHOWN = 30


@queue.command("list")
def list_all(playbook: _Playbook, workspace: WorkspaceOption = None) -> None:
    """List the leads that come next, with what each is worth and why, and how the others fared.

    Example: `leadloop queue list b2b_calls`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.enrich.queue import playbook_of
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, playbook)
    queued = place.store.enrichment
    counts = queued.counts(playbook)
    if not counts:
        playbook_of(place, playbook)  # it may be misspelt
        say(f"No lead waits. Bring them in: leadloop queue add {playbook}")
        return
    say(", ".join(f"{count:,} {state}" for state, count in counts.items()))
    found = queued.best(playbook, most=_SHOWN)
    if not found:
        return
    right = ("worth", "probability", "interval")
    table = make_table("lead", *right, "missing", "", right=right)
    for one in found:
        why = one.why
        numbers = (f"{one.worth:.4f}", f"{why.get('probability', 0):.2f}", f"{why.get('width', 0):.2f}")
        note = f"attempt {one.attempts}, next at {one.run_after:%Y-%m-%d %H:%M}: {one.note}" if one.attempts else ""
        add_row(table, one.lead_id, *numbers, ", ".join(why.get("missing", ())), note)
    out.print(table)


@queue.command("add")
def add(
    playbook: _Playbook,
    leads: Annotated[
        list[str] | None, typer.Option("--lead", help="Only this lead. May be repeated.", show_default=False)
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also leads that were given up.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Bring into the queue whatever lead lacks something that a provider may know, and reckon anew what each is worth.

    Examples:

        leadloop queue add b2b_calls
        leadloop queue add b2b_calls --lead L-17 --again
    """
    from leadloop.cli.console import say
    from leadloop.flows.enrich.providers import read_providers
    from leadloop.flows.enrich.queue import fill_queue, playbook_of
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, playbook)
    done = fill_queue(place, playbook_of(place, playbook), read_providers(place), lead_ids=leads, again=again)
    say(f"{done.looked:,} leads were looked at, {done.came:,} came into the queue, {done.waiting:,} wait.")


@queue.command("export")
def export(
    playbook: _Playbook,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="Where to: .csv, .jsonl or .parquet.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Write the whole queue as a table: each lead with its state, worth, what was filled in and what failed.

    Example: `leadloop queue export b2b_calls enrichment-progress.csv`
    """
    from leadloop.cli.console import say
    from leadloop.flows.enrich.queue import export_queue, playbook_of
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    rows = export_queue(place, playbook_of(place, playbook), to)
    say(f"{rows:,} leads are in {to}.")


@queue.command("show")
def show(
    playbook: _Playbook,
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Show what was found out about the company of a lead, by whom, where and when.

    Example: `leadloop queue show b2b_calls L-17`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, playbook)
    found = place.store.enrichment.facts(playbook, [lead]).get(lead, [])
    if not found:
        if place.store.leads.get(playbook, lead) is None:
            raise LeadLoopError(
                playbook, Problem("lead", f"“{lead[:60]}” is not known", "name one that the store holds")
            )
        say("Nothing was found out about it yet.")
        return
    table = make_table("fact", "value", "filled in", "provider", "read at", "good until")
    for one in found:
        until = f"{one.good_until:%Y-%m-%d}"
        for name, said in one.facts.items():
            value = " ".join(said["value"].split())
            short = value if len(value) <= 60 else f"{value[:59]}…"
            add_row(table, name, short, said.get("field", "") or "-", one.provider, said["source"][:80], until)
        if not one.facts:
            add_row(table, "-", one.note or "nothing", "-", one.provider, f"{one.found_at:%Y-%m-%d}", until)
    out.print(table)
