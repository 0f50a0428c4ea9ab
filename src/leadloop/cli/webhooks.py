"""`leadloop webhooks`: which addresses are told of scores, and what became of each message."""

from __future__ import annotations

from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption

webhooks = typer.Typer(
    no_args_is_help=True, help="Send leads on as they are routed: add addresses, try them, see what arrived."
)
_SHOWN = 50
_Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id, as `list` shows it.", show_default=False)]


@webhooks.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send.", show_default=False)],
    playbook: Annotated[str, typer.Option(help="Only of this playbook's leads.", show_default=False)] = "",
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            help="What to tell: lead.routed (the usual), lead.scored, alert. May be repeated.",
            show_default=False,
        ),
    ] = None,
    routes: Annotated[
        list[str] | None, typer.Option("--route", help="Only leads on this route. May be repeated.", show_default=False)
    ] = None,
    bands: Annotated[
        list[str] | None, typer.Option("--band", help="Only leads in this band. May be repeated.", show_default=False)
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", help="Send this field of the lead along. May be repeated.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Tell an address of leads as they are scored, and print the secret that messages are signed with, this one time.

    `lead.routed` tells of a lead's first score and of each that changes its route, `lead.scored` of every score. Messages are
    signed by Standard Webhooks and sent by workers until they arrive, for a good day. No field of the lead is sent unless you
    name it.

    Examples:

        leadloop webhooks add https://crm.example.com/hooks/leadloop --playbook b2b_calls --route AE_HANDOFF
        leadloop webhooks add https://bot.example.com/leadloop --type alert
    """
    from leadloop.cli.console import say, tell
    from leadloop.flows.notify.endpoints import add_webhook
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    told = {"routes": routes or [], "bands": bands or [], "fields": fields or [], "types": types or ["lead.routed"]}
    made = add_webhook(place, url, playbook=playbook, who=place.who(), **told)
    tell(f"Webhook {made.webhook.id} is told of {', '.join(made.webhook.types)}. Its secret is shown once:")
    say(made.secret)


@webhooks.command("list")
def list_all(workspace: WorkspaceOption = None) -> None:
    """List every address with how its messages fare.

    Example: `leadloop webhooks list`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    found = place.store.webhooks.all() if place.has_store() else ()
    if not found:
        say("Nobody is told of scores. Add an address: leadloop webhooks add URL")
        return
    counts = place.store.webhooks.counts()
    states = ("waiting", "sent", "given up")
    table = make_table("webhook", "to", "tells", "of", "state", *states, right=states)
    for one in found:
        mine = counts.get(one.id, {})
        only = [one.playbook or "any playbook", *one.routes, *one.bands]
        state = f"{one.state}: {one.why}" if one.why else one.state
        numbers = (f"{mine.get(name, 0):,}" for name in states)
        add_row(table, one.id, one.url, ", ".join(one.types), ", ".join(only), state, *numbers)
    out.print(table)


@webhooks.command("test")
def test(webhook: _Id, workspace: WorkspaceOption = None) -> None:
    """Send a test message to an address now, and say what was answered.

    Example: `leadloop webhooks test wh_0a1b2c3d4e5f6071`
    """
    from leadloop.cli.console import say
    from leadloop.flows.notify.courier import deliver_now
    from leadloop.flows.notify.endpoints import test_webhook
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.jobs import new_holder

    place = open_workspace(workspace)
    name = test_webhook(place, webhook)
    deliver_now(place, new_holder())
    sent = next((one for one in place.store.webhooks.page(webhook).items if one.message == name), None)
    if sent is None:
        say(f"Message {name} is gone: the webhook was removed.")
    elif sent.state == "sent":
        say(f"Message {name} arrived: answered with {sent.status} in {sent.seconds or 0:.2f} s.")
    else:
        why = sent.error or f"answered with {sent.status}"
        say(f"Message {name} did not arrive ({why}); it is {sent.state}.")
        raise typer.Exit(1)


@webhooks.command("deliver")
def deliver(workspace: WorkspaceOption = None) -> None:
    """Deliver all messages that are due, here and now, for whoever runs no worker.

    Example: `leadloop webhooks deliver`
    """
    from leadloop.cli.console import say
    from leadloop.flows.notify.courier import deliver_now
    from leadloop.flows.place.workspace import open_workspace
    from leadloop.flows.work.jobs import new_holder

    place = open_workspace(workspace)
    became = deliver_now(place, new_holder())
    told = ", ".join(f"{count:,} {what}" for what, count in sorted(became.items()))
    say(f"{told or 'Nothing was due'}; {place.store.webhooks.waiting():,} wait.")


@webhooks.command("deliveries")
def deliveries(
    webhook: Annotated[str, typer.Argument(metavar="[ID]", help="Only of this webhook.", show_default=False)] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """List the newest messages, with what was answered and when they are sent again.

    Example: `leadloop webhooks deliveries`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.notify.endpoints import find_webhook
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    if webhook:
        find_webhook(place, webhook)
    found = place.store.webhooks.page(webhook, limit=_SHOWN).items
    if not found:
        say("There is no message.")
        return
    table = make_table(
        "number", "message", "webhook", "tells", "lead", "state", "attempts", "", right=("number", "attempts")
    )
    for one in found:
        why = one.error or (f"answered with {one.status}" if one.status else "")
        if one.state == "waiting":
            why = f"{why}, " * bool(why) + f"next at {one.run_after:%Y-%m-%d %H:%M:%S}"
        about = (str(one.id), one.message, one.webhook, one.type, one.lead_id)
        add_row(table, *about, one.state, str(one.attempts), why)
    out.print(table)


@webhooks.command("again")
def again(
    message: Annotated[
        int, typer.Argument(metavar="NUMBER", help="The number that `deliveries` shows.", show_default=False)
    ],
    workspace: WorkspaceOption = None,
) -> None:
    """Send a message once more that was given up, or that its receiver lost.

    Example: `leadloop webhooks again 17`
    """
    from leadloop.cli.console import say
    from leadloop.flows.place.workspace import open_workspace

    one = open_workspace(workspace).store.webhooks.again(message)
    say(f"Message {one.id} ({one.message}) waits to be sent.")


@webhooks.command("rotate")
def rotate(webhook: _Id, workspace: WorkspaceOption = None) -> None:
    """Give a webhook a new secret and print it, this one time; the old one signs along for a day.

    Example: `leadloop webhooks rotate wh_0a1b2c3d4e5f6071`
    """
    from leadloop.cli.console import say, tell
    from leadloop.flows.notify.endpoints import rotate_secret
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    made = rotate_secret(place, webhook, who=place.who())
    until = made.webhook.old_until
    tell(f"The old secret signs along until {until:%Y-%m-%d %H:%M} UTC." if until else "The old secret signs no more.")
    say(made.secret)


@webhooks.command("on")
def on(webhook: _Id, workspace: WorkspaceOption = None) -> None:
    """Send to a webhook again that was turned off, from now on.

    Example: `leadloop webhooks on wh_0a1b2c3d4e5f6071`
    """
    from leadloop.cli.console import say
    from leadloop.flows.notify.endpoints import turn_on
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    turn_on(place, webhook, who=place.who())
    say(f"Webhook {webhook} is on.")


@webhooks.command("remove")
def remove(webhook: _Id, workspace: WorkspaceOption = None) -> None:
    """Forget a webhook and all of its messages.

    Example: `leadloop webhooks remove wh_0a1b2c3d4e5f6071`
    """
    from leadloop.cli.console import say
    from leadloop.flows.notify.endpoints import remove_webhook
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    remove_webhook(place, webhook, who=place.who())
    say(f"Webhook {webhook} is forgotten, with its messages.")
