"""Options that several commands share, so that each is said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        help="Folder that holds the saved versions. Default: $LEADLOOP_WORKSPACE, else the nearest folder with a "
        "`leadloop.toml`, else the current one.",
        rich_help_panel="Where things are",
    ),
]
PlaybookArgument = Annotated[
    str,
    typer.Argument(
        metavar="PLAYBOOK",
        help="A playbook's folder, such as `leads`, or the name of a packaged one.",
        show_default=False,
    ),
]
OutcomesOption = Annotated[
    Path | None, typer.Option("--outcomes", help="The separate file of outcomes, where the playbook names one.")
]
EventsOption = Annotated[
    Path | None,
    typer.Option("--events", help="The file of what happened to the leads, where the playbook makes fields of it."),
]
TargetOption = Annotated[
    str,
    typer.Option("--target", metavar="NAME", help="One of several targets. Default: the main one.", show_default=False),
]
