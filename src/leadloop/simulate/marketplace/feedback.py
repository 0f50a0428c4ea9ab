"""What users do with postings: they look, put away, rate, get in touch, and close deals, each at its time.

How far a posting gets is one draw on a ladder of steps, so that the chance of every step is known; what users do on the
way fits the step that is reached and never goes beyond it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.simulate.draws import take
from leadloop.simulate.world import Block, hours_later, write_times

CONVERTED, ANSWERED, LONG, FAILED, READ, LOOKED, GLANCED, PUT_AWAY, UNSEEN = range(9)
GRADES = np.array([1.0, 0.9, 0.7, 0.6, 0.5, 0.4, 0.3, 0.1, 0.0])
"""The target score of each step, as feedback is graded; the last, a posting that nobody saw, has none."""
_STEPS = np.array([0.0, 0.75, 1.15, 1.65, 2.25, 3.05, 4.1])
"""What is added to the log-odds of converting to get those of the next steps; being seen at all depends on capacity."""
WITHIN_DAYS = 30
EVENT_COLUMNS = (
    *("lead_id", "at", "action_type", "user_rating", "interaction_duration", "contact_successful"),
    *("contact_response_time", "conversion_value", "session_id", "user_agent", "ip_address"),
)
_AGENTS = ("Synthetic-Browser/1.0 (desktop)", "Synthetic-Browser/1.0 (phone)", "Synthetic-App/2.3")


def chances(log_odds: np.ndarray, kept: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The probability of getting at least as far as each step: a row a lead, a column a step, from converting down.

    `kept` is what waiting leaves of them, `seen` the probability that anybody sees the posting at all.
    """
    reaching = kept[:, None] / (1 + np.exp(-(log_odds[:, None] + _STEPS)))
    return np.column_stack([reaching, seen])


def grade(reaching: np.ndarray) -> np.ndarray:
    """The expected target score of each lead, counting 0 for one that nobody saw."""
    expected: np.ndarray = reaching @ (GRADES[:-1] - GRADES[1:])
    return expected


def draw_feedback(
    block: Block, lead_ids: pl.Series, reaching: np.ndarray, wait: np.ndarray
) -> tuple[np.ndarray, pl.DataFrame, dict[str, pl.Series]]:
    """How far each lead got (a step), the events on the way, and the columns of the outcomes.

    `reaching` are the chances given when the lead was first seen, `wait` the hours until then (infinite for never).
    """
    rng, count, times = block.happening, len(block), block.times
    luck = rng.random(count)
    step = (luck[:, None] >= reaching).sum(axis=1)
    u = rng.random((16, count))
    limit = WITHIN_DAYS * 24.0
    first = np.where(step < UNSEEN, np.minimum(wait, 0.5 * limit), np.inf)
    begins = np.where(np.isfinite(first), first, 0.0)
    sessions = rng.integers(0, 1 << 40, count)

    converted = step == CONVERTED
    contacted = (step <= ANSWERED) | (step == FAILED) | ((step == LONG) & (u[0] < 0.5))
    # Nothing on the way is worth more than where it ends: long looks only where the step is worth as much.
    longest = np.array([900.0, 900.0, 900.0, 290.0, 290.0, 115.0, 28.0, 28.0])[np.minimum(step, 7)]
    shortest = np.array([35.0, 35.0, 305.0, 35.0, 125.0, 35.0, 3.0, 3.0])[np.minimum(step, 7)]
    duration = np.round(shortest + (longest - shortest) * u[1] ** 1.5)
    quick = step == PUT_AWAY
    archived = quick | ((step >= READ) & (step < UNSEEN) & (u[2] < 0.45))
    seen = (step < UNSEEN) & ~quick
    again = seen & (u[3] < 0.35)
    rated = seen & (u[4] < 0.18)
    contact_at = begins + 0.2 + 20 * u[5]
    answer_hours = np.where(step <= ANSWERED, 0.2 + 30 * u[6] ** 2, 0.0)
    second_at = begins + 0.5 + 40 * u[7]
    deal_at = np.minimum(contact_at + answer_hours + 24 * np.exp(1.4 + 0.7 * _normal(u[8], u[9])), 0.98 * limit)
    rating = np.round(100 * GRADES[np.minimum(step, 7)] * (0.75 + 0.25 * u[10]))
    archive_at = begins + np.where(quick, 0.0, 41 + 30 * u[11])
    archive_time = np.where(quick, 2 + 26 * u[12], 31 + 60 * u[12])
    value = np.round(np.exp(7.2 + 0.8 * _normal(u[13], u[14])), 2)

    known = np.full(count, "", dtype=object)
    known[step <= ANSWERED], known[step == FAILED] = "true", "false"
    rows = [
        (first, "view", seen, {"interaction_duration": duration}),
        (second_at, "view", again, {"interaction_duration": np.round(np.minimum(duration, 25 + 4 * u[15]))}),
        (
            *(contact_at, "contact", contacted),
            {"contact_successful": known, "contact_response_time": np.where(step <= ANSWERED, answer_hours, np.nan)},
        ),
        (contact_at + 30, "rate", rated, {"user_rating": rating}),
        (archive_at, "archive", archived, {"interaction_duration": np.round(archive_time, 1)}),
        (deal_at, "convert", converted, {"conversion_value": value}),
    ]
    agent = take(_AGENTS, (sessions % 3).astype(np.int64))
    address = "192.0.2." + pl.Series(sessions % 254 + 1).cast(pl.String)
    frames = []
    for place, (hours, action, happened, more) in enumerate(rows):
        session = "syn-" + pl.Series((sessions + place) % (1 << 40)).cast(pl.String)
        columns = {
            "_place": pl.Series(np.arange(count)),
            "lead_id": lead_ids,
            "at": write_times(hours_later(times, hours)),
            "action_type": pl.repeat(action, count, eager=True, dtype=pl.String),
            **{name: _text(more.get(name), count) for name in EVENT_COLUMNS[3:8]},
            "session_id": session,
            "user_agent": agent,
            "ip_address": address,
        }
        frames.append(pl.DataFrame(columns).filter(pl.Series(happened)))
    events = pl.concat(frames).sort("_place", "at", maintain_order=True).drop("_place")

    decided = np.where(converted, deal_at, np.where(archived, np.minimum(archive_at, limit), limit))
    when = write_times(hours_later(times, decided))
    won = pl.Series(converted)
    values = pl.Series(value).cast(pl.String)
    outcomes = {
        "converted": take(("No", "Yes"), converted.astype(np.int64)),
        "converted_at": pl.select(pl.when(won).then(when).otherwise(None)).to_series(),
        "closed_at": when,
        "conversion_value": pl.select(pl.when(won).then(values).otherwise(None)).to_series(),
    }
    return step, events, outcomes


def _normal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Standard normal draws out of two uniform ones (Box and Muller)."""
    drawn: np.ndarray = np.sqrt(-2 * np.log1p(-one)) * np.cos(2 * np.pi * other)
    return drawn


def _text(values: np.ndarray | None, count: int) -> pl.Series:
    if values is None:
        return pl.repeat(None, count, eager=True, dtype=pl.String)
    if values.dtype == object:
        return pl.Series([text or None for text in values.tolist()], dtype=pl.String)
    return pl.Series(values).round(2).fill_nan(None).cast(pl.String)
