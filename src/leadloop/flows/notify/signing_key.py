"""The key that webhook secrets are computed from: a file in the workspace that only its owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.workspace import Workspace

FILE = "webhooks.key"
_BYTES = 32


def read_key(place: Workspace) -> bytes:
    """The key; raises LeadLoopError where it is missing or damaged."""
    path = place.root / FILE
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        mend = "bring it back from where this workspace was before, or give every webhook a new secret: leadloop webhooks rotate"
        raise LeadLoopError("webhooks", Problem(str(path), "is missing", mend)) from None
    except (OSError, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise LeadLoopError("webhooks", Problem(str(path), "is no key", "bring it back from a backup"))
    return key


def make_key(place: Workspace) -> bytes:
    """The key, made where there is none. It is on disk, for its owner alone, when this returns."""
    path = place.root / FILE
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(place)
    with os.fdopen(file, "w", encoding="ascii") as out:
        out.write(secrets.token_bytes(_BYTES).hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    if os.name == "posix":
        folder = os.open(Path(path).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return read_key(place)
