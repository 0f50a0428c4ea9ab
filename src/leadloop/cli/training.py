"""`leadloop train`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.cli.options import EventsOption, OutcomesOption, PlaybookArgument, WorkspaceOption

if TYPE_CHECKING:
    from leadloop.flows.training.train import TrainingResult


QUICK_BUDGET = "20s"


def train(
    playbook: PlaybookArgument,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "-d",
            help="Past leads with their outcomes: CSV, Parquet, JSON lines. Default: those that the workspace's store holds.",
            show_default=False,
        ),
    ] = None,
    outcomes: OutcomesOption = None,
    events: EventsOption = None,
    promote: Annotated[
        bool | None,
        typer.Option(
            "--promote/--no-promote",
            help="Put the version in service, or do not. Default: only the first one, and only if it beats its baselines.",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials", min=1, help="Settings to try for each learner. Default: the playbook's.", show_default=False
        ),
    ] = None,
    time_budget: Annotated[
        str | None,
        typer.Option(
            "--time-budget",
            metavar="TIME",
            help="About how much CPU time to spend on trying settings: 90 or 90s, 5m, 1h. Reading, features, the models and "
            "the report come on top, and on a busy machine waiting does. Default: $LEADLOOP_BUDGET, else the playbook's.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Try a few settings only: the same as --time-budget {QUICK_BUDGET}.")
    ] = False,
    storage: Annotated[
        str,
        typer.Option(
            "--storage",
            envvar="LEADLOOP_STORAGE",
            help="A database that keeps the trials, so that several trainings share them: postgresql+psycopg://... "
            "Which settings are found may then differ from time to time.",
        ),
    ] = "",
    dask: Annotated[
        str,
        typer.Option(
            "--dask", help="Choose settings and fit models on the workers of a Dask cluster: tcp://10.0.0.5:8786."
        ),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Learn from past leads, and save a version with its report.

    The newest leads are kept back and scored once, after everything else is decided. Training stops with the evidence
    where a field seems to know the outcome and nobody has ruled on it. Ctrl-C leaves no version behind; started again with
    the same playbook and leads, training goes on with the settings that were tried before.

    Examples:

        leadloop train leads --data leads.csv
        leadloop train leads --data leads.csv --outcomes deals.csv --no-promote
        leadloop train leads --data leads.csv --time-budget 5m
        leadloop train leads
    """
    from leadloop.cli.console import show_progress
    from leadloop.flows.training.train import train as train_flow

    with show_progress("training") as tick:
        result = train_flow(
            playbook,
            data,
            outcomes=outcomes,
            events=events,
            workspace=workspace,
            promote=promote,
            trials=trials,
            time_budget=QUICK_BUDGET if quick and time_budget is None else time_budget,
            storage=storage,
            dask=dask,
            tick=tick,
        )
    tell_training(result, playbook)
    if result.not_promoted:
        raise result.not_promoted


def tell_training(result: TrainingResult, playbook: str) -> None:
    """Print what a training found and where its report is."""
    from leadloop.cli.console import add_row, complain, make_table, out, say
    from leadloop.learning.report.composed import also_predicted
    from leadloop.learning.report.words import answer, judge

    report = result.report
    if report.synthetic:
        say("Synthetic data: these figures say nothing about real leads.")
    say(" ".join((*answer(report), *also_predicted(report))))
    say()
    for each in (report, *report.others):
        heading = f"{each.target}, on the test leads" if report.others else "on the test leads"
        table = make_table(heading, "value", "95% interval", "without a model", right=("value",))
        for measure in each.measures:
            beside = ", ".join(f"{name} {value:.3f}" for name, value in measure.baselines.items())
            add_row(table, measure.name, f"{measure.value:.3f}", f"{measure.low:.3f} to {measure.high:.3f}", beside)
        out.print(table)
        say()
    if report.data.rejected:
        say(f"{report.data.rejected:,} of {report.data.rows:,} rows could not be read; the first:")
        for reject in result.imported.rejects[:5]:
            say(f"  line {reject.line}: {reject.field} “{reject.value}” {reject.reason}")
    for note in report.notes:
        say(f"Note: {note}")
    say(
        f"Saved {result.version.id} ({result.version.release}); {report.seconds['total']:.0f} s, "
        f"{report.peak_memory_mb:,.0f} MB at most."
    )
    say(f"Report: {result.folder / 'report.html'}")
    if result.run:
        say(f"Logged to MLflow: {result.run.address}")
    if result.not_logged:
        complain(result.not_logged)
    if result.promotion:
        say(f"In service now: {result.promotion.why}.")
        say(f"Next: leadloop score {playbook} new.csv -o scored.csv")
    elif (verdict := judge(report)).tone == "stop":
        say(f"Not in service: {verdict.words[0].lower()}{verdict.words[1:]}. {verdict.advice}")
    else:
        say("Not in service yet. Read the report; then:")
        say(f"  leadloop models promote {playbook} {result.version.id} --why ...")
