"""Companies of the synthetic world: what they do, where, how large they are, and how that is written in a form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.simulate.draws import as_texts, draw_codes, happens, sometimes
from leadloop.simulate.enquiry_leads.personas import JOB_SEEKER, STUDENT, Personas

# Name, weight, log-odds, and what such a company calls its line of business.
_INDUSTRIES: tuple[tuple[str, float, float, str], ...] = (
    ("Computer Software", 16, 0.30, "Software"),
    ("Financial Services", 10, 0.25, "Finance"),
    ("Healthcare", 9, 0.10, "Clinics"),
    ("Retail", 9, -0.15, "Stores"),
    ("Manufacturing", 8, 0.05, "Works"),
    ("Professional Services", 8, 0.15, "Advisors"),
    ("Education", 6, -0.45, "Academy"),
    ("Telecommunications", 5, 0.55, "Telecom"),
    ("Insurance", 5, 0.45, "Insurance"),
    ("Logistics", 5, 0.20, "Freight"),
    ("Real Estate", 4, 0.00, "Estates"),
    ("Hospitality", 4, -0.35, "Hotels"),
    ("Media", 3, -0.20, "Media"),
    ("Construction", 3, -0.30, "Builders"),
    ("Energy", 2, 0.35, "Energy"),
    ("Government", 1.5, -0.60, "Council"),
    ("Non-profit", 1.5, -0.70, "Trust"),
    ("Agriculture", 0.6, -0.40, "Farms"),
    ("Mining", 0.3, 0.60, "Mining"),
    ("Aviation", 0.3, 0.50, "Aviation"),
)
INDUSTRIES = tuple(name for name, *_ in _INDUSTRIES)
INDUSTRY_EFFECT = np.array([effect for *_, effect, _ in _INDUSTRIES])

# Name, weight, log-odds, and the sales territory it belongs to.
_COUNTRIES: tuple[tuple[str, float, float, int], ...] = (
    ("United States", 34, 0.15, 0),
    ("United Kingdom", 13, 0.10, 1),
    ("Germany", 9, 0.05, 2),
    ("Canada", 7, 0.20, 0),
    ("France", 5, -0.10, 2),
    ("Australia", 4, 0.25, 3),
    ("India", 8, -0.60, 3),
    ("Netherlands", 3, 0.30, 2),
    ("Spain", 3, -0.15, 2),
    ("Brazil", 3, -0.35, 0),
    ("Sweden", 2, 0.30, 1),
    ("Ireland", 2, 0.25, 1),
    ("Singapore", 1.5, 0.35, 3),
    ("South Africa", 1.2, -0.30, 1),
    ("Poland", 1.2, -0.10, 2),
    ("Mexico", 1, -0.25, 0),
    ("New Zealand", 0.6, 0.20, 3),
    ("Nigeria", 0.6, -0.80, 1),
    ("Philippines", 0.5, -0.50, 3),
    ("Switzerland", 0.4, 0.50, 2),
)
COUNTRIES = tuple(name for name, *_ in _COUNTRIES)
COUNTRY_EFFECT = np.array([effect for *_, effect, _ in _COUNTRIES])
TERRITORY = np.array([territory for *_, territory in _COUNTRIES])

_STARTS = (
    "Ambel", "Braxen", "Cindle", "Dorva", "Elmster", "Fennic", "Gravel", "Hollen", "Ister", "Jarrow", "Kestle",
    "Lumber", "Marrin", "Norvel", "Ostler", "Pellan", "Quarren", "Rivel", "Sorrel", "Tamber", "Ulster", "Vennor",
)  # fmt: skip
_ENDS = ("ford", "vale", "mark", "wick", "stead", "holm", "brook", "gate", "mere", "ridge", "by", "ton", "worth")
_FORMS = ("Ltd", "Inc", "GmbH", "LLC", "Group", "& Co", "")

_BAND_ENDS = np.array([1, 10, 50, 200, 500, 1000, 5000, 10_000])
_BANDS = as_texts(
    ("1", "2-10", "11-50", "51-200", "201-500", "501-1,000", "1,001-5,000", "5,001-10,000", "10,001+"),
)
_BAND_SIZES = np.array([1.0, 4.5, 23.5, 101, 317, 708, 2237, 7071, 20_000])
"""The geometric middle of each band, which is all that the band tells."""

_MISSING_WORDS = as_texts((None, "N/A", "Unknown", "Select"))


@dataclass(frozen=True)
class Companies:
    """The companies of a block of leads, one element a lead.

    `industry` and `country` are positions in the lists above, -1 where not given; `told_size` is the number of
    employees as far as the form tells it, nan where not given. The texts are what the export shows, None where blank.
    """

    industry: np.ndarray
    country: np.ndarray
    territory: np.ndarray
    size: np.ndarray
    told_size: np.ndarray
    stem: np.ndarray
    name_text: np.ndarray
    website_text: np.ndarray
    industry_text: np.ndarray
    country_text: np.ndarray
    employees_text: np.ndarray
    revenue_text: np.ndarray


def draw_companies(rng: np.random.Generator, personas: Personas) -> Companies:
    """Companies for these people; those who only study or look for work mostly leave the questions unanswered."""
    count = len(personas.kind)
    industry = draw_codes(rng, [weight for _, weight, *_ in _INDUSTRIES], count)
    country = draw_codes(rng, [weight for _, weight, *_ in _COUNTRIES], count)
    size = np.clip(np.floor(10 ** rng.normal(1.95, 0.8, count)), 1, 150_000)
    idle = (personas.kind == STUDENT) | (personas.kind == JOB_SEEKER)
    willing = np.where(idle, -1.6, 1.35) + 0.5 * personas.interest
    told = happens(rng, 1 / (1 + np.exp(-willing)), count)

    stem, name = _names(rng, industry, count)
    name[idle & happens(rng, 0.7, count)] = None
    website = as_texts([f"https://www.{word}.example" for word in stem])
    website[~happens(rng, np.where(idle, 0.08, 0.55), count)] = None

    industry_known = happens(rng, np.where(told, 0.93, 0.35), count)
    industry_text = as_texts(INDUSTRIES)[industry]
    industry_text[~industry_known] = sometimes(rng, "Select", 0.7, count)[~industry_known]
    country_known = happens(rng, 0.97, count)
    country_text = as_texts(COUNTRIES)[country]
    country_text[~country_known] = sometimes(rng, "Unknown", 0.4, count)[~country_known]
    employees_text, told_size = _employees(rng, size, told)
    return Companies(
        industry=np.where(industry_known, industry, -1),
        country=np.where(country_known, country, -1),
        territory=TERRITORY[country],
        size=size,
        told_size=told_size,
        stem=stem,
        name_text=name,
        website_text=website,
        industry_text=industry_text,
        country_text=country_text,
        employees_text=employees_text,
        revenue_text=_revenue(rng, size, told),
    )


def _names(rng: np.random.Generator, industry: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Domain stems ("ambelford-freight") and company names that nobody could take for a real company's."""
    starts = draw_codes(rng, [1.0] * len(_STARTS), count).tolist()
    ends = draw_codes(rng, [1.0] * len(_ENDS), count).tolist()
    forms = draw_codes(rng, [3, 3, 2, 2, 2, 1, 4], count).tolist()
    stems, names = [], []
    for start, end, form, kind in zip(starts, ends, forms, industry.tolist(), strict=True):
        word, line = _STARTS[start] + _ENDS[end], _INDUSTRIES[kind][3]
        stems.append(f"{word}-{line}".lower())
        names.append(f"Synthetic {word} {line} {_FORMS[form]}".rstrip())
    return as_texts(stems), as_texts(names)


