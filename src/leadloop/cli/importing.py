"""`leadloop import`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import EventsOption, OutcomesOption, PlaybookArgument, WorkspaceOption


def import_leads(
    playbook: PlaybookArgument,
    data: Annotated[
        Path, typer.Argument(metavar="FILE", help="Past leads: CSV, Parquet, JSON lines.", show_default=False)
    ],
    outcomes: OutcomesOption = None,
    events: EventsOption = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rows that could not be read go. Default: beside the file.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Put past leads and how they ended into the store, where `leadloop train` without --data finds them.

    The file may be of any size. Stopped and started again, it goes on: what is known already is not stored twice, and what has
    changed since is added.

    Examples:

        leadloop import leads past.csv
        leadloop import leads past.csv --outcomes deals.csv
    """
    from leadloop.cli.console import show_progress, tell
    from leadloop.flows.upkeep.keeping import keep_leads

    with show_progress("importing") as tick:
        done = keep_leads(
            playbook, data, outcomes=outcomes, events=events, rejects_to=rejects, workspace=workspace, tick=tick
        )
    tell(
        f"{done.rows:,} rows: {done.new:,} new leads, {done.changed:,} changed, {done.unchanged:,} known as they are; "
        f"{done.outcomes:,} new outcomes, {done.events:,} new events."
    )
    if done.rejected:
        rows = "1 row was" if done.rejected == 1 else f"{done.rejected:,} rows were"
        tell(f"{rows} rejected; each with its line and reason in {done.rejects_file}.")
    tell(f"Next: leadloop train {playbook}")
