"""Words of few texts weighed in one go for several blocks: most of what a short text costs is the beginning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leadloop.features.terms import count_terms, places_of, weigh_counts
from leadloop.features.tokens import TokenCodes, Vocabulary
from leadloop.features.words import Words


@dataclass(frozen=True, eq=False)
class WordsFound:
    """The words that were found in texts, their weights, and the log-odds that they add up to.

    The texts stand in one line, block by block; those of block `b` begin at `starts[b]`.
    """

    words: Sequence[Words]
    starts: Mapping[int, int]
    rows: np.ndarray
    terms: np.ndarray
    weights: np.ndarray
    log_odds: np.ndarray

    def judge(self, block: int, texts: int) -> np.ndarray:
        """The log-odds of each text of a block, as `Words.judge` gives them."""
        return self.log_odds[self.starts[block] : self.starts[block] + texts]

    def telling_word(self, block: int, text: int, way: float) -> str:
        """The word of a text of a block that speaks most for the outcome, or against it, as `Words.telling_word` gives it."""
        here = np.flatnonzero(self.rows == self.starts[block] + text)
        return self.words[block].most_telling(self.terms[here], self.weights[here], way)


class WordsTogether:
    """The words of several blocks, all in one vocabulary; a text weighs what its own block makes of it, to the last bit."""

    def __init__(self, words: Sequence[Words], vocabulary: Vocabulary) -> None:
        self.words, self._size = tuple(words), len(vocabulary)
        every = [one.terms for one in self.words]
        self._places = places_of(every, vocabulary)
        self._singles = max((one.singles for one in every), default=0)
        self._most = max((len(one.terms) for one in every), default=0)
        self._first = np.cumsum([0, *(len(one.terms) for one in every)])[:-1]

    @cached_property
    def _idf(self) -> np.ndarray:
        return np.array([weight for one in self.words for weight in one.terms.weights], dtype=np.float64)

    @cached_property
    def _worth(self) -> np.ndarray:
        return np.array([worth for one in self.words for worth in one.worth], dtype=np.float64)

    def find(self, texts: Mapping[int, TokenCodes]) -> WordsFound:
        """The words of texts, given for each block (by its number) that has some."""
        sizes = [len(tokens.ends) for tokens in texts.values()]
        starts = dict(zip(texts, np.cumsum([0, *sizes]).tolist(), strict=False))
        (rows, singles), *pairs = self._places.find_among(
            np.concatenate([tokens.codes + block * self._size for block, tokens in texts.items()]),
            np.concatenate([tokens.rows + starts[block] for block, tokens in texts.items()]),
            np.concatenate([tokens.is_mark for tokens in texts.values()]),
        )
        rows, terms, counts = count_terms(rows, singles, pairs, self._singles, self._most, sum(sizes))
        every = terms + np.repeat(self._first[list(texts)], sizes)[rows]
        weights = weigh_counts(rows, counts, self._idf[every], sum(sizes))
        log_odds = np.bincount(rows, self._worth[every] * weights, sum(sizes))
        return WordsFound(self.words, starts, rows, terms, weights, log_odds)
