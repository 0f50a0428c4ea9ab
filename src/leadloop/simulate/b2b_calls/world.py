"""Discovery calls: a company talks to an account executive, and goes on to the next stage or does not."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.simulate.agents import hire
from leadloop.simulate.b2b_calls import phrases
from leadloop.simulate.b2b_calls.aftermath import draw_aftermath
from leadloop.simulate.b2b_calls.calls import NOT_MENTIONED, SOURCES, TITLES, Calls, draw_calls
from leadloop.simulate.b2b_calls.companies import draw_companies
from leadloop.simulate.b2b_calls.notes import write_notes
from leadloop.simulate.b2b_calls.truth import voice_ai_fits, worked_at_once
from leadloop.simulate.desk import Desk
from leadloop.simulate.draws import draw_codes, happens, take
from leadloop.simulate.pace import draw_pace
from leadloop.simulate.people import draw_people, draw_phones, leave_out, write_emails
from leadloop.simulate.seasons import Seasons
from leadloop.simulate.world import Block, World, WorldPart, write_times

_SEASONS = Seasons(
    by_hour=(0, 0, 0, 0, 0, 0, 0, 1, 6, 14, 18, 17, 10, 13, 18, 17, 13, 6, 2, 0, 0, 0, 0, 0),
    by_weekday=(1.0, 1.2, 1.2, 1.1, 0.8, 0.01, 0.01),
    by_month=(1.0, 1.05, 1.15, 1.05, 1.05, 1.0, 0.8, 0.75, 1.1, 1.15, 1.1, 0.7),
)
_DESK = Desk(utilisation=0.85, holds_weeks=1.0)
_LEADS_EACH_PER_DAY = 3.0
_WITHOUT_A_CALL = 0.25
_COOLING_HOURS = 60.0
_WORLD = 1
_TITLES = (
    "{} <> Us - discovery call",
    "{} / intro call",
    "Discovery: {}",
    "{} x Us - Intro",
    "Intro call with {}",
    "{} call",
)


def _make(block: Block) -> WorldPart:
    rng, count = block.seeing, len(block)
    lead_ids = block.lead_ids("B2B")
    companies = draw_companies(block)
    calls = draw_calls(block, companies)
    first, family = draw_people(rng, count)
    team = hire(_WORLD, block.leads_per_day, _LEADS_EACH_PER_DAY)
    agent = rng.integers(0, len(team), count)
    titles = draw_codes(rng, [45, 15, 12, 12, 10, 6], count).tolist()
    names = companies.cells["company_name"].to_list()
    leads = pl.DataFrame(
        {
            "lead_id": lead_ids,
            "call_at": write_times(block.times),
            "record_type": pl.repeat("Synthetic", count, eager=True, dtype=pl.String),
            **companies.cells,
            "contact_name": first + " " + family,
            "contact_title": take(TITLES, calls.title),
            "contact_email": leave_out(
                rng, write_emails(first, family, block.numbers, companies.domain), happens(rng, 0.95, count)
            ),
            "contact_phone": leave_out(rng, draw_phones(rng, count), happens(rng, 0.6, count), "N/A"),
            "call_title": pl.Series([_TITLES[form].format(name) for form, name in zip(titles, names, strict=True)]),
            "call_minutes": pl.Series(calls.minutes.astype(np.int64)).cast(pl.String),
            "call_notes": pl.Series(write_notes(rng, calls, companies.short, first.to_list()), dtype=pl.String),
            "products_discussed": _list_products(calls),
            "urgency_level": pl.Series(calls.urgency).fill_nan(None).cast(pl.Int64).cast(pl.String),
            "lead_source": take(SOURCES, calls.source),
            "ae_name": take(team.names, agent),
        }
    )
    at_once = worked_at_once(block.times, companies, calls, team, agent, block.change)
    fits = voice_ai_fits(companies, calls, block.change)
    queue, worked = _DESK.wait(_SEASONS, block.times)
    own = 2.0 + 6.0 * team.hours[agent]
    pace = draw_pace(block.happening, queue + own, worked, np.full(count, _COOLING_HOURS), _WITHOUT_A_CALL)
    after = draw_aftermath(block, lead_ids, at_once, pace, fits)
    truth = pl.DataFrame(
        {
            "lead_id": lead_ids,
            "probability": at_once * pace.kept,
            "probability_if_worked_at_once": at_once,
            "probability_if_never_worked": at_once * _WITHOUT_A_CALL,
            "voice_ai_fit_probability": fits,
        }
    )
    return WorldPart(leads, after.events, pl.DataFrame({"lead_id": lead_ids, **after.outcomes}), truth)


def _list_products(calls: Calls) -> pl.Series:
    """The products that came up, wanted or not, as the AE ticks them; often left blank."""
    names = [name for name, _ in phrases.PRODUCTS]
    cells = [
        "; ".join([name for name, status in zip(names, row, strict=True) if status != NOT_MENTIONED]) or None
        if listed
        else None
        for row, listed in zip(calls.products.tolist(), calls.listed.tolist(), strict=True)
    ]
    return pl.Series(cells, dtype=pl.String)


B2B_CALLS = World(
    name="b2b_calls",
    title="Discovery calls of a communications provider, with notes, and whether the company goes on to the next stage",
    time_column="call_at",
    outcome_column="progressed",
    decided_column="closed_at",
    seasons=_SEASONS,
    leads_per_day=40.0,
    block=2_048,
    make=_make,
)
