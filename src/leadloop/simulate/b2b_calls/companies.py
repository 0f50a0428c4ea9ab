"""Companies that could call: names that nobody has, what they do, and what their sites give away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.simulate.draws import draw_codes, draw_shifted, happens, take
from leadloop.simulate.people import leave_out
from leadloop.simulate.world import Block

_STARTS = (
    "Vexm",
    "Quorv",
    "Brant",
    "Zolk",
    "Trem",
    "Yarv",
    "Plon",
    "Drisk",
    "Ulv",
    "Hespr",
    "Mork",
    "Fenq",
    "Jast",
    "Obr",
    "Kelv",
    "Wimb",
    "Ruz",
    "Scav",
    "Nolv",
    "Etr",
)
_MIDDLES = ("or", "an", "il", "ex", "um", "av", "ot", "ir", "el", "op", "ax", "en")
_ENDS = ("ilo", "ova", "exa", "ium", "aro", "ent", "isk", "olo", "uva", "ydo", "amo", "ette")
_FORMS = ("Inc", "LLC", "GmbH", "Ltd", "Corp", "Group", "Labs")

# Name, weight, weight in the other mix, effect in log-odds, whether it lives by the telephone, what it does.
_INDUSTRIES = (
    ("SaaS", 20, 9, 0.35, False, "software for {a}"),
    ("Healthcare", 11, 15, 0.3, True, "scheduling and care for {a}"),
    ("Insurance", 8, 12, 0.35, True, "cover for {a}"),
    ("Financial Services", 10, 8, 0.2, True, "payments and lending for {a}"),
    ("E-commerce", 13, 8, 0.0, False, "an online shop for {a}"),
    ("Logistics", 9, 12, 0.1, False, "deliveries for {a}"),
    ("Contact Center", 6, 12, 0.6, True, "outsourced phone support for {a}"),
    ("Education", 6, 6, -0.5, False, "online courses for {a}"),
    ("Real Estate", 6, 5, -0.1, False, "property services for {a}"),
    ("Nonprofit", 4, 6, -0.7, False, "help and advice for {a}"),
    ("Manufacturing", 4, 5, -0.3, False, "machines for {a}"),
    ("Travel", 3, 2, -0.1, True, "bookings for {a}"),
)
INDUSTRIES = tuple(name for name, *_ in _INDUSTRIES)
INDUSTRY_EFFECT = np.array([*(one[3] for one in _INDUSTRIES), -0.1])  # Last: not told.
ON_THE_PHONE = np.array([*(one[4] for one in _INDUSTRIES), False])
_AUDIENCES = (
    "small businesses",
    "clinics",
    "households",
    "large retailers",
    "landlords",
    "startups",
    "students",
    "fleets",
)
_TRAITS = (
    "",
    " Fast growing.",
    " AI-powered platform.",
    " Hiring in every team.",
    " Family owned.",
    " Expanding to new markets.",
    " Competes on price.",
    " Uses machine learning to automate conversations.",
)
TRAIT_EFFECT = np.array([0.0, 0.35, 0.3, 0.35, -0.25, 0.35, -0.2, 0.4])
AI_TRAITS = (2, 7)
FUNDING = ("Bootstrapped", "Seed", "Series A", "Series B", "Series C", "Public", "Private equity")
FUNDING_EFFECT = np.array([-0.25, -0.15, 0.3, 0.45, 0.3, 0.0, -0.1, -0.05])  # Last: not told.
TECH = ("Salesforce", "HubSpot", "Zendesk", "AWS", "Azure", "GCP", "Kubernetes", "PHP", "Another CPaaS", "Excel")
_TECH_WEIGHTS = np.array([0.35, 0.3, 0.3, 0.45, 0.25, 0.15, 0.2, 0.2, 0.18, 0.3])
RIVAL = 8
SIGNALS = (
    ("Customers log in with a password and a code.", "Sign in to your account."),
    ("Pay online by card.", "Checkout in one click."),
    ("Chat with us or call our hotline around the clock.", "Get text updates on your order."),
    ("A platform for partners and customers.", "One platform for the whole team."),
    ("Trusted by thousands of customers worldwide.", "Millions of transactions a day."),
    ("Read our API reference and developer docs.", "Developers: get your API key."),
)
"""What a site can show: authentication, transactions, communication, platform, scale, developers."""
DEVELOPERS = 5
_FILLER = (
    *("About us.", "Careers.", "Read our blog.", "Our story began in a garage.", "Contact us for more.", "Imprint."),
    *("We care about quality.", "Follow us for news.", "Opening hours Monday to Friday."),
)

_RANGES = ((1, 10), (11, 50), (51, 200), (201, 500), (501, 1_000), (1_001, 5_000), (5_001, 10_000))
_BEYOND = 10_001
_AS_RANGE = 1
"""The way of writing a size that tells only its range; the others tell it exactly."""


@dataclass(frozen=True)
class Companies:
    """For each call of a block: the company, as facts (-1 or NaN where not told) and as cells of the export."""

    short: list[str]
    industry: np.ndarray
    size: np.ndarray
    told_size: np.ndarray
    funding: np.ndarray
    trait: np.ndarray
    signals: np.ndarray
    rival: np.ndarray
    domain: pl.Series
    cells: dict[str, pl.Series]


def draw_companies(block: Block) -> Companies:
    """Draw the companies; about one call in ten is with a company that has called before in the block."""
    rng, count = block.seeing, len(block)
    own = np.arange(count)
    earlier = (rng.random(count) * own).astype(np.int64)
    # Whoever is called again must be a first call itself, so that its facts are its own.
    again = happens(rng, 0.1, count) & (own > 0)
    again &= ~again[earlier]
    source = np.where(again, earlier, own)

    words = np.stack([rng.integers(0, len(part), count) for part in (_STARTS, _MIDDLES, _ENDS)])
    short = [_STARTS[a] + _MIDDLES[b] + _ENDS[c] for a, b, c in words.T.tolist()]
    forms = rng.integers(0, len(_FORMS), count).tolist()
    names = [f"{word} Example {_FORMS[form]}" for word, form in zip(short, forms, strict=True)]
    # A number keeps two companies of one name apart.
    domains = [f"{word.lower()}-{number}.example" for word, number in zip(short, block.numbers.tolist(), strict=True)]

    shift = block.change.covariate
    industry = draw_shifted(rng, [one[1] for one in _INDUSTRIES], [one[2] for one in _INDUSTRIES], shift)
    size = np.clip(np.floor(10 ** (2.1 + 0.8 * rng.standard_normal(count) - 0.45 * shift)), 2, 90_000)
    funding = draw_codes(rng, [24, 14, 15, 11, 7, 9, 8], count)
    funding = np.where(happens(rng, 0.75, count), funding, -1)
    trait = draw_codes(rng, [30, 12, 10, 10, 8, 10, 8, 8], count)
    trait = np.where(happens(rng, 0.93, count), trait, -1)
    tech = rng.random((count, len(TECH))) < _TECH_WEIGHTS
    tech_told = happens(rng, 0.7, count)
    signals = rng.random((count, len(SIGNALS))) < np.array([0.4, 0.35, 0.4, 0.3, 0.25, 0.3])
    site_told = happens(rng, 0.85, count)
    audience = rng.integers(0, len(_AUDIENCES), count)
    told = happens(rng, 0.88, count)
    industry_told = happens(rng, 0.94, count)
    way = draw_codes(rng, [40, 40, 12, 8], count)
    revenue = size * 150_000 * np.exp(0.6 * rng.standard_normal(count))
    revenue_told = happens(rng, 0.55, count)
    revenue_way = draw_codes(rng, [40, 35, 25], count)
    variants = rng.integers(0, 1 << 30, (count, 2))

    places = source.tolist()

    def shared(values: np.ndarray) -> np.ndarray:
        return values[source]

    industry, size, funding, trait = shared(industry), shared(size), shared(funding), shared(trait)
    tech, tech_told, signals, site_told = shared(tech), shared(tech_told), shared(signals), shared(site_told)
    told, industry_told, revenue, audience = shared(told), shared(industry_told), shared(revenue), shared(audience)
    revenue_told, variants = shared(revenue_told), shared(variants)
    descriptions = [
        None if mark < 0 else f"{_INDUSTRIES[kind][5].format(a=_AUDIENCES[who]).capitalize()}.{_TRAITS[mark]}"
        for kind, who, mark in zip(industry.tolist(), audience.tolist(), trait.tolist(), strict=True)
    ]
    return Companies(
        short=[short[place] for place in places],
        industry=np.where(industry_told, industry, -1),
        size=size,
        told_size=np.where(told, np.where(way == _AS_RANGE, _middles(size), size), np.nan),
        funding=funding,
        trait=trait,
        signals=signals & site_told[:, None],
        rival=tech[:, RIVAL] & tech_told,
        domain=pl.Series([domains[place] for place in places]),
        cells={
            "company_name": pl.Series([names[place] for place in places]),
            "domain": leave_out(rng, pl.Series([domains[place] for place in places]), happens(rng, 0.92, count)),
            "industry": leave_out(rng, take(INDUSTRIES, industry), industry_told, "Unknown"),
            "employees": leave_out(rng, _write_sizes(size, way), told, "N/A"),
            "revenue": leave_out(rng, _write_money(revenue, revenue_way), revenue_told),
            "description": pl.Series(descriptions, dtype=pl.String),
            "funding_stage": take(FUNDING, funding),
            "tech_stack": _write_tech(tech, tech_told),
            "website_text": _write_site(signals, site_told, variants),
        },
    )


def _middles(size: np.ndarray) -> np.ndarray:
    """What the range of each size tells of it: the geometric middle."""
    middles = np.sqrt([low * high for low, high in _RANGES] + [float(_BEYOND) ** 2])
    return middles[np.searchsorted([high for _, high in _RANGES], size)]


def _write_sizes(size: np.ndarray, way: np.ndarray) -> pl.Series:
    cells = []
    for number, kind in zip(size.astype(np.int64).tolist(), way.tolist(), strict=True):
        if kind == _AS_RANGE:
            cells.append(next((f"{low}-{high}" for low, high in _RANGES if number <= high), "10,001+"))
        else:
            cells.append((str(number), "", f"{number:,}", f"~{number}")[kind])
    return pl.Series(cells, dtype=pl.String)


def _write_money(money: np.ndarray, way: np.ndarray) -> pl.Series:
    cells = []
    for number, kind in zip(money.tolist(), way.tolist(), strict=True):
        millions = number / 1e6
        cells.append((f"${number:,.0f}", f"${millions:.1f}M", f"{number:.0f}")[kind])
    return pl.Series(cells, dtype=pl.String)


def _write_tech(tech: np.ndarray, told: np.ndarray) -> pl.Series:
    cells = [
        "; ".join([name for name, has in zip(TECH, row, strict=True) if has]) or None if known else None
        for row, known in zip(tech.tolist(), told.tolist(), strict=True)
    ]
    return pl.Series(cells, dtype=pl.String)


def _write_site(signals: np.ndarray, told: np.ndarray, variants: np.ndarray) -> pl.Series:
    cells: list[str | None] = []
    for row, known, (first, second) in zip(signals.tolist(), told.tolist(), variants.tolist(), strict=True):
        if not known:
            cells.append(None)
            continue
        said = [texts[(first >> place) % len(texts)] for place, texts in enumerate(SIGNALS) if row[place]]
        said.insert(0, _FILLER[first % len(_FILLER)])
        said.append(_FILLER[second % len(_FILLER)])
        cells.append(" ".join(said))
    return pl.Series(cells, dtype=pl.String)
