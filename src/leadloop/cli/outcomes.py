"""`leadloop outcomes`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import PlaybookArgument, TargetOption, WorkspaceOption


def outcomes(
    playbook: PlaybookArgument,
    data: Annotated[
        Path, typer.Argument(metavar="FILE", help="Outcomes: CSV, Parquet, JSON lines.", show_default=False)
    ],
    target: TargetOption = "",
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rows that could not be read go. Default: beside the file.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Tell how leads ended, from a file of your CRM.

    The file has the columns `lead_id` and `value` (won, lost, yes, no, 1, 0, a grade, or `not worked`), and where you have them
    `at`, `target`, `key` and `source`. Sent again it changes nothing; what contradicts an earlier row is a correction.

    Examples:

        leadloop outcomes leads deals.csv
        leadloop outcomes leads deals.jsonl --target upsell
    """
    from leadloop.cli.console import show_progress, tell
    from leadloop.flows.past.outcome_file import keep_outcome_file

    with show_progress("reading outcomes") as tick:
        done = keep_outcome_file(playbook, data, target=target, rejects_to=rejects, workspace=workspace, tick=tick)
    idle = f", {done.not_worked:,} leads that nobody worked" if done.not_worked else ""
    tell(f"{done.rows:,} rows: {done.new:,} new outcomes, {done.known:,} known before{idle}.")
    if done.rejected:
        tell(f"{done.rejected:,} rows were rejected; each with its line and reason in {done.rejects_file}.")
    tell(f"Next: leadloop quality {playbook}")
