"""The words of a text as one number: how far they speak for the outcome, by what became of earlier texts.

Hundreds of columns, one a word, drown the other fields of a few thousand leads; one number, learned from them all, does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.features.terms import Terms
from leadloop.features.tokens import split_words

MOST_TEXTS = 20_000
MOST_TERMS = 3_000
STRENGTH = 0.1
"""The inverse L2 penalty of the regression on words: strict, since there are many of them."""
_NEWTON_STEPS, _CONJUGATE_STEPS, _TOLERANCE = 30, 200, 1e-7
LEAST_OUTCOMES = 30
"""With fewer won or lost texts than this, words are not learned from."""


@dataclass(frozen=True)
class WordsBlock:
    """One text field as the log-odds that its words add, by an L2-penalised logistic regression on TF-IDF weights.

    A missing text is missing; a text without a known word adds 0. A field whose words cannot be learned from has no column.
    """

    kind: ClassVar[str] = "words"
    field: str
    terms: Terms
    worth: tuple[float, ...]

    @classmethod
    def fit(cls, cells: pl.Series, positive: np.ndarray, folds: np.ndarray | None = None) -> tuple[Self, np.ndarray]:
        """Fit on training texts; gives the block, and its column for the training texts themselves.

        `positive` holds 0 or 1 a lead, `folds` a fold number a lead: the words of each training text are judged by the
        other folds only, as it would otherwise promise what it cannot keep. From more than 20,000 texts, evenly spaced
        ones are learned from.
        """
        words = [None if text is None else split_words(text.lower()).words for text in cells.to_list()]
        given = np.array([place for place, held in enumerate(words) if held is not None], dtype=np.int64)
        evenly = np.linspace(0, len(given) - 1, min(len(given), MOST_TEXTS)).astype(np.int64)
        learned_from = given[evenly]
        block = cls._fit(cells.name, words, positive, learned_from)
        if not block.worth:
            return block, np.empty((len(words), 0), dtype=np.float32)
        values = np.full((len(words), 1), np.nan, dtype=np.float32)
        numbers = np.zeros(len(words), dtype=np.int64) if folds is None else folds
        for fold in np.unique(numbers):
            others = learned_from if folds is None else learned_from[numbers[learned_from] != fold]
            judge = block if folds is None else cls._fit(cells.name, words, positive, others)
            for place in given[numbers[given] == fold]:
                values[place, 0] = judge._value(words[place] or [])
        return block, values

    @classmethod
    def _fit(cls, name: str, words: list[list[str] | None], positive: np.ndarray, places: np.ndarray) -> Self:
        won = int(positive[places].sum())
        if min(won, len(places) - won) < LEAST_OUTCOMES:
            return cls(name, Terms((), ()), ())
        texts = [words[place] or [] for place in places]
        terms = Terms.fit(texts, MOST_TERMS)
        if not terms.terms:
            return cls(name, Terms((), ()), ())
        return cls(name, terms, _regress(terms, texts, positive[places]))

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field,)

    @property
    def columns(self) -> tuple[FeatureColumn, ...]:
        if not self.worth:
            return ()
        return (FeatureColumn(f"{self.field}, its words (log-odds)", self.field, "{}", "{}", quote="telling word"),)

    def values(self, data: pl.DataFrame) -> np.ndarray:
        if not self.worth:
            return np.empty((data.height, 0), dtype=np.float32)
        texts = data[self.field].to_list()
        said = [np.nan if text is None else self._value(split_words(text.lower()).words) for text in texts]
        return np.array(said, dtype=np.float32).reshape(len(texts), 1)

    def _value(self, words: list[str]) -> float:
        return sum((self.worth[place] * weight for place, weight in self.terms.weigh(words)), 0.0)

    def telling_word(self, text: str, way: float) -> str:
        """The word of a text that speaks most for the outcome (`way` above 0) or against it; empty where none does."""
        found = [
            (way * self.worth[place] * weight, place)
            for place, weight in self.terms.weigh(split_words(text.lower()).words)
        ]
        best = max(found, default=(0.0, 0))
        return self.terms.terms[best[1]] if best[0] > 0 else ""

    def state(self) -> dict[str, Any]:
        return {"field": self.field, "terms": self.terms.state(), "worth": self.worth}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        terms, worth = Terms.from_state(state["terms"]), tuple(float(one) for one in state["worth"])
        if len(terms.terms) != len(worth) or not np.isfinite(worth).all():
            raise ValueError("words and what they are worth do not match")
        return cls(str(state["field"]), terms, worth)


def _regress(terms: Terms, texts: list[list[str]], positive: np.ndarray) -> tuple[float, ...]:
    """What each term is worth in log-odds: L2-penalised logistic regression by Newton's method.

    Each step is solved by conjugate gradients (Lin, Weng and Keerthi 2008), which only ever multiply with the few terms
    that a text holds.
    """
    weighed = [terms.weigh(words) for words in texts]
    rows = np.repeat(np.arange(len(texts)), [len(pairs) for pairs in weighed])
    places = np.array([place for pairs in weighed for place, _ in pairs], dtype=np.int64)
    weights = np.array([weight for pairs in weighed for _, weight in pairs])
    count = len(terms.terms)

    def margins(worth: np.ndarray) -> np.ndarray:
        found: np.ndarray = worth[count] + np.bincount(rows, weights * worth[places], len(texts))
        return found

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
