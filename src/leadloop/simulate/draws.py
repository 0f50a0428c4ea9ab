"""Random choices among weighted possibilities, for many leads at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl


def draw_codes(rng: np.random.Generator, weights: Sequence[float], count: int) -> np.ndarray:
    """For each lead the position of one possibility, drawn with the given weights (they need not add up to 1).

    >>> draw_codes(np.random.default_rng(1), [0.0, 3.0, 1.0], 8).tolist()
    [1, 2, 1, 2, 1, 1, 2, 1]
    """
    return np.searchsorted(_ladder(np.asarray(weights, dtype=float)), rng.random(count), side="right")


def draw_codes_by(rng: np.random.Generator, weights: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The same, where the weights depend on the lead: row `groups[i]` of `weights` holds those of lead i."""
    ladders = np.vstack([_ladder(row) for row in weights])
    codes: np.ndarray = (rng.random(len(groups))[:, None] >= ladders[groups]).sum(axis=1)
    return codes


def draw_shifted(
    rng: np.random.Generator, weights: Sequence[float], other: Sequence[float], share: np.ndarray
) -> np.ndarray:
    """For each lead a possibility drawn with the first weights, or, with the probability `share`, with the other ones.

    Where the share is 0 the choices are those of `draw_codes` from the same state of `rng`.
    """
    draws = rng.random(len(share))
    ladder, changed = _ladder(np.asarray(weights, dtype=float)), _ladder(np.asarray(other, dtype=float))
    codes = np.searchsorted(ladder, draws, side="right")
    shifted = np.flatnonzero(share)
    if len(shifted):
        part = share[shifted, None]
        codes[shifted] = (draws[shifted, None] >= (1 - part) * ladder + part * changed).sum(axis=1)
    return np.minimum(codes, len(ladder) - 1)


def happens(rng: np.random.Generator, chance: np.ndarray | float, count: int) -> np.ndarray:
    """For each lead whether something happens that has this chance."""
    return rng.random(count) < chance


def sometimes(rng: np.random.Generator, text: str, chance: float, count: int) -> np.ndarray:
    """The text where it happens, and nothing (None) elsewhere."""
    return as_texts((None, text))[happens(rng, chance, count).astype(np.int64)]


def as_texts(texts: Sequence[str | None]) -> np.ndarray:
    """Texts as an array that can be indexed by codes without being cut to one length."""
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def take(texts: Sequence[str | None], codes: np.ndarray) -> pl.Series:
    """The text of each code as a column; a code of -1 is blank.

    >>> take(("Yes", "No"), np.array([1, -1, 0])).to_list()
    ['No', None, 'Yes']
    """
    return pl.Series([*texts, None], dtype=pl.String).gather(np.where(codes < 0, len(texts), codes))


def _ladder(weights: np.ndarray) -> np.ndarray:
    ladder: np.ndarray = np.cumsum(weights) / weights.sum()
    ladder[-1] = 1.0  # A sum of floats may end just below 1, and a draw beyond the last step would choose nothing.
    return ladder
