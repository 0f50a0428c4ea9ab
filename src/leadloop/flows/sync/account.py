"""Whose Fellow this workspace reads, and its secrets: from the environment, or from files that only the service need read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from leadloop.errors import Problem, SourceError
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.fellow.account import Account, make_account

SOURCE = "fellow"
KEY_VARIABLE = "LEADLOOP_FELLOW_API_KEY"
SECRETS_VARIABLE = "LEADLOOP_FELLOW_WEBHOOK_SECRETS"
_LARGEST = 10_000


def find_account(place: Workspace, *, environ: Mapping[str, str] | None = None) -> Account:
    """The Fellow that this workspace reads; raises SourceError with everything that is missing or wrong, never with the key."""
    settings = read_settings(place.root)
    key = _read_secret(place.root, KEY_VARIABLE, "fellow_api_key_file", settings.fellow_api_key_file, environ)
    problems = []
    if not settings.fellow_subdomain:
        mend = "set fellow_subdomain in leadloop.toml, or LEADLOOP_FELLOW_SUBDOMAIN"
        problems.append(Problem("subdomain", "is not named", mend))
    if not key:
        mend = f"put it into {KEY_VARIABLE}, or name its file under fellow_api_key_file"
        problems.append(Problem("key", "is nowhere", mend))
    if problems:
        raise SourceError(SOURCE, problems)
    return make_account(settings.fellow_subdomain, key, url=settings.fellow_url)


def may_ask(place: Workspace) -> bool:
    """Whether this workspace has a key to ask Fellow with; without one it knows what Fellow sends by itself."""
    settings = read_settings(place.root)
    return bool(settings.fellow_subdomain and (os.environ.get(KEY_VARIABLE) or settings.fellow_api_key_file))


def find_webhook_secrets(place: Workspace, *, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The secrets that sign what Fellow sends: two while a new one takes the place of the old. None where there are none."""
    settings = read_settings(place.root)
    text = _read_secret(
        place.root, SECRETS_VARIABLE, "fellow_webhook_secrets_file", settings.fellow_webhook_secrets_file, environ
    )
    return tuple(text.replace(",", " ").split())


def _read_secret(root: Path, variable: str, setting: str, file: str, environ: Mapping[str, str] | None) -> str:
    """What a variable says, or a file that a setting names. What the setting holds is not told: it may be the secret itself."""
    told = (os.environ if environ is None else environ).get(variable, "").strip()
    if told or not file:
        return told
    try:
        path = root / Path(file).expanduser()
        if path.stat().st_size > _LARGEST:
            raise SourceError(
                SOURCE, Problem(setting, "names a file that is larger than any secret", "name the right file")
            )
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it holds no text"
        mend = "name the file that holds it, and not the secret itself, and see who may read that file"
        raise SourceError(SOURCE, Problem(setting, f"names a file that cannot be read: {why}", mend)) from None
