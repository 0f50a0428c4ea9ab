"""Features of several targets, made once where they are the same: most are, since most learn nothing from outcomes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.features.block import Block
from leadloop.features.feature_set import FeatureSet


@dataclass(frozen=True)
class SharedFeatures:
    """Feature sets by name, whose equal blocks are asked once for all of them."""

    sets: Mapping[str, FeatureSet]

    @cached_property
    def _blocks(self) -> dict[str, tuple[Block, ...]]:
        """The blocks of each set, with one and the same object wherever two are fitted alike."""
        if len(self.sets) == 1:
            return {name: features.blocks for name, features in self.sets.items()}
        first: dict[str, Block] = {}
        return {
            name: tuple(first.setdefault(_fitted(block), block) for block in features.blocks)
            for name, features in self.sets.items()
        }

    @property
    def distinct(self) -> int:
        """How many different blocks there are among all sets."""
        return len({id(block) for blocks in self._blocks.values() for block in blocks})

    def matrices(self, data: pl.DataFrame) -> dict[str, np.ndarray]:
        """The matrix of each set for these leads, as the set itself would give it."""
        made: dict[int, np.ndarray] = {}
        for blocks in self._blocks.values():
            for block in blocks:
                if id(block) not in made:
                    made[id(block)] = block.values(data)
        return {name: np.hstack([made[id(block)] for block in blocks]) for name, blocks in self._blocks.items()}


def _fitted(block: Block) -> str:
    """What a block has learned, as text: equal texts give equal columns."""
    return json.dumps([block.kind, block.state()], sort_keys=True, default=list)
