"""Insurance leads: people ask for cover on a site, agents call them back in time or too late, some buy."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.simulate.agents import hire, report_team
from leadloop.simulate.desk import Desk
from leadloop.simulate.draws import happens, take
from leadloop.simulate.insurance.aftermath import draw_aftermath
from leadloop.simulate.insurance.contacts import draw_contacts
from leadloop.simulate.insurance.truth import worked_at_once
from leadloop.simulate.insurance.types import LINE_NAMES, SOURCES, of_line
from leadloop.simulate.insurance.visits import BROWSERS, CAMPAIGNS, UTM, draw_visits
from leadloop.simulate.pace import draw_pace
from leadloop.simulate.seasons import Seasons
from leadloop.simulate.world import Block, World, WorldPart, write_times

_SEASONS = Seasons(
    by_hour=(5, 3, 2, 1, 2, 3, 6, 10, 18, 26, 30, 31, 32, 30, 28, 26, 26, 28, 32, 36, 34, 28, 18, 9),
    by_weekday=(1.1, 1.08, 1.05, 1.0, 0.9, 0.75, 0.8),
    by_month=(1.1, 1.0, 1.05, 1.0, 1.0, 0.95, 0.9, 0.95, 1.0, 1.0, 1.15, 0.9),
)
_DESK = Desk(utilisation=0.9, holds_weeks=0.35)
_LEADS_EACH_PER_DAY = 12.0
_RATE = 0.12
_WITHOUT_A_CALL = 0.4
_WORLD = 3


def _make(block: Block) -> WorldPart:
    rng, count = block.seeing, len(block)
    lead_ids = block.lead_ids("INS")
    visits = draw_visits(block)
    contacts = draw_contacts(block, visits)
    team = hire(_WORLD, block.leads_per_day, _LEADS_EACH_PER_DAY)
    agent = np.where(happens(rng, 0.96, count), rng.integers(0, len(team), count), -1)
    queue, worked = _DESK.wait(_SEASONS, block.times)
    busy = _SEASONS.business(block.times)
    response, conversion, rating = report_team(rng, team, np.maximum(agent, 0), _RATE, busy)
    agent_text = take(team.names, agent)
    nobody = agent_text.is_null()

    at_once = worked_at_once(block.times, visits, contacts, team, agent, block.change)
    own = np.append(team.hours, 6.0)[agent]
    pace = draw_pace(block.happening, queue + own, worked, of_line("cooling_hours", visits.line), _WITHOUT_A_CALL)
    after = draw_aftermath(block, lead_ids, visits, at_once, pace, agent_text)

    blank = pl.lit(None, dtype=pl.String)

    def unless(missing: pl.Series, cells: pl.Series) -> pl.Series:
        return pl.select(pl.when(missing).then(blank).otherwise(cells)).to_series()

    untracked = pl.Series(~visits.tracked)
    leads = pl.DataFrame(
        {
            "lead_id": lead_ids,
            "created_at": write_times(block.times),
            "record_type": pl.repeat("Synthetic", count, eager=True, dtype=pl.String),
            **contacts.cells,
            "insurance_type": take(LINE_NAMES, visits.line),
            "source": take(SOURCES, visits.source),
            "utm_source": take([source for source, _ in UTM], visits.source),
            "utm_medium": take([medium for _, medium in UTM], visits.source),
            "utm_campaign": take(CAMPAIGNS, visits.campaign),
            "browser": take(BROWSERS, visits.browser),
            "mobile": _yes(visits.mobile),
            "pages_viewed": unless(untracked, pl.Series(visits.pages.astype(np.int64)).cast(pl.String)),
            "time_on_site": unless(untracked, pl.Series(visits.seconds.astype(np.int64)).cast(pl.String)),
            "return_visit": _yes(visits.returned),
            "form_completed": _yes(visits.form),
            "quote_requested": _yes(visits.quote),
            "agent_name": agent_text,
            "agent_response_time": unless(nobody, response),
            "agent_conversion_rate": unless(nobody, conversion),
            "agent_rating": unless(nobody, rating),
        }
    )
    truth = pl.DataFrame(
        {
            "lead_id": lead_ids,
            "probability": at_once * pace.kept,
            "probability_if_worked_at_once": at_once,
            "probability_if_never_worked": at_once * _WITHOUT_A_CALL,
        }
    )
    return WorldPart(leads, after.events, pl.DataFrame({"lead_id": lead_ids, **after.outcomes}), truth)


def _yes(holds: np.ndarray) -> pl.Series:
    return take(("false", "true"), holds.astype(np.int64))


INSURANCE = World(
    name="insurance",
    title="People who ask for insurance on a site, and the agents who call them back",
    time_column="created_at",
    outcome_column="converted",
    decided_column="closed_at",
    seasons=_SEASONS,
    leads_per_day=150.0,
    block=8_192,
    make=_make,
)
