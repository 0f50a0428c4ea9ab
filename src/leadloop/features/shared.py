"""Features of several targets, made once as far as they are the same.

Blocks that learned the same are asked once. Those of one text field differ in the words that they learned, and hardly anything
else takes as long as reading texts; they read each text together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.features.block import Block
from leadloop.features.feature_set import FeatureSet
from leadloop.features.text import TextBlock, TextsTogether, are_alike


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

    @cached_property
    def _together(self) -> list[TextsTogether]:
        """Text blocks that differ only in the words that they have learned: they read each text once for all."""
        groups: list[list[TextBlock]] = []
        texts = [block for blocks in self._blocks.values() for block in blocks if isinstance(block, TextBlock)]
        for block in {id(block): block for block in texts}.values():
            group = next((group for group in groups if are_alike(group[0], block)), None)
            if group is None:
                groups.append([block])
            else:
                group.append(block)
        return [TextsTogether(group) for group in groups]

    def matrices(self, data: pl.DataFrame) -> dict[str, np.ndarray]:
        """The matrix of each set for these leads, as the set itself would give it, to the last bit."""
        made: dict[int, np.ndarray] = {}
        for group in self._together:
            made |= {id(block): values for block, values in zip(group.blocks, group.values(data), strict=True)}
        for blocks in self._blocks.values():
            for block in blocks:
                if id(block) not in made:
                    made[id(block)] = block.values(data)
        return {name: np.hstack([made[id(block)] for block in blocks]) for name, blocks in self._blocks.items()}


def _fitted(block: Block) -> str:
    """What a block has learned, as text: equal texts give equal columns."""
    return json.dumps([block.kind, block.state()], sort_keys=True, default=list)
