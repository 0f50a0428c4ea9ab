"""Leads that are worked step by step: what each action brings is written down here, so any way to choose has a true value.

A lead has a segment, which can be seen. At each of a few steps somebody acts; the lead may be won then, may be lost for good, or
waits for the next step. What an action brings depends on the segment, on whether the person was ever reached and ever met, and
on whether the same was done just before, which annoys. All of that can be seen in the lead's history, so the best way to choose
can be worked out exactly, backwards from the last step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ACTIONS = ("call", "mail", "meeting", "quote")
SEGMENTS = ("small", "middle", "large", "public")
RESULTS = ("none", "reached", "met")
CALL, MAIL, MEETING, QUOTE = range(4)
STEPS = 5
NOTHING_YET = len(ACTIONS)
"""The code of the last action where there was none."""
_LIKES = np.array(  # log-odds of being won at once, a row a segment
    [
        [-3.3, -1.7, -3.6, -2.9],
        [-1.9, -3.1, -3.0, -2.7],
        [-3.5, -3.6, -1.7, -2.8],
        [-3.3, -2.2, -2.6, -3.5],
    ]
)
_AFTER_REACHED = np.array([0.2, 0.4, 0.7, 1.0])
_AFTER_MET = np.array([-0.1, 0.0, 0.0, 1.6])
_AGAIN = np.array([-1.0, -0.5, -1.6, -1.8])
_REACHES = np.array(
    [[0.35, 0.30, 0.15, 0.05], [0.45, 0.20, 0.15, 0.05], [0.30, 0.15, 0.20, 0.05], [0.25, 0.35, 0.15, 0.05]]
)
_MEETS = np.array([0.10, 0.20, 0.35, 0.25])
_LOSES = np.array([0.05, 0.03, 0.10, 0.12])
_LOSES_AGAIN = 0.08
LOGGING = np.array([0.30, 0.30, 0.20, 0.20])
"""How often each action is drawn by lot in the log, whoever the lead is."""


@dataclass(frozen=True, eq=False)
class State:
    """Where some leads stand; every array has an entry a lead."""

    segment: np.ndarray
    reached: np.ndarray
    met: np.ndarray
    last: np.ndarray
    """The last action, `NOTHING_YET` before the first."""

    @classmethod
    def begin(cls, segment: np.ndarray) -> State:
        """Leads of whom nothing is known but their segment."""
        none = np.zeros(len(segment), dtype=bool)
        return cls(segment, none, none.copy(), np.full(len(segment), NOTHING_YET))


def win_chance(state: State, action: np.ndarray) -> np.ndarray:
    """The true probability that each lead is won at once by an action."""
    odds = _LIKES[state.segment, action] + _AFTER_REACHED[action] * state.reached + _AFTER_MET[action] * state.met
    odds = odds + _AGAIN[action] * (state.last == action)
    chance: np.ndarray = 1 / (1 + np.exp(-odds))
    return chance


def loss_chance(state: State, action: np.ndarray) -> np.ndarray:
    """The true probability that a lead that was not won is lost for good by an action."""
    chance: np.ndarray = _LOSES[action] + _LOSES_AGAIN * (state.last == action)
    return chance


def result_chances(state: State, action: np.ndarray) -> np.ndarray:
    """The true probabilities of each result of an action (leads x results), of leads that go on."""
    reaches = _REACHES[state.segment, action]
    meets = np.where(action == MEETING, _MEETS[state.segment] + 0.3 * state.reached, 0.0)
    return np.stack([1 - reaches - meets * (1 - reaches), reaches, meets * (1 - reaches)], axis=1)


def after(state: State, action: np.ndarray, result: np.ndarray) -> State:
    """Where leads stand after an action with a result (its number among `RESULTS`)."""
    met = state.met | (result == 2)
    return State(state.segment, state.reached | (result >= 1), met, action)


def best_values() -> tuple[np.ndarray, np.ndarray]:
    """The highest probability to be won from each state and step on, and the action that has it (steps x states)."""
    return _backwards(None)


def value_of(shares: np.ndarray) -> float:
    """The true share of leads that are won where actions are drawn with these probabilities, step for step, in each segment.

    `shares` is one row for everybody, or a row a segment. Segments are equally frequent.
    """
    by_segment = np.broadcast_to(shares, (len(SEGMENTS), len(ACTIONS)))
    values, _ = _backwards(by_segment)
    return float(values[0][_numbers(State.begin(np.arange(len(SEGMENTS))))].mean())


def best_value() -> float:
    """The true share of leads that are won where everybody gets the best action at every step: the optimum."""
    values, _ = best_values()
    return float(values[0][_numbers(State.begin(np.arange(len(SEGMENTS))))].mean())


def best_fixed() -> tuple[str, float]:
    """The single action that wins most where everybody gets it at every step, and the share that it wins."""
    each = [value_of(np.eye(len(ACTIONS))[one]) for one in range(len(ACTIONS))]
    best = int(np.argmax(each))
    return ACTIONS[best], each[best]


def _numbers(state: State) -> np.ndarray:
    """A number for each state."""
    number: np.ndarray = ((state.segment * 2 + state.reached) * 2 + state.met) * (NOTHING_YET + 1) + state.last
    return number


def _all_states() -> State:
    number = np.arange(len(SEGMENTS) * 4 * (NOTHING_YET + 1))
    last, rest = number % (NOTHING_YET + 1), number // (NOTHING_YET + 1)
    return State(rest // 4, (rest // 2 % 2).astype(bool), (rest % 2).astype(bool), last)


def _backwards(shares: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    states = _all_states()
    count = len(states.segment)
    values, chosen = np.zeros((STEPS + 1, count)), np.zeros((STEPS, count), dtype=int)
    for step in range(STEPS - 1, -1, -1):
        worth = np.zeros((count, len(ACTIONS)))
        for action in range(len(ACTIONS)):
            taken = np.full(count, action)
            win, lose, results = win_chance(states, taken), loss_chance(states, taken), result_chances(states, taken)
            later = sum(
                results[:, one] * values[step + 1][_numbers(after(states, taken, np.full(count, one)))]
                for one in range(len(RESULTS))
            )
            worth[:, action] = win + (1 - win) * (1 - lose) * later
        if shares is None:
            chosen[step], values[step] = worth.argmax(axis=1), worth.max(axis=1)
        else:
            values[step] = (shares[states.segment] * worth).sum(axis=1)
    return values, chosen
