"""Hints of what a company works with: names that the addresses in its pages, and its server's headers, give away."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_TELLING = ("server", "x-powered-by", "via", "x-served-by", "x-generator")
_TELLING_NAMES = ("x-amz-", "x-azure-", "x-goog-", "cf-ray", "x-drupal", "x-aspnet")


@cache
def known_technologies() -> Mapping[str, tuple[str, ...]]:
    """Each technology with what gives it away."""
    text = (files("leadloop.enrich.website") / "technologies.toml").read_text(encoding="utf-8")
    return {name: tuple(signs) for name, signs in tomllib.loads(text).items()}


def find_technologies(made_with: Iterable[str], headers: Mapping[str, str], generator: str = "") -> list[str]:
    """The technologies that are given away, in the order of our list.

    >>> find_technologies(["https://js.hs-scripts.com/1.js"], {"server": "AmazonS3", "x-powered-by": "PHP/8.2"})
    ['HubSpot', 'AWS', 'PHP']
    """
    told = [f"{name}: {headers[name]}" for name in _TELLING if name in headers]
    told += [
        f"{name}:"
        for name in headers
        if name.startswith(("x-amz-", "x-azure-", "x-goog-", "cf-ray", "x-drupal", "x-aspnet"))
    ]
    if generator:
        told.append(f"generator: {generator}")
    evidence = "\n".join([*made_with, *told]).lower()
    return [name for name, signs in known_technologies().items() if any(sign in evidence for sign in signs)]
