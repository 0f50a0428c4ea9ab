"""`leadloop draft`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from leadloop.flows.draft import Drafted
    from leadloop.playbook import Target


def draft(
    data: Annotated[Path, typer.Argument(metavar="FILE", help="Leads as CSV, Parquet or JSON lines.")],
    target: Annotated[str, typer.Option("--target", "-t", help="The column that holds the outcome.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the playbook. Default: named after the file.")
    ] = None,
    positive: Annotated[
        list[str] | None, typer.Option("--positive", "-p", help="A value of the target that means won (repeatable).")
    ] = None,
    still_open: Annotated[
        list[str] | None,
        typer.Option("--open", help="A value of the target of leads that are still being worked (repeatable)."),
    ] = None,
    outcomes: Annotated[
        Path | None, typer.Option("--outcomes", help="A separate file with one row for each lead that was won.")
    ] = None,
    on: Annotated[str, typer.Option("--on", help="The column that both files have, with --outcomes.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a playbook that is there already.")] = False,
) -> None:
    """Look at a file of leads and write a playbook for it.

    The playbook is a folder with one file, `playbook.toml`, that says what each column is, which ones are not known yet
    when a lead is scored, and what counts as won. Whatever was inferred is marked as a guess, with the evidence.

    Examples:

        leadloop draft leads.csv --target Converted
        leadloop draft leads.csv --target Stage --positive "Closed Won" -o playbooks/sales
        leadloop draft leads.csv --outcomes deals.csv --on lead_id
    """
    from leadloop.cli.console import show_progress
    from leadloop.flows.draft import draft as draft_flow

    with show_progress(f"looking at {data}"):
        drafted = draft_flow(
            data,
            target,
            to=output,
            outcomes=outcomes,
            on=on,
            positive=positive or (),
            still_open=still_open or (),
            overwrite=overwrite,
        )
    _tell(drafted, data, outcomes)


def _tell(drafted: Drafted, data: Path, outcomes: Path | None) -> None:
    from leadloop.cli.console import add_row, make_table, out, say

    playbook = drafted.draft.playbook
    say(f"Looked at {drafted.rows:,} rows of {data}.")
    if drafted.rejected:
        say(f"{drafted.rejected:,} rows could not be read; training will list them with their line.")
    say()
    table = make_table("field", "type", "treatment")
    for field in playbook.schema.fields:
        add_row(table, field.name, field.type, _treatment(drafted, field.name))
    out.print(table)
    say()
    for note in drafted.draft.notes:
        say(f"Note: {note}")
    say(f"Wrote {drafted.folder}/playbook.toml. Every guess in it is marked; read it, mend it, then:")
    say(f"  leadloop check {drafted.folder}")
    more = f" --outcomes {outcomes}" if outcomes else ""
    say(f"  leadloop train {drafted.folder} --data {data}{more}")


def _readings(target: Target) -> str:
    """How every value of the outcome is read."""
    if target.filled or not target.positive:
        return "won is any value"
    parts = (("won", target.positive), ("lost", target.negative), ("still open", target.open))
    said = [f"{name} is {', '.join(f'“{value}”' for value in values)}" for name, values in parts if values]
    return "; ".join(said if target.negative else [*said, "lost is anything else"])


def _treatment(drafted: Drafted, name: str) -> str:
    playbook = drafted.draft.playbook
    field = playbook.schema[name]
    if name == playbook.target.column:
        return f"the outcome; {_readings(playbook.target)}"
    if name == playbook.lead_id:
        return "names the lead"
    if playbook.order and name == playbook.order.field:
        return f"orders the leads; the {playbook.order.newest} is the newest"
    if not playbook.schema.is_known(name, playbook.scores_at):
        evidence = [finding.evidence for finding in drafted.draft.findings if finding.field == name]
        told = evidence or [guess.partition(": ")[2] for guess in field.guess if guess.startswith("known_at")]
        return (
            f"left out, known only at {field.known_at}: {told[0]}" if told else f"left out, known at {field.known_at}"
        )
    if not field.use:
        told = [guess.partition(": ")[2] or guess for guess in field.guess if not guess.startswith(f"{field.type}:")]
        return f"not used: {told[0]}" if told else "not used"
    if name == playbook.group_by:
        return "keeps leads of one value on one side of the test; no feature is made of it"
    if field.type == "id":
        return "names only; no feature is made of it"
    if field.domain_of:
        return f"used; made of “{field.domain_of}”"
    missing = ", ".join(f"“{word}”" for word in field.missing)
    return f"used; {missing} means not given" if missing else "used"
