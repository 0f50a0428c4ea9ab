"""The truth of the synthetic world: with which probability a lead is won, given all that can be seen of it at intake.

The probability reads only what the export shows (and what its message says), so no honest score can know more. It is a
sum of effects in log-odds, some curved, some of two things together, and a tide over the years.
"""

from __future__ import annotations

import numpy as np

from leadloop.simulate import arrivals
from leadloop.simulate.enquiry_leads.companies import COUNTRY_EFFECT, INDUSTRIES, INDUSTRY_EFFECT, Companies
from leadloop.simulate.enquiry_leads.contacts import BUSINESS, CAMPUS, FREE, NO_EMAIL, TITLE_EFFECT, Contacts
from leadloop.simulate.enquiry_leads.enquiries import ASKS, BUDGETS, URGENCIES, Enquiries
from leadloop.simulate.enquiry_leads.phrases import VOICE_AGENT
from leadloop.simulate.enquiry_leads.visits import FORM_EFFECT, SOURCE_EFFECT, SOURCES, Visits

_AVERAGE = -2.80
_SHARPNESS = 0.68
"""How much all effects weigh together: at 1 the world would be easier to read than any real one."""

_TIDE = 0.4

_PURPOSE = np.array([0.35, -0.30, -2.2, -2.6, -2.8, -1.3, -0.25])  # Personas in their order; last: no message.
_URGENCY = np.array([0.0, -0.45, 0.45, 0.95])
_BUDGET = np.array([0.0, -0.80, -0.15, 0.80])
_ASK = np.array([0.0, 0.50, 0.40, -0.40])
_PRODUCT = np.array([0.05, -0.30, 0.35, -0.10, 0.10, 0.45, 0.0])  # Products in their order; last: none named.
_EMAIL = {NO_EMAIL: -1.0, BUSINESS: 0.30, FREE: -0.15, CAMPUS: -0.60}


def true_probability(
    times: np.ndarray, companies: Companies, contacts: Contacts, visits: Visits, enquiries: Enquiries
) -> np.ndarray:
    """The probability, 0 to 1, with which each lead of a block is won."""
    effects = (
        _company(companies)
        + _contact(companies, contacts)
        + _visit(companies, visits)
        + _enquiry(companies, enquiries)
        + _moment(times, contacts)
    )
    probability: np.ndarray = 1 / (1 + np.exp(-(_AVERAGE + _SHARPNESS * effects)))
    return probability


def _known(effects: np.ndarray, codes: np.ndarray, unknown: float) -> np.ndarray:
    """Each code's effect, and `unknown` where the code is -1."""
    chosen: np.ndarray = np.append(effects, unknown)[codes]
    return chosen


def _company(companies: Companies) -> np.ndarray:
    """Middling companies buy most; one that does not say how large it is rarely means business."""
    logarithm = np.log10(np.where(np.isnan(companies.told_size), 1.0, companies.told_size))
    hump = 1.25 * np.exp(-(((logarithm - 2.4) / 0.75) ** 2)) - 0.55
    size = np.where(np.isnan(companies.told_size), -0.65, hump)
    effects: np.ndarray = (
        size + _known(INDUSTRY_EFFECT, companies.industry, -0.20) + _known(COUNTRY_EFFECT, companies.country, -0.30)
    )
    return effects


def _contact(companies: Companies, contacts: Contacts) -> np.ndarray:
    """A business address helps, the more so the larger the company says it is; a telephone number shows good faith."""
    email = np.array([_EMAIL[kind] for kind in range(len(_EMAIL))])[contacts.email_kind]
    claims_more = (contacts.email_kind == FREE) & (np.nan_to_num(companies.told_size) > 100)
    effects: np.ndarray = (
        email
        - 0.80 * claims_more
        - 0.45 * contacts.role_address
        + np.where(contacts.has_phone, 0.30, -0.35)
        - 0.60 * contacts.opted_out
        + _known(TITLE_EFFECT, contacts.title, -0.25)
    )
    return effects


def _visit(companies: Companies, visits: Visits) -> np.ndarray:
    """Interest shows in pages and minutes, up to a point; paid search brings small companies, referrals large ones."""
    pages, minutes = np.nan_to_num(visits.pages, nan=1.0), np.nan_to_num(visits.minutes, nan=0.0)
    reading = 0.9 * np.tanh((np.log1p(pages) - 1.6) / 0.8) + 0.5 * np.tanh(
        (np.log1p(np.minimum(minutes, 120)) - 1.7) / 0.9
    )
    robot = (pages >= 30) & (minutes < 3)
    browsing = np.where(np.isnan(visits.pages), -0.25, np.where(robot, -2.5, reading))
    large = np.nan_to_num(companies.told_size) > 500
    small = np.nan_to_num(companies.told_size, nan=1e9) < 20
    paid = visits.source == SOURCES.index("Paid Search")
    referred = visits.source == SOURCES.index("Referral")
    together = 0.9 * (paid & small) - 0.9 * (paid & large) + 0.9 * (referred & large)
    effects: np.ndarray = browsing + together + _known(SOURCE_EFFECT, visits.source, -0.20) + FORM_EFFECT[visits.form]
    return effects


def _enquiry(companies: Companies, enquiries: Enquiries) -> np.ndarray:
    """What the message says; money and haste together are worth more than each alone."""
    ready = (enquiries.urgency >= URGENCIES.index("soon")) & (enquiries.budget == BUDGETS.index("approved"))
    talks = enquiries.ask == ASKS.index("demo")
    calls = np.isin(companies.industry, [INDUSTRIES.index(name) for name in ("Insurance", "Healthcare")])
    effects: np.ndarray = (
        _PURPOSE[enquiries.purpose]
        + _URGENCY[enquiries.urgency]
        + _BUDGET[enquiries.budget]
        + _ASK[enquiries.ask]
        + _PRODUCT[enquiries.product]
        + 0.35 * enquiries.seats
        + 0.50 * enquiries.switching
        + 0.50 * ready
        + 0.30 * (talks & enquiries.switching)
        + 0.60 * (calls & (enquiries.product == VOICE_AGENT))  # Voice agents sell best where the telephone never stops.
    )
    return effects


def _moment(times: np.ndarray, contacts: Contacts) -> np.ndarray:
    """Leads that come while somebody can call back do better, above all from a company; and the tide turns slowly."""
    hour, weekday = arrivals.hours(times), arrivals.weekdays(times)
    office = (weekday < 5) & (hour >= 8) & (hour < 18)
    late = (hour >= 22) | (hour < 6)
    effects: np.ndarray = (
        np.where(office, 0.15, -0.20)
        + 0.15 * (office & (contacts.email_kind == BUSINESS))
        - 0.35 * late
        - 0.15 * (weekday == 4)
        + _TIDE * arrivals.tide(times)
    )
    return effects
