"""`leadloop jobs`: the work that was asked for, how far it is, and what was given up."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

jobs = typer.Typer(
    no_args_is_help=True, help="See the jobs that were asked for, and let those that were given up be tried again."
)
_SHOWN = 100


@jobs.command("list")
def list_all(
    playbook: Annotated[
        str, typer.Argument(metavar="[PLAYBOOK]", help="Only of this playbook.", show_default=False)
    ] = "",
    state: Annotated[
        str,
        typer.Option(help="Only those in this state: waiting, running, done, parked or cancelled.", show_default=False),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """List the newest jobs with how far they are, and why the last try failed.

    Example: `leadloop jobs list --state parked`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.jobs import list_jobs

    found = list_jobs(open_workspace(workspace), playbook=playbook, state=state, most=_SHOWN)
    if not found:
        say("There is no such job.")
        return
    table = make_table("job", "kind", "playbook", "state", "asked for", "done", "", right=("job", "done"))
    for job in found:
        why = " ".join((job.error or job.note).split())
        asked = f"{job.created_at:%Y-%m-%d %H:%M}"
        add_row(table, str(job.id), job.kind, job.payload["playbook"], job.state, asked, f"{job.progress:.0%}", why)
    out.print(table)


@jobs.command("retry")
def retry(
    job: Annotated[
        int, typer.Argument(metavar="NUMBER", help="The job's number, as `list` shows it.", show_default=False)
    ],
    workspace: WorkspaceOption = None,
) -> None:
    """Let a job that was given up (`parked`) be tried again from the start; a worker takes it up.

    Example: `leadloop jobs retry 17`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.jobs import retry_job

    again = retry_job(open_workspace(workspace), job)
    say(f"Job {again.id} ({again.kind}) waits for a worker.")
