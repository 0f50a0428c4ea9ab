"""`leadloop simulate`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def simulate(
    world: Annotated[
        Literal["b2b_calls", "marketplace", "insurance"],
        typer.Argument(
            metavar="WORLD",
            help="b2b_calls (discovery calls with notes), marketplace (postings and feedback) or insurance (six lines).",
            show_default=False,
        ),
    ],
    leads: Annotated[int, typer.Option("--leads", "-n", min=1, help="How many leads come.")] = 12_000,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the files. Default: synthetic-WORLD.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed makes other leads of the same world.")] = 7,
    start: Annotated[str, typer.Option("--start", metavar="DAY", help="The day from which leads come.")] = "2025-01-06",
    days: Annotated[float, typer.Option("--days", help="Over how many days they come.")] = 365.0,
    drift: Annotated[
        list[str] | None,
        typer.Option(
            "--drift",
            metavar="KIND:DAY[:STRENGTH[:DAYS]]",
            help="Change the world from a day on: covariate (other leads come), concept (what was good turns bad) or "
            "base_rate (all do better or worse). May be given more than once.",
        ),
    ] = None,
    format: Annotated[
        Literal["csv", "parquet", "jsonl"], typer.Option("--format", help="How the files are written.")
    ] = "csv",
) -> None:
    """Write synthetic leads whose true probabilities are known, to try things on.

    Four files: the leads with their outcomes as a CRM would export them on the last day (the newest are still open), the
    events, the outcomes alone, and, in a folder of its own, the truth, which no model may see. The same seed gives the same
    bytes; a million leads need no more memory than a few thousand. Everything is made up and marked so.

    Examples:

        leadloop simulate insurance --leads 20000 -o synthetic
        leadloop simulate b2b_calls --leads 8000 --days 540 --format parquet
        leadloop simulate marketplace --drift concept:2025-09-01 --drift base_rate:2025-10-01:-0.7:14
    """
    from leadloop.cli.console import say, show_progress
    from leadloop.flows.simulate import simulate as simulate_flow
    from leadloop.simulate import SYNTHETIC_NOTE

    place = output or Path(f"synthetic-{world}")
    with show_progress("simulating") as tick:
        done = simulate_flow(
            world,
            place,
            leads=leads,
            seed=seed,
            start=start,
            days=days,
            drift=drift or (),
            format=format,
            tick=tick,
        )
    decided = done.leads - done.open
    say(SYNTHETIC_NOTE)
    say(
        f"{done.leads:,} synthetic leads in {done.folder}: {done.won:,} of {decided:,} decided ones have {done.outcome} Yes, "
        f"{done.open:,} are still open; {done.events:,} events."
    )
    for file in done.files:
        say(f"  {file}")
    say("Next:")
    say(f"  leadloop draft {done.leads_file} --target {done.outcome} -o {done.world}")
