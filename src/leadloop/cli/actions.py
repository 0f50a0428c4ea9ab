"""`leadloop actions`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import PlaybookArgument, WorkspaceOption


def actions(
    playbook: PlaybookArgument,
    data: Annotated[
        Path, typer.Argument(metavar="FILE", help="Actions: CSV, Parquet, JSON lines.", show_default=False)
    ],
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rows that could not be read go. Default: beside the file.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Tell what was done about leads (calls, mails, meetings, quotes), from a file of your CRM.

    The file has the columns `lead_id`, `action` and `at`, and where you have them `actor`, `result`, `propensity` (for what was
    drawn by lot), `key` and `source`. Sent again it changes nothing.

    Example: `leadloop actions leads activities.csv`
    """
    from leadloop.cli.console import show_progress, tell
    from leadloop.flows.recommend.action_file import keep_action_file

    with show_progress("reading actions") as tick:
        done = keep_action_file(playbook, data, rejects_to=rejects, workspace=workspace, tick=tick)
    lots = f"; {done.randomised:,} were drawn by lot" if done.randomised else ""
    tell(f"{done.rows:,} rows: {done.new:,} new actions, {done.known:,} known before{lots}.")
    if done.rejected:
        tell(f"{done.rejected:,} rows were rejected; each with its line and reason in {done.rejects_file}.")
    tell(f"Next: leadloop recommend train {playbook}")
