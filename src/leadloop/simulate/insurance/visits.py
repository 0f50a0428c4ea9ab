"""How people come to the insurance site and what they do there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.simulate.draws import draw_codes_by, draw_shifted, happens
from leadloop.simulate.insurance.types import LINES
from leadloop.simulate.world import Block

BROWSERS = ("Chrome", "Safari", "Edge", "Firefox", "Samsung Internet", "Opera")
_ON_DESK = np.array([[60, 12, 17, 8, 0, 3]], dtype=float)
_ON_PHONE = np.array([[48, 38, 1, 2, 9, 2]], dtype=float)
_SOURCE_WEIGHTS = (24, 18, 15, 7, 16, 8, 6, 6)
_OTHER_SOURCE_WEIGHTS = (12, 34, 6, 3, 30, 5, 8, 2)
UTM = (
    ("google", "cpc"),
    ("facebook", "paid_social"),
    (None, None),
    (None, None),
    ("comparison", "affiliate"),
    (None, None),
    ("newsletter", "email"),
    ("partner", "referral"),
)
CAMPAIGNS = ("brand", "generic_quotes", "retargeting", "spring_saver", "switch_and_save", "new_movers")
CAMPAIGN_EFFECT = np.array([0.45, -0.45, 0.3, -0.1, -0.25, 0.35, 0.0])  # Last: none.
_CAMPAIGN_WEIGHTS = (20, 34, 12, 14, 14, 6)


@dataclass(frozen=True)
class Visits:
    """For each lead of a block: the line, the source (codes), what was clicked, and the interest behind it (unseen)."""

    line: np.ndarray
    source: np.ndarray
    campaign: np.ndarray
    mobile: np.ndarray
    browser: np.ndarray
    pages: np.ndarray
    seconds: np.ndarray
    tracked: np.ndarray
    returned: np.ndarray
    form: np.ndarray
    quote: np.ndarray
    interest: np.ndarray


def draw_visits(block: Block) -> Visits:
    """Draw the visits. Unseen interest moves pages, time, forms and quotes together; some visitors are robots."""
    rng, count, shift = block.seeing, len(block), block.change.covariate
    line = draw_shifted(rng, [one.weight for one in LINES], [one.other_weight for one in LINES], shift)
    source = draw_shifted(rng, _SOURCE_WEIGHTS, _OTHER_SOURCE_WEIGHTS, shift)
    campaign = draw_shifted(rng, _CAMPAIGN_WEIGHTS, _CAMPAIGN_WEIGHTS, shift)
    tagged = np.array([UTM[code][0] is not None for code in range(len(UTM))])[source]
    campaign = np.where(tagged & happens(rng, 0.9, count), campaign, -1)
    interest = rng.standard_normal(count) - 0.3 * shift
    mobile = happens(rng, 0.55 + 0.25 * shift - 0.2 * (line == 3), count)
    browser = draw_codes_by(rng, np.vstack([_ON_DESK, _ON_PHONE]), mobile.astype(np.int64))
    noise = rng.standard_normal((2, count))
    pages = np.clip(np.round(np.exp(1.35 + 0.35 * interest + 0.55 * noise[0] - 0.15 * mobile)), 1, 80)
    seconds = np.clip(np.round(np.exp(4.6 + 0.45 * interest + 0.35 * np.log(pages) + 0.7 * noise[1])), 2, 7_200)
    robot = happens(rng, 0.02, count)
    pages = np.where(robot, 30 + rng.integers(0, 50, count), pages)
    seconds = np.where(robot, rng.integers(2, 25, count), seconds)
    tilt = 1 / (1 + np.exp(-interest))
    return Visits(
        *(line, source, campaign, mobile, browser, pages, seconds),
        tracked=~happens(rng, 0.02, count),  # Trackers fail.
        returned=happens(rng, 0.1 + 0.35 * tilt, count),
        form=happens(rng, 0.35 + 0.5 * tilt, count),
        quote=happens(rng, 0.15 + 0.5 * tilt, count),
        interest=interest,
    )
