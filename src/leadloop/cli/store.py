"""`leadloop store`: what the store holds, and the care that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadloop.cli.options import WorkspaceOption

if TYPE_CHECKING:
    from leadloop.registry import Registry

store = typer.Typer(
    no_args_is_help=True,
    help="Look into the store of leads, outcomes and scores; back it up, export, erase a person, forget what is old.",
)

Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A playbook's name or folder.", show_default=False)]
Output = Annotated[
    str, typer.Option("--output", "-o", help="Where it goes (.csv, .parquet, .jsonl); `-` writes standard output.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


@store.command()
def info(workspace: WorkspaceOption = None) -> None:
    """Say what the store is, what it runs on, and how many rows each of its tables holds.

    Example: `leadloop store info`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import describe_store

    facts = describe_store(open_workspace(workspace))
    say(facts.where)
    for name, value in facts.runs_on.items():
        say(f"  {name}: {value}")
    if facts.jobs:
        say("  jobs: " + ", ".join(f"{count:,} {state}" for state, count in facts.jobs.items()))
    table = make_table("table", "rows", right=("rows",))
    for name, count in facts.tables.items():
        add_row(table, name, f"{count:,}")
    out.print(table)


@store.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Copy the store into a file while it is in use; the copy appears whole and checked, or not at all.

    For PostgreSQL use its own `pg_dump`.

    Example: `leadloop store backup backups/2026-05-03.db`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import back_up

    done = back_up(open_workspace(workspace), file)
    say(f"{done.path}: {sum(done.rows.values()):,} rows; SHA-256 {done.sha256}")


@store.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", show_default=False)],
    yes: Yes = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Put a backup in the place of the store. What came after it is lost, but erasures, keys and revocations stay.

    Example: `leadloop store restore backups/2026-05-03.db --yes`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import restore as restore_flow

    place = open_workspace(workspace)
    _require_yes(yes, f"Everything in the store of {place.root} that is younger than {file} is lost.")
    serving = {playbook: _serving(place.registry, playbook) for playbook in place.registry.playbooks()}
    done = restore_flow(place, file)
    say(f"Restored from {file}; {done.erasures:,} erasures since then were carried out again.")
    if done.keys_revoked:
        say(f"Keys that were revoked since stay revoked: {', '.join(done.keys_revoked)}.")
    if done.keys_added:
        say(f"Keys that the backup did not know were kept as they were: {', '.join(done.keys_added)}.")
    after = open_workspace(workspace).registry
    for playbook in after.playbooks():
        now = after.in_service(playbook).version or "none"
        before = serving.get(playbook) or "none"
        say(
            f"In service of {playbook} now: {now}"
            + (f"; before the restore it was {before}." if before != now else ".")
        )


def _serving(registry: Registry, playbook: str) -> str:
    """What is in service, as far as anybody can tell: a restore is for stores that may be damaged."""
    from leadloop.errors import LeadLoopError

    try:
        return registry.in_service(playbook).version or ""
    except LeadLoopError:
        return ""


@store.command()
def export(
    playbook: Playbook,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", help="leads, versions, events, outcomes, scores, feedback or metrics.", show_default=False
        ),
    ],
    output: Output = "-",
    workspace: WorkspaceOption = None,
) -> None:
    """Write one table of a playbook to a file.

    Example: `leadloop store export insurance outcomes -o outcomes.csv`
    """
    from leadloop.cli.console import show_progress, tell
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import export_table

    with show_progress("exporting") as tick:
        written = export_table(open_workspace(workspace), playbook_name(playbook), table, output, tick=tick)
    tell(f"{written:,} rows.")


@store.command("training-set")
def training_set(playbook: Playbook, output: Output = "-", workspace: WorkspaceOption = None) -> None:
    """Write what the next training would learn from: each lead as it was when it was scored, with its outcomes.

    Leads that are still open are left out.

    Example: `leadloop store training-set insurance -o next.parquet`
    """
    from leadloop.cli.console import show_progress, tell
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import export_training_set

    with show_progress("exporting") as tick:
        written = export_training_set(open_workspace(workspace), playbook, output, tick=tick)
    tell(f"{written:,} leads with settled outcomes.")


