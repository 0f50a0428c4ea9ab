"""`leadloop playbooks`: those that installed packages bring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

playbooks = typer.Typer(
    invoke_without_command=True, help="List the playbooks that installed packages bring; copy one to edit."
)


@playbooks.callback()
def _list_alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_playbooks()


@playbooks.command("list")
def list_playbooks() -> None:
    """List packaged playbooks: the name that commands take, what each predicts, and where it lies.

    Example: `leadloop playbooks list`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.errors import LeadLoopError
    from leadloop.flows.place.packaged import list_packaged
    from leadloop.flows.place.playbook_folder import read_playbook

    listed = list_packaged()
    if not listed:
        say("No installed package brings a playbook. Make one: leadloop draft leads.csv --target COLUMN")
        return
    table = make_table("name", "predicts", "about", "folder")
    for one in listed:
        if one.folder is None:
            add_row(table, one.name, "", f"broken: {one.module} holds no playbook.toml", "")
            continue
        try:
            playbook = read_playbook(one.folder).playbook
        except LeadLoopError as error:
            add_row(table, one.name, "", f"broken: {error.problems[0]}", one.folder)
        else:
            add_row(
                table, one.name, ", ".join(target.name for target in playbook.targets), playbook.description, one.folder
            )
    out.print(table)
    say()
    say("Use one by its name: leadloop train NAME --data leads.csv")


@playbooks.command("copy")
def copy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A packaged playbook's name.", show_default=False)],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder to copy it to.", show_default=False)],
) -> None:
    """Copy a packaged playbook into a folder of your own, to edit it there.

    Example: `leadloop playbooks copy insurance my_insurance`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.packaged import copy_playbook

    place = copy_playbook(name, folder)
    say(f"Copied {name} to {place}. Edit it, then:")
    say(f"  leadloop check {place}")
