"""`leadloop models`: the saved versions, and which one is in service."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

models = typer.Typer(no_args_is_help=True, help="See saved versions; put one in service; go back to the one before.")

Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name or folder.", show_default=False)]
Version = Annotated[
    str,
    typer.Argument(metavar="VERSION", help="A version's id or release, `champion` or `latest`.", show_default=False),
]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


@models.command("list")
def list_versions(
    playbook: Annotated[str, typer.Argument(metavar="[PLAYBOOK]", help="Only this playbook.", show_default=False)] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """List saved versions with their quality on the test leads.

    Example: `leadloop models list leads`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.models import list_versions as list_flow

    listed = list_flow(playbook, workspace=workspace)
    if not listed:
        say("No version has been saved here. Train one: leadloop train PLAYBOOK --data leads.csv")
        return
    table = make_table(
        "playbook", "version", "release", "trained", "AUC", "log-loss", "leads", "", right=("AUC", "log-loss", "leads")
    )
    for line in listed:
        version = line.version
        marks = [word for word, holds in (("in service", line.serves), ("synthetic", version.synthetic)) if holds]
        marks += [f"{name} AUC {told['metrics']['AUC']['value']:.3f}" for name, told in version.targets.items()]
        add_row(
            table,
            version.playbook,
            version.id,
            version.release,
            version.created_at,
            f"{version.metrics['AUC']['value']:.3f}",
            f"{version.metrics['log-loss']['value']:.3f}",
            f"{version.data['used']:,}",
            ", ".join(marks),
        )
    out.print(table)


@models.command()
def show(playbook: Playbook, version: Version = "champion", workspace: WorkspaceOption = None) -> None:
    """Show one version: what it learned from, how good it is, where its report is, and when it was in service.

    Example: `leadloop models show leads latest`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.models import show_version

    shown = show_version(playbook, version, workspace=workspace)
    found = shown.version
    if found.synthetic:
        say("Trained on synthetic data.")
    facts = make_table("", "")
    facts.show_header = False
    data = found.data
    for name, value in (
        ("version", f"{found.id} ({found.release})"),
        ("in service", "yes" if shown.serves else "no"),
        ("target", found.target),
        *(
            ("also", f"{name}, {told['weight']:.0%} of the score; {told['data']['positives']:,} won")
            for name, told in found.targets.items()
        ),
        ("trained", f"{found.created_at} by {found.created_by}"),
        ("leads", f"{data['used']:,} of {', '.join(data['sources'])}, {data['positives']:,} won"),
        ("test", f"{data['test']:,} leads, split by {data['split']}"),
        ("blend", ", ".join(f"{m['name']} {m['weight']:.2f}" for m in found.members if m["weight"])),
        ("features", f"{len(found.columns):,} columns"),
        ("follows", found.parent or "none"),
        ("report", str(shown.folder / "report.html")),
    ):
        add_row(facts, name, value)
    out.print(facts)
    say()
    every = {found.target: found.metrics} | {name: told["metrics"] for name, told in found.targets.items()}
    for target, metrics in every.items():
        heading = f"{target}, on the test leads" if found.targets else "on the test leads"
        table = make_table(heading, "value", "95% interval", "without a model", right=("value",))
        for name, measure in metrics.items():
            beside = ", ".join(f"{label} {value:.3f}" for label, value in measure["baselines"].items())
            add_row(table, name, f"{measure['value']:.3f}", f"{measure['low']:.3f} to {measure['high']:.3f}", beside)
        out.print(table)
    if shown.promotions:
        say()
        for promotion in shown.promotions:
            say(f"{promotion.at}  {promotion.action} by {promotion.who}: {promotion.why}")


@models.command()
def promote(playbook: Playbook, version: Version, why: Why = "", workspace: WorkspaceOption = None) -> None:
    """Put a version in service.

    The version is loaded and checked first; the change is recorded with who, when and why, and can be undone.

    Example: `leadloop models promote leads latest --why "better in the top fifth"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.models import promote as promote_flow

    done = promote_flow(playbook, version, why=why, workspace=workspace)
    say(f"{done.version} is in service" + (f"; before it was {done.previous}." if done.previous else "."))


@models.command()
def rollback(playbook: Playbook, why: Why = "", workspace: WorkspaceOption = None) -> None:
    """Go back to the version that was in service before.

    Example: `leadloop models rollback leads --why "too many hot leads"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.models import rollback as rollback_flow

    done = rollback_flow(playbook, why=why, workspace=workspace)
    say(f"{done.version} is in service again; {done.previous} is out.")


@models.command("log")
def log_run(playbook: Playbook, version: Version = "latest", workspace: WorkspaceOption = None) -> None:
    """Log a saved version to the MLflow server that LEADLOOP_MLFLOW_URI names.

    Training does it by itself where that is set; this is for versions from before, and for when the server did not answer. A
    version that was logged before keeps its run.

    Example: `leadloop models log leads latest`
    """
    from leadloop.cli.console import say
    from leadloop.flows.models import log as log_flow

    run = log_flow(playbook, version, workspace=workspace)
    say(f"Logged to MLflow: {run.address}")
    say(f"Serve it with: mlflow models serve --model-uri runs:/{run.id}/model")