def _employees(rng: np.random.Generator, size: np.ndarray, told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The answer to "number of employees", and the size that a reader can take from it."""
    count = len(size)
    band = np.searchsorted(_BAND_ENDS, size, side="left")
    text = _BANDS[band]
    exact = happens(rng, 0.4, count)
    about = happens(rng, 0.06, count)
    for row in np.flatnonzero(exact):
        text[row] = f"~{size[row]:.0f}" if about[row] else f"{size[row]:,.0f}"
    text[~told] = _MISSING_WORDS[draw_codes(rng, [70, 18, 6, 6], count)][~told]
    return text, np.where(told, np.where(exact, size, _BAND_SIZES[band]), np.nan)


def _revenue(rng: np.random.Generator, size: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Annual revenue in US dollars as people type it; it follows the size and tells nothing more."""
    count = len(size)
    amount = size * 10 ** rng.normal(5.1, 0.25, count)
    digits = 10 ** np.maximum(np.floor(np.log10(amount)) - 1, 0)
    amount = np.round(amount / digits) * digits
    style = draw_codes(rng, [5, 3, 2], count).tolist()
    text = as_texts([_money(value, way) for value, way in zip(amount.tolist(), style, strict=True)])
    given = told & happens(rng, 0.5, count)
    text[~given] = sometimes(rng, "N/A", 0.12, count)[~given]
    return text


def _money(amount: float, style: int) -> str:
    if style == 0:
        return f"${amount:,.0f}"
    return f"{amount:.0f}" if style == 1 else f"${amount / 1e6:.2g}M" if 1e6 <= amount < 99e6 else f"{amount:,.0f} USD"
