"""What happened to leads and what was done about them, one row an event, as arrays that every competitor reads.

The moment at which something is decided is a row too: everything before it in the same lead may be looked at, nothing after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from leadloop.errors import DataError, Problem

PADDING, UNKNOWN = 0, 1
"""Codes of no event at all, and of one whose name was not there when the model was trained."""
HOUR = 3600.0


@dataclass(frozen=True)
class Vocabulary:
    """The names that a model knows; anything else is `UNKNOWN` to it."""

    kinds: tuple[str, ...]
    """What happens or is done, actions among them."""
    results: tuple[str, ...]
    """What comes of it at once; the empty text is one of them."""
    actions: tuple[str, ...]
    """What may be recommended: some of the kinds."""
    traits: tuple[str, ...]
    """Fields of a lead that hold categories."""
    levels: tuple[tuple[str, ...], ...]
    """The categories of each."""

    @classmethod
    def of(
        cls,
        kinds: Sequence[str],
        results: Sequence[str],
        actions: Sequence[str],
        traits: Mapping[str, Sequence[str]] | None = None,
    ) -> Vocabulary:
        """The vocabulary of these names, each once and in order."""
        traits = traits or {}
        return cls(
            tuple(dict.fromkeys(kinds)),
            tuple(dict.fromkeys(("", *results))),
            tuple(dict.fromkeys(actions)),
            tuple(traits),
            tuple(tuple(dict.fromkeys(levels)) for levels in traits.values()),
        )

    def code_kinds(self, names: Sequence[str]) -> np.ndarray:
        """The code of each kind.

        >>> Vocabulary.of(["call", "mail"], [], ["call"]).code_kinds(["mail", "fax"]).tolist()
        [3, 1]
        """
        return _codes(names, self.kinds)

    def code_results(self, names: Sequence[str]) -> np.ndarray:
        """The code of each result."""
        return _codes(names, self.results)

    def code_actions(self, names: Sequence[str]) -> np.ndarray:
        """The number of each action, from 0 on; -1 for what is none."""
        return _codes(names, self.actions) - 2

    def code_traits(self, leads: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """The codes of each lead's categories, a column a trait."""
        columns = [
            _codes([_text(lead.get(name)) for lead in leads], levels)
            for name, levels in zip(self.traits, self.levels, strict=True)
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(leads), 0), np.int64)

    @property
    def kind_of_action(self) -> np.ndarray:
        """The code of each action among the kinds."""
        return self.code_kinds(self.actions)

    def as_json(self) -> dict[str, Any]:
        """The names, as plain values."""
        return {
            one.name: [list(x) if isinstance(x, tuple) else x for x in getattr(self, one.name)] for one in fields(self)
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary that `as_json` wrote; raises ValueError where an action is no kind."""
        kinds, results, actions, traits = (tuple(said[name]) for name in ("kinds", "results", "actions", "traits"))
        known = cls(kinds, results, actions, traits, tuple(tuple(levels) for levels in said["levels"]))
        if not known.actions or not set(known.actions) <= set(known.kinds) or len(known.traits) != len(known.levels):
            raise ValueError("a vocabulary whose actions are no kinds")
        return known


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _codes(names: Sequence[str], known: Sequence[str]) -> np.ndarray:
    place = {name: number + 2 for number, name in enumerate(known)}
    return np.array([place.get(name, UNKNOWN) for name in names], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Histories:
    """The events of some leads, each lead's together and in the order of time."""

    vocabulary: Vocabulary
    lead: np.ndarray
    """The number of each event's lead, from 0 on, never falling."""
    at: np.ndarray
    """When each event was, in seconds; never falling within a lead."""
    kind: np.ndarray
    """The code of what happened."""
    result: np.ndarray
    """The code of what came of it at once."""
    action: np.ndarray
    """The number of the action that it is; -1 where it is none that may be recommended."""
    propensity: np.ndarray
    """The probability with which the action was drawn by lot; NaN where it was not."""
    traits: np.ndarray
    """The codes of each lead's categories, a row a lead."""
    won_at: np.ndarray
    """When each lead was won, in seconds; NaN where it was not."""
    lost_at: np.ndarray
    """When it became certain that each lead will not be won, in seconds; NaN where it did not."""
    known_until: np.ndarray
    """Until when it is known whether a lead was won: when the log was read."""

    def __post_init__(self) -> None:
        """Refuse what is out of order, for every prefix would be wrong."""
        same = np.diff(self.lead) == 0
        if (np.diff(self.lead) < 0).any() or (np.diff(self.at)[same] < 0).any():
            raise DataError("histories", Problem("events", "are not in order", "sort them by lead and time"))

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return len(self.won_at)

    @property
    def starts(self) -> np.ndarray:
        """Where each lead's events begin."""
        return np.searchsorted(self.lead, np.arange(self.leads))

    @property
    def begun(self) -> np.ndarray:
        """When each lead's first event was, in seconds; NaN for a lead without events."""
        first = np.minimum(self.starts, len(self.at) - 1) if len(self.at) else np.zeros(self.leads, np.int64)
        if not len(self.at):
            return np.full(self.leads, np.nan)
        return np.where(self.lead[first] == np.arange(self.leads), self.at[first], np.nan)

    def take(self, leads: np.ndarray) -> Histories:
        """The events of these leads alone, numbered anew in the order given."""
        starts = self.starts
        ends = np.searchsorted(self.lead, np.arange(self.leads), side="right")
        rows = np.concatenate([np.arange(starts[one], ends[one]) for one in leads]) if len(leads) else np.zeros(0, int)
        number = np.repeat(np.arange(len(leads)), (ends - starts)[leads] if len(leads) else [])
        return Histories(
            self.vocabulary, number, self.at[rows], self.kind[rows], self.result[rows], self.action[rows],
            self.propensity[rows], self.traits[leads], self.won_at[leads], self.lost_at[leads], self.known_until[leads],
        )  # fmt: skip

    @classmethod
    def join(cls, vocabulary: Vocabulary, events: Sequence[Mapping[str, Any]], leads: Sequence[Lead]) -> Histories:
        """Histories of events told by name; each has `lead` (a number), `at`, `kind`, and where known `result`, `propensity`."""
        order = sorted(range(len(events)), key=lambda row: (events[row]["lead"], events[row]["at"]))
        rows = [events[row] for row in order]
        kinds = [row["kind"] for row in rows]
        lots = [row.get("propensity") for row in rows]
        return cls(
            vocabulary,
            np.array([row["lead"] for row in rows], dtype=np.int64),
            np.array([row["at"] for row in rows], dtype=np.float64),
            vocabulary.code_kinds(kinds),
            vocabulary.code_results([row.get("result") or "" for row in rows]),
            vocabulary.code_actions(kinds),
            np.array([np.nan if lot is None else lot for lot in lots], dtype=np.float64),
            vocabulary.code_traits([one.traits for one in leads]),
            np.array([np.nan if one.won_at is None else one.won_at for one in leads], dtype=np.float64),
            np.array([np.nan if one.lost_at is None else one.lost_at for one in leads], dtype=np.float64),
            np.array([one.known_until for one in leads], dtype=np.float64),
        )


@dataclass(frozen=True)
class Lead:
    """What is known of a lead beside its events."""

    known_until: float
    """Until when it is known whether it was won, in seconds."""
    won_at: float | None = None
    """When it was won, in seconds; None where it was not."""
    lost_at: float | None = None
    """When it became certain that it will not be won, in seconds; None where it did not."""
    traits: Mapping[str, Any] = field(default_factory=dict)
    """Its categories by field."""


@dataclass(frozen=True, eq=False)
class Decisions:
    """Moments at which something was done about a lead: everything before `row` was known then."""

    row: np.ndarray
    """The event before which it is decided: the events of the same lead that stand before it are known."""
    lead: np.ndarray
    """The lead."""
    moment: np.ndarray
    """When it is decided, in seconds."""
    action: np.ndarray
    """What was done; -1 where nothing is known of it yet."""
    won: np.ndarray
    """Whether the lead was won within the days asked about: 1, 0, and NaN while that is open."""
    propensity: np.ndarray
    """The probability with which it was drawn by lot; NaN where it was not."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self.row)

    def take(self, rows: np.ndarray) -> Decisions:
        """The decisions at these places."""
        return Decisions(*(getattr(self, one.name)[rows] for one in fields(self)))


def decisions_of(histories: Histories, *, within_days: float, at_last_event: bool = False) -> Decisions:
    """Every action of the log as a decision, with whether the lead was won within so many days after it.

    A win before or at the action was not its doing: such rows are left out. `at_last_event` decides when the event before it
    happened, as logs of processes are benchmarked; a recommendation is made at the moment of the action.
    """
    row = np.flatnonzero(histories.action >= 0)
    lead = histories.lead[row]
    before = ~(histories.won_at[lead] <= histories.at[row])  # NaN is never before
    row, lead = row[before], lead[before]
    at, won_at = histories.at[row], histories.won_at[lead]
    deadline = at + within_days * 24 * HOUR
    over = (histories.known_until[lead] >= deadline) | np.isfinite(histories.lost_at[lead])
    won = np.where(won_at <= deadline, 1.0, np.where(over, 0.0, np.nan))
    moment = at
    if at_last_event:
        first = histories.starts[lead]
        moment = np.where(row > first, histories.at[np.maximum(row - 1, 0)], at)
    return Decisions(row, lead, moment, histories.action[row], won, histories.propensity[row])


def next_decisions(histories: Histories, moment: float | np.ndarray) -> Decisions:
    """For each lead the decision that stands at a moment (or at one of its own), after everything that is known of it."""
    lead = np.arange(histories.leads)
    row = np.searchsorted(histories.lead, lead, side="right")
    nothing = np.full(len(lead), np.nan)
    return Decisions(
        row,
        lead,
        np.broadcast_to(np.asarray(moment, dtype=np.float64), lead.shape),
        np.full(len(lead), -1),
        nothing,
        nothing,
    )
