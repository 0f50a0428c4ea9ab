"""`leadloop enrich`: more is found out about the companies of leads, best worth first."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption


def enrich(
    playbook: Annotated[
        str, typer.Argument(metavar="PLAYBOOK", help="The playbook whose leads to enrich.", show_default=False)
    ],
    most: Annotated[int, typer.Option(min=0, help="End after so many leads; 0: when none is left.")] = 0,
    budget: Annotated[
        float | None, typer.Option(min=0, help="What may be paid to providers that cost.", show_default=False)
    ] = None,
    fill: Annotated[
        bool, typer.Option("--fill/--no-fill", help="First bring into the queue whatever lead lacks something.")
    ] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Find out more about the companies of stored leads, from their websites and whoever else `enrich.toml` names.

    Those leads come first for whom knowing more is worth most. What is found goes into fields that are empty, as a new version
    of the lead, with a note of where it was read; nothing that you or a source said is written over. Websites are read as
    their robots.txt allows, a page a second. Stop it with Ctrl-C and start it again: it goes on where it was. Leads that
    changed are scored anew by a worker.

    Examples:

        leadloop enrich b2b_calls
        leadloop enrich b2b_calls --most 100 --budget 5
    """
    from leadloop.cli.console import say, show_progress
    from leadloop.flows.enrich.enrich import enrich as run
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.settings import read_settings
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.jobs import new_holder

    place = open_workspace(workspace)
    require_store(place, playbook)
    seconds = read_settings(place.root).job_lease_seconds
    with show_progress("enrich") as tick:
        done = run(
            *(place, playbook),
            holder=new_holder(),
            most=most,
            budget=budget,
            fill=fill,
            seconds=seconds,
            keep=lambda note, share: tick(f"{note} ({share:.0%})"),
        )
    say(f"{done.looked:,} leads were looked at: {done.changed:,} changed, {done.nothing:,} as before.")
    if done.filled:
        say(f"Filled in: {', '.join(f'{name} ({count:,})' for name, count in done.filled.items())}.")
    if done.put_off or done.failed:
        say(f"{done.put_off:,} are tried again later, {done.failed:,} were given up; `leadloop queue list` says why.")
    if done.cost:
        say(f"Paid: {done.cost:,.2f}.")
    for job in done.jobs:
        say(f"Job {job} scores the changed leads anew; a worker does it.")
    say(f"{done.waiting:,} leads wait.")
