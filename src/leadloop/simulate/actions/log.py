"""A log of actions of the synthetic world, drawn by lot with known probabilities, as a team that explores would write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leadloop.simulate.actions.world import (
    ACTIONS,
    LOGGING,
    RESULTS,
    SEGMENTS,
    STEPS,
    State,
    after,
    loss_chance,
    result_chances,
    win_chance,
)

DAY = 86_400.0
START = 1_735_689_600.0
"""The first of January 2025, in seconds."""
LEADS_PER_DAY = 60.0
GAP_DAYS = 2.0
"""How many days lie between two steps, on average."""


@dataclass(frozen=True, eq=False)
class ActionLog:
    """Actions, one an entry, each lead's in the order of time; and how each lead ended."""

    lead: np.ndarray
    at: np.ndarray
    """When it was done, in seconds."""
    action: np.ndarray
    """The number of the action."""
    result: np.ndarray
    """The number of its result."""
    propensity: np.ndarray
    """The probability with which it was drawn."""
    segment: np.ndarray
    """The segment of each lead."""
    won_at: np.ndarray
    """When each lead was won, in seconds; NaN where it was not."""
    ended_at: np.ndarray
    """When each lead's last step was over, in seconds."""
    true_value: float
    """The mean of the true probabilities to be won, of all leads under the way in which it was chosen."""


Choose = Callable[[np.ndarray, State, int, np.ndarray], np.ndarray]
"""Chooses for the leads of these numbers, where they stand, at a step and at moments of their own: an action for each."""


def draw_log(leads: int, *, seed: int, leads_per_day: float = LEADS_PER_DAY) -> ActionLog:
    """So many leads, worked by lot."""
    return work(leads, np.random.default_rng(seed), None, leads_per_day=leads_per_day)


def work(
    leads: int,
    rng: np.random.Generator,
    choose: Choose | None,
    told_of: list[list[tuple[float, int, int]]] | None = None,
    *,
    leads_per_day: float = LEADS_PER_DAY,
) -> ActionLog:
    """So many leads, worked by somebody's choice, or by lot where nobody chooses.

    `told_of` is told of each lead's actions as they are done (when, action, result), so that whoever chooses can read them.
    `true_value` counts each lead by its true probabilities instead of by what chance made of it, which is far steadier.
    """
    arrived = START + np.sort(rng.random(leads)) * leads / leads_per_day * DAY
    segment = rng.integers(0, len(SEGMENTS), leads)
    state, now = State.begin(segment), arrived.copy()
    alive = np.ones(leads, bool)
    won_at, ended_at, value = np.full(leads, np.nan), arrived.copy(), np.zeros(leads)
    told: list[tuple[np.ndarray, ...]] = []
    for step in range(STEPS):
        here = np.flatnonzero(alive)
        part = State(segment[here], state.reached[here], state.met[here], state.last[here])
        if choose is None:
            action = rng.choice(len(ACTIONS), size=len(here), p=LOGGING)
            propensity = LOGGING[action]
        else:
            action = choose(here, part, step, now[here].copy())
            propensity = np.full(len(here), np.nan)
        win, lose = win_chance(part, action), loss_chance(part, action)
        won, lost = rng.random(len(here)) < win, rng.random(len(here)) < lose
        ladder = np.cumsum(result_chances(part, action), axis=1)
        result = np.minimum((rng.random(len(here))[:, None] >= ladder).sum(axis=1), len(RESULTS) - 1)
        told.append((here, now[here].copy(), action, result, propensity))
        if told_of is not None:
            for one, at, done, came in zip(here, now[here], action, result, strict=True):
                told_of[one].append((float(at), int(done), int(came)))
        value[here] += win
        won_at[here[won]] = now[here[won]] + 0.2 * DAY
        ended_at[here] = now[here] + 0.3 * DAY
        moved = after(part, action, result)
        for name in ("reached", "met", "last"):
            getattr(state, name)[here] = getattr(moved, name)
        now[here] += (0.5 + rng.exponential(GAP_DAYS - 0.5, len(here))) * DAY
        alive[here[won | lost]] = False
    rows = [np.concatenate([one[number] for one in told]) for number in range(5)]
    order = np.lexsort((rows[1], rows[0]))
    lead, at, action, result, propensity = (row[order] for row in rows)
    return ActionLog(lead, at, action, result, propensity, segment, won_at, ended_at, float(value.mean()))
