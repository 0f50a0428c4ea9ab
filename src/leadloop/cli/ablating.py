"""`leadloop ablate`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.cli.options import EventsOption, OutcomesOption, PlaybookArgument, TargetOption

if TYPE_CHECKING:
    from leadloop.flows.training.ablate import Ablated
    from leadloop.learning.evaluation import Estimate


def ablate(
    playbook: PlaybookArgument,
    data: Annotated[
        Path, typer.Argument(metavar="LEADS", help="Past leads with their outcomes: CSV, Parquet, JSON lines.")
    ],
    fields: Annotated[bool, typer.Option("--fields", help="Leave out each field instead of each family.")] = False,
    outcomes: OutcomesOption = None,
    events: EventsOption = None,
    target: TargetOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write everything to this file, as JSON.")
    ] = None,
) -> None:
    """Leave out each family of features in turn, and see what is lost.

    Two quick learners are asked about held-out leads of the training part, with everything and without each family, on the
    same leads. The test leads are not looked at, and nothing is saved. Families are times, the words of texts, contact,
    numbers, each category, what the playbook's functions and rules make, and fields that tell the time.

    Examples:

        leadloop ablate leads leads.csv
        leadloop ablate leads leads.csv --fields
        leadloop ablate leads leads.csv --json -o ablation.json
    """
    from leadloop.cli.console import show_progress
    from leadloop.flows.training.ablate import ablate as ablate_flow

    with show_progress("leaving out") as tick:
        done = ablate_flow(playbook, data, outcomes=outcomes, events=events, target=target, by_field=fields, tick=tick)
    text = json.dumps(done.as_json(), indent=1, ensure_ascii=False)
    if output:
        output.write_text(text + "\n", encoding="utf-8")
    if as_json:
        typer.echo(text)
    else:
        _tell(done)


def _tell(done: Ablated) -> None:
    from leadloop.cli.console import add_row, make_table, out, say

    found = done.ablation
    if done.synthetic:
        say("Synthetic data: these figures say nothing about real leads.")
    say(
        f"With all {found.columns:,} columns, {found.held_out:,} held-out leads of the training part get AUC {found.auc:.3f} and "
        f"log-loss {found.log_loss:.4f}. Without each of these:"
    )
    say()
    table = make_table(
        "field" if found.by_field else "family",
        "columns",
        "AUC",
        "95% interval",
        "log-loss",
        "95% interval",
        "CPU s saved",
        "ms per 1,000 leads",
        "verdict",
        right=("columns", "AUC", "log-loss", "CPU s saved", "ms per 1,000 leads"),
    )
    for line in found.lines:
        add_row(
            table,
            line.name,
            line.columns,
            f"{line.auc.value:+.4f}",
            _span(line.auc),
            f"{line.log_loss.value:+.4f}",
            _span(line.log_loss),
            f"{max(line.learning_cpu, 0.0):.1f}",
            f"{line.features_ms:.1f}",
            line.verdict,
        )
    out.print(table)
    say()
    say(
        "A higher log-loss or a lower AUC means that the leads miss it. An interval misses by chance once in twenty; the "
        f"verdicts pay for all {len(found.lines)} looks."
    )
    if found.calendar_left_out:
        say(
            f"Training leaves out what tells the time ({', '.join(found.calendar_left_out)}); its line says what it would "
            "do."
        )
    say("What two families know alike is missed only when both go: leave out one, then ask again.")


def _span(change: Estimate) -> str:
    return f"{change.low:+.4f} to {change.high:+.4f}"
