"""The units that have an arm already, a few bytes each: where shares change while a test runs, they keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from threading import Lock

import numpy as np

_FEW = 4_096


class KnownUnits:
    """Units and their arms; of a million units it takes nine megabytes.

    >>> known = KnownUnits(("rules", "model"))
    >>> known.add([("lead 7", "model"), ("lead 8", "rules"), ("lead 7", "rules")])
    >>> known.get("lead 7"), known.get("lead 8"), known.get("lead 9")
    ('model', 'rules', None)
    """

    def __init__(self, arms: Sequence[str]) -> None:
        self.arms = tuple(arms)
        self.last = 0
        """The number of the last exposure that was read from the store."""
        self._places = {name: place for place, name in enumerate(self.arms)}
        self._settled: tuple[np.ndarray, np.ndarray] = np.empty(0, np.uint64), np.empty(0, np.uint8)
        self._new: dict[int, int] = {}
        self._lock = Lock()

    def get(self, unit: str) -> str | None:
        """The arm of a unit; none where it has none yet."""
        mark = _mark(unit)
        place = self._new.get(mark)
        if place is None:
            place = self._find(mark)
        return None if place is None else self.arms[place]

    def add(self, units: Iterable[tuple[str, str]]) -> None:
        """Take units with their arms; one that is known keeps the arm that it has."""
        with self._lock:
            for unit, arm in units:
                mark = _mark(unit)
                if arm in self._places and self._find(mark) is None:
                    self._new.setdefault(mark, self._places[arm])
            if len(self._new) > max(_FEW, len(self._settled[0]) // 8):
                self._settle()

    def __len__(self) -> int:
        return len(self._settled[0]) + len(self._new)

    def _find(self, mark: int) -> int | None:
        marks, places = self._settled
        at = int(np.searchsorted(marks, np.uint64(mark)))
        return int(places[at]) if at < len(marks) and int(marks[at]) == mark else None

    def _settle(self) -> None:
        new, old = self._new, self._settled
        marks = np.concatenate([old[0], np.fromiter(new, np.uint64, len(new))])
        places = np.concatenate([old[1], np.fromiter(new.values(), np.uint8, len(new))])
        order = np.argsort(marks, kind="stable")
        self._settled = marks[order], places[order]
        self._new = {}


def _mark(unit: str) -> int:
    return int.from_bytes(blake2b(unit.encode(), digest_size=8).digest(), "big")
