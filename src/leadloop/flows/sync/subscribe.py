"""Fellow is asked to send events by itself, and the secret of their signatures goes straight into its file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from leadloop.errors import Problem, SourceError
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import SOURCE
from leadloop.flows.sync.fetch import open_fellow
from leadloop.ingest.fellow.objects import text_of

EVENTS = ("ai_note.generated", "action_item.completed")


def subscribe_to_fellow(place: Workspace, url: str, *, events: Sequence[str] = EVENTS, again: bool = False) -> Path:
    """Have Fellow send events to an address, which must answer its challenge now; gives the file that has the new secret, too.

    A secret that is there stays, so that events signed by it are taken until it is removed. With `again`, what Fellow was told
    before of this address is replaced, as where its secret was lost. Raises SourceError where no file is named, where Fellow
    sends there already, and where Fellow refuses.
    """
    file = read_settings(place.root).fellow_webhook_secrets_file
    if not file:
        mend = "set fellow_webhook_secrets_file in leadloop.toml; nobody else should be able to read that file"
        raise SourceError(SOURCE, Problem("secret", "has no file to be kept in", mend))
    path = place.root / Path(file).expanduser()
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        mend = "make the folder, or name another file under fellow_webhook_secrets_file"
        raise SourceError(SOURCE, Problem(str(path), f"cannot be written: {error.strerror}", mend)) from None
    with open(opened, "a", encoding="ascii") as secrets:
        with open_fellow(place) as fellow:
            before = [one for one in fellow.subscriptions() if one.get("url") == url]
            if before and not again:
                mend = "add --again to replace that, with a new secret, or leave it as it is"
                raise SourceError(SOURCE, Problem("url", "is where Fellow sends events already", mend))
            made = fellow.subscribe(url, events)
            for one in before:
                fellow.unsubscribe(text_of(one, "id"))
        secret = made.get("secret")
        if not isinstance(secret, str) or not secret.startswith("whsec_"):
            raise SourceError(
                SOURCE, Problem("webhook", "was made without a secret", "see whether the API has changed")
            )
        secrets.write(f"\n{secret}\n")
        secrets.flush()
        os.fsync(secrets.fileno())
    return path
