"""The words of a text as one number: how far they speak for the outcome, by what became of earlier texts.

Hundreds of columns, one a word, drown the other fields of a few thousand leads; one number, learned from them all, does not.
Two words that follow one another are judged like a word of their own: "not interested" is neither "not" nor "interested"
(Wang and Manning 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from leadloop.features.terms import Corpus, TermPlaces, Terms, Weights
from leadloop.features.tokens import TokenCodes

MOST_TERMS = 5_000
STRENGTH = 0.1
"""The inverse L2 penalty of the regression on words: strict, since there are many of them."""
_NEWTON_STEPS, _CONJUGATE_STEPS, _TOLERANCE = 30, 200, 1e-7
LEAST_OUTCOMES = 30
"""With fewer won or lost texts than this, words are not learned from."""


@dataclass(frozen=True)
class Words:
    """The log-odds that words and pairs of words add, by an L2-penalised logistic regression on TF-IDF weights.

    A text without a known word adds 0. Where words cannot be learned from there are none.
    """

    terms: Terms
    worth: tuple[float, ...]

    @classmethod
    def none(cls) -> Self:
        """Nothing known of any word."""
        return cls(Terms((), ()), ())

    @classmethod
    def fit(cls, corpus: Corpus, positive: np.ndarray) -> Self:
        """Learn from texts of which `positive` (0 or 1 a text) were won; from pairs of words too, where the corpus has them."""
        won = int(positive.sum())
        if min(won, corpus.size - won) < LEAST_OUTCOMES:
            return cls.none()
        terms = Terms.fit(corpus, MOST_TERMS)
        if not terms.terms:
            return cls.none()
        return cls(terms, _regress(terms.weigh_corpus(corpus), len(terms.terms), positive))

    @cached_property
    def _worth(self) -> np.ndarray:
        return np.array(self.worth, dtype=np.float64)

    def judge(self, tokens: TokenCodes, places: TermPlaces) -> np.ndarray:
        """The log-odds that the words of each text add; `places` as `Terms.places_in` gives them."""
        found = self.terms.weigh(tokens, places)
        total: np.ndarray = np.bincount(found.rows, self._worth[found.terms] * found.weights, len(tokens.ends))
        return total

    def telling_word(self, tokens: TokenCodes, places: TermPlaces, way: float) -> str:
        """The word or pair of one text that speaks most for the outcome (`way` above 0) or against it; empty where none does."""
        _, terms, weights = self.terms.weigh(tokens, places)
        return self.most_telling(terms, weights, way)

    def most_telling(self, terms: np.ndarray, weights: np.ndarray, way: float) -> str:
        """The same, of the terms that one text holds and their weights."""
        said = way * self._worth[terms] * weights
        if not said.size or said.max() <= 0:
            return ""
        return self.terms.terms[int(terms[int(said.argmax())])]

    def state(self) -> dict[str, Any]:
        """The words and their worth as plain JSON values."""
        return {"terms": self.terms.state(), "worth": self.worth}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The words that `state` describes."""
        terms, worth = Terms.from_state(state["terms"]), tuple(float(one) for one in state["worth"])
        if len(terms.terms) != len(worth) or not np.isfinite(worth).all():
            raise ValueError("words and what they are worth do not match")
        return cls(terms, worth)


def _regress(found: Weights, count: int, positive: np.ndarray) -> tuple[float, ...]:
    """What each term is worth in log-odds: L2-penalised logistic regression by Newton's method.

    Each step is solved by conjugate gradients (Lin, Weng and Keerthi 2008), which only ever multiply with the few terms
    that a text holds.
    """
    rows, places, weights = found
    texts = len(positive)

    def margins(worth: np.ndarray) -> np.ndarray:
        added: np.ndarray = worth[count] + np.bincount(rows, weights * worth[places], texts)
        return added

    def back(values: np.ndarray) -> np.ndarray:
        return np.append(np.bincount(places, weights * values[rows], count), values.sum())

    # The last number is the intercept, which bears no penalty.
    penalty = np.append(np.ones(count), 0.0)
    base = float(positive.mean())
    worth = np.append(np.zeros(count), np.log(base / (1 - base)))
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-margins(worth)))
        slope = penalty * worth + STRENGTH * back(chance - positive)
        if np.abs(slope).max() < _TOLERANCE:
            break
        bend = STRENGTH * chance * (1 - chance)

        def curve(step: np.ndarray, bend: np.ndarray = bend) -> np.ndarray:
            turned: np.ndarray = penalty * step + back(bend * margins(step))
            return turned

        worth = worth - _solve(curve, slope)
    return tuple(float(round(one, 9)) for one in worth[:count])


def _solve(times: Callable[[np.ndarray], np.ndarray], wanted: np.ndarray) -> np.ndarray:
    """The vector that a positive definite matrix, given by what it makes of a vector, turns into `wanted`."""
    answer = np.zeros_like(wanted)
    left, way = wanted.copy(), wanted.copy()
    size = float(left @ left)
    for _ in range(_CONJUGATE_STEPS):
        if size < _TOLERANCE**2:
            break
        turned = times(way)
        length = size / float(way @ turned)
        answer, left = answer + length * way, left - length * turned
        size, before = float(left @ left), size
        way = left + size / before * way
    return answer
