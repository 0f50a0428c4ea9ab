"""Whose Fellow it is: its address, and the key, which is handed on to nobody but Fellow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from leadloop.errors import Problem, SourceError

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HERE = ("127.0.0.1", "localhost", "::1")
_KEY = re.compile(r"[!-~]{1,512}")
PREFIX = "/api/v1"


class Secret:
    """A text that is shown nowhere: not where it is printed, logged, compared or part of an error.

    >>> Secret("k-123")
    Secret(...)
    >>> f"{Secret('k-123')}"
    'Secret(...)'
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")


@dataclass(frozen=True)
class Account:
    """One Fellow workspace and the key to it."""

    subdomain: str
    """The first part of its address, as in `acme.fellow.app`."""
    base_url: str
    """Where its API begins, up to and with the version."""
    key: Secret


def make_account(subdomain: str, key: str, *, url: str = "") -> Account:
    """The account of a workspace; `url` stands in for Fellow's own address, as that of a local Fellow does.

    Raises SourceError with everything that is wrong. The key goes over TLS alone, except to this very machine.

    >>> make_account("acme", "k").base_url
    'https://acme.fellow.app/api/v1'
    >>> make_account("acme", "k", url="http://127.0.0.1:8765").base_url
    'http://127.0.0.1:8765/api/v1'
    >>> make_account("evil.com/", "k")
    Traceback (most recent call last):
    leadloop.errors.SourceError: fellow: 1 problem
      subdomain  is no name of a workspace; give the first part of its address, as in acme.fellow.app
    """
    problems = []
    if not _LABEL.fullmatch(subdomain):
        mend = "give the first part of its address, as in acme.fellow.app"
        problems.append(Problem("subdomain", "is no name of a workspace" if subdomain else "is not given", mend))
    if not _KEY.fullmatch(key):
        problems.append(Problem("key", "is empty, or holds signs that no key has", "copy it anew from Fellow"))
    base = f"https://{subdomain}.fellow.app"
    if url:
        base = url.rstrip("/").removesuffix(PREFIX)
        if wrong := _explain_url(base):
            problems.append(Problem("url", *wrong))
    if problems:
        raise SourceError("fellow", problems)
    return Account(subdomain, base + PREFIX, Secret(key))


def _explain_url(url: str) -> tuple[str, str] | None:
    """What is wrong with an address and how to mend it; None where nothing is."""
    mend = "give one such as https://acme.fellow.app"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no address", mend
    if parts.scheme not in ("http", "https") or not host or parts.path or parts.query or parts.fragment:
        return "is no address of a server", mend
    if parts.username or parts.password:
        return "holds a name or a password", mend
    if parts.scheme == "http" and host not in _HERE and not host.endswith(".localhost"):
        return "is not encrypted, and the key would be seen on the way", "give an https address"
    return None
