"""A small synthetic world: leads as a CRM would export them, whose true probability of being won is known.

Nothing in it is real: companies, people, addresses and messages are made up, and every company name, lead number and
e-mail address shows it. It exists so that LeadLoop can be tried without anybody's data, and so that scores can be
checked against the truth. The world itself never changes; the seed decides who knocks on the door.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from leadloop.simulate.arrivals import as_instant, draw_arrivals
from leadloop.simulate.draws import as_texts, happens
from leadloop.simulate.enquiry_leads.aftermath import Aftermath, draw_aftermath
from leadloop.simulate.enquiry_leads.chance import true_probability
from leadloop.simulate.enquiry_leads.companies import Companies, draw_companies
from leadloop.simulate.enquiry_leads.contacts import Contacts, draw_contacts
from leadloop.simulate.enquiry_leads.enquiries import Enquiries, draw_enquiries
from leadloop.simulate.enquiry_leads.personas import draw_personas
from leadloop.simulate.enquiry_leads.visits import Visits, draw_visits

SYNTHETIC_NOTE = (
    "Synthetic data: these leads, companies, people and outcomes are made up by LeadLoop's simulated world. "
    "Nothing here describes a real person or company, and no result on it says how well scoring works on yours."
)

LEADS_PER_DAY = 50.0
OUTCOME_COLUMN = "Converted"
LATER_COLUMNS = ("Lead Status", "Last Activity", OUTCOME_COLUMN)
"""The columns that nobody can know when a lead comes in."""

_BLOCK = 2_000
_LONGEST_DAYS = 36_500
_OWNERS = as_texts(("Rep North A", "Rep North B", "Rep Isles", "Rep Europe A", "Rep Europe B", "Rep Pacific"))
_FIRST_OWNER = np.array([0, 2, 3, 5])
_SECOND_OWNER = np.array([1, 2, 4, 5])


@dataclass(frozen=True)
class SimulatedLeads:
    """Synthetic leads and the truth about them.

    `cells` is the export: every column is text as a CRM writes it, blanks are null, rows in the order of their arrival.
    `probability` (0 to 1, one a row) is the true probability with which each lead was won; it is not in the export.
    """

    cells: pl.DataFrame
    probability: np.ndarray

    def __len__(self) -> int:
        return self.cells.height

    @property
    def at_intake(self) -> pl.DataFrame:
        """The export as it looks on the day the leads come in: without the columns that are filled in later."""
        return self.cells.drop(LATER_COLUMNS)

    @property
    def won(self) -> np.ndarray:
        """Whether each lead was won, True or False."""
        return (self.cells[OUTCOME_COLUMN] == "Yes").to_numpy()


def simulate_leads(count: int, *, seed: int, start: datetime, leads_per_day: float = LEADS_PER_DAY) -> SimulatedLeads:
    """Make this many synthetic leads, the first arriving soon after `start`.

    They cover about `count / leads_per_day` days. The same arguments always give the same leads; a larger count only
    adds to them; another seed or another start gives other leads of the same world. A `start` without a zone is UTC.
    Raises ValueError for a count below 1, a negative seed, a rate that is not positive, or more than a century.

    >>> leads = simulate_leads(3, seed=7, start=datetime(2024, 1, 1))
    >>> leads.cells["Lead ID"].to_list()
    ['SYN-240101-000000', 'SYN-240101-000001', 'SYN-240101-000002']
    """
    return next(simulate_batches(count, count, seed=seed, start=start, leads_per_day=leads_per_day))


def simulate_batches(
    total: int, batch: int, *, seed: int, start: datetime, leads_per_day: float = LEADS_PER_DAY
) -> Iterator[SimulatedLeads]:
    """Make `total` synthetic leads, `batch` at a time, so that a million need no more memory than one batch.

    Joined together the batches are exactly what `simulate_leads` gives for the same total, whatever their size; the
    last one may be shorter. Raises ValueError as `simulate_leads` does.
    """
    if total < 1 or batch < 1:
        raise ValueError(f"asked for {total} leads in batches of {batch}; both must be at least 1")
    if seed < 0 or not 0 < leads_per_day < float("inf"):
        raise ValueError(
            f"seed is {seed} and leads_per_day {leads_per_day}; neither may be negative, nor the rate zero"
        )
    if total / leads_per_day > _LONGEST_DAYS:
        raise ValueError(f"{total} leads at {leads_per_day:g} a day take more than 100 years; raise leads_per_day")
    return _batches(total, batch, seed, as_instant(start), leads_per_day)


def _batches(total: int, batch: int, seed: int, start: np.datetime64, leads_per_day: float) -> Iterator[SimulatedLeads]:
    waiting: list[SimulatedLeads] = []
    held = 0
    for first in range(0, total, _BLOCK):
        block = _slice(_simulate_block(first, seed, start, leads_per_day), 0, min(_BLOCK, total - first))
        while held + len(block) >= batch:
            yield _join([*waiting, _slice(block, 0, batch - held)])
            block = _slice(block, batch - held, len(block))
            waiting, held = [], 0
        if len(block):
            waiting.append(block)
            held += len(block)
    if waiting:
        yield _join(waiting)


def _simulate_block(first: int, seed: int, start: np.datetime64, leads_per_day: float) -> SimulatedLeads:
    """One block of leads from its own generator, so that no block depends on how many came before it."""
    # The start is part of the seed: leads of a later start must not repeat the earlier ones under new dates.
    beginning = int(start.astype(np.int64)) % 2**64
    rng = np.random.default_rng(np.random.SeedSequence([seed, beginning, first // _BLOCK]))
    numbers = np.arange(first, first + _BLOCK)
    times = draw_arrivals(rng, numbers, start, leads_per_day)
    serials = _serials(times, numbers)
    personas = draw_personas(rng, _BLOCK)
    companies = draw_companies(rng, personas)
    contacts = draw_contacts(rng, personas, companies, serials)
    visits = draw_visits(rng, personas, times)
    enquiries = draw_enquiries(rng, personas, visits.form, companies.size)
    probability = true_probability(times, companies, contacts, visits, enquiries)
    aftermath = draw_aftermath(rng, probability)
    owner = np.where(happens(rng, 0.5, _BLOCK), _FIRST_OWNER[companies.territory], _SECOND_OWNER[companies.territory])
    cells = _export(times, serials, _OWNERS[owner], companies, contacts, visits, enquiries, aftermath)
    return SimulatedLeads(cells, probability)


def _serials(times: np.ndarray, numbers: np.ndarray) -> list[str]:
    days = np.datetime_as_string(times, unit="D").tolist()
    return [f"{day[2:4]}{day[5:7]}{day[8:10]}-{number:06d}" for day, number in zip(days, numbers.tolist(), strict=True)]


def _export(
    times: np.ndarray,
    serials: list[str],
    owner: np.ndarray,
    companies: Companies,
    contacts: Contacts,
    visits: Visits,
    enquiries: Enquiries,
    aftermath: Aftermath,
) -> pl.DataFrame:
    """The block as the CRM writes it: text only, one column a field, in the order of the form."""
    created = [text.replace("T", " ") for text in np.datetime_as_string(times, unit="s").tolist()]
    columns: dict[str, np.ndarray] = {
        "Lead ID": as_texts([f"SYN-{serial}" for serial in serials]),
        "Created Date": as_texts(created),
        "Record Type": as_texts(["Synthetic Inbound"] * len(serials)),
        "Owner": owner,
        "Lead Source": visits.source_text,
        "Form": visits.form_text,
        "How Did You Hear About Us": visits.heard_text,
        "Company": companies.name_text,
        "Website": companies.website_text,
        "Industry": companies.industry_text,
        "Country": companies.country_text,
        "Number of Employees": companies.employees_text,
        "Annual Revenue": companies.revenue_text,
        "Job Title": contacts.title_text,
        "Email": contacts.email_text,
        "Phone": contacts.phone_text,
        "Email Opt Out": contacts.opt_out_text,
        "Pages Visited": visits.pages_text,
        "Minutes on Site": visits.minutes_text,
        "Message": enquiries.text,
        "Lead Status": aftermath.status_text,
        "Last Activity": aftermath.activity_text,
        OUTCOME_COLUMN: aftermath.won_text,
    }
    return pl.DataFrame({name: pl.Series(name, cells.tolist(), dtype=pl.String) for name, cells in columns.items()})


def _slice(leads: SimulatedLeads, start: int, end: int) -> SimulatedLeads:
    return SimulatedLeads(leads.cells[start:end], leads.probability[start:end])


def _join(parts: list[SimulatedLeads]) -> SimulatedLeads:
    return SimulatedLeads(
        pl.concat([part.cells for part in parts], rechunk=True), np.concatenate([part.probability for part in parts])
    )
