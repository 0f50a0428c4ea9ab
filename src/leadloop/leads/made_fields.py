"""Fields that have no column of their own: each is made from another as leads are read.

A group of values ("auto" and "home" are one line of business, whatever the file calls them), or the domain of an address.
"""

from __future__ import annotations

import re

import polars as pl

from leadloop.leads.field import Field

_MAIL = r"@([^@\s]+\.[^@\s.]+)\s*$"
_WEB = r"^\s*(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#\s@]+\.[^/:?#\s@.]+)"


def normalise_levels(cells: pl.Series) -> pl.Series:
    """Category values without regard to case and spacing.

    >>> normalise_levels(pl.Series(["Google ", "google", "Olark  Chat"])).to_list()
    ['google', 'google', 'olark chat']
    """
    return cells.str.strip_chars().str.to_lowercase().str.replace_all(r"\s+", " ")


def normalise_level(text: str) -> str | None:
    """One category value as `normalise_levels` has it, without a table; None where letters beyond ASCII are left to tables.

    >>> normalise_level("Olark  Chat "), normalise_level("Zoë")
    ('olark chat', None)
    """
    return " ".join(text.lower().split()) if text.isascii() and text.isprintable() else None


def make_values(cells: pl.Series, field: Field) -> pl.Series:
    """The values of a field that is made from another, from the values of that other."""
    made = group_values(cells, field) if field.groups_of else domain_values(cells)
    return made.alias(field.name)


def group_values(cells: pl.Series, field: Field) -> pl.Series:
    """The group that each value belongs to by `field.groups`, compared without regard to case and spacing; null for others.

    >>> line = Field("line", "category", "intake", groups_of="product", groups=(("pc", ("Auto", "home")),))
    >>> group_values(pl.Series(["auto", "HOME ", "life", None]), line).to_list()
    ['pc', 'pc', None, None]
    """
    group_of = {value: group for group, values in field.groups for value in values}
    old = normalise_levels(pl.Series(list(group_of), dtype=pl.String))
    new = pl.Series(list(group_of.values()), dtype=pl.String)
    words = normalise_levels(cells.cast(pl.String))
    return words.replace_strict(old, new, default=None, return_dtype=pl.String)


def domain_values(cells: pl.Series) -> pl.Series:
    """The domain of each e-mail or web address, in small letters and without "www."; null where it is none.

    >>> domain_values(pl.Series(["Ada@Mail.Example.com", "https://www.example.org/a?b", "call me", None])).to_list()
    ['mail.example.com', 'example.org', None, None]
    """
    words = cells.str.to_lowercase()
    return pl.select(pl.coalesce(words.str.extract(_MAIL), words.str.extract(_WEB))).to_series()


def domain_of(text: str) -> str | None:
    """The domain of one address of plain letters, as `domain_values` has it: both find a pattern in the same way.

    >>> domain_of("Ada@Mail.Example.com"), domain_of("call me")
    ('mail.example.com', None)
    """
    word = text.lower()
    found = re.search(_MAIL, word) or re.search(_WEB, word)
    return found[1] if found else None
