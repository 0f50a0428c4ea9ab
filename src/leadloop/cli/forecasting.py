"""`leadloop forecast`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import PlaybookArgument, WorkspaceOption


def forecast(
    playbook: PlaybookArgument,
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=52, help="How many weeks.")] = 8,
    value: Annotated[
        float | None, typer.Option("--value", min=0.0, help="What a won lead brings, where scores do not say so.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the weeks to a file.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Forecast how many leads will be won in each coming week, and what they bring, with 80 % limits.

    Leads count with the probability of their first score and with how long they have waited; those yet to come count as those of
    the last weeks. Past weeks are forecast too, as they would have been then, to show how good this is.

    Example: `leadloop forecast leads --weeks 12`
    """
    from leadloop.cli.console import add_row, make_table, out, say, show_progress
    from leadloop.flows.recommend.forecast import as_table, forecast_pipeline

    with show_progress("forecasting"):
        found = forecast_pipeline(playbook, weeks=weeks, value=value, workspace=workspace)
    columns = ["week from", "won", "80 %", "of open leads"] + (["value", "80 % of value"] if found.has_value else [])
    table = make_table(*columns, right=("won", "value", "of open leads"))
    for start, one in zip(found.starts(), found.weeks, strict=True):
        cells = [f"{start:%Y-%m-%d}", f"{one.won:.1f}", f"{one.low:.1f} to {one.high:.1f}", f"{one.from_pipeline:.1f}"]
        if found.has_value:
            cells += [f"{one.value:,.0f}", f"{one.value_low:,.0f} to {one.value_high:,.0f}"]
        add_row(table, *cells)
    out.print(table)
    say(f"{found.open_leads:,} leads are open.")
    tested = found.backtest
    if tested.weeks:
        say(
            f"Forecast as it was then, {tested.weeks} weeks of the past: {tested.covered:.0%} lay within their limits (asked: "
            f"80 %), off by {tested.error:.0%} of what came (the mean of the last weeks: {tested.naive_error:.0%})."
        )
    else:
        say("Too little is known of the past to say how good this is.")
    if output is not None:
        from leadloop.ingest.writers import open_writer

        with open_writer(output) as writer:
            writer.write(as_table(found))
