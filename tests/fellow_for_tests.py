"""A local Fellow for tests: filled once for each size, and a copy of that for each test that changes it."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path

from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.fellow.account import make_account
from leadloop.ingest.fellow.client import Fellow
from leadloop.ingest.fellow.pace import Tokens
from leadloop.testing.fellow import Library, LocalFellow, Quirks, fill_library
from leadloop.testing.fellow.library import OWN_DOMAIN, OWN_NAME
from leadloop.testing.fellow.server import KEY


@lru_cache
def _filled(calls: int) -> Library:
    return fill_library(calls)


def local_fellow(calls: int = 60, **quirks: object) -> LocalFellow:
    """A local Fellow; without a word on its limit it has none, so that tests need not wait."""
    told = Quirks(**{"rate_limited": False, **quirks})  # type: ignore[arg-type]
    filled = _filled(calls)
    parts = {name: copy.deepcopy(getattr(filled, name)) for name in ("recordings", "notes", "action_items")}
    library = Library(filled.subdomain, **parts, truths=dict(filled.truths))
    return LocalFellow(library, quirks=told)


def client_of(local: LocalFellow, *, key: str = KEY, **more: object) -> Fellow:
    """A client of a local Fellow that listens, as quick as it can be."""
    more.setdefault("pace", Tokens(1_000))
    more.setdefault("wait", lambda seconds: None)
    return Fellow(make_account("loopline", key, url=local.url), **more)  # type: ignore[arg-type]


def workspace_of(local: LocalFellow, root: Path, *, more: str = "") -> Workspace:
    """A workspace that fetches its calls from a local Fellow that listens, with the key in a file."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "fellow.key").write_text(KEY + "\n")
    lines = [
        'fellow_subdomain = "loopline"',
        f'fellow_url = "{local.url}"',
        'fellow_api_key_file = "fellow.key"',
        f'own_names = ["{OWN_NAME}"]',
        f'own_domains = ["{OWN_DOMAIN}"]',
        "fellow_requests_per_second = 100",
        more,
    ]
    (root / "leadloop.toml").write_text("\n".join(lines) + "\n")
    return Workspace(root)
