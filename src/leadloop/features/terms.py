"""Terms: the words whose use differs most between texts, weighed by TF-IDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, log
from typing import Any, NamedTuple, Self

import numpy as np

from leadloop.features.tokens import TokenCodes, Vocabulary, split_texts

LEAST_TEXTS = 5
LEAST_SHARE = 0.005
MOST_SHARE = 0.5
_LONGEST_TERM = 40
_CHUNK = 64
_LOGS = np.array([0.0, *(1 + log(count) for count in range(1, 1000))])


class Weights(NamedTuple):
    """Which texts hold which terms, and the weight of each there; in order of the text, then of the term."""

    rows: np.ndarray
    terms: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Corpus:
    """Texts as counts of words: `counts[i]` times the word `words[places[i]]` in the text `rows[i]`."""

    words: tuple[str, ...]
    size: int
    rows: np.ndarray
    places: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """The words of these texts that may be terms: longer than one letter, and no numbers."""
        numbers: dict[str, int] = {}
        rows, places, counts = [], [], []
        for row, text in enumerate(texts):
            held = Counter(split_texts([text])[:-1])
            rows.append(np.full(len(held), row))
            places.append(np.array([numbers.setdefault(word, len(numbers)) for word in held], dtype=np.int64))
            counts.append(np.fromiter(held.values(), dtype=np.int64))
        words = tuple(numbers)
        may_be = np.array([1 < len(word) <= _LONGEST_TERM and not word.isdecimal() for word in words], dtype=bool)
        every = np.concatenate([*places, np.empty(0, dtype=np.int64)])
        known = may_be[every] if len(words) else every.astype(bool)
        return cls(
            words,
            len(texts),
            np.concatenate([*rows, np.empty(0, dtype=np.int64)])[known],
            every[known],
            np.concatenate([*counts, np.empty(0, dtype=np.int64)])[known],
        )

    def take(self, texts: np.ndarray) -> Corpus:
        """The texts of these numbers, each once, in rising order."""
        number = np.full(self.size, -1)
        number[texts] = np.arange(len(texts))
        held = number[self.rows] >= 0
        return Corpus(self.words, len(texts), number[self.rows[held]], self.places[held], self.counts[held])


@dataclass(frozen=True)
class Terms:
    """A vocabulary with the weight of each term (its smooth inverse document frequency).

    The weights of a text are (1 + log tf) * (log((1 + n) / (1 + df)) + 1), scaled to length 1, exactly as scikit-learn's
    `TfidfVectorizer(sublinear_tf=True)` computes them over the same vocabulary. Words of one character do not count.
    """

    terms: tuple[str, ...]
    weights: tuple[float, ...]

    @classmethod
    def fit(cls, corpus: Corpus, most: int) -> Self:
        """Choose terms from texts; outcomes are not looked at.

        A term must be in at least 5 texts and 0.5% of them and in at most half of them; numbers are no terms, since
        years and prices of the past say little about the future. Of the rest those are kept whose weight varies most
        from text to text. (On requests for pizza, 200 terms chosen so rank better than the 200 most frequent ones, AUC
        0.611 against 0.607, and pairs of words add nothing: 0.612. The means of 5 folds.)
        """
        count = corpus.size
        least = max(LEAST_TEXTS, ceil(LEAST_SHARE * count))
        held = np.bincount(corpus.places, minlength=len(corpus.words))
        known = np.flatnonzero((held >= least) & (held <= MOST_SHARE * count))
        known = known[np.argsort(np.array([corpus.words[place] for place in known], dtype=object))]
        words = [corpus.words[place] for place in known]
        every = cls(tuple(words), tuple(log((1 + count) / (1 + int(held[place]))) + 1 for place in known))
        found = every.weigh_corpus(corpus)
        total = np.bincount(found.terms, found.weights, len(words))
        squares = np.bincount(found.terms, found.weights**2, len(words))
        spread = squares - total * total / max(count, 1)
        chosen = sorted(range(len(words)), key=lambda place: (-spread[place], words[place]))[:most]
        chosen.sort()
        return cls(tuple(words[place] for place in chosen), tuple(every.weights[place] for place in chosen))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.terms)}

    @cached_property
    def _idf(self) -> np.ndarray:
        return np.array(self.weights, dtype=np.float64)

    def places_in(self, vocabulary: Vocabulary) -> np.ndarray:
        """For each code of a vocabulary the number of the term, or -1."""
        places = np.full(len(vocabulary), -1)
        for number, term in enumerate(self.terms):
            places[vocabulary[term]] = number
        return places

    def weigh(self, tokens: TokenCodes, places: np.ndarray) -> Weights:
        """The terms that each text holds, weights of length 1 together; `places` as `places_in` gives them."""
        return self._weigh(*_count(tokens, places, len(self.terms)), len(tokens.ends))

    def weigh_corpus(self, corpus: Corpus) -> Weights:
        """The same for texts that are counted already."""
        numbers = np.array([self._numbers.get(word, -1) for word in corpus.words], dtype=np.int64)
        found = numbers[corpus.places] if len(numbers) else corpus.places
        rows, found, counts = corpus.rows[found >= 0], found[found >= 0], corpus.counts[found >= 0]
        order = np.lexsort((found, rows))
        return self._weigh(rows[order], found[order], counts[order], corpus.size)

    def _weigh(self, rows: np.ndarray, found: np.ndarray, counts: np.ndarray, size: int) -> Weights:
        # Logarithms are looked up, and sums are taken in the order of the terms: a text alone weighs what it does among
        # others, to the last bit.
        if counts.size and counts.max() >= len(_LOGS):
            logs = np.array([1 + log(count) for count in counts.tolist()])
        else:
            logs = _LOGS[counts]
        weights = logs * self._idf[found]
        lengths = np.sqrt(np.bincount(rows, weights * weights, size))
        return Weights(rows, found, weights / lengths[rows])

    def state(self) -> dict[str, Any]:
        """The vocabulary as plain JSON values."""
        return {"terms": self.terms, "weights": self.weights}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The vocabulary that `state` describes."""
        terms, weights = tuple(map(str, state["terms"])), tuple(map(float, state["weights"]))
        if len(terms) != len(weights) or len(set(terms)) != len(terms):
            raise ValueError("terms and their weights do not match")
        return cls(terms, weights)


def _count(tokens: TokenCodes, places: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often each text holds each place: (text, place, count), in order of text and place."""
    found = places[tokens.codes]
    known = found >= 0
    if not many or not known.any():
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    keys = tokens.rows[known] * many + found[known]
    # A table of all counts is quicker than sorting where it is small; rows come in order, so parts of them do too.
    held_rows, held, held_counts = [], [], []
    cuts = np.searchsorted(keys, np.arange(0, len(tokens.ends) + _CHUNK, _CHUNK) * many)
    for number, (low, high) in enumerate(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)):
        base = number * _CHUNK
        table = np.bincount(keys[low:high] - base * many)
        full = np.flatnonzero(table)
        held_rows.append(full // many + base)
        held.append(full % many)
        held_counts.append(table[full])
    return np.concatenate(held_rows), np.concatenate(held), np.concatenate(held_counts)
