"""What comes up on a discovery call, as plain facts: the notes then say it in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.simulate.b2b_calls.companies import AI_TRAITS, ON_THE_PHONE, Companies
from leadloop.simulate.draws import draw_codes_by, draw_shifted, happens
from leadloop.simulate.world import Block

NOT_MENTIONED, WANTED, REFUSED, PITCHED = range(4)
VOICE_AI, VOICE, MESSAGING, VERIFY, WIRELESS = range(5)
_WANTED_SHARE = np.array([0.30, 0.32, 0.34, 0.18, 0.10])
_MENTIONED_SHARE = np.array([0.62, 0.5, 0.52, 0.34, 0.24])
SOURCES = ("Website", "Inbound Call", "Outbound", "Referral", "Event", "Partner", "Paid Search", "Webinar")
SOURCE_EFFECT = np.array([0.1, 0.35, -0.45, 0.6, -0.2, 0.4, -0.15, -0.25])
_SOURCE_WEIGHTS = (26, 9, 20, 9, 8, 7, 14, 7)
_OTHER_SOURCE_WEIGHTS = (14, 5, 34, 4, 14, 3, 16, 10)
TITLES = (
    "CEO",
    "CTO",
    "VP Engineering",
    "Head of Operations",
    "Product Manager",
    "Developer",
    "Analyst",
    "Office Manager",
)
TITLE_EFFECT = np.array([0.3, 0.45, 0.4, 0.3, 0.05, 0.0, -0.4, -0.55, -0.1])  # Last: not told.


@dataclass(frozen=True)
class Calls:
    """For each call of a block what was said. Codes are 0 where a subject did not come up.

    `products` has a row a call and a column a product; `notes` says where there are notes at all.
    """

    products: np.ndarray
    timeline: np.ndarray
    pricing: np.ndarray
    next_step: np.ndarray
    technical: np.ndarray
    decision: np.ndarray
    budget: np.ndarray
    competitor: np.ndarray
    volume: np.ndarray
    notes: np.ndarray
    listed: np.ndarray
    urgency: np.ndarray
    minutes: np.ndarray
    source: np.ndarray
    title: np.ndarray
    interest: np.ndarray


def draw_calls(block: Block, companies: Companies) -> Calls:
    """Draw what was said. Unseen interest tilts every answer; nothing that is said settles the matter alone."""
    rng, count, shift = block.seeing, len(block), block.change.covariate
    interest = rng.standard_normal(count) - 0.25 * shift
    tilt = 1 / (1 + np.exp(-interest))
    suits = ON_THE_PHONE[companies.industry] | np.isin(companies.trait, AI_TRAITS)
    wanted = np.tile(_WANTED_SHARE, (count, 1)) * (0.5 + tilt[:, None])
    wanted[:, VOICE_AI] += 0.2 * suits + 0.2 * shift
    wanted[:, VERIFY] += 0.12 * companies.signals[:, 0]
    drawn, mentioned = rng.random((count, 5)), rng.random((count, 5)) < _MENTIONED_SHARE
    refused = (0.22 + 0.3 * (1 - tilt))[:, None]
    products = np.where(drawn < wanted, WANTED, np.where(drawn < wanted + (1 - wanted) * refused, REFUSED, PITCHED))
    products = np.where(mentioned, products, NOT_MENTIONED)

    def answer(silent: float, good: np.ndarray, others: tuple[float, ...]) -> np.ndarray:
        """0 where nothing was said, 1 with a chance that grows with `good`, else one of the others."""
        rest = np.asarray(others) / sum(others)
        said = rng.random(count) >= silent
        first = rng.random(count) < good
        other = 2 + np.searchsorted(np.cumsum(rest), rng.random(count) * 0.999999)
        return np.where(said, np.where(first, 1, other), 0)

    timeline = answer(0.3, 0.15 + 0.4 * tilt, (5.0, 5.0))
    volume_draws = rng.random(count) + 0.15 * (np.log10(companies.size) - 2)
    volume = np.where(happens(rng, 0.6, count), 1 + (volume_draws > 0.4) + (volume_draws > 0.8), 0)
    urgent = np.array([2.2, 4.4, 2.8, 0.9])[timeline] + 0.5 * (interest > 0)
    urgency = np.clip(np.round(urgent + 0.7 * rng.standard_normal(count)), 0, 5)
    title = draw_codes_by(
        rng,
        np.array([[10, 12, 10, 14, 18, 16, 10, 10], [25, 12, 5, 16, 8, 8, 4, 22]], dtype=float),
        (companies.size < 40).astype(np.int64),
    )
    return Calls(
        products=products,
        timeline=timeline,
        pricing=answer(0.4, 0.45 + 0.4 * tilt, (1.0,)),
        next_step=answer(0.12, 0.2 + 0.5 * tilt, (5.0, 4.0)),
        technical=np.minimum(np.floor(-np.log1p(-rng.random(count)) * (0.7 + 1.5 * tilt)), 4).astype(np.int64),
        decision=answer(0.45, 0.35 + 0.3 * tilt, (1.0,)),
        budget=answer(0.5, 0.3 + 0.4 * tilt, (1.0,)),
        competitor=answer(0.5, 0.25 + 0.4 * tilt, (1.0,)),
        volume=volume,
        notes=happens(rng, 0.96, count),
        listed=happens(rng, 0.7, count),
        urgency=np.where(happens(rng, 0.75, count), urgency, np.nan),
        minutes=np.clip(np.round(27 + 6 * interest + 9 * rng.standard_normal(count)), 4, 90),
        source=draw_shifted(rng, _SOURCE_WEIGHTS, _OTHER_SOURCE_WEIGHTS, shift),
        title=np.where(happens(rng, 0.85, count), title, -1),
        interest=interest,
    )
