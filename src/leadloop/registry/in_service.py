"""Which version is in service, and the copy of that answer beside the versions, for when the database is away.

The database alone decides. Whoever hears from it that something changed writes the answer down; who finds it away goes by that
file, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from leadloop.registry.files import replace_durably
from leadloop.registry.manifest import VERSION_ID

NAME = "in_service.json"
_LARGEST = 1 << 16
_MOST_BEFORE = 20


@dataclass(frozen=True, slots=True)
class InService:
    """What is in service of one playbook."""

    version: str | None
    """The version; None where none is."""
    since: datetime | None = None
    """Since when."""
    before: tuple[str, ...] = ()
    """The versions that one goes back to, step by step, the latest first."""
    doubt: str = ""
    """Why this is only what was last known to be in service; empty where the database says so now."""
    manifests: Mapping[str, str] = field(default_factory=dict)
    """The checksum that each of these versions' manifests had when it was promoted, where that was noted."""

    def as_bytes(self) -> bytes:
        """The answer as it is written beside the versions."""
        since = self.since.isoformat() if self.since else None
        body: dict[str, Any] = {"version": self.version, "since": since, "before": self.before[:_MOST_BEFORE]}
        body |= {"manifests": dict(self.manifests)} if self.manifests else {}
        return json.dumps(body, indent=1).encode() + b"\n"


def serving(
    stack: Sequence[str], since: datetime | None, manifest_of: Callable[[str], str] = lambda version: ""
) -> InService:
    """The answer from the versions that were put in service and not rolled back, newest first.

    >>> serving(["v3", "v2", "v3", "v1"], None).before
    ('v2', 'v1')
    """
    version = stack[0] if stack else None
    before = tuple(one for one in dict.fromkeys(stack) if one != version)[:_MOST_BEFORE]
    noted = {one: manifest_of(one) for one in (*([version] if version else []), *before)}
    return InService(version, since, before, manifests={one: said for one, said in noted.items() if said})


def read_last_known(folder: Path) -> InService | None:
    """What was last known of the playbook with this folder; None where nothing was, or where the file cannot be read."""
    path = folder / NAME
    try:
        if path.stat().st_size > _LARGEST:
            return None
        said = json.loads(path.read_bytes())
        version, before = said["version"], tuple(said["before"])
        manifests = dict(said.get("manifests") or {})
        since = None if said["since"] is None else datetime.fromisoformat(said["since"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    names = (*before, *([] if version is None else [version]))
    if not all(isinstance(name, str) and VERSION_ID.fullmatch(name) for name in names):
        return None
    if not all(isinstance(one, str) for one in (*manifests, *manifests.values())):
        return None
    return InService(version, since, before, manifests=manifests)


def write_last_known(folder: Path, known: InService) -> None:
    """Write down what is in service, where that is not what the file says. The lock of the folder must be held."""
    content = known.as_bytes()
    path = folder / NAME
    if not path.is_file() or path.read_bytes() != content:
        replace_durably(path, content)
