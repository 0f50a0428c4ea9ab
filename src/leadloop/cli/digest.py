"""`leadloop digest`: what happened in a week."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadloop.cli.options import WorkspaceOption


def digest(
    playbook: Annotated[
        list[str] | None, typer.Argument(metavar="[PLAYBOOK]…", help="Playbooks by name. Default: all that have leads.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days it is about.")] = 7,
    html: Annotated[Path | None, typer.Option(help="Write it into this file, as a page.", show_default=False)] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it to every address of `alert_urls`.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Tell what happened in the last days: the answer in one paragraph, numbers with intervals, and what needs attention.

    It names no lead, unless the setting `digest_leads` asks for the best ones by name. The schedule `weekly digest` sends it
    every Monday once it is switched on.

    Examples:

        leadloop digest
        leadloop digest insurance --days 30 --html digest.html
        leadloop digest --send
        leadloop schedules on "weekly digest"
    """
    from leadloop.cli.console import out, say, tell
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.loop.alerts import NotTold
    from leadloop.flows.loop.digest import digests_of, send_digest, write_html, write_text
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    require_store(place, "PLAYBOOK")
    found = digests_of(place, playbook or [], days=days)
    if not found:
        say("No playbook has leads yet.")
        return
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(write_html(found), encoding="utf-8")
        tell(f"Written to {html}.")
    if send:
        try:
            failed = send_digest(place, found)
        except NotTold:
            mend = "`leadloop alerts test` says which addresses can be reached"
            raise LeadLoopError("digest", Problem("alert_urls", "took it at no address", mend)) from None
        tell("Sent." if not failed else f"Sent, but not taken by {', '.join(failed)}.")
    if html is None and not send:
        out.print(write_text(found), markup=False, highlight=False, soft_wrap=True, end="")
