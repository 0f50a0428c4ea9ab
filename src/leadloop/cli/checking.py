"""`leadloop check`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import PlaybookArgument


def check(
    playbook: PlaybookArgument,
    data: Annotated[
        Path | None, typer.Option("--data", "-d", help="A file of leads: see that it has every column declared.")
    ] = None,
) -> None:
    """Say everything that is wrong with a playbook, and what in it is still a guess.

    Every mistake comes at once, with its place, what is wrong, and how to mend it. Exits with 2 where there is one.

    Examples:

        leadloop check leads
        leadloop check leads --data leads.csv
    """
    from leadloop.cli.console import say
    from leadloop.flows.check import check as check_flow

    found = check_flow(playbook, data).playbook
    used = [field for field in found.scoring_schema.fields if field.use and field.type != "id"]
    guesses = found.guesses
    say(f"{found.name} is sound: {len(found.schema.fields)} fields, {len(used)} of them usable for scoring.")
    if guesses:
        wait = "1 guess waits" if len(guesses) == 1 else f"{len(guesses)} guesses wait"
        say(f"{wait} for your word (delete a `guess` line to confirm it):")
        for where, guess in guesses:
            say(f"  {where}: {guess}")
