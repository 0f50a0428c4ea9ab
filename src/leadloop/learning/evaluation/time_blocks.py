"""How often leads were won as time went on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import two_sided, wilson_interval

BLOCKS = 10


@dataclass(frozen=True, slots=True)
class TimeBlock:
    """Leads that follow one another in time, and how many of them were won, with a 95% interval."""

    first: str
    last: str
    leads: int
    positives: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TimeBlocks:
    """The leads in equal blocks, the oldest first; `chance` is how often chance alone differs as much between blocks."""

    blocks: tuple[TimeBlock, ...]
    chance: float


def rate_over_time(
    positive: np.ndarray, spoken: Callable[[int], str] = lambda place: "", blocks: int = BLOCKS
) -> TimeBlocks:
    """How often leads were won in each of ten blocks of equal size; the leads stand in time order.

    `spoken` names the moment of a lead, by its place. Blocks are compared by a chi-square test of equal shares; its tail
    is taken from the cube-root normal approximation (Wilson and Hilferty 1931).

    >>> over = rate_over_time(np.repeat([1.0, 0.0], 500), str, blocks=2)
    >>> [(block.first, block.last, block.rate) for block in over.blocks], over.chance < 0.001
    ([('0', '499', 1.0), ('500', '999', 0.0)], True)
    """
    edges = np.linspace(0, len(positive), min(blocks, len(positive)) + 1).round().astype(int)
    lines = []
    base = float(positive.mean())
    square = 0.0
    for start, stop in itertools.pairwise(edges):
        won, leads = int(positive[start:stop].sum()), int(stop - start)
        if 0 < base < 1:
            square += (won - leads * base) ** 2 / (leads * base * (1 - base))
        lines.append(
            TimeBlock(spoken(int(start)), spoken(int(stop - 1)), leads, won, won / leads, *wilson_interval(won, leads))
        )
    free = len(lines) - 1
    if free < 1 or not 0 < base < 1:
        return TimeBlocks(tuple(lines), 1.0)
    spread = 2 / (9 * free)
    z = ((square / free) ** (1 / 3) - (1 - spread)) / spread**0.5
    return TimeBlocks(tuple(lines), two_sided(z) / 2 if z > 0 else 1 - two_sided(z) / 2)
