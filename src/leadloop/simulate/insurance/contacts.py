"""What people leave of themselves on the insurance form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.simulate.draws import draw_codes, happens, take
from leadloop.simulate.insurance.visits import Visits
from leadloop.simulate.people import (
    PRIVATE_DOMAINS,
    THROWAWAY_DOMAINS,
    draw_people,
    draw_phones,
    draw_streets,
    leave_out,
    write_emails,
)
from leadloop.simulate.world import Block

# State, its name, its weight, the beginning of its ZIP codes, its effect in log-odds.
_STATES = (
    ("CA", "California", 12, "90", -0.2),
    ("TX", "Texas", 10, "75", 0.2),
    ("FL", "Florida", 9, "32", -0.35),
    ("NY", "New York", 7, "10", -0.1),
    ("PA", "Pennsylvania", 5, "15", 0.15),
    ("IL", "Illinois", 5, "60", 0.1),
    ("OH", "Ohio", 5, "43", 0.25),
    ("GA", "Georgia", 4, "30", 0.0),
    ("NC", "North Carolina", 4, "27", 0.15),
    ("MI", "Michigan", 4, "48", -0.4),
    ("NJ", "New Jersey", 3, "07", -0.2),
    ("VA", "Virginia", 3, "22", 0.1),
    ("WA", "Washington", 3, "98", 0.1),
    ("AZ", "Arizona", 3, "85", 0.05),
    ("CO", "Colorado", 2, "80", 0.2),
    ("TN", "Tennessee", 2, "37", 0.0),
    ("MO", "Missouri", 2, "63", 0.1),
    ("MN", "Minnesota", 2, "55", 0.25),
    ("LA", "Louisiana", 2, "70", -0.5),
    ("OR", "Oregon", 2, "97", 0.1),
)
STATE_EFFECT = np.array([*(state[4] for state in _STATES), -0.2])  # Last: not told.
NO_EMAIL, PRIVATE, BUSINESS, THROWAWAY = range(4)
_TRADES = ("roofing", "bakery", "dental", "logistics", "florist", "plumbing", "cafe", "design", "fitness", "repairs")


@dataclass(frozen=True)
class Contacts:
    """For each lead of a block: what it left, as facts and as the cells of the export."""

    email_kind: np.ndarray
    has_phone: np.ndarray
    has_name: np.ndarray
    has_address: np.ndarray
    state: np.ndarray
    cells: dict[str, pl.Series]


def draw_contacts(block: Block, visits: Visits) -> Contacts:
    """Draw what is left; the more interested leave more."""
    rng, count = block.seeing, len(block)
    tilt = 1 / (1 + np.exp(-visits.interest))
    first, family = draw_people(rng, count)
    name = happens(rng, 0.70 + 0.28 * tilt, count)
    written = happens(rng, 0.1, count)  # Some forms write family names in capitals.
    full = first + " " + family
    full = pl.select(pl.when(pl.Series(written)).then(full.str.to_uppercase()).otherwise(full)).to_series()

    drawn = rng.random(count)
    business = np.where(visits.line == 3, 0.5, 0.04)
    kind = np.where(drawn < business, BUSINESS, np.where(drawn > 0.985, THROWAWAY, PRIVATE))
    kind = np.where(happens(rng, 0.82 + 0.16 * tilt, count), kind, NO_EMAIL)
    trade = take(_TRADES, rng.integers(0, len(_TRADES), count))
    domain = _by_kind(
        kind,
        take(PRIVATE_DOMAINS, draw_codes(rng, [34, 20, 16, 12, 10, 8], count)),
        family.str.to_lowercase() + "-" + trade + ".example",
        take(THROWAWAY_DOMAINS, rng.integers(0, len(THROWAWAY_DOMAINS), count)),
    )
    email = write_emails(first, family, block.numbers, domain)

    phone = happens(rng, 0.50 + 0.40 * tilt, count)
    address = happens(rng, 0.30 + 0.45 * tilt, count)
    state = draw_codes(rng, [weight for _, _, weight, _, _ in _STATES], count)
    state_told = address | happens(rng, 0.85, count)
    ways = draw_codes(rng, [88, 8, 4], count)  # As a code, in full, or as a code in small letters.
    state_text = take(
        [*(code for code, *_ in _STATES), *(long for _, long, *_ in _STATES), *(code.lower() for code, *_ in _STATES)],
        state + ways * len(_STATES),
    )
    numbers = pl.Series(rng.integers(0, 1_000, count)).cast(pl.String).str.zfill(3)
    zip_code = take([start for *_, start, _ in _STATES], state) + numbers
    zip_told = state_told & happens(rng, 0.9, count)
    return Contacts(
        email_kind=kind,
        has_phone=phone,
        has_name=name,
        has_address=address,
        state=np.where(state_told, state, -1),
        cells={
            "email": leave_out(rng, email, kind != NO_EMAIL),
            "phone": leave_out(rng, draw_phones(rng, count), phone, "N/A"),
            "full_name": leave_out(rng, full, name),
            "address": leave_out(rng, draw_streets(rng, count), address),
            "zip_code": leave_out(rng, zip_code, zip_told),
            "state": leave_out(rng, state_text, state_told, "Unknown"),
        },
    )


def _by_kind(kind: np.ndarray, private: pl.Series, business: pl.Series, throwaway: pl.Series) -> pl.Series:
    codes = pl.Series(kind)
    return pl.select(
        pl.when(codes == BUSINESS).then(business).when(codes == THROWAWAY).then(throwaway).otherwise(private)
    ).to_series()
