"""`leadloop models`: the saved versions, and which one is in service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

CHAMPION = "champion"

models = typer.Typer(
    no_args_is_help=True, help="See saved versions; put one in service; go back to the one before; clean up."
)

Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name or folder.", show_default=False)]
Version = Annotated[
    str,
    typer.Argument(metavar="VERSION", help="A version's id or release, `champion` or `latest`.", show_default=False),
]
As = Annotated[
    str,
    typer.Option("--as", metavar="NAME", help="The name: `champion` is in service; others are yours, as `challenger`."),
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
    from leadloop.cli.console import add_row, make_table, out, say, tell
    from leadloop.flows.upkeep.models import list_versions as list_flow

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
        marks += ["other test leads"] if line.apart else []
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
    for doubt in dict.fromkeys(line.doubt for line in listed if line.doubt):
        tell(f"Note: {doubt}")


@models.command()
def show(
    playbook: Playbook,
    version: Version = "champion",
    test_leads: Annotated[
        str,
        typer.Option(
            "--test-leads",
            metavar="FILE",
            help="Write its test leads there (.csv, .parquet, .jsonl; `-`: here): line, outcome, and what it said of each.",
        ),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Show one version: what it learned from, how good it is, where its report is, and when it was in service.

    Examples:

        leadloop models show leads latest
        leadloop models show leads latest --test-leads test.csv
    """
    if test_leads:
        _write_test_leads(playbook, version, test_leads, workspace)
        return
    from leadloop.cli.console import add_row, make_table, out, say, tell
    from leadloop.flows.upkeep.models import show_version
    from leadloop.flows.upkeep.promotions import tell_moment

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
        *([("since", f"nothing was learned from leads before {data['since'][:16]}")] if "since" in data else []),
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
        for step in shown.promotions:
            name = "" if step.alias == CHAMPION else f" as {step.alias}"
            say(f"{tell_moment(step.at)}  {step.action}{name} by {step.who}: {step.why}")
    if shown.doubt:
        tell(f"Note: {shown.doubt}")


def _write_test_leads(playbook: str, version: str, to: str, workspace: Path | None) -> None:
    from leadloop.cli.console import tell
    from leadloop.flows.upkeep.models import write_test_leads

    rows = write_test_leads(playbook, version, to, workspace=workspace)
    tell(f"{rows:,} test leads, by their line in what the version learned from.")


