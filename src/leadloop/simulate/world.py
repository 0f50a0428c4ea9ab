"""A synthetic world: leads that come in over time, what becomes of them, and the truth behind it.

A world is made block by block, each from its own random generator, so that any number of leads needs the memory of one
block, and no block depends on how many came before it or on how large the parts are that a caller asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from leadloop.simulate.arrivals import as_instant
from leadloop.simulate.drift import Change, Drift, measure_change
from leadloop.simulate.seasons import Seasons, draw_times

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
TRUTH_NOTE = "Only a synthetic world knows these. Never train on them, and never show them to a model."


@dataclass(frozen=True)
class WorldPart:
    """Some leads of a synthetic world, in the order of their arrival, and what belongs to them.

    Everything but `truth` is text, as an export holds it, blanks are null. `leads` and `truth` have a row a lead, in the
    same order; so has `outcomes`, where the outcome of a lead that is still open is null.
    """

    leads: pl.DataFrame
    """What is known of each lead when it is to be scored."""
    events: pl.DataFrame
    """What happened to it afterwards, with times: any number of rows a lead, each lead's in the order of time."""
    outcomes: pl.DataFrame
    """What became of it and when."""
    truth: pl.DataFrame
    """The true probabilities, apart from everything that a model may see; `lead_id` is the only text."""

    def __len__(self) -> int:
        return self.leads.height


@dataclass(frozen=True)
class Block:
    """What a world makes a block of leads from: their numbers and times, chance, and how far the world has changed."""

    numbers: np.ndarray
    times: np.ndarray
    leads_per_day: float
    change: Change
    seeing: np.random.Generator
    """Chance for what can be seen of leads; what a drift leaves alone stays as it is, since each has its own chance."""
    happening: np.random.Generator
    """Chance for what becomes of them."""

    def __len__(self) -> int:
        return len(self.numbers)

    def lead_ids(self, mark: str) -> pl.Series:
        """An id for each lead that says that it is synthetic, such as SYN-INS-250106-000000."""
        days = pl.Series(self.times).dt.strftime("%y%m%d")
        numbers = pl.Series(self.numbers).cast(pl.String).str.zfill(6)
        return f"SYN-{mark}-" + days + "-" + numbers


