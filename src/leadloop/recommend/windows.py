"""The recent events of leads, cut into windows of equal length with what is missing masked: what the network reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.recommend.histories import HOUR, PADDING, Decisions, Histories

LENGTH = 32
"""How many recent events are looked at."""
TIMES = 3
"""How many numbers say when an event was: since the one before, since the first, and how many came before."""
CONTEXT = 8
"""How many numbers say when it is decided."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Some leads' events, a row a window: first a place where nothing happened yet, then the events, then padding."""

    kind: np.ndarray
    """Codes of kinds (rows x length); 0 where there is nothing."""
    result: np.ndarray
    """Codes of results."""
    times: np.ndarray
    """When each event was (rows x length x `TIMES`), on log scales."""
    traits: np.ndarray
    """Codes of the lead's categories (rows x traits)."""
    context: np.ndarray
    """For a decision after the event at this place: when that is (rows x length x `CONTEXT`)."""

    def inputs(self, rows: slice | np.ndarray = slice(None)) -> dict[str, np.ndarray]:
        """The arrays by the names under which the graph reads them, of the types that it reads."""
        length = self.kind.shape[1]
        count = len(self.kind[rows])
        return {
            "kind": self.kind[rows].astype(np.int32),
            "result": self.result[rows].astype(np.int32),
            "place": np.broadcast_to(np.arange(length, dtype=np.int32), (count, length)).copy(),
            "times": self.times[rows].astype(np.float32),
            "traits": self.traits[rows].astype(np.int32),
            "context": self.context[rows].astype(np.float32),
        }


@dataclass(frozen=True, eq=False)
class Places:
    """Where in the windows each decision stands: after the event at (`window`, `place`)."""

    window: np.ndarray
    place: np.ndarray


def event_times(histories: Histories) -> np.ndarray:
    """When each event was (events x `TIMES`): hours since the one before, hours since the first, how many came before."""
    starts = histories.starts[histories.lead] if len(histories.lead) else np.zeros(0, int)
    number = np.arange(len(histories.at)) - starts
    before = np.where(number > 0, histories.at - np.roll(histories.at, 1), 0.0)
    since = histories.at - histories.at[starts] if len(starts) else np.zeros(0)
    return np.stack([np.log1p(before / HOUR), np.log1p(since / HOUR), np.log1p(number)], axis=1)


def moments(last: np.ndarray, first: np.ndarray, number: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """When it is decided (rows x `CONTEXT`): since the last event and the first, how many there were, hour and weekday.

    Hours and weekdays are of UTC, on a circle, and the last number is 1 where nothing happened before.
    """
    hour = (moment / HOUR) % 24
    day = np.floor(moment / HOUR / 24 + 3) % 7  # the first of January 1970 was a Thursday
    turn = 2 * np.pi
    nothing = (number == 0).astype(float)
    return np.stack(
        [
            np.log1p(np.maximum(moment - last, 0.0) / HOUR),
            np.log1p(np.maximum(moment - first, 0.0) / HOUR),
            np.log1p(number),
            np.sin(turn * hour / 24),
            np.cos(turn * hour / 24),
            np.sin(turn * day / 7),
            np.cos(turn * day / 7),
            nothing,
        ],
        axis=1,
    )


def context_of(histories: Histories, decisions: Decisions) -> np.ndarray:
    """When each decision is made, as `moments` says it."""
    first = histories.starts[decisions.lead]
    number = decisions.row - first
    some = number > 0
    at = histories.at if len(histories.at) else np.zeros(1)
    last = np.where(some, at[np.clip(decisions.row - 1, 0, len(at) - 1)], decisions.moment)
    begun = np.where(some, at[np.clip(first, 0, len(at) - 1)], decisions.moment)
    return moments(last, begun, number, decisions.moment)


def whole_windows(histories: Histories, decisions: Decisions, length: int = LENGTH) -> tuple[Windows, Places]:
    """Windows that hold all decisions of a lead together, so that each event is read once: what training reads.

    A lead with more than `length` events has several windows; each decision stands in one where at least half of the length,
    or everything, lies before it. A decision before anything happened stands at the first place.
    """
    count = decisions.row - histories.starts[decisions.lead]  # events before each decision
    half = max(1, length // 2)
    # Window w of a lead begins at event w * half; a decision of n events before it stands in the last that leaves it half.
    number = np.where(count <= length, 0, -(-(count - length) // half))
    keys = decisions.lead.astype(np.int64) * 1_000_000 + number
    unique, window = np.unique(keys, return_inverse=True)
    lead, begins = unique // 1_000_000, unique % 1_000_000 * half
    place = count - begins[window]
    ends = np.append(histories.starts[1:], len(histories.at))[lead] if histories.leads else np.zeros(0, int)
    windows = _cut(histories, lead, histories.starts[lead] + begins, ends, length)
    context = np.zeros((len(lead), length + 1, CONTEXT))
    context[window, place] = context_of(histories, decisions)
    return Windows(windows.kind, windows.result, windows.times, windows.traits, context), Places(window, place)


def last_windows(histories: Histories, decisions: Decisions, length: int = LENGTH) -> tuple[Windows, Places]:
    """A window for each decision with the events before it, and nothing else: what serving reads."""
    start = histories.starts[decisions.lead]
    first = np.maximum(start, decisions.row - length)
    held = decisions.row - first
    longest = int(held.max(initial=0))
    windows = _cut(histories, decisions.lead, first, decisions.row, longest)
    rows = np.arange(len(decisions))
    context = np.zeros((len(decisions), longest + 1, CONTEXT))
    context[rows, held] = context_of(histories, decisions)
    return Windows(windows.kind, windows.result, windows.times, windows.traits, context), Places(rows, held)


def _cut(histories: Histories, lead: np.ndarray, first: np.ndarray, end: np.ndarray, length: int) -> Windows:
    """The events from `first` to before `end`, behind a first place where nothing happened yet."""
    rows = first[:, None] + np.arange(-1, length)[None, :]
    held = (rows < end[:, None]) & (np.arange(length + 1) > 0)
    traits, none = histories.traits[lead], np.zeros(0)
    if not len(histories.at):
        nothing = np.full(rows.shape, PADDING)
        return Windows(nothing, nothing, np.zeros((*rows.shape, TIMES)), traits, none)
    rows = np.where(held, rows, 0)
    times = event_times(histories)[rows] * held[:, :, None]
    kind, result = np.where(held, histories.kind[rows], PADDING), np.where(held, histories.result[rows], PADDING)
    return Windows(kind, result, times, traits, none)
