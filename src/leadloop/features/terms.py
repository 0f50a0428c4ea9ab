"""Terms: the words, and pairs of words, whose use differs most between texts, weighed by TF-IDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, log
from typing import Any, NamedTuple, Self

import numpy as np

from leadloop.features.lookup import Lookup
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
    """Texts as counts of terms: `counts[i]` times the term `words[places[i]]` in the text `rows[i]`.

    A term is a word, or two words with a blank between.
    """

    words: tuple[str, ...]
    size: int
    rows: np.ndarray
    places: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str], *, pairs: bool = False) -> Self:
        """What of these texts may be a term: words longer than one letter that are no numbers.

        With `pairs` also two words that follow one another, whatever mark stands between them: "pay it", "don t". Here
        words of one letter count, numbers do not. Pairs in fewer than 5 texts are left out at once, since there are many.

        >>> some = Corpus.of(["I don't", "we don't"] * 3, pairs=True)
        >>> some.words, some.rows[:4].tolist(), [some.words[place] for place in some.places[:4]]
        (('i', 'don', 't', 'we', 'don t'), [0, 0, 1, 1], ['don', 'don t', 'don', 'we'])
        """
        numbers: dict[str, int] = {}
        read = [[numbers.setdefault(word, len(numbers)) for word in split_texts([text])[:-1]] for text in texts]
        codes = np.fromiter((code for text in read for code in text), dtype=np.int64)
        rows = np.repeat(np.arange(len(texts)), [len(text) for text in read])
        words = tuple(numbers)
        short = np.array([len(word) <= _LONGEST_TERM and not word.isdecimal() for word in words], dtype=bool)
        may_be = np.array([len(word) > 1 for word in words], dtype=bool) & short
        known = may_be[codes] if len(words) else codes.astype(bool)
        found = [_count_codes(rows[known], codes[known], len(words))]
        if pairs and len(codes):
            in_texts = np.bincount(_count_codes(rows, codes, len(words))[1], minlength=len(words))
            use = (short & (in_texts >= LEAST_TEXTS))[codes]
            next_to = np.flatnonzero(use[:-1] & use[1:] & (rows[:-1] == rows[1:]))
            both, pair = np.unique(codes[next_to] * len(words) + codes[next_to + 1], return_inverse=True)
            held, place, count = _count_codes(rows[next_to], pair, len(both))
            kept = np.bincount(place, minlength=len(both)) >= LEAST_TEXTS
            new = len(words) + np.cumsum(kept) - 1
            found.append((held[kept[place]], new[place[kept[place]]], count[kept[place]]))
            firsts, seconds = np.divmod(both[kept], len(words))
            words += tuple(
                f"{words[first]} {words[second]}"
                for first, second in zip(firsts.tolist(), seconds.tolist(), strict=True)
            )
        every, places, counts = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.argsort(every, kind="stable")
        return cls(words, len(texts), every[order], places[order], counts[order])

    def without_pairs(self) -> Corpus:
        """The same texts with their single words only."""
        single = np.array([" " not in word for word in self.words], dtype=bool)
        held = single[self.places] if len(self.words) else self.places.astype(bool)
        return Corpus(self.words, self.size, self.rows[held], self.places[held], self.counts[held])

    def take(self, texts: np.ndarray) -> Corpus:
        """The texts of these numbers, each once, in rising order."""
        number = np.full(self.size, -1)
        number[texts] = np.arange(len(texts))
        held = number[self.rows] >= 0
        return Corpus(self.words, len(texts), number[self.rows[held]], self.places[held], self.counts[held])


@dataclass(frozen=True, eq=False)
class TermPlaces:
    """Which term each code of a vocabulary is, or -1, and which term two codes in a row are (None: there are no pairs)."""

    words: np.ndarray
    pairs: Lookup | None
    begins: np.ndarray
    """Whether a pair begins with the code."""
    ends: np.ndarray
    """Whether a pair ends with it."""

    def find(self, tokens: TokenCodes) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """The terms in some texts, each as often as it is there, words and then pairs: (text, term), in order of the text."""
        return self.find_among(tokens.codes, tokens.rows, tokens.is_mark)

    def find_among(
        self, codes: np.ndarray, rows: np.ndarray, is_mark: np.ndarray
    ) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """The same, given the code of each token, its text, and whether it is a mark."""
        found = self.words[codes]
        held = np.flatnonzero(found >= 0)
        words = rows[held], found[held]
        if self.pairs is None:
            return (words,)
        spoken = np.flatnonzero(~is_mark)
        codes, rows = codes[spoken], rows[spoken]
        may_be = np.flatnonzero(self.begins[codes[:-1]] & self.ends[codes[1:]])
        first, second = codes[may_be].astype(np.uint64), codes[may_be + 1].astype(np.uint64)
        pair = self.pairs.find(first * np.uint64(len(self.words)) + second) - 1
        both = (pair >= 0) & (rows[may_be] == rows[may_be + 1])
        return words, (rows[may_be[both]], pair[both])


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
        0.611 against 0.607, and as columns of their own pairs of words add nothing: 0.612. The means of 5 folds.)
        """
        count = corpus.size
        least = max(LEAST_TEXTS, ceil(LEAST_SHARE * count))
        held = np.bincount(corpus.places, minlength=len(corpus.words))
        known = np.flatnonzero((held >= least) & (held <= MOST_SHARE * count))
        known = np.array(sorted(known.tolist(), key=lambda place: _in_order(corpus.words[place])), dtype=np.int64)
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

    @cached_property
    def singles(self) -> int:
        """How many of the terms are single words; they come first."""
        return sum(" " not in term for term in self.terms)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that the terms consist of, each once."""
        return tuple(dict.fromkeys(word for term in self.terms for word in term.split(" ")))

    def places_in(self, vocabulary: Vocabulary) -> TermPlaces:
        """Where the terms are among the codes of a vocabulary, which must hold all their `words`."""
        return places_of([self], vocabulary)

    def weigh(self, tokens: TokenCodes, places: TermPlaces) -> Weights:
        """The terms that each text holds, weights of length 1 together; `places` as `places_in` gives them."""
        (rows, singles), *pairs = places.find(tokens)
        texts = len(tokens.ends)
        return self._weigh(*count_terms(rows, singles, pairs, self.singles, len(self.terms), texts), texts)

    def weigh_corpus(self, corpus: Corpus) -> Weights:
        """The same for texts that are counted already."""
        numbers = np.array([self._numbers.get(word, -1) for word in corpus.words], dtype=np.int64)
        found = numbers[corpus.places] if len(numbers) else corpus.places
        rows, found, counts = corpus.rows[found >= 0], found[found >= 0], corpus.counts[found >= 0]
        order = np.lexsort((found, rows))
        return self._weigh(rows[order], found[order], counts[order], corpus.size)

    def _weigh(self, rows: np.ndarray, found: np.ndarray, counts: np.ndarray, size: int) -> Weights:
        return Weights(rows, found, weigh_counts(rows, counts, self._idf[found], size))

    def state(self) -> dict[str, Any]:
        """The vocabulary as plain JSON values."""
        return {"terms": self.terms, "weights": self.weights}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The vocabulary that `state` describes."""
        terms, weights = tuple(map(str, state["terms"])), tuple(map(float, state["weights"]))
        if len(terms) != len(weights) or len(set(terms)) != len(terms):
            raise ValueError("terms and their weights do not match")
        if list(terms) != sorted(terms, key=lambda term: " " in term):
            raise ValueError("a single word stands behind a pair of words")
        return cls(terms, weights)