@models.command()
def promote(
    playbook: Playbook,
    version: Version,
    name: As = CHAMPION,
    why: Why = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Even if its test leads do not show that it is better than chance.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Put a version in service, or give it another name.

    The version is loaded and checked first; the change is recorded with who, when and why, and can be undone. Whatever name a
    version has can be used in place of its id, and a version that has one is never cleaned up.

    Examples:

        leadloop models promote leads latest --why "better in the top fifth"
        leadloop models promote leads latest --as challenger
    """
    from leadloop.cli.console import say
    from leadloop.flows.upkeep.models import promote as promote_flow

    done = promote_flow(playbook, version, alias=name, why=why, anyway=anyway, workspace=workspace)
    state = "in service" if name == CHAMPION else name
    say(f"{done.model_version} is {state}" + (f"; before it was {done.previous}." if done.previous else "."))


@models.command()
def rollback(playbook: Playbook, name: As = CHAMPION, why: Why = "", workspace: WorkspaceOption = None) -> None:
    """Go back to the version that was in service before.

    Example: `leadloop models rollback leads --why "too many hot leads"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.upkeep.models import rollback as rollback_flow

    done = rollback_flow(playbook, alias=name, why=why, workspace=workspace)
    state = "in service" if name == CHAMPION else name
    say(f"{done.model_version} is {state} again; {done.previous} is out.")


@models.command()
def history(
    playbook: Playbook,
    on: Annotated[
        str,
        typer.Option("--on", metavar="DATE", help="Only that day, as 2026-05-03, or moment, as 2026-05-03T14:00; UTC."),
    ] = "",
    name: As = CHAMPION,
    workspace: WorkspaceOption = None,
) -> None:
    """Tell which version was in service when, by whose word, why, and how good it was known to be.

    Examples:

        leadloop models history leads
        leadloop models history leads --on 2026-05-03
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.upkeep.models import history as history_flow
    from leadloop.flows.upkeep.promotions import tell_evidence, tell_moment

    changes = history_flow(playbook, on=on, alias=name, workspace=workspace)
    if not changes:
        say("No version was in service" + (" then." if on else " yet.") if name == CHAMPION else f"Nothing was {name}.")
        return
    table = make_table("since", "version", "action", "by", "why", "known of it", "checksum")
    for change in changes:
        version = change.model_version or "none"
        told = tell_evidence(change), change.manifest[:12]
        add_row(table, tell_moment(change.at), version, change.action, change.who, change.why, *told)
    out.print(table)


@models.command()
def aliases(
    playbook: Playbook,
    clear: Annotated[str, typer.Option("--clear", metavar="NAME", help="Take this name from its version.")] = "",
    why: Why = "",
    workspace: WorkspaceOption = None,
) -> None:
    """List the names that versions have: `champion` is in service; others come from `leadloop models promote --as`.

    Examples:

        leadloop models aliases leads
        leadloop models aliases leads --clear challenger --why "the test is over"
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.upkeep.models import clear_alias, list_aliases
    from leadloop.flows.upkeep.promotions import tell_moment

    if clear:
        done = clear_alias(playbook, clear, why=why, workspace=workspace)
        say(f"{done.previous} is not {clear} any more.")
        return
    found = list_aliases(playbook, workspace=workspace)
    if not found:
        say("No version has a name yet. Put one in service: leadloop models promote PLAYBOOK latest")
        return
    table = make_table("name", "version", "since")
    for alias in found:
        add_row(table, alias.alias, alias.model_version, tell_moment(alias.since))
    out.print(table)


@models.command()
def prune(
    playbook: Playbook,
    keep: Annotated[
        int, typer.Option("--keep", min=1, help="How many of the newest versions stay.", show_default=False)
    ],
    retention_days: Annotated[
        float | None,
        typer.Option(
            "--retention-days",
            help="A version stays that long after it was last in service. Default: the setting `model_retention_days`.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete old versions.

    The newest stay; so does every version that has a name, had one lately, or is what a rollback would go back to. What is
    deleted is on record, and cannot be brought back.

    Example: `leadloop models prune leads --keep 5 --dry-run`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.upkeep.models import prune as prune_flow

    done = prune_flow(playbook, keep, retention_days=retention_days, dry_run=dry_run, workspace=workspace)
    table = make_table("version", "", "because it is")
    for version in done.removed:
        add_row(table, version, "would go" if dry_run else "deleted", "")
    for version, reason in done.kept.items():
        add_row(table, version, "stays", reason)
    if done.removed or done.kept:
        out.print(table)
    count = f"{len(done.removed)} version{'' if len(done.removed) == 1 else 's'}"
    say(f"{count} would be deleted; nothing was." if dry_run else f"{count} deleted.")


@models.command("log")
def log_run(playbook: Playbook, version: Version = "latest", workspace: WorkspaceOption = None) -> None:
    """Log a saved version to the MLflow server that LEADLOOP_MLFLOW_URI names.

    Training does it by itself where that is set; this is for versions from before, and for when the server did not answer. A
    version that was logged before keeps its run.

    Example: `leadloop models log leads latest`
    """
    from leadloop.cli.console import say
    from leadloop.flows.upkeep.models import log as log_flow

    run = log_flow(playbook, version, workspace=workspace)
    say(f"Logged to MLflow: {run.address}")
    say(f"Serve it with: mlflow models serve --model-uri runs:/{run.id}/model")


@models.command()
def card(
    playbook: Playbook,
    version: Version = "champion",
    to: Annotated[
        str, typer.Option("--to", metavar="FILE", help="Write it to this file. Default: to standard output.")
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Write the card of a version: what it is for, what it learned from, how good it is, and what to beware of, as Markdown.

    Example: `leadloop models card leads --to card.md`
    """
    from pathlib import Path

    from leadloop.cli.console import tell
    from leadloop.flows.upkeep.model_card import write_card
    from leadloop.flows.watch.asked import write_page

    text = write_card(playbook, version, workspace=workspace)
    if not to:
        typer.echo(text)
        return
    write_page(Path(to), text)
    tell(f"The card is {to}.")


@models.command()
def changes(playbook: Playbook, version: Version = "champion", workspace: WorkspaceOption = None) -> None:
    """Tell what a version changed against the one that it follows: data, fields, settings, software and measures.

    Example: `leadloop models changes leads latest`
    """
    from leadloop.cli.console import say
    from leadloop.flows.upkeep.model_card import tell_changes

    for line in tell_changes(playbook, version, workspace=workspace):
        say(line)
