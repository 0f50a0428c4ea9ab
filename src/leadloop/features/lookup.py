"""A table from 64-bit keys to numbers that is asked for many keys at once."""

from __future__ import annotations

import numpy as np

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 by the golden ratio: multiplied by it, keys that lie close together land far apart (Knuth, Fibonacci hashing)."""
_EMPTY = np.uint64(2**64 - 1)


class Lookup:
    """Keys and their numbers, which are above 0; asked for another key it gives 0.

    >>> Lookup([5, 9], [1, 2]).find(np.array([9, 7, 5], dtype=np.uint64)).tolist()
    [2, 0, 1]
    """

    def __init__(self, keys: list[int], numbers: list[int]) -> None:
        bits = max(4, (4 * len(keys)).bit_length())
        self._shift = np.uint64(64 - bits)
        self._last = (1 << bits) - 1
        self._keys = np.full(1 << bits, _EMPTY, dtype=np.uint64)
        self._numbers = np.zeros(1 << bits, dtype=np.int32)
        for key, number in zip(keys, numbers, strict=True):
            slot = (key * int(_SPREAD) % 2**64) >> (64 - bits)
            while self._keys[slot] != _EMPTY:
                slot = (slot + 1) & self._last
            self._keys[slot], self._numbers[slot] = key, number

    def find(self, keys: np.ndarray) -> np.ndarray:
        """The number of each key, 0 for those that are not in the table."""
        slots = ((keys * _SPREAD) >> self._shift).astype(np.int64)
        held = self._keys[slots]
        found = np.where(held == keys, self._numbers[slots], 0)
        open_still = np.flatnonzero((held != keys) & (held != _EMPTY))
        while len(open_still):
            slots[open_still] = (slots[open_still] + 1) & self._last
            held = self._keys[slots[open_still]]
            hit = held == keys[open_still]
            found[open_still[hit]] = self._numbers[slots[open_still[hit]]]
            open_still = open_still[~hit & (held != _EMPTY)]
        return found
