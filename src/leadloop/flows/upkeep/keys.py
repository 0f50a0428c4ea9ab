"""Keys of the service: made here, shown once, and kept in the store as a hash, with who made and revoked them on its record."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.duration import read_span
from leadloop.flows.place.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from leadloop.store import ApiKey, NewKey

Role = Literal["scorer", "feedback", "analyst", "admin"]
"""What a key may be used for: scores; what became of leads; looking at models and measures; everything."""
ROLES: tuple[Role, ...] = get_args(Role)
_LONGEST_NAME = 100


def new_key(role: str, name: str, *, expires: str = "", workspace: Workspace | Path | str | None = None) -> NewKey:
    """Make a key for a role; `expires` is how long it is good for, as in 90d, and without it until it is revoked.

    Raises LeadLoopError for no role of ours, no name, or no such time.
    """
    problems = []
    if role not in ROLES:
        problems.append(Problem("role", f"“{role}” is none", f"take {', '.join(ROLES)}"))
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        problems.append(Problem("name", "is no name", f"say in at most {_LONGEST_NAME} signs who will use the key"))
    span = None
    try:
        span = read_span(expires, "expires") if expires else None
    except LeadLoopError as error:
        problems += error.problems
    if problems:
        raise LeadLoopError("key", problems)
    place = _place(workspace)
    until = datetime.now(UTC) + span if span else None
    return place.store.keys.issue(role, name.strip(), who=place.who(), expires_at=until)


def list_keys(*, workspace: Workspace | Path | str | None = None) -> list[ApiKey]:
    """Every key that was made, the oldest first, the expired and revoked among them."""
    keys = [one.key for one in _place(workspace).store.keys.known()]
    return sorted(keys, key=lambda key: (key.created_at, key.id))


def revoke_key(identity: str, *, workspace: Workspace | Path | str | None = None) -> None:
    """Let a key be good for nothing from now on; servers learn of it within seconds. Raises StoreError where there is none."""
    place = _place(workspace)
    place.store.keys.revoke(identity, who=place.who())


def _place(workspace: Workspace | Path | str | None) -> Workspace:
    return workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
