"""What becomes of insurance leads: they wait, are called, quoted, and buy or not, each in its own time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.simulate.draws import draw_codes, take
from leadloop.simulate.insurance.types import of_line
from leadloop.simulate.insurance.visits import Visits
from leadloop.simulate.pace import Pace
from leadloop.simulate.timeline import join_events, list_events
from leadloop.simulate.world import Block, hours_later, write_times

WITHIN_DAYS = 45
"""Every lead is decided this many days after it came."""

_REASONS = ("no answer", "price", "bought elsewhere", "not eligible", "no longer needed", "went cold")


@dataclass(frozen=True)
class Aftermath:
    """The events of a block, and the columns of its outcomes."""

    events: pl.DataFrame
    outcomes: dict[str, pl.Series]


def draw_aftermath(
    block: Block, lead_ids: pl.Series, visits: Visits, at_once: np.ndarray, pace: Pace, agent_text: pl.Series
) -> Aftermath:
    """Outcomes drawn from the probability that is left of each lead when it is worked, and what led to them."""
    rng, count, times = block.happening, len(block), block.times
    luck = rng.random(count)
    won = luck < at_once * pace.happened
    noise = rng.standard_normal((2, count))
    limit = WITHIN_DAYS * 24.0
    worked = np.where(pace.wait < 0.8 * limit, pace.wait, np.inf)
    begins = np.where(np.isfinite(worked), worked, 0.0)
    takes = of_line("decides_days", visits.line) * 24 * np.exp(0.7 * noise[0])
    decided_won = begins + np.minimum(takes, 0.98 * (limit - begins))
    gives_up = begins + np.minimum(24.0 * (3 + 35 * rng.random(count)), 0.98 * (limit - begins))
    decided = np.where(won, decided_won, np.where(rng.random(count) < 0.6, gives_up, limit))
    quoted = np.isfinite(worked) & (won | (rng.random(count) < 0.2 + 0.3 * visits.quote))
    quote_at = np.where(quoted, begins + (decided - begins) * 0.4 * rng.random(count), np.inf)
    premium = np.round(of_line("premium", visits.line) * np.exp(0.45 * noise[1]), 2)

    at = hours_later(times, decided)
    reason = take(_REASONS, draw_codes(rng, [30, 25, 18, 8, 11, 8], count))
    answered = _text(rng.random(count) < 0.45 + 0.4 * won, "answered", "no answer")
    premium_text = pl.Series(premium).cast(pl.String)
    events = join_events(
        list_events(lead_ids, hours_later(times, 0.02 + 0.1 * rng.random(count)), "assigned", agent_text,
                    agent_text.is_not_null().to_numpy()),
        list_events(lead_ids, hours_later(times, worked), "called", answered, np.isfinite(worked)),
        list_events(lead_ids, hours_later(times, quote_at), "quote_sent", premium_text, quoted),
        list_events(lead_ids, at, "policy_bound", premium_text, won),
        list_events(lead_ids, at, "closed_lost", reason, ~won),
    )  # fmt: skip
    blank = pl.lit(None, dtype=pl.String)
    converted, when = pl.Series(won), write_times(at)
    outcomes = {
        "converted": _text(won, "Yes", "No"),
        "converted_at": pl.select(pl.when(converted).then(when).otherwise(blank)).to_series(),
        "closed_at": when,
        "premium_amount": pl.select(pl.when(converted).then(premium_text).otherwise(blank)).to_series(),
    }
    return Aftermath(events, outcomes)


def _text(holds: np.ndarray, yes: str, no: str) -> pl.Series:
    return take((no, yes), holds.astype(np.int64))