@dataclass(frozen=True)
class World:
    """A kind of leads that can be simulated."""

    name: str
    title: str
    """What its leads are, in a few words."""
    time_column: str
    """The column of `leads` with the time at which a lead is scored."""
    outcome_column: str
    """The column of `outcomes` that says Yes or No; null while a lead is open."""
    decided_column: str
    """The column of `outcomes` with the time at which the outcome was known."""
    seasons: Seasons
    leads_per_day: float
    """How many leads come on an average day, unless asked otherwise."""
    block: int
    """How many leads are made at a time."""
    make: Callable[[Block], WorldPart]

    def stream(
        self,
        total: int,
        batch: int,
        *,
        seed: int,
        start: datetime,
        leads_per_day: float | None = None,
        today: datetime | None = None,
        drift: Sequence[Drift] = (),
    ) -> Iterator[WorldPart]:
        """Make up to `total` leads, `batch` at a time, the first arriving soon after `start`.

        The same arguments give the same bytes; the size of the batches changes nothing but where they are cut. With
        `today` the world is seen as of that day: later leads have not come, later events have not happened, and leads
        that are decided later are still open. Without it everything has been decided. Times without a zone are UTC.
        Raises ValueError for a total or batch below 1, a negative seed, a rate that is not positive, or leads that would
        take more than a century.
        """
        rate = self.leads_per_day if leads_per_day is None else leads_per_day
        if total < 1 or batch < 1:
            raise ValueError(f"asked for {total} leads in batches of {batch}; both must be at least 1")
        if seed < 0 or not 0 < rate < float("inf"):
            raise ValueError(f"seed is {seed} and leads_per_day {rate}; neither may be negative, nor the rate zero")
        if total / rate > 36_500:
            raise ValueError(f"{total} leads at {rate:g} a day take more than 100 years; raise leads_per_day")
        until = None if today is None else as_instant(today)
        return _cut(self._blocks(total, seed, as_instant(start), rate, until, tuple(drift)), batch)

    def _blocks(
        self,
        total: int,
        seed: int,
        start: np.datetime64,
        leads_per_day: float,
        until: np.datetime64 | None,
        drift: tuple[Drift, ...],
    ) -> Iterator[WorldPart]:
        for first in range(0, total, self.block):
            part = self.make(self._block(first, seed, start, leads_per_day, drift))
            part = _head(part, min(self.block, total - first))
            if until is not None:
                part = self._as_of(part, until)
                if not len(part):
                    return
            yield part

    def _block(
        self, first: int, seed: int, start: np.datetime64, leads_per_day: float, drift: tuple[Drift, ...]
    ) -> Block:
        # The start is part of the seed: leads of a later start must not repeat the earlier ones under new dates.
        beginning = int(start.astype(np.int64)) % 2**64
        # The world's name too, so that no two worlds share their luck.
        seeds = np.random.SeedSequence([seed, beginning, first // self.block, *self.name.encode()]).spawn(3)
        coming, seeing, happening = (np.random.default_rng(one) for one in seeds)
        numbers = np.arange(first, first + self.block)
        times = draw_times(coming, numbers, self.seasons, start, leads_per_day)
        return Block(numbers, times, leads_per_day, measure_change(drift, times), seeing, happening)

    def _as_of(self, part: WorldPart, until: np.datetime64) -> WorldPart:
        """The part as it stands at that moment. Times are texts that sort as times do."""
        now = str(np.datetime_as_string(until, unit="s")).replace("T", " ")
        part = _head(part, int((part.leads[self.time_column] <= now).sum()))
        decided = (pl.col(self.decided_column) <= now).fill_null(False)
        open_again = [
            pl.when(decided).then(pl.col(name)).otherwise(None).alias(name)
            for name in part.outcomes.columns
            if name != "lead_id"
        ]
        events = part.events.filter(pl.col("at") <= now)
        return WorldPart(part.leads, events, part.outcomes.with_columns(open_again), part.truth)


def write_times(times: np.ndarray | pl.Series) -> pl.Series:
    """Times as text, to the second, in a form that sorts as times do; a missing time is null."""
    return pl.Series(times).cast(pl.Datetime("us")).dt.strftime(TIME_FORMAT)


def hours_later(times: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """The times so many hours later, to the whole second above; NaT where the hours are not finite."""
    finite = np.isfinite(hours)
    seconds = np.ceil(np.where(finite, hours, 0.0) * 3600.0).astype(np.int64)
    later: np.ndarray = times + (seconds * 1_000_000).astype("timedelta64[us]")
    later[~finite] = np.datetime64("NaT")
    return later


def _head(part: WorldPart, count: int) -> WorldPart:
    return part if count == len(part) else _slice(part, 0, count)


def _slice(part: WorldPart, start: int, end: int) -> WorldPart:
    leads = part.leads[start:end]
    events = part.events.filter(pl.col("lead_id").is_in(leads["lead_id"].implode()))
    return WorldPart(leads, events, part.outcomes[start:end], part.truth[start:end])


def _join(parts: list[WorldPart]) -> WorldPart:
    if len(parts) == 1:
        return parts[0]
    return WorldPart(
        pl.concat([part.leads for part in parts]),
        pl.concat([part.events for part in parts]),
        pl.concat([part.outcomes for part in parts]),
        pl.concat([part.truth for part in parts]),
    )


def _cut(blocks: Iterator[WorldPart], batch: int) -> Iterator[WorldPart]:
    """The same leads in parts of this size; the last one may be shorter."""
    waiting: list[WorldPart] = []
    held = 0
    for block in blocks:
        while held + len(block) >= batch:
            yield _join([*waiting, _slice(block, 0, batch - held)])
            block = _slice(block, batch - held, len(block))
            waiting, held = [], 0
        if len(block):
            waiting.append(block)
            held += len(block)
    if waiting:
        yield _join(waiting)
