"""Keys of the service: made here, shown once, and kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from typing import Literal, get_args

from leadloop.errors import LeadLoopError, Problem

Role = Literal["scorer", "feedback", "analyst", "admin"]
"""What a key may be used for: scores; what became of leads; looking at models and measures; everything."""
ROLES: tuple[Role, ...] = get_args(Role)


def make_key(role: str) -> tuple[str, str]:
    """A new key of 256 bits of chance, and the line for `api_keys` that lets it in. Raises LeadLoopError for no role of ours."""
    if role not in ROLES:
        raise LeadLoopError("key", Problem("role", f"“{role}” is none", f"take {', '.join(ROLES)}"))
    key = f"ll_{secrets.token_urlsafe(32)}"
    return key, f"{role}:{hash_key(key)}"


def hash_key(key: str) -> str:
    """What is kept of a key. Keys are long and random, so that a plain hash cannot be guessed backwards."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
