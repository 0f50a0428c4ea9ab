"""`leadloop score`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from leadloop.cli.options import PlaybookArgument, WorkspaceOption


def score(
    playbook: PlaybookArgument,
    data: Annotated[
        str, typer.Argument(metavar="FILE", help="New leads: CSV, Parquet, JSON lines; `-` reads standard input.")
    ],
    output: Annotated[
        str,
        typer.Option("--output", "-o", help="Where scores go (.csv, .parquet, .jsonl); `-` writes standard output."),
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
    """
    from leadloop.cli.console import show_progress, tell
    from leadloop.flows.score import score as score_flow

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
            tick=tick,
        )

    for note in done.notes:
        tell(f"Note: {note}")
    if done.absent:
        tell(f"Note: without a column, and so not given anywhere: {', '.join(done.absent)}.")
    if done.unread:
        shown = ", ".join(done.unread[:8]) + (" ..." if len(done.unread) > 8 else "")
        tell(f"{len(done.unread)} columns are not read by {done.version}: {shown}")
    routes = ", ".join(f"{route} {count:,}" for route, count in sorted(done.routes.items(), key=lambda item: -item[1]))
    tell(f"{done.scored:,} of {done.rows:,} leads scored by {done.version}: {routes or 'none'}.")
    if done.by_rules:
        tell("No version is in service yet, so the playbook's rules scored; they promise no probability.")
    elif done.synthetic:
        tell("This version was trained on synthetic data.")
    if done.rejected:
        tell(f"{done.rejected:,} rows were rejected; each with its line and reason in {done.rejects_file}.")