def places_of(every: Sequence[Terms], vocabulary: Vocabulary) -> TermPlaces:
    """Where the terms of several vocabularies are among the codes of one, which must hold all their words.

    The codes of the second begin where those of the first end, and so on; each has its own numbers of terms.
    """
    size = len(vocabulary)
    many = size * len(every)
    places = np.full(many, -1)
    begins, ends = np.zeros((2, many), dtype=bool)
    pairs: dict[int, int] = {}
    for block, terms in enumerate(every):
        for number, term in enumerate(terms.terms):
            first, _, second = term.partition(" ")
            code = block * size + vocabulary[first]
            if second:
                next_code = block * size + vocabulary[second]
                pairs[code * many + next_code] = number + 1
                begins[code] = ends[next_code] = True
            else:
                places[code] = number
    return TermPlaces(places, Lookup(list(pairs), list(pairs.values())) if pairs else None, begins, ends)


def count_terms(
    rows: np.ndarray,
    words: np.ndarray,
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    singles: int,
    most: int,
    texts: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often each text holds each term (text, term, count), of what `TermPlaces.find` gives: single words, then pairs.

    Single words have numbers below `singles`, all terms below `most`.
    """
    counts = [_count_by_table(rows, words, singles, texts)]
    counts += [_count_codes(pair_rows, pair, most) for pair_rows, pair in pairs]
    every, terms, count = (np.concatenate(parts) for parts in zip(*counts, strict=True))
    return every, terms, count


def weigh_counts(rows: np.ndarray, counts: np.ndarray, idf: np.ndarray, texts: int) -> np.ndarray:
    """The weight of each count, of a term with this inverse document frequency; those of each text have the length 1 together."""
    # Logarithms are looked up, and sums are taken in the order of the terms: a text alone weighs what it does among others,
    # to the last bit.
    if counts.size and counts.max() >= len(_LOGS):
        logs = np.array([1 + log(count) for count in counts.tolist()])
    else:
        logs = _LOGS[counts]
    weights = logs * idf
    lengths = np.sqrt(np.bincount(rows, weights * weights, texts))
    scaled: np.ndarray = weights / lengths[rows]
    return scaled


def _count_codes(rows: np.ndarray, codes: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often each text holds each of so many codes: (text, code, count), in order of text and code."""
    if not len(rows):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    keys, counts = np.unique(rows * max(many, 1) + codes, return_counts=True)
    return keys // max(many, 1), keys % max(many, 1), counts


def _count_by_table(rows: np.ndarray, places: np.ndarray, many: int, texts: int) -> tuple[np.ndarray, ...]:
    """The same where texts come in order and places are few: a table of all counts is quicker then than sorting."""
    if not len(rows):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    keys = rows * many + places
    if texts <= _CHUNK:
        table = np.bincount(keys)
        full = np.flatnonzero(table)
        return full // many, full % many, table[full]
    held_rows, held, held_counts = [], [], []
    cuts = np.searchsorted(keys, np.arange(0, texts + _CHUNK, _CHUNK) * many)
    for number, (low, high) in enumerate(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)):
        base = number * _CHUNK
        table = np.bincount(keys[low:high] - base * many)
        full = np.flatnonzero(table)
        held_rows.append(full // many + base)
        held.append(full % many)
        held_counts.append(table[full])
    return np.concatenate(held_rows), np.concatenate(held), np.concatenate(held_counts)


def _in_order(term: str) -> tuple[bool, str]:
    """Single words before pairs of words, each by the alphabet."""
    return " " in term, term
