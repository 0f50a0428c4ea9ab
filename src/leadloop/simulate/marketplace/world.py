"""Marketplace leads: postings that were scraped, and what users made of them."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.simulate.desk import Desk
from leadloop.simulate.marketplace.feedback import chances, draw_feedback, grade
from leadloop.simulate.marketplace.postings import draw_postings
from leadloop.simulate.marketplace.truth import appeal
from leadloop.simulate.pace import draw_pace
from leadloop.simulate.seasons import Seasons
from leadloop.simulate.world import Block, World, WorldPart, write_times

_SEASONS = Seasons(
    by_hour=(3, 2, 1, 1, 1, 2, 5, 12, 24, 34, 38, 37, 32, 33, 35, 33, 29, 24, 18, 14, 12, 10, 7, 5),
    by_weekday=(1.2, 1.15, 1.1, 1.0, 0.85, 0.4, 0.4),
    by_month=(1.25, 1.15, 1.1, 1.0, 1.0, 0.95, 0.9, 0.95, 1.05, 1.0, 0.9, 0.7),
)
_DESK = Desk(utilisation=0.8, holds_weeks=0.5)
_AVERAGE = -4.1
_COOLING_HOURS = 60.0
_WITHOUT = 0.0
_LOOKING_HOURS = 1.5


def _make(block: Block) -> WorldPart:
    count = len(block)
    lead_ids = block.lead_ids("MKT")
    postings = draw_postings(block)
    log_odds = _AVERAGE + appeal(postings, block.change)
    queue, seen = _DESK.wait(_SEASONS, block.times)
    seen = 0.97 * seen
    # Nobody gets in touch about a posting that nobody has seen.
    pace = draw_pace(block.happening, queue + _LOOKING_HOURS, seen, np.full(count, _COOLING_HOURS), _WITHOUT)
    found = np.isfinite(pace.wait).astype(float)
    _, events, outcomes = draw_feedback(block, lead_ids, chances(log_odds, pace.happened, found), pace.wait)
    expected = chances(log_odds, pace.kept, seen)
    truth = pl.DataFrame(
        {
            "lead_id": lead_ids,
            "probability": expected[:, 0],
            "probability_if_worked_at_once": 1 / (1 + np.exp(-log_odds)),
            "probability_if_never_worked": np.full(count, _WITHOUT),
            "contact_success_probability": expected[:, 1],
            "expected_target_score": grade(expected),
        }
    )
    leads = pl.DataFrame(
        {
            "lead_id": lead_ids,
            "record_type": pl.repeat("Synthetic", count, eager=True, dtype=pl.String),
            **postings.cells,
            "scraped_at": write_times(block.times),
        }
    )
    return WorldPart(leads, events, pl.DataFrame({"lead_id": lead_ids, **outcomes}), truth)


MARKETPLACE = World(
    name="marketplace",
    title="Postings of jobs and gigs that were scraped, and what users did with them",
    time_column="scraped_at",
    outcome_column="converted",
    decided_column="closed_at",
    seasons=_SEASONS,
    leads_per_day=200.0,
    block=4_096,
    make=_make,
)
