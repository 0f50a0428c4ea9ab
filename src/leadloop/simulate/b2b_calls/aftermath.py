"""What becomes of calls: they are followed up in time or too late, go on to the next stage or do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.simulate.draws import draw_codes, take
from leadloop.simulate.pace import Pace
from leadloop.simulate.timeline import join_events, list_events
from leadloop.simulate.world import Block, hours_later, write_times

WITHIN_DAYS = 60
"""Every lead is decided this many days after the call."""

_REASONS = ("no response", "no budget", "chose another vendor", "not a fit", "bad timing")


@dataclass(frozen=True)
class Aftermath:
    """The events of a block, and the columns of its outcomes."""

    events: pl.DataFrame
    outcomes: dict[str, pl.Series]


def draw_aftermath(block: Block, lead_ids: pl.Series, at_once: np.ndarray, pace: Pace, fits: np.ndarray) -> Aftermath:
    """Outcomes drawn from the probability that is left of each lead when it is followed up, and what led to them."""
    rng, count, times = block.happening, len(block), block.times
    progressed = rng.random(count) < at_once * pace.happened
    fit = rng.random(count) < fits
    noise = rng.standard_normal(count)
    limit = WITHIN_DAYS * 24.0
    worked = np.where(pace.wait < 0.8 * limit, pace.wait, np.inf)
    begins = np.where(np.isfinite(worked), worked, 0.0)
    takes = np.minimum(24 * 9 * np.exp(0.7 * noise), 0.98 * (limit - begins))
    gives_up = np.minimum(24 * (5 + 45 * rng.random(count)), 0.98 * (limit - begins))
    decided = begins + np.where(progressed, takes, gives_up)
    decided = np.where(~progressed & (rng.random(count) < 0.3), limit, decided)
    at, when = hours_later(times, decided), write_times(hours_later(times, decided))
    reason = take(_REASONS, draw_codes(rng, [35, 18, 15, 17, 15], count))
    worked_at = np.isfinite(worked)
    stage = take(("Evaluation",), np.zeros(count, dtype=np.int64))
    events = join_events(
        list_events(lead_ids, hours_later(times, worked), "follow_up", take((None,), np.zeros(count, int)), worked_at),
        list_events(lead_ids, at, "stage_changed", stage, progressed),
        list_events(lead_ids, at, "closed_lost", reason, ~progressed),
    )
    outcomes = {
        "progressed": take(("No", "Yes"), progressed.astype(np.int64)),
        "progressed_at": pl.select(pl.when(pl.Series(progressed)).then(when).otherwise(None)).to_series(),
        "closed_at": when,
        "voice_ai_fit": take(("No", "Yes"), fit.astype(np.int64)),
    }
    return Aftermath(events, outcomes)
