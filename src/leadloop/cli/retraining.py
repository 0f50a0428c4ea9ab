"""`leadloop retrain`: train again where that is worth while, and bring a better version into service."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption


def retrain(
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name.", show_default=False)],
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Only where a trigger speaks for it; else say why not, and end.")
    ] = False,
    deploy: Annotated[
        bool,
        typer.Option("--deploy/--no-deploy", help="Bring the version into service if it is better, or only train."),
    ] = True,
    validation_split: Annotated[
        float | None,
        typer.Option(
            "--validation-split", help="The newest share of leads to keep back, 0.1 to 0.5.", show_default=False
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option("--trials", min=1, help="Settings to try for each learner.", show_default=False)
    ] = None,
    time_budget: Annotated[
        str | None,
        typer.Option("--time-budget", metavar="TIME", help="About how much CPU time to try for.", show_default=False),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUE",
            help="A setting of `[training]` for this once. May be repeated.",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Do it here and now, and say what came of it.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask for a playbook to be trained again on what the store holds; a worker does it.

    The new version is compared with the one in service on leads that neither learned from. Only if it is surely better does it go
    on: first in the shadow, then with a share of the leads, then for all. Asked for again meanwhile, it is the same job.

    Examples:

        leadloop retrain leads --if-due
        leadloop retrain leads --no-deploy --param trials=20 --wait
    """
    from leadloop.cli.arguments import read_arguments
    from leadloop.cli.console import say
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.training.retrain import ask_to_retrain, look_at_retraining

    place = open_workspace(workspace)
    require_store(place, playbook)
    looked = look_at_retraining(place, playbook)
    for reason in looked.reasons:
        say(f"{'Due' if looked.due else 'Not due'}: {reason}.")
    if if_due and not looked.due:
        return
    given = {
        "validation_split": validation_split,
        "trials": trials,
        "time_budget": time_budget,
        "params": read_arguments(param or [], "--param") or None,
    }
    told = {"deploy": deploy, **{name: value for name, value in given.items() if value is not None}}
    job = ask_to_retrain(place, playbook, told, who=place.who())
    if not wait:
        say(f"Job {job.id} is {job.state}; `leadloop jobs list {playbook}` says how far it is.")
        return
    _wait(place, job.id)


def _wait(place: object, number: int) -> None:
    """Do the job in this process' own worker until it is over, or waits for something."""
    from leadloop.cli.console import say, show_progress
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.place.workspace import Workspace
    from leadloop.flows.work.worker import Worker

    assert isinstance(place, Workspace)
    with show_progress("retraining") as tick:
        ended = Worker(place, tell=tick).run_one(number)
    if ended.state == "done":
        say(f"{ended.result['outcome']}.")
    elif ended.state == "parked":
        raise LeadLoopError(
            "retraining", Problem(f"job {number}", ended.error or "was given up", "mend it, and try again")
        )
    else:
        say(f"Job {number} is {ended.state}: {ended.note}. A worker goes on with it.")
