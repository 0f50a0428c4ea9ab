"""The sets of categories that a model asks about, collected while its trees are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from leadloop.scoring.trees.sets import CategorySets


class SetList:
    """Gives every set of categories that is asked about a column of its own, behind the `n_features` of the model.

    `levels` says of each column that holds numbers of categories how many there are.

    >>> sets = SetList(3, {2: 4})
    >>> sets.column(2, [0, 3]), sets.column(2, [1]), sets.column(2, [3, 0]), sets.n_features
    (3, 4, 3, 5)
    """

    def __init__(self, n_features: int, levels: Mapping[int, int]) -> None:
        self.levels = dict(levels)
        self._first = n_features
        self._places: dict[tuple[int, frozenset[int]], int] = {}

    def column(self, feature: int, members: Iterable[int]) -> int:
        """The column that is 1 where the category of this feature is among the members, and 0 elsewhere."""
        own = frozenset(member for member in members if member < self.levels[feature])
        return self._places.setdefault((feature, own), self.n_features)

    @property
    def n_features(self) -> int:
        """How many columns there are by now."""
        return self._first + len(self._places)

    def frozen(self, places: npt.NDArray[np.int64]) -> CategorySets | None:
        """The sets, where feature k of the model is column `places[k]` of the matrix; None where none is asked."""
        if not self._places:
            return None
        return CategorySets.of((int(places[f]), self.levels[f], sorted(own)) for f, own in self._places)


def members_of(words: npt.NDArray[np.uint32]) -> list[int]:
    """The numbers whose bits are on in a line of 32-bit words.

    >>> members_of(np.array([5, 1], np.uint32))
    [0, 2, 32]
    """
    bits = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return [int(bit) for bit in np.flatnonzero(bits)]
