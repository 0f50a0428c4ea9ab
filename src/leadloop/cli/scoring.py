"""`leadloop score`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from leadloop.cli.options import PlaybookArgument, WorkspaceOption

_STORED = "Leads of the store"
_MANY = "Large files"


def score(
    playbook: PlaybookArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]",
            help="New leads: CSV, Parquet, JSON lines; `-` reads standard input; or a table or query of a database, as in "
            "`sqlite:///crm.db#leads`.",
            show_default=False,
        ),
    ] = "",
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="Where scores go (.csv, .parquet, .jsonl), or a table of a database; `-` writes standard output.",
        ),
    ] = "-",
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rows that could not be read go. Default: beside the output.")
    ] = None,
    version: Annotated[
        str, typer.Option("--version", help="A version's id or release, `champion` (in service) or `latest`.")
    ] = "champion",
    reasons: Annotated[bool, typer.Option("--reasons/--no-reasons", help="Say why; leaving it out is faster.")] = True,
    keep_columns: Annotated[
        bool, typer.Option("--keep-columns", help="Write the lead's own columns beside the score.")
    ] = False,
    allow_missing_columns: Annotated[
        bool,
        typer.Option("--allow-missing-columns", help="Score although the file lacks columns; they count as not given."),
    ] = False,
    format: Annotated[
        Literal["csv", "parquet", "jsonl"] | None,
        typer.Option("--format", help="Format of the file, where its name does not tell.", rich_help_panel="The files"),
    ] = None,
    output_format: Annotated[
        Literal["csv", "parquet", "jsonl"] | None,
        typer.Option("--output-format", help="Format of the output, likewise.", rich_help_panel="The files"),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="What separates cells.", rich_help_panel="The files")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="How characters are written.", rich_help_panel="The files")
    ] = None,
    formulas: Annotated[
        Literal["escape", "keep"],
        typer.Option(
            "--formulas",
            help="In CSV output, text that a spreadsheet would run as a formula gets a leading ' unless kept.",
            rich_help_panel="The files",
        ),
    ] = "escape",
    workers: Annotated[
        int,
        typer.Option(
            "--workers", help="Score with so many processes of this machine.", min=1, max=256, rich_help_panel=_MANY
        ),
    ] = 1,
    dask: Annotated[
        str,
        typer.Option(
            "--dask",
            help="Score with the workers of a Dask cluster, as in tcp://10.0.0.5:8786.",
            rich_help_panel=_MANY,
            show_default=False,
        ),
    ] = "",
    stored: Annotated[
        bool,
        typer.Option("--stored", help="Score leads that the store holds, instead of a file.", rich_help_panel=_STORED),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--refresh-all", help="Also those that have a score already.", rich_help_panel=_STORED)
    ] = False,
    segment: Annotated[str, typer.Option(help="Only leads of this segment.", rich_help_panel=_STORED)] = "",
    days: Annotated[
        float | None,
        typer.Option(
            help="Only leads that came or changed in the last so many days; 0: of any age. Default: 7.",
            min=0,
            show_default=False,
            rich_help_panel=_STORED,
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="How many are scored and stored at once. Default: 500.",
            min=1,
            max=10_000,
            show_default=False,
            rich_help_panel=_STORED,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Score leads with the version in service, and say why.

    Each lead gets a calibrated `probability` with its interval, a `score` of 0 to 100, its `band` and `route`, and the
    strongest reasons up and down in score points. Rows that cannot be read go to a rejects file with their line and
    reason; the good ones are scored.

    Examples:

        leadloop score leads new.csv -o scored.csv
        leadloop score leads new.csv --keep-columns -o scored.parquet
        cat new.jsonl | leadloop score leads - --format jsonl | head
        leadloop score leads 'postgresql://ann@crm/sales#leads' -o scored.parquet --workers 4
        leadloop score leads --stored
        leadloop score insurance --stored --refresh-all --segment pc --days 30
    """
    from leadloop.cli.console import show_progress, tell

    told = {"--refresh-all": everything, "--segment": segment, "--days": days is not None, "--batch-size": batch_size}
    _require_one_of(data, stored, [name for name, given in told.items() if given])
    if stored:
        _score_stored(playbook, everything, segment, days, batch_size, version, workspace)
        return
    from leadloop.flows.scoring.score import score as score_flow

    with show_progress("scoring") as tick:
        done = score_flow(
            playbook,
            data,
            output,
            rejects_to=rejects,
            version=version,
            workspace=workspace,
            reasons=reasons,
            keep_columns=keep_columns,
            allow_missing_columns=allow_missing_columns,
            delimiter=delimiter,
            encoding=encoding,
            format=format,
            output_format=output_format,
            formulas=formulas,
            workers=workers,
            dask=dask,
            tick=tick,
        )

    for note in done.notes:
        tell(f"Note: {note}")
    if done.absent:
        tell(f"Note: without a column, and so not given anywhere: {', '.join(done.absent)}.")
    if done.unread:
        shown = ", ".join(done.unread[:8]) + (" ..." if len(done.unread) > 8 else "")
        columns = "1 column is" if len(done.unread) == 1 else f"{len(done.unread)} columns are"
        tell(f"{columns} not read by {done.version}: {shown}")
    routes = ", ".join(f"{route} {count:,}" for route, count in sorted(done.routes.items(), key=lambda item: -item[1]))
    tell(f"{done.scored:,} of {done.rows:,} leads scored by {done.version}: {routes or 'none'}.")
    if done.unlike:
        tell(f"Look again: {done.unlike}.")
    if done.by_rules:
        tell("No version is in service yet, so the playbook's rules scored; they promise no probability.")
    elif done.synthetic:
        tell("This version was trained on synthetic data.")
    if done.rejected:
        rows = "1 row was" if done.rejected == 1 else f"{done.rejected:,} rows were"
        tell(f"{rows} rejected; each with its line and reason in {done.rejects_file}.")


def _require_one_of(data: str, stored: bool, of_store: list[str]) -> None:
    from leadloop.errors import LeadLoopError, Problem

    problems = [] if stored else [Problem(name, "is about leads of the store", "add --stored") for name in of_store]
    if stored and data:
        problems.append(Problem("FILE", "is named, and --stored asks for the store", "leave one of them out"))
    if not stored and not data:
        problems.append(Problem("FILE", "is not named", "name the file of new leads, or score the store with --stored"))
    if problems:
        raise LeadLoopError("score", problems)


def _score_stored(
    playbook: str,
    everything: bool,
    segment: str,
    days: float | None,
    batch_size: int | None,
    version: str,
    workspace: Path | None,
) -> None:
    """Score stored leads here and now, as a job: killed and started again, it goes on where it was."""
    from leadloop.cli.console import show_progress, tell
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.stored_run import run_stored

    with show_progress("scoring") as tick:
        done = run_stored(
            open_workspace(workspace),
            playbook,
            everything=everything,
            segment=segment,
            days=days,
            batch_size=batch_size,
            version=version,
            tick=tick,
        )
    routes = ", ".join(f"{route} {count:,}" for route, count in sorted(done.routes.items(), key=lambda item: -item[1]))
    tell(f"{done.scored:,} of {done.leads:,} stored leads scored by {done.version}: {routes or 'none'}.")
    if done.rejected:
        tell(f"{done.rejected:,} leads cannot be read, and stay without a score; the first:")
        for reason in done.reasons:
            tell(f"  {reason}")
