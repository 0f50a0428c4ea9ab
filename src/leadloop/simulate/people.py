"""People who do not exist: names, addresses, e-mail and telephone numbers that nobody could have.

E-mail domains end in .example or are example.com, .net or .org, which are kept for documentation (RFC 2606, RFC 6761);
telephone numbers are 555-0100 to 555-0199, which North America keeps for fiction. Family names are made up.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.simulate.draws import draw_codes, happens, take

_FIRST_NAMES = """
    Aaliyah Adam Aisha Alex Amara Ana Andre Anita Arjun Ben Bianca Bruno Carla Carlos Chen Chloe Clara Dana
    Daniel Darius Deepa Diego Elena Eli Emil Emma Esther Farah Felix Fiona Gabriel Grace Hana Hugo Ibrahim
    Ines Iris Ivan Jade Jamal Jana Jonas Jorge Julia Kai Karim Kavya Lena Leo Liam Lina Luca Maria Marta Mateo
    Maya Mei Mila Mina Nadia Nina Noah Nora Omar Oscar Paula Priya Rafael Ravi Rosa Ruth Sam Sara Sofia Sven
    Tara Tess Theo Uma Victor Vera Wei Yara Yusuf Zoe
"""
FIRST_NAMES: tuple[str, ...] = tuple(_FIRST_NAMES.split())
FAMILY_NAMES: tuple[str, ...] = tuple(
    first + last
    for first in ("Sample", "Mock", "Faux", "Test", "Demo", "Dummy", "Example", "Fiction", "Pretend", "Synth")
    for last in ("ley", "ford", "stein", "ova", "ez", "son", "wright", "mann", "ini", "well")
)
_STREETS = tuple(
    f"{name} {kind}"
    for name in (
        "Sample",
        "Placeholder",
        "Mockingbird Test",
        "Dummy Oak",
        "Example",
        "Fictional",
        "Synthetic",
        "Specimen",
    )
    for kind in ("St", "Ave", "Rd", "Lane", "Blvd", "Court", "Drive")
)
PRIVATE_DOMAINS = ("mailbox.example", "example.com", "inbox.example", "example.net", "post.example", "example.org")
THROWAWAY_DOMAINS = ("tempmail.example", "discard.example")
_AREA_CODES = ("212", "213", "305", "312", "404", "415", "512", "602", "617", "702", "713", "720", "808", "904", "971")
_PHONE_FORMS = ("({}) {}", "{}-{}", "+1 {} {}", "{}.{}", "1{}{}")


def draw_people(rng: np.random.Generator, count: int) -> tuple[pl.Series, pl.Series]:
    """A first and a family name for each lead."""
    first = draw_codes(rng, [1.0] * len(FIRST_NAMES), count)
    family = draw_codes(rng, [1.0] * len(FAMILY_NAMES), count)
    return take(FIRST_NAMES, first), take(FAMILY_NAMES, family)


def draw_phones(rng: np.random.Generator, count: int) -> pl.Series:
    """A number for each lead out of 555-0100 to 555-0199, written in one of five ways."""
    area, line = rng.integers(0, len(_AREA_CODES), count), rng.integers(100, 200, count)
    form = draw_codes(rng, [45, 25, 15, 8, 7], count)
    numbers = [
        _PHONE_FORMS[kind].format(_AREA_CODES[code], f"5550{rest}" if kind == 4 else f"555-0{rest}")
        for kind, code, rest in zip(form.tolist(), area.tolist(), line.tolist(), strict=True)
    ]
    return pl.Series(numbers, dtype=pl.String)


def draw_streets(rng: np.random.Generator, count: int) -> pl.Series:
    """A street and number for each lead."""
    number = pl.Series(rng.integers(1, 2_000, count)).cast(pl.String)
    return number + " " + take(_STREETS, rng.integers(0, len(_STREETS), count))


def write_emails(first: pl.Series, family: pl.Series, numbers: np.ndarray, domain: pl.Series) -> pl.Series:
    """An address for each lead that no other lead has: first.family.number@domain."""
    serial = pl.Series(numbers).cast(pl.String)
    return first.str.to_lowercase() + "." + family.str.to_lowercase() + "." + serial + "@" + domain


def leave_out(rng: np.random.Generator, cells: pl.Series, told: np.ndarray, placeholder: str = "") -> pl.Series:
    """The cells where they were told; elsewhere blank, or now and then the placeholder that a system puts there."""
    put = happens(rng, 0.3 if placeholder else 0.0, len(cells))
    known, marked = pl.Series(told), pl.Series(put)
    return (
        pl.select(pl.when(known).then(cells).when(marked).then(pl.lit(placeholder or None)).otherwise(None))
        .to_series()
        .cast(pl.String)
    )
