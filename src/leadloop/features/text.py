"""Text: how it is written, which phrases it uses or denies, and which words it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.features.phrases import PhraseLists
from leadloop.features.terms import Terms
from leadloop.features.tokens import STATISTICS, describe_writing, split_words

MOST_TEXTS = 20_000


@dataclass(frozen=True)
class TextBlock:
    """One text field as figures about the writing, phrases used and denied, and TF-IDF weights of terms.

    A missing text is missing in every column; a text without words has zeros. `kept` names the columns that differ from
    lead to lead in training, the others are left out: what never changes teaches nothing.
    """

    kind: ClassVar[str] = "text"
    field: str
    phrases: PhraseLists
    terms: Terms
    kept: tuple[str, ...]

    @classmethod
    def fit(
        cls, cells: pl.Series, *, phrases: Mapping[str, tuple[str, ...]] | None = None, most_terms: int = 200
    ) -> Self:
        """Fit a vocabulary on training texts; `phrases` are named lists of phrases (see `PhraseLists.count`).

        Outcomes are not looked at, so no text gives its own outcome away. From more than 20,000 texts, evenly spaced
        ones are looked at.
        """
        texts = cells.drop_nulls()
        if len(texts) > MOST_TEXTS:
            texts = texts.gather(np.linspace(0, len(texts) - 1, MOST_TEXTS).astype(np.int64))
        lists = PhraseLists.from_mapping(phrases or {})
        terms = Terms.fit([split_words(text.lower()).words for text in texts], most_terms)
        every = cls(cells.name, lists, terms, tuple(column.name for column in _all_columns(cells.name, lists, terms)))
        values = every.values(texts.to_frame())
        differs = (values != values[:1]).any(axis=0)
        return cls(
            cells.name, lists, terms, tuple(name for name, kept in zip(every.kept, differs, strict=True) if kept)
        )

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field,)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        kept = set(self.kept)
        return tuple(column for column in _all_columns(self.field, self.phrases, self.terms) if column.name in kept)

    @cached_property
    def _places(self) -> np.ndarray:
        kept = set(self.kept)
        every = _all_columns(self.field, self.phrases, self.terms)
        return np.array([place for place, column in enumerate(every) if column.name in kept], dtype=np.int64)

    def values(self, data: pl.DataFrame) -> np.ndarray:
        texts = data[self.field].to_list()
        first_phrase = len(STATISTICS)
        first_denied = first_phrase + len(self.phrases.names)
        first_term = first_denied + len(self.phrases.names)
        places = self._places
        matrix = np.full((len(texts), len(places)), np.nan, dtype=np.float32)
        for row, text in enumerate(texts):
            if text is None:
                continue
            lowered = text.lower()
            tokens = split_words(lowered)
            every = [0.0] * (first_term + len(self.terms.terms))
            every[:first_phrase] = describe_writing(text, lowered, tokens)
            if self.phrases.names:
                used, denied = self.phrases.count(tokens)
                for number, count in used.items():
                    every[first_phrase + number] = count
                for number, count in denied.items():
                    every[first_denied + number] = count
            for place, weight in self.terms.weigh(tokens.words):
                every[first_term + place] = weight
            matrix[row] = np.array(every, dtype=np.float32)[places]
        return matrix

    def state(self) -> dict[str, Any]:
        phrases = [
            [name, list(phrases)] for name, phrases in zip(self.phrases.names, self.phrases.phrases, strict=True)
        ]
        return {"field": self.field, "phrases": phrases, "terms": self.terms.state(), "kept": self.kept}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        phrases = PhraseLists.from_mapping({str(name): tuple(map(str, phrases)) for name, phrases in state["phrases"]})
        block = cls(
            str(state["field"]), phrases, Terms.from_state(state["terms"]), tuple(str(name) for name in state["kept"])
        )
        if len(block.columns) != len(block.kept):
            raise ValueError("the columns kept are not columns of the block")
        return block


def _all_columns(field: str, phrases: PhraseLists, terms: Terms) -> Sequence[FeatureColumn]:
    columns = [
        FeatureColumn(f"{field}, {name}", field, says, says_not, quote=quote)
        for name, says, says_not, quote in STATISTICS
    ]
    for name in phrases.names:
        columns.append(
            FeatureColumn(f"{field} uses phrases: {name}", field, f"speaks of “{name}”", f"does not speak of “{name}”")
        )
    for name in phrases.names:
        columns.append(
            FeatureColumn(
                f"{field} denies phrases: {name}", field, f"says no to “{name}”", f"does not say no to “{name}”"
            )
        )
    for term in terms.terms:
        says = (f"mentions “{term}”", f"does not mention “{term}”")
        columns.append(FeatureColumn(f"{field} mentions: {term}", field, *says))
    return columns
