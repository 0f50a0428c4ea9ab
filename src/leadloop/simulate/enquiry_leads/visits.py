"""How a synthetic lead came to us: the source, the form, and what it looked at on the website before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.simulate.arrivals import tide
from leadloop.simulate.draws import as_texts, draw_codes, draw_codes_by, happens
from leadloop.simulate.enquiry_leads.personas import CUSTOMER, JOB_SEEKER, STUDENT, VENDOR, Personas

# Name, weight when the tide is out, weight when it is in, and log-odds.
_SOURCES: tuple[tuple[str, float, float, float], ...] = (
    ("Organic Search", 21, 19, 0.05),
    ("Paid Search", 15, 18, -0.25),
    ("Direct Traffic", 12, 11, 0.15),
    ("Referral", 7, 6, 0.95),
    ("Social Media", 6, 9, -0.75),
    ("Email Campaign", 7, 5, -0.15),
    ("Website Chat", 4, 8, 0.40),
    ("Webinar", 5, 4, 0.25),
    ("Review Site", 3, 5, 0.70),
    ("Trade Show", 5, 2, 0.15),
    ("Content Syndication", 4, 3, -0.90),
    ("Display Ads", 3, 3, -1.00),
    ("Cold List", 3, 1.5, -1.30),
    # The long tail: each rare, together one lead in fifteen.
    ("Partner - Example Consulting", 0.9, 0.9, 1.10),
    ("Partner - Sample Systems", 0.6, 0.6, 0.80),
    ("Partner - Placeholder IT", 0.4, 0.4, 0.30),
    ("Partner - Fabrikat Networks", 0.25, 0.25, 1.40),
    ("Partner - Specimen Telecom", 0.2, 0.2, 1.00),
    ("Partner - Nowhere Labs", 0.1, 0.1, -0.40),
    ("Podcast - The Example Hour", 0.4, 0.5, 0.35),
    ("Podcast - Sample Size", 0.2, 0.3, -0.20),
    ("Podcast - Lorem and Ipsum", 0.1, 0.2, 0.60),
    ("Trade Show - Example Expo North", 0.4, 0.2, 0.45),
    ("Trade Show - Example Expo South", 0.35, 0.2, -0.35),
    ("Trade Show - Sample Summit", 0.25, 0.1, 0.75),
    ("Trade Show - Mockup Days", 0.1, 0.05, 0.10),
    ("Print Ad", 0.3, 0.1, -0.85),
    ("Radio", 0.15, 0.1, -1.10),
    ("Direct Mail", 0.35, 0.2, -0.50),
    ("Press Article", 0.25, 0.25, -0.05),
    ("Alumni Network", 0.12, 0.12, 0.50),
    ("Customer Advocate", 0.3, 0.3, 1.60),
    ("Marketplace Listing", 0.2, 0.45, 0.55),
    ("App Store", 0.12, 0.3, -0.60),
    ("QR Code", 0.08, 0.15, -0.45),
    ("Affiliate", 0.3, 0.35, -1.20),
    ("Employee Referral", 0.2, 0.2, 1.30),
    ("Walk-in", 0.05, 0.04, 1.20),
    ("Fax", 0.03, 0.02, 0.90),
    ("Other", 0.5, 0.5, -0.30),
)
SOURCES = tuple(name for name, *_ in _SOURCES)
SOURCE_EFFECT = np.array([effect for *_, effect in _SOURCES])

FORMS = (
    "Demo Request",
    "Pricing",
    "Contact Us",
    "Free Trial",
    "Whitepaper Download",
    "Newsletter",
    "Webinar Sign-up",
    "Chat",
    "Badge Scan",
)
FORM_EFFECT = np.array([1.00, 0.75, 0.20, 0.50, -0.75, -1.30, -0.30, 0.25, -0.10])
_FORM_WEIGHTS = np.array(
    [
        [24, 18, 26, 14, 12, 6],  # BUYER
        [7, 10, 20, 15, 30, 18],  # EXPLORER
        [3, 2, 30, 8, 42, 15],  # STUDENT
        [1, 1, 80, 2, 8, 8],  # JOB_SEEKER
        [6, 2, 84, 3, 2, 3],  # VENDOR
        [2, 3, 90, 1, 2, 2],  # CUSTOMER
    ],
    dtype=float,
)
_FORM_OF_SOURCE = {
    "Website Chat": "Chat",
    "Webinar": "Webinar Sign-up",
    "Content Syndication": "Whitepaper Download",
} | {name: "Badge Scan" for name in SOURCES if name.startswith("Trade Show")}

_HEARD = as_texts(("Search engine", "Colleague", "Social media", "Conference", "Advertisement", "Other"))


@dataclass(frozen=True)
class Visits:
    """The ways in of a block of leads, one element a lead.

    `source` and `form` are positions in the lists above, `source` -1 where not given; `pages` and `minutes` are nan
    where nothing was measured (no consent, or nobody was on the website). The texts are what the export shows.
    """

    source: np.ndarray
    form: np.ndarray
    pages: np.ndarray
    minutes: np.ndarray
    source_text: np.ndarray
    form_text: np.ndarray
    heard_text: np.ndarray
    pages_text: np.ndarray
    minutes_text: np.ndarray


def draw_visits(rng: np.random.Generator, personas: Personas, times: np.ndarray) -> Visits:
    """Visits of these people at these times; which sources bring leads turns with the tide."""
    count = len(times)
    is_in = happens(rng, (1 + tide(times)) / 2, count).astype(np.int64)
    mixes = np.array([[out for _, out, *_ in _SOURCES], [high for _, _, high, _ in _SOURCES]], dtype=float)
    source = draw_codes_by(rng, mixes, is_in)
    form = draw_codes_by(rng, _FORM_WEIGHTS, personas.kind)
    for name, fixed in _FORM_OF_SOURCE.items():
        form[source == SOURCES.index(name)] = FORMS.index(fixed)

    source_text = as_texts(SOURCES)[source]
    untidy = happens(rng, 0.03, count)
    source_text[untidy] = [f"{text.lower()} " for text in source_text[untidy]]
    source_known = happens(rng, 0.975, count)
    source_text[~source_known] = None
    heard = _HEARD[draw_codes(rng, [30, 14, 16, 8, 12, 20], count)]
    heard[~happens(rng, 0.32, count)] = "Select"

    pages, minutes = _browsing(rng, personas, form, count)
    return Visits(
        source=np.where(source_known, source, -1),
        form=form,
        pages=pages,
        minutes=minutes,
        source_text=source_text,
        form_text=as_texts(FORMS)[form],
        heard_text=heard,
        pages_text=_written(pages, 0),
        minutes_text=_written(minutes, 1),
    )


def _browsing(
    rng: np.random.Generator, personas: Personas, form: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pages visited and minutes on the site; some are robots, and some left the page open over lunch."""
    keen = personas.interest + np.where((personas.kind == VENDOR) | (personas.kind == CUSTOMER), -0.4, 0.0)
    pages = np.maximum(1.0, np.round(np.exp(1.35 + 0.5 * keen + 0.5 * rng.standard_normal(count))))
    minutes = np.round(pages * rng.gamma(1.4, 0.9, count) * np.exp(0.15 * keen), 1)
    browses_much = (personas.kind == STUDENT) | (personas.kind == JOB_SEEKER)
    pages = np.where(browses_much, np.round(pages * 1.6), pages)
    robot = happens(rng, 0.015, count)
    pages = np.where(robot, rng.integers(40, 160, count), pages)
    minutes = np.where(robot, np.round(rng.random(count), 1), minutes)
    left_open = happens(rng, 0.004, count)
    minutes = np.where(left_open, np.round(minutes + rng.exponential(500.0, count), 1), minutes)
    unseen = (form == FORMS.index("Badge Scan")) | happens(rng, 0.13, count)
    return np.where(unseen, np.nan, pages), np.where(unseen, np.nan, minutes)


def _written(numbers: np.ndarray, digits: int) -> np.ndarray:
    return as_texts([None if number != number else f"{number:.{digits}f}" for number in numbers.tolist()])
