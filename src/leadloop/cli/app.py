"""The commands, and what happens around each: errors become messages, Ctrl-C becomes a quiet end."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from leadloop.cli.ablating import ablate
from leadloop.cli.actions import actions
from leadloop.cli.alerts import alerts, sources
from leadloop.cli.checking import check
from leadloop.cli.dashboard import dashboard
from leadloop.cli.demo import demo
from leadloop.cli.dev import dev
from leadloop.cli.digest import digest
from leadloop.cli.discovering import discover
from leadloop.cli.drafting import draft
from leadloop.cli.enriching import enrich
from leadloop.cli.experiments import experiments
from leadloop.cli.explaining import explain
from leadloop.cli.features import features
from leadloop.cli.feedback import feedback
from leadloop.cli.forecasting import forecast
from leadloop.cli.identity import identity
from leadloop.cli.importing import import_leads
from leadloop.cli.jobs import jobs
from leadloop.cli.keys import keys
from leadloop.cli.models import models
from leadloop.cli.outcomes import outcomes
from leadloop.cli.playbooks import playbooks
from leadloop.cli.queue import queue
from leadloop.cli.recalibrating import recalibrate
from leadloop.cli.recommending import recommend
from leadloop.cli.replaying import replay
from leadloop.cli.retraining import retrain
from leadloop.cli.rollouts import rollout
from leadloop.cli.schedules import schedules
from leadloop.cli.scoring import score
from leadloop.cli.serving import serve
from leadloop.cli.simulate import simulate
from leadloop.cli.store import store
from leadloop.cli.syncing import sync
from leadloop.cli.training import train
from leadloop.cli.watching import drift, quality
from leadloop.cli.webhooks import webhooks
from leadloop.cli.worker import worker

EXIT_REFUSED = 2
EXIT_INTERRUPTED = 130


class _Commands(TyperGroup):
    """The commands, each ending as its caller expects: refusals as messages, and no traceback where nothing is broken."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands as plain text; what would frame and colour it takes longer to load than all the rest."""
        self.rich_markup_mode = None
        super().format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show what there is to whoever says nothing: of plain text, the framework counts on being framed and prints none."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            ctx.exit(EXIT_REFUSED)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        from leadloop.errors import LeadLoopError

        try:
            return super().invoke(ctx)
        except LeadLoopError as error:
            from leadloop.cli.console import complain

            complain(error)
            raise typer.Exit(EXIT_REFUSED) from None
        except KeyboardInterrupt:
            print("Stopped. Nothing half-done was kept.", file=sys.stderr)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except Exception as error:
            if not _reader_has_gone(error):
                raise
            _write_nowhere()
            raise typer.Exit from None


app = typer.Typer(
    name="leadloop",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""
Score leads by what became of earlier ones: ranked, explained, calibrated.

Three commands take you from an export of your CRM to a ranked list:

\b
    leadloop draft leads.csv --target Converted
    leadloop train leads --data leads.csv
    leadloop score leads new.csv -o scored.csv

No data at hand? `leadloop demo` shows all of it on synthetic leads.
""",
)

app.command()(demo)
app.command()(draft)
app.command()(check)
app.command()(features)
app.command()(train)
app.command()(score)
app.command()(retrain)
app.command()(recalibrate)
app.command()(serve)
app.command()(dashboard)
app.command()(digest)
app.command()(worker)
app.command("import")(import_leads)
app.command()(enrich)
app.command()(explain)
app.command()(ablate)
app.command()(discover)
app.command()(replay)
app.command()(outcomes)
app.command()(actions)
app.command()(ablate)
app.command()(discover)
app.command()(quality)
app.command()(drift)
app.command()(forecast)
app.command()(simulate)
app.add_typer(recommend, name="recommend")
app.add_typer(models, name="models")
app.add_typer(store, name="store")
app.add_typer(experiments, name="experiments")
app.add_typer(jobs, name="jobs")
app.add_typer(schedules, name="schedules")
app.add_typer(rollout, name="rollout")
app.add_typer(alerts, name="alerts")
app.add_typer(sources, name="sources")
app.add_typer(keys, name="keys")
app.add_typer(playbooks, name="playbooks")
app.add_typer(sync, name="sync")
app.add_typer(dev, name="dev")
app.add_typer(identity, name="identity")
app.add_typer(queue, name="queue")
app.add_typer(feedback, name="feedback")
app.add_typer(webhooks, name="webhooks")


def _show_version(wanted: bool) -> None:
    if wanted:
        from leadloop import __version__

        typer.echo(f"leadloop {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; exits with 0, with 2 where something was refused, with 130 after Ctrl-C."""
    try:
        app()
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _write_nowhere()


def _reader_has_gone(error: Exception) -> bool:
    """Whether nobody reads our output any more, as after `head`: there is nobody to tell. Polars says it in words only."""
    return isinstance(error, BrokenPipeError) or f"(os error {errno.EPIPE})" in str(error)


def _write_nowhere() -> None:
    """Let whatever is still to be written vanish, so that Python does not complain of it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
