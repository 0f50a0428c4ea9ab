"""The person's side of a synthetic lead: job title, e-mail address, telephone, and whether we may write."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.simulate.draws import as_texts, draw_codes, draw_codes_by, happens, sometimes
from leadloop.simulate.enquiry_leads.companies import COUNTRIES, Companies
from leadloop.simulate.enquiry_leads.personas import JOB_SEEKER, STUDENT, VENDOR, Personas

NO_EMAIL, BUSINESS, FREE, CAMPUS = range(4)

# How a title is written, and its log-odds.
_RANKS: tuple[tuple[str, float], ...] = (
    ("Head of {}", 0.55),
    ("Director of {}", 0.60),
    ("VP {}", 0.45),
    ("{} Manager", 0.30),
    ("{} Specialist", -0.15),
    ("{} Analyst", -0.25),
    ("{} Assistant", -0.45),
    ("{} Intern", -1.00),
)
_DEPARTMENTS: tuple[tuple[str, float], ...] = (
    ("Sales", 0.25),
    ("Customer Service", 0.45),
    ("Operations", 0.20),
    ("IT", 0.10),
    ("Marketing", -0.15),
    ("Finance", -0.20),
    ("Procurement", 0.05),
    ("HR", -0.50),
)
_OWN_TITLES: tuple[tuple[str, float], ...] = (
    ("CEO", 0.25),
    ("Founder", 0.15),
    ("Owner", 0.20),
    ("CTO", 0.35),
    ("COO", 0.65),
    ("Consultant", -0.55),
    ("Student", -1.40),
    ("Research Assistant", -1.00),
    ("Freelancer", -0.70),
    ("Call Centre Lead", 0.80),
)
_TITLES = tuple(rank.format(name) for rank, _ in _RANKS for name, _ in _DEPARTMENTS) + tuple(
    title for title, _ in _OWN_TITLES
)
TITLE_EFFECT = np.array(
    [up + more for _, up in _RANKS for _, more in _DEPARTMENTS] + [effect for _, effect in _OWN_TITLES]
)

_FREE_MAIL = as_texts(("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "gmx.de", "proton.me"))
_FREE_WEIGHTS = (46, 14, 13, 12, 6, 5, 4)


def _title_weights() -> np.ndarray:
    """One row of title weights for each persona: buyers rank higher, students are students."""
    ranks = np.array([[5, 4, 4, 9, 3, 2, 1, 0.3], [1, 1, 1, 4, 5, 5, 4, 2]])
    departments = np.array([7, 6, 6, 5, 5, 2, 2, 1.0])
    own = np.array([[40, 25, 25, 15, 12, 10, 0.2, 0.4, 4, 12], [14, 12, 14, 6, 3, 45, 3, 4, 22, 3.0]])
    buyer, explorer = (
        np.append(np.outer(rank, departments).ravel(), extra) for rank, extra in zip(ranks, own, strict=True)
    )
    student = np.zeros(len(_TITLES))
    student[[_TITLES.index(title) for title in ("Student", "Research Assistant", "Marketing Intern")]] = (8, 2, 1)
    seeker = np.where(
        [title.endswith(("Specialist", "Assistant", "Intern", "Freelancer")) for title in _TITLES], 1.0, 0.0
    )
    vendor = np.where([title in ("CEO", "Founder", "Sales Manager", "VP Sales") for title in _TITLES], 3.0, 0.05)
    return np.vstack([buyer, explorer, student, seeker, vendor, explorer])


_TITLE_WEIGHTS = _title_weights()


@dataclass(frozen=True)
class Contacts:
    """The people of a block of leads, one element a lead.

    `title` is a position among the titles, -1 where not given; `email_kind` one of NO_EMAIL, BUSINESS, FREE, CAMPUS;
    `role_address` says that the address is nobody's in particular ("info@"). The texts are what the export shows.
    """

    title: np.ndarray
    email_kind: np.ndarray
    role_address: np.ndarray
    has_phone: np.ndarray
    opted_out: np.ndarray
    title_text: np.ndarray
    email_text: np.ndarray
    phone_text: np.ndarray
    opt_out_text: np.ndarray


def draw_contacts(rng: np.random.Generator, personas: Personas, companies: Companies, serials: list[str]) -> Contacts:
    """People for these companies; `serials` is unique to each lead and makes the local part of the address."""
    count = len(serials)
    kind = personas.kind
    title = draw_codes_by(rng, _TITLE_WEIGHTS, kind)
    title_known = happens(rng, 1 / (1 + np.exp(-(0.9 + 0.4 * personas.interest))), count)
    title_text = as_texts(_TITLES)[title]
    title_text[~title_known] = None

    # Small companies write from free mail more often than large ones.
    business = np.array([0.80, 0.62, 0.10, 0.05, 0.92, 0.75])[kind] - np.where(companies.size < 10, 0.2, 0.0)
    email_kind = np.where(happens(rng, business, count), BUSINESS, FREE)
    email_kind[(kind == STUDENT) & happens(rng, 0.45, count)] = CAMPUS
    email_kind[happens(rng, 0.015, count)] = NO_EMAIL
    role_address = (email_kind == BUSINESS) & happens(rng, 0.09, count)

    phone_chance = 1 / (1 + np.exp(-(0.35 + 0.8 * personas.interest)))
    phone_chance = np.where((kind == VENDOR) | (kind == JOB_SEEKER), 0.75, phone_chance)
    has_phone = happens(rng, phone_chance, count)
    phone = as_texts(_phones(rng, companies.country, count))
    phone[~has_phone] = sometimes(rng, "N/A", 0.06, count)[~has_phone]
    opted_out = happens(rng, 1 / (1 + np.exp(2.4 + 0.7 * personas.interest)), count)
    return Contacts(
        title=np.where(title_known, title, -1),
        email_kind=email_kind,
        role_address=role_address,
        has_phone=has_phone,
        opted_out=opted_out,
        title_text=title_text,
        email_text=_emails(rng, email_kind, role_address, companies.stem, serials),
        phone_text=phone,
        opt_out_text=np.where(opted_out, "Yes", "No").astype(object),
    )


def _emails(
    rng: np.random.Generator, kind: np.ndarray, role: np.ndarray, stem: np.ndarray, serials: list[str]
) -> np.ndarray:
    """Addresses at reserved domains, or at free mail with a local part that nobody has."""
    free = _FREE_MAIL[draw_codes(rng, _FREE_WEIGHTS, len(serials))]
    domains = np.where(kind == FREE, free, np.where(kind == CAMPUS, "campus." + stem + ".example", stem + ".example"))
    names = np.where(happens(rng, 0.6, len(serials)), "info", "office")
    texts: list[str | None] = [
        f"{name if is_role else f'synthetic.lead.{serial}'}@{domain}"
        for name, is_role, serial, domain in zip(names.tolist(), role.tolist(), serials, domains.tolist(), strict=True)
    ]
    emails = np.array(texts, dtype=object)
    emails[kind == NO_EMAIL] = None
    return emails


def _phones(rng: np.random.Generator, country: np.ndarray, count: int) -> list[str]:
    """Numbers from the ranges that regulators keep free for fiction; elsewhere under a country code nobody has."""
    digits = rng.integers(0, 1000, count).tolist()
    area = rng.integers(201, 990, count).tolist()
    names = [COUNTRIES[code] if code >= 0 else "" for code in country.tolist()]
    return [_phone(name, number, code) for name, number, code in zip(names, digits, area, strict=True)]


def _phone(country: str, number: int, area: int) -> str:
    match country:
        case "United States" | "Canada":
            return f"+1 ({area}) 555-01{number % 100:02d}"
        case "United Kingdom":
            return f"+44 20 7946 0{number:03d}"
        case "Germany":
            return f"+49 30 23125 {number:03d}"
        case "Australia":
            return f"+61 2 5550 {number:04d}"
        case "France":
            return f"+33 1 99 00 {number % 100:02d} {number // 10:02d}"
        case _:
            return f"+999 {area} {number:04d}"
