"""`leadloop discover`"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.cli.options import EventsOption, OutcomesOption, PlaybookArgument, TargetOption

if TYPE_CHECKING:
    from leadloop.flows.training.discover import Discovered


def discover(
    playbook: PlaybookArgument,
    data: Annotated[
        Path, typer.Argument(metavar="LEADS", help="Past leads with their outcomes: CSV, Parquet, JSON lines.")
    ],
    write: Annotated[
        bool, typer.Option("--write", help="Add what was found to the playbook, as [[derived]] with its evidence.")
    ] = False,
    outcomes: OutcomesOption = None,
    events: EventsOption = None,
    target: TargetOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Seek features that two fields make together: ratios, differences, pairs of values, days between times.

    Only the training part is looked at, and only fields that are known when leads are scored. Nothing is proposed that chance
    explains, that one of its fields knows alone, that looks like a leak, or from which learners gain nothing. It often
    finds nothing; that is an answer, too.

    Examples:

        leadloop discover leads leads.csv
        leadloop discover leads leads.csv --write
    """
    from leadloop.cli.console import show_progress
    from leadloop.flows.training.discover import discover as discover_flow

    with show_progress("discovering") as tick:
        done = discover_flow(playbook, data, outcomes=outcomes, events=events, target=target, write=write, tick=tick)
    if as_json:
        found = asdict(done.discovery) | {"written": str(done.written) if done.written else None}
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        _tell(done, playbook, data)


def _tell(done: Discovered, playbook: str, data: Path) -> None:
    from leadloop.cli.console import add_row, make_table, out, say

    found = done.discovery
    if done.playbook.synthetic:
        say("Synthetic data: these figures say nothing about real leads.")
    say(
        f"Tried {found.tried:,} candidates on {found.leads:,} leads of the training part; to pass, one had to lie "
        f"{found.bar:.1f} standard errors above chance."
    )
    if found.refused:
        say()
        say("Passed the first test and failed a later one:")
        for derived, why in found.refused:
            say(f"  {derived.label}: {why}")
    say()
    if not found.proposals:
        say("Nothing is proposed: no two fields together told more than they do alone.")
        return
    table = make_table(
        "feature", "kind", "log-loss", "95% interval", "AUC", "better in", "above chance", right=("log-loss", "AUC")
    )
    for one in found.proposals:
        add_row(
            table,
            one.derived.label,
            one.derived.kind,
            f"{-one.gain:+.4f}",
            f"{-one.high:+.4f} to {-one.low:+.4f}",
            f"{one.auc_gain:+.4f}",
            f"{one.folds_better} of {one.folds} folds",
            f"{one.z:.1f} (shuffled: {one.noise:.1f})",
        )
    out.print(table)
    say()
    for one in found.proposals:
        if one.warning:
            say(f"Look at “{one.derived.label}”: {one.warning}.")
    say(
        f"Held-out leads of the training part, with all of them: log-loss {found.log_loss:.4f} to {found.log_loss_with:.4f}, AUC "
        f"{found.auc:.3f} to {found.auc_with:.3f}, by two quick learners. The test leads were not looked at."
    )
    if done.written:
        say(f"Added to {done.written} with the evidence. Read it, then: leadloop train {playbook} --data {data}")
    else:
        say(f"To add them to the playbook: leadloop discover {playbook} {data} --write")
