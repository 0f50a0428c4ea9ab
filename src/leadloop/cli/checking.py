"""`leadloop check`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import PlaybookArgument


def check(
    playbook: PlaybookArgument,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", "-d", help="A file of leads: see that it has every column declared, and what in it is doubtful."
        ),
    ] = None,
    battery: Annotated[
        bool,
        typer.Option(
            "--battery", help="Hold the playbook to everything that playbooks promise, by training on --data."
        ),
    ] = False,
    outcomes: Annotated[
        Path | None,
        typer.Option("--outcomes", help="With --battery: the separate file of outcomes, where there is one."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", help="With --battery: the file of what happened to the leads, where there is one."),
    ] = None,
) -> None:
    """Say everything that is wrong with a playbook, and what in it is still a guess.

    Every mistake comes at once, with its place, what is wrong, and how to mend it. Exits with 2 where there is one.

    With `--battery` the playbook is really trained on the file, twice and quickly, and nothing is kept: does it read back as
    it was, is no feature later than the score, no label made of features, is a lead alone scored as in a batch, and so on.

    Examples:

        leadloop check leads
        leadloop check leads --data leads.csv
        leadloop check leads --data leads.csv --battery
    """
    from leadloop.cli.console import say
    from leadloop.features.feature_set import usable_fields
    from leadloop.flows.past.check import check as check_flow
    from leadloop.flows.past.file_check import doubt_file

    if battery:
        _try_all(playbook, data, outcomes, events)
        return
    folder = check_flow(playbook, data)
    found = folder.playbook
    used = usable_fields(found)
    if data is not None:
        for where, doubt in doubt_file(folder, data):
            say(f"Note: {where}: {doubt}.")
    guesses = found.guesses
    say(f"{found.name} is sound: {len(found.schema.fields)} fields, {len(used)} of them usable for scoring.")
    if guesses:
        wait = "1 guess waits" if len(guesses) == 1 else f"{len(guesses)} guesses wait"
        say(f"{wait} for your word (delete a `guess` line to confirm it):")
        for where, guess in guesses:
            say(f"  {where}: {guess}")


def _try_all(playbook: str, data: Path | None, outcomes: Path | None, events: Path | None) -> None:
    from leadloop.cli.console import add_row, make_table, out, show_progress
    from leadloop.errors import PlaybookError, Problem
    from leadloop.testing import PROMISES, try_playbook

    if data is None:
        raise PlaybookError(playbook, Problem("--battery", "needs leads to train on", "name a file with --data"))
    with show_progress(f"checking {playbook}") as tick:
        tried = try_playbook(playbook, data, outcomes=outcomes, events=events, tick=tick)
    table = make_table("promise", "")
    for kept in tried:
        said = "kept" if kept.holds else f"not tried: {kept.untried}" if kept.untried else "broken"
        add_row(table, PROMISES[kept.promise], said)
    out.print(table)
    problems = [problem for kept in tried for problem in kept.problems]
    if problems:
        raise PlaybookError(playbook, list(dict.fromkeys(problems)))
