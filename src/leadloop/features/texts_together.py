"""Several text fields read in one go, for few leads: most of what a short text costs is the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.features.finds import tidy
from leadloop.features.phrases import PhraseLists, PhraseMatcher, PhraseWalk
from leadloop.features.text import TextBlock, TextReading
from leadloop.features.tokens import TokenCodes, Vocabulary
from leadloop.features.writing import describe_writing


@dataclass(frozen=True)
class TextsTogether:
    """Blocks of text fields that share one vocabulary and one search for phrases.

    What they make is what each makes alone; a list of phrases that only one asks for is looked for in all texts, which is
    quicker than to begin anew as long as there are few.
    """

    blocks: tuple[TextBlock, ...]

    @staticmethod
    def agree(blocks: tuple[TextBlock, ...]) -> bool:
        """Whether lists of one name hold the same phrases in all blocks; otherwise they cannot be read together."""
        known: dict[str, tuple[str, ...]] = {}
        return all(
            known.setdefault(name, phrases) == phrases
            for block in blocks
            for name, phrases in zip(block.phrases.names, block.phrases.phrases, strict=True)
        )

    @cached_property
    def _lists(self) -> PhraseLists:
        named = {
            name: phrases
            for block in self.blocks
            for name, phrases in zip(block.phrases.names, block.phrases.phrases, strict=True)
        }
        return PhraseLists.from_mapping(named)

    @cached_property
    def _reader(self) -> tuple[Vocabulary, PhraseMatcher]:
        walk = PhraseWalk(self._lists)
        words = (word for block in self.blocks for word in (*block.terms.terms, *block.words.terms.terms))
        vocabulary = Vocabulary((*walk.words, *words))
        return vocabulary, walk.compile(vocabulary)

    @cached_property
    def _numbers(self) -> list[tuple[list[int], list[int], list[tuple[int, int]], np.ndarray, np.ndarray]]:
        """For each block: its lists, firsts and pairs among all lists; its terms and words in the common vocabulary."""
        number = {name: place for place, name in enumerate(self._lists.names)}
        vocabulary, _ = self._reader
        return [
            (
                [number[name] for name in block.phrases.names],
                [number[name] for name in block.firsts],
                [(number[one], number[other]) for one, other in block.pairs],
                block.terms.places_in(vocabulary),
                block.words.terms.places_in(vocabulary),
            )
            for block in self.blocks
        ]

    def values(self, data: pl.DataFrame) -> list[np.ndarray]:
        """The columns of each block for these leads."""
        found = [np.full((data.height, len(block.columns)), np.nan, dtype=np.float32) for block in self.blocks]
        texts: list[str] = []
        rows_of: list[list[int]] = []
        for block in self.blocks:
            cells = data[block.field].to_list()
            rows_of.append([row for row, cell in enumerate(cells) if cell is not None])
            texts += [cells[row] for row in rows_of[-1]]
        if not texts:
            return found
        vocabulary, matcher = self._reader
        tokens = vocabulary.encode(texts)
        lowered = [tidy(text) for text in texts]
        writing = describe_writing(texts, lowered, tokens)
        said = matcher.read(tokens)
        used, denied = said.count()
        firsts = said.first([one for _, ones, *_ in self._numbers for one in ones])
        pairs = said.together([pair for _, _, ones, *_ in self._numbers for pair in ones])
        begin = first_at = pair_at = 0
        for place, (block, rows) in enumerate(zip(self.blocks, rows_of, strict=True)):
            lists, ones, paired, terms, words = self._numbers[place]
            end = begin + len(rows)
            if rows:
                low = int(tokens.ends[begin - 1]) + 1 if begin else 0
                mine = TokenCodes(tokens.codes[low : int(tokens.ends[end - 1]) + 1])
                whens = data[block.time].gather(rows).to_list() if len(block.reads) > 1 else [None] * len(rows)
                read = TextReading(
                    lowered[begin:end],
                    whens,
                    writing[begin:end],
                    used[begin:end, lists],
                    denied[begin:end, lists],
                    firsts[begin:end, first_at : first_at + len(ones)],
                    pairs[begin:end, pair_at : pair_at + len(paired)],
                    mine,
                )
                found[place][rows] = block.keep(block.fill(read, terms, words))
            begin, first_at, pair_at = end, first_at + len(ones), pair_at + len(paired)
        return found
