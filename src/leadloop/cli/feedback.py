"""`leadloop feedback`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from leadloop.cli.options import WorkspaceOption

feedback = typer.Typer(help="What people did with leads.", no_args_is_help=True)


@feedback.callback()
def _feedback() -> None:
    pass


@feedback.command("analytics")
def analytics(
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name.", show_default=False)],
    start: Annotated[str, typer.Option("--from", metavar="DAY", help="From this day on, as 2026-03-01; UTC.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="DAY", help="Before this day. Default: until now.")] = "",
    version: Annotated[
        str, typer.Option("--version", metavar="ID", help="Only of leads that this version had scored.")
    ] = "",
    users: Annotated[int, typer.Option("--users", min=0, max=1000, help="How many of the busiest users to list.")] = 10,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write all tables to a file, a row a figure.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write everything as JSON, for programs.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Tell what people did with leads, how sure that is, when and from where, and why they overrode scores.

    Hours and days are in UTC; without days it is the last 30. Users are told apart by keyed hashes: nobody is named.

    Examples:

        leadloop feedback analytics leads
        leadloop feedback analytics leads --from 2026-01-01 --to 2026-04-01 --csv quarter.csv
        leadloop feedback analytics leads --json
    """
    import polars as pl

    from leadloop.cli.console import say, tell
    from leadloop.flows.upkeep.feedback_analytics import ask_feedback, rows_of
    from leadloop.ingest.writers import open_writer

    found = ask_feedback(playbook, start=start, end=end, version=version, users=users, workspace=workspace)
    if csv is not None:
        kinds = {
            "by": pl.String,
            "key": pl.String,
            "count": pl.Int64,
            "share": pl.Float64,
            "average_confidence": pl.Float64,
        }
        with open_writer(csv, format="csv") as writer:
            writer.write(pl.DataFrame(list(rows_of(found)), schema=kinds))
        tell(f"{found['total']:,} pieces of feedback are summed up in {csv}.")
        return
    if as_json:
        import json

        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    span = f"from {found['from'][:16].replace('T', ' ')} to before {found['to'][:16].replace('T', ' ')} UTC"
    people = f"by {found['users']:,} users in {found['sessions']:,} sessions"
    say(f"{playbook}: {found['total']:,} pieces of feedback on {found['leads']:,} leads {people}, {span}.")
    if not found["total"] and not found["overrides"]["total"]:
        return
    said = [
        ("confidence on average", found["average_confidence"], "{:.2f}"),
        ("rating on average", found["average_rating"], "{:.1f}"),
        ("reached", found["contact_success_rate"], "{:.0%}"),
        ("seconds on average", found["average_seconds"], "{:.0f}"),
        ("brought", found["conversion_value"] or None, "{:,.2f}"),
    ]
    say("; ".join(f"{name} {form.format(value)}" for name, value, form in said if value is not None) + ".")
    for name, title in (
        ("actions", "action"),
        ("confidence", "how sure"),
        ("sources", "source"),
        ("versions", "scored by"),
    ):
        _show(title, found[name])
    busy = {name: told for name, told in found["hours"].items() if told["count"]}
    _show("hour (UTC)", busy)
    _show("weekday", found["weekdays"])
    if found["overrides"]["total"]:
        whole = found["overrides"]["total"]
        reasons = {
            one["reason"] or "no reason": {**one, "share": one["count"] / whole, "average_confidence": None}
            for one in found["overrides"]["reasons"]
        }
        _show("overridden because", reasons)


def _show(title: str, parts: dict[str, dict[str, Any]]) -> None:
    from leadloop.cli.console import add_row, make_table, out

    table = make_table(title, "count", "share", "confidence", right=("count", "share", "confidence"))
    for name, told in parts.items():
        share = "" if told["share"] is None else f"{told['share']:.1%}"
        sure = "" if told["average_confidence"] is None else f"{told['average_confidence']:.2f}"
        add_row(table, name, f"{told['count']:,}", share, sure)
    out.print(table)
