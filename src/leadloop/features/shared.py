"""Features of several targets, made once as far as they are the same.

Blocks that learned the same are asked once. Those of one text field differ in the words that they learned, and hardly anything
else takes as long as reading texts; they read each text together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.features.block import Block
from leadloop.features.feature_set import FeatureSet
from leadloop.features.text import TextBlock
from leadloop.features.texts_together import Heard, TextsTogether


class SharedFeatures:
    """Feature sets by name, whose equal blocks are asked once for all of them."""

    def __init__(self, sets: Mapping[str, FeatureSet]) -> None:
        first: dict[str, Block] = {}
        self.sets = dict(sets) if len(sets) == 1 else {
            name: FeatureSet(tuple(first.setdefault(_fitted(block), block) for block in features.blocks))
            for name, features in sets.items()
        }  # fmt: skip

    @property
    def distinct(self) -> int:
        """How many different blocks there are among all sets."""
        return len({id(block) for features in self.sets.values() for block in features.blocks})

    @cached_property
    def _readers(self) -> tuple[TextsTogether, Mapping[str, list[int]]]:
        """What reads the texts of all sets, and which of its blocks are those of each set."""
        readers: dict[str, TextBlock] = {}
        fitted = {name: [_fitted(one) for one in features.readers] for name, features in self.sets.items()}
        for name, features in self.sets.items():
            readers |= dict(zip(fitted[name], features.readers, strict=True))
        place = {one: number for number, one in enumerate(readers)}
        return TextsTogether(list(readers.values())), {
            name: [place[one] for one in mine] for name, mine in fitted.items()
        }

    def matrices(self, data: pl.DataFrame) -> dict[str, np.ndarray]:
        """The matrix of each set for these leads, as the set itself would give it, to the last bit."""
        return self.read(data)[0]

    def read(self, data: pl.DataFrame) -> tuple[dict[str, np.ndarray], dict[str, dict[str, Heard]]]:
        """The same, and for each set by field what texts said, as far as that was kept (see `TextsTogether.read`)."""
        if len(self.sets) == 1:
            ((name, features),) = self.sets.items()
            matrix, heard = features.read(data)
            return {name: matrix}, {name: heard}
        together, mine = self._readers
        tables, said = together.read(data)
        made: dict[int, np.ndarray] = {}
        matrices = {
            name: features.assemble(data, [tables[place] for place in mine[name]], made)
            for name, features in self.sets.items()
        }
        return matrices, {name: {one.block.field: one for one in said if one.number in mine[name]} for name in mine}


def _fitted(block: Block) -> str:
    """What a block has learned, as text: equal texts give equal columns."""
    return json.dumps([block.kind, block.state()], sort_keys=True, default=list)