@store.command()
def erase(
    playbook: Playbook,
    lead: Annotated[str, typer.Option("--lead", metavar="ID", help="The lead's identifier.")] = "",
    email: Annotated[str, typer.Option("--email", help="The person's e-mail address.")] = "",
    phone: Annotated[str, typer.Option("--phone", help="The person's phone number.")] = "",
    yes: Yes = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Remove a person from every table, for good, and print the receipt.

    Leads are theirs where a contact field of the playbook is their address or number. Backups are cleaned when they are
    restored; files that were exported before are for you to find.

    Examples:

        leadloop store erase insurance --lead L-17 --yes
        leadloop store erase insurance --email ann@example.com --phone "+1 202 555 0143"
    """
    from leadloop.cli.console import say
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import erase as erase_flow

    if not (lead or email or phone):
        raise LeadLoopError("erase", Problem("person", "is not named", "give --lead, --email or --phone"))
    place = open_workspace(workspace)
    _require_yes(yes, "Everything that is stored about this person is removed, and nothing brings it back.")
    receipt = erase_flow(place, playbook, lead_id=lead, email=email, phone=phone)
    say(f"Receipt {receipt.id}, asked for at {receipt.asked_at:%Y-%m-%dT%H:%M:%SZ}")
    for name, count in sorted(receipt.removed.items()):
        say(f"  {name}: {count:,}")
    if not receipt.removed:
        say("  Nothing was found.")
    for where in receipt.beyond:
        say(f"Not reached from here: {where}.")


@store.command()
def forget(
    family: Annotated[
        str,
        typer.Argument(
            metavar="FAMILY",
            help="events, outcomes, scores, feedback, exposures, jobs or leads.",
            show_default=False,
        ),
    ],
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help="How old: 365d, 8w, 1y, 36h.", show_default=False)
    ],
    yes: Yes = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Remove what was recorded longer ago than a time, for good; the audit log notes it, and is itself never forgotten.

    Example: `leadloop store forget feedback --older-than 365d --yes`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import forget as forget_flow

    place = open_workspace(workspace)
    _require_yes(yes, f"All {family} older than {older_than} are removed, and nothing brings them back.")
    rows, before = forget_flow(place, family, older_than)
    say(f"{rows:,} rows of {family} from before {before:%Y-%m-%dT%H:%M:%SZ} were removed.")


@store.command()
def verify(
    noted: Annotated[
        str, typer.Option("--noted", metavar="HEAD", help="A head that was printed earlier and kept elsewhere.")
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Check that nobody changed, removed or reordered a row of the audit log, that it accounts for every key and every version
    in service, and print where it ends.

    Keep the head in another place: given with --noted later, it proves that nothing before it was rewritten.

    Example: `leadloop store verify`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import verify as verify_flow

    head = verify_flow(open_workspace(workspace), noted)
    say(f"The log is whole: {head.number:,} rows.")
    say(f"Head: {head.number}:{head.hash}")


@store.command()
def migrate(workspace: WorkspaceOption = None) -> None:
    """Bring the tables of the store to the step that this version needs; every command does it by itself as well.

    Example: `leadloop store migrate`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.upkeep.storekeeping import migrate as migrate_flow

    before, now = migrate_flow(open_workspace(workspace))
    say(f"The tables are at step {now}" + ("." if before == now else f"; before they were at {before or 'none'}."))


def _require_yes(yes: bool, warning: str) -> None:
    """Ask on a terminal; elsewhere refuse, since nobody could answer."""
    import sys

    from leadloop.cli.console import tell
    from leadloop.errors import LeadLoopError, Problem

    if yes:
        return
    tell(warning)
    if not sys.stdin.isatty():
        raise LeadLoopError("store", Problem("--yes", "is missing", "give it where you mean it; nothing was changed"))
    typer.confirm("Go on?", abort=True)
