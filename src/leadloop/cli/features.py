"""`leadloop features`"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import PlaybookArgument


def features(
    playbook: PlaybookArgument,
    data: Annotated[
        Path | None,
        typer.Option("--data", "-d", help="A file of leads; examples are those of its first one.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List every feature of a playbook before anything is trained: what it reads, when that is known, what it means.

    A word in capitals (`source = VALUE`) stands for what the training leads decide: which values are frequent, which words
    count. Examples are computed from one lead: the first of `--data`, else of `sample.csv` beside the playbook, else one
    of typical values.

    Examples:

        leadloop features leads
        leadloop features insurance --json
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.feature_list import list_features

    listed = list_features(playbook, data)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in listed.features], indent=1, ensure_ascii=False))
        return
    table = make_table("feature", "reads", "known at", "meaning", "example")
    for one in listed.features:
        decided = " (training leads decide)" if one.fitted else ""
        add_row(table, one.name, ", ".join(one.reads), one.known_at, one.meaning + decided, one.example)
    out.print(table)
    say()
    fixed = sum(not one.fitted for one in listed.features)
    whose = f"the first lead of {listed.sample}" if listed.sample else "a lead of typical values"
    say(
        f"{listed.playbook.name} makes {fixed} columns whatever the leads are, and more of the "
        f"{len(listed.features) - fixed} that training leads decide. Examples are those of {whose}."
    )
