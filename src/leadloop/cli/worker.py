"""`leadloop worker`: does the jobs that the service and commands ask for."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption


def worker(
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            help="Only jobs of this kind, as train, score or loop. May be repeated.",
            show_default=False,
        ),
    ] = None,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when there is nothing left to do.")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Do jobs, one after the other, until stopped: training, scoring of large files and of stored leads.

    Between jobs and beside them it delivers the messages of webhooks, unless it is told to do some kinds of jobs alone.
    Each job runs in a process of its own, of low priority. A job whose worker dies is taken up by another; one that fails again
    and again is parked with the reason. Told to stop (Ctrl-C, SIGTERM), a worker ends what takes a few seconds and gives the
    rest back. `leadloop serve` starts one beside the service; more may run on other machines, on one PostgreSQL.

    Examples:

        leadloop worker
        leadloop worker --kind score --kind score_leads
        leadloop worker --until-idle
    """
    import os
    import signal
    import sys
    import threading

    from leadloop.cli.console import say, tell
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.jobs import KINDS
    from leadloop.flows.work.worker import Worker

    if unknown := [kind for kind in kinds or () if kind not in KINDS]:
        raise LeadLoopError("--kind", Problem(unknown[0], "is no kind of job", f"take {', '.join(KINDS)}"))
    place = open_workspace(workspace)
    work = Worker(place, kinds=kinds or None, tell=tell)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: work.stopping.set())
    if with_parent:

        def end_with_parent() -> None:
            os.read(sys.stdin.fileno(), 1)
            work.stopping.set()

        threading.Thread(target=end_with_parent, daemon=True).start()
    if not with_parent:
        tell(f"A worker of {place.root} looks for jobs in {place.store.where}.")
    begun = work.run(until_idle=until_idle)
    if not with_parent:
        say(f"{begun:,} jobs were begun.")
