"""`leadloop quality` and `leadloop drift`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.cli.options import WorkspaceOption

if TYPE_CHECKING:
    from leadloop.monitoring import FieldDrift, QualityReport

Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Write everything as JSON, for programs.")]


def quality(
    playbook: Playbook,
    version: Annotated[
        str,
        typer.Option("--version", help="An id, a release or a name as `champion`; `served` is whatever served."),
    ] = "champion",
    start: Annotated[
        str, typer.Option("--from", metavar="DAY", help="Scores from this day on, as 2026-03-01; UTC.")
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="DAY", help="Scores before this day.")] = "",
    history: Annotated[bool, typer.Option("--history", help="What earlier checks found, the newest first.")] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write the performance of every version as JSON.")
    ] = None,
    as_json: AsJson = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Tell how good the scores were that were really given, by what became of the leads.

    Each lead counts with the first score that it got, and once its time is over; how many are still open is told. Without
    days it is the newest whole weeks whose leads had the time to end, as many as it takes to judge by.

    Examples:

        leadloop quality leads
        leadloop quality leads --from 2026-03-01 --to 2026-04-01 --version served
        leadloop quality leads --export performance.json
    """
    from leadloop.cli.console import add_row, make_table, out, say, show_progress, tell
    from leadloop.flows.watch.asked import ask_history, ask_quality, export_to

    if export is not None:
        count = export_to(playbook, export, workspace=workspace)
        tell(f"The performance of {count} version{'' if count == 1 else 's'} is in {export}.")
        return
    if history:
        points = ask_history(
            playbook, version="" if version in ("champion", "served") else version, workspace=workspace
        )
        if not points:
            say(f"Nothing was measured yet. Do it: leadloop drift {playbook}")
            return
        names = ("AUC", "log-loss", "accuracy", "F1")
        table = make_table("scored", "version", "with outcome", "open", *names, "drift", right=("with outcome", *names))
        for one in points:
            values = [f"{one.measures[name]:.3f}" if name in one.measures else "" for name in names]
            span = f"{one.start:%Y-%m-%d} to {one.end:%Y-%m-%d}"
            add_row(table, span, one.model_version or "served", f"{one.matured:,}", f"{one.open:,}", *values, one.drift)
        out.print(table)
        return
    with show_progress("looking") as tick:
        report = ask_quality(
            playbook,
            version="" if version == "champion" else version,
            start=start,
            end=end,
            workspace=workspace,
            tick=tick,
        )
    if as_json:
        _print_json(report.as_json())
        return
    _show_quality(report)


def _show_quality(report: QualityReport) -> None:
    from leadloop.cli.console import add_row, make_table, out, say, tell

    whose = report.model_version or "whatever served"
    say(
        f"{report.playbook}: {report.scored:,} leads scored by {whose} from {report.start:%Y-%m-%d} to before "
        f"{report.end:%Y-%m-%d}; {report.matured:,} have an outcome, {report.won:,} were won, {report.open:,} are still open"
        + (f", nobody worked {report.not_worked:,}." if report.not_worked else ".")
    )
    if report.note:
        tell(f"Note: {report.note}")
    if report.measures:
        names = list(dict.fromkeys(name for one in report.measures for name in one.baselines))
        table = make_table("", "value", "95% interval", *names, right=("value", *names))
        for one in report.measures:
            beside = [f"{one.baselines[name]:.3f}" if name in one.baselines else "" for name in names]
            add_row(table, one.name, f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}", *beside)
        out.print(table)
    if report.bands:
        table = make_table(
            "band", "leads", "won", "share won", "promised", right=("leads", "won", "share won", "promised")
        )
        for band in report.bands:
            promised = f"{band.promised:.1%}" if band.promised == band.promised else ""
            add_row(table, band.band, f"{band.leads:,}", f"{band.won:,}", f"{band.rate:.1%}", promised)
        out.print(table)


def drift(
    playbook: Playbook,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write a page with pictures, for a browser.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep/--no-keep", help="Keep what was found as a point of history.")] = True,
    as_json: AsJson = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Check the version in service: quality first, then whether leads differ from those that it learned from.

    Differences that chance and the usual ups and downs explain are quiet, however many fields there are. A worker does the
    same as a job named `check`.

    Examples:

        leadloop drift leads
        leadloop drift leads --report watch.html
    """
    from leadloop.cli.console import add_row, make_table, out, say, show_progress, tell
    from leadloop.flows.watch.asked import ask_check
    from leadloop.monitoring.page import judge_check, tell_check

    with show_progress("looking") as tick:
        found = ask_check(playbook, keep=keep, report=report, workspace=workspace, tick=tick)
    if as_json:
        _print_json(found.as_json())
        return
    said = found.drift
    say(f"{judge_check(found).words}.")
    for sentence in tell_check(found):
        say(sentence)
    if said.note:
        tell(f"Note: {said.note}")
    every = [one for one in (said.label, said.early, said.prediction, said.confidence) if one is not None]
    if every or said.fields:
        table = make_table(
            "field", "level", "stability", "chance", "KS", "not given", "weight", right=("stability", "chance", "KS")
        )
        for one in (*every, *said.fields[:20]):
            add_row(table, *_drift_line(one))
        out.print(table)
    if report is not None:
        tell(f"The page is {report}.")


def _drift_line(one: FieldDrift) -> tuple[str, ...]:
    chance = "< 0.001" if one.adjusted < 0.001 else f"{one.adjusted:.3f}"
    distance = "" if one.ks is None else f"{one.ks:.2f}"
    return one.field, one.level, f"{one.psi:.3f}", chance, distance, f"{one.missing_now:.0%}", f"{one.weight:.0%}"


def _print_json(body: object) -> None:
    import json

    typer.echo(json.dumps(body, ensure_ascii=False, allow_nan=False))
